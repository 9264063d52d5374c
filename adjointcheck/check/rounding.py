"""The error model of floating arithmetic: what relative noise of one unit roundoff does to a computed number.

Stochastic arithmetic (Vignes 1993, A stochastic arithmetic for reliable scientific computation): relative noise of size
SIGMA is put on every intermediate result of the reference march, and so, by autograd, on its costates.  A number that
moves by kappa |g| SIGMA has condition kappa = sum of |addends| over |sum|, and rounding moves it by about u kappa |g|.
Two correct codes may then differ by LIMIT of these units; more is an error, not rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from adjointcheck.solve import reference

if TYPE_CHECKING:
    from adjointcheck.check.case import Point, Run

UNIT = 2.0**-53
SIGMA = 2.0**-30
LIMIT = 30.0
SAMPLES = 4
SMALL = 1e-3  # of the largest gradient: what is smaller is small by cancellation
DETECTION = 1e-7  # relative errors from here on must be seen; where rounding hides them, nothing is concluded


class Shaker:
    """Multiplies the rows of a number by 1 + sigma xi, xi normal and fresh at every call; sigma (rows,)."""

    def __init__(self, sigma: Tensor, generator: torch.Generator) -> None:
        self.factors = _factors(sigma, generator)

    def __call__(self, value: reference.Number) -> reference.Number:
        return value * next(self.factors) if isinstance(value, Tensor) else value


def _factors(sigma: Tensor, generator: torch.Generator, block: int = 1024) -> Iterator[Tensor]:
    while True:
        noise = torch.randn((block, len(sigma)), generator=generator, dtype=sigma.dtype)
        yield from (1 + sigma * noise).unbind(0)


TIMES = ("t0", "t1", "observation_times")


def noisy_rows(count: int) -> tuple[Tensor, Tensor]:
    """Row numbers 0..count-1 once without noise and SAMPLES times with it, and the noise of each row."""
    index = torch.arange(count).repeat(1 + SAMPLES)
    sigma = torch.full((len(index),), SIGMA, dtype=torch.float64)
    sigma[:count] = 0
    return index, sigma


@dataclass(frozen=True)
class Measure:
    """A number without noise, and the unit of rounding in it: u (|value| + root mean square of its noise / SIGMA)."""

    value: Tensor
    unit: Tensor

    @classmethod
    def of(cls, rows: Tensor, count: int) -> Measure:
        """From (count * (1 + SAMPLES), ...) rows, those without noise first."""
        value, *noisy = rows.split(count)
        spread = torch.stack([(other - value).square() for other in noisy]).mean(0).sqrt()
        return cls(value, UNIT * (value.abs() + spread / SIGMA))

    def error(self, found: Tensor) -> Tensor:
        """|found - value| in units of rounding; infinite where it is not finite, 0 where the two are equal."""
        error = torch.where(found == self.value, 0, (found - self.value).abs() / self.unit)
        return torch.where(error.isnan(), torch.inf, error)

    @property
    def size(self) -> float:
        """The largest entry, in absolute value."""
        return float(self.value.abs().max()) if self.value.numel() else 0.0

    def relative(self, least: float = 0.0) -> float:
        """The largest unit over the largest entry, or over `least` if that is larger; 0 where all is 0."""
        size = max(self.size, least)
        return float(self.unit.max()) / size if size else 0.0


@dataclass(frozen=True)
class Yardstick:
    """The reference values x1 (B, n) and cost (B,), and the gradients of cost and weighted x1 by block."""

    x1: Measure
    cost: Measure
    gradients: dict[str, dict[str, Measure]]
    scales: dict[str, float]

    @property
    def blur(self) -> float:
        """The largest relative error of a gradient of the cost that rounding could hide, block by block.

        A block that is small by cancellation is measured against SMALL times the largest, each times its input's scale.
        """
        blocks = {name: measure for name, measure in self.gradients["cost"].items() if measure.value.numel()}
        whole = max((measure.size * self.scales[name] for name, measure in blocks.items()), default=0.0)
        return max((m.relative(SMALL * whole / self.scales[name]) for name, m in blocks.items()), default=0.0) * LIMIT


def yardstick(run: Run) -> Yardstick:
    """March the reference through the run's time steps with and without noise, and differentiate it by autograd."""
    count = len(run.point.t0)
    index, sigma = noisy_rows(count)
    leaves = {name: value[index].clone().requires_grad_() for name, value in run.point.blocks.items()}
    shake = Shaker(sigma, run.case.generator(2))
    x1, cost = reference_march(run, run.plan.rows(index), leaves, shake)
    weighted = (run.x1_weights[index] * x1).sum()
    gradients = {}
    for output, value in (("cost", cost.sum()), ("x1", weighted)):
        found = torch.autograd.grad(value, list(leaves.values()), retain_graph=True, materialize_grads=True)
        gradients[output] = {name: Measure.of(rows, count) for name, rows in zip(leaves, found, strict=True)}
    values = Measure.of(x1.detach(), count), Measure.of(cost.detach(), count)
    return Yardstick(*values, gradients, scales_of(run.point))


def scales_of(point: Point) -> dict[str, float]:
    """The size of each input: its largest entry, the length of the horizon for a time."""
    span = float((point.t1 - point.t0).abs().max())
    largest = {name: float(value.abs().max()) if value.numel() else 0.0 for name, value in point.blocks.items()}
    return {name: (span if name in TIMES else size) or 1.0 for name, size in largest.items()}


def reference_march(
    run: Run, plan: reference.Plan, blocks: dict[str, Tensor], shake: reference.Shake | None = None
) -> tuple[Tensor, Tensor]:
    """The reference's x1 and cost at `blocks`, x0 following theta where it is left out."""
    system, point = run.case.system, run.point
    inputs = dict(blocks)
    if point.follows:
        inputs["x0"] = initial_rows(run.case.problem, blocks["theta"])
    times = inputs.pop("observation_times")
    return reference.march(system, run.case.tableau, plan, **inputs, observation_times=times, hold=point.hold, shake=shake)


def initial_rows(problem: object, theta: Tensor) -> Tensor:
    """x0(theta) (rows, n) by the statement's expressions."""
    start = reference.torch_model(problem).initial(theta.unbind(-1))  # type: ignore[arg-type]
    return torch.stack([torch.as_tensor(value, dtype=theta.dtype).expand(len(theta)) for value in start], -1)


def draw_directions(point: Point, count: int, generator: torch.Generator) -> list[dict[str, Tensor]]:
    """Random directions through all inputs, each component scaled by its own size (or the size of its block)."""
    return [{name: _scale(value) * torch.randn(value.shape, generator=generator, dtype=value.dtype)
             for name, value in point.blocks.items()} for _ in range(count)]  # fmt: skip


def _scale(value: Tensor) -> Tensor:
    largest = value.abs().amax() if value.numel() else value.new_ones(())
    return torch.where(value == 0, largest if largest > 0 else 1.0, value.abs())
