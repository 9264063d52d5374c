"""`ac.odeint` beside the solvers of any torch field: `python -m benchmarks.odeint --problem lorenz mlp`.

Same fields, same tolerance, one process, one thread, interleaved rounds, process time; memory in processes of their own.
With `--device cuda` wall time of a device that was waited for, and the most that torch held there.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter, process_time
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.child import held_megabytes, measure, peak_megabytes
from benchmarks.document import Sheet, parser, publish, tell
from benchmarks.problems import NARROW, PROBLEMS, torch_space
from benchmarks.timing import middle

TOLERANCE = 1e-6
_COLUMNS = (
    "contender", "forward s", "gradient s", "total s", "times ours", "error dJ/dy0", "error dJ/dtheta", "evaluations", "peak MB",
)


@dataclass(frozen=True)
class Case:
    """A field that counts its evaluations, y0 (B, n), and the end of the horizon [0, end]; the loss is sum |y(end)|^2."""

    name: str
    field: Field
    y0: Tensor
    end: float


class Field(nn.Module):
    """ydot = rates(y), parameters as a module holds them."""

    def __init__(self, rates: Callable[..., Tensor], parameters: nn.Module) -> None:
        super().__init__()
        self.rates, self.held, self.evaluations = rates, parameters, 0

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        self.evaluations += 1
        return self.rates(y, self.held)


class _Theta(nn.Module):
    def __init__(self, theta: Tensor) -> None:
        super().__init__()
        self.theta = nn.Parameter(theta)


def case(name: str, count: int, device: str = "cpu") -> Case:
    """One of the narrow problems with `count` trajectories, or an MLP of width 64 with a batch of at most 1024 on a processor."""
    if name == "mlp":
        draw, count = torch.manual_seed(0), min(count, 1024) if device == "cpu" else count
        held: nn.Module = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2)).double()
        y0 = torch.randn(count, 2, generator=draw, dtype=torch.float64)
        return Case(name, Field(lambda y, held: held(y), held).to(device), y0.to(device), 10.0)
    row, space = PROBLEMS[name], torch_space()
    held = _Theta(torch.from_numpy(row.parameters()))
    field = Field(lambda y, held: row.field(space, y, held.theta), held).to(device)
    return Case(name, field, torch.from_numpy(row.initial(count)).to(device), row.end)


# What is compared: the state at the end, of a case and y0


def _ours(case: Case, y0: Tensor, *, solver: str = "odeint", tolerance: float = TOLERANCE, method: str = "dopri5") -> Tensor:
    import adjointcheck

    times = torch.tensor([0.0, case.end], dtype=torch.float64)
    found = getattr(adjointcheck, solver)(case.field, y0, times, rtol=tolerance, atol=tolerance, method=method)
    return found.ys[:, -1] if solver == "solve_ensemble" else found[-1]


def _torchdiffeq(case: Case, y0: Tensor, *, solver: str, **options: Any) -> Tensor:
    times = torch.tensor([0.0, case.end], dtype=torch.float64, device=y0.device)
    solve = getattr(import_module("torchdiffeq"), solver)
    return solve(case.field, y0, times, rtol=TOLERANCE, atol=TOLERANCE, method="dopri5", **options)[-1]


def _torchode(case: Case, y0: Tensor, *, method: str, adjoint: str = "AutoDiffAdjoint") -> Tensor:
    torchode: Any = import_module("torchode")
    term = torchode.ODETerm(case.field)
    control = torchode.IntegralController(atol=TOLERANCE, rtol=TOLERANCE, term=term)
    start, stop = (torch.full((len(y0),), value, dtype=torch.float64, device=y0.device) for value in (0.0, case.end))
    # Its ODETerm hides the parameters of a module from it; autograd finds them all the same.
    solver = getattr(torchode, adjoint)(getattr(torchode, method)(term=term), control)
    return solver.solve(torchode.InitialValueProblem(y0=y0, t_start=start, t_end=stop)).ys[:, -1]


_SEMINORM = {"adjoint_options": {"norm": "seminorm"}}
ROWS: dict[str, Callable[[Case, Tensor], Tensor]] = {
    "adjointcheck: odeint, dopri5": _ours,
    "adjointcheck: odeint, dopri5, five times the tolerance": lambda case, y0: _ours(case, y0, tolerance=5 * TOLERANCE),
    "adjointcheck: odeint, tsit5": lambda case, y0: _ours(case, y0, method="tsit5"),
    "adjointcheck: odeint_adjoint, dopri5": lambda case, y0: _ours(case, y0, solver="odeint_adjoint"),
    "adjointcheck: solve_ensemble, tsit5": lambda case, y0: _ours(case, y0, solver="solve_ensemble", method="tsit5"),
    "torchdiffeq: odeint, dopri5": lambda case, y0: _torchdiffeq(case, y0, solver="odeint"),
    "torchdiffeq: odeint_adjoint, dopri5, seminorm": lambda case, y0: _torchdiffeq(case, y0, solver="odeint_adjoint", **_SEMINORM),
    "torchode: AutoDiffAdjoint, Dopri5": lambda case, y0: _torchode(case, y0, method="Dopri5"),
    "torchode: AutoDiffAdjoint, Tsit5": lambda case, y0: _torchode(case, y0, method="Tsit5"),
}


@dataclass(frozen=True)
class Outcome:
    """Seconds of the forward march and of the gradient, the gradients by y0 and by all parameters, evaluations of f, memory in MB."""

    forward: float
    backward: float
    y0_bar: Tensor
    theta_bar: Tensor
    evaluations: int
    megabytes: float | None = None


def now(device: torch.device) -> float:
    """Process time of a processor; wall time once a device has done all it was given."""
    if device.type == "cpu":
        return process_time()
    torch.cuda.synchronize(device)
    return perf_counter()


def take(case: Case, solve: Callable[[Case, Tensor], Tensor]) -> Outcome:
    """One gradient."""
    y0, parameters = case.y0.clone().requires_grad_(), list(case.field.parameters())
    case.field.evaluations = 0
    held = _fresh_peak(y0.device)
    began = now(y0.device)
    loss = solve(case, y0).square().sum()
    forward = now(y0.device)
    y0_bar, *bars = torch.autograd.grad(loss, [y0, *parameters])
    ended = now(y0.device)
    above = None if held is None else (torch.cuda.max_memory_allocated() - held) / 1e6
    bar = torch.cat([bar.flatten() for bar in bars]).cpu()
    return Outcome(forward - began, ended - forward, y0_bar.cpu(), bar, case.field.evaluations, above)


def _fresh_peak(device: torch.device) -> int | None:
    """What a CUDA device holds, its peak forgotten; a processor has no such count."""
    if device.type == "cpu":
        return None
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def run(name: str, count: int, rounds: int, apart: bool, device: str = "cpu") -> Sheet:
    """All contenders on one case; the rounds are interleaved and each begins with another one."""
    made, failed, taken = case(name, count, device), {}, {}
    tell(f"{name}: reference")
    wanted = take(made, lambda case, y0: _ours(case, y0, solver="odeint_adjoint", tolerance=1e-12, method="dop853"))
    rows = [words for words in ROWS if find_spec(words.split(":")[0])]
    for turn in range(rounds + 1):  # the first round warms up
        tell(f"  round {turn} of {rounds}")
        for words in rows[turn % len(rows) :] + rows[: turn % len(rows)]:
            if words not in failed:
                try:
                    taken.setdefault(words, []).append(take(made, ROWS[words]))
                except Exception as error:  # one library that fails must not end the comparison of the others
                    failed[words] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:120]
            gc.collect()
    good = {words: outcomes[1:] for words, outcomes in taken.items() if words not in failed}
    peaks = {words: outcomes[-1].megabytes for words, outcomes in good.items()}
    if apart and device == "cpu":
        peaks = {words: measure("odeint", name=name, count=count, contender=words).get("above") for words in good}
    clock, place = ("process time, one thread", "in a process of its own") if device == "cpu" else ("wall time", "on the device")
    notes = (
        f"Medians of {rounds} interleaved rounds, {clock}.  Reference: DOP853 at 1e-12.",
        f"Peak: memory that the gradient held at most, above what was held before, {place}.",
        *(f"Failed: {words}: {reason}" for words, reason in failed.items()),
    )
    title = f"{name}, y0 {tuple(made.y0.shape)}, t in [0, {made.end:g}], tolerance {TOLERANCE:g}, float64"
    return Sheet(title, _COLUMNS, tuple(_row(words, good, wanted, peaks[words]) for words in good), notes)


def _row(words: str, good: dict[str, list[Outcome]], wanted: Outcome, peak: float | None) -> tuple[Any, ...]:
    forward, backward = (middle([getattr(outcome, part) for outcome in good[words]]) for part in ("forward", "backward"))
    total = {name: middle([outcome.forward + outcome.backward for outcome in outcomes]) for name, outcomes in good.items()}
    last = good[words][-1]
    pairs = (last.y0_bar, wanted.y0_bar), (last.theta_bar, wanted.theta_bar)
    errors = (float((found - right).norm() / right.norm()) for found, right in pairs)
    return words, forward, backward, total[words], total[words] / total[next(iter(ROWS))], *errors, last.evaluations, peak


def odeint(name: str, count: int, contender: str) -> dict[str, Any]:
    """In a process of its own: how far the peak of the second gradient lies above the memory held before it."""
    torch.set_num_threads(1)
    take(case(name, 8), ROWS[contender])
    before = held_megabytes()
    take(case(name, count), ROWS[contender])
    return {"above": peak_megabytes() - before}


JOBS = {"odeint": odeint}


def main() -> None:
    """Read the options, measure, show."""
    options = parser(__doc__ or "")
    options.add_argument("--problem", nargs="+", default=[*NARROW, "mlp"], choices=[*NARROW, "mlp"])
    options.add_argument("--n", type=int, default=4096, help="number of trajectories")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    options.add_argument("--no-apart", action="store_true", help="leave out peak memory, measured in own processes")
    given = options.parse_args()
    torch.set_num_threads(1)
    publish("odeint", [run(name, given.n, given.rounds, not given.no_apart, given.device) for name in given.problem], given.json)


if __name__ == "__main__":
    main()
