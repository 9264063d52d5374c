"""Parameters that make the cost least: L-BFGS-B on the exact gradient of the computed cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from adjointcheck.errors import SolveError

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Fit
    from adjointcheck.problem.statement import Problem

Progress = Callable[[int, float, float], None]
Array = np.ndarray[tuple[int], np.dtype[np.float64]]

TOLERANCE = 1e-8  # of the time steps: the cost must be smooth well below what the minimiser resolves
GRADIENT = 1e-6  # of the largest scaled gradient component, relative to max(1, |J|)


@dataclass(frozen=True)
class Scale:
    """theta_i = start_i + size_i z_i, or start_i exp(z_i) where theta_i is declared positive; z starts at 0."""

    start: Array
    size: Array
    positive: Array

    def theta(self, z: Array) -> Array:
        """Parameters (m,) at the scaled variables z (m,)."""
        with np.errstate(over="ignore"):
            return np.where(self.positive, self.start * np.exp(z), self.start + self.size * z)

    def slope(self, z: Array) -> Array:
        """dtheta/dz (m,)."""
        return np.where(self.positive, self.theta(z), self.size)


@dataclass
class Cost:
    """J and dJ/dz as the minimiser wants them; trajectories that do not finish form a wall it turns back from."""

    module: ModuleType
    scale: Scale
    options: Mapping[str, Any]
    wall: float = math.inf
    last: tuple[float, float] = field(default=(math.nan, math.nan))

    def __call__(self, z: Array) -> tuple[float, Array]:
        theta = self.scale.theta(z)
        cost, gradients = self.module.value_and_gradient(theta=theta.tolist(), **self.options)
        value, slope = cost.item(), gradients.theta.numpy() * self.scale.slope(z)
        if not (math.isfinite(value) and np.isfinite(slope).all()):
            return self.wall, np.zeros_like(z)
        self.last = value, float(np.abs(slope).max(initial=0.0))
        return value, slope


def fit(problem: Problem, module: ModuleType, progress: Progress | None = None, *, max_iterations: int = 500, **options: Any) -> Fit:
    """Minimise J over theta from the statement's values: L-BFGS-B (Byrd et al. 1995) on J and dJ/dtheta.

    Variables are scaled by the magnitude of the start, logarithms where [assume] says positive; dJ/dtheta is that of
    the computed J, so the search is deterministic and its end is a stationary point of what is computed. `options` go
    to the module (w, hold, rtol, atol, steps). `progress(iteration, cost, gradient_norm)` is called after each
    iteration; the norm is the largest |dJ/dz|. Raises SolveError when there is nothing to fit or no finite start.
    """
    from adjointcheck.check.verdict import Fit

    cost = Cost(module, scale_of(problem), {"rtol": TOLERANCE, "atol": TOLERANCE} | options)
    start = np.zeros(len(problem.parameters))
    first, _ = cost(start)
    if not math.isfinite(first):
        raise SolveError(f"fit of {problem.name}, at the start", "no finite cost", "start values that the solution survives",
                         "Change the nominal values in [parameters].")
    cost.wall = 1e3 * (1 + abs(first))
    history = [first]

    def report(intermediate_result: Any) -> None:
        history.append(float(intermediate_result.fun))
        if progress is not None:
            progress(len(history) - 1, *cost.last)

    result = minimize(cost, start, jac=True, method="L-BFGS-B", callback=report,
                      options={"maxiter": max_iterations, "ftol": 1e-13, "gtol": GRADIENT * max(1.0, abs(first)), "maxls": 40})
    found, slope = cost(result.x)
    norm = float(np.abs(slope).max())
    return Fit(names=list(problem.parameter_names), start=cost.scale.start.tolist(), found=cost.scale.theta(result.x).tolist(),
               cost_start=first, cost_end=found, gradient_norm=norm, iterations=int(result.nit), history=history,
               message=str(result.message), converged=bool(result.success))


def scale_of(problem: Problem) -> Scale:
    """The scaled variables of `problem`; raises SolveError naming what keeps it from being fitted."""
    where = f"fit of {problem.name}"
    if not problem.parameters:
        raise SolveError(where, "no parameters", "at least one to minimise the cost over", "List what is unknown in [parameters].")
    start = nominal(problem)
    positive = [name in problem.positive for name in problem.parameter_names]  # the statement sees to it that the start is
    return Scale(np.array(start), np.array([abs(value) or 1.0 for value in start]), np.array(positive))


def nominal(problem: Problem) -> Sequence[float]:
    """The statement's values of theta (m,); raises SolveError naming a parameter that has none."""
    if bare := [parameter.name for parameter in problem.parameters if parameter.value is None]:
        raise SolveError(f"{problem.name}, parameter {bare[0]}", "no value", "a number", "Give it a nominal value in [parameters].")
    return [float(parameter.value) for parameter in problem.parameters if parameter.value is not None]
