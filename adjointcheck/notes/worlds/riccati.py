"""The matrix of a linear-quadratic regulator in a world, from the linear system of state and multiplier."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import expm

from adjointcheck.notes.letters.costs import ending
from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds.evaluation import Env, NoValue, by_letter, evaluate
from adjointcheck.notes.worlds.fields import Path
from adjointcheck.notes.worlds.jet import real


def riccati_of(world: Any) -> Path:
    """P = Y X^-1 from the linear system of x and the multiplier, solved backwards from X = I (Kalman 1960)."""
    if world.layered:
        raise NoValue("a Riccati equation over layers")
    here = Env(world, world.last(), {"t": world.last()})
    cost = world.running()
    if cost is None:
        raise NoValue("a Riccati equation without a running cost")

    def slope(node: Node, *by: str) -> Any:
        return np.atleast_2d(real(evaluate(tree.Derivative(node, tuple(map(Symbol, by)), "partial"), here)))

    def jacobian(name: str) -> Any:
        return np.atleast_2d(real(by_letter(lambda there: evaluate(world.rule, there), Symbol(name), here)))

    a, b, q, r = jacobian("x"), jacobian("w"), slope(cost, "x", "x"), slope(cost, "w", "w")
    m = slope(ending(world.objective), "x", "x")
    weight = next((world.value(Symbol(d.symbol), world.last(), here) for d in world.context.letters.values() if d.letter == "Q"), None)
    scales = (1.0, 2.0, -1.0, -2.0)  # L is c x' Q x/2, and the costate c x' P
    usual = 2.0 if weight is None and not world.context.parts("x") else 1.0
    scale = next((c for c in scales if weight is not None and np.allclose(q, c * real(weight))), usual)
    size = len(a)
    system = np.block([[a, -b @ np.linalg.solve(r, b.T)], [-q, -a.T]])
    start = np.vstack([np.eye(size), m])
    rows = []
    for time in world.grid.times:
        x, y = np.split(expm(system * (time - world.grid.span[1])) @ start, [size])
        rows.append(y @ np.linalg.inv(x) / scale)
    return Path(np.stack(rows).reshape(world.grid.count, -1), world.grid.span)
