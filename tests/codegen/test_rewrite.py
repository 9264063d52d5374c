"""Every rewriting keeps the value exactly, and saves what it says it saves."""

from __future__ import annotations

import operator
import random
import re
from fractions import Fraction
from functools import reduce

import pytest

from adjointcheck.codegen.order import operation_count
from adjointcheck.codegen.rewrite import expand_powers, factor_sums, normalise, pair_products
from adjointcheck.errors import CodegenError
from adjointcheck.expression import cost
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, evaluate, mul, symbol, symbols_of, walk
from adjointcheck.expression.printer import to_text

RATIONAL = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": lambda a, b: a ** int(b), "abs": abs,
}  # fmt: skip
PASSES = {"normalise": normalise, "expand_powers": expand_powers, "factor_sums": factor_sums, "pair_products": pair_products}
SYSTEMS = {
    "shared factor": ["x*a - b*x*y", "d*x*y - c*y"],
    "signs": ["-(a - b)*c - d", "(b - a)*(-c) - x*-2", "-a - b", "3 - (x - 5)", "-(x*y)/(-a)"],
    "powers": ["x**5 + x**4", "2/x**3", "x**-2*y", "(a - b)**2 + (b - a)**2", "(-x)**3"],
    "quotients": ["a/b/c + x/b", "a/(b/c) - y/(b/c)", "(a + b)/c - d/c", "x/3*3/y", "1/2*(2*x)"],
    "numbers": ["2*x + 2*y", "0.1*(3*x)", "x + -2", "5 - 7", "0*x + 1", "4*a/6"],
    "products": ["a*b*c + 1", "a*x*c - 1", "c*a/y", "a*a*b + a*a*c*d", "b*(a*c)*a"],
    "nested": ["x*(a*y + b*y)*z + x*(a*y + b*y)", "abs(a*x + a*y)*b - b*abs(y*a + x*a)"],
}


def roots_of(name: str) -> list[Expression]:
    return [parse(text) for text in SYSTEMS[name]]


def exact_values(roots: list[Expression], seed: int) -> list[Fraction]:
    draw = random.Random(seed)
    at = {name: Fraction(draw.randint(-40, 40) * 2 + 1, draw.randint(1, 9)) for name in "abcdxyz"}
    return evaluate(roots, lambda node: at[node.value] if node.head == "symbol" else node.value, RATIONAL)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("rewrite", PASSES)
def test_values_are_kept_exactly(rewrite: str, name: str) -> None:
    roots = roots_of(name)
    after = PASSES[rewrite](roots)
    for seed in range(5):
        assert exact_values(after, seed) == exact_values(roots, seed), [to_text(root) for root in after]


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("rewrite", PASSES)
def test_no_rewriting_adds_operations(rewrite: str, name: str) -> None:
    roots = roots_of(name)
    assert operation_count(PASSES[rewrite](roots)) <= cost.operation_count(roots)


@pytest.mark.parametrize(
    ("rewrite", "texts", "expected"),
    [
        ("normalise", ["a - b", "b - a"], ["a - b", "-(a - b)"]),
        ("normalise", ["a*b", "b*a"], ["a*b", "a*b"]),
        ("normalise", ["sin(a - b)", "sin(b - a)", "cos(b - a)"], ["sin(a - b)", "-sin(a - b)", "cos(a - b)"]),
        ("normalise", ["x + -2", "0*log(x)"], ["x - 2", "0*log(x)"]),
        ("expand_powers", ["x**6", "x**(1/2)", "x**(-3/2)", "x**y"], ["x*(x*x)*(x*(x*x))", "sqrt(x)", "1/(x*sqrt(x))", "x**y"]),
        ("factor_sums", ["x*a - b*x*y", "d*x*y - c*y"], ["x*(a - b*y)", "y*(d*x - c)"]),
        ("factor_sums", ["a/c - b/c", "-(1/2*(2*(1 - x)))", "2*x/6"], ["(a - b)/c", "x - 1", "x/3"]),
        ("pair_products", ["b*x*y", "d*x*y"], ["b*(x*y)", "d*(x*y)"]),
    ],
)
def test_forms(rewrite: str, texts: list[str], expected: list[str]) -> None:
    assert [to_text(root) for root in PASSES[rewrite]([parse(text) for text in texts])] == expected


def test_a_factored_sum_that_is_used_elsewhere_is_not_taken_apart() -> None:
    inner = parse("x*a + x*b")
    after = factor_sums([inner * inner, inner + parse("x*c")])
    assert operation_count(after) == 5
    assert parse("x*(a + b)") in walk(after)


@pytest.mark.parametrize(
    ("rewrite", "text", "dividend"),
    [("normalise", "x/(1 - 1)", "x"), ("factor_sums", "a*b/(2*x - 2*x)", "a*b"), ("expand_powers", "(1 - 1)**-2", "1")],
)
def test_division_by_the_number_zero_is_refused(rewrite: str, text: str, dividend: str) -> None:
    with pytest.raises(CodegenError, match=re.escape(f"lowering: got {dividend}/0; expected a divisor that is not the number 0")):
        PASSES[rewrite]([parse(text)])


@pytest.mark.parametrize("rewrite", PASSES)
def test_a_written_zero_keeps_the_domain_of_its_partner(rewrite: str) -> None:
    texts = ["0*log(x) + y", "1/(0*x)", "a*(0*log(x)) - a*b"]
    for text, after in zip(texts, PASSES[rewrite]([parse(text) for text in texts]), strict=True):
        assert symbols_of(after) == symbols_of(parse(text))


def test_long_common_products_are_drawn_out_at_once() -> None:
    common = reduce(mul, [symbol(f"x{i}") for i in range(2000)])
    after = factor_sums([common * symbol("a") + common * symbol("b")])
    assert operation_count(after) == 2001
    separate = reduce(mul, [symbol(f"x{i}") for i in range(2000)], symbol("c"))
    assert operation_count(factor_sums([separate * symbol("a") + separate * symbol("b")])) == 2002
