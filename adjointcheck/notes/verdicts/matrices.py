"""Lines that are right of numbers, z lambda for the number lambda z of a row and a column, or of a constant matrix."""

from __future__ import annotations

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.verdicts.comparison import Agreement
from adjointcheck.notes.verdicts.comparison import judge_pair as in_worlds


def right_in_other_order(sides: tuple[Node, Node], relation: str, context: Context) -> bool:
    """Is a line right once p x, with the rates of either, stands for x p?"""
    turned = _turned(sides[0]), _turned(sides[1])
    return turned != sides and isinstance(in_worlds(*turned, relation, context), Agreement)


def _turned(node: Node) -> Node:
    node = rebuilt(node, _turned)
    names = [_moved(factor) for factor in node.factors] if isinstance(node, tree.Product) else []
    if not isinstance(node, tree.Product) or names != ["x", "p"]:
        return node
    return tree.Product((node.factors[1], node.factors[0]))


def _moved(node: Node) -> str:
    """x of x(t) and of its rate."""
    node = node.of if isinstance(node, tree.Derivative) and node.by == (Symbol("t"),) else node
    return node.name if isinstance(node, Symbol) and not node.part else ""


def grows_in_time(sides: tuple[Node, Node], context: Context) -> bool:
    """e^{(T - t) A} of a matrix that was told to change in time, and may be constant from here on."""
    moving = {known.symbol for known in context.letters.values() if known.kind == "path"} - ROLES.keys()
    parts = (part for side in sides for part in walk(side) if isinstance(part, tree.Function))
    return any(part.name == "exp" and moving & symbols(part) for part in parts)
