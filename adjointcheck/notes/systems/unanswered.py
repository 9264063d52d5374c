"""Equations that ask what the notes do not tell: how a parameter depends on another, two costs at once, what is paid at the end."""

from __future__ import annotations

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.by_hamiltonian import UNTOLD_END, leaves_open
from adjointcheck.notes.systems.dependent import REASON, asks_how
from adjointcheck.notes.systems.reparametrised import MIXED, chains, mixes


def unanswered(left: Node, right: Node, context: Context) -> str:
    """Why nothing is said of an equation that asks what the notes do not tell."""
    if leaves_open(left, right, context):
        return UNTOLD_END
    return REASON if asks_how(left, right, context) else MIXED if mixes(left, right, context) and not chains(left, right, context) else ""
