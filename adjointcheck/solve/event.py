"""March until an event function changes sign, and the derivative of the time when it does.

The last time step is shortened, by taking it anew with trial lengths, until the event function vanishes at its end: the
event lies on the computed solution itself, not on an interpolant.  With y the state at the start of that time step, and Y(h)
its end, the event time tau solves

    g(tau, Y(tau - t)) = 0,     d tau = -(d g)/(dg/dtau),   dg/dtau = dg/dt + dg/dy dY/dh.

Two Newton steps from the root, taken in differentiable operations, have this derivative and the second one; whatever g
reads, and whatever y depends on, is reached by autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.control import UNLIMITED
from adjointcheck.solve.field import Field
from adjointcheck.solve.gradient_method import GradientMethod, solve
from adjointcheck.solve.marching import InitialValueProblem, MarchError, Verdict, march
from adjointcheck.solve.packing import Packing

DOUBLINGS = 40  # of the horizon, in search of an event
SEARCH = 100_000  # time steps, where max_num_steps sets no limit
GRAZING = 1e-6  # slope of g at the event, relative to its mean slope on the way there: below, the event is a tangency

EventFunction = Callable[[Tensor, Any], Tensor]


@dataclass(frozen=True)
class Signed:
    """The event functions (k,) of a state as one, positive at first: min_i signs_i g_i."""

    function: EventFunction
    packing: Packing
    signs: Tensor

    @classmethod
    def at(cls, function: EventFunction, packing: Packing, t: Tensor, y: Tensor) -> Signed:
        """Signs as at (t, y); what is 0 there counts as positive."""
        found = cls(function, packing, torch.ones((), device=y.device))
        values = found.values(t, y).detach()
        return replace(found, signs=torch.where(values < 0, -1.0, 1.0))

    def values(self, t: Tensor, y: Tensor) -> Tensor:
        """Every event function, (k,)."""
        found: Any = self.function(t.to(y), self.packing.unpack(y))
        if not isinstance(found, Tensor) or not found.is_floating_point() or not found.numel():
            got = f"{found.dtype} of shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
            raise SolveError("event_fn", got, "a floating tensor that changes its sign", "For y[0] < 0.3 return y[0] - 0.3.")
        return found.reshape(-1)

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        return (self.values(t, y) * self.signs).min()


class _Found(Exception):
    """Marching has passed the event in the time step (t, h) from y."""

    def __init__(self, t: Tensor, h: Tensor, y: Tensor) -> None:
        self.t, self.h, self.y = t, h, y


def solve_to_event(problem: InitialValueProblem, row: GradientMethod, function: EventFunction, packing: Packing) -> tuple[Tensor, Tensor]:
    """The event time, 0-dim float64, and the states (2, N) at the start and at the event."""
    start, event = problem.marks[0], Signed.at(function, packing, problem.marks[0].detach(), problem.y0.detach())
    passed = find_step(problem, event)
    root = find_root(problem, event, passed)
    y = problem.y0
    if float(passed.t) != float(start.detach()):
        y = solve(replace(problem, marks=torch.stack([start, passed.t]), jumps=frozenset()), row)[-1]
        start = passed.t
    # The last time step in plain operations on the tensors that func itself captured.
    plain = replace(problem, field=Field(problem.field.function, problem.field.packing))
    moment = _Last(plain, event, start, y).correct(root, passed)
    return moment, torch.stack([problem.y0, plain.method.advance(plain.field, start, moment - start, y).y1])


def find_step(problem: InitialValueProblem, event: Signed) -> _Found:
    """The first accepted time step in which the event function changes sign."""
    t0, t1 = problem.marks.detach()[0], problem.marks.detach()[1]
    marks = torch.stack([t0, *(t0 + (t1 - t0) * 2.0**power for power in range(DOUBLINGS))])

    def watch(number: int, t: Tensor, h: Tensor, y: Tensor, advance: Any) -> None:
        value = float(event(t + h, advance.y1))
        if isnan(value):
            raise SolveError(f"event_fn at t = {float(t + h):g}", value, "a number", "Look at it there.")
        if value <= 0:
            raise _Found(t, h, y)

    control = problem.control
    limit = control.max_steps if control.max_steps < UNLIMITED else SEARCH
    try:
        march(replace(problem, marks=marks, jumps=frozenset(), control=replace(control, max_steps=limit)), watch)
    except _Found as found:
        return found
    except MarchError as error:
        if error.verdict is not Verdict.TOO_MANY:
            raise
        todo = "Look at its sign along the solution; options={'max_num_steps': ...} searches longer."
        raise SolveError("event_fn", f"no change of sign in {limit:,} time steps, {error.where}", "an event", todo) from error
    raise SolveError("event_fn", f"no change of sign up to t = {float(marks[-1]):g}", "an event", "Look at its sign along the solution.")


@torch.no_grad()
def find_root(problem: InitialValueProblem, event: Signed, passed: _Found) -> float:
    """The length of the last time step at whose end the event function vanishes: secants (Illinois), every third time the middle."""
    def value(h: float) -> float:
        length = passed.h.new_tensor(h)
        return float(event(passed.t + length, problem.method.advance(problem.field, passed.t, length, passed.y).y1))

    a, b = 0.0, float(passed.h)
    at_a, at_b, kept = float(event(passed.t, passed.y)), value(b), 0
    if at_a <= 0:
        raise SolveError("event_fn", "a value of 0 that turns at once", "a start that is not on the event", "Move y0 off it by a little.")
    least = 2.0**-52 * max(abs(float(passed.t)), abs(b))
    for trial in range(200):
        if at_b == 0 or abs(b - a) <= least:
            break
        h = (a + b) / 2 if trial % 3 == 2 else b - at_b * (b - a) / (at_b - at_a)
        found = value(h)
        # An end that stays twice counts half, so that secants do not creep up from one side.
        if found > 0:
            a, at_a, at_b, kept = h, found, at_b / 2 if kept > 0 else at_b, 1
        else:
            b, at_b, at_a, kept = h, found, at_a / 2 if kept < 0 else at_a, -1
    return b


@dataclass(frozen=True)
class _Last:
    """The last time step, from state y at time t, in differentiable operations."""

    problem: InitialValueProblem
    event: Signed
    t: Tensor
    y: Tensor

    def value(self, moment: Tensor) -> Tensor:
        """The event function at the end of a time step up to `moment`."""
        return self.event(moment, self.problem.method.advance(self.problem.field, self.t, moment - self.t, self.y).y1)

    def correct(self, root: float, passed: _Found) -> Tensor:
        """The event time with its derivatives: Newton steps from the root, which barely move it."""
        moment = passed.t + root
        if not torch.is_grad_enabled():
            return moment
        for _ in range(2):
            moment = moment.requires_grad_() if moment.is_leaf else moment
            value = self.value(moment)
            if not value.requires_grad:
                todo = "Leave out .detach(), .item() and no_grad() inside, or solve under torch.no_grad()."
                raise SolveError("event_fn", "a value without a graph", "a differentiable function of t and y", todo)
            (slope,) = torch.autograd.grad(value, moment, create_graph=True)
            self._refuse_grazing(float(moment.detach()), float(slope.detach()))
            moment = moment - value.to(moment) / slope
        return moment

    def _refuse_grazing(self, moment: float, slope: float) -> None:
        t0, y0 = self.problem.marks.detach()[0], self.problem.y0.detach()
        if abs(slope * (moment - float(t0))) > GRAZING * abs(float(self.event(t0, y0).detach())):
            return
        raise SolveError(
            f"event at t = {moment:.17g}", f"dg/dt = {slope:.3g}: the event function only grazes 0",
            "a crossing at an angle", "Its time has no derivative there; solve under torch.no_grad() for its value alone.",
        )
