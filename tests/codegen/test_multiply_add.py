"""Sums with products as chains of multiply-adds: same values, every product in the sums that want it, nothing lost."""

from __future__ import annotations

from fractions import Fraction

import pytest

from adjointcheck.codegen.ir import Argument, Assign, Constant, Function, Name, Operand, Operation, Result
from adjointcheck.codegen.multiply_add import Chain, chains

VALUES = {"a": Fraction(3, 7), "b": Fraction(-5, 2), "c": Fraction(11, 3), "d": Fraction(2)}


def function(lines: str, *results: str) -> Function:
    """`u = mul a b; v = add u 2`: names and whole numbers."""
    body = []
    for line in lines.split(";"):
        target, head, *args = line.replace("=", " ").split()
        body.append(Assign(target, Operation(head, tuple(operand(arg) for arg in args))))
    return Function("f", (), (Argument("x", tuple(VALUES)),), tuple(body), (Result("r", tuple(Name(name) for name in results)),))


def operand(text: str) -> Operand:
    return Name(text) if text.isidentifier() else Constant(Fraction(text))


OPERATIONS = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "neg": lambda a: -a}


def evaluated(f: Function, found: dict[str, Chain], unused: set[str]) -> list[Fraction]:
    """The results, with the sums as `found` has them; a name in `unused` has no value."""
    values = dict(VALUES)

    def of(x: Operand) -> Fraction:
        return values[x.text] if isinstance(x, Name) else Fraction(x.value)

    for a in f.body:
        if a.target in unused:
            continue
        chain = found.get(a.target)
        if chain is None:
            values[a.target] = OPERATIONS[a.value.head](*map(of, a.value.args))
        else:
            values[a.target] = sum(sign * of(x) for sign, x in chain.plain) + sum(sign * of(x) * of(y) for sign, x, y in chain.products)
    return [of(value) for value in f.results[0].values]


CASES = {  # lines, results, targets of chains, unused
    "a product in two sums": ("u = mul a b; v = add u c; w = sub d u", ("v", "w"), {"v", "w"}, {"u"}),
    "sums in sums, signs": ("u = mul a b; v = sub c u; w = sub d v; x = mul c d; y = sub w x", ("y",), {"y"}, {"u", "v", "w", "x"}),
    "a product that is a result": ("u = mul a b; v = add u c", ("v", "u"), set(), set()),
    "a product of a product": ("u = mul a b; v = mul u c; w = sub d v; x = add u d", ("w", "x"), {"w"}, {"v"}),
    "a sum that two want": ("u = mul a b; v = add u c; w = add v d; x = sub v d", ("w", "x"), {"v"}, {"u"}),
    "no product": ("v = add a c; w = sub v d", ("w",), set(), set()),
    "negative products only": ("u = mul a b; v = sub 0 u; w = mul c d; x = sub v w", ("x",), {"x"}, {"u", "v", "w"}),
    "the same product twice": ("u = mul a b; v = add u u", ("v",), {"v"}, {"u"}),
    "a sum that is negated": ("u = mul a b; v = add u c; w = neg v", ("w",), {"v"}, {"u"}),
}


@pytest.mark.parametrize("name", CASES)
def test_chains_are_the_sums_they_replace(name: str) -> None:
    lines, results, targets, gone = CASES[name]
    f = function(lines, *results)
    found, unused = chains(f)
    assert (set(found), unused) == (targets, gone)
    assert evaluated(f, found, unused) == evaluated(f, {}, set())


def test_what_is_added_stands_first() -> None:
    found, _ = chains(function("u = mul a b; v = sub u c; w = add v d", "w"))
    assert found["w"] == Chain(((1, Name("d")), (-1, Name("c"))), ((1, Name("a"), Name("b")),))
