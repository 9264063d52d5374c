"""What a check says of a library: pass, fail, inconclusive or not offered, with the figure, the limit and a sentence."""

from __future__ import annotations

import unittest
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from adjointcheck.check.verdict import Outcome
from adjointcheck.check.verdict import judge as compare
from adjointcheck.conform.protocol import FEATURES, Adapter, NotApplicable
from adjointcheck.conform.reference import right_answer
from adjointcheck.conform.rules import Library, Measured
from adjointcheck.errors import shorten

if TYPE_CHECKING:
    from adjointcheck.conform.checks import ConformanceCheck


class Standing(StrEnum):
    """The four answers; what a library refuses with an error is NOT_OFFERED, what it answers wrongly is FAIL."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True)
class Finding:
    """One check of one library.  `how` a failure shows: "wrong", "none", "zero" (all silent) or "raised"; `warned`: what it warned of."""

    adapter: str
    code: str
    standing: Standing
    measured: float | None
    limit: float | None
    words: str
    how: str = ""
    warned: str = ""


def judge(library: Library, check: ConformanceCheck) -> Finding:
    """Put the task of `check` to the library and measure what comes back."""
    adapter = library.adapter
    missing = tuple(need for need in check.needs if need not in adapter.can)
    right_answer(check.task)  # first, so that no error of ours is taken for the library's
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            standing, measured, limit, words, how = _weigh(check.rule(library, check.task), missing)
        except NotApplicable as reason:
            standing, measured, limit, words, how = Standing.NOT_OFFERED, None, None, f"cannot be asked: {reason}", ""
        except Exception as error:  # whatever a library raises is its answer
            said = shorten(f"{type(error).__name__}: {error}", 200)
            refused = bool(missing)
            standing, words = (Standing.NOT_OFFERED, f"refused: {said}") if refused else (Standing.FAIL, f"raised {said}")
            measured, limit, how = None, None, "" if refused else "raised"
    return Finding(adapter.name, check.code, standing, measured, limit, words, how, _warning(heard))


def _weigh(found: Measured, missing: tuple[str, ...]) -> tuple[Standing, float, float, str, str]:
    """PASS within the limit whether declared or not; beyond it, FAIL, unless the property was never claimed."""
    outcome = compare("", found.value, found.limit, found.words).outcome
    failed = outcome is Outcome.FAIL and not found.silence and bool(found.open_question)
    standing = Standing.INCONCLUSIVE if failed else Standing(outcome.value)
    how = (found.silence or "wrong") if standing is Standing.FAIL else ""
    words = f"{found.words}; {found.open_question}" if standing is Standing.INCONCLUSIVE else found.words
    if missing and standing is not Standing.PASS:
        if any(need in FEATURES for need in missing):
            return standing, found.value, found.limit, f"not offered ({', '.join(missing)}), and not refused: {words}", how
        return Standing.NOT_OFFERED, found.value, found.limit, words, ""
    return standing, found.value, found.limit, f"{words}; not declared" if missing else words, how


def _warning(heard: Iterable[warnings.WarningMessage]) -> str:
    """The first warning that is about the numbers, not about an interface that will go away."""
    notes = [str(each.message) for each in heard if not issubclass(each.category, DeprecationWarning | FutureWarning | ImportWarning)]
    return shorten(notes[0], 200) if notes else ""


def run(adapter: Adapter, checks: Iterable[ConformanceCheck], progress: Callable[[str], None] = lambda words: None) -> tuple[Finding, ...]:
    """All findings about one adapter, in the order of `checks`; `progress` hears of each check as it begins."""
    library, found = Library(adapter), []
    for check in checks:
        progress(f"{adapter.name}: {check.code}")
        found.append(judge(library, check))
    return tuple(found)


def exit_code(findings: Iterable[Finding]) -> int:
    """1 where a check failed, 3 where one was inconclusive, 5 where none was passed, else 0."""
    standings = {found.standing for found in findings}
    for standing, code in ((Standing.FAIL, 1), (Standing.INCONCLUSIVE, 3), (Standing.PASS, 0)):
        if standing in standings:
            return code
    return 5


def require(adapter: Any, check: ConformanceCheck) -> None:
    """Raise AssertionError with the figures for FAIL and INCONCLUSIVE, unittest.SkipTest for NOT_OFFERED."""
    __tracebackhide__ = True
    found = judge(Library(adapter), check)
    words = f"{found.adapter}, {check.code}: {found.standing.value}: {found.words} ({check.sentence})"
    if found.standing is Standing.NOT_OFFERED:
        raise unittest.SkipTest(words)
    if found.standing is not Standing.PASS:
        raise AssertionError(words)
