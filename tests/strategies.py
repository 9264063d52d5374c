"""Random expressions, and a second arithmetic for them: mpmath at any precision, undefined where the reals are.

The evaluator shares no code with `expression.calculus` or `trusted.witness`; it follows the figures of DESIGN section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
from hypothesis import strategies as st

from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, walk

NAMES = ("x", "y", "a", "b")
SMOOTH = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan")
KINKED = ("abs", "sign")


class Undefined(Exception):
    """No real value at this point."""


# Values at many digits


def numeric(root: Expression, point: Mapping[str, Any], digits: int = 50) -> Any:
    """The real value of `root` at `point`; raises Undefined outside its domain; untaken branches are never looked at."""
    with mpmath.workdps(digits + 20):
        return +_value(root, point, {})


def _value(node: Expression, point: Mapping[str, Any], known: dict[Expression, Any]) -> Any:
    if node not in known:
        known[node] = _fresh(node, point, known)
    return known[node]


def _fresh(node: Expression, point: Mapping[str, Any], known: dict[Expression, Any]) -> Any:
    if node.head == "number":
        return mpmath.mpf(node.value.numerator) / node.value.denominator
    if not node.args:
        return +mpmath.pi if node.head == "pi" else _real(point[node.value])
    if node.head == "piecewise":
        return _value(node.args[0 if _value(node.args[1], point, known) else 2], point, known)
    if node.head == "pow":
        return _power(_value(node.args[0], point, known), node.args[1], point, known)
    values = [_value(arg, point, known) for arg in node.args]
    if node.head in SMOOTH:
        _check_size(values)
    return _defined(ARITHMETIC[node.head], values)


def _real(value: Any) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else mpmath.mpf(value)


def _power(base: Any, exponent: Expression, point: Mapping[str, Any], known: dict[Expression, Any]) -> Any:
    if exponent.head == "number" and exponent.value.denominator == 1:
        n = exponent.value.numerator
        if n < 0 and base == 0:
            raise Undefined
        return base**n
    power = _value(exponent, point, known)
    if base < 0 or (base == 0 and (power <= 0 or exponent.head != "number")):
        raise Undefined
    _check_size([base, power])
    return _defined(lambda a, b: a**b, [base, power])


LARGEST = 256  # bits before the point: exp or sin of a longer number would take more digits than there is time for


def _check_size(values: list[Any]) -> None:
    if any(mpmath.mag(value) > LARGEST for value in values):
        raise Undefined


def _defined(function: Callable[..., Any], values: list[Any]) -> Any:
    try:
        found = function(*values)
    except (ZeroDivisionError, ValueError) as error:
        raise Undefined from error
    if isinstance(found, bool):
        return found
    if isinstance(found, mpmath.mpc) or not mpmath.isfinite(found):
        raise Undefined
    return found


ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "abs": abs, "sign": mpmath.sign, "min": min, "max": max,
    "lt": lambda a, b: bool(a < b), "le": lambda a, b: bool(a <= b),
    "not": lambda a: not a, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
    **{name: getattr(mpmath, name) for name in SMOOTH},
}


def slope(root: Expression, name: str, point: Mapping[str, Any], digits: int = 50) -> Any:
    """Central difference of `root` in `name` with a step of 10**-digits: right to about `digits` digits."""
    with mpmath.workdps(3 * digits):
        h = mpmath.mpf(10) ** -digits
        here = _real(point[name])
        ends = [_value(root, {**point, name: here + sign * h}, {}) for sign in (1, -1)]
        return (ends[0] - ends[1]) / (2 * h)


def close(a: Any, b: Any, digits: int = 30) -> bool:
    """Equal to `digits` digits of the larger of |a|, |b| and 1."""
    return bool(abs(a - b) <= mpmath.mpf(10) ** -digits * max(1, abs(a), abs(b)))


def random_point(draw: Random, names: tuple[str, ...] = NAMES) -> dict[str, Fraction]:
    """A rational point that meets no special value by design."""
    return {name: Fraction(draw.choice((-1, 1)) * draw.randint(1, 4000), 1009) for name in names}


# Random expressions as texts


def random_text(draw: Random, depth: int, *, smooth: bool = False, names: tuple[str, ...] = NAMES) -> str:
    """A fully parenthesised text of the grammar."""
    if depth == 0 or draw.random() < 0.15:
        return draw.choice((*names, *names, str(draw.randint(1, 9)), f"{draw.randint(1, 9)}/{draw.randint(2, 9)}", f"0.{draw.randint(1, 99)}"))

    def part() -> str:
        return random_text(draw, depth - 1, smooth=smooth, names=names)

    kind = draw.random()
    if kind < 0.5:
        return f"({part()}) {draw.choice('++--**/')} ({part()})"
    if kind < 0.6:
        return f"({part()})**{draw.randint(2, 3)}"
    if kind < 0.65:
        return f"-({part()})"
    if kind < 0.9 or smooth:
        return f"{draw.choice(SMOOTH[:4] + SMOOTH)}({part()})"
    if kind < 0.96:
        return draw.choice((f"abs({part()})", f"min({part()}, {part()})", f"max({part()}, {part()})"))
    return f"piecewise({part()}, {part()} < {part()}, {part()})"


def random_expression(draw: Random, depth: int = 3, *, smooth: bool = False, names: tuple[str, ...] = NAMES) -> Expression:
    return parse(random_text(draw, depth, smooth=smooth, names=names))


def size(root: Expression) -> int:
    return len(walk([root]))


# Hypothesis


def _numbers() -> st.SearchStrategy[str]:
    whole = st.integers(0, 10**20).map(str)
    decimal = st.builds(lambda a, b: f"{a}.{b}", st.integers(0, 99), st.integers(0, 999))
    short = st.builds(lambda a, e: f"{a}e{e}", st.integers(0, 99), st.integers(-30, 30))
    return st.one_of(st.integers(0, 9).map(str), whole, decimal, short, st.sampled_from([".5", "3.", "0"]))


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.one_of(inner, inner.map("({})".format))
    condition = st.builds("{} {} {}".format, some, st.sampled_from(["<", "<=", ">", ">="]), some)
    joined = st.one_of(condition, st.builds("{} {} {}".format, condition, st.sampled_from(["and", "or"]), condition),
                       condition.map("not {}".format), st.builds("not ({} or {}) and {}".format, condition, condition, condition))
    return st.one_of(
        st.builds("{}{}{}".format, some, st.sampled_from(["+", " - ", "*", "/", " * ", "-"]), some),
        st.builds("{}**{}".format, some, st.sampled_from(["2", "3", "-1", "(1/2)", "(-2/3)", "x", "-y", "(a + 1)"])),
        some.map("-{}".format), some.map("+{}".format), some.map("--{}".format),
        st.builds("{}({})".format, st.sampled_from([*SMOOTH, *KINKED]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("piecewise({}, {}, {})".format, inner, joined, inner),
        st.builds("piecewise({}, {}, {}, {}, {})".format, inner, joined, inner, condition, inner),
    )


def texts(leaves: int = 12) -> st.SearchStrategy[str]:
    """Texts of the grammar with and without parentheses; a few exceed its caps and are refused."""
    names = st.sampled_from(["x", "y", "a", "b", "pi", "lambda", "I", "E", "e1", "Beta_2"])
    return st.recursive(st.one_of(names, _numbers()), _larger, max_leaves=leaves)
