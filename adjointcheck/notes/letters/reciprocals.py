"""Functions that are quotients of others: coth = cosh/sinh, sec = 1/cos."""

from __future__ import annotations

from fractions import Fraction

from adjointcheck.notes.letters.meaning import rebuilt
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

QUOTIENTS = {"coth": ("cosh", "sinh"), "cot": ("cos", "sin"),
             "sech": ("", "cosh"), "csch": ("", "sinh"), "sec": ("", "cos"), "csc": ("", "sin")}  # fmt: skip


def in_quotients(node: Node) -> Node:
    """cosh(x)/sinh(x) of coth(x)."""
    node = rebuilt(node, in_quotients)
    if not isinstance(node, tree.Function) or node.name not in QUOTIENTS or node.below is not None:
        return node
    above, below = QUOTIENTS[node.name]
    over: Node = tree.Function(above, node.arguments) if above else tree.Number(Fraction(1))
    return tree.Quotient(over, tree.Function(below, node.arguments), span=node.span)
