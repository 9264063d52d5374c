"""A callable becomes the statement that its text would be; what cannot run on symbols is refused with its line."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import adjointcheck.math as am
from adjointcheck.errors import ProblemError
from adjointcheck.problem import Problem, from_callable

STATEMENT: dict[str, Any] = {"parameters": {"a": 1.5, "b": 1}, "initial": {"x": 1, "y": "a"}, "horizon": (0, 2)}


def prey(t: Any, x: Any, theta: Any) -> Any:
    return [theta.a * x[0] - theta.b * x[0] * x[1], x.x * x["y"] - am.exp(-t) * x.y]


def by_name(t: Any, x: Any, theta: Any) -> Any:
    a, b = theta
    return {"y": x.x * x.y - am.exp(-t) * x[-1], "x": a * x.x - b * x.x * x.y}


class Model:
    def __call__(self, t: Any, x: Any, theta: Any) -> Any:
        return np.array(prey(t, x, theta))

    def method(self, t: Any, x: Any, theta: Any, scale: float = 1.0) -> Any:
        return tuple(prey(t, x, theta))


def traced(f: Callable[..., Any], **changes: Any) -> Problem:
    return from_callable(f, **{"states": ["x", "y"], "name": "prey"} | STATEMENT | changes)


@pytest.mark.parametrize("f", [prey, by_name, Model(), Model().method, functools.partial(prey)])
def test_the_callable_is_its_text(f: Callable[..., Any]) -> None:
    texts = {"x": "a*x - b*x*y", "y": "x*y - exp(-t)*y"}
    assert traced(f) == Problem(name="prey", states=texts, **STATEMENT)


def test_costs_may_be_callables() -> None:
    problem = traced(
        prey,
        running_cost=lambda t, x, theta: theta.a * x.x**2 + am.sin(am.pi * t),
        terminal_cost=lambda t, x: t * x.y**2,
        observations=[
            {"times": [0, 1], "data": {"seen": [1, 2]}, "cost": lambda t, x, th, d: (x[0] - th.b * d.seen)**2},
            {"times": [2], "data": {"late": [3]}, "cost": lambda t, x, data: am.abs(x.x - data[0])},
        ],
    )
    assert problem == traced(
        prey, running_cost="a*x**2 + sin(pi*t)", terminal_cost="t*y**2",
        observations=[{"times": [0, 1], "data": {"seen": [1, 2]}, "cost": "(x - b*seen)**2"},
                      {"times": [2], "data": {"late": [3]}, "cost": "abs(x - late)"}],
    )


SIGNATURES: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (lambda t, x: [t * x[0]], {}, "t*x"),
    (lambda t, x, theta: [theta[0] * x[0]], {"parameters": ["k"]}, "k*x"),
    (lambda t, x, theta: [theta[0] * x[0]], {"parameters": ["k"], "controls": ["w"]}, "k*x"),
    (lambda t, x, w: [w[0] * x[0]], {"parameters": ["k"], "controls": ["w"]}, "w*x"),
    (lambda t, x, anything: [anything[0] * x[0]], {"controls": ["w"]}, "w*x"),
    (lambda t, x, w, theta: [w[0] * x[0] + theta[0]], {"parameters": ["k"], "controls": ["w"]}, "w*x + k"),
]


@pytest.mark.parametrize(("f", "changes", "text"), SIGNATURES)
def test_arguments_are_told_by_their_number(f: Callable[..., Any], changes: dict[str, Any], text: str) -> None:
    rest: dict[str, Any] = {"name": "one", "initial": {"x": 1}, "horizon": (0, 1)} | changes
    assert from_callable(f, states=["x"], **rest) == Problem(states={"x": text}, **rest)


def test_names_and_places() -> None:
    assert from_callable(prey, states=["x", "y"], **STATEMENT).name == "prey"
    assert from_callable(lambda t, x: [x[0]], states=["x"], initial={"x": 1}, horizon=(0, 1)).name == "unnamed"


def branches(t: Any, x: Any, theta: Any) -> Any:
    if x[0] > 1:
        return [x[0], x[1]]
    return [x[1], x[0]]


def deeper(t: Any, x: Any, theta: Any) -> Any:
    return [x[0], helper(x)]


def helper(x: Any) -> Any:
    return math.sin(x[1])


FAULTY: list[tuple[Callable[..., Any], str, str]] = [
    (branches, "in branches", "adjointcheck.math.where(condition, a, b)"),
    (deeper, "in helper", "adjointcheck.math"),
    (lambda t, x, theta: [np.sin(x[0]), x[1]], "np.sin(x[0])", "adjointcheck.math"),
    (lambda t, x, theta: [torch.sin(x[0]), x[1]], "torch.sin(x[0])", "adjointcheck.math"),
    (lambda t, x, theta: [math.exp(x[0]), x[1]], "math.exp(x[0])", "adjointcheck.math"),
    (lambda t, x, theta: [min(x[0], 1), x[1]], "min(x[0], 1)", "minimum or maximum"),
    (lambda t, x, theta: [abs(x[0]), x[1]], "abs(x[0])", "adjointcheck.math"),
    (lambda t, x, theta: [x[0] % 1, x[1]], "x[0] % 1", "+ - * / **"),
    (lambda t, x, theta: [x.z, x[1]], "x has no z; it has x, y", "Use a name of the statement"),
    (lambda t, x, theta: [theta["c"], x[1]], "theta has no c", "Use a name of the statement"),
    (lambda t, x, theta: [x[2], x[1]], "IndexError", "Use an index or a name"),
    (lambda t, x, theta: -theta[0] * x, "Columns", "x, w, theta and data are indexed"),
    (lambda y, x, theta: [y[0], y[1]], "y[0]", "The order is f(t, x, theta)"),
    (lambda t, x, theta: [1 / 0, x[1]], "ZeroDivisionError", "arithmetic on symbols"),
]


@pytest.mark.parametrize(("f", "got", "todo"), FAULTY, ids=[got for _, got, _ in FAULTY])
def test_faults_name_their_line(f: Callable[..., Any], got: str, todo: str) -> None:
    with pytest.raises(ProblemError) as caught:
        traced(f)
    message = str(caught.value)
    first = f.__code__.co_firstlineno
    assert message.startswith("test_callable.py, line ") and got in message and todo in message
    assert first <= int(message.split("line ")[1].split(",")[0]) <= first + 8


UNFIT: list[tuple[Any, str]] = [
    (lambda x, t, theta: [x[0], x[1]], "the arguments (x, t, theta)"),
    (lambda x, time: [x[0], x[1]], "the arguments (x, time)"),
    (lambda t: [t, t], "the arguments (t)"),
    (lambda t, x, w, theta, more: [t, t], "the arguments (t, x, w, theta, more)"),
    (lambda t, x: [x[0]], "got 1 rates; expected 2, one for each state (x, y)"),
    (lambda t, x: x[0], "expected a list of rates"),
    (lambda t, x: None, "got None"),
    (lambda t, x: {x[0], x[1]}, "expected a list of rates"),
    (lambda t, x: {"x": x[0]}, "no y"),
    (lambda t, x: {"x": x[0], "y": 1, "z": 2}, "unknown key z"),
    (lambda t, x: [x[0], "z"], "rate of y: got unknown name z"),
    (lambda t, x: [x[0], x[1] > 0], "rate of y"),
    (lambda t, x: [x[0], torch.tensor(1.0)], "rate of y: got Tensor"),
    (lambda t, x: [x[0], float("nan")], "rate of y: got nan"),
    (len, "the arguments (obj)"),
    (dict, "a callable whose arguments can be read"),
]


@pytest.mark.parametrize(("f", "reason"), UNFIT, ids=[reason for _, reason in UNFIT])
def test_callables_that_do_not_fit(f: Any, reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        traced(f)
    assert reason in str(caught.value)


@pytest.mark.parametrize(("changes", "place"), [
    ({"running_cost": lambda t, x, theta: x.q}, "(running cost)"),
    ({"terminal_cost": lambda t, x, w, theta: x.x}, "terminal cost: got the arguments (t, x, w, theta)"),
    ({"observations": [{"times": [1], "cost": lambda t, x: x.x}]}, "observations[0], cost: got the arguments (t, x)"),
    ({"observations": [{"times": [1], "data": {"d": [1]}, "cost": lambda t, x, data: data.e}]}, "data has no e"),
    ({"terminal_cost": lambda t, x, theta: x.x < 1}, "terminal cost"),
    ({"states": ["x", "x"]}, "states, state name: got x twice"),
    ({"states": ["x", "\N{GREEK SMALL LETTER PSI}"]}, "state name"),
])
def test_other_faults(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ProblemError) as caught:
        traced(prey, **changes)
    assert place in str(caught.value)
