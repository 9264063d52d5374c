"""Every check passes on a right module, and fails by name on a wrong one."""

from __future__ import annotations

from functools import cache

import pytest
from planted import MUTATIONS, Mutation
from tangled import case_of, generated, steered, tangled

from adjointcheck.check.battery import BATTERY, run_battery
from adjointcheck.check.case import Case
from adjointcheck.check.verdict import Check, Outcome
from adjointcheck.errors import SolveError
from adjointcheck.problem import Problem
from adjointcheck.schemes import METHODS

ROWS = {row.name: row for row in BATTERY}


def said(checks: tuple[Check, ...]) -> str:
    return "\n".join(f"{check.outcome.value} {check.name}: {check.words}" for check in checks)


@cache
def whole_battery(problem: Problem) -> tuple[list[str], tuple[Check, ...]]:
    """What is told while the checks run, and the checks."""
    names: list[str] = []
    return names, run_battery(case_of(problem), names.append)


@pytest.mark.parametrize("problem", [tangled(), steered()], ids=lambda problem: problem.name)
def test_every_check_passes_on_a_right_module(problem: Problem) -> None:
    names, checks = whole_battery(problem)
    assert [check.outcome for check in checks] == [Outcome.PASS] * len(checks), said(checks)
    expected = [row.name for row in BATTERY if row.applies(problem)]
    assert names == [check.name for check in checks] == expected
    assert all(check.words and check.measured is not None for check in checks)


def test_same_seed_same_answers() -> None:
    """Of all checks that draw; the others follow the statement alone, by many time steps."""
    again = case_of(steered())
    for first in whole_battery(steered())[1]:
        if first.name not in ("continuous-adjoint", "agreement", "high-precision"):
            second = ROWS[first.name].function(again)
            assert (first.measured, first.words) == (second.measured, second.words)


def test_battery_names() -> None:
    assert list(ROWS) == [
        "own-values", "emitted-text", "emitted-tableau", "emitted-values", "discrete-adjoint", "tangent-identity", "continuous-adjoint",
        "taylor", "forward-sensitivity", "agreement", "high-precision", "invariants", "live-inputs", "repeatability",
    ]  # fmt: skip
    assert not ROWS["invariants"].applies(steered())


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_planted_error_fails_by_name(mutation: Mutation) -> None:
    checks = fed(mutation, mutation.caught)
    assert mutation.says in said(checks), said(checks)


@pytest.mark.campaign
@pytest.mark.parametrize("mutation", [mutation for mutation in MUTATIONS if mutation.also], ids=lambda mutation: mutation.name)
def test_planted_error_fails_every_check_that_it_touches(mutation: Mutation) -> None:
    fed(mutation, mutation.also)


def fed(mutation: Mutation, names: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks `names` of a module with a planted error: all of them fail."""
    right = generated(tangled())
    wrong = mutation.edit(right)
    assert wrong != right
    case = case_of(tangled(), wrong)
    checks = tuple(ROWS[name].function(case) for name in names)
    assert [check.outcome for check in checks] == [Outcome.FAIL] * len(checks), said(checks)
    return checks


def test_every_check_is_fed_a_planted_error() -> None:
    assert {name for mutation in MUTATIONS for name in mutation.caught} == set(ROWS)


@pytest.mark.parametrize("method", METHODS)
def test_discrete_adjoint_is_autograd_for_every_method(method: str) -> None:
    discrete_adjoint_passes(tangled(), method)


@pytest.mark.parametrize("method", [name if name == "rk4" else pytest.param(name, marks=pytest.mark.campaign) for name in METHODS if name != "tsit5"])
def test_discrete_adjoint_is_autograd_under_a_control(method: str) -> None:
    """Whatever the method, a control is read at the times of its stages; the whole battery has tsit5."""
    discrete_adjoint_passes(steered(), method)


def discrete_adjoint_passes(problem: Problem, method: str) -> None:
    check = ROWS["discrete-adjoint"].function(case_of(problem, method=method))
    assert check.outcome is Outcome.PASS, check.words


@pytest.mark.parametrize("method", ["euler", "midpoint", "rk4", "bosh3", pytest.param("dopri5", marks=pytest.mark.campaign), "dop853"])
def test_gradient_converges_at_the_order_of_the_method(method: str) -> None:
    case = case_of(tangled(), method=method)
    for name in ("emitted-tableau", "continuous-adjoint", "invariants"):
        check = ROWS[name].function(case)
        assert check.outcome is Outcome.PASS, check.words


def test_horizon_is_cut_where_equal_time_steps_are_unstable() -> None:
    """Euler's method with 40 time steps overflows on the whole horizon, and is checked on the part that it can do."""
    problem = Problem(name="stiff", states={"x": "-k*x**3"}, initial={"x": 6}, parameters={"k": 1}, terminal_cost="x**2/2",
                      horizon=(0, 4))  # fmt: skip
    case = case_of(problem, method="euler")
    assert case.points[0].share < 1 and "horizon cut to" in case.points[0].description
    check = ROWS["discrete-adjoint"].function(case)
    assert check.outcome is Outcome.PASS, check.words


def test_wrong_order_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module of a second-order method does not pass for one of third order."""
    case = case_of(tangled(), method="heun")
    monkeypatch.setattr(Case, "tableau", METHODS["bosh3"])
    check = ROWS["continuous-adjoint"].function(case)
    assert check.outcome is Outcome.FAIL and "order 2." in check.words, check.words


def test_first_wrong_time_step_is_named() -> None:
    """The deposit at t = 0.9 is left out: the time step that ends there is the first wrong one."""
    mutation = next(m for m in MUTATIONS if m.name == "skipped observation at t1")
    case = case_of(tangled(), mutation.edit(generated(tangled())))
    check = ROWS["tangent-identity"].function(case)
    run = case.runs[0]
    last = int(run.plan.arrival[0, 2])
    assert f"time step {last} of trajectory" in check.words, check.words


def test_module_that_raises_has_failed() -> None:
    edit = MUTATIONS[0].edit
    text = edit(generated(tangled())).replace("right_pullback(t, x, w, theta, -p, g)", "1/0")
    outcomes = {check.name: check for check in run_battery(case_of(tangled(), text))}
    assert outcomes["discrete-adjoint"].outcome is Outcome.FAIL
    assert "ZeroDivisionError" in outcomes["discrete-adjoint"].words
    assert outcomes["emitted-tableau"].outcome is Outcome.PASS


def test_module_that_never_finishes_is_refused() -> None:
    text = generated(tangled()).replace("\n# --- runtime ---\n", "\nrates = None\n\n# --- runtime ---\n")
    with pytest.raises((SolveError, TypeError)):
        case_of(tangled(), text)


def test_a_statement_that_cannot_start_fails() -> None:
    """rate a/x at x(t0) = 0: every perturbed point solves, the statement's own does not."""
    problem = Problem(name="stuck", states={"x": "a/x"}, initial={"x": 0.0}, parameters={"a": 2.0}, terminal_cost="x**2", horizon=(0.0, 1.0))
    check = ROWS["own-values"].function(case_of(problem))
    assert check.outcome is Outcome.FAIL
    assert "x != 0 does not hold" in check.words
