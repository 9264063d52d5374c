"""Statements to check at: nothing symmetric, everything live, observations at t0, inside (twice at one time) and at t1."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from adjointcheck.check.case import BUDGETS, Budget, Case
from adjointcheck.check.fixture import make_case
from adjointcheck.codegen import generate
from adjointcheck.derive import Derivation, derive
from adjointcheck.problem import Problem
from adjointcheck.solve.load import load_module

SMALL = Budget(points=3, directions=2, time_steps=40, ladder=130, short=12)


def tangled() -> Problem:
    """Two states, explicit time, three parameters that are everywhere, two groups of observations."""
    return Problem(
        name="tangled",
        states={"x": "-a*x + b*x*y + sin(t)/2", "y": "-c*y - 2*x + t*a/5 - b*sin(y)/2"},
        initial={"x": "1 + a*b/5", "y": "1/2 + c**2/3"},
        parameters={"a": 0.9, "b": 0.4, "c": 0.7},
        running_cost="c*x**2/2 + b*t*y + a**2/3",
        terminal_cost="(x - a)**2/2 + b*t*y + c*t**2/10",
        horizon=(0.3, 1.5),
        observations=[
            {"times": [0.3, 0.9, 1.5], "data": {"d": [0.5, 1.5, 0.2]}, "cost": "c*(x - d)**2*(1 + t/10) + a*y"},
            {"times": [1.1, 0.9], "cost": "a*exp(y/10) + t*b*x*y"},
        ],
    )


def steered() -> Problem:
    """A control in f and L, time running backward, a branch whose other side is not defined."""
    return Problem(
        name="steered",
        states={"x": "-a*x + w*y/2", "y": "b*x - y**2/3 + sin(t)*w + piecewise(sqrt(x), x > 0, -x)/5"},
        initial={"x": 1.2, "y": -0.4},
        parameters={"a": 0.6, "b": 0.8},
        controls={"w": {"initial": "cos(2*t)/3 + 1/5"}},
        running_cost="a*w**2/2 + x*w/3",
        terminal_cost="x**2/2 + y*b",
        horizon=(1.0, 0.25),
        observations=[{"times": [0.5], "cost": "(y - 1/4)**2*b"}],
    )


@cache
def derived(problem: Problem) -> Derivation:
    return derive(problem)


@cache
def generated(problem: Problem, method: str = "tsit5") -> str:
    return generate(derived(problem).system, method=method)


def case_of(problem: Problem, text: str = "", method: str = "tsit5", budget: Budget = SMALL) -> Case:
    """The case of a module text, by default the one that is generated."""
    text = text or generated(problem, method)
    return make_case(derived(problem), load(text, problem.name), text, method, seed=7, budget=budget)


def load(text: str, name: str = "module") -> ModuleType:
    return load_module(text, name)


__all__ = ["BUDGETS", "SMALL", "case_of", "derived", "generated", "load", "steered", "tangled"]
