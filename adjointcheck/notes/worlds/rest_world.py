"""Worlds without time, where f(x, theta) = 0 or x = f(x, theta): the state is drawn as a function of all else, and f made to have it.

Every f with an invertible f_x, or I - f_x, has its state of rest on such a graph; gradients are those of values along it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from adjointcheck.notes.letters.context import ROLES
from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.worlds.evaluation import Env, NoValue, columns
from adjointcheck.notes.worlds.fields import Path, Smooth
from adjointcheck.notes.worlds.jet import Value, moved
from adjointcheck.notes.worlds.plan import Stage
from adjointcheck.notes.worlds.world import World


class Resting(Smooth):
    """F(x, theta) - F(X(theta), theta) of any F, plus X(theta) for a fixed point."""

    fixed: bool = False

    @cached_property
    def graph(self) -> Smooth:
        """X."""
        return Smooth(tuple(slot for slot in self.slots if slot != "x"), self.sizes, self.rows, self.seed + 1)

    def many(self, blocks: list[Value], layer: Any) -> Value:
        """Values side by side: each block has a column for each point."""
        at = self.slots.index("x")
        state = self.graph.many([*blocks[:at], *blocks[at + 1 :]], layer)
        there = super().many(blocks, layer) - super().many([*blocks[:at], state, *blocks[at + 1 :]], layer)
        return there + state if self.fixed else there


class Fixed(Resting):
    """With X(theta) as its fixed point."""

    fixed = True


class RestWorld(World):
    """The state of rest, wherever the clock stands."""

    def __init__(self, stage: Stage, inputs: Mapping[str, Value], origin: tuple[Value, Value] | None = None, before: World | None = None,
                 guess: Value | None = None, kin: World | None = None) -> None:
        still = {name: value(0.5).reshape(*stage.shape("w")) for name, value in inputs.items() if isinstance(value, Path)}
        super().__init__(stage, {**inputs, **still}, origin, None, None, kin)

    def function(self, name: str, side: str = "") -> Smooth:
        """The field is one that rests."""
        if name == "f" and name not in self._functions:
            made, law = self.stage.function(name), self.context.law("rest")
            kind = Fixed if law is not None and law.left == Symbol("x") else Resting
            self._functions[name] = kind(made.slots, made.sizes, made.rows, made.seed)
        return super().function(name, side)

    def value_x(self, place: Value) -> Value:
        field = self.function("f")
        assert isinstance(field, Resting)
        return field.graph(self.inputs).reshape(*self.shape("x"))

    def value_w(self, place: Value) -> Value:
        return self.inputs["w"]

    def value_p(self, place: Value) -> Value:
        raise NoValue("the notes do not say which equation this multiplier solves")

    def derivative(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """By the parameters, along all states of rest."""
        if symbol.name not in ("theta", "w") or symbol.part:
            raise NoValue(f"a derivative by {ROLES[symbol.name].words[0] if symbol.name in ROLES else symbol.name} at rest")
        return columns(lambda value: inner(env.within(self.put(symbol.name, value))), self.inputs[symbol.name])

    def _with(self, name: str, value: Value) -> World:
        return self.remade({**self.inputs, name: value})

    def remade(self, inputs: Mapping[str, Value]) -> World:
        return type(self)(self.stage, inputs, kin=self)

    def _vary(self, bit: int) -> World:
        directions = {name: self.inputs[f"d_{name}"] for name in self.stage.varied if name in ("theta", "w")}
        return self.remade({**self.inputs, **{name: moved(self.inputs[name], bit, by) for name, by in directions.items()}})
