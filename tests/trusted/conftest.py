"""The generators that several rooms share stand one folder up; campaigns run only when asked for by `-m campaign`."""

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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "campaign" not in config.option.markexpr:
        for item in items:
            if item.get_closest_marker("campaign"):
                item.add_marker(pytest.mark.skip(reason="a long campaign: run it with -m campaign"))
