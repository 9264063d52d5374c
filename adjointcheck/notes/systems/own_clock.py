"""Notes whose time runs from 0, or from 0 to 1, or whose start is a number: worlds like it, for lines that say more than how things move.

Worlds start and end at times that nothing is special at, so that a line which is only right at t = 0 is seen to be wrong elsewhere.
Where the notes' own numbers say when things start and end, a line that is wrong elsewhere may be right there: p(t) = 1 - t, p(0) = U_c.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.end_time import ENDS, FREE
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, children, symbols, walk
from adjointcheck.notes.letters.usage import pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import instant, moment
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.values import starts

CLOCK = ("t", "t0", "t1")
PLACES = (Symbol("t0"), Symbol("t1"))


def on_own_clock(left: Node, right: Node, context: Context) -> Context | None:
    """The context in which worlds run when the notes say; None where it makes no difference, or has been done."""
    start, end = (next((declared.letter for declared in context.of(symbol)), "") for symbol in ("t0", "t1"))
    told = moment(start) is not None and start != end
    if context.option("ends") or not (told or starts(context)):
        return None
    nodes = [*walk(left), *walk(right)]
    placed = any(getattr(part, "at", None) in PLACES or part in PLACES or getattr(part, "name", "") == "J" for part in nodes)
    names = {part.name for part in nodes if isinstance(part, Symbol)}
    bodies = [known.body for known in context.letters.values() if known.body is not None and known.symbol in names]
    spoken = any(map(tells_time, (left, right, *bodies))) or any(map(_is_value, (left, right))) or (_rests(left, right) and starts(context))
    laws = (law.right for law in context.laws)
    if spoken or (placed and (moment(end) is not None or any(map(tells_time, laws)))):
        return replace(context, options={**context.options, "ends": "as written"})
    return None


def horizon_told(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """T = 1 and T = ln 2, where a problem with an end that is not looked for is posed: what T is; and t_0 = 0."""
    pair = pair_of(chain)
    letter = pair[0] if pair is not None and isinstance(pair[0], tree.Letter) else None
    role = _end(letter, context) if letter is not None else ""
    number = instant(pair[1]) if pair is not None and role else ""
    early = role == "t0" and number == "0"
    late = role == "t1" and number and (moment(number) or 0) > 0 and not seeks_end(context)
    if letter is None or not (early or late) or _has_gone_on(context):
        return None
    others = {name: known for name, known in context.letters.items() if known.symbol != role or moment(name) is None}
    places = {name: Declared(name, role, kind="place", source="proposed") for name in (number, key(letter))}
    return "assumption", (), replace(context, letters={**places, **others})


def _end(letter: tree.Letter, context: Context) -> str:
    """t0 or t1, over time."""
    usual = (symbol for symbol in ("t0", "t1") if key(letter) in ROLES[symbol].usual and not context.of(symbol))
    role = role_in(letter, context) or next(usual, "")
    return role if role in ("t0", "t1") and context.over() != "layers" else ""


def seeks_end(context: Context) -> bool:
    """Is the end time paid for, T + int u^2 dt or int (1 + u^2) dt, or free by a line before?"""
    law = context.law("objective")
    integrals = [part.body for part in walk(law.right) if isinstance(part, tree.Integral)] if law is not None else []
    paid = [term for node in integrals for term in tree.terms(node)]
    paid += [term for term in tree.terms(law.right) if "t1" in symbols(term)] if law is not None else []
    return any(not symbols(term) & {"x", "w", "p", "L", "Psi"} for term in paid) or "free end time" in context.hypotheses


def ends_free(context: Context) -> bool:
    """Is the end time paid for, or said to be free in words, so that an optimal solution has the best one?  Where no word says anything, a
    cost phi(x(T), T) that names it asks for it.
    """
    law = context.law("objective")
    named = law is not None and any(isinstance(part, Applied) and part.name == "Psi" and Symbol("t1") in dict(part.arguments).values()
                                    for part in walk(law.right))
    return context.option(ENDS) == FREE or seeks_end(context) or (named and not context.option(ENDS))


def _has_gone_on(context: Context) -> bool:
    """Have lines been judged for any T, of a system that is steered?"""
    steered = bool(context.parts("w")) and any(law.kind == "solution" for law in context.laws)
    return steered or any(known.body is not None for known in context.of("H"))


def _rests(left: Node, right: Node) -> bool:
    """x(t) = 0, of a state that starts there."""
    return isinstance(left, Symbol) and left.name in ("x", "p", "w") and right == tree.Number(Fraction(0))


def _is_value(node: Node) -> bool:
    """A number, sqrt(2) - 1, other than 0."""
    return node != tree.Number(Fraction(0)) and not any(isinstance(part, Symbol | Applied | Unknown | tree.Words) for part in walk(node))


def tells_time(node: Node, clock: tuple[str, ...] = CLOCK) -> bool:
    """Is the time a value in it, as in exp(-rho t), T - t and int exp(A s) ds, and not only a place or an argument?"""
    if isinstance(node, Symbol):
        return node.name in clock
    if isinstance(node, Applied):
        return any(getattr(value, "name", "") not in clock and tells_time(value, clock) for _, value in node.arguments)
    if isinstance(node, tree.Integral):
        return tells_time(node.body, (*clock, getattr(node.by, "name", "")))
    inner = (node.of,) if isinstance(node, tree.Derivative | tree.Evaluated) else children(node)
    return any(tells_time(part, clock) for part in inner)
