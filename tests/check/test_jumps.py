"""A field that jumps at a known time: told as a finding, blamed for dJ/dt0 and dJ/dt1, and no difference is taken across it."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import pytest
import torch
from tangled import case_of

from adjointcheck.check import high_precision
from adjointcheck.check.battery import BATTERY
from adjointcheck.check.verdict import Outcome
from adjointcheck.derive import derive
from adjointcheck.problem import Problem

ROWS = {row.name: row for row in BATTERY}


def heated(rate: str = "-k*(T - room) + piecewise(q, t < 1, 0)", horizon: tuple[float, float] = (0, 3)) -> Problem:
    return Problem(name="heated", states={"T": rate}, initial={"T": 15}, parameters={"k": "0.7", "room": 10, "q": 4},
                   terminal_cost="T^2", horizon=horizon)


@pytest.mark.parametrize(("rate", "count"), [
    ("-k*(T - room) + piecewise(q, t < 1, 0)", 1), ("-k*(T - room) + q*sign(t - 1)", 1), ("-k*T + piecewise(q, t < q, 0)", 1),
    ("-k*(T - room) + piecewise(q*(1 - t), t < 1, 0)", 0), ("-k*(T - room) + q*abs(t - 1)", 0), ("-k*T + piecewise(q, q < 1, room)", 0),
    ("-k*T + piecewise(q, T < t, room)", 0),
])  # fmt: skip
def test_the_finding(rate: str, count: int) -> None:
    """Only what jumps, and only at a time that no state moves: kinks and other surfaces have their own words."""
    found = [finding.text for finding in derive(heated(rate)).findings if finding.kind == "jump"]
    assert len(found) == count
    assert all("the discrete dJ/dt0 and dJ/dt1 of a module miss it: use -H(t0) and dPsi/dt + H(t1)" in text for text in found)


def closed_form(t0: float, t1: float) -> float:
    """T(t1)^2 by the two linear pieces."""
    middle = 10 + 4 / 0.7 + (5 - 4 / 0.7) * exp(-0.7 * (1 - t0))
    return (10 + (middle - 10) * exp(-0.7 * (t1 - 1))) ** 2


def test_invariants_blame_the_jump_with_the_right_figures() -> None:
    check = ROWS["invariants"].function(case_of(heated()))
    assert check.outcome is Outcome.FAIL and "piecewise(q, t < 1, 0) jumps in time" in check.words
    words = check.words.split("dJ/dt0 = ")[1]
    h = 1e-6
    by_start = (closed_form(h, 3) - closed_form(-h, 3)) / (2 * h)
    by_end = (closed_form(0, 3 + h) - closed_form(0, 3 - h)) / (2 * h)
    assert float(words.split(" and ")[1].split(" = -H(t0)")[0]) == pytest.approx(by_start, rel=1e-3)
    assert float(words.split("dJ/dt1 = ")[1].split(" and ")[1].split(" = ")[0]) == pytest.approx(by_end, rel=1e-3)


def test_a_jump_outside_the_horizon_is_not_blamed() -> None:
    check = ROWS["invariants"].function(case_of(heated(horizon=(2, 3))))
    assert check.outcome is Outcome.PASS, check.words


@pytest.mark.parametrize(("rate", "words"), [("q*piecewise(1, t < 1, 0) - k*(T - room)/100", "piecewise(1, t < 1, 0) jumps in time"),
                                             ("q*abs(t - 1) - k*(T - room)", "abs(t - 1)")])
def test_no_difference_is_taken_across_a_jump_or_kink(rate: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time steps end on t = 1 to rounding: another share of the horizon is taken, or nothing is concluded."""
    case = case_of(heated(rate, horizon=(0, 2)))
    case = replace(case, short=replace(case.short, t1=torch.full_like(case.short.t1, 2), share=1.0))
    t1 = float(high_precision._run(case).point.t1[0])
    assert min(abs(t1 * k / 8 - 1) for k in range(9)) < 1e-12
    check = ROWS["high-precision"].function(case)
    assert check.outcome is Outcome.PASS, check.words
    assert check.words.startswith("6 derivatives")
    monkeypatch.setattr(high_precision, "SHARES", (1.0,))
    check = ROWS["high-precision"].function(case)
    assert check.outcome is Outcome.INCONCLUSIVE and words in check.words


def test_a_kink_that_no_time_step_meets_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(high_precision, "SHARES", (1.0,))
    check = ROWS["high-precision"].function(case_of(heated("-k*(T - room) + q*abs(t - 1.01)", horizon=(0, 2))))
    assert check.outcome is Outcome.PASS
