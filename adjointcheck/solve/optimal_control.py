"""A control w(t) that makes the cost least: the gradient iteration, and L-BFGS in the same inner product.

Both work with the L2 gradient g of J in w(t), of which dH/dw is the continuous form; the vector of discrete derivatives
is M g, M the mass matrix of the functions that the grid values stand for, and <u, v> = u' M v.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
from scipy.linalg import solveh_banded

from adjointcheck.errors import SolveError

Array = np.ndarray[Any, np.dtype[np.float64]]
Progress = Callable[[int, float, float], None]

LIMIT = 1e-8  # of max |dH/dw|
DECREASE, CURVATURE = 1e-4, 0.9  # Armijo's and Wolfe's constants (Nocedal and Wright 2006, section 3.1)
FLAT = 1e-12  # relative changes of J below this are rounding: then slopes decide (Hager and Zhang 2005)
SMALLEST, MEMORY = 1e-10, 20


@dataclass(frozen=True)
class OptimalControl:
    """w (K, k) held constant or (K + 1, k) nodes; costs and max |dH/dw| of each iteration; whether the limit was met."""

    w: Array
    costs: list[float]
    stationarity: list[float]
    converged: bool
    evaluations: int

    @property
    def cost(self) -> float:
        """J at w."""
        return self.costs[-1]


@dataclass
class Objective:
    """J and its L2 gradient over the grid values of w(t), by a generated module's exact discrete adjoint."""

    module: ModuleType
    shape: tuple[int, int]
    hold: str
    options: Mapping[str, Any]
    evaluations: int = field(default=0)

    def __post_init__(self) -> None:
        start, stop = (float(self.options.get(name, default)) for name, default in zip(("t0", "t1"), self.module.HORIZON, strict=True))
        intervals = self.shape[0] - (self.hold == "linear")
        if intervals < 1:
            raise SolveError("optimal control, w", self.shape, "at least one interval of the grid", "Give more rows.")
        self.width = abs(stop - start) / intervals
        self.bands = np.full((2, self.shape[0]), self.width)
        if self.hold == "linear":  # <phi_i, phi_j> of hat functions
            self.bands[0], self.bands[1] = self.width / 6, 2 * self.width / 3
            self.bands[1, [0, -1]] /= 2
        else:
            self.bands[0] = 0

    def __call__(self, w: Array) -> tuple[float, Array]:
        """J and g = M^-1 dJ/dw; J is infinite where the solution does not reach t1."""
        self.evaluations += 1
        cost, gradients = self.module.value_and_gradient(w=w.tolist(), hold=self.hold, **self.options)
        return self.finite(cost.item()), solveh_banded(self.bands, gradients.w.reshape(self.shape).numpy())

    @staticmethod
    def finite(cost: float) -> float:
        return cost if np.isfinite(cost) else np.inf

    def inner(self, u: Array, v: Array) -> float:
        """<u, v> = u' M v."""
        image = self.bands[1][:, None] * v
        image[1:] += self.bands[0, 1:, None] * v[:-1]
        image[:-1] += self.bands[0, 1:, None] * v[1:]
        return float((u * image).sum())


def gradient_iteration(module: ModuleType, w: Any, **options: Any) -> OptimalControl:
    """w <- w - eta (dL/dw + p df/dw) until |dH/dw| is below `limit` (Kelley 1960; Bryson and Denham 1962).

    w (K, k) with hold="constant" or (K + 1, k) with hold="linear", on a uniform grid over the horizon.  `eta` is halved
    until J falls as it must, and doubled again after every tenth time step that did.  Other options are the module's:
    steps, rtol, atol, theta, x0, t0, t1.
    """
    return _search(module, w, lambda steps, slopes, g, inner: g, **options)


def lbfgs(module: ModuleType, w: Any, **options: Any) -> OptimalControl:
    """The same by L-BFGS (Nocedal 1980), in the L2 inner product, so that its work does not grow with the grid."""
    return _search(module, w, _two_loops, **{"eta": 1.0, **options})


def _search(
    module: ModuleType, w: Any, direction: Callable[..., Array], *, hold: str = "constant", eta: float = 1.0, limit: float = LIMIT,
    iterations: int = 10_000, progress: Progress | None = None, **options: Any,
) -> OptimalControl:
    w = np.array(w, dtype=float)
    if w.ndim != 2:
        raise SolveError("optimal control, w", f"shape {w.shape}", "(rows of the grid, controls)", "Add the axis that is missing.")
    objective = Objective(module, w.shape, hold, options)
    cost, g = objective(w)
    costs, norms, steps, slopes, size = [cost], [float(abs(g).max())], [], [], eta
    while norms[-1] > limit and len(costs) <= iterations and np.isfinite(cost):
        d = direction(steps, slopes, g, objective.inner)
        found = _along(objective, w, cost, g, d, size)
        if found is None and not steps:
            break
        if found is None:  # what was learnt of the curvature does not hold here: forget it
            steps, slopes = [], []
            continue
        size, moved, cost, turned = found
        steps, slopes = [*steps[1 - MEMORY :], moved - w], [*slopes[1 - MEMORY :], turned - g]
        w, g, size = moved, turned, eta if direction is _two_loops else size * (2 if len(costs) % 10 == 0 else 1)
        costs.append(cost)
        norms.append(float(abs(g).max()))
        if progress is not None:
            progress(len(costs) - 1, cost, norms[-1])
    return OptimalControl(w, costs, norms, norms[-1] <= limit, objective.evaluations)


def _along(objective: Objective, w: Array, cost: float, g: Array, d: Array, size: float) -> tuple[float, Array, float, Array] | None:
    """The first of size, size/2, ... at which J falls enough, or, where J is flat to rounding, its slope does; None if none does."""
    slope = -objective.inner(g, d)
    while size > SMALLEST and slope < 0:
        moved = w - size * d
        reached, turned = objective(moved)
        flat = abs(reached - cost) <= FLAT * abs(cost) and abs(objective.inner(turned, d)) <= -CURVATURE * slope
        if reached <= cost + DECREASE * size * slope or flat:
            return size, moved, reached, turned
        size /= 2
    return None


def _two_loops(steps: list[Array], slopes: list[Array], g: Array, inner: Callable[[Array, Array], float]) -> Array:
    """The product of the L-BFGS matrix with g (Nocedal and Wright 2006, algorithm 7.4); pairs without curvature are left out."""
    pairs = [(s, y, curvature) for s, y in zip(steps, slopes, strict=True) if (curvature := inner(s, y)) > 0]
    d, weights = g.copy(), []
    for s, y, curvature in reversed(pairs):
        weights.append(inner(s, d) / curvature)
        d -= weights[-1] * y
    if pairs:
        _, y, curvature = pairs[-1]
        d *= curvature / inner(y, y)
    for (s, y, curvature), weight in zip(pairs, reversed(weights), strict=True):
        d += (weight - inner(y, d) / curvature) * s
    return d
