"""Intervals of time cut where a world jumps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from adjointcheck.notes.worlds.jet import Value, real

CLOSE = 1e-12  # times nearer than this are the same place


def stretches(world: Any, lower: Value, upper: Value) -> Iterator[tuple[Value, Value, str]]:
    """The smooth parts of an interval with their sides; one of no length counts where perturbations give it one."""
    cuts = [cut for cut in world.cuts() if float(real(lower)) + CLOSE < float(real(cut)) < float(real(upper)) - CLOSE]
    for a, b in pairwise([lower, *sorted(cuts, key=real), upper]):
        if a is not b:
            yield a, b, world.stretch(a, b)
