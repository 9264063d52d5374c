"""Every parameter and initial value by four roads: adjoint, autograd, tangent, costate equation; digits they share."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from adjointcheck.check.case import Case, Point, Run, labels
from adjointcheck.check.continuous_adjoint import TOLERANCES, continuous_gradient
from adjointcheck.check.forward_sensitivity import tangent_costs
from adjointcheck.check.ladder import climb, ladder_point
from adjointcheck.check.rounding import LIMIT, Measure
from adjointcheck.check.verdict import Check, judge

NAME = "agreement"
BLOCKS = ("x0", "theta")
MOST_DIGITS = 16.0


def check_agreement(case: Case) -> Check:
    """dJ/dx0 and dJ/dtheta on one trajectory: autograd and tangent within rounding; the costate equation beside them."""
    levels = climb(case)
    if not levels:
        return judge(NAME, None, None, "no time steps were found that finish", seed=case.seed)
    run = Run(case, replace(ladder_point(case), steps=len(levels[min(2, len(levels) - 1)].record.steps)))
    names = [f"dJ/d{label}" for block in BLOCKS for label in labels(case.problem, block, tuple(getattr(run.point, block).shape[1:]))]
    adjoint = _joined(run.gradients("cost"))
    expected = run.yardstick.gradients["cost"]
    autograd = Measure(_joined({b: m.value for b, m in expected.items()}), _joined({b: m.unit for b, m in expected.items()}))
    tangent = tangent_costs(run, _unit_directions(run.point))[:, 0]
    errors = torch.stack([autograd.error(adjoint), autograd.error(tangent)])
    columns = {"autograd": autograd.value, "forward sensitivity": tangent, "costate equation": _continuous(case)}
    rows = [[f"{name} = {float(adjoint[i]):.8g}", *(_digits(float(adjoint[i]), float(other[i])) for other in columns.values())]
            for i, name in enumerate(names)]  # fmt: skip
    measured = float(errors.max()) if errors.numel() else 0.0
    words = (f"{len(names)} gradients on {len(run.record.steps)} equal time steps (the first of {run.point.description}): adjoint, "
             f"autograd and tangent within {measured:.3g} units of rounding (allowed {LIMIT:g}); digits in the table")
    details = {"table": {"columns": ["digits shared with the adjoint", *columns], "rows": rows, "worst": "min"}}
    return judge(NAME, measured, LIMIT, words, details=details, seed=case.seed)


def _joined(blocks: dict[str, Tensor]) -> Tensor:
    return torch.cat([blocks[name][0].reshape(-1) for name in BLOCKS])


def _continuous(case: Case) -> Tensor:
    """The costate equation's answer; NaN where it could not be solved, which shares no digit."""
    try:
        found = continuous_gradient(case, TOLERANCES[-1])
        return torch.cat([torch.as_tensor(found[name]) for name in BLOCKS])
    except (ArithmeticError, ValueError):
        point = ladder_point(case)
        return torch.full((point.x0.shape[1] + point.theta.shape[1],), torch.nan, dtype=torch.float64)


def _unit_directions(point: Point) -> list[dict[str, Tensor]]:
    """One direction for each component of x0 and theta."""
    zeros = {name: torch.zeros_like(value) for name, value in point.blocks.items()}
    found = []
    for block in BLOCKS:
        for i in range(zeros[block].shape[1]):
            unit = zeros[block].clone()
            unit[:, i] = 1
            found.append({**zeros, block: unit})
    return found


def _digits(a: float, b: float) -> float:
    """Decimal digits that two numbers share, at most MOST_DIGITS; 0 for NaN."""
    if a == b:
        return MOST_DIGITS
    share = abs(a - b) / max(abs(a), abs(b))
    return 0.0 if math.isnan(share) else round(min(MOST_DIGITS, max(0.0, -math.log10(share))), 1)
