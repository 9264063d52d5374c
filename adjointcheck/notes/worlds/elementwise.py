"""A formula of scalar letters at many times at once: the right sides of a field that the notes write out, element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.letters.quantities import Diagonal
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.evaluation import Env, NoValue, evaluate, scalar, value_of
from adjointcheck.notes.worlds.fields import Entrywise
from adjointcheck.notes.worlds.jet import Value, real
from adjointcheck.notes.worlds.named_functions import in_numbers


@dataclass(frozen=True)
class Elementary(Entrywise):
    """A function of one number that the notes spell out, of every entry of its argument alike."""

    body: Node = field(kw_only=True)

    def words(self, name: str) -> str:
        """The function, for a counterexample."""
        return f"{name}(x) = {show(self.body)}, entry by entry"

    def __call__(self, values: Mapping[str, Value], layer: Value = 0) -> Value:
        return elementwise(self.body, lambda _: values["x"])


def written_out(rule: tree.Vector, states: Value, world: Any) -> Value:
    """A field at all nodes of a world; states and result: (nodes, n)."""
    here = Env(world, world.first())

    def leaf(letter: Symbol) -> Value:
        if letter.name == "t":
            return world.grid.times
        if letter.name not in ("x", "w"):
            return scalar(evaluate(letter, here))
        index = round(float(real(evaluate(letter.part[0], here)))) - 1
        return (states if letter.name == "x" else world.inputs["w"].values)[:, index]

    cells = (in_numbers(cell, world.stage) for (cell,) in rule.rows)
    return jet.stacked([elementwise(cell, leaf) * np.ones(world.grid.count) for cell in cells], 1)


@value_of.register
def _(node: Diagonal, env: Env) -> Value:
    entries = _entries(node.of, env)
    if np.ndim(real(entries)) != 1:
        raise NoValue(f"{show(node)} is no matrix")
    return entries.reshape(-1, 1) * np.eye(np.size(real(entries)))


def _entries(node: Node, env: Env) -> Value:
    """A vector, entry by entry."""
    match node:
        case tree.Number():
            return np.float64(float(node.value))
        case tree.Sum():
            return reduce(lambda a, b: a + b, (_entries(term, env) for term in node.terms))
        case tree.Negative():
            return -_entries(node.of, env)
        case tree.Function(name="hadamard", arguments=(one, other)):
            return _entries(one, env) * _entries(other, env)
        case tree.Power(exponent=tree.Number(value)) if value in (2, 3):
            base = _entries(node.base, env)
            return reduce(lambda a, b: a * b, [base] * int(value))
    value = evaluate(node, env)
    return value.reshape(-1) if np.ndim(real(value)) else value


def elementwise(node: Node, leaf: Callable[[Symbol], Value]) -> Value:
    """The values of `node`, where `leaf` gives those of its letters; raises NoValue for anything but elementary functions."""

    def value(node: Node) -> Value:
        match node:
            case tree.Number() | tree.Pi():
                return np.float64(float(node.value))
            case Symbol():
                return leaf(node)
            case tree.Sum():
                return reduce(lambda a, b: a + b, map(value, node.terms))
            case tree.Product():
                return reduce(lambda a, b: a * b, map(value, node.factors))
            case tree.Quotient():
                return value(node.above) / value(node.below)
            case tree.Negative():
                return -value(node.of)
            case tree.Power():
                return jet.power(value(node.base), float(real(value(node.exponent))))
            case tree.Function(name=name, arguments=(argument,)) if name in jet.ELEMENTARY:
                return jet.ELEMENTARY[name](value(argument))
        raise NoValue(f"{show(node)} is not evaluated element by element")

    return value(node)
