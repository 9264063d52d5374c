"""Letters of one observation that stand in the cost: hat y_i = C z(t_i) + d, and r_i = y_i - C z(t_i) - d, put in from there on."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.usage import differentiates, head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.sampling import TIMES

Introduced = tuple[str, tuple[str, ...], Context] | None
EACH = "of each observation "  # before the name of such a letter, in what the notes say that it is
PREDICTED = ("hat", "tilde")


def residual(chain: tree.Chain, context: Context) -> Introduced:
    """r_i = y_i - C z(t_i) and hat y_i = C z(t_i), where no cost has told yet what is observed; y_i = C z(t_i) + eps_i is data."""
    pair = pair_of(chain)
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) and len(chain.sides) == 2 else None
    if pair is None or letter is None or not _is_new(letter, context) or differentiates(pair[1]):
        return None
    terms, index = tree.terms(pair[1]), letter.below[0]
    seen = [term for term in terms if any(_is_seen(part, index, context) for part in walk(term))]
    data = [term for term in terms if term not in seen and index in walk(term)]
    signs = {isinstance(term, tree.Negative) for term in seen}
    predicted = bool({*letter.accents} & {*PREDICTED}) and not data
    apart = bool(data) and signs.isdisjoint(isinstance(term, tree.Negative) for term in data)
    if len(signs) != 1 or not (predicted or apart):
        return None
    pieces = {**context.pieces, _piece(letter): tree.Chain((index, pair[1]), ("=",))}
    return "definition", (key(letter),), replace(context, pieces=pieces)


def _is_new(letter: tree.Letter, context: Context) -> bool:
    plain = len(letter.below) == 1 and isinstance(letter.below[0], tree.Letter) and not letter.above
    known = {letter.name, key(letter)} & context.letters.keys() and not letter.accents
    return plain and not known and context.over() == "time" and bool(context.of("x")) and not context.of("s")


def _is_seen(node: Node, index: Node, context: Context) -> bool:
    """z(t_i)."""
    time = node.arguments[0] if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
    there = isinstance(time, tree.Letter) and time.name in TIMES and time.below == (index,)
    return there and isinstance(node, tree.Call) and role_in(head(node), context) == "x"


def _piece(letter: tree.Letter) -> str:
    return f"{EACH}{' '.join((*letter.accents, letter.name))}"


def observed(node: Node, context: Context) -> Node:
    """y_k - C z(t_k) for r_k."""
    if not any(name.startswith(EACH) for name in context.pieces):
        return node
    letter = node if isinstance(node, tree.Letter) and len(node.below) == 1 and isinstance(node.below[0], tree.Letter) else None
    told = context.pieces.get(_piece(letter)) if letter is not None and not letter.above else None
    if letter is None or not isinstance(told, tree.Chain):
        return rebuilt(node, lambda child: observed(child, context))
    return _at(told.sides[1], told.sides[0], letter.below[0])


def _at(node: Node, index: Node, place: Node) -> Node:
    if isinstance(node, tree.Letter):
        return replace(node, below=tuple(place if mark == index else mark for mark in node.below))
    return rebuilt(node, lambda child: _at(child, index, place))
