"""The page of verdicts, derivations/IDENTITIES.md: `PYTHONPATH=tests/trusted python tests/trusted/identities.py` rewrites it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import corpus
import textbook

from adjointcheck.expression.grammar import parse
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

PAGE = Path(__file__).parents[2] / "derivations" / "IDENTITIES.md"
RIGHT = {"identity": Status.PROVED, "near miss": Status.REFUTED, "no domain": Status.UNKNOWN}
WRONG = {"identity": {Status.REFUTED}, "near miss": {Status.PROVED}, "no domain": {Status.PROVED, Status.REFUTED}}


@dataclass(frozen=True)
class Row:
    """left = right, what is known of it, and where it comes from."""

    left: str
    right: str
    truth: str
    remark: str
    positive: frozenset[str] = frozenset()


def _many(rows: tuple[tuple[str, str], ...], truth: str, remark: str, positive: frozenset[str] = frozenset()) -> Iterator[Row]:
    return (Row(left, right, truth, remark, positive) for left, right in rows)


def rows() -> list[Row]:
    """Every row once, in the order of the page; every third identity returns with a difference of 1e-12 ... 1e-200."""
    true = [*_many(corpus.IDENTITIES, "identity", "basic laws"), *_many(corpus.POSITIVE_IDENTITIES, "identity", "x, y > 0", frozenset({"x", "y"})), *_many(corpus.OPEN, "identity", "beyond the first version's laws")]
    true += [row for remark, group in textbook.IDENTITIES.items() for row in _many(group, "identity", remark)] + [*_many(textbook.HARD, "identity", "beyond known laws")]
    false = [*_many(corpus.NEAR_MISSES, "near miss", "slips and traps"), *_many(corpus.HIDDEN, "near miss", "difference out of reach")]
    false += [row for remark, group in textbook.NEAR_MISSES.items() for row in _many(group, "near miss", remark)]
    plain = [row for row in true if not row.positive]
    near = [Row(row.left, f"{row.right} + 1e-{12 + 4 * (i % 48)}", "near miss", f"{row.remark}, a little off") for i, row in enumerate(plain[::3])]
    every = [*true, *false, *near, *_many(corpus.EMPTY, "no domain", "no real point")]
    return list({(row.left, row.right, row.positive): row for row in every}.values())


def verdicts() -> list[tuple[Row, Status]]:
    return [(row, equal(parse(row.left), parse(row.right), row.positive).status) for row in rows()]


def page(found: list[tuple[Row, Status]]) -> str:
    """The page: counts, then what is wrong or unknown, then everything."""
    counts = Counter((row.truth, status) for row, status in found)
    head = ["# Identities and near misses: what the zero test says", "",
            "Written by `tests/trusted/identities.py`; the test suite compares it with what is computed. An identity holds at every real point where both sides",
            "are defined; a near miss fails at one of them. UNKNOWN is honest, a refuted identity or a proved near miss would be a defect.", "",
            "| truth | rows | proved | refuted | unknown | wrong |", "|---|---|---|---|---|---|"]
    for truth in RIGHT:
        n = {status: counts[truth, status] for status in Status}
        head.append(f"| {truth} | {sum(n.values())} | {n[Status.PROVED]} | {n[Status.REFUTED]} | {n[Status.UNKNOWN]} | {sum(n[status] for status in WRONG[truth])} |")
    open_rows = [pair for pair in found if pair[1] is not RIGHT[pair[0].truth]]
    return "\n".join([*head, "", "## Not decided, or wrong", "", *_table(open_rows), "", "## All rows", "", *_table(found), ""])


def _table(found: list[tuple[Row, Status]]) -> list[str]:
    lines = [f"| `{row.left}` | `{row.right}` | {row.truth} | {status.value.upper()} | {row.remark} |" for row, status in found]
    return ["| left | right | truth | verdict | source or remark |", "|---|---|---|---|---|", *lines]


if __name__ == "__main__":
    PAGE.write_text(page(verdicts()), encoding="utf-8")
