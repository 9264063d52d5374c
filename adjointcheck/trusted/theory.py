"""Theories: derivations for every dimension, judged line by line.

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
from dataclasses import dataclass, field, replace
from typing import Any

from adjointcheck.errors import AdjointCheckError, DisagreementError, ProblemError, StepRejected
from adjointcheck.expression.grammar import LOG, check_name, parse
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, substitute, symbol, symbols_of, total, walk
from adjointcheck.expression.table import MATRIX, PRIMITIVES, conditions_of
from adjointcheck.trusted.matrix import SHIFTS, Letter, compare, has, normal
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.replay import SCHEMA_VERSION, Judged, Judgement, Step
from adjointcheck.trusted.verdict import Status, Verdict, worst

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
class Theory:
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
        """Judge one equality at its place, with solved premises put in as often as there are premises."""
        place, *sides = obligation
        known: dict[str, Expression] = {}
        held = [instance for premise in premises for instance in self.instances(premise, place)]
        for instance in held:
            known.setdefault(instance["left"].value, instance["right"])
        roots = [*sides, *(instance["left"] - instance["right"] for instance in held)]
        for _ in known:
            roots = substitute(roots, known)
        verdict = compare(roots[0], roots[1], self.letters, roots[2:])
        tied = self.tied(symbols_of(*roots[:2]), known) if verdict.status is Status.REFUTED else []
        return Verdict(Status.UNKNOWN, reason=f"does not follow as it stands, but more may be implied of {tied[0]}") if tied else verdict

    def tied(self, names: Iterable[str], known: Mapping[str, Expression]) -> list[str]:
        """The letters of which premises, or the symmetry of second derivatives along two directions, say more than was put in."""
        parts = {name: name.split(".") for name in sorted(names)}
        opaque = [name for name, (base, *suffixes) in parts.items() if base in self.bound - self.functions.keys() and {*suffixes} - SHIFTS]
        if len({suffix for name in opaque for suffix in parts[name][1:]} - SHIFTS) > 1:
            return opaque
        solved = [(other.split("."), symbols_of(right)) for other, right in known.items()]
        return [name for name, (base, *suffixes) in parts.items()
                if any(base == other[0] and {*other[1:]} <= {*suffixes} and name not in used for other, used in solved)]

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


# Rules


@dataclass(frozen=True)
class Line:
    """One step as its rule sees it: the facts it starts from, its claim and options, and what earlier steps did."""

    theory: Theory
    main: Sequence[Fact]
    claim: Fact
    how: Mapping[str, str]
    marks: frozenset[str]
    patterns: Sequence[tuple[Fact, str]] = ()

    def expect(self, fits: bool, wanted: str) -> None:
        if not fits:
            raise StepRejected("rule", ", ".join(self.claim.parts), wanted)

    def option(self, name: str) -> Expression:
        return self.theory.read(self.how[name], name)

    def variation(self) -> tuple[str, str, str]:
        """The option `of`, such as x.delta or x.before.delta, with its letter and its one derivation."""
        node = self.option("of")
        base, *suffixes = node.value.split(".") if node.head == "symbol" else ("",)
        derivations = [suffix for suffix in suffixes if suffix not in SHIFTS]
        self.expect(len(derivations) == 1 and derivations != ["dot"], "a variation such as x.delta")
        return node.value, base, derivations[0]

    def new(self, letter: Expression, sources: Iterable[Expression]) -> None:
        """`letter` is named here for the first time, and its flags promise no more than its sources keep."""
        theory, name, sources = self.theory, letter.value, list(sources)
        self.expect(letter.head == "symbol" and "." not in name and f"name {name}" not in self.marks, "a letter that is new here")
        arguments = {argument for slopes in theory.functions.values() for argument in slopes}
        self.expect(name not in theory.bound | arguments | {*theory.points} | symbols_of(*sources), "a letter that nothing else defines")
        flags = theory.letters[name].flags
        self.expect(flags <= {"constant", "varies"} and self.claim.at in ("", "always"), "a plain letter's definition, always")
        self.expect("constant" not in flags or not self.claim.at or theory.timeless(*sources), "a constant, if so flagged")
        self.expect("varies" in flags or not any(map(theory.varying, sources)), "a letter flagged varies")
        self.expect(theory.regular(*sources), "no division by what tends to 0")


def _same(line: Line, expected: Fact) -> list[Obligation]:
    """The claim and `expected` say the same: slot by slot, or left - right for equations at the same place."""
    claim = line.claim
    line.expect(claim.at == expected.at, f"an equation at {expected.at}" if expected.at else "a functional")
    if claim.at:
        return [(claim.at, claim.part("left") - claim.part("right"), expected.part("left") - expected.part("right"))]
    kind = line.theory.interval(claim, expected)
    slots = dict.fromkeys([*claim.parts, *expected.parts])
    return [("always" if slot == kind else slot, claim.part(slot), expected.part(slot)) for slot in slots]


def _sources(fact: Fact) -> list[Expression]:
    return [root for slot, root in fact.parts.items() if slot not in ("left", "value")]


def assume(line: Line) -> list[Obligation]:
    """|- x = E at a place, a hypothesis of the theorem: x no input, solved for once, and not in E; or a functional."""
    left = line.claim.part("left")
    line.expect(not line.theory.flagged(line.claim.part("value"), "input"), "a value that is no input")
    if line.claim.at:
        line.expect(left.head == "symbol" and left.value not in symbols_of(line.claim.part("right")), "an equation solved for one letter")
        line.expect(not any(line.theory.flagged(left, flag) for flag in ("input", "small", "identity")), "a letter that is no input")
        line.expect(f"solved {left.value} {line.claim.at}" not in line.marks, "a letter that no step has solved for at this place")
    return []


def define(line: Line) -> list[Obligation]:
    """|- y = E always, or y = functional: y is a new letter, so nothing is assumed."""
    line.new(line.claim.part("left" if line.claim.at else "value"), _sources(line.claim))
    return []


def choose(line: Line) -> list[Obligation]:
    """V = ... int F dt |- p.dot = R (over layers p = R), chosen so that the variation `of` drops out of F, or of a point's term.

    p is a multiplier, of which nothing is assumed: between the points one law, from one end one value, at inner points one jump.
    """
    assume(line)
    theory, at, (of, _, along) = line.theory, line.claim.at, line.variation()
    name = line.claim.part("left").value if at else "."
    base, _, suffix = name.partition(".")
    stretch = _stretch(theory, at)
    forms = ("" if theory.layers else "dot",) if at == "always" else ("",) if stretch == "ends" else ("before", "after")
    line.expect(suffix in forms and (not theory.layers or at != theory.points[0]), "p.dot (over layers p), p at an end, or p.before")
    free = base not in theory.bound and theory.letters[base].flags <= {"varies"} and f"assume {base}" not in line.marks
    line.expect(free and f"choose {base} {stretch}" not in line.marks, "a multiplier of which nothing is assumed, one law, one end")
    line.expect(f"in {stretch} {name}" not in line.marks, "a letter that no earlier choice there builds on")
    slope = derive(line.main[0].part(theory.interval(*line.main) if at == "always" else at), {of: symbol(of)})
    line.expect(name in symbols_of(slope), "a letter of that variation's coefficient")
    line.expect(not any(along in used.split(".") for used in symbols_of(line.claim.part("right"))), "a choice free of variations")
    return [(at, substitute([slope], {name: line.claim.part("right")})[0], ZERO)]


def _stretch(theory: Theory, at: str) -> str:
    return "ends" if at in theory.points[:1] + theory.points[-1:] else at


def rewrite(line: Line) -> list[Obligation]:
    """facts |- claim = sum of the facts, each under its pattern (linear in `hole`), solved equations put in where they hold."""
    theory = line.theory
    sums: dict[str, Expression] = {}
    for fact, text in line.patterns:
        line.expect(not line.claim.at or bool(fact.at), "functionals to give functionals")
        instances = theory.instances(fact, line.claim.at) if fact.at else [fact.parts]
        line.expect(len(instances) == 1 and bool(line.claim.at) == bool(fact.at), "an equation that holds where the claim does")
        for slot, root in instances[0].items():
            sums[slot] = sums.get(slot, ZERO) + _within(line, text, root)
    return _same(line, Fact(sums, line.claim.at))


def _within(line: Line, text: str, root: Expression) -> Expression:
    """`text` with `hole` filled by `root`, once it is proved linear in it."""
    shape = normal(root, line.theory.letters)
    if not shape.rows:
        return ZERO
    extended = replace(line.theory, letters={**line.theory.letters, "hole": Letter(shape.rows, shape.cols)})
    pattern = extended.read(text, "pattern")
    constant = extended.timeless(*(symbol(s) for s in symbols_of(pattern) - {"hole"}))
    filled = symbol("hole.filled")
    linear = compare(derive(pattern, {"hole": filled}), substitute([pattern], {"hole": filled})[0], extended.letters)
    line.expect(linear.status is Status.PROVED and (bool(line.claim.at) or constant), "a pattern linear in hole, constant for functionals")
    return substitute([pattern], {"hole": root})[0]


def differentiate(line: Line) -> list[Obligation]:
    """l = r |- D l = D r; at a point s that moves, D is the total variation D + (D s) d/dt; functionals by Leibniz' rule."""
    theory, fact, by = line.theory, line.main[0], line.how["by"]
    line.expect(by.isascii() and by.isalpha() and by.islower() and by not in SHIFTS, "a derivation")
    line.expect(by != "dot" or (fact.at == "always" and not theory.layers), "an equation that holds always, over time")

    def along(point: str, root: Expression) -> Expression:
        return theory.move(root, by) + theory.move(root, "dot") * speed(point)

    def speed(point: str) -> Expression:
        return theory.move(symbol(point), by) if point in theory.letters and point in theory.points else ZERO

    if fact.at:
        return _same(line, Fact({side: along(fact.at, root) for side, root in fact.parts.items()}, fact.at))
    parts = {slot: along(slot, root) for slot, root in fact.parts.items()}
    if "integrand" in parts:
        for point, root in theory.ends(fact.part("integrand")).items():
            parts[point] = parts.get(point, ZERO) + root * speed(point)
    return _same(line, Fact(parts))


def by_parts(line: Line) -> list[Obligation]:
    """V = ... int F |- V = ... int (F - D_t B) + B(last) - B(first) + jumps of B; for sums D_t B is B.next - B."""
    theory, fact, boundary = line.theory, line.main[0], line.option("boundary")
    kind = theory.interval(fact, line.claim)
    line.expect(not fact.at and kind == ("sum" if theory.layers else "integrand"), "a functional with an integral (over layers a sum)")
    line.expect(theory.layers or not any(".next" in name for name in symbols_of(boundary)), "a boundary term at one time")
    flow = theory.move(boundary, "dot") if kind == "integrand" else theory.move(boundary, "next") - boundary
    parts = {**fact.parts, kind: fact.part(kind) - flow}
    for point, root in theory.ends(boundary).items():
        parts[point] = parts.get(point, ZERO) + root
    return _same(line, Fact(parts))


def gradient(line: Line) -> list[Obligation]:
    """V = ... G v + (terms in variations of other inputs) |- G, a new letter: a functional for constant v, else its density."""
    theory, fact, claim, (of, base, suffix) = line.theory, line.main[0], line.claim, line.variation()
    kind, density = theory.interval(fact), bool(claim.at)
    line.new(claim.part("left" if density else "value"), _sources(claim))
    line.expect(of == f"{base}.{suffix}", "the variation of a letter, at no special side")
    line.expect(not fact.at and density != theory.timeless(symbol(of)), "a functional; a constant's gradient, or an equation for a density")
    line.expect(not density or kind in ("integrand", "sum"), "a density under an integral or a sum")
    slots = {slot: fact.part(slot) for slot in dict.fromkeys([*fact.parts, *claim.parts]) if slot not in ("left", "right", "value")}
    varied = {name for root in slots.values() for name in symbols_of(root) if suffix in name.split(".")[1:]}
    line.expect(all(theory.flagged(symbol(name), "input") for name in varied), "variations of inputs alone in the functional")
    line.expect({name for name in varied if name.partition(".")[0] == base} <= {of}, "the variation itself, not its derivatives")
    line.expect(not any(suffix in name.split(".")[1:] for name in symbols_of(*_sources(claim))), "a gradient free of variations")
    found: list[Obligation] = []
    for slot, root in slots.items():
        place = "always" if slot == kind else slot
        slope = claim.part(slot) if not density else claim.part("right") if slot == kind else ZERO
        found.append((place, derive(root, {of: symbol(of)}), slope * symbol(of)))
        found.append((place, substitute([root], dict.fromkeys(varied, ZERO))[0], ZERO))
    return found


def expand(line: Line) -> list[Obligation]:
    """|- E = c0 + c1 eps + ... + eps**(k+1) r: Taylor's theorem for E smooth in eps, with a new, bounded r."""
    theory, claim, eps, rest, order = line.theory, line.claim, _small(line), line.option("remainder"), line.how["order"]
    line.expect(order in tuple("012345678") and claim.at == "always" and rest.head == "symbol", "an order below 9 and a letter")
    left, right = claim.part("left"), claim.part("right")
    main = substitute([right], {rest.value: ZERO})[0]
    explicit = not any(theory.varying(symbol(name)) for name in symbols_of(left, main) - {eps})
    line.expect(explicit and theory.regular(left, right), "both sides explicit and regular in the small letter")
    line.expect(has(theory.letters, rest.value, "varies"), "a remainder flagged varies")
    line.new(rest, [left])
    found: list[Obligation] = [("always", right - main, symbol(eps) ** (int(order) + 1) * rest)]
    for _ in range(int(order) + 1):
        at_zero = substitute([left, main], {eps: ZERO})
        found.append(("always", at_zero[0], at_zero[1]))
        left, main = (derive(side, {eps: ONE}) for side in (left, main))
    return found


def limit(line: Line) -> list[Obligation]:
    """F(eps, r) = 0 for all small eps |- F(0, r) = 0, free of what varies; a sum of eps E goes over into the integral of E at 0."""
    theory, fact, claim, eps = line.theory, line.main[0], line.claim, _small(line)
    line.expect(theory.regular(*fact.parts.values()), "no division by what tends to 0")
    line.expect(not any(map(theory.varying, claim.parts.values())), "a claim free of what varies")
    if claim.at:
        sides = substitute([fact.part("left"), fact.part("right")], {eps: ZERO})
        return _same(line, Fact(dict(zip(("left", "right"), sides, strict=True)), fact.at))
    line.new(claim.part("value"), _sources(claim))
    parts = {slot: root for slot, root in fact.parts.items() if slot != "value"}
    layer = parts.pop("sum", ZERO)
    parts["integrand"] = parts.get("integrand", ZERO) + derive(layer, {eps: ONE})
    at_zero = dict(zip(parts, substitute(parts.values(), {eps: ZERO}), strict=True))
    return [("always", substitute([layer], {eps: ZERO})[0], ZERO), *_same(line, Fact({**at_zero, "value": claim.part("value")}))]


def unique(line: Line) -> list[Obligation]:
    """E.dot = R (over layers E = R in E.next, or E.next = R in E), R = 0 if E = 0, E = 0 where it starts |- E = 0 always."""
    theory, (law, end), left, moved = line.theory, line.main, line.claim.part("left"), line.main[0].part("left")
    line.expect(line.claim.at == law.at == "always" and left.head == "symbol" and len(theory.points) == 2, "one letter, always")
    after, first, last = theory.move(left, "next"), theory.points[0], theory.points[-1]
    laws = [(left, after, {last}), (after, left, {first})] if theory.layers else [(theory.move(left, "dot"), left, {first, last})]
    found = [(source, starts) for result, source, starts in laws if result is moved and end.at in starts]
    line.expect(bool(found), "a law for the letter's .dot or its next layer, and a zero where that starts")
    rate = substitute([law.part("right")], {found[0][0].value: ZERO})[0]
    return [("always", rate, ZERO), (end.at, end.part("left") - end.part("right"), left), ("always", line.claim.part("right"), ZERO)]


def _small(line: Line) -> str:
    names = [name for name, letter in line.theory.letters.items() if "small" in letter.flags]
    line.expect(len(names) == 1, "a theory with one small letter")
    return names[0]


@dataclass(frozen=True)
class Row:
    """A rule, how many facts it starts from (the other premises are solved equations to put in), its options, and words."""

    apply: Callable[[Line], list[Obligation]]
    main: int
    options: tuple[str, ...]
    words: str
    extra: bool = True


RULES: dict[str, Row] = {row.apply.__name__: row for row in (
    Row(assume, 0, (), "Hypothesis.", False),
    Row(define, 0, (), "Definition of a new letter.", False),
    Row(choose, 1, ("of",), "Chosen so that the variation drops out."),
    Row(rewrite, 0, (), "Equals put for equals."),
    Row(differentiate, 1, ("by",), "Differentiate both sides; a functional by Leibniz' rule, moving end points included."),
    Row(by_parts, 1, ("boundary",), "Integration (summation) by parts."),
    Row(gradient, 1, ("of",), "What multiplies the variation of an input is the gradient in it."),
    Row(expand, 0, ("order", "remainder"), "Taylor expansion in the small letter.", False),
    Row(limit, 1, (), "The small letter tends to 0.", False),
    Row(unique, 2, (), "The only solution that vanishes at an end is 0.", False),
)}


# Judging


@dataclass(frozen=True)
class Inference(Step):
    """One line of a theory: a step with the options of its rule; for rewrite, a pattern by premise."""

    how: Mapping[str, str] = field(default_factory=dict)


def judge_theory(document: Mapping[str, Any]) -> Judgement:
    """Re-prove a theory step by step; raises ProblemError when it has not the form of one."""
    try:
        if document["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema_version {document['schema_version']}")
        theory, conclusions = read_theory(document), list(document["conclusions"])
        steps = [Inference(s["id"], s["rule"], tuple(s["premises"]), dict(s["claim"]), dict(s.get("how", {}))) for s in document["steps"]]
        texts = [t for s in steps for t in (s.id, s.rule, *s.premises, *s.claim, *s.claim.values(), *s.how, *s.how.values())]
        if not all(isinstance(text, str) for text in [*texts, *conclusions]):
            raise ValueError("something that is no text")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ProblemError("theory", f"{type(error).__name__}: {error}", "a log written by `theory --log`") from error
    facts: dict[str, Fact] = {}
    marks: set[str] = set()
    judged = [_judge_step(theory, step, facts, marks) for step in steps]
    reached = {step.id for step in steps if step.rule not in ("assume", "define")}
    missing = [name for name in conclusions if name not in reached] if conclusions else ["a conclusion"]
    judged += [Judged("end", "conclusion", Verdict(Status.INVALID, reason=f"no step proves {name}")) for name in missing]
    return Judgement(tuple(judged), ())


def _judge_step(theory: Theory, step: Inference, facts: dict[str, Fact], marks: set[str]) -> Judged:
    try:
        if step.rule not in RULES or step.id in facts or not set(step.premises) <= facts.keys():
            known = f"a new id, earlier premises, a rule among {', '.join(RULES)}"
            raise StepRejected(f"step {step.id}", f"{step.rule} from {', '.join(step.premises) or 'nothing'}", known)
        claim = theory.fact(step.claim, f"step {step.id}")
        line, premises = _line(theory, step, claim, facts, marks)
        obligations = RULES[step.rule].apply(line)
        verdicts = [theory.equal(obligation, premises) for obligation in obligations]
        facts[step.id] = claim
        marks |= _marks(theory, step.rule, claim)
        taken = {"assume": ("hypothesis",), "define": ("definition",)}.get(step.rule, ("nothing to show",))
        return Judged(step.id, step.rule, worst(verdicts) if verdicts else Verdict(Status.PROVED, taken))
    except DisagreementError:
        raise
    except AdjointCheckError as error:
        return Judged(step.id, step.rule, Verdict(Status.INVALID, reason=str(error)))
    except (BudgetError, RecursionError) as error:
        return Judged(step.id, step.rule, Verdict(Status.UNKNOWN, reason=str(error) or "nested too deeply"))


def _marks(theory: Theory, rule: str, claim: Fact) -> set[str]:
    """What later steps must know of this one: the letters it names, and what it solved for and where."""
    found = {f"name {name.partition('.')[0]}" for name in symbols_of(*claim.parts.values())}
    if claim.at and rule in ("assume", "choose"):
        name, stretch = claim.part("left").value, _stretch(theory, claim.at)
        base = name.partition(".")[0]
        found |= {f"solved {name} {claim.at}", f"{rule} {base}", f"{rule} {base} {stretch}"}
        found |= {f"in {stretch} {used}" for used in symbols_of(claim.part("right")) if rule == "choose"}
    return found


def _line(theory: Theory, step: Inference, claim: Fact, facts: Mapping[str, Fact], marks: set[str]) -> tuple[Line, list[Fact]]:
    """The step as its rule sees it, and the solved equations among its premises."""
    row, named = RULES[step.rule], {name: facts[name] for name in step.premises}
    summed = [name for name, fact in named.items() if row.apply is rewrite and (name in step.how or not fact.at)]
    patterned = {name: step.how.get(name, "hole") for name in summed}
    main = step.premises[: row.main]
    rest = [named[name] for name in step.premises[row.main :] if name not in patterned]
    solved = all(fact.at and fact.part("left").head == "symbol" for fact in rest) and (row.extra or not rest)
    options = set(step.how) == set(row.options) or (row.apply is rewrite and set(step.how) <= set(patterned))
    if len(main) < row.main or not solved or not options or len(named) < len(step.premises):
        raise StepRejected(f"step {step.id}, {step.rule}", ", ".join((*step.premises, *step.how)) or "nothing",
                           f"{row.main} facts, then equations solved for a letter, each once; options {', '.join(row.options) or '(none)'}")
    patterns = [(named[name], text) for name, text in patterned.items()]
    return Line(theory, [named[name] for name in main], claim, step.how, frozenset(marks), patterns), rest


def read_theory(document: Mapping[str, Any]) -> Theory:
    """Read letters, functions and points; raises ProblemError naming what does not fit."""
    letters = {check_name(name, "letters"): _letter(name, text.split()) for name, text in document["letters"].items()}
    functions = {name: dict(slopes) for name, slopes in document["functions"].items()}
    points = tuple(check_name(point, "points") for point in document["points"])
    theory = Theory(letters, functions, points, document["over"] == "layers")
    odd = document["over"] not in ("time", "layers") or (theory.layers and (len(points) != 2 or {*points} & letters.keys()))
    still = all(letters[point] in (Letter("1", "1", POINT), Letter("1", "1", POINT | {"input"})) for point in points if point in letters)
    reserved = {"at", "always", "value", "left", "right", "reversed", *INTERVALS}
    if odd or not still or not functions.keys() <= letters.keys() or len(set(points)) < len(points) or reserved & {*points}:
        wanted = "over time or layers (two points), different points that are constant scalars, functions that are letters"
        raise ProblemError("theory, points", ", ".join(points), wanted)
    for function, argument, part in ((f, a, p) for f, slopes in functions.items() for a, p in slopes.items()):
        shape, _ = theory.chain(function, argument)
        own, theirs = letters[function].flags, letters[argument].flags
        agree = ("constant" in theirs or "constant" not in own) and ("varies" in own or not theirs & {"varies", "small"})
        free = "input" in letters[part].flags | own
        if free or argument in functions or shape != (letters[part].rows, letters[part].cols) or not agree:
            wanted = f"a partial {' x '.join(shape)} in a plain letter, flags that agree"
            raise ProblemError(f"function {function}, {argument}", part, wanted)
    return theory


def _letter(name: str, words: Sequence[str]) -> Letter:
    rows, cols, *flags = words
    square = rows == cols or not {"symmetric", "identity", "nonzero"} & set(flags)
    scalar = rows == cols == "1" or not {"small", "positive"} & set(flags)
    dims = all(dim in tuple("123456789") or check_name(dim, f"letter {name}") for dim in (rows, cols))
    taken = name in {*MATRIX, "hole"} or ("small" in flags and "constant" not in flags)
    if taken or not (set(flags) <= FLAGS and square and scalar and dims):
        raise ProblemError(f"theory, letter {name}", " ".join(words), f"rows, columns and flags among {', '.join(sorted(FLAGS))}")
    return Letter(rows, cols, frozenset(flags))
