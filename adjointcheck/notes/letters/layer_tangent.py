"""The tangent of layers, under letters of its own: xi_{k+1} = xi_k + h f_x xi_k + h f_w eta_k, also with A_k for I + h f_x."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from adjointcheck.notes.letters.activations import NAME as ACTIVATION
from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, unknown, walk
from adjointcheck.notes.letters.usage import USUAL_COSTATES, successor
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

SLOTS = ("x", "w", "theta")
HERE = (None, Symbol("l"))
Terms = list[tuple[str, ...]]


def layered(left: Node, right: Node, context: Context) -> dict[str, str]:
    """{x: xi, w: eta}, where what multiplies these new letters is what the law of the layers has for slopes; else nothing."""
    law = context.law("layers")
    start = _start(left, getattr(law.left, "at", None), context) if isinstance(left, tree.Letter) and law is not None else None
    if law is None or start is None or not _is_new(left, context):
        return {}
    if getattr(left, "name", "") in USUAL_COSTATES and not context.of("p"):  # it may be a costate, and the line wrong
        return {}
    found: dict[str, Terms] = {}
    for factors in _expanded(right):
        letter = factors[-1]
        if not isinstance(letter, tree.Letter) or letter.below not in ((start,), ()) or not _is_new(letter, context):
            return {}
        slope = resolve(tree.Product(factors[:-1]), context) if len(factors) > 1 else Symbol("I")
        found.setdefault(letter.name, []).extend(_names(terms, law.right) for terms in _expanded(_put_in(slope, context)))
    slopes = {slot: sorted(_slopes(law.right, slot, context)) for slot in SLOTS}
    moved = {slot: name for name, terms in found.items() for slot in SLOTS if sorted(terms) == slopes[slot]}
    return moved if moved.get("x") == getattr(left, "name", "") and len(moved) == len(found) else {}


def _start(left: tree.Letter, end: Node | None, context: Context) -> Node | None:
    """k of v_{k+1} where the law is that of x_{k+1}, and k - 1 of v_k where it is that of x_k."""
    if isinstance(end, tree.Sum):
        return successor(left)
    counted = len(left.below) == 1 and end == Symbol("l") == resolve(left.below[0], context)
    return tree.Sum((left.below[0], tree.Negative(tree.Number(Fraction(1))))) if counted else None


def _is_new(node: Node, context: Context) -> bool:
    return isinstance(node, tree.Letter) and not (node.above or node.accents) and bool(unknown(resolve(node, context)))


def _put_in(node: Node, context: Context) -> Node:
    """I + h f_x for A_k, where the notes define it so."""
    known = next(iter(context.of(node.name)), None) if isinstance(node, Symbol) and node.at in HERE else None
    if known is not None and known.body is not None and known.symbol not in ROLES:
        return known.body
    return rebuilt(node, lambda child: _put_in(child, context)) if isinstance(node, tree.Sum | tree.Product) else node


def _expanded(node: Node) -> Iterator[tuple[Node, ...]]:
    """The factors of each term, sums multiplied out."""
    if isinstance(node, tree.Sum):
        for term in node.terms:
            yield from _expanded(term)
    elif isinstance(node, tree.Product):
        for parts in product(*(list(_expanded(factor)) for factor in node.factors)):
            yield tuple(factor for part in parts for factor in part)
    else:
        yield (node,)


def _names(factors: tuple[Node, ...], law: Node) -> tuple[str, ...]:
    """h and f_x of h f_x, without the identity."""
    return tuple(name for factor in factors if (name := _name(factor, law)) != "I")


def _name(node: Node, law: Node) -> str:
    """f_x of the slope where the layer starts, or as its law has f; anything else as it is written."""
    if not isinstance(node, tree.Derivative) or node.kind == "total" or len(node.by) != 1 or not isinstance(node.of, Applied):
        return show(node)
    places = (node.of.at, *(getattr(value, "at", value) for _, value in node.of.arguments))
    here = all(place in HERE for place in places) or node.of in walk(law)
    return f"{node.of.name}_{getattr(node.by[0], 'name', '')}" if here else show(node)


def _slopes(law: Node, slot: str, context: Context) -> Iterator[tuple[str, ...]]:
    """h f_x and the identity, of x + h f; h S W of h sigma(W x + b)."""
    for term in _expanded(law):
        names = [f"{factor.name}_{slot}" if isinstance(factor, Applied) else show(factor) for factor in term]
        inner = next((factor.arguments[0][1] for factor in term if isinstance(factor, Applied) and factor.name == ACTIVATION), None)
        if inner is not None:
            moved = [part for part in _expanded(_put_in(inner, context)) if slot == "x" and show(part[-1]) == "x(l)"]
            yield from ((*names, *map(show, part[:-1])) for part in moved)
        elif slot == "x" or "x(l)" not in names:
            yield tuple(name for name in names if name != "x(l)")
