"""Worlds whose layers are time steps of a Runge-Kutta method: the notes' own laws of stages and update, solved by iteration.

The costate of a stage is found by changing the slope at that stage and looking at the cost; nothing here knows an adjoint method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from adjointcheck.notes.letters.at_event import mapped
from adjointcheck.notes.letters.meaning import Applied, Symbol, walk
from adjointcheck.notes.letters.quantities import is_staged
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.stages import explicit, tableau_of
from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.evaluation import Env, NoValue, columns, evaluate, scalar
from adjointcheck.notes.worlds.jet import Value, real
from adjointcheck.notes.worlds.world import World

STAGES = 3
ROUNDS = 200
BUMP, STEER = "slope change", "control change"


class StagedWorld(World):
    """States layer by layer, with the stages of each time step."""

    @cached_property
    def explicit(self) -> bool:
        """Do the stages stand on earlier ones alone?"""
        return explicit(self.stage_rule)

    @cached_property
    def law(self) -> Any:
        found = self.context.law("stages")
        assert found is not None and isinstance(found.left, Symbol) and isinstance(found.left.part[0], Symbol)
        return found

    @property
    def stage_rule(self) -> Node:
        return self.law.right

    @cached_property
    def changed(self) -> tuple[Node, Node]:
        """The laws of stages and update where each slope has a change of its own: k_i + d_i, or f(X_i) + d_i."""
        index = self.law.left.part
        if self.law.left.name == "slope":
            return tree.Sum((self.stage_rule, Symbol(BUMP, part=index))), self.rule
        return mapped(self.stage_rule, _with_change), mapped(self.rule, _with_change)

    # Values

    @cached_property
    def tableau(self) -> Mapping[str, Value]:
        if method := self.context.option("method"):
            lower, (weights,) = [np.array([[float(Fraction(entry)) for entry in row] for row in rows]) for rows in tableau_of(method)]
            return {"lower": lower, "weights": weights, "nodes": lower.sum(1)}
        rng = self.stage.rng("tableau")
        lower = rng.uniform(0.05, 0.25, (STAGES, STAGES)) * rng.choice([-1, 1], (STAGES, STAGES)) * self.stage.unit
        lower = np.tril(lower, -1) if self.explicit else lower
        return {"lower": lower, "weights": rng.uniform(0.2, 0.6, STAGES), "nodes": lower.sum(1)}

    @property
    def stages(self) -> int:
        return len(self.tableau["weights"])

    def value(self, node: Symbol, place: Value, env: Env) -> Value:
        if node.name == "stages":
            return np.float64(self.stages)
        if node.name == "stage_control":
            return self.control(place, self.index(node.part[0], env) - 1)
        if not is_staged(node.name) and node.name != BUMP:
            return super().value(node, place, env)
        if self.before is not None and place < self.origin[0]:
            return self.before.value(node, place, env.within(self.before))
        indices = [self.index(part, env) for part in node.part]
        declared = next(iter(self.context.of(node.name)), None)
        if declared is not None and declared.body is not None and declared.arguments is not None:
            if len(declared.arguments) != len(indices):
                raise NoValue(f"{declared.letter} of {len(indices)} stages")
            bound = dict(zip(declared.arguments, map(np.float64, indices), strict=True))
            return evaluate(declared.body, replace(env, bound={**env.bound, **bound}))
        return self.staged(node.name, [index - 1 for index in indices], place)

    def put(self, name: str, value: Value) -> World:
        return self.kindred(super().put(name, value))

    def restarted(self, place: Value, jump: Value | None = None, **inputs: Value) -> World:
        return self.kindred(super().restarted(place, jump, **inputs))

    def remade(self, inputs: Mapping[str, Value]) -> World:
        return self.kindred(super().remade(inputs))

    def kindred(self, other: World) -> World:
        """A perturbation, which starts from the stages that are known."""
        other.__dict__["shared"] = self.shared
        return other

    def staged(self, name: str, at: list[int], place: Value) -> Value:
        """One entry, counted from 0."""
        if name == BUMP:
            return self.change(place)[at[0]].reshape(*self.shape("x"))
        if name in self.tableau:
            return self.tableau[name][tuple(at)]
        if name == "partner":
            a, b = self.tableau["lower"], self.tableau["weights"]
            return b[at[1]] - b[at[1]] * a[at[1], at[0]] / b[at[0]]
        if name == "stage_costate":
            if place not in self.prices:
                self.prices[place] = self.stage_costates(place)
            return self.prices[place][at[0]]
        if name != self.law.left.name:
            raise NoValue(f"the notes have no {name}")
        if not hasattr(self, "solved"):
            self.solved = []
            assert self.states
        step = place - int(self.origin[0])
        if not 0 <= step < len(self.solved):
            raise NoValue(f"there is no time step {place}")
        return self.solved[step][at[0]].reshape(*self.shape("x"))

    def control(self, place: Value, stage: int) -> Value:
        """The control of a stage: that of the time step, and a part of its own."""
        own = self.stage.rng("stage controls").uniform(-0.4, 0.4, (self.stages, *self.shape("w")))[stage]
        own = own if self.stages > 1 else 0 * own  # where there is one stage, its control is that of the time step
        known = self.inputs.get(STEER)
        return self.value_w(place) + own + (known[1] if known is not None and known[0] == (place, stage) else 0.0)

    def derivative(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """By the control of one stage too."""
        if symbol.name != "stage_control":
            return super().derivative(inner, symbol, env)
        there = self.place(symbol, env), self.index(symbol.part[0], env) - 1
        return columns(lambda value: inner(env.within(self.remade({**self.inputs, STEER: (there, value)}))), np.zeros(self.shape("w")))

    def index(self, part: Node, env: Env) -> int:
        found = round(float(real(evaluate(part, env))))
        if not 1 <= found <= self.stages:
            raise NoValue(f"there is no stage {found}")
        return found

    def component(self, node: Symbol, value: Value, env: Env) -> Value:
        return value if is_staged(node.name) or node.name == BUMP else super().component(node, value, env)

    # Time steps

    @cached_property
    def states(self) -> list[Value]:
        first = int(self.origin[0])
        states, self.solved = [self.origin[1]], []
        for index in range(first, self.count):
            here = (("x", float(index), scalar(states[-1])),)
            self.solved.append(self.solve(Env(self, index, {"l": np.float64(index)}, here)))
            states.append(evaluate(self.changed[1], Env(self, index, {"l": np.float64(index)}, here)).reshape(*self.shape("x")))
        return states

    @cached_property
    def shared(self) -> dict[int, tuple[Value, Value]]:
        """By layer, the stages without perturbation and the inverse of 1 minus their map's Jacobian."""
        return {}

    def solve(self, env: Env) -> Value:
        """The stages of a time step: by iteration once, and by Newton's chords for every perturbation."""
        size, step = int(np.prod(self.shape("x"))), int(env.time)
        letter = self.law.left.part[0].name
        self.solved.append(np.zeros((self.stages, size)))

        def mapped_once(stages: Value) -> Value:
            self.solved[-1] = stages
            there = (env.binding(letter, np.float64(i + 1)) for i in range(self.stages))
            return jet.stacked([evaluate(self.changed[0], stage).reshape(size) for stage in there])

        stages, inverse = self.shared.get(step, (self.solved[-1], np.eye(self.stages * size)))
        for _ in range(ROUNDS):
            gap = mapped_once(stages) - stages
            if jet.largest(gap) < 1e-13 * (1 + jet.largest(stages)):
                break
            stages = stages + (inverse @ gap.reshape(-1)).reshape(self.stages, size)
        else:
            raise NoValue("the stages of this world do not settle")
        if step not in self.shared:
            slope = columns(lambda value: mapped_once(value).reshape(-1), real(stages))
            self.shared[step] = real(stages), np.linalg.inv(np.eye(self.stages * size) - real(slope))
        self.solved.pop()
        return stages

    @cached_property
    def prices(self) -> dict[int, list[Value]]:
        """The costates of stages that are known."""
        return {}

    def change(self, place: Value) -> Value:
        known = self.inputs.get(BUMP)
        return known[1] if known is not None and known[0] == place else np.zeros((self.stages, int(np.prod(self.shape("x")))))

    def stage_costates(self, place: Value) -> list[Value]:
        """What the cost gains by a change of each slope, over h b_i."""
        rows = []
        for i, weight in enumerate(self.tableau["weights"]):
            def cost(change: Value, i: int = i) -> Value:
                none = np.zeros(np.shape(real(change)))
                slopes = jet.stacked([change if j == i else none for j in range(self.stages)])
                return self.put(BUMP, (place, slopes)).value_J(place)
            slope = columns(cost, np.zeros(int(np.prod(self.shape("x")))))
            rows.append(slope.reshape(*self.shape("p")) * (1.0 / (self.inputs["h"] * weight)))
        return rows


def _with_change(node: Any) -> Any:
    """f(X_i) + d_i."""
    found = next(_stages(node), None) if isinstance(node, Applied) and node.name == "f" else None
    return tree.Sum((node, Symbol(BUMP, part=found.part))) if found is not None else node


def _stages(node: Node) -> Iterator[Symbol]:
    return (part for part in walk(node) if isinstance(part, Symbol) and part.name == "stage")
