"""Forward and gradient of an ensemble beside the peers: `python -m benchmarks.ensemble --problem lorenz --n 4096`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import machine, own, peers
from benchmarks.apart import Stall, open_stall
from benchmarks.child import measure
from benchmarks.contender import Contender, Task, errors, select
from benchmarks.document import Sheet, parser, publish, tell
from benchmarks.operations import Count, count
from benchmarks.problems import NARROW, PROBLEMS, Ensemble
from benchmarks.timing import interleave, middle

_COLUMNS = (
    "contender", "seconds", "us per trajectory", "ours is faster by", "error dJ/dx0", "error dJ/dtheta", "accepted", "rejected",
    "GFLOP/s", "of peak", "peak MB", "cold start s",
)


@dataclass(frozen=True)
class Trial:
    """A contender after its warm-up in a process of its own: one timed call, the errors of its gradient, its time steps."""

    contender: Contender
    seconds: float
    errors: tuple[float, float]
    steps: tuple[float, float | None]
    stall: Stall


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds of the strongest settings, whether memory and cold start are, whether all settings are."""

    rounds: int = 3
    apart: bool = True
    full: bool = False
    peers: tuple[str, ...] = peers.PEERS


def run(task: Task, plan: Plan) -> tuple[Sheet, Sheet]:
    """The sheet of the strongest settings, interleaved, and that of every setting once."""
    tell(f"{task.ensemble.name}, N = {task.count}: reference")
    wanted = own.reference(task)
    rows = (*own.contenders(), *select(peers.ROWS, plan.peers, task, plan.full))
    trials, failed = try_all(rows, task, wanted)
    chosen = strongest(trials)
    leave(trial for trial in trials if trial not in chosen)
    tell(f"  {plan.rounds} interleaved rounds of {len(chosen)}")
    peaks = [machine.fma_peak()]
    taken = interleave({trial.contender.name: trial.stall.turn for trial in chosen}, plan.rounds)
    peaks.append(machine.fma_peak())
    leave(chosen)
    peak = max((value for value in peaks if value), default=None)
    facts = {trial.contender.name: _apart(trial.contender, task) if plan.apart else {} for trial in chosen}
    lines = _rows(chosen, {name: middle(seconds) for name, seconds in taken.items()}, task, peak, facts)
    notes = (f"Medians of {plan.rounds} interleaved rounds, warm, each contender in its process.", *_notes(task, peak, facts))
    title = f"{task.ensemble.name}, N = {task.count}, t in [0, {task.ensemble.end:g}], tolerance {task.tolerance:g}, float64"
    return Sheet(title, _COLUMNS, lines, notes), _settings(task, trials, failed)


def _notes(task: Task, peak: float | None, facts: dict[str, dict[str, Any]]) -> list[str]:
    few = replace(task, count=min(task.count, 64))
    known = max(errors(own.reference(few, 10 * own.REFERENCE_TOLERANCE), own.reference(few)))
    measured = f"{peak:.1f} GFLOP/s on {machine.cores()} cores, before and after the rounds" if peak else "not measured without g++"
    notes = [
        f"FMA peak: {measured}.",
        f"Reference: DOP853 at 1e-12; at 1e-11 it differs by {known:.0e}. Errors are |g - r|/|r| over all trajectories.",
    ]
    if own.has_native():
        share = own.lane_efficiency(task)
        notes.append(f"Lane efficiency of the native target, forward: {share:.1%} of the lanes' time steps were a trajectory's own.")
    return notes + [f"Own process of {name}: {fact['failed']}" for name, fact in facts.items() if "failed" in fact]


def try_all(rows: Sequence[Contender], task: Task, wanted: Any) -> tuple[list[Trial], dict[str, str]]:
    """Warm each contender up and call it once; what fails is told and left out."""
    trials, failed = [], {}
    for row in rows:
        tell(f"  {row.name}")
        stall = open_stall(row, task)
        try:
            first = stall.first(wanted)
            trials.append(Trial(row, first.seconds, first.errors, first.steps, stall))
        except RuntimeError as error:  # one library that fails must not end the comparison of the others
            failed[row.name] = str(error)
            stall.close()
    return trials, failed


def leave(trials: Iterable[Trial]) -> None:
    """End the processes of `trials`."""
    for trial in trials:
        trial.stall.close()


def strongest(trials: Sequence[Trial]) -> list[Trial]:
    """All of ours, and of each peer the fastest setting and the fastest among those with an exact discrete gradient."""
    chosen = [trial for trial in trials if trial.contender.peer == "adjointcheck"]
    for peer in dict.fromkeys(trial.contender.peer for trial in trials):
        its = [trial for trial in trials if trial.contender.peer == peer != "adjointcheck"]
        exact = [trial for trial in its if "djoint, seminorm" not in trial.contender.words and "Backsolve" not in trial.contender.words]
        chosen += [min(group, key=lambda trial: trial.seconds) for group in (its, exact) if group]
    return list({trial.contender.name: trial for trial in chosen}.values())


def _apart(contender: Contender, task: Task) -> dict[str, Any]:
    tell(f"  own process: {contender.name}")
    return measure("gradient", problem=task.ensemble.name, count=task.count, tolerance=task.tolerance, contender=contender.name)


def _rows(chosen: Sequence[Trial], medians: dict[str, float], task: Task, peak: float | None, facts: dict[str, dict]) -> tuple[tuple, ...]:
    ours = min(seconds for name, seconds in medians.items() if name.startswith("adjointcheck"))
    rows = []
    for trial in chosen:
        name, mine = trial.contender.name, trial.contender.peer == "adjointcheck"
        seconds, fact = medians[name], facts[name]
        speed = operations_of(task, *trial.steps) * task.count / seconds * 1e-9 if mine else None
        share = f"{speed / peak:.1%}" if speed and peak else None
        costs = seconds, seconds / task.count * 1e6, seconds / ours
        rows.append((name, *costs, *trial.errors, *trial.steps, speed, share, fact.get("peak"), fact.get("cold")))
    return tuple(rows)


def operations_of(task: Task, accepted: float, rejected: float | None) -> float:
    """Counted operations of one trajectory's gradient by Tsit5."""
    return _count(task.ensemble).total(accepted, rejected or 0)


@cache
def _count(ensemble: Ensemble) -> Count:
    from adjointcheck.codegen.lower import lower
    from adjointcheck.schemes import METHODS

    tableau = METHODS["tsit5"]
    return count(lower(own.derivation(ensemble).system, tableau), tableau, ensemble.n, len(ensemble.theta))


def _settings(task: Task, trials: Sequence[Trial], failed: dict[str, str]) -> Sheet:
    ordered = sorted(trials, key=lambda trial: trial.seconds)
    rows = [(trial.contender.name, trial.seconds, *trial.errors, *trial.steps) for trial in ordered]
    columns = ("setting", "seconds, one warm call", "error dJ/dx0", "error dJ/dtheta", "accepted", "rejected")
    notes = tuple(f"Failed: {name}: {words}" for name, words in failed.items())
    return Sheet(f"{task.ensemble.name}, N = {task.count}: every setting that was tried", columns, tuple(rows), notes)


# Work against precision


def work_precision(task: Task, plan: Plan, tolerances: Sequence[float], file: Path) -> Sheet:
    """Seconds and error over tolerances, of ours and each peer's fastest setting; the picture goes to `file`."""
    tell(f"{task.ensemble.name}, N = {task.count}: work against precision")
    wanted = own.reference(task)
    trials, _ = try_all((*own.contenders(), *select(peers.ROWS, plan.peers, task, plan.full)), task, wanted)
    leave(trials)
    rows = [trial.contender for trial in strongest(trials)]
    points = []
    for tolerance in tolerances:
        trials, _ = try_all(rows, replace(task, tolerance=tolerance), wanted)
        taken = interleave({trial.contender.name: trial.stall.turn for trial in trials}, plan.rounds)
        leave(trials)
        points += [(trial.contender.name, tolerance, middle(taken[trial.contender.name]), trial.errors[0]) for trial in trials]
    _draw(points, task, file)
    columns = ("contender", "tolerance", "seconds", "error dJ/dx0")
    return Sheet(f"{task.ensemble.name}, N = {task.count}: work and precision", columns, tuple(points))


def _draw(points: Sequence[tuple], task: Task, file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name in dict.fromkeys(point[0] for point in points):
        mine = [point for point in points if point[0] == name]
        axes.loglog([p[3] for p in mine], [p[2] for p in mine], "o-", label=name, linewidth=2.5 if name.startswith("adjoint") else 1.2)
    axes.set(xlabel="relative error of dJ/dx0", ylabel="seconds for all gradients")
    axes.set_title(f"{task.ensemble.name}, N = {task.count}, float64")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    plt.close(figure)


def main() -> None:
    """Read the options, measure, show."""
    options = parser(__doc__ or "")
    options.add_argument("--problem", nargs="+", default=list(NARROW), choices=list(PROBLEMS))
    options.add_argument("--n", nargs="+", type=int, default=[4096], help="numbers of trajectories")
    options.add_argument("--peers", default=",".join(peers.PEERS))
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--tolerance", type=float, default=1e-6)
    options.add_argument("--full", action="store_true", help="also the settings that compile for minutes")
    options.add_argument("--no-apart", action="store_true", help="leave out peak memory and cold start, measured in own processes")
    options.add_argument("--plot", type=Path, metavar="FOLDER", help="work-precision pictures of the problems at N = 1024, into FOLDER")
    given = options.parse_args()
    wanted = tuple(name for name in given.peers.split(",") if name)
    there = peers.installed()
    if missing := [name for name in wanted if name not in there]:
        tell(f"Not installed, left out: {', '.join(missing)}. pip install 'adjointcheck[bench]' brings them.")
    plan = Plan(given.rounds, not given.no_apart, given.full, tuple(name for name in wanted if name in there))
    sheets, figures = [], []
    for name in given.problem:
        for size in given.n:
            sheets += run(Task(PROBLEMS[name], size, given.tolerance), plan)
        if given.plot:
            figures.append(f"work_precision_{name}.svg")
            sheets.append(work_precision(Task(PROBLEMS[name], 1024), plan, (1e-3, 1e-5, 1e-7, 1e-9), given.plot / figures[-1]))
    publish("ensemble", sheets, given.json, figures)


if __name__ == "__main__":
    main()
