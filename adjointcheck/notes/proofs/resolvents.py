"""Inverses of sums, such as (H B H' + R)^-1 and (I - f_z)^-1: the core inverts letters alone, so that each sum is given one.

    V = H B H' + R      gives      H B H' V^-1 = I - R V^-1,  which shortens words,  and  A = V^-1 (V A) for any A

A claim is proved where its sides differ by nothing once one sum is multiplied out and all words are shortened (Woodbury's identity).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from adjointcheck.errors import AdjointCheckError
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ONE, Expression, apply, neg, substitute, symbol, symbols_of, total, walk
from adjointcheck.notes.proofs.divisors import put, step
from adjointcheck.notes.proofs.prove import Bench, Proof
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.trusted.language import Language
from adjointcheck.trusted.matrix import Factor, Matrix, Word, normal
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.verdict import Status

RESOLVENT = "resolvent"
LIMIT = 60  # words that are shortened before it is given up
HOLE = symbol("hole")


def with_resolvents(setting: Setting, slots: Mapping[str, str]) -> tuple[Setting, Mapping[str, str]]:
    """The setting with a letter for each sum that a claim inverts, and the claim with these letters."""
    language, named, letters = setting.language, dict[Expression, Expression](), dict[str, str]()
    roots = {slot: parse(text, "claim", caps=LOG, matrices=True) for slot, text in slots.items() if slot != "at"}
    for node in walk(roots.values()):
        if node.head == "inverse" and not language.certain(node.args[0], "!="):
            made = normal(node.args[0], language.letters)
            known = next(_known(made, {**_sums(setting), **{letter: root for root, letter in named.items()}}, language), None)
            if known is None:
                known = symbol(f"{RESOLVENT}_{len(letters) + 1}")
                letters[known.value] = _shape(node.args[0], made, language)
            named[node.args[0]] = known
    if not named:
        return setting, slots
    steps = [step(name.value, root) for root, name in named.items() if name.head == "symbol" and name.value in letters]
    document = {**setting.document, "letters": {**setting.document["letters"], **letters}, "steps": [*steps, *setting.document["steps"]]}
    return replace(setting, document=document), {**slots, **{slot: to_text(put(root, named)) for slot, root in roots.items()}}


def _sums(setting: Setting) -> dict[Expression, Expression]:
    """The letters that stand for a sum that is inverted, with that sum."""
    facts = {id: fact for id, fact in setting.facts.items() if id.startswith(RESOLVENT)}
    return {fact.part("left"): fact.part("right") for fact in facts.values()}


def _known(made: Matrix, sums: Mapping[Expression, Expression], language: Language) -> Iterator[Expression]:
    """V, V' or -V, where V stands for that sum."""
    for letter, root in sums.items():
        for turned in (lambda part: part, lambda part: apply("transpose", part)):
            for signed in (lambda part: part, neg):
                if normal(signed(turned(root)), language.letters).terms == made.terms:
                    yield signed(turned(letter))


def _shape(root: Expression, made: Matrix, language: Language) -> str:
    """Of its letter, with its flags."""
    flags = ["constant"] * language.timeless(root) + ["nonzero"]
    flags += ["symmetric"] * (normal(apply("transpose", root), language.letters).terms == made.terms)
    return " ".join([made.rows, made.cols, *flags])


def resolved(bench: Bench, slots: Mapping[str, str]) -> Proof | None:
    """PROVED where one sum that is multiplied out, or none, and shorter words leave no difference."""
    claim = bench.language.fact(slots, "claim")
    if claim.at != "always":
        return None
    sums = {id: fact for id, fact in bench.facts.items() if id.startswith(RESOLVENT)}
    known = Bench(bench.setting, [id for id in bench.facts if id not in sums])
    ids, (left, right) = known.gather([claim.part("left"), claim.part("right")], "always", False)
    ways = [("", False), *((id, left_) for id in sums for left_ in (True, False))]
    for id, on_left in ways:
        search = Search(bench.language, {id: (fact.part("left").value, fact.part("right")) for id, fact in sums.items()}, left - right)
        try:
            if (not id or search.cleared(id, on_left)) and search.shortened(id):
                proof = bench.closed(claim, [*search.how, *ids], {id: to_text(total(parts)) for id, parts in search.how.items()})
                if proof.status is Status.PROVED:
                    return proof
        except (AdjointCheckError, BudgetError):
            continue
    return None


@dataclass
class Search:
    """A difference, and under which patterns the sums V - (H B H' + R) = 0 have been taken from it."""

    language: Language
    sums: Mapping[str, tuple[str, Expression]]
    gap: Expression
    how: dict[str, list[Expression]] = field(default_factory=dict)

    @property
    def form(self) -> Matrix:
        return normal(self.gap, self.language.letters)

    def take(self, id: str, pattern: Expression) -> None:
        """The difference less the pattern of V - sum."""
        name, root = self.sums[id]
        self.gap = self.gap - substitute([pattern], {"hole": symbol(name) - root})[0]
        self.how.setdefault(id, []).append(pattern)

    def cleared(self, id: str, on_left: bool) -> bool:
        """A = V^-1 (V A) of every word A that begins otherwise, or A = (A V) V^-1 of every one that ends otherwise."""
        name, _ = self.sums[id]
        inverse = apply("inverse", symbol(name))
        for word, factor in self.form.terms.items():
            edge = word[0 if on_left else -1] if word else None
            if edge is None or (edge.name, edge.inverted, edge.flipped) != (name, True, False):
                parts = [inverse, HOLE, *self.written(word)] if on_left else [*self.written(word), HOLE, inverse]
                self.take(id, self.times(factor, parts))
        return id in self.how

    def shortened(self, but: str = "") -> bool:
        """H B H' V^-1 = I - R V^-1 wherever it stands, `but` for one sum, until nothing is left, or nothing is to be done."""
        for _ in range(LIMIT):
            found = next(self.steps(but), None)
            if found is None:
                break
            self.take(*found)
        return not self.form.terms

    def steps(self, but: str) -> Iterator[tuple[str, Expression]]:
        """A word that becomes shorter, of which sum and under which pattern."""
        for word, factor in self.form.terms.items():
            for id, (name, root) in ((id, told) for id, told in self.sums.items() if id != but):
                made = normal(root, self.language.letters)
                lead = max(made.terms, key=len)
                inverse = Factor(name, False, True, made.rows, made.cols, self.symmetric(name))
                for sought, before in (((*lead, inverse), True), ((inverse, *lead), False)):
                    at = next((i for i in range(len(word)) if word[i : i + len(sought)] == sought), None)
                    if at is not None and lead:
                        pre, post = (word[:at], word[at + len(lead) :]) if before else (word[: at + 1], word[at + len(sought) :])
                        parts = [*self.written(pre), HOLE, *self.written(post)]
                        yield id, neg(self.times(factor / made.terms[lead], parts))

    def symmetric(self, name: str) -> bool:
        return "symmetric" in self.language.letters[name].flags

    def written(self, word: Word) -> list[Expression]:
        """The letters of a word."""
        return [_letter(factor) for factor in word]

    def times(self, factor: Expression, parts: list[Expression]) -> Expression:
        """Raises what the search catches, where a number is a product of vectors, which has no letter."""
        if not {name.partition(".")[0] for name in symbols_of(factor)} <= self.language.letters.keys():
            raise BudgetError("a number that is a product of vectors")
        return reduce(lambda a, b: a * b, parts, factor) if factor is not ONE else reduce(lambda a, b: a * b, parts)


def _letter(factor: Factor) -> Expression:
    made = apply("transpose", symbol(factor.name)) if factor.flipped else symbol(factor.name)
    return apply("inverse", made) if factor.inverted else made
