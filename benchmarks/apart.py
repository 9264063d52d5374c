"""Contenders in processes of their own, which take turns: the thread pools and the memory of one are no burden to another.

In one process torch was up to three times slower once other thread pools were there, because OpenMP then lets waiting
threads sleep at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np

from benchmarks.contender import Contender, Task, errors
from benchmarks.problems import PROBLEMS
from benchmarks.timing import seconds_of, turn


@dataclass(frozen=True)
class First:
    """What a contender tells after its warm-up: seconds of one call, errors of (dJ/dx0, dJ/dtheta), accepted and rejected time steps."""

    seconds: float
    errors: tuple[float, float]
    steps: tuple[float, float | None]


@dataclass(frozen=True)
class Stall:
    """One contender that waits in its process for its turn."""

    process: BaseProcess
    line: Connection

    def turn(self) -> float:
        """Seconds of a warm call, the median of one turn; RuntimeError where the process has ended."""
        return self._ask("turn")

    def first(self, wanted: tuple[np.ndarray, np.ndarray]) -> First:
        """Warm up, compare with the reference, count time steps."""
        return self._ask(wanted)

    def close(self) -> None:
        """End the process."""
        self.line.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()

    def _ask(self, order: Any) -> Any:
        try:
            self.line.send(order)
            answer = self.line.recv()
        except (EOFError, OSError):
            self.process.join(5)
            raise RuntimeError(f"its process ended with code {self.process.exitcode}") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


def open_stall(contender: Contender, task: Task) -> Stall:
    """A process for `contender`, which finds it again by its name."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, contender.name, task.ensemble.name, task.count, task.tolerance), daemon=True)
    process.start()
    there.close()
    return Stall(process, here)


def serve(line: Connection, name: str, problem: str, count: int, tolerance: float) -> None:
    """The other end: set up when first asked, then one turn for each order until the line is closed."""
    from benchmarks import own, peers

    rows = {row.name: row for row in (*own.contenders(), *peers.ROWS)}
    gradient: Callable[[], Any] = lambda: None  # noqa: E731
    while True:
        try:
            order = line.recv()
        except EOFError:
            return
        try:
            if order == "turn":
                answer: Any = turn(gradient)
            else:
                ready = rows[name].start(Task(PROBLEMS[problem], count, tolerance))
                gradient = ready.gradient
                found = gradient()
                answer = First(seconds_of(gradient), errors(found, order), ready.time_steps())
        except Exception as error:  # told to whoever asked; one library that fails must not end the others
            answer = RuntimeError(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:120])
        line.send(answer)
