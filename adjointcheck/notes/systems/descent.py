"""Steps along a gradient: w <- w - eta (L_w + p f_w)^T, in any layout, is right where what stands behind eta is dJ/dw.

    w + eta g:   dJ/d eta = dJ/dw g, so that J falls to first order with g = -dJ/dw, and climbs with g = dJ/dw
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.finding import Counterexample
from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.meaning import Symbol, Unknown, resolve, unknown
from adjointcheck.notes.letters.usage import head, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

STEPPED = ("w", "theta", "x0")
AGAINST = "the step goes against its goal"
NO_SLOPE = "the step is said to be one along the gradient, and is not along it"
DESCENT = re.compile(r"gradient[- ](?:descent|ascent|step|method)|steepest (?:de|a)scent|gradienten?(?:abstieg|schritt|verfahren)"
                     r"|(?:descente|pas|méthode) d[eu] gradient|descenso (?:de|del|por) gradiente|discesa del gradiente"
                     r"|градиентн\w+ спуск|梯度下降|勾配降下")
OTHERWISE = re.compile(r"stochast|sgd|batch|momentum|precondition|proje[ck]t|proximal|conjugate|newton|adam\b|without|alone|only")
CLIMBS = Counterexample((("any problem", "where dJ/dw is not 0"),), "dJ/d eta = |dJ/dw|^2", "dJ/d eta = -|dJ/dw|^2", "the other way")


def slopes(right: Node, context: Context) -> Iterator[tuple[bool, Node, Node]]:
    """(is it the right way, dJ/dw, what it has to be) for w - eta g; nothing for any other step."""
    start, *steps = _terms(right)
    directions = [found for step in steps if (found := _direction(step)) is not None]
    if not is_stepped(start, context) or not isinstance(start, Symbol) or not steps or len(directions) < len(steps):
        return
    goal = context.option("goal") or ("" if context.option("something is") else "min")  # J, or H: words alone do not say
    if len({size for size, _ in directions}) > 1 or not goal:
        return
    place = Symbol("t") if context.over() == "time" and start.name in ROLES and ROLES[start.name].kind == "path" else start.at
    slope = tree.Derivative(Symbol("J"), (replace(start, at=place),), "total")
    uphill = tree.summed(part for _, part in directions)
    rising = goal == "max"
    for way, direction in ((rising, uphill), (not rising, tree.Negative(uphill))):
        yield from ((way, side, direction) for side in (slope, tree.Transposed(slope)))


def decreasing(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """J(u - s g) <= J(u) - c s |g|^2 with a new number c, Armijo's rule for s."""
    left = chain.sides[0]
    moved = isinstance(left, tree.Call) and any(isinstance(argument, tree.Sum) for argument in left.arguments)
    if not moved or chain.relations not in (("<=",), ("<",)) or role_in(head(left), context) != "J":
        return None
    terms = tree.terms(resolve(chain.sides[1], context))
    return ("assumption", (), context) if Symbol("J") in terms and any(map(unknown, terms)) else None


def says_descent(sentence: str) -> bool:
    """Does it call the step one along the gradient, and not along some other direction made of it?"""
    return bool(DESCENT.search(sentence.lower())) and not OTHERWISE.search(sentence.lower())


def scales(direction: Node, context: Context) -> Iterator[Node]:
    """The direction times what a step size may hold: 2, 1/2, and the time step of layers."""
    numbers = [tree.Number(Fraction(2)), tree.Number(Fraction(1, 2))]
    yield from (tree.Product((number, direction)) for number in numbers)
    if context.of("h"):
        yield tree.Product((Symbol("h"), direction))
        yield tree.Quotient(direction, Symbol("h"))


def is_stepped(node: Node, context: Context) -> bool:
    """An input: w, theta, x_0, or W_l of a law of layers."""
    known = next(iter(context.of(node.name)), None) if isinstance(node, Symbol) and not node.part else None
    layer = known is not None and known.symbol not in ROLES and known.body is None and known.kind == "path" and context.over() == "layers"
    return isinstance(node, Symbol) and not node.part and (node.name in STEPPED or layer)


def _terms(right: Node) -> list[Node]:
    """w and -eta a w of (1 - eta a) w."""
    first, *steps = tree.terms(right)
    scale = first.factors[0] if isinstance(first, tree.Product) and len(first.factors) == 2 else None
    if not isinstance(scale, tree.Sum) or not isinstance(first, tree.Product) or scale.terms[0] != tree.Number(Fraction(1)):
        return [first, *steps]
    return [first.factors[1], *(_times(term, first.factors[1]) for term in scale.terms[1:]), *steps]


def _times(term: Node, factor: Node) -> Node:
    if isinstance(term, tree.Negative):
        return tree.Negative(_times(term.of, factor))
    return tree.Product((*(term.factors if isinstance(term, tree.Product) else (term,)), factor))


def _direction(step: Node) -> tuple[str, Node] | None:
    """(eta, g) of eta g, -eta g."""
    inner = tree.unsigned(step)
    size = inner.factors[0] if isinstance(inner, tree.Product) and len(inner.factors) > 1 else None
    name = size.letter if isinstance(size, Unknown) else size.name if isinstance(size, Symbol) and size.name not in ROLES else ""
    if not name or not isinstance(inner, tree.Product):
        return None
    rest = inner.factors[1] if len(inner.factors) == 2 else replace(inner, factors=inner.factors[1:], dots=())
    return name, tree.Negative(rest) if isinstance(step, tree.Negative) else rest
