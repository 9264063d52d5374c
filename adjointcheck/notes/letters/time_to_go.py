"""q(tau) = p(T - tau): a letter for a path that is followed from the end, and for the time that runs there."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.scales import BACKWARDS
from adjointcheck.notes.letters.usage import head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def reversed_time(chain: tree.Chain, context: Context) -> Context:
    """With tau of q(tau) = p(T - tau) as T - t, where q is new and nothing else is known of tau."""
    pair = pair_of(chain)
    call = pair[0] if pair is not None else None
    time = call.arguments[0] if isinstance(call, tree.Call) and len(call.arguments) == 1 else None
    letter = head(call) if call is not None else None
    if pair is None or letter is None or not isinstance(time, tree.Letter) or context.over() == "layers":
        return context
    new = bool(unknown(resolve(letter, context))) and time.name in ("s", "tau", "sigma", "r") and not time.below
    free = key(time) not in context.letters and bool(unknown(resolve(time, context)))
    if not (new and free and any(_looks_back(part, time, context) for part in walk(pair[1]))):
        return context
    declared = Declared(key(time), own(key(time)), ("1", "1"), "defined", body=BACKWARDS, source="proposed")
    return replace(context, letters={**context.letters, key(time): declared})


def _looks_back(node: Node, time: tree.Letter, context: Context) -> bool:
    """p(T - tau)."""
    at = node.arguments[0] if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
    terms = at.terms if isinstance(at, tree.Sum) and len(at.terms) == 2 else ()
    return bool(terms) and resolve(terms[0], context) == Symbol("t1") and terms[1] == tree.Negative(time)
