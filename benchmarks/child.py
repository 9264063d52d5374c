"""One measurement in a process of its own: cold start, first call, and peak memory, which no process can measure twice.

`python -m benchmarks.child '{"job": "gradient", ...}'` prints one JSON line; `measure` starts it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

_ROOT = Path(__file__).parents[1]


def measure(job: str, *, timeout: float = 1800, **options: Any) -> dict[str, Any]:
    """What the child reports; {"failed": words} when it fails, is killed or outlasts `timeout` seconds.

    Compiler caches begin empty: they lie in a folder that goes with the child.
    """
    order = json.dumps({"job": job, **options})
    with tempfile.TemporaryDirectory() as folder:
        caches = {name: folder for name in ("XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")}
        environment = {**os.environ, **caches, "PYTHONPATH": os.fspath(_ROOT)}
        command = [sys.executable, "-m", "benchmarks.child", order]
        try:
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return {"failed": f"more than {timeout:.0f} s"}
    if ended.returncode != 0:
        last = (ended.stderr.strip().splitlines() or [f"signal {-ended.returncode}"])[-1]
        return {"failed": last[:200]}
    return json.loads(ended.stdout.splitlines()[-1])


def peak_megabytes() -> float:
    """The most memory this process ever held (VmHWM), in MB.

    Not `ru_maxrss`: that one is inherited from the process that started this one.
    """
    return _status("VmHWM")


def held_megabytes() -> float:
    """The memory this process holds now, in MB."""
    return _status("VmRSS")


def _status(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"no {key} in /proc/self/status")


def gradient(problem: str, count: int, tolerance: float, contender: str) -> dict[str, Any]:
    """Set one contender up, and call it twice."""
    from benchmarks import own, peers
    from benchmarks.contender import Task
    from benchmarks.problems import PROBLEMS

    rows = {row.name: row for row in (*own.contenders(), *peers.ROWS)}
    task = Task(PROBLEMS[problem], count, tolerance)
    start, before = perf_counter(), held_megabytes()
    ready = rows[contender].start(task)
    ready.gradient()
    cold = perf_counter() - start
    start = perf_counter()
    ready.gradient()
    return {"cold": cold, "warm": perf_counter() - start, "before": before, "peak": peak_megabytes()}


def main() -> None:
    """Do what the order on the command line says."""
    order = json.loads(sys.argv[1])
    job = order.pop("job")
    print(json.dumps(_jobs()[job](**order)))


def _jobs() -> dict[str, Any]:
    from benchmarks import memory, odeint, symbolic

    return {"gradient": gradient, **memory.JOBS, **symbolic.JOBS, **odeint.JOBS}


if __name__ == "__main__":
    main()
