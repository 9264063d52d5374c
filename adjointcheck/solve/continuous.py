"""Continuous adjoints: the costate equation marched backward by itself, with time steps of its own.

    a' = -a df/dx,   q' = -a df/dtheta,   from a = dl_M/dx, q = 0 at the last mark; at each mark a gains dl_j/dx
    dJ/dx0 = a(t0),  dJ/dtheta = q(t0),  dJ/ds_j = dl_j/dx f(s_j, x(s_j)),  dJ/dt0 = -a(t0+) f(t0, x0)

The rows differ in where x(t) comes from: `Interpolated` takes it from the dense output of the time steps forward,
`Backsolve` solves for it backward.  Both gradients are those of the differential equation, not of the computed solution, and
right to the order of the method.  Cotangents are scaled to 1 before marching: what the tolerances mean does not depend on
the unit of the cost.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.control import UNLIMITED, Control, Norm, root_mean_square
from adjointcheck.solve.explicit import ExplicitRungeKutta
from adjointcheck.solve.field import Bars, Field
from adjointcheck.solve.gradient_method import Gradient, GradientMethod
from adjointcheck.solve.marching import InitialValueProblem, MarchError, Record, march
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.reconstruction import Reconstruction, Report, distance, tell
from adjointcheck.solve.time_step import Advance, Method, evaluate_dense

PATIENCE = 100  # times as many time steps as forward, and then some, may be taken back to a mark


@dataclass(frozen=True)
class Continuous(GradientMethod):
    """What both have in common: `rtol`, `atol` and `method` of the way back, those of the march where they are left out.

    Costate and parameter quadrature are each held to the tolerance, in a norm of their own.  With `seminorm` (Kidger, Chen
    & Lyons 2021) the quadrature is left out of error control: fewer time steps, and nobody watches its error.
    """

    rtol: float | None = None
    atol: float | None = None
    method: Method | None = None
    seminorm: bool = False
    exact: bool = False

    def record(self, saved: Record) -> Record:
        """The accepted time steps of the march."""
        return saved

    @abstractmethod
    def source(self, problem: InitialValueProblem, saved: Record) -> Callable[[Tensor, Tensor], Tensor] | None:
        """x(t) as a function of t and a state like x; None where x is solved for."""

    @torch.no_grad()
    def backward(self, problem: InitialValueProblem, saved: Record, ys_bar: Tensor, times: bool) -> Gradient:
        """March the costate, the quadrature and perhaps the state from mark to mark, and add the cotangent at each."""
        source, quadrature, ys = self.source(problem, saved), Quadrature(problem.field), saved.ys
        n = ys[0].numel()
        sizes = (0 if source else n, n, quadrature.size)

        def rate(t: Tensor, state: Tensor) -> Tensor:
            x, a, _ = state.split(sizes)
            tape = field.tape(t, source(t, a) if source else x)
            a_bar, _, bars = tape.pull(-a)
            return torch.cat([tape.rate[: sizes[0]], a_bar, quadrature.pack(bars, a)])

        way = WayBack(problem, self._method(problem), self._control(problem, sizes, len(saved.steps)), rate, self.name)
        unit, errors = float(ys_bar.abs().max()) or 1.0, []
        x, a, q = ys[-1, : sizes[0]], ys_bar[-1] / unit, ys.new_zeros(quadrature.size)
        after = [torch.zeros_like(a)]  # the costate just after each mark, from the last one on
        for mark in reversed(range(len(ys) - 1)):
            field = problem.field_on(mark)
            x, a, q = way.march_to(mark, torch.cat([x, a, q])).split(sizes)
            errors += [] if source else [distance(x, ys[mark])]
            after.append(a)
            x, a = self._restart(x, ys[mark]), a + ys_bar[mark] / unit
        self._finish(problem, errors)
        marks_bar = time_gradient(problem, ys, ys_bar, unit * torch.stack(after[::-1])) if times else None
        return Gradient(unit * a, quadrature.unpack(unit * q), marks_bar)

    def _restart(self, x: Tensor, y: Tensor) -> Tensor:
        return x

    def _finish(self, problem: InitialValueProblem, errors: list[float]) -> None:
        pass

    def _control(self, problem: InitialValueProblem, sizes: Sequence[int], steps: int) -> Control:
        """The control of the way back after so many time steps, over parts of `sizes` numbers, the quadrature last."""
        given, watched = problem.control, len(sizes) - (1 if self.seminorm else 0)
        tightest = (float(torch.as_tensor(tolerance).min()) for tolerance in (given.rtol, given.atol))
        rtol, atol = (default if own is None else own for own, default in zip((self.rtol, self.atol), tightest, strict=True))
        most = PATIENCE * (steps + PATIENCE) if given.max_steps == UNLIMITED else given.max_steps
        return replace(given, rtol=rtol, atol=atol, first_step=None, norm=_largest_part(sizes, watched), max_steps=most)

    def _method(self, problem: InitialValueProblem) -> Method:
        """The method of the way back; an implicit one would need second derivatives of the field."""
        method = self.method or problem.method
        if not isinstance(method, ExplicitRungeKutta):
            raise SolveError(
                f"gradient {self.name!r}", f"method {method.name!r} for the costate", "an explicit method",
                "Name one for the way back, or choose gradient='discrete', which knows the exact adjoint of every method.",
            )  # fmt: skip
        return method


@dataclass(frozen=True)
class Interpolated(Continuous):
    """The costate equation along the dense output of the march.

    Memory: one state a time step; the polynomial of a time step is computed when the way back enters it.  The gradient
    converges at the order of the method, or at one above that of its dense output if this is less.
    """

    name: str = "interpolated"

    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Record]:
        """March and keep the start of every time step."""
        self._method(problem)
        record = march(problem)
        return record.ys, record

    def source(self, problem: InitialValueProblem, saved: Record) -> Callable[[Tensor, Tensor], Tensor]:
        """The polynomial of the time step that t lies in; the last few are remembered."""
        marks, forward = problem.marks.detach(), 1.0 if problem.marks[-1] >= problem.marks[0] else -1.0
        starts = [forward * float(step.times(marks)[0]) for step in saved.steps]

        @lru_cache(maxsize=4)
        def polynomial(number: int) -> tuple[float, float, Tensor]:
            (t, h), y = saved.steps[number].times(marks), saved.steps[number].kept
            field = problem.field_on(saved.steps[number].segment)
            return float(t), float(h), problem.method.dense(field, t, h, y, problem.method.advance(field, t, h, y))

        def state_at(t: Tensor, like: Tensor) -> Tensor:
            start, h, coefficients = polynomial(max(bisect_right(starts, forward * float(t)) - 1, 0))
            return evaluate_dense(coefficients, (float(t) - start) / h).view_as(like)

        return state_at


@dataclass(frozen=True)
class Backsolve(Continuous):
    """State, costate and quadrature solved backward as one system (Chen, Rubanova, Bettencourt & Duvenaud 2018).

    Memory: the states at the marks only.  Where the field contracts, the way back amplifies every error, and the gradient
    may be wrong by any amount at any tolerance.  The state is set back to its value at each mark (unless `reset` is off);
    how far it was off is told to `report`, and warned of above `threshold`.
    """

    reset: bool = True
    threshold: float = 1e-3
    report: Report | None = None
    name: str = "backsolve"

    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Record]:
        """March; of the time steps nothing is kept but where they are."""
        self._method(problem)
        record = march(problem, lambda *_: None)
        return record.ys, record

    def source(self, problem: InitialValueProblem, saved: Record) -> None:
        """The state is solved for."""

    def _restart(self, x: Tensor, y: Tensor) -> Tensor:
        return y if self.reset else x

    def _finish(self, problem: InitialValueProblem, errors: list[float]) -> None:
        times = tuple(problem.marks.detach().tolist()[-2::-1])
        advice = "Lower the tolerances, or choose gradient='discrete' or 'checkpointed', which are exact."
        tell(Reconstruction(self.name, times, tuple(errors)), self.threshold, advice, self.report)


# Parts of the way back


class Quadrature:
    """The integrals over all parameters as one flat real vector."""

    def __init__(self, field: Field) -> None:
        self.parameters = field.parameters
        self.sizes = [parameter.numel() * (2 if parameter.is_complex() else 1) for parameter in field.parameters]
        self.reached = [False] * len(field.parameters)

    @property
    def size(self) -> int:
        """Numbers in all."""
        return sum(self.sizes)

    def pack(self, bars: Bars, like: Tensor) -> Tensor:
        """The flat vector of gradients by parameter, 0 for one that was not reached; complex ones as pairs."""
        self.reached = [before or bar is not None for before, bar in zip(self.reached, bars, strict=True)]
        real = [torch.view_as_real(bar.resolve_conj()) if bar is not None and bar.is_complex() else bar for bar in bars]
        pieces = [like.new_zeros(size) if bar is None else bar.reshape(-1).to(like) for bar, size in zip(real, self.sizes, strict=True)]
        return torch.cat([like.new_empty(0), *pieces])

    def unpack(self, flat: Tensor) -> Bars:
        """Gradients like the parameters, None for one that was never reached."""
        return [
            self._unpack(piece, parameter) if reached else None
            for piece, parameter, reached in zip(flat.split(self.sizes), self.parameters, self.reached, strict=True)
        ]

    def _unpack(self, piece: Tensor, parameter: Tensor) -> Tensor:
        if parameter.is_complex():
            piece = torch.complex(*piece.reshape(-1, 2).unbind(-1))
        return piece.reshape(parameter.shape).to(parameter)


@dataclass
class WayBack:
    """The march from mark to mark; the length of the time steps is carried over from one to the next."""

    problem: InitialValueProblem
    method: Method
    control: Control
    rate: Callable[[Tensor, Tensor], Tensor]
    name: str

    def march_to(self, mark: int, state: Tensor) -> Tensor:
        """The state at `mark`, from `state` at the mark after it; raises `SolveError` where there is no way."""
        lengths: list[float] = []

        def note(number: int, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> None:
            lengths.append(abs(float(h)))

        marks = self.problem.marks.detach()[[mark + 1, mark]]
        piece = InitialValueProblem(Field(self.rate, Packing.of(state)), state, marks, self.method, self.control)
        try:
            ys = march(piece, note).ys
        except MarchError as error:
            todo = "Choose gradient='discrete' or 'checkpointed', which do not solve backward."
            where = f"gradient {self.name!r}, the way back, {error.where}"
            raise SolveError(where, error.got, "a way back that can be gone", todo) from error
        # The last time step may have been cut short by the mark; the one before it was as long as the error allowed.
        longest = max(lengths[-2:] if len(lengths) > 1 else (self.control.first_step or 0.0, *lengths))
        self.control = replace(self.control, first_step=longest)
        return ys[-1]


def time_gradient(problem: InitialValueProblem, ys: Tensor, ys_bar: Tensor, after: Tensor) -> Tensor:
    """By every mark (M,): what moving it does to the state there, and, for the first and for jumps, to all that follows.

    `after` (M, N) are the costates just after the marks: moving a jump at s moves what follows by f(s-) - f(s+).
    """
    marks, last = problem.marks.detach(), len(ys) - 1
    before = [problem.field_on(max(mark - 1, 0))(marks[mark], ys[mark]) for mark in range(len(ys))]
    found = [(bar * slope).sum() for bar, slope in zip((-after[0], *ys_bar[1:]), before, strict=True)]
    for mark in problem.jumps - {0, last}:
        found[mark] = found[mark] + (after[mark] * (before[mark] - problem.field_on(mark)(marks[mark], ys[mark]))).sum()
    return torch.stack(found).to(marks)


def _largest_part(sizes: Sequence[int], watched: int) -> Norm:
    """The largest root mean square of the first `watched` parts, so that no part hides in the number of another's entries."""

    def norm(ratio: Tensor) -> Tensor:
        parts = ratio.split(list(sizes))[:watched]
        return torch.stack([root_mean_square(part) for part in parts if part.numel()]).max()

    return norm
