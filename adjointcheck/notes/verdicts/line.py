"""An equation as it was judged."""

from __future__ import annotations

from dataclasses import dataclass

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.verdicts.comparison import Outcome


@dataclass(frozen=True)
class Line:
    """Its sides as read, and with the notes' formulas put in; the notes' context and that of this line."""

    left: Node
    right: Node
    relation: str
    sides: tuple[Node, Node]
    notes: Context
    spoken: Context
    spelt: Context
    sentence: str
    outcome: Outcome

    @property
    def pair(self) -> tuple[Node, Node]:
        return self.left, self.right
