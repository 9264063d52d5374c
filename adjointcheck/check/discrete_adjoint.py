"""The discrete adjoint against autograd through exactly the same time steps, written independently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adjointcheck.check.case import Case, Run, labels
from adjointcheck.check.rounding import DETECTION, LIMIT, Measure
from adjointcheck.check.verdict import Check, judge

NAME = "discrete-adjoint"


@dataclass(frozen=True)
class Entry:
    """One number of the module beside the reference's, and their difference in units of rounding."""

    label: str
    block: str
    found: float
    expected: float
    error: float


def check_discrete_adjoint(case: Case) -> Check:
    """x1, J and every gradient of both, trajectory by trajectory, within LIMIT units of rounding."""
    entries = [entry for run in case.runs for entry in _entries(run)]
    worst = max(entries, key=lambda entry: entry.error)
    blur = max(run.yardstick.blur for run in case.runs)
    counts = ", ".join(f"{len(run.record.steps)} time steps ({run.point.description})" for run in case.runs)
    relative = abs(worst.found - worst.expected) / (abs(worst.expected) or 1.0)
    words = (f"{len(entries)} numbers against autograd through the same {counts}: at most {worst.error:.3g} u kappa "
             f"(allowed {LIMIT:g}); {worst.label}: {worst.found:.17g} against {worst.expected:.17g}, relative {relative:.1e}")  # fmt: skip
    hidden = f"rounding alone may reach {blur:.1e} of a gradient, above {DETECTION:g}" if blur > DETECTION else ""
    return judge(NAME, worst.error, LIMIT, words, seed=case.seed, details={"table": _table(entries)}, open_question=hidden)


def _entries(run: Run) -> Iterator[Entry]:
    yardstick, solution = run.yardstick, run.solution
    yield from _block(run, "x1", yardstick.x1, solution.x1.detach(), [f"x1.{x}" for x in run.case.problem.state_names])
    yield from _block(run, "J", yardstick.cost, solution.cost.detach(), ["J"])
    for output, expected in yardstick.gradients.items():
        found = run.gradients(output)
        for name, measure in expected.items():
            names = labels(run.case.problem, name, tuple(measure.value.shape[1:]))
            lead = f"d{'J' if output == 'cost' else '(weighted x1)'}/d"
            yield from _block(run, lead + name, measure, found[name], [lead + label for label in names])


def _block(run: Run, block: str, expected: Measure, found: object, names: list[str]) -> Iterator[Entry]:
    held = f", w {run.point.hold}" if run.case.problem.control_names else ""
    left_out = ", x0 left out" if run.point.follows else ""
    errors = expected.error(found)  # type: ignore[arg-type]
    rows = zip(found, expected.value, errors, strict=True)  # type: ignore[call-overload]
    for row, (got, want, error) in enumerate(rows):
        parts = zip(names, got.reshape(-1).tolist(), want.reshape(-1).tolist(), error.reshape(-1).tolist(), strict=True)
        for name, a, b, e in parts:
            yield Entry(f"{name} of trajectory {row}{held}{left_out}", block, a, b, e)


def _table(entries: list[Entry]) -> dict[str, object]:
    """The worst entry of each block."""
    blocks = dict.fromkeys(entry.block for entry in entries)
    worst = [max((e for e in entries if e.block == block), key=lambda entry: entry.error) for block in blocks]
    return {"columns": ["worst of block", "adjoint", "autograd", "difference in u kappa"],
            "rows": [[e.label, e.found, e.expected, e.error] for e in worst]}  # fmt: skip
