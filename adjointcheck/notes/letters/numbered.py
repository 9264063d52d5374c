"""Stages that bear numbers: k_1 = f(x_n), k_2 = f(x_n + h k_1/2), Y_2 = x_n + h f(Y_1)/2, and what is said of all of them by an index.

    A_i = f_x(Y_i)   defines A_1, A_2 ... for the stages there are;   bar k_i is dJ/dk_i, what J gains by a change of that slope
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import shape_of, slope_shape
from adjointcheck.notes.letters.quantities import OWN_STAGE, instead
from adjointcheck.notes.letters.usage import head, introduced_function, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
COUNTERS = ("i", "j", "k", "l", "m", "r", "s")
STEPS = ("h", "Delta t", "Delta", "tau", "dt", "delta t")  # usual letters of a time step
TAKEN = ("x", "p", "w", "theta", "t", "J", "x0")


def is_numbered(letter: Node, context: Context) -> bool:
    """k_2 or Y_1, of a stage that the notes define."""
    known = context.letters.get(key(letter)) if isinstance(letter, tree.Letter) else None
    return isinstance(letter, tree.Letter) and known is not None and known.body is not None and _number(letter) > 0 and known.kind == "path"


def _number(letter: tree.Letter) -> int:
    below = letter.below[0] if len(letter.below) == 1 else None
    return int(below.value) if isinstance(below, tree.Number) and not letter.above and not letter.accents else 0


def numbered(chain: tree.Chain, context: Context) -> Introduced:
    """k_2 = f(x_n + h k_1/2): a stage of a time step."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    if pair is None or not isinstance(letter, tree.Letter) or _number(letter) == 0 or context.over() != "layers":
        return None
    if (role := role_in(replace(letter, below=()), context)) in TAKEN or role.startswith(OWN_STAGE) or len(chain.sides) > 2:
        return None
    for part in walk(pair[1]):
        if isinstance(part, tree.Call) and not context.of("f") and not role_in(head(part), context):
            context, _ = introduced_function(part, "f", context)
        if isinstance(part, tree.Letter) and key(part) in STEPS and key(part) not in context.letters:
            context = context.declare(Declared(key(part), "h", source="proposed"))
    body = resolve(pair[1], context)
    if is_price(body, context):
        return "definition", (key(letter),), priced(letter, body, context)
    if unknown(body) or not _stands_on_step(body, context) or symbols(body) & {"p", "J", "J_a", "H"}:
        return None
    shape = slope_shape(body, context) if isinstance(body, tree.Derivative) else ROLES["x"].shape
    declared = Declared(key(letter), own(key(letter)), shape, "path", body=body, source="proposed")
    letters = {**context.letters, key(letter): declared, **_slopes(letter, body, context)}
    return "assumption", (key(letter),), replace(context, letters=letters)


def is_price(body: Node, context: Context) -> bool:
    """dJ/dk_1, or that transposed: what J gains by a change of a numbered stage."""
    inner = body.of if isinstance(body, tree.Transposed) else body
    return isinstance(inner, tree.Derivative) and inner.of == Symbol("J") and barred((inner,), context)


def priced(letter: tree.Letter, body: Node, context: Context) -> Context:
    """With mu_1 as a name for dJ/dk_1."""
    return context.declare(Declared(key(letter), own(key(letter)), ROLES["x"].shape, "alias", body=body, source="proposed"))


def _slopes(letter: tree.Letter, body: Node, context: Context) -> dict[str, Declared]:
    """A_2 and B_2 of a new k_2 = f(...), where notes had A_i = f_x and B_i = f_theta at the stages of another method, by custom."""
    if not isinstance(body, Applied) or body.name != "f":
        return {}
    found = {}
    for known in context.letters.values():
        slope, (base, _, mark) = known.body, known.letter.rpartition("_")
        if mark.isdigit() and known.kind == "path" and isinstance(slope, tree.Derivative) and isinstance(slope.of, Applied):
            name = f"{base}_{_number(letter)}"
            found[name] = replace(known, letter=name, symbol=own(name), body=replace(slope, of=body), source="usual")
    return found


def _stands_on_step(body: Node, context: Context) -> bool:
    """Is it made of x_n and of stages before it?"""
    running = any(isinstance(part, Symbol) and part.name == "x" and part.at in (None, Symbol("l")) for part in walk(body))
    stages = {known.symbol for known in context.letters.values() if known.body is not None and known.kind == "path"}
    return running or bool(stages & symbols(body))


def family(chain: tree.Chain, context: Context) -> Introduced:
    """A_i = f_x(Y_i): A_1, A_2 and so on, one for each of the stages that are numbered."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    index = letter.below[0] if isinstance(letter, tree.Letter) and len(letter.below) == 1 else None
    if pair is None or not isinstance(letter, tree.Letter) or not isinstance(index, tree.Letter) or letter.accents or letter.above:
        return None
    numbers = _numbers(pair[1], index, context)
    if index.name not in COUNTERS or not numbers or role_in(replace(letter, below=()), context) in TAKEN:
        return None
    for number in numbers:
        one = replace(letter, below=(tree.Number(Fraction(number)),))
        value = instead(pair[1], index, tree.Number(Fraction(number)))
        body = resolve(value, context)
        if unknown(body):
            return None
        declared = Declared(key(one), own(key(one)), shape_of(value, context), "path", body=body, source="proposed")
        context = replace(context, letters={**context.letters, key(one): declared})
    return "definition", (letter.name,), context


def _numbers(node: Node, index: tree.Letter, context: Context) -> list[int]:
    """The numbers of the stages of which something with that index speaks."""
    names = {part.name for part in walk(node) if isinstance(part, tree.Letter) and part.below == (index,)}
    found: list[list[int]] = []
    for name in names:
        marks = [letter.removeprefix(f"{name}_") for letter, known in context.letters.items()
                 if letter.startswith(f"{name}_") and known.body is not None]
        found.append([int(mark) for mark in marks if mark.isdigit()])
    return sorted(set.intersection(*map(set, found))) if found and all(found) else []


def spread(node: Node, context: Context) -> Node:
    """sum_{i=1}^4 b_i k_i over numbered stages, written out."""
    made = rebuilt(node, lambda child: spread(child, context))
    if not isinstance(made, tree.Series) or made.kind != "sum" or not isinstance(made.index, tree.Letter):
        return made
    ends = [limit.value for limit in (made.lower, made.upper) if isinstance(limit, tree.Number)]
    known = _numbers(made.body, made.index, context) if len(ends) == 2 else []
    turns = range(int(ends[0]), int(ends[1]) + 1) if known else range(0)
    if not turns or not {*turns} <= {*known}:
        return made
    return tree.Sum(tuple(instead(made.body, made.index, tree.Number(Fraction(number))) for number in turns))


def customary(sides: Iterable[Node], context: Context) -> str:
    """The letter of which nothing but custom says that it is a Jacobian at a stage."""
    names = {part.name for side in sides for part in walk(side) if isinstance(part, Symbol)}
    return next((known.letter for known in context.letters.values() if _is_custom(known, names)), "")


def _is_custom(known: Declared, names: Iterable[str]) -> bool:
    return known.source == "usual" and known.kind == "path" and known.body is not None and known.symbol in names


def told(sides: Iterable[Node], context: Context) -> Context:
    """With what a proved formula shows: custom is followed for its letters, and a bar is a gradient."""
    sides = list(sides)
    names = {part.name for side in sides for part in walk(side) if isinstance(part, Symbol)}
    bases = {known.letter.rpartition("_")[0] for known in context.letters.values() if _is_custom(known, names)}
    letters = {name: replace(known, source="proposed") if _is_custom(known, {known.symbol}) and known.letter.rpartition("_")[0] in bases
               else known for name, known in context.letters.items()}
    options = {**context.options, "bars": "gradients"} if barred(sides, context) else context.options
    return replace(context, letters=letters, options=options)


def barred(sides: Iterable[Node], context: Context) -> bool:
    """Does a formula speak of the gradient in a stage, which nothing but custom says to be meant by a bar?"""
    stages = {known.symbol for known in context.letters.values() if known.body is not None and known.kind == "path"}
    slopes = (part.by for side in sides for part in walk(side) if isinstance(part, tree.Derivative) and part.of == Symbol("J"))
    return any(isinstance(by, Symbol) and by.name in stages for found in slopes for by in found)
