"""A tree shown as LaTeX is read back to the same tree: random trees, and every row of the table of readings."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_latex import LETTERS, READ

from adjointcheck.notes.reading.latex import Letters, read_formula
from adjointcheck.notes.reading.plain_text import text
from adjointcheck.notes.reading.show import latex
from adjointcheck.notes.reading.tree import (
    BigO,
    Call,
    Cases,
    Chain,
    Derivative,
    Evaluated,
    Expectation,
    Extremum,
    Function,
    Integral,
    Letter,
    Limit,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Series,
    Sum,
    Transposed,
    Variation,
    Vector,
    Words,
)  # fmt: skip

NAMES = ("x", "u", "lambda", "f", "mathcal{L}", "theta", "varphi", "loss")
KNOWN = Letters(functions=frozenset(NAMES), plain=frozenset("c"))


def some(strategy: st.SearchStrategy[Node], least: int = 1, most: int = 3) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


numbers = st.sampled_from([Fraction(0), Fraction(2), Fraction(17), Fraction(1, 2), Fraction(3, 8)]).map(Number)
indices = st.one_of(st.sampled_from("kij").map(Letter), st.just(Number(Fraction(0))), st.just(Sum((Letter("k"), Number(Fraction(1))))))
marks = st.sampled_from([(), (Letter("*"),), (Letter("prime"),), (Letter("k"),), (Letter("dagger"),), (Letter("k"), Letter("*"))])
letters = st.builds(Letter, st.sampled_from(NAMES), st.one_of(st.just(()), some(indices, 1, 2)), marks, st.sampled_from([(), ("dot",), ("bar",), ("bar", "dot"), ("Delta",), ("ddot",)]))
bare = st.sampled_from(["x", "u", "theta"]).map(Letter)
times = st.sampled_from([Letter("t"), Letter("T"), Letter("t", (Number(Fraction(1)),))])
chains = st.builds(lambda a, b, relation: Chain((a, b), (relation,)), bare, numbers, st.sampled_from(["=", "<", "in", ">="]))


def compound(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """One more level of a tree, of each kind that the reader makes."""
    pairs = some(inner, 2, 3)
    callee = st.sampled_from(["f", "lambda", "x", "loss"]).map(Letter)
    return st.one_of(
        pairs.map(Sum), pairs.map(Product), st.builds(Quotient, inner, inner), st.builds(Power, inner, numbers), inner.map(Negative), inner.map(Transposed),
        st.builds(Call, callee, some(st.one_of(inner, times), 1, 3)), st.builds(Function, st.sampled_from(["exp", "sin", "tr", "det", "sqrt", "abs", "norm", "diag"]), inner.map(lambda node: (node,))),
        st.builds(lambda a, b: Function("inner", (a, b)), inner, inner), st.builds(lambda a, b: Function("hadamard", (a, b)), bare, bare), st.builds(Derivative, inner, st.one_of(bare, times).map(lambda by: (by,)), st.sampled_from(["total", "partial"])),
        st.builds(lambda of, a, b: Derivative(of, (a, b), "partial"), inner, bare, bare), st.builds(lambda of, by: Derivative(of, (by,), "nabla"), inner, bare), st.builds(lambda of, by: Derivative(of, (by,), "functional"), bare, bare),
        bare.map(Variation), inner.map(Variation), st.builds(Integral, inner, times, st.one_of(numbers, times), st.one_of(times)), st.builds(lambda body, n: Series("sum", body, Letter("k"), n, Letter("N")), inner, numbers),
        st.builds(lambda body: Limit(body, Letter("epsilon"), Number(Fraction(0))), inner), st.builds(lambda of, place: Evaluated(of, (Chain((Letter("t"), place), ("=",)),)), inner, times), st.builds(lambda of, a, b: Evaluated(of, (b,), (a,)), inner, times, times),
        st.builds(Expectation, inner), st.builds(lambda body: Extremum("min", Letter("u"), body), inner), inner.map(BigO), st.builds(lambda a, b: Vector(((a, b),)), inner, inner), st.builds(lambda a, b: Vector(((a,), (b,))), inner, inner),
        st.builds(lambda a, b, c: Cases(((a, b), (c, None))), inner, chains, inner),
    )  # fmt: skip


trees = st.recursive(st.one_of(letters, numbers), compound, max_leaves=8)
statements = st.builds(lambda a, b, relation: Chain((a, b), (relation,)), trees, trees, st.sampled_from(["=", "approx", ":=", "equiv", "<="]))


@settings(max_examples=200)
@given(statements)
def test_what_is_shown_is_read_back_as_the_same_tree(chain: Chain) -> None:
    shown = latex(chain)
    assert read_formula(shown, KNOWN) == chain, shown


@pytest.mark.parametrize("formula", [row[0] for row in READ])
def test_readings_are_shown_and_read_back(formula: str) -> None:
    chain = read_formula(formula, LETTERS)
    assert isinstance(chain, Chain)
    shown = latex(chain)
    assert read_formula(shown, LETTERS) == chain, shown


@settings(max_examples=50)
@given(statements)
def test_plain_text_is_one_printable_line(chain: Chain) -> None:
    line = text(chain)
    assert line.isprintable() and line.isascii() and "\\" not in line


@pytest.mark.parametrize(("tree", "shown"), [
    (Letter("x", (Letter("k"),), (Letter("*"),), ("dot",)), r"\dot{x}_{k}^{*}"), (Product((Letter("x"), Sum((Letter("y"), Number(Fraction(1)))))), r"x \cdot (y + 1)"), (Negative(Sum((Letter("x"), Letter("y")))), "-(x + y)"), (Number(Fraction(1, 8)), "0.125"),
    (Transposed(Product((Letter("A"), Letter("x")))), r"(A x)^{\top}"), (Derivative(Letter("f"), (Letter("x"),), "partial"), r"\frac{\partial f}{\partial x}"), (Words("for all"), r"\text{for all}"),
])
def test_trees_are_shown_as_a_person_writes_them(tree: Node, shown: str) -> None:
    assert latex(tree) == shown


def test_a_wrong_reading_is_seen() -> None:
    call, product = (read_formula("q(x + y)", Letters(**{kind: frozenset("q")})) for kind in ("functions", "plain"))
    assert isinstance(call, Chain) and isinstance(product, Chain)
    assert latex(call) == "q(x + y)" and latex(product) == r"q \cdot (x + y)"
