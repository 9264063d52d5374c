"""What a line says under the control that the notes have chosen before it."""

from __future__ import annotations

import re
from dataclasses import replace

from adjointcheck.notes.finding import Finding
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.formulas import spelt_out
from adjointcheck.notes.letters.meaning import Symbol, symbols
from adjointcheck.notes.proofs.closed_forms import MOVING
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.chosen_controls import under_choice
from adjointcheck.notes.systems.integration_constants import from_constants
from adjointcheck.notes.systems.values import values
from adjointcheck.notes.verdicts.combination import combined
from adjointcheck.notes.verdicts.comparison import judge_pair as in_worlds
from adjointcheck.notes.verdicts.judgement import judge_pair
from adjointcheck.trusted.verdict import Status

UNDER = "with the control that the notes choose"
# A choice for the time from then on, and one up to then.
LATE = re.compile(r"t\s*(?:>|\\geq?\b)|after|danach|anschließend|ensuite|puis|después|luego|потом|之后|その後")
EARLY = re.compile(r"t\s*(?:<|\\leq?\b)|switch|until|umschalt|\bbis\b|commut|bascul|jusqu|hasta|переключ|切换|切替")


def as_chosen(found: Finding, line: tuple[Node, Node, str], context: Context, sentence: str) -> Finding:
    """PROVED where it is so under that control, REFUTED where a value is not and no other control may be meant; else as it was found."""
    left, right = (from_constants(side, context) for side in line[:2])
    early = getattr(left, "name", "") == "x" and getattr(left, "at", None) in (None, Symbol("t"))  # which no later control changes
    under = under_choice(left, right, context) if found.status in ("unknown", "refuted") else None
    if under is None or LATE.search(sentence) or (EARLY.search(sentence) and not early):
        return found
    one, other, free = under
    blank = replace(found, words="", counterexample=None, expected="")
    judged = combined(blank, judge_pair(one, other, line[2], free), in_worlds(one, other, line[2], free))
    if judged.status == "proved":
        return replace(judged, rules=(UNDER, *judged.rules))
    if judged.agreed or judged.status != "refuted":
        return replace(found, status="unknown") if found.status == "refuted" else found
    unpaid = judged.counterexample is not None and judged.counterexample.left in ("0.", "-0.")  # an end that is held in words may be missed
    begun = any(law.kind == "start" for law in context.laws)  # words may say where it starts
    clear = begun and is_value(left, right) and not _rests(left, right) and not values(context)
    return replace(judged, words=UNDER) if clear and not unpaid else found


def is_feedback(left: Node, right: Node, context: Context) -> bool:
    """u = -tanh(1 - t) x, u = -3 x: what the optimal control is, and no other choice."""
    fed = "optimal" in context.hypotheses and "x" in symbols(right)
    return fed and judge_pair(left, right, "=", spelt_out(context)).status is Status.PROVED


def _rests(left: Node, right: Node) -> bool:
    """x = d/c of constants alone: a state of rest, which the solution need not be in."""
    return isinstance(left, Symbol) and left.name == "x" and left.at is None and "t" not in symbols(right)


def is_value(left: Node, right: Node) -> bool:
    """x(t) = e^t + 1, p(1) = 3, J = 8."""
    return isinstance(left, Symbol) and left.name in ("x", "p", "J") and not symbols(right) & MOVING
