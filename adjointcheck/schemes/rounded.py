"""Numbers known to a radius: what the rounding of published decimals can do to whatever is computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from adjointcheck.schemes.tableau import Row


@dataclass(frozen=True)
class Rounded:
    """An exact `value` that stands for some number within `radius` of it.

        (a +- r) + (b +- s) = (a + b) +- (r + s),    (a +- r)(b +- s) = ab +- (|a| s + |b| r + r s)

    A radius of 0 makes this plain exact arithmetic. Radii are floats: their own rounding is of no matter, values are exact.
    """

    value: Fraction
    radius: float = 0.0

    def __add__(self, other: Rounded) -> Rounded:
        return Rounded(self.value + other.value, self.radius + other.radius)

    def __mul__(self, other: Rounded) -> Rounded:
        radius = size(self) * other.radius + size(other) * self.radius + self.radius * other.radius
        return Rounded(self.value * other.value, radius)

    def may_be(self, exact: Fraction | int) -> bool:
        """Whether the number can be `exact`; for a radius of 0, whether it is."""
        return abs(self.value - exact) <= self.radius


RoundedRow = tuple[Rounded, ...]
RoundedRows = tuple[RoundedRow, ...]
ZERO, ONE = Rounded(Fraction(0)), Rounded(Fraction(1))


def size(number: Rounded) -> float:
    """Return the absolute value, as a float: good enough for a radius."""
    return abs(float(number.value))


def rounded(row: Row, digits: int) -> RoundedRow:
    """Read decimals of `digits` significant digits, each off by at most half a unit of the last; exact for 0 digits."""
    unit = 10.0 ** (1 - digits) / 2 if digits else 0.0
    return tuple(Rounded(entry, abs(float(entry)) * unit) for entry in row)


def rounded_rows(rows: Iterable[Row], digits: int) -> RoundedRows:
    """Read each row of a matrix."""
    return tuple(rounded(row, digits) for row in rows)


def total(numbers: Iterable[Rounded]) -> Rounded:
    """Return the sum; 0 of nothing."""
    result = ZERO
    for number in numbers:
        result = result + number
    return result


def dot(row: Sequence[Rounded], values: Sequence[Rounded]) -> Rounded:
    """Sum over the entries of `row`: a lower row may be shorter than the vector of stages."""
    return total(entry * value for entry, value in zip(row, values, strict=False) if entry.value)
