"""Order conditions of ESDIRK and Rosenbrock methods, from the same rooted trees as those of explicit methods.

A vertex multiplies its branches' stage weights by a matrix: for a Runge-Kutta method always by a, for a Rosenbrock
method by beta = alpha + Gamma where it has one branch and by alpha where it has several, because J enters the method
exactly where f' of one argument stands (Hairer & Wanner 1996, IV.7, theorem 7.4):

    sum_i b_i Phi_i(t) = 1/gamma(t) for every tree of at most p vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from adjointcheck.schemes.esdirk import Esdirk
from adjointcheck.schemes.order_conditions import Tree, density, rooted_trees
from adjointcheck.schemes.rosenbrock import Rosenbrock
from adjointcheck.schemes.rounded import ONE, Rounded, RoundedRow, RoundedRows, dot, rounded

StiffMethod = Esdirk | Rosenbrock


class Staged(Protocol):
    """Anything with stages: `matrices` are what a vertex with one branch and one with several multiply by."""

    @property
    def stages(self) -> int:
        """Their number."""
        ...

    @property
    def matrices(self) -> tuple[RoundedRows, RoundedRows]:
        """Two matrices, a row for each stage."""
        ...


@dataclass(frozen=True)
class StiffCondition:
    """One condition of one tree: the elementary weight and what it must be."""

    tree: Tree
    weight: Rounded
    required: Fraction

    @property
    def holds(self) -> bool:
        """Whether the weight can be what is required; for rational coefficients, whether it is."""
        return self.weight.may_be(self.required)


def stage_weights(method: Staged, tree: Tree) -> RoundedRow:
    """Return Phi_i(tree) of each stage i."""
    rows = method.matrices[len(tree) > 1]
    result: list[Rounded] = [ONE] * method.stages
    for branch in tree:
        values = stage_weights(method, branch)
        result = [weight * dot(row, values) for weight, row in zip(result, rows, strict=True)]
    return tuple(result)


def solution_weights(method: StiffMethod) -> RoundedRow:
    """Return b, in the textbook's form."""
    return method.weights(method.m) if isinstance(method, Rosenbrock) else rounded(method.b, method.digits)


def embedded_weights(method: StiffMethod) -> RoundedRow:
    """Return b - e, in the textbook's form."""
    if isinstance(method, Esdirk):
        return rounded(method.embedded, method.digits)
    return method.weights(tuple(m - e for m, e in zip(method.m, method.error, strict=True)))


def conditions(method: StiffMethod, order: int, weights: Sequence[Rounded] | None = None) -> tuple[StiffCondition, ...]:
    """Return the conditions of exactly `order`, for b or for other `weights` on the same stages."""
    weights = solution_weights(method) if weights is None else weights
    trees = rooted_trees(order)
    return tuple(StiffCondition(tree, dot(weights, stage_weights(method, tree)), Fraction(1, density(tree))) for tree in trees)


def derive_stiff_order(method: StiffMethod, limit: int = 6, weights: Sequence[Rounded] | None = None) -> int:
    """Return the largest p <= `limit` such that every condition of orders 1 ... p holds (0 if not even the first)."""
    for order in range(1, limit + 1):
        if not all(condition.holds for condition in conditions(method, order, weights)):
            return order - 1
    return limit
