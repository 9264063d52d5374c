"""How time grows with the number of trajectories and of states: `python -m benchmarks.growth`."""

from __future__ import annotations

from benchmarks import own
from benchmarks.contender import Task
from benchmarks.document import Sheet, parser, publish, tell
from benchmarks.ensemble import operations_of
from benchmarks.problems import PROBLEMS, Ensemble, chain, kuramoto
from benchmarks.timing import middle, repeat, seconds_of, slope

_COLUMNS = ("field", "n", "N", "seconds", "us per trajectory", "accepted", "ns per accepted step", "GFLOP/s", "build s")


def row(ensemble: Ensemble, count: int, target: str, budget: float) -> tuple:
    """One ensemble: the median of warm gradients."""
    tell(f"{ensemble.name}, N = {count}")
    build = seconds_of(lambda: own.module(ensemble, target))
    task = Task(ensemble, count)
    ready = own.start(task, target)
    seconds = middle(repeat(ready.gradient, at_least=3, budget=budget))
    # The means of a large ensemble are those of its beginning to a per cent, and need no second run of a million.
    steps = own.start(Task(ensemble, min(count, 4096)), target).time_steps()
    speed = operations_of(task, *steps) * count / seconds * 1e-9
    each = seconds / count
    return ensemble.name, ensemble.n, count, seconds, each * 1e6, steps[0], each / steps[0] * 1e9, speed, build


def main() -> None:
    """Read the options, measure, show."""
    options = parser(__doc__ or "")
    options.add_argument("--problem", nargs="+", default=["lotka_volterra", "lorenz"], choices=list(PROBLEMS))
    options.add_argument("--n", nargs="+", type=int, default=[100, 1000, 10_000, 100_000, 1_000_000], help="numbers of trajectories")
    options.add_argument("--states", nargs="+", type=int, default=[2, 4, 8, 16, 32, 64], help="even numbers of states")
    options.add_argument("--wide-n", type=int, default=4096)
    options.add_argument("--budget", type=float, default=0.5, help="seconds for each row")
    given = options.parse_args()
    target = own.best_target()
    sheets = []
    for name in given.problem:
        lines = tuple(row(PROBLEMS[name], size, target, given.budget) for size in sorted(given.n))
        sheets.append(_sheet(f"{name}: growth with N, {target} target", lines, 2, "N"))
    for family in (chain, kuramoto):
        lines = tuple(row(family(n), given.wide_n, target, given.budget) for n in sorted(given.states))
        sheets.append(_sheet(f"{family.__name__}: growth with n, {target} target", lines, 1, "n"))
    publish("growth", sheets, given.json)


def _sheet(title: str, lines: tuple[tuple, ...], size: int, letter: str) -> Sheet:
    if len(lines) < 2:
        return Sheet(title, _COLUMNS, lines)
    exponent = slope([float(line[size]) for line in lines], [line[3] for line in lines])
    return Sheet(title, _COLUMNS, lines, (f"Seconds ~ {letter}^{exponent:.2f} by least squares over all rows.",))


if __name__ == "__main__":
    main()
