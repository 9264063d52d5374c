"""States of rest of a field that notes write out: x^* = gamma/delta, y^* = alpha/beta, at which the field is zero.

    the equilibrium is x_* = d/c, y_* = a/b        the last component claims 0 = f(x_*, y_*); those before it are names

The control, where there is one, is the one that the notes choose before, or one that is held, x^* = K (1 - u/r).
"""

from __future__ import annotations

import re
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.notation import SENTENCE
from adjointcheck.notes.letters.stars import REST
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.chosen_controls import with_choice
from adjointcheck.notes.systems.entries import ZERO, cells_of

RESTING = re.compile(r"equilibri|équilibre|gleichgewicht|ruhelage|steady|stationary (?:point|state)|fixed point|point fixe|punto fijo"
                     r"|fixpunkt|равновес|平衡点|不動点", re.IGNORECASE)
OTHER = re.compile(r"canonic|hamilton|saddle|optim|closed[- ]loop|adjoint|costate|sattel|kanonisch|selle|silla|sella", re.IGNORECASE)
POINT, SENTENCES = "point of rest", "sentence of rest"
MARKS = ("*", "opt", "bar", "e", "s", "ss", "eq", "infty", "")
MOVING = frozenset(("x", "p", "t", "t0", "t1", "x0", "J", "H", "f", "L", "Psi"))


def resting_said(words: str, context: Context) -> Context:
    """With the option that the sentence before a formula speaks of a state of rest; from another sentence on nothing is half told."""
    sentence = SENTENCE.split(words.strip())[-1]
    said = RESTING.search(sentence) is not None and OTHER.search(sentence) is None
    if not sentence.startswith(context.option(SENTENCES) or sentence):
        context = replace(context, pieces={name: piece for name, piece in context.pieces.items() if not name.startswith(f"{REST} ")})
    return replace(context, options={**context.options, REST: "yes" if said else "", SENTENCES: sentence})


def rests_on_field(field: Node, context: Context) -> bool:
    """Has f(x^*) no letters but those of f, of which none is paid for?  Else what rests may be an optimal solution."""
    law, cost = context.law("dynamics"), context.law("objective")
    moved, paid = _parameters(law.right) if law is not None else set(), _parameters(cost.right) if cost is not None else set()
    return _parameters(field) <= moved and not moved & paid


def _parameters(node: Node) -> set[Node]:
    return {part for part in walk(node) if isinstance(part, Symbol) and part.name == "theta"}


def equilibrium(chain: tree.Chain, context: Context) -> tuple[str, tree.Chain, tuple[str, ...], Context] | None:
    """What x^* = X says where the sentence speaks of rest: a name until all components are told, then 0 = f(x^*)."""
    pair, law = pair_of(chain), context.law("dynamics")
    if pair is None or law is None or not isinstance(law.right, tree.Vector) or not context.option(REST) or len(chain.sides) != 2:
        return None
    letters, cells = cells_of(pair[0]) or (pair[0],), cells_of(pair[1]) or (pair[1],)
    places = [_place(letter, context) for letter in letters]
    values = [resolve(cell, context) for cell in cells]
    if len(places) != len(values) or not all(places) or not all(_is_constant(value, law.right) for value in values):
        return None
    told = {**context.pieces, **{f"{REST} {part} {mark}": value for (part, mark), value in zip(places, values, strict=True)}}  # type: ignore
    names = [f"{REST} {known.part} {places[0][1]}" for known in context.parts("x")]  # type: ignore[index]
    after = _named(letters, values, replace(context, pieces=told))
    if not all(name in told for name in names):
        return "definition", chain, tuple(key(letter) for letter in letters), after  # type: ignore[arg-type]
    point = [told[name] for name in names]
    field = with_choice(at_point(law.right, point), context)
    kept = {name: piece for name, piece in told.items() if name not in names} | {f"{POINT} {at}": value for at, value in enumerate(point)}
    claim = tree.Chain((tree.Vector(((ZERO,),) * len(names)), field), ("=",))
    open_ = "w" in symbols(field) and not any("w" in symbols(told[name]) for name in names)  # of which control it speaks is not said
    return None if open_ or symbols(field) & MOVING else ("claim", claim, (), replace(after, pieces=kept))


def _place(node: Node, context: Context) -> tuple[int, str] | None:
    """(1, *) of x_1^*, (2, bar) of bar y and (2, e) of y_e: a component of the state, and how it is marked."""
    if not isinstance(node, tree.Letter):
        return None
    parts = {known.letter: known.part for known in context.parts("x")}
    below = "".join(getattr(mark, "name", "?") for mark in node.below)
    above = "".join((*(getattr(mark, "name", "?") for mark in node.above), *node.accents))
    plain, bare = key(replace(node, above=(), accents=())), node.name
    found = next(((parts[name], mark) for name, mark in ((plain, above), (bare, below)) if name in parts), None)
    return found if found is not None and found[1] in MARKS else None


def _is_constant(value: Node, field: Node) -> bool:
    """Is it of letters that do not move, or of a control that is held, not 0, and no number beside letters that may have numbers?"""
    names = symbols(value)
    still = not (names & MOVING or unknown(value) or any(name.endswith(REST) for name in names))
    return still and value != ZERO and bool(names or "theta" not in symbols(field))


def _named(letters: tuple[Node, ...], values: list[Node], context: Context) -> Context:
    """With x^*, bar x and x_e as letters of their own, unless the notes have them as such before."""
    for letter, value in zip(letters, values, strict=True):
        name = f"{letter.name}^*" if getattr(letter, "above", ()) else key(letter)  # type: ignore[attr-defined, arg-type]
        if name not in context.letters:
            context = context.declare(Declared(name, own(f"{name.replace('^*', '').replace(' ', '_')}{REST}"), ("1", "1"), "defined",
                                               body=value, source="proposed"))
    return context


def point_of(context: Context) -> list[Node]:
    """The state of rest that was told last."""
    return [context.pieces[name] for name in sorted(name for name in context.pieces if name.startswith(POINT))]


def without_point(context: Context) -> Context:
    """The notes without a state of rest that turned out to be none."""
    return replace(context, pieces={name: piece for name, piece in context.pieces.items() if not name.startswith(POINT)})


def at_point(node: Node, values: list[Node]) -> Node:
    """The field with the values of the components in their places."""
    if isinstance(node, Symbol) and node.name == "x" and len(node.part) == 1 and isinstance(node.part[0], tree.Number):
        return values[int(node.part[0].value) - 1]
    return rebuilt(node, lambda child: at_point(child, values))
