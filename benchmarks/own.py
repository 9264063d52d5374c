"""adjointcheck as a contender, and the reference that all gradients are measured against."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np

from benchmarks.contender import Contender, Ready, Task
from benchmarks.document import tell
from benchmarks.problems import Ensemble

REFERENCE_TOLERANCE = 1e-12
_CHUNK = 4096


@cache
def module(ensemble: Ensemble, target: str, method: str = "tsit5") -> Any:
    """The built module of an ensemble."""
    import adjointcheck as ac

    return ac.build(derivation(ensemble), target=target, method=method)


@cache
def derivation(ensemble: Ensemble) -> Any:
    """The proved derivation, made once a process."""
    import adjointcheck as ac

    return ac.derive(ensemble.statement())


@cache
def has_native() -> bool:
    """Whether this installation has the native target: asked by building the smallest of problems."""
    import adjointcheck as ac

    try:
        ac.build(ac.Problem(name="probe", states={"x": "-x"}, initial={"x": 1}, horizon=(0, 1)), target="native")
    except Exception as error:  # whatever keeps it from being built, the torch target is measured then
        tell(f"No native target: {error}")
        return False
    return True


def best_target() -> str:
    """The fastest target of this installation."""
    return "native" if has_native() else "torch"


def start(task: Task, target: str, method: str = "tsit5", **options: Any) -> Ready:
    """value_and_gradient with x0 by trajectory and theta shared."""
    import torch

    ensemble, solver = task.ensemble, module(task.ensemble, target, method)
    x0, theta = torch.from_numpy(task.x0), torch.from_numpy(ensemble.parameters())
    options = {"rtol": task.tolerance, "atol": task.tolerance} | options
    asked = {"by_times": False} if target == "native" else {}  # the task is x0 and theta; the torch target has all in one sweep

    def gradient() -> tuple[Any, Any]:
        _, gradients = solver.value_and_gradient(x0, theta, 0.0, ensemble.end, **options, **asked)
        return gradients.x0, gradients.theta

    def time_steps() -> tuple[float, float]:
        with torch.no_grad():
            solution = solver.solve(x0, theta, 0.0, ensemble.end, **options)
        if (solution.status != solver.FINISHED).any():
            raise RuntimeError(f"{ensemble.name}: not every trajectory finished")
        return solution.accepted.double().mean().item(), solution.rejected.double().mean().item()

    return Ready(gradient, time_steps)


def reference(task: Task, tolerance: float = REFERENCE_TOLERANCE) -> tuple[np.ndarray, np.ndarray]:
    """The gradient by DOP853 of the torch target at `tolerance`, in chunks: another method, another target, another tolerance."""
    import torch

    ensemble, solver = task.ensemble, module(task.ensemble, "torch", "dop853")
    theta, x0_bar, theta_bar = torch.from_numpy(ensemble.parameters()), [], 0.0
    for x0 in torch.from_numpy(task.x0).split(_CHUNK):
        _, gradients = solver.value_and_gradient(x0, theta, 0.0, ensemble.end, rtol=tolerance, atol=tolerance)
        x0_bar.append(gradients.x0)
        theta_bar = theta_bar + gradients.theta.numpy()
    return torch.cat(x0_bar).numpy(), np.asarray(theta_bar)


def contenders() -> tuple[Contender, ...]:
    """The targets of this installation, fastest first."""
    targets = ("native", "torch") if has_native() else ("torch",)
    return tuple(Contender("adjointcheck", f"{target}, tsit5", partial(start, target=target)) for target in targets)


def lane_efficiency(task: Task) -> float:
    """The share of the native lanes' time steps that were a trajectory's own, over one forward solve."""
    import torch

    ensemble, solver = task.ensemble, module(task.ensemble, "native")
    inputs = torch.from_numpy(task.x0), torch.from_numpy(ensemble.parameters()), 0.0, ensemble.end
    return solver.lane_efficiency(*inputs, rtol=task.tolerance, atol=task.tolerance)
