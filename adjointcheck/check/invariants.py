"""What the Hamiltonian promises: constant along an autonomous solution, and the derivative of J in every instant.

dJ/dt0 = -H(t0), dJ/dt1 = dPsi/dt + H(t1), dJ/ds_j = dl_j/dt + dl_j/dx f.  The discrete derivatives obey these up to the
error of the solution, which falls at the method's order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from adjointcheck.check.arithmetic import AdjointEquations
from adjointcheck.check.case import BLOCKS, Case, Point
from adjointcheck.check.fixture import FIXED_STEPS, nominal
from adjointcheck.check.ladder import Level, climb, ladder_point, rounding_floor
from adjointcheck.check.order import SLACK, Levels, observe, series
from adjointcheck.check.verdict import Check, judge
from adjointcheck.expression.node import symbols_of
from adjointcheck.problem.statement import Problem

NAME = "invariants"
JUMP_TOLERANCE, JUMP_DEFECT = 1e-7, 1e-2  # a jump inside the horizon costs accuracy, but not a hundredth


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
    defect, missed = _missed(case) if case.jumps else (0.0, "")
    if missed:
        return judge(NAME, defect, JUMP_DEFECT, f"{missed}; {words}", seed=case.seed, details=details)
    measured = max(known, default=None, key=lambda value: math.inf if math.isnan(value) else value)
    return judge(NAME, measured, SLACK, words, seed=case.seed, open_question=question, details=details)


def _missed(case: Case) -> tuple[float, str]:
    """How far the derivatives in t0 and t1 are from what the Hamiltonian says, at the statement's own values, and words for it."""
    point = replace(nominal(case.problem), tolerance=JUMP_TOLERANCE, steps=None if case.tableau.adaptive else FIXED_STEPS)
    module, known = case.module, _Hamiltonian(case, point)
    options = module.Options(point.hold, point.tolerance, point.tolerance, point.steps)
    record = module.march(module.Inputs(*(getattr(point, name) for name in BLOCKS)), options)
    if record.status[0] != module.FINISHED:
        return 0.0, ""
    level = Level(math.nan, record, module.sweep(record, torch.zeros_like(record.x1), torch.ones_like(record.cost)))
    rows = [("dJ/dt0", level.gradients.t0, "-H(t0)", known.start), ("dJ/dt1", level.gradients.t1, "dPsi/dt + H(t1)", known.end)]
    found = [(name, float(given[0]), formula, *known_as(level)) for name, given, formula, known_as in rows]
    defects = [_relative(given, wanted, size) for _, given, _, wanted, size in found]
    said = [f"{name} = {given:.6g} by the module and {wanted:.6g} = {formula}"
            for (name, given, formula, wanted, _), defect in zip(found, defects, strict=True) if not defect <= JUMP_DEFECT]
    return max(defects), f"{', '.join(said)} at the statement's own values: {case.jumps[0]}" if said else ""


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

    def __init__(self, case: Case, point: Point | None = None) -> None:
        self.problem, self.point = case.problem, point or ladder_point(case)
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

    def start(self, level: Level) -> tuple[float, float]:
        """-H(t0) and the size of its terms."""
        here = self.environment(float(self.point.t0[0]), self.point.x0[0].tolist(), level.gradients.x0[0].tolist())
        return -self.equations.hamiltonian(here)[0], self.size(here)

    def end(self, level: Level) -> tuple[float, float]:
        """dPsi/dt + H(t1) and the size of its terms."""
        t1, x1 = float(self.point.t1[0]), level.record.x1[0].tolist()
        free = self.environment(t1, x1, [0.0] * len(x1))
        p = [float(value) for value in self.equations.terminal(free)[: len(x1)]]
        here = self.environment(t1, x1, p)
        by_end = float(self.equations.end_time(here)[0])
        return by_end, self.size(here) + abs(by_end)

    def start_defect(self, level: Level) -> float:
        return _relative(float(level.gradients.t0[0]), *self.start(level))

    def end_defect(self, level: Level) -> float:
        return _relative(float(level.gradients.t1[0]), *self.end(level))

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


