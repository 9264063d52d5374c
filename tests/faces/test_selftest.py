"""The self-test: it passes here, it says what it did, and it fails when the verifier is broken."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from small_statements import Invoke

from adjointcheck.check import selftest as body
from adjointcheck.check.confined import Answer
from adjointcheck.check.sandbox import Confined
from adjointcheck.check.selftest import selftest
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Status, Verdict


def counts(found: body.SelfTest) -> list[tuple[str, int, int]]:
    return [(part.name, part.tried, len(part.wrong)) for part in found.parts]


def test_a_small_self_test_passes_and_says_how_far_it_is() -> None:
    said: list[str] = []
    found = selftest(said.append, proofs=20, mutated=12, files=3)
    assert found.passed and counts(found) == [("proofs", 20, 0), ("mutants", 12, 0), ("hostile files", 3, 0)]
    assert "proofs: 20 of 20" in said and "mutants: 12 of 12" in said and said[-1] == "hostile files: 3 of 3"
    lines = found.lines()
    assert len(lines) == 4 and "20 proved" in lines[0] and "12 killed at the mutated step" in lines[1] and lines[-1].startswith("self-test passed in ")


def test_another_seed_takes_other_statements() -> None:
    logs = [body._proofs(3, seed, lambda words: None)[0][0]["statement"] for seed in (1, 1, 2)]
    assert logs[0] == logs[1] != logs[2]


def _believes(document: Any) -> Any:
    found = replay(document)
    return dataclasses.replace(found, steps=tuple(dataclasses.replace(step, verdict=Verdict(Status.PROVED)) for step in found.steps), claims=())


def _doubts(document: Any) -> Any:
    found = replay(document)
    return dataclasses.replace(found, steps=tuple(dataclasses.replace(step, verdict=Verdict(Status.UNKNOWN, reason="tired")) for step in found.steps))


def test_a_verifier_that_believes_everything_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from adjointcheck.check import mutants

    monkeypatch.setattr(body, "fate", lambda mutant: mutants.fate(mutant, _believes))
    found = selftest(proofs=10, mutated=10, files=1)
    assert not found.passed and len(found.parts[1].wrong) >= 8
    assert any("survived" in line for line in found.lines()) and "FAILED" in found.lines()[-1]


def test_a_verifier_that_proves_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "replay", _doubts)
    found = selftest(proofs=10, mutated=1, files=1)
    assert not found.passed and len(found.parts[0].wrong) == 10 and "tired" in found.parts[0].wrong[0]


@pytest.mark.parametrize(("answer", "wall", "words"), [
    ({"result": {"verdict": "proved"}, "events": ["open for writing /x"]}, 0.1, "the guard had to stop open for writing /x"), ({"result": {"verdict": "proved"}}, 9.0, "9.0 s and"), ({"defect": "Traceback"}, 0.1, "Traceback"),
])
def test_a_hostile_file_that_does_harm_fails(answer: Answer, wall: float, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "prove", lambda task, path, bounds: Confined(answer, wall, 0.1, 1000))
    found = selftest(proofs=5, mutated=1, files=1)
    assert not found.passed and words in found.parts[2].wrong[0]


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_the_command_prints_and_answers(passed: bool, code: int, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (body.Part("proofs", 2, {"proved": 2}, () if passed else ("random_0, s01: unknown",), 0.5),)
    seeds: list[int] = []

    def stand_in(progress: Any, seed: int) -> body.SelfTest:
        seeds.append(seed)
        return body.SelfTest(parts, 0.5, seed, {"Python": "3"})

    monkeypatch.setattr(body, "selftest", stand_in)
    result = invoke("selftest", "--seed", 4)
    assert result.exit_code == code and result.stdout.startswith("proofs            2 in   0.5 s: 2 proved") and seeds == [4]
    assert ("wrong: random_0" in result.stdout) is not passed
    found = json.loads(invoke("selftest", "--json").stdout)
    assert found["passed"] is passed and found["parts"][0]["outcomes"] == {"proved": 2} and found["schema_version"] == 1


@pytest.mark.campaign
def test_the_whole_self_test_stays_below_a_minute() -> None:
    """Two hundred proofs, two hundred mutants, twenty hostile files; by the processor's clock, as the machine may be shared."""
    import resource
    import time

    start, children = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    found = selftest()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = time.process_time() - start + after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    assert found.passed, found.lines()
    assert counts(found) == [("proofs", 200, 0), ("mutants", 200, 0), ("hostile files", 20, 0)] and used < 60
