"""Worlds whose state is made of blocks with fields of their own; each function moves only with the blocks among its arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from adjointcheck.notes.letters.context import ORDER
from adjointcheck.notes.letters.meaning import Applied, Symbol
from adjointcheck.notes.letters.partitions import COSTS, Parts, parts_of
from adjointcheck.notes.letters.quantities import BLOCK
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds.evaluation import Env
from adjointcheck.notes.worlds.fields import Smooth, stacked
from adjointcheck.notes.worlds.jet import Value
from adjointcheck.notes.worlds.world import World


@dataclass(frozen=True)
class OfBlocks(Smooth):
    """A random smooth function that does not move with the entries of the state that it does not see."""

    seen: tuple[float, ...] = ()  # 1 for what it sees

    def many(self, blocks: list[Value], layer: Any) -> Value:
        """Values side by side: each block has a column for each point."""
        mask = np.array(self.seen).reshape(-1, 1)
        return super().many([block * mask if slot == "x" else block for slot, block in zip(self.slots, blocks, strict=True)], layer)


@dataclass(frozen=True)
class Flow(Smooth):
    """The fields of all blocks below each other; a block that is the speed of another is part of the state."""

    pieces: tuple[Smooth | slice, ...] = ()

    def words(self, name: str) -> str:
        """The fields in full, for a counterexample."""
        return "; ".join(piece.words(f"{name}_{i}") for i, piece in enumerate(self.pieces, 1) if isinstance(piece, Smooth))

    def many(self, blocks: list[Value], layer: Any) -> Value:
        """Values side by side: each block has a column for each point."""
        known = dict(zip(self.slots, blocks, strict=True))
        return stacked([known["x"][piece] if isinstance(piece, slice) else piece.many([known[slot] for slot in piece.slots], layer)
                        for piece in self.pieces])


class PartitionedWorld(World):
    """x = (x_1, x_2, ...), xdot = (f_1, f_2, ...)."""

    @cached_property
    def parts(self) -> Parts:
        return parts_of(self.context)

    @cached_property
    def blocks(self) -> tuple[slice, ...]:  # type: ignore[override]
        """Where each block stands in the state."""
        ends = accumulate((self.stage.size(size) for size in self.parts.sizes), initial=0)
        return tuple(slice(start, end) for start, end in pairwise(ends))

    def value_I(self, place: Value) -> Value:
        """As large as a block."""
        return np.eye(self.stage.size(self.parts.sizes[0]))

    @property
    def rule(self) -> Node:  # type: ignore[override]
        """All fields together, at the running state."""
        return Applied("f")

    def function(self, name: str, side: str = "") -> Smooth:
        """By its name: of one block, of all, or a cost."""
        if name not in self._functions:
            self._functions[name] = self._flow() if name == "f" else self._own(name)
        return self._functions[name]

    def _flow(self) -> Smooth:
        pieces = tuple(self.blocks[int(rate[2:]) - 1] if BLOCK.fullmatch(rate) else self.function(rate)
                       for rate in map(self.parts.rate, self.parts.numbers))
        slots = [slot for slot in ORDER if slot == "x" or any(slot in getattr(piece, "slots", ()) for piece in pieces)]
        return Flow(tuple(slots), {slot: self._size(slot) for slot in slots}, self._size("x"), 0, pieces=pieces)

    def _own(self, name: str) -> Smooth:
        """A function of its own arguments."""
        told = next((slots for function, *slots in self.parts.functions if function == name), None)
        if told is None or (name in COSTS and not self.context.of(name)):
            return super().function(name)
        inputs = {"t", *(slot for slot in ("w", "theta") if self.context.of(slot))} & {*told}
        slots = tuple(slot for slot in ORDER if slot in inputs or (slot == "x" and any(map(BLOCK.fullmatch, told))))
        seen = (float(f"x_{i}" in told) for i, block in enumerate(self.blocks, 1) for _ in range(block.start, block.stop))
        zero = {"L": "no running cost", "Psi": "no terminal cost"}.get(name) in self.context.hypotheses
        steered = self.stage.optimal
        return OfBlocks(slots, {slot: self._size(slot) for slot in slots}, self._rows(name), self.stage.seed_of(name),
                        steered and name not in COSTS, steered and name == "L", zero, seen=tuple(seen))

    def _rows(self, name: str) -> int:
        return 1 if name in COSTS else self.stage.size(self.parts.sizes[int(name.removeprefix("f_")) - 1])

    def _size(self, slot: str) -> int:
        return int(np.prod(self.shape(slot)))

    def derivative(self, inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
        """By a block: the entries of the derivative by the whole."""
        if symbol.name != "x0" or not symbol.part:
            return super().derivative(inner, symbol, env)
        whole = super().derivative(inner, replace(symbol, part=()), env)
        return whole[..., self.blocks[int(symbol.part[0].value) - 1]]  # type: ignore[attr-defined]
