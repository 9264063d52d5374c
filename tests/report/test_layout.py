"""Displayed formulas: breaking loses no term, naming loses no part, and caps hold."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from random import Random
from xml.etree import ElementTree

import pytest

from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, apply, evaluate, substitute, symbol, symbols_of
from adjointcheck.report.layout import LINE, Formula, display_latex, display_mathml, display_plain, lay_out
from adjointcheck.report.notation import span

RULES = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "plus": lambda a: a, "minus": lambda a: -a, "pow": lambda a, b: a**b.numerator,
    "sin": lambda a: a / (1 + a * a), "cos": lambda a: 1 / (2 + a * a),
}
LONG = " - ".join(f"(a{i}*x + b{i})*sin(y)" for i in range(30))
ARM = ("(-g*(2*m1 + m2)*sin(u) - m2*g*sin(u - 2*v) - 2*sin(u - v)*m2*(q**2*l2 + w**2*l1*cos(u - v)))"
       "/(l1*(2*m1 + m2 - m2*cos(2*u - 2*v)))*(1 + sin(u - v)*m2*(q**2*l2 + w**2*l1*cos(u - v)))")


def number_of(root: Expression, seed: int = 5) -> Fraction:
    def leaf(node: Expression) -> Fraction:
        return node.value if node.head == "number" else Fraction(Random(node.value + str(seed)).randint(2, 99), 7)

    return evaluate([root], leaf, RULES)[0]


def put_together(formula: Formula) -> Expression:
    """The right side with every name of `where` replaced by what it stands for."""
    known: dict[str, Expression] = {}
    for part in formula.where:
        assert part.left is not None
        known[part.left.value] = substitute([joined(part)], known)[0]
    return substitute([joined(formula)], known)[0]


def joined(formula: Formula) -> Expression:
    whole = formula.lines[0]
    for line in formula.lines[1:]:
        whole = apply("add", whole, line)
    return whole


@pytest.mark.parametrize("text", ["x + y", LONG, f"-({LONG})", f"x - ({LONG})", ARM, f"{ARM} + {LONG}", f"-({ARM})", f"(-a)*x*y + {LONG} - (-b)*y"])
def test_nothing_is_lost_in_breaking_and_naming(text: str) -> None:
    root = parse(text)
    formula = lay_out(root, symbol("p_x.dot"))
    assert formula.hidden == 0
    assert number_of(put_together(formula)) == number_of(root)


def test_a_sign_inside_a_product_stands_before_it() -> None:
    lines = lay_out(parse(f"{LONG} + (-p)*q - (-q)*p")).lines
    assert " ".join(map(display_plain, lines)).endswith("- p*q + q*p")


def test_a_lost_term_would_be_seen() -> None:
    formula = lay_out(parse(LONG))
    assert number_of(put_together(Formula(None, formula.lines[:-1], formula.where))) != number_of(parse(LONG))


def test_short_formulas_stay_as_written() -> None:
    root = parse("x - (y - z)")
    assert lay_out(root) == Formula(None, (root,))


@pytest.mark.parametrize("text", [LONG, ARM])
def test_lines_fit(text: str) -> None:
    formula = lay_out(parse(text))
    assert all(span(line) <= LINE + 3 for part in (formula, *formula.where) for line in part.lines)
    assert formula.height > 1


def test_names_are_new_and_defined_before_their_use() -> None:
    root = parse(ARM)
    formula = lay_out(root)
    seen = set(symbols_of(root))
    assert formula.where
    for part in formula.where:
        assert symbols_of(*part.lines) <= seen
        assert part.left is not None and part.left.value not in seen
        seen.add(part.left.value)


def test_a_long_sum_is_cut_at_the_cap_with_its_size() -> None:
    formula = lay_out(parse(LONG), cap=200)
    assert sum(map(span, formula.lines)) <= 200
    assert f"{formula.hidden} operations, see the log" in display_latex(formula)
    assert formula.hidden == 30 * 3 + 29 + 1  # each a*x + b times sin(y), the differences, and the one sin(y) that all share


@pytest.mark.parametrize("heads", [("mul",), ("add",), ("add", "mul"), ("sub", "mul"), ("div", "add")])
def test_exponential_graphs_are_shown_by_names_or_by_size(heads: tuple[str, ...]) -> None:
    root = symbol("x")
    for i in range(300):
        root = apply(heads[i % len(heads)], root, root)
    formula = lay_out(root)
    assert len(display_latex(formula)) < 60_000
    ElementTree.fromstring(display_mathml(formula))


def test_every_row_has_one_alignment_point() -> None:
    rows = display_latex(lay_out(parse(ARM), symbol("H"))).split(" \\\\\n")
    assert {Counter(re.sub(r"\\begin\{cases\}.*?\\end\{cases\}", "", row))["&"] for row in rows} == {1}


def test_plain_text_of_display_heads() -> None:
    slope = apply("total", symbol("J"), symbol("a"))
    integral = apply("integral", parse("p_x*x"), symbol("t0"), symbol("t1"))
    assert f"{display_plain(slope)} = {display_plain(integral)}" == "dJ/da = integral over t of [p_x*x]"
    assert display_plain(symbol("p_x.dot")) == "dp_x/dt"
    assert display_plain(parse(LONG), 100).startswith("... (")
