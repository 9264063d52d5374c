"""A component of the state that is the rate of another, v of q-dot = v: what notes say of q-dot is said of v."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.quantities import Symbol, rebuilt
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def reduced(node: Node, context: Context) -> Node:
    """x_2 for the rate of x_1, where the law says that it is just that; so q-ddot is the rate of v."""
    law = context.law("dynamics")
    node = rebuilt(node, lambda child: reduced(child, context))
    if law is None or not isinstance(law.right, tree.Vector) or not isinstance(node, tree.Derivative) or not isinstance(node.of, Symbol):
        return node
    number = next((part.value for part in node.of.part if isinstance(part, tree.Number)), None)
    if node.of.name != "x" or number is None or set(node.by) - {Symbol("t")} or node.of.at not in (None, Symbol("t")):
        return node
    speed = law.right.rows[int(number) - 1][0]
    if not isinstance(speed, Symbol) or speed.name != "x":
        return node
    return speed if len(node.by) == 1 else replace(node, of=speed, by=node.by[1:])


def speed_at(node: Node, context: Context) -> Node:
    """x_2(t0) for the rate of x_1 at t0, where x_2 is that rate, and x_2 for the rate at the running time."""
    place = node.at[0] if isinstance(node, tree.Evaluated) and len(node.at) == 1 and not node.less else None
    if place is None or not isinstance(node, tree.Evaluated):
        return reduced(node, context)
    speed = reduced(node.of, context)
    return replace(speed, at=place) if isinstance(speed, Symbol) and speed.name == "x" else node
