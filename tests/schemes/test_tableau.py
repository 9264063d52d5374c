"""Tableau: what is derived from the data, and what is refused on construction."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction as F

import pytest

from adjointcheck.errors import SchemeError
from adjointcheck.schemes.tableau import Tableau

RALSTON = Tableau(
    name="ralston",
    a=((), (F(2, 3),)),
    b=(F(1, 4), F(3, 4)),
    c=(F(0), F(2, 3)),
    order=2,
    source="Ralston 1962",
    error=(F(-3, 4), F(3, 4)),
    error_order=1,
)
FSAL = Tableau(
    name="euler first same as last", a=((), (F(1),)), b=(F(1), F(0)), c=(F(0), F(1)), order=1, source="by hand"
)
TINY = F(1, 10**30)


def test_derived_properties() -> None:
    assert (RALSTON.stages, RALSTON.explicit, RALSTON.adaptive, RALSTON.decimal) == (2, True, True, False)
    assert RALSTON.embedded == (1, 0)
    assert RALSTON.embedded_low == ()
    assert RALSTON.allowance(F(7), 3) == 0


def test_fsal_is_derived_from_the_last_row() -> None:
    assert FSAL.fsal
    assert not RALSTON.fsal
    # The last row is not b, although its last node is 1.
    assert not replace(FSAL, b=(F(1, 2), F(1, 2))).fsal
    # The last row is b, but of a single stage at the beginning of the time step.
    assert not Tableau(name="euler", a=((),), b=(F(1),), c=(F(0),), order=1, source="Euler 1768").fsal


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"a": ((), (F(2, 3) + TINY,))}, "row 2 of a"),
        ({"c": (F(0), F(2, 3) - TINY)}, "row 2 of a"),
        ({"c": (TINY, F(2, 3))}, "row 1 of a"),
        ({"b": (F(1, 4), F(3, 4) + TINY)}, "b"),
        ({"error": (F(-3, 4), F(3, 4) + TINY)}, "error"),
        ({"error_low": (F(-1), F(1) + TINY)}, "error_low"),
        ({"a": ((F(0),), (F(2, 3),))}, "a"),
        ({"a": ((), (F(1, 3), F(1, 3)))}, "a"),
        ({"a": ((),)}, "a"),
        ({"a": (), "b": (), "c": (), "error": (), "error_order": 0}, "a"),
        ({"c": (F(2, 3),)}, "c"),
        ({"error": (F(0),)}, "error"),
        ({"error_low": (F(0),)}, "error_low"),
        ({"error": (), "error_order": 0, "error_low": (F(-1), F(1))}, "error_low"),
        ({"error": (F(0), F(0))}, "error"),
        ({"error_low": (F(0), F(0))}, "error_low"),
        ({"error_order": 0}, "error_order"),
        ({"error": ()}, "error_order"),
        ({"b": (0.25, F(3, 4))}, "b"),
        ({"a": ((), (2 / 3,))}, "row 2 of a"),
        ({"c": (0, F(2, 3))}, "c"),
    ],
)
def test_a_broken_tableau_is_refused_by_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(SchemeError) as refusal:
        replace(RALSTON, **change)
    assert refusal.value.where == f"tableau 'ralston', {field}"
    assert refusal.value.expected
    assert refusal.value.todo


def rounded(units: int, digits: int) -> Tableau:
    """Ralston's method to ten decimals, with c_2 off by `units` of the last."""
    node = F("0.6666666667")
    return replace(RALSTON, a=((), (node,)), c=(F(0), node + F(units, 10**10)), digits=digits)


def test_decimal_rows_close_to_their_own_digits_only() -> None:
    assert rounded(1, digits=10).decimal
    with pytest.raises(SchemeError, match="row 2 of a"):
        rounded(100, digits=10)
    with pytest.raises(SchemeError, match="row 2 of a"):
        rounded(1, digits=12)
    with pytest.raises(SchemeError, match="row 2 of a"):
        rounded(1, digits=0)


def test_allowance_is_one_unit_of_the_last_digit_per_factor() -> None:
    assert rounded(0, digits=10).allowance(F(5), 3) == F(15, 10**9)


def test_a_tableau_is_immutable_and_hashable() -> None:
    with pytest.raises(FrozenInstanceError):
        RALSTON.order = 3  # type: ignore[misc]
    assert hash(replace(RALSTON)) == hash(RALSTON)
