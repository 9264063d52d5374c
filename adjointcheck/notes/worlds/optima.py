"""Worlds steered by an optimal control, at which the Hamiltonian or the cost is stationary; their costates are computed anew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.costs import ending
from adjointcheck.notes.letters.meaning import Symbol, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.arrivals import is_met, reached
from adjointcheck.notes.systems.values import starts
from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.evaluation import Env, NoValue, evaluate, scalar
from adjointcheck.notes.worlds.event_world import EventWorld
from adjointcheck.notes.worlds.fields import Path
from adjointcheck.notes.worlds.gains import steered
from adjointcheck.notes.worlds.jet import real
from adjointcheck.notes.worlds.own_values import told_starts
from adjointcheck.notes.worlds.staged_world import StagedWorld
from adjointcheck.notes.worlds.world import World

NO_OPTIMUM = "no optimal control was found in this world"
FAR, CLOSE, SWEEPS, DEPTH = 1e6, 1e-13, 80, 6


def optimal(world: World) -> World:
    """The world whose control makes H stationary: x and the multiplier solved backwards from an end state, w where H_w = 0.

    Only the control and the initial state are taken from that solution.  Raises NoValue where no such control is found.
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
        return _aimed(world) if aims else Backward(world, world.inputs["x0"].reshape(-1)).steered()
    except (np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError):
        raise NoValue(NO_OPTIMUM) from None


def is_positive(context: Context) -> bool:
    """Do the laws, or what letters stand for, speak of K^alpha or log K, written out in components: of quantities that are positive?"""
    bodies = (known.body for known in context.letters.values() if known.body is not None)
    nodes = (part for node in (*(law.right for law in context.laws), *bodies) for part in walk(node))
    return bool(context.parts("x")) and any(
        (isinstance(part, tree.Power) and not isinstance(part.exponent, tree.Number | tree.Negative)) or
        (isinstance(part, tree.Function) and part.name in ("log", "ln", "sqrt") and bool(symbols(part))) for part in nodes)


def _steered_by_layers(world: World) -> World:
    """The controls of all layers at which J is stationary, by Newton's iteration with differences."""
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


# Over time


@dataclass(frozen=True)
class Backward:
    """The optimum that ends in a given state: its price is the multiplier there."""

    world: World
    end: Any

    def steered(self) -> World:
        """The world with the control and the start of that optimum."""
        points = settled(self.sweep, self.begun, 1 if self.positive else DEPTH)
        states, _, controls = self.parts(points)
        inputs = {**self.world.inputs, "x0": states[0].reshape(*self.world.shape("x")), "w": Path(controls, self.world.grid.span)}
        return type(self.world)(self.world.stage, inputs)

    @cached_property
    def positive(self) -> bool:
        return is_positive(self.world.context)

    @cached_property
    def used_up(self) -> bool:
        """Is the control an amount?  The rate of a curve has either sign."""
        return self.positive and not self.world.context.option("curve")

    @cached_property
    def price(self) -> Any:
        """Phi_x at the end."""
        span, end = self.world.grid.span, scalar(self.end.reshape(*self.world.shape("x")))
        last = Env(self.world, np.float64(span[1]), {"t": np.float64(span[1])}, (("x", span[1], end),))
        return np.reshape(real(evaluate(tree.Derivative(ending(self.world.objective), (Symbol("x"),), "partial"), last)), -1)

    @property
    def begun(self) -> Any:
        """The end for all times, with no control, or with one of some size where it is an amount."""
        nodes, width = self.world.grid.count, int(np.prod(self.world.shape("w")))
        controls = self.world.inputs["w"].values if self.used_up else np.zeros((nodes, width))
        return np.concatenate([np.tile(self.end, (nodes, 1)), np.tile(self.price, (nodes, 1)), controls], 1)

    def parts(self, points: Any) -> list[Any]:
        """States, multipliers and controls, a row for each node."""
        size = len(self.end)
        return np.split(points, [size, 2 * size], 1)

    def sweep(self, points: Any) -> Any:
        """x = x(t_1) - int_t f, p = p(t_1) + int_t H_x, and a Newton step in w, from the values of before."""
        states, multipliers, controls = self.parts(points)
        nodes = zip(self.world.grid.times, states, multipliers, controls, strict=True)
        flow, force, steps = (np.array(rows) for rows in zip(*(self.at_node(*node) for node in nodes), strict=True))
        flow, force = self.world.grid.integrals @ flow, self.world.grid.integrals @ force
        moved = controls - steps
        moved = np.clip(moved, controls / 3, controls * 3) if self.used_up else moved
        return np.concatenate([flow - flow[-1] + self.end, force - force[-1] + self.price, moved], 1)

    def at_node(self, time: Any, state: Any, multiplier: Any, control: Any) -> tuple[Any, Any, Any]:
        """f, -H_x and H_ww^-1 H_w."""
        size, point, env = len(state), np.concatenate([state, control]), self.env(time, state, multiplier, control)

        def cost(there: Any) -> Any:
            return evaluate(self.hamiltonian, self.env(time, there[:size], multiplier, there[size:]))

        by_x, by_w = np.split(np.reshape(jet.slopes(cost, point, np.eye(len(point))), -1), [size])
        solve = self.solve(env) if self.positive else self.chord
        return np.reshape(evaluate(self.world.rule, env), -1), -by_x, solve @ by_w

    def env(self, time: Any, *values: Any) -> Env:
        """With x, p and w held at a node."""
        shaped = [scalar(value.reshape(*self.world.shape(name))) for name, value in zip("xpw", values, strict=True)]
        return Env(self.world, time, {"t": time}, tuple((name, float(time), value) for name, value in zip("xpw", shaped, strict=True)))

    @cached_property
    def hamiltonian(self) -> Node:
        return self.world.reduced()

    def solve(self, env: Env) -> Any:
        """H_ww^-1."""
        curvature = tree.Derivative(self.hamiltonian, (Symbol("w"), Symbol("w")), "partial")
        return np.linalg.inv(np.atleast_2d(evaluate(curvature, env)))

    @cached_property
    def chord(self) -> Any:
        """H_ww^-1 at the first node of the first sweep."""
        return self.solve(self.env(self.world.grid.times[0], *(part[0] for part in self.parts(self.begun))))


def settled(sweep: Callable[[Any], Any], points: Any, depth: int) -> Any:
    """The fixed point of a map, by Anderson's acceleration over the last `depth` values (Walker and Ni 2011)."""
    images: list[Any] = []
    gaps: list[Any] = []
    for _ in range(SWEEPS):
        image = sweep(points)
        gap = image - points
        size = float(np.max(np.abs(gap)))
        if size < CLOSE:
            return image
        if not size < FAR:
            break
        images, gaps = [image, *images][:depth], [gap.reshape(-1), *gaps][:depth]
        points = image
        if len(gaps) > 1:
            weights, *_ = np.linalg.lstsq(np.stack([gaps[0] - other for other in gaps[1:]], 1), gaps[0], rcond=None)
            points = image - sum(weight * (image - other) for weight, other in zip(weights, images[1:], strict=True))
    raise NoValue(NO_OPTIMUM)


def _aimed(world: World) -> World:
    """With the start that the notes give, by Newton's iteration with differences in the end state, or the multiplier where that is held."""
    wanted, held = np.array(real(world.inputs["x0"])).reshape(-1), _held(world)

    def missed(unknown: Any) -> tuple[World, Any]:
        """Shooting back from an end: the world, and how far it starts from the start."""
        end, prices = unknown.copy(), np.array(real(world.inputs["theta"]))
        for i, (price, value) in held.items():
            prices.reshape(-1)[price], end[i] = unknown[i], value
        made = Backward(type(world)(world.stage, {**world.inputs, "theta": prices}) if held else world, end).steered()
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
