"""The statement of a dynamical system and its cost, its readers, its checks and its convention."""

from __future__ import annotations

from adjointcheck.problem.readers import from_callable, load, read_toml
from adjointcheck.problem.statement import Control, Observation, Parameter, Problem, State

__all__ = ["Control", "Observation", "Parameter", "Problem", "State", "from_callable", "load", "read_toml"]
