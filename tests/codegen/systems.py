"""Adjoint systems made by reverse mode from a statement alone, so that code generation is tested without derive/."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from adjointcheck.codegen.ir import Function
from adjointcheck.codegen.lower import lower_equations
from adjointcheck.expression.calculus import gradient, partial
from adjointcheck.expression.node import ONE, Expression, neg, symbol, total
from adjointcheck.problem.statement import Problem

Slopes = dict[str, Expression]


@dataclass(frozen=True)
class System:
    """The fields of derive.derivation.AdjointSystem that code generation reads."""

    problem: Problem
    costate_rate: Slopes
    terminal: Slopes
    stationarity: Slopes
    gradient: Slopes
    terminal_gradient: Slopes
    jumps: tuple[Slopes, ...]
    observation_gradient: tuple[Slopes, ...]
    initial_gradient: Slopes


def system_of(problem: Problem) -> System:
    """dH/dx, dH/dw, dH/dtheta of H = L + p f, and the slopes of every cost and of the initial state."""
    states, controls, parameters = problem.state_names, problem.control_names, problem.parameter_names
    costates = [symbol(problem.costate_name(name)) for name in states]
    roots = [problem.running_cost, *(state.rate for state in problem.states)]
    slopes = gradient(roots, [ONE, *costates], [*states, *controls, *parameters])
    terminal = gradient([problem.terminal_cost], [ONE], [*states, *parameters])
    deposits = [gradient([group.cost], [ONE], [*states, *parameters]) for group in problem.observations]
    starts = {name: [partial(state.initial, name) for state in problem.states] for name in parameters}
    return System(
        problem=problem,
        costate_rate={name: neg(slopes[name]) for name in states},
        terminal={name: terminal[name] for name in states},
        stationarity={name: slopes[name] for name in controls},
        gradient={name: slopes[name] for name in parameters},
        terminal_gradient={name: terminal[name] for name in parameters},
        jumps=tuple({name: deposit[name] for name in states} for deposit in deposits),
        observation_gradient=tuple({name: deposit[name] for name in parameters} for deposit in deposits),
        initial_gradient={
            name: total(p * d for p, d in zip(costates, column, strict=True)) for name, column in starts.items()
        },
    )


def lotka_volterra() -> Problem:
    """The statement of DESIGN section 4, with one observation group."""
    return Problem(
        name="lotka_volterra",
        states={"prey": "a*prey - b*prey*predator", "predator": "d*prey*predator - c*predator"},
        parameters={"a": 1.5, "b": 1, "c": 3, "d": 1},
        initial={"prey": 1, "predator": 1},
        horizon=(0, 10),
        terminal_cost="((1 - prey)**2 + (1 - predator)**2)/2",
        observations=[{"times": [0, 2.5, 10], "data": {"seen": [1, 0.7, 0.2]}, "cost": "(prey - seen)**2"}],
    )


def everything() -> Problem:
    """Explicit time, a control, costs and initial values that depend on parameters, two groups, every primitive."""
    return Problem(
        name="everything",
        states={
            "x": "-a*x + tanh(y)*w + sin(t)*b**2 + piecewise(sqrt(x), x > 1/4, x/3) + x**c/7",
            "y": "exp(-y**2)*x - atan(b*x) + abs(x - y)/3 + max(x, y, 1/5) - min(w, c)*tan(y/5) + cosh(w)/(2 + cos(pi*t))",
            "z": "log(1 + x**2)*sinh(z/9) - z**3/(1 + b*z**2)**(3/2) + sign(x - 2)*asin(z/8)*acos(x/9) + sqrt(2)*z**-2",
        },
        parameters={"a": 0.7, "b": 1.3, "c": "7/3"},
        controls=["w"],
        running_cost="w**2/2 + a*x*z + b/(1 + t)",
        terminal_cost="(x - a)**2 + t*y*c + z/3",
        initial={"x": "a + 1/2", "y": "b*c", "z": 2},
        horizon=(0.5, 2),
        observations=[
            {"times": [0.5, 1], "data": {"d": [1, 2], "e": [0.5, 0.25]}, "cost": "e*(x - d)**2 + t*c"},
            {"times": [2], "cost": "log(1 + z**2)*a"},
        ],
    )


def functions_of(problem: Problem) -> dict[str, Function]:
    """The equations of a problem as functions of the imperative tree, by name."""
    return {function.name: function for function in lower_equations(system_of(problem))}


def points(function: Function, count: int = 3, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Exact inputs for `function` between 1/10 and 9/10, where every primitive of `everything` is defined."""
    draw = random.Random(seed)
    for _ in range(count):
        yield {
            argument.name: _draw(draw) if argument.columns is None else [_draw(draw) for _ in argument.columns]
            for argument in function.arguments
        }


def _draw(draw: random.Random) -> Fraction:
    return Fraction(draw.randint(100, 900), 1000)


def values_by_name(function: Function, inputs: dict[str, Any], problem: Problem, group: int = 0) -> dict[str, Fraction]:
    """The same inputs under the names of the statement, g apart."""
    data = [name for name, _ in problem.observations[group].data] if problem.observations else []
    costates = [problem.costate_name(name) for name in problem.state_names]
    names = {"x": problem.state_names, "w": problem.control_names, "theta": problem.parameter_names, "p": costates, "data": data}
    found = {}
    for argument in function.arguments:
        given = inputs[argument.name]
        found |= {"t": given} if argument.columns is None else dict(zip(names[argument.name], given, strict=True))
    return found
