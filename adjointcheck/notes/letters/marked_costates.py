"""Costates that bear the letter of their state below: a_y(t) = dL/dy(t) beside a_theta and a_t is a(t)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.quantities import rebuilt
from adjointcheck.notes.letters.usage import USUAL_COSTATES, USUAL_STATES, moving
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node, walk

MARKED = "costate with its state"


def bearing(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With a_y as what is meant by a, where the notes move a_y or have a_theta beside it, and neither a nor a_x nor y_1."""
    parts = [part for chain in chains for part in walk(chain)]
    letters = dict.fromkeys(replace(part, accents=(), above=()) for part in parts if isinstance(part, tree.Letter))
    moved = {letter for part in parts if (letter := moving(part)) is not None}
    for letter in (letter for letter in letters if letter in moved or any(_is_partner(other, letter) for other in letters)):
        state = letter.below[0] if len(letter.below) == 1 else None
        if letter.name in USUAL_COSTATES and isinstance(state, tree.Letter) and state.name in USUAL_STATES and not state.below:
            others = {other.below[0] for other in letters if other.name == letter.name and len(other.below) == 1} - {state}
            usual = any(isinstance(other, tree.Letter) and other.name in USUAL_STATES for other in others)
            whole = tree.Letter(letter.name) not in letters and not any(_is_component(other, state) for other in letters)
            if whole and not (usual or others & moved or key(letter) in context.letters):
                return replace(context, options={**context.options, MARKED: f"{letter.name} {state.name}"})
    return context


def _is_partner(letter: tree.Letter, costate: tree.Letter) -> bool:
    """a_theta and a_t of a_y."""
    mark = letter.below[0] if len(letter.below) == 1 else None
    return letter.name == costate.name and isinstance(mark, tree.Letter) and mark.name in ("theta", "t")


def _is_component(letter: tree.Letter, state: tree.Letter) -> bool:
    """y_1 of y."""
    return letter.name == state.name and any(isinstance(mark, tree.Number) and mark.value > 0 for mark in letter.below)


def unmarked(chain: tree.Chain, context: Context) -> tree.Chain:
    """a for a_y."""
    name, _, state = context.option(MARKED).partition(" ")
    made = _without(chain, tree.Letter(name, (tree.Letter(state),))) if name else chain
    assert isinstance(made, tree.Chain)
    return made


def _without(node: Node, marked: tree.Letter) -> Node:
    if isinstance(node, tree.Letter) and (node.name, node.below) == (marked.name, marked.below):
        return replace(node, below=())
    return rebuilt(node, lambda child: _without(child, marked))
