"""Timing: warm, interleaved rounds, so that what else the machine does falls on all alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter, sleep
from typing import Any

REST, TURN = 0.3, 0.2  # seconds: thread pools spin for a while after a call, on the cores of whoever comes next


def seconds_of(call: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = perf_counter()
    call()
    return perf_counter() - start


def interleave(turns: Mapping[str, Callable[[], float]], rounds: int, rest: float = REST) -> dict[str, list[float]]:
    """What `rounds` turns of each give, a rest before each; every round has all of them, beginning with another one each time."""
    names, taken = list(turns), {name: [] for name in turns}
    for start in range(rounds):
        first = start % max(len(names), 1)
        for name in names[first:] + names[:first]:
            sleep(rest)
            taken[name].append(turns[name]())
    return taken


def turn(call: Callable[[], Any], budget: float = TURN) -> float:
    """Median seconds of as many calls as fill `budget`, at least one, after one that is not timed: as in a training, all is warm."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return middle(repeat(call, at_least=1, budget=budget))
    finally:
        if enabled:
            gc.enable()
        gc.collect()


def repeat(call: Callable[[], Any], *, at_least: int = 5, budget: float = 1.0) -> list[float]:
    """Seconds of warm calls: one untimed, then at least `at_least` and about `budget` seconds of them."""
    call()
    taken: list[float] = []
    while len(taken) < at_least or sum(taken) < budget:
        taken.append(seconds_of(call))
        if len(taken) >= 100_000:
            break
    return taken


def middle(taken: list[float]) -> float:
    """The median."""
    return float(median(taken))


def slope(sizes: list[float], values: list[float]) -> float:
    """The exponent k of values ~ sizes^k, by least squares in logarithms."""
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])
