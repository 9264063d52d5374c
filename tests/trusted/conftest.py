"""The generators that several rooms share stand one folder up; comparisons are made with 60 digits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import getclosurevars
from pathlib import Path

import mpmath
import pytest

from adjointcheck.trusted import matrix, matrix_witness

sys.path.append(str(Path(__file__).parents[1]))


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Tests plant defects: no verdict found with one, or before it, may serve another test."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for judge in (matrix.proof, matrix_witness._sample):
        getclosurevars(judge).nonlocals["known"].cache_clear()


@pytest.fixture(autouse=True)
def _many_digits() -> Iterator[None]:
    with mpmath.workdps(60):
        yield
