"""M_{k-1} M_{k-2} ... M_0 and a_1 + a_2 + ... + a_N: what the dots stand for follows from what is written beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.quantities import Repeated, Symbol, Unknown, instead, placed_from, rebuilt, shifted, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

TURN = Symbol("turn", bound=True)  # the index of what is repeated
Joined = type[tree.Product | tree.Sum]
LONGEST = 3  # factors of a group that is repeated
EARLIER = "earlier layer"  # k of dh_t/dh_k
SAMPLE = {"l": 7, "N": 17, EARLIER: 3}
RANGES = {"from 1 to N": (tree.Number(Fraction(1)), Symbol("N")), "from 0 to N": (tree.Number(Fraction(0)), Symbol("N"))}


def product_of(factors: Sequence[Node]) -> tuple[Node, ...]:
    """The factors, those that dots stand for as one."""
    return _gathered(factors, tree.Product, lambda body, first, last, step: Repeated(body, first, last, step))


def sum_of(terms: Sequence[Node]) -> tuple[Node, ...]:
    """The terms, those that dots stand for as one sum."""
    def total(body: Node, first: Node, last: Node, step: int) -> Node:
        return tree.Series("sum", body, TURN, *((first, last) if step > 0 else (last, first)))
    return _gathered(terms, tree.Sum, total)


def _gathered(parts: Sequence[Node], joined: Joined, made: Callable[[Node, Node, Node, int], Node]) -> tuple[Node, ...]:
    """With what dots stand for as one: A_2 ... A_k, and A_2 W ... A_k W in pairs, of which the first may have begun, W A_2 W ... W A_k."""
    dots = next((i for i, part in enumerate(parts) if part == Unknown("dots")), 0)
    ways = [(size, begun) for size in range(1, LONGEST + 1) for begun in range(size)] if 0 < dots < len(parts) - 1 else []
    for size, begun in ways:
        before, after = _groups(parts[:dots - begun][::-1], size), _groups(parts[dots + 1:], size)
        repeats = before and after and after[0][:begun] == tuple(parts[dots - begun:dots])
        alike = _alike(_group(before[0][::-1], joined), _group(after[0], joined)) if repeats else None
        if alike is None:
            continue
        body, first, last = alike
        start, up = _extended([_group(group[::-1], joined) for group in before[1:]], body, first)
        end, down = _extended([_group(group, joined) for group in after[1:]], body, last)
        steps = {*up, *(-step for step in down)} or {1 if _value(last) > _value(first) else -1}
        if len(steps) > 1 or not steps <= {1, -1}:
            return tuple(parts)
        whole = made(body, start or first, end or last, steps.pop())
        rest = parts[dots + 1 + size * (1 + len(down)):]
        return (*parts[:dots - begun - size * (1 + len(up))], whole, *_gathered(rest, joined, made))
    return tuple(parts)


def _groups(parts: Sequence[Node], size: int) -> list[tuple[Node, ...]]:
    """The parts by twos or threes, without what is left over."""
    return [tuple(parts[i:i + size]) for i in range(0, len(parts) - size + 1, size)]


def _group(parts: Sequence[Node], joined: Joined) -> Node:
    return joined(tuple(parts)) if len(parts) > 1 else parts[0]


def _extended(parts: Sequence[Node], body: Node, place: Node) -> tuple[Node | None, list[int]]:
    """The outermost place of what stands beside and is like `body`, and the steps towards the dots."""
    found, steps = None, []
    for part in parts:
        alike = _alike(part, body)
        if alike is None or alike[0] != body:
            break
        other = alike[1]
        step = _value(place) - _value(other)
        if abs(step) != 1:
            break
        steps.append(step)
        found = place = other
    return found, steps


def _alike(one: Node, other: Node) -> tuple[Node, Node, Node] | None:
    """What both are, with TURN, TURN - 1 ... where their indices differ, and the place of each; None where they differ otherwise."""
    places: dict[tuple[Node, Node], Node] = {}
    if _unified(one, other, places) is None or not places:
        return None
    first, last = max(places, key=lambda pair: _value(pair[0]))
    for pair in places:
        shift = _value(pair[0]) - _value(first)
        if shift != _value(pair[1]) - _value(last):
            return None
        places[pair] = shifted(TURN, shift)
    return _unified(one, other, places), first, last


def _unified(one: Any, other: Any, places: dict[tuple[Node, Node], Node]) -> Any:
    """What both are, with what `places` says, or TURN, where they differ in an index; None where they differ otherwise."""
    if one == other:
        return one
    if isinstance(one, Node) and isinstance(other, Node) and _is_index(one) and _is_index(other):
        return places.setdefault((one, other), TURN)
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        parts = tuple(_unified(a, b, places) for a, b in zip(one, other, strict=True))
        return None if None in parts else parts
    if not isinstance(one, Node) or type(one) is not type(other):
        return None
    made = {entry.name: _unified(getattr(one, entry.name), getattr(other, entry.name), places) for entry in fields(one)
            if entry.name != "span" and getattr(one, entry.name) is not None}
    absent = any(getattr(other, entry.name) is not None for entry in fields(one) if entry.name not in ("span", *made))
    return None if absent or None in made.values() else replace(one, **made)


def _is_index(node: Node) -> bool:
    if isinstance(node, tree.Sum):
        return all(map(_is_index, node.terms))
    if isinstance(node, tree.Negative):
        return _is_index(node.of)
    return isinstance(node, tree.Number) or (isinstance(node, Symbol) and (node.bound or node.name in SAMPLE))


def _value(node: Node) -> int:
    """An index, with numbers for its letters that lie far apart."""
    match node:
        case tree.Sum(terms):
            return sum(map(_value, terms))
        case tree.Negative(of):
            return -_value(of)
        case tree.Number(value):
            return int(value)
        case Symbol(name=name):
            return SAMPLE.get(name, 11)
    return 0


def multiplied(node: Repeated, number: Callable[[Node], int]) -> Node:
    """The product in full, where indices have numbers; 1 where nothing is multiplied."""
    places = range(number(node.first), number(node.last) + node.step, node.step)
    factors = tuple(at_turn(node.body, place) for place in places)
    return tree.Product(factors) if factors else tree.Number(Fraction(1))


def all_steps(context: Context) -> tuple[Node | None, Node | None]:
    """1 and N for a sum without limits, in notes whose time steps make x_k of x_{k-1}; else they stay open."""
    law = context.law("layers")
    back = law is not None and isinstance(law.left, Symbol) and law.left.at == Symbol("l") and context.over() == "layers"
    return (tree.Number(Fraction(1)), Symbol("N")) if back else (None, None)


def read_as(node: Node, context: Context) -> Node:
    """The formula in one reading: products in their order, M_a on the left ("rising") or on the right, or as they are written from the
    last layer down; sums with their limits.
    """
    node = rebuilt(node, lambda child: read_as(child, context))
    if is_unlimited(node, context) and (limits := RANGES.get(context.option("sums"))) and isinstance(node, tree.Series):
        return replace(node, lower=limits[0], upper=limits[1])
    if isinstance(node, tree.Series) and _falls(node) and node.lower is not None and node.upper is not None:
        turned = Repeated(instead(node.body, node.index, TURN), node.lower, node.upper, -1)
        return turned if is_product(node) else replace(node, lower=node.upper, upper=node.lower)
    order = context.option("product")
    if not order or not is_product(node) or not isinstance(node, tree.Series) or node.lower is None or node.upper is None:
        return node
    body, rising = instead(node.body, node.index, TURN), order == "rising"
    return Repeated(body, node.lower, node.upper, 1) if rising else Repeated(body, node.upper, node.lower, -1)


def _falls(node: tree.Series) -> bool:
    """k = N - 1, ..., 0 of a sum or product whose limits are written from the last layer down."""
    first, last = (limit is not None and Symbol("N") in walk(limit) for limit in (node.lower, node.upper))
    return first and not last


def is_unlimited(node: Node, context: Context) -> bool:
    """A sum over layers of which nothing says from where to where."""
    return isinstance(node, tree.Series) and node.kind == "sum" and node.lower is node.upper is None and context.over() == "layers"


def is_product(node: Node) -> bool:
    return isinstance(node, tree.Series) and node.kind == "product"


def at_turn(node: Node, place: Node | int) -> Node:
    """The body at one of its places."""
    return placed_from(node, tree.Number(Fraction(place)) if isinstance(place, int) else place, TURN)
