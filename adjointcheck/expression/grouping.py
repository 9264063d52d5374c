"""Sorting the summands of two long sums apart, so that each group may cancel alone.

A guess that nothing rests on: whoever proves every group has proved the sums, however they were sorted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from adjointcheck.expression.node import Expression, walk

Counts = Mapping[Expression, int]


def labels(left: Sequence[Expression], right: Sequence[Expression]) -> list[int]:
    """A label for each summand of both sides, `left` first; summands that hold each other's rarest part share one.

    That part stands on both sides if it can, in as few summands as possible, and is the largest such: v.delta in
    dF/dv v.delta, f in dPsi/dx f.  The cost is linear in the sizes of the summands.
    """
    parts = [walk([term]) for term in (*left, *right)]
    here, there = (Counter(node for nodes in side for node in nodes) for side in (parts[: len(left)], parts[len(left) :]))
    chosen = {_rarest(nodes, here, there) for nodes in parts}
    parent, first = list(range(len(parts))), dict[Expression, int]()
    for i, nodes in enumerate(parts):
        for node in nodes:
            if node in chosen:
                parent[_root(parent, i)] = _root(parent, first.setdefault(node, i))
    return [_root(parent, i) for i in range(len(parts))]


def _rarest(nodes: Sequence[Expression], here: Counts, there: Counts) -> Expression:
    """Of `nodes`, arguments before users, the last among those in fewest summands, one of each side at least."""
    shared = [node for node in nodes if node in here and node in there] or nodes
    return min(reversed(shared), key=lambda node: here.get(node, 0) + there.get(node, 0))


def _root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        parent[i] = i = parent[parent[i]]
    return i
