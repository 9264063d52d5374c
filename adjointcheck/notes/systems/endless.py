"""A horizon without an end: what is paid after any time T is a function of the state there, and x' S x/2 for a regulator.

    int_0^infty L dt = int_0^T L dt + V(x(T))        A' S + S A - S B R^-1 B' S + Q = 0
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared
from adjointcheck.notes.letters.costs import integrates
from adjointcheck.notes.letters.formulas import spelt_out
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, children, resolve, symbols, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.ansatz import cost_sign, is_halved

LASTING = "lasting"  # S of x' S x
NAME = "what a regulator pays from any time on"
ENDLESS = "endless"
END = Symbol("x", at=Symbol("t1"))
REST = Applied("Psi", (("x", END),))
INFINITY = 99
TOLD = re.compile(
    r"\b(?:for|with|on|over|in) an? infinite[ -](?:time )?horizon|\bin the infinite[ -]horizon|\b(?:para|en|con) un horizonte infinito"
    r"|\b(?:für|bei|auf) (?:einen |einem )?unendlich\w* (?:zeit)?horizont|\b(?:sur|à|pour|en) (?:un )?horizon infini"
    r"|\bsu orizzonte infinito|\b(?:на|для) бесконечн\w+ горизонт|(?:在|对于)无穷时域|無限時間", re.IGNORECASE)


def endless(value: Node, cost: Node, context: Context) -> tuple[Node, Context]:
    """With any V(x(T)) for what is paid from T on, where a cost, `value` as written, is an integral to infinity."""
    infinite = any(isinstance(part, tree.Integral) and part.upper == tree.Letter("infty") for part in walk(value))
    if not infinite or context.over() == "layers":
        return cost, context
    return tree.Sum((*tree.terms(cost), REST)), replace(context, options={**context.options, ENDLESS: "yes"})


def lengthened(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """T -> infty, for a regulator that had an end: its Riccati matrix stands still from here on, whatever was paid at the end."""
    sides = tuple(resolve(side, context) for side in chain.sides)
    if chain.relations != ("to",) or not is_unending(*sides):
        return None
    made = without_end(context)
    return ("assumption", (), made) if NAME in regulated(made).letters else None


def told_endless(sentence: str, context: Context) -> Context:
    """The same from the words "for an infinite horizon" on, after a regulator with an end."""
    return without_end(context) if TOLD.search(sentence) and not context.option(ENDLESS) else context


def without_end(context: Context) -> Context:
    """With any V(x(T)) for what is paid from T on, instead of what was paid at the end, where something is paid on the way."""
    cost = spelt_out(context).law("objective")
    if cost is None or context.over() == "layers" or not any(map(integrates, tree.terms(cost.right))):
        return context
    paid = tuple(term for term in tree.terms(cost.right) if integrates(term))
    laws = tuple(replace(law, right=tree.Sum((*paid, REST))) if law.kind == "objective" else law for law in context.laws)
    return regulating(replace(context, laws=laws, options={**context.options, ENDLESS: "yes"}))


def is_unending(end: Node, limit: Node) -> bool:
    """Does the end go to infinity?"""
    return end == Symbol("t1") and limit == Unknown("infty")


def regulating(context: Context) -> Context:
    """The same in the notes' own words, where these do not write the state out: a proof for components speaks of any V."""
    return context if context.parts("x") else regulated(context)


def regulated(context: Context) -> Context:
    """With x' S x/2 for V, where the dynamics are linear and the cost is quadratic, with its 1/2 or without."""
    law, cost, state = context.law("dynamics"), context.law("objective"), context.of("x")
    terms = tree.terms(cost.right) if cost is not None else ()
    paid = tuple(term for term in terms if term is not REST)
    if law is None or cost is None or len(paid) == len(terms) or not state:
        return context
    if degree(law.right) != 1 or degree(tree.Sum(paid)) != 2:
        return context
    square = (tree.Number(Fraction(1, 2)),) * is_halved(context) + (tree.Transposed(END), Symbol(LASTING), END)
    end: Node = tree.Product(square) if cost_sign(context) > 0 else tree.Negative(tree.Product(square))
    ended = replace(cost, right=tree.Sum((*paid, end)))
    context = context.declare(Declared(NAME, LASTING, (state[0].shape[0], state[0].shape[0]), source="proposed"))
    return replace(context, laws=tuple(ended if other is cost else other for other in context.laws))


def settled(chain: tree.Chain, context: Context) -> tree.Chain:
    """P at the start, of J = x_0' P x_0/2: the same at all times."""
    if NAME not in context.letters or Symbol("J") not in chain.sides:
        return chain
    return replace(chain, sides=tuple(instead(side, Symbol("P"), Symbol("P", at=Symbol("t0"))) for side in chain.sides))


def speaks_of_end(sides: Iterable[Node], context: Context) -> bool:
    """Does an equation take something at the end of a horizon without one?"""
    return bool(context.option(ENDLESS)) and any(getattr(part, "at", None) == END.at for side in sides for part in walk(side))


def rests_on_rest(left: Node, right: Node, context: Context) -> bool:
    """x-dot = -x^2, p = x^2, J = 1/3: is it of the one solution, which what is paid from any time on decides, and is that any V here?"""
    law, sides = context.law("objective"), (left, right)
    names, nodes = symbols(left) | symbols(right), [part for side in sides for part in walk(side)]
    general = names >= {"p", "w"} or any(isinstance(part, tree.Integral | tree.Variation | Applied) for part in nodes)
    rates = [part.of for part in nodes if isinstance(part, tree.Derivative)]
    moved = all(getattr(of, "name", "") == "x" for of in rates) and not (rates and names & {"p", "w"})
    lasts = law is not None and bool(context.option(ENDLESS)) and LASTING not in symbols(law.right)
    return lasts and moved and not general


def degree(node: Node) -> int:
    """Of a polynomial in state and control with constant coefficients; INFINITY for anything else."""
    match node:
        case Symbol("x" | "w"):
            return 1
        case Symbol("t") | Applied():
            return INFINITY
        case tree.Sum() | tree.Negative() | tree.Transposed() | tree.Integral() | tree.Vector():
            inner = (node.body,) if isinstance(node, tree.Integral) else children(node)
            return max(map(degree, inner), default=0)
        case tree.Product(factors):
            return sum(map(degree, factors))
        case tree.Power(base, tree.Number(value)) if value.denominator == 1 and value > 0:
            return degree(base) * int(value)
    return INFINITY if any(map(degree, children(node))) else 0
