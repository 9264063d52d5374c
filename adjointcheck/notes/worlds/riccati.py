"""The matrix and the gain of a linear-quadratic regulator in a world, from the linear system of state and multiplier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import expm, solve_continuous_are

from adjointcheck.notes.letters.costs import ending
from adjointcheck.notes.letters.meaning import Symbol, symbols
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.ansatz import cost_sign, is_halved
from adjointcheck.notes.systems.endless import ENDLESS, LASTING
from adjointcheck.notes.worlds.evaluation import Env, NoValue, by_letter, lawful
from adjointcheck.notes.worlds.fields import Path
from adjointcheck.notes.worlds.gains import weight_scale
from adjointcheck.notes.worlds.jet import real


@dataclass(frozen=True)
class Regulator:
    """x.dot = a x + b w, cost (x' q x + 2 x' crossed w + w' r w)/2 in time and x' end x/2 at last; the costate is scale x' P."""

    a: Any
    b: Any
    q: Any
    r: Any
    crossed: Any
    end: Any
    scale: float

    def riccati(self, world: Any) -> Path:
        """P = Y X^-1 from the linear system of x and the multiplier, solved backwards from X = I (Kalman 1960)."""
        fed, damped = np.linalg.solve(self.r, self.b.T), np.linalg.solve(self.r, self.crossed.T)
        free, size = self.a - self.b @ damped, len(self.a)
        system = np.block([[free, -self.b @ fed], [self.crossed @ damped - self.q, -free.T]])
        start = np.vstack([np.eye(size), self.end])
        rows = []
        for time in world.grid.times:
            x, y = np.split(expm(system * (time - world.grid.span[1])) @ start, [size])
            rows.append(y @ np.linalg.inv(x) / self.scale)
        return Path(np.stack(rows).reshape(world.grid.count, -1), world.grid.span)

    def gain(self, matrix: Any) -> Any:
        """K of w = -K x, where P is `matrix`."""
        return np.linalg.solve(self.r, self.scale * self.b.T @ np.reshape(matrix, self.a.shape) + self.crossed.T)


def regulator_of(world: Any) -> Regulator:
    """The matrices of a world that is a regulator's; raises NoValue for any other."""
    if world.layered:
        raise NoValue("a Riccati equation over layers")
    here = Env(world, world.last(), {"t": world.last()})
    cost = world.running()
    if cost is None:
        raise NoValue("a Riccati equation without a running cost")

    def slope(node: Node, *by: str) -> Any:
        return np.atleast_2d(real(lawful(tree.Derivative(node, tuple(map(Symbol, by)), "partial"), here)))

    def jacobian(name: str) -> Any:
        return np.atleast_2d(real(by_letter(lambda there: lawful(world.rule, there), Symbol(name), here)))

    q, r = slope(cost, "x", "x"), slope(cost, "w", "w")
    usual = cost_sign(world.context) * (1.0 if world.context.parts("x") or is_halved(world.context) else 2.0)
    scale = weight_scale(world, world.last(), q, r) or usual
    a, b, crossed, last = jacobian("x"), jacobian("w"), slope(cost, "x", "w"), ending(world.objective)
    if world.context.option(ENDLESS) and LASTING not in symbols(last):
        raise NoValue("a Riccati equation without an end, of a problem that is not told as a regulator's")
    end = lasting(a, b, q, r, crossed) if LASTING in symbols(last) else slope(last, "x", "x")
    return Regulator(a, b, q, r, crossed, end, scale)


def lasting(a: Any, b: Any, q: Any, r: Any, crossed: Any) -> Any:
    """The constant solution of Riccati's equation, of weights that may all be negative."""
    sign = -1.0 if r[0, 0] < 0 else 1.0
    try:
        return sign * solve_continuous_are(a, b, sign * q, sign * r, s=sign * crossed)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise NoValue("a regulator without an end that has no stable feedback") from error
