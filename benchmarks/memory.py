"""Time and peak memory of a million gradients, each in an own process: `python -m benchmarks.memory`."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from benchmarks import own
from benchmarks.child import held_megabytes, measure, peak_megabytes
from benchmarks.contender import Task
from benchmarks.document import Sheet, parser, publish, tell
from benchmarks.problems import PROBLEMS

_COLUMNS = ("what", "seconds", "us per trajectory", "peak MB", "of it before the launch", "times the stored version", "wanted")


def launch(problem: str, count: int, target: str, calls: int, options: dict[str, Any]) -> dict[str, Any]:
    """The fastest of `calls` warm gradients of one ensemble, and the peak of all of them."""
    import torch

    ensemble = PROBLEMS[problem]
    own.start(Task(ensemble, 16), target, **options).gradient()
    ready = own.start(Task(ensemble, count), target, **options)
    if options.get("memory_limit") == LEAST:
        options = {**options, "memory_limit": least_limit(problem, count, target, options)}
        ready = own.start(Task(ensemble, count), target, **options)
    before, taken = held_megabytes(), []
    for _ in range(calls):
        start = perf_counter()
        x0_bar, theta_bar = ready.gradient()
        taken.append(perf_counter() - start)
    finite = bool(torch.isfinite(x0_bar).all() and torch.isfinite(theta_bar).all())
    limit = options.get("memory_limit")
    return {"seconds": min(taken), "before": before, "peak": peak_megabytes(), "finite": finite, "limit": limit}


def least_limit(problem: str, count: int, target: str, options: dict[str, Any]) -> int:
    """The least memory_limit= of these time steps, to 5 %: it has room for every time step, but not for every state.

    Tried on so few trajectories that each worker has one full batch or two: memory does not grow beyond that.
    """
    from adjointcheck.errors import SolveError

    task, limit = Task(PROBLEMS[problem], min(count, 20_000)), 1 << 18
    while True:
        try:
            own.start(task, target, **{**options, "memory_limit": limit}).gradient()
            return limit
        except SolveError:
            limit = int(limit * 1.05)


LEAST = -1
JOBS = {"launch": launch}


def main() -> None:
    """Read the options, measure, show."""
    options = parser(__doc__ or "")
    options.add_argument("--n", type=int, default=1_000_000, help="number of trajectories")
    options.add_argument("--steps", type=int, default=1000, help="equal time steps of the second case")
    options.add_argument("--calls", type=int, default=3)
    options.add_argument("--limit", type=int, default=LEAST, help="memory_limit= of the checkpointed version, bytes; -1: the least")
    given = options.parse_args()
    publish("memory", [run(given.n, given.steps, given.calls, given.limit)], given.json)


def run(count: int, steps: int, calls: int, limit: int) -> Sheet:
    """The adaptive case, then equal time steps stored and checkpointed."""
    target = own.best_target()
    cases: list[tuple[str, dict[str, Any], str]] = [
        (f"{count:,} gradients, tolerance 1e-6", {}, "under 2.5 s and 2,000 MB"),
        (f"{count:,} x {steps:,} equal time steps, default memory", {"steps": steps}, ""),
    ]
    if target == "native":
        words = f"{count:,} x {steps:,} equal time steps, memory_limit={'the least' if limit == LEAST else f'{limit:,}'}"
        cases.append((words, {"steps": steps, "memory_limit": limit}, "under 4,000 MB, at most 1.5 times"))
    rows, stored = [], None
    for words, options, wanted in cases:
        tell(words)
        found = measure("launch", problem="lotka_volterra", count=count, target=target, calls=calls, options=options)
        if "failed" in found:
            rows.append((words, None, None, None, None, None, f"failed: {found['failed']}"))
            continue
        stored = found["seconds"] if "default" in words else stored
        ratio = found["seconds"] / stored if stored and "memory_limit" in words else None
        wanted = wanted if found["finite"] else "FAILED: not every gradient is finite"
        words = words.replace("the least", f"{found['limit']:,} (the least)") if found["limit"] else words
        rows.append((words, found["seconds"], found["seconds"] / count * 1e6, found["peak"], found["before"], ratio, wanted))
    notes = ("Peak is that of the whole process, Python, torch, inputs and results included; 1e6 states of 2 numbers are 16 MB.",)
    return Sheet(f"Lotka-Volterra, t in [0, 10], float64, {target} target", _COLUMNS, tuple(rows), notes)


if __name__ == "__main__":
    main()
