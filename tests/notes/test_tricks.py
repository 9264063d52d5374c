"""Attempts to have a wrong formula proved: what the notes say of their problem before or after it must count."""

from __future__ import annotations

import pytest

from adjointcheck.notes import verify
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.reading.document import Formula

HEADER = "state: x in R^n\ncontrol: u(t) in R^k\nparameters: theta in R^m\ncostate: p = dJ/dx (row)"
FLOW = r"\dot x = f(x, u, \theta, t)"
COST = r"J = \Phi(x(T), \theta) + \int_0^T L(x, u, \theta, t)\,dt"
GRADIENT = r"\frac{dJ}{d\theta} = \Phi_\theta + \int_0^T (L_\theta + p f_\theta)\,dt"
COSTATE = r"\dot p = -p f_x - L_x"
END = r"p(T) = \Phi_x(x(T))"

TRICKS = [
    *((said, GRADIENT) for said in (r"x(0) = \theta", r"x(0) = A\theta", r"T = T(\theta)", r"T = \theta_1", r"t_0 = \theta", r"\dot\theta = g(\theta)", r"u(t) = B\theta")),
    *((said, COSTATE) for said in (r"u = K x", r"u = \pi_\theta(x)", r"\dot x = -f(x, u, \theta, t)", r"\dot x = g(x, u)", r"\ddot x = f(x, u)",
                                   r"M \dot x = f(x, u, t)", r"dx = f(x)\,dt + \sigma\,dW", r"J = \int_0^T \ell(x)\,dt", r"\theta(t) = W x(t)")),
    *((said, END) for said in (r"c^T x(T) = d", r"x(T) = x_1", r"x_1(T) = 0", r"\psi(x(T)) = 0", r"\|x(T)\| = 1", r"x(0) = x(T)")),
    (r"|u| \le 1", r"L_u + p f_u = 0"),
    (r"g(x) \le 0", r"L_u + p f_u = 0"),
]


def statuses(*lines: str) -> list[str]:
    notes = verify.Notes("notes.md", read_header(HEADER.splitlines()))
    found = [item for i, text in enumerate(lines, 1) for item in notes.judged(Formula(str(i), text, "notes.md", i, 1))]
    return [item.status for item in notes.settled(found)]


@pytest.mark.parametrize(("said", "claim"), TRICKS)
def test_what_is_not_carried_leaves_claims_open(said: str, claim: str) -> None:
    found = statuses(FLOW, COST, said, claim)
    assert found[-1] == "unknown"
    assert found[2] != "proved"


@pytest.mark.parametrize("said", [r"x(0) = \xi(\theta)", r"x(0) = x_0(\theta)", r"x_0 = \xi(\theta)"])
def test_a_gradient_that_leaves_the_moving_start_out_is_refuted(said: str) -> None:
    assert statuses(FLOW, COST, said, GRADIENT)[-1] == "refuted"


@pytest.mark.parametrize("said", [r"x(0) = x_0(\theta)", r"T = T(\theta)"])
def test_a_start_told_later_counts(said: str) -> None:
    assert statuses(FLOW, COST, GRADIENT, said)[2] == "unknown"


@pytest.mark.parametrize("cost", [r"J = \int_0^T L(x, \dot x)\,dt", r"J = \Phi(x(0))", r"J = \Phi(2 x(T))", r"J = \Phi(x(T), u(T))"])
def test_a_cost_that_is_not_taken_proves_nothing(cost: str) -> None:
    assert "proved" not in statuses(FLOW, cost, END, r"\frac{\delta J}{\delta u} = p f_u")


@pytest.mark.parametrize(("said", "claim"), [("L = 0", r"\dot p = -p f_x"), ("no terminal cost", r"p(T) = 0")])
def test_a_hypothesis_that_the_cost_contradicts_is_a_problem_and_not_believed(said: str, claim: str) -> None:
    notes = verify.Notes("notes.md", read_header([*HEADER.splitlines(), f"assume: {said}"]))
    found = [item for i, text in enumerate((FLOW, COST, claim)) for item in notes.judged(Formula(str(i), text, "notes.md", i, 1))]
    assert found[-1].status == "refuted" and "contradicts the cost" in notes.context.problems[0]


def test_without_tricks_the_claims_are_proved() -> None:
    assert statuses(FLOW, COST, r"x(0) = x_0", GRADIENT, COSTATE, r"p(T) = \Phi_x(x(T), \theta)")[-3:] == ["proved"] * 3
