"""The outline: the equations a person would write down, the order of attention, and the words."""

from __future__ import annotations

import math
from enum import Enum
from fractions import Fraction
from types import SimpleNamespace

import pytest
import report_sample as sample

from adjointcheck.expression.grammar import parse
from adjointcheck.report import outline
from adjointcheck.report.wording import figure, one_line, printable, tone, word


def plain(topics: tuple[outline.Topic, ...], title: str) -> list[str]:
    return [equation.plain for topic in topics if topic.title == title for equation in topic.equations]


def test_statement_equations() -> None:
    topics = outline.statement_topics(sample.problem())
    assert plain(topics, "Dynamics") == ["dx/dt = a*x - b*x*y", "dy/dt = d*x*y - c*y + w*sin(t)"]
    assert plain(topics, "Initial values") == ["x(t0) = x0", "y(t0) = 1"]
    assert plain(topics, "Cost") == [
        "J = [a*(1 - x)**2/2 + t*y] at t = t1 + integral over t of [w**2/2 + piecewise(x, x < 1, 1)]"
        " + sum over j of l_1(s_j1) + sum over j of l_2(s_j2)",
        "l_1 = log(x/m)**2/2", "l_2 = (y - n)**2/2 + b",
    ]


def test_system_equations() -> None:
    topics = outline.system_topics(sample.system(sample.problem()))
    assert plain(topics, "Costate equations")[0] == "dp_x/dt = -p_x*(a - b*y) - p_y*d*y"
    assert plain(topics, "Transversality") == ["p_x(t1) = a*(x - 1)", "p_y(t1) = t"]
    assert plain(topics, "Jumps at observations") == ["p_x(s_j1-) = p_x(s_j1+) + log(x/m)/x", "p_y(s_j2-) = p_y(s_j2+) + y - n"]
    assert plain(topics, "Gradient condition") == ["dH/dw = w + p_y*sin(t)"]
    gradients = plain(topics, "Gradients in the parameters")
    assert gradients[0] == "dJ/da = [(1 - x)**2/2] at t = t1 + integral over t of [p_x*x]"
    assert gradients[1].endswith("+ sum over j of 1")
    assert gradients[4] == "dJ/dx0 = [p_x] at t = t0"
    assert len(plain(topics, "Horizon and observation times")) == 2 + 2


def test_a_gradient_that_is_nowhere_is_zero_and_empty_topics_are_left_out() -> None:
    system = sample.system(sample.problem())
    system.gradient = {"a": parse("0")}
    system.terminal_gradient = system.initial_gradient = {}
    system.observation_gradient = system.jumps = system.observation_time = ()
    system.stationarity = {}
    topics = outline.system_topics(system)
    assert plain(topics, "Gradients in the parameters") == ["dJ/da = 0"]
    assert not {"Jumps at observations", "Gradient condition"} & {topic.title for topic in topics}


@pytest.mark.parametrize(("rule", "name", "expected"), [
    ("choose_costate", "x", "dp_x/dt"), ("transversality", "x", "p_x(t1)"), ("recover_state", "x", "dx/dt"),
    ("jump", "0.x", "p_x(s_j1-) - p_x(s_j1+)"), ("start_value", "x", "dJ/dx(t0)"), ("end_times", "t0", "dJ/dt0"),
    ("end_times", "observation.1", "dJ/ds_j2"), ("parameter_gradient", "integrand.a", "dH/da"),
    ("parameter_gradient", "observation.0.a", "dl_1/da"), ("hamiltonian", "rate", "dH/dt"), ("reverse_mode", "x", "dH/dx"),
])
def test_left_sides_of_steps(rule: str, name: str, expected: str) -> None:
    left = outline.step_left(rule, name, 2)
    assert left is not None and outline.display_plain(left) == expected


@pytest.mark.parametrize(("rule", "name"), [("no_such_rule", "x"), ("hamiltonian", "x"), ("jump", "a.x"), ("vary", "integrand")])
def test_what_has_no_left_side_keeps_its_name(rule: str, name: str) -> None:
    assert outline.step_left(rule, name, 1) is None


def test_claims_left_sides() -> None:
    left = outline.claim_left("costate.x")
    assert left is not None and outline.display_plain(left) == "dp_x/dt"
    assert outline.claim_left("costate.<b>") is None
    assert outline.claim_left("other.x") is None


def test_attention_is_worst_first_and_complete() -> None:
    items = outline.attention(sample.derivation(True), sample.checks(True))
    assert [(item.kind, item.verdict) for item in items] == [
        ("step", "refuted"), ("claim", "refuted"), ("check", "fail"), ("step", "unknown"), ("check", "inconclusive")]
    assert "12.50000 against -3.250000" in items[0].words
    assert "likely slip" in items[1].words and "expected" in items[1].words
    assert items[2].words == "intercept of R1/eps (measured 0.0123, threshold 1e-07)"
    assert outline.attention(sample.derivation(), sample.checks()) == ()


def test_counts() -> None:
    words = [count.words for count in outline.counts(sample.derivation(True), sample.checks(True))]
    assert words == ["3 of 5 steps proved", "1 of 2 claims proved", "2 of 4 checks passed"]


@pytest.mark.parametrize(("cost", "expected"), [
    ("(x - m)**2", {"m": "x"}), ("log(y/m)**2", {"m": "y"}), ("(log(m) - log(x))**2", {"m": "x"}), ("(x**2 - m)**2", {}),
    ("(x + y - m)**2", {}), ("x*m", {}),
])
def test_data_belongs_to_a_state_only_when_compared_with_it(cost: str, expected: dict[str, str]) -> None:
    group = SimpleNamespace(data=(("m", (1,)),), cost=parse(cost))
    assert outline.companions(group, ["x", "y"]) == expected


@pytest.mark.parametrize(("table", "name", "expected"), [
    ({"rows": [["a", 3.0, 2.0], ["b", 1.0, 9.0]]}, "agreement", (1, 1)),
    ({"rows": [["a", 3.0, 2.0], ["b", 1.0, 9.0]], "worst": "max"}, "errors", (1, 2)),
    ({"rows": [["a", 3.0, math.nan], ["b", 1.0, 9.0]]}, "agreement", (0, 2)),
    ({"rows": [["a", 3.0]]}, "order", None), ({"rows": [["a", True]]}, "agreement", None),
])
def test_worst_cell(table: dict[str, object], name: str, expected: tuple[int, int] | None) -> None:
    assert outline.worst_cell(table, name) == expected


@pytest.mark.parametrize(("value", "expected"), [
    (None, "-"), (3, "3"), (1.5, "1.5"), (1e-16, "1e-16"), (math.nan, "nan"), (math.inf, "inf"), (Fraction(3, 2), "1.5"),
    (0.123456, "0.1235"), ("a\nb", "a b"),
])
def test_figures(value: object, expected: str) -> None:
    assert figure(value) == expected


class Outcome(Enum):
    PASS = "pass"


def test_words_and_tones() -> None:
    assert word(Outcome.PASS) == word("PASS") == word(SimpleNamespace(status=Outcome.PASS)) == "pass"
    assert (tone("pass"), tone("unknown"), tone("refuted"), tone("passs")) == ("good", "open", "bad", "bad")


def test_printable_shows_what_hides() -> None:
    assert printable("a\x1b[0m\u202e\u200b\ud800\tb\n") == "a\\x1b[0m\\u202e\\u200b\\ud800\tb\n"
    assert printable("naïve π ≤ 1") == "naïve π ≤ 1"
    assert one_line(" a \n b ") == "a b"
