"""Worlds with an algebraic part, xdot = f(x, z), 0 = g(x, z): z is drawn as a function of all other arguments, and g made to vanish there.

Every g with an invertible g_z has its zeros on such a graph.  The multiplier of g makes H stationary in z; costates are computed from
perturbed solutions, on which z moves with x, and nothing here knows an adjoint equation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from adjointcheck.notes.letters.meaning import Applied
from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.evaluation import Env, columns, scalar
from adjointcheck.notes.worlds.fields import Smooth
from adjointcheck.notes.worlds.jet import Value
from adjointcheck.notes.worlds.world import World


class Vanishing(Smooth):
    """A (z - Z), where A is invertible and Z a random smooth function of all arguments but z."""

    solved: str = "w"  # which argument z is

    @cached_property
    def graph(self) -> Smooth:
        """Z."""
        return Smooth(tuple(slot for slot in self.slots if slot != self.solved), self.sizes, self.rows, self.seed)

    @cached_property
    def matrix(self) -> Any:
        """A, without symmetry."""
        entries = np.random.default_rng(self.seed + 1).uniform(0.2, 0.6, (self.rows, self.rows))
        return np.round(np.eye(self.rows) + np.triu(entries) - np.tril(entries, -1) / 2, 1)

    def words(self, name: str) -> str:
        """The function in full, for a counterexample."""
        return f"{name} = {self.matrix.tolist()} ({self.solved} - Z), {self.graph.words('Z')}"

    def many(self, blocks: list[Value], layer: Any) -> Value:
        """Values side by side: each block has a column for each point."""
        at = self.slots.index(self.solved)
        return self.matrix @ (blocks[at] - self.graph.many([*blocks[:at], *blocks[at + 1 :]], layer))


class AlgebraicWorld(World):
    """Solutions on which the algebraic state stands where its equation has it."""

    def function(self, name: str, side: str = "") -> Smooth:
        """The algebraic equation is one that can be solved."""
        if name == "alg" and name not in self._functions:
            made = self.stage.function(name)
            self._functions[name] = Vanishing(made.slots, made.sizes, made.rows, made.seed)
        return super().function(name, side)

    @property
    def equation(self) -> Vanishing:
        """0 = g(x, z)."""
        equation = self.function("alg")
        assert isinstance(equation, Vanishing)
        return equation

    def algebraic(self, time: Value, state: Value) -> Value:
        """z beside a state."""
        return self.equation.graph({**self.inputs, "t": time, "x": state}).reshape(*self.shape("w"))

    def value_w(self, place: Value) -> Value:
        return self.algebraic(place, self.value_x(place))

    def value_w_x(self, place: Value) -> Value:
        """How z depends on the state beside it."""
        return columns(lambda state: self.algebraic(place, state), self.value_x(place))

    def value_w_theta(self, place: Value) -> Value:
        """How z depends on the parameters, where the state is held."""
        state = self.value_x(place)
        return columns(lambda theta: self.put("theta", theta).algebraic(place, state), self.inputs["theta"])  # type: ignore[attr-defined]

    def controls(self, states: Value) -> Value:
        """z at all nodes."""
        graph = self.equation.graph
        blocks = {"x": states.T, "t": self.grid.times.reshape(1, -1)}
        known = [blocks[slot] if slot in blocks else self.inputs[slot].reshape(-1, 1) for slot in graph.slots]
        return graph.many(known, np.zeros((1, self.grid.count)))

    def beside(self, node: int, state: Value, names: Iterable[str] = ()) -> Env:
        """Where the clock stands at a node, with this state and its z."""
        env = super().beside(node, state, names)
        (_, time, here), = env.local
        return replace(env, local=(*env.local, ("w", time, scalar(self.algebraic(env.time, here)))))

    def value_p_alg(self, place: Value) -> Value:
        """The multiplier: L + p f + p_alg g is stationary in z."""
        here, size = Env(self, place, {"t": place}), int(np.prod(self.shape("w")))
        slope, matrix = self._slope(self.reduced(), here).reshape(1, size), self._slope(Applied("alg"), here).reshape(size, size)
        return -(slope @ jet.inverse(matrix))
