"""Where a formula about an event lives: x^-, f^+ and gamma_x are taken at the event, f^- in a rate just names the field before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import NoneType
from typing import Any

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, unknown, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

HERE = Symbol("tau")
TIMES = (Symbol("t0"), HERE, Symbol("t1"))
ORDERS = ("<", "<=", ">", ">=")


def at_event(chain: tree.Chain, context: Context) -> tree.Chain:
    """The resolved chain with what has a side taken at the event, unless it is a law of motion on one side."""
    moves = any(isinstance(node, tree.Derivative) and node.kind == "total" and node.by in ((), (Symbol("t"),)) for node in walk(chain))
    if not (context.of("g") or context.of("tau")) or (moves and not any(map(_met, walk(chain)))):
        return chain
    return mapped(chain, _there, tree.Integral)


def _met(node: Node) -> bool:
    return getattr(node, "at", None) == HERE


def _there(node: Node) -> Node:
    """x^-, f^+ and f^-(x) at the event; guard and reset, which have a value nowhere else, before it."""
    if isinstance(node, Applied) and node.name in ("g", "r") and not node.arguments and node.at is None:
        return replace(node, at=HERE, side="before")
    if not isinstance(node, Symbol | Applied) or not node.side or node.at is not None:
        return node
    if isinstance(node, Symbol) or not node.arguments:
        return replace(node, at=HERE)
    return replace(node, arguments=tuple((slot, _beside(value, node.side)) for slot, value in node.arguments))


def _beside(value: Node, side: str) -> Node:
    """The x of f^-(x) is x^-."""
    bare = isinstance(value, Symbol) and value.at is None and not value.side and value.name in ("x", "w", "p")
    return replace(value, at=HERE, side=side) if isinstance(value, Symbol) and bare else value


def beside(node: Node, side: str) -> Node:
    """A body such as L + p f on one side of the event."""
    def change(part: Node) -> Node:
        follows = (isinstance(part, Symbol) and part.name in ("x", "p", "w")) or isinstance(part, Applied)
        return replace(part, side=side) if follows and getattr(part, "at", None) is None else part
    return mapped(node, change)


def stretch_of(node: Node) -> str:
    """The side on which a law of motion speaks, by the one field that it names outside integrals."""
    sides = set(_sides(node))
    return sides.pop() if len(sides) == 1 else ""


def _sides(node: Node) -> Iterator[str]:
    if isinstance(node, Applied) and node.side and node.at is None and not any(map(_met, walk(node))):
        yield node.side
    if not isinstance(node, tree.Integral):
        for child in children(node):
            yield from _sides(child)


def misplaced(chain: tree.Chain) -> bool:
    """Does a condition such as t < tau put the field of one side on the other?"""
    sides = {side for item in chain.conditions for side in _conditioned(item)}
    return bool(sides) and not set(_sides(replace(chain, conditions=()))) <= sides


def in_order(condition: tree.Chain) -> bool:
    """t_0 < tau < T and T > tau, which is so of every event, and t_0 < t_1 < ... < t_N."""
    times = [side for side in condition.sides if "dots" not in unknown(side)]
    if len(times) < len(condition.sides):
        return len({*condition.relations}) == 1 and all(getattr(side, "name", "") in ("t0", "t1", "s") for side in times)
    order = [TIMES.index(side) if side in TIMES else -1 for side in condition.sides]
    order = order[::-1] if {*condition.relations} <= {*ORDERS[2:]} else order if {*condition.relations} <= {*ORDERS[:2]} else [-1]
    return -1 not in order and order == sorted({*order})


def _conditioned(item: Node) -> Iterator[str]:
    """The sides that t < tau, tau < t <= T speak of."""
    if isinstance(item, tree.Chain):
        for left, right, relation in zip(item.sides, item.sides[1:], item.relations, strict=False):
            if HERE in (left, right) and relation in ORDERS:
                yield ("before" if right == HERE else "after") if relation in ORDERS[:2] else "after" if right == HERE else "before"


def mapped(node: Any, change: Callable[[Any], Any], but: type = NoneType) -> Any:
    """`change` of every part, from the leaves up, but for parts of one kind."""
    return node if isinstance(node, but) else change(rebuilt(node, lambda child: mapped(child, change, but)))


def in_variations(left: Node, right: Node) -> tuple[Node, Node]:
    """d tau/d x^- = S, d x^+/d x^- = S as equations of variations: delta tau = S delta x^- for every delta x^-."""
    by = left.by[0] if isinstance(left, tree.Derivative) and left.kind == "total" and len(left.by) == 1 else None
    if isinstance(left, tree.Derivative) and isinstance(by, Symbol) and by.name == "x" and by.side == "before":
        return tree.Variation(left.of), tree.Product((right, tree.Variation(by)))
    return left, right
