"""Notes in many ways of writing, with right and wrong formulas: no file gets worse than its row in FIGURES.json, and the goals of all."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import notes_corpus as corpus
import pytest

FILES = corpus.files()
RECORDED = corpus.table()
EACH = [pytest.param(path, id=path.name, marks=[pytest.mark.campaign] if i % 45 != 7 else []) for i, path in enumerate(FILES)]  # computing time


@pytest.mark.parametrize("path", EACH)
def test_no_verdict_is_worse_than_recorded(path: Path) -> None:
    found = corpus.judged(path)
    now, then = corpus.figures(found), RECORDED[path.name]
    told = "\n".join(corpus.missed(path.name, found))
    assert not Counter(corpus.marks(path)) - Counter(formula.declared for formula in found), "every mark belongs to a formula"
    assert (now.formulas, now.wrong) == (then.formulas, then.wrong)
    assert now.read >= then.read and now.decided >= then.decided, told
    assert now.false_proved <= then.false_proved and now.false_refuted <= then.false_refuted, told


def test_the_corpus_is_large_and_nearly_all_of_it_is_read() -> None:
    found = corpus.total(RECORDED.values())
    assert {path.name for path in FILES} == set(RECORDED)
    assert len(FILES) >= 25 and found.formulas >= 300 and found.wrong >= 100
    assert found.read >= 0.97 * found.formulas


def test_the_table_in_the_proofs_is_the_recorded_one() -> None:
    text = (Path(__file__).parents[2] / "derivations" / "PROOFS.md").read_text(encoding="utf-8")
    written = [line for line in text.splitlines() if re.match(r"\| \S+\.(md|tex|ipynb) \|", line)]
    assert written == [*corpus.lines(corpus.table())][2:-1]


def test_no_wrong_formula_is_proved_and_no_right_one_refuted() -> None:
    found = corpus.total(RECORDED.values())
    assert (found.false_proved, found.false_refuted) == (0, 0)


def test_nine_in_ten_are_decided() -> None:
    found = corpus.total(RECORDED.values())
    assert found.decided >= 0.9 * found.formulas


# The counting itself


@pytest.mark.parametrize(("declared", "status", "counts"), [
    ("proved", "proved", (1, 0, 0)), ("proved", "refuted", (0, 0, 1)), ("proved", "definition", (0, 0, 0)), ("refuted", "refuted", (1, 0, 0)),
    ("refuted", "proved", (0, 1, 0)), ("refuted", "assumption", (0, 0, 0)), ("assumption", "refuted", (0, 0, 1)), ("definition", "proved", (1, 0, 0)),
    ("proved", "unknown", (0, 0, 0)),
])
def test_what_counts_as_decided_and_as_wrong(declared: str, status: str, counts: tuple[int, int, int]) -> None:
    found = corpus.figures([corpus.Formula((corpus.Finding("1", "notes.md", 1, 1, "a = b", status, declared=declared),))])
    assert (found.decided, found.false_proved, found.false_refuted) == counts
