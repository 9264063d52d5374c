"""The log: plain JSON, the same bytes every time, complete enough to be judged without the derivation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adjointcheck.derive import derive
from adjointcheck.problem import load
from adjointcheck.problem.statement import Problem
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Status

FOLDER = Path(__file__).parents[2] / "derivations"
NAMES = [path.stem for path in sorted(FOLDER.glob("*.toml")) if path.stem not in ("kuramoto", "hodgkin_huxley", "double_pendulum")]


@pytest.fixture(scope="module", params=NAMES)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return derive(load(FOLDER / f"{request.param}.toml")).log()


def test_statements_are_found() -> None:
    assert {"lotka_volterra", "lynx_hare", "linear_quadratic", "time_varying_linear"} <= set(NAMES)


def plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and plain(inner) for key, inner in value.items())
    return all(map(plain, value)) if isinstance(value, list) else type(value) in (str, int, bool, type(None))


def test_a_log_is_plain_json_data(document: dict[str, Any]) -> None:
    assert plain(document) and json.loads(json.dumps(document)) == document
    assert json.dumps(document).isascii() and document["schema_version"] == 1 and len(document["digest"]) == 64


def test_shipped_statements_are_proved_and_replay(document: dict[str, Any]) -> None:
    found = replay(json.loads(json.dumps(document)))
    assert found.status is Status.PROVED and found.first_wrong == ""
    assert [judged.verdict.status.value for judged in found.steps] == [step["verdict"] for step in document["steps"]]
    assert [(c.name, c.verdict.status.value) for c in found.claims] == [(c["name"], c["verdict"]) for c in document["claims"]]
    assert document["claims"]


def test_keys_and_order_are_fixed(document: dict[str, Any]) -> None:
    assert list(document) == ["schema_version", "name", "digest", "statement", "steps", "claims"]
    assert all(list(step) == ["id", "rule", "premises", "claim", "verdict", "evidence"] for step in document["steps"])
    assert [step["id"] for step in document["steps"]] == [f"s{i + 1:02}" for i in range(len(document["steps"]))]


@pytest.mark.parametrize("name", ["lotka_volterra", "time_varying_linear"])
def test_the_same_statement_gives_the_same_bytes(name: str) -> None:
    texts = {json.dumps(derive(load(FOLDER / f"{name}.toml")).log()) for _ in range(2)}
    assert len(texts) == 1


def test_wrong_claims_stay_wrong_in_the_log() -> None:
    made = derive(Problem(name="wrong", horizon=(0, 1), states={"x": {"rate": "-x", "initial": "1"}}, terminal_cost="x**2", claims={"costate.x": "-p_x", "terminal.x": "2*x"}))
    document = json.loads(json.dumps(made.log()))
    assert [(c["name"], c["verdict"]) for c in document["claims"]] == [("costate.x", "refuted"), ("terminal.x", "proved")]
    document["claims"][0]["verdict"] = "proved"
    assert [judged.verdict.status for judged in replay(document).claims] == [Status.REFUTED, Status.PROVED]
