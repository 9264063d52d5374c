"""Smooth paths and random smooth functions: what concrete worlds are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.evaluation import NoValue
from adjointcheck.notes.worlds.jet import Value, real

START, END = 0.1, 0.9
Span = tuple[float, float]
USUAL: Span = (START, END)
FINE, COARSE = 22, 18  # points in time; what the coarse grid changes bounds the error of the fine one


class Grid:
    """Chebyshev's points in a span of time with integrals from its start to each; Gauss' rule; how often a limit halves."""

    def __init__(self, count: int, span: Span = USUAL) -> None:
        self.count, self.span, length = count, span, span[1] - span[0]
        self.gauss, self.halvings = np.polynomial.legendre.leggauss(count - 6), count // 3
        points = np.cos(np.pi * np.arange(count) / (count - 1))[::-1]
        self.to_coefficients = np.linalg.inv(chebyshev.chebvander(points, count - 1))
        self.times = span[0] + length * (points + 1) / 2
        columns = [chebyshev.chebval(points, chebyshev.chebint(column, lbnd=-1)) for column in self.to_coefficients.T]
        self.integrals = np.stack(columns, axis=1) * length / 2


grid = cache(Grid)


def within(span: Span, time: float) -> float:
    """What is as far in a span as `time` is in the usual one."""
    return span[0] + (span[1] - span[0]) * (time - START) / (END - START)


class Path:
    """A polynomial in time through values at the nodes; times may be jets."""

    def __init__(self, values: Value, span: Span = USUAL) -> None:
        self.values, self.span, self.count = values, span, len(real(values))
        self.orders = [spread(grid(self.count).to_coefficients)(values)]

    def order(self, k: int) -> Value:
        while len(self.orders) <= k:
            self.orders.append(spread(_slope(np.shape(real(self.orders[-1]))[0], self.span))(self.orders[-1]))
        return self.orders[k]

    def __call__(self, time: Value) -> Value:
        at_time = spread(_weights(float(real(time)), self.count, self.span))

        def value(k: int) -> Value:
            return at_time(self.order(k))[0]

        result = value(0)
        if not isinstance(time, jet.Jet):
            return result
        term = step = jet.Jet({mask: part for mask, part in time.parts.items() if mask})
        for k in range(1, 16):
            if not term.parts:
                break
            result = result + jet.bilinear(np.multiply, term, value(k) * (1.0 / math.factorial(k)))
            term = jet.bilinear(np.multiply, term, step)
        return result


@lru_cache(maxsize=4096)  # integrals ask at the same times again and again
def _weights(time: float, count: int, span: Span) -> Any:
    """Coefficients -> the value at a time, as a row."""
    return chebyshev.chebvander(2 * (time - span[0]) / (span[1] - span[0]) - 1, count - 1).reshape(1, -1)


@cache
def _slope(size: int, span: Span) -> Any:
    """Coefficients -> coefficients of the derivative in time."""
    return np.stack([_padded(chebyshev.chebder(unit), size) for unit in np.eye(size)], axis=1) * 2 / (span[1] - span[0])


def _padded(row: Any, size: int) -> Any:
    return np.concatenate([row, np.zeros(size - len(row))])


def spread(matrix: Any) -> Callable[[Value], Value]:
    """The matrix along the first axis of every part."""
    def times(part: Any) -> Any:
        return matrix @ part if part.ndim <= 2 else np.tensordot(matrix, part, 1)

    return lambda value: value.map(times) if isinstance(value, jet.Jet) else times(value)


@dataclass(frozen=True)
class Smooth:
    """A random smooth function of its slots, with `rows` values: linear, sine and product terms.

    `affine`: linear in w, for worlds with an optimal control; `convex`: quadratic in w.
    """

    slots: tuple[str, ...]
    sizes: Mapping[str, int]
    rows: int
    seed: int
    affine: bool = False
    convex: bool = False
    zero: bool = False
    constant: float = 0.0

    @cached_property
    def coefficients(self) -> tuple[Any, ...]:
        rng = np.random.default_rng(self.seed)
        width = sum(self.sizes[slot] for slot in self.slots) + 1

        def draw(low: float, high: float, *shape: int) -> Any:
            return np.round(rng.uniform(low, high, shape), 1) * rng.choice([-1, 1], shape)

        weight = np.round(rng.uniform(0.5, 1.5, (self.sizes.get("w", 1), self.sizes.get("w", 1))), 1)
        linear, waves, mix = draw(0.2, 0.7, self.rows, width), draw(0.3, 0.9, 4, width), draw(0.2, 0.6, self.rows, 4)
        factors, shift = draw(0.1, 0.5, 2, self.rows, width), draw(0, 0.5, self.rows, 1)
        if self.affine or self.convex:
            controls = [slot == "w" for slot in self.slots for _ in range(self.sizes[slot])] + [False]
            waves[:, controls] = factors[1][:, controls] = 0.0
        return linear, waves, mix, factors, weight @ weight.T + np.eye(len(weight)), shift

    @cached_property
    def _rows(self) -> Any:
        """What the state is multiplied by: the linear terms, the waves and the two factors of the product below each other."""
        linear, waves, _, factors, _, _ = self.coefficients
        return np.concatenate([linear, waves, *factors])

    def words(self, name: str) -> str:
        """The function in full, for a counterexample: f_1 = 0.3 t - 0.5 x1 + ..."""
        linear, waves, mix, factors, weight, shift = self.coefficients
        letters = [slot if self.sizes[slot] == 1 else f"{slot}{i + 1}" for slot in self.slots for i in range(self.sizes[slot])]

        def sum_of(row: Any) -> str:
            return " + ".join(f"{c:g} {x}" for c, x in zip(row, letters, strict=False) if c).replace("+ -", "- ")

        lines = []
        for i in range(self.rows):
            terms = [sum_of(linear[i]), *(f"{mix[i, j]:g} sin({sum_of(waves[j])})" for j in range(len(waves))),
                     f"({sum_of(factors[0, i])}) ({sum_of(factors[1, i])})", f"{shift[i, 0] + self.constant:g}"]
            terms += [f"w^T {np.round(weight, 2).tolist()} w"] if self.convex and "w" in self.slots else []
            lines.append(f"{name}{f'_{i + 1}' if self.rows > 1 else ''} = " + " + ".join(terms).replace("+ -", "- "))
        return "; ".join(lines)

    def __call__(self, values: Mapping[str, Value], layer: Value = 0) -> Value:
        flat = [values[slot] for slot in self.slots]
        for slot, value in zip(self.slots, flat, strict=True):
            if int(np.size(real(value))) != self.sizes[slot]:
                raise NoValue(f"an argument of another size than {slot}")
        return self.many([value.reshape(-1, 1) for value in flat], np.full((1, 1), float(real(layer))))

    def many(self, blocks: list[Value], layer: Any) -> Value:
        """Values side by side: each block has a column for each point."""
        _, waves, mix, _, weight, shift = self.coefficients
        state = self._rows @ stacked([*blocks, 0.3 * layer])
        straight, waving, one, other = (state[i:j] for i, j in pairwise(accumulate((0, self.rows, len(waves), self.rows, self.rows))))
        result = straight + mix @ jet.sine(waving) + one * other + shift
        if self.convex and "w" in self.slots:
            control = blocks[self.slots.index("w")]
            result = result + (control * (weight @ control)).map(lambda p: p.sum(0, keepdims=True)) if isinstance(control, jet.Jet) else (
                result + (control * (weight @ control)).sum(0, keepdims=True))
        return result * 0.0 if self.zero else result + self.constant


class Slope(Smooth):
    """The gradient in x of a random smooth function: as many values as x has entries."""

    @cached_property
    def potential(self) -> Smooth:
        """The function whose gradient this is."""
        return Smooth(self.slots, self.sizes, 1, self.seed)

    def words(self, name: str) -> str:
        """The function in full, for a counterexample."""
        return f"{name} is the gradient of V, {self.potential.words('V')}"

    def many(self, blocks: list[Value], layer: Any) -> Value:
        """Values side by side: each block has a column for each point."""
        linear, waves, mix, (one, other), _, _ = self.potential.coefficients
        first = sum(self.sizes[slot] for slot in self.slots[: self.slots.index("x")])
        at = slice(first, first + self.sizes["x"])
        state = stacked([*blocks, 0.3 * layer])
        waving = (waves * mix.T)[:, at].T @ jet.cosine(waves @ state)
        return linear[:, at].T + waving + one[:, at].T @ (other @ state) + other[:, at].T @ (one @ state)


class Entrywise(Smooth):
    """A random smooth function of one number, of every entry of its argument alike."""

    @cached_property
    def coefficients(self) -> tuple[Any, ...]:
        return tuple(np.round(np.random.default_rng(self.seed).uniform(0.3, 0.9, 4), 1))

    def words(self, name: str) -> str:
        """The function in full, for a counterexample."""
        slope, height, wave, bend = self.coefficients
        return f"{name}(z) = {slope:g} z + {height:g} sin({wave:g} z) + {bend / 4:g} z^2, entry by entry"

    def __call__(self, values: Mapping[str, Value], layer: Value = 0) -> Value:
        slope, height, wave, bend = self.coefficients
        state = values["x"]
        return slope * state + height * jet.sine(wave * state) + (bend / 4) * (state * state)


def stacked(blocks: list[Value]) -> Value:
    """Blocks of rows below each other; a block of one column stands in every column."""
    width = max(np.shape(real(block))[1] for block in blocks)
    masks = dict.fromkeys(mask for block in blocks for mask in jet.parts_of(block))
    parts = {mask: np.concatenate([_wide(block, mask, width) for block in blocks]) for mask in masks}
    return jet.Jet(parts) if len(parts) > 1 else parts[0]


def _wide(block: Value, mask: int, width: int) -> Any:
    part = jet.parts_of(block).get(mask)
    rows, columns = np.shape(real(block))
    if part is None:
        return np.zeros((rows, width))
    return part if columns == width else np.broadcast_to(part, (rows, width))
