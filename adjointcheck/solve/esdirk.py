"""ESDIRK time steps over `schemes` rows: Newton's method forward, the implicit function theorem backward.

    X_1 = y,   X_i = base_i + h gamma f(t + c_i h, X_i),   base_i = y + h sum_{j < i} a_ij k_j,   k_i = f(t + c_i h, X_i),   y1 = X_s

reversed, with p = y1_bar, J_i = df/dy at X_i and M_i = 1 - h gamma J_i: for i = s, ..., 2

    w_i M_i = [i = s] p + kappa_i J_i,   kappa_i = h sum_{j > i} a_ji w_j,   k_i_bar = kappa_i + h gamma w_i
    y_bar = sum_i w_i + kappa_1 J_1

Iterations go on until they change nothing that rounding leaves certain, so that the theorem holds at the computed stages to
rounding. They are one linear system each, all with the same matrix 1 - h gamma J of the start: one LU decomposition a time
step. Where they do not converge the time step ends in NaN with an infinite error estimate, which marching rejects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from adjointcheck import schemes
from adjointcheck.solve.field import Bars, Field, Tape, add_bars
from adjointcheck.solve.linearise import Linear, System, differentiate, linearise
from adjointcheck.solve.rows import mix, square, vectors
from adjointcheck.solve.time_step import Advance, Method, StepBars, Tapes, spread
from adjointcheck.solve.transforms import bare

MOST = 40  # iterations of one stage
CORRECTIONS = 2  # differentiable iterations from a solved stage: one makes first derivatives exact, two those up to the third


@dataclass(frozen=True)
class EsdirkMethod(Method):
    """The method of one row of `schemes`; its stages are the slopes k_i = (X_i - base_i)/(h gamma), which J does not amplify."""

    row: schemes.Esdirk

    @classmethod
    def of(cls, row: schemes.Esdirk) -> EsdirkMethod:
        """The method with the row's own name and orders."""
        return cls(row.name, row.order, row.error_order, row)

    @property
    def iterates(self) -> bool:
        """Newton's method may fail."""
        return True

    @cached_property
    def _a(self) -> Tensor:
        return square(self.row.a)

    @cached_property
    def _gamma(self) -> float:
        return float(self.row.gamma)

    @cached_property
    def _nodes(self) -> list[float]:
        return [float(node) for node in self.row.c]

    @cached_property
    def _error(self) -> Tensor:
        return vectors([self.row.error])[0]

    @cached_property
    def _dense(self) -> Tensor:
        return vectors([[entry.value for entry in row] for row in schemes.EXTENSIONS[self.name].weights])

    def advance(self, field: Field, t: Tensor, h: Tensor, y: Tensor, carry: Any = None) -> Advance:
        """One time step; everything is evaluated anew, and nothing is carried on."""
        start = linearise(field, t, y)
        states, slopes, solved = self._run(field, t, h, y, start)
        error = spread(h, y) * mix(self._error, slopes)
        unsolved = torch.full_like(y, float("inf")).where(states[-1].isfinite().all(-1, keepdim=True), float("nan"))
        return Advance(states[-1].where(solved, float("nan")), error.where(solved, unsolved), None, slopes)

    def _system(self, h: Tensor, local: Linear) -> System:
        return System.of(self._gamma * spread(h, local.rate).unsqueeze(-1) * local.jacobian)

    def _run(self, field: Field, t: Tensor, h: Tensor, y: Tensor, start: Linear) -> tuple[list[Tensor], Tensor, Tensor]:
        """States X_i, slopes k_i (s, ..., n), and (..., 1) whether all stages were solved."""
        length, system = spread(h, y), self._system(h, Linear(*(value.detach() for value in start)))
        states, slopes = [y], [start.rate]
        solved = torch.ones_like(y[..., :1], dtype=torch.bool)
        for i in range(1, self.row.stages):
            base = y + length * mix(self._a[i, :i], torch.stack(slopes))
            equation = _Stage(field, t + self._nodes[i] * h, base, self._gamma * length)
            state, converged = equation.solve(base + equation.length * slopes[-1], system)
            state = self._correct(equation, state) if torch.is_grad_enabled() else state
            solved = solved & converged
            states.append(state)
            slopes.append((state - base) / equation.length)
        return states, torch.stack(slopes), solved

    def _correct(self, equation: _Stage, solved: Tensor) -> Tensor:
        """The solved stage as a differentiable function: full Newton iterations from it, whose value is not used."""
        solved = solved.detach()  # forward mode has carried tangents through the iterations
        state = solved + (equation.base - equation.base.detach())  # any derivative will do to begin with
        for _ in range(CORRECTIONS):
            local = linearise(equation.field, equation.t, state)
            system = System.of(equation.length.unsqueeze(-1) * local.jacobian)
            state = state + system.solve(equation.base + equation.length * local.rate - state)
        return solved + (state - state.detach())

    def pull_back(
        self, field: Field, t: Tensor, h: Tensor, y: Tensor, y1_bar: Tensor, times: bool = False, tapes: Tapes = ()
    ) -> StepBars:
        """The implicit function theorem, stage after stage from the last: one LU decomposition and n + 1 products each."""
        with torch.no_grad():
            states, slopes, _ = self._run(field, t, h, y, linearise(field, t, y))
        sweep = _Sweep(self, field, t, h, states, slopes)
        for i in reversed(range(1, self.row.stages)):
            sweep.reverse(i, y1_bar)
        y_bar = sweep.finish()
        return StepBars(y_bar, *((sweep.t_bar, sweep.h_bar) if times else (None, None)), sweep.parameters)

    def dense(self, field: Field, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> Tensor:
        """The row's extension."""
        return torch.cat([y[None], spread(h, y) * mix(self._dense, advance.stages)])


@dataclass(frozen=True)
class _Stage:
    """X = base + length f(t, X), length = h gamma."""

    field: Field
    t: Tensor
    base: Tensor
    length: Tensor

    @torch.no_grad()
    def solve(self, state: Tensor, system: System) -> tuple[Tensor, Tensor]:
        """X (..., n) from a guess, and (..., 1) whether it was found.

        A trajectory is done when an iteration changes X by no more than 4 u, or by no less than the one before while that is
        already below u^(3/4): what is left is rounding in f. Iterations that grow before that, or are too many, have failed.
        """
        unit = torch.finfo(state.dtype).eps / 2
        active = torch.ones_like(state[..., :1], dtype=torch.bool)
        solved, before = ~active, torch.full_like(state[..., :1], float("inf"))
        for _ in range(MOST):
            change = system.solve(self.base + self.length * self.field(self.t, state) - state)
            state = torch.where(active, state + change, state)
            size = _relative(change, state, unit)
            stalled = ~(size < before)
            solved = solved | active & ((size <= 4 * unit) | stalled & (size <= unit**0.75))
            active = active & ~solved & ~stalled
            before = size
            if not bool(bare(active).any()):
                break
        return state, solved


def _relative(change: Tensor, state: Tensor, unit: float) -> Tensor:
    """The largest change of an entry relative to it; entries far below the largest count with sqrt(u) of that."""
    scale = state.abs() + unit**0.5 * state.abs().amax(-1, keepdim=True)
    return (change.abs() / scale.clamp_min(torch.finfo(state.dtype).tiny)).amax(-1, keepdim=True)


class _Sweep:
    """The stages reversed: costates w_i at the bases, and what they leave to t, h and the parameters."""

    def __init__(self, method: EsdirkMethod, field: Field, t: Tensor, h: Tensor, states: list[Tensor], slopes: Tensor) -> None:
        self.method, self.field, self.t, self.h = method, field, t, h
        self.states, self.slopes, self.length = states, slopes, spread(h, states[0])
        self.costates = torch.zeros_like(slopes)
        self.t_bar, self.h_bar = torch.zeros_like(h), torch.zeros_like(h)
        self.parameters: Bars = [None] * len(field.parameters)

    def reverse(self, i: int, y1_bar: Tensor) -> None:
        """Find w_i and give the slope k_i its cotangent."""
        method, length, tape = self.method, self.method._gamma * self.length, self._tape(i)
        jacobian = differentiate(tape)
        system = System.of(length.unsqueeze(-1) * jacobian)
        outer = self.length * mix(method._a[:, i], self.costates)
        right = (outer.unsqueeze(-2) @ jacobian).squeeze(-2) + (y1_bar if i == method.row.stages - 1 else 0)
        costate = system.solve_transposed(right)
        system.check_transposed(costate, right, f"the adjoint of stage {i + 1} of {method.name}, h = {float(self.h.flatten()[0]):.3g}")
        self.costates[i] = costate
        rise = mix(method._a[i, : i + 1], self.slopes[: i + 1])
        self.h_bar += (costate * rise).sum(-1).to(self.h)
        self._pull(i, tape, outer + length * costate)

    def finish(self) -> Tensor:
        """The first stage is explicit: y_bar."""
        first = self.length * mix(self.method._a[:, 0], self.costates)
        return self.costates.sum(0) + self._pull(0, self._tape(0), first)

    def _tape(self, i: int) -> Tape:
        return self.field.tape(self.t + self.method._nodes[i] * self.h, self.states[i], times=True)

    def _pull(self, i: int, tape: Tape, slope_bar: Tensor) -> Tensor:
        y_bar, t_bar, parameters = tape.pull(slope_bar)
        assert t_bar is not None
        add_bars(self.parameters, parameters)
        self.t_bar += t_bar
        self.h_bar += self.method._nodes[i] * t_bar
        return y_bar
