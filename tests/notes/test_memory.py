"""What a world keeps: once for a node at a place, and nothing where the place moves, letters are held, or the world is another."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.worlds.evaluation import Env
from adjointcheck.notes.worlds.jet import direction, moved
from adjointcheck.notes.worlds.memory import remembered


def test_a_value_is_kept_for_its_node_place_and_world_alone() -> None:
    asked: list[str] = []

    def value(name: str, env: Env) -> float:
        return float(remembered(Symbol(name), env, lambda: (asked.append(name), np.float64(len(asked)))[1]))

    here = Env(SimpleNamespace(memory={}), 0.25)
    assert [value("x", here), value("x", here), value("p", here), value("x", here)] == [1, 1, 2, 1]
    for other in (Env(here.world, 0.5), here.binding("eps", 0.1), Env(here.world, 0.25, side="after"), Env(SimpleNamespace(memory={}), 0.25)):
        before = len(asked)
        assert value("x", other) == value("x", other) == before + 1
    with direction() as bit:
        for moving in (Env(here.world, moved(np.float64(0.25), bit, np.float64(1.0))), Env(here.world, 0.25, local=(("x", 0.25, np.float64(1.0)),))):
            before = len(asked)
            assert [value("x", moving), value("x", moving)] == [before + 1, before + 2]
