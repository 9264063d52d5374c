"""Statements drawn at random by seed: small fields on which every mistake shows, for attacks and for the self-test."""

from __future__ import annotations

from random import Random

from adjointcheck.problem.statement import Problem

_STATES, _PARAMETERS = ("x", "y", "z", "v"), ("a", "b", "c", "k")
_TERMS = (
    "{s}*{p}*{r}", "{s}*{p}**2*{r}", "{s}*{p}*{q}*{r}", "{s}*{r}*sin({p})", "{s}*cos({q})*{p}", "{s}*{r}*exp(-{p}*{q})*{q}",
    "{s}*tanh({p}*{r})", "{s}*{p}*{q}/(1 + {q}**2)", "{s}*{r}*{p}**3", "{s}*t*{p}*{r}", "{s}*sqrt(1 + {p}**2)*{r}",
    "{s}*log(2 + {q}**2)*{r}", "{s}*{r}*{p}*(1 - {q})", "{s}*atan({p})*{q}", "{s}*sin({r}*t)*{p}", "{s}*{p}**2*{q}*{r}",
)
_RARE = ("{s}*max({p}, 0)*{q}", "{s}*piecewise({p}**2, {p} < 0, {r}*{p}**2)", "{s}*abs({p})*{q}*{r}", "{s}*cosh({p}/3)*{r}")


def random_statement(seed: int) -> Problem:
    """One to four states, one to four parameters, sometimes a control and observations; explicit time and costs everywhere."""
    draw = Random(seed)
    states, parameters = _STATES[: draw.randint(1, 4)], _PARAMETERS[: draw.randint(1, 4)]
    control = ["w"] if draw.random() < 0.4 else []
    rates = {x: _sum(draw, states, (*parameters, *control), draw.randint(2, 3)) for x in states}
    observations = [{"times": [0, 1], "data": {"d": [1, 2]}, "cost": f"({states[0]} - d)**2*{parameters[0]} + t*{states[-1]}"}]
    return Problem(
        name=f"random_{seed}", horizon=(0, 1), controls=control, parameters=list(parameters),
        states={x: {"rate": rate, "initial": _initial(draw, parameters)} for x, rate in rates.items()},
        running_cost=_sum(draw, states, (*parameters, *control), 2), terminal_cost=_sum(draw, states, parameters, 2) + " + t*" + states[0],
        observations=observations if draw.random() < 0.5 else [],
    )


def _sum(draw: Random, states: tuple[str, ...], others: tuple[str, ...], terms: int) -> str:
    found = []
    for _ in range(terms):
        form = draw.choice(_RARE) if draw.random() < 0.06 else draw.choice(_TERMS)
        factor = draw.choice(("1", "2", "3/7", "12", "0.25"))
        found.append(form.format(s=factor, p=draw.choice(states), q=draw.choice(states), r=draw.choice(others)).removeprefix("1*"))
    return found[0] + "".join(f" {draw.choice('+-')} {term}" for term in found[1:])


def _initial(draw: Random, parameters: tuple[str, ...]) -> str:
    a, b = draw.choice(parameters), draw.choice(parameters)
    return draw.choice(("1", f"2*{a}", f"{a}*{b} + 1", f"{a}**2 - {b}/3", f"exp({a})"))
