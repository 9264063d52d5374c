"""The corpus of notes: how many formulas of each file were read, decided, and decided wrongly.

    python tests/notes/notes_corpus.py              prints the table
    python tests/notes/notes_corpus.py FILE...      of these notes alone
    python tests/notes/notes_corpus.py --write      and writes it to corpus/FIGURES.json, which the tests compare
    python tests/notes/notes_corpus.py --failures   prints every formula whose verdict is not the expected one
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from adjointcheck.notes.finding import Finding, Findings
from adjointcheck.notes.foreword import opened
from adjointcheck.notes.reading.document import read
from adjointcheck.notes.verify import Notes, begun
from adjointcheck.report.notes_outline import GIVEN, Formula, displays, satisfies

FOLDER = Path(__file__).with_name("corpus")
TABLE = FOLDER / "FIGURES.json"
MARK = re.compile(r"expect: (proved|refuted|definition|assumption|unknown)\b")


@dataclass(frozen=True)
class Figures:
    """Counts of one file: marked formulas (a display under one mark is one), those read, those with the expected verdict, and the two
    kinds of wrong verdict."""

    formulas: int
    wrong: int
    read: int
    decided: int
    false_proved: int = 0
    false_refuted: int = 0


def files() -> list[Path]:
    """Every note of the corpus."""
    return sorted(path for path in FOLDER.iterdir() if path.suffix in (".md", ".tex", ".ipynb"))


def marks(path: Path) -> list[str]:
    """The expectations in a file, in the order of its text, read without adjointcheck."""
    return MARK.findall(path.read_text(encoding="utf-8"))


def judged(path: Path) -> list[Formula]:
    """The marked formulas of a file with their verdicts; one that our own codes fail on is unknown, and the others go on."""
    document, header = opened(read(path), ())
    notes = Notes(str(path), begun(document, header))
    items = notes.settled(tuple(item for formula in document.formulas for item in _judged(notes, formula) if item.line))
    return [display for display in displays(Findings(str(path), (), items)) if display.declared]


def _judged(notes: Notes, formula: Any) -> Iterable[Finding]:
    try:
        return list(notes.judged(formula))
    except Exception as error:  # a defect, shown as what it is in the table: a formula that is not decided
        words = f"{type(error).__name__}: {error}"
        return [Finding(formula.name, notes.file, formula.line, formula.column, formula.text, "unknown", words=words, declared=formula.declared, marked=formula.marked)]


def figures(found: Iterable[Formula]) -> Figures:
    """What became of the marked formulas of one file."""
    found = list(found)
    seen = Counter((formula.declared == "refuted", formula.status) for formula in found)
    return Figures(
        formulas=len(found),
        wrong=sum(formula.declared == "refuted" for formula in found),
        read=sum(formula.status != "not read" for formula in found),
        decided=sum(satisfies(formula.status, formula.declared) for formula in found),
        false_proved=seen[True, "proved"],
        false_refuted=seen[False, "refuted"],
    )


def total(rows: Iterable[Figures]) -> Figures:
    """The sum of all rows."""
    return Figures(*(sum(column) for column in zip(*(asdict(row).values() for row in rows), strict=True)))


def table() -> dict[str, Figures]:
    """The recorded figures by file."""
    return {name: Figures(**row) for name, row in json.loads(TABLE.read_text(encoding="utf-8")).items()}


def lines(rows: Mapping[str, Figures]) -> Iterator[str]:
    """The table as Markdown."""
    yield "| notes | formulas | wrong ones | read | decided | wrong proved | right refuted |"
    yield "|---|---|---|---|---|---|---|"
    for name, row in {**rows, "all": total(rows.values())}.items():
        yield f"| {name} | {' | '.join(map(str, asdict(row).values()))} |"


def missed(name: str, found: Iterable[Formula]) -> Iterator[str]:
    """One line for each formula whose verdict is not the expected one, the dangerous ones marked."""
    for formula in found:
        if not satisfies(formula.status, formula.declared):
            wrong = (formula.declared == "refuted" and formula.status == "proved") or (formula.declared in ("proved", *GIVEN) and formula.status == "refuted")
            words = next((link.words for link in formula.links if link.status == formula.status), "")
            reading = " ; ".join(link.reading for link in formula.links)
            text = " ".join(next(link.text for link in formula.links if link.status == formula.status).split())
            yield f"{'!! ' if wrong else ''}{name}:{formula.first.line} expected {formula.declared}, got {formula.status}: {text} || {reading} || {words}"


def main(arguments: list[str]) -> None:
    """Judge the files named, or all of them."""
    chosen = [Path(name) for name in arguments if not name.startswith("--")] or files()
    rows, started = {}, time.process_time()
    for path in chosen:
        found = judged(path)
        rows[path.name] = figures(found)
        if "--failures" in arguments:
            print("\n".join(missed(path.name, found)))
    print("\n".join(lines(rows)), f"\n{time.process_time() - started:.1f} s of computing")
    if "--write" in arguments:
        kept = {path.name: row for path in files() if (row := {**table(), **rows}.get(path.name))}
        TABLE.write_text(json.dumps({name: asdict(row) for name, row in kept.items()}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
