"""Lines that take the end cost at the running time and leave open where its slope is taken: d/dt Phi(x(t)) = Phi_x f."""

from __future__ import annotations

from collections.abc import Iterable

from adjointcheck.notes.letters.meaning import Applied, Symbol, walk
from adjointcheck.notes.reading.tree import Node

RUNNING = (Symbol("x"), Symbol("x", at=Symbol("t")))


def leaves_place_open(sides: Iterable[Node]) -> bool:
    """Does Psi stand at x(t) and without a place in one line?"""
    paid = [part for side in sides for part in walk(side) if isinstance(part, Applied) and part.name == "Psi"]
    along = any(("x", state) in part.arguments for part in paid for state in RUNNING)
    return along and any(not part.arguments and part.at is None for part in paid)
