"""Long sums in parts: smaller equations that together imply one equation, so that a proof costs what its terms cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import reduce
from itertools import chain, islice

from adjointcheck.expression.grouping import labels
from adjointcheck.expression.node import Expression, mul, number, total

Product = tuple[Expression, ...]  # factors that are not looked into
Sum = Mapping[Product, Fraction]
FEW = 16  # summands that are not worth sorting apart


def parts(left: Expression, right: Expression, least: int = 0) -> list[tuple[Expression, Expression]]:
    """Equations that together imply left = right wherever both are defined: none when all their summands cancel, the
    equation itself when it has at most `least` summands.

    a = b |- a + c = b + c;  a = b |- c a = c b;  a_i = b_i for all i |- sum a_i = sum b_i.  `labels` only guesses which
    summands belong together: any sorting is sound, and a bad one leads to equations that are not proved.
    """
    if least and len([*islice(chain(summands(left, False), summands(right, False)), least + 1)]) <= least:
        return [(left, right)]
    sides = _cancelled(left, right, spread=False)
    if len(sides[0]) + len(sides[1]) > FEW:
        names = iter(labels(*([_product(factors) for factors in side] for side in sides)))
        groups: dict[int, tuple[dict[Product, Fraction], ...]] = defaultdict(lambda: ({}, {}))
        for side in (0, 1):
            for factors, coefficient in sides[side].items():
                groups[next(names)][side][factors] = coefficient
        if len(groups) > 1:
            return [_equation(*group) for group in groups.values()]
    sides = _cancelled(left, right, spread=True)
    return [_equation(*sides)] if any(sides) else []


def _cancelled(left: Expression, right: Expression, spread: bool) -> tuple[dict[Product, Fraction], ...]:
    """Both sides as sums of products with like ones gathered, what they have in common left out."""
    sides: tuple[dict[Product, Fraction], ...] = ({}, {})
    for side, root in zip(sides, (left, right), strict=True):
        for coefficient, product in summands(root, spread):
            factors = tuple(sorted(product, key=id))
            side[factors] = side.get(factors, 0) + coefficient
    for factors in [factors for factors in sides[0] if factors in sides[1]]:
        sides[0][factors] -= sides[1].pop(factors)
    return tuple({factors: c for factors, c in side.items() if c} for side in sides)


def summands(root: Expression, spread: bool) -> Iterator[tuple[Fraction, Product]]:
    """The terms of a nest of sums, with `spread` also c (a + b) = c a + c b, a single sum at a time."""
    stack = [(Fraction(1), [root], list[Expression]())]
    while stack:
        scale, pending, factors = stack.pop()
        while pending:
            node = pending.pop()
            if node.head == "number":
                scale *= node.value
            elif node.head in ("neg", "mul") or (node.head == "div" and node.args[1].head == "number" and node.args[1].value):
                scale = -scale if node.head == "neg" else scale / node.args[1].value if node.head == "div" else scale
                pending += node.args if node.head == "mul" else node.args[:1]
            else:
                factors.append(node)
        sums = [node for node in factors if node.head in ("add", "sub")]
        if len(sums) == 1 and (spread or len(factors) == 1):
            rest = [node for node in factors if node is not sums[0]]
            stack.append((-scale if sums[0].head == "sub" else scale, [sums[0].args[1]], [*rest]))
            stack.append((scale, [sums[0].args[0]], rest))
        elif scale:
            yield scale, tuple(factors)


def _equation(left: Sum, right: Sum) -> tuple[Expression, Expression]:
    """The two sums without the factors that all their products share."""
    products = [*left, *right]
    shared = [node for node in dict.fromkeys(products[0]) if all(node in factors for factors in products)]
    rest = {factors: _product((Counter(factors) - Counter(shared)).elements()) for factors in products}
    first, second = (total(mul(number(c), rest[factors]) for factors, c in side.items()) for side in (left, right))
    return first, second


def _product(factors: Iterable[Expression]) -> Expression:
    return reduce(mul, factors, number(1))
