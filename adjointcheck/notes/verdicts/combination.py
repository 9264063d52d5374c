"""One finding from what the proof side and the worlds say of a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.errors import DisagreementError
from adjointcheck.notes.finding import DISAGREEMENT, Finding
from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.meaning import Symbol, walk
from adjointcheck.notes.proofs.prove import Proof, Slots
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.multiplier import OPEN_SIGN
from adjointcheck.notes.systems.reservations import INPUTS
from adjointcheck.notes.verdicts.comparison import OPTIMAL_CONTROL, Agreement, Contradiction, Outcome, Undecided
from adjointcheck.trusted.verdict import Status

SAME = "both sides are the same, whatever the letters mean"
HELD = "{} evaluations in concrete worlds agree"
EMPTY = "both sides are 0 in every concrete world that was looked at"
MISREAD = "a world contradicts it and every small change of it, and more such lines than are proved; the letters may mean something else"


def combined(blank: Finding, proof: Proof, world: Outcome) -> Finding:
    """The verdict of proof and worlds together; raises DisagreementError when they contradict each other."""
    if proof.status is Status.PROVED:
        if isinstance(world, Contradiction) and any(step.startswith("solution_") for step in proof.path):
            return replace(blank, words="it is so along the solution of these notes, and not of any other")
        if isinstance(world, Contradiction):
            raise DisagreementError(f"{blank.file}, formula {blank.name}", blank.text, "proof and worlds to agree", "Please report it.")
        words = SAME if proof.vacuous else getattr(world, "note", "")
        return replace(blank, status="proved", rules=proof.path, words=words, document=proof.document)
    if isinstance(world, Contradiction):
        return replace(blank, status="refuted", expected=written(proof.expected), counterexample=world.counterexample)
    agreed = world.note if isinstance(world, Agreement) else ""
    counted = world.reason if isinstance(world, Undecided) else HELD.format(world.worlds) if world.worlds else EMPTY
    told = ", ".join(filter(None, (counted, agreed)))
    held = world.worlds if isinstance(world, Agreement) and world.note in ("", OPTIMAL_CONTROL) else 0
    return replace(blank, words="; ".join(filter(None, (proof.reason, told))), agreed=held)


def believed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of whole notes; what is only contradicted, and by no slip that is known, stays open where it outnumbers what is proved.

    A person slips here and there; where line after line is far from right, the reading is wrong rather than the notes.
    """
    items = tuple(findings)
    proved = sum(item.status == "proved" and item.words != SAME for item in items)
    bare = {item.name for item in items if item.status == "refuted" and not (item.expected or item.because)}
    if len(bare) <= max(proved, 2):
        return items
    return tuple(replace(item, status="unknown", words=MISREAD, counterexample=None) if item.name in bare else item for item in items)


def written(slots: Slots) -> str:
    """An equation or a functional of the derivation language as one line."""
    if "left" in slots:
        place = slots.get("at", "always")
        return f"{slots['left']} = {slots['right']}" + (f" at {place}" if place != "always" else "")
    parts = [f"{text} ({slot})" for slot, text in slots.items() if slot != "value" and text != "0"]
    return f"{slots['value']} = {' + '.join(parts) or '0'}" if slots else ""


def is_named(side: Node, context: Context) -> bool:
    """Is it a letter of the notes' own that one of their formulas says what it is?"""
    letter = isinstance(side, Symbol) and side.name not in ROLES
    return letter and any(known.symbol == getattr(side, "name", "") and known.body is not None for known in context.letters.values())


def is_against(finding: Finding) -> bool:
    """Does it speak against the sign in which a multiplier was read?"""
    return finding.status == "refuted" or finding.words == OPEN_SIGN


def follows_from_sign(chain: Node) -> bool:
    """Does it speak of the derivative of J by an input, of a jump of the costate, or of the control by it?  None chooses a sign."""
    if any(isinstance(part, Symbol) and part.name == "p" and part.side for part in walk(chain)):
        return True
    if isinstance(chain, tree.Chain) and any(isinstance(side, Symbol) and side.name == "w" for side in chain.sides):
        return True  # u = R^-1 B^T lambda, right with one sign alone
    slopes = (part for part in walk(chain) if isinstance(part, tree.Derivative) and part.of == Symbol("J"))
    return any(isinstance(by, Symbol) and by.name in INPUTS for slope in slopes for by in slope.by)


def internal(blank: Finding, error: Exception) -> Finding:
    """A defect of ours: the formula stays open, and says so."""
    what = DISAGREEMENT if isinstance(error, DisagreementError) else "internal"
    return replace(blank, words=f"{what}: {type(error).__name__}: {error}")


def question(reading: str) -> str:
    """What a reading answers; a sum without limits may have others in every formula."""
    return " ".join(reading.split()[:3]) if "without limits" not in reading else reading
