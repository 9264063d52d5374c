"""The convention is one table, in ASCII, and the names made from it are the ones that statements must leave free."""

from __future__ import annotations

from adjointcheck.expression.table import RESERVED
from adjointcheck.problem.convention import CONVENTION, COSTATE_PREFIX, RESERVED_NAMES, TIME, costate_name


def test_rows_are_complete_and_distinct() -> None:
    assert len({row.symbol for row in CONVENTION}) == len(CONVENTION)
    assert all(row.meaning and row.formula for row in CONVENTION)
    assert all(f"{row.symbol}{row.meaning}{row.formula}".isascii() for row in CONVENTION)


def test_signs_are_those_of_the_design() -> None:
    formulas = {row.symbol: row.formula for row in CONVENTION}
    assert formulas["H"] == "H = L + p f"
    assert formulas["pdot"] == "pdot = -dL/dx - p df/dx"
    assert formulas["p(s_j-)"] == "p(s_j-) = p(s_j+) + dl_j/dx"
    assert formulas["dJ/dt0, dJ/dt1"] == "dJ/dt0 = -H(t0); dJ/dt1 = dPsi/dt + H(t1)"


def test_names() -> None:
    assert costate_name("x") == COSTATE_PREFIX + "x" == "p_x"
    assert RESERVED_NAMES == RESERVED | {TIME} and "exp" in RESERVED_NAMES
