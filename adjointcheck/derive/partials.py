"""Partial derivatives by SymPy, of weighted sums of the parts of a statement: of whole equations, or of shapes of terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

import sympy

from adjointcheck.expression.node import ONE, Expression, apply, mul, number, substitute, symbol, symbols_of, total
from adjointcheck.expression.sympy_bridge import from_sympy, sympy_symbol, to_sympy
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.trusted.split import summands

Formula = sympy.Expr
Weighted = Sequence[tuple[str, Expression]]  # the name of a factor, "" for 1, and what it multiplies


class Partials(Protocol):
    """A way to differentiate."""

    def of(self, parts: Weighted, sign: int = 1) -> dict[str, Expression]:
        """sign d (sum weight part) / d name, the weights held, for every name that occurs in the parts."""
        ...


@dataclass
class Algebra:
    """Whole equations in SymPy, which gathers like terms of several states."""

    converted: dict[sympy.Basic, Expression] = field(default_factory=dict)
    known: dict[Expression, dict[str, Formula]] = field(default_factory=dict)

    def of(self, parts: Weighted, sign: int = 1) -> dict[str, Expression]:
        found: dict[str, list[Formula]] = defaultdict(list)
        for weight, part in parts:
            for name, slope in self.slopes(part).items():
                found[name].append((sympy_symbol(weight) if weight else sympy.Integer(1)) * slope)
        return {name: from_sympy(sign * sympy.Add(*terms), f"d/d{name}", self.converted) for name, terms in found.items()}

    def slopes(self, part: Expression) -> dict[str, Formula]:
        if part not in self.known:
            formula = to_sympy(part)
            self.known[part] = {name: slope(formula, sympy_symbol(name)) for name in sorted(symbols_of(part))}
        return self.known[part]


@dataclass
class Patterns:
    """Terms in SymPy, one of each shape: terms that differ in their names alone have the same derivatives.

    What a function is applied to counts as a name, so that SymPy meets sin(s) and never turns sin(b - a) into -sin(a - b);
    the chain rule puts it back.  The cost is linear in the length of the parts, SymPy's share as small as the shapes are few.
    """

    known: dict[Expression, list[Expression]] = field(default_factory=dict)

    def of(self, parts: Weighted, sign: int = 1) -> dict[str, Expression]:
        found: dict[str, list[Expression]] = defaultdict(list)
        for weight, part in parts:
            for coefficient, factors in summands(part, spread=False):
                scale = mul(number(sign * coefficient), symbol(weight) if weight else ONE)
                for name, slopes in self.slopes(reduce(mul, factors, ONE)).items():
                    found[name].append(mul(scale, total(slopes)))
        return {name: total(terms) for name, terms in found.items()}

    def slopes(self, term: Expression) -> dict[str, list[Expression]]:
        """Terms of d term / d name for every name in `term`."""
        shape, slots = _shape(term)
        blanks = [symbol(_blank(i)) for i in range(len(slots))]
        if shape not in self.known:
            formula = to_sympy(shape)
            self.known[shape] = [from_sympy(slope(formula, sympy_symbol(blank.value))) for blank in blanks]
        filled = substitute(self.known[shape], {blank.value: slot for blank, slot in zip(blanks, slots, strict=True)})
        found: dict[str, list[Expression]] = defaultdict(list)
        for slot, outer in zip(slots, filled, strict=True):
            inner = {slot.value: ONE} if slot.head == "symbol" else self.of([("", slot)])
            for name, factor in inner.items():
                found[name].append(mul(outer, factor))
        return found


def _blank(i: int) -> str:
    return f"s{i:06}"


def _shape(term: Expression) -> tuple[Expression, list[Expression]]:
    """`term` with its symbols, and whatever its functions are applied to, replaced by blanks in the order they are met."""
    slots: dict[Expression, Expression] = {}
    shaped: dict[Expression, Expression] = {}
    stack = [term]
    while stack:
        node = stack[-1]
        slotted = len(node.args) == 1 and PRIMITIVES[node.head].smooth and PRIMITIVES[node.head].level == 9
        if node.head == "symbol" or (slotted and node.args[0].head != "number"):
            slot = node.args[0] if slotted else node
            blank = slots.setdefault(slot, symbol(_blank(len(slots))))
            shaped[stack.pop()] = apply(node.head, blank) if slotted else blank
        elif missing := [arg for arg in node.args if arg not in shaped]:
            stack += reversed(missing)
        else:
            shaped[stack.pop()] = apply(node.head, *(shaped[arg] for arg in node.args)) if node.args else node
    return shaped[term], list(slots)


def slope(formula: Formula, name: sympy.Symbol) -> Formula:
    """d formula / d name, sums and products taken apart: on long sums far quicker than one diff of the whole."""
    if name not in formula.free_symbols:
        return sympy.Integer(0)
    if formula.is_Add:
        return sympy.Add(*(slope(term, name) for term in sympy.Add.make_args(formula)))
    if formula.is_Mul:
        head, tail = formula.as_two_terms()  # pyright: ignore[reportAttributeAccessIssue]
        return slope(head, name) * tail + head * slope(tail, name)
    return formula.diff(name)
