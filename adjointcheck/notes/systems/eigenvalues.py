"""Eigenvalues of a field of two components at rest: mu = \\pm i sqrt(a d), where mu^2 - tr(A) mu + det(A) = 0.

Both signs together say 0 = mu^2 + det(A) and 0 = tr(A), with A = f_x at the equilibrium that the notes have told last.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Symbol, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.notation import SENTENCE
from adjointcheck.notes.letters.stars import REST
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.document import EIGENVALUE, EIGENVALUES
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.chosen_controls import with_choice
from adjointcheck.notes.systems.entries import ZERO
from adjointcheck.notes.systems.equilibria import MOVING, OTHER, at_point, point_of

SAID = "eigenvalues"
LINEAR = re.compile(r"jacobi|linearis|lineariz|linéaris|якоби|雅可比", re.IGNORECASE)
IMAGINARY = tree.Letter("i")
ONE, TWO = tree.Number(Fraction(1)), tree.Number(Fraction(2))


def eigenvalues_said(words: str, context: Context) -> Context:
    """With the option that the sentence before a formula speaks of eigenvalues at rest, or of the Jacobian."""
    sentence = SENTENCE.split(words.strip())[-1]
    said = EIGENVALUES.search(sentence) and not OTHER.search(sentence) and (LINEAR.search(sentence) or context.option(REST))
    return replace(context, options={**context.options, SAID: "yes" if said else ""})


def eigenvalues(chain: tree.Chain, context: Context) -> tree.Chain | None:
    """0 = mu^2 + det(A), 0 = tr(A) of mu^2 = (i s)^2, where the sentence speaks of eigenvalues and the notes have told a state of rest."""
    pair, law, point = pair_of(chain), context.law("dynamics"), point_of(context)
    if pair is None or law is None or not context.option(SAID) or not isinstance(law.right, tree.Vector) or len(point) != 2:
        return None
    squares = [side.base for side in pair if isinstance(side, tree.Power) and side.exponent == TWO]
    square = _square(squares[1], context) if len(squares) == 2 and getattr(squares[0], "name", "") == EIGENVALUE else None
    rows = [_slopes(row[0]) for row in law.right.rows]
    if square is None or None in rows or symbols(square) & MOVING or unknown(square):
        return None
    (a, b), (c, d) = ([with_choice(at_point(slope, point), context) for slope in row or ()] for row in rows)
    determinant = tree.Sum((tree.Product((a, d)), tree.Negative(tree.Product((b, c)))))
    claim = tree.Vector(((tree.Sum((square, determinant)),), (tree.Sum((a, d)),)))
    return None if symbols(claim) & (MOVING | {"w"}) else tree.Chain((tree.Vector(((ZERO,), (ZERO,))), claim), ("=",))


def _square(node: Node, context: Context) -> Node | None:
    """-a d of (i sqrt(a d))^2; None where i stands in any other way."""
    match node:
        case tree.Negative(of):
            return _square(of, context)
        case tree.Product(factors):
            squares = [_square(factor, context) for factor in factors]
            return None if None in squares else tree.Product(tuple(square for square in squares if square is not None))
        case tree.Quotient(above, below):
            one, other = _square(above, context), _square(below, context)
            return None if one is None or other is None else tree.Quotient(one, other)
        case tree.Function("sqrt", (inner,)):
            return None if IMAGINARY in walk(inner) else resolve(inner, context)
    if node == IMAGINARY:
        return tree.Negative(ONE)
    return None if IMAGINARY in walk(node) else tree.Power(resolve(node, context), TWO)


def _slopes(row: Node) -> list[Node] | None:
    """The partials of one component of the field by both of the state; None where it is no polynomial and no quotient of such."""
    found = [_slope(row, Symbol("x", part=(tree.Number(Fraction(number)),))) for number in (1, 2)]
    return None if None in found else [slope for slope in found if slope is not None]


def _slope(node: Node, by: Symbol) -> Node | None:
    if by not in walk(node):
        return ZERO
    match node:
        case tree.Sum(terms):
            return _together([_slope(term, by) for term in terms])
        case tree.Negative(of):
            inner = _slope(of, by)
            return None if inner is None else tree.Negative(inner)
        case tree.Product(factors):
            return _together([_times(_slope(factor, by), *factors[:at], *factors[at + 1 :]) for at, factor in enumerate(factors)])
        case tree.Quotient(above, below) if by not in walk(below):
            inner = _slope(above, by)
            return None if inner is None else tree.Quotient(inner, below)
        case tree.Power(base, tree.Number(value) as exponent) if value > 1:
            return _times(_slope(base, by), exponent, tree.Power(base, tree.Number(value - 1)))
    return ONE if node == by else None


def _together(terms: list[Node | None]) -> Node | None:
    return None if None in terms else tree.summed([term for term in terms if term is not None and term != ZERO] or [ZERO])


def _times(slope: Node | None, *factors: Node) -> Node | None:
    if slope is None or slope == ZERO:
        return slope
    return tree.Product(factors if slope == ONE and len(factors) > 1 else (slope, *factors))
