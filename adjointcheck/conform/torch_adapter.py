"""An adapter of any torch library from one function, which solves; everything else that a task asks for is done here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adjointcheck.conform.protocol import CAPABILITIES, Answer, NotApplicable, Task
from adjointcheck.errors import SolveError

if TYPE_CHECKING:
    from torch import Tensor

Solve = Callable[[Any, "Tensor", "Tensor", Task], "Tensor"]
SolveEvent = Callable[[Any, Any, "Tensor", "Tensor", Task], "tuple[Tensor, Tensor]"]


@dataclass(frozen=True)
class TorchAdapter:
    """A torch library in one setting.

    `solve(func, y0, times, task)` returns y (T, B, n) at `times` (T,) or (B, T), times[0] being the initial time, for
    ydot = func(t, y), y0 (B, n); it honours task.tolerance, or task.steps where it offers "discrete".  func is a torch.nn.Module
    but for the capability "captured", where it is a plain function.  `solve_event(func, event, y0, t0, task)` returns the time of
    event(t, y) = 0 and the state there.  `can` names what is offered (`adjointcheck.conform.CAPABILITIES`).
    """

    name: str
    solve: Solve
    can: frozenset[str]
    version: str = ""
    solve_event: SolveEvent | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "can", declared(self.name, self.can))

    def answer(self, task: Task) -> Answer:
        """Solve with the library and differentiate J by torch.autograd.grad, through whatever the library provides."""
        import torch

        inputs = _Inputs(task)
        if task.field.event is not None:
            return self._event(task, inputs)
        outputs = self.solve(inputs.func, inputs.y0, inputs.times, task)
        loss = (inputs.weights.conj()[:, None] * outputs).real.sum()
        leaves = list(inputs.leaves.values())
        found = torch.autograd.grad(loss, leaves, allow_unused=True, create_graph=bool(task.vector)) if leaves else ()
        gradients = {name: None if value is None else _numbers(value) for name, value in zip(inputs.leaves, found, strict=True)}
        return Answer(_numbers(outputs.transpose(0, 1)), gradients, self._second(task, inputs, found))

    def _second(self, task: Task, inputs: _Inputs, found: tuple[Any, ...]) -> np.ndarray | None:
        import torch

        if not task.vector:
            return None
        slope = (found[list(inputs.leaves).index("y0")] * torch.tensor(task.vector, dtype=torch.float64)).sum()
        return torch.autograd.grad(slope, inputs.leaves["y0"])[0].detach().numpy()

    def _event(self, task: Task, inputs: _Inputs) -> Answer:
        import torch

        if self.solve_event is None:
            raise NotApplicable("no events")
        moment, state = self.solve_event(inputs.func, inputs.event, inputs.y0, inputs.times[0], task)
        loss = (inputs.weights[0] * state).sum() + moment.sum()
        found = torch.autograd.grad(loss, list(inputs.leaves.values()), allow_unused=True)
        gradients = {name: None if value is None else _numbers(value) for name, value in zip(inputs.leaves, found, strict=True)}
        return Answer(state.detach().reshape(1, 1, -1).numpy(), gradients, None, float(moment.detach().sum()))


def _numbers(value: Tensor) -> np.ndarray:
    return value.detach().resolve_conj().numpy()


def declared(name: str, can: Iterable[str]) -> frozenset[str]:
    """The set of capabilities; raises SolveError for a word that is none."""
    found = frozenset(can)
    if unknown := sorted(found - set(CAPABILITIES)):
        raise SolveError(f"adapter {name}, can", ", ".join(unknown), "names in adjointcheck.conform.CAPABILITIES")
    return found


class _Inputs:
    """The tensors of a task, and its field with theta at the home that the task names."""

    def __init__(self, task: Task) -> None:
        import torch

        kind = torch.complex128 if task.field.real else torch.float64
        self.y0 = torch.tensor(task.y0, dtype=kind, requires_grad="y0" in task.wanted)
        self.times = torch.tensor(task.times, dtype=torch.float64, requires_grad="times" in task.wanted)
        self.weights = torch.tensor(task.weights, dtype=kind)
        theta = torch.tensor(task.theta, dtype=torch.float64, requires_grad="theta" in task.wanted)
        self.func, leaf = HOMES[task.home](task, theta)
        self.event = lambda t, y: task.field.event and task.field.event(torch, t, y, leaf)
        candidates = {"y0": self.y0, "theta": leaf, "times": self.times}
        self.leaves = {name: candidates[name] for name in task.wanted if name in candidates}
        if task.home == "unused":
            self.leaves["unused"] = self.func.unused


# Where theta may live.  Each home makes (func, the leaf whose gradient is theta's).


def _module(task: Task, attach: Callable[[Any], Callable[[], Any]]) -> Any:
    """A module whose forward reads theta by what `attach` returns."""
    import torch

    class Field(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.read = attach(self)

        def forward(self, t: Any, y: Any) -> Any:
            return task.field.rates(torch, t, y, self.read())

    return Field()


def _owned(task: Task, theta: Any) -> tuple[Any, Any]:
    """A parameter of the module."""
    import torch

    def attach(module: Any) -> Callable[[], Any]:
        module.theta = torch.nn.Parameter(theta.detach().clone(), requires_grad=theta.requires_grad)
        return lambda: module.theta

    func = _module(task, attach)
    return func, func.theta


def _unused(task: Task, theta: Any) -> tuple[Any, Any]:
    """A parameter of the module beside one that the field never reads."""
    import torch

    func, leaf = _owned(task, theta)
    func.unused = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    return func, leaf


def _mixed(task: Task, theta: Any) -> tuple[Any, Any]:
    """theta beside a parameter, also read, that asks for no gradient; it is the first of parameters()."""
    import torch

    def attach(module: Any) -> Callable[[], Any]:
        module.one = torch.nn.Parameter(torch.ones((), dtype=torch.float64), requires_grad=False)
        module.theta = torch.nn.Parameter(theta.detach().clone())
        return lambda: module.one * module.theta

    func = _module(task, attach)
    return func, func.theta


def _outside(task: Task, theta: Any) -> tuple[Any, Any]:
    """A leaf that the module's forward reads and the module does not own."""
    return _module(task, lambda module: lambda: theta), theta


def _captured(task: Task, theta: Any) -> tuple[Any, Any]:
    """A leaf that a plain function captures."""
    import torch

    return lambda t, y: task.field.rates(torch, t, y, theta), theta


def _computed(task: Task, theta: Any) -> tuple[Any, Any]:
    """A captured tensor that was computed from the leaf."""
    import torch

    computed = theta * 1
    return lambda t, y: task.field.rates(torch, t, y, computed), theta


def _buffer(task: Task, theta: Any) -> tuple[Any, Any]:
    """A buffer that asks for a gradient."""

    def attach(module: Any) -> Callable[[], Any]:
        module.register_buffer("theta", theta)
        return lambda: module.theta

    return _module(task, attach), theta


def _replica(task: Task, theta: Any) -> tuple[Any, Any]:
    """What torch.nn.DataParallel makes of a module on each device: tensors as attributes, no parameters."""
    import torch

    master = torch.nn.Parameter(theta.detach().clone())
    func, _ = _owned(task, theta)
    del func._parameters["theta"]
    func._is_replica = True
    func.theta = master * 1
    return func, master


Home = Callable[[Task, Any], tuple[Any, Any]]
HOMES: dict[str, Home] = {
    "module": _owned, "unused": _unused, "mixed": _mixed, "outside": _outside, "captured": _captured, "non-leaf": _computed,
    "buffer": _buffer, "replica": _replica,
}  # fmt: skip
