"""Derivatives by the parameters with a state held, (dJ/dtheta)_{x_k fixed}: what theta changes from that layer on."""

from __future__ import annotations

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, unknown
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

HELD = {"fixed", "held", "const", "fest", "fixé", "fijo", "fisso"}


def held_from(node: Node, context: Context) -> Node:
    """mu of [dPsi/dtheta]_{x_k}, and of [dJ/dtheta]_{x_k fixed} where J is paid in the end: what theta changes from x_k on."""
    slope = node.of if isinstance(node, tree.Evaluated) and not node.less else None
    if isinstance(slope, tree.Derivative) and slope.by == (Symbol("theta"),) and isinstance(node, tree.Evaluated):
        whole = slope.of == Symbol("J") and _is_end_cost(context)
        ended = isinstance(slope.of, Applied) and slope.of.name == "Psi" and getattr(node.at[0], "name", "") in ("x", "l")
        state = _fixed(node.at[0]) if whole else None
        if ended or state is not None:
            return Symbol("a_theta", at=state.at if state is not None else None)
    return rebuilt(node, lambda child: held_from(child, context))


def _fixed(place: Node) -> Symbol | None:
    """x_k of `x_k fixed`."""
    if not isinstance(place, tree.Product) or len(place.factors) != 2:
        return None
    state, word = place.factors
    return state if {*unknown(word)} & HELD and isinstance(state, Symbol) and state.name == "x" else None


def _is_end_cost(context: Context) -> bool:
    law = context.law("objective")
    return law is not None and isinstance(law.right, Applied) and law.right.name == "Psi"
