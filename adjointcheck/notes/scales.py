"""Products that are none: T tau is t where tau = t/T, so that d/dtau is T d/dt; D J(u)[v] and delta J(v) are delta J along v.

Logarithms of densities are no products either: log exp y is y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context
from adjointcheck.notes.quantities import Applied, Symbol
from adjointcheck.notes.tree import Node


def scale(node: Node, context: Context) -> Node | None:
    """T, where the node is a letter tau that the notes define as t/T."""
    name = getattr(node, "name", "")
    body = next((known.body for known in context.letters.values() if known.symbol == name and known.body is not None), None)
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
    """D J(u)[v] and delta J(v) as the variation of J, where v is one."""
    if len(factors) == 2 and isinstance(factors[0], tree.Derivative) and isinstance(factors[1], tree.Variation):
        return (tree.Variation(cost),) if not factors[0].by and factors[0].of == cost else factors
    if len(factors) == 2 and factors[0] == tree.Variation(cost) and isinstance(factors[1], tree.Variation):
        return factors[:1]
    return factors


def inner_product(factors: list[Node]) -> list[Node]:
    """f(x, a) . p as p f, where the notes never say that p is a row or a column."""
    loose = isinstance(factors[-1], Symbol) and factors[-1].name == "p" and factors[-1].free and not factors[-1].part
    whole = len(factors) == 2 and isinstance(factors[0], Applied) and factors[0].name == "f" and not factors[0].part
    return factors[::-1] if loose and whole else factors


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
