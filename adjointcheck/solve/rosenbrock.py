"""Rosenbrock-Wanner time steps over `schemes` rows, with their exact adjoint.

With M = 1 - h gamma J, J = df/dy and f_t = df/dt at (t, y), and f_i = f(t + c_i h, Y_i),

    Y_i = y + sum_j a_ij u_j,   M u_i = r_i = gamma (h f_i + sum_j C_ij u_j + h^2 d_i f_t),   y1 = y + sum_i m_i u_i

reversed, with p = y1_bar: for i = s, ..., 1

    v_i M = m_i p + sum_{j > i} (a_ji Y_j_bar + gamma C_ji v_j),   Y_i_bar = gamma h v_i df/dy (at Y_i)
    y_bar = p + sum_i Y_i_bar + d/dy sum_i (h gamma v_i J u_i + gamma h^2 d_i v_i f_t)

The last term holds the second derivatives of f, since J is part of the time step. It is one reverse sweep through the
products that made J, with the cotangent h gamma sum_i v_i u_i of J: no tensor of three axes is formed. Parameters and t
have the same two parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from adjointcheck import schemes
from adjointcheck.schemes.extension import rosenbrock_weights
from adjointcheck.solve.field import Bars, Field, Tape, add_bars
from adjointcheck.solve.linearise import Linear, System, linearise
from adjointcheck.solve.rows import mix, square, vectors
from adjointcheck.solve.time_step import Advance, Method, StepBars, Tapes, spread


class Stages(NamedTuple):
    """The stages u (s, ..., n), the slopes f_i (s, ..., n) and their graphs (None for a slope at the start)."""

    u: Tensor
    slopes: Tensor
    tapes: list[Tape | None]


@dataclass(frozen=True)
class RosenbrockWanner(Method):
    """The method of one row of `schemes`; one LU decomposition and n products for J in a time step."""

    row: schemes.Rosenbrock

    @classmethod
    def of(cls, row: schemes.Rosenbrock) -> RosenbrockWanner:
        """The method with the row's own name and orders."""
        return cls(row.name, row.order, row.error_order, row)

    @cached_property
    def _a(self) -> Tensor:
        return square(self.row.a)

    @cached_property
    def _coupling(self) -> Tensor:
        return square(self.row.coupling)

    @cached_property
    def _gamma(self) -> float:
        return float(self.row.gamma)

    @cached_property
    def _weights(self) -> Tensor:
        """m, e, c and d, one row each (4, s)."""
        return vectors((self.row.m, self.row.error, self.row.c, self.row.d))

    @cached_property
    def _dense(self) -> Tensor:
        return vectors(rosenbrock_weights(self.row))

    def advance(self, field: Field, t: Tensor, h: Tensor, y: Tensor, carry: Any = None) -> Advance:
        """One time step; everything is evaluated anew, and nothing is carried on."""
        start = linearise(field, t, y)
        u = self._run(field, t, h, y, start, self._system(h, start)).u
        m, e, _, _ = self._weights
        return Advance(y + mix(m, u), mix(e, u), None, u)

    def _system(self, h: Tensor, start: Linear) -> System:
        return System.of(self._gamma * spread(h, start.rate).unsqueeze(-1) * start.jacobian)

    def _run(self, field: Field, t: Tensor, h: Tensor, y: Tensor, start: Linear, system: System, tape: bool = False) -> Stages:
        """The stages; with `tape` the graphs of their slopes, which then begin at t, too."""
        u: list[Tensor] = []
        slopes, tapes, length = [], [], spread(h, y)
        _, _, c, d = self._weights.tolist()
        for i in range(self.row.stages):
            slope, graph = start.rate, None
            if self._moves(i):
                place = (t + c[i] * h, y + mix(self._a[i, :i], torch.stack(u)))
                graph = field.tape(*place, times=True) if tape else None
                slope = graph.rate if graph else field(*place)
            right = length * (slope + (d[i] * length) * start.in_time)
            right = right + mix(self._coupling[i, :i], torch.stack(u)) if u else right
            u.append(system.solve(self._gamma * right))
            slopes.append(slope)
            tapes.append(graph)
        return Stages(torch.stack(u), torch.stack(slopes), tapes)

    @property
    def stages(self) -> int:
        """Evaluations of f in a time step: stages at the start share one."""
        return 1 + sum(self._moves(i) for i in range(1, self.row.stages))

    def _moves(self, i: int) -> bool:
        """Whether stage i has a point of its own; the first stages share the start."""
        return any(self.row.a[i]) or bool(self.row.c[i])

    def pull_back(
        self, field: Field, t: Tensor, h: Tensor, y: Tensor, y1_bar: Tensor, times: bool = False, tapes: Tapes = ()
    ) -> StepBars:
        """The transposed stage sweep, then one sweep through the products that made J."""
        with torch.enable_grad():
            t, y = t.detach().requires_grad_(), y.detach().requires_grad_()
            start = linearise(field, t, y)
        with torch.no_grad():
            plain = Linear(*(value.detach() for value in start))
            system = self._system(h, plain)
            stages = self._run(field, t.detach(), h, y.detach(), plain, system, tape=True)
            sweep = _Sweep(self, field, h, y1_bar, plain, system, stages)
        with torch.enable_grad():
            pairs = zip(start, (sweep.rate_bar, sweep.jacobian_bar, sweep.in_time_bar), strict=True)
            found = torch.stack([(value * bar).sum() for value, bar in pairs]).sum()
        (y_bar, t_bar), parameters = field.pull(found, (y, t), torch.ones_like(found), t)
        add_bars(parameters, sweep.parameters)
        return StepBars(sweep.y_bar + y_bar, *((t_bar + sweep.t_bar, sweep.h_bar) if times else (None, None)), parameters)

    def dense(self, field: Field, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> Tensor:
        """The row's own extension; cubic Hermite where it has none."""
        if not self.row.dense:
            return super().dense(field, t, h, y, advance)
        return torch.cat([y[None], mix(self._dense, advance.stages)])


class _Sweep:
    """The stages reversed: what each costate v_i leaves to the start, to t and h, and to the parameters."""

    def __init__(
        self, method: RosenbrockWanner, field: Field, h: Tensor, y1_bar: Tensor, start: Linear, system: System, stages: Stages
    ) -> None:
        self.method, self.field, self.h, self.start, self.stages = method, field, h, start, stages
        self.length = spread(h, y1_bar)
        m, _, self.c, self.d = method._weights
        self.u_bar = _outer(m, y1_bar)
        self.y_bar, self.rate_bar = y1_bar.clone(), torch.zeros_like(y1_bar)
        self.t_bar, self.h_bar = torch.zeros_like(h), torch.zeros_like(h)
        self.parameters: Bars = [None] * len(field.parameters)
        v = self._reverse(system)
        system.check_transposed(v, self.u_bar, f"the adjoint of a time step of {method.name} of {float(h.flatten()[0]):.3g}")
        self._gather(v)

    def _reverse(self, system: System) -> Tensor:
        """v_s, ..., v_1 (s, ..., n)."""
        method, gamma = self.method, self.method._gamma
        v = torch.empty_like(self.u_bar)
        for i in reversed(range(method.row.stages)):
            v[i] = system.solve_transposed(self.u_bar[i])
            self.u_bar[:i] += _outer(gamma * method._coupling[i, :i], v[i])
            self.u_bar[:i] += _outer(method._a[i, :i], self._slope_bar(i, gamma * self.length * v[i]))
        return v

    def _slope_bar(self, i: int, bar: Tensor) -> Tensor:
        """The product with the Jacobian at the point of stage i; a slope at the start waits for the last sweep."""
        tape = self.stages.tapes[i]
        if tape is None:
            self.rate_bar += bar
            return torch.zeros_like(bar)
        y_bar, t_bar, parameters = tape.pull(bar)
        assert t_bar is not None
        add_bars(self.parameters, parameters)
        self.y_bar += y_bar
        self.t_bar += t_bar
        self.h_bar += self.c[i] * t_bar
        return y_bar

    def _gather(self, v: Tensor) -> None:
        """Cotangents of J and f_t, and by h: M and r_i depend on it."""
        gamma, u, start = self.method._gamma, self.stages.u, self.start
        weighted = mix(self.d, v)
        self.jacobian_bar = gamma * self.length.unsqueeze(-1) * torch.einsum("s...i,s...j->...ij", v, u)
        self.in_time_bar = gamma * self.length**2 * weighted
        work = (v * (self.stages.slopes + (start.jacobian @ u.unsqueeze(-1)).squeeze(-1))).sum(0)
        work += 2 * self.length * weighted * start.in_time
        self.h_bar += (gamma * work).sum(-1).to(self.h)


def _outer(weights: Tensor, value: Tensor) -> Tensor:
    """weights_j value, stacked (j, ..., n)."""
    return torch.tensordot(weights.to(value)[:, None], value[None], 1)
