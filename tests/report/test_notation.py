"""Notation, held against a reader of its own: the test reads the markup as a person would and computes its value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, apply, evaluate, number, symbol
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.report.notation import DISPLAY_ONLY, LATEX, MATHML, SHAPES, decimal_text, escape_latex, latex, mathml, span

X, Y, Z = symbol("x"), symbol("y"), symbol("z")
POINT = {"x": Fraction(3, 7), "y": Fraction(-5, 2), "z": Fraction(11, 3)}
CORE = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msup", "msub", "msubsup", "mover", "munder", "mfrac", "msqrt",
        "mtable", "mtr", "mtd"}
Token = str | Fraction


def tokens(element: ElementTree.Element) -> Iterator[Token]:
    """What the eye sees from left to right; <mrow> is invisible, so it groups nothing."""
    if element.tag in ("mi", "mo"):
        yield POINT.get(element.text or "", element.text or "")
    elif element.tag == "mn":
        yield Fraction(element.text or "")
    elif element.tag == "mfrac":
        top, bottom = (value(list(tokens(child))) for child in element)
        yield top / bottom
    elif element.tag == "msup":
        base, exponent = element
        yield from tokens(base)
        yield "^"
        yield value(list(tokens(exponent)))
    else:
        for child in element:
            yield from tokens(child)


def value(line: list[Token]) -> Fraction:
    result = total(line)
    assert not line, f"left over: {line}"
    return result


def total(line: list[Token]) -> Fraction:
    result = product(line)
    while line and line[0] in ("+", "\u2212"):
        sign = line.pop(0)
        assert line[0] != "\u2212", "two signs in a row"
        result += product(line) if sign == "+" else -product(line)
    return result


def product(line: list[Token]) -> Fraction:
    if line[0] == "\u2212":
        line.pop(0)
        return -product(line)
    result = raised(line)
    while line and line[0] in ("\u2062", "\u22c5"):
        line.pop(0)
        assert line[0] != "\u2212", "a sign after a product"
        result *= raised(line)
    return result


def raised(line: list[Token]) -> Fraction:
    head = line.pop(0)
    if head == "(":
        head = total(line)
        assert line.pop(0) == ")"
    assert isinstance(head, Fraction), head
    if line and line[0] == "^":
        line.pop(0)
        exponent = line.pop(0)
        assert isinstance(exponent, Fraction)
        head = head**exponent.numerator
    return head


ARITHMETIC = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "pow": lambda a, b: a**b.numerator,
}
LEAVES = st.one_of(st.sampled_from([X, Y, Z]), st.fractions(-9, 9, max_denominator=12).map(number))


def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.builds(apply, st.sampled_from(["add", "sub", "mul", "div"]), inner, inner)
    powers = st.builds(lambda a, n: apply("pow", a, number(n)), inner, st.integers(-2, 3))
    return st.one_of(pairs, powers, st.builds(lambda a: apply("neg", a), inner))


def by_hand(root: Expression) -> Fraction:
    return evaluate([root], lambda leaf: leaf.value if leaf.head == "number" else POINT[leaf.value], ARITHMETIC)[0]


@given(st.recursive(LEAVES, grown, max_leaves=12))
def test_markup_read_by_eye_has_the_value_of_the_expression(root: Expression) -> None:
    try:
        expected = by_hand(root)
    except ZeroDivisionError:
        return
    assert value(list(tokens(ElementTree.fromstring(mathml(root))))) == expected


def test_the_reader_sees_a_missing_parenthesis() -> None:
    torn = re.sub(r"<mo [^>]*>[()]</mo>", "", mathml(parse("x - (y - z)")))
    assert value(list(tokens(ElementTree.fromstring(torn)))) != by_hand(parse("x - (y - z)"))


def sample_of(head: str) -> Expression:
    condition = apply("lt", X, Y)
    arguments: Mapping[str, tuple[Expression, ...]] = {
        "piecewise": (X, condition, Y), "not": (condition,), "and": (condition, apply("le", Y, Z)),
        "or": (condition, apply("le", Y, Z)), "pi": (),
    }
    row = PRIMITIVES.get(head)
    count = len(SHAPES[head].floors) if row is None else row.arity
    return apply(head, *arguments.get(head, (X, Y, Z)[:count]))


HEADS = [*PRIMITIVES, "pi", *sorted(DISPLAY_ONLY)]


def inside(head: str) -> list[Expression]:
    node = sample_of(head)
    if head in PRIMITIVES and PRIMITIVES[head].boolean:
        return [apply("piecewise", X, node, Y)]
    return [node, apply("pow", node, number(2)), apply("mul", node, node), apply("sub", X, node), apply("div", node, Y)]


@pytest.mark.parametrize("head", HEADS)
def test_mathml_of_every_head_is_well_formed_core(head: str) -> None:
    for root in inside(head):
        tree = ElementTree.fromstring(mathml(root))
        assert {element.tag for element in tree.iter()} <= CORE
        for element in tree.iter():
            wanted = {"mfrac": 2, "msup": 2, "msub": 2, "mover": 2, "munder": 2, "msubsup": 3}.get(element.tag)
            assert wanted in (None, len(element)), f"<{element.tag}> with {len(element)} children"


@pytest.mark.parametrize("head", HEADS)
def test_latex_of_every_head_is_balanced(head: str) -> None:
    for root in inside(head):
        text = latex(root)
        bare = re.sub(r"\\[{}]", "", text)
        depth = 0
        for character in bare:
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0, text
        assert depth == 0
        assert len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))
        assert re.findall(r"\\begin\{(\w+)\}", text) == re.findall(r"\\end\{(\w+)\}", text)[::-1]


def test_both_tables_have_the_same_rows_and_no_row_twice() -> None:
    assert set(LATEX) == set(MATHML)
    assert set(SHAPES) - {"pi"} <= set(LATEX)


@pytest.mark.parametrize(("name", "expected"), [
    ("x", "x"), ("theta1", r"\theta_{1}"), ("p_x", "p_{x}"), ("p_x1", "p_{x_{1}}"), ("x.dot", r"\dot{x}"),
    ("x.delta", r"\delta x"), ("x.delta.dot", r"\dot{\delta x}"), ("x.dot.delta", r"\delta \dot{x}"),
    ("p_x.dot", r"\dot{p}_{x}"), ("hare0", r"\mathrm{hare}_{0}"), ("omega12_alpha", r"\omega_{12, \alpha}"),
    ("lambda", r"\lambda"), ("Psi", r"\Psi"), ("x_", r"\mathrm{x\_}"), ("k_12", "k_{12}"),
])
def test_names(name: str, expected: str) -> None:
    assert latex(symbol(name)) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("x*2", r"2 \, x"), ("2*3*x", r"2 \cdot 3 \, x"), ("x*y", r"x \, y"), ("sin(x)**2", r"\sin^{2}(x)"), ("exp(-x)", "e^{-x}"),
    ("exp(x/y)", r"\exp\left(\frac{x}{y}\right)"), ("x**(3/2)", "x^{3/2}"), ("-x/y", r"-\frac{x}{y}"), ("0.1", r"\frac{1}{10}"),
    ("0.0001", "0.0001"), ("1/3", r"\frac{1}{3}"), ("min(x, y, z)", r"\min(x, y, z)"), ("x + -y*z", r"x + (-y \, z)"),
    ("(x + y)**2", "(x + y)^{2}"), ("asin(x)", r"\arcsin(x)"), ("-(x + y)", "-(x + y)"),
])
def test_house_style(text: str, expected: str) -> None:
    assert latex(parse(text)) == expected


def test_a_long_decimal_stays_a_fraction_and_a_short_one_is_exact() -> None:
    assert decimal_text(Fraction(7, 250)) == "0.028"
    assert decimal_text(Fraction(1, 3)) is None
    assert decimal_text(Fraction(1, 2**40)) is None


def test_hostile_names_stay_text() -> None:
    name = r"</mi><script>\input{x}$%&#"
    assert "<script" not in mathml(symbol(name))
    assert ElementTree.fromstring(mathml(symbol(name))).findtext("mi") == name
    assert "\\input" not in latex(symbol(name))
    assert escape_latex("é{") == r"\textbackslash{}xe9\{"


def test_an_exponential_graph_is_capped_not_unfolded() -> None:
    root = X
    for _ in range(400):
        root = apply("mul", root, root)
    assert span(root) > 10**100
    assert latex(root) == r"\cdots \quad \text{(400 operations, see the log)}"
    assert "400 operations" in mathml(root)
