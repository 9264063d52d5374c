"""torchdiffeq (Chen 2018): backpropagation through the solver, and the continuous adjoint solved backward."""

from __future__ import annotations

from functools import partial
from importlib import import_module, metadata
from typing import Any

from adjointcheck.conform.protocol import Task
from adjointcheck.conform.torch_adapter import TorchAdapter

MOST = 4000  # time steps; a gradient that needs more has failed
PARTS = frozenset({"y0", "module", "times", "reverse", "events", "replica"})
SEMINORM = {"norm": "seminorm"}  # Kidger, Chen, Lyons 2021


def solve(name: str, adjoint: dict[str, Any], func: Any, y0: Any, times: Any, task: Task) -> Any:
    """y (T, B, n); with task.steps the fourth-order method on a subdivided grid, which is how the library takes fixed time steps."""
    library: Any = import_module("torchdiffeq")
    odeint = getattr(library, name)
    if task.steps is None:
        options = {"rtol": task.tolerance, "atol": task.tolerance, "method": "dopri5", "options": {"max_num_steps": MOST}}
        if name == "odeint_adjoint":
            options["adjoint_options"] = {"max_num_steps": MOST, **adjoint}
        return odeint(func, y0, times, **options)
    return odeint(func, y0, subdivide(times, task.steps), method="rk4")[:: task.steps]


def subdivide(times: Any, steps: int) -> Any:
    """`steps` equal time steps between neighbouring times (T,), differentiably."""
    import torch

    fractions = torch.arange(steps, dtype=times.dtype) / steps
    inner = times[:-1, None] + fractions * times.diff()[:, None]
    return torch.cat([inner.reshape(-1), times[-1:]])


def solve_event(name: str, func: Any, event: Any, y0: Any, t0: Any, task: Task) -> tuple[Any, Any]:
    """The time of the event, and the state there (1, n)."""
    library: Any = import_module("torchdiffeq")
    moment, states = library.odeint_event(
        func, y0, t0, event_fn=lambda t, y: event(t, y).sum(), odeint_interface=getattr(library, name),
        rtol=task.tolerance, atol=task.tolerance,
    )  # fmt: skip
    return moment, states[-1]


def _adapter(name: str, function: str, more: set[str], **adjoint: Any) -> TorchAdapter:
    version = metadata.version("torchdiffeq")
    return TorchAdapter(name, partial(solve, function, adjoint), PARTS | more, version, partial(solve_event, function))


def backpropagation() -> TorchAdapter:
    """odeint, differentiated by autograd through its operations."""
    return _adapter("torchdiffeq odeint", "odeint",
                    {"outside", "captured", "non-leaf", "buffer", "complex", "second", "discrete", "independent"})  # fmt: skip


def adjoint() -> TorchAdapter:
    """odeint_adjoint in its default setting."""
    return _adapter("torchdiffeq odeint_adjoint", "odeint_adjoint", set())


def adjoint_seminorm() -> TorchAdapter:
    """odeint_adjoint whose backward time steps are chosen without the parameters' part."""
    return _adapter("torchdiffeq odeint_adjoint, seminorm", "odeint_adjoint", {"independent"}, **SEMINORM)
