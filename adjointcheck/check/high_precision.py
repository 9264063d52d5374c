"""The same scheme on the same time steps in 60 digits, differentiated by differences that lose nothing.

Central differences of h = 1e-25 are good to about 30 digits there: no dilemma between truncation and rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from adjointcheck.check.arithmetic import digits
from adjointcheck.check.case import BLOCKS, Case, Run, labels
from adjointcheck.check.fixture import contract, equal_steps
from adjointcheck.check.rounding import LIMIT, UNIT
from adjointcheck.check.verdict import Check, judge
from adjointcheck.expression.cost import operation_count
from adjointcheck.solve import reference

NAME = "high-precision"
DIGITS, STEP = 60, Fraction(1, 10**25)
SHARES = (1.0, 0.97, 0.89)  # of the horizon, where a stage lies on a jump or kink of the statement
WIDE = 10**13  # steps of 1e-25: beyond the rounding of a time
TIME_STEPS = 8
OPERATIONS = 400_000  # of 60 digits; beyond them random directions stand for the components

Direction = tuple[str, dict[str, Tensor]]


def check_high_precision(case: Case) -> Check:
    """Each component of dJ (or seeded directions, where there are many) against differences in 60 digits."""
    for share in SHARES:
        run = _run(case, share)
        follow, directions = _Follow(run), list(_directions(run))
        if not any(map(follow.bends_along, (direction for _, direction in directions))):
            break
    else:
        return judge(NAME, None, LIMIT, f"differences would be taken across a jump or kink: {_blame(case)}", seed=case.seed)
    rows = [(name, *_compare(run, follow, direction)) for name, direction in directions]
    worst = max(rows, key=lambda row: row[3])
    words = (f"{len(rows)} derivatives on {len(run.record.steps)} equal time steps in {DIGITS} digits: at most {worst[3]:.3g} units "
             f"of rounding (allowed {LIMIT:g}); {worst[0]}: {worst[1]:.17g} against {worst[2]:.17g}")  # fmt: skip
    columns = ["", "adjoint", f"{DIGITS}-digit differences", "difference in units"]
    return judge(NAME, worst[3], LIMIT, words, seed=case.seed, details={"table": {"columns": columns, "rows": [list(r) for r in rows]}})


def _blame(case: Case) -> str:
    return case.jumps[0].split(":")[0] if case.jumps else case.kinks[0][:80]


def _run(case: Case, share: float = 1.0) -> Run:
    """The first short trajectory on a few equal time steps, over a share of its horizon."""
    return Run(case, contract(equal_steps(case, TIME_STEPS).rows(torch.tensor([0])), share))


class _Follow:
    """J in many digits at inputs moved along a direction."""

    def __init__(self, run: Run) -> None:
        self.run, self.arithmetic = run, digits(DIGITS)
        self.model = reference.Model(run.case.problem, self.arithmetic)
        self.scheme = reference.Scheme(run.case.tableau, self.arithmetic)
        self.step = self.arithmetic.number(STEP)

    def slope(self, direction: dict[str, Tensor]) -> float:
        """dJ along `direction`, correctly rounded for all we know."""
        return float((self.cost(direction, 1) - self.cost(direction, -1)) / (2 * self.step))

    def bends_along(self, direction: dict[str, Tensor]) -> bool:
        """Whether a stage lies on a jump or kink, to the rounding of its time, and `direction` moves it off.

        J(+d) - 2 J + J(-d) falls a hundredfold with d/10 where J is smooth, tenfold at a kink, not at all at a jump.
        """
        if not self.run.case.kinks:
            return False
        here = self.cost(direction, 0)
        wide, narrow = (abs(self.cost(direction, d) - 2 * here + self.cost(direction, -d)) for d in (WIDE, WIDE // 10))
        return wide > abs(here) * self.step and wide < 30 * narrow

    def cost(self, direction: dict[str, Tensor], steps: int) -> Any:
        point = self.run.point
        moved = (self._moved(getattr(point, name)[0], direction.get(name), steps) for name in BLOCKS)
        return reference.follow(self.model, self.scheme, self.run.plan, reference.Inputs(*moved), point.hold)[1]

    def _moved(self, value: Tensor, direction: Tensor | None, steps: int) -> Any:
        if value.ndim:
            parts = [None] * len(value) if direction is None else direction
            return [self._moved(v, d, steps) for v, d in zip(value, parts, strict=True)]
        exact = self.arithmetic.read(value)
        return exact if direction is None else exact + steps * self.step * self.arithmetic.read(direction)


def _directions(run: Run) -> Iterator[Direction]:
    """Every component by itself while that is cheap, else random ones through all of them."""
    problem, point = run.case.problem, run.point
    size = operation_count([*(state.rate for state in problem.states), problem.running_cost]) + 8 * len(problem.states)
    count = sum(value[0].numel() for value in point.blocks.values())
    if 2 * count * size * run.case.tableau.stages * len(run.record.steps) > OPERATIONS:
        generator = run.case.generator(10)
        for d in range(run.case.budget.directions):
            yield f"direction {d + 1}", {name: torch.randn(value[0].shape, generator=generator, dtype=value.dtype)
                                         for name, value in point.blocks.items()}  # fmt: skip
        return
    for name, value in point.blocks.items():
        for i, label in enumerate(labels(problem, name, tuple(value[0].shape))):
            unit = torch.zeros(value[0].numel(), dtype=value.dtype)
            unit[i] = 1
            yield f"dJ/d{label}", {name: unit.view(value[0].shape)}


def _compare(run: Run, follow: _Follow, direction: dict[str, Tensor]) -> tuple[float, float, float]:
    """Adjoint, 60-digit slope, and their difference in units of rounding."""
    gradients, expected = run.gradients("cost"), run.yardstick.gradients["cost"]
    terms = [torch.where(step == 0, 0, gradients[name][0] * step) for name, step in direction.items()]  # no 0 * NaN
    found, wanted = float(sum(term.sum() for term in terms)), follow.slope(direction)
    unit = float(sum((expected[name].unit[0] * step.abs()).sum() for name, step in direction.items()))
    unit += UNIT * float(sum(term.abs().sum() for term in terms)) * (sum(term.numel() for term in terms) > 1)
    error = 0.0 if found == wanted else abs(found - wanted) / unit if unit else float("inf")
    return found, wanted, error if error == error else float("inf")
