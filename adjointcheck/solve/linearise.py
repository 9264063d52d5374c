"""A field to first order at one point, and linear systems with the matrix 1 - h gamma J: what stiff methods are made of."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.field import Field, Tape
from adjointcheck.solve.transforms import transformed

FEW = 8  # below this, n products one after another are quicker than one batched product


class Linear(NamedTuple):
    """f (..., n), its Jacobian df/dy (..., n, n) and its derivative df/dt (..., n) at one point; with a graph under autograd."""

    rate: Tensor
    jacobian: Tensor
    in_time: Tensor


def linearise(field: Field, t: Tensor, y: Tensor) -> Linear:
    """Linearise at (t, y) by n products of unit costates with one graph; n is the length of y's last axis.

    In an ensemble the trajectories do not mix, so that n products serve all of them.
    """
    if transformed():
        rate, pull, *_ = torch.func.vjp(lambda t, y: field(t, y), t, y)
        in_time, jacobian = torch.func.vmap(pull)(torch.eye(y.shape[-1], dtype=y.dtype, device=y.device))
        return Linear(rate, jacobian, in_time.to(y))
    keep = torch.is_grad_enabled()
    with torch.enable_grad():
        y = y if y.requires_grad else y.detach().requires_grad_()
        # t hangs on y, with derivative 0: the graph then ends in no leaf that the caller did not give, and the search for a way
        # to t does not go back through all time steps before, which would make a replay quadratic in their number.
        t = t + torch.zeros_like(t) * y.flatten()[0].to(t)
        rate = field(t, y)
        jacobian, in_time = _rows(rate, (y, t), keep)
    found = Linear(rate, jacobian.movedim(0, -2), in_time.movedim(0, -1).to(y))
    return found if keep else Linear(*(value.detach() for value in found))


def differentiate(tape: Tape) -> Tensor:
    """df/dy (..., n, n) at the point of a tape, whose graph stays."""
    assert isinstance(tape.graph, Tensor)
    return _rows(tape.graph, (tape.y,), keep=False)[0].movedim(0, -2)


def _rows(rate: Tensor, inputs: Sequence[Tensor], keep: bool) -> list[Tensor]:
    """Derivatives of each entry of the last axis, by every input: (n, *shape of the input)."""
    n = rate.shape[-1]
    if not rate.requires_grad:
        return [value.new_zeros(n, *value.shape) for value in inputs]
    units = torch.eye(n, dtype=rate.dtype, device=rate.device).view(n, *[1] * (rate.ndim - 1), n).expand(n, *rate.shape)
    if n >= FEW:
        found = torch.autograd.grad(rate, inputs, units, retain_graph=True, create_graph=keep, is_grads_batched=True, allow_unused=True)
    else:
        each = [torch.autograd.grad(rate, inputs, unit, retain_graph=True, create_graph=keep, allow_unused=True) for unit in units]
        found = [None if rows[0] is None else torch.stack(rows) for rows in zip(*each, strict=True)]
    return [value.new_zeros(n, *value.shape) if row is None else row for row, value in zip(found, inputs, strict=True)]


# Linear systems


class IllConditionedWarning(UserWarning):
    """A costate that rounding may have cost most of its digits."""


LOST = 1e-4  # a warning is given where fewer than four digits of a costate are certain


@dataclass(frozen=True)
class System:
    """The matrix 1 - h gamma J (..., n, n) with its LU decomposition, for right sides (k, ..., n) or (..., n)."""

    matrix: Tensor
    factors: Tensor
    pivots: Tensor

    @classmethod
    def of(cls, scaled: Tensor) -> System:
        """The system of 1 - scaled; a singular matrix shows in its solutions, which are not finite."""
        matrix = torch.eye(scaled.shape[-1], dtype=scaled.dtype, device=scaled.device) - scaled
        factors, pivots, _ = torch.linalg.lu_factor_ex(matrix)
        return cls(matrix, factors, pivots)

    def solve(self, right: Tensor) -> Tensor:
        """x (..., n) with matrix x = right."""
        return torch.linalg.lu_solve(self.factors, self.pivots, right.unsqueeze(-1)).squeeze(-1)

    def solve_transposed(self, right: Tensor) -> Tensor:
        """x (..., n) with x matrix = right, x and right as rows."""
        return torch.linalg.lu_solve(self.factors, self.pivots, right.unsqueeze(-1), adjoint=True).squeeze(-1)

    @cached_property
    def magnitudes(self) -> Tensor:
        """P |L| |U| (..., n, n): rounding in Gaussian elimination is 3 n u times this, no more (Higham 2002, theorem 9.4)."""
        permutation, lower, upper = torch.lu_unpack(self.factors, self.pivots)
        return permutation @ lower.abs() @ upper.abs()

    def slack(self, x: Tensor) -> Tensor:
        """What rounding in the solution and in its own residual may leave in each entry of x matrix - right."""
        n, u = self.matrix.shape[-1], torch.finfo(x.dtype).eps / 2
        return (x.abs().unsqueeze(-2) @ ((n + 2) * u * self.matrix.abs() + 3 * n * u * self.magnitudes)).squeeze(-2)

    def check_transposed(self, x: Tensor, right: Tensor, where: str) -> None:
        """Hold costates x (..., n) against x matrix = right; `where` names the time step.

        Raises `SolveError` where x is not finite, its residual is more than rounding can leave, or the condition of the
        matrix leaves no digit; warns where it leaves few. The bound of the error is |x matrix - right| + slack times
        |matrix^-1|, relative to the largest entry.
        """
        residual = ((x.unsqueeze(-2) @ self.matrix).squeeze(-2) - right).abs()
        slack = self.slack(x)
        lost = self._uncertainty(x, residual + slack)
        if not bool((residual <= slack + torch.finfo(x.dtype).tiny).all()) or not lost < 1:
            got = f"a residual of {float(residual.max()):.1e} where rounding allows {float(slack.max()):.1e}, {lost:.1e} of it uncertain"
            todo = "Solve with a smaller tolerance, or rescale the states."
            raise SolveError(where, got, "a transposed solve with at least one certain digit", todo)
        if lost > LOST:
            warnings.warn(IllConditionedWarning(f"{where}: rounding may change the costate by {lost:.1e} of itself"), stacklevel=2)

    def _uncertainty(self, x: Tensor, doubt: Tensor) -> float:
        """The largest entry of doubt |matrix^-1| over the largest of x."""
        unit = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device).expand_as(self.matrix)
        inverse = torch.linalg.lu_solve(self.factors, self.pivots, unit)
        error = (doubt.unsqueeze(-2) @ inverse.abs()).squeeze(-2).amax(-1)
        return float((error / x.abs().amax(-1).clamp_min(torch.finfo(x.dtype).tiny)).max())
