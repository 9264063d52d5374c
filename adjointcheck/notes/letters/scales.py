"""Other clocks, tau = t/T, so that d/dtau is T d/dt, and s = T - t; products that are none: T tau is t, D J(u)[v] is delta J along v.

Logarithms of densities are no products either: log exp y is y.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.quantities import Applied, Symbol, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

PRIMED: dict[tuple[str, Node, int], tuple[Symbol, ...]] = {  # eta'(p) of x_0 = eta(p); J'(u) v, along v
    ("x", Symbol("theta"), 1): (Symbol("theta"),), ("J", Symbol("w"), 1): ()}
BACKWARDS = tree.Sum((Symbol("t1"), tree.Negative(Symbol("t"))))


def primed_by(node: Symbol, argument: Node, count: int) -> tuple[Symbol, ...] | None:
    """What a letter with primes is differentiated by: theta of J'(theta), J'(theta_1) and J''(theta)."""
    input_ = argument if isinstance(argument, Symbol) and argument.name in ("theta", "x0") and node == Symbol("J") and count <= 2 else None
    return (input_,) * count if input_ is not None else PRIMED.get((node.name, argument, count))


def _body(node: Node, context: Context) -> Node | None:
    name = getattr(node, "name", "")
    return next((known.body for known in context.letters.values() if known.symbol == name and known.body is not None), None)


def runs_back(node: Node, context: Context) -> bool:
    """Is it a letter s that the notes define as T - t?"""
    return isinstance(node, Symbol) and node.at is None and _body(node, context) == BACKWARDS


def turned_back(place: Node, context: Context) -> Node:
    """t for T - s, T for s = 0."""
    if isinstance(place, tree.Sum) and len(place.terms) == 2 and place.terms[0] == Symbol("t1"):
        other = place.terms[1]
        return Symbol("t") if isinstance(other, tree.Negative) and runs_back(other.of, context) else place
    return place


def when(value: Node) -> Node | None:
    """The time at which s = T - t has a value: T for 0, t0 for T and for T - t0."""
    whole = tree.Sum((Symbol("t1"), tree.Negative(Symbol("t0"))))
    ends = ((whole, Symbol("t0")), (tree.Number(Fraction(0)), Symbol("t1")), (Symbol("t0"), Symbol("t1")), (Symbol("t1"), Symbol("t0")))
    return next((place for end, place in ends if end == value), None)


def scale(node: Node, context: Context) -> Node | None:
    """T, where the node is a letter tau that the notes define as t/T."""
    body = _body(node, context)
    return body.below if isinstance(body, tree.Quotient) and getattr(body.above, "name", "") == "t" else None


def unscaled(factors: Sequence[Node], time: Node, context: Context) -> tuple[Node, ...]:
    """The factors of a product, t for T tau."""
    for i, factor in enumerate(factors):
        unit = scale(factor, context)
        if unit is not None and unit in factors:
            rest = [other for k, other in enumerate(factors) if k not in (i, factors.index(unit))]
            return (*rest, time)
    return tuple(factors)


def directional(factors: Sequence[Node], cost: Node) -> Sequence[Node]:
    """D J(u)[v], J'(u) v and delta J(v) as the variation of J, and (dx/dtheta) v as that of x, where v is one."""
    for path in _moved_along(factors):
        return (tree.Variation(path),)
    if len(factors) == 2 and isinstance(factors[0], tree.Derivative) and isinstance(factors[1], tree.Variation):
        return (tree.Variation(cost),) if not factors[0].by and factors[0].of == cost else factors
    if len(factors) == 2 and factors[0] == tree.Variation(cost) and isinstance(factors[1], tree.Variation):
        return factors[:1]
    return factors


def _moved_along(factors: Sequence[Node]) -> Iterator[Node]:
    """x of (dx/dtheta) delta theta."""
    slope = factors[0] if len(factors) == 2 and isinstance(factors[0], tree.Derivative) else None
    if slope is not None and slope.kind == "total" and len(slope.by) == 1 and factors[1] == tree.Variation(slope.by[0]):
        core = slope.of.of if isinstance(slope.of, tree.Transposed) else slope.of
        if isinstance(core, Symbol) and core.name in ("x", "p") and getattr(slope.by[0], "name", "") in ("x0", "theta"):
            yield slope.of


def inner_product(factors: list[Node]) -> list[Node]:
    """f(x, a) . p as p f, where the notes never say that p is a row or a column."""
    loose = isinstance(factors[-1], Symbol) and factors[-1].name == "p" and factors[-1].free and not factors[-1].part
    whole = len(factors) == 2 and isinstance(factors[0], Applied) and factors[0].name == "f" and not factors[0].part
    return factors[::-1] if loose and whole else factors


def dotted(factors: list[Node]) -> list[Node]:
    """p . f as p' f, where p is declared as a column, and f . p too; f . grad log p in whatever layout gradients are."""
    if len(factors) == 2 and any(map(_is_slope_of_density, factors)) and any(map(_is_column, factors)):
        return [tree.Function("inner", tuple(factors))]
    for one, other in (factors, factors[::-1]) if len(factors) == 2 else ():
        sign, column = (tree.Negative, one.of) if isinstance(one, tree.Negative) else (None, one)
        inner = column.of if isinstance(column, tree.Transposed) else None
        if isinstance(inner, Symbol) and inner.name == "p" and not inner.part and _is_column(other):
            return [sign(inner) if sign else inner, other]
    return factors


def _is_slope_of_density(node: Node) -> bool:
    of_density = isinstance(node, tree.Derivative) and any(isinstance(part, Symbol) and part.name == "rho" for part in walk(node.of))
    return of_density and [getattr(by, "name", "") for by in node.by] == ["x"]  # type: ignore[union-attr]


def _is_column(node: Node) -> bool:
    """f, x, xdot, delta x, and sums of these."""
    match node:
        case Applied(name=name, part=()):
            return name in ("f", "r")
        case Symbol(name=name, part=()):
            return name in ("x", "x0", "v")
        case tree.Derivative(of=of, kind="total", by=(Symbol(name="t"),)) | tree.Variation(of=of) | tree.Negative(of=of):
            return _is_column(of)
        case tree.Sum(terms=terms):
            return all(map(_is_column, terms))
    return False


def base_of(node: Node) -> Node:
    """pi(x) as exp(-Psi(x)), and its logarithm as -Psi(x)."""
    if isinstance(node, Applied) and node.name == "base":
        return tree.Function("exp", (tree.Negative(replace(node, name="Psi")),))
    if isinstance(node, tree.Function) and node.name in ("log", "ln") and isinstance(node.arguments[0], tree.Function):
        inner = node.arguments[0]
        return inner.arguments[0] if inner.name == "exp" else node
    return node


def is_score(node: Node) -> bool:
    """The gradient of log p in the state."""
    if not isinstance(node, tree.Derivative) or len(node.by) != 1 or not isinstance(node.of, tree.Function):
        return False
    by, inner = node.by[0], node.of.arguments[0]
    density = node.of.name in ("log", "ln") and isinstance(inner, Symbol) and inner.name == "rho"
    return density and isinstance(by, Symbol) and by.name == "x" and not by.part
