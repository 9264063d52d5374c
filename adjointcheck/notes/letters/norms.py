"""Equal norms of equal vectors: int |a|^2 dt = int |b|^2 dt follows from a = b."""

from __future__ import annotations

from adjointcheck.notes.letters.quantities import Symbol
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

NORMS = ("norm", "abs")
STARTS, ENDS = (None, Symbol("t0")), (None, Symbol("t1"))


def under_norms(left: Node, right: Node) -> tuple[Node, Node] | None:
    """(a, b) of -int |a|^2 dt = -int |b|^2 dt over the whole horizon, of |a|^2 = |b|^2 and of |a| = |b|; None for anything else."""
    match left, right:
        case tree.Negative(one), tree.Negative(other):
            return under_norms(one, other)
        case tree.Integral(), tree.Integral() if left.by == right.by and _is_whole(left) and _is_whole(right):
            return under_norms(left.body, right.body)
        case tree.Power(one, exponent), tree.Power(other, again) if exponent == again:
            return under_norms(one, other)
        case tree.Function(name, (one,), None), tree.Function(again, (other,), None) if {name, again} <= {*NORMS}:
            return one, other
    return None


def _is_whole(node: tree.Integral) -> bool:
    return node.lower in STARTS and node.upper in ENDS
