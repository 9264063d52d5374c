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


def interleave(calls: Mapping[str, Callable[[], Any]], rounds: int, rest: float = REST, turn: float = TURN) -> dict[str, list[float]]:
    """Seconds of `rounds` calls of each; every round calls all of them, beginning with another one each time.

    A turn is a rest, a call that is not timed, and the median of as many calls as fill `turn`, at least one: as in a training, caches and
    threads are the contender's own.
    """
    names, taken = list(calls), {name: [] for name in calls}
    enabled = gc.isenabled()
    gc.disable()
    try:
        for start in range(rounds):
            first = start % max(len(names), 1)
            for name in names[first:] + names[:first]:
                sleep(rest)
                taken[name].append(middle(repeat(calls[name], at_least=1, budget=turn)))
            gc.collect()
    finally:
        if enabled:
            gc.enable()
    return taken


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
