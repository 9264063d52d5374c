"""What is said of one formula of the notes: plain data for every face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STATUSES = ("proved", "refuted", "unknown", "definition", "assumption", "not read")
DISAGREEMENT = "internal disagreement"  # begins the words of a formula for which our proof and a world contradict each other


@dataclass(frozen=True)
class Counterexample:
    """A concrete problem at which the two sides differ: `setting` lists field, cost, dimensions and point, name by name."""

    setting: tuple[tuple[str, str], ...]
    left: str
    right: str
    gap: str


@dataclass(frozen=True)
class Finding:
    """One formula, or one `=` of a chain of several, with its verdict.

    `reading` shows how it was understood; `rules` is the path of a proof; `expected` is what a refuted line should read;
    `introduced` are the letters that a definition or an assumption brings in; `because` names the earlier wrong line
    (its `name`) from which this one follows; `declared` is what the notes themselves expect, from a mark such as
    <!-- expect: refuted -->, and `marked` the number of the first formula under that mark; `document` is the proof as a log that
    `replay` judges again; `agreed` counts the evaluations in concrete worlds that an unproved line holds in.
    """

    name: str
    file: str
    line: int
    column: int
    text: str
    status: str
    reading: str = ""
    words: str = ""
    rules: tuple[str, ...] = ()
    expected: str = ""
    counterexample: Counterexample | None = None
    introduced: tuple[str, ...] = ()
    because: str = ""
    declared: str = ""
    document: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    agreed: int = 0
    marked: str = ""


@dataclass(frozen=True)
class Findings:
    """All findings of one file in their order, with the letters as declared or proposed and the premises taken."""

    file: str
    letters: tuple[tuple[str, str], ...]
    items: tuple[Finding, ...]
    problems: tuple[str, ...] = field(default=())


def of_header(items: Iterable[Finding]) -> Iterator[str]:
    """What is wrong with the formulas of the header, which stand on line 0."""
    for item in items:
        if not item.line and (item.status in ("not read", "refuted") or "not declared" in item.words):
            yield f"header: `{item.text}` is {item.status}: {item.words or item.expected}"
