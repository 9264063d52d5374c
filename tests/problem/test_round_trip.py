"""The canonical text reads back to an equal problem: every statement file, and generated ones."""

from __future__ import annotations

import string
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adjointcheck.errors import ProblemError
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, apply, number, symbol
from adjointcheck.expression.table import PRIMITIVES, RESERVED
from adjointcheck.problem import Problem, load, read_toml
from adjointcheck.problem.values import expression

FILES = sorted((Path(__file__).parents[2] / "derivations").glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_statement_files(file: Path) -> None:
    problem = load(file)
    again = read_toml(problem.to_toml())
    assert again == problem and hash(again) == hash(problem)
    assert again.to_toml() == problem.to_toml() and again.digest() == problem.digest()


WRITTEN = [
    ("3", "3"),
    ("-0.125", "-0.125"),
    ("1/3", '"1/3"'),
    ("1e-30", "0." + "0" * 29 + "1"),
    ("1e-63", '"1/1' + "0" * 63 + '"'),
    ("1e25", '"1' + "0" * 25 + '"'),
    ("9223372036854775807", "9223372036854775807"),
    ("9223372036854775808", '"9223372036854775808"'),
    ("0.1234567890123456789012345678901234567890", "0.123456789012345678901234567890123456789"),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_numbers_are_written_exactly(value: str, text: str) -> None:
    problem = Problem(name="k", states={"x": "x"}, initial={"x": 1}, parameters={"a": value}, horizon=(0, 1))
    assert f"\na = {text}\n" in problem.to_toml()
    assert read_toml(problem.to_toml()) == problem


NUMBERS = st.fractions(max_denominator=10**12).filter(lambda value: abs(value) < 10**12)
NAMES = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=12).map("n".__add__).filter(
    lambda name: name not in RESERVED)
CONDITIONS = ("lt", "le")
VALUES = [row for row in PRIMITIVES.values() if not row.boolean and row.name not in ("pow", "piecewise")]


def expressions(names: list[str]) -> st.SearchStrategy[Expression]:
    leaves = st.one_of(NUMBERS.map(number), *[st.sampled_from(names).map(symbol)] * bool(names))

    def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        rows = st.sampled_from(VALUES).flatmap(lambda row: st.builds(apply, st.just(row.name), *[inner] * row.arity))
        powers = st.builds(lambda base, n: apply("pow", base, number(n)), inner, st.integers(-3, 3))
        condition = st.builds(apply, st.sampled_from(CONDITIONS), inner, inner)
        return st.one_of(rows, powers, st.builds(lambda a, c, b: apply("piecewise", a, c, b), inner, condition, inner))

    return st.recursive(leaves, larger, max_leaves=6).map(lambda node: parse(str(node))).filter(has_a_value)


def has_a_value(node: Expression) -> bool:
    """Not 1/0 and its like, which a statement refuses."""
    try:
        return expression(node, "generated") is not None
    except ProblemError:
        return False


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    names = draw(st.lists(NAMES, min_size=4, max_size=7, unique=True))
    states, control, column, parameters = names[:2], names[2], names[3], names[4:]
    t0, t1 = draw(st.tuples(NUMBERS, NUMBERS).filter(lambda ends: ends[0] != ends[1]))
    field = expressions(["t", *states, control, *parameters])
    end = expressions(["t", *states, *parameters])
    parts = draw(st.lists(st.fractions(0, 1, max_denominator=1000), min_size=1, max_size=3))
    times = [t0 + (t1 - t0) * part for part in parts]
    valued = draw(st.booleans())
    observation: dict[str, Any] = {
        "times": times,
        "data": {column: [draw(NUMBERS) for _ in times]},
        "cost": draw(expressions(["t", column, *states, *parameters])),
    }
    return Problem(
        name=names[0],
        states={name: {"rate": draw(field), "initial": draw(expressions(parameters))} for name in states},
        parameters={name: draw(NUMBERS) for name in parameters} if valued else parameters,
        controls={control: draw(expressions(["t"]))},
        running_cost=draw(field),
        terminal_cost=draw(end),
        horizon=(t0, t1),
        observations=[observation] * draw(st.booleans()),
        claims={f"costate.{states[0]}": draw(field), f"terminal.{states[1]}": draw(end)},
        positive=[control] * draw(st.booleans()),
    )


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_generated_problems(problem: Problem) -> None:
    again = read_toml(problem.to_toml())
    assert again == problem and again.digest() == problem.digest()


def test_a_changed_text_is_another_problem() -> None:
    """The comparison above can fail."""
    text = load(FILES[0]).to_toml()
    assert read_toml(text.replace("initial = \"1.2\"", "initial = \"6/5\"")) == read_toml(text)
    assert read_toml(text.replace("gravity = 9.81", "gravity = 9.8100000000000001")) != read_toml(text)


def test_fractions_survive() -> None:
    problem = Problem(name="k", states={"x": Fraction(-22, 7)}, initial={"x": "1/3"}, horizon=("1/3", "-2/7"))
    assert read_toml(problem.to_toml()) == problem
