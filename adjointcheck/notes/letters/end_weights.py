"""Weights of the end that bear the letter of Riccati's matrix: S(T) of J = x(T)' S(T) x(T)/2 + ... beside S(t) is S_T."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.quantities import rebuilt
from adjointcheck.notes.letters.usage import moving
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node, walk

WEIGHT = "weight of the end"


def held_apart(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With S of x(T)' S(T) x(T), which a cost pays beside an integral, in notes where S moves."""
    moved = {letter for chain in chains for part in walk(chain) if (letter := moving(part)) is not None}
    for chain in chains:
        if any(isinstance(part, tree.Integral) for part in walk(chain)):
            weights = (weight.function for part in walk(chain) if (weight := _weight(part)) is not None)
            found = next((letter for letter in weights if isinstance(letter, tree.Letter) and letter in moved), None)
            if found is not None:
                return replace(context, options={**context.options, WEIGHT: found.name})
    return context


def _weight(node: Node) -> tree.Call | None:
    """S(T) of x(T)' S(T) x(T)."""
    for one, inner, other in zip(*(node.factors[i:] for i in range(3)), strict=False) if isinstance(node, tree.Product) else ():
        square = isinstance(one, tree.Transposed) and one.of == other and isinstance(other, tree.Call) and isinstance(inner, tree.Call)
        if square and isinstance(inner.function, tree.Letter) and inner.arguments == other.arguments:
            return inner
    return None


def fixed(chain: tree.Chain, context: Context) -> tree.Chain:
    """S_T for S(T) in the cost."""
    name = context.option(WEIGHT)
    paid = bool(name) and any(isinstance(part, tree.Integral) for part in walk(chain))
    made = _fixed(chain, name) if paid else chain
    assert isinstance(made, tree.Chain)
    return made


def _fixed(node: Node, name: str) -> Node:
    weight = _weight(node)
    if isinstance(node, tree.Product) and weight is not None and weight.function == tree.Letter(name):
        return replace(node, factors=tuple(tree.Letter(name, weight.arguments, span=f.span) if f is weight else f for f in node.factors))
    return rebuilt(node, lambda child: _fixed(child, name))
