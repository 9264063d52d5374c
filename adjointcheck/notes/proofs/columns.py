"""Derivatives by one parameter theta_k as columns of those by all: an equation for every k is one of whole vectors.

    ds_k/dt = f_x s_k + df/dtheta_k     as     dS/dt = f_x S + f_theta
"""

from __future__ import annotations

from collections.abc import Iterator

from adjointcheck.notes.letters.components import free, index_of
from adjointcheck.notes.letters.meaning import Symbol, children, rebuilt, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

_MANY = (tree.Sum, tree.Negative, tree.Integral, tree.Evaluated)


def side_by_side(left: Node, right: Node) -> tuple[Node, Node] | None:
    """Both sides by the whole of theta; None where another thing is counted, or a term does not have one such derivative."""
    letters = free(left) | free(right)
    if len(letters) != 1:
        return None
    (letter,) = letters
    counts = [_count(term, letter) for side in (left, right) for term in _terms(side)]
    return (_whole(left), _whole(right)) if all(count == 1 for count in counts) else None


def _terms(node: Node) -> Iterator[Node]:
    """What is added, without zeros."""
    if isinstance(node, _MANY) or _over_observations(node):
        inner = node.body if isinstance(node, tree.Integral | tree.Series) else node.of if isinstance(node, tree.Evaluated) else None
        parts = children(node) if inner is None else (inner,)
        for child in parts:
            yield from _terms(child)
    elif not (isinstance(node, tree.Number) and node.value == 0):
        yield node


def _over_observations(node: Node) -> bool:
    return isinstance(node, tree.Series) and any(isinstance(part, Symbol) and part.name == "s" for part in walk(node.body))


def _count(term: Node, letter: str) -> int:
    """How many derivatives by theta_k it has; 2 where the letter counts something else."""
    if isinstance(term, tree.Product | tree.Quotient):
        inner = [max([_count(part, letter) for part in _terms(factor)], default=0) for factor in children(term)]
        same = all(len({_count(part, letter) for part in _terms(factor)}) <= 1 for factor in children(term))
        return sum(inner) if same else 2
    if isinstance(term, tree.Derivative) and [index_of(by) for by in term.by] == [letter] and isinstance(term.by[0], Symbol):
        return 1 if term.by[0].name == "theta" and not _speaks(term.of, letter) else 2
    if isinstance(term, tree.Derivative) and term.by in ((), (Symbol("t"),)):
        return _count(term.of, letter)
    return 2 if _speaks(term, letter) else 0


def _speaks(node: Node, letter: str) -> bool:
    return any(index_of(part) == letter for part in walk(node))


def _whole(node: Node) -> Node:
    if isinstance(node, tree.Derivative) and any(map(index_of, node.by)):
        return tree.Derivative(node.of, (Symbol("theta"),), node.kind)
    return rebuilt(node, _whole)
