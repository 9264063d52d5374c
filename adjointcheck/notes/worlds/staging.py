"""Worlds made to order: inputs at random, a control that makes H stationary, an end time that does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.costs import objective_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, symbols, walk
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.reading import tree
from adjointcheck.notes.systems.values import put
from adjointcheck.notes.worlds.algebraic_world import AlgebraicWorld
from adjointcheck.notes.worlds.evaluation import Env, NoValue, evaluate
from adjointcheck.notes.worlds.event_world import EventWorld
from adjointcheck.notes.worlds.fields import Path, grid, within
from adjointcheck.notes.worlds.jet import Value, real
from adjointcheck.notes.worlds.optima import is_positive, optimal
from adjointcheck.notes.worlds.own_values import of_constants
from adjointcheck.notes.worlds.partitioned_world import PartitionedWorld
from adjointcheck.notes.worlds.plan import OWNERS, SIZES, Stage
from adjointcheck.notes.worlds.rest_world import RestWorld
from adjointcheck.notes.worlds.staged_world import StagedWorld
from adjointcheck.notes.worlds.world import LAYERS, World

_PATHS: dict[Any, World] = {}  # solved worlds: contexts that differ only in letters of no weight share trajectories
_KEPT = 24
SOLVED = ("trajectory", "costate", "states", "costates", "riccati", "early", "late", "tau", "prices", "solved", "shared")


def make_world(stage: Stage) -> World:
    """Inputs at random, by the stage's seed; a control that is optimal where the stage asks for it."""
    stage = replace(stage, sizes=sizes_of(stage.context))
    known = _PATHS.get(_weight(stage))
    kind = world_of(stage)
    if known is not None:
        world = kind(stage, known.inputs, kin=known)
        world.__dict__.update({name: known.__dict__[name] for name in SOLVED if name in known.__dict__})
    else:
        inputs = _inputs(stage)
        world = kind(stage, {**inputs, "x0": of_constants(kind(stage, inputs))})
        world = optimal(world) if stage.optimal and kind is not AlgebraicWorld else world
        world = _timed(world) if stage.end_time else world
    while len(_PATHS) >= _KEPT:
        del _PATHS[next(iter(_PATHS))]
    _PATHS[_weight(stage)] = world
    return world


def sizes_of(context: Context) -> dict[str, int]:
    """Numbers for the names of dimensions in the declared shapes; different letters get different numbers."""
    sizes: dict[str, int] = {}
    for usual, symbol in OWNERS.items():
        for declared in context.of(symbol):
            name = declared.shape[0] if declared.shape[0] != "1" else declared.shape[1]
            if not name.isdigit():
                sizes.setdefault(name, SIZES[usual])
    blocks = context.option(BLOCKS).split()
    return sizes | ({blocks[0]: 2, context.of("x")[0].shape[0]: 2 * len(blocks)} if blocks else {})


def world_of(stage: Stage) -> type[World]:
    """With time steps of a method, with an algebraic part, with a state in blocks, with an event, or plain."""
    if stage.layered:
        return StagedWorld if stage.context.law("stages") is not None else World
    if stage.context.law("rest") is not None:
        return RestWorld
    if stage.context.law("algebraic") is not None:
        return AlgebraicWorld
    if stage.context.option(BLOCKS):
        return PartitionedWorld
    return EventWorld if stage.context.of("g") else World


def _weight(stage: Stage) -> Any:
    """All that trajectories and costates depend on."""
    context = stage.context
    cost = objective_of(context)  # with nu psi, which no law has
    spoken = (symbols(node) for node in (cost, *(law.right for law in context.laws)))
    live = {"x", "w", "theta", "f", "L", "Psi", "phi", "g", "r", "h", "N"}.union(*spoken)
    bodies = [d.body for d in context.letters.values() if d.body is not None and d.symbol in live]  # B of a cost that is U U^T
    live = live.union(*map(symbols, bodies))
    letters = tuple((d.symbol, d.kind, d.shape, d.arguments, d.body) for d in context.letters.values() if d.symbol in live)
    options = context.over(), *map(context.option, ("starts", "method", "few layers", "ends")), stage.span
    return letters, context.laws, cost, context.hypotheses, options, stage.seed, stage.wide, stage.optimal, stage.end_time, stage.nodes


def _inputs(stage: Stage) -> dict[str, Value]:
    fixed = {"h": 0.3, "d_t0": 0.8, "d_t1": 0.6, "eta": 0.1, "t0": stage.span[0], "t1": stage.span[1]}
    inputs: dict[str, Value] = {name: np.float64(value) for name, value in fixed.items()}
    if stage.context.of("s") and not stage.layered:
        seen = [within(stage.span, time) for time in (0.22, 0.36, 0.57, 0.76)]
        inputs["s"] = np.array([*seen[:-1], stage.span[1] if stage.context.option("sampled to") else seen[-1]])  # t_N is the end
    positive = is_positive(stage.context)
    signs = [1] if positive else [-1, 1]
    for name in ("x0", "theta", "d_x0", "d_theta", "noise"):
        shape = stage.shape(name.removeprefix("d_"))
        inputs[name] = stage.rng(name).uniform(0.2, 0.9, shape) * stage.rng(name + " sign").choice(signs, shape) * stage.unit
    for name in ("w", "d_w"):
        inputs[name] = _random_path(stage, name, stage.shape("w"))
    if positive:  # much is there, and little of it is used up
        inputs["x0"] = inputs["x0"] + 1
    return put(inputs, stage.context)


def _timed(world: World) -> World:
    """The world whose running cost is lowered by dJ/dt1, so that its end time is stationary."""
    paid = any(part == Applied("L") or getattr(part, "name", "") == "L" for part in walk(world.objective))
    if world.layered or isinstance(world, EventWorld) or not world.context.of("L") or not paid:
        raise NoValue("a stationary end time, without a running cost of its own")
    env = Env(world, world.last(), {"t": world.last()})
    rate = float(real(evaluate(tree.Derivative(Symbol("J"), (Symbol("t1"),), "total"), env)))
    world._functions["L"] = replace(world.function("L"), constant=-rate)
    return type(world)(world.stage, world.inputs, kin=world)


def _random_path(stage: Stage, name: str, shape: tuple[int, int]) -> Any:
    rng, size = stage.rng(f"path {name}"), int(np.prod(shape))
    if stage.layered:
        return [rng.uniform(0.2, 0.9, shape) * rng.choice([-1, 1], shape) * stage.unit for _ in range(LAYERS + 1)]
    waves = rng.uniform(-0.6, 0.6, (3, size)) * stage.unit
    phases = rng.uniform(0, 3, size)
    times = grid(stage.nodes, stage.span).times[:, None]
    values = waves[0] + waves[1] * times + waves[2] * np.sin(2 * times + phases)
    return Path(np.exp(values) / 4 if is_positive(stage.context) else values, stage.span)
