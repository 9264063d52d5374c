"""The proof side's answer on a resolved formula: every `=` in every setting and layout that the notes leave open, until one is PROVED."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from adjointcheck.errors import AdjointCheckError, DisagreementError
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.costs import apart
from adjointcheck.notes.letters.exponentials import exponentials
from adjointcheck.notes.letters.norms import under_norms
from adjointcheck.notes.letters.own_inputs import over_time
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.letters.progression import read_as
from adjointcheck.notes.letters.stretched import ENDS, later, shortened, stretched
from adjointcheck.notes.proofs.claims import Unclear, claim_of
from adjointcheck.notes.proofs.closed_forms import KNOWN_ENDS, at_known_ends, from_end, with_ends_named
from adjointcheck.notes.proofs.columns import side_by_side
from adjointcheck.notes.proofs.composition import Claim
from adjointcheck.notes.proofs.divisors import with_divisors
from adjointcheck.notes.proofs.prove import Bench, Proof, Slots, prove, rejected
from adjointcheck.notes.proofs.reckoning import RECKONED
from adjointcheck.notes.proofs.reckoning import reckoned as in_numbers
from adjointcheck.notes.proofs.resolvents import resolved, with_resolvents
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.notes.proofs.stage_proof import instances, words_of
from adjointcheck.notes.proofs.unrolled import WORDS as LAYER_BY_LAYER
from adjointcheck.notes.proofs.unrolled import instances as layer_by_layer
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.blocks import components
from adjointcheck.notes.systems.classifiers import RULE as HEADS
from adjointcheck.notes.systems.classifiers import classified
from adjointcheck.notes.systems.component_sensitivities import RULE, in_variations
from adjointcheck.notes.systems.densities import with_logarithms
from adjointcheck.notes.systems.entry_scales import diagonalised
from adjointcheck.notes.systems.few_layers import OPTION
from adjointcheck.notes.systems.squashing import activated
from adjointcheck.notes.systems.stages import staged
from adjointcheck.notes.systems.values import FROM_ZERO, at_zero, given, over_length, reckoned
from adjointcheck.notes.systems.wholes import in_blocks, in_components
from adjointcheck.notes.verdicts.comparison import readings
from adjointcheck.notes.verdicts.free_multipliers import has_free_multiplier
from adjointcheck.notes.verdicts.situation import Situation, paid_at_end, situations, varied
from adjointcheck.trusted.theory import RULES
from adjointcheck.trusted.verdict import Status

PROPAGATED = "dx/dx_0, which is exp(A (t - t_0)) where xdot = A x, thins every density by its determinant"
EQUALITIES = ("=", ":=", "=:", "equiv", "==")


def judge(chain: tree.Chain, context: Context, form: str = "") -> tuple[Proof, ...]:
    """One answer for each relation of a chain; vectors component by component."""
    return tuple(judge_pair(left, right, relation, context, form)
                 for left, right, relation in zip(chain.sides, chain.sides[1:], chain.relations, strict=False))


def judge_pair(left: Node, right: Node, relation: str, context: Context, form: str = "") -> Proof:
    """PROVED if every component is; else the first component that is not."""
    if relation not in EQUALITIES:
        return Proof(Status.UNKNOWN, reason=f"`{relation}` is no equality")
    numbers = context.parts("x") and not context.option(BLOCKS)
    spelt = (in_components(left, context), in_components(right, context)) if numbers else (left, right)
    spelt = (in_blocks(left, context), in_blocks(right, context)) if context.option(BLOCKS) else spelt
    along = in_variations(*spelt, context) if numbers else None
    left, right, context = along or (*spelt, context)
    proofs: list[Proof] = []
    for a, b in components(*(side_by_side(left, right) or (left, right))):
        try:
            for one, other, there in instances(*apart(a, b, context)):
                proofs.append(judge_equation(one, other, there, form))
                if proofs[-1].status is not Status.PROVED:
                    return proofs[-1]
        except Unclear as error:
            return Proof(Status.UNKNOWN, reason=f"{error.got} is not written out, which would take {error.expected}")
    words = (words_of(context),) if staged(context) else (RULE,) if along else ()
    return replace(proofs[0], path=tuple(dict.fromkeys((*words, *(rule for proof in proofs for rule in proof.path)))))


def is_identity(proof: Proof) -> bool:
    """Is it proved by what partial derivatives and letters mean, with no law of the problem?"""
    return proof.status is Status.PROVED and all(rule.startswith("partial: ") or rule == RULES["rewrite"].words for rule in proof.path)


def judge_equation(left: Node, right: Node, context: Context, form: str = "") -> Proof:
    """The best answer over all settings, with what a classifier's head has put in."""
    one, other, context = classified(left, right, context)
    proof = _in_readings(one, other, context, form)
    if (one, other) == (left, right) or proof.status is not Status.PROVED:
        return proof
    return replace(proof, path=(HEADS, *proof.path), vacuous=False)


def _in_readings(left: Node, right: Node, context: Context, form: str) -> Proof:
    """Where only one of several readings is proved, with that reading."""
    left, right, context = with_logarithms(*diagonalised(*over_time(left, right, context)))
    found = {reading: _in_reading(left, right, context, form) for reading, context in readings(left, right, context)}
    proved = [replace(proof, reading=reading) for reading, proof in found.items() if proof.status is Status.PROVED]
    if proved:
        return proved[0] if len(proved) == 1 else replace(proved[0], reading="")
    return next((proof for proof in found.values() if proof.status is not Status.UNKNOWN), next(iter(found.values())))


def _in_reading(left: Node, right: Node, context: Context, form: str) -> Proof:
    left, right, context = activated(read_as(left, context), read_as(right, context), context)
    chain = tree.Chain((left, right), ("=",))
    found: list[Proof] = []
    for situation in situations(chain, context, form):
        found.append(attempt(chain, situation, context))
        if found[-1].status is Status.PROVED:
            return found[-1]
    if context.over() == "layers" and not staged(context) and (layered := _by_layers(chain, context, form)).status is Status.PROVED:
        return layered
    ends = stretched(left, right)
    if ends is not None and context.over() == "time":
        found.append(_between(tree.Chain(ends, ("=",)), context, form))
    near = shortened(left, right) or later(left, right)
    if near is not None and context.over() == "time":
        found.append(_in_reading(*near, context, form))
        if found[-1].status is Status.PROVED:
            return found[-1]
    if (vectors := under_norms(left, right)) is not None:
        found.append(_in_reading(*vectors, context, form))
        if found[-1].status is Status.PROVED:
            return found[-1]
    if (solved := at_known_ends(left, right, context)) != (left, right):
        found.append(_in_reading(*solved, context, form))
        if found[-1].status is Status.PROVED:
            return replace(found[-1], path=(KNOWN_ENDS, *found[-1].path), vacuous=False)
    if (ended := from_end(left, right)) != (left, right):
        found.append(_in_reading(*ended, context, form))
        if found[-1].status is Status.PROVED:
            return found[-1]
    if (begun := with_ends_named(left, right)) != (left, right):
        found.append(_in_reading(*begun, context, form))
        if found[-1].status is Status.PROVED:
            return found[-1]
    flown = exponentials(left, right, context)
    if flown != (left, right, context):
        found.append(_in_reading(*flown, form))
        if found[-1].status is Status.PROVED:
            return replace(found[-1], path=(PROPAGATED, *found[-1].path))
    clear = [proof for proof in found if proof.status is not Status.UNKNOWN]
    return (clear or found or [Proof(Status.UNKNOWN, reason="no setting for this kind of notes")])[0]


def _by_layers(chain: tree.Chain, context: Context, form: str) -> Proof:
    """With the layers written out: PROVED if it is for every layer of every network."""
    optimal = form == "optimality" or "optimal" in context.hypotheses
    barred = varied(chain) | context.moved | (set() if optimal else {"stationary"})
    found: list[Proof] = []
    try:
        for left, right, network in layer_by_layer(chain.sides[0], chain.sides[1], context):
            fixed = tuple(id for id in sorted(network.setting.optional) if id.partition("_")[0] not in barred)
            facts = network.setting.facts
            weights, turned, tangents = ([id for id in facts if id.startswith(name)] for name in ("weight_", "turned_", "tangent_"))
            situation = Situation(network.setting, fixed, network.costates if has_free_multiplier(chain, context) else ())
            ways = [(*weights, *turned), tuple(weights), (*weights, *tangents)]  # W stands for what is inverted, and moves are solved for
            for hidden in ways[: 3 if turned else 1]:
                proof = attempt(tree.Chain((left, right), ("=",)), replace(situation, hidden=hidden), context)
                if proof.status is Status.PROVED:
                    break
            found.append(proof)
            if found[-1].status is not Status.PROVED:
                return found[-1]
    except Unclear as error:
        return Proof(Status.UNKNOWN, reason=f"{error.got} is not written out, which would take {error.expected}")
    words = f"written out for {few} layers, as many as there are" if (few := context.option(OPTION)) else LAYER_BY_LAYER
    return replace(found[0], path=tuple(dict.fromkeys((words, *(rule for proof in found for rule in proof.path)))))


def _between(chain: tree.Chain, context: Context, form: str) -> Proof:
    """Of a stretch of the solution, of whose ends nothing is known."""
    for situation in situations(chain, context, form):
        proof = attempt(chain, replace(situation, without=(*situation.without, *ENDS)), context)
        if proof.status is Status.PROVED:
            return proof
    return Proof(Status.UNKNOWN, reason="it is not proved on a stretch of time")


def follows(left: Node, right: Node, context: Context, wrong: Slots) -> bool:
    """Would the equation be proved if an earlier, wrong line were true?"""
    chain = tree.Chain((left, right), ("=",))
    return any(attempt(chain, situation, context, wrong).status is Status.PROVED for situation in situations(chain, context))


def _by_numbers(setting: Setting, claim: Claim, context: Context) -> Proof | None:
    """What holds with the numbers that the notes give."""
    document = reckoned(setting.document, claim.slots, context)
    return None if document is None else Proof(Status.PROVED, (RECKONED,), document)


def attempt(chain: tree.Chain, situation: Situation, context: Context, first: Slots | None = None) -> Proof:
    """The answer in one setting."""
    chain = replace(chain, sides=tuple(map(paid_at_end, chain.sides))) if "costate" in situation.without else chain
    try:
        claim = claim_of(chain, situation.setting, context)
    except Unclear as error:
        return Proof(Status.UNKNOWN, reason=f"{error.got} is not in the derivation language, which has {error.expected}")
    except DisagreementError:
        raise
    except AdjointCheckError as error:
        return rejected(error)
    without = (*situation.without, *claim.without)
    def proof_of(slots: Slots) -> Proof:
        setting, slots = with_divisors(situation.setting, slots)
        with suppress(AdjointCheckError):  # shapes that do not fit are told by the proof
            setting, slots = with_resolvents(setting, slots)
        proof = prove(setting, slots, situation.hypotheses, without, first, claim.order, situation.hidden)
        if proof.status is not Status.UNKNOWN or setting is situation.setting or first is not None:
            return proof
        available = setting.available(situation.hypotheses, without)
        return resolved(Bench(setting, [id for id in available if id not in situation.hidden]), slots) or proof

    proof = _by_numbers(situation.setting, claim, context) or proof_of(claim.slots)
    for slots in (at_zero(claim.slots, context), over_length(claim.slots, context)) if first is None else ():
        if proof.status is not Status.PROVED and slots is not None:
            there = proof_of(slots)
            proof = replace(there, path=(FROM_ZERO, *there.path)) if there.status is Status.PROVED else proof
    if proof.status is not Status.PROVED and first is None and context.parts("x"):
        available = situation.setting.available(situation.hypotheses, without)
        bench = Bench(situation.setting, [id for id in available if id not in situation.hidden])
        proof = in_numbers(bench, claim.slots, given(context), proof_of) or proof
    if proof.document is None or not claim.lemmas:
        return replace(proof, claim=claim.slots)
    path = (*(f"partial: {lemma['title']}, all other letters held." for lemma in claim.lemmas), *proof.path)
    document = {**proof.document, "lemmas": list(claim.lemmas)}
    return replace(proof, claim=claim.slots, path=path, document=document, vacuous=False)
