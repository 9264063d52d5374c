"""One letter for the cost and its summands, L = sum_i L_i(x(t_i)): L_i is another letter than L."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.quantities import rebuilt, walk
from adjointcheck.notes.letters.usage import head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

SUMMED, INDICES = "cost of its summands", ("i", "j", "k", "n", "m", "N", "M", "K")


def summing(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With L of L = sum_i L_i(x(t_i)), where a function of the index is summed at times with that index."""
    for chain in chains:
        left, right = pair_of(chain) or (chain, chain)
        total = head(left)
        if total is not None and not total.below and any(_sums(part, total) for part in walk(right)):
            return replace(context, options={**context.options, SUMMED: key(total)})
    return context


def _sums(node: Node, total: tree.Letter) -> bool:
    paid = head(node.body) if isinstance(node, tree.Series) and isinstance(node.body, tree.Call) else None
    if paid is None or paid != replace(total, below=paid.below, span=paid.span) or paid.below != (node.index,):  # type: ignore[attr-defined]
        return False
    return any(isinstance(part, tree.Call) and [getattr(place, "below", ()) for place in part.arguments] == [paid.below]
               for part in node.body.arguments)  # type: ignore[attr-defined]


def apart(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with the summand under a name of its own."""
    total = context.option(SUMMED)
    made = _named(chain, total) if total else chain
    assert isinstance(made, tree.Chain)
    return made


def _named(node: Node, total: str) -> Node:
    if isinstance(node, tree.Letter) and key(replace(node, below=())) == total and len(node.below) == 1 and _counts(node.below[0]):
        return replace(node, name=f"{node.name} of one")
    return rebuilt(node, lambda child: _named(child, total))


def _counts(mark: Node) -> bool:
    """i, N, 2, i + 1."""
    return all(part.name in INDICES if isinstance(part, tree.Letter) else isinstance(part, tree.Number | tree.Sum) for part in walk(mark))
