"""Values with the numbers that notes give: dJ/da = 2 e^2, where dJ/da = 2 T x_0^2 e^{2 a T}, a = x_0 = T = 1.

What a letter is by the constants alone is guessed from the solution in closed form and proved as a lemma; the claim is that with the
numbers put in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ZERO, Expression, number, symbol, symbols_of
from adjointcheck.notes.proofs.antiderivatives import antiderivative
from adjointcheck.notes.proofs.prove import Bench, Proof, Slots
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status

RECKONED = "with the numbers that the notes give"
Prover = Callable[[Slots], Proof]


def reckoned(bench: Bench, claim: Slots, known: Mapping[str, Fraction], prove: Prover) -> Proof | None:
    """PROVED by the lemma and the numbers; None where there is no closed form, or it is not so."""
    spelt = symbols_of(*(parse(text, "a claim", caps=LOG, matrices=True) for slot, text in claim.items() if slot != "at"))
    named = [name for name in known if name in bench.language.letters and name not in spelt]  # gamma stays, though gamma = alpha = 1
    spoken = named or "value" in claim
    if not spoken or len(bench.language.points) != 2 or any(".delta" in text for text in claim.values()):
        return None
    general = _at_place(bench, claim) if "left" in claim else _of_functional(bench, claim)
    if general is None or general == claim:
        return None
    made = document(bench.setting, general, claim, {name: known[name] for name in named})
    if any(step.verdict.status is not Status.PROVED for step in judge_theory(made).steps):
        return None
    lemma = prove(general)
    if lemma.status is not Status.PROVED or lemma.document is None:
        return None
    lemmas = [{**lemma.document, "title": "what it is in general"}]
    return Proof(Status.PROVED, (RECKONED, *lemma.path), {**made, "lemmas": lemmas})


def document(setting: Setting, general: Slots, claim: Slots, known: Mapping[str, Fraction]) -> dict[str, Any]:
    """The lemma and the numbers as premises, the claim as what follows."""
    letters = {name: " ".join(part for part in shape.split() if part != "input") for name, shape in setting.document["letters"].items()}
    values = [_step(f"{name}_is", "assume", (), {"left": name, "right": to_text(number(value)), "at": "always"})
              for name, value in known.items()]
    how, premises = {"lemma": "hole"} if "value" in claim else {}, ("lemma", *(step["id"] for step in values))
    steps = [_step("lemma", "assume", (), general), *values, _step("claim", "rewrite", premises, claim, how)]
    return {**setting.document, "letters": letters, "steps": steps, "conclusions": ["claim"], "claims": []}


def _step(id: str, rule: str, premises: tuple[str, ...], claim: Slots, how: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {"id": id, "rule": rule, "premises": list(premises), "claim": dict(claim), "how": dict(how or {})}


def _at_place(bench: Bench, claim: Slots) -> Slots | None:
    """x_1 = x0_1 exp(-theta_1) at t1, p_1.dot = theta_1 p_1 always: of a letter, or its rate, what the setting says of it."""
    if claim["left"].removesuffix(".dot") not in bench.language.letters:
        return None
    there = bench.taken(symbol(claim["left"]), claim["at"])
    return None if there is symbol(claim["left"]) else {**claim, "right": to_text(there)}


def _of_functional(bench: Bench, claim: Slots) -> Slots | None:
    """J_theta_1 = g at t0 of J_theta_1 = 2 e^2 there, where g is what the functional comes to along the solution."""
    name, first = claim["value"], bench.language.points[0]
    if name not in bench.language.letters or claim.keys() - {"value", first}:
        return None
    found = (total for id in bench.of_value(name) if (total := total_of(bench, id)) is not None)
    whole = next(found, None)
    return None if whole is None else {"value": name, first: to_text(whole)}


def total_of(bench: Bench, id: str) -> Expression | None:
    """What a functional comes to in constants: its terms at the ends, and the antiderivative of its integrand between them."""
    fact, (first, last) = bench.facts[id], (bench.language.points[0], bench.language.points[-1])
    if {*fact.parts} - {"value", first, last, "integrand"}:
        return None
    running = bench.taken(fact.part("integrand"), "always")
    grown = antiderivative(running, lambda root: bench.says("always", root, ZERO, ()))
    if grown is None:
        return None
    found = bench.taken(fact.part(last) + grown, last) + bench.taken(fact.part(first) - grown, first)
    return found if bench.language.timeless(found) else None

