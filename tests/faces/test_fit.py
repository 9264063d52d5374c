"""Fitting: a closed-form minimum, scaling, logarithms, determinism, and what is refused."""

from __future__ import annotations

from math import exp, log
from typing import Any

import pytest

import adjointcheck as ac
from adjointcheck import pipeline
from adjointcheck.errors import SolveError
from adjointcheck.solve.fit import fit

TIMES = (0.5, 1, 2)
RATE, SIZE = 0.8, 3.0e-4


def decay(positive: tuple[str, ...] = (), **values: Any) -> ac.Problem:
    """x = size exp(-rate t) observed without noise, so that J has its minimum 0 at RATE, SIZE; the size is tiny."""
    data = [f"{1e4 * SIZE * exp(-RATE * t):.15g}" for t in TIMES]
    return ac.Problem(
        name="decay", states={"x": "-rate*x"}, initial={"x": "10000*size"}, parameters={"rate": 0.2, "size": 5e-4} | values,
        horizon=(0, 2), observations=[{"times": TIMES, "data": {"seen": data}, "cost": "(x - seen)**2"}], positive=positive,
    )  # fmt: skip


@pytest.mark.parametrize("positive", [(), ("rate", "size")])
def test_minimum_is_found(positive: tuple[str, ...]) -> None:
    problem, heard = decay(positive), []
    found = fit(problem, ac.build(problem, target="torch"), lambda *figures: heard.append(figures))
    assert found.converged and found.names == ["rate", "size"] and found.start == [0.2, 5e-4]
    assert found.found == pytest.approx([RATE, SIZE], rel=1e-4)
    assert found.cost_end < 1e-8 * found.cost_start and found.gradient_norm < 1e-5
    assert [figures[0] for figures in heard] == list(range(1, found.iterations + 1))
    assert [found.cost_start, *(figures[1] for figures in heard)] == found.history
    assert all(later <= earlier for earlier, later in zip(found.history, found.history[1:], strict=False))


def test_twice_is_the_same() -> None:
    problem = decay()
    module = ac.build(problem, target="torch")
    assert fit(problem, module, max_iterations=5) == fit(problem, module, max_iterations=5)


def test_the_search_turns_back_where_the_solution_ends() -> None:
    """x' = rate x^2 blows up before t1 for rate >= 1; the start's slope points there."""
    problem = ac.Problem(name="edge", states={"x": "rate*x**2"}, initial={"x": 1}, parameters={"rate": 0.1}, horizon=(0, 1),
                         terminal_cost="(log(x) - 2)**2", positive=["x"])  # fmt: skip
    found = fit(problem, ac.build(problem, target="torch"), rtol=1e-5, atol=1e-5)
    assert found.found == pytest.approx([1 - exp(-2)], rel=1e-3)


def test_positive_parameters_never_leave() -> None:
    """J falls towards rate = 0 and beyond; logarithms keep the search on the positive side."""
    problem = ac.Problem(name="keep", states={"x": "rate"}, initial={"x": 0}, parameters={"rate": 1}, horizon=(0, 1),
                         terminal_cost="x - log(rate)/100", positive=["rate"])  # fmt: skip
    (rate,) = fit(problem, ac.build(problem, target="torch")).found
    assert log(rate) == pytest.approx(log(0.01), abs=1e-2)


def test_fixed_time_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "TIME_STEPS", 40)
    problem = decay()
    found = ac.fit(problem, ac.build(problem, target="torch", method="rk4"))
    assert found.found == pytest.approx([RATE, SIZE], rel=1e-4)


@pytest.mark.parametrize(
    ("parameters", "rate", "words"),
    [({}, "-x", "no parameters"), (["rate"], "-rate*x", "parameter rate"), ({"rate": 2}, "rate*x**2", "no finite cost")],
)
def test_what_cannot_be_fitted(parameters: Any, rate: str, words: str) -> None:
    problem = ac.Problem(name="bare", states={"x": rate}, initial={"x": 1}, parameters=parameters, horizon=(0, 1), terminal_cost="x")
    with pytest.raises(SolveError, match=words):
        fit(problem, ac.build(problem, target="torch"))
