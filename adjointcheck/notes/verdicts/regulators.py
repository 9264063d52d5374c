"""Lines on the matrix P of a regulator that are right for another P than that of the notes: the constant one, or that of the value."""

from __future__ import annotations

from fractions import Fraction

from adjointcheck.notes.letters.meaning import Symbol, symbols
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.systems.ansatz import is_halved
from adjointcheck.notes.systems.endless import in_steady_state
from adjointcheck.notes.verdicts.comparison import Agreement
from adjointcheck.notes.verdicts.comparison import judge_pair as in_worlds
from adjointcheck.notes.verdicts.line import Line


def right_in_steady_state(line: Line) -> bool:
    """Is it the algebraic equation of P, behind the one in time?"""
    spelt = in_steady_state(*line.sides, "steady state", line.spelt)
    return spelt is not line.spelt and isinstance(in_worlds(*line.sides, line.relation, spelt), Agreement)


def right_of_value(line: Line) -> bool:
    """Is it right for P of J = x' P x, half of that of p = P x, where the cost is not halved?"""
    if "P" not in symbols(line.left) | symbols(line.right) or is_halved(line.spelt):
        return False
    half = tree.Quotient(Symbol("P"), tree.Number(Fraction(2)))
    left, right = (instead(side, Symbol("P"), half) for side in line.sides)
    return isinstance(in_worlds(left, right, line.relation, line.spelt), Agreement)
