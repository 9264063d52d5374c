"""The covariance of a Gaussian that a linear flow carries: Sigma = M S M^T of z(0) ~ N(m, S) and z(t) ~ N(., Sigma(t)), M = dx/dx_0."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.exponentials import drift
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown
from adjointcheck.notes.letters.usage import head
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
NORMALS = ("mathcal{N}", "N")
BEGUN = "covariance at the start"
FLOW = Symbol("M")


def carried(chain: tree.Chain, context: Context) -> Introduced:
    """z(0) ~ N(0, I), which keeps I, and z(t) ~ N(0, Sigma(t)) for a new letter, which is what the flow makes of it."""
    law = chain.sides[1] if chain.relations == ("sim",) else None
    normal = isinstance(law, tree.Call) and getattr(law.function, "name", "") in NORMALS and len(law.arguments) == 2
    state = resolve(chain.sides[0], context)
    if not normal or not isinstance(law, tree.Call) or not isinstance(state, Symbol) or state.name not in ("x", "x0") or state.part:
        return None
    letter, spread = head(law.arguments[1]), resolve(law.arguments[1], context)
    if state.name == "x0" or state.at == Symbol("t0"):
        pieces = {**context.pieces, BEGUN: spread}
        return "assumption", (), context if unknown(spread) else replace(context, pieces=pieces)
    begun = context.pieces.get(BEGUN)
    if letter is None or begun is None or state.at not in (None, Symbol("t")) or not unknown(spread) or drift(context) is None:
        return None
    return "assumption", (key(letter),), context.declare(_flown(letter, begun, context))


def _flown(letter: tree.Letter, begun: Node, context: Context) -> Declared:
    size = context.of("x")[0].shape[0]
    whole = (FLOW, tree.Transposed(FLOW)) if begun == Symbol("I") else (FLOW, begun, tree.Transposed(FLOW))
    return Declared(key(letter), own(key(letter)), (size, size), "defined", body=tree.Product(whole), source="proposed")
