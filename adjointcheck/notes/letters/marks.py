"""A mark above letters that means a variation: where d\\hat x/dt = f_x \\hat x stands, \\hat u is delta u, and \\hat J delta J."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.quantities import rebuilt, walk
from adjointcheck.notes.letters.usage import head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

OPTION = "variation mark"
MARKS = ("hat", "tilde", "check", "breve")
VARIED = ("x", "x0", "w", "theta", "p", "J")


def marked(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the mark of the letter that moves by a linear law, where the notes have the same letter without it as what moves."""
    chains = list(chains)
    rates = {letter for chain in chains if (letter := _rate(chain)) is not None}
    states = {tree.Letter(known.letter) for known in context.of("x")} | rates
    called = (chain for chain in chains if any(isinstance(part, tree.Call) for part in walk(chain)))
    general = {letter for chain in called if (letter := _rate(chain)) is not None}
    found = {mark for chain in chains if (mark := _mark(chain, states, general))}
    return replace(context, options={**context.options, OPTION: found.pop()}) if len(found) == 1 else context


def _rate(chain: tree.Chain) -> tree.Letter | None:
    pair = pair_of(chain)
    letter = moving(pair[0]) if pair else None
    return replace(letter, above=(), below=()) if letter is not None else _dotted(pair[0]) if pair else None


def _dotted(node: Node) -> tree.Letter | None:
    """\\hat x of \\dot{\\hat x}."""
    letter = head(node)
    marks = letter.accents if letter is not None else ()
    return replace(letter, accents=marks[:-1]) if letter is not None and len(marks) > 1 and marks[-1] == "dot" else None


def _mark(chain: tree.Chain, states: set[tree.Letter], general: set[tree.Letter]) -> str:
    """hat of d\\hat x/dt = f_x \\hat x + f_u \\hat u, A \\hat x + B \\hat u beside f(x, u): every term ends in a letter with this mark."""
    letter, pair = _rate(chain), pair_of(chain)
    mark = letter.accents[0] if letter is not None and len(letter.accents) == 1 and letter.accents[0] in MARKS else ""
    if letter is None or pair is None or not mark or replace(letter, accents=()) not in states:
        return ""
    sloped = any(isinstance(part, tree.Derivative) for part in walk(pair[1])) or any(
        isinstance(part, tree.Letter) and replace(letter, accents=()) in part.below for part in walk(pair[1]))
    ends = [head(term.factors[-1]) if isinstance(term, tree.Product) else None for term in tree.terms(pair[1])]
    linear = sloped or replace(letter, accents=()) in general  # another state of a linear system moves so too
    return mark if linear and letter in ends and all(end is not None and end.accents == (mark,) for end in ends) else ""


def unmarked(node: Node, context: Context) -> Node:
    """delta x for \\hat x, where the hat means so."""
    mark = context.option(OPTION)
    if not mark:
        return node
    if not isinstance(node, tree.Letter) or node.accents not in ((mark,), (mark, "dot")):
        return rebuilt(node, lambda child: unmarked(child, context))
    bare = replace(node, accents=())
    if role_in(bare, context) not in VARIED or key(node) in context.letters:
        return node
    varied = tree.Variation(bare, span=node.span)
    return varied if node.accents == (mark,) else tree.Derivative(varied, (tree.Letter("t"),), "total", span=node.span)
