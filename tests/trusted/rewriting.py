"""Pairs whose truth is known by construction: meaning-preserving rewritings, and the same with a small term added."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from random import Random

from strategies import random_expression

from adjointcheck.expression.node import Expression, apply, number, symbol

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


def rewrite(draw: Random, e: Expression, rate: float = 0.4, rewritings: tuple[Rewriting, ...] = REWRITINGS) -> Expression:
    """`e` with rewritings applied at random nodes, so that the value is the same wherever both are defined."""
    if e.head in ("lt", "le", "not", "and", "or"):
        return op(e.head, *(rewrite(draw, arg, rate, rewritings) for arg in e.args))
    keep = 2 if e.head == "pow" else len(e.args) + 1
    inner = op(e.head, *(rewrite(draw, arg, rate, rewritings) if i + 1 < keep else arg for i, arg in enumerate(e.args))) if e.args else e
    if draw.random() > rate:
        return inner
    found = [new for rewriting in rewritings if (new := rewriting(draw, inner)) is not None]
    return draw.choice(found) if found else inner


# Harder pairs: fields of up to six variables, towers of depth three, exponents of every kind, nested roots, near misses down to 1e-200

VARIABLES = ("x", "y", "z", "u", "v", "w")
EXPONENTS = (Fraction(1, 2), Fraction(3, 2), Fraction(-1, 2), Fraction(1, 3), Fraction(7, 10), Fraction(-5, 4), Fraction(2), Fraction(-1))
GAPS = (0, 1, 3, 8, 16, 30, 60, 100, 150, 200)


def _tower(draw: Random, depth: int, names: tuple[str, ...]) -> Expression:
    """A function of a function of ..., `depth` deep over a small polynomial."""
    if depth == 0:
        return _plain(draw, names)
    inner = _tower(draw, depth - 1, names)
    square = op("add", 1 + draw.randint(0, 3), op("pow", inner, 2))
    return draw.choice((
        lambda: op(draw.choice(("sin", "cos", "tanh", "atan", "sinh", "cosh", "tan")), inner), lambda: op("exp", draw.choice((inner, op("neg", inner)))),
        lambda: op(draw.choice(("log", "sqrt")), draw.choice((square, inner))), lambda: op("pow", draw.choice((square, inner)), number(draw.choice(EXPONENTS))),
        lambda: op("pow", draw.choice((square, inner)), symbol(draw.choice(("h", "k")))), lambda: op(draw.choice(("abs", "asin", "acos")), inner),
        lambda: op(draw.choice(("min", "max")), inner, _plain(draw, names)), lambda: op("div", _plain(draw, names), square),
        lambda: op("max", op("min", inner, _plain(draw, names)), _plain(draw, names)), lambda: op("piecewise", inner, op("lt", *(_plain(draw, names) for _ in "ab")), _plain(draw, names)),
    ))()


def _plain(draw: Random, names: tuple[str, ...]) -> Expression:
    a, b, c = symbol(draw.choice(names)), symbol(draw.choice(names)), number(Fraction(draw.randint(1, 12), draw.choice((1, 1, 2, 3, 10))))
    return draw.choice((lambda: a, lambda: a, lambda: op("mul", c, a), lambda: op("sub", a, b), lambda: op("add", a, c), lambda: op("mul", a, b), lambda: op("add", op("mul", c, a), b)))()


def field(draw: Random) -> Expression:
    """A component of a vector field: a sum of up to three products of towers."""
    names = VARIABLES[: draw.randint(1, 6)]
    terms = [op("mul", _plain(draw, names), _tower(draw, draw.choice((1, 1, 2, 2, 3)), names)) for _ in range(draw.choice((1, 1, 2, 3)))]
    return reduce(lambda a, b: op(draw.choice(("add", "sub")), a, b), terms)


def _sums(draw: Random, e: Expression) -> Expression | None:
    """Addition laws of circular and hyperbolic functions."""
    if e.head not in ("sin", "cos", "sinh", "cosh") or e.args[0].head not in ("add", "sub"):
        return None
    (a, b), flip = e.args[0].args, e.args[0].head == "sub"
    s, c = ("sin", "cos") if e.head in ("sin", "cos") else ("sinh", "cosh")
    if e.head == s:
        return op("sub" if flip else "add", op("mul", op(s, a), op(c, b)), op("mul", op(c, a), op(s, b)))
    return op("add" if flip == (s == "sin") else "sub", op("mul", op(c, a), op(c, b)), op("mul", op(s, a), op(s, b)))


def _exponents(draw: Random, e: Expression) -> Expression | None:
    """a**h = exp(h log a) = a**(h - 1) a = (a**(h/2))**2 = 1/a**(-h) = a**(h + k)/a**k for a > 0."""
    if e.head != "pow" or (e.args[1].head == "number" and e.args[1].value.denominator == 1):
        return None
    (a, h), k = e.args, draw.choice((symbol("k"), number(2), number(Fraction(1, 3))))
    return draw.choice((op("exp", op("mul", h, op("log", a))), op("mul", a, op("pow", a, op("sub", h, 1))), op("pow", op("pow", a, op("div", h, 2)), 2),
                        op("div", 1, op("pow", a, op("neg", h))), op("div", op("pow", a, op("add", h, k)), op("pow", a, k))))


def _towers(draw: Random, e: Expression) -> Expression | None:
    """A value through a function and its inverse, wherever that is defined."""
    if e.head in ("number", "symbol", "lt", "le", "not", "and", "or"):
        return None
    return draw.choice((op("log", op("exp", e)), op("exp", op("log", e)), op("tan", op("atan", e)), op("pow", op("sqrt", e), 2), op("sqrt", op("pow", e, 2)) if e.head in ("exp", "cosh", "abs", "sqrt") else e,
                        op("sin", op("asin", e)), op("cos", op("acos", e)), op("pow", op("pow", e, number(Fraction(1, 3))), 3)))


def _folded(draw: Random, e: Expression) -> Expression | None:
    """abs of a product, min and max of three, max by abs, nested roots, log of a product."""
    a, b = e.args if len(e.args) == 2 else (e, e)
    inner = e.args[0] if e.args else e
    rows = {
        "abs": lambda: op("mul", op("abs", inner.args[0]), op("abs", inner.args[1])) if inner.head == "mul" else op("sqrt", op("pow", inner, 2)),
        "max": lambda: op("max", a.args[0], op("max", a.args[1], b)) if a.head == "max" else op("div", op("add", op("add", a, b), op("abs", op("sub", a, b))), 2),
        "min": lambda: op("min", a.args[0], op("min", a.args[1], b)) if a.head == "min" else op("neg", op("max", op("neg", a), op("neg", b))),
        "sqrt": lambda: op("pow", op("sqrt", op("sqrt", inner)), 2),
        "tanh": lambda: op("sub", 1, op("div", 2, op("add", op("exp", op("mul", 2, inner)), 1))), "exp": lambda: op("pow", op("exp", op("div", inner, 3)), 3),
        "log": lambda: op("add", op("log", op("abs", inner.args[0])), op("log", op("abs", inner.args[1]))) if inner.head == "mul" else op("div", op("log", op("pow", inner, 2)), 2),
        "sin": lambda: op("cos", op("sub", op("div", op("pi"), 2), inner)), "cos": lambda: op("neg", op("cos", op("add", inner, op("pi")))),
        "tan": lambda: op("div", op("mul", 2, op("tan", op("div", inner, 2))), op("sub", 1, op("pow", op("tan", op("div", inner, 2)), 2))),
    }
    return rows.get(e.head, lambda: None)()


HARD_REWRITINGS = (*REWRITINGS, _sums, _exponents, _exponents, _towers, _folded, _folded)


def hard_pair(draw: Random, equal: bool) -> tuple[Expression, Expression]:
    """A field against a rewriting of itself; unequal: plus eps (1 + u**2) or eps exp(u), or one place of the right side changed."""
    left = field(draw) if draw.random() < 0.8 else random_expression(draw, 3)
    right = rewrite(draw, left, 0.35, HARD_REWRITINGS)
    if draw.random() < 0.2:
        right = _one(draw, right)
    if equal:
        return left, right
    if draw.random() < 0.4 and (slipped := _slip(draw, right)) is not right:
        return left, slipped
    u = _plain(draw, ("x", "y"))
    eps = number(Fraction(draw.choice((-1, 1)), 10 ** draw.choice(GAPS)))
    return left, op("add", right, op("mul", eps, op("add", 1, op("pow", u, 2)) if draw.random() < 0.5 else op("exp", u)))


def _slip(draw: Random, e: Expression) -> Expression:
    """One sign, function, number or factor changed somewhere: not always a different function, which the certificate decides."""
    if e.args and draw.random() < 0.7:
        at = draw.randrange(len(e.args))
        return op(e.head, *(_slip(draw, arg) if i == at and arg.head not in ("lt", "le", "not", "and", "or") else arg for i, arg in enumerate(e.args)))
    swaps = {"add": "sub", "sub": "add", "mul": "div", "sin": "cos", "cos": "sin", "sinh": "cosh", "exp": "cosh", "max": "min", "min": "max", "atan": "tanh", "tanh": "atan", "cosh": "exp"}
    return op(swaps[e.head], *e.args) if e.head in swaps else draw.choice((op("neg", e), op("mul", 2, e), op("add", e, number(Fraction(1, 10**6)))))


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
