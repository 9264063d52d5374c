"""What the Hamiltonian promises: constant along an autonomous solution, and the derivative of J in every instant.

dJ/dt0 = -H(t0), dJ/dt1 = dPsi/dt + H(t1), dJ/ds_j = dl_j/dt + dl_j/dx f.  The discrete derivatives obey these up to the
error of the solution, which falls at the method's order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from adjointcheck.check.arithmetic import AdjointEquations
from adjointcheck.check.case import Case
from adjointcheck.check.ladder import Level, climb, ladder_point, rounding_floor
from adjointcheck.check.order import SLACK, Levels, observe, series
from adjointcheck.check.verdict import Check, judge
from adjointcheck.expression.node import symbols_of
from adjointcheck.problem.statement import Problem

NAME = "invariants"


def applies_invariants(problem: Problem) -> bool:
    """Only without controls: nodes of a control grid move with t0 and t1, and H jumps there."""
    return not problem.controls


def is_autonomous(problem: Problem) -> bool:
    """Neither f nor L names the time."""
    return "t" not in symbols_of(problem.running_cost, *(state.rate for state in problem.states))


def check_invariants(case: Case) -> Check:
    """Each promise under halved time steps: falls at the method's order down to rounding."""
    levels, order = climb(case), case.tableau.order
    promises = dict(_promises(case))
    found = {name: _levels(case, levels, defect) for name, defect in promises.items()}
    falls = {name: observe(rows, order) for name, rows in found.items()}
    shortfalls = [fall.shortfall(order, case.kinks) for fall in falls.values()]
    known = [value for value in shortfalls if value is not None]
    questions = [f"{name}: {question}" for name, fall in falls.items() if (question := fall.question(order, case.kinks))]
    words = f"{case.method}, {len(levels)} levels ({ladder_point(case).description}), wanted order {order - SLACK:g}: "
    words += "; ".join(f"{name}: {fall.words}" for name, fall in falls.items())
    details = {"series": [series(name, rows, order) for name, rows in found.items()]}
    question = "; ".join(questions)
    measured = max(known, default=None, key=lambda value: math.inf if math.isnan(value) else value)
    return judge(NAME, measured, SLACK, words, seed=case.seed, open_question=question, details=details)


Defect = Callable[[Level], float]


def _levels(case: Case, levels: tuple[Level, ...], defect: Defect) -> Levels:
    floor = rounding_floor(case)
    return Levels(tuple(level.h for level in levels), tuple(defect(level) for level in levels), (floor,) * len(levels))


def _promises(case: Case) -> Iterator[tuple[str, Defect]]:
    """Each promise with its defect at a level, relative to the size of the terms in it."""
    known = _Hamiltonian(case)
    yield "dJ/dt0 = -H(t0)", known.start_defect
    yield "dJ/dt1 = dPsi/dt + H(t1)", known.end_defect
    if case.problem.observations:
        yield "dJ/ds = dl/dt + dl/dx f", known.observation_defect
    if is_autonomous(case.problem):
        yield "H constant between observations", known.drift


class _Hamiltonian:
    """The proved expressions of H and of the derivatives in time, at the points of a level."""

    def __init__(self, case: Case) -> None:
        self.problem, self.point = case.problem, ladder_point(case)
        self.equations = AdjointEquations(case.system)
        self.theta = dict(zip(case.problem.parameter_names, self.point.theta[0].tolist(), strict=True))

    def environment(self, t: float, x: list[float], p: list[float]) -> dict[str, float]:
        names = ("t", *self.problem.state_names, *self.equations.costates)
        return dict(zip(names, (t, *x, *p), strict=True)) | self.theta

    def size(self, environment: dict[str, float]) -> float:
        """|H| at least by its terms: sum |p_i f_i| + |H - sum p_i f_i|."""
        slopes = self.equations.dynamics(environment)
        terms = [environment[name] * slope for name, slope in zip(self.equations.costates, slopes, strict=True)]
        value = self.equations.hamiltonian(environment)[0]
        return sum(map(abs, terms)) + abs(value - sum(terms))

    def start_defect(self, level: Level) -> float:
        here = self.environment(float(self.point.t0[0]), self.point.x0[0].tolist(), level.gradients.x0[0].tolist())
        return _relative(float(level.gradients.t0[0]), -self.equations.hamiltonian(here)[0], self.size(here))

    def end_defect(self, level: Level) -> float:
        t1, x1 = float(self.point.t1[0]), level.record.x1[0].tolist()
        free = self.environment(t1, x1, [0.0] * len(x1))
        p = [float(value) for value in self.equations.terminal(free)[: len(x1)]]
        here = self.environment(t1, x1, p)
        by_end = float(self.equations.end_time(here)[0])
        return _relative(float(level.gradients.t1[0]), by_end, self.size(here) + abs(by_end))

    def observation_defect(self, level: Level) -> float:
        """The root mean square over all observations, relative to the largest."""
        found, wanted = level.gradients.observation_times[0].tolist(), []
        for j, (group, data) in enumerate(self.equations.instants):
            x = level.record.observed[0, j].tolist()
            here = self.environment(float(self.point.observation_times[0, j]), x, [0.0] * len(x)) | data
            wanted.append(float(self.equations.observation_time[group](here)[0]))
        size = max(map(abs, wanted)) or 1.0
        return math.sqrt(sum((a - b) ** 2 for a, b in zip(found, wanted, strict=True)) / len(wanted)) / size

    def drift(self, level: Level) -> float:
        """The largest change of H over one stretch without observations."""
        here = [self.environment(t, x, p) for t, x, p in level.starts]
        values = [float(self.equations.hamiltonian(at)[0]) for at in here]
        marks = set(self.point.observation_times[0].tolist())
        changes, lowest, highest = [0.0], values[0], values[0]
        for at, value in zip(here, values, strict=True):
            fresh = at["t"] in marks
            lowest, highest = (value, value) if fresh else (min(lowest, value), max(highest, value))
            changes.append(highest - lowest)
        return max(changes) / (max(map(self.size, here)) or 1.0)


def _relative(found: float, wanted: float, size: float) -> float:
    return abs(found - wanted) / (size or 1.0)


