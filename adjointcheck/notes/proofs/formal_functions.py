"""Functions that the notes leave open in the language of derivations: one letter for each, and for each of its slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjointcheck.expression.node import symbol
from adjointcheck.notes.letters.formal import letter_of, slots_in, spelt_out
from adjointcheck.notes.letters.indices import Unclear
from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.letters.quantities import Formal
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.proofs.composition import Form
from adjointcheck.notes.reading.tree import Node

if TYPE_CHECKING:
    from adjointcheck.notes.proofs.claims import Reader


def formal(reader: Reader, node: Formal) -> Form:
    """D_v(v, h) where its arguments live; what the notes spell out as they do."""
    if (found := spelt_out(node, reader.context)) is not None:
        return reader.form(found)
    name = letter_of(node)
    places = {place for value in node.arguments if (place := _place(value)) is not None}
    if not slots_in(node) or len(places) > 1 or name not in reader.setting.language.letters:
        raise Unclear(show(node), "functions of components at one time, and their first and second slopes")
    return reader.placed(symbol(name), next(iter(places)), "")


def _place(value: Node) -> Node | None:
    """t1 of x_1(t1) and of the time t1 itself; what stands here is at t."""
    if not isinstance(value, Symbol) or value.name == "theta":
        return None
    return value if value.name in ("t0", "t1") else value.at or Symbol("t")
