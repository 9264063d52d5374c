"""Steps along a gradient: w <- w - eta (L_w + p f_w)^T, in any layout, is right where what stands behind eta is dJ/dw.

    w + eta g:   dJ/d eta = dJ/dw g, so that J falls to first order with g = -dJ/dw, and climbs with g = dJ/dw
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes.finding import Counterexample
from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.meaning import Symbol, Unknown
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

STEPPED = ("w", "theta", "x0")
AGAINST = "the step goes against its goal"
CLIMBS = Counterexample((("any problem", "where dJ/dw is not 0"),), "dJ/d eta = |dJ/dw|^2", "dJ/d eta = -|dJ/dw|^2", "the other way")


def slopes(right: Node, context: Context) -> Iterator[tuple[bool, Node, Node]]:
    """(is it the right way, dJ/dw, what it has to be) for w - eta g; nothing for any other step."""
    start, *steps = tree.terms(right) if isinstance(right, tree.Sum) else (right,)
    directions = [found for step in steps if (found := _direction(step)) is not None]
    if not (isinstance(start, Symbol) and start.name in STEPPED and not start.part) or not steps or len(directions) < len(steps):
        return
    goal = context.option("goal") or ("" if context.option("something is") else "min")  # J, or H: words alone do not say
    if len({size for size, _ in directions}) > 1 or not goal:
        return
    place = Symbol("t") if context.over() == "time" and ROLES[start.name].kind == "path" else start.at
    slope = tree.Derivative(Symbol("J"), (replace(start, at=place),), "total")
    along = [part for _, part in directions]
    uphill = along[0] if len(along) == 1 else tree.Sum(tuple(along))
    rising = goal == "max"
    for way, direction in ((rising, uphill), (not rising, tree.Negative(uphill))):
        yield from ((way, side, direction) for side in (slope, tree.Transposed(slope)))


def _direction(step: Node) -> tuple[str, Node] | None:
    """(eta, g) of eta g, -eta g."""
    inner = step.of if isinstance(step, tree.Negative) else step
    size = inner.factors[0] if isinstance(inner, tree.Product) and len(inner.factors) > 1 else None
    name = size.letter if isinstance(size, Unknown) else size.name if isinstance(size, Symbol) and size.name not in ROLES else ""
    if not name or not isinstance(inner, tree.Product):
        return None
    rest = inner.factors[1] if len(inner.factors) == 2 else replace(inner, factors=inner.factors[1:], dots=())
    return name, tree.Negative(rest) if isinstance(step, tree.Negative) else rest
