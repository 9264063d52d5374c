"""A state in blocks that have letters, sizes and fields of their own: xdot = f(x, y, theta), ydot = g(x, y, theta).

The blocks are the components x_1, x_2 of the whole state; their fields are the functions f_1, f_2, told by the letters of the notes.
A block may be the speed of another: q-dot = v.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared
from adjointcheck.notes.letters.quantities import AXES, BLOCK, Applied, Symbol, Unknown, component_slot
from adjointcheck.notes.letters.speeds import speed_at
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node, walk

FIELD = re.compile(r"f_\d+")  # of a block
BLOCKS = "blocks"  # the option with the names of their sizes
COSTS = ("L", "Psi")


@dataclass(frozen=True)
class Parts:
    """Sizes of the blocks, their rates (x_2, or f_1 with its arguments) and the arguments of the costs."""

    sizes: tuple[str, ...]
    rates: tuple[tuple[str, ...], ...]
    costs: tuple[tuple[str, ...], ...]

    @property
    def numbers(self) -> range:
        return range(1, len(self.sizes) + 1)

    @property
    def functions(self) -> Iterator[tuple[str, ...]]:
        """(f_2, x_1, x_2, theta) of each field and each cost."""
        yield from (rate for rate in (*self.rates, *self.costs) if not BLOCK.fullmatch(rate[0]))

    def rate(self, i: int) -> str:
        return self.rates[i - 1][0]

    @property
    def line(self) -> str:
        """The blocks as one line, `n_1 f_1 x_1 x_2; n_2 x_1; Psi x_1`."""
        rows = [(size, *rate) for size, rate in zip(self.sizes, self.rates, strict=True)]
        return "; ".join(" ".join(row) for row in (*rows, *self.costs))


def read(line: str) -> Parts:
    """The blocks that a line tells."""
    rows = [tuple(row.split()) for row in line.split("; ")]
    blocks, costs = [row for row in rows if row[0] not in COSTS], [row for row in rows if row[0] in COSTS]
    return Parts(tuple(row[0] for row in blocks), tuple(row[1:] for row in blocks), tuple(costs))


def parts_of(context: Context) -> Parts:
    """The blocks of the notes; a cost that does not say its arguments has all of them."""
    law, sizes = context.law("dynamics"), tuple(context.option(BLOCKS).split())
    assert law is not None and isinstance(law.right, tree.Vector)
    blocks = tuple(f"x_{i}" for i in range(1, len(sizes) + 1))
    rates = tuple(_rate(cell, context) for (cell,) in law.right.rows)
    told = {name: _arguments(name, context) or ("t", "x", "w", "theta") for name in COSTS}
    costs = ((name, *_spread(slots, blocks, AXES[name])) for name, slots in told.items())
    return Parts(sizes, rates, tuple(costs))


def _rate(cell: Node, context: Context) -> tuple[str, ...]:
    if isinstance(cell, Applied):
        return (cell.name, *(_arguments(cell.name, context) or ()))
    assert isinstance(cell, Symbol)
    return (component_slot("x", cell),)


def _arguments(name: str, context: Context) -> tuple[str, ...] | None:
    return next((known.arguments for known in context.of(name) if known.arguments is not None), None)


def _spread(slots: tuple[str, ...], blocks: tuple[str, ...], axes: tuple[str, ...]) -> Iterator[str]:
    """x_1 and x_2 for the whole x."""
    for slot in slots:
        yield from blocks if slot == "x" else [slot] if slot in axes or slot in blocks else []


def is_block(declared: Declared) -> bool:
    """Is it a block of the costate: a vector with a layout, and no number?"""
    return declared.symbol == "p" and declared.shape != ("1", "1")


def block_slot(value: Node, context: Context) -> str:
    """x_2 of the argument v, v(T) or q-dot(T); "" for what is no block."""
    value = speed_at(value, context)
    slot = component_slot("x", value) if context.option(BLOCKS) else ""
    return slot if BLOCK.fullmatch(slot) else ""


def gives_field(left: Node, right: Node) -> bool:
    """F(q, v) = -k q - c v: a formula for the field of a block."""
    plain = not any(isinstance(part, Applied) or getattr(part, "name", "") in ("p", "J") for part in walk(right))
    return isinstance(left, Applied) and FIELD.fullmatch(left.name) is not None and plain


def only_block(function: Node, context: Context) -> Symbol | None:
    """x_1 of Phi(x_1), the only block by which it may be differentiated."""
    slots = [*(_arguments(function.name, context) or ())] if isinstance(function, Applied) and context.option(BLOCKS) else []
    alone = len(slots) == 1 and BLOCK.fullmatch(slots[0])
    return Symbol("x", part=(tree.Number(Fraction(slots[0].removeprefix("x_"))),)) if alone else None


def in_blocks(function: Applied, values: list[Node], slot: Callable[[Node], str], context: Context) -> Applied:
    """A function at blocks of one time, which the state there tells; at blocks of several times nothing tells it."""
    values = [speed_at(value, context) for value in values]
    states = [value for value in values if block_slot(value, context) or value == Symbol("x", at=getattr(value, "at", None))]
    moved = [value for value in values if isinstance(value, Symbol) and value.name == "p"] if function.name == "H" else []
    told = {block_slot(value, context) for value in states} - {""}
    known = {name for name in _arguments(function.name, context) or () if BLOCK.fullmatch(name)}
    places = {_place(value) for value in states}
    if len(places) > 1 or (known and told and known != told and function.name != "H"):
        return replace(function, arguments=(("?", Unknown("blocks of several times")),))
    others = tuple((slot(value), value) for value in values if value not in (*states, *moved))
    others = tuple((name, value) for name, value in others if function.name != "H" or name != "p")
    if function.name == "H" and places <= {None} and all(value == Symbol(name) for name, value in others):
        return function
    if "" in dict(others):
        return replace(function, arguments=(("?", others[0][1]),))
    return replace(function, arguments=(*(("x", Symbol("x", at=place)) for place in places), *others))


def _place(value: Node) -> Node | None:
    place = value.at if isinstance(value, Symbol) else None
    place = Symbol("t0") if getattr(value, "name", "") == "x0" else place
    return None if place == Symbol("t") else place
