"""Explicit Runge-Kutta methods over `schemes` rows, with the transposed stage sweep as their exact adjoint.

    Y_i = y + h sum_j a_ij k_j,   k_i = f(t + c_i h, Y_i),   y1 = y + h sum_i b_i k_i

reversed, with p = y1_bar (Hager 2000; Sanz-Serna 2016): for i = s, ..., 1

    k_i_bar = h (b_i p + sum_{j > i} a_ji Y_j_bar),   Y_i_bar = k_i_bar df/dy,   t_i_bar = k_i_bar df/dt
    y_bar = p + sum_i Y_i_bar,   t_bar = sum_i t_i_bar,   h_bar = (1/h) sum_i k_i_bar . k_i + sum_i c_i t_i_bar
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from adjointcheck.schemes import Tableau
from adjointcheck.solve.field import Field
from adjointcheck.solve.time_step import Advance, Method, hermite, spread


@dataclass(frozen=True)
class ExplicitRungeKutta(Method):
    """The method of one tableau; it carries the slope f(t, y) at the start of a time step.  Stages are slopes (s, N)."""

    tableau: Tableau

    @classmethod
    def of(cls, tableau: Tableau) -> ExplicitRungeKutta:
        """The method with the tableau's own name and orders."""
        return cls(tableau.name, tableau.order, tableau.error_order, tableau)

    @cached_property
    def a(self) -> Tensor:
        """Rows a_1 ... a_s and b (s + 1, s), float64."""
        tableau, zero = self.tableau, (0,)
        rows = [(*row, *zero * (tableau.stages - len(row))) for row in (*tableau.a, tableau.b)]
        return torch.tensor([[float(entry) for entry in row] for row in rows], dtype=torch.float64)

    @cached_property
    def c(self) -> Tensor:
        """Nodes (s,), float64."""
        return torch.tensor([float(entry) for entry in self.tableau.c], dtype=torch.float64)

    @cached_property
    def e(self) -> Tensor:
        """Error weights (1 or 2, s), float64; without an estimate (0, s)."""
        rows = [row for row in (self.tableau.error, self.tableau.error_low) if row]
        return torch.tensor([[float(entry) for entry in row] for row in rows], dtype=torch.float64)

    def begin(self, field: Field, t: Tensor, y: Tensor) -> Tensor:
        """The slope f(t, y)."""
        return field(t, y)

    def advance(self, field: Field, t: Tensor, h: Tensor, y: Tensor, carry: Tensor | None = None) -> Advance:
        """One time step; with FSAL the last stage is the end, and the slope there is carried on."""
        s, fsal, times = self.tableau.stages, self.tableau.fsal, stage_times(t, h, self.c)
        slopes, state = Slopes(y, s), y
        slopes.add(field(t, y) if carry is None else carry)
        for i in range(1, s):
            state = combine(y, h, self.a[i, :i], slopes.so_far)
            slopes.add(field(times[i], state))
        y1 = state if fsal else combine(y, h, self.a[s], slopes.so_far)
        return Advance(y1, self._error(h, slopes.so_far), slopes.so_far[-1] if fsal else None, slopes.so_far)

    def _error(self, h: Tensor, slopes: Tensor) -> Tensor | None:
        return combine(torch.zeros_like(slopes[0]), h, self.e[0], slopes) if self.adaptive else None

    def dense(self, field: Field, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> Tensor:
        """Cubic Hermite with the slopes that are there."""
        slopes = advance.stages
        last = slopes[-1] if self.tableau.fsal else field(t + h, advance.y1)
        return hermite(h, y, slopes[0], advance.y1, last)


class Slopes:
    """k_1, k_2, ... as one tensor (i, N) that grows: in place without a graph, stacked with one."""

    def __init__(self, y: Tensor, stages: int) -> None:
        self.graph: list[Tensor] | None = [] if torch.is_grad_enabled() else None
        self.buffer = y.new_empty(0 if self.graph is not None else stages, *y.shape)
        self.count = 0

    def add(self, slope: Tensor) -> None:
        """Append one slope."""
        if self.graph is None:
            self.buffer[self.count] = slope
        else:
            self.graph.append(slope)
        self.count += 1

    @property
    def so_far(self) -> Tensor:
        """The slopes (i, N) that are there."""
        return self.buffer[: self.count] if self.graph is None else torch.stack(self.graph)


def combine(y: Tensor, h: Tensor, weights: Tensor, slopes: Tensor) -> Tensor:
    """y + h sum_i weights_i slopes_i, in one pass where h is common."""
    if h.ndim == 0:
        return torch.addmv(y, slopes.T, (h * weights).to(y))
    return torch.addcmul(y, spread(h, y), torch.tensordot(weights.to(y), slopes, 1))


def stage_times(t: Tensor, h: Tensor, c: Tensor) -> Sequence[Tensor]:
    """t + c_i h, each 0-dim or (B,)."""
    return (t + c * h).unbind() if t.ndim == 0 else (t + c[:, None].to(t.device) * h).unbind()
