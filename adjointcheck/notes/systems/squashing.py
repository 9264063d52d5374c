"""Layers x_{k+1} = tanh(a_k) in proofs: tanh is any function entry by entry, and diag(1 - x_{k+1}^2) is its slope where x_{k+1} is made.

    tanh' = 1 - tanh^2      sigma' = sigma (1 - sigma) of the logistic function 1/(1 + exp(-a))

What is proved for every function entry by entry holds for these; worlds take tanh for what it is.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, walk
from adjointcheck.notes.letters.quantities import Diagonal, instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

ONE, TWO = tree.Number(Fraction(1)), tree.Number(Fraction(2))
NAME = "act"


def squashed(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation and its context with an activation in the place of tanh, where a time step has one and no other."""
    law = context.law("layers")
    if law is None or context.of(NAME) or not any(map(_is_tanh, walk(law.right))):
        return left, right, context
    made = _Squashed(law.left, law.right)
    role = ROLES[NAME]
    known = {name: replace(letter, body=letter.body and made.of(letter.body)) for name, letter in context.letters.items()}
    known["tanh"] = Declared("tanh", NAME, role.shape, role.kind, arguments=("x",), source="convention")
    laws = tuple(replace(other, right=made.of(other.right)) for other in context.laws)
    return made.of(left), made.of(right), replace(context, letters=known, laws=laws)


def _is_tanh(node: Node) -> bool:
    return isinstance(node, tree.Function) and node.name == "tanh" and len(node.arguments) == 1


class _Squashed:
    """Formulas of one time step `left` = `right`."""

    def __init__(self, left: Node, right: Node) -> None:
        self.left, self.right = left, right

    def of(self, node: Node) -> Node:
        if isinstance(node, Diagonal):
            value = _of_one_minus_square(node.of)
            slope = self.slope(value) if value is not None else None
            return slope if slope is not None else node
        if isinstance(node, tree.Function) and _is_tanh(node):
            return Applied(NAME, (("x", self.of(node.arguments[0])),))
        return rebuilt(node, self.of)

    def slope(self, value: Node) -> Node | None:
        """Of tanh where it has this value: tanh(a), or a state that a time step makes."""
        if isinstance(value, tree.Function) and _is_tanh(value):
            return _slope(self.of(value.arguments[0]))
        made = isinstance(value, Symbol) and value.name == "x" and not value.part and isinstance(self.left, Symbol) and _is_tanh(self.right)
        if not made or not isinstance(value, Symbol) or not isinstance(self.left, Symbol) or not isinstance(self.right, tree.Function):
            return None
        index = _before(value.at or Symbol("l"), self.left.at)
        return _slope(self.of(instead(self.right.arguments[0], Symbol("l"), index)))


def _slope(argument: Node) -> Node:
    return tree.Derivative(Applied(NAME, (("x", argument),)), (Symbol("x"),), "partial")


def _of_one_minus_square(node: Node) -> Node | None:
    """v of 1 - v^2, written with a power or as a product entry by entry."""
    terms = tree.terms(node)
    square = terms[1].of if len(terms) == 2 and terms[0] == ONE and isinstance(terms[1], tree.Negative) else None
    if isinstance(square, tree.Power) and square.exponent == TWO:
        return square.base
    twice = isinstance(square, tree.Function) and square.name == "hadamard" and len(set(square.arguments)) == 1
    return square.arguments[0] if twice and isinstance(square, tree.Function) else None


def _before(place: Node, law: Node | None) -> Node:
    """The l at which the law makes the state of this place: l = place, or place - 1 where it makes x_{l+1}."""
    ahead = isinstance(law, tree.Sum)
    return tree.Sum((place, tree.Negative(ONE))) if ahead else place
