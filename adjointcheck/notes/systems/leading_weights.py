"""Nets whose lines tell the next layer, and whose weights are numbered by the layer that they lead from.

    z_{k+1} = W_k a_k + b_k,  a_{k+1} = s(z_{k+1})      is z_k = W_k a_{k-1} + b_k, a_k = s(z_k), with W_{k+1} for every W_k
    dC/dW_k = delta_{k+1} a_k^T                         is dC/dW_{k+1} = delta_{k+1} a_k^T
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.quantities import shifted
from adjointcheck.notes.letters.usage import successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

OPTION = "leading weights"


def leading(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letters of a net whose lines tell z_{k+1} and a_{k+1}: k, z, a and the weights that are to be renumbered."""
    told = [(chain.sides[0], chain.sides[1]) for chain in chains if len(chain.sides) == 2 and chain.relations == ("=",)]
    nets = ((inner, found) for inner, affine in told if (found := _weights(inner, affine)) is not None)
    for inner, (index, state, weights) in nets:
        if any(_is_activated(outer, applied, inner, state) for outer, applied in told):
            names = index.name, getattr(inner, "name", ""), state, *weights
            return replace(context, options={**context.options, OPTION: " ".join(names)})
    return context


def _weights(inner: Node, affine: Node) -> tuple[tree.Letter, str, tuple[str, ...]] | None:
    """(k, a, (W, b)) of z_{k+1} = W_k a_k + b_k; no weights of W_{k+1} a_k + b_{k+1}, and of W a_k + b."""
    index = successor(inner) if isinstance(inner, tree.Letter) else None
    if index is None:
        return None
    match tree.terms(affine):
        case (tree.Product((tree.Letter() as weight, tree.Letter(name=state, below=(at,)))), *biases) if at == index:
            letters = [weight, *(bias for bias in biases if isinstance(bias, tree.Letter))]
            alike = all(letter.below in ((), weight.below) for letter in letters)
            if len(letters) == 1 + len(biases) < 3 and weight.name.isupper() and alike:
                return index, state, tuple(letter.name for letter in letters if letter.below == (index,))
    return None


def _is_activated(outer: Node, applied: Node, inner: Node, state: str) -> bool:
    """a_{k+1} = s(z_{k+1})."""
    inside = applied.arguments if isinstance(applied, tree.Call) else tree.children(applied) if isinstance(applied, tree.Function) else ()
    return isinstance(outer, tree.Letter) and outer == tree.Letter(state, below=getattr(inner, "below", ())) and tuple(inside) == (inner,)


def led(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with every weight under the number of the layer that it leads to, and with z_k where it told z_{k+1}."""
    index, *names = context.option(OPTION).split(" ")
    if not names:
        return chain
    made = rebuilt(chain, lambda child: _renumbered(child, {*names[2:]}))
    first = made.sides[0] if isinstance(made, tree.Chain) else None
    tells = isinstance(first, tree.Letter) and first.name in names[:2] and successor(first) == tree.Letter(index)
    made = _back(made, tree.Letter(index)) if tells else made
    assert isinstance(made, tree.Chain)
    return made


def _renumbered(node: Node, weights: set[str]) -> Node:
    if isinstance(node, tree.Letter) and node.name in weights and len(node.below) == 1 and not node.accents:
        return replace(node, below=(shifted(node.below[0], 1),))
    return rebuilt(node, lambda child: _renumbered(child, weights))


def _back(node: Node, index: tree.Letter) -> Node:
    """The same, of the layer before: k = 0, ..., D - 1 are k = 1, ..., D."""
    match node:
        case tree.Letter(below=(at,)) if index in walk(at):
            return replace(node, below=(shifted(at, -1),))
        case tree.Chain((at, tree.Vector((row,)))) if at == index:
            return replace(node, sides=(at, tree.Vector((tuple(end if end == tree.Letter("dots") else shifted(end, 1) for end in row),))))
    return rebuilt(node, lambda child: _back(child, index))
