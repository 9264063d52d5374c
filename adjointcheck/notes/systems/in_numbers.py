"""The data of an example in numbers, A = [[0, 1], [0, 0]], Q = I_2, x_0 = (1, 0), in a problem that is told with letters.

What is proved for any matrices holds for these; what is wrong in general may be so for them.
"""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, resolve, walk
from adjointcheck.notes.letters.usage import head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.values import number_of

IN_NUMBERS = "data in numbers"
MAY_BE_SO = "it is not so in general, and may be so for the numbers that the notes give"
UNTOLD = "no line says what H is, and it may be another letter than the Hamiltonian"


def data(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """Q = I_2 of any Q of before; and from there on x_1-dot = x_2 and J = x_1(T)^2 + ..., the example in components."""
    pair = pair_of(chain)
    if pair is None or len(chain.sides) != 2 or context.parts("x"):
        return None
    if isinstance(pair[0], tree.Letter) and _is_open(resolve(pair[0], context), context) and _is_numeric(pair[1]):
        return "assumption", (), replace(context, options={**context.options, IN_NUMBERS: "yes"})
    return ("assumption", (), context) if context.option(IN_NUMBERS) and _in_components(*pair, context) else None


def may_be_so(left: Node, right: Node, context: Context) -> str:
    """Why a line that is wrong in general is left open: the notes give numbers, or set an H to 0 of which they tell nothing."""
    untold = left == Applied("H") and isinstance(right, tree.Number) and not any(known.body for known in context.of("H"))
    return MAY_BE_SO if context.option(IN_NUMBERS) else UNTOLD if untold else ""


def _in_components(left: Node, right: Node, context: Context) -> bool:
    """The rate of x_1, or the cost as an integral of x_1, where the notes have told of a whole x before."""
    parts = (part for part in walk(right) if isinstance(part, tree.Letter))
    paid = role_in(head(left), context) == "J" and any(isinstance(part, tree.Integral) for part in walk(right))
    letters = parts if paid else filter(None, [moving(left)])
    return any(letter.below and role_in(replace(letter, below=()), context) == "x" for letter in letters)


def _is_open(left: Node, context: Context) -> bool:
    """A matrix or a vector of the notes that may be any, or the start."""
    if not isinstance(left, Symbol) or left.part or left.at is not None:
        return False
    known = next(iter(context.of(left.name)), None)
    free = known is not None and (known.kind, known.body, left.name) == ("constant", None, own(known.letter)) and known.shape != ("1", "1")
    return free or left.name == "x0"


def _is_numeric(node: Node) -> bool:
    """A matrix of numbers, I_2, diag(1, 2), 10 I."""
    match node:
        case tree.Transposed(of=of):
            return _is_numeric(of)
        case tree.Vector(rows=rows):
            return all(number_of(cell) is not None for row in rows for cell in row)
        case tree.Function(name="diag", arguments=entries):
            return all(number_of(entry) is not None for entry in entries)
        case tree.Product(factors=(first, rest)):
            return number_of(first) is not None and _is_numeric(rest)
        case tree.Letter(name="I", above=()):
            return True
    return False
