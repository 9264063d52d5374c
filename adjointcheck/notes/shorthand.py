"""What notes write short: a sum that is `const`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes import tree
from adjointcheck.notes.meaning import Symbol, Unknown

CONSTANTS = ("const", "constant", "konst", "cte")


def conserved(chain: tree.Chain) -> tree.Chain:
    """x + y = const says that the rate is 0."""
    constant = chain.relations == ("=",) and isinstance(chain.sides[1], Unknown) and chain.sides[1].letter in CONSTANTS
    return replace(chain, sides=(tree.Derivative(chain.sides[0], (Symbol("t"),)), tree.Number(Fraction(0)))) if constant else chain
