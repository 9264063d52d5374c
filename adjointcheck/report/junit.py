"""JUnit XML for CI: one test case per step, claim and check; refuted, open and failed ones carry their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from adjointcheck.report import outline
from adjointcheck.report.wording import one_line, tone, word

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Check, Report
    from adjointcheck.derive.derivation import Derivation


def derivation_junit(derivation: Derivation) -> str:
    """The suite of a derivation's steps and claims."""
    return _suite(derivation, (), 0.0)


def report_junit(report: Report) -> str:
    """The suite of a report: steps, claims and checks."""
    return _suite(report.derivation, tuple(report.checks), sum(report.seconds.values()))


def _suite(derivation: Derivation, checks: Sequence[Check], seconds: float) -> str:
    items = outline.items(derivation, checks)
    failing = sum(tone(item.verdict) != "good" and item.verdict != "invalid" for item in items)
    errors = sum(item.verdict == "invalid" for item in items)
    name = one_line(derivation.problem.name)
    counts = {"tests": len(items), "failures": failing, "errors": errors, "skipped": 0}
    attributes = {"name": name, **{key: str(count) for key, count in counts.items()}, "time": f"{seconds:.3f}"}
    suite = ElementTree.Element("testsuite", attributes)
    for item in items:
        _case(suite, name, item)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, name: str, item: outline.Item) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=f"{name}.{item.kind}", name=one_line(item.name))
    if tone(item.verdict) != "good":
        tag = "error" if item.verdict == "invalid" else "failure"
        ElementTree.SubElement(case, tag, type=word(item.verdict), message=item.words).text = item.words
