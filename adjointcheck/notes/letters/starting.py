"""The start: x(0) = x_0(theta) moves with parameters, as gradients and sensitivities do; delta x(0) = 0 holds it.

In a Lagrangian, mu^T (x(0) - x_0) has a multiplier of its own, which is the costate there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeGuard

from adjointcheck.notes.letters.context import GREEK, Context, Declared, key, own
from adjointcheck.notes.letters.derivatives import derivative
from adjointcheck.notes.letters.meaning import Symbol, Unknown, children, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

START, FIRST = Symbol("x", at=Symbol("t0")), Symbol("x", at=tree.Number(Fraction(0)))  # over time, and over layers
ENCODERS = "weights of the start"  # the option that keeps them
SLOPE = "x0_theta"  # dx_0/dtheta in the settings; 0 where the start is free of parameters


def at_once(chain: Node) -> Iterator[tuple[Symbol, Node]]:
    """(x_1(0), 0) and (x_2(0), 0) of x_1(0) = x_2(0) = 0."""
    if not isinstance(chain, tree.Chain) or {*chain.relations} != {"="}:
        return
    states = [side for side in chain.sides[:-1] if isinstance(side, Symbol) and bool(side.part) and replace(side, part=()) == START]
    yield from ((state, chain.sides[-1]) for state in states if len(states) == len(chain.relations) > 1)


def parametrised(right: Node, context: Context) -> Context | None:
    """With the start as a function of the parameters under the notes' name for it; None where the right side is no such function."""
    letter = right.function if isinstance(right, tree.Call) else None
    if not isinstance(right, tree.Call) or not isinstance(letter, tree.Letter) or letter.accents or letter.above:
        return None
    inputs = [resolve(argument, context) for argument in right.arguments]
    told = [value for value in inputs if not unknown(value)]  # e(d, theta) of data d
    moves = bool(told) and all(isinstance(value, Symbol) and value.name == "theta" for value in told)
    made, begun = resolve(letter, context), FIRST if context.over() == "layers" else START
    named = bool(unknown(made)) or (moves and letter.below == (tree.Number(Fraction(0)),) and made != begun)  # f_0 of f_0(p) is not f
    if not (moves or (named and _is_encoded(letter, inputs, context))) or not (named or made == begun):
        return None
    if named:
        context = context.declare(Declared(key(letter), own(key(letter)), ("n", "1"), "alias", body=begun, source="proposed"))
        context = context if moves else _encoded(right.arguments, context)
    return replace(context, options={**context.options, "starts": "theta"}) if moves else context


def _encoded(inputs: Iterable[Node], context: Context) -> Context:
    """With phi of z_0 = g(x, phi) as weights that move nothing but the start."""
    names = [key(part) for part in inputs if isinstance(part, tree.Letter) and part.name in GREEK and not part.below]
    for name in names:
        context = context.declare(Declared(name, own(name), ("", ""), source="proposed"))
    return replace(context, options={**context.options, ENCODERS: " ".join(map(own, names))})


def through_encoder(chain: tree.Chain, context: Context) -> tree.Chain:
    """dL/dphi = a(t_0) dg/dphi of z_0 = g(x, phi), whatever g is: dL/dz_0 = a(t_0)."""
    left, right = chain.sides if len(chain.sides) == 2 else (tree.Words(""), tree.Words(""))
    by = left.by if isinstance(left, tree.Derivative) and left.of == Symbol("J") and len(left.by) == 1 else (tree.Words(""),)
    of = tree.unsigned(right)
    factors = of.factors if isinstance(of, tree.Product) and len(of.factors) == 2 else ()
    encoded = getattr(by[0], "name", "") in context.option(ENCODERS).split()
    encoded = encoded and not any(by[0] in walk(law.right) for law in context.laws)  # a cost that weighs them
    rest = _beside_slope(factors, by, FIRST if context.over() == "layers" else START) if encoded and factors else None
    if rest is None or not isinstance(left, tree.Derivative) or by[0] in walk(rest):
        return chain
    gained = derivative(Symbol("J"), (Symbol("x0"),), left.kind, context)
    return replace(chain, sides=(gained, tree.Negative(rest) if of is not right else rest))


def _beside_slope(factors: Sequence[Node], by: tuple[Node, ...], begun: Symbol) -> Node | None:
    """a of a dg/dphi and of (dg/dphi)' a."""
    first, last = factors
    if isinstance(last, tree.Derivative) and (last.of, last.by) == (begun, by):
        return first
    slope = first.of if isinstance(first, tree.Transposed) else None
    return last if isinstance(slope, tree.Derivative) and (slope.of, slope.by) == (begun, by) else None


def beginning(right: Node, context: Context) -> Context:
    """With x as the start, where z(0) = x and the notes have only told the space of x, or that it is a constant."""
    known = context.letters.get(key(right)) if isinstance(right, tree.Letter) and not (right.above or right.accents) else None
    taken = context.of("x0") or any(known.symbol in symbols(law.right) for law in context.laws) if known is not None else True
    if known is None or not is_free(known) or taken or context.parts("x") or context.over() == "layers":
        return context
    return replace(context, letters={**context.letters, known.letter: replace(known, symbol="x0", shape=context.of("x")[0].shape)})


def is_free(known: Declared | None) -> bool:
    """Is it new, or a constant of which nothing tells what it is?"""
    return known is None or (known.symbol, known.kind, known.body) == (own(known.letter), "constant", None)


def _is_encoded(letter: tree.Letter, inputs: Iterable[Node], context: Context) -> bool:
    """e_phi(x), of data and weights that are no parameters of the dynamics, which the notes have told before."""
    new = all(isinstance(part, tree.Letter) and key(part) not in context.letters for part in letter.below)
    told = any("theta" in symbols(law.right) for law in context.laws)
    return told and new and all(isinstance(part, Unknown) for part in inputs)


def moving(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """With a start that moves with the parameters, where a formula has a term in dx_0/dtheta and is not about that alone."""
    slopes = [part for side in (left, right) for part in walk(side) if _is_slope(part)]
    if not slopes or _is_slope(left) or _is_slope(right):
        return left, right, context
    begun = FIRST if context.over() == "layers" else START
    return _from_start(left, begun), _from_start(right, begun), replace(context, options={**context.options, "starts": "theta"})


def _is_slope(node: Node) -> TypeGuard[tree.Derivative]:
    return isinstance(node, tree.Derivative) and node.of in (START, FIRST, Symbol("x0")) and node.by == (Symbol("theta"),)


def _from_start(node: Node, begun: Symbol) -> Node:
    return replace(node, of=begun) if _is_slope(node) else rebuilt(node, lambda child: _from_start(child, begun))


def moves_start(nodes: Iterable[Node]) -> bool:
    """dJ/dtheta, dx/dtheta, delta theta: what moves a start that depends on the parameters."""
    moved = (by for node in nodes for by in (node.by if isinstance(node, tree.Derivative) and node.kind == "total" else
                                             (node.of,) if isinstance(node, tree.Variation) else ()))
    return any(isinstance(by, Symbol) and by.name == "theta" for by in moved)


def moves_with(inputs: frozenset[str], context: Context) -> frozenset[str]:
    """The inputs that move when these do: the start moves with its parameters."""
    return inputs | {"x0"} if "theta" in inputs and context.option("starts") else inputs


def unheld(inputs: frozenset[str], sides: tuple[Node, ...], context: Context) -> frozenset[str]:
    """What moves where no input is named: the start, or where the notes hold it and do not name it, control and parameters."""
    named = any(isinstance(part, tree.Variation) and part.of in (START, Symbol("x0")) for side in sides for part in walk(side))
    others = frozenset(name for name in ("w", "theta") if context.of(name))
    return others if "fixed start" in context.hypotheses and inputs == {"x0"} and others and not named else inputs


def priced(node: Node, context: Context) -> Context:
    """With mu of J + ... + mu^T (x(0) - x_0): the Lagrangian is stationary in x(0), so that mu^T = -p(0)."""
    for letter, sign, column in _attached(node, 1, context):
        price: Node = Symbol("p", at=Symbol("t0"))
        price = tree.Transposed(price) if column else price
        body = tree.Negative(price) if sign > 0 else price
        shape = ("n", "1") if column else ("1", "n")
        context = context.declare(Declared(key(letter), own(key(letter)), shape, "alias", body=body, source="proposed"))
    return context


def _attached(node: Node, sign: int, context: Context) -> Iterator[tuple[tree.Letter, int, bool]]:
    """(mu, sign, is it a column?) of all +-mu^T (x(0) - x_0) for new letters mu."""
    if isinstance(node, tree.Negative):
        yield from _attached(node.of, -sign, context)
        return
    factors = node.factors if isinstance(node, tree.Product) else node.arguments if isinstance(node, tree.Function) else ()
    gap = next((gap for factor in factors if (gap := _gap(factor, context))), 0)
    inner = [factor.of if isinstance(factor, tree.Transposed) else factor for factor in factors if not _gap(factor, context)]
    if gap and len(factors) == 2 and len(inner) == 1 and isinstance(inner[0], tree.Letter) and unknown(resolve(inner[0], context)):
        yield inner[0], gap * sign, isinstance(node, tree.Function) or isinstance(factors[0], tree.Transposed)
    elif not gap:
        for child in children(node):
            yield from _attached(child, sign, context)


def _gap(node: Node, context: Context) -> int:
    """+1 for x(0) - x_0, -1 for x_0 - x(0), 0 for anything else."""
    node = node.of if isinstance(node, tree.Transposed) else node
    terms = node.terms if isinstance(node, tree.Sum) and len(node.terms) == 2 else ()
    for term, other in zip(terms, terms[::-1], strict=True):
        inner, sign = (term.of, -1) if isinstance(term, tree.Negative) else (term, 1)
        value = isinstance(inner, tree.Call) and isinstance(inner.function, tree.Letter) and not inner.function.below
        opposed = isinstance(other, tree.Negative) == (sign > 0)
        if value and opposed and resolve(inner, context) == START:
            return sign
    return 0
