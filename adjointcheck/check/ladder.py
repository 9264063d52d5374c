"""One short trajectory at halved time steps: the runs that all order checks share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch

from adjointcheck.check.case import BLOCKS, Case, Point, Run
from adjointcheck.check.rounding import LIMIT
from adjointcheck.expression.cost import operation_count

LEAST_LEVELS = 4
SMALL = 100  # operations of f and L


@dataclass(frozen=True, eq=False)
class Level:
    """One run with equal time steps: record, gradients by block, costates at time step starts, and its h.

    h is the mean that the order sees: h^q = sum h_k^(q+1) / sum h_k, for time steps differ from segment to segment.
    """

    h: float
    record: Any
    gradients: Any

    @property
    def starts(self) -> Iterator[tuple[float, list[float], list[float]]]:
        """(t, x, p) at the start of each time step."""
        for time, step, costate in zip(self.record.start_times(), self.record.steps, self.gradients.costate, strict=True):
            yield float(time[0]), step.x[0].tolist(), costate[0].tolist()


def ladder_point(case: Case) -> Point:
    """The first trajectory of the short point, x0 given and w held constant."""
    point = case.short.rows(torch.tensor([0]))
    w = point.w[:, 1:] if point.hold == "linear" else point.w
    return replace(point, w=w, hold="constant", follows=False)


@cache
def climb(case: Case) -> tuple[Level, ...]:
    """Levels from coarse to fine while the budget lasts, at least LEAST_LEVELS; unstable ones are left out.

    The budget counts time steps of a small statement; one of a large statement counts as more.
    """
    point, most = ladder_point(case), case.budget.ladder / (1 + statement_size(case) / SMALL)
    least = len(set(point.observation_times[0].tolist())) + point.intervals
    steps = max(4 if statement_size(case) > SMALL else 8, least)
    levels: list[Level] = []
    spent = 0
    while spent < 3 * most and (len(levels) < LEAST_LEVELS or spent + steps < most):
        level = run_level(case, point, steps)
        spent, steps = spent + len(level.record.steps), 2 * steps
        if bool((level.record.status == case.module.FINISHED).all()):
            levels.append(level)
    return (*_coarsest(case, point, steps=8, least=least), *levels)


def _coarsest(case: Case, point: Point, steps: int, least: int) -> tuple[Level, ...]:
    """A level more where one is nearly free: where two terms of the error have opposite signs, few levels show no order."""
    if statement_size(case) > SMALL or 2 * max(4, least) > steps:
        return ()
    level = run_level(case, point, steps // 2)
    return (level,) if bool((level.record.status == case.module.FINISHED).all()) else ()


def statement_size(case: Case) -> int:
    """Operations of f and L."""
    return operation_count([*(state.rate for state in case.problem.states), case.problem.running_cost])


def run_level(case: Case, point: Point, steps: int) -> Level:
    """March and sweep with `steps` equal time steps over the horizon."""
    module = case.module
    inputs = module.Inputs(*(getattr(point, name) for name in BLOCKS))
    record = module.march(inputs, module.Options(hold=point.hold, steps=steps))
    gradients = module.sweep(record, torch.zeros_like(record.x1), torch.ones_like(record.cost), keep_costate=True)
    sizes = [abs(float((record.timeline.step(s.segment, s.left, s.right)).h[0])) for s in record.steps]
    order = case.tableau.order
    return Level((sum(h ** (order + 1) for h in sizes) / sum(sizes)) ** (1 / order), record, gradients)


@cache
def rounding_floor(case: Case) -> float:
    """What rounding may do to a gradient at the finest level, relative to its largest entry.

    Measured by noise on the time steps of the middle level (the coarsest may amplify it beyond measure) and taken to
    grow with their number, which is more than a random walk does.
    """
    levels = climb(case)
    if not levels:
        return float("inf")
    middle = len(levels[len(levels) // 2].record.steps)
    run = Run(case, replace(ladder_point(case), steps=middle))
    gradients = run.yardstick.gradients["cost"]
    blurs = [gradients[name].relative() for name in ("x0", "theta", "w") if gradients[name].value.numel()]
    return LIMIT * max(blurs, default=0.0) * len(levels[-1].record.steps) / middle
