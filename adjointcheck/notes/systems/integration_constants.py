"""Constants of integration: c of lambda(t) = c e^{-t} or lambda_2 = c_2 - c_1 t, of which no line tells, is what the start makes of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, Unknown, children, rebuilt, resolve, symbols, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.reading.tree import Node

ZERO, ONE = tree.Number(Fraction(0)), tree.Number(Fraction(1))
MOVING = {"x", "p", "w", "H", "J", "P", "L", "f", "Psi"}


def integrated(chain: tree.Chain, context: Context) -> Context:
    """With the one new letter c of y(t) = a(t) c + b(t) as (y(t0) - b(t0))/a(t0), where y is a component of state or costate."""
    pair = pair_of(chain)
    if pair is None or not context.parts("x") or context.over() == "layers":
        return context
    left, right = (resolve(side, context) for side in pair)
    new = {part for part in walk(right) if isinstance(part, Unknown)}
    letter = next((part for part in walk(pair[1]) if isinstance(part, tree.Letter) and resolve(part, context) in new), None)
    running = isinstance(left, Symbol) and left.name in ("x", "p") and bool(left.part) and left.at in (None, Symbol("t"))
    timed = any(isinstance(part, tree.Call) and part.function == letter for part in walk(pair[1]))  # e^{rho t} lambda(t)
    if letter is None or letter.above or timed or len(new) != 1 or not running or symbols(right) & MOVING:  # t^* is an instant
        return context
    start = _start(context)
    factor, rest = factor_of(right, unknown := new.pop()), instead(right, unknown, ZERO)
    if factor is None:
        return context
    body = solved(replace(left, at=Symbol("t0")), *(_without_zeros(instead(part, Symbol("t"), start)) for part in (factor, rest)))
    return context.declare(Declared(key(letter), own(key(letter)), kind="defined", body=body, source="proposed"))


def from_constants(node: Node, context: Context) -> Node:
    """What the start makes of them, in the place of such constants."""
    known = next(iter(context.of(node.name)), None) if isinstance(node, Symbol) and node.name not in ROLES else None
    if known is not None and known.body is not None and known.kind == "defined" and any(map(_begins, walk(known.body))):
        return from_constants(known.body, context)
    return rebuilt(node, lambda child: from_constants(child, context))


def _begins(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name in ("x", "p") and bool(node.part) and node.at == Symbol("t0")


def _start(context: Context) -> Node:
    """0, where the notes count time from there."""
    zero = any(moment(known.letter) == 0 for known in context.of("t0"))
    return ZERO if zero else Symbol("t0")


def solved(value: Node, factor: Node, rest: Node) -> Node:
    """(value - rest)/factor."""
    gap = value if rest == ZERO else tree.Sum((value, tree.Negative(rest)))
    return gap if factor == ONE else tree.Negative(gap) if factor == tree.Negative(ONE) else tree.Quotient(gap, factor)


def _without_zeros(node: Node) -> Node:
    """b of a 0 + b."""
    node = rebuilt(node, _without_zeros)
    if isinstance(node, tree.Product | tree.Negative) and ZERO in children(node):
        return ZERO
    terms = tuple(term for term in node.terms if term != ZERO) if isinstance(node, tree.Sum) else (node,)
    return ZERO if not terms else terms[0] if len(terms) == 1 else replace(node, terms=terms)  # type: ignore[call-arg]


def factor_of(node: Node, letter: Node) -> Node | None:
    """a of a c + b; None where c stands in any other way."""
    if letter not in walk(node):
        return ZERO
    match node:
        case tree.Sum(terms):
            found = [made for term in terms if (made := factor_of(term, letter)) != ZERO]
            return None if None in found else found[0] if len(found) == 1 else tree.Sum(tuple(filter(None, found)))
        case tree.Negative(of):
            inner = factor_of(of, letter)
            return None if inner is None else tree.Negative(inner)
        case tree.Quotient(above, below) if letter not in walk(below):
            inner = factor_of(above, letter)
            return None if inner is None else tree.Quotient(inner, below)
        case tree.Product(factors):
            moved = [factor for factor in factors if letter in walk(factor)]
            inner = factor_of(moved[0], letter) if len(moved) == 1 else None
            rest = tuple(factor for factor in factors if factor is not moved[0] and factor != ONE)
            others = rest if inner is None or inner == ONE else (*rest, inner)
            return None if inner is None else others[0] if len(others) == 1 else tree.Product(others) if others else ONE
    return ONE if node == letter else None
