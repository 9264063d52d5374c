"""The same numbers twice, bit by bit; and a trajectory in a batch as by itself, to rounding."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from adjointcheck.check.case import Case, Point, Run
from adjointcheck.check.fixture import contract, equal_steps
from adjointcheck.check.rounding import LIMIT
from adjointcheck.check.verdict import Check, judge

NAME = "repeatability"
TIME_STEPS = 4
SHARE = 0.25  # of the horizon


def check_repeatability(case: Case) -> Check:
    """`value_and_gradient` twice with the method's own time steps, and batch against single rows on equal ones."""
    first, second = (_values(case, contract(case.points[0], SHARE)) for _ in range(2))
    unequal = [name for name, value in first.items() if not _same_bits(value, second[name])]
    run = Run(case, equal_steps(case, TIME_STEPS))
    together = _values(case, run.point)
    if not together["cost"].isfinite().all():
        return judge(NAME, None, LIMIT, f"the module does not finish on {TIME_STEPS} equal time steps", seed=case.seed)
    rows = [_values(case, run.point.rows(torch.tensor([row]))) for row in range(len(run.point.t0))]
    errors = {name: _row_error(run, name, value, torch.cat([row[name] for row in rows])) for name, value in together.items()}
    name, worst = max(errors.items(), key=lambda pair: pair[1])
    words = f"two runs: {f'{unequal} differ' if unequal else 'equal bit by bit'}; batch rows against single runs: at most "
    words += f"{worst:.3g} units of rounding, in {name} (allowed {LIMIT:g})"
    return judge(NAME, float("inf") if unequal else worst, LIMIT, words, seed=case.seed)


def _values(case: Case, point: Point) -> dict[str, Tensor]:
    """The cost and its gradients, by name."""
    arguments = point.arguments(point.blocks, bool(case.problem.control_names))
    cost, found = case.module.value_and_gradient(**arguments)
    return {"cost": cost, **{name: getattr(found, name) for name, value in point.blocks.items() if value.numel()}}


def _same_bits(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and torch.equal(a.contiguous().view(torch.int64), b.contiguous().view(torch.int64))


def _row_error(run: Run, name: str, together: Tensor, alone: Tensor) -> float:
    expected = run.yardstick.cost if name == "cost" else run.yardstick.gradients["cost"][name]
    return float(replace(expected, value=together).error(alone).max())
