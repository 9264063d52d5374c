"""What each gradient method costs and how right it is: `python -m benchmarks.gradients`, which writes GRADIENTS.md."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log10
from pathlib import Path
from time import process_time
from typing import Any

import torch
from torch import Tensor, nn

from adjointcheck.solve.gradient_method import GradientMethod
from adjointcheck.solve.gradients import Backsolve, Checkpointed, Discrete, ForwardSensitivity, Interpolated, Reconstruction, Reversible
from adjointcheck.solve.odeint import odeint, state_problem
from benchmarks import machine
from benchmarks.all import BEGIN, END
from benchmarks.document import Cell, Document, Sheet, command_line, markdown, parser, show, tell
from benchmarks.relaxation import relax

PAGE = Path(__file__).with_name("GRADIENTS.md")
F64 = torch.float64

ROWS: dict[str, Callable[[list[Reconstruction]], GradientMethod]] = {
    "discrete": lambda told: Discrete(),
    "discrete, no graphs kept": lambda told: Discrete(graph_bytes=0),
    "checkpointed, two-level": lambda told: Checkpointed(),
    "checkpointed, 10": lambda told: Checkpointed(10),
    "interpolated": lambda told: Interpolated(),
    "backsolve": lambda told: Backsolve(report=told.append),
    "reversible, 0.99": lambda told: Reversible(0.99, report=told.append),
    "forward": lambda told: ForwardSensitivity(),
}


class Rate(nn.Module):
    """A field with its parameters in one tensor, and the number of its evaluations."""

    def __init__(self, parameters: list[float], rate: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.theta, self.rate, self.calls = nn.Parameter(torch.tensor(parameters, dtype=F64)), rate, 0

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        """The rate."""
        self.calls += 1
        return self.rate(self.theta, y)


class Perceptron(nn.Module):
    """Two layers of width 32."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layers, self.calls = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 4)).double(), 0

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        """The rate."""
        self.calls += 1
        return self.layers(y)


def _van_der_pol(theta: Tensor, y: Tensor) -> Tensor:
    x, v = y.unbind(-1)
    return torch.stack([v, theta[0] * (1 - x**2) * v - x], -1)


def _lorenz(theta: Tensor, y: Tensor) -> Tensor:
    x, v, z = y.unbind(-1)
    return torch.stack([theta[0] * (v - x), x * (theta[1] - z) - v, x * v - theta[2] * z], -1)


def _linear(theta: Tensor, y: Tensor) -> Tensor:
    return y @ theta.view(2, 2).T


def _start(rows: int, columns: int) -> Tensor:
    return 0.5 + torch.rand(rows, columns, dtype=F64, generator=torch.Generator().manual_seed(20_250))


@dataclass(frozen=True)
class Task:
    """A field, where it starts and how long it runs; the cost is sum |y(t1)|^2."""

    make: Callable[[], Any]
    y0: Tensor
    t1: float


TASKS = {
    "Van der Pol, mu = 1, 8 starts, t in [0, 10]": Task(lambda: Rate([1.0], _van_der_pol), 2 * _start(8, 2), 10.0),
    "Lorenz, 8 starts, t in [0, 1]": Task(lambda: Rate([10.0, 28.0, 8 / 3], _lorenz), _start(8, 3), 1.0),
    "linear and contracting, 8 starts, t in [0, 6]": Task(lambda: Rate([-3.0, 0.5, 0.2, -2.0], _linear), _start(8, 2), 6.0),
    "perceptron, 4 states, width 32, 8 starts, t in [0, 3]": Task(Perceptron, _start(8, 4), 3.0),
}


@dataclass
class Outcome:
    """One gradient: itself, evaluations of the field, CPU seconds, and what was told."""

    gradient: Tensor
    calls: int
    seconds: float
    told: list[Reconstruction] = field(default_factory=list)
    warned: str = ""


def differentiate(task: Task, name: str, tolerance: float, method: str = "dopri5") -> Outcome:
    """The gradient of the cost by y0 and every parameter."""
    model, y0, told = task.make(), task.y0.clone().requires_grad_(), []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = process_time()
        t, row = torch.tensor([0.0, task.t1], dtype=F64), ROWS[name](told)
        ys = odeint(model, y0, t, rtol=tolerance, atol=tolerance, method=method, options={"max_num_steps": 5000}, gradient=row)
        found = torch.autograd.grad((ys[-1] ** 2).sum(), (y0, *model.parameters()))
        seconds = process_time() - start
    warned = ", ".join(sorted({warning.category.__name__ for warning in caught}))
    return Outcome(torch.cat([part.reshape(-1) for part in found]), model.calls, seconds, told, warned)


def compare(title: str, task: Task, tolerance: float) -> Sheet:
    """Every method on one task, against dop853 at 1e-11."""
    wanted, rows = differentiate(task, "discrete", 1e-11, "dop853").gradient, []
    for name in ROWS:
        try:
            found = differentiate(task, name, tolerance)
        except Exception as error:  # a refusal is a result
            rows.append((name, None, None, None, None, str(error).partition(";")[0][:110]))
            continue
        error = float((found.gradient - wanted).norm() / wanted.norm())
        back = found.told[0].worst if found.told else None
        rows.append((name, error, found.calls, found.seconds, back, found.warned))
        tell(f"{title}: {name} {error:.1e}")
    return Sheet(f"{title}, tolerance {tolerance:g}", _COLUMNS, tuple(rows))


_COLUMNS = ("gradient", "relative error", "evaluations of f", "CPU seconds", "y(t0) comes back within", "warned or refused")


def held(root: Any) -> int:
    """Bytes of all tensor storages that can be reached through objects and containers, each once."""
    storages: dict[int, int] = {}
    seen: set[int] = set()
    todo = [root]  # `root` keeps everything alive: an id is an identity only as long
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, Tensor):
            storages[thing.untyped_storage().data_ptr()] = thing.untyped_storage().nbytes()
        elif isinstance(thing, dict | list | tuple):
            todo += thing.values() if isinstance(thing, dict) else thing
        elif hasattr(thing, "__dict__") and not isinstance(thing, type | nn.Module):
            todo.append(vars(thing))
    return sum(storages.values())


def hold(name: str, steps: int) -> int:
    """Bytes of tensors held between forward and backward: Euler steps of a linear field with 32 numbers."""
    model, y0 = Rate([-1.0], lambda theta, y: theta * y), torch.ones(32, dtype=F64, requires_grad=True)
    problem, _, _ = state_problem(model, y0, torch.tensor([0.0, 1.0], dtype=F64), 1e-6, 1e-6, "euler", {"step_size": 1 / steps})
    return held(ROWS[name]([]).forward(problem)[1])


def grow(counts: tuple[int, ...]) -> Sheet:
    """Held bytes over the number of time steps, and the slope of the last decade."""
    rows: list[tuple[Cell, ...]] = []
    for name in ROWS:
        # Tangents of 34 inputs take minutes for more time steps, in the same memory.
        found = [hold(name, count) for count in counts if name != "forward" or count <= 10_000]
        rows.append((name, *found, *[None] * (len(counts) - len(found)), log10(found[-1] / found[-2])))
        tell(f"memory: {name} {found}")
    notes = (
        "Tensors only, each storage once, after the forward pass; what the nodes of kept graphs hold comes on top.",
        "Beside these, every row but interpolated and discrete keeps 3 numbers a time step (segment, start, end) without its state.",
    )
    columns = ("gradient", *(f"{count:,} time steps" for count in counts), "slope of the last decade")
    return Sheet("Bytes of tensors held", columns, tuple(rows), notes)


def main() -> None:
    """Measure, show, and rewrite the generated part of the page."""
    options = parser(__doc__ or "")
    options.add_argument("--tolerance", type=float, default=1e-6)
    options.add_argument("--most", type=int, default=100_000, help="the longest march whose memory is measured")
    options.add_argument("--finest", type=float, default=1e-9, help="the smallest tolerance of the relaxation")
    given = options.parse_args()
    sheets = [compare(title, task, given.tolerance) for title, task in TASKS.items()]
    sheets.append(relax(tuple(tolerance for tolerance in (1e-6, 1e-7, 1e-8, 1e-9) if tolerance >= given.finest)))
    sheets.append(grow(tuple(count for count in (100, 1000, 10_000, 100_000) if count <= given.most)))
    show(sheets)
    document = Document("gradients", tuple(sheets), command_line(), machine.describe())
    rewrite(document)


def rewrite(document: Document) -> None:
    """Put the tables between the marks of the page."""
    from dataclasses import asdict

    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    facts = "\n".join(f"- {key}: {value}" for key, value in document.machine.items())
    body = f"{BEGIN}\n\n{facts}\n\n{markdown(asdict(document)).strip()}\n\n{END}"
    PAGE.write_text(before + body + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
