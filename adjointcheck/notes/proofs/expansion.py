"""Powers of a small letter: what is left of an equation beyond a given order, as an explicit remainder that the core then checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from adjointcheck.expression.node import ONE, ZERO, Expression, apply, evaluate, number, symbol
from adjointcheck.notes.letters.meaning import Symbol, symbols
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Powers = Mapping[int, Expression]  # power of the small letter: coefficient
SMOOTH = ("det", "tr", "trace", "exp")  # and not log, which is steep at 0


def smoothed(node: Node) -> Iterator[Node]:
    """det(A) and O(eps^k) for det(A + O(eps^k)), which differs from det(A) by no more; anything else as it is."""
    inner = tree.terms(node.arguments[0]) if isinstance(node, tree.Function) and node.name in SMOOTH else ()
    kept = tuple(term for term in inner if not isinstance(term, tree.BigO))
    large = any(isinstance(part, tree.Quotient) and not isinstance(part.below, tree.Number) for term in kept for part in tree.walk(term))
    if isinstance(node, tree.Function) and 0 < len(kept) < len(inner) and not large:
        yield replace(node, arguments=(kept[0] if len(kept) == 1 else tree.Sum(kept),))
        yield from (term for term in inner if isinstance(term, tree.BigO))
    else:
        yield node


def unlogged(left: Node, right: Node) -> tuple[Node, Node]:
    """a = b (1 + eps v) + O(eps^2) of log a = log b + eps v + O(eps^2), which says the same of a positive b that is free of eps."""
    terms = [*tree.terms(left), *map(tree.turned, tree.terms(right))]
    orders = [term for term in terms if isinstance(tree.unsigned(term), tree.BigO)]
    above, below = ([log.arguments[0] for term in terms if (log := _logarithm(part(term))) is not None] for part in (_plus, _minus))
    rest = [term for term in terms if term not in orders and _logarithm(tree.unsigned(term)) is None]
    if any("eps" in symbols(factor) for factor in below):
        above, below = below, above
    else:
        rest = [*map(tree.turned, rest)]
    steep = any("eps" in symbols(factor) for factor in below) or not all(map(_is_small, rest))
    if not above or steep or [tree.unsigned(term) for term in orders] != [tree.BigO(tree.Power(Symbol("eps"), tree.Number(Fraction(2))))]:
        return left, right
    grown = tree.Sum((tree.Number(Fraction(1)), *rest))
    return _product(above), tree.Sum((_product([*below, grown]), tree.unsigned(orders[0])))


def _plus(term: Node) -> Node | None:
    return None if isinstance(term, tree.Negative) else term


def _minus(term: Node) -> Node | None:
    return term.of if isinstance(term, tree.Negative) else None


def _logarithm(term: Node | None) -> tree.Function | None:
    return term if isinstance(term, tree.Function) and term.name in ("log", "ln") else None


def _is_small(term: Node) -> bool:
    """eps v, with v smooth in eps."""
    bare = tree.unsigned(term)
    steep = any(isinstance(part, tree.Quotient) and "eps" in symbols(part.below) for part in tree.walk(bare))
    return isinstance(bare, tree.Product) and Symbol("eps") in bare.factors and not steep


def _product(factors: Iterable[Node]) -> Node:
    """Without bars: what |a| and |b| are near follows from a and b."""
    bare = [factor.arguments[0] if isinstance(factor, tree.Function) and factor.name == "abs" else factor for factor in factors]
    return tree.Product(tuple(bare)) if len(bare) > 1 else bare[0]


def remainder(root: Expression, small: str, order: int) -> tuple[list[Expression], Expression] | None:
    """(coefficients below `order`, rest) with root = sum of those + small**order rest; None where it is no polynomial in 1/small too."""
    try:
        found = evaluate([root], lambda node: {1: ONE} if node is symbol(small) else {0: node}, _Rules())[0]
    except _NoPowers:
        return None
    rest: Expression = ZERO
    for power in sorted(power for power in found if power >= order):
        rest = rest + symbol(small) ** number(power - order) * found[power]
    return [found[power] for power in sorted(found) if power < order], rest


class _NoPowers(Exception):
    """A function that mixes powers."""


def _add(a: Powers, b: Powers) -> Powers:
    return {power: a.get(power, ZERO) + b.get(power, ZERO) for power in dict.fromkeys([*a, *b])}


def _neg(a: Powers) -> Powers:
    return {power: -root for power, root in a.items()}


def _mul(a: Powers, b: Powers) -> Powers:
    found: dict[int, Expression] = {}
    for p, left in a.items():
        for q, right in b.items():
            found[p + q] = found.get(p + q, ZERO) + left * right
    return found


def _div(a: Powers, b: Powers) -> Powers:
    if len(b) != 1:
        raise _NoPowers
    ((power, below),) = b.items()
    return {p - power: root / below for p, root in a.items()}


def _pow(a: Powers, b: Powers) -> Powers:
    exponent = b.get(0, ZERO)
    if set(a) == {0} and set(b) == {0}:
        return {0: a[0] ** exponent}
    if set(b) != {0} or exponent.head != "number" or exponent.value.denominator != 1 or not 0 < exponent.value <= 8:
        raise _NoPowers
    found = a
    for _ in range(int(exponent.value) - 1):
        found = _mul(found, a)
    return found


class _Rules(dict):  # type: ignore[type-arg]
    """Sums and products by powers; transposes and traces of each; anything else only where the small letter is absent."""

    def __missing__(self, head: str) -> object:
        def each(*args: Powers) -> Powers:
            if head in ("transpose", "trace"):
                return {power: apply(head, root) for power, root in args[0].items()}
            if any(set(arg) != {0} for arg in args):
                raise _NoPowers
            return {0: apply(head, *(arg[0] for arg in args))}

        known = {"add": _add, "sub": lambda a, b: _add(a, _neg(b)), "neg": _neg, "mul": _mul, "div": _div, "pow": _pow}
        return known.get(head, each)
