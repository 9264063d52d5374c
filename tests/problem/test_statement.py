"""`Problem` keeps numbers exact, takes every form of an expression, and refuses what is no statement."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from adjointcheck.errors import ProblemError
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import apply, number, symbol
from adjointcheck.problem import Control, Observation, Parameter, Problem, State, read_toml
from adjointcheck.problem.values import Limits, exact, expression


def arguments(**changes: Any) -> dict[str, Any]:
    """A statement with everything in it; `changes` replace arguments."""
    return {
        "name": "whole",
        "states": {"x": "a*x - b*x*y + w*t", "y": {"rate": "x - y", "initial": "b/2"}},
        "parameters": {"a": 1.5, "b": 0.1},
        "controls": {"w": "sin(t)"},
        "running_cost": "a*x**2 + w**2",
        "terminal_cost": "t*(x - b)**2",
        "initial": {"x": "a"},
        "horizon": (2, 0.5),
        "observations": [{"times": [2, 1.25, 0.5], "data": {"seen": [1, 2.5, -3]}, "cost": "(x - seen)**2/a"}],
        "claims": {"costate.x": "-p_x", "gradient.b": "p_x*x"},
        "positive": ["b"],
    } | changes


def problem(**changes: Any) -> Problem:
    return Problem(**arguments(**changes))


def test_fields_are_plain_and_exact() -> None:
    whole = problem()
    assert whole.states[0] == State("x", parse("a*x - b*x*y + w*t"), symbol("a"))
    assert whole.parameters == (Parameter("a", Fraction(3, 2)), Parameter("b", Fraction(1, 10)))
    assert whole.controls == (Control("w", parse("sin(t)")),)
    assert whole.horizon == (2, Fraction(1, 2))
    assert whole.observations[0].times == (2, Fraction(5, 4), Fraction(1, 2))
    assert whole.observations[0].data == (("seen", (Fraction(1), Fraction(5, 2), Fraction(-3))),)
    assert whole.claims == (("costate.x", parse("-p_x")), ("gradient.b", parse("p_x*x")))
    assert (whole.state_names, whole.parameter_names, whole.control_names) == (("x", "y"), ("a", "b"), ("w",))
    assert whole.costate_name("y") == "p_y"


def test_smallest_statement() -> None:
    small = Problem(name="k", states={"x": "-x"}, initial={"x": 1}, horizon=(0, 1))
    assert small.parameters == small.controls == small.observations == small.claims == ()
    assert small.running_cost is small.terminal_cost is number(0)


TENTHS = ["0.1", 0.1, Decimal("0.1"), Fraction(1, 10), "1/10", "1e-1", np.float64(0.1), sympy.Rational(1, 10)]


@pytest.mark.parametrize("written", TENTHS, ids=repr)
def test_a_tenth_is_a_tenth(written: object) -> None:
    assert exact(written, "here") == Fraction(1, 10)


@pytest.mark.parametrize("written", [3, "3", 3.0, np.int64(3), Fraction(3), sympy.Integer(3)], ids=repr)
def test_integers(written: object) -> None:
    assert exact(written, "here") == 3


NO_NUMBERS = [True, None, "", "x", "2*3", "1/0", float("nan"), -float("inf"), Decimal("NaN"), Decimal("1e9999"), 10**64,
              Fraction(1, 10**64), [1], 1j, sympy.pi, np.float32(0.1), object, "\N{ARABIC-INDIC DIGIT THREE}"]


@pytest.mark.parametrize("written", NO_NUMBERS, ids=repr)
def test_what_is_no_exact_number(written: object) -> None:
    with pytest.raises(ProblemError, match=r"^here"):
        exact(written, "here")


def test_largest_number_is_accepted() -> None:
    assert exact(10**64 - 1, "here") == 10**64 - 1


A, X = sympy.symbols("a x", real=True)
FORMS = [
    ("a*x**2 + 1/2", "a*x**2 + 1/2"),
    (symbol("a") * symbol("x") ** 2 + 0.5, "a*x**2 + 1/2"),
    (sympy.Symbol("x") * 3, "3*x"),
    (sympy.sin(X) ** 2 / A, "sin(x)**2/a"),
    (sympy.Piecewise((X, X < 1), (A, True)), "piecewise(x, x < 1, a)"),
    (0.25, "1/4"),
    (Fraction(-1, 3), "-1/3"),
    (7, "7"),
]


@pytest.mark.parametrize(("form", "text"), FORMS, ids=[text for _, text in FORMS])
def test_forms_of_an_expression(form: object, text: str) -> None:
    assert expression(form, "here") is parse(text)


def shared(levels: int) -> Any:
    """A graph of `levels` nodes whose text doubles with each."""
    node = symbol("x")
    for _ in range(levels):
        node = apply("sin", node + node)
    return node


NO_EXPRESSIONS = [
    (None, "NoneType"), (True, "truth value"), (["x"], "list"), (b"x", "bytes"), (object(), "object"), ({}, "dict"),
    (symbol("x") < 1, "not a condition"), (sympy.Lt(X, 1), "not a condition"),
    ((symbol("x") < 1) * 2, "not a condition"),
    (sympy.gamma(X), "gamma"), (sympy.I * X, "ImaginaryUnit"), (sympy.nan, "NaN"), (sympy.oo, "Infinity"),
    (sympy.Function("f")(X), "f"), (symbol("x.dot"), "name"), (symbol("x") ** 300, "256"), (shared(30), "too long"),
    (number(10**64), "64 digits"), (symbol("x") * Fraction(1, 10**70), "64 digits"), (float("nan"), "finite"),
]


@pytest.mark.parametrize(("form", "reason"), NO_EXPRESSIONS)
def test_what_is_no_expression(form: object, reason: str) -> None:
    with pytest.raises(ProblemError, match=r"^here") as caught:
        expression(form, "here")
    assert reason in str(caught.value)


SAME = {
    "rows": {
        "states": problem().states, "initial": None, "parameters": problem().parameters,
        "controls": problem().controls, "observations": problem().observations, "claims": problem().claims,
    },
    "tables": {
        "states": {"x": {"rate": "a*x - b*x*y + w*t", "initial": "a"}, "y": {"rate": "x - y", "initial": "b/2"}},
        "initial": None, "controls": {"w": {"initial": "sin(t)"}},
        "claims": {"costate": {"x": "-p_x"}, "gradient": {"b": "p_x*x"}},
    },
    "numbers": {"parameters": {"a": "3/2", "b": Decimal("0.1")}, "horizon": np.array([2.0, 0.5])},
    "symbols": {"parameters": {A: 1.5, sympy.Symbol("b"): 0.1}},
    "source": {"source": "elsewhere.toml"},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME)
def test_the_same_statement_in_another_form(changes: dict[str, Any]) -> None:
    one, other = problem(), problem(**changes)
    assert one == other and hash(one) == hash(other) and one.digest() == other.digest()


DIFFERENT: dict[str, dict[str, Any]] = {
    "name": {"name": "other"},
    "rate": {"states": {"x": "a*x - b*x*y - w*t", "y": {"rate": "x - y", "initial": "b/2"}}},
    "order": {"states": {"y": {"rate": "x - y", "initial": "b/2"}, "x": "a*x - b*x*y + w*t"}},
    "parameter": {"parameters": {"a": 1.5, "b": 0.1000000000001}},
    "no values": {"parameters": ["a", "b"]},
    "control": {"controls": ["w"]},
    "running": {"running_cost": "a*x**2"},
    "terminal": {"terminal_cost": "t*(x - b)**3"},
    "initial": {"initial": {"x": "b"}},
    "horizon": {"horizon": (2, 0)},
    "datum": {"observations": [{"times": [2, 1.25, 0.5], "data": {"seen": [1, 2.5, 3]}, "cost": "(x - seen)**2/a"}]},
    "claim": {"claims": {"costate.x": "-p_x"}},
    "assumption": {"positive": []},
}


@pytest.mark.parametrize("changes", DIFFERENT.values(), ids=DIFFERENT)
def test_another_statement(changes: dict[str, Any]) -> None:
    one, other = problem(), problem(**changes)
    assert one != other and one.digest() != other.digest()


def test_digest_does_not_depend_on_the_hash_seed() -> None:
    code = "from adjointcheck.problem import read_toml; import sys; print(read_toml(sys.stdin.read()).digest())"
    digests = set()
    for seed in ("0", "1"):
        variables = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        digests.add(subprocess.run([sys.executable, "-c", code], input=problem().to_toml(), env=variables, text=True,
                                   capture_output=True, check=True).stdout.strip())
    assert digests == {problem().digest()}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": 3}, "problem 3: name"),
    ({"states": ["x"]}, "state x: got no rate"),
    ({"states": {}, "initial": {}}, "states: got none"),
    ({"states": "x"}, "states: got x"),
    ({"states": {"x": "x"}, "initial": {}}, "state x: got no initial"),
    ({"initial": {"x": "a", "z": 1}}, "initial values: got unknown state z"),
    ({"initial": {"x": "a", "y": 1}}, "state y: got two initial values"),
    ({"initial": [1, 2]}, "initial values: got [1, 2]"),
    ({"parameters": {"a": 1.5, "b": None}}, "parameters: got no value for b"),
    ({"parameters": ["a", "a", "b"]}, "parameters, parameter name: got a twice"),
    ({"parameters": {"a", "b"}}, "parameters: got"),
    ({"parameters": {"a": np.array([1.0]), "b": 1}}, "parameter a: got ndarray"),
    ({"parameters": {1: 2}}, "parameter name: got 1"),
    ({"controls": {"w": "x"}}, "initial guess of control w: got x, a state"),
    ({"controls": 3}, "controls: got 3"),
    ({"horizon": (0, 1, 2)}, "horizon: got 3 times"),
    ({"horizon": (2, 2.0)}, "horizon: got both ends at 2"),
    ({"horizon": None}, "horizon: got None"),
    ({"observations": {"times": [1]}}, "observations: got"),
    ({"observations": [([1], {}, "x")]}, "observations[0]: got"),
    ({"observations": [{"times": [3], "cost": "x"}]}, "observations[0], times: got 3"),
    ({"claims": 3}, "claims: got 3"),
    ({"claims": {"costate.z": "x"}}, "claim costate.z: got z"),
    ({"claims": (("costate.x", "1"), ("costate.x", "2"))}, "claim costate.x: got two claims"),
    ({"positive": "ab"}, "assume.positive: got ab"),
    ({"positive": ["b", "b"]}, "assume.positive: got b twice"),
    ({"running_cost": lambda t, x: x}, "running cost: got function"),
]


@pytest.mark.parametrize(("changes", "place"), REFUSED, ids=[place for _, place in REFUSED])
def test_refused_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ProblemError) as caught:
        problem(**changes)
    assert place in str(caught.value)


def test_source_stands_first_in_messages() -> None:
    with pytest.raises(ProblemError, match=r"^model\.toml: horizon"):
        problem(source="model.toml", horizon=(1, 1))


def test_problems_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem().name = "other"  # type: ignore[misc]


def test_replace_checks_again() -> None:
    assert dataclasses.replace(problem(), name="other") == problem(name="other")
    with pytest.raises(ProblemError, match=r"terminal cost: got w, a control"):
        dataclasses.replace(problem(), terminal_cost="w")


def test_costate_of_what_is_no_state() -> None:
    with pytest.raises(ProblemError, match=r"got a; expected a state \(x, y\)"):
        problem().costate_name("a")


def test_limits_can_be_raised() -> None:
    many: dict[str, Any] = {"name": "many", "states": {f"x{i}": "1" for i in range(65)}, "horizon": (0, 1),
                            "initial": {f"x{i}": i for i in range(65)}}
    with pytest.raises(ProblemError, match="65 states; expected at most 64"):
        Problem(**many)
    large = Problem(**many, limits=Limits(states=65))
    assert read_toml(large.to_toml(), limits=Limits(states=65)) == large


def test_repeated_and_unsorted_times_are_accepted() -> None:
    group = Observation((Fraction(1), Fraction(2), Fraction(1)), (), parse("x"))
    assert problem(observations=[group]).observations == (group,)
