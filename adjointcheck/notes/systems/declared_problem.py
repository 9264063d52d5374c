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
LAWS = ("dynamics", "layers", "objective")


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


def under_header(after: Context, before: Context, where: str) -> tuple[Context, tuple[Reservation, ...]]:
    """With the motion and the cost of a header that poses the problem, where a line has told others; behind it nothing is refuted."""
    told = [law for law in after.laws if law.kind in LAWS and law not in before.laws] if before.option(POSED) else []
    known = {law.right for law in before.laws}
    other = Reservation(frozenset({"refutations"}), f"{where} may be of another problem than the header's")
    kept = tuple(law for law in after.laws if law not in told)
    return (replace(after, laws=kept) if told else after), (other,) * any(law.right not in known for law in told)
