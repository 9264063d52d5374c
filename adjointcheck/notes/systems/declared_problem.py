"""Headers that pose the whole problem, `dynamics: dx/dt = f(x, u)` and `objective: J = Phi(x(T)) + int_0^T L(x, u) dt`.

What a page says beside it of another motion or cost, read or not, is of a case apart: lines are proved for the header's problem, and
refuted no more, for they may be of that case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.systems.reservations import Reservation

POSED = "problem is of"
WHOLE = frozenset({"all", "field", "arrival"})


def posed_by_header(context: Context, told: Context) -> Context:
    """With the header as the last word on the problem, if its formulas, as `told`, are a motion and a cost."""
    moves = told.law("dynamics") is not None or told.law("layers") is not None
    posed = moves and told.law("objective") is not None
    return replace(context, options={**context.options, POSED: "header"}) if posed else context


def beside_header(brought: Iterable[Reservation], context: Context) -> Iterator[Reservation]:
    """Reservations as they are; beside a header that poses the problem, those about the whole of it bar refutations alone."""
    for item in brought:
        whole = item.inputs & WHOLE if context.option(POSED) else frozenset()
        yield replace(item, inputs=(item.inputs - whole) | {"refutations"}) if whole else item
