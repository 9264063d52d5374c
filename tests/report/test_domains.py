"""Conditions in the evidence: read back exactly, each once, and left as text where they cannot be read."""

from __future__ import annotations

import pytest

from adjointcheck.expression.grammar import to_text
from adjointcheck.report.domains import conditions, in_latex, in_mathml, told


@pytest.mark.parametrize(("line", "found"), [
    ("where x != 0", ["x != 0"]), ("where 1 - x**2 >= 0, min(a, b) > 0, y != 0 and 3 more != 0", ["1 - x**2 >= 0", "min(a, b) > 0", "y != 0"]),
    ("where l1*(m + 1)**2 != 0", ["l1 != 0", "m + 1 != 0"]), ("where -(x*y) != 0", ["x != 0", "y != 0"]), ("where x*y > 0, x**(-2) != 0, x**y != 0", ["x*y > 0", "x**(-2) != 0", "x**y != 0"]),
    ("normal form (plain)", []), ("where x", []), ("where x + != 0", []), ("x != 0", []), ("where x != 0 or so", []),
])
def test_conditions_are_read_back(line: str, found: list[str]) -> None:
    assert [f"{to_text(root)} {relation} 0" for root, relation in conditions(line)] == found


def test_conditions_are_told_once_and_as_mathematics() -> None:
    evidence = ("normal form (plain)", "where x*y != 0", "where x != 0, 1 + a_1 > 0 and 2 more != 0", "where x + != 0")
    assert told(evidence, str.upper, in_latex) == r"NORMAL FORM (PLAIN), WHERE X + != 0, where $x \neq 0$, $y \neq 0$, $1 + a_{1} > 0$ and others"
    assert told(("where x >= 0",), str, in_mathml) == "where <math><mrow><mi>x</mi></mrow><mo>\u2265</mo><mn>0</mn></math>"
    assert told((), str, in_latex) == ""


def test_a_condition_wider_than_a_line_stays_text() -> None:
    wide = " + ".join(f"speed{i}" for i in range(20))
    assert told((f"where {wide} != 0",), str.upper, in_latex) == f"where {wide.upper()} != 0"
