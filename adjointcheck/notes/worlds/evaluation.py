"""The number that a resolved formula has in a world: products with their shapes checked, derivatives exact by jets.

Vectors whose layout the notes never fix are 1-D arrays, which fit as rows and as columns; everything else has two axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from itertools import product
from typing import Any

import numpy as np

from adjointcheck.notes.letters.at_event import beside
from adjointcheck.notes.letters.components import extent
from adjointcheck.notes.letters.derivatives import argument_at
from adjointcheck.notes.letters.meaning import Applied, Size, Symbol, Unknown, slots_of
from adjointcheck.notes.letters.progression import multiplied
from adjointcheck.notes.letters.quantities import Repeated
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds import algebra, jet
from adjointcheck.notes.worlds.algebra import NoValue, ShapeError, assembled, dimensions, matrix, plus, scalar, shape_told, times
from adjointcheck.notes.worlds.intervals import CLOSE, stretches
from adjointcheck.notes.worlds.jet import Value, along, direction, moved, real
from adjointcheck.notes.worlds.memory import noisy, remembered


@dataclass(frozen=True)
class Env:
    """Where a formula is evaluated: at `time` (over layers an index) of `world`; `local` are letters held at other values there.

    `pinned`: where an event was before its world was perturbed; what is taken there stays there.  `side`: of the event, for what has none.
    """

    world: Any
    time: Value
    bound: Mapping[str, Value] = field(default_factory=dict)
    local: tuple[tuple[str, float, Value], ...] = ()
    pinned: float | None = None
    side: str = ""

    def at(self, time: Value) -> Env:
        """The same elsewhere, as if written there."""
        return replace(self, time=time, bound={**self.bound, ("l" if self.world.layered else "t"): time})

    def within(self, world: Any) -> Env:
        return replace(self, world=world, pinned=self.world.moment if self.pinned is None else self.pinned)

    def binding(self, name: str, value: Value) -> Env:
        return replace(self, bound={**self.bound, name: value})


def evaluate(node: Node, env: Env) -> Value:
    """A jet or an array; raises NoValue or ShapeError."""
    return value_of(node, env)


def lawful(law: Node, env: Env) -> Value:
    """What the notes take for granted: that its shapes do not fit contradicts no formula that rests on it."""
    try:
        return evaluate(law, env)
    except ShapeError as error:
        raise NoValue(f"shapes do not fit in what the notes take for granted: {error}") from None


@singledispatch
def value_of(node: Node, env: Env) -> Value:
    raise NoValue(f"{type(node).__name__.lower()} {show(node)} has no value of its own")


# Leaves


@value_of.register
def _(node: tree.Number | tree.Pi, env: Env) -> Value:
    return np.float64(float(node.value))


@value_of.register
def _(node: Unknown, env: Env) -> Value:
    raise NoValue(f"the letter {node.letter} is not declared")


@value_of.register
def _(node: tree.Words, env: Env) -> Value:
    raise NoValue(f"words: {node.text}")


def place_of(node: Node | None, env: Env) -> Value:
    """The time or layer that a place means; explicit derivatives in t do not move it."""
    if node is None:
        return env.time
    if env.pinned is not None and isinstance(node, Symbol) and node.name == "tau":
        return np.float64(env.pinned)
    value = evaluate(node, replace(env, local=tuple(item for item in env.local if item[0] != "t")))
    if np.size(real(value)) != 1:
        raise NoValue(f"{show(node)} is no time and no layer")
    if env.world.layered:
        if isinstance(node, Symbol) and node.name in ("t0", "t1"):
            return 0 if node.name == "t0" else env.world.count
        index = float(real(value))
        if abs(index - round(index)) > CLOSE:
            raise NoValue(f"{show(node)} is no layer")
        return round(index)
    return value


def same_place(one: Value, other: Value) -> bool:
    return abs(float(real(one)) - float(real(other))) < CLOSE


@value_of.register
def _(node: Symbol, env: Env) -> Value:
    if node.part and (node.bound or node.name in ("t", "l", "eps")):
        raise NoValue(f"{show(node)} is one of several, and the notes do not say which")
    if node.bound or (node.name in ("t", "l", "eps") and node.at is None):
        return _variable(node, env)
    place = place_of(node.at, env)
    held = _held(node.name, place, env)
    value = held if held is not None else env.world.value(node, place, env)
    if node.part:
        value = env.world.component(node, value, env)
    value = scalar(value)
    return value.reshape(-1) if node.free and np.ndim(real(value)) == 2 else value


def _variable(node: Symbol, env: Env) -> Value:
    held = next((value for name, _, value in reversed(env.local) if name == node.name), None)
    if held is not None:
        return held
    if node.name in env.bound:
        return env.bound[node.name]
    if node.name == "t":
        return env.world.clock(env.time)
    if node.name == "l":
        return env.time
    raise NoValue(f"{node.name} has no value here")


def _held(name: str, place: Value, env: Env) -> Value | None:
    return next((value for held, at, value in reversed(env.local) if held == name and same_place(at, place)), None) if env.local else None


def component(node: Symbol | Applied, value: Value, env: Env) -> Value:
    """One entry of a vector, or one of the blocks that a state is made of."""
    number, flat = _number(node, env), value.reshape(-1)
    if (block := _block(node, env)) is not None:
        return value[:, block] if np.ndim(real(value)) == 2 and np.shape(real(value))[0] == 1 else value[block]
    if not 0 < number <= np.size(real(flat)):
        raise NoValue(f"{show(node)} has no such component")
    return flat[number - 1]


def _block(node: Symbol | Applied, env: Env) -> slice | None:
    """Where it stands in a state that is made of blocks."""
    if not env.world.blocks or node.name not in ("x", "p", "x0"):
        return None
    if not 0 < (number := _number(node, env)) <= len(env.world.blocks):
        raise NoValue(f"{show(node)} is no block of the state")
    return env.world.blocks[number - 1]


def _number(node: Symbol | Applied, env: Env) -> int:
    """Which component it is, counted from 1."""
    if len(node.part) == 1 and isinstance(node.part[0], tree.Number) and node.part[0].value.denominator == 1:
        return int(node.part[0].value)
    numbers = [real(evaluate(part, env)) for part in node.part]
    if len(numbers) != 1 or np.size(numbers[0]) != 1 or float(numbers[0]) % 1:
        raise NoValue(f"the subscript of {show(node)} is no number")
    return round(float(numbers[0]))


@value_of.register
def _(node: Size, env: Env) -> Value:
    return np.float64(env.world.stage.size(node.name))


@value_of.register
def _(node: Applied, env: Env) -> Value:
    if node.part:
        return component(node, evaluate(replace(node, part=()), env), env)
    layer, outer = _layer(node, env), env
    if node.at is not None:
        env = env.at(place_of(node.at, env))
        if node.name in ("Psi", "H") or not env.world.layered:
            node = replace(node, at=None)
    if node.name == "H":
        return _hamiltonian(node, env)
    counted = node.name == "phi" or node.at is not None
    return scalar(env.world.field(node, env)(slot_values(node, env, outer), layer=layer if counted else 0))


def _layer(node: Applied, env: Env) -> Value:
    """Which of the functions of one name it is: that of its layer, that of its observation; f_k is f at x_k where the laws have one f."""
    if node.at is None or (env.world.layered and node.name in env.world.alike):
        return 0
    part = node.at.part if isinstance(node.at, Symbol) else ()
    if node.name == "phi" and node.at == Symbol("t1"):
        return np.float64(env.world.count)
    return evaluate(part[0], env) if part else place_of(node.at, env)


def slot_values(node: Applied, env: Env, outer: Env) -> dict[str, Value]:
    """The arguments of a function: as written (z_i of f_{i+1}(z_i), outside the layer i + 1), else what stands here (or at the end)."""
    written, outer = dict(node.arguments), outer if env.world.layered else env
    if "?" in written:
        raise NoValue(f"what the arguments of {show(node)} are is not clear; write {node.name} with its arguments in order")
    slots, function, values = slots_of(node, env.world.context), env.world.function(node.name), {}
    end = env.at(env.world.last()) if node.name in ("Psi", "psi") else env
    for slot in function.slots:
        if slot in written:
            values[slot] = evaluate(written[slot], outer)
        elif slot in slots or not written or slot == "theta":  # there is one theta, written or not
            values[slot] = _standing(slot, end, node.side)
        else:
            raise NoValue(f"{show(node)} leaves out {slot}")
    return values


def _standing(slot: str, env: Env, side: str = "") -> Value:
    """An argument that is not written: its letter here, where under an integral over s the time is s."""
    held = next((value for name, _, value in reversed(env.local) if name == slot == "t"), None)
    if slot == "t":
        return held if held is not None else env.world.clock(env.time)
    return evaluate(Symbol(slot, side=side), env)


def _hamiltonian(node: Applied, env: Env) -> Value:
    """The body that the notes give, else L + p f; written arguments replace the letters."""
    costate = next(iter(env.world.context.of("p")), None)
    for slot, argument in node.arguments:
        value = evaluate(argument, env)
        value = -value if slot == "p" and costate is not None and costate.sign < 0 else value  # lambda = -p^T is given
        env = replace(env, local=(*env.local, (slot, float(real(env.time)), _oriented(slot, value, env))))
    body = env.world.hamiltonian()
    return lawful(beside(body, node.side) if node.side else body, env)


def _oriented(slot: str, value: Value, env: Env) -> Value:
    """An argument in the convention's layout: x a column, p a row."""
    shape = env.world.shape(slot)
    size = int(np.prod(shape))
    return value.reshape(*shape) if np.size(real(value)) == size and np.ndim(real(value)) else value


# Algebra


@value_of.register
def _(node: tree.Sum, env: Env) -> Value:
    terms = [term for term in node.terms if not isinstance(term, tree.BigO)]
    result: Value = np.float64(0.0)
    for term in terms:
        result = plus(result, evaluate(term, env), lambda: show(node))
    return result


@value_of.register
def _(node: tree.BigO, env: Env) -> Value:
    return np.float64(0.0)


@value_of.register
def _(node: tree.Product, env: Env) -> Value:
    result: Value = np.float64(1.0)
    for factor in node.factors:
        result = times(result, evaluate(factor, env), lambda: show(node))
    return result


@value_of.register
def _(node: tree.Quotient, env: Env) -> Value:
    above, below = evaluate(node.above, env), evaluate(node.below, env)
    if dimensions(below):
        raise ShapeError(f"{show(node)}: divided by {shape_told(dimensions(below))}", True)
    return above / below


@value_of.register
def _(node: tree.Power, env: Env) -> Value:
    if dimensions(exponent := real(evaluate(node.exponent, env))):
        raise NoValue(f"{show(node)}: a power by {shape_told(dimensions(exponent))}")
    power = float(exponent)
    if power == 2 and isinstance(node.base, tree.Function) and node.base.name in ("norm", "abs") and node.base.below is None:
        return jet.squares(evaluate(node.base.arguments[0], env))  # smooth at 0
    shape = dimensions(base := evaluate(node.base, env))
    if not shape:
        return jet.power(base, power)
    if len(shape) == 2 and shape[0] == shape[1]:
        if power == -1:
            return jet.inverse(base)
        if power == round(power) and 0 <= power <= 8:
            result: Value = np.eye(shape[0])
            for _ in range(round(power)):
                result = result @ base
            return result
    if power == 2 and isinstance(node.base, Symbol | tree.Derivative | Applied):
        return jet.squares(base)
    raise ShapeError(f"{show(node)}: a power of {shape_told(shape)}", True)


@value_of.register
def _(node: tree.Negative, env: Env) -> Value:
    return -evaluate(node.of, env)


@value_of.register
def _(node: tree.Transposed, env: Env) -> Value:
    return evaluate(node.of, env).T


@value_of.register
def _(node: tree.Vector, env: Env) -> Value:
    """Parts one after the other; a column of rows stays a matrix."""
    rows = [[evaluate(cell, env) for cell in row] for row in node.rows]
    if len(rows) == 1 or all(len(row) == 1 for row in rows):
        return scalar(jet.joined([np.asarray(cell) if not isinstance(cell, jet.Jet) else cell for row in rows for cell in row]))
    if any(isinstance(cell, jet.Jet) for row in rows for cell in row):
        raise NoValue("a matrix of blocks that moves")
    try:
        return np.block([[matrix(cell) for cell in row] for row in rows])
    except ValueError as error:
        raise ShapeError(f"{show(node)}: blocks that do not fit", True) from error


@value_of.register
def _(node: tree.Function, env: Env) -> Value:
    values = [evaluate(argument, env) for argument in node.arguments]
    shape = dimensions(values[0])
    if node.name in jet.FUNCTIONS and len(values) == 1:
        return jet.FUNCTIONS[node.name](values[0])
    if node.name in ("tr", "det", "div") and len(shape) == 2 and shape[0] == shape[1]:
        return jet.determinant(values[0]) if node.name == "det" else jet.total(values[0][i, i] for i in range(shape[0]))
    if node.name in ("tr", "det") and not shape:
        return values[0]
    if node.name in ("norm", "abs") and node.below is None and len(values) == 1:
        size = node.name == "abs" and len(shape) == 2 and min(shape) > 1
        return jet.power(jet.determinant(values[0]) ** 2 if size else jet.squares(values[0]), 0.5)
    if node.name in ("dot", "inner", "angle") and len(values) == 2:
        one, other = values[0].reshape(-1), values[1].reshape(-1)
        return times(one, other, lambda: show(node))
    if node.name == "hadamard":
        return algebra.by_entries(*values)
    raise NoValue(f"{node.name} is not evaluated")


# Places, integrals, sums, limits


@value_of.register
def _(node: tree.Evaluated, env: Env) -> Value:
    item = node.at[0] if node.of == Symbol("J") and len(node.at) == 1 else None
    if isinstance(item, tree.Chain) and isinstance(item.sides[0], Symbol) and item.sides[0].name in ("theta", "x0"):
        return evaluate(node.of, env.within(env.world.put(item.sides[0].name, evaluate(item.sides[-1], env))))  # J at other inputs
    value = evaluate(node.of, _placed(node.at, env))
    return value - evaluate(node.of, _placed(node.less, env)) if node.less else value


def _placed(at: tuple[Node, ...], env: Env) -> Env:
    for item in at:
        if isinstance(item, tree.Chain):
            left, right = item.sides[0], item.sides[-1]
            if isinstance(left, Symbol) and left.name not in ("t", "l"):
                if left.name == "eps" or left.bound:
                    env = env.binding(left.name, evaluate(right, env))
                elif left.part and left.at is None:
                    env = _holding(left, evaluate(right, env), env)
                elif isinstance(right, Symbol) and right.name == left.name and right.at is not None:  # x = x(t1)
                    env = env.at(place_of(right.at, env))
                elif left != right:
                    raise NoValue(f"a value where {show(left)} is {show(right)}")
                continue
            item = right
        env = env.at(place_of(item, env))
    return env


def _holding(node: Symbol, value: Value, env: Env) -> Env:
    """With one component at another value, as in |_{x = 1}."""
    whole, number = evaluate(replace(node, part=(), free=False), env), _number(node, env)
    flat, shape = whole.reshape(-1), dimensions(whole)
    if dimensions(value) or not 0 < number <= np.size(real(flat)):
        raise NoValue(f"{show(node)} has no such value")
    cells = [value if i + 1 == number else flat[i] for i in range(np.size(real(flat)))]
    local = node.name, float(real(env.time)), jet.stacked(cells).reshape(*shape) if shape else value
    return replace(env, local=(*env.local, local))


@value_of.register
def _(node: tree.Integral, env: Env) -> Value:
    world = env.world
    if world.layered or not (isinstance(node.by, Symbol) and (node.by.bound or node.by.name == "t")):
        raise NoValue(f"an integral over {show(node.by)}")
    lower = place_of(node.lower, env) if node.lower is not None else world.first()
    upper = place_of(node.upper, env) if node.upper is not None else world.last()
    backwards = bool(real(lower) > real(upper))
    result: Value = np.float64(0.0)
    for a, b, side in stretches(world, *((upper, lower) if backwards else (lower, upper))):
        for point, weight in zip(*world.grid.gauss, strict=True):
            time = a + (b - a) * (0.5 * (point + 1.0))
            inner = replace(env, time=time, side=side).binding(node.by.name, time)
            result = plus(result, (b - a) * (0.5 * weight) * evaluate(node.body, inner), lambda: show(node))
    return -result if backwards else result


@value_of.register
def _(node: tree.Expectation, env: Env) -> Value:
    """The mean over all vectors of signs, which have mean 0 and covariance 1."""
    shape = env.world.shape("noise")
    worlds = [noisy(env.world, np.reshape(signs, shape)) for signs in product((-1.0, 1.0), repeat=int(np.prod(shape)))]
    return jet.total(evaluate(node.body, replace(env, world=world)) for world in worlds) * (1.0 / len(worlds))


@value_of.register
def _(node: tree.Series, env: Env) -> Value:
    world = env.world
    name = node.index.name if isinstance(node.index, Symbol) else "l"
    whole = extent(node.body, name) if not isinstance(node.upper, tree.Number) and not world.layered else ""
    observed = not world.layered and not whole and node.upper is None and "s" in world.inputs
    if node.kind != "sum" or (not world.layered and (node.lower is None or node.upper is None) and not (whole or observed)):
        raise NoValue(f"a {node.kind} over {name}")
    where = node.lower if isinstance(node.lower, tree.Chain) and observed else None
    lower = round(float(real(evaluate(node.lower, env)))) if node.lower is not None and where is None else int(bool(whole) or observed)
    upper = world.count if observed else _last(node.upper, whole, env)
    result: Value = np.float64(0.0)
    for index in range(lower, upper + 1):
        inner = (env.at(index) if name == "l" and world.layered else env).binding(name, np.float64(index))
        if where is None or _follows(where, inner):
            result = plus(result, evaluate(node.body, inner), lambda: show(node))
    return result


def _follows(where: tree.Chain, env: Env) -> bool:
    """Does t_i > t hold?"""
    one, other = (float(real(evaluate(side, env))) for side in where.sides)
    return one > other if ">" in where.relations[0] else one < other


def _last(upper: Node | None, whole: str, env: Env) -> int:
    """Where a sum ends: at the last component, where nothing else is said."""
    world = env.world
    if whole and (upper is None or (isinstance(upper, Size) and upper.name not in world.stage.sizes)):
        return int(np.prod(world.shape(whole)))
    return world.count - 1 if upper is None else round(float(real(evaluate(upper, env))))


@value_of.register
def _(node: Repeated, env: Env) -> Value:
    return evaluate(multiplied(node, lambda place: round(float(real(place_of(place, env))))), env)


@value_of.register
def _(node: tree.Limit, env: Env) -> Value:
    """Richardson's extrapolation of values at h/2^k."""
    if not isinstance(node.by, Symbol) or float(real(evaluate(node.to, env))) != 0:
        raise NoValue(f"the limit {show(node.by)} -> {show(node.to)}")
    rows: list[list[Value]] = []
    for k in range(env.world.grid.halvings):
        value = evaluate(node.body, env.binding(node.by.name, np.float64(0.08 / 2**k)))
        row = [value]
        for j, previous in enumerate(rows[-1] if rows else [], 1):
            row.append(row[-1] + (row[-1] - previous) / (2.0**j - 1.0))
        rows.append(row)
    if jet.largest(rows[-1][-1] - rows[-2][-1]) > 1e-6 * (1 + jet.largest(rows[-1][-1])):
        raise NoValue(f"the limit in {show(node.by)} does not settle")
    return rows[-1][-1]


# Derivatives


@value_of.register
def _(node: tree.Variation, env: Env) -> Value:
    with direction() as bit:
        return along(evaluate(env.world.held(node.of), env.within(env.world.varied(bit))), bit)


@value_of.register
def _(node: tree.Derivative, env: Env) -> Value:
    by = node.by or (Symbol("t"),)
    if not all(isinstance(item, Symbol) for item in by):
        raise NoValue(f"a derivative by {', '.join(map(show, by))}")
    return remembered(node, env, lambda: _derivative(node.of, tuple(by), node.kind, env))


def _derivative(of: Node, by: tuple[Any, ...], kind: str, env: Env) -> Value:
    """By the last letter first: d^2 H/dx dw has rows of x and columns of w; by x_2 a component of the derivative by x."""
    symbol, rest, total = by[-1], by[:-1], kind in ("total", "functional")
    along = isinstance(of, Applied) and any(getattr(value, "at", None) for _, value in of.arguments)  # phi_x(x(t))
    if symbol.part and symbol.name != "s" and not (total and symbol.name in ("theta", "x0", "stage_control")):
        return _slope(symbol, _derivative(of, (*rest, replace(symbol, part=())), kind, env), kind, env)
    if isinstance(of, Applied) and of.name in ("Psi", "psi") and of.at is None and not (total or along):
        env = env.at(env.world.last())

    def inner(env: Env) -> Value:
        return _derivative(of, rest, kind, env) if rest else evaluate(of, env)

    if total and symbol.name in ("t", "s", "tau") and symbol.at is None and not symbol.part:
        return _in_time(inner, symbol, env)
    if total and symbol.name == "eps" and of == Symbol("J"):  # of which nothing says what moves with eps
        raise NoValue("how the cost depends on eps")
    if total and symbol.name == "eps":
        return _in_variable(inner, symbol, env)
    if total:
        return _laid_out(env.world.derivative(inner, symbol, env), of, kind, env)
    own = isinstance(of, Applied) and of.name != "H" and not rest and symbol.name in env.world.slots(of.name)
    if isinstance(of, Applied) and own and not _is_elsewhere(symbol, of, env):
        return _laid_out(_by_slot(of, symbol.name, env), of, kind, env)
    if symbol.name in ("t", "l", "eps"):
        return _explicit(inner, symbol, env)
    symbol = replace(symbol, at=argument_at(of, symbol))
    return _laid_out(by_letter(inner, symbol, env), of, kind, env)


def _slope(symbol: Symbol, value: Value, kind: str, env: Env) -> Value:
    """df/dx_i: an entry of a gradient, a column of a Jacobian, or as many as the block has."""
    if min((*dimensions(value), 1, 1)[:2]) == 1:
        return component(symbol, value, env)
    number = _number(symbol, env)
    columns = _block(symbol, env) or slice(number - 1, number)
    return value[columns, :] if _is_turned(kind, env) else value[:, columns]


def _is_elsewhere(symbol: Symbol, of: Applied, env: Env) -> bool:
    """Is the letter of a derivative written at another place than the function's argument?"""
    written = dict(of.arguments).get(symbol.name, Symbol(symbol.name, at=of.at))
    if symbol.at is None or not isinstance(written, Symbol) or written.name != symbol.name:
        return False
    return not same_place(place_of(symbol.at, env), place_of(written.at, env))


def _in_time(inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
    if env.world.layered:
        raise NoValue("a derivative in time, over layers")
    with direction() as bit:
        there = moved(env.time, bit, np.float64(1.0))
        return along(inner(replace(env, time=there).binding(symbol.name, there)), bit)


def _in_variable(inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
    with direction() as bit:
        return along(inner(env.binding(symbol.name, moved(env.bound.get(symbol.name, np.float64(0.0)), bit, np.float64(1.0)))), bit)


def _explicit(inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
    """In the letter t where it is written, or an argument; the trajectories stay."""
    with direction() as bit:
        value = moved(evaluate(symbol, env), bit, np.float64(1.0))
        return along(inner(replace(env, local=(*env.local, (symbol.name, 0.0, value)))), bit)


def _by_slot(of: Applied, slot: str, env: Env) -> Value:
    """df/dx at the arguments as written."""
    where, observed = env.at(place_of(of.at, env)) if of.at is not None else env, _layer(of, env)
    of = of if env.world.layered and of.name not in ("Psi", "H") else replace(of, at=None)
    values = slot_values(of, where, env)
    alike = env.world.layered and of.name in env.world.alike
    function, layer = env.world.field(of, where), observed if of.name == "phi" or alike else where.time if of.at is not None else 0
    found = columns(lambda value: scalar(function({**values, slot: value}, layer=layer)), values[slot])
    return found[_number(of, env) - 1] if of.part else found


def by_letter(inner: Callable[[Env], Value], symbol: Symbol, env: Env) -> Value:
    """In every mention of the letter at its place: a vector without layout, or the Jacobian."""
    place = place_of(symbol.at, env)
    base = evaluate(replace(symbol, free=False, part=()), env)

    def value(there: Value) -> Value:
        held = _oriented(symbol.name, there, env) if dimensions(there) else there
        return inner(replace(env, local=(*env.local, (symbol.name, float(real(place)), held))))

    return columns(value, base)


def columns(function: Callable[[Value], Value], base: Value) -> Value:
    """The derivative of `function` at `base`: a vector without layout for scalars, else the Jacobian."""
    shape = dimensions(base)
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape) if shape else [np.float64(1.0)]
    return assembled(jet.slopes(function, base, units), bool(shape))


def _laid_out(value: Value, of: Node, kind: str, env: Env) -> Value:
    """Gradients and Jacobians in the layout that the notes declare."""
    shape = dimensions(value)
    if len(shape) == 1:
        layout = env.world.context.option("gradients")
        return value.reshape(-1, 1) if layout == "column" else value.reshape(1, -1) if layout == "row" else value
    return value.T if len(shape) == 2 and of != Symbol("J") and _is_turned(kind, env) else value


def _is_turned(kind: str, env: Env) -> bool:
    """Has a Jacobian of the notes the components of the function side by side?"""
    return env.world.context.turned(kind)
