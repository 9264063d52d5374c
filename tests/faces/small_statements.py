"""Small statements that the tests of the faces work on, and how they read what a command prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

Invoke = Callable[..., Result]
RunPytest = Callable[..., pytest.RunResult]

DECAY = """\
name = "decay"
horizon = [0, 1]

[states]
x = { rate = "-k*x + sin(t)", initial = "size" }

[parameters]
k = 0.7
size = 1.5

[cost]
running = "k*x**2/4"
terminal = "(x - 1)**2/2"

[[observations]]
times = [0.25, 1]
data = { seen = [1.2, 0.6] }
cost = "(x - seen)**2/2"

[claims]
costate.x = "-k*x/2 + k*p_x"
terminal.x = "x - 1"
gradient.k = "x**2/4 - p_x*x"
"""
RIGHT = 'gradient.k = "x**2/4 - p_x*x"'
WRONG = 'gradient.k = "x**2/4 + p_x*x"'
# A parameter that only decides between branches: its gradient must not be a silent zero, and is not decided here.
OPEN = """\
name = "switch"
horizon = [0, 1]

[states]
x = { rate = "piecewise(-x, t < moment, -2*x)", initial = "1" }

[parameters]
moment = 0.4

[cost]
terminal = "x"
"""


def wrong(text: str = DECAY) -> str:
    """The statement with the sign of one claim's term reversed."""
    assert text.count(RIGHT) == 1
    return text.replace(RIGHT, WRONG)


def one_document(text: str) -> dict[str, Any]:
    """`text` as exactly one JSON document of our schema, without the numbers that JSON does not know."""
    document = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert document["schema_version"] == 1
    return document
