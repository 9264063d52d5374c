"""The Lorenz ensemble of Utkarsh et al. (2024) on a CUDA device, forward, and forward with adjoint: `python -m benchmarks.gpu_lorenz`.

rho linearly in [0, 21], x(0) = (1, 0, 0), t in [0, 1], 1000 equal time steps or a tolerance. What that protocol leaves open
is closed here: rivals use the same method (Tsit5 beside Tsit5, RK4 beside RK4), every timer waits for the device, all are
warmed up, resident and end-to-end times are told apart, medians beside minima, FP32 beside FP64, and time steps are counted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

from benchmarks import own
from benchmarks.document import Sheet, parser, publish, tell
from benchmarks.problems import PROBLEMS, jax_space, torch_space
from benchmarks.timing import seconds_of

STEPS = 1000
# Lane instructions of one time step (FMA counts once) for Lorenz after common parts are shared: the bound of the device.
INSTRUCTIONS = {("tsit5", "forward"): 117, ("tsit5", "both"): 117 + 285, ("rk4", "forward"): 45}
LANES = {"float32": 128, "float64": 64}  # of one multiprocessor, as on compute capability 8.0 and 9.0
_COLUMNS = (
    "contender", "number", "way", "N", "median ms", "fastest ms", "end to end ms", "time steps", "1e9 steps/s", "bound ms", "of bound",
    "peak MB",
)


@dataclass(frozen=True)
class Case:
    """One ensemble: equal time steps or a tolerance, one number type, with or without the adjoint."""

    count: int
    dtype: str
    way: str
    method: str = "tsit5"
    tolerance: float | None = None


@dataclass(frozen=True)
class Prepared:
    """`resident` works on what lies on the device and waits for it; `end_to_end` copies in and out; mean time steps."""

    resident: Callable[[], Any]
    end_to_end: Callable[[], Any]
    steps: float


def inputs(case: Case) -> tuple[Any, Any]:
    """x0 (N, 3) and theta (N, 3) on the host, every trajectory with its own rho."""
    import torch

    dtype = getattr(torch, case.dtype)
    x0 = torch.tensor([1.0, 0.0, 0.0], dtype=dtype).repeat(case.count, 1)
    theta = torch.tensor([10.0, 0.0, 8 / 3], dtype=dtype).repeat(case.count, 1)
    theta[:, 1] = torch.linspace(0, 21, case.count, dtype=torch.float64).to(dtype)
    return x0, theta


def ours(case: Case) -> Prepared:
    """The native target: one launch."""
    import torch

    solver = own.module(PROBLEMS["lorenz"], "native", case.method)
    host = inputs(case)
    there = [value.cuda() for value in host]
    options = {"steps": STEPS} if case.tolerance is None else {"rtol": case.tolerance, "atol": case.tolerance}

    def work(x0: Any, theta: Any) -> list[Any]:
        with torch.no_grad():
            if case.way == "forward":
                return [solver.solve(x0, theta, 0.0, 1.0, **options).x1]
            _, gradients = solver.value_and_gradient(x0, theta, 0.0, 1.0, by_times=False, **options)
            return [gradients.x0, gradients.theta]

    with torch.no_grad():
        steps = solver.solve(*there, 0.0, 1.0, **options).accepted.double().mean().item()
    return _prepared(work, host, there, steps)


def torchdiffeq(case: Case) -> Prepared:
    """Classical order 4 with equal time steps (the 3/8 rule has as many stages), one kernel for each operation; back by its adjoint."""
    import torch
    from torchdiffeq import odeint, odeint_adjoint

    space, host = torch_space(), inputs(case)
    there = [value.cuda() for value in host]
    times = torch.tensor([0.0, 1.0], dtype=there[0].dtype, device="cuda")
    options = {"method": "rk4", "options": {"step_size": 1 / STEPS}}

    class Field(torch.nn.Module):
        def __init__(self, theta: Any) -> None:
            super().__init__()
            self.theta = torch.nn.Parameter(theta)

        def forward(self, t: Any, x: Any) -> Any:
            return PROBLEMS["lorenz"].field(space, x, self.theta)

    def work(x0: Any, theta: Any) -> list[Any]:
        if case.way == "forward":
            with torch.no_grad():
                return [odeint(Field(theta), x0, times, **options)[-1]]
        field, start = Field(theta), x0.clone().requires_grad_()
        end: Any = odeint_adjoint(field, start, times, **options)[-1]
        loss = (end**2).sum()
        return list(torch.autograd.grad(loss, (start, field.theta)))

    return _prepared(work, host, there, float(STEPS))


def _prepared(work: Callable[..., list[Any]], host: Any, there: Any, steps: float) -> Prepared:
    import torch

    def resident() -> None:
        work(*there)
        torch.cuda.synchronize()

    def end_to_end() -> None:
        for value in work(*(value.cuda() for value in host)):
            value.cpu()

    return Prepared(resident, end_to_end, steps)


def diffrax(case: Case) -> Prepared:
    """vmap and jit, Tsit5 with equal time steps or a tolerance."""
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", case.dtype == "float64")
    import diffrax as dx

    space, field = jax_space(), PROBLEMS["lorenz"].field
    term = dx.ODETerm(lambda t, x, theta: field(space, x, theta))
    controller = dx.ConstantStepSize() if case.tolerance is None else dx.PIDController(rtol=case.tolerance, atol=case.tolerance)
    first = 1 / STEPS if case.tolerance is None else None
    adjoint = dx.DirectAdjoint() if case.way == "forward" else dx.RecursiveCheckpointAdjoint()

    def solve(x0: Any, theta: Any) -> tuple[Any, Any]:
        found: Any = dx.diffeqsolve(
            term, dx.Tsit5(), 0.0, 1.0, first, x0, args=theta, saveat=dx.SaveAt(t1=True), stepsize_controller=controller,
            adjoint=adjoint, max_steps=4096,
        )
        return found.ys[-1], found.stats["num_accepted_steps"]

    def loss(x0: Any, theta: Any) -> Any:
        return (jax.vmap(solve)(x0, theta)[0] ** 2).sum()

    function = jax.jit(jax.vmap(lambda x, q: solve(x, q)[0]) if case.way == "forward" else jax.grad(loss, (0, 1)))
    host = [value.numpy() for value in inputs(case)]
    there = [jax.device_put(value) for value in host]
    steps = float(jax.jit(jax.vmap(lambda x, q: solve(x, q)[1]))(*(value[:4096] for value in there)).mean())
    return Prepared(
        lambda: jax.block_until_ready(function(*there)),
        lambda: jax.tree.map(np.asarray, function(*(jax.device_put(value) for value in host))), steps,
    )


CONTENDERS = {"adjointcheck": ours, "torchdiffeq": torchdiffeq, "diffrax": diffrax}


def measure(name: str, case: Case, rounds: int) -> tuple:
    """One row: warm medians of `rounds` calls."""
    import torch

    torch.cuda.reset_peak_memory_stats()
    tell(f"{name}, {case}")
    prepared = CONTENDERS[name](case)
    prepared.resident()
    prepared.end_to_end()
    taken = [seconds_of(prepared.resident) for _ in range(rounds)]
    whole = median(seconds_of(prepared.end_to_end) for _ in range(rounds))
    seconds, bound = median(taken), bound_seconds(case, prepared.steps)
    peak = torch.cuda.max_memory_allocated() / 1e6 if name != "diffrax" else None
    tell(f"  {seconds * 1e3:.2f} ms")
    words = f"{name}, {case.method}, {'equal steps' if case.tolerance is None else f'tolerance {case.tolerance:g}'}"
    return (words, case.dtype, case.way, case.count, seconds * 1e3, min(taken) * 1e3, whole * 1e3, prepared.steps,
            case.count * prepared.steps / seconds * 1e-9, bound and bound * 1e3, f"{bound / seconds:.0%}" if bound else None, peak)


def bound_seconds(case: Case, steps: float) -> float | None:
    """The time that the device needs to issue the counted instructions; None for what was not counted."""
    import torch

    counted = INSTRUCTIONS.get((case.method, case.way)) if case.tolerance is None else None
    clock = _clock()
    if counted is None or clock is None:
        return None
    speed = torch.cuda.get_device_properties(0).multi_processor_count * LANES[case.dtype] * clock
    return case.count * steps * counted / speed


def _clock() -> float | None:
    """The highest clock of the multiprocessors in Hz, as the driver tells it."""
    import shutil
    import subprocess

    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, "--query-gpu=clocks.max.sm", "--format=csv,noheader,nounits", "--id=0"]
    told = subprocess.run(command, capture_output=True, text=True)
    return float(told.stdout.split()[0]) * 1e6 if told.returncode == 0 else None


def cases(count: int, few: int, rivals: list[str]) -> Iterator[tuple[str, Case]]:
    """Who is measured on what; gradients of rivals on `few` trajectories, and there ours beside them."""
    for dtype in ("float32", "float64"):
        for way in ("forward", "both"):
            yield "adjointcheck", Case(count, dtype, way)
            yield "adjointcheck", Case(count, dtype, way, "rk4")
            yield "adjointcheck", Case(count, dtype, way, tolerance=1e-6 if dtype == "float32" else 1e-8)
        for way, size in (("forward", count), ("both", few)):
            yield from ((name, Case(size, dtype, way, "rk4" if name == "torchdiffeq" else "tsit5")) for name in rivals)
            yield from (("adjointcheck", Case(few, dtype, "both", method)) for method in ("tsit5", "rk4") if way == "both")


def main() -> int:
    """Refuse without a CUDA device; else measure and show."""
    options = parser(__doc__ or "")
    options.add_argument("--n", type=int, default=8_388_608)
    options.add_argument("--few", type=int, default=524_288)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--rivals", default="torchdiffeq,diffrax", help="who is measured besides; those that are installed")
    given = options.parse_args()
    import torch

    if not torch.cuda.is_available():
        tell("benchmarks.gpu_lorenz needs a CUDA device and a CUDA build of torch; none is here, so nothing was measured.")
        return 2
    if not own.has_native():
        tell("benchmarks.gpu_lorenz measures the native target, which cannot be built here; `adjointcheck doctor` says why.")
        return 2
    rows, failed = [], []
    for name, case in cases(given.n, given.few, [name for name in given.rivals.split(",") if name and find_spec(name)]):
        try:
            rows.append(measure(name, case, given.rounds if name == "adjointcheck" else 2))
        except Exception as error:  # a rival that runs out of memory must not end the others
            failed.append(f"Failed: {name}, {case}: {type(error).__name__}: {str(error).splitlines()[0][:120]}")
        torch.cuda.empty_cache()
    notes = (*failed, "Bound: counted lane instructions over multiprocessors x lanes x highest clock; adjoint not counted for tolerances.")
    title = f"Lorenz ensemble on {torch.cuda.get_device_name(0)}"
    publish("gpu_lorenz", [Sheet(title, _COLUMNS, tuple(rows), notes)], given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
