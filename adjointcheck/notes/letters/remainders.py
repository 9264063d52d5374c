"""Gradients of what is still to come: mu_N = Psi_theta', mu_n = mu_{n+1} + h f_theta' lambda_{n+1}, as libraries for time steps carry them.

Over layers such a letter is a_theta, the derivative of J where the parameters move from that layer on; either line tells it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.derivatives import core_of, is_paid_in_the_end
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

SLOPES = {"a_theta": Symbol("theta"), "p": Symbol("x")}  # by what the cost is differentiated


def carried_back(chain: tree.Chain, context: Context) -> Context:
    """With mu as a_theta, where this line is its value at the end or its way back by one layer, and nothing else is said of it."""
    pair = pair_of(chain)
    letter = pair[0] if pair is not None else None
    if pair is None or not isinstance(letter, tree.Letter) or context.over() != "layers" or not context.of("theta"):
        return context
    name = key(replace(letter, below=()))
    plain = len(letter.below) == 1 and not (letter.above or letter.accents)
    if not plain or name in context.letters or not unknown(resolve(letter, context)):
        return context
    role = ROLES["a_theta"]
    layout = next((known.layout for known in context.of("p")), "")
    declared = context.declare(Declared(name, "a_theta", role.shape, role.kind, layout=layout, source="proposed"))
    left, right = (core_of(resolve(side, declared)) for side in pair)
    place = left.at if isinstance(left, Symbol) else None
    ends, goes = place == Symbol("N") and _pays(right), place == Symbol("l") and _goes_back(right)
    return declared if ends or goes else context


def _pays(value: Node) -> bool:
    """The slope of the cost in the parameters, as it stands."""
    return isinstance(value, tree.Derivative) and value.of != Symbol("x") and value.by == (Symbol("theta"),)


def _goes_back(value: Node) -> bool:
    """mu_{l+1} + a term with f_theta and a costate."""
    terms = tree.terms(value)
    places = [core.at for term in terms if isinstance(core := core_of(term), Symbol) and core.name == "a_theta"]
    slopes = [term for term in terms if any(map(_slopes, walk(term))) and "p" in symbols(term)]
    return len(places) == 1 and places[0] not in (None, Symbol("l")) and bool(slopes)


def _slopes(node: Node) -> bool:
    return isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name == "f" and node.by == (Symbol("theta"),)


def paid_at_end(chain: tree.Chain, context: Context) -> tree.Chain:
    """mu_N = dPsi/dtheta, lambda_N = dPsi/dx where the notes have one letter for the cost and its function: only the end is to come."""
    core = core_of(chain.sides[0])
    ends = isinstance(core, Symbol) and core.name in SLOPES and core.at == Symbol("N") and is_paid_in_the_end(context)
    if not ends or not isinstance(core, Symbol):
        return chain
    by = SLOPES[core.name]
    return replace(chain, sides=(chain.sides[0], *(_explicit(side, by) for side in chain.sides[1:])))


def _explicit(node: Node, by: Symbol) -> Node:
    if isinstance(node, tree.Derivative) and (node.of, node.by) == (Symbol("J"), (by,)):
        return replace(node, of=Applied("Psi"), kind="partial")
    return rebuilt(node, lambda child: _explicit(child, by))


def nothing_beyond(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """lambda_{N+1} = 0: a costate behind the last layer, from where the law of the others holds for the last one too."""
    pair = pair_of(chain)
    beyond = core_of(resolve(pair[0], context)) if pair is not None and pair[1] == tree.Number(Fraction(0)) else None
    behind = tree.Sum((Symbol("N"), tree.Number(Fraction(1))))
    return ("definition", (), context) if isinstance(beyond, Symbol) and (beyond.name, beyond.at) == ("p", behind) else None
