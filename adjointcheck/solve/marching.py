"""March from mark to mark: choose time steps without a graph, and record what reverse sweeps need.

The marks are the output times and the few times that a caller wants hit besides.  A time step runs from fraction `left` to
fraction `right` of the segment between two neighbouring marks,

    t = m_j + left (m_(j+1) - m_j),   h = (right - left) (m_(j+1) - m_j),

so every output is the end of a time step.  Marching chooses the fractions; from then on they are constants, and the
solution is a plain composition of time steps whose exact derivative, in y0, in every parameter and in every mark, is the
discrete adjoint.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from math import ceil, isfinite
from typing import Any

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.control import Control, StepSize
from adjointcheck.solve.field import Field
from adjointcheck.solve.time_step import Advance, Method, spread
from adjointcheck.solve.transforms import bare, finite, largest

STRETCH = 1.01  # a time step that would leave less than 1 % of itself to the next mark is stretched onto it


@dataclass(frozen=True)
class InitialValueProblem:
    """ydot = field(t, y), y(marks[0]) = y0 (N,), wanted at every mark, by a method under a control.

    `marks` are float64 on the CPU, strictly monotone, at least one; at those in `jumps` (indices) nothing is carried over.
    """

    field: Field
    y0: Tensor
    marks: Tensor
    method: Method
    control: Control
    jumps: frozenset[int] = frozenset()

    @property
    def live(self) -> bool:
        """Whether anything that the solution depends on wants a gradient."""
        return any(value.requires_grad for value in (self.y0, self.marks, *self.field.parameters))

    def field_on(self, segment: int) -> Field:
        """The field as it is seen from inside a segment: at a jump, from this side of it."""
        if segment not in self.jumps and segment + 1 not in self.jumps:
            return self.field
        ends = self.marks.detach()[segment : segment + 2].to(self.y0.dtype)
        inner = torch.nextafter(ends, ends.flip(0)).sort().values.tolist()
        return replace(self.field, window=(inner[0], inner[1]))


@dataclass(frozen=True)
class TimeStep:
    """An accepted time step: from fraction left to right of a segment, with what the gradient method keeps of it."""

    segment: int
    left: float
    right: float
    kept: Any = None

    def times(self, marks: Tensor) -> tuple[Tensor, Tensor]:
        """t and h, 0-dim, differentiable in the marks."""
        start, stop = marks[self.segment], marks[self.segment + 1]
        return torch.lerp(start, stop, self.left), (self.right - self.left) * (stop - start)


@dataclass(frozen=True)
class Record:
    """The accepted time steps in order, the states at all marks (M, N), and counts."""

    steps: tuple[TimeStep, ...]
    ys: Tensor
    accepted: int
    rejected: int


Keep = Callable[[int, Tensor, Tensor, Tensor, Advance], Any]  # (number, t, h, y, advance) -> what to keep


def keep_start(number: int, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> Tensor:
    """Keep the state at the start of every time step: enough for an exact reverse sweep."""
    return y


class Verdict(Enum):
    """What becomes of a time step that was tried; the value says why marching ends, where it does."""

    ACCEPTED = ""
    REJECTED = "an error over the tolerance"
    TOO_MANY = "more time steps than max_num_steps allows"
    UNDERFLOW = "an error over the tolerance however short the time step"
    NON_FINITE = "a state that is not finite"
    UNSOLVED = "stages whose equations Newton's method does not solve"


class MarchError(SolveError):
    """Marching that cannot go on; `record` holds the time steps and the states at the marks that were reached."""

    def __init__(self, verdict: Verdict, t: float, h: float, record: Record) -> None:
        expected, todo = _ADVICE[verdict]
        self.verdict, self.record = verdict, record
        super().__init__(f"time step of {h:.3g} from t = {t:.17g}", verdict.value, expected, todo)


_ADVICE = {  # what was expected, and what to do
    Verdict.TOO_MANY: ("the end", "Raise max_num_steps or the tolerances; a stiff field wants an implicit method."),
    Verdict.UNDERFLOW: (
        "a time step within the tolerance", "Raise rtol and atol, or tell where the field jumps with options={'jump_t': ...}.",
    ),
    Verdict.NON_FINITE: ("finite numbers", "Look at the field there; the states before it are in this error's record."),
    Verdict.UNSOLVED: (
        "solved stages", "Take shorter time steps, or a Rosenbrock method such as 'rodas5p', which iterates nothing.",
    ),
}  # fmt: skip


@torch.no_grad()
def march(problem: InitialValueProblem, keep: Keep = keep_start, evaluations_taped: int = 0) -> Record:
    """Take time steps through all marks; raises `MarchError`, with t, h and what was done so far, where it cannot go on.

    The field tapes its first `evaluations_taped` evaluations, for `keep` to keep their graphs.
    """
    method, marks, y = problem.method, problem.marks.detach(), problem.y0.detach()
    ys, steps, rejected, taped, carry, pace = [y], [], 0, 0, None, None
    version = _version(y)
    for segment in range(len(marks) - 1):
        plain, left = problem.field_on(segment), 0.0
        field = replace(plain, taping=taped < evaluations_taped, timing=problem.marks.requires_grad)
        carry = method.begin(field, marks[segment], y) if segment == 0 or segment in problem.jumps else carry
        pace = pace or set_pace(problem, carry)
        while left < 1:
            step = TimeStep(segment, left, pace.propose(segment, left))
            t, h = step.times(marks)
            advance = method.advance(field, t, h, y, carry)
            verdict = pace.judge(step, float(t), float(h), y, advance)
            if verdict is Verdict.ACCEPTED:
                steps.append(replace(step, kept=keep(len(steps), t, h, y, advance)))
                y, carry, left = advance.y1, advance.carry, step.right
                taped += len(advance.tapes)
                field = field if taped < evaluations_taped else plain
            else:
                rejected += 1
            if len(steps) + rejected > problem.control.max_steps:
                verdict = Verdict.TOO_MANY
            if verdict not in (Verdict.ACCEPTED, Verdict.REJECTED):
                raise MarchError(verdict, float(t), float(h), Record(tuple(steps), torch.stack(ys), len(steps), rejected))
        ys.append(y)
    if _version(problem.y0) != version:
        raise SolveError("func", "y changed in place", "a function that leaves its arguments alone", "Write y = y + 1, not y += 1.")
    return Record(tuple(steps), torch.stack(ys), len(steps), rejected)


def _version(y: Tensor) -> int:
    """How often a tensor was written to; under inference_mode nobody counts."""
    return 0 if y.is_inference() else y._version


# The pace: which time step is tried, and what becomes of it


class GivenPace:
    """Time steps that end on a grid of step_size from the first mark on, and on every mark; all are accepted."""

    def __init__(self, problem: InitialValueProblem) -> None:
        self.marks, self.size, self.iterates = bare(problem.marks).tolist(), problem.control.step_size, problem.method.iterates
        self.segment, self.ends = -1, [1.0]

    def propose(self, segment: int, left: float) -> float:
        """The fraction at which the next time step ends."""
        if segment != self.segment:  # one at a time, for the search of an event lays marks far ahead
            self.segment, self.ends = segment, self.fractions(segment)
        return self.ends[bisect_right(self.ends, left)]

    def fractions(self, segment: int) -> list[float]:
        """Where the time steps of a segment end."""
        start, a, b = self.marks[0], *self.marks[segment : segment + 2]
        return _inner_fractions(start, a, b, self.size) if self.size else [1.0]

    def count(self) -> int:
        """The number of all time steps."""
        return sum(len(self.fractions(segment)) for segment in range(len(self.marks) - 1))

    def judge(self, step: TimeStep, t: float, h: float, y: Tensor, advance: Advance) -> Verdict:
        """Finiteness is asked once a segment, for it costs a wait for the device; of iterations, which wait anyway, always."""
        if (step.right == 1 or self.iterates) and not finite(advance.y1):
            return name_failure(advance)
        return Verdict.ACCEPTED


def _inner_fractions(start: float, a: float, b: float, size: float) -> list[float]:
    """Where a grid of `size` from `start` on cuts the segment from a to b, as fractions, and 1."""
    first, last = (abs(mark - start) / size for mark in (a, b))
    slack = 1e-9 * max(1.0, last)  # a mark within rounding of a grid point is that point
    inner = range(ceil(first + slack), ceil(last - slack))
    return [(number - first) / (last - first) for number in inner if number > first + slack] + [1.0]


class ErrorPace:
    """Time steps as long as the error estimate allows."""

    def __init__(self, problem: InitialValueProblem, first: float) -> None:
        marks = bare(problem.marks).tolist()
        self.control, self.lengths = problem.control, [abs(b - a) for a, b in pairwise(marks)]
        self.size = StepSize(self.control, problem.method.error_order, first)
        self.finest = torch.finfo(torch.float64).eps * 10

    def propose(self, segment: int, left: float) -> float:
        """The fraction at which the next time step ends."""
        length = self.lengths[segment]
        size = min(max(self.size.size, self.control.min_step), self.control.max_step)
        return 1.0 if STRETCH * size >= (1 - left) * length else left + size / length

    def judge(self, step: TimeStep, t: float, h: float, y: Tensor, advance: Advance) -> Verdict:
        """Compare the estimate with the tolerance and set the next size; one number is read from the device."""
        assert advance.error is not None
        error, tried = self.control.ratio(advance.error, y, advance.y1), abs(h)
        if error <= 1 or (tried <= self.control.min_step and isfinite(error)):
            self.size.accept(tried, error, cut=step.right == 1 and tried < self.size.size)
            return Verdict.ACCEPTED
        self.size.reject(tried, error if isfinite(error) else float("inf"))
        # Where the start is singular the time steps may become much shorter than the way to go, unless there is no number;
        # far from it, rounding of the fractions is the limit.
        way = self.lengths[step.segment] * max(step.left, 1e-3 * (step.right if isfinite(error) else 1.0))
        if self.size.size > self.finest * max(abs(t), way, 1e-300):
            return Verdict.REJECTED
        return Verdict.UNDERFLOW if isfinite(error) else name_failure(advance)


def name_failure(advance: Advance) -> Verdict:
    """Why a time step has no usable end: an implicit method says with an infinite error that it solved nothing."""
    return Verdict.UNSOLVED if advance.error is not None and bool(bare(advance.error).isinf().any()) else Verdict.NON_FINITE


def set_pace(problem: InitialValueProblem, carry: Any) -> GivenPace | ErrorPace:
    """Given time steps where a step size is given or the method has no estimate, else error control."""
    if problem.control.step_size or not problem.method.adaptive:
        return GivenPace(problem)
    first = problem.control.first_step
    return ErrorPace(problem, choose_first(problem, carry) if first is None else first)


def choose_first(problem: InitialValueProblem, carry: Any) -> float:
    """The first guess of Hairer, Norsett & Wanner (1993, II.4), from |y|, |f| and a difference of f."""
    field, y, marks, control = problem.field, problem.y0.detach(), problem.marks.detach(), problem.control
    slope = carry.slope if hasattr(carry, "slope") else field(marks[0], y)
    span = marks[-1] - marks[0]
    scale = y.abs() * control.rtol + control.atol
    d0, d1 = largest(control.norm(y / scale)), largest(control.norm(slope / scale))
    if not isfinite(d1) and not finite(slope):
        todo = "Look at the field there."
        raise SolveError(f"func at t = {float(marks[0]):g}", "a rate that is not finite", "finite rates at the start", todo)
    first = min(1e-6 if d0 < 1e-5 or d1 < 1e-5 else 0.01 * d0 / d1, float(span.abs()))
    h = torch.copysign(marks.new_tensor(first), span)
    after = field(marks[0] + h, y + spread(h, y) * slope)
    steepest = max(d1, largest(control.norm((after - slope) / scale)) / first)
    second = max(1e-6, 1e-3 * first) if steepest <= 1e-15 else (0.01 / steepest) ** (1 / (problem.method.error_order + 1))
    size = min(100 * first, second)
    return size if isfinite(size) and size > 0 else float(span.abs())
