"""Bars of reverse mode: where any \\bar v is dL/dv, \\bar W_l is dL/dW_l."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.quantities import rebuilt
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

BARRED = "any bar"
BAR = ("bar",)


def barring(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With L of \\bar v = dL/dv as what bars differentiate, where v is any letter: nothing else bears its name."""
    for chain in chains:
        left, right = pair_of(chain) or (chain, chain)
        any_ = replace(left, accents=()) if isinstance(left, tree.Letter) and left.accents == BAR else None
        cost = right.of if isinstance(right, tree.Derivative) and right.by == (any_,) else None
        others = (other for other in chains if other is not chain)
        if any_ is not None and isinstance(cost, tree.Letter) and not any(_names(other, any_.name) for other in others):
            return replace(context, options={**context.options, BARRED: f"{key(cost)} {any_.name}"})
    return context


def bars_told(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """\\bar v = dL/dv: what bars are."""
    any_, (left, _) = context.option(BARRED).partition(" ")[2], pair_of(chain) or (None, None)
    told = bool(any_) and isinstance(left, tree.Letter) and left.accents == BAR and left.name == any_
    return ("definition", (), context) if told else None


def _names(chain: tree.Chain, name: str) -> bool:
    return any(isinstance(part, tree.Letter) and part.name == name for part in tree.walk(chain))


def unbarred(chain: tree.Chain, context: Context) -> tree.Chain:
    """dL/dW_l for \\bar W_l."""
    cost, _, any_ = context.option(BARRED).partition(" ")
    made = _slopes(chain, tree.Letter(cost), any_) if cost else chain
    assert isinstance(made, tree.Chain)
    return made


def _slopes(node: Node, cost: tree.Letter, any_: str) -> Node:
    if isinstance(node, tree.Letter) and node.accents == BAR and node.name != any_:
        return tree.Derivative(cost, (replace(node, accents=()),), "partial", span=node.span)
    return rebuilt(node, lambda child: _slopes(child, cost, any_))
