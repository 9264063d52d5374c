"""One Runge-Kutta method among all: named in words, or told by its coefficients, b = (0, 1) and a_21 = 1/2.

It holds for lines that speak of its stages by their numbers, or of f at x_n; any other line is one about all methods.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Symbol, resolve, walk
from adjointcheck.notes.letters.usage import pair_of, role_in, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.stages import explicit, is_particular, staged
from adjointcheck.notes.systems.values import number_of

Introduced = tuple[str, tuple[str, ...], Context] | None
Rows = tuple[tuple[Fraction, ...], ...]
GIVEN = "coefficients"
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
    """b = (0, 1), a_21 = a_32 = 1/2, b_2 = 1; what other formulas part from them is said of another method."""
    pair = pair_of(chain)
    if pair is None or not staged(context) or not isinstance(pair[0], tree.Letter | tree.Transposed):
        return None
    letter = pair[0].of if isinstance(pair[0], tree.Transposed) else pair[0]
    known = context.letters.get(getattr(letter, "name", ""))
    if known is not None and known.symbol == "weights" and isinstance(pair[1], tree.Vector) and not getattr(letter, "below", ()):
        values = [number_of(cell) for row in pair[1].rows for cell in row]
        told = {f"entry b {i}": str(value) for i, value in enumerate(values, 1) if value is not None}
        return "assumption", (), _with_entries(context, told | {"stages told": str(len(values))})
    value, entries = number_of(chain.sides[-1]), [_entry(resolve(side, context)) for side in (letter, *chain.sides[1:-1])]
    if value is None or not all(entries) or {*chain.relations} != {"="}:
        return None
    return "assumption", (), _with_entries(context, {entry: str(value) for entry in entries})


def exemplified(chain: tree.Chain, context: Context) -> Context:
    """With the coefficients of k_2 = f(x_n + h k_1/2) and x_{n+1} = x_n + h k_2, behind a law of stages k_i."""
    pair, slope = pair_of(chain), next(iter(context.of("slope")), None)
    if pair is None or slope is None or not staged(context) or not isinstance(pair[0], tree.Letter):
        return context
    row = _numbered(pair[0], slope.letter)
    updates = successor(pair[0]) is not None and role_in(replace(pair[0], below=()), context) == "x"
    inner = pair[1].arguments[0] if row and isinstance(pair[1], tree.Call) and pair[1].arguments else pair[1] if updates else None
    if inner is None:
        return context
    slopes = [part for part in walk(inner) if isinstance(part, tree.Letter) and _numbered(part, slope.letter)]
    weights = {_numbered(part, slope.letter): _weight(inner, part, slope.letter, context) for part in slopes}
    entry = f"entry a {row}" if row else "entry b"
    told = {f"{entry} {number}": str(weight) for number, weight in weights.items() if weight is not None}
    whole = bool(slopes) and not row and len(told) == len(weights)
    return _with_entries(context, told | {"stages told": str(max(weights))} if whole else told)


def _numbered(letter: tree.Letter, name: str) -> int:
    """2 of k_2."""
    below = letter.below[0] if letter.name == name and len(letter.below) == 1 else None
    return int(below.value) if isinstance(below, tree.Number) and not (letter.above or letter.accents) else 0


def _weight(node: Node, one: tree.Letter, name: str, context: Context) -> Fraction | None:
    """1/2 of x_n + h/2 (k_1 + k_2), before each slope: what is left where that is 1, the time step 1, and all else 0."""
    match node:
        case tree.Letter():
            made = resolve(node, context)
            gone = _numbered(node, name) or made == Symbol("x", at=Symbol("l"))
            return ONE if node == one or made == Symbol("h") else ZERO if gone else None
        case tree.Sum(terms) | tree.Product(terms):
            found = [_weight(term, one, name, context) for term in terms]
            known = [value for value in found if value is not None]
            return None if len(known) < len(found) else sum(known, ZERO) if isinstance(node, tree.Sum) else prod(known, start=ONE)
        case tree.Negative(of):
            return None if (inner := _weight(of, one, name, context)) is None else -inner
        case tree.Quotient(above, below):
            up, down = _weight(above, one, name, context), number_of(below)
            return up / down if up is not None and down else None
    return number_of(node)


def _entry(node: Node) -> str:
    """The option that holds a_21 or b_2."""
    name = {"weights": "b", "lower": "a"}.get(getattr(node, "name", ""), "")
    numbers = [part.value for part in node.part if isinstance(part, tree.Number)] if isinstance(node, Symbol) and name else []
    return " ".join(["entry", name, *map(str, numbers)]) if isinstance(node, Symbol) and 0 < len(numbers) == len(node.part) else ""


def is_coefficient(node: Node) -> bool:
    """a_21, b_2."""
    return bool(_entry(node))


def _with_entries(context: Context, told: dict[str, str]) -> Context:
    before = {} if context.option(GIVEN) else {name: "" for name in context.options if name.startswith(("entry ", "stages told"))}
    return replace(context, options={**context.options, **before, **told, GIVEN: "open"})


def given(context: Context) -> Context:
    """With the coefficients of a method as all that are told, once a claim has followed them."""
    return replace(context, options={**context.options, GIVEN: ""}) if context.option(GIVEN) else context


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
        told = [context.option(f"entry a {i} {j}") for j in range(1, count + 1)]
        zeros = range(1 if any(told) else i, count + 1) if explicit(law.right) else ()  # a_31 beside a_32
        row = [entry or ("0" if j in zeros else "") for j, entry in enumerate(told, 1)]
        rows.append(" ".join(row) if all(row) else "")
    weights = [context.option(f"entry b {i}") for i in range(1, count + 1)]
    return f"{';'.join(rows)}|{' '.join(weights)}" if all(rows) and all(weights) else ""


def _named(sentence: str, context: Context) -> str:
    """The one method that the sentence names, if the law of stages has it."""
    law = context.law("stages")
    found = [method for method in METHODS if method.words.search(sentence.lower())]
    fits = law is not None and len(found) == 1 and not (found[0].implicit and explicit(law.right))
    return found[0].written() if fits else ""
