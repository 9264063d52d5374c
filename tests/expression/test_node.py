"""Nodes: one object for one text, nothing to change, no truth value, and folding that keeps every value."""

from __future__ import annotations

import copy
import gc
import operator
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from random import Random
from threading import Barrier
from typing import Any

import pytest
from strategies import Undefined, close, numeric, random_expression, random_point

from adjointcheck.expression.cost import operation_count
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import (
    HALF,
    ONE,
    TWO,
    ZERO,
    Expression,
    add,
    apply,
    div,
    evaluate,
    lift,
    mul,
    neg,
    number,
    power,
    sub,
    substitute,
    symbol,
    symbols_of,
    total,
    walk,
)

X, Y = symbol("x"), symbol("y")
NEG_X, NEG_Y = apply("neg", X), apply("neg", Y)


def test_equal_structure_is_the_same_object() -> None:
    assert apply("sin", X * Y + 1) is apply("sin", symbol("x") * symbol("y") + 1)
    assert number(Fraction(2, 4)) is number(Fraction(1, 2)) is HALF
    assert number(3) is number(Fraction(3)) is lift(3)


def test_different_structure_is_a_different_object() -> None:
    different = [X + Y, Y + X, X - Y, X * Y, Y * X, X / Y, X**Y, Y**X, neg(X), X < Y, X <= Y, apply("min", X, Y), apply("pi"), symbol("pi2")]
    assert len(set(different)) == len(different)
    assert apply("pi") is not symbol("pi")


def test_the_pool_forgets_what_nobody_holds() -> None:
    from adjointcheck.expression import node

    gc.collect()
    before = len(node._POOL)
    kept = [apply("sin", symbol(f"only_here_{i}")) for i in range(50)]
    assert len(node._POOL) == before + 100
    del kept
    gc.collect()
    assert len(node._POOL) == before


def test_threads_are_given_the_same_nodes() -> None:
    start = Barrier(4)

    def made(_: int) -> list[Expression]:
        start.wait()
        return [apply("sin", symbol(f"shared_{i}")) for i in range(200)]

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(made, range(4))
    assert all(a is b for other in others for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", ["head", "args", "value", "anything"])
def test_attributes_cannot_be_set(name: str) -> None:
    with pytest.raises((AttributeError, TypeError)):
        setattr(X, name, "y")
    assert X.value == "x" and not hasattr(X, "anything")


@pytest.mark.parametrize("name", ["head", "args", "value"])
def test_attributes_cannot_be_deleted(name: str) -> None:
    victim = symbol("victim")
    with pytest.raises((AttributeError, TypeError)):
        delattr(victim, name)


def test_no_truth_value() -> None:
    for node in (X, ZERO, ONE, X < Y, X <= 1):
        with pytest.raises(TypeError, match="no truth value"):
            bool(node)
    with pytest.raises(TypeError, match="no truth value"):
        _ = 0 < X < 1


@pytest.mark.parametrize("other", [0, 1, 0.5, Fraction(1, 2), True])
def test_no_comparison_with_a_plain_number(other: object) -> None:
    """`x == 0` would silently be False and hide a branch."""
    for compare in (lambda: symbol("x") == other, lambda: other == symbol("x"), lambda: symbol("x") != other):
        with pytest.raises(TypeError, match="piecewise"):
            compare()
    assert symbol("x") == symbol("x") and symbol("x") != symbol("y") and symbol("x") != "x"


@pytest.mark.parametrize("convert", [float, int, complex, round])
def test_no_plain_number(convert: type) -> None:
    with pytest.raises(TypeError):
        convert(ONE)


def test_no_pickle_and_no_copy() -> None:
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="text"):
            act(X + 1)


@pytest.mark.parametrize(("value", "exact"), [(0.1, Fraction(1, 10)), (2, Fraction(2)), (Fraction(3, 7), Fraction(3, 7)), (1e-300, Fraction(1, 10**300)), (1e22, Fraction(10**22))])
def test_lift_reads_the_decimal_that_was_written(value: float, exact: Fraction) -> None:
    assert lift(value).value == exact


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "x", None, 1j])
def test_lift_refuses_what_is_no_exact_number(value: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        lift(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(("fold", "args", "expected"), [
    (add, (X, ZERO), X), (add, (ZERO, X), X), (add, (TWO, ONE), number(3)), (add, (X, NEG_Y), apply("sub", X, Y)), (add, (NEG_X, Y), apply("sub", Y, X)),
    (add, (TWO, X), apply("add", TWO, X)), (sub, (X, ZERO), X), (sub, (ZERO, X), NEG_X), (sub, (TWO, HALF), number(Fraction(3, 2))), (sub, (X, NEG_Y), apply("add", X, Y)),
    (sub, (NEG_X, Y), apply("neg", apply("add", X, Y))), (sub, (X, TWO), apply("sub", X, TWO)), (mul, (X, ONE), X), (mul, (ONE, X), X), (mul, (X, ZERO), ZERO), (mul, (ZERO, X), ZERO),
    (mul, (TWO, HALF), ONE), (mul, (NEG_X, NEG_Y), apply("mul", X, Y)), (mul, (X, NEG_Y), apply("neg", apply("mul", X, Y))), (mul, (X, number(-2)), apply("neg", apply("mul", X, TWO))),
    (mul, (TWO, X), apply("mul", TWO, X)), (div, (X, ONE), X), (div, (ZERO, X), ZERO), (div, (NEG_X, Y), apply("neg", apply("div", X, Y))), (div, (ONE, number(3)), number(Fraction(1, 3))),
    (div, (ONE, ZERO), apply("div", ONE, ZERO)), (div, (X, TWO), apply("div", X, TWO)), (neg, (NEG_X,), X), (neg, (TWO,), number(-2)), (power, (X, ONE), X), (power, (X, ZERO), ONE),
    (power, (number(3), number(4)), number(81)), (power, (TWO, number(64)), number(2**64)), (power, (TWO, number(65)), apply("pow", TWO, number(65))), (power, (TWO, X), apply("pow", TWO, X)),
    (power, (number(3), number(-1)), apply("pow", number(3), number(-1))), (power, (TWO, HALF), apply("pow", TWO, HALF)), (operator.sub, (1, X), apply("sub", ONE, X)),
    (operator.truediv, (2, X), apply("div", TWO, X)), (operator.pow, (2, X), apply("pow", TWO, X)), (operator.gt, (X, 1), apply("lt", ONE, X)), (operator.ge, (X, 1), apply("le", ONE, X)),
    (total, ([],), ZERO), (total, ([NEG_X, Y],), apply("sub", Y, X)), (total, ([NEG_X, NEG_Y],), apply("neg", apply("add", X, Y))), (total, ([NEG_X],), NEG_X),
])
def test_folding(fold: Callable[..., Expression], args: tuple[Any, ...], expected: Expression) -> None:
    assert fold(*args) is expected


def test_apply_folds_nothing() -> None:
    for head, args in (("add", (X, ZERO)), ("mul", (X, ZERO)), ("div", (X, X)), ("neg", (apply("neg", X),)), ("pow", (X, ZERO))):
        assert (node := apply(head, *args)).head == head and node.args == args


def test_folding_keeps_values() -> None:
    """Folded and unfolded forms of random operands have one value wherever the unfolded one is defined."""
    draw, seen = Random(41), 0
    pairs = (("add", add), ("sub", sub), ("mul", mul), ("div", div), ("neg", neg))
    for _ in range(300):
        head, fold = draw.choice(pairs)
        args = [draw.choice((ZERO, ONE, number(-2), neg(X), apply("neg", X + 1), random_expression(draw, 2))) for _ in range(1 + (head != "neg"))]
        point = random_point(draw)
        try:
            expected = numeric(apply(head, *args), point)
        except Undefined:
            continue
        seen += 1
        assert close(numeric(fold(*args), point), expected, 45)
        assert close(numeric(total([*args, neg(args[0])]), point), numeric(args[-1], point) if len(args) == 2 else 0, 40)
    assert seen > 150


def test_walk_lists_every_node_once_arguments_first() -> None:
    shared = apply("sin", X)
    root = shared * shared + apply("exp", shared)
    order = walk([root, shared])
    assert len(order) == len(set(order)) == 5
    assert all(order.index(arg) < order.index(node) for node in order for arg in node.args)


def test_walk_is_not_bounded_by_the_stack() -> None:
    node = X
    for _ in range(20_000):
        node = apply("sin", node)
    assert len(walk([node])) == 20_001 and symbols_of(node) == {"x"}


def test_substitute_replaces_all_at_once() -> None:
    root = parse("x*y**2 + sin(x - y)")
    assert substitute([root], {"x": Y, "y": X})[0] is parse("y*x**2 + sin(y - x)")
    assert substitute(substitute([root], {"x": Y, "y": X}), {"x": Y, "y": X})[0] is root
    assert substitute([root], {"x": X + 1})[0] is parse("(x + 1)*y**2 + sin(x + 1 - y)")


def test_substitute_folds_nothing() -> None:
    assert substitute([apply("div", X, Y)], {"x": 0, "y": 0})[0] is apply("div", ZERO, ZERO)
    assert substitute([X * Y], {"x": 0})[0] is apply("mul", ZERO, Y)


def test_substitute_shares_between_roots_and_leaves_strangers_alone() -> None:
    first, second = substitute([X + Y, apply("sin", X + Y)], {"z": 1, "x": 2})
    assert second.args[0] is first and symbols_of(first) == {"y"}


def test_evaluate_visits_a_shared_node_once() -> None:
    calls: list[str] = []
    shared = X * Y
    rules = {head: (lambda *args, head=head: calls.append(head) or 1) for head in ("mul", "add", "sin")}
    evaluate([apply("add", shared, apply("sin", shared))], lambda node: 1, rules)
    assert calls == ["mul", "sin", "add"]


@pytest.mark.parametrize(("text", "count"), [
    ("x", 0), ("x + y", 1), ("x*y + x*y", 2), ("sin(x)*sin(x)", 2), ("x**2", 1), ("x**3", 2), ("x**4", 2), ("x**7", 4), ("x**15", 6),
    ("x**-1", 2), ("x**-4", 3), ("x**y", 1), ("x**(1/2)", 1), ("-x", 1), ("piecewise(x, x < y, y)", 2), ("3*x/7 - pi", 3),
])
def test_operation_count(text: str, count: int) -> None:
    assert operation_count([parse(text)]) == count


def test_operation_count_counts_shared_nodes_once_over_all_roots() -> None:
    assert operation_count([parse("sin(x*y)"), parse("cos(x*y)")]) == 3


def test_an_expression_knows_the_letters_below_it() -> None:
    rng = Random(5)
    for _ in range(50):
        root = random_expression(rng)
        assert symbols_of(root) == {node.value for node in walk([root]) if node.head == "symbol"}
    assert symbols_of() == symbols_of(HALF + 1) == set()
