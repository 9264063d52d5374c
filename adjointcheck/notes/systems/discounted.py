"""Multipliers that a Lagrangian weighs with the discount: they are current values, and the costate is what stands before the defect.

    L = int exp(-rho t) [U + mu (f - xdot)] dt                     mu(t) = exp(rho t) p(t)
    L = sum_k beta^k [U_k + beta mu_{k+1} (f_k - x_{k+1})]         mu_k  = beta^(-k) p_k
    L = sum_k beta^k [U_k + mu_k (f_k - x_{k+1})]                  mu_k  = beta^(-k) p_{k+1}
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import MOTIONS, Context, Declared, key
from adjointcheck.notes.letters.indices import Unclear, ahead
from adjointcheck.notes.letters.meaning import Symbol, resolve, symbols, unknown
from adjointcheck.notes.letters.quantities import costate, inside
from adjointcheck.notes.letters.usage import constants, head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.current_values import defined, inverse
from adjointcheck.notes.systems.multiplier import defect, multiplies

Introduced = tuple[str, tuple[str, ...], Context] | None
ONE = Fraction(1)


@dataclass(frozen=True)
class Weighed:
    """One term w mu (f - xdot) of a Lagrangian: mu as written, its sign and layout, the state that moves, and the weight's factors."""

    multiplier: tree.Letter
    sign: int
    layout: str
    state: tree.Letter
    weights: tuple[Node, ...]


def current_multiplier(chain: tree.Chain, context: Context) -> Introduced:
    """L = int exp(-rho t) [U + mu (f - xdot)] dt, sum_k beta^k [...]: mu stands for the costate without the weight."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or role_in(letter, context) not in ("", "J_a") or {*letter.accents} & {*MOTIONS}:
        return None
    found = [*_weighed(pair[1], 1, (), context)] if context.of("x") else []
    grown = [body for made in found if (body := _grown(made, context)) is not None]
    if not found or len(grown) < len(found) or len({made.multiplier for made in found}) < len(found):
        return None
    for made, body in zip(found, grown, strict=True):
        context = defined(_name(made.multiplier, context), body, context, "path" if context.over() == "layers" else "defined")
    body = resolve(pair[1], constants(pair[1], context, ("1", "1")))
    lagrangian = Declared(key(letter), "J_a", kind="functional", body=body, source="proposed")
    names = (key(letter), *(_name(made.multiplier, context) for made in found))
    return None if unknown(body) else ("definition", names, replace(context, letters={**context.letters, key(letter): lagrangian}))


def _weighed(node: Node, sign: int, weights: tuple[Node, ...], context: Context) -> Iterator[Weighed]:
    """The terms w mu (f - xdot), with all that stands before the brackets around them."""
    match node:
        case tree.Negative(of):
            yield from _weighed(of, -sign, weights, context)
        case tree.Sum(terms):
            for term in terms:
                yield from _weighed(term, sign, weights, context)
        case tree.Integral(body=body) | tree.Series(body=body):
            yield from _weighed(body, sign, weights, context)
        case tree.Product(factors):
            for i, factor in enumerate(factors):
                rest = (*factors[:i], *factors[i + 1 :])
                priced_ = _price(factor, rest, sign, weights, context)
                yield from [priced_] if priced_ is not None else _weighed(factor, sign, (*weights, *rest), context)


def _price(factor: Node, rest: tuple[Node, ...], sign: int, weights: tuple[Node, ...], context: Context) -> Weighed | None:
    """Of the factor f - xdot beside mu and weights."""
    turned, inner = isinstance(factor, tree.Transposed), factor.of if isinstance(factor, tree.Transposed) else factor
    state = next((made for term in tree.terms(inner) if (made := _moved(term, context)) is not None), None)
    sense = defect(factor, context) if isinstance(inner, tree.Sum) and state is not None else 0
    found = [(other, letter) for other in rest if (letter := head(other)) is not None and multiplies(replace(letter, above=()), context)]
    named = [pair for pair in found if role_in(replace(pair[1], below=(), above=()), context) == "p" or pair[1].below] or found
    if not sense or state is None or len(named) != 1:
        return None
    (price, letter), = named
    column = turned or isinstance(price, tree.Transposed)
    return Weighed(replace(letter, above=()), sign * sense, "column" if column else "", state,
                   (*weights, *(other for other in rest if other is not price)))


def _moved(term: Node, context: Context) -> tree.Letter | None:
    """x_{k+1} of f(x_k) - x_{k+1}, x_k of x_k - f(x_{k-1}), x of f - xdot."""
    term = tree.unsigned(term)
    letter = moving(term) if context.over() != "layers" else term if isinstance(term, tree.Letter) and term.below else None
    return letter if letter is not None and role_in(replace(letter, below=()) if letter is term else letter, context) == "x" else None


def _name(letter: tree.Letter, context: Context) -> str:
    return letter.name if context.over() == "layers" else key(letter)


def _grown(made: Weighed, context: Context) -> Node | None:
    """What mu is: the costate over the weight, at the layer of mu."""
    known, state = context.letters.get(_name(made.multiplier, context)), context.letters.get(key(made.state))
    layout = (known.layout if known is not None and known.symbol == "p" else "") or made.layout
    part = (tree.Number(Fraction(state.part)),) if state is not None and state.part else ()
    price = costate(Symbol("p", part=part), Declared("", "p", sign=made.sign, layout=layout))
    weights = [resolve(weight, context) for weight in made.weights]
    if not weights or any(unknown(weight) or symbols(weight) & {"x", "w", "p", "f", "J"} for weight in weights):
        return None
    if context.over() != "layers":
        decays = all(isinstance(weight, tree.Function) and weight.name == "exp" for weight in weights)
        return tree.Product((*map(inverse, weights), price)) if decays else None
    with suppress(Unclear):
        at, new = ahead(resolve(made.multiplier.below[0], context)), ahead(resolve(made.state.below[0], context))
        growth = _over(weights, -at)
        return tree.Product((*growth, inside(price, lambda core: replace(core, at=_ahead(new - at)))))
    return None


def _over(weights: Iterable[Node], shift: int) -> tuple[Node, ...]:
    """1 over a product of powers of numbers, `shift` layers ahead: beta^(-k) of beta^k and beta one layer back."""
    found: dict[Node, tuple[Fraction, Fraction]] = defaultdict(lambda: (Fraction(0), Fraction(0)))
    for weight in weights:
        base, (slope, start) = _power(weight)
        found[base] = found[base][0] + slope, found[base][1] + start + shift * slope
    return tuple(tree.Power(base, _line(-slope, -start)) for base, (slope, start) in found.items() if slope or start)


def _power(weight: Node) -> tuple[Node, tuple[Fraction, Fraction]]:
    """(beta, (a, b)) of beta^(a k + b); beta alone is beta^1, and 1/beta^k is beta^(-k)."""
    if isinstance(weight, tree.Quotient) and weight.above == tree.Number(ONE):
        base, (slope, start) = _power(weight.below)
        return base, (-slope, -start)
    return (weight.base, _exponent(weight.exponent)) if isinstance(weight, tree.Power) else (weight, (Fraction(0), ONE))


def _exponent(node: Node) -> tuple[Fraction, Fraction]:
    """(a, b) of a k + b, with a = 1, -1 or 0."""
    if isinstance(node, tree.Negative):
        slope, start = _exponent(node.of)
        return -slope, -start
    return (Fraction(0), Fraction(node.value)) if isinstance(node, tree.Number) else (ONE, Fraction(ahead(node)))


def _line(slope: Fraction, start: Fraction) -> Node:
    """a k + b."""
    terms = [_ahead(0) if slope > 0 else tree.Negative(_ahead(0))] if slope else []
    terms += [tree.Number(start) if start > 0 else tree.Negative(tree.Number(-start))] if start else []
    return tree.summed(terms)


def _ahead(steps: int) -> Node:
    """k + steps."""
    return Symbol("l") if not steps else tree.Sum((Symbol("l"), tree.Number(Fraction(steps))))
