"""Many trajectories at once, each with its own times, time steps and fate: `solve_ensemble`.

Everything that `marching` says of one trajectory holds for each: a time step runs between fractions of a segment, the
fractions are constants once chosen, and the gradient is that of the computed solution.  One iteration tries one time step
of every trajectory; where it was rejected, or the trajectory has ended, the iteration is frozen to a move of length 0.
Nothing about one trajectory depends on the others but the rounding of batched operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.control import blend
from adjointcheck.solve.explicit import Evaluation, ExplicitRungeKutta
from adjointcheck.solve.field import Bars, add_bars
from adjointcheck.solve.gradient_method import Gradient, GradientMethod, solve
from adjointcheck.solve.marching import STRETCH, InitialValueProblem, Record
from adjointcheck.solve.methods import find_method
from adjointcheck.solve.options import read_control
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.rosenbrock import RosenbrockWanner
from adjointcheck.solve.switch import refuse_moving_jumps
from adjointcheck.solve.tracing import trace_field
from adjointcheck.solve.transforms import transformed

STATUS = ("finished", "max steps", "step underflow", "non-finite")
FINISHED, MAX_STEPS, UNDERFLOW, NON_FINITE = range(4)
RUNNING = -1


@dataclass(frozen=True)
class Ensemble:
    """Solutions ys (B, T, *shape), with gradients, and of each trajectory (B,): status, an index into `STATUS`, and counts.

    Where a trajectory did not finish, what it did not reach is NaN.
    """

    t: Tensor
    ys: Any
    status: Tensor
    accepted: Tensor
    rejected: Tensor
    evaluations: Tensor

    @property
    def success(self) -> Tensor:
        """Which trajectories have reached their last time."""
        return self.status == FINISHED


def solve_ensemble(
    func: Callable[[Tensor, Any], Any],
    y0: Any,
    t: Tensor,
    *,
    rtol: Any = 1e-7,
    atol: Any = 1e-9,
    method: str = "dopri5",
    options: Mapping[str, Any] | None = None,
) -> Ensemble:
    """Solve dy_b/dt = func(t, y)_b for every b: y0 (B, *shape), t (B, T) or (T,), each row strictly monotone, in its own direction.

    func gets t (B,) and y (B, *shape) and must treat trajectories apart.  Gradients are exact, for y0, t and every tensor that
    func reads.  options: first_step, safety, ifactor, dfactor, min_step, max_step, max_num_steps, controller.
    """
    if transformed():
        todo = "Call odeint, which works there, or differentiate with torch.autograd.grad."
        raise SolveError("solve_ensemble", "a call inside a transform of torch.func", "a call outside", todo)
    row, packing = find_method(method), Packing.of(y0, lead=1)
    if not isinstance(row, ExplicitRungeKutta | RosenbrockWanner) or not row.adaptive:
        todo = "Take dopri5, tsit5, bosh3, dop853, or, for stiff fields, rodas5p."
        raise SolveError("method", method, "a method with an error estimate that iterates nothing", todo)
    y = packing.pack(y0)
    marks = _read_times(t, y)
    unfit = {"step_size", "norm", "step_t", "jump_t", "perturb", "grid_constructor"} & set(options or {})
    if unfit:
        raise SolveError("options", sorted(unfit), "options that trajectories can have of their own", "Leave them out, or use odeint.")
    control = read_control(rtol, atol, options or {}, packing, y.detach())
    field = trace_field(func, marks[:, 0].detach(), y.detach(), packing)
    fates = Together()
    ys = solve(InitialValueProblem(field, y, marks, row, control), fates)
    if len(marks):  # a shard may have no trajectory
        refuse_moving_jumps(field, torch.stack(marks.detach().aminmax()), ys[:, [0, -1]].transpose(0, 1))
    walk = fates.walks[-1]
    counts = walk.accepted, walk.rejected, (walk.accepted + walk.rejected) * row.stages + 2
    return Ensemble(t, packing.unpack(ys), walk.status, *counts)


def _read_times(t: Tensor, y: Tensor) -> Tensor:
    """t (B, T) in float64 on the device of the states."""
    times = torch.as_tensor(t, device=y.device).to(torch.float64)
    times = times.expand(len(y), -1) if times.ndim == 1 else times
    steps = times.detach().diff(dim=-1)
    if times.ndim != 2 or len(times) != len(y) or not ((steps > 0).all(-1) | (steps < 0).all(-1)).all() or not times.isfinite().all():
        raise SolveError("t", f"shape {tuple(t.shape)}", f"(T,) or ({len(y)}, T), finite, each row strictly monotone", "Sort each row.")
    return times


class Iteration(NamedTuple):
    """One time step of every trajectory: segment, fractions left and right (B,), start y (B, n), landed (B,) on a mark."""

    segment: Tensor
    left: Tensor
    right: Tensor
    y: Tensor
    landed: Tensor

    def times(self, marks: Tensor) -> tuple[Tensor, Tensor]:
        """t and h (B,), differentiable in the marks (B, M)."""
        start, stop = pick(marks, self.segment), pick(marks, self.segment + 1)
        return torch.lerp(start, stop, self.left), (self.right - self.left) * (stop - start)


def pick(table: Tensor, column: Tensor) -> Tensor:
    """table[b, column[b]] for every row, of (B, M) or (B, M, n)."""
    return table[torch.arange(len(table), device=table.device), column]


@dataclass(frozen=True)
class Way:
    """What a march left: its iterations, and of each trajectory status and counts (B,)."""

    iterations: tuple[Iteration, ...]
    status: Tensor
    accepted: Tensor
    rejected: Tensor


class Together(GradientMethod):
    """The exact discrete gradient of an ensemble; `walks` tells how the last march fared."""

    name, exact = "discrete", True

    def __init__(self) -> None:
        self.walks: list[Way] = []

    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Way]:
        """The states (B, M, n) at the marks."""
        ys, way = march_ensemble(problem)
        self.walks.append(way)
        return ys, way

    def backward(self, problem: InitialValueProblem, saved: Way, ys_bar: Tensor, times: bool) -> Gradient:
        """Sweep back, iteration by iteration; each trajectory takes the cotangents of its marks where it landed on them."""
        marks, reached = problem.marks.detach(), saved.status == FINISHED
        if not reached.all() and ys_bar[~reached].any():
            raise SolveError("gradient of an ensemble", f"{int((~reached).sum())} trajectories that did not finish",
                             "a loss over those that did", "Mask ys with .success first.")  # fmt: skip
        costate = torch.zeros_like(problem.y0)
        parameters: Bars = [None] * len(problem.field.parameters)
        marks_bar = torch.zeros_like(marks) if times else None
        for step in reversed(saved.iterations):
            costate = costate + torch.where(step.landed[:, None], pick(ys_bar, step.segment + 1), 0)
            costate = _reverse(problem, step, marks, costate, parameters, marks_bar)
        return Gradient(costate + ys_bar[:, 0], parameters, marks_bar)

    def record(self, saved: Way) -> Record:
        """An ensemble has no record of common time steps."""
        raise NotImplementedError

    def replay(self, problem: InitialValueProblem, saved: Way) -> Tensor:
        """The same iterations in plain operations."""
        y, ys, rows = problem.y0, problem.y0[:, None].expand(-1, problem.marks.shape[1], -1), torch.arange(len(problem.y0))
        for step in saved.iterations:
            t, h = step.times(problem.marks)
            y = problem.method.advance(problem.field, t, h, y).y1
            landed = step.landed.nonzero()[:, 0]
            ys = ys.index_put((rows[landed], step.segment[landed] + 1), y[landed]) if len(landed) else ys
        return ys


def _reverse(
    problem: InitialValueProblem, step: Iteration, marks: Tensor, costate: Tensor, parameters: Bars, marks_bar: Tensor | None
) -> Tensor:
    """The costate at the start of one iteration; adds to the gradients of parameters and marks."""
    t, h = step.times(marks)
    bars = problem.method.pull_back(problem.field, t, h, step.y, costate, marks_bar is not None)
    add_bars(parameters, bars.parameters)
    if marks_bar is not None and bars.t is not None and bars.h is not None:
        share, at_t = (step.right - step.left) * bars.h, torch.where(h == 0, 0, bars.t)
        marks_bar.scatter_add_(1, step.segment[:, None], ((1 - step.left) * at_t - share)[:, None])
        marks_bar.scatter_add_(1, step.segment[:, None] + 1, (step.left * at_t + share)[:, None])
    return bars.y


# Marching


@torch.no_grad()
def march_ensemble(problem: InitialValueProblem) -> tuple[Tensor, Way]:
    """The states (B, M, n) at the marks and the way there; trajectories that cannot go on are left behind."""
    walk = _Walk(problem)
    while walk.running.any():
        walk.go()
    way = Way(tuple(walk.iterations), walk.status, walk.accepted, walk.rejected)
    return walk.ys, way


class _Walk:
    """Where every trajectory is, the size of its next time step, and how it fares."""

    def __init__(self, problem: InitialValueProblem) -> None:
        self.problem, self.y = replace(problem, marks=problem.marks.detach()), problem.y0.detach()
        self.marks, count = self.problem.marks, len(self.y)
        self.segment = torch.zeros(count, dtype=torch.int64, device=self.y.device)
        self.left, self.ones = self.marks.new_zeros(count), self.marks.new_ones(count)
        self.status = torch.full_like(self.segment, RUNNING if self.marks.shape[1] > 1 else FINISHED)
        self.accepted, self.rejected = torch.zeros_like(self.segment), torch.zeros_like(self.segment)
        self.ys = self.y.new_full((count, self.marks.shape[1], self.y.shape[1]), torch.nan)
        self.ys[:, 0] = self.y
        self.lengths = self.marks.diff(dim=1).abs()
        self.carry = Evaluation(problem.field(self.marks[:, 0], self.y))
        self.size, self.error_before, self.growth = self.first_sizes(), self.ones, problem.control.grow * self.ones
        self.iterations: list[Iteration] = []

    @property
    def running(self) -> Tensor:
        """Which trajectories go on."""
        return self.status == RUNNING

    def now(self) -> Tensor:
        """The time of each trajectory (B,)."""
        return torch.lerp(pick(self.marks, self.segment), pick(self.marks, self.segment + 1), self.left)

    def go(self) -> None:
        """Try one time step of every trajectory; those at their end stay at the last mark."""
        running, length = self.running, pick(self.lengths, self.segment)
        size = self.size.clamp(self.problem.control.min_step, self.problem.control.max_step)
        right = torch.where(STRETCH * size >= (1 - self.left) * length, 1.0, self.left + size / length)
        step = Iteration(self.segment, self.left, torch.where(running, right, self.left), self.y, running)
        t, h = step.times(self.marks)
        advance = self.problem.method.advance(self.problem.field, t, h, self.y, self.carry)
        assert advance.error is not None
        accepted = self.judge(t, h, step, advance.y1, advance.error) & running
        self.move(step, accepted, advance.y1, advance.carry)

    def judge(self, t: Tensor, h: Tensor, step: Iteration, y1: Tensor, error: Tensor) -> Tensor:
        """Where the estimate is within the tolerance; sets the next sizes and the status."""
        control, k = self.problem.control, self.problem.method.error_order + 1
        ratio = _sizes(error / control.scale(self.y, y1))
        ratio = ratio if error.ndim == y1.ndim else blend(*ratio)
        finite, tried = ratio.isfinite(), h.abs()
        ratio = torch.where(finite, ratio, torch.inf)
        accepted = (ratio <= 1) | (finite & (tried <= control.min_step))
        cut = (step.right == 1) & (tried < self.size)
        row = control.controller
        factor = control.safety * (ratio.clamp(min=1e-9) ** -row.now * self.error_before**row.before) ** (1 / k)
        grown = tried * torch.minimum(factor.clamp(min=control.shrink), self.growth)
        shrunk = tried * (control.safety * ratio ** (-1 / k)).clamp(control.shrink, 1.0)
        following = torch.where(accepted, torch.where(cut, torch.maximum(self.size, grown), grown), shrunk)
        running = self.running
        self.size = torch.where(running, following, self.size)
        self.error_before = torch.where(accepted & ~cut & running, ratio.clamp(min=1e-4), self.error_before)
        self.growth = torch.where(accepted, control.grow, 1.0) * self.ones
        way = pick(self.lengths, self.segment) * self.left.clamp(min=1e-3)  # rounding of the fractions is a limit, too
        least = 10 * torch.finfo(torch.float64).eps * torch.maximum(t.abs(), way)
        stuck = running & ~accepted & (self.size <= least)
        self.status = torch.where(stuck, torch.where(finite, UNDERFLOW, NON_FINITE), self.status)
        self.rejected += (running & ~accepted).to(torch.int64)
        spent = running & ~accepted & (self.accepted + self.rejected >= control.max_steps)
        self.status = torch.where(spent & (self.status == RUNNING), MAX_STEPS, self.status)
        return accepted

    def move(self, step: Iteration, accepted: Tensor, y1: Tensor, carry: Any) -> None:
        """Go where the time step was accepted; record the iteration, rejected moves as moves of length 0."""
        landed = accepted & (step.right == 1)
        if accepted.any():
            self.iterations.append(step._replace(right=torch.where(accepted, step.right, step.left), landed=landed))
        self.y = torch.where(accepted[:, None], y1, self.y)
        self.accepted += accepted.to(torch.int64)
        rows = landed.nonzero()[:, 0]
        self.ys[rows, self.segment[rows] + 1] = y1[rows]
        last = landed & (self.segment == self.marks.shape[1] - 2)
        self.segment = self.segment + (landed & ~last).to(torch.int64)
        self.left = torch.where(last, 1.0, torch.where(landed, 0.0, torch.where(accepted, step.right, self.left)))
        spent = accepted & ~last & (self.accepted + self.rejected >= self.problem.control.max_steps)
        self.status = torch.where(last, FINISHED, torch.where(spent, MAX_STEPS, self.status))
        if not isinstance(self.problem.method, ExplicitRungeKutta):
            return  # it evaluates its start itself, with the Jacobian
        # Without FSAL the slope at the new start is asked for here; where nothing moved, the old one stays.
        slope = self.problem.field(self.now(), self.y) if carry is None else carry.slope
        self.carry = Evaluation(torch.where(accepted[:, None], slope, self.carry.slope))

    def first_sizes(self) -> Tensor:
        """The first guess of Hairer, Norsett & Wanner (1993, II.4) for each trajectory."""
        control, field, y, t = self.problem.control, self.problem.field, self.y, self.marks[:, 0]
        span = self.marks[:, -1] - t
        if control.first_step is not None:
            return control.first_step * self.ones
        scale, slope = control.scale(y, y), self.carry.slope
        d0, d1 = _sizes(y / scale), _sizes(slope / scale)
        first = torch.minimum(torch.where((d0 < 1e-5) | (d1 < 1e-5), 1e-6, 0.01 * d0 / d1), span.abs())
        h = torch.copysign(first, span)
        after = field(t + h, y + h[:, None].to(y) * slope)
        steepest = torch.maximum(d1, _sizes((after - slope) / scale) / first)
        second = (0.01 / steepest) ** (1 / (self.problem.method.error_order + 1))
        size = torch.minimum(100 * first, torch.where(steepest <= 1e-15, (1e-3 * first).clamp(min=1e-6), second))
        return torch.where(size.isfinite() & (size > 0), size, span.abs())


def _sizes(ratio: Tensor) -> Tensor:
    """Root mean square of each trajectory, float64."""
    return ratio.square().mean(-1).sqrt().to(torch.float64)
