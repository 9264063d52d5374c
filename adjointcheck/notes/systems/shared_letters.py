"""Stages in the letters of the state and the costate: y_{n,i} = y_n + h sum_m a_im f(y_{n,m}), and p_{n,i} beside p_n."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

OPTION = "stages share letters"  # the index of time steps, and the letters


def sharing(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letters that have an index more at the stages of a time step."""
    chains = list(chains)
    law = next((pair[0] for chain in chains if (pair := pair_of(chain)) is not None and _is_law(*pair)), None)
    letters = [part for chain in chains for part in walk(chain) if isinstance(part, tree.Letter) and not (part.above or part.accents)]
    if not isinstance(law, tree.Letter) or not isinstance(index := law.below[0], tree.Letter):
        return context
    counted = {part.name for part in letters if len(part.below) == 1 and index in walk(part.below[0])}
    doubled = {part.name for part in letters if _is_doubled(part, index.name)} & counted
    named = sorted(name for name in doubled if name not in USUAL_CONTROLS and role_in(tree.Letter(name), context) != "w")
    return replace(context, options={**context.options, OPTION: " ".join([index.name, *named])})


def _is_law(left: Node, right: Node) -> bool:
    """y_{n,i} = y_n + sum ... y_{n,m} ..."""
    if not isinstance(left, tree.Letter) or len(left.below) != 2 or left.accents or left.above:
        return False
    sums = [part for part in walk(right) if isinstance(part, tree.Series) and part.index is not None]
    again = any(isinstance(part, tree.Letter) and part.name == left.name and part.below == (left.below[0], series.index)
                for series in sums for part in walk(series.body))
    return again and replace(left, below=left.below[:1]) in tree.terms(right)


def _is_doubled(letter: tree.Letter, index: str) -> bool:
    first = letter.below[0] if len(letter.below) == 2 else None
    return isinstance(first, tree.Letter) and first.name == index and not (first.below or first.above)


def apart(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with letters of their own for the stages."""
    index, _, names = context.option(OPTION).partition(" ")
    made = _apart(chain, index, names.split()) if names else chain
    assert isinstance(made, tree.Chain)
    return made


def _apart(node: Node, index: str, names: list[str]) -> Node:
    if isinstance(node, tree.Letter) and node.name in names and _is_doubled(node, index):
        return replace(node, name=f"stage {node.name}")
    return rebuilt(node, lambda child: _apart(child, index, names))
