"""Bounds of controls and states: with them an optimum need not be where the slope vanishes."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from adjointcheck.notes.letters.meaning import Symbol, Unknown, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

BOUNDS = frozenset("< > <= >= << >> succeq preceq succ prec in notin subset perp".split())  # but no !=, which leaves an open set
STRICT = frozenset(("<", ">"))  # an optimum in an open set of controls lies inside
STARTS = (tree.Number(Fraction(0)), Symbol("t0"))


def is_set(left: Node, right: Node) -> bool:
    """U = [0, 1], U = [0, 1]^m, U = {u : |u| <= 1}; no column B = [0; 1], and no argmin over v in R^m."""
    told = any(isinstance(part, tree.Chain) and _encloses(part) for part in walk(right))
    rows = any(isinstance(part, tree.Vector) and len(part.rows) == 1 for part in walk(right))
    return told or (isinstance(left, Unknown) and rows and "x" not in symbols(right))


def _encloses(chain: tree.Chain) -> bool:
    pairs = zip(chain.relations, chain.sides[1:], strict=True)
    return any(relation in BOUNDS and not _is_space(side, relation) for relation, side in pairs)


def _is_space(node: Node, relation: str) -> bool:
    """R^m, and a set that is only named."""
    return isinstance(node, tree.Power) or (isinstance(node, Unknown) and relation in ("in", "subset"))


def bounded(left: Node, right: Node, relation: str, inside: Iterable[Node]) -> frozenset[str]:
    """Bounds on the control and on the state change what is optimal; u > 0, u in U, a set only named, and x(0) >= 0 bound nothing."""
    if relation not in BOUNDS or _is_regular(left) or _is_space(right, relation):
        return frozenset()
    parts = [part for side in (_ranged(left), right, *inside) for part in walk(side)]
    names = {part.name for part in parts if isinstance(part, Symbol) and part.at not in STARTS}
    bound = names & ({"x"} if relation in STRICT else {"x", "w"})
    return frozenset({"optimum"}) if bound and not names & {"p", "J", "J_a"} else frozenset()


def _ranged(left: Node) -> Node:
    """t of u(t), t in [0, T], which is what lies there."""
    last = left.rows[-1][-1] if isinstance(left, tree.Vector) else left
    return last if last == Symbol("t") else left


def _is_regular(node: Node) -> bool:
    """H_uu > 0, F_{y'y'} != 0: Legendre's condition, which every optimum of the settings satisfies."""
    twice = isinstance(node, tree.Derivative) and [getattr(by, "name", "") for by in node.by] == ["w", "w"]
    return twice and isinstance(node, tree.Derivative) and getattr(node.of, "name", "") in ("L", "H")
