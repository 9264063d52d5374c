"""Fields that are told by their own name: f(x, u) = (x_2, -x_1 + u), f(x, u) = -x^3 + u, or f_1 = x_2 and f_2 = u, of xdot = f(x, u)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import walk
from adjointcheck.notes.letters.tangent import residuals
from adjointcheck.notes.letters.usage import head, moving, pair_of, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Fields = Mapping[str, tree.Letter]  # {f: x} of xdot = f(x, u)


def fields_of(chains: Iterable[tree.Chain], context: Context) -> Fields:
    """The state that each field moves."""
    whole = next((tree.Letter(known.letter) for known in context.of("x")), None)
    found = {known.letter: whole for known in context.of("f")} if whole is not None else {}
    for pair in filter(None, map(pair_of, map(solved_for_rate, chains))):
        letter, function = moving(pair[0]), head(pair[1])
        if letter and function and not letter.below and isinstance(pair[1], tree.Call) and letter in map(head, pair[1].arguments):
            found.setdefault(key(function), letter)
    return found


def solved_for_rate(chain: tree.Chain) -> tree.Chain:
    """xdot = f(x, t) for F(xdot, x, t) = xdot - f(x, t) = 0; any other line as it is."""
    named = [motion for motion in residuals(chain) if isinstance(motion.sides[1], tree.Call)] if chain.sides[-1] == ZERO else []
    return named[0] if len(named) == 1 else chain


def motions(chains: Sequence[tree.Chain], context: Context) -> list[tree.Chain]:
    """The lines, with f(x, u) = (x_2, -x_1 + u) as one of motion; behind time steps of the state f(x) = c x is an example of them too."""
    fields = fields_of(chains, context)
    states = {state.name for state in fields.values()}
    steps = [isinstance(left := chain.sides[0], tree.Letter) and left.name in states and successor(left) is not None for chain in chains]
    stepped = steps.index(True) if True in steps else len(chains)
    return [as_motion(chain, fields if i < stepped else {}) for i, chain in enumerate(chains)]


def as_motion(chain: tree.Chain, fields: Fields) -> tree.Chain:
    """xdot = (x_2, -x_1 + u) for f(x, u) = (x_2, -x_1 + u), xdot = -x^3 + u for f(x, u) = -x^3 + u; any other line as it is."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    state = fields.get(key(replace(letter, below=()))) if letter is not None and not letter.accents else None
    if pair is None or letter is None or state is None or len(chain.sides) > 2 or isinstance(pair[0], tree.Derivative):
        return chain
    cells, number = cells_of(pair[1]), letter.below[0] if len(letter.below) == 1 else None
    if number == ZERO:  # f_0 = 1 says what is paid
        return chain
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


# Matrices of numbers

ONE, ZERO = tree.Number(Fraction(1)), tree.Number(Fraction(0))


def multiplied_out(chain: tree.Chain) -> tree.Chain:
    """xdot = (x_2, u) for xdot = [0, 1; 0, 0] x + [0; 1] u, a linear field with matrices of which the entries are written."""
    pair = pair_of(chain)
    letter = moving(pair[0]) if pair is not None else None
    column = pair[0] if pair is not None and isinstance(pair[0], tree.Vector) else None
    if pair is None or (letter is None and column is None) or not any(map(_is_matrix, walk(pair[1]))):
        return chain
    parts = [_column(term) for term in tree.terms(pair[1])]
    sizes = {len(part) for part in parts}
    if len(sizes) > 1 or 0 in sizes:
        return chain
    cells = tuple((_sum(row),) for row in zip(*parts, strict=True))
    return replace(chain, sides=(pair[0], tree.Vector(cells), *chain.sides[2:]))


def _is_matrix(node: Node) -> bool:
    return isinstance(node, tree.Vector) and len(node.rows) > 1 and len(node.rows[0]) > 1


def _column(term: Node) -> list[Node]:
    """The entries of M x, b u or c; none of anything else."""
    if isinstance(term, tree.Negative):
        return [tree.Negative(cell) for cell in _column(term.of)]
    factors = term.factors if isinstance(term, tree.Product) else (term,)
    matrix, *rest = factors
    if not isinstance(matrix, tree.Vector) or len(rest) > 1:
        return []
    width = len(matrix.rows[0])
    other = _entries(rest[0], width) if rest else [ONE]
    if len(other) != width:
        return []
    return [_sum([_times(a, b) for a, b in zip(row, other, strict=True)]) for row in matrix.rows]


def _entries(node: Node, count: int) -> list[Node]:
    """x_1, x_2 of x or of a column (x_1, x_2); a single letter for itself."""
    letter = head(node)
    if isinstance(node, tree.Vector):
        return list(cells_of(node))
    if count == 1 or letter is None or letter.below:
        return [node] * (count == 1)
    numbers = (tree.Number(Fraction(i)) for i in range(1, count + 1))
    return [replace(letter, below=(number,)) for number in numbers]


def _times(a: Node, b: Node) -> Node:
    if ZERO in (a, b):
        return ZERO
    if isinstance(a, tree.Negative):
        return tree.Negative(_times(a.of, b))
    return b if a == ONE else a if b == ONE else tree.Product((a, b))


def _sum(terms: Iterable[Node]) -> Node:
    kept = tuple(term for term in terms if term not in (ZERO, tree.Negative(ZERO)))
    return ZERO if not kept else kept[0] if len(kept) == 1 else tree.Sum(kept)


def weighs_whole(chains: Iterable[tree.Chain], states: Iterable[tree.Letter]) -> bool:
    """S of x^T S x, a matrix before the state as a whole, of which nobody has written the entries."""
    wholes = {letter.name for letter in states if letter.below}
    products = [part.factors for chain in chains for part in walk(chain) if isinstance(part, tree.Product)]
    pairs = (pair for factors in products for pair in zip(factors, factors[1:], strict=False))
    return any(isinstance(one, tree.Letter) and one.name.isupper() and not one.below and isinstance(whole := head(other), tree.Letter)
               and whole.name in wholes and not whole.below for one, other in pairs)
