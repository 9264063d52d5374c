"""What an adversary once had proved, refuted or crashed: each trick with its cure, and a true neighbour that stays proved."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from test_theory import INVALID, PROVED, REFUTED, UNKNOWN, judge, last, step

from adjointcheck.errors import ProblemError
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import symbol
from adjointcheck.trusted.normal_form import Normalizer
from adjointcheck.trusted.polynomial import PlainRing
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.witness import NoInformation, ball
from adjointcheck.trusted.zero import equal

NOUGHT = "atan(sqrt(x**256*x**256) - x**256)"  # 0 everywhere, which no rule here sees: factors stop at degree 256
TWIN = "(exp(x + log(2)) - 2*exp(x))"  # 0 everywhere, seen only with the exponent laws


def verdict(left: str, right: str) -> Status:
    return equal(parse(left), parse(right)).status


# Scalars


@pytest.mark.parametrize(("left", "right"), [
    ("atan(sqrt(1 + x))", "pi/4"), ("asin(sqrt(1/4 + x))", "pi/6"), ("max(x - 3, 0)*atan(sqrt(1 + x))", "max(x - 3, 0)*pi/4"),
    ("piecewise(0, x < 3, atan(sqrt(1 + x)))", "piecewise(0, x < 3, pi/4)"),
])
def test_a_known_arc_is_known_by_its_whole_square(left: str, right: str) -> None:
    """sqrt(1 + x)**2 = 1 + x begins with 1, and 1 alone is the square of tan(pi/4); the sampled point x = 2 hid the rest."""
    assert verdict(left, right) is Status.REFUTED
    assert verdict("atan(sqrt(3))*x", "pi*x/3") is Status.PROVED


@pytest.mark.parametrize("head", ["asin", "atan", "log", "sqrt"])
def test_a_letter_whose_square_vanishes_ends_no_proof(head: str) -> None:
    assert verdict(f"sqrt(-(y**2)) + {head}(y)", "y") is Status.UNKNOWN
    assert verdict(f"sqrt((y + 3)*(z + y + 3)**(1/3)*(y + 3)**(1/3)) + 0*sqrt(-(y + 3)) + 0*{head}(2 + z**2)", "0*z + 1") is not Status.PROVED
    assert verdict(f"0*(1/y) + 0*sqrt(y) + 0*sqrt(-y) + {head}(1/y)", "y") is Status.UNKNOWN


def test_a_region_is_closed_by_the_sign_of_what_a_part_has_become() -> None:
    """Where `NOUGHT` is found to be 0, NOUGHT - y >= 0 says y <= 0: the part is -y then, not y."""
    pair = f"piecewise(0, x < 3, 0*y + 0*sqrt({NOUGHT} - y) + 0*sqrt({NOUGHT}) + 0*sqrt(-{NOUGHT}) + abs(y))"
    assert verdict(pair, "piecewise(0, x < 3, y)") is not Status.PROVED
    assert verdict(pair, "piecewise(0, x < 3, -y)") is Status.PROVED


def test_a_divisor_is_read_anew_when_a_tie_has_rewritten_it() -> None:
    """exp(x) is exp(x + log(2))/2 once that is found: the logarithm of its inverse keeps the 2."""
    pair = f"piecewise(0, x < 3, 0*exp(x + log(2)) + 0*(1/exp(x)) + 0*sqrt({TWIN}) + 0*sqrt(-{TWIN}) + log(1/exp(x)))"
    assert verdict(pair, "piecewise(0, x < 3, -x - log(2))") is not Status.PROVED
    assert verdict(pair, "piecewise(0, x < 3, -x)") is Status.PROVED


@pytest.mark.parametrize("base", ["1/(abs(x) - x)", "log(-x)", "sqrt(-x)", "asin(x + 5)"])
def test_a_power_of_nothing_is_not_one(base: str) -> None:
    """Arb's nan**0 is 1, which had a point outside the domain refute what holds in it."""
    with pytest.raises(NoInformation):
        ball(parse(f"({base})**0"), {"x": parse("2").value}, 128)
    if "asin" not in base:
        assert verdict(f"abs(x)*({base})**0 + sin(2*x)", "2*sin(x)*cos(x) - x") is Status.PROVED
    assert verdict(f"abs(x)*({base})**0 + sin(2*x)", "2*sin(x)*cos(x) + x") is not Status.PROVED


def test_factors_are_monic_in_the_region_at_hand() -> None:
    form = Normalizer(PlainRing(), frozenset(), False)
    x, y = form.value(symbol("x")), form.value(symbol("y"))
    quotient = form.inverse(y)
    form.fix(form.canonical(form.sub(y, form.scaled(x, 2)))[0] or (), 0)
    constant, factors = form.split(quotient)
    assert (float(constant), factors) == (0.5, [(x, -1)])


@pytest.mark.parametrize(("left", "right", "at"), [
    ("max(-x, 0) + 0*sqrt(x*y**2)", "0", {"x": -1, "y": 0}), ("x", "abs(x) + 0*(x*y**2)**(1/4)", {"x": -1, "y": 0}),
    ("sqrt(y**2) + 0*(x**2*y**3)**(1/3)", "y", {"x": 0, "y": -2}), ("piecewise(1, x < 0, 2) + 0*(x*y**4)**(3/2)", "2", {"x": -2, "y": 0}),
])
def test_a_root_is_defined_where_a_square_below_it_vanishes(left: str, right: str, at: dict[str, int]) -> None:
    """x y**2 >= 0 for x >= 0, and at y = 0 for any x: that line was dropped, and no sampled point lies on it."""
    point = {name: Fraction(value) for name, value in at.items()}
    assert not ball(parse(left), point, 64).overlaps(ball(parse(right), point, 64))
    assert verdict(left, right) is not Status.PROVED


@pytest.mark.parametrize(("left", "right"), [("sqrt(x*y**2)", "sqrt(x)*abs(y)"), ("abs(x)*sqrt(x*y**2)", "x*sqrt(x*y**2)"), ("max(-x, 0) + 0*(x*y**2)**(-1/2)", "0")])
def test_what_holds_on_that_line_or_has_no_line_stays_proved(left: str, right: str) -> None:
    assert verdict(left, right) is Status.PROVED


# Theories

FUNCTIONAL = step("v", "assume", {"value": "J.delta", "integrand": "(L_x + p.dot)*x.delta", "t1": "(q - p)*x.delta", "t0": "(g - q)*y.delta"})
CHOICE = step("c", "choose", "p.dot = -L_x", "v", of="x.delta")


def test_soundness_a_letter_is_not_defined_by_its_own_derivative() -> None:
    """a = t a' - t has no solution at t = 0: differentiated, 1 = t a'', which says 1 = 0 there."""
    for own in ("t*a.dot - t", "a.next + 1", "a.delta", "b + a.before"):
        assert last(step("time", "assume", "t.dot = 1"), step("2", "define", f"a = {own}")) is INVALID
    assert last(step("2", "define", "a = t*b.dot - t")) is PROVED


@pytest.mark.parametrize("made", [
    (step("0", "define", "p = g"),), (step("0", "assume", "z = transpose(p)"), step("1", "assume", "z.dot = 0")),
    (step("0", "assume", "z.dot = 0"), step("1", "assume", "z = transpose(p)")), (step("0", "assume", "z = transpose(p) at t0"),),
    (step("0", "define", "y = transpose(p)"), step("1", "assume", "y.dot = 0")),
])
def test_soundness_what_has_a_value_already_is_not_chosen(made: tuple[Any, ...]) -> None:
    """p := g and p.dot = -L_x together would prove that L_x = 0 of every L."""
    assert last(*made, FUNCTIONAL, CHOICE) is INVALID


def test_a_letter_made_of_a_multiplier_does_not_bind_it() -> None:
    assert last(step("0", "assume", "z = transpose(p)"), step("1", "define", "y = z + x"), FUNCTIONAL, CHOICE) is PROVED


@pytest.mark.parametrize(("slots", "claims"), [
    ({"integrand": "(p.dot - p)*x.delta", "t1": "(p - p.dot + g)*x.delta"}, ["p.dot = p of x", "p = p.dot - g at t1 of x"]),
    ({"t1": "(r - p)*x.delta"}, ["p = r at t1 of x"]),
    ({"t1": "(F - p)*x.delta"}, ["p = F at t1 of x"]),
    ({"integrand": "(p.dot - t*p.dot.dot + t*g)*x.delta"}, ["p.dot = t*p.dot.dot - t*g of x"]),
    ({"integrand": "(p.dot - r.dot)*x.delta"}, ["p.dot = r.dot of x"]),
    ({"integrand": "(q.dot - p - g)*y.delta", "t1": "(q.dot - p)*x.delta"}, ["p = q.dot at t1 of x", "q.dot = p + g of y"]),
    ({"integrand": "(q.dot - p)*y.delta + (p.dot - q.dot.dot)*x.delta"}, ["q.dot = p of y", "p.dot = q.dot.dot of x"]),
    ({"integrand": "(q.dot + p)*y.delta + (p.dot - q)*x.delta", "t1": "(g - p)*x.delta", "t0": "q*y.delta"},
     ["q.dot = -p of y", "p.dot = q of x", "p = g at t1 of x", "q = 0 at t0 of y"]),
    ({"integrand": "p.dot*x.delta", "t0": "(q - p)*x.delta", "s": "(g - p.before)*x.before.delta"},
     ["p.dot = 0 of x", "p = q at t0 of x", "p.before = g at s of x.before"]),
    ({"s": "(g - p.after)*x.after.delta", "t1": "(q - p)*x.delta"}, ["p = q at t1 of x", "p.after = g at s of x.after"]),
])
def test_soundness_choices_that_need_not_exist_together(slots: dict[str, str], claims: list[str]) -> None:
    """p = p + g by way of a definition, a derivative or a function; two ends, which a boundary value problem need not meet; crossed jumps."""
    functional = step("v", "assume", {"value": "J.delta", **slots})
    steps = [step(str(i), "choose", claim.partition(" of ")[0], "v", of=claim.partition(" of ")[2] + ".delta") for i, claim in enumerate(claims)]
    given: dict[str, Any] = {"letters": {"r": "1 n", "F": "1 n", "F_p": "n n"}, "points": ("t0", "s", "t1"), "functions": {"F": {"p": "F_p"}}}
    assert last(step("def", "define", "r = p + g"), functional, *steps, **given) is INVALID


def test_choices_in_one_direction_exist_together() -> None:
    given: dict[str, Any] = {"points": ("t0", "s", "t1")}
    slots = {"integrand": "(q.dot + p)*y.delta + (p.dot - q)*x.delta", "t1": "(g - p)*x.delta + q*y.delta", "s": "(p.after + g - p.before)*x.before.delta"}
    claims = (("q.dot = -p", "y"), ("p.dot = q", "x"), ("p = g at t1", "x"), ("q = 0 at t1", "y"), ("p.before = p.after + g at s", "x.before"))
    steps = [step(str(i), "choose", claim, "v", of=f"{of}.delta") for i, (claim, of) in enumerate(claims)]
    assert last(step("v", "assume", {"value": "J.delta", **slots}), *steps, **given) is PROVED


def test_a_pattern_holds_no_derivative_of_its_hole() -> None:
    """It ended in a KeyError before."""
    assert last(step("1", "assume", "a = b"), step("2", "rewrite", "a = b", "1", **{"1": "hole.filled*hole"})) is INVALID


@pytest.mark.parametrize("functions", [{"w": {}}, {"t1": {}}])
def test_soundness_an_input_is_no_function_of_nothing(functions: Any) -> None:
    """w.delta would be 0, and any G the gradient of anything in w."""
    with pytest.raises(ProblemError):
        judge(step("1", "rewrite", "w.delta = 0"), functions=functions, letters={"t1": "1 1 constant"})


@pytest.mark.parametrize(("premise", "claim"), [
    ("c = a", "a.dot = 0"), ("c = a", "a.next = a"), ("P = A", "A = transpose(A)"), ("P = A*B", "A*B = transpose(B)*transpose(A)"),
])
def test_what_a_premise_says_by_its_letter_is_not_refuted(premise: str, claim: str) -> None:
    """c is constant, so c = a makes a.dot = 0, which plain replacement does not see."""
    assert last(step("1", "assume", premise), step("2", "rewrite", claim, "1")) is UNKNOWN
    assert last(step("1", "assume", "P = A + transpose(A)"), step("2", "rewrite", "A = transpose(A)", "1")) is REFUTED
    assert last(step("1", "assume", "b = a"), step("2", "rewrite", "a.dot = 0", "1")) is REFUTED


def test_a_gradient_is_that_of_the_functional_alone() -> None:
    """Of J.delta - V.delta the coefficient is no gradient of J."""
    both = step("v", "assume", {"value": "J.delta - V.delta", "t0": "q*x0.delta"})
    assert last(both, step("2", "gradient", {"value": "g", "t0": "q"}, "v", of="x0.delta")) is INVALID
    other = step("v", "assume", {"value": "J.tangent", "t0": "q*x0.delta"})
    assert last(other, step("2", "gradient", {"value": "g", "t0": "q"}, "v", of="x0.delta")) is INVALID


@pytest.mark.parametrize(("shape", "first"), [("1 1", "a*b"), ("n n", "A*B")])
def test_repeated_squaring_is_unknown_not_endless(shape: str, first: str) -> None:
    """Forty definitions multiply out to a word of 2**40 letters."""
    chain = [step("0", "define", f"e0 = {first}"), *(step(str(i), "define", f"e{i} = e{i - 1}*e{i - 1}") for i in range(1, 40))]
    claim = step("z", "rewrite", "e39 = 0", *[str(i) for i in reversed(range(40))])
    assert last(*chain, claim, letters={f"e{i}": shape for i in range(40)}) is UNKNOWN


def test_towers_of_powers_are_unknown_not_endless() -> None:
    towers = [step(name, "rewrite", f"{name}**(rho**(rho**rho)) = 1") for name in ("ra", "rb", "rc")]
    assert {found.verdict.status for found in judge(*towers, letters=dict.fromkeys(("ra", "rb", "rc"), "1 1 positive")).steps} <= {UNKNOWN, REFUTED}
