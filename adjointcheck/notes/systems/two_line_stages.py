"""Methods whose stages are told in two lines, in any order, k_i = f(X_i) and X_i = x_n + h sum_j a_ij k_j, or behind the update.

Before the first formula is judged they are put together as the law of stages k_i = f(x_n + h sum_j a_ij k_j).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import walk
from adjointcheck.notes.letters.usage import differentiates, pair_of, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.stages import named, stage_definition, stage_law, stage_update, staged

Introduced = tuple[str, tuple[str, ...], Context] | None
Line = tuple[tree.Letter, Node]
LAW, STAGE, BEHIND = "the law of stages", "the state of a stage", "the law of stages behind the update"


def put_together(chains: Iterable[tree.Chain], context: Context) -> Context:
    """The context with the law of stages and the line of X_i, for when the notes come to them."""
    lines = [line for chain in chains if (line := _line(chain)) is not None]
    found = next(_laws(lines), None) if not staged(context) else None
    if found is not None:
        return replace(context, pieces={**context.pieces, LAW: found[0], STAGE: found[1]})
    behind = next(_behind(lines), None)
    return replace(context, pieces={**context.pieces, BEHIND: tree.Chain(behind, ("=",))}) if behind is not None else context


def _behind(lines: list[Line]) -> Iterator[Line]:
    """k_i = f(x_n + h sum_j a_ij k_j) or X_i = x_n + h sum_j a_ij f(X_j) further on than x_{n+1} = x_n + h sum_i b_i k_i."""
    for i, (letter, value) in enumerate(lines):
        summed = _summed(value) if successor(letter) is not None and not differentiates(value) else set()
        yield from (line for line in lines[i + 1 :] if named(line[0]) in summed & _summed(line[1]) and not differentiates(line[1]))


def _summed(node: Node) -> set[str]:
    """The letters in sums."""
    return {name for part in walk(node) if isinstance(part, tree.Series) for name in _names(part.body)}


def _line(chain: tree.Chain) -> Line | None:
    """A letter with one or two indices, and what it is."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    return (letter, pair[1]) if pair and isinstance(letter, tree.Letter) and len(letter.below) in (1, 2) else None


def _laws(lines: list[Line]) -> Iterator[tuple[tree.Chain, tree.Chain]]:
    """k_i = f(x_n + h sum_j a_ij k_j) and X_i = x_n + h sum_j a_ij k_j, where k_i = f(X_i)."""
    for slope, call in lines:
        inner = [part for part in call.arguments if _is_stage(part, slope)] if isinstance(call, tree.Call) else []
        for stage, value in lines if len(inner) == 1 else ():
            if isinstance(call, tree.Call) and stage == inner[0] and named(slope) in _names(value):
                arguments = tuple(value if part == stage else part for part in call.arguments)
                yield tree.Chain((slope, replace(call, arguments=arguments)), ("=",)), tree.Chain((stage, value), ("=",))


def _is_stage(node: Node, slope: tree.Letter) -> bool:
    return isinstance(node, tree.Letter) and node.below == slope.below and node.name != slope.name


def _names(node: Node) -> set[str]:
    return {named(part) for part in walk(node) if isinstance(part, tree.Letter)}


def stage_line(chain: tree.Chain, context: Context) -> Introduced:
    """One of the lines of such a method, where the notes come to it: from the first one on both laws hold."""
    law, stage, pair = context.pieces.get(LAW), context.pieces.get(STAGE), pair_of(chain)
    if isinstance(behind := context.pieces.get(BEHIND), tree.Chain):
        return _update_first(chain, behind, context)
    if not isinstance(law, tree.Chain) or not isinstance(stage, tree.Chain) or pair is None:
        return None
    slopes, states = (named(part) for part in (law.sides[0], stage.sides[0]) if isinstance(part, tree.Letter))
    own = isinstance(pair[0], tree.Letter) and named(pair[0]) in (slopes, states) and {slopes, states} <= _names(chain)
    if own and staged(context):
        return "assumption", (), context
    sums = any(isinstance(part, tree.Series) and slopes in _names(part) for part in walk(pair[1]))
    found = stage_law(law, context) if own or (sums and not staged(context)) else None
    known = stage_definition(stage, found[2]) if found is not None else None
    if known is None:
        return None
    return ("assumption", (slopes, states), known[2]) if own else stage_update(chain, known[2])


def _update_first(chain: tree.Chain, behind: tree.Chain, context: Context) -> Introduced:
    """The update that comes before the law of stages, and then that law."""
    if staged(context):
        return ("assumption", (), context) if pair_of(chain) == behind.sides else None
    found = stage_law(behind, context)
    return stage_update(chain, found[2]) if found is not None else None
