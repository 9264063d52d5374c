"""Three statements on which every mistake shows: non-symmetric Jacobians, explicit time, every parameter live."""

from __future__ import annotations

import functools
from typing import Any

from adjointcheck.derive import Derivation, derive
from adjointcheck.problem.statement import Problem


def driven() -> Problem:
    """Two states, a control, observations, costs and initial values that depend on parameters and on time."""
    return Problem(
        name="driven", horizon=(0, 2), parameters=["a", "b", "c"], controls=["w"],
        states={"x": {"rate": "a*x*y - b*y**2*t + w*x", "initial": "2*a + c"}, "y": {"rate": "sin(x) - c*y*exp(-a*t) + 3*w", "initial": "b*c"}},
        running_cost="a*x**2*y + 7*w**2*b + t*x", terminal_cost="c*x**3*t + b*x*y",
        observations=[{"times": [0, 1, 2], "data": {"d": [1, 2, 3]}, "cost": "a*(x - d)**2*t + c*x*y"}],
    )


def saturating() -> Problem:
    """Hill function, logarithm and root; two groups of observations; no control."""
    return Problem(
        name="saturating", horizon=(1, 3), parameters=["k", "h", "g"], positive=["u", "k", "h"],
        states={"u": {"rate": "g*u**h/(k**h + u**h) - 28*u*v", "initial": "k + 1"}, "v": {"rate": "log(u)*v - sqrt(u)*g*v**2*t", "initial": "h*g"}},
        running_cost="g*u*v**2", terminal_cost="exp(-k*t)*v*u**2",
        observations=[{"times": [1, 2], "data": {"d": [1, 2]}, "cost": "(log(u/d))**2*h"}, {"times": [3], "data": {"e": [4]}, "cost": "(v - e)**2*g*t*u"}],
    )


def spinning() -> Problem:
    """Three states without parameters' help in the costs: trigonometric, hyperbolic, and a continuous kink."""
    return Problem(
        name="spinning", horizon=(0, 1), parameters=["r", "s"],
        states={"q": {"rate": "s*v*tanh(z) - 12*q", "initial": "r**2"}, "v": {"rate": "-sin(q)*r + max(z, 0)*v*t", "initial": "s"}, "z": {"rate": "q*v/(1 + z**2) + r*s", "initial": "1"}},
        running_cost="cos(q)*v*z**2 + s*t*v", terminal_cost="(q - 2*v)**2*r*t + z**3",
    )


PROBLEMS = {made.__name__: made for made in (driven, saturating, spinning)}


@functools.cache
def derivation(name: str) -> Derivation:
    return derive(PROBLEMS[name]())


def log(name: str) -> dict[str, Any]:
    """A fresh copy of the log, safe to change."""
    import json

    return json.loads(json.dumps(derivation(name).log()))
