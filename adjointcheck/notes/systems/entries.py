"""Fields that are told by their own name: f(x, u) = (x_2, -x_1 + u), f(x, u) = -x^3 + u, or f_1 = x_2 and f_2 = u, of xdot = f(x, u)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import walk
from adjointcheck.notes.letters.usage import head, moving, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Fields = Mapping[str, tree.Letter]  # {f: x} of xdot = f(x, u)


def fields_of(chains: Iterable[tree.Chain], context: Context) -> Fields:
    """The state that each field moves."""
    whole = next((tree.Letter(known.letter) for known in context.of("x")), None)
    found = {known.letter: whole for known in context.of("f")} if whole is not None else {}
    for pair in filter(None, map(pair_of, chains)):
        letter, function = moving(pair[0]), head(pair[1])
        if letter and function and not letter.below and isinstance(pair[1], tree.Call) and letter in map(head, pair[1].arguments):
            found.setdefault(key(function), letter)
    return found


def as_motion(chain: tree.Chain, fields: Fields) -> tree.Chain:
    """xdot = (x_2, -x_1 + u) for f(x, u) = (x_2, -x_1 + u), xdot = -x^3 + u for f(x, u) = -x^3 + u; any other line as it is."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    state = fields.get(key(replace(letter, below=()))) if letter is not None and not letter.accents else None
    if pair is None or letter is None or state is None or len(chain.sides) > 2 or isinstance(pair[0], tree.Derivative):
        return chain
    cells, number = cells_of(pair[1]), letter.below[0] if len(letter.below) == 1 else None
    if isinstance(number, tree.Number) and not cells:
        return replace(chain, sides=(_rate(state, number), pair[1]))
    rates = [_rate(state, tree.Number(Fraction(i))) for i in range(1, len(cells) + 1)]
    if len(cells) > 1 and not letter.below and any(replace(rate, accents=()) in walk(pair[1]) for rate in rates):
        return replace(chain, sides=(tree.Vector(tuple((rate,) for rate in rates)), tree.Vector(tuple((cell,) for cell in cells))))
    matrices = any(isinstance(part, tree.Letter) and part.name[:1].isupper() for part in walk(pair[1]))
    named = isinstance(pair[0], tree.Call) or state in walk(pair[1])  # f = -theta x is as good as f(x) = -theta x
    scalar = named and not (cells or letter.below or matrices)
    return replace(chain, sides=(_rate(state), pair[1])) if scalar else chain


def entry_motion(chain: tree.Chain, context: Context) -> tree.Chain:
    """x_1-dot = x_2 for f_1 = x_2, in notes that write the field out."""
    letter = head(chain.sides[0])
    numbered = letter is not None and len(letter.below) == 1 and isinstance(letter.below[0], tree.Number)
    return as_motion(chain, fields_of((), context)) if numbered and context.parts("x") else chain


def _rate(state: tree.Letter, *number: tree.Number) -> tree.Letter:
    return replace(state, below=number, accents=("dot",))


def cells_of(node: Node) -> tuple[Node, ...]:
    """The entries of a column or a row."""
    node = node.of if isinstance(node, tree.Transposed) else node
    one = isinstance(node, tree.Vector) and 1 in (len(node.rows), *map(len, node.rows))
    return tuple(cell for row in node.rows for cell in row) if isinstance(node, tree.Vector) and one else ()

