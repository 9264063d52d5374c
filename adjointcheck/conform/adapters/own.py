"""adjointcheck itself: the module that is generated for the field's text, and odeint for any torch field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np

from adjointcheck.conform.adapters.torchdiffeq import subdivide
from adjointcheck.conform.protocol import Answer, Field, NotApplicable, Row, Task
from adjointcheck.conform.torch_adapter import TorchAdapter, declared

STATES, PARAMETERS = "uvw", "abc"
ANY_FIELD = frozenset({"y0", "module", "outside", "captured", "non-leaf", "buffer", "replica", "times", "reverse", "complex",
                       "events", "event parameters", "second"})  # fmt: skip
GENERATED = frozenset({"y0", "module", "times", "reverse", "repeated", "per-sample times", "own time steps", "discrete", "independent"})


@dataclass(frozen=True)
class GeneratedModule:
    """`ac.build` on one target; `build` turns a statement into a module (a test plants its errors there)."""

    name: str
    build: Callable[[Any], Any]
    can: frozenset[str]
    version: str

    def __post_init__(self) -> None:
        declared(self.name, self.can)

    def answer(self, task: Task) -> Answer:
        """The loss as observations whose data are the weights; states at the times from a statement that has none."""
        if not task.field.text:
            raise NotApplicable(f"the field {task.field.name} cannot be stated in the grammar")
        if task.home not in ("module", "unused"):
            raise NotApplicable("parameters are arguments, wherever their tensors come from")
        return self._answer(task)

    def _answer(self, task: Task) -> Answer:
        import torch

        given: dict[str, Any] = {"y0": task.y0, "theta": task.theta, "times": task.times}
        leaves = {name: torch.tensor(value, dtype=torch.float64, requires_grad=name in task.wanted) for name, value in given.items()}
        if task.home == "unused":
            leaves["unused"] = torch.ones(3, dtype=torch.float64, requires_grad=True)
        module = self.build(statement(task.field, task.weights, "unused" in leaves))
        solution = module.solve(**self._arguments(task, leaves), **_steps(task))
        wanted = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
        found = torch.autograd.grad(solution.cost.sum(), list(wanted.values()), create_graph=bool(task.vector)) if wanted else ()
        gradients = {name: value.detach().numpy() for name, value in zip(wanted, found, strict=True)}
        return Answer(solution.record.observed.numpy(), gradients, _second(task, leaves, found))

    def _arguments(self, task: Task, leaves: dict[str, Any]) -> dict[str, Any]:
        import torch

        times, theta = leaves["times"], leaves["theta"]
        rows = times if times.ndim == 2 else times.expand(len(task.y0), -1)
        theta = torch.cat([theta, leaves["unused"]]) if "unused" in leaves else theta
        return {"x0": leaves["y0"], "theta": theta, "t0": rows[:, 0], "t1": rows[:, -1], "observation_times": rows}


def _steps(task: Task) -> dict[str, Any]:
    """Equal time steps, so many to a gap on the average; or the tolerance."""
    return {"rtol": task.tolerance, "atol": task.tolerance} if task.steps is None else {"steps": task.steps * (len(task.weights) - 1)}


def _second(task: Task, leaves: dict[str, Any], found: tuple[Any, ...]) -> np.ndarray | None:
    import torch

    if not task.vector:
        return None
    return torch.autograd.grad((found[0] * torch.tensor(task.vector, dtype=torch.float64)).sum(), leaves["y0"])[0].numpy()


@cache
def statement(field: Field, weights: tuple[Row, ...], unused: bool = False) -> Any:
    """The field as a statement with J = sum_j weights[j] . y(s_j); the times s_j are given when it is solved."""
    library: Any = import_module("adjointcheck")
    names, letters = STATES[: len(field.y0)], PARAMETERS[: len(field.theta)]
    parameters = dict(zip(letters, map(str, field.theta), strict=True)) | ({f"unused{i}": 1 for i in range(3)} if unused else {})
    data = {f"w{x}": [repr(float(np.real(row[i]))) for row in weights] for i, x in enumerate(names)}
    cost = " + ".join(f"w{x}*{x}" for x in names)
    observed = [{"times": [0] * len(weights), "data": data, "cost": cost}]
    return library.Problem(
        name=field.name.replace(" ", "_"), states=dict(zip(names, field.text, strict=True)), parameters=parameters,
        initial=dict(zip(names, map(str, field.y0), strict=True)), horizon=(0, 1), observations=observed,
    )  # fmt: skip


@cache
def _built(problem: Any, target: str) -> Any:
    return import_module("adjointcheck").build(problem, target=target)


def generated(target: str = "torch") -> GeneratedModule:
    """The module of one target."""
    version = import_module("adjointcheck").__version__
    return GeneratedModule(f"adjointcheck build, {target}", partial(_built, target=target), GENERATED, version)


# odeint


def march(gradient: Any, func: Any, y0: Any, times: Any, task: Task) -> Any:
    """y (T, B, n) by one gradient method; with task.steps the fourth-order method on a subdivided grid."""
    odeint = import_module("adjointcheck").odeint
    if task.steps is None:
        return odeint(func, y0, times, rtol=task.tolerance, atol=task.tolerance, gradient=gradient)
    return odeint(func, y0, subdivide(times, task.steps), method="rk4", gradient=gradient)[:: task.steps]


def march_to_event(gradient: Any, func: Any, event: Any, y0: Any, t0: Any, task: Task) -> tuple[Any, Any]:
    """The time of the event, and the state there (1, n)."""
    odeint_event = import_module("adjointcheck.solve.odeint").odeint_event
    moment, states = odeint_event(
        func, y0, t0, event_fn=lambda t, y: event(t, y).sum(), rtol=task.tolerance, atol=task.tolerance, gradient=gradient,
    )  # fmt: skip
    return moment, states[-1]


def any_field(gradient: str = "discrete") -> TorchAdapter:
    """`ac.odeint` with one gradient method; the exact ones do not depend on what else is asked for."""
    exact = import_module("adjointcheck.solve.gradient_method").find_gradient_method(gradient).exact
    version = import_module("adjointcheck").__version__
    can = ANY_FIELD | ({"discrete", "independent"} if exact else set())
    return TorchAdapter(f"adjointcheck odeint, {gradient}", partial(march, gradient), can, version, partial(march_to_event, gradient))
