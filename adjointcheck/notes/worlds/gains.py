"""Riccati's matrices and the feedback of a linear-quadratic regulator over layers, in a world's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_discrete_are

from adjointcheck.notes.letters.meaning import Symbol, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds.evaluation import Env, NoValue, by_letter, evaluate, lawful
from adjointcheck.notes.worlds.jet import real


def gains(world: Any) -> tuple[list[Any], list[Any]]:
    """Riccati's matrices of all layers, and the gains (Bertsekas 1995)."""
    ends = [term for term in tree.terms(world.objective) if not any(isinstance(part, tree.Series) for part in walk(term))]
    if len(ends) != 1:
        raise NoValue("a Riccati equation for a cost of another form")
    matrix = _slope(world, ends[0], world.count, "x", "x", Symbol("N"))
    halved, found = None, [(matrix, None)]
    for layer in reversed(range(world.count)):
        a, b, q, r, crossed = stage(world, layer)
        halved = _is_halved(world, layer, q) if halved is None else halved
        after = found[0][0]
        gain = np.linalg.solve(r + b.T @ after @ b, b.T @ after @ a + crossed.T)
        found.insert(0, (q + a.T @ after @ a - (a.T @ after @ b + crossed) @ gain, gain))
    return [value * (1.0 if halved else 0.5) for value, _ in found], [gain for _, gain in found[:-1]]


def stage(world: Any, layer: int) -> tuple[Any, Any, Any, Any, Any]:
    """A, B and the second derivatives of what is paid at a layer, in x, in w and in both."""
    terms = tree.terms(world.objective)
    stages = [part.body for term in terms for part in walk(term) if isinstance(part, tree.Series)]
    factors = [tree.Product((*(f for f in term.factors if not isinstance(f, tree.Series)), *stages)) for term in terms
               if isinstance(term, tree.Product) and any(isinstance(f, tree.Series) for f in term.factors)]
    if len(stages) != 1:
        raise NoValue("a Riccati equation for a cost of another form")
    a, b = (_jacobian(world, layer, name) for name in ("x", "w"))
    q, r, crossed = (_slope(world, (factors or stages)[0], layer, one, other) for one, other in ("xx", "ww", "xw"))
    return a, b, q, r, np.reshape(crossed, b.shape)


def standing(world: Any) -> Any:
    """The constant solution of Riccati's equation over layers that are all alike."""
    a, b, q, r, crossed = stage(world, 0)
    try:
        found = solve_discrete_are(a, b, q, r, s=crossed)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise NoValue("a regulator without an end that has no stable feedback") from error
    return found * (1.0 if _is_halved(world, 0, q) else 0.5)


def _is_halved(world: Any, layer: int, q: Any) -> bool:
    weight = next((known for known in world.context.letters.values() if known.letter == "Q"), None)
    value = world.value(Symbol(weight.symbol), layer, Env(world, layer)) if weight is not None else None
    return value is None or np.allclose(q, real(value))


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
