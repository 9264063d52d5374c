"""JSON and JUnit: what machines read back."""

from __future__ import annotations

import json
import math
from enum import StrEnum
from fractions import Fraction
from xml.etree import ElementTree

import pytest
import report_sample as sample

from adjointcheck.expression.grammar import parse
from adjointcheck.report.json_report import derivation_document, plain, report_document, to_json
from adjointcheck.report.junit import derivation_junit, report_junit


class Status(StrEnum):
    PROVED = "proved"


def test_json_reads_back_to_the_document() -> None:
    document = report_document(sample.report(failing=True, text=sample.HOSTILE))
    assert json.loads(to_json(document)) == document


def test_derivation_document_has_the_promised_shape() -> None:
    document = derivation_document(sample.derivation(failing=True))
    assert document["schema_version"] == 1
    assert (document["name"], document["verdict"]) == ("sample", "refuted")
    assert [step["verdict"] for step in document["steps"]] == ["proved", "proved", "refuted", "unknown", "proved"]
    assert set(document["steps"][0]) >= {"id", "rule", "claim", "verdict", "evidence"}
    claim = document["claims"][1]
    assert claim["witness"] == {"point": {"x": "3/2", "p_x": "7"}, "left": "12.50000", "right": "-3.250000", "gap": "15.8"}
    assert claim["expected"] == "-p_x*(a - b*y) - p_y*d*y"


def test_equations_parse_back_to_the_system() -> None:
    derivation = sample.derivation()
    equations = derivation_document(derivation)["equations"]
    assert parse(equations["hamiltonian"]) is derivation.system.hamiltonian
    assert {name: parse(text) for name, text in equations["costate_rate"].items()} == derivation.system.costate_rate
    assert parse(equations["jumps"][0]["x"]) is derivation.system.jumps[0]["x"]
    assert parse(equations["observation_time"][1]) is derivation.system.observation_time[1]


def test_numbers_that_json_lacks_become_strings() -> None:
    document = {"a": math.nan, "b": [math.inf, -math.inf], "c": Fraction(1, 3), "d": Status.PROVED, "e": (True, None, 2)}
    assert plain(document) == {"a": "nan", "b": ["inf", "-inf"], "c": "1/3", "d": "proved", "e": [True, None, 2]}
    assert json.loads(to_json(document))["a"] == "nan"


def test_a_nan_in_a_check_survives() -> None:
    report = sample.report()
    report.checks = (sample.check("taylor", "fail", math.nan, 1e-7, "not a number", {"values": [math.nan, 1.0]}),)
    check = json.loads(to_json(report_document(report)))["checks"][0]
    assert (check["measured"], check["details"]["values"]) == ("nan", ["nan", 1.0])
    assert "measured nan" in report_junit(report)


def test_junit_has_a_case_for_everything() -> None:
    suite = ElementTree.fromstring(report_junit(sample.report(failing=True)))
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert len(cases) == int(suite.get("tests", "0")) == 5 + 2 + 4
    failed = [name for name, case in cases.items() if case.find("failure") is not None]
    assert failed == ["s03 choose costate", "s04 transversality", "costate.x", "taylor", "invariants"]
    assert int(suite.get("failures", "0")) == len(failed)
    assert "0.0123" in cases["taylor"].findtext("failure", "")
    assert suite.get("time") == "1.750"


@pytest.mark.parametrize(("status", "tag"), [("invalid", "error"), ("unknown", "failure"), ("refuted", "failure")])
def test_junit_tells_errors_from_failures(status: str, tag: str) -> None:
    derivation = sample.derivation()
    derivation.steps = (sample.step("s01", "vary", {}, sample.verdict(status, (), "why")),)
    suite = ElementTree.fromstring(derivation_junit(derivation))
    assert [element.get("type") for element in suite.iter(tag)] == [status]
    assert suite.get("errors") == str(int(tag == "error"))


def test_junit_of_hostile_text_parses() -> None:
    suite = ElementTree.fromstring(report_junit(sample.report(failing=True, text=sample.HOSTILE)))
    message = next(case for case in suite.iter("testcase") if case.get("name") == "s04 transversality").findtext("failure", "")
    assert "<script>" in message and r"\x1b" in message
