"""The discrete adjoint against the costate equation solved as a differential equation, under halved time steps.

The second opinion shares nothing with the module: the proved expressions on doubles, DOP853 of SciPy at two tight
tolerances, forward and then backward on its dense output; what the two differ by is its own error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from adjointcheck.check.arithmetic import AdjointEquations
from adjointcheck.check.case import Case, Point
from adjointcheck.check.ladder import Level, climb, ladder_point, rounding_floor
from adjointcheck.check.order import SLACK, Levels, observe, series
from adjointcheck.check.verdict import Check, judge

NAME = "continuous-adjoint"
TOLERANCES = (1e-11, 1e-13)
Gradient = dict[str, np.ndarray]


def check_continuous_adjoint(case: Case) -> Check:
    """The error of the discrete gradient falls at the method's order down to the floor."""
    order, levels = case.tableau.order, climb(case)
    point = ladder_point(case)
    try:
        loose, tight = (continuous_gradient(case, tolerance) for tolerance in TOLERANCES)
    except (ArithmeticError, ValueError) as error:
        return judge(NAME, None, None, f"the costate equation could not be solved: {error}", seed=case.seed)
    floor = _distance(loose, tight) + rounding_floor(case)
    errors = tuple(_distance(_discrete(level), tight) for level in levels)
    found = Levels(tuple(level.h for level in levels), errors, (floor,) * len(levels))
    fall = observe(found, order)
    words = (f"{case.method}, {len(levels)} levels of equal time steps ({point.description}): {fall.words}; wanted at least "
             f"{order - SLACK:g}; floor {floor:.1e}")  # fmt: skip
    details = {"series": [series("discrete gradient", found, order)], "table": _table(case, levels, tight)}
    question = fall.question(order, case.kinks)
    return judge(NAME, fall.shortfall(order, case.kinks), SLACK, words, details=details, seed=case.seed, open_question=question)


def _discrete(level: Level) -> Gradient:
    return {name: getattr(level.gradients, name)[0].numpy() for name in ("x0", "theta", "w")}


def _distance(found: Gradient, wanted: Gradient) -> float:
    """Root of the sum over blocks of squared relative errors."""
    pairs = [(found[name] - value, np.linalg.norm(value)) for name, value in wanted.items() if value.size]
    return math.sqrt(sum(float(np.linalg.norm(gap) / (size or 1.0)) ** 2 for gap, size in pairs))


def _table(case: Case, levels: tuple[Level, ...], wanted: Gradient) -> dict[str, object]:
    names = [f"dJ/dx0.{x}" for x in case.problem.state_names] + [f"dJ/dtheta.{a}" for a in case.problem.parameter_names]
    finest = _discrete(levels[-1]) if levels else wanted
    pairs = zip(names, (*finest["x0"], *finest["theta"]), (*wanted["x0"], *wanted["theta"]), strict=True)
    return {"columns": ["", "discrete adjoint, finest level", "costate equation"],
            "rows": [[name, float(a), float(b)] for name, a, b in pairs]}  # fmt: skip


# The costate equation as a differential equation


@cache
def continuous_gradient(case: Case, tolerance: float) -> Gradient:
    """dJ by x0, theta and w (constant on its grid) at the ladder's point."""
    point = ladder_point(case)
    equations, panels = AdjointEquations(case.system), list(_panels(point))
    x, ways = point.x0[0].numpy(), []
    for start, stop, interval in panels:
        way = _integrate(_forward(equations, point, interval), start, stop, x, tolerance)
        x = way.y[:, -1]
        ways.append(way)
    n, m, k = x.size, point.theta.shape[1], point.w.shape[2]
    w_bar = np.zeros((point.intervals, k))
    y = np.concatenate([_costs(equations.terminal, equations, point, float(point.t1[0]), x, {}), np.zeros(k)])
    y[: n + m] += _deposit(equations, point, float(point.t1[0]), x)
    for (start, stop, interval), way in reversed(list(zip(panels, ways, strict=True))):
        y = _integrate(_backward(equations, point, interval, way.sol), stop, start, y, tolerance).y[:, -1]
        y[: n + m] += _deposit(equations, point, start, way.y[:, 0])
        w_bar[interval] += y[n + m :]
        y[n + m :] = 0
    return {"x0": y[:n], "theta": y[n : n + m], "w": w_bar}


def _panels(point: Point) -> Iterator[tuple[float, float, int]]:
    """Stretches of the horizon without a mark inside, and the control interval of each."""
    t0, t1 = float(point.t0[0]), float(point.t1[0])
    nodes = [t0 + (t1 - t0) * i / point.intervals for i in range(point.intervals)] + [t1]
    inner = {time for time in (*nodes, *point.observation_times[0].tolist()) if min(t0, t1) < time < max(t0, t1)}
    marks = [t0, *sorted(inner, reverse=t1 < t0), t1]
    for start, stop in zip(marks, marks[1:], strict=False):
        middle = ((start + stop) / 2 - t0) / (t1 - t0)
        yield start, stop, int(middle * point.intervals)


def _integrate(f: Callable[[float, np.ndarray], Any], start: float, stop: float, y: np.ndarray, tolerance: float) -> Any:
    from scipy.integrate import solve_ivp

    way = solve_ivp(f, (start, stop), y, method="DOP853", rtol=tolerance, atol=1e-3 * tolerance, dense_output=True)
    if not way.success:
        raise ArithmeticError(way.message)
    return way


def _environment(equations: AdjointEquations, point: Point, t: float, x: np.ndarray, interval: int) -> dict[str, float]:
    problem = equations.system.problem
    names = ("t", *problem.state_names, *problem.parameter_names, *problem.control_names)
    values = (t, *x.tolist(), *point.theta[0].tolist(), *point.w[0, interval].tolist())
    return dict(zip(names, values, strict=True))


def _forward(equations: AdjointEquations, point: Point, interval: int) -> Callable[[float, np.ndarray], Any]:
    return lambda t, x: equations.dynamics(_environment(equations, point, t, x, interval))


def _backward(equations: AdjointEquations, point: Point, interval: int, dense: Any) -> Callable[[float, np.ndarray], Any]:
    """pdot, and minus the integrands: what is gathered from the end counts forward."""
    n = len(equations.costates)

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        environment = _environment(equations, point, t, dense(t), interval)
        found = np.array(equations.backward(environment | dict(zip(equations.costates, y[:n].tolist(), strict=True))))
        found[n:] *= -1
        return found

    return slope


def _costs(tape: Any, equations: AdjointEquations, point: Point, t: float, x: np.ndarray, data: dict[str, float]) -> np.ndarray:
    return np.array(tape(_environment(equations, point, t, x, 0) | data), dtype=float)


def _deposit(equations: AdjointEquations, point: Point, t: float, x: np.ndarray) -> np.ndarray:
    """What the observations at time t add to p and to dJ/dtheta."""
    total = np.zeros(x.size + point.theta.shape[1])
    for time, (group, data) in zip(point.observation_times[0].tolist(), equations.instants, strict=True):
        if time == t:
            total += _costs(equations.deposits[group], equations, point, t, x, data)
    return total
