"""The published corpus: no wrong verdict, few open ones, and the page says what is computed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import mpmath
import pytest
import textbook
from identities import PAGE, RIGHT, WRONG, Row, page, rows, verdicts
from strategies import Undefined, numeric

from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import symbols_of
from adjointcheck.trusted.verdict import Status

Found = list[tuple[Row, Status]]


@pytest.fixture(scope="module")
def found() -> Found:
    return verdicts()


def test_no_verdict_is_wrong(found: Found) -> None:
    assert [row for row, status in found if status in WRONG[row.truth]] == []


def test_few_rows_stay_open(found: Found) -> None:
    for truth in ("identity", "near miss"):
        rows_of = [status for row, status in found if row.truth == truth]
        assert len(rows_of) >= 500
        assert rows_of.count(RIGHT[truth]) >= 0.94 * len(rows_of)


def test_the_page_is_what_is_computed(found: Found) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(found), "run tests/trusted/identities.py"


def test_no_row_stands_twice() -> None:
    assert len({(row.left, row.right, row.positive) for row in rows()}) == len(rows())


def gap(row: Row, point: dict[str, Fraction]) -> mpmath.mpf:
    """|left - right| against the larger side and 1, by mpmath at 220 digits."""
    with mpmath.workdps(240):
        a, b = (numeric(parse(side), point, 220) for side in (row.left, row.right))
        return abs(a - b) / max(1, abs(a), abs(b))


def seen(row: Row, judge: Callable[[mpmath.mpf], bool], trials: int = 60) -> bool | None:
    """Does `judge` hold of the gap at some point of the domain?  None without such a point."""
    names, any_point = sorted(symbols_of(parse(row.left), parse(row.right))), None
    for trial in range(trials):
        flip = [1 if name in row.positive or trial * 7919 // (i + 1) % 2 else -1 for i, name in enumerate(names)]
        point = {name: s * (7 if trial % 4 == 3 else 1) * Fraction(3 + 37 * trial + 11 * i * (trial + 2), 60 + 13 * trial * (i + 1) + 500 * (trial % 3)) for i, (name, s) in enumerate(zip(names, flip, strict=True))}
        try:
            held = judge(gap(row, point))
        except (Undefined, OverflowError):
            continue
        any_point = any_point or held
        if held:
            return True
    return any_point


def test_the_labels_are_true_by_another_arithmetic() -> None:
    """Identities by mpmath wherever they are defined; what is called a textbook identity is one, and no slip is."""
    for remark, group in textbook.IDENTITIES.items():
        for left, right in group:
            row = Row(left, right, "identity", remark)
            assert seen(row, lambda size: size > mpmath.mpf(10) ** -150, 12) is False, (left, right)
    for remark, group in textbook.NEAR_MISSES.items():
        assert [pair for pair in group if not seen(Row(*pair, "near miss", remark), lambda size: size > mpmath.mpf(10) ** -205)] == []
