"""Worlds made to order: inputs at random, a control that makes H stationary, an end time that does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.costs import ending, objective_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, symbols, walk
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.arrivals import is_met, reached
from adjointcheck.notes.systems.values import put, starts
from adjointcheck.notes.worlds.algebraic_world import AlgebraicWorld
from adjointcheck.notes.worlds.evaluation import Env, NoValue, evaluate, scalar
from adjointcheck.notes.worlds.event_world import EventWorld
from adjointcheck.notes.worlds.fields import Path, grid, within
from adjointcheck.notes.worlds.gains import steered
from adjointcheck.notes.worlds.jet import Value, real
from adjointcheck.notes.worlds.own_values import of_constants, told_starts
from adjointcheck.notes.worlds.partitioned_world import PartitionedWorld
from adjointcheck.notes.worlds.plan import OWNERS, SIZES, Stage
from adjointcheck.notes.worlds.rest_world import RestWorld
from adjointcheck.notes.worlds.staged_world import StagedWorld
from adjointcheck.notes.worlds.world import LAYERS, World

_PATHS: dict[Any, World] = {}  # solved worlds: contexts that differ only in letters of no weight share trajectories
_KEPT, FAR = 24, 1e6
NO_OPTIMUM = "no optimal control was found in this world"
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
        world = _optimal(world) if stage.optimal and kind is not AlgebraicWorld else world
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


def is_positive(context: Context) -> bool:
    """Do the laws, or what letters stand for, speak of K^alpha or log K, written out in components: of quantities that are positive?"""
    bodies = (known.body for known in context.letters.values() if known.body is not None)
    nodes = (part for node in (*(law.right for law in context.laws), *bodies) for part in walk(node))
    return bool(context.parts("x")) and any(
        (isinstance(part, tree.Power) and not isinstance(part.exponent, tree.Number | tree.Negative)) or
        (isinstance(part, tree.Function) and part.name in ("log", "ln", "sqrt") and bool(symbols(part))) for part in nodes)


def _optimal(world: World) -> World:
    """The world whose control makes H stationary: x and the multiplier solved backwards from an end state, w where H_w = 0.

    Only the control and the initial state are taken from that solution; the world's costate is computed anew.
    """
    if world.layered and not isinstance(world, StagedWorld):
        with suppress(NoValue):
            return steered(world)
        return _steered_by_layers(world)
    if world.layered or isinstance(world, EventWorld):
        raise NoValue("optimal controls over layers or events")
    if np.prod(world.shape("p")) != np.prod(world.shape("x")):
        raise NoValue("a costate with fewer components than the state")
    try:
        aims = (world.context.option("ends") and (starts(world.context) or is_met(world.context))) or told_starts(world.context)
        return _aimed(world) if aims else _steered_back(world, world.inputs["x0"].reshape(-1))
    except (np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError):
        raise NoValue(NO_OPTIMUM) from None


def _steered_by_layers(world: World) -> World:
    """The controls of all layers at which J is stationary, by Newton's iteration with differences; costates are computed anew."""
    size = int(np.prod(world.shape("w")))
    slope, step = tree.Derivative(Symbol("J"), (Symbol("w"),), "total"), 1e-4

    def made(controls: Any) -> World:
        rows = [*(row.reshape(*world.shape("w")) for row in controls.reshape(-1, size)), world.inputs["w"][-1]]
        return World(world.stage, {**world.inputs, "w": rows})

    def slopes(controls: Any) -> Any:
        there = made(controls)
        return np.concatenate([np.reshape(real(evaluate(slope, Env(there, layer))), -1) for layer in range(world.count)])

    controls = np.zeros(world.count * size)
    curvature: Any = None
    for i in range(40):
        here = slopes(controls)
        if np.max(np.abs(here)) < 1e-12:
            return made(controls)
        if i % 8 == 0:
            curvature = np.stack([(slopes(controls + step * unit) - here) / step for unit in np.eye(len(controls))], 1)
        controls = controls - np.linalg.solve(curvature, here)
        if not np.max(np.abs(controls)) < FAR:
            break
    raise NoValue(NO_OPTIMUM)


def _aimed(world: World) -> World:
    """With the start that the notes give, by Newton's iteration with differences in the end state, or the multiplier where that is held."""
    wanted, held = np.array(real(world.inputs["x0"])).reshape(-1), _held(world)

    def missed(unknown: Any) -> tuple[World, Any]:
        """Shooting back from an end: the world, and how far it starts from the start."""
        end, prices = unknown.copy(), np.array(real(world.inputs["theta"]))
        for i, (price, value) in held.items():
            prices.reshape(-1)[price], end[i] = unknown[i], value
        made = _steered_back(type(world)(world.stage, {**world.inputs, "theta": prices}) if held else world, end)
        return made, real(made.inputs["x0"]).reshape(-1) - wanted

    unknown = wanted
    for _ in range(6):
        made, gap = missed(unknown)
        if np.max(np.abs(gap)) < 1e-12:
            return made
        moved = [missed(unknown + 0.1 * unit)[1] - gap for unit in np.eye(len(unknown))]
        unknown = unknown - np.linalg.solve(np.array(moved).T / 0.1, gap)
    raise NoValue(NO_OPTIMUM)


def _held(world: World) -> dict[int, tuple[int, float]]:
    """{2: (4, 0.0)}: the third component ends at 0, at the price of the fifth parameter."""
    env = Env(world, world.last(), {"t": world.last()})
    ends = [(law.left, *ended) for law in world.context.laws if law.kind == "arrival" and (ended := reached(law)) is not None]
    return {_index(state): (_index(price), float(real(evaluate(value, env)))) for price, state, value in ends}


def _index(component: Node) -> int:
    """2 of x_3."""
    part = component.part[0] if isinstance(component, Symbol) else component
    return int(getattr(part, "value", 1)) - 1


def _steered_back(world: World, end: Any) -> World:
    """Backwards from an end state: its price is the multiplier there, and a Newton step in w follows each sweep."""
    inputs, hamiltonian, slopes = world.inputs, world.reduced(), (Symbol("x"), Symbol("w"))
    time = world.grid.span[1]
    last = Env(world, np.float64(time), {"t": np.float64(time)}, (("x", time, scalar(end.reshape(*world.shape("x")))),))
    price = np.reshape(evaluate(tree.Derivative(ending(world.objective), (Symbol("x"),), "partial"), last), -1)
    rest = np.zeros((world.grid.count, 1))
    states, multipliers, positive = rest + end, rest + real(price), is_positive(world.context)
    used_up = positive and not world.context.option("curve")  # the rate of a curve has either sign
    controls = inputs["w"].values if used_up else np.zeros((world.grid.count, int(np.prod(world.shape("w")))))
    curvature: Any = None
    for _ in range(80):
        moving, pulling, steps = [], [], []
        for i, time in enumerate(world.grid.times):
            held = {"x": states[i].reshape(*world.shape("x")), "p": multipliers[i].reshape(*world.shape("p")),
                    "w": controls[i].reshape(*world.shape("w"))}
            env = Env(world, time, {"t": time}, tuple((name, float(time), scalar(value)) for name, value in held.items()))
            if curvature is None or positive:
                curvature = np.linalg.inv(np.atleast_2d(evaluate(tree.Derivative(hamiltonian, (slopes[1],) * 2, "partial"), env)))
            by_x, by_w = (np.reshape(evaluate(tree.Derivative(hamiltonian, (by,), "partial"), env), -1) for by in slopes)
            steps.append(curvature @ by_w)
            moving.append(np.reshape(evaluate(world.rule, env), -1))
            pulling.append(-by_x)
        flow, force = (world.grid.integrals @ np.array(rows) for rows in (moving, pulling))
        following = flow - flow[-1] + end, force - force[-1] + price
        moved = controls - np.array(steps)
        following_controls = np.clip(moved, controls / 3, controls * 3) if used_up else moved
        pairs = ((following[0], states), (following[1], multipliers), (moved, controls))
        gap = max(float(np.max(np.abs(new - old))) for new, old in pairs)
        (states, multipliers), controls = following, following_controls
        if gap < 1e-13:
            return type(world)(world.stage, {**inputs, "x0": states[0].reshape(*world.shape("x")), "w": Path(controls, world.grid.span)})
        if not gap < FAR:
            break
    raise NoValue(NO_OPTIMUM)


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
