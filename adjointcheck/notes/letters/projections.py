"""Projections on an interval: P_{[a,b]}(s), clip(s, a, b), and Pi(s) where the notes say that Pi(v) = min(max(v, a), b)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.calls import interval
from adjointcheck.notes.reading.tree import Node

CLIPS = ("clip", "clamp")  # clip(s, a, b)


def projections(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With what the notes say of a projection, also behind its first use."""
    for chain in chains:
        if (name := _said(chain)) is not None:
            context = replace(context, pieces={**context.pieces, name: chain})
    return context


def projection(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """Pi(v) = min(max(v, a), b): a notation."""
    name = _said(chain)
    return ("definition", (name,), context) if name is not None and context.pieces.get(name) == chain else None


def cut(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with min and max for projections; what says which one is meant stays as it is."""
    return chain if _said(chain) is not None else replace(chain, sides=tuple(_cut(side, context) for side in chain.sides))


def _said(chain: tree.Chain) -> str | None:
    left, right = pair_of(chain) or (chain, chain)
    letter = left.function if isinstance(left, tree.Call) and len(left.arguments) == 1 and len(chain.sides) == 2 else None
    if not isinstance(left, tree.Call) or not isinstance(letter, tree.Letter) or not isinstance(left.arguments[0], tree.Letter):
        return None
    cuts = [part for part in walk(right) if isinstance(part, tree.Function) and part.name in ("min", "max")]
    told = len(cuts) == 2 and right in cuts and any(left.arguments[0] in part.arguments for part in cuts)  # no u(t)
    return f"projection {key(letter)}" if told else None


def _cut(node: Node, context: Context) -> Node:
    node = rebuilt(node, lambda child: _cut(child, context))
    if isinstance(node, tree.Call) and getattr(node.function, "name", "") in CLIPS and len(node.arguments) == 3:
        value, lower, upper = node.arguments
        return tree.Function("min", (upper, tree.Function("max", (lower, value))))
    letter = node.function if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
    if not isinstance(node, tree.Call) or not isinstance(letter, tree.Letter):
        return node
    if (bounds := interval(letter)) is not None:
        return tree.Function("min", (bounds[1], tree.Function("max", (bounds[0], node.arguments[0]))))
    said = context.pieces.get(f"projection {key(letter)}")
    call = said.sides[0] if isinstance(said, tree.Chain) else None
    if not isinstance(said, tree.Chain) or not isinstance(call, tree.Call):
        return node
    return instead(said.sides[1], call.arguments[0], node.arguments[0])
