"""A theorem as numbered lines, the same on every page: letters, hypotheses, what is proved, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjointcheck.expression.grammar import LOG, parse
from adjointcheck.expression.node import Expression, apply, substitute, symbol, symbols_of, total
from adjointcheck.report.wording import one_line, word
from adjointcheck.trusted.theory import RULES

if TYPE_CHECKING:
    from adjointcheck.derive.theories import Theory
    from adjointcheck.trusted.replay import Judged
    from adjointcheck.trusted.verdict import Verdict, Witness

PARTIAL = symbol("f_x")
READING = (
    "A letter stands for a matrix of the shape given; {} is the formal partial derivative of f in x, for an f of which nothing "
    "else is known. A dot is the time derivative, a delta a variation; over layers an index l + 1 marks the next layer, and letters "
    "without it are those of layer l. Superscripts - and + are the limits from before and after an inner point."
)
FLAGS = {
    "constant": "constant in time", "input": "free to choose", "symmetric": "symmetric", "identity": "the identity",
    "positive": "positive", "nonzero": "not zero (invertible)", "small": "tends to 0", "varies": "varies with the small letter, bounded",
}


@dataclass(frozen=True)
class LetterRow:
    """A letter of the theorem with its shape, what it is a function of, and what is assumed of it."""

    symbol: Expression
    shape: str
    arguments: tuple[Expression, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One numbered line: `left` = `right`, at a place if it does not hold everywhere."""

    number: int
    id: str
    rule: str
    concludes: bool
    words: str
    left: Expression
    right: Expression
    place: str
    sources: tuple[int, ...]
    verdict: str
    evidence: tuple[str, ...]
    reason: str
    witness: Witness | None


def lines(theory: Theory) -> tuple[Line, ...]:
    """Every step of the proof, numbered from 1."""
    steps = {step["id"]: step for step in theory.document["steps"]}
    numbers = {name: number for number, name in enumerate(steps, 1)}
    return tuple(_line(theory.document, steps[judged.name], judged, numbers) for judged in theory.steps if judged.name in steps)


def letter_rows(theory: Theory) -> tuple[LetterRow, ...]:
    """The letters with their shapes, functions with what they depend on."""
    functions, letters = theory.document["functions"], theory.document["letters"]
    return tuple(_letter_row(_written(symbol(name), functions), functions.get(name, {}), *text.split()) for name, text in letters.items())


def _letter_row(letter: Expression, slopes: Iterable[str], rows: str, cols: str, *flags: str) -> LetterRow:
    kind = {(True, True): "scalar", (False, True): f"column of {rows}", (True, False): f"row of {cols}"}
    shape = kind.get((rows == "1", cols == "1"), f"{rows} by {cols}")
    return LetterRow(letter, shape, tuple(map(symbol, slopes)), tuple(FLAGS[flag] for flag in flags))


def assumed(row: LetterRow, show: Callable[[Expression], str]) -> str:
    """What is assumed of a letter in words, with the letters that it is a function of as `show` prints them."""
    return ", ".join([f"a function of {', '.join(map(show, row.arguments))}"] * bool(row.arguments) + [*row.words])


def _written(root: Expression, functions: Mapping[str, Mapping[str, str]]) -> Expression:
    """A partial of a letter with an index as such: phi_s_t, its name in the log, would be read as phi at the time s_t."""
    indexed = [(f, slopes) for f, slopes in functions.items() if "_" in f]
    partials = {part: f"{f}.{a}" for f, slopes in indexed for a, part in slopes.items() if a.isalpha()}
    split = [(name, *name.partition(".")) for name in symbols_of(root)]
    return substitute([root], {name: symbol(partials[base] + dot + jets) for name, base, dot, jets in split if base in partials})[0]


def _line(document: Mapping[str, Any], step: Mapping[str, Any], judged: Judged, numbers: Mapping[str, int]) -> Line:
    verdict, row = judged.verdict, RULES.get(step["rule"])
    *claim, place = sides(step["claim"], document["points"])
    left, right = (_written(side, document["functions"]) for side in claim)
    sources = tuple(numbers[name] for name in step["premises"] if name in numbers)
    return Line(numbers[step["id"]], one_line(step["id"]), step["rule"], step["id"] in document["conclusions"],
                row.words if row else one_line(step["rule"]), left, right, place,
                sources, _shown(step["rule"], verdict), tuple(verdict.evidence), verdict.reason, verdict.witness)


def _shown(rule: str, verdict: Verdict) -> str:
    """A hypothesis that may stand is assumed, not proved."""
    found = word(verdict.status)
    return {"assume": "assumed", "define": "defined"}.get(rule, found) if found == "proved" else found


def sides(claim: Mapping[str, str], points: Sequence[str]) -> tuple[Expression, Expression, str]:
    """Left side, right side and place of a claim; a functional is its value = point terms + integral, sum or mean."""
    if "left" in claim:
        place = claim.get("at", "always")
        return _read(claim["left"]), _read(claim["right"]), "" if place == "always" else place
    spots = [apply("spot", _read(claim[point]), symbol(point)) for point in points if claim.get(point, "0") != "0"]
    there = [symbol(point) for point in (*points[:1], *points[-1:])]
    back = there[::-1]
    rows = (("integral", "integrand", there), ("integral", "reversed", back), ("layers", "sum", []), ("mean", "mean", []))
    inside = [apply(head, _read(claim[slot]), *ends) for head, slot, ends in rows if claim.get(slot, "0") != "0"]
    return _read(claim["value"]), total([*spots, *inside]), ""


def _read(text: str) -> Expression:
    return parse(text, "theory", caps=LOG, jets=True, matrices=True)


def heading(theory: Theory) -> str:
    """`17 of 17 steps proved, for every dimension`."""
    good = sum(word(step.verdict.status) == "proved" for step in theory.steps)
    return f"{good} of {len(theory.steps)} steps proved, for every dimension"
