"""Do the hypotheses of a theory leave anything to speak of?  A search for a model; nothing trusted rests on it.

At each place (between the points, and at every point) exact matrices of small dimensions are sought that satisfy all the
hypotheses there, and the time derivatives (over layers the next layer's form) of those that hold always.  Hypotheses that
contradict each other so have no such model, and everything follows from them; a model found shows that they do not
contradict each other there to first order, not that functions exist which satisfy them.  None found may also mean that
the equations are hard to satisfy at random, or that a function among them (exp, sin) has no exact values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from random import Random
from typing import Any

from adjointcheck.errors import StepRejected
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, mul, substitute, symbol, symbols_of
from adjointcheck.trusted.language import Fact, Language, read_language
from adjointcheck.trusted.matrix import Letter, Letters, compare, has, letter_of
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.verdict import Status

TRIES = 64  # of letters chosen to be 0 or 1
BOUND = ("positive", "nonzero", "identity")
WITNESS = "hole"  # no letter of a theory may be called so


def places_without_model(document: Mapping[str, Any]) -> list[str]:
    """The places of a theory, "always" for the time between its points, at which no model of its hypotheses was found."""
    language = read_language(document)
    given = [language.fact(step["claim"], step["id"]) for step in document["steps"] if step["rule"] == "assume"]
    equations = [fact for fact in given if fact.at]
    return [place for place in ("always", *language.points) if not has_model(language, list(_instances(language, equations, place)))]


def _instances(language: Language, facts: Sequence[Fact], place: str) -> Iterator[tuple[Expression, Expression]]:
    """The equations that hold at `place`, and between the points their derivatives in time or next forms."""
    step = "next" if language.layers else "dot"
    for fact in facts:
        if place != "always":
            yield from ((parts["left"], parts["right"]) for parts in language.instances(fact, place))
        elif fact.at == "always":
            sides = fact.parts["left"], fact.parts["right"]
            yield sides
            yield language.move(sides[0], step), language.move(sides[1], step)


def has_model(language: Language, equations: Sequence[tuple[Expression, Expression]]) -> bool:
    """Are there exact matrices that satisfy `equations`?  Solved letters are put in, the others drawn, some of them 0 or 1."""
    solved: dict[str, Expression] = {}
    gaps: list[Expression] = []
    for left, right in equations:
        (root,) = substitute([right], solved)
        if left.head == "symbol" and left.value not in {*solved, *symbols_of(root)}:
            solved = {name: substitute([other], {left.value: root})[0] for name, other in solved.items()} | {left.value: root}
        else:
            gaps.append(left - right)
    gaps += [root - apply("transpose", root) for name, root in solved.items() if has(language.letters, name, "symmetric")]
    parts = [apply("det", root) for name, root in solved.items() if any(has(language.letters, name, flag) for flag in BOUND)]
    roots = substitute([reduce(mul, parts, symbol(WITNESS)), *gaps], solved)
    letters: Letters = {**language.letters, WITNESS: Letter("1", "1", frozenset({"nonzero"}))}
    free = sorted(name for name in symbols_of(*roots) if not any(has(letters, name, flag) for flag in BOUND))
    return any(_met(substitute(roots, choice), letters) for choice in _choices(free, letters))


def _choices(names: Sequence[str], letters: Letters) -> Iterator[dict[str, Expression]]:
    """Which letters are 0, and which scalars 1: at first all are 0, then it is drawn."""
    yield dict.fromkeys(names, ZERO)
    for seed in range(TRIES - 1):
        draw = Random(seed)
        drawn = {name: draw.choice((ZERO, ZERO, ONE, None)) for name in names}
        yield {name: value for name, value in drawn.items() if value is not None and (value is ZERO or _scalar(letters, name))}


def _scalar(letters: Letters, name: str) -> bool:
    return (letter_of(letters, name).rows, letter_of(letters, name).cols) == ("1", "1")


def _met(roots: Sequence[Expression], letters: Letters) -> bool:
    """Is there a point at which the first of `roots` is not 0 and all others are?  Such a point refutes that the first is 0."""
    try:
        return compare(roots[0], ZERO, letters, roots[1:]).status is Status.REFUTED
    except (StepRejected, BudgetError):  # the inverse of 0, or too much arithmetic
        return False


def words(document: Mapping[str, Any]) -> str:
    """What was found, in a sentence."""
    missing = places_without_model(document)
    if missing:
        return f"No model was found at {', '.join(missing)}: the hypotheses may contradict each other, and then everything follows."
    return "Exact matrices satisfy the hypotheses, and the first derivatives of those that hold always, at every place."
