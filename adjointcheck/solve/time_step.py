"""What one time step of a method is: the interface between methods, marching and gradient methods.

A method is a row: a frozen subclass of `Method`.  It says how one time step is taken (`advance`), in differentiable torch
operations and without asking a tensor for its value, so that the same lines serve the march (no graph), the plain replay
(autograd through the same time steps: the oracle, double backward) and the default reverse sweep.  `pull_back` is the
exact discrete adjoint of one time step; a method overrides it where it knows a cheaper way than autograd.

    march:    carry = begin(field, t, y);  y1, error, carry, stages = advance(field, t, h, y, carry);  ...
    reverse:  bars = pull_back(field, t, h, y, y1_bar)         for the last time step first, each from its start alone

A time step is a function of (t, h, y, parameters): what is carried over, such as the slope at the start or a Jacobian,
saves evaluations but never changes a value, so the adjoint of a time step does not depend on its neighbours.

Shapes: y, y1, error (N,), t and h 0-dim float64 tensors on the CPU; in an ensemble y (B, n), t (B,), h (B,).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from adjointcheck.solve.field import Bars, Field, Tape

Tapes = Sequence[Tape | None]


class Advance(NamedTuple):
    """The end y1 of a time step, an estimate of its error (None without), what the next may reuse, what `dense` needs.

    Where a method has two estimates, they are stacked along a first axis; the controller blends their norms.

    Under a taping field, a method whose `pull_back` can use them leaves the graphs of its evaluations in `tapes`.
    """

    y1: Tensor
    error: Tensor | None
    carry: Any
    stages: Any
    tapes: Tapes = ()


@dataclass(frozen=True)
class StepBars:
    """Gradient of a time step by its start y, by t and h (0-dim or (B,); None unless asked for), and by parameter."""

    y: Tensor
    t: Tensor | None
    h: Tensor | None
    parameters: Bars


@dataclass(frozen=True)
class Method(ABC):
    """A one-step method called `name`, of order `order`; `error_order` is q in the controller's exponent 1/(q + 1).

    Without an estimate, error_order is 0 and the method marches with given time steps only.  `carries` says whether the
    slope at the start is needed, so that a new carry has to begin where the field jumps.
    """

    name: str
    order: int
    error_order: int

    @property
    def adaptive(self) -> bool:
        """Whether the method estimates its own error."""
        return self.error_order > 0

    @property
    def iterates(self) -> bool:
        """Whether a time step can end unsolved, in NaN with an infinite error estimate."""
        return False

    def begin(self, field: Field, t: Tensor, y: Tensor) -> Any:
        """What the first time step can reuse; here nothing."""
        return None

    @abstractmethod
    def advance(self, field: Field, t: Tensor, h: Tensor, y: Tensor, carry: Any = None) -> Advance:
        """One time step from (t, y) to t + h; with `carry` None everything is evaluated anew."""

    def pull_back(
        self, field: Field, t: Tensor, h: Tensor, y: Tensor, y1_bar: Tensor, times: bool = False, tapes: Tapes = ()
    ) -> StepBars:
        """The exact gradient of y1_bar . y1; by t and h only if `times`.  Here: autograd through `advance`.

        `tapes` are those of `Advance`, good for one use; without them everything is evaluated anew.
        """
        return pull_back_by_autograd(self, field, t, h, y, y1_bar, times)

    def dense(self, field: Field, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> Tensor:
        """Coefficients c (d + 1, N) of the solution inside a time step, y(t + s h) = sum_k c_k s^k; here cubic Hermite."""
        y1 = advance.y1
        return hermite(h, y, field(t, y), y1, field(t + h, y1))


def pull_back_by_autograd(
    method: Method, field: Field, t: Tensor, h: Tensor, y: Tensor, y1_bar: Tensor, times: bool = False
) -> StepBars:
    """The gradient of y1_bar . y1 by autograd through one whole time step: right for every method."""
    with torch.enable_grad():
        y, (t, h) = y.detach().requires_grad_(), (value.detach().requires_grad_(times) for value in (t, h))
        y1 = method.advance(field, t, h, y).y1
    (y_bar, *time_bars), parameters = field.pull(y1, (y, t, h) if times else (y,), y1_bar, t)
    t_bar, h_bar = time_bars or (None, None)
    return StepBars(y_bar, t_bar, h_bar, parameters)


def hermite(h: Tensor, y: Tensor, slope: Tensor, y1: Tensor, slope1: Tensor) -> Tensor:
    """The cubic through both ends with the slopes there, as coefficients (4, N) of powers of s in [0, 1]."""
    rise, first, last = y1 - y, spread(h, y) * slope, spread(h, y) * slope1
    return torch.stack([y, first, 3 * rise - 2 * first - last, first + last - 2 * rise])


def evaluate_dense(coefficients: Tensor, s: Tensor | float) -> Tensor:
    """sum_k c_k s^k, by Horner's rule."""
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1].unbind()):
        value = coefficient + s * value
    return value


def spread(h: Tensor, y: Tensor) -> Tensor:
    """The length of a time step as a factor of states: of all, or of each trajectory's own."""
    return h.to(y) if h.ndim == 0 else h.to(y)[:, None]
