"""Where an equation about observations holds: at one of them, where functions without arguments are taken there, and after the last one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.costs import integrates
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import inside
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

ZERO = tree.Number(Fraction(0))
FUNCTIONS = ("O", "phi")


def at_samples(chain: tree.Chain, context: Context) -> tree.Chain:
    """p(s^-) = p(s^+) + h_x^T r with h_x at s; p(t) = 0 for t > t_N with no costate any more."""
    if not context.of("s"):
        return chain
    later = [item for item in chain.conditions if is_beyond(item) and (context.option("sampled to") or _is_all_paid(context))]
    if later:
        kept = tuple(item for item in chain.conditions if item not in later)
        return replace(chain, sides=tuple(map(_without_costate, chain.sides)), conditions=kept)
    chain = replace(chain, sides=tuple(map(_summed, chain.sides)))
    sided = tuple(map(_from_side, chain.sides))
    chain = replace(chain, sides=tuple(map(_before, sided))) if sided != chain.sides else chain
    places = {part.at for side in chain.sides for part in _paths(side)}
    place = next(iter(places), None)
    at_one = len(places) == 1 and isinstance(place, Symbol) and place.name == "s"
    return replace(chain, sides=tuple(_taken_at(side, place) for side in chain.sides)) if at_one and place is not None else chain


def _is_all_paid(context: Context) -> bool:
    """Is nothing paid but at observations?"""
    law = context.law("objective")
    return law is not None and "phi" in symbols(law.right) and not symbols(law.right) & {"L", "Psi"} and not integrates(law.right)


def is_beyond(condition: Node) -> bool:
    """t > t_N."""
    sides = condition.sides if isinstance(condition, tree.Chain) and condition.relations == (">",) else ()
    return bool(sides) and getattr(sides[0], "name", "") == "t" and getattr(sides[1], "name", "") in ("t1", "s")


def _paths(node: Node) -> Iterator[Symbol]:
    """The states and costates, without what is differentiated by."""
    if isinstance(node, Symbol) and node.name in ("x", "p") and not node.part:
        yield node
    for child in (node.of,) if isinstance(node, tree.Derivative) else children(node):
        yield from _paths(child)


def _from_side(node: Node) -> Node:
    """p(s^+) for the limit of p(t) as t tends to s from above."""
    node = rebuilt(node, _from_side)
    to, inner = (node.to, core_of(node.body)) if isinstance(node, tree.Limit) else (node, node)
    sided = isinstance(to, Symbol) and to.name == "s" and bool(to.side) and isinstance(inner, Symbol)
    if not sided or not isinstance(node, tree.Limit) or not isinstance(to, Symbol):
        return node
    return inside(node.body, lambda path: replace(path, at=replace(to, side=""), side=to.side))


def _before(node: Node) -> Node:
    """p(s^-) for p(s), beside a limit from the other side."""
    if isinstance(node, Symbol) and node.name == "p" and isinstance(node.at, Symbol) and node.at.name == "s" and not node.side:
        return replace(node, side="before")
    return rebuilt(node, _before)


def _summed(node: Node) -> Node:
    """sum_j r_j^T (h_x s(t_j) + h_theta): functions without arguments at the time of each observation."""
    times = {part for part in walk(node.body) if isinstance(part, Symbol) and part.name == "s"} if isinstance(node, tree.Series) else set()
    if not isinstance(node, tree.Series) or node.index is None or times != {Symbol("s", part=(node.index,))}:
        return rebuilt(node, _summed)
    return replace(node, body=_taken_at(node.body, times.pop()))


def _taken_at(node: Node, place: Node) -> Node:
    """The slope h_x where the state is looked at."""
    if isinstance(node, tree.Series):
        return node
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name in FUNCTIONS and not node.of.arguments:
        return replace(node, of=replace(node.of, at=node.of.at or place))
    return rebuilt(node, lambda child: _taken_at(child, place))


def _without_costate(node: Node) -> Node:
    return ZERO if isinstance(node, Symbol) and node.name == "p" else rebuilt(node, _without_costate)
