"""What all perturbations of one concrete world share: the laws of the notes, sizes, functions, which inputs move."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.meaning import AXES
from adjointcheck.notes.letters.potentials import is_gradient
from adjointcheck.notes.letters.quantities import slots_told
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.worlds.elementwise import Elementary
from adjointcheck.notes.worlds.evaluation import NoValue
from adjointcheck.notes.worlds.fields import FINE, USUAL, Entrywise, Slope, Smooth, Span
from adjointcheck.notes.worlds.jet import Value

SIZES = {"n": 3, "k": 2, "m": 4, "q": 2, "d": 2, "e": 4, "o": 2}
OWNERS = {"n": "x", "k": "w", "m": "theta", "q": "psi"}  # whose dimension each is


@dataclass(frozen=True)
class Stage:
    """What all perturbations of one world share: the notes' laws, sizes, functions, constants.

    `wide`: functions whose arguments are never written take all that the notes have, else as few as make sense.
    `optimal`: the control makes H stationary.
    `varied`: the inputs that delta moves, and of some only `components`.
    `algebra`: all letters are free, so that the formula speaks of any matrices.
    `end_time`: a constant in the running cost makes the end time stationary; neither x nor p depends on it.
    `nodes`: points in time; a world on another grid tells how far numbers may be believed.
    """

    context: Context
    seed: int = 0
    wide: bool = True
    optimal: bool = False
    algebra: bool = False
    end_time: bool = False
    varied: frozenset[str] = frozenset()
    components: Mapping[str, frozenset[int]] = field(default_factory=dict)
    nodes: int = FINE
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def layered(self) -> bool:
        return self.context.over() == "layers"

    @property
    def span(self) -> Span:
        """The horizon: where the notes give numbers, and a line is judged there, these."""
        if self.context.option("ends") != "as written":
            return USUAL
        start, end = (moment(next((known.letter for known in self.context.of(symbol)), "")) for symbol in ("t0", "t1"))
        start = USUAL[0] if start is None else start
        return start, end if end is not None else start + USUAL[1] - USUAL[0]

    @property
    def unit(self) -> float:
        """What random numbers are multiplied with: on a coarse grid they move in their last digits, to show how rounding grows."""
        return 1.0 if self.nodes == FINE else 1 + 2.0**-50

    def along(self, name: str, direction: Value) -> Value:
        """The direction in which delta moves an input: 0 in the components that are held."""
        moving = self.components.get(name)
        if moving is None:
            return direction
        return direction * np.isin(np.arange(1, np.size(direction) + 1), [*moving]).reshape(np.shape(direction))

    def rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def size(self, name: str) -> int:
        """Of a dimension's name: n of x, k of w, m of theta, else what the declared letters say."""
        if name.isdigit():
            return int(name)
        return self.sizes.get(name, SIZES.get(name, 3))

    def shape(self, symbol: str) -> tuple[int, int]:
        declared, role = next(iter(self.context.of(symbol)), None), ROLES.get(symbol)
        if role and symbol not in OWNERS.values() and (declared is None or declared.shape == role.shape):
            return self.own_size(role.shape[0]), self.own_size(role.shape[1])
        rows, cols = declared.shape if declared else role.shape if role else ("1", "1")
        return self.size(rows), self.size(cols)

    def own_size(self, name: str) -> int:
        """Of n, k, m, q in the convention's sense, whatever the notes call the dimension of x, w, theta, psi."""
        declared = next(iter(self.context.of(OWNERS[name])), None) if name in OWNERS else None
        return self.size(next((part for part in declared.shape if part != "1"), "1") if declared else name)

    def slots(self, name: str) -> tuple[str, ...]:
        """The arguments of a function: as the notes write them, else those that they may have."""
        told = next((told for d in self.context.of(name) if (told := slots_told(d)) is not None), None)
        if told is not None:
            return tuple(slot for slot in told if slot in AXES.get(name, ()) or slot in self.context.letters)
        axes = AXES.get(name, ())
        known = {"x", *(["t"] if self.wide else []), *(axis for axis in ("w", "theta") if self.context.of(axis))}
        present = [axis for axis in axes if axis in known]
        if name in ("Psi", "psi") and not (self.wide and self.context.of(name)):
            return ("x",)
        return tuple(axis for axis in present if axis != "theta" or self.wide or name == "f")

    def seed_of(self, name: str) -> int:
        """Of the numbers of a function."""
        return int(self.rng(f"function {name}").integers(2**32))

    def function(self, name: str) -> Smooth:
        if name not in AXES:
            raise NoValue(f"{name} is no function of the convention")
        slots = self.slots(name)
        sizes = {slot: int(np.prod(self.shape(slot))) for slot in slots}
        rows = self.shape(name)[0]
        seed = self.seed_of(name)
        if name == "act":
            body = next((known.body for known in self.context.of(name)), None)
            return Entrywise(slots, sizes, rows, seed) if body is None else Elementary(slots, sizes, rows, seed, body=body)
        if name == "f" and is_gradient(self.context):
            return Slope(slots, sizes, rows, seed)
        zero = {"L": "no running cost", "Psi": "no terminal cost"}.get(name) in self.context.hypotheses
        return Smooth(slots, sizes, rows, seed, self.optimal and name == "f", self.optimal and name == "L", zero)
