"""Values of formulas at rational points to 260 digits: an opinion on equality that shares nothing with the zero test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from random import Random
from typing import Any

import mpmath

from adjointcheck.expression.node import Expression, symbols_of

DIGITS, GUARD = 260, 40
Point = Mapping[str, Fraction]


class Undefined(Exception):
    """No real value at this point."""


def value(root: Expression, point: Point) -> Any:
    """The real value of `root` at `point`; raises Undefined outside its domain. A branch that is not taken is not looked at."""
    with mpmath.workdps(DIGITS + GUARD):
        return _value(root, point, {})


def _value(node: Expression, point: Point, known: dict[Expression, Any]) -> Any:
    if node not in known:
        known[node] = _fresh(node, point, known)
    return known[node]


def _fresh(node: Expression, point: Point, known: dict[Expression, Any]) -> Any:
    if node.head in ("number", "symbol"):
        exact = node.value if node.head == "number" else point[node.value]
        return mpmath.mpf(exact.numerator) / exact.denominator
    if node.head == "pi":
        return +mpmath.pi
    if node.head == "piecewise":
        return _value(node.args[0 if _value(node.args[1], point, known) else 2], point, known)
    arguments = [_value(arg, point, known) for arg in node.args]
    try:
        return _real(_power(arguments[0], arguments[1], node.args[1]) if node.head == "pow" else _FUNCTIONS[node.head](*arguments))
    except (ZeroDivisionError, ValueError, OverflowError) as error:
        raise Undefined from error


def _real(found: Any) -> Any:
    if not isinstance(found, bool) and (isinstance(found, mpmath.mpc) or not mpmath.isfinite(found)):
        raise Undefined
    return found


def _power(base: Any, exponent: Any, written: Expression) -> Any:
    if written.head == "number" and written.value.denominator == 1:
        return base**written.value.numerator
    if base < 0 or (base == 0 and exponent <= 0):
        raise Undefined
    return base**exponent


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "neg": lambda a: -a,
    "abs": abs, "sign": mpmath.sign, "min": min, "max": max, "lt": lambda a, b: bool(a < b), "le": lambda a, b: bool(a <= b),
    "not": lambda a: not a, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
    **{name: getattr(mpmath, name) for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan")},
}


def close(a: Any, b: Any) -> bool:
    """Equal to all digits but the guard, relative to the larger of |a|, |b| and 1."""
    with mpmath.workdps(DIGITS + GUARD):
        return bool(abs(a - b) <= mpmath.mpf(10) ** -DIGITS * max(1, abs(a), abs(b)))


def point(draw: Random, names: set[str], positive: frozenset[str] = frozenset(), bold: bool = True) -> dict[str, Fraction]:
    """A rational point with no special values; only positive ones unless `bold`."""
    def sign(name: str) -> int:
        return draw.choice((-1, 1)) if bold and name not in positive else 1

    return {name: Fraction(sign(name) * draw.randint(1, 3000), 1013) for name in sorted(names)}


def same(a: Expression, b: Expression, draw: Random, positive: frozenset[str] = frozenset(), points: int = 4) -> bool | None:
    """True: the values agree at `points` points; False: they differ at one; None: too few points where both are defined."""
    seen = 0
    for attempt in range(60):
        here = point(draw, symbols_of(a, b), positive, bold=attempt % 2 == 0)
        try:
            if not close(value(a, here), value(b, here)):
                return False
        except Undefined:
            continue
        seen += 1
        if seen == points:
            return True
    return None


def same_slope(a: Expression, b: Expression, moving: Callable[[str], bool], draw: Random,
               positive: frozenset[str] = frozenset()) -> bool | None:
    """Like `same`, of the derivatives in the `moving` names: does a - b stay the same when only those are changed?"""
    seen, names = 0, symbols_of(a, b)
    for attempt in range(60):
        here, other = (point(draw, names, positive, bold=attempt % 2 == 0) for _ in range(2))
        there = {name: other[name] if moving(name) else here[name] for name in names}
        try:
            values = [value(root, where) for where in (here, there) for root in (a, b)]
        except Undefined:
            continue
        with mpmath.workdps(DIGITS + GUARD):
            if not close(values[0] - values[1], values[2] - values[3]) and not close(values[0] - values[2], values[1] - values[3]):
                return False
        seen += 1
        if seen == 3:
            return True
    return None
