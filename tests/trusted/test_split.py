"""Sums taken apart: the parts have the value of the whole, what both sides share cancels, and nothing else does."""

from __future__ import annotations

import math
import operator
from fractions import Fraction as F

import pytest

from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, evaluate, symbols_of
from adjointcheck.trusted.split import parts, summands
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

POINT = {"a": F(3, 7), "b": F(-5, 2), "c": F(11, 3), "d": F(1, 13)}
RULES = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg}
TEXTS = [
    "a", "-a", "3", "a*b", "-(a*b)", "a*(-b)", "-a*(-b)", "2*a/3", "a/b", "-a/b/4", "a - (b - (c - d))", "-(a - b)", "2*(a - b)*3", "c*(a + b)", "-c*(a - b)/5", "(a + b)*(c - d)", "a - a", "0*a + b", "(a + b)/3 - c*(d - 2*(a - b))", "a/(1 - 3) + 0",
]


def value(root: Expression) -> F:
    return evaluate([root], lambda node: node.value if node.head == "number" else POINT[node.value], RULES)[0]


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("text", TEXTS)
def test_summands_add_up(text: str, spread: bool) -> None:
    found = list(summands(parse(text), spread))
    assert sum((scale * math.prod(map(value, product)) for scale, product in found), F(0)) == value(parse(text))
    assert all(scale for scale, _ in found) and not any(node.head in ("neg", "mul", "number") for _, product in found for node in product)


def test_a_single_sum_is_spread_on_request_only() -> None:
    assert len(list(summands(parse("c*(a + b - d)"), False))) == 1 and len(list(summands(parse("c*(a + b - d)"), True))) == 3
    assert len(list(summands(parse("2*(a + b)"), False))) == 2 and len(list(summands(parse("(a + b)*(c + d)"), True))) == 1


@pytest.mark.parametrize(("left", "right", "rest"), [
    ("a + b", "b + a", []), ("c*(a + b)", "c*b + a*c", []), ("-(a*b)", "a*(-b)", []), ("a + b", "a + c", [("b", "c")]), ("c*a + c*b", "c*b + c*d", [("a", "d")]), ("a*b", "-(a*b)", [("2", "0")]), ("a", "2*a", [("-1", "0")]), ("a - b", "a", [("-1", "0")]),
])
def test_what_both_sides_share_is_left_out(left: str, right: str, rest: list[tuple[str, str]]) -> None:
    found = parts(parse(left), parse(right))
    assert [(value(a), value(b)) for a, b in found] in ([(value(parse(a)), value(parse(b))) for a, b in rest], [(-value(parse(a)), -value(parse(b))) for a, b in rest])


def test_few_summands_stay_as_they_are() -> None:
    left, right = parse("a + b"), parse("b + a")
    assert parts(left, right, 4) == [(left, right)] and parts(left, right, 3) == []
    product = parse("c*(a + b - d)")  # one summand as it stands
    for pair in ((product, left), (left, product)):
        assert parts(*pair, 3) == [pair] and parts(*pair, 2) != [pair]


def test_long_sums_are_sorted_into_small_equations() -> None:
    left, right = (parse(" + ".join(text.format(i) for i in range(20))) for text in ("x{0}*(y{0} + 1)", "(1 + y{0})*x{0}"))
    found = parts(left, right)
    assert len(found) == 20 and all(equal(a, b).status is Status.PROVED for a, b in found)
    assert sorted(len(symbols_of(a, b)) for a, b in found) == [1] * 20
