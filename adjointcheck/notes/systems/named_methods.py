"""One Runge-Kutta method among all: named in words, or told by its coefficients, b = (0, 1) and a_21 = 1/2.

It holds for lines that speak of its stages by their numbers, or of f at x_n; any other line is one about all methods.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Symbol, resolve
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.stages import explicit, is_particular, staged
from adjointcheck.notes.systems.values import number_of

Introduced = tuple[str, tuple[str, ...], Context] | None
Rows = tuple[tuple[Fraction, ...], ...]
ZERO, HALF, ONE = Fraction(0), Fraction(1, 2), Fraction(1)


@dataclass(frozen=True)
class Method:
    """The words that name it, in several languages, and its tableau; `implicit` is where a name is used for both kinds."""

    words: re.Pattern[str]
    lower: Rows
    weights: tuple[Fraction, ...]

    @property
    def implicit(self) -> bool:
        return any(entry for i, row in enumerate(self.lower) for entry in row[i:])

    def written(self) -> str:
        return f"{';'.join(' '.join(map(str, row)) for row in self.lower)}|{' '.join(map(str, self.weights))}"


def _method(words: str, lower: Rows, weights: tuple[Fraction, ...]) -> Method:
    return Method(re.compile(words), lower, weights)


_EXPLICIT = r"(?:explicit\w*|forward|expliziten?|explicite|esplicit\w+|explícit\w+)"
_IMPLICIT = r"(?:implicit\w*|backward|impliziten?|implicite|implícit\w+)"
METHODS = (
    _method(rf"{_EXPLICIT}\W+euler|euler(?:'s)?\W+(?:method\W+)?{_EXPLICIT}|\b(?:one|a single) stage of weight (?:one|1)\b",
            ((ZERO,),), (ONE,)),
    _method(rf"{_IMPLICIT}\W+euler|euler(?:'s)?\W+(?:method\W+)?{_IMPLICIT}", ((ONE,),), (ONE,)),
    _method(rf"{_EXPLICIT}\W+(?:midpoint|mittelpunkt|point milieu)", ((ZERO, ZERO), (HALF, ZERO)), (ZERO, ONE)),
    _method(rf"{_IMPLICIT}\W+(?:midpoint|mittelpunkt|point milieu)", ((HALF,),), (ONE,)),
    _method(r"\bheun", ((ZERO, ZERO), (ONE, ZERO)), (HALF, HALF)),
    _method(r"trapez\w*|trapèze\w*", ((ZERO, ZERO), (HALF, HALF)), (HALF, HALF)),
)


def read(text: str) -> tuple[Rows, tuple[Fraction, ...]]:
    """a_ij and b_i of what `written` wrote."""
    lower, _, weights = text.partition("|")
    return tuple(tuple(map(Fraction, row.split())) for row in lower.split(";")), tuple(map(Fraction, weights.split()))


def coefficients(chain: tree.Chain, context: Context) -> Introduced:
    """b = (0, 1), a_21 = 1/2, b_2 = 1."""
    pair = pair_of(chain)
    if pair is None or not staged(context) or not isinstance(pair[0], tree.Letter | tree.Transposed):
        return None
    letter = pair[0].of if isinstance(pair[0], tree.Transposed) else pair[0]
    known = context.letters.get(getattr(letter, "name", ""))
    options = dict(context.options)
    if known is not None and known.symbol == "weights" and isinstance(pair[1], tree.Vector) and not getattr(letter, "below", ()):
        values = [number_of(cell) for row in pair[1].rows for cell in row]
        options = {name: value for name, value in options.items() if not name.startswith("entry ")}
        options |= {f"entry b {i}": str(value) for i, value in enumerate(values, 1) if value is not None}
        return "assumption", (), replace(context, options=options | {"stages told": str(len(values))})
    left, value = resolve(letter, context), number_of(pair[1])
    if not isinstance(left, Symbol) or left.name not in ("weights", "lower") or value is None:
        return None
    if not all(isinstance(part, tree.Number) for part in left.part):
        return None
    name = " ".join([{"weights": "b", "lower": "a"}[left.name], *(str(part.value) for part in left.part if isinstance(part, tree.Number))])
    return "assumption", (), replace(context, options={**options, f"entry {name}": str(value)})


def in_method(left: Node, right: Node, context: Context, sentence: str) -> Context:
    """The context of a line that speaks of one method's stages."""
    if not staged(context) or not is_particular((left, right), context):
        return context
    told = _told(context) or _named(sentence, context)
    return replace(context, options={**context.options, "method": told}) if told else context


def _told(context: Context) -> str:
    """The method whose coefficients are given, all of them that the law of stages leaves open."""
    law, count = context.law("stages"), int(context.option("stages told") or 0)
    if law is None or not count:
        return ""
    rows = []
    for i in range(1, count + 1):
        row = [context.option(f"entry a {i} {j}") or ("0" if j >= i and explicit(law.right) else "") for j in range(1, count + 1)]
        rows.append(" ".join(row) if all(row) else "")
    weights = [context.option(f"entry b {i}") for i in range(1, count + 1)]
    return f"{';'.join(rows)}|{' '.join(weights)}" if all(rows) and all(weights) else ""


def _named(sentence: str, context: Context) -> str:
    """The one method that the sentence names, if the law of stages has it."""
    law = context.law("stages")
    found = [method for method in METHODS if method.words.search(sentence.lower())]
    fits = law is not None and len(found) == 1 and not (found[0].implicit and explicit(law.right))
    return found[0].written() if fits else ""
