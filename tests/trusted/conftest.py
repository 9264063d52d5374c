"""The generators that several rooms share stand one folder up; comparisons are made with 60 digits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import mpmath
import pytest

sys.path.append(str(Path(__file__).parents[1]))


@pytest.fixture(autouse=True)
def _many_digits() -> Iterator[None]:
    with mpmath.workdps(60):
        yield
