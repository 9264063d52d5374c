"""States and controls of one number: where notes write u^2 and (x - r)^2, and nowhere |u| or x^T, these are no columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from adjointcheck.notes.letters.context import ROLES, Context, Shape, key
from adjointcheck.notes.letters.meaning import walk
from adjointcheck.notes.letters.usage import head, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def squared(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With one component for a state and a control that the notes square, whatever else has as many."""
    chains = [*chains]
    nodes = [part for chain in chains for part in walk(chain)]
    powers = {name for part in nodes for name in _letters(part, context)}
    columns = {key(letter) for part in nodes for letter in (*_measured(part), *_multiplied(part, context))}
    columns |= {key(letter) for chain in chains if chain.relations == ("in",) and (letter := head(chain.sides[0])) is not None}
    for name in powers - columns:
        known = context.letters[name]
        usual = ROLES[known.symbol].shape
        if known.shape in (usual, ("1", "1")) and known.source == "proposed":
            context = _with_one(usual[0], context)
    return context


def _with_one(size: str, context: Context) -> Context:
    def shaped(shape: Shape) -> Shape:
        return "1" if shape[0] == size else shape[0], "1" if shape[1] == size else shape[1]

    return replace(context, letters={name: replace(known, shape=shaped(known.shape)) for name, known in context.letters.items()})


def _letters(node: Node, context: Context) -> Iterator[str]:
    """u of u^2 and u(t)^2, x of (x - r)^2."""
    if isinstance(node, tree.Power) and isinstance(node.exponent, tree.Number) and node.exponent.value > 1:
        letters = [head(term) for term in tree.terms(node.base)]
        yield from (key(letter) for letter in letters if letter is not None and role_in(letter, context) in ("x", "w"))


def _measured(node: Node) -> Iterator[tree.Letter]:
    """The letters of |x|, x^T and <x, y>, which are columns."""
    measures = isinstance(node, tree.Function) and node.name in ("norm", "abs", "inner", "angle", "dot")
    yield from (part for part in walk(node) if isinstance(part, tree.Letter) and (measures or isinstance(node, tree.Transposed)))


def _multiplied(node: Node, context: Context) -> Iterator[tree.Letter]:
    """The state x of A x, a column too; B u may have one input."""
    for one, other in pairwise(node.factors if isinstance(node, tree.Product) else ()):
        if isinstance(one, tree.Letter) and one.name.isupper() and role_in(letter := head(other), context) == "x" and letter is not None:
            yield letter
