"""Methods that count their time steps by where they end, y_n = y_{n-1} + h_n sum_i b_i f(t_{n,i}, z_i): read as y_{n+1} = y_n + h sum_i ...

What such notes say for every n holds for n + 1 as well.  The step h_n loses its index; that of another time step is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

OPTION, NODES = "counted back", "c"
ONE = tree.Number(Fraction(1))


def ending(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With n of y_n = y_{n-1} + h_n sum_i b_i f(z_i), and the letter of the time step."""
    for chain in chains:
        pair = pair_of(chain)
        letter = pair[0] if pair else None
        index = letter.below[0] if isinstance(letter, tree.Letter) and len(letter.below) == 1 and not letter.above else None
        if pair is None or not isinstance(letter, tree.Letter) or not isinstance(index, tree.Letter) or index.below:
            continue
        before = replace(letter, below=(tree.Sum((index, tree.Negative(ONE))),))
        steps = [factor.name for term in tree.terms(pair[1]) if isinstance(term, tree.Product) for factor in term.factors
                 if isinstance(factor, tree.Letter) and factor.below in ((), (index,)) and any(map(_is_weighed, term.factors))]
        if before in tree.terms(pair[1]) and len(steps) == 1:
            return replace(context, options={**context.options, OPTION: f"{index.name} {steps[0]}"})
    return context


def _is_weighed(node: Node) -> bool:
    """sum_i b_i f(z_i)."""
    parts = [part for part in walk(node.body) if isinstance(part, tree.Letter)] if isinstance(node, tree.Series) else []
    return isinstance(node, tree.Series) and any(part.below == (node.index,) for part in parts)


def forward(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with time steps counted by where they start."""
    index, _, step = context.option(OPTION).partition(" ")
    if not index:
        return chain
    made = _forward(chain, tree.Letter(index), step)
    assert isinstance(made, tree.Chain)
    return made


def _forward(node: Node, index: tree.Letter, step: str) -> Node:
    node = rebuilt(node, lambda child: _forward(child, index, step))
    if not isinstance(node, tree.Letter) or not node.below:
        return node
    if node.name == step:
        return replace(node, below=()) if node.below == (index,) else tree.Letter(f"{step} of another time step")
    if node.name == "t" and len(node.below) == 2 and node.below[0] == index:  # t_{n,i}
        shift = tree.Product((tree.Letter(NODES, below=node.below[1:]), tree.Letter(step)))
        return tree.Sum((replace(node, below=(index,)), shift))
    return replace(node, below=tuple(_next(part, index) for part in node.below))


def _next(node: Node, index: tree.Letter) -> Node:
    """n + 1 for n, n for n - 1."""
    if node == index:
        return tree.Sum((index, ONE))
    if isinstance(node, tree.Sum) and node.terms == (index, tree.Negative(ONE)):
        return index
    return rebuilt(node, lambda child: _next(child, index))
