"""The other libraries, each in several settings; the harness finds out which setting is the strongest and says so.

float64, embedded methods of order 5(4), one tolerance for rtol and atol, inputs resident, gradients for x0 and theta.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.contender import Contender, Ready, Task
from benchmarks.problems import jax_space, torch_space

PEERS = ("torchdiffeq", "torchode", "diffrax")


# torchdiffeq: one time step for the whole batch


def _field_module(task: Task, compiled: bool) -> Any:
    import torch

    space, field = torch_space(), task.ensemble.field

    def formula(x: Any, theta: Any) -> Any:
        return field(space, x, theta)

    class Field(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.theta = torch.nn.Parameter(torch.from_numpy(task.ensemble.parameters()))
            self.formula = torch.compile(formula) if compiled else formula
            self.accepted = self.rejected = 0

        def forward(self, t: Any, x: Any) -> Any:
            return self.formula(x, self.theta)

        def callback_accept_step(self, t0: Any, y0: Any, dt: Any) -> None:
            self.accepted += 1

        def callback_reject_step(self, t0: Any, y0: Any, dt: Any) -> None:
            self.rejected += 1

    return Field()


def _torchdiffeq(task: Task, *, backsolve: bool = False, compiled: bool = False) -> Ready:
    import torch

    torchdiffeq: Any = import_module("torchdiffeq")
    field = _field_module(task, compiled)
    x0, times = torch.from_numpy(task.x0).requires_grad_(), torch.tensor([0.0, task.ensemble.end], dtype=torch.float64)
    options: dict[str, Any] = {"rtol": task.tolerance, "atol": task.tolerance, "method": "dopri5"}
    solve = torchdiffeq.odeint_adjoint if backsolve else torchdiffeq.odeint
    if backsolve:
        options["adjoint_options"] = {"norm": "seminorm"}  # fewer evaluations on the way back (Kidger et al. 2021)

    def gradient() -> tuple[Any, Any]:
        x1 = solve(field, x0, times, **options)[-1]
        x0_bar, theta_bar = torch.autograd.grad(x1.square().sum(), (x0, field.theta))
        return x0_bar, theta_bar

    def time_steps() -> tuple[float, float]:
        field.accepted = field.rejected = 0
        with torch.no_grad():
            torchdiffeq.odeint(field, x0, times, rtol=task.tolerance, atol=task.tolerance, method="dopri5")
        return float(field.accepted), float(field.rejected)

    return Ready(gradient, time_steps)


# torchode: a time step for each trajectory, the loop in Python


def _torchode(task: Task, *, method: str = "Tsit5", compiled: bool = False) -> Ready:
    import torch

    torchode: Any = import_module("torchode")  # its annotations name types of its own that plain tensors do not have
    space, ensemble, x0 = torch_space(), task.ensemble, torch.from_numpy(task.x0).requires_grad_()
    theta = torch.from_numpy(ensemble.parameters()).requires_grad_()
    term = torchode.ODETerm(lambda t, x: ensemble.field(space, x, theta))
    controller = torchode.IntegralController(atol=task.tolerance, rtol=task.tolerance, term=term)
    solver = torchode.AutoDiffAdjoint(getattr(torchode, method)(term=term), controller)
    start, stop = (torch.full((task.count,), value, dtype=torch.float64) for value in (0.0, ensemble.end))
    problem = torchode.InitialValueProblem(y0=x0, t_start=start, t_end=stop)
    solve = torch.compile(solver.solve) if compiled else solver.solve

    def gradient() -> tuple[Any, Any]:
        x0_bar, theta_bar = torch.autograd.grad(solve(problem).ys[:, -1].square().sum(), (x0, theta))
        return x0_bar, theta_bar

    def time_steps() -> tuple[float, float]:
        with torch.no_grad():
            stats = solver.solve(problem).stats
        accepted = stats["n_accepted"].double().mean().item()
        return accepted, stats["n_steps"].double().mean().item() - accepted

    return Ready(gradient, time_steps)


# diffrax: vmap and jit; a time step for each trajectory, the batch in lockstep


def load_jax() -> Any:
    """jax in float64 with one host device for each core; has to run before anything else makes jax choose its devices."""
    cores = len(os.sched_getaffinity(0))
    os.environ.setdefault("XLA_FLAGS", f"--xla_force_host_platform_device_count={cores}")
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def _loss(task: Task, adjoint: Any, max_steps: int) -> Callable[[Any, Any], Any]:
    """One trajectory's |x(end)|^2 and the counts of its time steps."""
    import diffrax

    space, ensemble = jax_space(), task.ensemble
    term = diffrax.ODETerm(lambda t, x, theta: ensemble.field(space, x, theta))
    controller = diffrax.PIDController(rtol=task.tolerance, atol=task.tolerance)

    def loss(x0: Any, theta: Any) -> Any:
        found: Any = diffrax.diffeqsolve(
            term, diffrax.Tsit5(), 0.0, ensemble.end, None, x0, args=theta, saveat=diffrax.SaveAt(t1=True),
            stepsize_controller=controller, adjoint=adjoint, max_steps=max_steps,
        )
        return (found.ys[-1] ** 2).sum(), (found.stats["num_accepted_steps"], found.stats["num_rejected_steps"])

    return loss


def _reverse(loss: Any, jax: Any) -> Any:
    return jax.grad(lambda x0, theta: jax.vmap(lambda x, q: loss(x, q)[0], (0, None))(x0, theta).sum(), (0, 1))


def _forward(loss: Any, jax: Any) -> Any:
    """n + m tangents of each trajectory: for few components this is the cheaper way."""
    rows = jax.vmap(jax.jacfwd(lambda x, q: loss(x, q)[0], (0, 1)), (0, None))

    def both(x0: Any, theta: Any) -> Any:
        by_x0, by_theta = rows(x0, theta)
        return by_x0, by_theta.sum(0)

    return both


def _diffrax(task: Task, adjoint: str, *, max_steps: int = 4096, spread: bool = False) -> Ready:
    """`adjoint` is a class of diffrax; "stored" keeps every state; `spread` gives each core its share of the trajectories."""
    jax = load_jax()
    import diffrax

    counting = jax.jit(jax.vmap(lambda x, q: _loss(task, diffrax.DirectAdjoint(), 4096)(x, q)[1], (0, None)))
    theta = jax.numpy.asarray(task.ensemble.parameters())
    stored = adjoint == "stored"
    if stored:
        # As tight as the slowest trajectory allows, in sixteens: storage and its checks grow with max_steps.
        needed = int(max(np.asarray(sum(counting(task.x0[:4096], theta)))))
        max_steps = 16 * (needed // 16 + 2)
    way = diffrax.RecursiveCheckpointAdjoint(checkpoints=max_steps) if stored else getattr(diffrax, adjoint)()
    loss = _loss(task, way, max_steps)
    function = jax.jit((_forward if adjoint == "ForwardMode" else _reverse)(loss, jax))
    devices = jax.devices() if spread else jax.devices()[:1]
    shares = [
        tuple(jax.device_put(value, device) for value in (part, theta))
        for part, device in zip(np.array_split(task.x0, len(devices)), devices, strict=True)
    ]

    def gradient() -> tuple[Any, Any]:
        parts = jax.block_until_ready([function(*share) for share in shares])
        return np.concatenate([np.asarray(x0_bar) for x0_bar, _ in parts]), sum(np.asarray(theta_bar) for _, theta_bar in parts)

    def time_steps() -> tuple[float, float]:
        accepted, rejected = counting(task.x0, theta)
        return float(accepted.mean()), float(rejected.mean())

    return Ready(gradient, time_steps)


def _few_directions(task: Task) -> bool:
    return task.ensemble.n + len(task.ensemble.theta) <= 16


def _several(task: Task) -> bool:
    return task.count > 1 and len(os.sched_getaffinity(0)) > 1


ROWS = (
    Contender("torchdiffeq", "dopri5, autograd through the solver", _torchdiffeq),
    Contender("torchdiffeq", "dopri5, autograd, torch.compile of the field", lambda task: _torchdiffeq(task, compiled=True)),
    Contender("torchdiffeq", "dopri5, odeint_adjoint, seminorm", lambda task: _torchdiffeq(task, backsolve=True)),
    Contender("torchode", "tsit5, autograd through the solver", _torchode),
    Contender("torchode", "dopri5, autograd through the solver", lambda task: _torchode(task, method="Dopri5")),
    Contender("torchode", "tsit5, autograd, torch.compile of the solver", lambda task: _torchode(task, compiled=True),
              lambda task: task.ensemble.n <= 8, slow_start=True),
    Contender("diffrax", "tsit5, RecursiveCheckpointAdjoint", lambda task: _diffrax(task, "RecursiveCheckpointAdjoint")),
    Contender("diffrax", "tsit5, every state a checkpoint", lambda task: _diffrax(task, "stored")),
    Contender("diffrax", "tsit5, every state a checkpoint, on all cores", lambda task: _diffrax(task, "stored", spread=True), _several),
    Contender("diffrax", "tsit5, BacksolveAdjoint", lambda task: _diffrax(task, "BacksolveAdjoint")),
    Contender("diffrax", "tsit5, ForwardMode", lambda task: _diffrax(task, "ForwardMode"), _few_directions),
    Contender("diffrax", "tsit5, ForwardMode, on all cores", lambda task: _diffrax(task, "ForwardMode", spread=True),
              lambda task: _several(task) and _few_directions(task)),
)


def installed() -> tuple[str, ...]:
    """The peers that can be imported here."""
    from importlib.util import find_spec

    return tuple(peer for peer in PEERS if find_spec(peer))
