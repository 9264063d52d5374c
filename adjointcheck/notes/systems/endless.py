"""A horizon without an end: what is paid after any time T, or layer N, is a function of the state there, and x' S x/2 for a regulator.

    int_0^infty L dt = int_0^T L dt + V(x(T))        A' S + S A - S B R^-1 B' S + Q = 0
    sum_0^infty L_k = sum_0^{N-1} L_k + V(x_N)       S = Q + A' S A - A' S B (R + B' S B)^-1 B' S A
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, Law
from adjointcheck.notes.letters.formulas import spelt_out
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, children, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.ansatz import cost_sign, is_halved

LASTING = "lasting"  # S of x' S x
NAME = "what a regulator pays from any time on"
ENDLESS = "endless"
ENDS = Symbol("x", at=Symbol("t1")), Symbol("x", at=Symbol("N"))  # over time, over layers
RESTS = tuple(Applied("Psi", (("x", end),)) for end in ENDS)
LAST = tree.Sum((Symbol("N"), tree.Negative(tree.Number(Fraction(1)))))
MATRICES = ("P", "K")
INFINITY = 99
TOLD = re.compile(
    r"\b(?:for|with|on|over|in) an? infinite[ -](?:time )?horizon|\bin the infinite[ -]horizon|\b(?:para|en|con) un horizonte infinito"
    r"|\b(?:für|bei|auf) (?:einen |einem )?unendlich\w* (?:zeit)?horizont|\b(?:sur|à|pour|en) (?:un )?horizon infini"
    r"|\bsu orizzonte infinito|\b(?:на|для) бесконечн\w+ горизонт|(?:在|对于)无穷时域|無限時間", re.IGNORECASE)


STEADY = re.compile(  # of the matrix of a regulator
    r"\b(?:steady|stationary)[ -](?:state|case|regime|solution|limit)|\balgebraic riccati|\balgebraische\w* riccati|\briccati algébrique"
    r"|\bstationäre\w*\s+(?:fall|zustand|lösung)|\brégime (?:permanent|stationnaire)|\bcas stationnaire|\briccati alg[eé]brica"
    r"|\brégimen (?:permanente|estacionario)|\b(?:caso|estado) estacionario|\b(?:caso|stato|regime) stazionario"
    r"|\bстационарн\w+ (?:случа|режим|решени|состояни)|\bалгебраическ\w+ (?:уравнени\w+ )?риккати"  # noqa: RUF001
    r"|(?:代数|稳态).{0,4}(?:riccati|黎卡提|里卡蒂)|稳态(?:时|下|情形)|定常")


def endless(value: Node, cost: Node, context: Context) -> tuple[Node, Context]:
    """With any V(x(T)) for what is paid from T on, where a cost, `value` as written, is an integral to infinity."""
    infinite = any(isinstance(part, tree.Integral | tree.Series) and part.upper == tree.Letter("infty") for part in walk(value))
    if not infinite:
        return cost, context
    paid = (_ended(cost), rest_of(context)) if context.over() == "layers" else (*tree.terms(cost), rest_of(context))
    return tree.Sum(paid), replace(context, options={**context.options, ENDLESS: "yes"})


def rest_of(context: Context) -> Node:
    """V(x(T)) or V(x_N)."""
    return RESTS[context.over() == "layers"]


def _ended(node: Node) -> Node:
    """The sum up to layer N - 1 of one without an end."""
    if isinstance(node, tree.Series) and node.upper == Unknown("infty"):
        return replace(node, upper=LAST)
    return rebuilt(node, _ended)


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


def in_steady_state(left: Node, right: Node, sentence: str, context: Context) -> Context:
    """The same for a line on P that a sentence tells of the steady state, whatever the others are of."""
    named = any(getattr(part, "name", "") in MATRICES for side in (left, right) for part in walk(side))
    placed = any(getattr(part, "at", None) is not None for side in (left, right) for part in walk(side))
    rests = isinstance(left, tree.Derivative) and right == tree.Number(Fraction(0))
    moves = not rests and any(isinstance(part, tree.Derivative) for side in (left, right) for part in walk(side))  # both sides would be 0
    steady = named and not (placed or moves or context.option(ENDLESS)) and STEADY.search(sentence.lower()) is not None
    return without_end(context) if steady and context.over() == "time" else context


def with_end(context: Context) -> Context:
    """With any V(x(T)) beside what is paid: the costate's equation holds for each, and without one 0 = 0 tells nothing of its sign."""
    return replace(context, laws=tuple(_paid_last(law, context) if law.kind == "objective" else law for law in context.laws))


def _paid_last(law: Law, context: Context) -> Law:
    return replace(law, right=tree.Sum((*tree.terms(law.right), rest_of(context))))


def without_end(context: Context) -> Context:
    """With any V(x(T)) for what is paid from T on, instead of what was paid at the end, where something is paid on the way."""
    cost = spelt_out(context).law("objective")
    paid = tuple(term for term in tree.terms(cost.right) if lasts(term)) if cost is not None else ()
    if not paid:
        return context
    laws = tuple(replace(law, right=tree.Sum((*paid, rest_of(context)))) if law.kind == "objective" else law for law in context.laws)
    return regulating(replace(context, laws=laws, options={**context.options, ENDLESS: "yes"}))


def lasts(node: Node) -> bool:
    """Is it paid on the way: has it an integral, or a sum over layers?"""
    return any(isinstance(part, tree.Integral | tree.Series) for part in walk(node))


def is_unending(end: Node, limit: Node) -> bool:
    """Does the end go to infinity?"""
    return end in (Symbol("t1"), Symbol("N")) and limit == Unknown("infty")


def regulating(context: Context) -> Context:
    """The same in the notes' own words, where these do not write the state out: a proof for components speaks of any V."""
    return context if context.parts("x") else regulated(context)


def regulated(context: Context) -> Context:
    """With x' S x/2 for V, where the dynamics are linear and the cost is quadratic, with its 1/2 or without."""
    layered, cost, state = context.over() == "layers", context.law("objective"), context.of("x")
    law, end = context.law("layers" if layered else "dynamics"), ENDS[layered]
    terms = tree.terms(cost.right) if cost is not None else ()
    paid = tuple(term for term in terms if term is not rest_of(context))
    if law is None or cost is None or len(paid) == len(terms) or not (state and context.option(ENDLESS)):
        return context
    if degree(law.right) != 1 or degree(tree.Sum(paid)) != 2 or any(map(_is_layers_own, [*walk(law.right), *walk(tree.Sum(paid))])):
        return context
    square = tree.Product((tree.Number(Fraction(1, 2)),) * is_halved(context) + (tree.Transposed(end), Symbol(LASTING), end))
    ended = replace(cost, right=tree.Sum((*paid, square if cost_sign(context) > 0 else tree.Negative(square))))
    context = context.declare(Declared(NAME, LASTING, (state[0].shape[0], state[0].shape[0]), source="proposed"))
    return replace(context, laws=tuple(ended if other is cost else other for other in context.laws))


def standing(chain: tree.Chain, context: Context) -> Context | None:
    """The regulator without an end of which P without its layer speaks, beside the P_k of one with an end; None for anything else."""
    found = [part for part in walk(chain) if isinstance(part, Symbol) and part.name in MATRICES and not part.part]
    bare = found and context.over() == "layers" and not context.option(ENDLESS) and all(part.at is None for part in found)
    made = without_end(context) if bare else context
    return made if made is not context and NAME in regulated(made).letters else None


def _placed(node: Node) -> Node:
    """With P of no layer as a letter of which that is not clear."""
    if isinstance(node, Symbol) and node.name in MATRICES and node.at is None and not node.part:
        return Unknown(f"{node.name} without its layer")
    return rebuilt(node, _placed)


def _is_layers_own(node: Node) -> bool:
    """A_k, which is another one at each layer."""
    return isinstance(node, Symbol) and node.name not in ("x", "w") and node.at is not None


def settled(chain: tree.Chain, context: Context) -> tree.Chain:
    """P at the start, of J = x_0' P x_0/2: the same at all times; and what is paid for ever, in full."""
    sides = tuple(_for_ever(side, context) for side in chain.sides) if context.option(ENDLESS) else chain.sides
    if context.over() == "layers" and not context.option(ENDLESS) and standing(chain, context) is None:
        sides = tuple(map(_placed, sides))
    if NAME in context.letters and (Symbol("J") in sides or sides != chain.sides):
        sides = tuple(instead(side, Symbol("P"), Symbol("P", at=Symbol("t0"))) for side in sides)
    return replace(chain, sides=sides)


def _for_ever(node: Node, context: Context) -> Node:
    """int_0^T L dt + V(x(T)) for int_0^infty L dt, where that is what the notes pay; beside a factor c of the cost V(x(T))/c."""
    law = context.law("objective")
    if isinstance(node, tree.Integral) and node.upper == ENDS[0].at and _is_infinite(context) and (worth := _decayed(node, context)):
        return worth
    if isinstance(node, tree.Series):
        made, infinite = _ended(node), node.upper == Unknown("infty")
    else:
        made, infinite = node, isinstance(node, tree.Integral) and node.upper == ENDS[0].at and _is_infinite(context)
    if not infinite or law is None:
        return rebuilt(node, lambda child: _for_ever(child, context))
    *paid, rest = tree.terms(law.right)
    factors = paid[0].factors if len(paid) == 1 and isinstance(paid[0], tree.Product) else tuple(paid)
    scale = tuple(tree.Power(factor, tree.Negative(tree.Number(Fraction(1)))) for factor in factors if factor != made)
    if made not in factors or any(symbols(factor) for factor in scale):
        return node
    return tree.Sum((made, tree.Product((*scale, rest)) if scale else rest))


def _decayed(node: tree.Integral, context: Context) -> Node | None:
    """c/a of int_0^infty c e^{-a t} dt, with a number a > 0 and c of constants."""
    factors = node.body.factors if isinstance(node.body, tree.Product) else (node.body,)
    rates = {factor: rate for factor in factors if (rate := _rate(factor)) is not None}
    rest = tree.Product(tuple(factor for factor in factors if factor not in rates) or (tree.Number(Fraction(1)),))
    begins = any(known.letter == "0" for known in context.of("t0")) and node.lower in (Symbol("t0"), tree.Number(Fraction(0)))
    if len(rates) != 1 or not begins or symbols(rest) & {"t", "x", "w", "p"} or unknown(rest):
        return None
    return tree.Quotient(rest, tree.Number(*rates.values()))


def _rate(node: Node) -> Fraction | None:
    """2 of e^{-2 t}, where it is more than 0."""
    argument = node.arguments[0] if isinstance(node, tree.Function) and node.name == "exp" else None
    match argument.of if isinstance(argument, tree.Negative) else None:
        case tree.Product((tree.Number(value), Symbol("t"))) if value > 0:
            return value
        case Symbol("t"):
            return Fraction(1)
    return None


def speaks_of_end(sides: Iterable[Node], context: Context) -> bool:
    """Does an equation take something at the end of a horizon without one, or integrate up to there what is not all that is paid?"""
    nodes = [part for side in sides for part in _beside_rest(side)] if context.option(ENDLESS) else []
    slopes = any(isinstance(part, tree.Derivative | tree.Variation) and part.of == Symbol("J") for part in nodes)
    sums = any(isinstance(part, tree.Integral) and part.upper == ENDS[0].at and _is_infinite(context) for part in nodes)
    return (sums and not slopes) or any(getattr(part, "at", None) in (ENDS[0].at, ENDS[1].at) for part in nodes)


def _beside_rest(node: Node) -> Iterator[Node]:
    """All nodes but those of what is paid for ever."""
    rest = node.terms[1] if isinstance(node, tree.Sum) and len(node.terms) == 2 else None
    if rest is None or not (LASTING in symbols(rest) or {*RESTS} & {*walk(rest)}):
        yield node
        for child in children(node):
            yield from _beside_rest(child)


def _is_infinite(context: Context) -> bool:
    """Is the end of time written as infinity?"""
    return any(known.letter == "infty" for known in context.of("t1"))


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
        case tree.Sum() | tree.Negative() | tree.Transposed() | tree.Integral() | tree.Series() | tree.Vector():
            inner = (node.body,) if isinstance(node, tree.Integral | tree.Series) else children(node)
            return max(map(degree, inner), default=0)
        case tree.Product(factors):
            return sum(map(degree, factors))
        case tree.Power(base, tree.Number(value)) if value.denominator == 1 and value > 0:
            return degree(base) * int(value)
    return INFINITY if any(map(degree, children(node))) else 0
