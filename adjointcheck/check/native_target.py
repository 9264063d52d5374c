"""The native target against the torch target: the same numbers on the same time steps, and as many of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType

import torch
from torch import Tensor

from adjointcheck.check.case import Case, Run
from adjointcheck.check.fixture import equal_steps
from adjointcheck.check.rounding import LIMIT, Measure
from adjointcheck.check.verdict import Check, judge

NAME = "native-target"
TIME_STEPS = 24
SPARE = 0.02  # of the time steps: where an error estimate meets its limit, rounding decides


@dataclass(frozen=True)
class Entry:
    """The worst entry of one array of numbers, in units of rounding."""

    label: str
    found: float
    expected: float
    error: float


def check_native_target(case: Case, native: ModuleType) -> Check:
    """x1, J and every gradient on equal time steps within LIMIT units of rounding; status and counts on its own time steps."""
    point = equal_steps(case, TIME_STEPS)
    points = (point, replace(point, hold="constant", w=point.w[:, 1:])) if case.problem.controls else (point,)
    runs = [Run(case, point) for point in points]
    entries = [entry for run in runs for entry in _entries(run, native)]
    worst = max(entries, key=lambda entry: entry.error)
    unequal = [words for words in (_march_apart(case, native, run) for run in case.runs) if words]
    words = (f"{len(entries)} arrays on {TIME_STEPS} equal time steps: at most {worst.error:.3g} units of rounding from the torch target "
             f"(allowed {LIMIT:g}), in {worst.label}: {worst.found:.17g} against {worst.expected:.17g}; "
             f"time steps of its own: {'; '.join(unequal) if unequal else 'as many'}")  # fmt: skip
    rows = [[entry.label, entry.found, entry.expected, entry.error] for entry in entries]
    table = {"columns": ["worst of array", "native", "torch", "difference in units"], "rows": rows}
    return judge(NAME, float("inf") if unequal else worst.error, LIMIT, words, details={"table": table}, seed=case.seed)


def _entries(run: Run, native: ModuleType) -> Iterator[Entry]:
    """Every array of the native target beside the torch target's: solve, its backward pass, and the launch of both."""
    other = Run(replace(run.case, module=native), run.point)
    held = f", w {run.point.hold}" if run.case.problem.controls else ""
    yield _worst(f"x1{held}", run.yardstick.x1, run.solution.x1.detach(), other.solution.x1.detach())
    yield _worst(f"J{held}", run.yardstick.cost, run.solution.cost.detach(), other.solution.cost.detach())
    for output, measures in run.yardstick.gradients.items():
        expected, found = run.gradients(output), other.gradients(output)
        for name, measure in measures.items():
            if measure.value.numel():
                yield _worst(f"d{output}/d{name}{held}", measure, expected[name], found[name])
    yield from _in_one_launch(run, native, held)


def _in_one_launch(run: Run, native: ModuleType, held: str) -> Iterator[Entry]:
    """`value_and_gradient`, with theta shared by all trajectories, so that its gradient is a sum."""
    given = {**run.point.blocks, "theta": run.point.theta[0]}
    arguments = run.point.arguments(given, bool(run.case.problem.control_names))
    shared = Run(run.case, replace(run.point, theta=run.point.theta[:1].expand_as(run.point.theta)))
    (cost, found), (expected_cost, expected) = (module.value_and_gradient(**arguments) for module in (native, run.case.module))
    yield _worst(f"J, theta shared{held}", shared.yardstick.cost, expected_cost, cost)
    for name, measure in shared.yardstick.gradients["cost"].items():
        if measure.value.numel():
            summed = Measure(measure.value.sum(0), measure.unit.sum(0)) if name == "theta" else measure
            yield _worst(f"dJ/d{name}, theta shared{held}", summed, getattr(expected, name), getattr(found, name))


def _worst(label: str, measure: Measure, expected: Tensor, found: Tensor) -> Entry:
    errors = replace(measure, value=expected).error(found).reshape(-1)
    at = int(errors.argmax())
    return Entry(label, float(found.reshape(-1)[at]), float(expected.reshape(-1)[at]), float(errors[at]))


def _march_apart(case: Case, native: ModuleType, run: Run) -> str:
    """What differs when both choose their own time steps; "" where nothing does."""
    arguments = run.point.arguments(run.point.blocks, bool(case.problem.control_names))
    with torch.no_grad():
        found, expected = native.solve(**arguments), case.module.solve(**arguments)
    if not torch.equal(found.status, expected.status):
        return f"status {found.status.tolist()} against {expected.status.tolist()}"
    for name in ("accepted", "rejected"):
        a, b = getattr(found, name), getattr(expected, name)
        if ((a - b).abs() > 1 + SPARE * expected.accepted).any():
            return f"{name} {a.tolist()} against {b.tolist()}"
    return ""
