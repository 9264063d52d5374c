"""From a claim to a proof: premises are looked for here, and what is found is written down as a document for the trusted core.

Nothing in this module is believed.  A claim is PROVED when `judge_theory` proves every step of the whole document: the setting's
steps that it rests on, what was derived from them on the way, and the claim as its last step.

    equation     facts solved for the letters that occur are put in, differentiated first where a derivative is asked for;
                 a fact that is solved for no letter joins with the factor that its terms show
    functional   the functionals that its value names, each slot with equals put for equals; where the ends differ,
                 integration (over layers summation) by parts moves the difference
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, product
from typing import Any

from adjointcheck.errors import AdjointCheckError, DisagreementError, StepRejected
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, evaluate, mul, number, substitute, symbol, symbols_of, total
from adjointcheck.notes.letters.folding import folded
from adjointcheck.notes.proofs.antiderivatives import antiderivative
from adjointcheck.notes.proofs.expansion import remainder
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.trusted import matrix
from adjointcheck.trusted.language import Fact, derive
from adjointcheck.trusted.matrix import SHIFTS, normal
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.theory import RULES, judge_theory
from adjointcheck.trusted.verdict import Status, Verdict, Witness

Slots = Mapping[str, str]
Chosen = Sequence[tuple[str, Expression]]  # functionals with the patterns under which they are summed
HOLE = symbol("hole")
COMBINATIONS = 16  # of functionals that name the same value


@dataclass(frozen=True)
class Proof:
    """What the core says of `claim`: `path` are the rules in words, `expected` what the setting says of the claim's left side."""

    status: Status
    path: tuple[str, ...] = ()
    document: Mapping[str, Any] | None = None
    reason: str = ""
    witness: Witness | None = None
    expected: Slots = field(default_factory=dict)
    vacuous: bool = False
    claim: Slots = field(default_factory=dict)
    shapes: bool = False  # INVALID because shapes do not fit
    reading: str = ""  # of what the notes leave open, where it is proved in this reading alone


def prove(setting: Setting, claim: Slots, hypotheses: Iterable[str] = (), without: Iterable[str] = (), first: Slots | None = None,
          order: int = 0, hidden: Iterable[str] = ()) -> Proof:
    """PROVED by a document of the core, REFUTED by its matrices with all premises given, INVALID for shapes, or UNKNOWN.

    `hypotheses` are the optional ones in force, `without` steps that are not; `first` is a foreign equation tried before all facts.
    With an `order` k the sides have to be equal up to O(eps^k); `hidden` facts are not put in, though others may rest on them.
    """
    bench = Bench(setting, [id for id in setting.available(hypotheses, without) if id not in {*hidden}])
    try:
        fact = setting.language.fact(claim, "claim")
        if first:
            bench.facts = {"first": setting.language.fact(first, "first"), **bench.facts}
        if order and not fact.at and {*fact.parts} - {"value"}:
            return Proof(Status.UNKNOWN, reason="a remainder beside an integral")
        if order:
            return bench.expanded(fact if fact.at else Fact({"left": fact.part("value"), "right": ZERO}, "always"), order)
        return bench.equation(fact) if fact.at else bench.functional(fact)
    except DisagreementError:
        raise
    except StepRejected as error:
        return rejected(error)
    except AdjointCheckError as error:
        return Proof(Status.INVALID, reason=str(error))
    except (BudgetError, RecursionError) as error:
        return Proof(Status.UNKNOWN, reason=str(error) or "nested too deeply")


def rejected(error: AdjointCheckError) -> Proof:
    """INVALID, and whether shapes are the reason."""
    return Proof(Status.INVALID, reason=str(error), shapes=error.where == "shapes" or error.expected == "parts of one shape")


class Bench:
    """Facts of a setting and the steps that one claim adds to them."""

    def __init__(self, setting: Setting, available: Iterable[str]) -> None:
        self.setting, self.language = setting, setting.language
        self.facts = {id: setting.facts[id] for id in available}
        self.steps: dict[str, Mapping[str, Any]] = {}
        self._solved: dict[str, dict[str, tuple[str, Expression]]] = {}

    def add(self, id: str, rule: str, fact: Fact, premises: Sequence[str], how: Mapping[str, str]) -> str:
        claim = {slot: to_text(root) for slot, root in fact.parts.items()} | ({"at": fact.at} if fact.at else {})
        self.steps[id] = {"id": id, "rule": rule, "premises": list(premises), "claim": claim, "how": dict(how)}
        self.facts[id] = fact
        self._solved.clear()
        return id

    # -- facts solved for a letter ----------------------------------------------------------------------------

    def solved(self, place: str) -> dict[str, tuple[str, Expression]]:
        """{letter: (fact, right side)} of all equations that hold at `place`; the first word on a letter counts."""
        if place in self._solved:
            return self._solved[place]
        found = self._solved[place] = {}
        for id, fact in self.facts.items():
            if fact.at and fact.part("left").head == "symbol":
                for instance in self.language.instances(fact, place):
                    if instance["left"].head == "symbol":
                        found.setdefault(instance["left"].value, (id, instance["right"]))
        return found

    def gather(self, roots: Iterable[Expression], place: str, deep: bool) -> tuple[list[str], list[Expression]]:
        """The facts to put in, and `roots` with them put in; `deep` also differentiates facts."""
        roots, known, seen = list(roots), {}, set()
        used: list[str] = []
        while names := sorted(symbols_of(*roots) - seen):
            seen.update(names)
            table = self.solved(place)
            found = {name: table.get(name) or (self.derived(name, place) if deep else None) for name in names}
            used += [entry[0] for entry in found.values() if entry]
            known |= {name: entry[1] for name, entry in found.items() if entry}
            roots = substitute(roots, known)
        return list(dict.fromkeys(used)), roots

    def taken(self, root: Expression, place: str) -> Expression:
        """What it is there along the solution, whose own time is put in last."""
        for _ in range(2):
            _, (root,) = self.gather([root], place, False)
        return root

    def derived(self, name: str, place: str) -> tuple[str, Expression] | None:
        """A fact solved for x.dot.delta from one for x.dot, differentiated as often as needed."""
        base, *suffixes = name.split(".")
        table = self.solved(place)
        shorter = [other for other in table if other.partition(".")[0] == base and Counter(other.split(".")) <= Counter(name.split("."))]
        best = max(shorter, key=len, default="")
        missing = Counter(suffixes) - Counter(best.split(".")[1:])
        if not best or not SHIFTS.isdisjoint(missing):
            return None
        if not missing:
            return table[best]
        return self.derived(name, place) if self.differentiated(table[best][0], min(missing)) else None

    def differentiated(self, id: str, by: str) -> str | None:
        """The derivative of a solved equation, solved for the derivative of its letter; at a moving point in total."""
        fact, language, new = self.facts[id], self.language, f"{id}_{by}"
        left, right = fact.part("left"), fact.part("right")
        moved, slope = language.move(left, by), language.move(right, by)
        moving = fact.at in language.letters and fact.at in language.points and by != "dot"
        if moving:
            slope = slope + (language.move(right, "dot") - language.move(left, "dot")) * language.move(symbol(fact.at), by)
        fits = moved.head == "symbol" and new not in self.facts and id in {*self.setting.steps, *self.steps}
        if not fits or (by == "dot" and (fact.at != "always" or language.layers)):
            return None
        return self.add(new, "differentiate", Fact({"left": moved, "right": slope}, fact.at), [id], {"by": by})

    # -- equations --------------------------------------------------------------------------------------------

    def equation(self, claim: Fact) -> Proof:
        """Both sides the same once solved facts are put in, or up to a multiple of a fact that is solved for no letter."""
        sides = claim.part("left"), claim.part("right")
        if self.language.equal((claim.at, *sides), ()).status is Status.PROVED:
            return self.closed(claim, [], {}, vacuous=True)
        verdict = Verdict(Status.UNKNOWN)
        for deep in (False, True):
            ids, roots = self.gather(sides, claim.at, deep)
            verdict = self.language.equal((claim.at, *sides), [self.facts[id] for id in ids])
            if verdict.status is Status.PROVED:
                return self.closed(claim, ids, {})
        return self.combined(claim, ids, roots) or self.at_point(claim) or self.open(claim, verdict, roots)

    def expanded(self, claim: Fact, order: int) -> Proof:
        """Both sides the same up to eps**order times a remainder that is written down, free of 1/eps."""
        small = next(name for name, letter in self.language.letters.items() if "small" in letter.flags)
        ids, roots = self.gather((claim.part("left"), claim.part("right")), claim.at, False)
        found = remainder(roots[0] - roots[1], small, order)
        taylor = self.by_taylor(claim, small, order) if found is None and claim.at == "always" else None
        if taylor is not None:
            return taylor
        if found is None or not all(self.says(claim.at, root, ZERO, ()) for root in found[0]):
            return Proof(Status.UNKNOWN, reason=f"what remains: {to_text(roots[0])} against {to_text(roots[1])}")
        right = claim.part("right") + symbol(small) ** number(order) * found[1]
        return self.closed(Fact({"left": claim.part("left"), "right": right}, claim.at), ids, {})

    def by_taylor(self, claim: Fact, small: str, order: int) -> Proof | None:
        """The claim with a remainder, where Taylor's theorem has it so."""
        right = claim.part("right") + symbol(small) ** number(order) * symbol("rest")
        step = {"id": "claim", "rule": "expand", "premises": [], "how": {"order": str(order - 1), "remainder": "rest"},
                "claim": {"left": to_text(claim.part("left")), "right": to_text(right), "at": "always"}}
        letters = {**self.setting.document["letters"], "rest": "1 1 varies"}
        document = {**self.setting.document, "letters": letters, "steps": [step], "conclusions": ["claim"]}
        bad = [judged for judged in judge_theory(document).steps if judged.verdict.status is not Status.PROVED]
        return None if bad else Proof(Status.PROVED, (RULES["expand"].words,), document)

    def combined(self, claim: Fact, ids: list[str], roots: Sequence[Expression]) -> Proof | None:
        """The claim is a numeric multiple of one unsolved fact."""
        gap = roots[0] - roots[1]
        for id, fact in list(self.facts.items()):
            if not fact.at or fact.part("left").head == "symbol" or len(self.language.instances(fact, claim.at)) != 1:
                continue
            more, moved = self.gather([fact.part("left"), fact.part("right")], claim.at, True)
            for pattern, value in self.multiples(gap, moved[0] - moved[1]):
                if self.language.equal((claim.at, gap, value), ()).status is Status.PROVED:
                    return self.closed(claim, [id, *ids, *(other for other in more if other not in ids)], {id: to_text(pattern)})
        return None

    def multiples(self, gap: Expression, fact: Expression) -> Iterator[tuple[Expression, Expression]]:
        """(pattern, value) for c fact and c transpose(fact), c read off the first word that both have."""
        for pattern in (HOLE, apply("transpose", HOLE)):
            value = substitute([pattern], {"hole": fact})[0]
            ours, theirs = normal(gap, self.language.letters), normal(value, self.language.letters)
            for word in ours.terms.keys() & theirs.terms.keys():
                ratio = _ratio(ours.terms[word], theirs.terms[word])
                if ratio is not None:
                    yield mul(ratio, pattern), mul(ratio, value)
                    break
            shared = ours.terms.keys() & theirs.terms.keys()
            known = symbols_of(*ours.terms.values(), *theirs.terms.values()) <= self.language.letters.keys()
            fits = known and all(self.language.certain(theirs.terms[word], "!=") for word in shared)
            scaled = {ours.terms[word] / theirs.terms[word] for word in shared} if fits else set()
            for ratio in scaled if len(scaled) == 1 else ():  # a fact times 1/h
                yield mul(ratio, pattern), mul(ratio, value)
            plain = (word for word in ours.terms.keys() & theirs.terms.keys() if theirs.terms[word] is ONE)
            for ratio in {ours.terms[word] for word in plain}:  # exp(rho t) times a fact
                yield mul(ratio, pattern), mul(ratio, value)
            if ours.terms.keys() == theirs.terms.keys() and len(ours.terms) == 1:  # numbers: the ratio of what multiplies a costate
                for name in sorted(symbols_of(gap) & symbols_of(value) & self.costates):
                    ours_p, theirs_p = (derive(root, {name: ONE}) for root in (gap, value))
                    if theirs_p.head == "number" and theirs_p is not ZERO:
                        yield mul(ours_p / theirs_p, pattern), mul(ours_p / theirs_p, value)

    @property
    def costates(self) -> set[str]:
        """p, or p_1, p_2 ..."""
        return {name for name in self.language.letters if name == "p" or (name.startswith("p_") and name[2:].isdigit())}

    def at_point(self, claim: Fact) -> Proof | None:
        """An equation at an end as a functional with the value 0, such as H + Psi_t = 0 at t1."""
        if claim.at not in self.language.points:
            return None
        proof = self.functional(Fact({"value": ZERO, claim.at: claim.part("left") - claim.part("right")}))
        return proof if proof.status is Status.PROVED else None

    # -- functionals ------------------------------------------------------------------------------------------

    def functional(self, claim: Fact) -> Proof:
        """The value's functionals, slot by slot, with a boundary term moved where the ends differ."""
        left_over: list[Expression] = []
        for chosen in islice(self.combinations(claim.part("value")), COMBINATIONS):
            found = self.total(chosen)
            for boundary in self.boundaries(claim, found):
                moved = self.moved(found, boundary)
                ids, rest = self.matched(claim, moved)
                left_over = left_over or rest
                proof = self.written(claim, chosen, found, boundary, ids) if not rest else None
                if proof is not None and proof.status is Status.PROVED:
                    return proof
        reason = f"what remains: {'; '.join(to_text(root) for root in left_over[:2])}" if left_over else "nothing is known of this value"
        return Proof(Status.UNKNOWN, reason=reason, expected=self.expected(claim))

    def combinations(self, value: Expression) -> Iterator[Chosen]:
        """Ways to make `value` of functionals: lists of (fact, pattern), nothing for 0."""
        names = [name for name in sorted(symbols_of(value)) if self.of_value(name)]
        for ids in product(*(self.of_value(name) for name in names)):
            patterns = [derive(value, {name: HOLE}) for name in names]
            yield list(zip(ids, patterns, strict=True))
        for id, fact in list(self.facts.items()):
            if not fact.at and fact.part("value").head not in ("symbol", "number") and self.says("value", value, fact.part("value"), ()):
                yield [(id, HOLE)]
        if value is ZERO:
            zeros = [id for id, fact in self.facts.items() if not fact.at and fact.part("value") is ZERO and len(fact.parts) > 1]
            yield from ([(id, pattern)] for id in zeros for pattern in (HOLE, -HOLE))

    def of_value(self, name: str) -> list[str]:
        """The functionals whose value is the letter `name`, the latest first; a variation is made of its functional if need be."""
        found = [id for id, fact in self.facts.items() if not fact.at and fact.part("value") is symbol(name)][::-1]
        base, _, by = name.rpartition(".")
        if base and by not in SHIFTS:
            found += [self.varied(id, by) for id in self.of_value(base) if f"{id}_{by}" not in self.facts]
        return found

    def varied(self, id: str, by: str) -> str:
        """A functional differentiated along a variation, moving ends included (Leibniz)."""
        fact, language = self.facts[id], self.language

        def speed(point: str) -> Expression:
            return language.move(symbol(point), by) if point in language.letters and point in language.points else ZERO

        parts = {slot: language.move(root, by) + language.move(root, "dot") * speed(slot) for slot, root in fact.parts.items()}
        if "integrand" in parts:
            for point, root in language.ends(fact.part("integrand")).items():
                parts[point] = parts.get(point, ZERO) + root * speed(point)
        return self.add(f"{id}_{by}", "differentiate", Fact(parts), [id], {"by": by})

    def total(self, chosen: Chosen) -> Fact:
        """The sum of the chosen functionals under their patterns."""
        parts: dict[str, Expression] = {}
        for id, pattern in chosen:
            for slot, root in self.facts[id].parts.items():
                parts[slot] = parts.get(slot, ZERO) + (ZERO if root is ZERO else substitute([pattern], {"hole": root})[0])
        return Fact(parts)

    def kind(self, *facts: Fact) -> str:
        return self.language.interval(*facts) or ("sum" if self.language.layers else "integrand")

    def boundaries(self, claim: Fact, found: Fact) -> Iterator[Expression]:
        """Boundary terms to try: none, what the ends lack, and the product of costate and variation."""
        yield ZERO
        if len(self.language.points) < 2 or self.kind(claim, found) == "mean":
            return
        first, last = self.language.points[0], self.language.points[-1]
        lacks = [claim.part(last) - found.part(last), found.part(first) - claim.part(first)]
        if {first, last} <= symbols_of(lacks[1]) and "t" in self.language.letters:  # (t_1 - t) c of (t_1 - t_0) c
            lacks += substitute(lacks[1:], {first: symbol("t")})
        pairs = [symbol(p) * symbol(f"{x}.delta") for p, x in (("p", "x"), ("q", "y")) if {p, x} <= self.language.letters.keys()]
        pairs += [symbol("p") * symbol(name) for name in ("S", "M") if {"p", name} <= self.language.letters.keys()]
        pairs += [apply("transpose", pair) for pair in pairs]
        written = [f"x_{i + 1}" for i in range(len(self.language.letters)) if f"x_{i + 1}" in self.language.letters]
        pairs += [total(symbol(x.replace("x", "p")) * symbol(f"{x}.delta") for x in written)] if written else []
        ends = [fact for fact in self.facts.values() if fact.at == last and fact.part("left").head == fact.part("right").head == "symbol"]
        lacks += substitute(lacks[:1], {fact.part("right").value: fact.part("left") for fact in ends})
        tried = [*lacks, *(sign for pair in pairs for sign in (pair, -pair)), *(self.closed_forms(claim, found) if written else ())]
        yield from (root for root in dict.fromkeys(tried) if self.fits(root, claim, found))

    def closed_forms(self, claim: Fact, found: Fact) -> Iterator[Expression]:
        """What the solutions that are known make of the integral, less what it is at the end beside the claim."""
        last = self.language.points[-1]
        _, (running,) = self.gather([found.part("integrand") - claim.part("integrand")], "always", False)
        grown = antiderivative(running, lambda root: self.says("always", root, ZERO, ()))
        if grown is not None:
            yield grown + self.taken(claim.part(last) - found.part(last) - grown, last)

    def fits(self, boundary: Expression, *facts: Fact) -> bool:
        """Has it the shape of the functionals, and does it live at one time?"""
        roots = [root for fact in facts for root in fact.parts.values()]
        shapes = [(form.rows, form.cols) for form in (normal(root, self.language.letters) for root in [boundary, *roots]) if form.rows]
        return boundary is not ZERO and len(set(shapes)) == 1 and (self.language.layers or not _next(boundary))

    def moved(self, fact: Fact, boundary: Expression) -> Fact:
        """What by parts makes of a functional."""
        if boundary is ZERO:
            return fact
        kind, move = self.kind(fact), self.language.move
        flow = move(boundary, "next") - boundary if kind == "sum" else move(boundary, "dot")
        parts = {**fact.parts, kind: fact.part(kind) - flow}
        for point, root in self.language.ends(boundary).items():
            parts[point] = parts.get(point, ZERO) + root
        return Fact(parts)

    def matched(self, claim: Fact, found: Fact) -> tuple[list[str], list[Expression]]:
        """The facts that make the claim's slots those found, and what remains where they do not."""
        kind, used, rest = self.kind(claim, found), [], []
        for slot in dict.fromkeys([*claim.parts, *found.parts]):
            place = "always" if slot == kind else slot
            sides = claim.part(slot), found.part(slot)
            if self.says(place, *sides, ()):
                continue
            for deep in (False, True):
                ids, roots = self.gather(sides, place, deep)
                if self.says(place, *sides, ids):
                    used += ids
                    break
            else:
                rest.append(roots[0] - roots[1])
        return list(dict.fromkeys(used)), rest

    def says(self, place: str, left: Expression, right: Expression, ids: Iterable[str]) -> bool:
        """Are the sides equal there once the facts are put in?  The core looks for a counterexample when it judges the document."""
        _, roots = self.language.put_in((place, left, right), [self.facts[id] for id in ids])
        return matrix.proof(roots[:2], self.language.letters).status is Status.PROVED

    def written(self, claim: Fact, chosen: Chosen, found: Fact, boundary: Expression, ids: Sequence[str]) -> Proof:
        """The steps of a functional's proof: the sum, by parts, and the claim."""
        how = {id: to_text(pattern) for id, pattern in chosen}
        if boundary is ZERO:
            return self.closed(claim, [*how, *ids], how, vacuous=not how and not ids)
        whole = Fact({"value": claim.part("value"), **found.parts})
        start = self.add("sum", "rewrite", whole, list(how), how)
        parts = self.add("parts_moved", "by_parts", self.moved(whole, boundary), [start], {"boundary": to_text(boundary)})
        return self.closed(claim, [parts, *ids], {})

    # -- answers ----------------------------------------------------------------------------------------------

    def closed(self, claim: Fact, premises: Sequence[str], how: Mapping[str, str], vacuous: bool = False) -> Proof:
        """The claim as the last step of a document with what it rests on, judged by the core."""
        if "first" in premises:
            return Proof(Status.PROVED)
        self.add("claim", "rewrite", claim, premises, how)
        document = self.document(["claim"])
        bad = [step for step in judge_theory(document).steps if step.verdict.status is not Status.PROVED]
        if bad:
            return Proof(Status.UNKNOWN, reason=f"{bad[0].name}: {bad[0].verdict.reason}")
        return Proof(Status.PROVED, tuple(self.path(premises)), document, vacuous=vacuous)

    def document(self, conclusions: Sequence[str]) -> dict[str, Any]:
        """The setting's document cut down to what the conclusions rest on."""
        steps = {**self.setting.steps, **self.steps}
        needed, stack = set(), list(conclusions)
        while stack:
            id = stack.pop()
            if id not in needed:
                needed.add(id)
                stack += steps[id]["premises"]
        kept = [step for id, step in steps.items() if id in needed]
        return {**self.setting.document, "steps": kept, "conclusions": list(conclusions)}

    def path(self, premises: Iterable[str]) -> Iterator[str]:
        """The rules in words: what each premise is, then what was done with them."""
        steps = {**self.setting.steps, **self.steps}
        for id in premises:
            yield f"{id}: {RULES[steps[id]['rule']].words}"
        yield RULES["rewrite"].words

    def open(self, claim: Fact, verdict: Verdict, roots: Sequence[Expression]) -> Proof:
        """Not proved: the core's witness, or what remains."""
        remains = f"what remains: {to_text(roots[0])} against {to_text(roots[1])}"
        refuted = verdict.status is Status.REFUTED
        reason = remains if refuted or not verdict.reason else f"{verdict.reason}; {remains}"
        status = Status.REFUTED if refuted else Status.UNKNOWN
        return Proof(status, reason=reason, witness=verdict.witness, expected=self.expected(claim))

    def expected(self, claim: Fact) -> Slots:
        """What the setting says of a claim's left side, if it is a letter."""
        side = claim.part("left" if claim.at else "value")
        if side.head != "symbol":
            return {}
        if claim.at:
            entry = self.solved(claim.at).get(side.value)
            return {"left": side.value, "right": to_text(folded(entry[1], {})), "at": claim.at} if entry else {}
        found = self.of_value(side.value)
        return {slot: to_text(folded(root, {})) for slot, root in self.facts[found[0]].parts.items()} if found else {}


def _next(root: Expression) -> bool:
    return any("next" in name.split(".") for name in symbols_of(root))


def _ratio(a: Expression, b: Expression) -> Expression | None:
    """The number c with a = c b for two terms that differ in a numeric factor, read off at one point: a guess, like all here."""
    point = {name: Fraction(3 + i) for i, name in enumerate(sorted(symbols_of(a, b)))}
    try:
        at_a, at_b = evaluate([a, b], lambda node: node.value if node.head == "number" else point[node.value], _ARITHMETIC)
        return number(at_a / at_b) if at_a else None
    except (KeyError, ZeroDivisionError):
        return None


_ARITHMETIC = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg}
