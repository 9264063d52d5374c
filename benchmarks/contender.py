"""What is timed: a library set up in one way, ready to give the gradient of one ensemble."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.problems import Ensemble


@dataclass(frozen=True)
class Task:
    """One gradient: dJ/dx0 (count, n) and dJ/dtheta (m,), J summed over `count` trajectories, at one tolerance."""

    ensemble: Ensemble
    count: int
    tolerance: float = 1e-6

    @property
    def x0(self) -> np.ndarray:
        """x(0) (count, n)."""
        return self.ensemble.initial(self.count)


@dataclass(frozen=True)
class Ready:
    """`gradient` gives (dJ/dx0, dJ/dtheta) in the library's own arrays, finished when it returns.

    `time_steps` gives the mean of accepted and of rejected time steps of a trajectory, None where they are not told;
    it runs the solver once more and is not timed.
    """

    gradient: Callable[[], tuple[Any, Any]]
    time_steps: Callable[[], tuple[float, float | None]]


@dataclass(frozen=True)
class Contender:
    """A library (`peer`), how it is used (`words`), and what sets it up.

    `fits` says for which tasks it is meant; `slow_start` marks what compiles for minutes and is left out of a quick run.
    """

    peer: str
    words: str
    start: Callable[[Task], Ready]
    fits: Callable[[Task], bool] = lambda task: True
    slow_start: bool = False

    @property
    def name(self) -> str:
        """Library and setting."""
        return f"{self.peer}: {self.words}"


def numbers(pair: tuple[Any, Any]) -> tuple[np.ndarray, np.ndarray]:
    """A gradient as numpy arrays (count, n) and (m,)."""
    return tuple(np.asarray(part.detach() if hasattr(part, "detach") else part) for part in pair)  # type: ignore[return-value]


def errors(found: tuple[Any, Any], reference: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Relative errors |g - r|/|r| in the Euclidean norm, of dJ/dx0 over all trajectories and of dJ/dtheta."""
    return tuple(  # type: ignore[return-value]
        float(np.linalg.norm(got - wanted) / np.linalg.norm(wanted)) for got, wanted in zip(numbers(found), reference, strict=True)
    )


def select(rows: Iterable[Contender], peers: Iterable[str], task: Task, full: bool = False) -> list[Contender]:
    """The rows of `peers` that are meant for `task`."""
    wanted = set(peers)
    return [row for row in rows if row.peer in wanted and row.fits(task) and (full or not row.slow_start)]
