"""Rooted trees and order conditions, against brute force and against sums written out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from itertools import permutations, product
from math import factorial
from random import Random

import pytest

from adjointcheck.errors import SchemeError
from adjointcheck.schemes import METHODS, Tableau, condition_residuals, derive_error_order, derive_order
from adjointcheck.schemes.order_conditions import Tree, density, elementary_weight, rooted_trees, vertices

ALL = pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))


def parents_of_labelled_trees(order: int) -> Iterator[tuple[int, ...]]:
    """Every way to hang vertex i = 1 ... order - 1 below an earlier one."""
    return product(*(range(vertex) for vertex in range(1, order)))


def canonical(tree: Tree) -> Tree:
    return tuple(sorted(map(canonical, tree)))


def grow(parents: tuple[int, ...], root: int = 0) -> Tree:
    return tuple(sorted(grow(parents, child) for child, parent in enumerate(parents, start=1) if parent == root))


def flatten(tree: Tree, parents: list[int | None], parent: int | None = None) -> list[int | None]:
    """Number the vertices of `tree` depth first and return the parent of each."""
    vertex = len(parents)
    parents.append(parent)
    for branch in tree:
        flatten(branch, parents, vertex)
    return parents


def test_tree_counts() -> None:
    assert [len(rooted_trees(order)) for order in range(1, 10)] == [1, 1, 2, 4, 9, 20, 48, 115, 286]


@pytest.mark.parametrize("order", range(1, 8))
def test_trees_are_all_trees_once(order: int) -> None:
    ours = [canonical(tree) for tree in rooted_trees(order)]
    assert len(set(ours)) == len(ours)
    assert set(ours) == {grow(parents) for parents in parents_of_labelled_trees(order)}
    assert {vertices(tree) for tree in ours} == {order}


@pytest.mark.parametrize("order", range(1, 7))
def test_density_counts_the_orders_of_birth(order: int) -> None:
    """n!/gamma(t) is the number of ways to number the vertices with each parent before its children."""
    for tree in rooted_trees(order):
        parents = flatten(tree, [])
        births = sum(
            all(parent is None or birth[parent] < birth[vertex] for vertex, parent in enumerate(parents))
            for birth in permutations(range(order))
        )
        assert density(tree) == F(factorial(order), births)


def random_rows(stages: int, seed: int) -> tuple[tuple[F, ...], ...]:
    draw = Random(seed)
    return tuple(tuple(F(draw.randint(-9, 9), draw.randint(1, 7)) for _ in range(stage)) for stage in range(stages))


def test_elementary_weights_are_the_sums_of_the_textbook() -> None:
    a, b = random_rows(5, seed=1), random_rows(6, seed=2)[5]
    full = [[*row, *[F(0)] * (5 - len(row))] for row in a]
    c = [sum(row) for row in full]
    every = range(5)
    leaf: Tree = ()
    sums: dict[Tree, F | int] = {
        leaf: sum(b),
        (leaf,): sum(b[i] * c[i] for i in every),
        (leaf, leaf): sum(b[i] * c[i] ** 2 for i in every),
        ((leaf,),): sum(b[i] * full[i][j] * c[j] for i in every for j in every),
        (leaf, leaf, leaf): sum(b[i] * c[i] ** 3 for i in every),
        (leaf, (leaf,)): sum(b[i] * c[i] * full[i][j] * c[j] for i in every for j in every),
        ((leaf, leaf),): sum(b[i] * full[i][j] * c[j] ** 2 for i in every for j in every),
        (((leaf,),),): sum(b[i] * full[i][j] * full[j][k] * c[k] for i in every for j in every for k in every),
        ((leaf,), (leaf,)): sum(b[i] * sum(full[i][j] * c[j] for j in every) ** 2 for i in every),
    }
    for tree, total in sums.items():
        assert elementary_weight(a, b, tree) == total != 0


@ALL
def test_declared_order_is_derived_and_the_next_fails(method: Tableau) -> None:
    assert derive_order(method, limit=method.order + 1) == method.order
    assert not all(condition.holds for condition in condition_residuals(method, method.order + 1))


@ALL
def test_rational_methods_close_exactly(method: Tableau) -> None:
    conditions = [c for order in range(1, method.order + 1) for c in condition_residuals(method, order)]
    assert all(c.holds for c in conditions)
    assert any(c.residual for c in conditions) == method.decimal
    assert all(c.allowance > 0 for c in conditions) == method.decimal


@pytest.mark.parametrize(
    ("name", "high", "low", "error_order"),
    [
        ("heun", 1, None, 1),
        ("bosh3", 2, None, 2),
        ("dopri5", 4, None, 4),
        ("tsit5", 4, None, 4),
        ("dop853", 5, 3, 7),
    ],
)
def test_embedded_orders(name: str, high: int, low: int | None, error_order: int) -> None:
    method = METHODS[name]
    assert derive_order(method, weights=method.embedded) == high
    assert (derive_order(method, weights=method.embedded_low) if method.error_low else None) == low
    assert derive_error_order(method) == method.error_order == error_order


@pytest.mark.parametrize("name", ["euler", "midpoint", "rk4"])
def test_no_error_order_without_an_estimate(name: str) -> None:
    assert METHODS[name].error_order == 0
    with pytest.raises(SchemeError, match=f"'{name}', error.*an embedded method"):
        derive_error_order(METHODS[name])


def test_limit_caps_the_search() -> None:
    assert derive_order(METHODS["rk4"], limit=2) == 2


def test_weights_that_do_not_sum_to_one_have_order_zero() -> None:
    assert derive_order(METHODS["rk4"], weights=(F(1), F(0), F(0), F(1, 10**40))) == 0


def off(value: F) -> F:
    return value * (1 + F(1, 10**12))


def put(row: tuple[F, ...], index: int, value: F) -> tuple[F, ...]:
    return (*row[:index], value, *row[index + 1 :])


@ALL
@pytest.mark.parametrize("field", ["b", "c", "error", "error_low"])
def test_one_weight_or_node_off_by_1e_12_is_refused(method: Tableau, field: str) -> None:
    row = getattr(method, field)
    for index, value in enumerate(row):
        if value:
            with pytest.raises(SchemeError, match=f"{method.name}', "):
                replace(method, **{field: put(row, index, off(value))})


@ALL
def test_one_coefficient_off_by_1e_12_is_refused(method: Tableau) -> None:
    for stage, row in enumerate(method.a):
        for index, value in enumerate(row):
            if value:
                changed = put(row, index, off(value))
                with pytest.raises(SchemeError, match=f"row {stage + 1} of a"):
                    replace(method, a=(*method.a[:stage], changed, *method.a[stage + 1 :]))


def shifted_rows(method: Tableau) -> Iterator[tuple[int, Tableau]]:
    """Move 1e-12 of each coefficient of a to its neighbour, so that the row sums still hold."""
    for stage, row in enumerate(method.a):
        for index, value in enumerate(row):
            other = (index + 1) % len(row)
            if value and other != index:
                moved = put(put(row, index, off(value)), other, row[other] - (off(value) - value))
                yield stage, replace(method, a=(*method.a[:stage], moved, *method.a[stage + 1 :]))


@pytest.mark.parametrize("name", ["rk4", "bosh3", "dopri5", "tsit5", "dop853"])
def test_a_shift_that_keeps_the_row_sums_lowers_the_order(name: str) -> None:
    method = METHODS[name]
    last = method.stages - 1
    for stage, wrong in shifted_rows(method):
        # The last row of an FSAL method has weight 0 in b: only FSAL itself and the embedded method depend on it.
        if method.fsal and stage == last:
            assert not wrong.fsal
            assert derive_order(wrong) == method.order
        else:
            assert derive_order(wrong) < method.order


@pytest.mark.parametrize("name", ["bosh3", "dopri5", "tsit5", "dop853"])
def test_error_weights_shifted_by_1e_12_lower_the_embedded_order(name: str) -> None:
    method = METHODS[name]
    for index, value in enumerate(method.error[:-1]):
        if value:
            moved = (*put(method.error, index, off(value))[:-1], method.error[-1] - value / 10**12)
            wrong = replace(method, error=moved)
            assert derive_order(wrong, weights=wrong.embedded) < derive_order(method, weights=method.embedded)


@pytest.mark.parametrize("name", ["tsit5", "dop853"])
def test_rounded_decimals_are_not_taken_for_exact(name: str) -> None:
    with pytest.raises(SchemeError, match="a sum off by"):
        replace(METHODS[name], digits=0)
    with pytest.raises(SchemeError, match="a sum off by"):
        replace(METHODS[name], digits=METHODS[name].digits + 10)
