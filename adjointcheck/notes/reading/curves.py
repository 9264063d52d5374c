"""In the calculus of variations the rate of the curve is what is chosen: y' is read as a control of y-dot = u, F_{y'} as F_u.

    y', y-dot, dy/dx, y'(b)    ->  the control          y'', y-ddot, d^2 y/dx^2  ->  its rate
    eta, eta', eta(a)          ->  the variation of y, of the control, of y(a)
    F_y, F_{y'}, F_x           ->  the partial derivatives of the integrand F
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node, rebuilt


@dataclass(frozen=True)
class Curve:
    """The letters of a curve, of its variation, and of the integrand: y, eta of y + epsilon eta, F; "-" where the notes have none."""

    name: str
    varied: str = "-"
    integrand: str = "-"


def rate_name(curve: str) -> str:
    """The letter of the rate as a control, which no text can spell."""
    return f"dot {curve}"


def along(node: Node, curve: Curve) -> Node:
    """The tree with the control for the rate of the curve."""
    if isinstance(node, tree.Variation) and (functional := _towards(node.of, curve)) is not None:
        return replace(node, of=functional)
    if isinstance(node, tree.Letter) and node.name == curve.integrand and node.below:
        by = tuple(along(letter, curve) for letter in node.below)
        slots = (curve.name, rate_name(curve.name))  # F_x is left to those who know whether F is a function
        sloped = not node.above and all(isinstance(letter, tree.Letter) and letter.name in slots for letter in by)
        return replace(tree.Derivative(replace(node, below=()), by, "partial"), span=node.span) if sloped else replace(node, below=by)
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Letter) and node.function.name == curve.integrand:
        function = rebuilt(node.function, lambda child: along(child, curve))
        return replace(node, function=function, arguments=tuple(along(argument, curve) for argument in node.arguments))
    letter, order = _rate(node)
    if letter is None or letter.below or letter.name not in (curve.name, curve.varied) or (not order and letter.name == curve.name):
        return rebuilt(node, lambda child: along(child, curve))
    rate = tree.Letter(rate_name(curve.name), accents=("d" * (order - 2) + "dot",) * (order > 1))
    made: Node = rate if order else tree.Letter(curve.name)
    inner = node.of if isinstance(node, tree.Derivative) else node
    if isinstance(inner, tree.Call):
        made = replace(inner, function=made, arguments=tuple(along(argument, curve) for argument in inner.arguments))
    return replace(tree.Variation(made) if letter.name == curve.varied else made, span=node.span)


def _towards(node: Node, curve: Curve) -> Node | None:
    """I of delta I(eta), delta I(y; eta) and delta I[y, eta]."""
    if not isinstance(node, tree.Call):
        return None
    names = [getattr(argument, "name", "") for argument in node.arguments]
    return node.function if names[-1:] == [curve.varied] and {*names} <= {curve.name, curve.varied} else None


def _rate(node: Node) -> tuple[tree.Letter | None, int]:
    """y and how often it is differentiated, in y, y', y''(a), y-dot, dy/dt and d^2 y/dt^2."""
    if isinstance(node, tree.Derivative) and node.kind == "total" and node.by == (tree.Letter("t"),) * len(node.by):
        letter, order = _rate(node.of)
        return letter, order + len(node.by)
    function = node.function if isinstance(node, tree.Call) else node
    if not isinstance(function, tree.Letter):
        return None, 0
    marks = [getattr(mark, "name", "") for mark in function.above]
    if (function.accents and marks) or {*marks} - {"prime"} or {*function.accents} - {"dot", "ddot"}:
        return None, 0
    return replace(function, above=(), accents=()), len(marks) + sum(accent.count("d") for accent in function.accents)


def rate_of(node: Node) -> str:
    """y of y', y-dot, dy/dt and y'(t); "" of all else, such as the slope sigma'(W z + b)."""
    letter, order = _rate(node)
    composed = isinstance(node, tree.Call) and any(isinstance(part, tree.Sum | tree.Product) for part in node.arguments)
    return letter.name if letter is not None and order == 1 and not (letter.below or composed) else ""
