"""Forward and reverse mode against each other and against central differences at 50 digits."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from random import Random
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from strategies import NAMES, Undefined, close, numeric, random_expression, random_point, slope, texts

from adjointcheck.errors import GrammarError
from adjointcheck.expression.calculus import derivative, domain_ledger, gradient, partial, select
from adjointcheck.expression.cost import operation_count
from adjointcheck.expression.grammar import parse, to_text
from adjointcheck.expression.node import ONE, TWO, ZERO, Expression, apply, number, symbol, symbols_of, walk

X, Y = symbol("x"), symbol("y")
TINY = mpmath.mpf(1) / 10**6


def wide(value: Any) -> bool:
    return bool(abs(value) > mpmath.mpf(10) ** 12)


def regular(root: Expression, point: Mapping[str, F]) -> bool:
    """Defined, of moderate size, and nowhere near a kink or the edge of the domain of any of its nodes."""
    try:
        for node in walk([root]):
            if node.head in ("abs", "sign") or (node.head in ("min", "max", "lt", "le")):
                gap = node.args[0] if len(node.args) == 1 else node.args[0] - node.args[1]
                if abs(numeric(gap, point)) < TINY:
                    return False
            elif node.args and node.head not in ("not", "and", "or") and wide(numeric(node, point)):
                return False
        return all(abs(numeric(a, point)) > TINY for a, _ in domain_ledger([root]))
    except Undefined:
        return False


def agree(root: Expression, point: Mapping[str, F]) -> None:
    """d root by forward mode = by reverse mode = by central differences, in every symbol."""
    names = sorted(symbols_of(root))
    swept = gradient([root], [ONE], names)
    for name in names:
        forward = numeric(partial(root, name), point)
        assert close(forward, numeric(swept[name], point), 40), (root, name)
        assert close(forward, slope(root, name, point), 25), (root, name)


@pytest.mark.parametrize("seed", range(8))
def test_three_derivatives_agree(seed: int) -> None:
    draw, seen = Random(seed), 0
    for _ in range(60):
        root = random_expression(draw, 3)
        point = random_point(draw)
        if regular(root, point):
            seen += 1
            agree(root, point)
    assert seen >= 12


@given(texts(leaves=6))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_forward_and_reverse_agree_on_any_text(text: str) -> None:
    try:
        root = parse(text)
    except GrammarError:
        return
    point = {name: F(17 * i + 5, 23) for i, name in enumerate(sorted(symbols_of(root)))}
    if regular(root, point):
        swept = gradient([root], [ONE], sorted(point))
        for name in point:
            assert close(numeric(partial(root, name), point), numeric(swept[name], point), 40)


def test_a_wrong_rule_would_be_seen() -> None:
    """The comparison above is no empty one: a single reversed sign in one derivative is far outside its tolerance."""
    root, point = parse("sin(x*y) + exp(-x)"), {"x": F(3, 7), "y": F(5, 3)}
    good = partial(root, "x")
    assert close(numeric(good, point), slope(root, "x", point), 25)
    assert not close(numeric(good + apply("exp", -X) * TWO, point), slope(root, "x", point), 25)
    assert not close(numeric(good + number(F(1, 10**20)), point), slope(root, "x", point), 25)


def test_a_direction_moves_all_symbols_at_once() -> None:
    """D_t f(t, x(t)) = f_t + f_x xdot."""
    root = parse("x**2*y + sin(t*x)")
    total = derivative([root], {"t": ONE, "x": symbol("x.dot"), "y": parse("x - y")})[0]
    point = {"t": F(1, 3), "x": F(2, 7), "y": F(9, 5), "x.dot": F(-4, 3)}
    velocity = {"t": F(1), "x": F(-4, 3), "y": F(2, 7) - F(9, 5)}
    expected = sum(slope(root, name, point) * mpmath.mpf(v.numerator) / v.denominator for name, v in velocity.items())
    assert close(numeric(total, point), expected, 25)


def test_several_roots_and_seeds_give_the_vector_jacobian_product() -> None:
    draw = Random(5)
    roots = [parse("x*y - a*sin(x)"), parse("exp(-y)*b + x**3"), parse("x*y - a*sin(x)")]
    seeds = [symbol("p"), symbol("q"), ONE]
    swept = gradient(roots, seeds, NAMES)
    for _ in range(20):
        point = {**random_point(draw), "p": F(draw.randint(-9, 9), 7), "q": F(draw.randint(-9, 9), 5)}
        for name in NAMES:
            expected = sum(numeric(seed, point) * slope(root, name, point) for root, seed in zip(roots, seeds, strict=True))
            assert close(numeric(swept[name], point), expected, 25)


def test_seeds_are_constants_of_the_differentiation() -> None:
    swept = gradient([X * Y], [X], ["x", "y"])
    assert swept == {"x": X * Y, "y": X * X}


def test_absent_names_have_slope_zero() -> None:
    assert gradient([X * X], [ONE], ["y", "x"])["y"] is ZERO
    assert partial(parse("sin(x) + pi"), "y") is ZERO and derivative([X], {}) == [ZERO]


def test_a_root_that_is_a_symbol_keeps_its_seed() -> None:
    assert gradient([X, X], [symbol("p"), ONE], ["x"])["x"] is symbol("p") + ONE


def test_lengths_must_match() -> None:
    with pytest.raises(ValueError, match="zip"):
        gradient([X, Y], [ONE], ["x"])


# Branches that are not taken


UNTAKEN = [
    ("piecewise(log(x), x > 0, x**2)", F(-3)), ("piecewise(sqrt(x), x > 0, -x)", F(-2)), ("piecewise(x**2, x < 1, 1/(x - 1))", F(1, 2)),
    ("piecewise(1/x, x < 0, 1/x, x > 0, 5*x)", F(0)), ("piecewise(x*log(x), x > 0, 0)", F(0)), ("piecewise(sin(x)/x, 0 < x or x < 0, 1)", F(0)),
    ("piecewise(asin(x), x <= 1 and -x <= 1, 2*x)", F(3)), ("sqrt(piecewise(x, x > 0, 4))", F(-1)), ("piecewise(sqrt(x - 2), x > 2, 0)*x", F(1)),
    ("piecewise(piecewise(log(x), x > 5, 1/x), x > 0, x**3)", F(-1)),
]


@pytest.mark.parametrize(("text", "at"), UNTAKEN)
def test_the_branch_not_taken_is_never_touched(text: str, at: F) -> None:
    """Both modes are defined wherever the function is, even where the other branch divides by zero (casadi #1878)."""
    root, point = parse(text), {"x": at}
    numeric(root, point)
    forward, reverse = partial(root, "x"), gradient([root], [ONE], ["x"])["x"]
    assert close(numeric(forward, point), numeric(reverse, point), 45)
    if regular(root, point):
        assert close(numeric(forward, point), slope(root, "x", point), 25)


def test_shared_parts_of_two_branches() -> None:
    """x/y is used in both branches and outside: each use contributes once."""
    root = parse("(x/y)*piecewise(sin(x/y), x < y, cos(x/y)*x) + x/y")
    for point in ({"x": F(1, 2), "y": F(7, 3)}, {"x": F(9, 2), "y": F(7, 3)}):
        agree(root, point)


def test_select_folds_equal_branches() -> None:
    assert select(X, X < 1, X) is X and select(X, X < 1, Y).head == "piecewise"


def test_long_piecewise_chains_are_differentiated() -> None:
    """Sixty branches are no reason to exhaust the stack or to square the work again and again."""
    chain = "piecewise(" + ", ".join(f"x**2/{i + 2}, x < {i}" for i in range(60)) + ", x)"
    root = parse(chain)
    for at in (F(-1), F(61, 2), F(200)):
        assert close(numeric(partial(root, "x"), {"x": at}), numeric(gradient([root], [ONE], ["x"])["x"], {"x": at}), 45)


# Cost


FIELDS = [
    ["a*x - b*x*y", "a*x*y - b*y"], ["y", "a*(1 - x**2)*y - x"], ["sin(x - y)*a", "b*cos(x + y)/(1 + exp(-x))", "tanh(a*x)*y"],
    ["exp(-a*x)*sin(b*y)", "sqrt(1 + x**2 + y**2)", "log(1 + x**2)*y/a"],
]


@pytest.mark.parametrize("rates", FIELDS)
def test_reverse_mode_stays_under_griewanks_bound(rates: list[str]) -> None:
    roots = [parse(rate) for rate in rates]
    swept = gradient(roots, [symbol(f"p{i}") for i in range(len(roots))], NAMES)
    assert operation_count([*roots, *swept.values()]) <= 5 * operation_count(roots) + len(roots)


def test_reverse_mode_of_a_long_product_is_linear() -> None:
    """A product of n factors: n slopes in O(n) operations, not O(n^2)."""
    for n in (8, 64):
        names = [f"x{i}" for i in range(n)]
        root = parse("*".join(names))
        assert operation_count([root, *gradient([root], [ONE], names).values()]) <= 3 * n


# Domains


def test_the_ledger_lists_each_condition_once() -> None:
    root = parse("log(x)/y + sqrt(x)*log(x) + x**(-1/2) + asin(a) + 1/y + x**3 + y**x")
    ledger = {(to_text(a), relation) for a, relation in domain_ledger([root, root])}
    assert ledger == {("x", ">"), ("y", "!="), ("x", ">="), ("1 - a*a", ">="), ("y", ">")}
    assert len(domain_ledger([root, root])) == len(ledger)


def test_the_ledger_is_in_the_order_of_the_text() -> None:
    assert [to_text(a) for a, _ in domain_ledger([parse("1/y + log(x) + sqrt(a)")])] == ["y", "x", "a"]


def test_derivatives_ask_for_no_more_than_the_interior() -> None:
    """Conditions of a derivative hold wherever the function is defined in a neighbourhood."""
    draw, seen = Random(9), 0
    for _ in range(120):
        root, point = random_expression(draw, 3), random_point(draw)
        if regular(root, point):
            seen += 1
            for name in NAMES:
                numeric(partial(root, name), point)
                numeric(gradient([root], [ONE], [name])[name], point)
    assert seen > 25
