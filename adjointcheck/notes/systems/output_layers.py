"""What a net puts out is its last layer: y-hat = h^{(L)}, or h^{(L)} = y-hat, so that |y-hat - y|^2/2 is a cost of that layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeGuard

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import rebuilt
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.ambiguities import LASTS
from adjointcheck.notes.reading.tree import Node

OPTION = "output layer"
USUAL = ("y", "o")  # any other letter, x_N = r, may be where the layers have to arrive
COSTS = ("C", "E", "J", "L", "Phi", "V", "ell", "mathcal{L}")


def put_out(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letter that is told to be the last layer, where layers are vectors; no cost is, and none whose values have an index."""
    states = {known.letter for known in context.of("x") if not known.part}
    for chain in chains if context.over() == "layers" and states and not context.option(OPTION) else ():
        pair = pair_of(chain)
        for named, last in (pair, pair[::-1]) if pair is not None else ():
            usual = (named, last) == pair or getattr(named, "name", "") in USUAL
            if usual and _is_last(last, states) and _is_new(named, context) and named.name not in (*COSTS, *states):
                return replace(context, options={**context.options, OPTION: key(named)}, pieces={**context.pieces, OPTION: last})
    return context


def _is_last(node: Node, states: set[str]) -> bool:
    """h_N, h_L."""
    mark = node.below[0] if isinstance(node, tree.Letter) and len(node.below) == 1 and not node.above else None
    return isinstance(node, tree.Letter) and node.name in states and isinstance(mark, tree.Letter) and mark.name in LASTS and not mark.below


def _is_new(node: Node, context: Context) -> TypeGuard[tree.Letter]:
    return isinstance(node, tree.Letter) and not node.below and not node.above and key(node) not in context.letters


def as_layer(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with h^{(L)} for y-hat, and h_k^{(L)} for its entries."""
    name, last = context.option(OPTION), context.pieces.get(OPTION)
    made = _as_layer(chain, name, last, bool(context.option("layers above"))) if name and isinstance(last, tree.Letter) else chain
    assert isinstance(made, tree.Chain)
    return made


def _as_layer(node: Node, name: str, last: tree.Letter, above: bool) -> Node:
    node = rebuilt(node, lambda child: _as_layer(child, name, last, above))
    if not isinstance(node, tree.Letter) or node.above or key(replace(node, below=())) != name or (node.below and not above):
        return node
    return replace(last, below=node.below, above=last.below) if above else last


def output_told(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """y-hat = h^{(L)}, which is h^{(L)} = h^{(L)} by now."""
    told = chain.sides == (context.pieces.get(OPTION),) * 2
    return ("definition", (context.option(OPTION),), context) if told else None
