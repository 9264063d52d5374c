"""Functions of states and controls that notes name and leave open, D(v, h) and F(x): where they are taken, and their slopes by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.quantities import (
    Applied,
    Formal,
    Symbol,
    Unknown,
    common_place,
    component_slot,
    here,
    leading,
    placed_at,
    rebuilt,
    walk,
)
from adjointcheck.notes.letters.scales import runs_back, when
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

TIMES = ("t", "t0", "t1")
MOVING = ("path", "functional", "variable", "place")


def taken(function: Formal, values: Sequence[Node]) -> Node:
    """D(v(T), h(T)); D(t) and D(T), where the function is of states, is D along the solution."""
    moment = values[0] if len(values) == 1 and isinstance(values[0], Symbol) and values[0].name in TIMES else None
    if moment is not None and Symbol("t") not in function.arguments:
        return replace(function, arguments=tuple(here(placed_at(value, moment)) for value in function.arguments))
    if len(values) != len(function.arguments):
        return Unknown("arguments of another number")
    return replace(function, arguments=tuple(map(here, values)))


def differentiated(function: Formal, by: Sequence[Node]) -> Formal | None:
    """D_v, F'' and dD/dv: slopes in arguments that are letters; None for anything else."""
    for letter in map(here, by):
        numbers = [i for i, value in enumerate(function.arguments) if value == letter]
        alone = sum(letter in walk(value) for value in function.arguments) == 1
        if not numbers or not alone:
            return None
        function = replace(function, by=tuple(sorted((*function.by, *numbers))))
    return function


def slope_of(function: Formal, times: int) -> Formal | None:
    """F'' of a function of one argument."""
    return replace(function, by=(*function.by, *[0] * times)) if len(function.arguments) == 1 else None


def argument_of(function: Applied) -> Symbol:
    """k of S'(k(T)), a component of the state, or x of g'(x(T)): by what a function of one argument is differentiated."""
    slot, value = function.arguments[0]
    return Symbol(slot, part=value.part) if isinstance(value, Symbol) and value.name == slot else Symbol(slot)


def counted(function: Formal, below: Sequence[Node]) -> Formal | None:
    """F_1 and F_12, slopes in the first and the second argument of several."""
    digits = [str(part.value) for part in below if isinstance(part, tree.Number)]
    numbers = [int(digit) - 1 for digit in "".join(digits)] if len(digits) == len(below) and "".join(digits).isdigit() else []
    fits = len(function.arguments) > 1 and numbers and all(0 <= number < len(function.arguments) for number in numbers)
    return replace(function, by=tuple(sorted((*function.by, *numbers)))) if fits else None


def spelt_out(function: Formal, context: Context) -> Node | None:
    """What the notes say that the function is, at these arguments; None where they leave it open."""
    known = next(iter(context.of(function.name)), None)
    if known is None or known.body is None:
        return None
    slope = tree.Derivative(known.body, tuple(known.given[i] for i in function.by), "partial")
    return inserted(slope if function.by else known.body, known.given, function.arguments, context)


def inserted(base: Node, given: tuple[Node, ...], values: tuple[Node, ...], context: Context) -> Node:
    """A(1, y) of A(x, y) := ...: the same at another point."""
    values, given = tuple(map(here, values)), leading(given, values)
    if len(given) != len(values):
        return Unknown("arguments of another number")
    place = when(values[0]) if runs_back(given[0], context) else common_place(given, values)
    moved = (tree.Chain((slot, value), ("=",)) for slot, value in zip(given, values, strict=True) if here(slot) != value)
    return tree.Evaluated(base, changed) if (changed := (place,) if place is not None else tuple(moved)) else base


def told(node: Node, context: Context) -> Node:
    """With the formulas of the functions that the notes spell out."""
    found = spelt_out(node, context) if isinstance(node, Formal) else None
    return rebuilt(found if found is not None else node, lambda child: told(child, context))


def slots_in(function: Formal) -> tuple[str, ...]:
    """(x_2, x_1) of D(v, h), whose arguments are components, each once, or the time; none of any other."""
    names = [_slot(value) for value in function.arguments]
    return tuple(names) if all(names) and len({*names}) == len(names) else ()


def _slot(value: Node) -> str:
    known = isinstance(value, Symbol) and (value.name in TIMES or (bool(value.part) and value.name in ("x", "w", "theta")))
    return "" if not known or not isinstance(value, Symbol) else "t" if value.name in TIMES else component_slot(value.name, value)


def letter_of(function: Formal) -> str:
    """D_of_x_2_x_1, and the name of its slope in v: D_of_x_2_x_1_x_2."""
    slots = slots_in(function)
    slopes = [slots[number] for number in function.by] if slots else []
    return "_".join([re.sub(r"\W", "_", function.name), "of", *slots]) + ("_" + "".join(sorted(slopes)) if slopes else "")


def tells_of_functions(sides: Iterable[Node], context: Context) -> bool:
    """U'(c) = c^(-s), e = -c U''(c)/U'(c): does nothing move but arguments of functions that the notes leave open?"""
    parts = [part for side in sides for part in walk(side)]
    functions = [part for part in parts if _is_open(part, context)]
    arguments = {value for function in functions for value in _values(function)}
    moving = {part for part in parts if _moves(part)}
    slopes = {part for part in parts if isinstance(part, tree.Derivative) and part.kind == "partial" and _is_open(part.of, context)}
    others = {part for part in parts if isinstance(part, Applied | tree.Derivative | tree.Variation | tree.Integral)}
    own = [known for part in parts if isinstance(part, Symbol) and part.name not in ROLES for known in context.of(part.name)]
    told = any(known.body is not None or known.kind == "path" for known in own)
    return any(map(_moves, arguments)) and moving <= arguments and others <= {*functions, *slopes} and not told


def _moves(node: Node) -> bool:
    return isinstance(node, Symbol) and ROLES.get(node.name, ROLES["I"]).kind in MOVING and not node.bound


def _is_open(node: Node, context: Context) -> bool:
    """F(x), and U(c) of a cost exp(-rho t) U(c), where these are no formulas."""
    if isinstance(node, Applied):
        named = node.name in ("L", "Psi") and bool(node.arguments) and all(known.body is None for known in context.of(node.name))
        return named and all(isinstance(value, Symbol) and bool(value.part) for value in _values(node))
    return isinstance(node, Formal) and spelt_out(node, context) is None


def _values(function: Node) -> tuple[Node, ...]:
    found = function.arguments if isinstance(function, Formal | Applied) else ()
    return tuple(value if isinstance(value, Node) else value[1] for value in found)
