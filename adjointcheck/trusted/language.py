"""The language of theories: letters of any dimension, what their suffixes mean, and the facts that steps claim.

A fact is an equation {left, right}, at = "always" or at one of the theory's points, or a functional {value, point slots,
interval slot}: value = sum of the point slots + int "integrand" dt over the points' interval (or sum of "sum" over its
layers, or mean of "mean").  Letters are matrices that depend smoothly on t (piecewise, between the points) and on every
parameter that a derivation suffix names: x.dot = dx/dt, x.delta = dx/d(variation).  x.next is the next layer's x; x.before
and x.after are its one-sided limits at an inner point, where a plain x is bound by nothing but the equations at that point.
Flags: constant (in time and layers), input (free: no step may solve for it), symmetric, identity, positive, nonzero
(invertible, if square), small (a parameter of its own that tends to 0), varies (with it, and stays bounded with all derivatives).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adjointcheck.errors import ProblemError, StepRejected
from adjointcheck.expression.grammar import LOG, check_name, parse
from adjointcheck.expression.node import ZERO, Expression, apply, substitute, symbol, symbols_of, total, walk
from adjointcheck.expression.table import MATRIX, PRIMITIVES, conditions_of
from adjointcheck.trusted.matrix import SHIFTS, Letter, has, normal, proof
from adjointcheck.trusted.verdict import Verdict, worst

FLAGS = frozenset({"constant", "input", "symmetric", "identity", "positive", "nonzero", "small", "varies"})
POINT = frozenset({"constant"})
INTERVALS = ("integrand", "sum", "mean")
MAX_SUFFIXES = 6


@dataclass(frozen=True)
class Fact:
    """An equation that holds `at` a place, or, with at = "", a functional."""

    parts: Mapping[str, Expression]
    at: str = ""

    def part(self, slot: str) -> Expression:
        return self.parts.get(slot, ZERO)


Obligation = tuple[str, Expression, Expression]  # place, left, right


@dataclass(frozen=True)
class Language:
    """What is given: letters, functions with their formal partials {argument: letter}, the points of the interval in order."""

    letters: Mapping[str, Letter]
    functions: Mapping[str, Mapping[str, str]]
    points: tuple[str, ...]
    layers: bool

    @property
    def bound(self) -> set[str]:
        """Functions and their partials."""
        return {*self.functions, *(part for slopes in self.functions.values() for part in slopes.values())}

    # -- letters and their derivatives ------------------------------------------------------------------------

    def read(self, text: str, where: str) -> Expression:
        """`text` with every suffix carried out: f.dot becomes the chain rule, and a constant's .dot becomes 0."""
        node = parse(text, where, caps=LOG, matrices=True)
        root = substitute([node], {name: self.suffixed(name, where) for name in symbols_of(node)})[0]
        self.guard(root, where)
        return root

    def suffixed(self, name: str, where: str) -> Expression:
        base, *suffixes = name.split(".")
        if base not in self.letters or len(suffixes) > MAX_SUFFIXES:
            raise StepRejected(where, name, f"a letter of the theory with at most {MAX_SUFFIXES} suffixes")
        node = symbol(base)
        for suffix in sorted(suffixes, key=lambda suffix: (suffix in SHIFTS, suffix)):
            node = self.move(node, suffix)
        return node

    def move(self, root: Expression, suffix: str) -> Expression:
        """`root` at another place (a shift: letter by letter), or its derivative (product and chain rule)."""
        moved = {name: self.letter_moved(name, suffix) for name in symbols_of(root)}
        return substitute([root], moved)[0] if suffix in SHIFTS else derive(root, moved)

    def letter_moved(self, name: str, suffix: str) -> Expression:
        base, *others = name.split(".")
        flags = self.letters[base].flags
        if suffix in SHIFTS and flags & {"constant", "identity"}:
            return symbol(name)
        if suffix not in SHIFTS and (flags & {"identity", "small"} or (suffix == "dot" and "constant" in flags)):
            return ZERO
        if suffix in SHIFTS or base not in self.functions:
            return symbol(".".join([base, *sorted([*others, suffix])]))
        slope = total(self.slope(base, argument, suffix) for argument in self.functions[base])
        for shift in others:
            slope = self.move(slope, shift)
        return slope

    def slope(self, function: str, argument: str, suffix: str) -> Expression:
        """The chain rule's term for one argument; a partial's shape is that which makes the product fit."""
        moved = self.letter_moved(argument, suffix)
        return ZERO if moved is ZERO else self.chain(function, argument)[1](symbol(self.functions[function][argument]), moved)

    def chain(self, function: str, argument: str) -> tuple[tuple[str, str], Callable[[Expression, Expression], Expression]]:
        f, a = self.letters[function], self.letters[argument]
        if (a.rows, a.cols) == ("1", "1"):
            return (f.rows, f.cols), lambda part, moved: part * moved
        if a.cols == f.cols == "1":
            return (f.rows, a.rows), lambda part, moved: part * moved
        if a.cols == f.rows == "1":
            return (a.rows, f.cols), lambda part, moved: apply("transpose", moved) * part
        if a.rows == f.rows == "1":
            return (a.cols, f.cols), lambda part, moved: moved * part
        if a.rows == f.cols == "1":
            return (f.rows, a.cols), lambda part, moved: part * apply("transpose", moved)
        raise StepRejected(f"function {function}", f"{argument}, {a.rows} x {a.cols}", "rows, columns and scalars of such")

    # -- side conditions --------------------------------------------------------------------------------------

    def guard(self, root: Expression, where: str) -> None:
        """Only smooth functions, only where they are defined for sure: no divisor that no flag vouches for."""
        for node in walk([root]):
            rough = node.head in PRIMITIVES and not PRIMITIVES[node.head].smooth
            if rough or not all(self.certain(a, relation) for a, relation in _conditions(node)):
                raise StepRejected(where, node, "smooth functions, and divisors that are letters flagged nonzero or positive")

    def certain(self, node: Expression, relation: str) -> bool:
        if node.head == "number":
            return node.value > 0 or (node.value < 0 and relation == "!=")
        if node.head == "symbol":
            return any(has(self.letters, node.value, flag) for flag in ("positive", *["nonzero", "identity"] * (relation == "!=")))
        return node.head in ("mul", "div", "pow", "transpose", "inverse", "det") and all(self.certain(arg, relation) for arg in node.args)

    def flagged(self, root: Expression, flag: str) -> list[str]:
        return [name for name in sorted(symbols_of(root)) if flag in self.letters[name.partition(".")[0]].flags]

    def timeless(self, *roots: Expression) -> bool:
        return all(self.letters[name.partition(".")[0]].flags & {"constant", "identity"} for name in symbols_of(*roots))

    def varying(self, root: Expression) -> bool:
        """Does `root` depend on the small parameter?  The next layer is one small step away."""
        small = any("small" in letter.flags for letter in self.letters.values())
        return bool(self.flagged(root, "small") or self.flagged(root, "varies") or (small and any(".next" in s for s in symbols_of(root))))

    def regular(self, *roots: Expression) -> bool:
        """No divisor, and no argument of a logarithm or root, varies with the small parameter."""
        return not any(self.varying(a) for node in walk(roots) for a, _ in _conditions(node))

    # -- equality under premises ------------------------------------------------------------------------------

    def instances(self, fact: Fact, place: str) -> list[Mapping[str, Expression]]:
        """The forms in which an equation holds at `place`: as it stands, or on both sides of an inner point."""
        ends = self.points[:1] if self.layers else self.points[:1] + self.points[-1:]
        if fact.at == place or self.timeless(*fact.parts.values()) or (fact.at == "always" and place in ends):
            return [fact.parts]
        if fact.at != "always" or place not in self.points[1:-1]:
            return []
        return [{side: self.move(root, shift) for side, root in fact.parts.items()} for shift in ("before", "after")]

    def equal(self, obligation: Obligation, premises: Sequence[Fact]) -> Verdict:
        """Judge one equality at its place."""
        from adjointcheck.trusted.matrix_witness import doubt_under  # what refutes can only take a proof back

        known, roots = self.put_in(obligation, premises)
        shown = proof(roots[:2], self.letters)
        return worst([doubt_under(known, roots, self, shown), shown])

    def put_in(self, obligation: Obligation, premises: Sequence[Fact]) -> tuple[Mapping[str, Expression], Sequence[Expression]]:
        """Solved premises, put into both sides and the premises' gaps as often as there are premises."""
        place, *sides = obligation
        held = [instance for premise in premises for instance in self.instances(premise, place)]
        known = {instance["left"].value: instance["right"] for instance in reversed(held)}  # the first word on a letter counts
        roots = [*sides, *(instance["left"] - instance["right"] for instance in held)]
        for _ in known:
            roots = substitute(roots, known)
        return known, roots

    # -- facts ------------------------------------------------------------------------------------------------

    def fact(self, claim: Mapping[str, str], where: str) -> Fact:
        """Read a claim; raises StepRejected for foreign slots, shapes that differ, and a value that depends on time."""
        parts = {slot: self.read(text, f"{where}, {slot}") for slot, text in claim.items() if slot != "at"}
        shapes = {(a.rows, a.cols) for root in parts.values() if (a := normal(root, self.letters)).rows}
        at = claim.get("at", "always") if "left" in claim else ""
        slots = {"left", "right"} if at else {"value", *self.points, *INTERVALS, "reversed"}
        fits = "value" in parts or (at and len(parts) == 2)
        if not set(parts) <= slots or not fits or at not in ("", "always", *self.points) or (not at and "at" in claim):
            raise StepRejected(where, ", ".join(claim), f"left, right, at; or value, {', '.join(self.points)} and an interval slot")
        if len(shapes) > 1:
            raise StepRejected(where, " and ".join(sorted(f"{rows} x {cols}" for rows, cols in shapes)), "parts of one shape")
        if not at and not self.timeless(parts["value"]):
            raise StepRejected(f"{where}, value", claim["value"], "constant letters alone")
        if "integrand" in parts and self.layers and any(map(self.varying, parts.values())):
            raise StepRejected(where, "integrand", "an integral only after the limit, free of what varies")
        if "reversed" in parts:  # int from the last point to the first is minus that from the first to the last
            parts["integrand"] = parts.get("integrand", ZERO) - parts.pop("reversed")
        self.interval(fact := Fact(parts, at))
        return fact

    def interval(self, *facts: Fact) -> str:
        found = [slot for slot in INTERVALS if any(slot in fact.parts for fact in facts)]
        if len(found) > 1:
            raise StepRejected("functional", ", ".join(found), "one kind of interval")
        return found[0] if found else ""

    def ends(self, root: Expression) -> dict[str, Expression]:
        """The point terms of int D_t root dt with its sign reversed at none: root(last) - root(first), and the jumps between."""
        if len(self.points) < 2:
            raise StepRejected("functional", self.points, "an interval with a first and a last point")
        inner = {point: self.move(root, "before") - self.move(root, "after") for point in self.points[1:-1]}
        return {self.points[0]: -root, self.points[-1]: root, **inner}


def _conditions(node: Expression) -> Iterable[tuple[Expression, str]]:
    """Where the head of `node` is defined."""
    return [(node.args[0], "!=")] if node.head == "inverse" else conditions_of(node) if node.head in PRIMITIVES else ()


def derive(root: Expression, direction: Mapping[str, Expression]) -> Expression:
    """d root along d symbol = direction[symbol], factors in order; a symbol without a direction does not move."""
    tangents: dict[Expression, Expression] = {}
    for node in walk([root]):
        moved = [tangents[arg] for arg in node.args]
        if node.head == "symbol":
            tangents[node] = direction.get(node.value, ZERO)
        elif node.head == "mul":
            tangents[node] = moved[0] * node.args[1] + node.args[0] * moved[1]
        else:
            pull = (PRIMITIVES.get(node.head) or MATRIX[node.head]).pull if node.args else None
            terms = [pull(m, node, *node.args)[i] for i, m in enumerate(moved) if m is not ZERO] if pull else []
            tangents[node] = total(term for term in terms if term is not None)
    return tangents[root]


def read_language(document: Mapping[str, Any]) -> Language:
    """Read letters, functions and points; raises ProblemError naming what does not fit."""
    letters = {check_name(name, "letters"): _letter(name, text.split()) for name, text in document["letters"].items()}
    functions = {name: dict(slopes) for name, slopes in document["functions"].items()}
    points = tuple(check_name(point, "points") for point in document["points"])
    language = Language(letters, functions, points, document["over"] == "layers")
    odd = document["over"] not in ("time", "layers") or (language.layers and (len(points) != 2 or {*points} & letters.keys()))
    still = all(letters[point] in (Letter("1", "1", POINT), Letter("1", "1", POINT | {"input"})) for point in points if point in letters)
    given = [name for name in functions if name in points or (name in letters and "input" in letters[name].flags)]
    reserved = {"at", "always", "value", "left", "right", "reversed", *INTERVALS}
    if odd or given or not still or not functions.keys() <= letters.keys() or len(set(points)) < len(points) or reserved & {*points}:
        wanted = "over time or layers (two points), different points that are constant scalars, functions that are plain letters"
        raise ProblemError("theory, points", ", ".join(points), wanted)
    for function, argument, part in ((f, a, p) for f, slopes in functions.items() for a, p in slopes.items()):
        shape, _ = language.chain(function, argument)
        own, theirs = letters[function].flags, letters[argument].flags
        agree = ("constant" in theirs or "constant" not in own) and ("varies" in own or not theirs & {"varies", "small"})
        free = "input" in letters[part].flags | own
        if free or argument in functions or shape != (letters[part].rows, letters[part].cols) or not agree:
            wanted = f"a partial {' x '.join(shape)} in a plain letter, flags that agree"
            raise ProblemError(f"function {function}, {argument}", part, wanted)
    return language


def _letter(name: str, words: Sequence[str]) -> Letter:
    rows, cols, *flags = words
    square = rows == cols or not {"symmetric", "identity", "nonzero"} & set(flags)
    scalar = rows == cols == "1" or not {"small", "positive"} & set(flags)
    dims = all(dim in tuple("123456789") or check_name(dim, f"letter {name}") for dim in (rows, cols))
    taken = name in {*MATRIX, "hole"} or ("small" in flags and "constant" not in flags)
    if taken or not (set(flags) <= FLAGS and square and scalar and dims):
        raise ProblemError(f"theory, letter {name}", " ".join(words), f"rows, columns and flags among {', '.join(sorted(FLAGS))}")
    return Letter(rows, cols, frozenset(flags))
