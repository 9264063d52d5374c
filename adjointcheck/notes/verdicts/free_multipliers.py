"""Identities that hold for any multiplier, from which the costate is only then chosen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.meaning import Symbol, children, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.multiplier import LAGRANGIAN

STARTS = (Symbol("t0"), tree.Number(Fraction(0)))
CHOSEN = "multiplier"  # option: a line before says how it moves or ends


def has_free_multiplier(chain: tree.Chain, context: Context) -> bool:
    """delta J with delta x, or dJ_a/dx, and p in it: an identity for any multiplier, from which the costate is only then chosen."""
    moved = [node.of for node in walk(chain) if isinstance(node, tree.Variation) and isinstance(node.of, Symbol)]
    states = [symbol_ for symbol_ in moved if symbol_.name == "x" and symbol_.at not in STARTS]
    free = bool(states) and any(symbol_.name in ("J", "J_a") for symbol_ in moved)
    slopes = [node for node in walk(chain) if isinstance(node, tree.Derivative) and node.of == Symbol("J_a")]
    whole = bool(slopes) and all((node.kind, node.by) == ("total", (Symbol("theta"),)) for node in slopes)
    chosen = whole and not any(map(_is_of_state, walk(chain)))  # dJ_a/dtheta = -int lambda^T f_theta dt, which no other multiplier has
    unsaid = not context.option(CHOSEN) and any(known.told == LAGRANGIAN for known in context.of("p"))
    return (free or (unsaid and _moves(chain)) or (bool(slopes) and not chosen)) and "p" in symbols(chain)


def with_choice(chain: tree.Chain, context: Context) -> Context:
    """After lambda' = ..., lambda(T) = ..., or 0 = lambda' + ..., the multiplier is the costate and no other."""
    left, nothing = core_of(chain.sides[0]), tree.Number(Fraction(0)) in (chain.sides[0], chain.sides[-1])
    moves = any(isinstance(node, tree.Derivative) and core_of(node.of) == Symbol("p") for node in (walk(chain) if nothing else (left,)))
    ends = isinstance(left, Symbol) and left.name == "p" and left.at in (Symbol("t1"), Symbol("N"))
    return replace(context, options={**context.options, CHOSEN: "chosen"}) if moves or ends else context


def _is_of_state(node: Node) -> bool:
    """dx/dtheta, dx/dt, delta x."""
    of = node.of if isinstance(node, tree.Derivative | tree.Variation) else None
    return isinstance(of, Symbol) and of.name == "x"


def _moves(node: Node) -> bool:
    """Is there dx/dtheta or delta x in it, at another time than the start?"""
    if isinstance(node, tree.Evaluated) and not node.less and {*node.at} <= {*STARTS}:
        return False
    by = node.by if isinstance(node, tree.Derivative) else (Symbol("theta"),)
    of = node.of if by in ((Symbol("theta"),), (Symbol("x0"),)) and isinstance(node, tree.Derivative | tree.Variation) else None
    return (isinstance(of, Symbol) and of.name == "x" and of.at not in STARTS) or any(map(_moves, children(node)))
