"""One trajectory, forward and gradient, called from Python, warm: `python -m benchmarks.latency`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks import own, peers
from benchmarks.contender import Task, select
from benchmarks.document import Sheet, parser, publish, tell
from benchmarks.problems import NARROW, PROBLEMS, Ensemble
from benchmarks.timing import middle, repeat

_COLUMNS = ("problem", "call", "median us", "fastest us", "95 % us", "calls")


def calls(ensemble: Ensemble, target: str) -> dict[str, Any]:
    """The two ways to a gradient: the function that gives it, and autograd through a solution."""
    import torch

    solver = own.module(ensemble, target)
    x0, theta = torch.from_numpy(ensemble.initial(1)[0]), torch.from_numpy(ensemble.parameters())
    live = [value.clone().requires_grad_() for value in (x0, theta)]

    def through_autograd() -> Any:
        return torch.autograd.grad(solver.solve(*live, 0.0, ensemble.end).cost.sum(), live)

    return {
        f"adjointcheck {target}: value_and_gradient": lambda: solver.value_and_gradient(x0, theta, 0.0, ensemble.end),
        f"adjointcheck {target}: solve, then autograd": through_autograd,
        f"adjointcheck {target}: solve alone": lambda: _forward(solver, x0, theta, ensemble.end),
    }


def _forward(solver: Any, x0: Any, theta: Any, end: float) -> Any:
    import torch

    with torch.no_grad():
        return solver.solve(x0, theta, 0.0, end)


def rows(name: str, wanted: tuple[str, ...], budget: float) -> Iterator[tuple]:
    """Ours, then each setting of the peers at N = 1."""
    ensemble = PROBLEMS[name]
    timed = calls(ensemble, own.best_target())
    task = Task(ensemble, 1)
    for row in select(peers.ROWS, wanted, task):
        try:
            timed[row.name] = row.start(task).gradient
        except Exception as error:
            tell(f"{row.name}: {error}")
    for words, call in timed.items():
        tell(f"{name}: {words}")
        taken = sorted(repeat(call, budget=budget))
        yield name, words, *(value * 1e6 for value in (middle(taken), taken[0], taken[int(0.95 * len(taken))])), len(taken)


def main() -> None:
    """Read the options, measure, show."""
    options = parser(__doc__ or "")
    options.add_argument("--problem", nargs="+", default=list(NARROW), choices=list(PROBLEMS))
    options.add_argument("--peers", default="", help="comma-separated; each setting of them is timed too")
    options.add_argument("--budget", type=float, default=1.0, help="seconds for each row")
    given = options.parse_args()
    wanted = tuple(name for name in given.peers.split(",") if name in peers.installed())
    if "diffrax" in wanted:
        peers.load_jax()
    lines = tuple(line for name in given.problem for line in rows(name, wanted, given.budget))
    notes = ("Tolerance 1e-6, float64, x0 and theta given as tensors. Wanted: forward and gradient under 100 us.",)
    publish("latency", [Sheet("One trajectory, warm", _COLUMNS, lines, notes)], given.json)


if __name__ == "__main__":
    main()
