"""Pairs whose truth is known by construction: meaning-preserving rewritings, and the same with a small term added."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from strategies import random_expression

from adjointcheck.expression.node import Expression, apply, number

Rewriting = Callable[[Random, Expression], Expression | None]


def op(head: str, *args: Expression | int) -> Expression:
    """A node exactly as written, nothing folded."""
    return apply(head, *(number(arg) if isinstance(arg, int) else arg for arg in args))


def _commute(draw: Random, e: Expression) -> Expression | None:
    return op(e.head, e.args[1], e.args[0]) if e.head in ("add", "mul", "min", "max") else None


def _associate(draw: Random, e: Expression) -> Expression | None:
    if e.head in ("add", "mul") and e.args[0].head == e.head:
        return op(e.head, e.args[0].args[0], op(e.head, e.args[0].args[1], e.args[1]))
    return None


def _distribute(draw: Random, e: Expression) -> Expression | None:
    if e.head in ("mul", "div") and e.args[0].head in ("add", "sub"):
        a, b = e.args[0].args
        return op(e.args[0].head, op(e.head, a, e.args[1]), op(e.head, b, e.args[1]))
    return None


def _signs(draw: Random, e: Expression) -> Expression | None:
    return {"sub": lambda: op("add", e.args[0], op("neg", e.args[1])), "neg": lambda: op("mul", -1, e.args[0]),
            "add": lambda: op("sub", e.args[0], op("neg", e.args[1])), "div": lambda: op("mul", e.args[0], op("pow", e.args[1], -1))}.get(e.head, lambda: None)()


def _power(draw: Random, e: Expression) -> Expression | None:
    if e.head == "pow" and e.args[1].head == "number" and e.args[1].value >= 2 and e.args[1].value.denominator == 1:
        return op("mul", e.args[0], op("pow", e.args[0], int(e.args[1].value) - 1))
    return None


def _circle(draw: Random, e: Expression) -> Expression | None:
    a = e.args[0] if e.args else e
    half = op("div", a, 2)
    return {"sin": lambda: op("mul", op("mul", 2, op("sin", half)), op("cos", half)), "tan": lambda: op("div", op("sin", a), op("cos", a)),
            "cos": lambda: op("sub", 1, op("mul", 2, op("pow", op("sin", half), 2)))}.get(e.head, lambda: None)()


def _exponential(draw: Random, e: Expression) -> Expression | None:
    a = e.args[0] if e.args else e
    up, down = op("exp", a), op("exp", op("neg", a))
    split = {"add": lambda: op("mul", op("exp", a.args[0]), op("exp", a.args[1])), "sub": lambda: op("div", op("exp", a.args[0]), op("exp", a.args[1]))}
    rows = {"exp": lambda: split.get(a.head, lambda: op("pow", op("exp", op("div", a, 2)), 2))(), "sinh": lambda: op("div", op("sub", up, down), 2),
            "cosh": lambda: op("div", op("add", up, down), 2), "tanh": lambda: op("div", op("sinh", a), op("cosh", a))}
    return rows.get(e.head, lambda: None)()


def _root(draw: Random, e: Expression) -> Expression | None:
    if e.head == "sqrt":
        return op("pow", e.args[0], number(Fraction(1, 2)))
    return op("sub", op("log", op("mul", 3, e.args[0])), op("log", number(3))) if e.head == "log" else None


def _inverse(draw: Random, e: Expression) -> Expression | None:
    a = e.args[0] if e.args else e
    rows = {"acos": lambda: op("sub", op("div", op("pi"), 2), op("asin", a)), "asin": lambda: op("neg", op("asin", op("neg", a))), "atan": lambda: op("neg", op("atan", op("neg", a)))}
    return rows.get(e.head, lambda: None)()


def _kink(draw: Random, e: Expression) -> Expression | None:
    if e.head == "abs":
        return op("max", e.args[0], op("neg", e.args[0]))
    if e.head in ("min", "max"):
        a, b = e.args
        return op("piecewise", a, op("le", a, b) if e.head == "min" else op("le", b, a), b)
    return op("piecewise", e.args[2], op("not", e.args[1]), e.args[0]) if e.head == "piecewise" else None


def _one(draw: Random, e: Expression) -> Expression:
    """Times sin^2 + cos^2, plus u - u, over u/u: of a fresh random u."""
    u = random_expression(draw, 1, names=("x", "y"))
    square = op("add", op("pow", op("sin", u), 2), op("pow", op("cos", u), 2))
    return draw.choice((op("mul", e, square), op("sub", op("add", e, u), u), op("div", op("mul", e, u), u), op("mul", e, op("sub", op("pow", op("cosh", u), 2), op("pow", op("sinh", u), 2)))))


REWRITINGS: tuple[Rewriting, ...] = (_commute, _associate, _distribute, _signs, _power, _circle, _exponential, _root, _inverse, _kink)


def rewrite(draw: Random, e: Expression, rate: float = 0.4) -> Expression:
    """`e` with rewritings applied at random nodes, so that the value is the same wherever both are defined."""
    if e.head in ("lt", "le", "not", "and", "or"):
        return op(e.head, *(rewrite(draw, arg, rate) for arg in e.args))
    keep = 2 if e.head == "pow" else len(e.args) + 1
    inner = op(e.head, *(rewrite(draw, arg, rate) if i + 1 < keep else arg for i, arg in enumerate(e.args))) if e.args else e
    if draw.random() > rate:
        return inner
    found = [new for rewriting in REWRITINGS if (new := rewriting(draw, inner)) is not None]
    return draw.choice(found) if found else inner


def true_pair(draw: Random) -> tuple[Expression, Expression]:
    left = random_expression(draw, draw.choice((2, 2, 2, 3)))
    right = rewrite(draw, left)
    return left, _one(draw, right) if draw.random() < 0.3 else right


def false_pair(draw: Random) -> tuple[Expression, Expression]:
    """A true pair with eps (1 + u^2) or eps exp(u) added on one side: different at every point of the domain."""
    left, right = true_pair(draw)
    u = random_expression(draw, 1, names=("x", "a"))
    size = op("add", 1, op("pow", u, 2)) if draw.random() < 0.5 else op("exp", u)
    eps = number(Fraction(draw.choice((-1, 1)), 10 ** draw.choice((0, 1, 3, 6, 12, 20, 40, 60))))
    return left, op("add", right, op("mul", eps, size))
