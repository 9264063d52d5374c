"""The functions for statements in Python: floats on numbers, nodes of the grammar on expressions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import adjointcheck.math as am
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import symbol
from adjointcheck.expression.table import FUNCTIONS

X, Y = symbol("x"), symbol("y")
SAME_NAME = ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan"]


@pytest.mark.parametrize("name", SAME_NAME)
def test_functions_of_one_argument(name: str) -> None:
    assert getattr(am, name)(X) is parse(f"{name}(x)")
    assert getattr(am, name)(0.25) == getattr(math, name)(0.25)
    assert getattr(am, name).__name__ == name


CASES: list[tuple[Callable[..., Any], tuple[Any, ...], str, tuple[Any, ...], float]] = [
    (am.abs, (X,), "abs(x)", (-2.5,), 2.5),
    (am.sign, (X,), "sign(x)", (-2.5,), -1.0),
    (am.sign, (Y,), "sign(y)", (0.0,), 0.0),
    (am.minimum, (X, 1), "min(x, 1)", (2.0, 1.0), 1.0),
    (am.maximum, (0.5, X), "max(1/2, x)", (2.0, 1.0), 2.0),
    (am.where, (X < Y, X, 0), "piecewise(x, x < y, 0)", (False, 1.0, 2.0), 2.0),
    (am.where, (X >= 1, X, Y), "piecewise(x, x >= 1, y)", (True, 1.0, 2.0), 1.0),
    (am.piecewise, (X, X < 0, Y, X < 1, 3), "piecewise(x, x < 0, y, x < 1, 3)", (1.0, False, 2.0, True, 3.0), 2.0),
    (am.where, (am.logical_and(X > 0, am.logical_not(Y > 0)), X, Y), "piecewise(x, x > 0 and not y > 0, y)",
     (am.logical_and(True, am.logical_not(True)), 1.0, 2.0), 2.0),
    (am.where, (am.logical_or(X > 0, Y <= 0), X, Y), "piecewise(x, x > 0 or y <= 0, y)",
     (am.logical_or(False, True), 1.0, 2.0), 1.0),
]


@pytest.mark.parametrize(("function", "symbols", "text", "numbers", "result"), CASES)
def test_expressions_and_numbers(
    function: Callable[..., Any], symbols: tuple[Any, ...], text: str, numbers: tuple[Any, ...], result: float
) -> None:
    assert function(*symbols) is parse(text)
    assert function(*numbers) == result


def test_pi_is_exact() -> None:
    assert 2 * am.pi * X is parse("2*pi*x")
    assert am.sin(am.pi * X) is parse("sin(pi*x)")


def test_every_function_of_the_grammar_has_its_place() -> None:
    other = {"min": "minimum", "max": "maximum"}
    assert {other.get(name, name) for name in FUNCTIONS} <= set(am.__all__)


@pytest.mark.parametrize(("function", "args"), [
    (am.exp, (X, X)), (am.exp, ()), (am.minimum, (X,)), (am.maximum, (X, Y, 1)), (am.where, (X, 1, 2)),
    (am.piecewise, (X, X < 1)), (am.piecewise, (X, X < 1, Y, X < 2)), (am.exp, ("x",)), (am.maximum, (X, True)),
    (am.sin, (1j,)), (am.logical_not, (X, Y)),
])
def test_what_does_not_fit_is_a_type_error(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        function(*args)
