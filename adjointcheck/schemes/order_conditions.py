"""Order conditions: one rooted tree, one equation, exact.

An elementary differential of f is a rooted tree, and a method has order p when, for every tree t of at most p vertices,

    Phi(t) = 1 / gamma(t)            (Butcher 1963; Hairer, Norsett & Wanner 1993, II.2, theorem 2.13).

A tree is the tuple of its branches: `()` is the single vertex, `((), ())` a root with two leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from itertools import chain, combinations_with_replacement, product
from math import prod

from adjointcheck.errors import SchemeError
from adjointcheck.schemes.tableau import Row, Tableau

Tree = tuple["Tree", ...]


@cache
def rooted_trees(order: int) -> tuple[Tree, ...]:
    """Return every rooted tree of `order` vertices once: 1, 1, 2, 4, 9, 20, 48, 115, ... of them (OEIS A000081).

    Cutting off the root leaves a multiset of branches, whose sizes partition `order - 1`.
    """
    return tuple(chain.from_iterable(_trees_with_branches(sizes) for sizes in _partitions(order - 1, order - 1)))


def _trees_with_branches(sizes: tuple[int, ...]) -> Iterator[Tree]:
    """Yield the trees whose branches have `sizes` vertices: branches of one size are drawn unordered."""
    draws = (combinations_with_replacement(rooted_trees(size), count) for size, count in Counter(sizes).items())
    return (tuple(chain.from_iterable(draw)) for draw in product(*draws))


def _partitions(total: int, largest: int) -> Iterator[tuple[int, ...]]:
    """Yield the partitions of `total` into parts of at most `largest`, largest part first."""
    if total == 0:
        yield ()
    for part in range(min(total, largest), 0, -1):
        yield from ((part, *rest) for rest in _partitions(total - part, part))


@cache
def vertices(tree: Tree) -> int:
    """Return the number of vertices of `tree`, its order."""
    return 1 + sum(map(vertices, tree))


@cache
def density(tree: Tree) -> int:
    """Return gamma(t) = |t| gamma(t_1) ... gamma(t_m) for t with branches t_1 ... t_m."""
    return vertices(tree) * prod(map(density, tree))


def elementary_weight(a: tuple[Row, ...], b: Row, tree: Tree) -> Fraction:
    """Return Phi(t) = sum_i b_i Phi_i(t), with Phi_i(t) the product over branches u of sum_j a_ij Phi_j(u).

    Leaves give sum_j a_ij, not c_i: equal for an exact tableau, and what the method does where they are rounded.
    """
    return _dot(b, _stage_weights(a, tree))


@lru_cache(maxsize=4096)
def _stage_weights(a: tuple[Row, ...], tree: Tree) -> Row:
    branches = [_stage_weights(a, branch) for branch in tree]
    return tuple(prod((_dot(row, branch) for branch in branches), start=Fraction(1)) for row in a)


def _dot(row: Row, values: Row) -> Fraction:
    """Sum over the entries of `row`: a strictly lower row is shorter than the vector of stages."""
    return sum((entry * value for entry, value in zip(row, values, strict=False) if entry), Fraction(0))


@dataclass(frozen=True)
class ConditionResidual:
    """How far one order condition is from holding: residual = Phi(t) - 1/gamma(t)."""

    tree: Tree
    residual: Fraction
    allowance: Fraction

    @property
    def holds(self) -> bool:
        """Whether the residual is 0, or for rounded decimals within what their rounding can cause."""
        return abs(self.residual) <= self.allowance


def condition_residuals(tableau: Tableau, order: int, weights: Row | None = None) -> tuple[ConditionResidual, ...]:
    """Return the residual of each condition of exactly `order`, for b or for other `weights` on the same stages.

    Rational coefficients are allowed nothing. Decimal ones are allowed their own rounding and no more: a product of
    |t| rounded coefficients in each term of Phi(t) (`Tableau.allowance`), so there is no tolerance to choose.
    """
    weights = tableau.b if weights is None else weights
    return tuple(_residual(tableau, weights, tree) for tree in rooted_trees(order))


def _residual(tableau: Tableau, weights: Row, tree: Tree) -> ConditionResidual:
    residual = elementary_weight(tableau.a, weights, tree) - Fraction(1, density(tree))
    return ConditionResidual(tree, residual, _allowance(tableau, weights, tree))


def _allowance(tableau: Tableau, weights: Row, tree: Tree) -> Fraction:
    # Embedded weights w = b - e carry the rounding of both terms, b's own weights (e = 0) that of b alone.
    scale = tuple(abs(w) + abs(b - w) for b, w in zip(tableau.b, weights, strict=True))
    magnitude = elementary_weight(tuple(_absolute(row) for row in tableau.a), scale, tree) if tableau.decimal else 0
    return tableau.allowance(Fraction(magnitude), vertices(tree))


def _absolute(row: Iterable[Fraction]) -> Row:
    return tuple(map(abs, row))


def derive_order(tableau: Tableau, limit: int = 8, weights: Row | None = None) -> int:
    """Return the largest p <= `limit` such that every condition of orders 1 ... p holds (0 if not even the first)."""
    for order in range(1, limit + 1):
        if not all(condition.holds for condition in condition_residuals(tableau, order, weights)):
            return order - 1
    return limit


def derive_error_order(tableau: Tableau, limit: int = 8) -> int:
    """Return q for which the error estimate is O(h^(q+1)): what the step controller's exponent 1/(q + 1) needs.

    One embedded method of order q gives q. Two, of orders q and r < q, give 2q - r: err^2/err_low is
    O(h^(2q)) / O(h^r) per unit of h. Raises `SchemeError` without an estimate.
    """
    if not tableau.adaptive:
        raise SchemeError(
            f"tableau {tableau.name!r}, error", "no error weights", "an embedded method", "Use a fixed time step."
        )
    high = derive_order(tableau, limit, tableau.embedded)
    return 2 * high - derive_order(tableau, limit, tableau.embedded_low) if tableau.error_low else high
