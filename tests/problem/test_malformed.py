"""Every malformed statement is a ProblemError that names its place, in bounded time, and nothing else."""

from __future__ import annotations

import runpy
import time
from pathlib import Path

import pytest

from adjointcheck.errors import ProblemError
from adjointcheck.problem import read_toml

CORPUS = runpy.run_path(str(Path(__file__).with_name("malformed.py")))
CASES = CORPUS["CASES"]


def test_base_is_accepted() -> None:
    """Each case is refused for its own fault, because what it was made from is accepted."""
    assert read_toml(CORPUS["BASE"]).state_names == ("x", "y")


def test_corpus_is_large_and_without_repetition() -> None:
    assert len({name for name, _, _ in CASES}) == len({text for _, text, _ in CASES}) == len(CASES) >= 120


@pytest.mark.parametrize(("text", "fragments"), [pytest.param(text, parts, id=name) for name, text, parts in CASES])
def test_refused_with_its_place(text: str, fragments: tuple[str, ...]) -> None:
    began = time.process_time()
    with pytest.raises(ProblemError) as caught:
        read_toml(text, "model.toml")
    assert time.process_time() - began < 2.0
    message = str(caught.value)
    assert message.startswith("model.toml")
    assert message.isascii() and message.isprintable() and len(message) < 1000
    assert [part for part in fragments if part not in message] == []
