"""Gradients in what an encoder puts out, mu and sigma of z_0 = mu + sigma * eps, where the cost is paid for them too, as by KL.

    dJ/dsigma = eps * a(0) + sigma - 1/sigma      of J = R + 1/2 sum_j (mu_j^2 + sigma_j^2 - 1 - log sigma_j^2), entry by entry

What no costate stands in is a function of sigma alone, sum_n c_n sigma^n: it is the slope of what is paid, or the line is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import product

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law
from adjointcheck.notes.letters.costs import NOTHING, is_still, still_terms, with_penalty, without_constants
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import Diagonal
from adjointcheck.notes.letters.starting import START
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.densities import EVIDENCE

Powers = dict[int, Fraction]  # c_n of sum_n c_n sigma^n, entry by entry
LOG, GAP = 10**6, "unbalanced"  # log sigma among the powers; a vector that is not 0
ONE = Fraction(1)
SIZES = (("1", "1"), ("", ""))  # of a number, and of a letter that stands for a sum, of which nothing is told


class Unfit(Exception):
    """It is no sum of powers."""


def with_own_cost(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation and its context with the cost of which it speaks: with a penalty, or without what is made of constants alone."""
    return with_penalty(*without_constants(*through_encoder(*_begun(left, right, context), context)))


def _begun(left: Node, right: Node, context: Context) -> tuple[Node, Node]:
    """I of dz_0/dmu, and diag(eps) of dz_0/dsigma."""
    by = left.by[0] if isinstance(left, tree.Derivative) and left.of in (START, Symbol("x0")) and len(left.by) == 1 else None
    told = [law.right for law in context.laws if law.kind == "start"]
    if not isinstance(by, Symbol) or by.name in ROLES or by.part:
        return left, right
    terms = [term for spelt in told for term in tree.terms(spelt) if by in walk(term)]
    match terms:
        case [tree.Function(name="hadamard", arguments=(one, other))] if by in (one, other) and one != other:
            return Diagonal(other if one == by else one), right
        case [Symbol()]:
            return Symbol("I"), right
    return left, right


def through_encoder(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """dJ/dsigma and dK/dsigma without what is paid for sigma itself, on both sides; as it stands where it has another form."""
    slope = left if isinstance(left, tree.Derivative) and len(left.by) == 1 else None
    by = slope.by[0] if slope is not None else None
    paid, kept = _parts(slope.of, context) if slope is not None else ((), ())
    if slope is None or not isinstance(by, Symbol) or not paid:
        return left, right, context
    index = by.part[0] if len(by.part) == 1 else None
    inner, scale = _inside(replace(by, part=()), context)
    if not any(inner.name in symbols(term) for term in paid):
        return left, right, context
    right = _unlogged(right, by, inner, scale) if scale else right
    terms = [*_expanded(_whole(right, index) if index is not None else right)]
    flowing = [term for term in terms if "p" in symbols(term) or any(isinstance(part, tree.Derivative) for part in walk(term))]
    try:
        told = _slope(_total(_summed(term, inner) for term in paid), scale)
        said = _total(_powers(term, inner, None) for term in terms if term not in flowing)
        flowing = [_divided(term, inner, scale) if scale else term for term in flowing]
    except Unfit:
        return left, right, context
    if told != said:
        size = next((known.shape for known in context.of(inner.name)), ("", ""))
        context = context.declare(Declared(GAP, GAP, size, source="proposed"))
        context = replace(context, laws=(*context.laws, Law(GAP, Symbol(GAP), Symbol(GAP))))
    flowing = flowing if told == said else [*flowing, Symbol(GAP)]
    rest = tree.summed(flowing) if flowing else NOTHING
    if not kept:
        return NOTHING, rest, context
    law = context.law("objective")
    laws = tuple(replace(other, right=tree.summed(kept)) if other is law else other for other in context.laws)
    return replace(slope, of=Symbol("J"), by=(inner,), kind="total"), rest, replace(context, laws=laws)


def _parts(of: Node, context: Context) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """What is paid for constants alone, and all else, of the cost; of K and of F = J + K, of which the notes give formulas, too."""
    if of == Symbol("J"):
        still, kept = still_terms(context)
        return (still, kept) if kept else ((), ())
    terms = tuple(_told(term, context) for term in tree.terms(_told(of, context)))
    paid, law = tuple(term for term in terms if term != Symbol("J")), context.law("objective")
    if terms == (of,) or context.option("goal") == "max" or not all(is_still(term, context) for term in paid) or len(terms) - len(paid) > 1:
        return (), ()
    return paid, tree.terms(law.right) if law is not None and paid != terms else ()


def _told(node: Node, context: Context) -> Node:
    """The formula of a number, and of a bound."""
    if isinstance(node, Symbol) and f"{EVIDENCE}{node.name}" in context.pieces:
        return context.pieces[f"{EVIDENCE}{node.name}"]
    known = next(iter(context.of(node.name)), None) if isinstance(node, Symbol) and node != Symbol("J") else None
    return known.body if known is not None and known.body is not None and known.shape in SIZES else node


def _inside(by: Symbol, context: Context) -> tuple[Symbol, Fraction]:
    """(sigma, c) of rho = log(sigma)/c, where d sigma/d rho = c sigma; (sigma, 0) of sigma itself."""
    known = next(iter(context.of(by.name)), None)
    match known.body if known is not None else None:
        case tree.Function(name="log" | "ln", arguments=(Symbol() as inner,)):
            return inner, ONE
        case tree.Function(name="log" | "ln", arguments=(tree.Power(base=Symbol() as inner, exponent=tree.Number(value=power)),)):
            return inner, 1 / power
        case tree.Product(factors=(tree.Number(value=factor), tree.Function(name="log" | "ln", arguments=(Symbol() as inner,)))):
            return inner, 1 / factor
    return by, Fraction(0)


def _unlogged(node: Node, by: Symbol, inner: Symbol, scale: Fraction) -> Node:
    """sigma^2 of exp(2 rho), where rho = log(sigma)/c and c = 1."""
    if isinstance(node, tree.Function) and node.name == "exp":
        factors = [*_factors(node.arguments[0])]
        numbers = [factor for factor in factors if isinstance(factor, tree.Number | tree.Quotient)]
        if [factor for factor in factors if factor not in numbers] == [by]:
            sign = -1 if isinstance(node.arguments[0], tree.Negative) else 1
            return tree.Power(inner, tree.Number(sign * _number(numbers) / scale))
    return rebuilt(node, lambda child: _unlogged(child, by, inner, scale))


def _total(found: Iterable[Powers]) -> Powers:
    total: Counter[int] = Counter()
    for powers in found:
        for power, factor in powers.items():
            total[power] += factor  # type: ignore[assignment]
    return {power: Fraction(factor) for power, factor in total.items() if factor}


def _slope(of: Powers, scale: Fraction) -> Powers:
    """By sigma, or by rho = log(sigma)/c, where the slope has one more power."""
    slopes = {power - 1: power * factor for power, factor in of.items() if power not in (0, LOG)}
    slopes = _total([slopes, {-1: of[LOG]} if LOG in of else {}])
    return {power + 1: scale * factor for power, factor in slopes.items()} if scale else slopes


def _summed(term: Node, letter: Symbol) -> Powers:
    """What one entry pays: of c sum_j g(sigma_j), and of |sigma|^2."""
    match term:
        case tree.Product(factors=(*numbers, last)) if all(isinstance(number, tree.Number | tree.Quotient) for number in numbers):
            return _times(_number(numbers), _summed(last, letter))
        case tree.Quotient(above=above, below=tree.Number(value=value)):
            return _times(1 / value, _summed(above, letter))
        case tree.Negative(of=of):
            return _times(-ONE, _summed(of, letter))
        case tree.Series(kind="sum", body=body, index=index) if index is not None:
            return _total(_powers(term, letter, index) for term in tree.terms(body) if letter.name in symbols(term))
        case tree.Power(base=tree.Function(name="norm", arguments=(inner,)), exponent=tree.Number(value=power)) if power == 2:
            return {2: ONE} if inner == letter else _apart(inner, letter)
        case tree.Sum(terms=terms):
            return _total(_summed(inner, letter) for inner in terms)
    return _apart(term, letter)


def _apart(node: Node, letter: Symbol) -> Powers:
    """What does not speak of the letter has no slope."""
    if letter.name in symbols(node):
        raise Unfit
    return {}


def _number(nodes: Iterable[Node]) -> Fraction:
    value = ONE
    for node in nodes:
        match node:
            case tree.Number(value=number):
                value *= number
            case tree.Quotient(above=tree.Number(value=above), below=tree.Number(value=below)):
                value *= above / below
            case _:
                raise Unfit
    return value


def _times(factor: Fraction, of: Powers) -> Powers:
    return {power: factor * value for power, value in of.items()}


def _product(one: Powers, other: Powers) -> Powers:
    if {*one} == {0} or {*other} == {0}:
        return _times(one[0], other) if {*one} == {0} else _times(other[0], one)
    if LOG in (*one, *other):
        raise Unfit
    return _total({a + b: c * d} for a, c in one.items() for b, d in other.items())


def _powers(node: Node, letter: Symbol, index: Node | None) -> Powers:
    """Of the entry with an index, or without one of vectors taken entry by entry; of no other letters."""
    place = replace(letter, part=(index,)) if index is not None else letter
    match node:
        case tree.Number(value=value):
            return {0: value}
        case Symbol() if node == place:
            return {1: ONE}
        case tree.Negative(of=of):
            return _times(-ONE, _powers(of, letter, index))
        case tree.Sum(terms=terms):
            return _total(_powers(term, letter, index) for term in terms)
        case tree.Product(factors=factors) | tree.Function(name="hadamard", arguments=factors):
            return reduce(_product, (_powers(factor, letter, index) for factor in factors))
        case tree.Power(base=base, exponent=tree.Number(value=power)) if base == place and power.denominator == 1:
            return {int(power): ONE}
        case tree.Power(base=base, exponent=tree.Negative(of=tree.Number(value=power))) if base == place and power.denominator == 1:
            return {-int(power): ONE}
        case tree.Quotient(above=above, below=below):
            found = _powers(below, letter, index)
            if len(found) != 1 or LOG in found:
                raise Unfit
            ((power, factor),) = found.items()
            return _product(_powers(above, letter, index), {-power: 1 / factor})
        case tree.Function(name="log" | "ln", arguments=(of,)) if index is not None:
            inner = _powers(of, letter, index)
            if len(inner) == 1 and [*inner.values()] == [ONE] and LOG not in inner:
                return {LOG: Fraction(next(iter(inner)))}
    raise Unfit


def _expanded(node: Node) -> Iterator[Node]:
    """sigma * a and sigma * sigma of sigma * (a + sigma)."""
    match node:
        case tree.Sum(terms=terms):
            for term in terms:
                yield from _expanded(term)
        case tree.Negative(of=of):
            yield from map(tree.Negative, _expanded(of))
        case tree.Product(factors=factors):
            yield from (tree.Product(made) for made in product(*map(_expanded, factors)))
        case tree.Function(name="hadamard", arguments=arguments):
            yield from (replace(node, arguments=made) for made in product(*map(_expanded, arguments)))
        case tree.Quotient(above=above, below=tree.Number()):
            yield from (replace(node, above=term) for term in _expanded(above))
        case _:
            yield node


def _divided(term: Node, letter: Symbol, scale: Fraction) -> Node:
    """eps * a(0) of sigma * eps * a(0)/2, where the slope of sigma by rho is sigma/2."""
    factors = [*_factors(term)]
    if factors.count(letter) != 1:
        raise Unfit
    factors.remove(letter)
    numbers = [factor for factor in factors if isinstance(factor, tree.Number | tree.Quotient)]
    vectors = [factor for factor in factors if factor not in numbers]
    if not vectors:
        raise Unfit
    sign = -1 if isinstance(term, tree.Negative) else 1
    whole = reduce(lambda one, other: tree.Function("hadamard", (one, other)), vectors)
    number = sign * _number(numbers) / scale
    return whole if number == 1 else tree.Product((tree.Number(number), whole))


def _factors(node: Node) -> Iterable[Node]:
    match node:
        case tree.Negative(of=of):
            yield from _factors(of)
        case tree.Product(factors=factors) | tree.Function(name="hadamard", arguments=factors):
            for factor in factors:
                yield from _factors(factor)
        case tree.Quotient(above=above, below=tree.Number(value=value)):
            yield from _factors(above)
            yield tree.Number(1 / value)
        case _:
            yield node


def _whole(node: Node, index: Node) -> Node:
    """sigma * eps of sigma_j eps_j."""
    match node:
        case Symbol() if node.part == (index,):
            return replace(node, part=())
        case tree.Product(factors=factors):
            vectors = [factor for factor in factors if index in walk(factor)]
            numbers = tuple(factor for factor in factors if factor not in vectors)
            if len(vectors) > 1:
                made = reduce(lambda one, other: tree.Function("hadamard", (one, other)), [_whole(factor, index) for factor in vectors])
                return tree.Product((*numbers, made)) if numbers else made
    return rebuilt(node, lambda child: _whole(child, index))
