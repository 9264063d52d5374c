"""Numbers with nilpotent directions: exact derivatives of any order, nested, of everything that a world computes.

A jet is a sum over sets of directions, sum_S a_S e_S with e_i^2 = 0, and e_i e_j = 0 where both are of one gradient; the coefficient of e_i
is the derivative along i (Griewank and Walther 2008, chapter 13).  Values are scalars, vectors (1-D: row or column as it fits) and
matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

Value = Any  # a Jet, an array or a number
_depth = 0


@contextmanager
def directions(count: int) -> Iterator[list[int]]:
    """Directions that nothing around uses; as all of them share a bit, no two of them meet in a product."""
    global _depth
    first, _depth = _depth, _depth + count + 1
    try:
        yield [1 << first | 1 << own for own in range(first + 1, _depth)]
    finally:
        _depth = first


@contextmanager
def direction() -> Iterator[int]:
    """One direction."""
    with directions(1) as (bit,):
        yield bit


class Jet:
    """`parts` maps sets of directions, as bit masks, to arrays of one shape; the mask 0 is always there."""

    __slots__ = ("parts",)
    __array_ufunc__ = None

    def __init__(self, parts: dict[int, Any]) -> None:
        self.parts = parts

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(next(iter(self.parts.values())))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def T(self) -> Jet:
        return self.map(np.transpose)

    def map(self, linear: Callable[[Any], Any]) -> Jet:
        """A linear operation on every part."""
        return Jet({mask: linear(part) for mask, part in self.parts.items()})

    def __getitem__(self, index: Any) -> Jet:
        return self.map(lambda part: part[index])

    def reshape(self, *shape: Any) -> Jet:
        wanted = shape[0] if len(shape) == 1 else shape
        return self.map(lambda part: np.reshape(part, wanted))

    def __neg__(self) -> Jet:
        return self.map(np.negative)

    def __add__(self, other: Value) -> Jet:
        parts, others = dict(self.parts), parts_of(other)
        for mask, part in others.items():
            parts[mask] = parts[mask] + part if mask in parts else part
        shape = np.shape(parts[0])
        if shape == self.shape == np.shape(next(iter(others.values()), 0.0)):
            return Jet(parts)
        return Jet({mask: part if np.shape(part) == shape else part + np.zeros(shape) for mask, part in parts.items()})

    __radd__ = __add__

    def __sub__(self, other: Value) -> Jet:
        return self + (-other)

    def __rsub__(self, other: Value) -> Jet:
        return -self + other

    def __mul__(self, other: Value) -> Jet:
        return bilinear(np.multiply, self, other)

    __rmul__ = __mul__

    def __matmul__(self, other: Value) -> Jet:
        return bilinear(np.matmul, self, other)

    def __rmatmul__(self, other: Value) -> Jet:
        return bilinear(np.matmul, other, self)

    def __truediv__(self, other: Value) -> Jet:
        return self * power(other, -1.0)

    def __rtruediv__(self, other: Value) -> Jet:
        return power(self, -1.0) * other


def parts_of(value: Value) -> dict[int, Any]:
    """The parts of a jet, or of a plain number or array."""
    return value.parts if isinstance(value, Jet) else {0: value}


def real(value: Value) -> Any:
    """The part without directions."""
    return value.parts[0] if isinstance(value, Jet) else value


def along(value: Value, bit: int) -> Value:
    """The derivative along a direction; it may still have others."""
    parts = {mask ^ bit: part for mask, part in parts_of(value).items() if mask & bit == bit}
    parts.setdefault(0, np.zeros(np.shape(real(value))))
    return Jet(parts) if len(parts) > 1 else parts[0]


def moved(value: Value, bit: int, by: Value) -> Value:
    """value + e by."""
    return moved_along(value, [bit], [by])


def moved_along(value: Value, bits: Iterable[int], by: Iterable[Value]) -> Value:
    """value + e_1 by_1 + e_2 by_2 ..."""
    lifted = {mask | bit: part for bit, change in zip(bits, by, strict=True) for mask, part in parts_of(change).items()}
    return Jet({0: np.zeros(np.shape(next(iter(lifted.values()))))} | lifted) + value


def slopes(function: Callable[[Value], Value], base: Value, units: Any) -> list[Value]:
    """The derivatives of `function` at `base` along some directions, in one evaluation."""
    with directions(len(units)) as bits:
        value = function(moved_along(base, bits, units))
        return [along(value, bit) for bit in bits]


def bilinear(product: Callable[[Any, Any], Any], one: Value, other: Value) -> Jet:
    """A product of any kind: directions that meet themselves vanish."""
    parts: dict[int, Any] = {}
    for mask, a in parts_of(one).items():
        for other_mask, b in parts_of(other).items():
            if not mask & other_mask:
                joint = mask | other_mask
                term = product(a, b)
                parts[joint] = parts[joint] + term if joint in parts else term
    return Jet(parts)


def composed(value: Value, derivative: Callable[[int], Any]) -> Value:
    """g(value) by Taylor's formula; derivative(k) is the k-th derivative of g where value is real."""
    if not isinstance(value, Jet):
        return derivative(0)
    result: Value = Jet({0: derivative(0)})
    nilpotent = term = _nilpotent(value)
    for order in range(1, 64):
        if not term.parts:
            break
        result = result + (1.0 / math.factorial(order)) * bilinear(np.multiply, term, derivative(order))
        term = bilinear(np.multiply, term, nilpotent)
    return result


def _nilpotent(value: Jet) -> Jet:
    """The value without its real part; powers of it end."""
    return Jet({mask: part for mask, part in value.parts.items() if mask})


def sine(value: Value) -> Value:
    base = real(value)
    return composed(value, lambda k: np.sin(base + k * math.pi / 2))


def cosine(value: Value) -> Value:
    base = real(value)
    return composed(value, lambda k: np.cos(base + k * math.pi / 2))


def exponential(value: Value) -> Value:
    base = np.exp(real(value))
    return composed(value, lambda k: base)


def logarithm(value: Value) -> Value:
    base = np.asarray(real(value), float)
    if np.any(base <= 0):
        raise FloatingPointError("a logarithm of what is not positive")
    return composed(value, lambda k: np.log(base) if k == 0 else -math.factorial(k - 1) * (-1.0 / base) ** k)


def power(value: Value, exponent: float) -> Value:
    """value ** exponent for a real exponent, element by element."""
    base = np.asarray(real(value), float)

    def derivative(k: int) -> Any:
        factor = math.prod(exponent - i for i in range(k))
        return factor * base ** (exponent - k) if factor else np.zeros(np.shape(base))

    return composed(value, derivative)


def inverse(matrix: Value) -> Value:
    """Of a square matrix, by the Neumann series in its nilpotent part."""
    base = np.linalg.inv(real(matrix))
    if not isinstance(matrix, Jet):
        return base
    nilpotent = _nilpotent(matrix)
    result = term = Jet({0: base})
    while term.parts:
        term = -bilinear(np.matmul, bilinear(np.matmul, base, nilpotent), term)
        result = result + term
    return result


def determinant(matrix: Value) -> Value:
    """Of a small square matrix, by Laplace's expansion."""
    size = np.shape(real(matrix))[0]
    if size == 1:
        return matrix[0, 0]
    minors = (determinant(matrix[1:, [j for j in range(size) if j != column]]) for column in range(size))
    return total((-1.0) ** column * (matrix[0, column] * minor) for column, minor in enumerate(minors))


def is_square(value: Value) -> bool:
    """Has it as many rows as columns, and more than one?"""
    shape = np.shape(real(value))
    return len(shape) == 2 and shape[0] == shape[1] > 1


def matrix_exponential(matrix: Value) -> Value:
    """I + A + A^2/2 + ..., of A/2^s and squared s times."""
    halvings = max(0, math.ceil(math.log2(max(1.0, 4 * largest(matrix)))))
    scaled = matrix * 0.5**halvings
    result: Value = np.eye(np.shape(real(matrix))[0])
    for order in range(20, 0, -1):  # Horner
        result = np.eye(np.shape(real(matrix))[0]) + (1 / order) * (scaled @ result)
    for _ in range(halvings):
        result = result @ result
    return result


def total(values: Iterable[Value]) -> Value:
    """The sum, from the left."""
    items = iter(values)
    result = next(items)
    for item in items:
        result = result + item
    return result


def stacked(values: Sequence[Value], axis: int = 0) -> Value:
    """Values of one shape beside each other along a new axis."""
    masks = dict.fromkeys(mask for value in values for mask in parts_of(value))
    shape = np.shape(real(values[0]))
    parts = {mask: np.stack([np.asarray(parts_of(value).get(mask, np.zeros(shape))) for value in values], axis) for mask in masks}
    return Jet(parts) if len(parts) > 1 else parts[0]


def joined(values: Sequence[Value]) -> Value:
    """Flattened values one after the other."""
    flat = [value.reshape(-1) if isinstance(value, Jet) else np.reshape(value, -1) for value in values]
    masks = dict.fromkeys(mask for value in flat for mask in parts_of(value))
    parts = {mask: np.concatenate([parts_of(v).get(mask, np.zeros(np.shape(real(v)))) for v in flat]) for mask in masks}
    return Jet(parts) if len(parts) > 1 else parts[0]


def largest(value: Value) -> float:
    """The largest entry of all parts."""
    return max((float(np.max(np.abs(part))) for part in parts_of(value).values() if np.size(part)), default=0.0)


def squares(value: Value) -> Value:
    """The sum of the squares of all entries."""
    flat = value.reshape(-1)
    return total(flat[i] * flat[i] for i in range(np.size(real(flat))))


ELEMENTARY: Mapping[str, Callable[[Value], Value]] = {
    "exp": lambda v: matrix_exponential(v) if is_square(v) else exponential(v),
    "log": logarithm, "sin": sine, "cos": cosine, "sqrt": lambda v: power(v, 0.5),
    "sinh": lambda v: 0.5 * (exponential(v) - exponential(-v)), "cosh": lambda v: 0.5 * (exponential(v) + exponential(-v)),
    "tan": lambda v: sine(v) / cosine(v),
    "tanh": lambda v: 1.0 - 2.0 / (exponential(2.0 * v) + 1.0),
}
FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {  # of all entries together too
    **ELEMENTARY, "logsumexp": lambda v: logarithm(_entries(exponential(v))),
    "softmax": lambda v: exponential(v) / _entries(exponential(v)),
}


def _entries(value: Value) -> Value:
    """The sum of all entries."""
    flat = value.reshape(-1)
    return total(flat[i] for i in range(np.size(real(flat))))
