"""The tangent solve, forward mode through the reference march, against the adjoint gradient."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import forward_ad

from adjointcheck.check.case import Case, Run
from adjointcheck.check.forward_mode import forward_mode
from adjointcheck.check.rounding import DETECTION, LIMIT, UNIT, Measure, draw_directions, reference_march
from adjointcheck.check.verdict import Check, judge

NAME = "forward-sensitivity"


def check_forward_sensitivity(case: Case) -> Check:
    """dJ along random directions through all inputs: tangent against sum of gradient times direction."""
    run, count = case.runs[0], case.budget.directions
    directions = draw_directions(run.point, count, case.generator(8))
    gradients = run.gradients("cost")
    found = torch.stack([along(gradients, direction).sum(0) for direction in directions])
    tangents = Measure(tangent_costs(run, directions), torch.stack([rounding_along(run, direction) for direction in directions]))
    errors = tangents.error(found)
    worst = divmod(int(errors.argmax()), errors.shape[1])
    measured = float(errors[worst])
    words = (f"{count} directions through {', '.join(gradients)} of {errors.shape[1]} trajectories: at most {measured:.3g} units of "
             f"rounding (allowed {LIMIT:g}); direction {worst[0] + 1}, trajectory {worst[1]}: adjoint "
             f"{float(found[worst]):.17g}, tangent {float(tangents.value[worst]):.17g}")  # fmt: skip
    rows = [[f"direction {d + 1}, trajectory {b}", float(found[d, b]), float(tangents.value[d, b]), float(errors[d, b])]
            for d in range(count) for b in range(errors.shape[1])]  # fmt: skip
    table = {"columns": ["", "adjoint", "tangent", "difference in units"], "rows": rows}
    blur = LIMIT * tangents.relative()
    hidden = f"rounding alone may reach {blur:.1e}" if blur > DETECTION else ""
    return judge(NAME, measured, LIMIT, words, seed=case.seed, details={"table": table}, open_question=hidden)


def along(gradients: dict[str, Tensor], direction: dict[str, Tensor]) -> Tensor:
    """The terms of g d, (blocks' components, trajectories)."""
    terms = [(gradients[name] * step).flatten(1) if step.ndim > 1 else (gradients[name] * step)[:, None]
             for name, step in direction.items()]  # fmt: skip
    return torch.cat(terms, 1).T


def rounding_along(run: Run, direction: dict[str, Tensor]) -> Tensor:
    """The unit of rounding in g d: that of the components and that of their sum, (trajectories,)."""
    expected = run.yardstick.gradients["cost"]
    units = along({name: measure.unit for name, measure in expected.items()}, direction).abs().sum(0)
    return units + UNIT * along({name: measure.value for name, measure in expected.items()}, direction).abs().sum(0)


def tangent_costs(run: Run, directions: list[dict[str, Tensor]]) -> Tensor:
    """dJ by forward mode along each direction, (directions, trajectories)."""
    count, batch = len(directions), len(run.point.t0)
    row = torch.arange(batch).repeat(count)
    with forward_mode():
        duals = {name: forward_ad.make_dual(value[row], torch.cat([direction[name] for direction in directions]))
                 for name, value in run.point.blocks.items()}  # fmt: skip
        _, cost = reference_march(run, run.plan.rows(row), duals)
        tangent = forward_ad.unpack_dual(cost).tangent
    return (torch.zeros(count * batch, dtype=torch.float64) if tangent is None else tangent).view(count, batch)
