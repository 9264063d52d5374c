"""Every input that J depends on gets a gradient: no None, no NaN, and no exact zero where J does change.

A zero is accepted where the statement proves it: the input reaches no cost along the graph of its equations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from adjointcheck.check.case import Case, Point, Run, labels
from adjointcheck.check.fixture import equal_steps
from adjointcheck.check.rounding import UNIT, reference_march
from adjointcheck.check.verdict import Check, judge
from adjointcheck.expression.node import symbols_of
from adjointcheck.problem.statement import Problem

NAME = "live-inputs"
SHIFT = 2.0**-12  # relative, both ways: a zero of even order does not count as a change
TIME_STEPS = 12


@dataclass(frozen=True)
class Input:
    """One component of one input with the gradient that the module gives for it."""

    label: str
    block: str
    position: int
    gradient: float
    live: bool


def check_live_inputs(case: Case) -> Check:
    """`value_and_gradient` at one trajectory: every gradient that is absent, NaN or a silent zero is a failure."""
    point = equal_steps(case, TIME_STEPS).rows(torch.tensor([0]))
    finished, gradients = _gradients(case, point)
    if not finished:
        return judge(NAME, None, 0.0, f"the module does not finish on {TIME_STEPS} equal time steps", seed=case.seed)
    missing = [name for name, value in gradients.items() if value is None]
    inputs = list(_inputs(case.problem, {name: value for name, value in gradients.items() if value is not None}))
    bad = [f"{name}: no gradient" for name in missing]
    bad += [f"{item.label}: {item.gradient}" for item in inputs if not abs(item.gradient) < float("inf")]
    zeros = [item for item in inputs if item.gradient == 0 and item.live]
    bad += [f"{item.label}: exactly 0, but dJ is about {change:.3g}" for item, change in _changes(case, point, zeros)]
    dead = sum(not item.live for item in inputs)
    words = f"{len(inputs)} inputs, {dead} of them proved to be without effect" if dead else f"{len(inputs)} inputs"
    words = f"{words}: {len(bad)} without a gradient (allowed 0)"
    rows = [[item.label, item.gradient, "live" if item.live else "no effect"] for item in inputs]
    table = {"columns": ["input", "gradient", "by the statement"], "rows": rows}
    return judge(NAME, float(len(bad)), 0.0, "; ".join([words, *bad[:5]]), seed=case.seed, details={"table": table})


def _gradients(case: Case, point: Point) -> tuple[bool, dict[str, Tensor | None]]:
    """Whether the cost is finite, and its gradient by block."""
    given = {name: value[0] for name, value in point.blocks.items()}
    cost, found = case.module.value_and_gradient(**point.arguments(given, bool(case.problem.control_names)))
    return bool(cost.isfinite().all()), {name: getattr(found, name) for name in given if given[name].numel()}


def _inputs(problem: Problem, gradients: dict[str, Tensor | None]) -> Iterator[Input]:
    live = live_symbols(problem)
    for block, value in gradients.items():
        parts = [] if value is None else value.reshape(-1).tolist()
        names = labels(problem, block, () if value is None else tuple(value.shape))
        for i, (label, gradient) in enumerate(zip(names, parts, strict=True)):
            subject = label.partition(".")[2]
            yield Input(label, block, i, gradient, subject in live if subject else bool(live))


def live_symbols(problem: Problem) -> frozenset[str]:
    """Symbols that reach a cost: those in the costs, and those in the rate of every state that does."""
    rates = {state.name: state.rate for state in problem.states}
    found = symbols_of(problem.running_cost, problem.terminal_cost, *(group.cost for group in problem.observations))
    pending = list(found)
    while pending:
        name = pending.pop()
        fresh = symbols_of(rates[name]) - found if name in rates else set()
        found |= fresh
        pending += fresh
    return frozenset(found)


def _changes(case: Case, point: Point, zeros: list[Input]) -> Iterator[tuple[Input, float]]:
    """Those inputs along which J does change to first order, by central differences of the reference on the same steps."""
    if not zeros:
        return
    run = Run(case, point)
    index = torch.zeros(2 * len(zeros), dtype=torch.int64)
    blocks = {name: value.clone() for name, value in point.rows(index).blocks.items()}
    shifts = []
    for row, item in enumerate(zeros):
        flat = blocks[item.block].view(2 * len(zeros), -1)
        shifts.append(SHIFT * (abs(float(flat[2 * row, item.position])) or 1.0))
        flat[2 * row, item.position] += shifts[-1]
        flat[2 * row + 1, item.position] -= shifts[-1]
    with torch.no_grad():
        _, costs = reference_march(run, run.plan.rows(index), blocks)
    noise = 2 * float(run.yardstick.cost.unit.max()) + UNIT * float(costs.abs().max())
    for item, shift, (ahead, behind) in zip(zeros, shifts, costs.view(-1, 2).tolist(), strict=True):
        if not abs(ahead - behind) <= 30 * noise:
            yield item, (ahead - behind) / (2 * shift)
