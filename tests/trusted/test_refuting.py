"""What refutes can take a proof back and make none: with liars in its place no falsehood is proved, with mutes no proof is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from statements import log
from test_replay import WRONG
from test_theory import judge, step

from adjointcheck.expression.grammar import parse
from adjointcheck.trusted import matrix_witness, witness
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Status, Verdict
from adjointcheck.trusted.zero import equal

FALSE = [("x + 1", "x"), ("sin(2*x)", "2*sin(x)"), ("abs(x)", "x"), ("sqrt(x**2)", "x"), ("exp(x + y)", "exp(x)*exp(2*y)"), ("log(x*y)", "log(x) + y")]
TRUE = [("x + 0", "x"), ("sin(2*x)", "2*sin(x)*cos(x)"), ("abs(x)*sign(x)", "x"), ("sqrt(x**2)", "abs(x)"), ("exp(x + y)", "exp(x)*exp(y)")]


def planted(monkeypatch: pytest.MonkeyPatch, opinion: Callable[[Verdict], Verdict]) -> None:
    monkeypatch.setattr(witness, "doubt", lambda left, right, positive, shown, tries: opinion(shown))
    monkeypatch.setattr(matrix_witness, "doubt", lambda roots, letters, shown: opinion(shown))
    monkeypatch.setattr(matrix_witness, "doubt_under", lambda known, roots, language, shown: opinion(shown))


def wrong_log() -> dict[str, Any]:
    document = log("driven")
    document["claims"] = [{"name": "costate.x", "text": WRONG}]
    return document


def test_a_liar_that_calls_all_proved_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    document = wrong_log()
    planted(monkeypatch, lambda shown: Verdict(Status.PROVED, ("a lie",)))
    for left, right in FALSE:
        assert equal(parse(left), parse(right)).status is Status.UNKNOWN
    found = replay(document)
    assert found.claims[0].verdict.status is Status.UNKNOWN and {judged.verdict.status for judged in found.steps} == {Status.PROVED}
    assert [judged.verdict.status for judged in judge(step("1", "rewrite", "x = 2*x"), step("2", "rewrite", "x = x")).steps] == [Status.UNKNOWN, Status.PROVED]


def test_a_mute_takes_no_proof_back_and_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    document = wrong_log()
    planted(monkeypatch, lambda shown: shown)
    assert {equal(parse(left), parse(right)).status for left, right in TRUE} == {Status.PROVED}
    assert {equal(parse(left), parse(right)).status for left, right in FALSE} == {Status.UNKNOWN}
    found = replay(document)
    assert found.claims[0].verdict.status is Status.UNKNOWN and {judged.verdict.status for judged in found.steps} == {Status.PROVED}


@pytest.mark.parametrize("worse", [Status.UNKNOWN, Status.REFUTED, Status.INVALID])
def test_an_objection_takes_a_proof_back(monkeypatch: pytest.MonkeyPatch, worse: Status) -> None:
    planted(monkeypatch, lambda shown: Verdict(worse, reason="an objection"))
    assert equal(parse("x + 0"), parse("x")).status is worse
    assert [judged.verdict.status for judged in judge(step("1", "rewrite", "x = x")).steps] == [worse]
