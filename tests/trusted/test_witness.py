"""Refutation: balls that enclose, points that are admissible, and a second arithmetic that must confirm."""

from __future__ import annotations

from fractions import Fraction as F
from random import Random
from typing import Any

import mpmath
import pytest
from strategies import Undefined, close, numeric, random_expression, random_point

from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import symbols_of
from adjointcheck.trusted import witness
from adjointcheck.trusted.witness import NoInformation, agree_somewhere, ball, refute

NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize("seed", range(4))
def test_balls_enclose_the_value(seed: int) -> None:
    """Arb at 64 and 256 bits against mpmath at 120 digits; undefined in one is undefined in the other, kinks apart."""
    draw, seen = Random(seed), 0
    for _ in range(80):
        root, point = random_expression(draw, 3), random_point(draw)
        for precision in (64, 256):
            try:
                found = ball(root, point, precision)
            except NoInformation:
                continue
            expected = numeric(root, point, 120)
            with mpmath.workdps(140):
                mid, radius = (mpmath.mpf(int(part.man_exp()[0])) * mpmath.mpf(2) ** int(part.man_exp()[1]) for part in (found.mid(), found.rad()))
                assert abs(expected - mid) <= radius + mpmath.mpf(10) ** -110 * max(1, abs(expected))
            seen += 1
    assert seen > 50


@pytest.mark.parametrize(("text", "at"), [
    ("log(x)", -1), ("log(x)", 0), ("sqrt(x)", -1), ("1/x", 0), ("x**-2", 0), ("asin(x)", 2), ("acos(x)", -2), ("x**y", -1), ("x**(1/3)", -1), ("x**(-1/2)", 0), ("0*log(x)", -1), ("0/x", 0), ("x**0/x", 0), ("0**x", 2),
    ("piecewise(1/x, x < 1, 2)", 0), ("min(log(x), 1)", -3), ("abs(1/x)", 0), ("sign(sqrt(x))", -1),
])
def test_no_ball_outside_the_domain(text: str, at: int) -> None:
    point = {"x": F(at), "y": F(1, 2)}
    with pytest.raises(NoInformation):
        ball(parse(text), point, 64)
    with pytest.raises(Undefined):
        numeric(parse(text), point)


def test_the_branch_not_taken_is_not_touched() -> None:
    assert ball(parse("piecewise(1/x, x > 0, 3)"), {"x": F(0)}, 64) == 3


def test_a_condition_too_close_to_call_gives_no_ball() -> None:
    with pytest.raises(NoInformation):
        ball(parse("piecewise(1, x**2 < 2, 3)*0 + piecewise(1, sqrt(2)**2 < x, 2)"), {"x": F(2)}, 64)
    with pytest.raises(NoInformation):
        ball(parse("sign(sqrt(x)**2 - x)"), {"x": F(2)}, 64)


@pytest.mark.parametrize(("left", "right"), [("x + 1", "x"), ("sin(x)", "x"), ("x*y", "x + y"), ("exp(x)", "1 + x + x**2/2"), ("sqrt(x)", "x/2"), ("x**y", "x*y"), ("abs(x)", "x"), ("piecewise(1, x < 0, 2)", "2")])
def test_refute_gives_an_admissible_point(left: str, right: str) -> None:
    found = refute(parse(left), parse(right), NONE)
    assert found is not None
    point = {name: F(value) for name, value in found.point}
    assert set(point) == symbols_of(parse(left), parse(right))
    a, b = numeric(parse(left), point, 60), numeric(parse(right), point, 60)
    assert close(a, mpmath.mpf(found.left), 10) and close(b, mpmath.mpf(found.right), 10) and abs(a - b) > mpmath.mpf(10) ** -50


@pytest.mark.parametrize(("left", "right"), [("x", "x + 0"), ("sin(x)**2", "1 - cos(x)**2"), ("sin(asin(x))", "x"), ("sqrt(5 + 2*sqrt(6))", "sqrt(2) + sqrt(3)"), ("max(x, y)", "(x + y + abs(x - y))/2"), ("log(x**2)", "2*log(x)"), ("1/(x - x)", "2")])
def test_nothing_true_or_empty_is_refuted(left: str, right: str) -> None:
    assert refute(parse(left), parse(right), NONE) is None


def test_points_keep_the_assumptions() -> None:
    assert refute(parse("abs(x)*abs(y)"), parse("x*y"), frozenset({"x", "y"})) is None
    found = refute(parse("abs(x)*abs(y)"), parse("x*y"), frozenset({"x"}))
    assert found is not None and F(dict(found.point)["x"]) > 0 > F(dict(found.point)["y"])


def test_points_are_repeatable() -> None:
    assert refute(parse("abs(x)"), parse("x"), NONE) == refute(parse("abs(x)"), parse("x"), NONE)


def test_the_second_arithmetic_must_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refute(parse("sin(x)"), parse("x"), NONE) is not None
    monkeypatch.setattr(witness, "_confirmed", lambda *args: False)
    assert refute(parse("sin(x)"), parse("x"), NONE) is None


def test_a_point_that_more_digits_cannot_enclose_is_no_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found when a campaign ended there, after 27,965 refuted pairs."""

    def short_sighted(root: Any, point: Any, precision: int) -> Any:
        if precision > 64 and point["x"] == 2:
            raise NoInformation
        return ball(root, point, precision)

    monkeypatch.setattr(witness, "ball", short_sighted)
    found = refute(parse("sin(x)"), parse("x"), NONE)
    assert found is not None and dict(found.point)["x"] != "2"


@pytest.mark.parametrize("head", ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan", "abs", "sign"])
def test_every_function_can_be_refuted(head: str) -> None:
    """Both arithmetics know each function, or its meaning: a wrong value of it does not stay unknown."""
    found = refute(parse(f"{head}(x/40)"), parse(f"{head}(x/40) + 1e-30"), NONE)
    assert found is not None


@pytest.mark.parametrize("text", ["min(x, y)", "max(x, y)", "x**y", "x**(1/3)", "piecewise(x, x < y and not y < 1, y)", "piecewise(x, x <= y or y <= 1, y)", "pi*x", "x**-3", "(x/7)**(-2/3)"])
def test_every_operator_can_be_refuted(text: str) -> None:
    assert refute(parse(text), parse(f"{text}*(1 + 1e-25)"), NONE) is not None


def test_agree_somewhere() -> None:
    assert agree_somewhere(parse("x"), parse("x + 0"), NONE) is True
    assert agree_somewhere(parse("x"), parse("x + 1"), NONE) is False
    assert agree_somewhere(parse("log(-1 - x**2)"), parse("x"), NONE) is None


def test_intervals_widen_monotone_functions_enough() -> None:
    """The second arithmetic's asin and atan enclose mpmath's values at twice the precision."""
    draw = Random(2)
    for name in ("asin", "atan"):
        for _ in range(50):
            at = F(draw.randint(-999, 999), 1000)
            witness.iv.prec = 100
            found = witness._INTERVAL[name](witness.iv.mpf(at.numerator) / at.denominator)
            with mpmath.workdps(80):
                assert found.a <= getattr(mpmath, name)(mpmath.mpf(at.numerator) / at.denominator) <= found.b


def test_sides_that_meet_at_one_point_only_do_not_agree() -> None:
    """x = 2 is the first point tried; there max(x - 3, 0) is 0 on both sides, elsewhere they differ."""
    left, right = parse("max(x - 3, 0)*atan(sqrt(1 + x))"), parse("max(x - 3, 0)*pi/4")
    assert agree_somewhere(left, right, frozenset()) is False


@pytest.mark.parametrize(("gap", "digits"), [("1", 12), ("1e-20", 24), ("1e-30", 48), ("1e-80", 96), ("1e-200", 250)])
def test_both_sides_are_shown_with_the_digits_in_which_they_differ(gap: str, digits: int) -> None:
    found = refute(parse("x/7"), parse(f"x/7 + {gap}"), NONE)
    assert found is not None and found.left != found.right
    shown = found.left.removeprefix("-").replace(".", "").lstrip("0")
    assert "e" not in shown and digits - 1 <= len(shown) <= digits  # a last digit 0 is not written


@pytest.mark.parametrize("name", ["exp", "sin", "cos"])
def test_arguments_of_endless_length_give_no_information(name: str) -> None:
    """The digits of exp(2**600) would fill any memory: found when a campaign ended there."""
    with pytest.raises(NoInformation):
        witness._INTERVAL[name](mpmath.iv.mpf(2) ** 600)
    value = witness._INTERVAL[name](mpmath.iv.mpf(1))
    assert value.a <= getattr(mpmath, name)(1) <= value.b


@pytest.mark.parametrize(("text", "other"), [("exp(exp(exp(exp(9 + x))))", "2"), ("sin(exp(exp(exp(9 + x))))", "2"), ("(9 + exp(x))**exp(exp(exp(9 + x)))", "2")])
def test_a_tower_is_refuted_where_it_is_moderate(text: str, other: str) -> None:
    found = refute(parse(text), parse(other), NONE)
    assert found is not None and F(dict(found.point)["x"]) < -9
