"""Rewritings of expressions into equal ones that cost fewer operations; each is a pass from roots to roots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import combinations
from math import prod
from operator import and_
from typing import NoReturn

from adjointcheck.errors import CodegenError
from adjointcheck.expression.node import (
    ONE,
    ZERO,
    Expression,
    apply,
    div,
    evaluate,
    mul,
    neg,
    number,
    power,
    sub,
    total,
    walk,
)

Rule = Callable[..., Expression]
Factor = tuple[Expression, int]  # a factor and its exponent, +1 or -1

ODD = ("sin", "tan", "sinh", "tanh", "asin", "atan", "sign")
EVEN = ("cos", "cosh", "abs")
_SIGNS: Mapping[str, tuple[int, ...]] = {"add": (1, 1), "sub": (1, -1), "neg": (-1,)}
_ROUNDS = 64  # a factor of n products may take n rounds of pairing, and n rounds cost n^2
_EXPONENTS: Mapping[str, tuple[int, ...]] = {"mul": (1, 1), "div": (1, -1)}


def normalise(roots: Iterable[Expression]) -> list[Expression]:
    """`roots` with signs drawn out, so that b*a, b - a and sin(b - a) meet a*b, a - b and sin(a - b) in one node.

    Powers stay powers; a product with a written 0 stays as written, because 0*log(x) has a domain.
    Raises CodegenError on division by the number 0.
    """
    return evaluate(roots, lambda leaf: leaf, _Normal())


def expand_powers(roots: Iterable[Expression]) -> list[Expression]:
    """`normalise`, with x**n by repeated squaring, x**(n/2) by a square root, and negative powers by a division."""
    rules = _Normal()
    rules["pow"] = rules.expanded_power
    return evaluate(roots, lambda leaf: leaf, rules)


class _Normal(dict[str, Rule]):
    """Rules for `evaluate` that remember the sums, differences and products formed so far."""

    def __init__(self) -> None:
        self.formed: set[Expression] = set()
        super().__init__(neg=neg, add=self.plus, sub=self.minus, mul=self.times, div=self.over, pow=power)
        self.update({head: _outside(head, neg) for head in ODD}, **{head: _outside(head, lambda a: a) for head in EVEN})

    def __missing__(self, head: str) -> Rule:
        return lambda *args: apply(head, *args)

    def meet(self, node: Expression) -> Expression:
        """The node already formed that equals `node` up to order and sign, else `node` itself."""
        if node.head == "neg":
            return neg(self.meet(node.args[0]))
        if node.head in ("add", "sub", "mul"):
            mirrored = apply(node.head, *reversed(node.args))
            if mirrored in self.formed:
                return neg(mirrored) if node.head == "sub" else mirrored
            self.formed.add(node)
        return node

    def plus(self, a: Expression, b: Expression) -> Expression:
        return self.meet(total([a, b]))

    def minus(self, a: Expression, b: Expression) -> Expression:
        return self.plus(a, neg(b))

    def times(self, a: Expression, b: Expression) -> Expression:
        if ZERO in (a, b) and a.head != b.head:
            return apply("mul", a, b)
        return self.meet(mul(a, b))

    def over(self, a: Expression, b: Expression) -> Expression:
        if b is ZERO:
            _refuse_zero_divisor(a)
        return apply("div", a, b) if a is ZERO and b.head != "number" else div(a, b)

    def expanded_power(self, base: Expression, exponent: Expression) -> Expression:
        if exponent.head != "number" or exponent.value.denominator > 2:
            return power(base, exponent)
        if exponent.value < 0:
            return self.over(ONE, self.expanded_power(base, neg(exponent)))
        whole, half = divmod(exponent.value, 1)
        product = self.whole_power(base, whole)
        return self.times(product, apply("sqrt", base)) if half else product

    def whole_power(self, base: Expression, n: int) -> Expression:
        if n == 0:
            return ONE
        if n % 2:
            return self.times(base, self.whole_power(base, n - 1))
        root = self.whole_power(base, n // 2)
        return self.times(root, root)


def _refuse_zero_divisor(dividend: Expression) -> NoReturn:
    raise CodegenError("lowering", f"{dividend}/0", "a divisor that is not the number 0", "Mend the expression.")


def _outside(head: str, sign: Rule) -> Rule:
    """head(-a) as `sign`(head(a))."""
    return lambda a: sign(apply(head, a.args[0])) if a.head == "neg" else apply(head, a)


def factor_sums(roots: Sequence[Expression]) -> list[Expression]:
    """Draw common factors out of sums, most frequent first, and numbers out of products.

    x*a - b*x*y + c*y becomes x*(a - b*y) + c*y, and 1/2*(2*x) becomes x.  Only sums and products that nothing else
    uses are taken apart, so no shared node is computed twice.
    """
    sums = _used_once_by(roots, _SIGNS, _SIGNS)
    products = {*filter(_is_product, _used_once_by(roots, {**_SIGNS, **_EXPONENTS}, _EXPONENTS))}
    done: dict[Expression, Expression] = {}

    def factors(term: Expression) -> list[Factor]:
        return [(done[leaf], exponent) for leaf, exponent in _spread(term, _EXPONENTS, products)]

    for node in walk(roots):
        if node.head in _SIGNS and node not in sums:
            terms = _spread(node, _SIGNS, sums)
            done[node] = _collect([(sign, factors(term) if term in products else [(done[term], 1)]) for term, sign in terms])
        elif _is_product(node) and node not in products:
            done[node] = _product(factors(node))
        elif node not in sums and node not in products:
            done[node] = _rebuild(node, [done[arg] for arg in node.args])
    return normalise([done[root] for root in roots])


def _is_product(node: Expression) -> bool:
    """A product or quotient without a written 0, which would take the domain of its partner with it."""
    return node.head in _EXPONENTS and ZERO not in node.args


def _used_once_by(roots: Sequence[Expression], users: Container[str], heads: Container[str]) -> set[Expression]:
    """Nodes with a head in `heads` whose only use is by a node with a head in `users`."""
    uses = Counter(roots)
    inside: set[Expression] = set()
    for node in walk(roots):
        uses.update(node.args)
        inside.update(arg for arg in node.args if node.head in users and arg.head in heads)
    return {node for node in inside if uses[node] == 1}


def _spread(root: Expression, weights: Mapping[str, tuple[int, ...]], inner: set[Expression]) -> list[tuple[Expression, int]]:
    """The leaves below `root` reached through `inner` nodes, each with the product of the weights on its way."""
    leaves, stack = [], [(root, 1)]
    while stack:
        node, weight = stack.pop()
        if node is root or node in inner:
            below = [(arg, weight * w) for arg, w in zip(node.args, weights[node.head], strict=True)]
            stack.extend(reversed(below))
        else:
            leaves.append((node, weight))
    return leaves


def _collect(terms: list[tuple[int, list[Factor]]]) -> Expression:
    """The sum of signed products with the most frequent factor drawn out, and again on what is left."""
    parts = []
    while (factor := _most_frequent(terms)) is not None:
        sharing = [(sign, Counter(factors)) for sign, factors in terms if factor in factors]
        terms = [(sign, factors) for sign, factors in terms if factor not in factors]
        common = reduce(and_, (factors for _, factors in sharing))
        rest = _collect([(sign, [*(factors - common).elements()]) for sign, factors in sharing])
        parts.append(_product([*common.elements(), (rest, 1)]))
    return total([*parts, *(_signed(sign, _product(factors)) for sign, factors in terms)])


def _most_frequent(terms: list[tuple[int, list[Factor]]]) -> Factor | None:
    counts = Counter(factor for _, factors in terms for factor in dict.fromkeys(factors) if factor[0] is not ONE)
    factor, count = next(iter(counts.most_common(1)), (None, 0))
    return factor if count > 1 else None


def _product(factors: Sequence[Factor]) -> Expression:
    """The product with its numbers in one: k*(a*b)/c/d, or a*b/c/d/n where k is 1/n and came from a division."""
    above = [factor for factor, exponent in factors if exponent > 0 and factor.head != "number"]
    below = [factor for factor, exponent in factors if exponent < 0 and factor.head != "number"]
    numbers = [(factor.value, exponent) for factor, exponent in factors if factor.head == "number"]
    if (0, -1) in numbers:
        _refuse_zero_divisor(reduce(mul, above, ONE))
    coefficient = prod((value**exponent for value, exponent in numbers), start=Fraction(1))
    divides = coefficient.numerator == 1 and any(exponent < 0 for _, exponent in numbers)
    scale, divisors = (ONE, [*below, number(coefficient.denominator)]) if divides else (number(coefficient), below)
    return reduce(div, divisors, reduce(mul, above, scale))


def _signed(sign: int, term: Expression) -> Expression:
    if sign < 0 and term.head == "sub":
        return sub(term.args[1], term.args[0])
    return term if sign > 0 else neg(term)


def pair_products(roots: Sequence[Expression]) -> list[Expression]:
    """Associate products so that a pair of factors found in several of them is multiplied once."""
    inner = {*filter(_is_product, _used_once_by(roots, ("mul",), ("mul",)))}
    tops = [node for node in walk(roots) if node.head == "mul" and _is_product(node) and node not in inner]
    paired = _pair([[leaf for leaf, _ in _spread(node, _EXPONENTS, inner)] for node in tops])
    return _rebuild_products(roots, inner, dict(zip(tops, paired, strict=True)))


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two factors that are multiplied first."""

    left: _Atom
    right: _Atom


_Atom = Expression | _Pair


def _pair(products: list[list[_Atom]]) -> list[list[_Atom]]:
    """Replace pairs that occur in several products, in rounds, until none does or the last round is over."""
    for _ in range(_ROUNDS):
        if not (partners := _repeated_pairs(products)):
            break
        products = [_replace_pairs(factors, partners) for factors in products]
    return products


def _repeated_pairs(products: list[list[_Atom]]) -> dict[_Atom, _Pair]:
    """Disjoint pairs that occur in more than one product, most frequent first, by each of their factors."""
    rank = {atom: i for i, atom in enumerate(dict.fromkeys(atom for factors in products for atom in factors))}
    counts: Counter[tuple[_Atom, _Atom]] = Counter()
    for factors in products:
        counts.update([*dict.fromkeys(combinations(sorted(factors, key=rank.__getitem__), 2))])
    partners: dict[_Atom, _Pair] = {}
    for (left, right), count in counts.most_common():
        if count > 1 and left not in partners and right not in partners:
            partners[left] = partners[right] = _Pair(left, right)
    return partners


def _replace_pairs(factors: list[_Atom], partners: Mapping[_Atom, _Pair]) -> list[_Atom]:
    factors = list(factors)
    for pair in dict.fromkeys(partners[atom] for atom in factors if atom in partners):
        while factors.count(pair.left) > (pair.left is pair.right) and pair.right in factors:
            factors.remove(pair.left)
            factors[factors.index(pair.right)] = pair
    return factors


def _rebuild_products(roots: Sequence[Expression], inner: set[Expression],
                      products: Mapping[Expression, list[_Atom]]) -> list[Expression]:
    done: dict[Expression, Expression] = {}

    def build(atom: _Atom) -> Expression:
        return mul(build(atom.left), build(atom.right)) if isinstance(atom, _Pair) else done[atom]

    for node in walk(roots):
        if node in products:
            done[node] = reduce(mul, map(build, products[node]))
        elif node not in inner:
            done[node] = _rebuild(node, [done[arg] for arg in node.args])
    return normalise([done[root] for root in roots])


def _rebuild(node: Expression, args: Sequence[Expression]) -> Expression:
    return apply(node.head, *args) if args else node
