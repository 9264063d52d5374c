"""Dirac's pulses in an equation of motion: p-dot = a + sum_i delta(t - t_i) c_i is an equation between the t_i, and a jump at each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.quantities import Pulse, Symbol, rebuilt, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

ZERO, ONE = tree.Number(Fraction(0)), tree.Number(Fraction(1))
OBSERVED = Symbol("s", part=(Symbol("observation"),))


def pulsed(chain: tree.Chain) -> tree.Chain:
    """p-dot = a + sum_i delta(t - t_i) c_i says p-dot = a between the t_i, and p(t_i^+) - p(t_i^-) = c_i."""
    sides = chain.sides
    if len(sides) != 2 or not any(isinstance(part, Pulse) for part in walk(sides[1])):
        return chain
    left, right = sides
    terms = tree.terms(right)
    smooth = [term for term in terms if not any(isinstance(part, Pulse) for part in walk(term))]
    jumps = [_jump(term) for term in terms if term not in smooth]
    step = _step(left)
    if step is None or None in jumps:
        return chain
    rows = tree.Sum(tuple(smooth)) if len(smooth) > 1 else smooth[0] if smooth else ZERO
    sizes = tuple(jump for jump in jumps if jump is not None)
    size = tree.Sum(sizes) if len(sizes) > 1 else next(iter(sizes), ZERO)
    return replace(chain, sides=(tree.Vector(((left,), (step,))), tree.Vector(((rows,), (size,)))))


def _step(node: Node) -> Node | None:
    """The jump of what moves: p(s^+) - p(s^-) of p-dot, turned as it is."""
    if isinstance(node, tree.Negative | tree.Transposed):
        inner = _step(node.of)
        return replace(node, of=inner) if inner is not None else None
    if not isinstance(node, tree.Derivative) or node.by != (Symbol("t"),):
        return None
    return tree.Sum((_beside(node.of, "after"), tree.Negative(_beside(node.of, "before"))))


def _beside(node: Node, side: str) -> Node:
    if isinstance(node, Symbol) and node.name == "p":
        return replace(node, at=OBSERVED, side=side)
    return rebuilt(node, lambda child: _beside(child, side))


def _jump(term: Node) -> Node | None:
    """c of sum_i delta(t - t_i) c_i at any one of the t_i."""
    match term:
        case tree.Negative(of):
            inner = _jump(of)
            return tree.Negative(inner) if inner is not None else None
        case tree.Series("sum", body, Symbol(name=name), _, _):
            return _observed(_size(body), name) if _size(body) is not None else None
    return _size(term)


def _size(node: Node | None) -> Node | None:
    """A product without its pulse."""
    factors = node.factors if isinstance(node, tree.Product) else (node,)
    kept = tuple(factor for factor in factors if not isinstance(factor, Pulse) and factor is not None)
    if len(kept) != len(factors) - 1 or any(isinstance(part, Pulse) for factor in kept for part in walk(factor)):
        return None
    return tree.Product(kept) if len(kept) > 1 else kept[0] if kept else ONE


def _observed(node: Node | None, index: str) -> Node:
    assert node is not None
    if isinstance(node, Symbol) and node.bound and node.name == index:
        return Symbol("observation")
    return rebuilt(node, lambda child: _observed(child, index))


def pulse_of(arguments: tuple[Node, ...]) -> Iterator[Pulse]:
    """delta(t - t_i), of resolved arguments."""
    terms = arguments[0].terms if len(arguments) == 1 and isinstance(arguments[0], tree.Sum) else ()
    places = [term.of for term in terms if isinstance(term, tree.Negative)]
    running = [term for term in terms if isinstance(term, Symbol) and term.name == "t" and term.at is None]
    if len(terms) == 2 and len(places) == len(running) == 1 and isinstance(places[0], Symbol) and places[0].name in ("s", "t1", "t0"):
        yield Pulse(places[0])
