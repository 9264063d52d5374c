"""The door to SymPy: values survive both ways, nothing foreign passes, and texts do not depend on the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction as F
from pathlib import Path
from random import Random

import pytest
import sympy
from strategies import Undefined, close, numeric, random_expression, random_point

from adjointcheck.errors import ProblemError
from adjointcheck.expression.grammar import parse, to_text
from adjointcheck.expression.node import Expression, apply, number, symbol
from adjointcheck.expression.sympy_bridge import from_sympy, sympy_symbol, to_sympy, to_sympy_all

S = sympy.Symbol
x, y = sympy_symbol("x"), sympy_symbol("y")


@pytest.mark.parametrize("seed", range(4))
def test_values_survive_the_round_trip(seed: int) -> None:
    """SymPy may rewrite as it likes: wherever the original is defined the value is the same to 45 digits."""
    draw, seen = Random(seed), 0
    for _ in range(60):
        root, point = random_expression(draw, 3), random_point(draw)
        try:
            expected = numeric(root, point)
            if abs(expected) > 10**9:
                continue
            back = from_sympy(to_sympy(root))
        except (Undefined, ProblemError):
            continue
        seen += 1
        assert close(numeric(back, point), expected, 40), to_text(root)
    assert seen >= 15


@pytest.mark.parametrize("text", [
    "x", "pi", "1/3", "x**y", "sqrt(x)", "x**(-3/2)", "exp(1)", "exp(x)*exp(y)", "abs(x - y)", "sign(x)", "min(x, y, 1)", "max(x, min(y, 2))", "tan(x) + atan(y/x)",
    "piecewise(x, x < y, y, x < 2, 3)", "piecewise(x, x < y and not y <= 1, y)", "piecewise(x, x < 1 or y < 1/2, y)", "lambda*I + E*S + N*beta - gamma*zeta + Q*O*C",
    "x/(y*x)", "-x/(2*y)", "sinh(x)*cosh(y) - tanh(x*y)", "asin(x/9) + acos(y/9)", "log(x*y)",
])
def test_each_construct_there_and_back(text: str) -> None:
    root, draw, seen = parse(text), Random(text), 0
    back = from_sympy(to_sympy(root))
    for _ in range(12):
        point = {name: abs(draw_value) for name, draw_value in random_point(draw, ("x", "y", "lambda", "I", "E", "S", "N", "beta", "gamma", "zeta", "Q", "O", "C")).items()}
        assert close(numeric(back, point), numeric(root, point), 45)
        seen += 1
    assert seen == 12


def test_nothing_is_assumed_but_reality() -> None:
    assert to_sympy(parse("sqrt(x**2)")) == sympy.Abs(x) and to_sympy(parse("x")).is_positive is None
    assert sympy_symbol("x").is_real and not sympy_symbol("x").is_positive


def test_names_are_ordinary_symbols() -> None:
    for name in ("I", "E", "S", "N", "O", "Q", "pi2", "lambda", "beta", "x.delta.dot"):
        assert from_sympy(to_sympy(symbol(name))) is symbol(name)


def test_numbers_stay_exact() -> None:
    for value in (F(1, 3), F(-7, 9), F(10**60 + 1, 3**80), F(0), F(1, 10)):
        assert from_sympy(to_sympy(number(value))) is number(value)
    assert from_sympy(sympy.Float("0.1")) is number(F(1, 10))


def test_several_roots_share() -> None:
    first, second = to_sympy_all([parse("sin(x*y)"), parse("sin(x*y) + 1")])
    assert second == first + 1
    assert to_sympy(parse("x + y"), {"x": S("u"), "y": S("v", positive=True)}) == S("u") + S("v", positive=True)


@pytest.mark.parametrize("foreign", [
    sympy.I * x, sympy.gamma(x), sympy.Function("f")(x), sympy.Integral(x, x), sympy.Derivative(sympy.Function("f")(x), x), sympy.oo, sympy.nan, sympy.zoo,
    sympy.erf(x), sympy.floor(x), sympy.Mod(x, 2), sympy.cot(x), sympy.re(S("z")), sympy.Sum(x, (x, 1, 3)), sympy.besselj(0, x), sympy.LambertW(x),
    sympy.Eq(x, y), sympy.Ne(x, y), sympy.Piecewise((x, x > 0)),
], ids=str)
def test_what_has_no_place_is_named(foreign: sympy.Basic) -> None:
    with pytest.raises(ProblemError) as caught:
        from_sympy(foreign, "rate of x")
    assert str(caught.value).startswith("rate of x") or "Piecewise" in str(caught.value)
    assert str(caught.value).isascii()


def test_sympys_derivative_of_a_kink_has_a_place() -> None:
    """d max(x, 0)/dx holds a Heaviside, which is 1/2 at 0 like our own row."""
    node = from_sympy(sympy.Max(x, 0).diff(x))
    assert [numeric(node, {"x": F(v)}) for v in (-2, 0, 3)] == [0, 0.5, 1]
    assert [numeric(from_sympy(sympy.Abs(x).diff(x)), {"x": F(v)}) for v in (-2, 3)] == [-1, 1]


def test_equal_parts_are_converted_once() -> None:
    known: dict[sympy.Basic, Expression] = {}
    from_sympy(sympy.sin(x * y) + 1, known=known)
    assert known[sympy.sin(x * y)] is apply("sin", parse("x*y"))
    size = len(known)
    from_sympy(sympy.sin(x * y), known=known)
    assert len(known) == size


PROPOSALS = """
import json
from adjointcheck.problem.statement import Problem
from adjointcheck.derive.derivation import setting_of
from adjointcheck.derive.lagrangian import propose
problem = Problem(
    name="seeds", horizon=(0, 1), parameters=["a", "b", "sigma", "k"], controls=["w"],
    states={"x": {"rate": "a*y - max(x, y, b)*sin(t) + w*min(x, k, y)", "initial": "a*b + sigma"},
            "y": {"rate": "piecewise(x*y, x < y, x**2, x < 2*y, y**2*x/y) - exp(-b*x)*abs(y)*k/(sigma*a)", "initial": "b"},
            "z": {"rate": "sqrt(1 + x**2*y**2 + z**2)*tanh(a*b*k) - z*sigma*w", "initial": "0"}},
    running_cost="a*x**2 + b*y**2 + k*z**2 + w**2 + sigma*x*y*z", terminal_cost="log(1 + x**2 + y**2)*sigma",
    observations=[{"times": [0, 1], "data": {"d": [1, 2]}, "cost": "(x - d)**2*a + y*z*k"}],
)
print(json.dumps([[step.id, step.rule, dict(step.claim)] for step in propose(setting_of(problem))]))
"""


def test_proposals_do_not_depend_on_the_hash_seed() -> None:
    root = Path(__file__).parents[2]
    found = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        found.add(subprocess.run([sys.executable, "-c", PROPOSALS], env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(found) == 1 and len(found.pop()) > 5000
