"""The primitives, one row each: how it is written, where it is defined, how a cotangent is pulled through it.

`pull(q, y, *args)` returns the terms q dy/da_i, one for each argument (None where the argument is no real number or a
constant exponent).  Because everything is scalar the same row serves forward mode: dy = sum_i pull(da_i)[i].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from adjointcheck.expression.node import HALF, ONE, ZERO, Expression, apply, neg, power

Condition = tuple[Expression, Literal[">", ">=", "!="]]
Pull = Callable[..., tuple[Expression | None, ...]]
Domain = Callable[..., tuple[Condition, ...]]


@dataclass(frozen=True)
class Primitive:
    """One row: `infix` is the operator sign if there is one, `level` its binding strength, the rest names elsewhere.

    `meaning` defines a row by others; it is an identity wherever both sides are defined.
    """

    name: str
    arity: int
    pull: Pull | None = None
    domain: Domain = lambda *args: ()
    smooth: bool = True
    infix: str = ""
    level: int = 9
    torch: str = ""
    c: str = ""
    sympy: str = ""
    latex: str = ""
    meaning: Callable[..., Expression] | None = None

    @property
    def boolean(self) -> bool:
        """True for comparisons and connectives, whose value is a truth value."""
        return self.pull is None and self.name != "sign"


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


def _root(a: Expression) -> Expression:
    return apply("sqrt", a)


def _half_open(sign: int) -> Pull:
    """Pull of max (sign +1) and min (sign -1): the larger takes all, a tie is shared equally."""

    def pull(q: Expression, y: Expression, a: Expression, b: Expression) -> tuple[Expression | None, ...]:
        lead = apply("sign", a - b) * sign
        return (q * ((ONE + lead) * HALF), q * ((ONE - lead) * HALF))

    return pull


def _tanh_by_exp(a: Expression) -> Expression:
    return 1 - 2 / (apply("exp", a + a) + 1)


def _exp_pair(sign: int) -> Callable[[Expression], Expression]:
    """(exp a + exp(-a))/2 or (exp a - exp(-a))/2."""
    return lambda a: (apply("exp", a) + apply("exp", neg(a)) * sign) / 2


def _pull_piecewise(q: Expression, y: Expression, a: Expression, c: Expression, b: Expression) -> tuple[Expression | None, ...]:
    return (apply("piecewise", q, c, ZERO), None, apply("piecewise", ZERO, c, q))


def _positive(a: Expression) -> tuple[Condition, ...]:
    return ((a, ">"),)


def _within_one(a: Expression) -> tuple[Condition, ...]:
    return ((ONE - a * a, ">="),)


def _function(name: str, pull: Pull, domain: Domain = lambda a: (), **other: Any) -> Primitive:
    """A smooth function of one argument that has the same name nearly everywhere."""
    names: dict[str, Any] = {"torch": name, "c": name, "sympy": name, "latex": f"\\{name}"}
    return Primitive(name, 1, pull, domain, **names | other)


ROWS = (
    Primitive("add", 2, lambda q, y, a, b: (q, q), infix="+", level=5),
    Primitive("sub", 2, lambda q, y, a, b: (q, neg(q)), infix="-", level=5),
    Primitive("mul", 2, lambda q, y, a, b: (q * b, q * a), infix="*", level=6),
    Primitive("div", 2, lambda q, y, a, b: (q / b, neg(q / b * y)), lambda a, b: ((b, "!="),), infix="/", level=6),
    Primitive("neg", 1, lambda q, y, a: (neg(q),), level=7),
    Primitive("pow", 2, _pull_power, _power_domain, infix="**", level=8, torch="pow", c="pow", sympy="Pow"),
    _function("exp", lambda q, y, a: (q * y,)),
    _function("log", lambda q, y, a: (q / a,), _positive),
    _function("sin", lambda q, y, a: (q * apply("cos", a),)),
    _function("cos", lambda q, y, a: (neg(q * apply("sin", a)),)),
    _function("tan", lambda q, y, a: (q * (ONE + y * y),), lambda a: ((apply("cos", a), "!="),),
              meaning=lambda a: apply("sin", a) / apply("cos", a)),
    _function("sinh", lambda q, y, a: (q * apply("cosh", a),), meaning=_exp_pair(-1)),
    _function("cosh", lambda q, y, a: (q * apply("sinh", a),), meaning=_exp_pair(1)),
    _function("tanh", lambda q, y, a: (q * (ONE - y * y),), meaning=_tanh_by_exp),
    _function("sqrt", lambda q, y, a: (q * HALF / y,), lambda a: ((a, ">="),)),
    _function("asin", lambda q, y, a: (q / _root(ONE - a * a),), _within_one, latex=r"\arcsin"),
    _function("acos", lambda q, y, a: (neg(q / _root(ONE - a * a)),), _within_one, latex=r"\arccos",
              meaning=lambda a: apply("pi") / 2 - apply("asin", a)),
    _function("atan", lambda q, y, a: (q / (ONE + a * a),), latex=r"\arctan"),
    Primitive("abs", 1, lambda q, y, a: (q * apply("sign", a),), smooth=False, torch="abs", c="fabs", sympy="Abs"),
    Primitive("sign", 1, lambda q, y, a: (ZERO,), smooth=False, torch="sign", sympy="sign", latex=r"\operatorname{sign}"),
    Primitive("min", 2, _half_open(-1), smooth=False, torch="minimum", c="fmin", sympy="Min", latex=r"\min"),
    Primitive("max", 2, _half_open(1), smooth=False, torch="maximum", c="fmax", sympy="Max", latex=r"\max"),
    Primitive("piecewise", 3, _pull_piecewise, smooth=False, torch="where", sympy="Piecewise"),
    Primitive("lt", 2, infix="<", level=4, sympy="StrictLessThan", latex="<"),
    Primitive("le", 2, infix="<=", level=4, sympy="LessThan", latex=r"\le"),
    Primitive("not", 1, level=3, torch="logical_not", c="!", sympy="Not", latex=r"\lnot"),
    Primitive("and", 2, infix="and", level=2, torch="logical_and", c="&&", sympy="And", latex=r"\land"),
    Primitive("or", 2, infix="or", level=1, torch="logical_or", c="||", sympy="Or", latex=r"\lor"),
)
PRIMITIVES = {row.name: row for row in ROWS}
MATRIX = {row.name: row for row in (  # admitted by parse(..., matrices=True) alone; the pulls keep the order of factors
    Primitive("transpose", 1, lambda q, y, a: (apply("transpose", q),)),
    Primitive("trace", 1, lambda q, y, a: (apply("trace", q),)),
    Primitive("inverse", 1, lambda q, y, a: (neg(y * q * y),)),
    Primitive("det", 1, lambda q, y, a: (y * apply("trace", apply("inverse", a) * q),)),
)}
FUNCTIONS = frozenset(row.name for row in ROWS if row.level == 9)
CONSTANTS = {"pi": r"\pi"}
RESERVED = FUNCTIONS | frozenset(CONSTANTS) | {"and", "or", "not"}


def conditions_of(node: Expression) -> tuple[Condition, ...]:
    """Where the primitive at the top of `node` is defined, as sign conditions on its arguments."""
    return PRIMITIVES[node.head].domain(*node.args) if node.args else ()
