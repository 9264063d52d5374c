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
from typing import NamedTuple

import torch
from torch import Tensor

from adjointcheck.schemes import Tableau
from adjointcheck.schemes.extensions import EXTENSIONS
from adjointcheck.solve.field import Bars, Field, Tape, add_bars
from adjointcheck.solve.time_step import Advance, Method, StepBars, Tapes, spread
from adjointcheck.solve.transforms import transformed


class Evaluation(NamedTuple):
    """A slope f(t, y), and its graph where the field is taping."""

    slope: Tensor
    tape: Tape | None = None


@dataclass(frozen=True)
class ExplicitRungeKutta(Method):
    """The method of one tableau; it carries the slope f(t, y) at the start of a time step, and its stages are slopes (s, N)."""

    tableau: Tableau

    @classmethod
    def of(cls, tableau: Tableau) -> ExplicitRungeKutta:
        """The method with the tableau's own name and orders."""
        return cls(tableau.name, tableau.order, tableau.error_order, tableau)

    @property
    def stages(self) -> int:
        """Stages that the end of the time step depends on: with FSAL the last one is the next time step's."""
        return self.tableau.stages - self.tableau.fsal

    @cached_property
    def rows(self) -> Tensor:
        """a_1, ..., a_s, b, e and, if there is one, the second e, one row each (.., s), float64."""
        tableau = self.tableau
        rows = [row for row in (*tableau.a, tableau.b, tableau.error, tableau.error_low) if row or row is tableau.a[0]]
        return torch.tensor([[*map(float, row), *[0.0] * (tableau.stages - len(row))] for row in rows], dtype=torch.float64)

    @cached_property
    def nodes(self) -> Tensor:
        """c (s,), float64."""
        return torch.tensor([float(entry) for entry in self.tableau.c], dtype=torch.float64)

    def begin(self, field: Field, t: Tensor, y: Tensor) -> Evaluation:
        """The slope f(t, y)."""
        return _evaluate(field, t, y)

    def advance(self, field: Field, t: Tensor, h: Tensor, y: Tensor, carry: Evaluation | None = None) -> Advance:
        """One time step; with FSAL the last stage is the end, and the slope there is carried on."""
        s, fsal = self.tableau.stages, self.tableau.fsal
        weights, times = scale_rows(self.rows, h, y), stage_times(t, h, self.nodes)
        slopes, state, evaluation = _Slopes(y, s), y, carry or _evaluate(field, t, y)
        tapes = [evaluation.tape]
        slopes.add(evaluation.slope)
        for i in range(1, s):
            state = combine(y, weights[i, :i], slopes.so_far, h)
            evaluation = _evaluate(field, times[i], state)
            tapes.append(evaluation.tape)
            slopes.add(evaluation.slope)
        found = slopes.so_far
        y1 = state if fsal else combine(y, weights[s], found, h)
        error = self._error(weights[s + 1 :], found, h)
        return Advance(y1, error, evaluation if fsal else None, found, tapes[: self.stages])

    def _error(self, weights: Tensor, slopes: Tensor, h: Tensor) -> Tensor | None:
        """The estimate, or both estimates (2, ...), first and lower."""
        found = [combine(torch.zeros_like(slopes[0]), row, slopes, h) for row in weights]
        return (found[0] if len(found) == 1 else torch.stack(found)) if found else None

    def pull_back(
        self, field: Field, t: Tensor, h: Tensor, y: Tensor, y1_bar: Tensor, times: bool = False, tapes: Tapes = ()
    ) -> StepBars:
        """The transposed stage sweep: one vector-Jacobian product a stage, on the graphs that were kept or on new ones."""
        s = self.stages
        weights = scale_rows(self.rows[[*range(s), self.tableau.stages], :s], h, y)
        kept = [tape for tape in tapes if tape is not None]
        graphs = kept if len(kept) == s else self._tapes(field, t, h, y, times)
        state_bars = y.new_empty(s + 1, *y.shape)  # of Y_1, ..., Y_s and, last, of y1
        state_bars[s] = y1_bar
        parameters: Bars = [None] * len(field.parameters)
        t_bars, works = [], []
        for i in reversed(range(s)):
            tape, drive = graphs.pop(), combine(None, weights[i + 1 :, i], state_bars[i + 1 :])
            state_bars[i], t_bar, bars = tape.pull(drive if h.ndim == 0 else spread(h, y) * drive)
            add_bars(parameters, bars)
            if times:
                t_bars.insert(0, t_bar)
                works.append((drive * tape.rate).sum(-1))
        return StepBars(state_bars.sum(0), *(self._time_bars(h, t_bars, works) if times else (None, None)), parameters)

    def _time_bars(self, h: Tensor, t_bars: list[Tensor], works: list[Tensor]) -> tuple[Tensor, Tensor]:
        """By t and by h, in float64; `works` are k_i_bar . k_i, in an ensemble over h."""
        t_bar, work = torch.stack(t_bars).to(h), torch.stack(works).to(h).sum(0)
        moved = torch.tensordot(self.nodes[: self.stages].to(h), t_bar, 1)
        return t_bar.sum(0), moved + (work / h if h.ndim == 0 else work)

    def _tapes(self, field: Field, t: Tensor, h: Tensor, y: Tensor, times: bool) -> list[Tape]:
        """The graphs of the stages, evaluated anew."""
        weights, nodes, slopes, tapes = scale_rows(self.rows, h, y), stage_times(t, h, self.nodes), _Slopes(y, self.stages), []
        for i in range(self.stages):
            tapes.append(field.tape(nodes[i], combine(y, weights[i, :i], slopes.so_far, h) if i else y, times))
            slopes.add(tapes[-1].rate)
        return tapes

    @cached_property
    def extension(self) -> tuple[Tensor, Tensor, Tensor]:
        """Rows of a and nodes of further stages, and the weights (d, s) of theta, theta^2, ... over all stages."""
        found = EXTENSIONS[self.tableau.name]
        width = found.stages
        further = torch.tensor([[*map(float, row), *[0.0] * (width - len(row))] for row in found.further_a], dtype=torch.float64)
        nodes = torch.tensor([float(node) for node in found.further_c], dtype=torch.float64)
        return further, nodes, torch.tensor([[float(entry.value) for entry in row] for row in found.weights], dtype=torch.float64)

    def dense(self, field: Field, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> Tensor:
        """The method's own continuous extension, further stages evaluated; cubic Hermite where it has none."""
        if self.tableau.name not in EXTENSIONS:
            return super().dense(field, t, h, y, advance)
        (rows, nodes, weights), slopes = self.extension, advance.stages
        for row, time in zip(rows, stage_times(t, h, nodes), strict=True):
            state = combine(y, scale_rows(row[: len(slopes)], h, y), slopes, h)
            slopes = torch.cat([slopes, field(time, state)[None]])
        return torch.cat([y[None], spread(h, y) * torch.tensordot(weights.to(y), slopes, 1)])


def _evaluate(field: Field, t: Tensor, y: Tensor) -> Evaluation:
    if not field.taping:
        return Evaluation(field(t, y))
    tape = field.tape(t, y, field.timing)
    return Evaluation(tape.rate, tape if field.timing else tape.without_rate())


class _Slopes:
    """k_1, k_2, ... as one tensor (i, N) that grows: in place without a graph, stacked with one or under a transform."""

    def __init__(self, y: Tensor, stages: int) -> None:
        self.graph: list[Tensor] | None = [] if torch.is_grad_enabled() or transformed() else None
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


def scale_rows(rows: Tensor, h: Tensor, y: Tensor) -> Tensor:
    """Weights as `combine` wants them: h included where it is common."""
    return (h * rows if h.ndim == 0 else rows).to(y)


def combine(y: Tensor | None, weights: Tensor, slopes: Tensor, h: Tensor | None = None) -> Tensor:
    """y + h sum_i weights_i slopes_i in one pass, h being in the weights already where it is common; y may be left out."""
    if slopes.ndim == 2:
        return torch.mv(slopes.T, weights) if y is None else torch.addmv(y, slopes.T, weights)
    total = torch.tensordot(weights, slopes, 1)
    return total if y is None or h is None else torch.addcmul(y, spread(h, y), total)


def stage_times(t: Tensor, h: Tensor, c: Tensor) -> Sequence[Tensor]:
    """t + c_i h, each 0-dim or (B,)."""
    return (t + c * h).unbind() if t.ndim == 0 else (t + c[:, None].to(t.device) * h).unbind()
