"""Values in a world for what the notes say what it is like, but not what it is: their own letters, a start x_0(theta)."""

from __future__ import annotations

from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import Declared
from adjointcheck.notes.letters.usage import is_symmetric
from adjointcheck.notes.worlds.evaluation import NoValue, scalar
from adjointcheck.notes.worlds.fields import Path, Smooth
from adjointcheck.notes.worlds.jet import Value


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


def started(world: Any, inputs: dict[str, Value]) -> dict[str, Value]:
    """Inputs with other parameters, and with the start moved as these are, where it depends on them."""
    stage = world.stage
    if not stage.context.option("starts"):
        return inputs
    rows, size = (int(np.prod(stage.shape(name))) for name in ("x", "theta"))
    start = Smooth(("theta",), {"theta": size}, rows, int(stage.rng("start").integers(2**32)))
    moved = start({"theta": inputs["theta"]}) - start({"theta": world.inputs["theta"]})
    return {**inputs, "x0": inputs["x0"] + moved.reshape(*stage.shape("x"))}
