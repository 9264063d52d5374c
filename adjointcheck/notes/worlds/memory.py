"""What a world has worked out: one value for each node and place, however often quadratures and tried repairs ask for it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds.jet import Value


def remembered(node: Node, env: Any, compute: Callable[[], Value]) -> Value:
    """`compute()`, which is the value of `node` in `env`, once in each world; anew where letters are held or the place moves."""
    numbers = env.time, *env.bound.values()
    if env.local or not all(isinstance(number, int | float) for number in numbers):
        return compute()
    key = node, env.side, env.pinned, tuple(env.bound), numbers
    if key not in env.world.memory:
        env.world.memory[key] = compute()
    return env.world.memory[key]


def noisy(world: Any, noise: Value) -> Any:
    """The world with another random vector, on which no solution depends."""
    made = copy(world)
    made.inputs, made._put, made._varied, made.memory = {**world.inputs, "noise": noise}, {}, {}, {}
    return made
