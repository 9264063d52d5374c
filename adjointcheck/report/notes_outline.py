"""Findings as every face shows them: formulas with their links, what their marks expect, the first wrong line, the exit code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from adjointcheck.report.wording import plural

if TYPE_CHECKING:
    from adjointcheck.notes.finding import Finding, Findings

GIVEN = ("definition", "assumption")
OPEN = ("unknown", "not read")
TONES = {"proved": "good", "refuted": "bad", **dict.fromkeys(OPEN, "open"), **dict.fromkeys(GIVEN, "given")}
URGENCY = ("refuted", "not read", "unknown", "proved", "assumption", "definition")
"""Of the links of one formula, the first of these words that occurs speaks for it."""
CODES = {"passed": 0, "failed": 1, "open": 3}
NOTHING, BAD_INPUT, DISAGREEMENT = 5, 2, 4
QUESTIONS = 6
SHOWN = 8  # lines of one obstacle
TOLD, FEWEST = 6, 2  # how many obstacles are told at most, and for how many formulas one stands
_UNDECLARED = re.compile(r"the letter (\S(?:[^;]*?\S)?) is not declared")
_RESTS = re.compile(r"rests? on `(.*?)`(?:, which is not carried| is not read|, which is not read|$)", re.DOTALL)


@dataclass(frozen=True)
class Formula:
    """One formula, with a finding for each link of its chain; `display` are the links of all formulas under its mark."""

    links: tuple[Finding, ...]
    display: tuple[Finding, ...] = ()

    @property
    def first(self) -> Finding:
        return self.links[0]

    @property
    def status(self) -> str:
        """The word that speaks for all links."""
        return speaks(self.links)

    @property
    def declared(self) -> str:
        """What the notes say that the verdict is, or nothing."""
        return next((link.declared for link in self.links if link.declared), "")

    @property
    def outcome(self) -> str:
        """`passed` if the verdict is a good one, or the one that the notes expect of it or of its display; else `open` or `failed`."""
        if self.expected:
            return "passed"
        return "open" if self.status in OPEN else "failed"

    @property
    def slips(self) -> bool:
        """A refuted line that no mark expects: what a reader looks for first."""
        return self.status == "refuted" and not self.expected

    @property
    def expected(self) -> bool:
        """Is the verdict wanted?  A display of several formulas is wrong where one of them is, and right where all are."""
        return any(satisfies(speaks(links), self.declared) for links in (self.links, self.display) if links)


def speaks(links: Iterable[Finding]) -> str:
    """The word that speaks for all links."""
    return min((link.status for link in links), key=URGENCY.index)


def satisfies(status: str, declared: str) -> bool:
    """Is `status` what is wanted, where the notes say nothing (`declared` empty) or expect a verdict?"""
    if declared in ("", *GIVEN):
        return status in ("proved", *GIVEN)
    return status == declared


def formulas(findings: Findings) -> tuple[Formula, ...]:
    """The formulas of a file in their order; 7, 7.2 and 7.3 are the links of one."""
    return tuple(
        Formula(tuple(links), display.links)
        for display in displays(findings)
        for _, links in groupby(display.links, key=_number)
    )


def displays(findings: Findings) -> tuple[Formula, ...]:
    """The same with all that stands under one mark taken as one formula."""
    return tuple(Formula(tuple(links)) for _, links in groupby(findings.items, key=lambda link: link.marked or f"{_number(link)} alone"))


def _number(link: Finding) -> str:
    return link.name.partition(".")[0]


def verdict(found: Iterable[Formula], problems: Iterable[str] = ()) -> str:
    """passed, open, failed, or nothing checked."""
    outcomes = {formula.outcome for formula in found} | ({"open"} if tuple(problems) else set())
    return next((word for word in ("failed", "open", "passed") if word in outcomes), "nothing checked")


def exit_code(findings: Findings) -> int:
    """0 passed, 1 refuted unmarked, 2 a header or mark that makes no sense, 3 open, 4 our own codes disagree, 5 nothing found."""
    if any(item.words.startswith("internal disagreement") for item in findings.items):
        return DISAGREEMENT
    return BAD_INPUT if findings.problems else CODES.get(verdict(formulas(findings)), NOTHING)


def counts(found: Iterable[Formula]) -> list[str]:
    """`7 proved`, `2 refuted`, `1 refuted as expected` ..."""
    found = tuple(found)
    seen = Counter(_word(formula) for formula in found)
    words = [word for status in URGENCY for word in (status, f"{status} as expected")]
    return [plural(len(found), "formula"), *(f"{seen[word]} {word}" for word in words if seen[word])]


def _word(formula: Formula) -> str:
    expected = formula.declared == formula.status and formula.status in ("refuted", *OPEN)
    return f"{formula.status} as expected" if expected else formula.status


def first_wrong(found: Iterable[Formula]) -> Formula | None:
    """The first line that is wrong by itself and not marked as such."""
    return next((formula for formula in found if formula.slips and not any(link.because for link in formula.links)), None)


def undeclared(findings: Findings) -> list[str]:
    """The letters for want of whose meaning most formulas stayed open, a few."""
    return [obstacle.what for obstacle in obstacles(findings) if is_plain(obstacle)][:QUESTIONS]


@dataclass(frozen=True)
class Obstacle:
    """What formulas wait for: a letter that nothing declares, or the text of a formula that is not understood; the lines that wait."""

    what: str
    is_letter: bool
    lines: tuple[int, ...]

    def __str__(self) -> str:
        lines = list(dict.fromkeys(self.lines))
        shown = [*map(str, lines[:SHOWN]), *["..."] * (len(lines) > SHOWN)]
        return f"{plural(len(self.lines), 'formula')} ({'line' if len(lines) == 1 else 'lines'} {', '.join(shown)})"


def is_plain(obstacle: Obstacle) -> bool:
    """Is it a letter that a header can name: no x_? and no infinity?"""
    return obstacle.is_letter and re.fullmatch(r"[A-Za-z]\w*", obstacle.what) is not None and obstacle.what not in ("infty", "dots")


def obstacles(findings: Findings) -> list[Obstacle]:
    """What most formulas wait for, that first."""
    waiting: dict[tuple[str, bool], list[int]] = {}
    for item in findings.items:
        if item.status in OPEN:
            found = [*((name, True) for name in _UNDECLARED.findall(item.words)), *((text, False) for text in _RESTS.findall(item.words))]
            for what in dict.fromkeys(found):
                waiting.setdefault(what, []).append(item.line)
    found = [Obstacle(what, is_letter, tuple(lines)) for (what, is_letter), lines in waiting.items()]
    return sorted(found, key=lambda obstacle: -len(obstacle.lines))


def told(findings: Findings) -> list[Obstacle]:
    """The obstacles that are worth a person's time."""
    return [obstacle for obstacle in obstacles(findings) if len(obstacle.lines) >= FEWEST][:TOLD]
