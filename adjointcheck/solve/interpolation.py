"""A control w(t) as values on a grid: constant, linear or cubic between the nodes.

All three are linear in the values, so dJ/dvalues is one gradient among those that `odeint` finds by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor, nn

from adjointcheck.errors import SolveError


class Interpolation(nn.Module):
    """w(t) on the grid `times` (K + 1,), increasing or decreasing, from `values`, differentiable in values and in t.

    constant   w(t) = values[i]                     times[i] <= t < times[i + 1], seen along the grid   values (K, ...)
    linear     w(t) = (1 - s) values[i] + s values[i + 1],  s = (t - times[i]) / (times[i + 1] - times[i])   (K + 1, ...)
    cubic      the spline with two continuous derivatives through the values, order 4 up to the ends (K + 1, ...)

    The spline ends not-a-knot, for the natural one drops to order 2 at the ends (de Boor 2001, chapter IV); its slopes at
    the nodes are one linear map of the values.  w(t) has the shape of t followed by the values' other axes.  Values given as
    `nn.Parameter` are the module's parameter, other tensors a buffer.  Raises `SolveError` for a grid or values that do not
    fit and, on each call, for a time outside the grid.

        odeint(lambda t, x: -x + w(t), x0, t, options={"step_t": w.nodes})      # jump_t for "constant"
    """

    times: Tensor
    values: Tensor
    slopes: Tensor

    def __init__(self, times: Any, values: Tensor, kind: str = "linear") -> None:
        super().__init__()
        if kind not in _KINDS:
            raise SolveError("Interpolation, kind", kind, f"one of {', '.join(_KINDS)}", "'linear' is the default.")
        self.kind, grid = kind, _read_grid(times, kind)
        rows = len(grid) - (kind == "constant")
        if not isinstance(values, Tensor) or not values.dtype.is_floating_point | values.dtype.is_complex or values.shape[:1] != (rows,):
            got = f"{values.dtype} of shape {tuple(values.shape)}" if isinstance(values, Tensor) else values
            raise SolveError("Interpolation, values", got, f"a floating tensor ({rows}, ...)", f"{kind}: {_KINDS[kind].rows}.")
        self.register_buffer("times", grid.to(values.device))
        self.register_buffer("slopes", _map_to_slopes(grid).to(values) if kind == "cubic" else None)
        if isinstance(values, nn.Parameter):
            self.values = values
        else:
            self.register_buffer("values", values)

    @property
    def nodes(self) -> Tensor:
        """The inner nodes (K - 1,), where w(t) is not smooth: times to hit, `step_t`, or for "constant" `jump_t`."""
        return self.times[1:-1]

    def forward(self, t: Any) -> Tensor:
        """w(t), of shape (*t.shape, *values.shape[1:])."""
        t = torch.as_tensor(t, dtype=None if isinstance(t, Tensor) else torch.float64)
        self._refuse_outside(t.detach())
        t, sign = t.to(self.times), torch.sign(self.times[-1] - self.times[0])
        i = torch.searchsorted(sign * self.nodes, sign * t.detach(), right=True)
        width = self.times[i + 1] - self.times[i]
        s, axes = (t - self.times[i]) / width, (*t.shape, *[1] * (self.values.ndim - 1))
        return _KINDS[self.kind].between(self, i, s.to(self.values).reshape(axes), width.to(self.values).reshape(axes))

    def _refuse_outside(self, t: Tensor) -> None:
        """The ends are meant up to the rounding of t, which comes in the precision of the state."""
        low, high = sorted(self.times[[0, -1]].tolist())
        slack = 4 * torch.finfo(t.dtype).eps * max(abs(low), abs(high))
        if not bool(((t >= low - slack) & (t <= high + slack)).all()):
            got, todo = f"t = {t.flatten().tolist()}", "Give a grid that spans the horizon."
            raise SolveError("Interpolation", got, f"{low:g} <= t <= {high:g}", todo)

    def extra_repr(self) -> str:
        """What `repr` shows."""
        return f"{self.kind}, {len(self.times)} nodes, values {tuple(self.values.shape)}"


def _constant(w: Interpolation, i: Tensor, s: Tensor, width: Tensor) -> Tensor:
    return w.values[i]


def _linear(w: Interpolation, i: Tensor, s: Tensor, width: Tensor) -> Tensor:
    return (1 - s) * w.values[i] + s * w.values[i + 1]


def _cubic(w: Interpolation, i: Tensor, s: Tensor, width: Tensor) -> Tensor:
    """Hermite's form of the piece: the line, and a bubble that bends it to the slopes at both ends."""
    start, stop = w.values[i], w.values[i + 1]
    left, right = (width * torch.tensordot(w.slopes[j], w.values, 1) - (stop - start) for j in (i, i + 1))
    return start + s * (stop - start) + s * (1 - s) * ((1 - s) * left - s * right)


class _Kind(NamedTuple):
    """How w(t) runs between two nodes, the fewest nodes, and how many values there are."""

    between: Callable[[Interpolation, Tensor, Tensor, Tensor], Tensor]
    fewest: int
    rows: str


_KINDS = {
    "constant": _Kind(_constant, 2, "one value for each interval"),
    "linear": _Kind(_linear, 2, "one value for each node"),
    "cubic": _Kind(_cubic, 4, "one value for each node"),
}


def _read_grid(times: Any, kind: str) -> Tensor:
    """The nodes as float64 on the CPU; refuses what is not strictly monotone, finite and constant."""
    if isinstance(times, Tensor) and times.requires_grad:
        raise SolveError("Interpolation, times", "a tensor with requires_grad", "constants", "Detach it: nodes get no gradient.")
    grid, fewest = torch.as_tensor(times, dtype=torch.float64, device="cpu"), _KINDS[kind].fewest
    steps = grid.diff() if grid.ndim == 1 else grid.new_zeros(1)
    if grid.ndim != 1 or len(grid) < fewest or not grid.isfinite().all() or not ((steps > 0).all() or (steps < 0).all()):
        expected = f"(K + 1,) finite times, at least {fewest}, strictly increasing or decreasing"
        raise SolveError("Interpolation, times", grid.tolist(), expected, "Sort them; with fewer nodes take kind='linear'.")
    return grid.clone()


def _map_to_slopes(grid: Tensor) -> Tensor:
    """(K + 1, K + 1): the slopes of the spline at the nodes are this matrix times the values."""
    order = torch.argsort(grid)
    ascending = grid[order].numpy()
    slopes = torch.from_numpy(CubicSpline(ascending, np.eye(len(grid)), bc_type="not-a-knot")(ascending, 1))
    back = torch.argsort(order)
    return slopes[back][:, back]
