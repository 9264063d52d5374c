"""Hypotheses that contradict each other are told, those of the shipped theories and of harmless ones are not."""

from __future__ import annotations

from typing import Any

import pytest

from adjointcheck.check.hypotheses import places_without_model, words
from adjointcheck.derive.theories import Theory, theory
from adjointcheck.report.theories import theory_document, theory_text

LETTERS = {"x": "n 1", "x0": "n 1 constant", "A": "n n", "S": "n n symmetric", "M": "n n nonzero", "a": "1 1", "b": "1 1", "c": "1 1 constant", "r": "1 1 positive", "w": "k 1 input", "B": "n k"}


def theory_of(*hypotheses: str, over: str = "time", points: tuple[str, ...] = ("t0", "t1")) -> dict[str, Any]:
    steps = []
    for i, text in enumerate(hypotheses):
        (left, right), (_, _, at) = text.partition(" at ")[0].split(" = "), text.partition(" at ")
        steps.append({"id": str(i), "rule": "assume", "premises": [], "claim": {"left": left, "right": right, **({"at": at} if at else {})}, "how": {}})
    return {"letters": LETTERS, "functions": {}, "points": list(points), "over": over, "steps": steps}


@pytest.mark.parametrize(("hypotheses", "places"), [
    (("a = 0", "a.dot = 1"), ["always"]), (("a = 1", "a = 0 at t0"), ["t0"]), (("c = 1", "c = 2 at t1"), ["t0", "t1"]), (("a.dot = a", "b = 2*a", "a.dot = 1 + b/2"), ["always", "t0", "t1"]),
    (("r = 0",), ["always", "t0", "t1"]), (("M = A - A",), ["always", "t0", "t1"]), (("S = A", "A = transpose(A) + M - M/2", "M.dot = 0*M"), ["always", "t0", "t1"]), (("a = b", "b = a + 1"), ["always", "t0", "t1"]), (("x = x0", "x.dot = x - x"), []),
])
def test_a_contradiction_is_found_where_it_stands(hypotheses: tuple[str, ...], places: list[str]) -> None:
    assert places_without_model(theory_of(*hypotheses)) == places


@pytest.mark.parametrize("hypotheses", [
    (), ("x.dot = A*x + B*w", "x = x0 at t0"), ("a.dot = 1", "a = 0 at t0"), ("c = 1", "a.dot = c"), ("r = a**2 + 1", "b = log(r)"), ("M = A", "S = transpose(A)*A"), ("a = b", "b = c"), ("a.dot = b", "b.dot = -a", "a = 1 at t0"),
])
def test_what_does_not_contradict_itself_has_a_model(hypotheses: tuple[str, ...]) -> None:
    assert places_without_model(theory_of(*hypotheses)) == []


def test_layers_and_inner_points() -> None:
    assert places_without_model(theory_of("a.next = a + 1", "a = 0", over="layers")) == ["always"]
    assert places_without_model(theory_of("a.next = a + 1", "a = 0 at t0", over="layers")) == []
    inner = ("t0", "s", "t1")
    assert places_without_model(theory_of("a.before = 1 at s", "a.after = 2 at s", points=inner)) == []
    assert places_without_model(theory_of("a = 0", "a.after = 2 at s", points=inner)) == ["s"]


@pytest.mark.parametrize("name", ["bolza", "resnet", "event", "riccati", "hutchinson", "runge_kutta_diagonal_2", "terminal_manifold"])
def test_shipped_theories_have_models(name: str) -> None:
    document = theory(name).document
    assert places_without_model(document) == [] and words(document).startswith("Exact matrices satisfy")


def test_the_command_says_what_was_found() -> None:
    found = theory("bolza")
    assert "Exact matrices satisfy the hypotheses" in theory_text(found) and theory_document(found)["places_without_model"] == []
    spoiled = Theory({**found.document, **theory_of("a = 0", "a.dot = 1"), "conclusions": []}, ())
    assert "No model was found at always: the hypotheses may contradict each other" in theory_text(spoiled)
