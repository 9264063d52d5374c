"""Parameters and controls of which notes say that they are positive: c > 0, r, q > 0, u(t) > 0, positive constants a and b."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.usage import head
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node

POSITIVE = "positive"  # the option that keeps them, as theta_2 and w_1
LETTER = r"\$[^$=]{1,12}\$"
WORDS = re.compile(rf"\b(?:positiv\w*|положительн\w+)(?:\s+\w+)?\s+({LETTER}(?:(?:,|\s+(?:and|und|et|y|e|и))*\s*{LETTER})*)")


def told_positive(formulas: Iterable[Formula], context: Context) -> Context:
    """With what notes call positive in their formulas, and in the words before them."""
    told = {name for formula in formulas for text in (formula.text, *_called(formula.paragraph)) for name in _names(text, context)}
    known = (one for one in context.letters.values() if one.part and one.symbol in ("theta", "w") and one.letter in told)
    found = [f"{one.symbol}_{one.part}" for one in known]
    return replace(context, options={**context.options, POSITIVE: " ".join(found)}) if found else context


def _called(paragraph: str) -> Iterator[str]:
    """a > 0 and b > 0 of positive constants a and b."""
    return (f"{text.strip('$')} > 0" for found in WORDS.findall(paragraph) for text in re.findall(LETTER, found))


def _names(text: str, context: Context) -> Iterator[str]:
    """c and h of c, h > 0 and of 0 < c < h."""
    chain = read_formula(text, context.reader())
    listed: list[Node] = []
    for statement in (chain, *(item for item in chain.conditions if isinstance(item, tree.Chain))) if not isinstance(chain, Unread) else ():
        listed += statement.sides
        above = {*statement.relations} == {">"} and _is_number(statement.sides[-1])
        if above or ({*statement.relations} == {"<"} and _is_number(statement.sides[0])):
            yield from (key(letter) for side in listed if (letter := head(side)) is not None)
        listed = [] if statement.relations else listed


def _is_number(node: Node) -> bool:
    return isinstance(node, tree.Number) and node.value >= 0
