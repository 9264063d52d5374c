"""Any explicit method made algebraically reversible, so that the way back needs no stored state.

The time step of McCallum & Foster (2024, "Efficient, accurate and stable gradients for neural ODEs") moves a pair (y, z)
that starts at y = z = y(t0).  With Phi_h(t, x) the time step of the method that is wrapped and Psi_h = Phi_h - x,

    y1 = lambda y + (1 - lambda) z + Psi_h(t, z)        z1 = z - Psi_(-h)(t + h, y1)

and this is undone without an equation to solve, but for the rounding:

    z = z1 + Psi_(-h)(t + h, y1)                        y = z + (y1 - z - Psi_h(t, z))/lambda

The pair converges at the order of the method.  Undoing multiplies an error of y - z by 1/lambda each time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.control import Control, Norm
from adjointcheck.solve.explicit import ExplicitRungeKutta
from adjointcheck.solve.field import Field, add_bars
from adjointcheck.solve.gradient_method import Gradient, GradientMethod, Sweep, replay
from adjointcheck.solve.marching import InitialValueProblem, MarchError, Record, choose_first, march
from adjointcheck.solve.reconstruction import Reconstruction, Report, distance, tell, warn_of_drift
from adjointcheck.solve.time_step import Advance, Method, StepBars, Tapes


@dataclass(frozen=True)
class ReversibleStep(Method):
    """The time step of the pair (2 N,), over that of `base`."""

    base: Method
    coupling: float

    @classmethod
    def of(cls, base: Method, coupling: float) -> ReversibleStep:
        """The pair's method: the wrapped one's order and estimate."""
        return cls(f"reversible {base.name}", base.order, base.error_order, base, coupling)

    def advance(self, field: Field, t: Tensor, h: Tensor, y: Tensor, carry: Any = None) -> Advance:
        """y is the pair; the error estimates of both halves are those of the method."""
        first, second = y.chunk(2, -1)
        there = self.base.advance(field, t, h, second)
        y1 = there.y1 + self.coupling * (first - second)
        back = self.base.advance(field, t + h, -h, y1)
        error = torch.cat([there.error, back.error], -1) if there.error is not None and back.error is not None else None
        return Advance(torch.cat([y1, second + (y1 - back.y1)], -1), error, None, None)

    def undo(self, field: Field, t: Tensor, h: Tensor, pair: Tensor) -> Tensor:
        """The pair at t from the pair at t + h."""
        y1, z1 = pair.chunk(2, -1)
        z = z1 - (y1 - self.base.advance(field, t + h, -h, y1).y1)
        y = z + (y1 - self.base.advance(field, t, h, z).y1) / self.coupling
        return torch.cat([y, z], -1)

    def pull_back(
        self, field: Field, t: Tensor, h: Tensor, y: Tensor, y1_bar: Tensor, times: bool = False, tapes: Tapes = ()
    ) -> StepBars:
        """By the time steps of the wrapped method, in reverse: that of z1 first, then that of y1."""
        first, second = y.chunk(2, -1)
        y1 = self.base.advance(field, t, h, second).y1 + self.coupling * (first - second)
        bar, z1_bar = y1_bar.chunk(2, -1)
        back = self.base.pull_back(field, t + h, -h, y1, -z1_bar, times)
        bar = bar + z1_bar + back.y
        there = self.base.pull_back(field, t, h, second, bar, times)
        y_bar = self.coupling * bar
        add_bars(back.parameters, there.parameters)
        pair_bar = torch.cat([y_bar, z1_bar - y_bar + there.y], -1)
        if there.t is None or there.h is None or back.t is None or back.h is None:
            return StepBars(pair_bar, None, None, back.parameters)
        return StepBars(pair_bar, there.t + back.t, there.h + back.t - back.h, back.parameters)


@dataclass(frozen=True)
class Reversible(GradientMethod):
    """The exact derivative of the reversible solution, with no state kept but the last: memory O(1) in time steps.

    The solution differs from the plain one, costs twice the evaluations, and is stable for time steps that are short
    beside 1 - lambda over the rate at which the field contracts only: where it is not, y and z fall apart, which is warned
    of above `drift` (100 rtol, at least 1e-5).  `coupling` is lambda, above 0 and up to 1: smaller is stabler forward, and
    multiplies rounding by lambda^-n on the way back; the error with which y(t0) comes back is told to `report` and warned
    of above `threshold`.
    """

    coupling: float = 0.99
    threshold: float = 1e-6
    drift: float | None = None
    report: Report | None = None
    name: str = "reversible"
    exact: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.coupling <= 1:
            raise SolveError("gradient 'reversible', coupling", self.coupling, "a number above 0 and up to 1", "Try 0.999.")

    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Record]:
        """March the pair; of its time steps nothing is kept but where they are."""
        try:
            record = march(self._pair(problem), lambda *_: None)
        except MarchError as error:
            todo = "Choose gradient='checkpointed': where the field contracts, the pair may fall apart at any length of time steps."
            raise SolveError(f"gradient 'reversible', {error.where}", error.got, "a pair that can be marched", todo) from error
        first, second = record.ys.chunk(2, -1)
        limit = max(1e-5, 100 * float(torch.as_tensor(problem.control.rtol).max())) if self.drift is None else self.drift
        warn_of_drift(distance(second, first), limit)
        return first, replace(record, ys=record.ys[-1:])

    def backward(self, problem: InitialValueProblem, saved: Record, ys_bar: Tensor, times: bool) -> Gradient:
        """Undo one time step after the other, and pull the costate back over each."""
        pair, marks, y = self._pair(problem), problem.marks.detach(), saved.ys[-1]
        method = ReversibleStep.of(problem.method, self.coupling)
        sweep = Sweep(pair, torch.cat([ys_bar, torch.zeros_like(ys_bar)], -1), times)
        for step in reversed(saved.steps):
            with torch.no_grad():
                y = method.undo(problem.field_on(step.segment), *step.times(marks), y)
            sweep.reverse(step, y)
        error = distance(y, pair.y0.detach())
        advice = "Bring the coupling nearer to 1, or choose gradient='checkpointed'."
        tell(Reconstruction(self.name, (float(marks[0]),), (error,)), self.threshold, advice, self.report)
        found = sweep.gradient()
        return replace(found, y0=sum(found.y0.chunk(2, -1)))

    def record(self, saved: Record) -> Record:
        """The accepted time steps, of the pair."""
        return saved

    def replay(self, problem: InitialValueProblem, saved: Record) -> Tensor:
        """The recorded time steps of the pair."""
        return replay(self._pair(problem), saved).chunk(2, -1)[0]

    def _pair(self, problem: InitialValueProblem) -> InitialValueProblem:
        """The problem of the pair."""
        if not isinstance(problem.method, ExplicitRungeKutta):
            raise SolveError(
                "gradient 'reversible'", f"method {problem.method.name!r}",
                "an explicit method: an implicit stage comes back only to the tolerance of its solver",
                "Choose an explicit method, or gradient='checkpointed'.",
            )  # fmt: skip
        y0, method = torch.cat([problem.y0, problem.y0], -1), ReversibleStep.of(problem.method, self.coupling)
        return replace(problem, y0=y0, method=method, control=_twice(problem))


def _twice(problem: InitialValueProblem) -> Control:
    """The control of a pair: what is given by entry holds for both halves, and the first length is that of the method."""
    control = problem.control
    rtol, atol = (torch.cat([tol, tol], -1) if isinstance(tol, Tensor) and tol.ndim else tol for tol in (control.rtol, control.atol))
    first = control.first_step
    if first is None and problem.method.adaptive and not control.step_size and len(problem.marks) > 1:
        with torch.no_grad():
            first = choose_first(problem, None)
    return replace(control, rtol=rtol, atol=atol, first_step=first, norm=_either(control.norm))


def _either(norm: Norm) -> Norm:
    return lambda ratio: torch.maximum(*map(norm, ratio.chunk(2, -1)))
