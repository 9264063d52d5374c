"""Integrals in closed form, by which costs and gradients of an example are known once its solution is: a guess that the core judges.

    int t^k exp(a t + b) dt     with a and b free of t, sums of such terms and products of such sums
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from adjointcheck.expression.node import ONE, ZERO, Expression, apply, number, symbol, symbols_of, total
from adjointcheck.trusted.language import derive

T = symbol("t")
Term = tuple[Expression, int, Expression]  # c, k, g of c t^k exp(g)
Vanishes = Callable[[Expression], bool]
MOST = 40  # terms of a product


def antiderivative(root: Expression, vanishes: Vanishes) -> Expression | None:
    """F with dF/dt = root, where `vanishes` tells what is surely 0; None where root is no sum of c t^k exp(a t + b)."""
    found = terms(root)
    parts = [_integral(term, vanishes) for term in found] if found is not None else [None]
    return None if None in parts else total(part for part in parts if part is not None)


def terms(root: Expression) -> list[Term] | None:
    """The terms that a scalar expression is a sum of."""
    if "t" not in symbols_of(root):
        return [(root, 0, ZERO)]
    if root is T:
        return [(ONE, 1, ZERO)]
    inner = [terms(argument) for argument in root.args]
    if root.head == "exp":
        return [(ONE, 0, root.args[0])]
    if root.head == "div" and inner[0] is not None and "t" not in symbols_of(root.args[1]):
        return [(c / root.args[1], k, g) for c, k, g in inner[0]]
    if root.head == "pow" and root.args[1].head == "number" and root.args[1].value in range(1, 5) and inner[0] is not None:
        return _product([inner[0]] * int(root.args[1].value))
    known = [part for part in inner if part is not None]
    if len(known) < len(inner) or root.head not in ("add", "sub", "neg", "mul"):
        return None
    if root.head == "mul":
        return _product(known)
    signs = {"sub": (1, -1), "neg": (-1,)}.get(root.head, (1, 1))
    return [(c if sign > 0 else -c, k, g) for sign, part in zip(signs, known, strict=True) for c, k, g in part]


def _product(sums: list[list[Term]]) -> list[Term] | None:
    chosen = list(product(*sums))
    return [_times(factors) for factors in chosen] if len(chosen) <= MOST else None


def _times(factors: tuple[Term, ...]) -> Term:
    c = ONE
    for factor, _, _ in factors:
        c = c * factor
    return c, sum(k for _, k, _ in factors), total(g for _, _, g in factors)


def _integral(term: Term, vanishes: Vanishes) -> Expression | None:
    """c exp(g) (t^k/a - k t^(k-1)/a^2 + ...) of c t^k exp(a t + b), c exp(b) t^(k+1)/(k+1) where a is 0."""
    c, k, g = term
    rate = _gathered(derive(g, {"t": ONE}), vanishes)
    if "t" in symbols_of(rate):
        return None
    grown = ONE if g is ZERO else apply("exp", g)
    if vanishes(rate):
        return c * grown * T ** (k + 1) / (k + 1)
    return c * grown * total(_by_parts(k, rate))


def _gathered(rate: Expression, vanishes: Vanishes) -> Expression:
    """2 theta of theta + theta: the core divides by letters and products, not by sums."""
    for name in symbols_of(rate):
        multiple = derive(rate, {name: ONE}) * symbol(name)
        if "t" not in symbols_of(multiple) and vanishes(rate - multiple):
            return multiple
    return rate


def _by_parts(k: int, rate: Expression) -> Iterator[Expression]:
    size, sign = (rate.args[0], -1) if rate.head == "neg" else (rate, 1)
    factor = number(sign)
    for i in range(k + 1):
        yield factor * T ** (k - i) / size ** (i + 1)
        factor = factor * number(-sign * (k - i))
