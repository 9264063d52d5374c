"""Fixtures of the problem tests: values of expressions at 50 digits, and the statement files of the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import mpmath
import pytest

from adjointcheck.expression.node import Expression, evaluate

ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "pow": lambda a, b: a**b, "pi": lambda: +mpmath.pi, "abs": abs, "sign": mpmath.sign,
    "min": min, "max": max, "piecewise": lambda a, c, b: a if c else b, "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b, "not": lambda a: not a, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
}
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan")
ARITHMETIC |= {name: getattr(mpmath, name) for name in FUNCTIONS}

Value = Callable[[Expression, Mapping[str, Any]], Any]


@pytest.fixture
def value() -> Iterator[Value]:
    """The value of an expression at a point, by name, in 50 digits."""

    def value_at(root: Expression, point: Mapping[str, Any]) -> Any:
        def leaf(node: Expression) -> Any:
            if node.head == "number":
                return mpmath.mpf(node.value.numerator) / node.value.denominator
            return +mpmath.pi if node.head == "pi" else point[node.value]

        return evaluate([root], leaf, ARITHMETIC)[0]

    with mpmath.workdps(50):
        yield value_at


@pytest.fixture(scope="session")
def derivations() -> Path:
    """The folder of the statement files."""
    return Path(__file__).parents[2] / "derivations"
