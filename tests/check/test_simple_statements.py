"""Statements so simple that few time steps solve them to the last digit: order is still seen, and a wrong one still found."""

from __future__ import annotations

import pytest
from tangled import case_of

from adjointcheck.check.battery import BATTERY
from adjointcheck.check.case import BUDGETS, Case
from adjointcheck.check.verdict import Outcome
from adjointcheck.problem import Problem
from adjointcheck.schemes import METHODS

ROWS = {row.name: row for row in BATTERY}
ORDERS = ("continuous-adjoint", "invariants")
STATEMENTS = {
    "good": Problem(name="good", states={"x": "-a*x"}, initial={"x": 1}, parameters={"a": 2}, terminal_cost="x^2", horizon=(0, 1)),
    "backward": Problem(name="good", states={"x": "-a*x"}, initial={"x": 1}, parameters={"a": 2}, terminal_cost="x^2", horizon=(1, 0)),
    "root": Problem(name="root", states={"x": "-a*sqrt(x^2)"}, initial={"x": "-u"}, parameters={"a": 2, "u": 1}, terminal_cost="x^2", horizon=(0, 1)),
}


@pytest.mark.parametrize("problem", STATEMENTS.values(), ids=STATEMENTS)
def test_the_order_is_seen(problem: Problem) -> None:
    """Backward and root: the terms h^5 and h^6 of the error have opposite signs, so that it passes through zero on its way."""
    case = case_of(problem, budget=BUDGETS["fast"])
    checks = [ROWS[name].function(case) for name in ORDERS]
    assert [check.outcome for check in checks] == [Outcome.PASS] * 2, checks


PAIRS = [("heun", "bosh3"), ("bosh3", "rk4"), ("rk4", "tsit5"), ("tsit5", "dop853")]
QUICK = [*(("good", *pair) for pair in PAIRS[:2]), ("backward", *PAIRS[2]), ("root", *PAIRS[2]), ("good", *PAIRS[3])]
ROWS_OF_ORDER = [(name, *pair) for name in STATEMENTS for pair in PAIRS]


@pytest.mark.parametrize(("name", "method", "claimed"), [row if row in QUICK else pytest.param(*row, marks=pytest.mark.campaign) for row in ROWS_OF_ORDER])
def test_a_lower_order_does_not_pass(name: str, method: str, claimed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(STATEMENTS[name], method=method, budget=BUDGETS["fast"])
    monkeypatch.setattr(Case, "tableau", METHODS[claimed])
    checks = [ROWS[name].function(case) for name in ORDERS]
    assert Outcome.PASS not in {check.outcome for check in checks}, checks
