"""Layers x_{k+1} = tanh(a_k) in proofs: tanh is any function entry by entry, and diag(1 - x_{k+1}^2) is its slope where x_{k+1} is made.

    tanh' = 1 - tanh^2      sigma' = sigma (1 - sigma) of the logistic function 1/(1 + exp(-a))

What is proved for every function entry by entry holds for these; worlds take tanh for what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law
from adjointcheck.notes.letters.formulas import taken
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import Diagonal, here, instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

ARGUMENT, VALUE, SLOPE = "preactivation", "squash", "squash_slope"  # of a field over time
LEFT, RIGHT = "left", "right"
ONE, TWO = tree.Number(Fraction(1)), tree.Number(Fraction(2))
NAME = "act"
PLACES = (Symbol("t0"), Symbol("t1"), Symbol("t", bound=True))


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


def is_dyad(name: str, names: Iterable[str]) -> bool:
    """Is it a matrix that moves along a dyad of these letters?"""
    return f"{name}_{LEFT}" in {*names}


def moved_along_dyads(names: Iterable[str]) -> Iterator[str]:
    yield from (name.removesuffix(f"_{LEFT}") for name in names if name.endswith(f"_{LEFT}"))


def activated(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation over time with letters for the one activation of the field, as f = tanh(W x + b) or W_2 sigma(W x + b)."""
    law = context.law("dynamics")
    arguments = {_argument(node) for node in walk(law.right) if _is_activation(node)} if law is not None else set()
    rows = _rows(next(iter(arguments)), context) if len(arguments) == 1 else ""
    if law is None or not rows or context.over() == "layers" or context.parts("x"):
        return left, right, context
    (argument,) = arguments
    made = _Activated(law.right, argument, any(known.body is not None and _is_tanh(known.body) for known in context.of(NAME)))
    sides = made.of(left), made.of(right)
    if any(made.hides(node) for side in sides for node in walk(side)):
        return left, right, context
    shapes = {ARGUMENT: (rows, "1"), VALUE: (rows, "1"), SLOPE: (rows, rows)}
    letters = {name: replace(known, body=known.body and (made.inner(known.body) if known.symbol == "f" else made.of(known.body)))
               for name, known in context.letters.items()}
    letters |= {name: Declared(name, name, shape, "path", source="convention") for name, shape in shapes.items()}
    laws = tuple(replace(other, right=made.inner(other.right)) for other in context.laws)
    known = replace(context, letters=letters, laws=(*laws, Law("activation", Symbol(ARGUMENT), argument)))
    return (*sides, known.assume(f"symmetric {SLOPE}"))


def composed(node: Node, context: Context) -> Node:
    """dh/dz of h(w^T z + b), where h bears no argument and the field has one."""
    bodies = [*(law.right for law in context.laws), *(known.body for known in context.of("f") if known.body is not None)]
    found = {here(part) for body in bodies for part in walk(body) if _is_activation(part) and not _is_tanh(part)}
    return _composed(node, next(iter(found))) if len(found) == 1 else node


def _composed(node: Node, whole: Node) -> Node:
    if isinstance(node, tree.Derivative) and node.by == (Symbol("x"),) and node.of == Applied(NAME):
        return replace(node, of=tree.Sum((whole,)))
    return rebuilt(node, lambda child: _composed(child, whole))


def _is_activation(node: Node) -> bool:
    return _is_tanh(node) or (isinstance(node, Applied) and node.name == NAME and bool(node.arguments))


def _argument(node: Node) -> Node:
    """W x + b of tanh(W x + b)."""
    assert isinstance(node, tree.Function | Applied)
    return here(node.arguments[0] if isinstance(node, tree.Function) else node.arguments[0][1])


def _rows(node: Node, context: Context) -> str:
    """How many entries a column has, as its first term shows."""
    term = tree.terms(node)[0]
    factors = term.factors if isinstance(term, tree.Product) else (term,)
    factor = next((factor for factor in factors if factor != Symbol("t")), term)
    inner = factor.of if isinstance(factor, tree.Transposed) else factor
    known = next(iter(context.of(inner.name)), None) if isinstance(inner, Symbol) else None
    shape = known.shape if known is not None else ("", "")
    return shape[1] if isinstance(factor, tree.Transposed) else shape[0]


class _Activated:
    """Formulas beside xdot = `field`, which has one activation, of `argument`; `tanh`: it is this one."""

    def __init__(self, field: Node, argument: Node, tanh: bool) -> None:
        self.field, self.argument, self.tanh = here(field), argument, tanh

    def of(self, node: Node) -> Node:
        for place in (None, *PLACES):
            if here(node) == taken(self.field, place):
                return Applied("f", at=place)
        return self._of(node, self.of)

    def inner(self, node: Node) -> Node:
        return self._of(node, self.inner)

    def _of(self, node: Node, rest: Callable[[Node], Node]) -> Node:
        inner = _of_one_minus_square(node.of) if isinstance(node, Diagonal) else None
        squash = inner is not None and (_is_tanh(inner) or (self.tanh and _is_activation(inner)))
        if inner is not None and squash and (place := self.place(inner)):
            return Symbol(SLOPE, at=place[0])
        slope = node.of if isinstance(node, tree.Derivative) and node.kind != "total" and node.by == (Symbol("x"),) else None
        if isinstance(slope, Applied) and _is_activation(slope) and (place := self.place(slope)):
            return Symbol(SLOPE, at=place[0])
        if _is_activation(node) and (place := self.place(node)):
            return Symbol(VALUE, at=place[0])
        return rebuilt(node, rest)

    def place(self, node: Node) -> tuple[Node | None, ...]:
        """Where the argument is that of the field, () for another one."""
        return next(((place,) for place in (None, *PLACES) if _argument(node) == taken(self.argument, place)), ())

    def hides(self, node: Node) -> bool:
        """Is something differentiated that is made of the letters of the activation?"""
        return isinstance(node, tree.Derivative) and node.kind != "total" and bool({VALUE, SLOPE} & symbols(node.of))


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
