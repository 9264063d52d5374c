"""Code generation: adjoint system -> imperative tree -> text of a module."""

from __future__ import annotations

from adjointcheck.codegen.generate import TARGETS as TARGETS
from adjointcheck.codegen.generate import generate as generate
