"""Values in a world for what the notes say what it is like, but not what it is: their own letters, a start x_0(theta)."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import Context, Declared, Law
from adjointcheck.notes.letters.meaning import Symbol, symbols, walk
from adjointcheck.notes.letters.starting import FIRST, START, is_free
from adjointcheck.notes.letters.usage import is_symmetric
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds.evaluation import Env, NoValue, evaluate, scalar
from adjointcheck.notes.worlds.fields import Path, Smooth
from adjointcheck.notes.worlds.jet import Value

PLAIN = (Symbol, tree.Number, tree.Pi, tree.Sum, tree.Product, tree.Quotient, tree.Power, tree.Negative, tree.Function)


def constant(stage: Any, declared: Declared, which: str = "") -> Value:
    """Entries away from 0; a symmetric matrix is positive."""
    rows, cols = map(stage.size, declared.shape)
    rng = stage.rng(f"constant {declared.letter}{which}")
    value = rng.uniform(0.3, 0.9, (rows, cols)) * rng.choice([-1, 1], (rows, cols))
    if f"skew {declared.letter}" in stage.context.hypotheses and rows == cols:
        value = value - value.T
    if is_symmetric(declared, stage.context):
        value = value @ value.T + 0.5 * np.eye(rows) if rows == cols else value
    return scalar(value if rows * cols > 1 else abs(value)) * stage.unit


def own_path(world: Any, declared: Declared) -> Any:
    """A value for each layer, or a smooth path between two values."""
    values = [constant(world.stage, declared, f" {index}") for index in range(world.count + 1)]
    start, end = (np.reshape(value, -1) for value in values[:2])
    return values if world.layered else Path(np.stack([start + (end - start) * np.sin(2 * time) ** 2 for time in world.grid.times]),
                                                   world.grid.span)


def at_place(world: Any, path: Any, place: Value, declared: Declared) -> Value:
    """The value at a layer or a time."""
    if not world.layered:
        return scalar(path(place).reshape(*map(world.stage.size, declared.shape)))
    if not 0 <= place <= world.count:
        raise NoValue(f"there is no layer {place}")
    return path[place]


def told_starts(context: Context) -> tuple[Law, ...]:
    """x(0) = 2 c and x_1(0) = a + b of the notes' own constants."""
    free = {known.symbol for known in context.letters.values() if is_free(known)}
    return tuple(law for law in context.laws if law.kind == "start" and {*symbols(law.right)} and symbols(law.right) <= free
                 and all(isinstance(part, PLAIN) for part in walk(law.right)) and component_of(law.left) is not None)


def component_of(state: Node) -> slice | None:
    """Where x_2(0) is in x_0; all of it for x(0); None for x_i(0)."""
    part = state.part if isinstance(state, Symbol) and state.at in (START.at, FIRST.at) else (state,)
    number = part[0].value if part and isinstance(part[0], tree.Number) else 0
    return slice(None) if not part else slice(int(number) - 1, int(number)) if number else None


def of_constants(world: Any) -> Value:
    """The start x_0 with the components that the notes give by their own constants."""
    start = np.array(world.inputs["x0"])
    for law in told_starts(world.context):
        start.reshape(-1)[component_of(law.left)] = np.reshape(evaluate(law.right, Env(world, world.first())), -1)
    return start


def started(world: Any, inputs: dict[str, Value]) -> dict[str, Value]:
    """Inputs with other parameters, and with the start moved as these are, where it depends on them."""
    stage = world.stage
    if not stage.context.option("starts"):
        return inputs
    rows, size = (int(np.prod(stage.shape(name))) for name in ("x", "theta"))
    start = Smooth(("theta",), {"theta": size}, rows, int(stage.rng("start").integers(2**32)))
    moved = start({"theta": inputs["theta"]}) - start({"theta": world.inputs["theta"]})
    return {**inputs, "x0": inputs["x0"] + moved.reshape(*stage.shape("x"))}
