"""Recorded defects of other people's adjoints, rebuilt in ours: each is caught by the check that the table names, and only the fault is."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from corpus_faults import FAULTS, NOT_REBUILT, PREY, Around, Fault, Line, Said, Text, statement
from corpus_page import PAGE, page
from tangled import case_of, derived, generated, load, tangled

import adjointcheck as ac
from adjointcheck.check.battery import BATTERY
from adjointcheck.codegen import generate
from adjointcheck.conform import BY_CODE, Standing, TorchAdapter, judge
from adjointcheck.conform.adapters import own
from adjointcheck.conform.rules import Library
from adjointcheck.derive.theories import theory
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Status

ROWS = {row.name: row for row in BATTERY}


def said(plant: Any, check: str) -> str:
    """The verdict of `check` on a plant; None in its place stands for the original."""
    return SAYERS[type(plant)](plant, check)


def of_text(plant: Text | None, check: str) -> str:
    edit = plant.edit if plant else lambda text: text
    if check in ROWS:
        return ROWS[check].function(case_of(tangled(), edit(generated(tangled())))).outcome.value

    def build(problem: ac.Problem) -> Any:
        right = generate(derived(problem).system)
        wrong = edit(right)
        assert plant is None or wrong != right
        return load(wrong, problem.name)

    module = own.GeneratedModule("own", cache(build), own.GENERATED, "")
    return judge(Library(module), BY_CODE[check]).standing.value


def of_line(plant: Line, check: str, planted: bool = True) -> str:
    document = copy.deepcopy(dict(theory(plant.theorem).document))
    if planted and plant.slot == "nonzero":
        document["letters"]["G"] = document["letters"]["G"].replace(" nonzero", "")
    elif planted:
        claim = next(step["claim"] for step in document["steps"] if step["id"] == check)
        assert claim[plant.slot] != plant.wrong
        claim[plant.slot] = plant.wrong
    return first_wrong(replay(document), check)


def first_wrong(found: Any, check: str) -> str:
    """The verdict of the step `check`, before which all is proved."""
    for step in found.steps:
        if step.name == check or step.verdict.status is not Status.PROVED:
            assert step.name == check, step
            return step.verdict.status.value
    raise AssertionError(check)


def of_claim(plant: Said, check: str, planted: bool = True) -> str:
    text = plant.wrong if planted else plant.right
    if check == "statement":
        return ac.derive(statement(text)).verdict.status.value
    found = ac.derive(ac.Problem(**PREY, claims={plant.claim: text}))  # type: ignore[arg-type]
    assert all(step.verdict.status is Status.PROVED for step in found.steps)
    return found.claims[0].verdict.status.value


def of_odeint(plant: Around, check: str) -> str:
    library = TorchAdapter("own", plant.solve, own.any_field().can, "", plant.solve_event)
    return judge(Library(library), BY_CODE[check]).standing.value


SAYERS = {Text: of_text, Line: of_line, Said: of_claim, Around: of_odeint}
CAUGHT = {"fail", "refuted", "unknown", "invalid"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.row}-{fault.check}")
def test_the_named_check_catches_the_fault(fault: Fault) -> None:
    assert said(fault.plant, fault.check) in CAUGHT


@cache
def original(kind: type, check: str) -> str:
    return of_text(None, check) if kind is Text else of_odeint(Around(), check)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.row}-{fault.check}")
def test_the_original_passes(fault: Fault) -> None:
    plant, check = fault.plant, fault.check
    if isinstance(plant, Line):
        assert of_line(plant, check, planted=False) == "proved"
    elif isinstance(plant, Said):
        assert of_claim(plant, check, planted=False) == "proved"
    else:
        assert original(type(plant), check) == Standing.PASS.value


def test_enough_of_the_corpus_is_here() -> None:
    """55 recorded defects and 9 found by reading: all but those that are told with their reason."""
    rows = {fault.row for fault in FAULTS}
    known = {*map(str, range(1, 56)), *(f"B{i}" for i in range(1, 10))}
    assert rows | set(NOT_REBUILT) == known and not rows & set(NOT_REBUILT)
    assert len([row for row in rows if row.isdigit()]) >= 40


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
