"""Every row of the table of primitives by itself: derivative, domain, meaning, names, against mpmath at 50 digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction as F
from random import Random
from typing import Any

import mpmath
import pytest
import sympy
from strategies import Undefined, close, numeric, slope

from adjointcheck.expression.node import ONE, TWO, ZERO, Expression, apply, number, power, symbol
from adjointcheck.expression.sympy_bridge import from_sympy, to_sympy
from adjointcheck.expression.table import CONSTANTS, FUNCTIONS, PRIMITIVES, RESERVED, ROWS, Primitive, conditions_of

ARGUMENTS = (symbol("u"), symbol("v"))
NAMES = ("u", "v")


@dataclass(frozen=True)
class Case:
    """A primitive as its own node, mpmath's idea of it, open ranges to draw from, and points outside the domain."""

    node: Expression
    oracle: Callable[..., Any]
    ranges: tuple[tuple[F, F], ...]
    outside: tuple[tuple[F, ...], ...] = ()
    boundary: tuple[tuple[F, ...], ...] = ()


def case(head: str, oracle: Callable[..., Any], *ranges: tuple[float, float], outside: Any = (), boundary: Any = ()) -> Case:
    exact = tuple((F(low), F(high)) for low, high in ranges)
    points = [tuple(tuple(F(value) for value in point) for point in points) for points in (outside, boundary)]
    return Case(apply(head, *ARGUMENTS[: len(ranges)]), oracle, exact, *points)


def raised(exponent: F, oracle: Callable[..., Any], low: float, high: float, outside: Any = (), boundary: Any = ()) -> Case:
    made = case("pow", oracle, (low, high), (1, 2), outside=outside, boundary=boundary)
    return replace(made, node=apply("pow", ARGUMENTS[0], number(exponent)), ranges=made.ranges[:1])


def _angle_outside() -> tuple[tuple[float], ...]:
    return ((1.5,), (-1.0000001,), (40,))


CASES = {
    "add": case("add", lambda u, v: u + v, (-9, 9), (-9, 9)),
    "sub": case("sub", lambda u, v: u - v, (-9, 9), (-9, 9)),
    "mul": case("mul", lambda u, v: u * v, (-9, 9), (-9, 9)),
    "div": case("div", lambda u, v: u / v, (-9, 9), (0.25, 9), outside=((3, 0), (0, 0))),
    "neg": case("neg", lambda u: -u, (-9, 9)),
    "pow": case("pow", lambda u, v: u**v, (0.25, 4), (-3, 3), outside=((-2, 0.5), (0, -1), (0, 0.5), (-0.5, 1.25))),
    "pow 3": raised(F(3), lambda u: u**3, -4, 4, boundary=((0,),)),
    "pow 0": raised(F(0), lambda u: mpmath.mpf(1), -4, 4, boundary=((0,),)),
    "pow -2": raised(F(-2), lambda u: 1 / u**2, 0.25, 4, outside=((0,),)),
    "pow 1/3": raised(F(1, 3), lambda u: mpmath.root(u, 3), 0.25, 4, outside=((-1,), (-0.001,)), boundary=((0,),)),
    "pow -3/2": raised(F(-3, 2), lambda u: 1 / (u * mpmath.sqrt(u)), 0.25, 4, outside=((-1,), (0,))),
    "exp": case("exp", mpmath.exp, (-5, 5)),
    "log": case("log", mpmath.log, (0.01, 9), outside=((0,), (-2,))),
    "sin": case("sin", mpmath.sin, (-9, 9)),
    "cos": case("cos", mpmath.cos, (-9, 9)),
    "tan": case("tan", mpmath.tan, (-1.5, 1.5)),
    "sinh": case("sinh", mpmath.sinh, (-5, 5)),
    "cosh": case("cosh", mpmath.cosh, (-5, 5)),
    "tanh": case("tanh", mpmath.tanh, (-5, 5)),
    "sqrt": case("sqrt", mpmath.sqrt, (0.01, 9), outside=((-1,), (-0.0001,)), boundary=((0,),)),
    "asin": case("asin", mpmath.asin, (-0.99, 0.99), outside=_angle_outside(), boundary=((1,), (-1,))),
    "acos": case("acos", mpmath.acos, (-0.99, 0.99), outside=_angle_outside(), boundary=((1,), (-1,))),
    "atan": case("atan", mpmath.atan, (-9, 9)),
    "abs": case("abs", abs, (-9, 9), boundary=((0,),)),
    "sign": case("sign", mpmath.sign, (-9, 9), boundary=((0,),)),
    "min": case("min", min, (-9, 9), (-9, 9), boundary=((1, 1),)),
    "max": case("max", max, (-9, 9), (-9, 9), boundary=((1, 1),)),
}
DIFFERENTIABLE = pytest.mark.parametrize("name", CASES)
SAMPLES = 12


def points(made: Case, seed: int) -> list[dict[str, F]]:
    """Seeded admissible points, none of them a special value."""
    draw = Random(f"{made.node} {seed}")
    return [{name: low + (high - low) * F(draw.randint(1, 10**9 - 1), 10**9) for name, (low, high) in zip(NAMES, made.ranges, strict=False)}
            for _ in range(SAMPLES)]


def wrong_slopes(row: Primitive, made: Case, seed: int = 1) -> list[str]:
    """Arguments whose derivative the row states wrongly somewhere: its pull against a central difference at 50 digits."""
    assert row.pull is not None
    terms = row.pull(ONE, made.node, *made.node.args)
    found = []
    for name, argument, term in zip(NAMES, made.node.args, terms, strict=False):
        if argument.head == "number":
            found += [] if term is None else [f"{name}: a constant exponent has a slope"]
            continue
        for point in points(made, seed):
            expected = slope(made.node, name, point)
            if term is None or not close(numeric(term, point), expected, 40):
                found.append(f"{name} at {point}: {expected}")
                break
    return found


@DIFFERENTIABLE
def test_derivative_row(name: str) -> None:
    row = PRIMITIVES[name.split()[0]]
    assert [wrong_slopes(row, CASES[name], seed) for seed in (1, 2)] == [[], []]


def _planted(row: Primitive, change: Callable[[Expression], Expression], argument: int) -> Primitive:
    def pull(*args: Expression) -> tuple[Expression | None, ...]:
        assert row.pull is not None
        terms = list(row.pull(*args))
        terms[argument] = change(terms[argument]) if terms[argument] is not None else None  # type: ignore[arg-type]
        return tuple(terms)

    return replace(row, pull=pull)


PLANTS: dict[str, Callable[[Expression], Expression]] = {
    "constant added": lambda term: term + number(F(1, 10**20)), "relative error": lambda term: term * number(1 + F(1, 10**15)) + F(1, 10**16),
    "another function": lambda term: apply("sin", term) + TWO,
}


@DIFFERENTIABLE
@pytest.mark.parametrize("plant", PLANTS)
def test_a_wrong_derivative_row_is_detected(name: str, plant: str) -> None:
    made, row = CASES[name], PRIMITIVES[name.split()[0]]
    for i, argument in enumerate(made.node.args):
        if argument.head != "number":
            assert [line[0] for line in wrong_slopes(_planted(row, PLANTS[plant], i), made)] == [NAMES[i]]


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("sign", "pow 0")])
def test_a_reversed_sign_is_detected(name: str) -> None:
    made, row = CASES[name], PRIMITIVES[name.split()[0]]
    assert wrong_slopes(_planted(row, lambda term: apply("neg", term), 0), made)
    assert wrong_slopes(_planted(row, lambda term: ZERO, 0), made)


def test_pulls_are_linear_in_the_cotangent() -> None:
    q = symbol("q")
    for name, made in CASES.items():
        for term, unit in zip(PRIMITIVES[name.split()[0]].pull(q, made.node, *made.node.args), PRIMITIVES[name.split()[0]].pull(ONE, made.node, *made.node.args), strict=True):  # type: ignore[misc]
            if term is not None:
                for point in points(made, 3):
                    assert close(numeric(term, {**point, "q": F(-7, 3)}), numeric(unit, point) * mpmath.mpf(-7) / 3, 40)


def test_slopes_at_ties_and_kinks_are_the_middle() -> None:
    """A tie of min or max shares equally, abs and sign are flat at 0: finite, and the same for every emitter."""
    tie = {"u": F(1), "v": F(1)}
    for head in ("min", "max"):
        node = apply(head, *ARGUMENTS)
        assert [numeric(term, tie) for term in PRIMITIVES[head].pull(ONE, node, *ARGUMENTS)] == [0.5, 0.5]  # type: ignore[misc]
    for head in ("abs", "sign"):
        assert numeric(PRIMITIVES[head].pull(ONE, apply(head, ARGUMENTS[0]), ARGUMENTS[0])[0], {"u": F(0)}) == 0  # type: ignore[misc]


@pytest.mark.parametrize("head", [row.name for row in ROWS if row.pull is None and row.name != "sign"])
def test_truth_values_have_no_slope(head: str) -> None:
    assert PRIMITIVES[head].boolean and PRIMITIVES[head].arity == (1 if head == "not" else 2)


def test_piecewise_pulls_only_on_its_branches() -> None:
    q, u, c, v = symbol("q"), symbol("u"), symbol("w") < 0, symbol("v")
    terms = PRIMITIVES["piecewise"].pull(q, apply("piecewise", u, c, v), u, c, v)  # type: ignore[misc]
    assert terms == (apply("piecewise", q, c, ZERO), None, apply("piecewise", ZERO, c, q))


# Domains


def holds(node: Expression, point: dict[str, F]) -> bool:
    relations = {">": lambda a: a > 0, ">=": lambda a: a >= 0, "!=": lambda a: a != 0}
    return all(relations[relation](numeric(a, point)) for a, relation in conditions_of(node))


@DIFFERENTIABLE
def test_domain_condition(name: str) -> None:
    """Inside the value is real and the condition holds; outside the condition fails and mpmath finds no real value."""
    made = CASES[name]
    inside = points(made, 4) + [dict(zip(NAMES, point, strict=False)) for point in made.boundary]
    for point in inside:
        value = numeric(made.node, point)
        assert mpmath.isfinite(value) and not isinstance(value, mpmath.mpc)
        assert holds(made.node, point), point
    for values in made.outside:
        point = dict(zip(NAMES, values, strict=False))
        assert not holds(made.node, point), point
        with pytest.raises(Undefined):
            numeric(made.node, point)


def test_tangent_is_undefined_where_the_cosine_vanishes() -> None:
    assert conditions_of(apply("tan", symbol("u"))) == ((apply("cos", symbol("u")), "!="),)


def test_primitives_without_a_case_have_no_domain() -> None:
    without = [row.name for row in ROWS if row.name not in {name.split()[0] for name in CASES}]
    assert without == ["piecewise", "lt", "le", "not", "and", "or"]
    assert all(PRIMITIVES[name].domain(*ARGUMENTS) == () for name in without)


def test_powers_of_whole_exponents_ask_for_nothing() -> None:
    for exponent in (0, 1, 2, 7):
        assert conditions_of(apply("pow", ARGUMENTS[0], number(exponent))) == ()


# Meanings, names, shape


@pytest.mark.parametrize("name", [row.name for row in ROWS if row.meaning])
def test_meaning_is_an_identity(name: str) -> None:
    made = CASES[name]
    defined_by = PRIMITIVES[name].meaning(*made.node.args)  # type: ignore[misc]
    for point in points(made, 5):
        assert close(numeric(defined_by, point), numeric(made.node, point), 48)
        assert close(numeric(defined_by, point), made.oracle(*(mpmath.mpf(v.numerator) / v.denominator for v in point.values())), 14)


@DIFFERENTIABLE
def test_value_is_mpmaths(name: str) -> None:
    made = CASES[name]
    with mpmath.workdps(60):
        for point in points(made, 6):
            assert close(numeric(made.node, point), made.oracle(*(mpmath.mpf(v.numerator) / v.denominator for v in point.values())), 48)


@DIFFERENTIABLE
def test_sympy_name_goes_there_and_back(name: str) -> None:
    made = CASES[name]
    back = from_sympy(to_sympy(made.node))
    for point in points(made, 7):
        assert close(numeric(back, point), numeric(made.node, point), 48)
        direct = to_sympy(made.node).subs({sympy.Symbol(n, real=True): sympy.Rational(v.numerator, v.denominator) for n, v in point.items()})
        assert close(mpmath.mpf(str(sympy.N(direct, 40))), numeric(made.node, point), 30)


def test_sympy_name_of_conditions_and_branches() -> None:
    u, v = ARGUMENTS
    for condition in (u < v, u <= v, apply("not", u < v), apply("and", u < v, u < 1), apply("or", u < v, u < 1)):
        node = apply("piecewise", u, condition, v)
        back = from_sympy(to_sympy(node))
        for point in ({"u": F(1, 2), "v": F(3)}, {"u": F(3), "v": F(1, 2)}, {"u": F(2), "v": F(2)}, {"u": F(1, 3), "v": F(1, 3)}):
            assert numeric(back, point) == numeric(node, point)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_shape_of_a_row(row: Primitive) -> None:
    arguments = (symbol("u"), symbol("v"), symbol("w"))[: row.arity]
    assert len(arguments) == row.arity in (1, 2, 3)
    if row.pull is not None:
        assert len(row.pull(ONE, apply(row.name, *arguments), *arguments)) == row.arity
    with pytest.raises(TypeError):
        row.domain(*arguments, symbol("z")) if row.domain(*arguments) else _too_many(row)
    assert row.smooth or row.name in ("abs", "sign", "min", "max", "piecewise")
    assert 1 <= row.level <= 9 and (row.level == 9) == (not row.infix and row.name not in ("neg", "not"))


def _too_many(row: Primitive) -> None:
    """Rows without a domain take any arguments there; their pull does not."""
    if row.pull is None:
        raise TypeError
    row.pull(ONE, ONE, *[symbol("u")] * (row.arity + 1))


def test_names_are_unique_and_reserved() -> None:
    assert len(PRIMITIVES) == len(ROWS)
    assert FUNCTIONS == {name for name in CASES if " " not in name} - {"add", "sub", "mul", "div", "neg", "pow"} | {"piecewise"}
    assert FUNCTIONS | {"pi", "and", "or", "not"} == RESERVED and set(CONSTANTS) == {"pi"}


def test_a_row_with_a_negative_power_has_no_hidden_root() -> None:
    assert conditions_of(power(symbol("u"), number(F(-1, 2)))) == ((symbol("u"), ">"),)
