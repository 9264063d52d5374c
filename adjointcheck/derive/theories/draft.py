"""Writing a theory: letters, functions, steps; SymPy's noncommutative algebra proposes what can be computed.

Nothing here is believed: a draft becomes a plain document, and `trusted/theory.py` judges it line by line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from adjointcheck.expression.grammar import LOG, parse
from adjointcheck.expression.node import evaluate
from adjointcheck.trusted.language import INTERVALS
from adjointcheck.trusted.matrix import SHIFTS

Claim = Mapping[str, str]
KIND, SCHEMA_VERSION = "theory", 1
Formula = Any  # SymPy's own types are too coarse for its classes
TRANSPOSE = sympy.Function("transpose", commutative=False)
TRACE = sympy.Function("trace", commutative=True)


@dataclass
class Draft:
    """A theory under construction; `over` is "time" or "layers", `points` its first point, inner points and last point."""

    points: Sequence[str] = ("t0", "t1")
    over: str = "time"
    letters: dict[str, str] = field(default_factory=dict)
    functions: dict[str, dict[str, str]] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    conclusions: tuple[str, ...] = ()

    def let(self, **shapes: str) -> None:
        """Declare letters: x="n 1", theta="m 1 constant input"."""
        self.letters |= shapes

    def function(self, name: str, shape: str, **slopes: str) -> None:
        """Declare f and its formal partials: function("f", "n 1", x="f_x n n") declares f_x as well."""
        self.letters[name] = shape
        self.functions[name] = {argument: text.split()[0] for argument, text in slopes.items()}
        for text in slopes.values():
            part, _, part_shape = text.partition(" ")
            if part_shape:
                self.letters[part] = part_shape

    def step(self, id: str, rule: str, claim: str | Claim, *premises: str, how: Claim | None = None, **options: str) -> str:
        """Add a line; a claim is "left = right", "left = right at t1", or a mapping of slots.  Returns the id."""
        slots = equation(claim) if isinstance(claim, str) else dict(claim)
        self.steps.append({"id": id, "rule": rule, "premises": list(premises), "claim": slots, "how": {**(how or {}), **options}})
        return id

    def assume(self, id: str, claim: str | Claim) -> str:
        """Add a hypothesis of the theorem."""
        return self.step(id, "assume", claim)

    def define(self, id: str, claim: str | Claim) -> str:
        """Name a new letter."""
        return self.step(id, "define", claim)

    def claim(self, id: str) -> dict[str, str]:
        """The slots that the step `id` claims."""
        return next(step["claim"] for step in self.steps if step["id"] == id)

    def document(self, name: str, title: str, source: str) -> dict[str, Any]:
        """The log, without verdicts: plain data."""
        return {"kind": KIND, "schema_version": SCHEMA_VERSION, "name": name, "title": title, "source": source, "over": self.over,
                "points": list(self.points), "letters": self.letters, "functions": self.functions, "steps": self.steps,
                "conclusions": list(self.conclusions), "claims": []}

    # -- what SymPy proposes ----------------------------------------------------------------------------------

    def vary(self, premise: str, by: str, *solved: str) -> dict[str, str]:
        """The slots of `premise` differentiated along `by`, Leibniz terms included, with the equations `solved` put in."""
        claim, algebra = self.claim(premise), Algebra(self)
        slots = {slot: algebra.along(algebra.read(text), by) for slot, text in claim.items() if slot != "at"}
        moving = {point: algebra.letter(f"{point}.{by}") for point in self.points if point in self.letters}
        for point, rate in moving.items():
            if point in slots:
                slots[point] += algebra.along(algebra.read(claim[point]), "dot") * rate
        if "integrand" in claim:
            integrand = algebra.read(claim["integrand"])
            for point, rate in moving.items():
                inner = algebra.shift(integrand, "before") - algebra.shift(integrand, "after")
                rim = {self.points[0]: -integrand, self.points[-1]: integrand}.get(point, inner)
                slots[point] = slots.get(point, sympy.Integer(0)) + rim * rate
        put = {algebra.letter(self.claim(id)["left"]): algebra.read(self.claim(id)["right"]) for id in solved}
        return {slot: algebra.text(algebra.gathered(root.subs(put))) for slot, root in slots.items()}

    def by_parts(self, premise: str, boundary: str) -> dict[str, str]:
        """The slots of `premise` after integration (or summation) by parts with this boundary term."""
        claim, algebra = self.claim(premise), Algebra(self)
        slots = {slot: algebra.read(text) for slot, text in claim.items()}
        kind = next(slot for slot in INTERVALS if slot in claim)
        edge = algebra.read(boundary)
        flow = algebra.along(edge, "dot") if kind == "integrand" else algebra.shift(edge, "next") - edge
        inner = {point: algebra.shift(edge, "before") - algebra.shift(edge, "after") for point in self.points[1:-1]}
        for slot, root in {kind: -flow, self.points[0]: -edge, self.points[-1]: edge, **inner}.items():
            slots[slot] = slots.get(slot, sympy.Integer(0)) + root
        return {slot: algebra.text(algebra.gathered(root)) for slot, root in slots.items()}

    def costate(self, premise: str, slot: str, of: str, letter: str) -> str:
        """The equation "letter = ..." at which the coefficient of the variation `of` in a slot of `premise` vanishes."""
        algebra = Algebra(self)
        slope = algebra.coefficient(algebra.read(self.claim(premise)[slot]), of)
        found = sympy.expand(slope.xreplace({algebra.plain(letter): sympy.Integer(0)}))
        right = algebra.text(-found if sympy.expand(slope - found) == algebra.plain(letter) else found)
        return f"{letter} = {right}" + (f" at {slot}" if slot in self.points else "")


def equation(claim: str) -> dict[str, str]:
    """{"left", "right", "at"} of "left = right" or "left = right at t1"."""
    left, _, right = claim.partition(" = ")
    right, _, at = right.partition(" at ")
    return {"left": left.strip(), "right": right.strip()} | ({"at": at.strip()} if at else {})


class Algebra:
    """The letters of a draft as SymPy symbols: scalars commute, all others keep their order."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def letter(self, name: str) -> Formula:
        """The symbol of a suffixed letter, or what its suffixes make of it (0, or the chain rule)."""
        base, *suffixes = name.split(".")
        node = self.plain(base)
        for suffix in sorted(suffixes, key=lambda s: (s in SHIFTS, s)):
            node = self.shift(node, suffix) if suffix in SHIFTS else self.along(node, suffix)
        return node

    def plain(self, name: str) -> sympy.Symbol:
        return sympy.Symbol(name, commutative=self.shape(name) == ["1", "1"])

    def shape(self, name: str) -> list[str]:
        return self.draft.letters[name.partition(".")[0]].split()[:2]

    def flags(self, name: str) -> set[str]:
        return set(self.draft.letters[name.partition(".")[0]].split()[2:])

    def read(self, text: str) -> Formula:
        root = parse(text, "draft", caps=LOG, matrices=True)

        def leaf(node: Any) -> Formula:
            is_number = node.head == "number"
            return sympy.Rational(node.value.numerator, node.value.denominator) if is_number else self.letter(node.value)

        return sympy.expand(evaluate([root], leaf, _TO_SYMPY)[0])

    def shift(self, root: Formula, suffix: str) -> Formula:
        moved = {s: self.plain(".".join([s.name.split(".")[0], *sorted([*s.name.split(".")[1:], suffix])]))
                 for s in root.free_symbols if not self.flags(s.name) & {"constant", "identity"}}
        return root.xreplace(moved)

    def along(self, root: Formula, by: str) -> Formula:
        """The derivation `by`: product rule in order, chain rule for functions."""
        if root.is_Add:
            return sympy.Add(*(self.along(term, by) for term in root.args))
        if root.is_Mul:
            parts = root.args
            return sympy.expand(sympy.Add(*(sympy.Mul(*parts[:i], self.along(part, by), *parts[i + 1 :]) for i, part in enumerate(parts))))
        if isinstance(root, sympy.Pow):
            return root.exp * root.base ** (root.exp - 1) * self.along(root.base, by)
        if root.func in (TRANSPOSE, TRACE):
            return self.mapped(root.func, self.along(root.args[0], by))
        return self.symbol_along(root.name, by) if root.is_Symbol else sympy.Integer(0)

    def symbol_along(self, name: str, by: str) -> Formula:
        base, *suffixes = name.split(".")
        flags = self.flags(base)
        if flags & {"identity", "small"} or (by == "dot" and "constant" in flags):
            return sympy.Integer(0)
        if base not in self.draft.functions:
            return self.plain(".".join([base, *sorted([*suffixes, by])]))
        terms = [self.chain(base, argument, part, by) for argument, part in self.draft.functions[base].items()]
        found = sympy.Add(*terms)
        for suffix in suffixes:
            found = self.shift(found, suffix)
        return found

    def chain(self, function: str, argument: str, part: str, by: str) -> Formula:
        """The chain rule's term for one argument, in the order that the shapes ask for."""
        moved, slope = self.symbol_along(argument, by), self.plain(part)
        (rows, cols), (deep, wide) = self.shape(function), self.shape(argument)
        if wide == "1":
            return slope * moved if cols == "1" or deep == "1" else self.mapped(TRANSPOSE, moved) * slope
        return moved * slope if rows == "1" else slope * self.mapped(TRANSPOSE, moved)

    def mapped(self, function: Any, root: Formula) -> Formula:
        """`function` of a sum, term by term, scalars drawn out."""
        terms = []
        for term in sympy.Add.make_args(sympy.expand(root)):
            scalars, words = term.args_cnc()
            terms.append(sympy.Mul(*scalars) * function(sympy.Mul(*words)) if term != 0 else sympy.Integer(0))
        return sympy.Add(*terms)

    def coefficient(self, root: Formula, of: str) -> Formula:
        found = []
        for term in sympy.Add.make_args(sympy.expand(root)):
            scalars, words = term.args_cnc()
            factors = [*scalars, *words]
            if self.plain(of) in factors:
                factors.remove(self.plain(of))
                found.append(sympy.Mul(*factors))
        return sympy.Add(*found)

    def gathered(self, root: Formula) -> list[tuple[Any, Formula]]:
        """A sum as pairs (variation that stands last in its terms or None, its coefficient)."""
        groups: dict[Any, list[Formula]] = {}
        for term in sympy.Add.make_args(sympy.expand(root)):
            scalars, words = term.args_cnc()
            factors = [*scalars, *words]
            ends = [*words[-1:], *scalars]
            last = next((f for f in ends if f.is_Symbol and set(f.name.split(".")[1:]) - SHIFTS - {"dot"}), None)
            if last is not None:
                factors.remove(last)
                groups.setdefault(last, []).append(sympy.Mul(*factors))
            else:
                groups.setdefault(None, []).append(term)
        return [(last, sympy.Add(*terms)) for last, terms in groups.items()]

    def text(self, root: Any) -> str:
        """In the grammar, products in order."""
        if isinstance(root, list):
            parts = [(self.text(c), last) for last, c in root]
            shown = [c if last is None else str(last) if c == "1" else f"({c})*{last}" for c, last in parts if c != "0"]
            return " + ".join(shown) or "0"
        if root.is_Add:
            return " + ".join(self.text(term) for term in root.args).replace("+ -", "- ")
        if root.is_Mul:
            scalars, words = root.args_cnc()
            sign = "-" if scalars and scalars[0] == -1 else ""
            factors = [*(scalars[1:] if sign else scalars), *words]
            return sign + ("*".join(f"({self.text(f)})" if f.is_Add or (f.is_Rational and f.q != 1) else self.text(f) for f in factors))
        if isinstance(root, sympy.Pow):
            return f"({self.text(root.base)})**({root.exp})"
        if root.func in (TRANSPOSE, TRACE):
            return f"{root.func}({self.text(root.args[0])})"
        return str(root)


_TO_SYMPY: dict[str, Any] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "neg": lambda a: -a,
    "pow": lambda a, b: a**b, "transpose": lambda a: TRANSPOSE(a), "trace": lambda a: TRACE(a),
}
