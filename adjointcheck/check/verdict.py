"""What a check answers, and the report that holds all answers; plain data, nothing is printed here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

from adjointcheck.errors import AdjointCheckError

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import Derivation
    from adjointcheck.problem.statement import Problem


class Outcome(StrEnum):
    """The three answers of a numeric check; what could not be resolved is INCONCLUSIVE, never PASS."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Check:
    """One check: what was measured, what it may be at most, and one line that says what was compared with what.

    `details` holds plain lists, floats and texts: "table" {columns, rows}, "series" [{label, x, y, ...}], other figures.
    """

    name: str
    outcome: Outcome
    measured: float | None = None
    threshold: float | None = None
    words: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    seed: int | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("a check is not a truth value: compare check.outcome with Outcome.PASS")


def judge(
    name: str, measured: float | None, threshold: float | None, words: str, *,
    details: Mapping[str, object] | None = None, seed: int | None = None, open_question: str = "",
) -> Check:
    """PASS if measured <= threshold; NaN is FAIL, nothing measured or no finite threshold is INCONCLUSIVE.

    An `open_question` keeps a PASS from being given: the check could not have seen what it looks for.
    """
    if measured is not None and math.isnan(measured):
        outcome, words = Outcome.FAIL, f"{words}; not a number"
    elif measured is None or threshold is None or not math.isfinite(threshold):
        outcome = Outcome.INCONCLUSIVE
    else:
        outcome = Outcome.PASS if measured <= threshold else Outcome.FAIL
    if open_question and outcome is not Outcome.FAIL:
        outcome = Outcome.INCONCLUSIVE
    return Check(name, outcome, measured, threshold, "; ".join(filter(None, (words, open_question))), details or {}, seed)


@dataclass(frozen=True)
class Trajectory:
    """States and costates over time at the statement's own values; a costate that jumps has two entries at that time."""

    times: list[float]
    states: dict[str, list[float]]
    costates: dict[str, list[float]]
    observations: list[tuple[int, list[float], dict[str, list[float]]]]


@dataclass(frozen=True)
class Fit:
    """Parameters found by minimising J, and how the search went."""

    names: list[str]
    start: list[float]
    found: list[float]
    cost_start: float
    cost_end: float
    gradient_norm: float
    iterations: int
    history: list[float]
    message: str
    converged: bool


class CheckFailed(AdjointCheckError):
    """A report that is not all proved and passed; the message names each such item with its figures (exit code 1 or 3)."""

    def __init__(self, where: str, items: tuple[str, ...]) -> None:
        self.items = items
        super().__init__(where, f"{len(items)} not proved or passed", "everything proved and passed")

    def __str__(self) -> str:
        return "\n".join([f"{self.where}: got {self.got}; expected {self.expected}.", *(f"  {item}" for item in self.items)])


EXIT_CODES = {"proved": 0, "pass": 0, "refuted": 1, "invalid": 1, "fail": 1, "unknown": 3, "inconclusive": 3}
NOTHING_CHECKED = "nothing checked"
_RANK = {1: 2, 3: 1, 0: 0}  # exit code 1 outweighs 3


@dataclass(frozen=True)
class Report:
    """Everything that is known about one problem: its derivation, the checks of its module, and how it was run."""

    problem: Problem
    derivation: Derivation
    checks: tuple[Check, ...]
    trajectory: Trajectory | None = None
    fit: Fit | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    module_text: str = ""

    @property
    def verdict(self) -> str:
        """The least favourable word of all steps, claims and checks; "pass" when there is none."""
        if not self.checks:
            return NOTHING_CHECKED
        words = [str(self.derivation.verdict.status.value), *(check.outcome.value for check in self.checks)]
        found = max(words, key=lambda word: _RANK[EXIT_CODES[word]])
        return found if EXIT_CODES[found] else Outcome.PASS.value

    @property
    def exit_code(self) -> int:
        """0 all proved and passed, 1 refuted or failed, 3 unknown or inconclusive, 5 nothing checked."""
        return EXIT_CODES.get(self.verdict, 5)

    def raise_for_failure(self, waive: Iterable[str] = ()) -> None:
        """Raise CheckFailed naming every item that is not proved or passed, except what is open and waived by name."""
        waived = set(waive)
        items = tuple(words for name, word, words in self._findings() if EXIT_CODES[word] == 1 or name not in waived)
        if not self.checks:
            items = (*items, NOTHING_CHECKED)
        if items:
            raise CheckFailed(f"check {self.problem.name}", items)

    def _findings(self) -> Iterator[tuple[str, str, str]]:
        for item in (*self.derivation.steps, *self.derivation.claims):
            word = item.verdict.status.value
            if EXIT_CODES[word]:
                yield item.name, word, f"{word}: {item.name}{_because(item)}"
        for check in self.checks:
            if EXIT_CODES[check.outcome.value]:
                yield check.name, check.outcome.value, f"{check.outcome.value}: {check.name}: {check.words}"

    def _repr_html_(self) -> str:
        from adjointcheck.report import html

        return html.report_fragment(self)


def _because(item: Any) -> str:
    verdict = item.verdict
    witness = verdict.witness
    found = [f"{witness.left} against {witness.right}" if witness else "", verdict.reason, getattr(item, "slip", "")]
    return "".join(f"; {words}" for words in found if words)
