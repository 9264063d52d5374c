"""Gradient methods: interchangeable ways to the gradient of a march, one row each.

A row marches forward, keeping what it needs, and later turns the cotangents of all states at the marks into gradients:

    ys, saved = row.forward(problem)                       ys (M, N)
    gradient = row.backward(problem, saved, ys_bar, wants)  of sum(ys_bar * ys), by y0 (N,), parameters, marks (M,)

`solve(problem, row)` is the differentiable function made of the two.  `problem.field.parameters` are what the parameter
gradients belong to; None stands for a parameter that no time step read.  Under create_graph (a second derivative) and
under vmap (many cotangents at once, as in a vectorised Jacobian) the row's backward is not asked: the recorded time steps are
replayed in differentiable operations, which needs `row.record(saved)`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import is_legacy_batchedtensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.field import Bars, Tape, add_bars
from adjointcheck.solve.marching import InitialValueProblem, Record, TimeStep, march
from adjointcheck.solve.time_step import Advance, Tapes


@dataclass(frozen=True)
class Gradient:
    """Gradients by y0 (N,), by each parameter of the field (None: not read), by the marks (M,; None unless asked for)."""

    y0: Tensor
    parameters: Bars
    marks: Tensor | None


class GradientMethod(ABC):
    """One row: `name`, and whether its gradient is `exact` for the computed solution."""

    name: str
    exact: bool

    @abstractmethod
    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Any]:
        """The states (M, N) at the marks, and whatever `backward` needs."""

    @abstractmethod
    def backward(self, problem: InitialValueProblem, saved: Any, ys_bar: Tensor, times: bool) -> Gradient:
        """The gradient of sum(ys_bar * ys); by the marks only if `times`."""

    @abstractmethod
    def record(self, saved: Any) -> Record:
        """The accepted time steps, for a replay."""

    def replay(self, problem: InitialValueProblem, saved: Any) -> Tensor:
        """The states (M, N) at the marks again, in plain differentiable operations; here by the recorded time steps."""
        return replay(problem, self.record(saved))


@dataclass(frozen=True)
class Discrete(GradientMethod):
    """The exact derivative of the computed solution: time steps are fixed once taken, and each is reversed from its start.

    Memory: one state a time step, the graphs of the field's evaluations in the first time steps up to `graph_bytes`, and
    those of one time step at a time; where graphs are not kept, the sweep evaluates the field anew.  None: 256 MiB on a
    processor, an eighth of what is free on a CUDA device but at least as much.
    """

    name: str = "discrete"
    exact: bool = True
    graph_bytes: int | None = None

    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Record]:
        """March and keep the start of every time step, and its graphs while they fit."""
        graph = problem.field.tape_bytes + _NODE_BYTES
        record = march(problem, _keep_start_and_graphs, self.budget(problem.y0.device) // graph if problem.live else 0)
        return record.ys, record

    def budget(self, device: torch.device) -> int:
        """Bytes of graphs that are kept on `device`."""
        if self.graph_bytes is not None:
            return self.graph_bytes
        free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0
        return max(_GRAPH_BYTES, free // 8)

    def backward(self, problem: InitialValueProblem, saved: Record, ys_bar: Tensor, times: bool) -> Gradient:
        """Sweep back through the time steps, adding the cotangent of each mark on the way."""
        sweep = Sweep(problem, ys_bar, times)
        for step in reversed(saved.steps):
            y, tapes = step.kept
            sweep.reverse(step, y, tapes)
            tapes.clear()  # a graph is good for one use; a second backward evaluates anew
        return sweep.gradient()

    def record(self, saved: Record) -> Record:
        """What was saved."""
        return saved


def _keep_start_and_graphs(number: int, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> tuple[Tensor, list[Tape]]:
    return y, [tape for tape in advance.tapes if tape is not None]


_GRAPH_BYTES = 2**28
_NODE_BYTES = 4096  # about what the nodes of a small graph take besides tensors


class Sweep:
    """A discrete adjoint on its way back: costate (N,) at the start of the last time step that was reversed."""

    def __init__(self, problem: InitialValueProblem, ys_bar: Tensor, times: bool) -> None:
        self.problem, self.ys_bar, self.times = problem, ys_bar, times
        self.marks = problem.marks.detach()
        self.costate = ys_bar[-1]
        self.parameters: Bars = [None] * len(problem.field.parameters)
        self.marks_bar = torch.zeros_like(self.marks) if times else None

    def reverse(self, step: TimeStep, y: Tensor, tapes: Tapes = ()) -> None:
        """Take one time step, from its start y, off the end."""
        t, h = step.times(self.marks)
        bars = self.problem.method.pull_back(self.problem.field_on(step.segment), t, h, y, self.costate, self.times, tapes)
        add_bars(self.parameters, bars.parameters)
        self.costate = bars.y if step.left else bars.y + self.ys_bar[step.segment]
        if self.marks_bar is not None and bars.t is not None and bars.h is not None:
            share = (step.right - step.left) * bars.h
            ends = torch.stack([(1 - step.left) * bars.t - share, step.left * bars.t + share])
            self.marks_bar[step.segment : step.segment + 2] += ends.to(self.marks_bar)

    def gradient(self) -> Gradient:
        """After the first time step was reversed."""
        return Gradient(self.costate, self.parameters, self.marks_bar)


# The differentiable function


def replay(problem: InitialValueProblem, record: Record) -> Tensor:
    """The states (M, N) at the marks by the recorded time steps, in plain differentiable operations."""
    y, ys = problem.y0, [problem.y0]
    for step in record.steps:
        t, h = step.times(problem.marks)
        y = problem.method.advance(problem.field_on(step.segment), t, h, y).y1
        ys += [y] if step.right == 1 else []
    return torch.stack(ys)


def solve(problem: InitialValueProblem, row: GradientMethod) -> Tensor:
    """The states (M, N) at the marks, with gradients for y0, the marks and every parameter of the field."""
    inputs = problem.y0, problem.marks, *problem.field.parameters
    if not torch.is_grad_enabled() or not problem.live:
        bare = replace(problem, y0=problem.y0.detach(), marks=problem.marks.detach(), field=replace(problem.field, parameters=()))
        return row.forward(bare)[0]
    return _Solve.apply(problem, row, *inputs)


class _Solve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, problem: InitialValueProblem, row: GradientMethod, y0: Tensor, marks: Tensor, *parameters: Tensor) -> Tensor:
        ys, ctx.saved = row.forward(problem)
        ctx.problem, ctx.row, ctx.precision = problem, row, precision_in_force(y0.device.type)
        ctx.save_for_backward(y0, marks, *parameters)
        return ys

    @staticmethod
    def backward(ctx: Any, ys_bar: Tensor) -> Any:
        y0, marks, *parameters = ctx.saved_tensors  # raises if one was changed in place
        problem = replace(ctx.problem, y0=y0, marks=marks)
        with ctx.precision():
            if torch.is_grad_enabled() or is_legacy_batchedtensor(ys_bar):  # many cotangents at once, under vmap
                return None, None, *_differentiate_replay(problem, partial(ctx.row.replay, saved=ctx.saved), ys_bar, parameters)
            gradient = ctx.row.backward(problem, ctx.saved, ys_bar, ctx.needs_input_grad[3])
        return None, None, gradient.y0, gradient.marks, *gradient.parameters


def precision_in_force(device: str) -> Callable[[], AbstractContextManager[Any]]:
    """The autocast of now, to be entered again by a backward pass, which runs outside of it.

    Without its cache: what is cast without a graph there must not stand for what is cast with one.
    """
    if not torch.amp.is_autocast_available(device):
        return nullcontext
    kind, enabled = torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)
    return partial(torch.autocast, device, dtype=kind, enabled=enabled, cache_enabled=False)


def _differentiate_replay(
    problem: InitialValueProblem, again: Callable[[InitialValueProblem], Tensor], ys_bar: Tensor, parameters: list[Tensor]
) -> list[Tensor | None]:
    """The gradient as a differentiable function of all inputs: autograd through the recorded time steps."""
    inputs = (problem.y0, problem.marks, *parameters)
    # Views cut the ways outside on which one input may depend on another; each is a derivative by its own place.
    with torch.enable_grad():
        y0, marks, *places = views = [value.view_as(value) for value in inputs]
        ys = again(replace(problem, y0=y0, marks=marks, field=problem.field.reading(places)))
    problem.field.check_known(ys, views, marks[-1])
    live = [view for view in views if view.requires_grad]
    found = iter(torch.autograd.grad(ys, live, ys_bar, create_graph=torch.is_grad_enabled(), allow_unused=True))
    return [next(found) if view.requires_grad else None for view in views]


DISCRETE = Discrete()
ROWS = {  # name: where the row is, with its defaults
    "discrete": ("gradient_method", "Discrete"),
    "checkpointed": ("checkpointed", "Checkpointed"),
    "interpolated": ("continuous", "Interpolated"),
    "backsolve": ("continuous", "Backsolve"),
    "reversible": ("reversible", "Reversible"),
    "forward": ("forward_sensitivity", "ForwardSensitivity"),
}


def find_gradient_method(name: str | GradientMethod) -> GradientMethod:
    """The row called `name`, or the row itself; raises `SolveError` with the nearest name."""
    if isinstance(name, GradientMethod):
        return name
    if name not in ROWS:
        near = get_close_matches(str(name).lower(), ROWS, n=1)
        raise SolveError("gradient", name, f"one of {', '.join(ROWS)}", f"Did you mean {near[0]!r}?" if near else "Choose one of them.")
    module, row = ROWS[name]
    return getattr(import_module(f"adjointcheck.solve.{module}"), row)()
