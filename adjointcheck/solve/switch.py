"""Parameters that move a jump of the field in time: found when the field is traced, refused where their gradient would be missing.

A comparison such as t < s has no derivative.  What s does to the solution by moving a jump, p (f(s-) - f(s+)), no graph holds: a
gradient without it is silently wrong.  Where a traced comparison depends on t and on a tensor with a gradient, and not on the
state, the time at which it turns is solved for.  If the field jumps there, the call is refused, unless options["jump_t"] names
that time with its gradient: then time steps end there, and moving their end is differentiated.  Jumps in the state are events.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.belongings import name_tensor
from adjointcheck.solve.graph import ends, node_of

if TYPE_CHECKING:
    from adjointcheck.solve.field import Field

# What changes its sign where the operation jumps, by the operation's name.
_DIFFERENCE: Callable[..., Any] = lambda a, b, *rest: a - b  # noqa: E731
_PLACES: Callable[..., Any] = lambda grid, value, *rest: value.unsqueeze(-1) - grid  # noqa: E731
GAPS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("lt", "le", "gt", "ge", "__lt__", "__le__", "__gt__", "__ge__"), _DIFFERENCE),
    **dict.fromkeys(("less", "less_equal", "greater", "greater_equal"), _DIFFERENCE),
    **dict.fromkeys(("sign", "sgn", "heaviside"), lambda a, *rest: a),
    "searchsorted": _PLACES, "bucketize": lambda value, grid, *rest: _PLACES(grid, value),
}  # fmt: skip


class Turn(NamedTuple):
    """A time at which a comparison turns, and the leaf, a tensor with a gradient, that moves it."""

    time: float
    mover: Tensor


def find_turns(gap: Any, t: Tensor, y: Tensor) -> list[Turn]:
    """The times at which entries of gap(t, ...) vanish, taken as linear in t; none where it depends on y, or on t alone."""
    if not (isinstance(gap, Tensor) and gap.requires_grad):
        return []
    nodes = list(ends(gap))
    movers = [node.variable for node in nodes if node is not node_of(t)]
    if node_of(t) not in nodes or node_of(y) in nodes or not movers:
        return []
    weights = torch.ones_like(gap, requires_grad=True)  # the derivative by them of the derivative by t: every entry's own slope
    (slope,) = torch.autograd.grad(gap, t, weights, create_graph=True)
    (slopes,) = torch.autograd.grad(slope.sum(), weights)
    start = t.detach().reshape(t.shape + (1,) * (gap.ndim - t.ndim))  # 0-dim, or one for each trajectory
    times = start - gap.detach() / slopes
    return [Turn(time, movers[0]) for time in times.flatten().tolist()]


def refuse_moving_jumps(field: Field, marks: Tensor, ys: Tensor) -> None:
    """Refuse a turn between two marks (M,) at which the field jumps, seen from the states (M, ..., N) at either of them."""
    for turn in field.turns:
        low, high = sorted(marks.detach()[[0, -1]].tolist())
        places = [j for j, (a, b) in enumerate(pairwise(marks.tolist())) if low < turn.time < high and min(a, b) <= turn.time <= max(a, b)]
        if places and any(_jumps(field, turn.time, low, high, y) for y in ys.detach()[places[0] : places[-1] + 2]):
            raise SolveError(
                f"func at t = {turn.time:g}", f"a jump that is moved by {name_tensor(field.function, turn.mover)}, with requires_grad",
                "a jump whose time is told with its gradient, for a comparison has none",
                "Pass that time in options={'jump_t': ...}, or its .detach() to func; a jump in the state is an event.",
            )


@torch.no_grad()
def _jumps(field: Field, time: float, low: float, high: float, y: Tensor) -> bool:
    """Whether the field changes across `time` by more than rounding, and as much in 4 u as in sqrt(u)."""
    unit = torch.finfo(y.dtype).eps
    near, far = (side * max(abs(time), 1.0) for side in (4 * unit, unit**0.5))
    places = [min(max(place, low), high) for place in (time - far, time - near, time + near, time + far)]
    rates = [field(torch.full(y.shape[:-1], place, dtype=torch.float64), y) for place in places]
    gap, wide = ((rates[j] - rates[i]).abs().max() for i, j in ((1, 2), (0, 3)))
    return bool(gap > unit**0.5 * torch.stack(rates).abs().max()) and bool(gap > wide / 10)
