"""Kinks and jumps: what is continuous is proved, a jump blocks exactly the gradients that it would falsify."""

from __future__ import annotations

import pytest

from adjointcheck.derive import Derivation, derive
from adjointcheck.expression.grammar import parse
from adjointcheck.problem.statement import Problem
from adjointcheck.trusted.smoothness import jumps
from adjointcheck.trusted.verdict import Status

NONE: frozenset[str] = frozenset()


def made(cost: str, **more: object) -> Derivation:
    """xdot = -a x with a running cost; b and c are parameters, w a control."""
    fields = {"running_cost": cost, "states": {"x": {"rate": "-a*x + w", "initial": "1 + a"}}, **more}
    return derive(Problem(name="kinked", horizon=(0, 1), parameters=["a", "b", "c"], controls=["w"], **fields))  # type: ignore[arg-type]


def statuses(found: Derivation) -> dict[str, Status]:
    return {step.rule: step.verdict.status for step in found.steps}


CONTINUOUS = [
    "piecewise(x - b, x > b, 0)", "piecewise(0, x < b, x - b)", "max(x - b, 0)", "abs(x - b)", "min(x, b)*c", "x*abs(b)", "piecewise(x**2, x < 1, 2*x - 1)", "piecewise(x, t < b, x + (t - b)**2)", "piecewise(sin(x), b <= x, sin(b))",
    "piecewise(-x, x < 0, x)", "piecewise(1, x < b, 1)", "piecewise(0, x < 0, x, x < 1, 1)*b", "piecewise(exp(x - b), x < b, 1 + x - b)",
]


@pytest.mark.parametrize("cost", CONTINUOUS)
def test_continuous_statements_are_proved_with_the_kink_as_a_finding(cost: str) -> None:
    found = made(f"{cost} + x*b*c")
    assert found.verdict.status is Status.PROVED
    assert [finding.kind for finding in found.findings].count("kink") >= 1


@pytest.mark.parametrize("cost", ["min(x, b, c)", "max(0, 1 - abs(x - b))", "max(abs(x), abs(b))"])
def test_nested_kinks_may_stay_open_but_are_never_refuted(cost: str) -> None:
    """SymPy and the table share a tie of three differently, so that the two derivations differ in single points."""
    assert made(f"{cost} + x*b*c").verdict.status in (Status.PROVED, Status.UNKNOWN)


JUMPS_ON_PARAMETERS = [
    ("x*piecewise(1, t < b, 0)", {"b"}), ("x*piecewise(0, b < 1, 1)", {"b"}), ("x*piecewise(1, b*t < 1, 2)", {"b"}), ("x*sign(t - b)", {"b"}), ("x*sign(b)", {"b"}), ("x*piecewise(1, t < b*c, 2)", {"b", "c"}), ("x*piecewise(1, t < b or c < 0, 2)", {"b", "c"}),
    ("x*piecewise(1, not (t < b), 2)", {"b"}), ("x*(1 + sign(t - b))/2", {"b"}), ("x*piecewise(1, abs(t - b) < 1/10, 0)", {"b"}), ("x*max(sign(t - b), 0)", {"b"}), ("piecewise(x, t < b, 2*x)", {"b"}), ("x*piecewise(1, t < b, 1 + 1e-30)", {"b"}),
    ("x*piecewise(piecewise(1, t < b, 2), t < c, 3)", {"b", "c"}), ("x*exp(piecewise(1, t < b, 2))", {"b"}),
]


@pytest.mark.parametrize(("cost", "hidden"), JUMPS_ON_PARAMETERS)
def test_a_parameter_of_a_jump_gets_no_silent_gradient(cost: str, hidden: set[str]) -> None:
    """SciML #1579, AMICI #3214: the true dJ/db is a jump term, the formal derivative is 0."""
    found = made(f"{cost} + x**2*a")
    assert statuses(found)["parameter_gradient"] is statuses(found)["reverse_mode"] is Status.UNKNOWN
    assert statuses(found)["choose_costate"] is Status.PROVED
    assert found.verdict.status is Status.UNKNOWN
    assert [step.rule for step in found.steps if "jump" in step.verdict.reason] == ["parameter_gradient", "reverse_mode"]
    for name in ("b", "c"):
        claimed = made(f"{cost} + x**2*a", claims={f"gradient.{name}": "0"}).claims[0].verdict
        assert claimed.status is not Status.PROVED, name
        assert name not in hidden or "jump" in claimed.reason or "not proved" in claimed.reason


@pytest.mark.parametrize("cost", ["piecewise(1, x < b, 2)", "sign(x)", "x*sign(w)", "piecewise(x, x*b < 1, 3)", "b*piecewise(1, x < 1 and t < 1, 2)", "piecewise(1, w < 0, 2)*x", "sign(x - t)*c", "piecewise(2, x**3 < 8, x)"])
def test_a_jump_that_moves_with_the_state_blocks_everything(cost: str) -> None:
    found = made(f"{cost} + x**2*a")
    for rule in ("choose_costate", "start_value", "stationarity", "parameter_gradient", "end_times", "reverse_mode"):
        assert statuses(found)[rule] is Status.UNKNOWN, rule


@pytest.mark.parametrize("where", ["rate", "initial", "terminal", "observation"])
def test_jumps_are_found_wherever_they_stand(where: str) -> None:
    jump = "piecewise(1, b < 1, 2)"
    more: dict[str, object] = {}
    if where in ("rate", "initial"):
        more["states"] = {"x": {"rate": "-a*x + w", "initial": "1", where: f"a*{jump}"}}
    elif where == "terminal":
        more["terminal_cost"] = f"x*{jump}"
    else:
        more["observations"] = [{"times": [0, 1], "data": {}, "cost": f"x*{jump}"}]
    assert statuses(made("x**2*c", **more))["parameter_gradient"] is Status.UNKNOWN


def test_a_jump_in_time_alone_blocks_nothing() -> None:
    assert made("x*piecewise(1, t < 1/2, 2)*b").verdict.status is Status.PROVED


HIDDEN_JUMPS = [
    "x*(1 + abs(t - b)/(t - b))/2", "x*sqrt((t - b)**2)/(t - b)", "x*max(t - b, 0)/(t - b)", "x*atan(1/(t - b))", "x*atan(tan(t - b))", "x*(t - b)/abs(t - b)", "x*tanh(1/(t - b))", "x*exp(-abs(t - b)/(t - b))", "x*(abs(b - t)**3/(b - t)**3)",
    "x*piecewise(1/(t - b), t < b, 1/(t - b))*(t - b)**0/(1 + 1/abs(t - b))",
]


@pytest.mark.parametrize("cost", HIDDEN_JUMPS)
def test_soundness_a_jump_written_as_a_quotient_gets_no_silent_gradient(cost: str) -> None:
    """|t - b|/(t - b) is sign(t - b): proved only if the theorem says that t = b is never met."""
    found = made(f"{cost} + x**2*a")
    assumed = [finding.text for finding in found.findings if finding.kind == "domain"]
    assert found.verdict.status is Status.UNKNOWN or assumed


@pytest.mark.parametrize(("text", "count"), [
    ("abs(x) + max(x, y) + min(x, 1)", 0), ("sign(x)", 1), ("piecewise(x, x < 0, 0)", 0), ("piecewise(1, x < 0, 0)", 1), ("piecewise(x, x < y, y)", 0), ("piecewise(x, 2*x - 3*y <= 1, (3*y + 1)/2)", 0), ("piecewise(x, x**2 < y, sqrt(y))", 1),
    ("piecewise(x**2, x**2 < y, y)", 0), ("piecewise(0, x < 0, piecewise(x, x < 1, 2))", 1), ("piecewise(log(x), x > 0, 0)", 1), ("piecewise(x*log(x), x > 0, 0)", 1), ("piecewise(x, x < 0 and y < 0, 0)", 1), ("piecewise(sin(x)/x, x < 0, 1)", 1), ("1/piecewise(1, x < 0, 1)", 0),
])
def test_what_counts_as_a_jump(text: str, count: int) -> None:
    assert len(jumps([parse(text)], NONE)) == count


def test_positive_names_may_make_branches_meet() -> None:
    root = parse("piecewise(abs(a)*x, x < 1, a)")
    assert len(jumps([root], NONE)) == 1 and jumps([root], frozenset({"a"})) == []


@pytest.mark.parametrize(("cost", "cause"), [("x*piecewise(1, t < b, 0)", "b, t"), ("x*sign(x - b)", "x"), ("x*piecewise(1, w < x, 0)", "w, x")])
def test_the_reason_names_what_the_jump_depends_on(cost: str, cause: str) -> None:
    """What moves, if anything does; else all that the surface is made of."""
    reasons = [step.verdict.reason for step in made(f"{cost} + x**2*a").steps if "jumps" in step.verdict.reason]
    assert reasons and all(f"depends on {cause};" in reason for reason in reasons)
