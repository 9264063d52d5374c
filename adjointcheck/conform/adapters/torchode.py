"""torchode (Lienen and Guennemann 2022): a time step for each trajectory; backpropagation, and two continuous adjoints."""

from __future__ import annotations

from functools import partial
from importlib import import_module, metadata
from typing import Any

from adjointcheck.conform.protocol import Task
from adjointcheck.conform.torch_adapter import TorchAdapter

MOST = 4000  # time steps; a gradient that needs more has failed
PARTS = frozenset({"y0", "module", "reverse", "per-sample times"})


def solve(make: Any, func: Any, y0: Any, times: Any, task: Task) -> Any:
    """y (T, B, n); a late first output leaves times[0] out of t_eval."""
    library: Any = import_module("torchode")
    rows = times.expand(len(y0), -1) if times.ndim == 1 else times
    term = library.ODETerm(func)
    method = library.Dopri5(term=term)
    problem = library.InitialValueProblem(y0=y0, t_start=rows[:, 0], t_end=rows[:, -1], t_eval=rows[:, 1:] if task.late else rows)
    if task.steps is None:
        found = make(library, term, method, library.IntegralController(atol=task.tolerance, rtol=task.tolerance, term=term)).solve(problem)
    else:
        # Equal time steps need equal gaps between outputs, which a single call does not have: one solve for each gap.
        return _gaps(library, make, term, method, y0, rows, task.steps)
    if bool((found.status != 0).any()):
        raise RuntimeError(f"status {found.status.tolist()}")
    ys = found.ys.transpose(0, 1)
    return _started(y0, ys) if task.late else ys


def _started(y0: Any, ys: Any) -> Any:
    """y0 in the place of the output at the initial time that was not asked for; its weight in J is 0."""
    import torch

    return torch.cat([y0.detach()[None], ys])


def _gaps(library: Any, make: Any, term: Any, method: Any, y0: Any, rows: Any, steps: int) -> Any:
    import torch

    states = [y0]
    for j in range(rows.shape[1] - 1):
        start, stop = rows[:, j], rows[:, j + 1]
        problem = library.InitialValueProblem(y0=states[-1], t_start=start, t_end=stop, t_eval=None)
        solver = make(library, term, method, library.FixedStepController())
        states.append(solver.solve(problem, dt0=(stop - start) / steps).ys[:, -1])
    return torch.stack(states)


def _autodiff(library: Any, term: Any, method: Any, controller: Any) -> Any:
    return library.AutoDiffAdjoint(method, controller, max_steps=MOST)


def _autodiff_frozen(library: Any, term: Any, method: Any, controller: Any) -> Any:
    return library.AutoDiffAdjoint(method, controller, max_steps=MOST, backprop_through_step_size_control=False)


def _backsolve(library: Any, term: Any, method: Any, controller: Any) -> Any:
    solver = library.BacksolveAdjoint(term, method, controller)
    solver.forward_adjoint.max_steps = solver.backward_adjoint.max_steps = MOST
    return solver


def _adapter(name: str, make: Any, more: set[str]) -> TorchAdapter:
    return TorchAdapter(name, partial(solve, make), PARTS | more, metadata.version("torchode"))


ANY_HOME = {"outside", "captured", "non-leaf", "buffer", "replica"}
EXACT = {"times", "own time steps", "second", "discrete", "independent"}


def backpropagation() -> TorchAdapter:
    """AutoDiffAdjoint in its default setting: the step control is differentiated, too."""
    return _adapter("torchode AutoDiffAdjoint", _autodiff, ANY_HOME | EXACT | {"controlled"})


def backpropagation_frozen() -> TorchAdapter:
    """AutoDiffAdjoint with the time steps held fixed."""
    return _adapter("torchode AutoDiffAdjoint, step control left out", _autodiff_frozen, ANY_HOME | EXACT)


def backsolve() -> TorchAdapter:
    """BacksolveAdjoint."""
    return _adapter("torchode BacksolveAdjoint", _backsolve, {"own time steps"})
