"""One module under test: its inputs, its runs, and the reference each run is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from adjointcheck.check.rounding import Yardstick, yardstick
from adjointcheck.schemes import Tableau, find
from adjointcheck.solve import reference

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import AdjointSystem, Derivation
    from adjointcheck.problem.statement import Problem

BLOCKS = ("x0", "theta", "w", "t0", "t1", "observation_times")


@dataclass(frozen=True)
class Budget:
    """How much a check may compute: random points and directions, time steps of a run, of a ladder of step halvings."""

    points: int = 6
    directions: int = 3
    time_steps: int = 60
    ladder: int = 520
    short: int = 24


BUDGETS = {"fast": Budget(), "thorough": Budget(points=40, directions=8, time_steps=400, ladder=4000, short=48)}


@dataclass(frozen=True, eq=False)
class Point:
    """Inputs of B trajectories: x0 (B, n), theta (B, m), w (B, K or K + 1, k), t0, t1 (B,), observation_times (B, S).

    `follows`: x0 is the statement's function of theta and is left out of calls.  `steps` None: adaptive.
    `share` is the part of the statement's horizon that is kept.
    """

    x0: Tensor
    theta: Tensor
    w: Tensor
    t0: Tensor
    t1: Tensor
    observation_times: Tensor
    hold: str = "constant"
    steps: int | None = None
    tolerance: float = 1e-6
    follows: bool = False
    share: float = 1.0
    words: str = ""

    @property
    def description(self) -> str:
        """What the point is, in words."""
        return self.words if self.share == 1.0 else f"{self.words}, horizon cut to {100 * self.share:.3g} % for cost"

    @property
    def blocks(self) -> dict[str, Tensor]:
        """The inputs by name, x0 left out where it follows theta."""
        return {name: getattr(self, name) for name in BLOCKS if not (name == "x0" and self.follows)}

    @property
    def intervals(self) -> int:
        """K, the intervals of the control grid."""
        return self.w.shape[1] - (self.hold == "linear")

    def rows(self, index: Tensor) -> Point:
        """The trajectories `index`, which may repeat."""
        return replace(self, **{name: getattr(self, name)[index] for name in BLOCKS})

    def arguments(self, blocks: Mapping[str, Tensor], controlled: bool) -> dict[str, Any]:
        """Keyword arguments of the module's `solve` and `value_and_gradient`."""
        given = {name: value for name, value in blocks.items() if name != "w" or controlled}
        return {**given, "hold": self.hold, "steps": self.steps, "rtol": self.tolerance, "atol": self.tolerance}


@dataclass(frozen=True, eq=False)
class Case:
    """A problem, its proved derivation, and the generated module that claims to solve it."""

    problem: Problem
    derivation: Derivation
    module: ModuleType
    text: str
    method: str
    seed: int
    points: tuple[Point, ...]
    short: Point
    budget: Budget = BUDGETS["fast"]

    @property
    def system(self) -> AdjointSystem:
        """The proved adjoint equations."""
        return self.derivation.system

    @property
    def tableau(self) -> Tableau:
        """The method, as exact data."""
        return find(self.method)

    @property
    def kinks(self) -> list[str]:
        """Texts of the places where the statement is not smooth."""
        return [finding.text for finding in self.derivation.findings if finding.kind == "kink"]

    @property
    def jumps(self) -> list[str]:
        """What is said of the places where the field or the running cost jumps in time."""
        return [finding.text for finding in self.derivation.findings if finding.kind == "jump"]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """One run of the module for each point."""
        return tuple(Run(self, point) for point in self.points)

    def generator(self, salt: int = 0) -> torch.Generator:
        """Fresh random numbers from this case's seed."""
        return torch.Generator().manual_seed(self.seed + salt)


@dataclass(frozen=True, eq=False)
class Run:
    """What the module computes at one point, with its gradients and the reference for both."""

    case: Case
    point: Point
    _gradients: dict[str, dict[str, Tensor]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def leaves(self) -> dict[str, Tensor]:
        """The inputs, asking for gradients."""
        return {name: value.clone().requires_grad_() for name, value in self.point.blocks.items()}

    @cached_property
    def solution(self) -> Any:
        """The module's own `solve`."""
        return self.case.module.solve(**self.point.arguments(self.leaves, bool(self.case.problem.control_names)))

    @property
    def record(self) -> Any:
        """The time steps that were taken."""
        return self.solution.record

    @cached_property
    def plan(self) -> reference.Plan:
        """The time steps, their marks worked out anew."""
        point = self.point
        return reference.plan(self.record, point.t0, point.t1, point.observation_times, point.intervals)

    @cached_property
    def x1_weights(self) -> Tensor:
        """Random weights (B, n) that turn x1 into one number."""
        return torch.randn(self.solution.x1.shape, generator=self.case.generator(1), dtype=torch.float64)

    def gradients(self, output: str) -> dict[str, Tensor]:
        """The module's gradients of "cost" or of the weighted "x1", by autograd through its own backward, once."""
        if output not in self._gradients:
            self._gradients[output] = self._differentiate(output)
        return self._gradients[output]

    def _differentiate(self, output: str) -> dict[str, Tensor]:
        values = self.solution.cost if output == "cost" else (self.x1_weights * self.solution.x1).sum(1)
        found = torch.autograd.grad(values.sum(), list(self.leaves.values()), retain_graph=True, materialize_grads=True)
        return dict(zip(self.leaves, found, strict=True))

    @cached_property
    def costates(self) -> tuple[Tensor, ...]:
        """The module's p (B, n) at the start of each recorded time step."""
        zeros, ones = torch.zeros_like(self.record.x1), torch.ones_like(self.record.cost)
        return self.case.module.sweep(self.record, zeros, ones, keep_costate=True).costate

    @cached_property
    def yardstick(self) -> Yardstick:
        """Values and gradients by the reference, with the size that rounding may have in each."""
        return yardstick(self)


def labels(problem: Problem, block: str, shape: tuple[int, ...]) -> list[str]:
    """A name for each component of one trajectory's part of a block, in order."""
    if block == "w":
        return [f"w[{k}].{name}" for k in range(shape[0]) for name in problem.control_names]
    names = {"x0": problem.state_names, "theta": problem.parameter_names}.get(block)
    if names:
        return [f"{block}.{name}" for name in names]
    return [f"s[{j}]" for j in range(shape[0])] if block == "observation_times" else [block] if not shape else []
