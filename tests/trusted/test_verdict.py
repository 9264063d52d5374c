"""Verdicts: four answers, no truth value, and the least favourable one of several."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

from adjointcheck import trusted
from adjointcheck.trusted.verdict import Status, Verdict, Witness, worst

PROVED, UNKNOWN, REFUTED, INVALID = (Verdict(status, (f"{status} line",)) for status in (Status.PROVED, Status.UNKNOWN, Status.REFUTED, Status.INVALID))


@pytest.mark.parametrize("verdict", [PROVED, UNKNOWN, REFUTED, INVALID])
def test_a_verdict_has_no_truth_value(verdict: Verdict) -> None:
    for use in (bool, lambda v: not v, lambda v: v and 1, lambda v: 1 if v else 0, lambda v: any([v]), lambda v: list(filter(None, [v]))):
        with pytest.raises(TypeError, match="not a truth value"):
            use(verdict)


def test_there_are_four_answers() -> None:
    assert {status.value for status in Status} == {"proved", "refuted", "unknown", "invalid"}


@pytest.mark.parametrize(("several", "expected"), [
    ([PROVED, PROVED], Status.PROVED), ([PROVED, UNKNOWN], Status.UNKNOWN), ([UNKNOWN, REFUTED, PROVED], Status.REFUTED), ([REFUTED, INVALID], Status.INVALID), ([], Status.INVALID), ([UNKNOWN], Status.UNKNOWN),
])
def test_worst(several: list[Verdict], expected: Status) -> None:
    assert worst(several).status is expected and worst(reversed(several)).status is expected
    assert worst(iter(several)).status is expected


def test_worst_of_proofs_keeps_every_line_of_evidence_once() -> None:
    assert worst([PROVED, Verdict(Status.PROVED, ("a", "b")), Verdict(Status.PROVED, ("b",))]).evidence == ("proved line", "a", "b")


def test_verdicts_are_frozen() -> None:
    for item, name in ((PROVED, "status"), (Witness((), "1", "2", "-1"), "gap")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(item, name, Status.PROVED)


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(trusted.__path__)])
def test_nothing_that_is_judged_changes_while_it_is(name: str) -> None:
    found = importlib.import_module(f"{trusted.__name__}.{name}")
    kinds = [kind for kind in vars(found).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)]
    assert all(getattr(kind, "__dataclass_params__").frozen for kind in kinds)  # noqa: B009
