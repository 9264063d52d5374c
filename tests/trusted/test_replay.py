"""Replay: whole logs with one thing changed, forged verdicts, foreign statements, and a process without SymPy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from statements import PROBLEMS, derivation, log

from adjointcheck.errors import AdjointCheckError, ProblemError
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Status

ROOT = Path(__file__).parents[2]
STATEMENTS = pytest.mark.parametrize("name", PROBLEMS)
Document = dict[str, Any]


@STATEMENTS
def test_a_log_replays_to_the_same_verdicts(name: str) -> None:
    document, found = log(name), replay(log(name))
    assert found.status is Status.PROVED and found.first_wrong == ""
    assert [(s.name, s.rule, s.verdict.status.value) for s in found.steps] == [(s["id"], s["rule"], s["verdict"]) for s in document["steps"]]


@STATEMENTS
def test_the_first_wrong_step_is_named(name: str) -> None:
    """One sign reversed in one step: that step is the first wrong one, and everything before it is proved."""
    for i, step in enumerate(log(name)["steps"]):
        if name != "driven" and i % 4 != 1:
            continue
        document = log(name)
        key = next(k for k, text in step["claim"].items() if text != "0")
        document["steps"][i]["claim"][key] = f"-({step['claim'][key]})"
        found = replay(document)
        assert found.first_wrong == step["id"] and found.status is Status.REFUTED
        assert all(judged.verdict.status is Status.PROVED for judged in found.steps[:i])
        assert found.steps[i].verdict.witness is not None


def test_an_unknown_step_before_the_first_wrong_one_is_mentioned() -> None:
    document = log("driven")
    document["statement"]["states"]["x"]["rate"] += " + 0*piecewise(1, x < 1, 2)"
    document["steps"][6]["claim"]["x"] = "b*y"
    found = replay(document)
    assert found.first_wrong.startswith("s07") or "unknown" in found.first_wrong or found.status is not Status.PROVED


# Forged verdicts


@pytest.mark.parametrize("said", ["proved", "PROVED", "refuted", "invalid", "", None, 1, ["proved"]])
def test_a_stored_verdict_is_never_believed(said: object) -> None:
    wrong, right = log("driven"), log("driven")
    wrong["steps"][5]["claim"]["x"] = f"-({wrong['steps'][5]['claim']['x']})"
    for document in (wrong, right):
        for step in document["steps"]:
            step["verdict"], step["evidence"] = said, ["normal form (plain)", "normal form (FLINT)"]
    assert replay(wrong).steps[5].verdict.status is Status.REFUTED
    assert replay(right).status is Status.PROVED


def test_a_log_needs_no_verdicts() -> None:
    document = log("driven")
    for step in document["steps"]:
        del step["verdict"], step["evidence"]
    assert replay(document).status is Status.PROVED


def with_claim(name: str, text: str, steps: Callable[[Document], None] = lambda document: None) -> Any:
    document = log("driven")
    document["claims"] = [{"name": name, "text": text, "verdict": "proved"}]
    steps(document)
    return replay(document)


WRONG = "p_x + 17*x"


def test_claims_are_held_against_the_proved_step() -> None:
    right = log("driven")["steps"][5]["claim"]["x"]
    assert with_claim("costate.x", right).claims[0].verdict.status is Status.PROVED
    assert with_claim("costate.x", WRONG).claims[0].verdict.status is Status.REFUTED
    assert with_claim("costate.x", right).claims[0].expected == right


@pytest.mark.parametrize("name", ["costate", "costate.", "costate.z", "costate.a", "gradient.x", "terminal.w", "stationarity.x", "initial.x", "", ".", "x", "costate.x.y", "integrand.a", "gradient.observation.0.a"])
def test_claims_about_nothing_are_invalid(name: str) -> None:
    assert with_claim(name, "x").claims[0].verdict.status is Status.INVALID


@pytest.mark.parametrize("text", ["nobody", "p_x.before", "x.(", "", "x < 1", "__import__('os')"])
def test_claims_that_cannot_be_read_are_invalid(text: str) -> None:
    assert with_claim("costate.x", text).claims[0].verdict.status is Status.INVALID


def test_soundness_a_claim_needs_the_whole_chain_behind_its_step() -> None:
    """A costate equation drawn from a refuted collection is no proved equation, however well it follows from it."""

    def forge(document: Document) -> None:
        document["steps"][3]["claim"]["x"] = f"p_x.dot - ({WRONG})"
        document["steps"][5]["claim"]["x"] = WRONG

    found = with_claim("costate.x", WRONG, forge)
    assert found.steps[3].verdict.status is Status.REFUTED
    assert found.claims[0].verdict.status is not Status.PROVED


def test_soundness_a_rule_applied_twice_lends_no_proof_to_the_wrong_one() -> None:
    """The proved step and a refuted one by the same rule: the claim must not be held against the refuted one."""

    def forge(document: Document) -> None:
        wrong = json.loads(json.dumps(document["steps"][5]))
        wrong["id"], wrong["claim"]["x"] = "s06b", WRONG
        document["steps"].insert(6, wrong)

    assert with_claim("costate.x", WRONG, forge).claims[0].verdict.status is not Status.PROVED


@pytest.mark.parametrize(("change", "got"), [
    (lambda step: step.update(rule="guess"), "guess"), (lambda step: step.update(id="s01"), "choose_costate"), (lambda step: step.update(rule="collect", id="s06c", premises=["s03"]), "collect"),
])
def test_a_step_has_a_new_id_and_a_rule_of_its_own(change: Callable[[Document], None], got: str) -> None:
    document = log("driven")
    change(document["steps"][5])
    verdict = replay(document).steps[5].verdict
    assert verdict.status is Status.INVALID and f"got {got}; expected a new id, and a rule that was not used before, among define_lagrangian," in verdict.reason


def test_soundness_a_claim_made_twice_is_not_half_forgotten() -> None:
    document = log("driven")
    right = document["steps"][5]["claim"]["x"]
    document["claims"] = [{"name": "costate.x", "text": WRONG}, {"name": "costate.x", "text": right}]
    try:
        assert replay(document).status is not Status.PROVED
    except ProblemError:
        return


# Foreign statements: a log must speak of a statement that `problem/` would accept


STATEMENT_FORGERIES: dict[str, Callable[[Document], None]] = {
    "costate in the running cost": lambda s: s.update(running_cost=s["running_cost"] + " + p_x"),
    "control in the terminal cost": lambda s: s.update(terminal_cost=s["terminal_cost"] + " + w*x"),
    "costate in a rate": lambda s: s["states"]["x"].update(rate="a*x + p_y"),
    "state in an initial value": lambda s: s["states"]["x"].update(initial="2*y"),
    "time in an initial value": lambda s: s["states"]["x"].update(initial="2*t"),
    "unknown name in a rate": lambda s: s["states"]["x"].update(rate="a*x + nobody"),
    "data column in a rate": lambda s: s["states"]["x"].update(rate="a*x + d"),
    "parameter that is a state": lambda s: s["parameters"].append("x"),
    "control that is a costate": lambda s: s["controls"].append("p_x"),
    "parameter that is the time": lambda s: s["parameters"].append("t"),
    "the same parameter twice": lambda s: s["parameters"].append("a"),
    "state named t": lambda s: s["states"].update(t={"rate": "1", "initial": "0"}),
    "state named by a jet": lambda s: s["states"].update({"x.dot": {"rate": "1", "initial": "0"}}),
    "state named by a function": lambda s: s["states"].update(sin={"rate": "1", "initial": "0"}),
    "column that is a state": lambda s: s["observations"][0]["columns"].append("x"),
    "positive costate": lambda s: s["positive"].append("p_x"),
    "positive stranger": lambda s: s["positive"].append("nobody"),
    "positive jet": lambda s: s["positive"].append("x.delta"),
    "positive as one text": lambda s: s.update(positive="abc"),
    "parameters as one text": lambda s: s.update(parameters="abc"),
    "number for a name": lambda s: s["parameters"].append(3),
    "no state": lambda s: s.update(states={}),
}


@pytest.mark.parametrize("forgery", STATEMENT_FORGERIES)
def test_soundness_a_foreign_statement_is_refused(forgery: str) -> None:
    """Otherwise a log of self-consistent nonsense replays to PROVED: the steps below are derived anew from the forged setting."""
    from adjointcheck.derive.lagrangian import propose
    from adjointcheck.trusted.replay import read_setting

    document = log("driven")
    STATEMENT_FORGERIES[forgery](document["statement"])
    try:
        steps = propose(read_setting(document["statement"]))
        document["steps"] = [{"id": s.id, "rule": s.rule, "premises": list(s.premises), "claim": dict(s.claim)} for s in steps]
    except AdjointCheckError:
        return
    except (TypeError, KeyError, ValueError):
        pass  # the proposer chokes on it: then the old steps stay, and `replay` has to answer by itself
    try:
        assert replay(document).status is not Status.PROVED
    except ProblemError:
        return


@pytest.mark.parametrize("forgery", STATEMENT_FORGERIES)
def test_a_foreign_statement_is_refused_while_it_is_read(forgery: str) -> None:
    from adjointcheck.trusted.replay import read_setting

    document = log("driven")
    assert read_setting(document["statement"]).states == ("x", "y")
    STATEMENT_FORGERIES[forgery](document["statement"])
    with pytest.raises(ProblemError):
        read_setting(document["statement"])


# Documents that are no logs


@pytest.mark.parametrize("version", [0, 2, "1", None, 1.5, [], "schema"])
def test_another_schema_version_is_refused(version: object) -> None:
    with pytest.raises(ProblemError, match="schema_version"):
        replay({**log("driven"), "schema_version": version})


@pytest.mark.parametrize("key", ["schema_version", "statement", "steps", "claims"])
def test_missing_parts_are_refused(key: str) -> None:
    document = log("driven")
    del document[key]
    with pytest.raises(ProblemError, match="log"):
        replay(document)


@pytest.mark.parametrize(("key", "value"), [
    ("statement", []), ("statement", {}), ("statement", None), ("steps", None), ("steps", 3), ("steps", [1]), ("steps", [{}]), ("steps", {"id": "s01"}), ("claims", 3), ("claims", [3]), ("claims", [{}]), ("claims", {"costate.x": "x"}),
])
def test_parts_of_wrong_type_are_refused(key: str, value: object) -> None:
    with pytest.raises(ProblemError):
        replay({**log("driven"), key: value})


@pytest.mark.parametrize("document", [None, [], 3, "log", {}], ids=repr)
def test_what_is_no_document_is_refused(document: Any) -> None:
    with pytest.raises(ProblemError):
        replay(document)


@pytest.mark.parametrize(("key", "value"), [("claim", None), ("claim", ["x"]), ("claim", 3), ("premises", None), ("premises", 3), ("premises", [["s01"]]), ("premises", [3]), ("id", None), ("id", ["s01"]), ("rule", None), ("rule", 3)])
def test_steps_of_wrong_type_are_refused_or_invalid(key: str, value: object) -> None:
    document = log("driven")
    document["steps"][1][key] = value
    try:
        found = replay(document)
    except ProblemError:
        return
    assert found.status is Status.INVALID or (key == "id" and found.status is not Status.PROVED)


# Without SymPy


BLOCKED = """
import json, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("sympy", "torch", "numpy"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
from adjointcheck.trusted.replay import replay
found = [replay(document) for document in json.load(sys.stdin)]
print(json.dumps([[[s.name, s.rule, s.verdict.status.value] for s in (*each.steps, *each.claims)] for each in found]))
assert not {"sympy", "torch", "numpy"} & {name.split(".")[0] for name in sys.modules}
try:
    import sympy
except ImportError:
    print("blocked")
"""


def test_replay_works_with_sympy_blocked() -> None:
    """Right and wrong logs in a process that cannot import SymPy: verdict for verdict the same as here."""
    documents = [log(name) for name in PROBLEMS]
    wrong = log("driven")
    wrong["steps"][6]["claim"]["x"] = "b*y"
    wrong["claims"] = [{"name": "costate.x", "text": WRONG}, {"name": "gradient.a", "text": derivation("driven").log()["steps"][10]["claim"]["integrand.a"]}]
    documents.append(wrong)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", BLOCKED], input=json.dumps(documents), env=environment, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[1] == "blocked"
    here = [[[s.name, s.rule, s.verdict.status.value] for s in (*found.steps, *found.claims)] for found in map(replay, documents)]
    assert json.loads(lines[0]) == here
    assert "refuted" in json.dumps(here[3])
