"""Explicit Runge-Kutta methods as exact data, and what follows from the data alone: order, FSAL, adjoint partner."""

from __future__ import annotations

from adjointcheck.schemes.adjoint_pair import AdjointPair as AdjointPair
from adjointcheck.schemes.adjoint_pair import adjoint_pair as adjoint_pair
from adjointcheck.schemes.adjoint_pair import symplectic_residuals as symplectic_residuals
from adjointcheck.schemes.catalogue import METHODS as METHODS
from adjointcheck.schemes.catalogue import find as find
from adjointcheck.schemes.order_conditions import ConditionResidual as ConditionResidual
from adjointcheck.schemes.order_conditions import condition_residuals as condition_residuals
from adjointcheck.schemes.order_conditions import derive_error_order as derive_error_order
from adjointcheck.schemes.order_conditions import derive_order as derive_order
from adjointcheck.schemes.tableau import Tableau as Tableau
