"""Sums and products of values with their shapes checked; a vector whose layout the notes never fix is a 1-D array, which fits both ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.jet import Value, real


class NoValue(Exception):
    """The formula has no number here; the message says why."""


class ShapeError(Exception):
    """Shapes that do not fit, with the place in words; `loose` when a layout that the notes never fix takes part."""

    def __init__(self, told: str, loose: bool) -> None:
        super().__init__(told)
        self.loose = loose


def scalar(value: Value) -> Value:
    """1 x 1 is a number."""
    shape = dimensions(value)
    return value.reshape(()) if shape and max(shape) == 1 == min(shape) else value


def dimensions(value: Value) -> tuple[int, ...]:
    return getattr(real(value), "shape", ())


def times(one: Value, other: Value, told: Callable[[], str]) -> Value:
    """The product of two values whose shapes fit."""
    a, b = dimensions(one), dimensions(other)
    if not a or not b:
        return one * other
    if len(b) == 1 and len(a) == 2 and a[1] == 1:
        return one @ other.reshape(1, -1)
    if len(a) == 1 and len(b) == 2 and b[0] == 1:
        return one.reshape(-1, 1) @ other
    if a[-1] != b[0]:
        raise ShapeError(f"{told()}: {shape_told(a)} times {shape_told(b)}", len(a) == 1 or len(b) == 1)
    return scalar(one @ other)


def shape_told(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) if len(shape) == 2 else f"vector of {shape[0]}" if shape else "number"


def plus(one: Value, other: Value, told: Callable[[], str]) -> Value:
    """The sum of two values of one shape; a vector without layout takes the other's."""
    a, b = dimensions(one), dimensions(other)
    if a == b:
        return one + other
    if (not a and real(one) == 0 and not isinstance(one, jet.Jet)) or (not b and real(other) == 0 and not isinstance(other, jet.Jet)):
        return other if not a else one
    if len(a) == 1 and len(b) == 2 and a[0] == max(b) and min(b) == 1:
        return one.reshape(*b) + other
    if len(b) == 1 and len(a) == 2 and b[0] == max(a) and min(a) == 1:
        return one + other.reshape(*a)
    if not a and len(b) == 2 and b[0] == b[1]:
        return one * np.eye(b[0]) + other
    if not b and len(a) == 2 and a[0] == a[1]:
        return one + other * np.eye(a[0])
    raise ShapeError(f"{told()}: {shape_told(a)} plus {shape_told(b)}", (len(a) == 1 or len(b) == 1) and not _of_two_lengths(a, b))


def by_entries(one: Value, other: Value) -> Value:
    """The product entry by entry; a vector without layout takes the other's."""
    a, b = dimensions(one), dimensions(other)
    if len(a) == 1 and len(b) == 2 and a[0] == max(b) and min(b) == 1:
        return one.reshape(*b) * other
    return one * other.reshape(*a) if len(b) == 1 and len(a) == 2 and b[0] == max(a) and min(a) == 1 else one * other


def _of_two_lengths(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Vectors of different lengths, which no layout makes equal."""
    vectors = all(shape and sorted((1, *shape))[-2] == 1 < max(shape) for shape in (a, b))
    return vectors and max(a) != max(b)


def matrix(value: Value) -> Value:
    """With two axes: a number as its only entry, a vector as a column."""
    return value.reshape(1, 1) if not dimensions(value) else value.reshape(-1, 1) if len(dimensions(value)) == 1 else value


def assembled(slopes: list[Value], vector: bool) -> Value:
    """Directional derivatives beside each other."""
    if not vector:
        return slopes[0]
    shape = dimensions(slopes[0])
    if len(shape) == 2 and min(shape) > 1:
        raise NoValue("the derivative of a matrix in a vector")
    return jet.stacked([slope.reshape(-1) for slope in slopes], 1) if shape else jet.stacked(slopes)
