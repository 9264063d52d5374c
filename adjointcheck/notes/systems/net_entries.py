"""Nets written by entries are those of vectors and matrices, where every entry says the same.

    z_j^l = sum_k w_jk^l a_k^{l-1} + b_j^l     is    z^l = w^l a^{l-1} + b^l
    sum_k w_kj^{l+1} delta_k^{l+1} s'(z_j^l)   is    (w^{l+1}^T delta^{l+1}) * s'(z^l),  entry by entry
    a_k^{l-1} delta_j^l, of the entry j, k,    is    delta^l (a^{l-1})^T
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce

from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.usage import EQUALS
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

COUNTERS, ENTRYWISE, SQUARE = "ijkmnpqrs", ("exp", "log", "ln", "tanh", "sin", "cos"), tree.Number(Fraction(2))
WHOLE = "matrices of entries"  # the option that names w of w_jk; the matrix is W
_PAIR = r"_\s*\{\s*[a-z]\s*,?\s*[a-z]\s*\}"
_LAYER = r"\^\s*(?:\{[^{}]*\}|\\ell|\w)"
_BELOW = r"_\s*(?:[a-z](?![a-z])|\{\s*[a-z]\s*\}|\{\s*[a-z]\s*,?\s*[a-z]\s*\})"
_ENTRY = re.compile(rf"{_BELOW}\s*({_LAYER})|({_LAYER})\s*{_BELOW}")
_MATRIX = re.compile(rf"([a-z])\s*(?:{_PAIR}\s*{_LAYER}|{_LAYER}\s*{_PAIR})")


class Unfit(Exception):
    """It is not the same for all entries, or no product of matrices and vectors."""


@dataclass(frozen=True)
class Entries:
    """A vector or a matrix, and the letters of its entry: z^l with j of z_j^l, a number with none."""

    whole: Node
    letters: tuple[str, ...] = ()


Reading = Callable[[tree.Letter], Entries]


def without_entries(texts: Iterable[str]) -> list[str]:
    """The formulas with z^l for z_j^l, where matrices of layers stand by their entries, w_jk^l; none else."""
    texts = list(texts)
    return [_ENTRY.sub(lambda found: found[1] or found[2], text) for text in texts] if any(map(_MATRIX.search, texts)) else []


def matrices(texts: Iterable[str]) -> str:
    """The letters w of w_jk^l."""
    return "".join(sorted({match[1] for text in texts for match in _MATRIX.finditer(text)}))


def in_whole(chain: tree.Chain, is_layer: Callable[[Node], bool], capitals: str) -> tree.Chain:
    """The formula in vectors and matrices; as it is where it speaks of no entries, or cannot be said so."""
    chain = _capital(chain, is_layer, capitals)  # type: ignore[assignment]
    marked = (part for part in walk(chain) if isinstance(part, tree.Letter) and part.below and len(part.above) == 1)
    letters = [part for part in marked if is_layer(part.above[0])]
    counters = {key for part in letters if (key := _counters(part))}
    names = frozenset(name for key in counters for name in key if not is_layer(tree.Letter(name)))
    if not names or not {*chain.relations} <= {*EQUALS, "approx", "<-"} or any(not _counters(part) for part in letters):
        return chain
    try:
        sides = [_entries(side, lambda letter: _read(letter, names, is_layer)) for side in chain.sides]
        order = next((side.letters for side in sides if side.letters), ())
        return replace(chain, sides=tuple(_ordered(side, order) for side in sides))
    except Unfit:
        return chain


def _capital(node: Node, is_layer: Callable[[Node], bool], matrices: str) -> Node:
    """W_jk^l and W^l of w_jk^l and w^l, which may be a number by its looks."""
    node = rebuilt(node, lambda child: _capital(child, is_layer, matrices))
    if not isinstance(node, tree.Letter) or node.name not in [*matrices] or len(node.above) != 1 or not is_layer(node.above[0]):
        return node
    return replace(node, name=node.name.upper()) if len(node.below) != 1 else node


def _counters(letter: tree.Letter) -> tuple[str, ...]:
    """j, k of w_jk; nothing of w_12 and z_{j+1}."""
    names = tuple(part.name for part in letter.below if isinstance(part, tree.Letter) and part.name in COUNTERS and not part.below)
    return names if 0 < len(names) == len(letter.below) < 3 and len({*names}) == len(names) else ()


def _read(letter: tree.Letter, names: frozenset[str], is_layer: Callable[[Node], bool]) -> Entries:
    counters = _counters(letter)
    if not {part.name for part in letter.below if isinstance(part, tree.Letter)} & names:
        return Entries(letter)
    if not {*counters} <= names or not counters or not (letter.above == () or is_layer(letter.above[0])):
        raise Unfit
    return Entries(replace(letter, below=()), counters)


def _ordered(side: Entries, order: tuple[str, ...]) -> Node:
    if side.letters == order or (not side.letters and isinstance(side.whole, tree.Number)):
        return side.whole
    if side.letters and side.letters == order[::-1]:
        return _turned(side.whole)
    raise Unfit


def _turned(node: Node) -> Node:
    """w v' of v w'."""
    match node:
        case tree.Product(factors=(*numbers, column, tree.Transposed(of=other))):
            return tree.Product((*numbers, other, tree.Transposed(column)))
    return tree.Transposed(node)


def _entries(node: Node, read: Reading) -> Entries:
    match node:
        case tree.Letter():
            return read(node)
        case tree.Negative(of=of):
            made = _entries(of, read)
            return Entries(tree.Negative(made.whole), made.letters)
        case tree.Sum(terms=terms):
            return _sum([_entries(term, read) for term in terms])
        case tree.Derivative(of=of, by=(by,)):
            return _slope(node, _entries(of, read), _entries(by, read))
        case tree.Call(arguments=(argument,)) | tree.Function(arguments=(argument,)):
            return _applied(node, _entries(argument, read))
        case tree.Quotient(above=above, below=below) if not _entries(below, read).letters:
            made = _entries(above, read)
            return Entries(replace(node, above=made.whole), made.letters)
        case tree.Product() | tree.Power():
            return _multiplied(_factors(node, read), ())
        case tree.Series(kind="sum", index=tree.Letter(name=name)):
            return _summed(node, name, read)
    if any(isinstance(part, tree.Letter) and read(part).letters for part in walk(node)):
        raise Unfit
    return Entries(node)


def _sum(terms: Sequence[Entries]) -> Entries:
    order = next((term.letters for term in terms if term.letters), ())
    return Entries(tree.summed(_ordered(term, order) for term in terms), order)


def _slope(slope: tree.Derivative, of: Entries, by: Entries) -> Entries:
    """dC/dz_j and dC/dw_jk; dz_k/dz_i says nothing of which index comes first."""
    if of.letters:
        raise Unfit
    return Entries(replace(slope, of=of.whole, by=(by.whole,)), by.letters)


def _applied(node: tree.Call | tree.Function, argument: Entries) -> Entries:
    """s(z_j), a function of a number."""
    if argument.letters and isinstance(node, tree.Function) and node.name not in ENTRYWISE:
        raise Unfit
    return Entries(replace(node, arguments=(argument.whole,)), argument.letters)


def _factors(node: Node, read: Reading) -> list[Entries]:
    match node:
        case tree.Product(factors=factors):
            return [made for factor in factors for made in _factors(factor, read)]
        case tree.Power(base=base, exponent=exponent):
            made = _entries(base, read)
            if made.letters and exponent != SQUARE:
                raise Unfit
            return [made, made] if made.letters else [Entries(node)]
    return [_entries(node, read)]


def _summed(series: tree.Series, name: str, read: Reading) -> Entries:
    """sum_k of a product; a sum of samples, or of layers, stays one."""
    terms = tree.terms(series.body)
    signs = [isinstance(term, tree.Negative) for term in terms]
    factors = [_factors(tree.unsigned(term), read) for term in terms]
    if not any(name in made.letters for term in factors for made in term):
        made = _entries(series.body, read)
        return Entries(replace(series, body=made.whole), made.letters)
    sums = [_multiplied(term, (name,)) for term in factors]
    return _sum([Entries(tree.Negative(made.whole), made.letters) if sign else made for made, sign in zip(sums, signs, strict=True)])


def _multiplied(factors: Sequence[Entries], bound: Iterable[str]) -> Entries:
    """The product of entries, summed over the bound letters."""
    numbers = [made.whole for made in factors if not made.letters]
    matrices = [made for made in factors if len(made.letters) == 2]
    vectors: dict[str, list[Node]] = {}
    for made in factors:
        if len(made.letters) == 1:
            vectors.setdefault(made.letters[0], []).append(made.whole)
    for name in bound:
        one, other = [made for made in matrices if name in made.letters], vectors.pop(name, [])
        if len(one) == 1 and other:
            matrices.remove(one[0])
            (left,) = {*one[0].letters} - {name}
            vectors.setdefault(left, []).insert(0, tree.Product((_ordered(one[0], (left, name)), _entrywise(other))))
        elif not one and len(other) == 2:
            numbers.append(_inner(*other))
        else:
            raise Unfit
    return _together(numbers, matrices, vectors)


def _together(numbers: Sequence[Node], matrices: Sequence[Entries], vectors: dict[str, list[Node]]) -> Entries:
    columns = [(name, _entrywise(found)) for name, found in vectors.items()]
    match matrices, columns:
        case [], []:
            return Entries(_product(numbers))
        case [], [(name, vector)]:
            return Entries(_product([*numbers, vector]), (name,))
        case [], [(row, vector), (column, other)]:
            return Entries(_product([*numbers, vector, tree.Transposed(other)]), (row, column))
        case [matrix], []:
            return Entries(_product([*numbers, matrix.whole]), matrix.letters)
        case [matrix], [(name, vector)] if name in matrix.letters:
            scale = tree.Function("diag", (vector,))
            scaled = (scale, matrix.whole) if name == matrix.letters[0] else (matrix.whole, scale)
            return Entries(_product([*numbers, *scaled]), matrix.letters)
    raise Unfit


def _entrywise(vectors: Sequence[Node]) -> Node:
    return reduce(lambda one, other: tree.Function("hadamard", (one, other)), vectors)


def _inner(one: Node, other: Node) -> Node:
    """|v|^2 of sum_j v_j^2, v' w of sum_j v_j w_j."""
    return tree.Power(tree.Function("norm", (one,)), SQUARE) if one == other else tree.Product((tree.Transposed(one), other))


def _product(factors: Sequence[Node]) -> Node:
    return factors[0] if len(factors) == 1 else tree.Product(tuple(factors))
