"""Marks of the notes' own at letters, which formulas lose before they are understood: a_y for a, S(T) for S_T, \\bar W_l for dL/dW_l."""

from __future__ import annotations

from collections.abc import Sequence

from adjointcheck.notes.letters.bars import barring, unbarred
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.end_weights import fixed, held_apart
from adjointcheck.notes.letters.marked_costates import bearing, unmarked
from adjointcheck.notes.letters.summed import apart, summing
from adjointcheck.notes.reading import tree


def noticed(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With the marks that the notes use."""
    for notice in (bearing, held_apart, barring, summing):
        context = notice(chains, context)
    return context


def without_marks(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula without them."""
    for lose in (unmarked, fixed, unbarred, apart):
        chain = lose(chain, context)
    return chain
