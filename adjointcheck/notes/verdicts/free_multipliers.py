"""Identities that hold for any multiplier, from which the costate is only then chosen."""

from __future__ import annotations

from fractions import Fraction

from adjointcheck.notes.letters.meaning import Symbol, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

STARTS = (Symbol("t0"), tree.Number(Fraction(0)))


def has_free_multiplier(chain: tree.Chain) -> bool:
    """delta J with delta x, or dJ_a/dx, and p in it: an identity for any multiplier, from which the costate is only then chosen."""
    moved = [node.of for node in walk(chain) if isinstance(node, tree.Variation) and isinstance(node.of, Symbol)]
    states = [symbol_ for symbol_ in moved if symbol_.name == "x" and symbol_.at not in STARTS]
    free = bool(states) and any(symbol_.name in ("J", "J_a") for symbol_ in moved)
    slopes = [node for node in walk(chain) if isinstance(node, tree.Derivative) and node.of == Symbol("J_a")]
    whole = bool(slopes) and all((node.kind, node.by) == ("total", (Symbol("theta"),)) for node in slopes)
    chosen = whole and not any(map(_is_of_state, walk(chain)))  # dJ_a/dtheta = -int lambda^T f_theta dt, which no other multiplier has
    return (free or (bool(slopes) and not chosen)) and "p" in symbols(chain)


def _is_of_state(node: Node) -> bool:
    """dx/dtheta, delta x."""
    of = node.of if isinstance(node, tree.Derivative | tree.Variation) else None
    return isinstance(of, Symbol) and of.name == "x"
