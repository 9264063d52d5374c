"""Riccati's matrices and the feedback of a linear-quadratic regulator over layers, in a world's numbers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from scipy.linalg import solve_discrete_are

from adjointcheck.notes.letters.formulas import summand
from adjointcheck.notes.letters.meaning import Symbol, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.endless import LASTING
from adjointcheck.notes.worlds.evaluation import Env, NoValue, by_letter, evaluate, lawful
from adjointcheck.notes.worlds.jet import real

SOUGHT = ("P", "K", LASTING)  # which are computed here
SCALES = (1.0, 2.0, -1.0, -2.0)  # L is c x' Q x/2, and the costate c x' P


def gains(world: Any) -> tuple[list[Any], list[Any]]:
    """Riccati's matrices of all layers, and the gains (Bertsekas 1995)."""
    ends = [term for term in _terms(world.objective) if not any(isinstance(part, tree.Series) for part in walk(term))]
    matrix = sum(_slope(world, end, world.count, "x", "x", Symbol("N")) for end in ends)
    scale, found = None, [(matrix, None)]
    for layer in reversed(range(world.count)):
        a, b, q, r, crossed = stage(world, layer)
        scale = scale or weight_scale(world, layer, q, r)
        after = found[0][0] + np.zeros_like(q)
        gain = np.linalg.solve(r + b.T @ after @ b, b.T @ after @ a + crossed.T)
        found.insert(0, (q + a.T @ after @ a - (a.T @ after @ b + crossed) @ gain, gain))
    return [(value + np.zeros_like(q)) / (scale or 1.0) for value, _ in found], [gain for _, gain in found[:-1]]


def _terms(node: Node) -> list[Node]:
    """The terms of a sum, also of one that is made small by its negative."""
    if isinstance(node, tree.Negative):
        return [tree.Negative(term) for term in _terms(node.of)]
    return [inner for term in node.terms for inner in _terms(term)] if isinstance(node, tree.Sum) else [node]


def stage(world: Any, layer: int) -> tuple[Any, Any, Any, Any, Any]:
    """A, B and the second derivatives of what is paid at a layer, in x, in w and in both."""
    paid = [term for term in _terms(world.objective) if any(isinstance(part, tree.Series) for part in walk(term))]
    if len(paid) != 1 or sum(isinstance(part, tree.Series) for part in walk(paid[0])) != 1:
        raise NoValue("a Riccati equation for a cost of another form")
    body = summand(paid[0])
    a, b = (_jacobian(world, layer, name) for name in ("x", "w"))
    q, r, crossed = (_slope(world, body, layer, one, other) for one, other in ("xx", "ww", "xw"))
    return a, b, q, r, np.reshape(crossed, b.shape)


def standing(world: Any) -> Any:
    """The constant solution of Riccati's equation over layers that are all alike."""
    a, b, q, r, crossed = stage(world, 0)
    try:
        found = solve_discrete_are(a, b, q, r, s=crossed)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise NoValue("a regulator without an end that has no stable feedback") from error
    return found / (weight_scale(world, 0, q, r) or 1.0)


def weight_scale(world: Any, place: Any, q: Any, r: Any) -> float:
    """c of the weights, Q of c x' Q x/2 or R of c w' R w/2, by whatever letter, also of a number; 0 where none of them has one."""
    letters = [known for known in world.context.letters.values() if known.kind == "constant" and known.shape[0] == known.shape[1]]
    weights = [known for known in letters if known.symbol not in SOUGHT]
    values = [real(value) for known in weights if (value := _value(world, known.symbol, place)) is not None]
    return next((c for c in SCALES for value in values for weight in (q, r) if _weighs(weight, c, value)), 0.0)


def _weighs(weight: Any, c: float, value: Any) -> bool:
    """Is it c Q, or c times the number q of q x' x?"""
    whole = value * np.eye(len(weight)) if np.size(value) == 1 else value
    return np.shape(whole) == np.shape(weight) and np.allclose(weight, c * whole)


def _value(world: Any, symbol: str, layer: int) -> Any:
    with suppress(NoValue, KeyError, ValueError):
        return world.value(Symbol(symbol), layer, Env(world, layer))
    return None


def _jacobian(world: Any, layer: int, name: str) -> Any:
    here = Env(world, layer, {"l": np.float64(layer)})
    return np.atleast_2d(real(by_letter(lambda there: lawful(world.rule, there), Symbol(name), here)))


def _slope(world: Any, node: Node, layer: int, one: str, other: str, at: Node | None = None) -> Any:
    here = Env(world, layer, {"l": np.float64(layer)})
    by = tuple(Symbol(name, at=at) for name in (one, other))
    return np.atleast_2d(real(lawful(tree.Derivative(node, by, "partial"), here)))


def steered(world: Any) -> Any:
    """The world whose control is the optimal feedback; raises NoValue where J is not stationary with it."""
    _, feedback = gains(world)
    controls: list[Any] = list(world.inputs["w"])
    for layer, gain in enumerate(feedback):
        there = type(world)(world.stage, {**world.inputs, "w": list(controls)})
        controls[layer] = -(gain @ np.reshape(real(there.value_x(layer)), (-1, 1))).reshape(*world.shape("w"))
    found = type(world)(world.stage, {**world.inputs, "w": controls})
    slope = tree.Derivative(Symbol("J"), (Symbol("w"),), "total")
    if any(np.max(np.abs(real(evaluate(slope, Env(found, layer))))) > 1e-9 for layer in range(world.count)):
        raise NoValue("an optimal control over layers that is no linear feedback")
    return found
