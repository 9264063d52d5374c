"""Letters for arguments: H(x, p, a) := f(x, a) . p + r(x, a) calls a what the notes call alpha(t) along a solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.usage import head, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

ARGUMENTS = ("x", "w", "theta")


def named_arguments(left: Node, right: Node, context: Context) -> Context:
    """The context in which new letters among the left side's arguments mean what they mean as arguments on the right."""
    for letter in left.arguments if isinstance(left, tree.Call) else ():
        if not isinstance(letter, tree.Letter) or letter.accents or letter.above or not _is_free(resolve(letter, context)):
            continue
        found = {slot for call in walk(right) if isinstance(call, tree.Call) for slot in slots(call, letter, context)}
        if len(found) == 1 and (slot := found.pop()) in ARGUMENTS:
            alias = Declared(key(letter), own(key(letter)), ROLES[slot].shape, "alias", body=Symbol(slot), source="proposed")
            context = replace(context, letters={**context.letters, alias.letter: alias})
    return context


def _is_free(value: Node) -> bool:
    """Is nothing known of a letter but that X starts there, as x of H(x, p, theta) beside X_0 = x?"""
    return bool(unknown(value)) or value == Symbol("x0")


def capitals(chain: tree.Chain, context: Context) -> Context:
    """With P of H(X_t, P_t, theta_t) as the costate along the solution that H(x, p, theta) calls p."""
    for call in walk(chain):
        inner = call.arguments if isinstance(call, tree.Call) and role_in(head(call), context) == "H" else ()
        for letter in filter(None, map(head, inner)):
            bare, costate = letter.name, context.letters.get(letter.name.lower())
            known = context.letters.get(bare)
            free = known is None or (known.symbol, known.body) == (own(bare), None)
            if costate is not None and costate.symbol == "p" and bare.isupper() and free:
                context = replace(context, letters={**context.letters, bare: replace(costate, letter=bare)})
    return context


def slots(call: tree.Call, letter: tree.Letter, context: Context) -> Iterator[str]:
    """The arguments of a known function for which the letter stands."""
    function = head(call)
    declared = context.letters.get(key(function)) if function is not None and role_in(function, context) else None
    order = declared.arguments if declared is not None and declared.arguments is not None else ()
    if len(order) == len(call.arguments):
        yield from (slot for slot, argument in zip(order, call.arguments, strict=True) if argument == letter)
