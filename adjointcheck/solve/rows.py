"""Rows of exact coefficients as float64 tensors, and sums of stages weighted by them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from adjointcheck.schemes.tableau import Row


def square(rows: Sequence[Row]) -> Tensor:
    """The s rows of a matrix (s, s), zeros behind the entries that a row has."""
    return vectors(tuple((*row, *[0] * (len(rows) - len(row))) for row in rows))


def vectors(rows: Sequence[Sequence[object]]) -> Tensor:
    """Rows of the same length, as a matrix."""
    return torch.tensor([[float(entry) for entry in row] for row in rows], dtype=torch.float64)  # type: ignore[arg-type]


def mix(weights: Tensor, values: Tensor) -> Tensor:
    """sum_i weights_i values_i, over the first axis of values (s, ...)."""
    return torch.tensordot(weights.to(values), values, 1)
