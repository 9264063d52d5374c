"""Runge-Kutta and Rosenbrock methods as exact data, and what follows from it: order, stability, extension, adjoint."""

from __future__ import annotations

from adjointcheck.schemes.adjoint_pair import AdjointPair as AdjointPair
from adjointcheck.schemes.adjoint_pair import adjoint_pair as adjoint_pair
from adjointcheck.schemes.adjoint_pair import symplectic_residuals as symplectic_residuals
from adjointcheck.schemes.catalogue import METHODS as METHODS
from adjointcheck.schemes.catalogue import find as find
from adjointcheck.schemes.esdirk import Esdirk as Esdirk
from adjointcheck.schemes.extension import Extension as Extension
from adjointcheck.schemes.extension import derive_extension_order as derive_extension_order
from adjointcheck.schemes.extensions import EXTENSIONS as EXTENSIONS
from adjointcheck.schemes.order_conditions import ConditionResidual as ConditionResidual
from adjointcheck.schemes.order_conditions import condition_residuals as condition_residuals
from adjointcheck.schemes.order_conditions import derive_error_order as derive_error_order
from adjointcheck.schemes.order_conditions import derive_order as derive_order
from adjointcheck.schemes.rosenbrock import Rosenbrock as Rosenbrock
from adjointcheck.schemes.stiff_catalogue import STIFF_METHODS as STIFF_METHODS
from adjointcheck.schemes.stiff_order import derive_stiff_order as derive_stiff_order
from adjointcheck.schemes.tableau import Tableau as Tableau
