"""Worlds with an event: a flow up to the guard, a reset, a flow after it; costates from perturbed solutions whose event moves.

The guard is shifted so that it is met at one known time and crossed there at a fair speed.  Perturbed solutions find their own
event by Newton's iteration on jets, so derivatives count that it moves; nothing here knows a formula for a jump.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from adjointcheck.notes.letters.at_event import HERE, mapped
from adjointcheck.notes.letters.meaning import Applied, Symbol
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.evaluation import CLOSE, Env, NoValue, columns, evaluate
from adjointcheck.notes.worlds.fields import Path, Smooth
from adjointcheck.notes.worlds.jet import Value, direction, moved, real
from adjointcheck.notes.worlds.plan import Stage
from adjointcheck.notes.worlds.world import World

EVENT = 0.47
SPEED = 0.15  # of the guard where it is met, at least
TRIES = 20


class Late(World):
    """The stretch after the event."""

    @cached_property
    def rule(self) -> Node:
        law = self.context.law("dynamics after")
        return law.right if law is not None else super().rule


class EventWorld(World):
    """A stretch before the event and one after it; x, p and f have sides at the event."""

    def __init__(self, stage: Stage, inputs: Mapping[str, Value], kin: World | None = None, early: World | None = None,
                 late: World | None = None) -> None:
        super().__init__(stage, inputs, kin=kin)
        self.restarts = early is not None
        self.early = early or World(stage, inputs, kin=self)
        if late is not None:
            self.late = late
        if "g" not in self._functions:
            self._functions["g"] = self.met(super().function("g"))

    def met(self, guard: Smooth) -> Smooth:
        """The guard, drawn until it is fast enough at the event, and shifted to 0 there."""
        for seed in range(TRIES):
            self._functions["g"] = replace(guard, seed=guard.seed + seed)
            with direction() as bit:
                value = self.distance(moved(np.float64(EVENT), bit, np.float64(1.0)))
                if abs(float(jet.along(value, bit))) > SPEED:
                    return replace(self._functions["g"], constant=-float(real(value)))
        raise NoValue("no guard was found that is crossed")

    def distance(self, time: Value) -> Value:
        """The guard along the solution before the event."""
        return evaluate(Applied("g"), Env(self.early, time, {"t": time}))

    # Stretches

    @cached_property
    def tau(self) -> Value:
        time: Value = np.float64(EVENT)
        with direction() as bit:
            speed = float(real(jet.along(self.distance(moved(time, bit, np.float64(1.0))), bit)))
        for _ in range(TRIES):
            gap = self.distance(time)
            if jet.largest(gap) < 1e-14:
                return time
            time = time - gap / speed
        raise NoValue("the event is not met again")

    @property
    def moment(self) -> float:
        return float(real(self.tau))

    @cached_property
    def late(self) -> World:
        law = self.context.law("reset")
        after = law.right if law is not None else Applied("r") if self.context.of("r") else Symbol("x")
        state = evaluate(mapped(after, _bare), Env(self.early, self.tau, {"t": self.tau}))
        return Late(self.stage, self.inputs, (self.tau, state.reshape(*self.shape("x"))), self.early, kin=self)

    def beside(self, place: Value, side: str) -> str:
        """before or after."""
        gap = float(real(place)) - self.moment
        if abs(gap) < CLOSE and not side:
            raise NoValue("what stands at the event has two values there; write x(tau^-) or x(tau^+)")
        return side if abs(gap) < CLOSE else "before" if gap < 0 else "after"

    def times(self, times: tuple[float, ...], sides: frozenset[str]) -> tuple[float, ...]:
        """Times on the sides that a formula names."""
        return tuple(time for time in times if not sides or sides == {"before" if time < self.moment else "after"})

    def cuts(self) -> tuple[Value, ...]:
        later = self.late.cuts()[len(self.early.cuts()) + 1 :]
        return (*self.early.cuts(), self.tau, *later)

    def stretch(self, start: Value, end: Value) -> str:
        middle = 0.5 * float(real(start) + real(end)) - self.moment
        return "before" if middle < -CLOSE or end is self.tau else "after"

    @cached_property
    def rule(self) -> Node:
        laws = [law.right for law in map(self.context.law, ("dynamics", "dynamics after")) if law is not None]
        if len(laws) == 2 and not all(isinstance(law, Applied) and law.name == "f" for law in laws):
            raise NoValue("one field for both sides of the event")
        return replace(laws[0], side="") if laws and isinstance(laws[0], Applied) else super().rule

    def field(self, node: Applied, env: Env) -> Smooth:
        switches = node.name == "f" and not node.side and self.context.law("dynamics after") is not None
        return self.function(node.name, self.beside(env.time, env.side) if switches else node.side)

    # Values

    def value(self, node: Symbol, place: Value, env: Env) -> Value:
        if node.name == "tau":
            return self.tau
        if node.name not in ("x", "p"):
            return super().value(node, place, env)
        side = self.beside(place, node.side or env.side)
        if node.name == "p":
            return self.prices[side](place).reshape(*self.shape("p"))
        part = self.early if side == "before" else self.late
        return part.value(replace(node, side=""), place, env.within(part))

    @cached_property
    def prices(self) -> Mapping[str, Path]:
        """dJ/dx(t) on both stretches."""
        return {"before": self.early.priced(lambda there: EventWorld(self.stage, self.inputs, self, there)),
                "after": self.late.priced(lambda there: EventWorld(self.stage, self.inputs, self, self.early, there))}

    def value_x(self, place: Value) -> Value:
        return self.value(Symbol("x"), place, Env(self, place))

    def value_rho(self, place: Value) -> Value:
        raise NoValue("a density through an event")

    # Perturbations

    def remade(self, inputs: Mapping[str, Value]) -> World:
        if self.restarts:
            raise NoValue("another input, after a restart")
        return EventWorld(self.stage, inputs, self)

    def put(self, name: str, value: Value) -> World:
        return self.remade({**self.inputs, name: value})

    def restarted(self, place: Value, jump: Value | None = None, **inputs: Value) -> World:
        return self.moved_on(place, self.beside(place, ""), np.zeros(self.shape("x")) if jump is None else jump, **inputs)

    def moved_on(self, place: Value, side: str, jump: Value, **inputs: Value) -> World:
        """Another future from `place` on; before the event it finds its own event."""
        put = {**self.inputs, **inputs}
        part = self.early if side == "before" else self.late
        made = type(part)(self.stage, put, (place, part.value_x(place) + jump), part, part.trajectory.values, self)
        return EventWorld(self.stage, put, self, made) if side == "before" else EventWorld(self.stage, put, self, self.early, made)

    def _by_state(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        place = self.place(symbol, env)
        side = self.beside(place, symbol.side)
        return columns(lambda jump: inner(env.within(self.moved_on(place, side, jump))), np.zeros(self.shape("x")))


def _bare(node: Any) -> Any:
    """x(tau^-) is x where the reset is computed."""
    if isinstance(node, Symbol) and (node.at == HERE or node.side):
        return replace(node, at=None, side="")
    return node
