"""The primitives, one row each: how it is written, where it is defined, how a cotangent is pulled through it.

`pull(q, y, *args)` returns the terms q dy/da_i, one for each argument (None where the argument is no real number or a
constant exponent).  Because everything is scalar the same row serves forward mode: dy = sum_i pull(da_i)[i].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from adjointcheck.expression.node import HALF, ONE, ZERO, Expression, apply, neg, power

Condition = tuple[Expression, Literal[">", ">=", "!="]]
Pull = Callable[..., tuple[Expression | None, ...]]
Domain = Callable[..., tuple[Condition, ...]]


@dataclass(frozen=True)
class Primitive:
    """One row: `infix` is the operator sign if there is one, `level` its binding strength.

    `meaning` defines a row by others; it is an identity wherever both sides are defined.
    """

    name: str
    arity: int
    pull: Pull | None = None
    domain: Domain = lambda *args: ()
    smooth: bool = True
    infix: str = ""
    level: int = 9
    meaning: Callable[..., Expression] | None = None

    @property
    def boolean(self) -> bool:
        """True for comparisons and connectives, whose value is a truth value."""
        return self.pull is None


def _power_domain(a: Expression, b: Expression) -> tuple[Condition, ...]:
    if b.head != "number":
        return ((a, ">"),)
    if b.value.denominator == 1:
        return ((a, "!="),) if b.value < 0 else ()
    return ((a, ">"),) if b.value < 0 else ((a, ">="),)


def _pull_power(q: Expression, y: Expression, a: Expression, b: Expression) -> tuple[Expression | None, ...]:
    if b.head == "number":
        return (q * (b * power(a, b - 1)), None)
    return (q * (b * power(a, b - 1)), q * (y * apply("log", a)))


def _half_open(sign: int) -> Pull:
    """Pull of max (sign +1) and min (sign -1): the larger takes all, a tie is shared equally."""

    def pull(q: Expression, y: Expression, a: Expression, b: Expression) -> tuple[Expression | None, ...]:
        lead = apply("sign", a - b) * sign
        return (q * ((ONE + lead) * HALF), q * ((ONE - lead) * HALF))

    return pull


def _pull_piecewise(q: Expression, y: Expression, a: Expression, c: Expression, b: Expression) -> tuple[Expression | None, ...]:
    return (apply("piecewise", q, c, ZERO), None, apply("piecewise", ZERO, c, q))


def _within_one(a: Expression) -> tuple[Condition, ...]:
    return ((ONE - a * a, ">="),)


ROWS = (
    Primitive("add", 2, lambda q, y, a, b: (q, q), infix="+", level=5),
    Primitive("sub", 2, lambda q, y, a, b: (q, neg(q)), infix="-", level=5),
    Primitive("mul", 2, lambda q, y, a, b: (q * b, q * a), infix="*", level=6),
    Primitive("div", 2, lambda q, y, a, b: (q / b, neg(q / b * y)), lambda a, b: ((b, "!="),), infix="/", level=6),
    Primitive("neg", 1, lambda q, y, a: (neg(q),), level=7),
    Primitive("pow", 2, _pull_power, _power_domain, infix="**", level=8),
    Primitive("exp", 1, lambda q, y, a: (q * y,)),
    Primitive("log", 1, lambda q, y, a: (q / a,), lambda a: ((a, ">"),)),
    Primitive("sin", 1, lambda q, y, a: (q * apply("cos", a),)),
    Primitive("cos", 1, lambda q, y, a: (neg(q * apply("sin", a)),)),
    Primitive("tan", 1, lambda q, y, a: (q * (ONE + y * y),), lambda a: ((apply("cos", a), "!="),),
              meaning=lambda a: apply("sin", a) / apply("cos", a)),
    Primitive("sinh", 1, lambda q, y, a: (q * apply("cosh", a),), meaning=lambda a: (apply("exp", a) - apply("exp", neg(a))) / 2),
    Primitive("cosh", 1, lambda q, y, a: (q * apply("sinh", a),), meaning=lambda a: (apply("exp", a) + apply("exp", neg(a))) / 2),
    Primitive("tanh", 1, lambda q, y, a: (q * (ONE - y * y),), meaning=lambda a: 1 - 2 / (apply("exp", a + a) + 1)),
    Primitive("sqrt", 1, lambda q, y, a: (q * HALF / y,), lambda a: ((a, ">="),)),
    Primitive("asin", 1, lambda q, y, a: (q / apply("sqrt", ONE - a * a),), _within_one),
    Primitive("acos", 1, lambda q, y, a: (neg(q / apply("sqrt", ONE - a * a)),), _within_one,
              meaning=lambda a: apply("pi") / 2 - apply("asin", a)),
    Primitive("atan", 1, lambda q, y, a: (q / (ONE + a * a),)),
    Primitive("abs", 1, lambda q, y, a: (q * apply("sign", a),), smooth=False),
    Primitive("sign", 1, lambda q, y, a: (ZERO,), smooth=False),
    Primitive("min", 2, _half_open(-1), smooth=False),
    Primitive("max", 2, _half_open(1), smooth=False),
    Primitive("piecewise", 3, _pull_piecewise, smooth=False),
    Primitive("lt", 2, infix="<", level=4),
    Primitive("le", 2, infix="<=", level=4),
    Primitive("not", 1, level=3),
    Primitive("and", 2, infix="and", level=2),
    Primitive("or", 2, infix="or", level=1),
)
PRIMITIVES = {row.name: row for row in ROWS}
MATRIX = {row.name: row for row in (  # admitted by parse(..., matrices=True) alone; the pulls keep the order of factors
    Primitive("transpose", 1, lambda q, y, a: (apply("transpose", q),)),
    Primitive("trace", 1, lambda q, y, a: (apply("trace", q),)),
    Primitive("inverse", 1, lambda q, y, a: (neg(y * q * y),)),
    Primitive("det", 1, lambda q, y, a: (y * apply("trace", apply("inverse", a) * q),)),
)}
FUNCTIONS = frozenset(row.name for row in ROWS if row.level == 9)
CONSTANTS = frozenset({"pi"})
RESERVED = FUNCTIONS | CONSTANTS | {"and", "or", "not"}


def conditions_of(node: Expression) -> tuple[Condition, ...]:
    """Where the primitive at the top of `node` is defined, as sign conditions on its arguments."""
    return PRIMITIVES[node.head].domain(*node.args) if node.args else ()
