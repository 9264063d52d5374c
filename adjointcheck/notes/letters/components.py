"""Components by letters, x_i, f_j and df_i/dx_j: which letters no sum binds, of what they count, and the sums that they imply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from adjointcheck.expression.node import ZERO
from adjointcheck.notes.letters.indices import Unclear
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

DIMENSIONS = {"x": "n", "p": "n", "f": "n", "x0": "n", "v": "n", "w": "k", "theta": "m", "a_theta": "m"}
_MANY = (tree.Sum, tree.Negative, tree.Integral, tree.Evaluated, tree.Variation, tree.Transposed)


def index_of(node: Node) -> str:
    """i of x_i and f_i; "" for anything whole, numbered or observed."""
    part = node.part[0] if isinstance(node, Symbol | Applied) and node.part and node.name in DIMENSIONS else None
    return part.name if isinstance(part, Symbol) and part.bound else ""


def indexed(node: Node) -> bool:
    """Does it speak of components by letters?"""
    return any(index_of(part) for part in walk(node))


def free(node: Node) -> frozenset[str]:
    """The index letters that no sum binds."""
    if isinstance(node, tree.Series) and isinstance(node.index, Symbol):
        return free(node.body) - {node.index.name}
    return frozenset({index_of(node)} - {""}).union(*map(free, children(node)))


def consistent(sides: Iterable[Node]) -> None:
    """Raises Unclear where terms or sides that are not 0 have different free letters."""
    sides = list(sides)
    sums = [part.terms for side in sides for part in walk(side) if isinstance(part, tree.Sum)]
    for together in (sides, *sums):
        if len({free(side) for side in together if side != tree.Number(ZERO.value) and not isinstance(side, tree.BigO)}) > 1:
            raise Unclear("different index letters in what is added or compared", "the same letters everywhere")


def extent(node: Node, letter: str) -> str:
    """x, w or theta, of whose size a letter is an index."""
    owners = {"n": "x", "k": "w", "m": "theta"}
    found = (part.name for part in walk(node) if isinstance(part, Symbol | Applied) and index_of(part) == letter)
    return next((owners[DIMENSIONS[name]] for name in found), "")


def implied(sides: Iterable[Node]) -> tuple[Node, ...]:
    """p_i df_i/dx_j is summed over i, where i stands twice in every term that has it: the summation convention."""
    sides = tuple(sides)
    once = {letter for side in sides for counts in _counts(side) for letter, count in counts.items() if count != 2}
    return tuple(_implied(side, once) for side in sides)


def _counts(node: Node) -> Iterator[Counter[str]]:
    """How often each unbound letter stands in each term."""
    if isinstance(node, _MANY):
        for child in children(node):
            yield from _counts(child)
    else:
        yield Counter(letter for part in walk(node) if (letter := index_of(part)) in free(node))


def _implied(node: Node, once: set[str]) -> Node:
    if isinstance(node, _MANY):
        return rebuilt(node, lambda child: _implied(child, once))
    for letter in sorted(free(node) - once):
        node = tree.Series("sum", node, Symbol(letter, bound=True), None, None)
    return node
