"""From t to t + eps: a stretch of a solution is a solution, with t for t0 and t + eps for t1, where nothing is known of its ends.

What is told of t - eps and t, up to O(eps^2), is told of t and t + eps.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

NOW = (None, Symbol("t"), Symbol("t", bound=True))
END, AHEAD = Symbol("x", at=Symbol("t1")), tree.Sum((Symbol("t"), Symbol("eps")))
BEFORE = tree.Sum((Symbol("t"), tree.Negative(Symbol("eps"))))
ENDS = ("start", "terminal", "sensitivity_start", "flow_start", "end_theta")


def stretched(left: Node, right: Node) -> tuple[Node, Node] | None:
    """Both sides over the horizon from t0 to t1; None where they integrate over no such stretch."""
    end = next((part.upper for side in (left, right) for part in walk(side) if isinstance(part, tree.Integral)), None)
    ahead = isinstance(end, tree.Sum) and len(end.terms) == 2 and end.terms[0] in NOW and isinstance(end.terms[1], Symbol)
    if not ahead or end is None:
        return None
    moved = _moved(left, end), _moved(right, end)
    names = {part.name for side in moved for part in walk(side) if isinstance(part, Symbol) and part.at in NOW[1:]}
    return None if names & {"x", "p", "w", "J", "J_a"} else moved


def shortened(left: Node, right: Node) -> tuple[Node, Node] | None:
    """dx(t + eps)/dx(t) for dx(t1)/dx(t), with all that stands at t1: eps is t1 - t; None where no such slope is told of."""
    nodes = [part for side in (left, right) for part in walk(side)]
    slopes = [part for part in nodes if isinstance(part, tree.Derivative) and isinstance(part.of, Symbol)]
    far = any(slope.of == END and slope.by in ((Symbol("x"),), (Symbol("x", at=Symbol("t")),)) for slope in slopes)
    return (_nearer(left), _nearer(right)) if far and not any(isinstance(part, tree.Integral | tree.Evaluated) for part in nodes) else None


def _nearer(node: Node) -> Node:
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name == "Psi" and node.by == (END,):
        return Symbol("p", at=AHEAD)  # of an end cost, the costate at the end
    if isinstance(node, Symbol) and node.at == Symbol("t1"):
        return replace(node, at=AHEAD)
    return rebuilt(node, _nearer)


def _moved(node: Node, end: Node) -> Node:
    """x(t) at t0 and x(t + eps) at t1, but for what is integrated."""
    if isinstance(node, tree.Integral):
        limits = {"lower": Symbol("t0") if node.lower in NOW else node.lower, "upper": Symbol("t1") if node.upper == end else node.upper}
        return replace(node, **limits)
    if isinstance(node, Symbol) and node.name in ("x", "p", "w"):
        return replace(node, at=Symbol("t0") if node.at in NOW else Symbol("t1") if node.at == end else node.at)
    return tree.Evaluated(node, (Symbol("t0"),)) if isinstance(node, Applied) else rebuilt(node, lambda child: _moved(child, end))


def later(left: Node, right: Node) -> tuple[Node, Node] | None:
    """Both sides one small step later; slopes without arguments stay, which changes no more than O(eps^2) as they stand beside eps."""
    nodes = [part for side in (left, right) for part in walk(side)]
    places = {getattr(part, "at", None) for part in nodes}
    return (_later(left), _later(right)) if BEFORE in places and AHEAD not in places and any(map(_is_second_order, nodes)) else None


def _is_second_order(node: Node) -> bool:
    """O(eps^2)."""
    return isinstance(node, tree.BigO) and not node.little and node.of == tree.Power(Symbol("eps"), tree.Number(Fraction(2)))


def _later(node: Node) -> Node:
    """x(t) for x(t - eps), x(t + eps) for x(t), t for t - eps."""
    if node in (BEFORE, Symbol("t")):
        return Symbol("t") if node == BEFORE else AHEAD
    if isinstance(node, tree.Derivative):
        return replace(node, of=_later(node.of))
    if isinstance(node, Symbol) and node.name in ("x", "p", "w"):
        return replace(node, at=AHEAD if node.at in NOW else None if node.at == BEFORE else node.at)
    return rebuilt(node, _later)
