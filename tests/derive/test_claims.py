"""What a person claims: verdict, what was proved instead, and the slip in words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from adjointcheck.derive import JudgedClaim, derive
from adjointcheck.errors import ProblemError
from adjointcheck.expression.grammar import LOG, parse
from adjointcheck.problem.statement import Problem
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

FIELDS: dict[str, object] = {
    "name": "claimed", "horizon": (0, 2), "parameters": ["a", "b", "c"], "controls": ["w"],
    "states": {"x": {"rate": "a*x*y - b*y**2*t", "initial": "2*a"}, "y": {"rate": "c*sin(x) - 5*y*w", "initial": "b"}},
    "running_cost": "a*x**2*y + 7*w**2 + c*t", "terminal_cost": "c*x**3/6 + b*x*y",
    "observations": [{"times": [0, 1, 2], "data": {"d": [1, 2, 3]}, "cost": "a*(x - d)**2 + b*y**3"}],
}

RIGHT = {
    "costate.x": ["-2*a*x*y - p_x*a*y - p_y*c*cos(x)", "-(a*y*(2*x + p_x)) - c*cos(x)*p_y", "-a*y*(x + x + p_x) + -c*p_y*(2*cos(x/2)**2 - 1)"],
    "costate.y": ["-a*x**2 - p_x*(a*x - 2*b*y*t) + 5*p_y*w", "-(a*x**2 + a*x*p_x) + 2*b*t*y*p_x + 5*w*p_y"],
    "terminal.x": ["c*x**2/2 + b*y", "(c*x*x + 2*b*y)/2"], "terminal.y": ["b*x"],
    "gradient.a": ["x**2*y + p_x*x*y", "x*y*(x + p_x)"], "gradient.b": ["-p_x*y**2*t"], "gradient.c": ["t + p_y*sin(x)", "t + 2*sin(x/2)*cos(x/2)*p_y"],
    "stationarity.w": ["14*w - 5*p_y*y"],
}

SLIPS = [
    ("costate.x", "2*a*x*y + p_x*a*y + p_y*c*cos(x)", "sign of the whole"), ("costate.x", "-2*a*x*y - p_x*a*y + p_y*c*cos(x)", "sign of the term"), ("costate.x", "2*a*x*y - p_x*a*y - p_y*c*cos(x)", "running cost has the wrong sign"),
    ("costate.x", "-p_x*a*y - p_y*c*cos(x)", "running cost is missing"), ("costate.x", "-2*a*x*y - p_x*a*y - p_y*(a*x - 2*b*y*t)", "Jacobian is transposed"), ("costate.y", "-a*x**2 - p_x*c*cos(x) + 5*p_y*w", "Jacobian is transposed"),
    ("costate.x", "2*a*x*y + p_x*a*y + p_y*(a*x - 2*b*y*t)", "transposed and the sign reversed"), ("costate.x", "-a*x**2 - p_x*(a*x - 2*b*y*t) + 5*p_y*w", "costate equation of y"), ("costate.y", "-2*a*x*y - p_x*a*y - p_y*c*cos(x)", "costate equation of x"),
    ("costate.x", "-a*x*y - p_x*a*y/2 - p_y*c*cos(x)/2", "factor 1/2 too much"), ("costate.x", "-4*a*x*y - 2*p_x*a*y - 2*p_y*c*cos(x)", "factor 2 too much"), ("costate.x", "-2*a*x*y - p_x*a*y", "is missing"), ("costate.x", "-a*x*y - p_x*a*y - p_y*c*cos(x)", "factor 1/2"),
    ("costate.y", "-a*x**2 - p_x*(a*x + 2*b*y*t) + 5*p_y*w", "sign of the term"), ("costate.y", "-a*x**2 - p_x*(a*x - 4*b*y*t) + 5*p_y*w", "factor 2"), ("costate.y", "-a*x**2 - p_x*a*x + 5*p_y*w", "is missing"),
    ("terminal.x", "-(c*x**2/2 + b*y)", "sign of the whole"), ("terminal.y", "b*x + 3*b*y**2", "deposit at t1"), ("terminal.x", "0", "not zero at t1"), ("terminal.x", "c*x**3/6 + b*x*y", "terminal cost itself"),
    ("terminal.x", "c*x**2/4 + b*y/2", "factor 1/2"), ("terminal.x", "c*x**2/2", "is missing"), ("terminal.x", "c*x**2/2 - b*y", "sign of the term"), ("terminal.x", "c*x**2 + b*y", "factor 2"),
    ("gradient.a", "p_x*x*y", "running cost is missing"), ("gradient.a", "x**2*y", "only the running cost"), ("gradient.a", "-x**2*y + p_x*x*y", "running cost has the wrong sign"), ("gradient.a", "-(x**2*y + p_x*x*y)", "sign of the whole"), ("gradient.c", "t + p_y*sin(x) + x**3/6", "outside the integral"),
    ("gradient.b", "-p_x*y**2*t + x*y", "outside the integral"), ("gradient.b", "-p_x*y**2*t/2", "factor 1/2"), ("gradient.a", "x**2*y - p_x*x*y", "sign"),
    ("stationarity.w", "-5*p_y*y", "running cost is missing"), ("stationarity.w", "14*w", "only the running cost"), ("stationarity.w", "14*w + 5*p_y*y", "sign"), ("stationarity.w", "7*w - 5*p_y*y", "factor 1/2"),
]
NO_SLIP = [("costate.x", "p_x**2 + 17"), ("terminal.x", "sin(x)"), ("gradient.b", "t"), ("stationarity.w", "p_x*x + 1"), ("costate.y", "-a*x**2 - p_x*(a*x - 2*b*y*t) + 5*p_y*w + 1e-30")]


def judged(name: str, text: str) -> JudgedClaim:
    found = derive(Problem(**FIELDS, claims={name: text}))  # type: ignore[arg-type]
    assert all(step.verdict.status is Status.PROVED for step in found.steps)
    assert found.verdict.status is found.claims[0].verdict.status and found.proved == (found.verdict.status is Status.PROVED)
    return found.claims[0]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in RIGHT.items() for text in texts])
def test_right_claims_are_proved(name: str, text: str) -> None:
    claim = judged(name, text)
    assert claim.verdict.status is Status.PROVED and claim.slip == "" and claim.verdict.witness is None
    assert equal(parse(claim.expected, caps=LOG), parse(text)).status is Status.PROVED


@pytest.mark.parametrize(("name", "text", "words"), SLIPS)
def test_slips_are_named(name: str, text: str, words: str) -> None:
    claim = judged(name, text)
    assert claim.verdict.status is Status.REFUTED and words in claim.slip, claim.slip
    witness = claim.verdict.witness
    assert witness is not None and witness.left != witness.right and dict(witness.point)
    assert all(Fraction(value) for _, value in witness.point)
    assert equal(parse(claim.expected, caps=LOG), parse(RIGHT[name][0])).status is Status.PROVED


def test_a_terminal_claim_may_not_speak_of_data() -> None:
    """The deposit at t1 belongs to the jump; its data columns do not exist in a transversality condition."""
    with pytest.raises(ProblemError, match="terminal.x"):
        judged("terminal.x", "c*x**2/2 + b*y + 2*a*(x - d)")


@pytest.mark.parametrize(("name", "text"), NO_SLIP)
def test_what_is_no_usual_slip_gets_no_words(name: str, text: str) -> None:
    claim = judged(name, text)
    assert claim.verdict.status is Status.REFUTED and claim.slip == "" and claim.verdict.witness is not None


def test_every_slip_differs_from_the_truth() -> None:
    """No row of the table above is an identity by accident."""
    for name, text, _ in SLIPS:
        assert equal(parse(text), parse(RIGHT[name][0])).status is Status.REFUTED


def test_several_claims_keep_their_order_and_their_own_verdicts() -> None:
    found = derive(Problem(**FIELDS, claims={"terminal.y": "b*x", "costate.x": "0", "gradient.b": "-p_x*y**2*t"}))  # type: ignore[arg-type]
    assert [(claim.name, claim.verdict.status) for claim in found.claims] == [("terminal.y", Status.PROVED), ("costate.x", Status.REFUTED), ("gradient.b", Status.PROVED)]
    assert found.verdict.status is Status.REFUTED and not found.proved


def test_a_claim_without_running_cost_names_the_sign_rather_than_the_cost() -> None:
    """Where L does not depend on the state, a reversed sign is a reversed sign."""
    made = Problem(name="plain", horizon=(0, 1), parameters=["k"], states={"x": {"rate": "-k*x**2", "initial": "1"}}, terminal_cost="x", claims={"costate.x": "-2*k*x*p_x"})
    assert "sign of the whole" in derive(made).claims[0].slip


@pytest.mark.parametrize("count", [60, 160])
def test_a_long_claim_is_judged_without_exhausting_the_stack(count: int) -> None:
    """A sum of many terms is a claim like any other: a verdict, with or without words for the slip."""
    rate = " + ".join(f"x*y**{i % 40}*a**{i // 40}" for i in range(count))
    made = Problem(name="long", horizon=(0, 1), parameters=["a"], states={"x": {"rate": rate, "initial": "1"}, "y": {"rate": "x", "initial": "1"}}, terminal_cost="x", claims={"costate.x": f"p_x*({rate})/x - p_y"})
    assert derive(made).claims[0].verdict.status is Status.REFUTED


def test_of_two_equal_terms_the_one_that_was_not_written_is_missing() -> None:
    """d(v*abs(v))/dv = abs(v) + v*sign(v), two terms of one value: drag of a rocket."""
    made = Problem(
        name="rocket", horizon=(0, 1), terminal_cost="-h", parameters={"T": 1, "D": "0.1", "g": 1, "c": "0.1"},
        states={"h": "v", "v": "T/m - D*v*abs(v)/m - g", "m": "-c*T"}, initial={"h": 0, "v": 1, "m": 1},
        claims={"costate.v": "-p_h + D*p_v*abs(v)/m"},
    )
    (claim,) = derive(made).claims
    assert claim.verdict.status is Status.REFUTED and "v*sign(v)/m) is missing" in claim.slip
    (claim,) = derive(replace(made, claims={"costate.v": "-p_h + D*p_v*v*sign(v)/m"})).claims
    assert "abs(v)/m) is missing" in claim.slip
