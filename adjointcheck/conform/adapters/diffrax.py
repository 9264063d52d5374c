"""diffrax (Kidger 2021): every adjoint of the library, each trajectory by vmap."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

import numpy as np

from adjointcheck.conform.protocol import Answer, NotApplicable, Task
from adjointcheck.conform.torch_adapter import declared

MOST = 4096  # time steps; a gradient that needs more has failed
PARTS = {"y0", "module", "reverse", "per-sample times", "own time steps"}


@dataclass(frozen=True)
class DiffraxAdapter:
    """One adjoint, by its class's name; `forward` differentiates by tangents, which is all that ForwardMode can do."""

    name: str
    adjoint: str
    can: frozenset[str]
    version: str
    forward: bool = False

    def __post_init__(self) -> None:
        declared(self.name, self.can)

    def answer(self, task: Task) -> Answer:
        """J and its gradients by jax.grad (or jax.jacfwd) of the weighted outputs."""
        jax = load_jax()
        if task.home in ("buffer", "replica"):
            raise NotApplicable(f"jax has no such thing as a {task.home}")
        if task.field.event is not None:
            return self._event(jax, task)
        inputs = self._inputs(jax, task)

        def loss(inputs: dict[str, Any]) -> tuple[Any, Any]:
            outputs = self._outputs(jax, task, inputs)
            return (jax.numpy.asarray(task.weights).conj() * outputs).real.sum(), outputs

        found, outputs = self._differentiate(jax, loss)(inputs)
        second = self._second(jax, loss, inputs, task.vector) if task.vector else None
        return Answer(np.asarray(outputs), {name: np.conj(np.asarray(value)) for name, value in found.items()}, second)

    def _inputs(self, jax: Any, task: Task) -> dict[str, Any]:
        given = {"y0": task.y0, "theta": task.theta, "times": task.times}
        inputs = {name: jax.numpy.asarray(given[name]) for name in task.wanted}
        return inputs | ({"unused": jax.numpy.ones(3)} if task.home == "unused" else {})

    def _differentiate(self, jax: Any, loss: Any) -> Any:
        return (jax.jacfwd if self.forward else jax.grad)(loss, has_aux=True)

    def _second(self, jax: Any, loss: Any, inputs: Any, vector: tuple[float, ...]) -> np.ndarray:
        def slope(y0: Any) -> Any:
            return (self._differentiate(jax, loss)({**inputs, "y0": y0})[0]["y0"] * np.array(vector)).sum()

        return np.asarray((jax.jacfwd if self.forward else jax.grad)(slope)(inputs["y0"]))

    def _outputs(self, jax: Any, task: Task, inputs: dict[str, Any]) -> Any:
        """(B, T, n)."""
        y0, times = (jax.numpy.asarray(inputs.get(name, getattr(task, name))) for name in ("y0", "times"))
        solve = lambda row, moments: self._solve(jax, task, inputs, row, moments)  # noqa: E731  vmap wants one function
        return jax.vmap(solve, (0, 0 if task.per_sample else None))(y0, times)

    def _solve(self, jax: Any, task: Task, inputs: dict[str, Any], y0: Any, times: Any) -> Any:
        """One trajectory (T, n); a late first output is left out of what is asked for."""
        library: Any = import_module("diffrax")
        term, args = _term(library, jax, task, inputs)
        if task.steps is None:
            controller = library.PIDController(rtol=task.tolerance, atol=task.tolerance)
        else:
            controller = library.StepTo(ts=_subdivide(jax, times, task.steps))
        found = library.diffeqsolve(
            term, library.Tsit5(), times[0], times[-1], None, y0, args, saveat=library.SaveAt(ts=times[1:] if task.late else times),
            stepsize_controller=controller, adjoint=getattr(library, self.adjoint)(), max_steps=MOST,
        )  # fmt: skip
        return jax.numpy.concatenate([y0[None], found.ys]) if task.late else found.ys

    def _event(self, jax: Any, task: Task) -> Answer:
        library: Any = import_module("diffrax")
        inputs = self._inputs(jax, task)
        newton = import_module("optimistix").Newton(1e-10, 1e-10)

        def loss(inputs: dict[str, Any]) -> tuple[Any, Any]:
            term, args = _term(library, jax, task, inputs)
            event = library.Event(lambda t, y, args, **_: task.field.event and task.field.event(jax.numpy, t, y, inputs["theta"]), newton)
            found = library.diffeqsolve(
                term, library.Tsit5(), task.times[0], task.times[-1], None, inputs["y0"][0], args, event=event, max_steps=MOST,
                stepsize_controller=library.PIDController(rtol=task.tolerance, atol=task.tolerance),
                adjoint=getattr(library, self.adjoint)(),
            )  # fmt: skip
            moment, state = found.ts[-1], found.ys[-1]
            return (jax.numpy.asarray(task.weights[0]) * state).sum() + moment, (moment, state)

        found, (moment, state) = self._differentiate(jax, loss)(inputs)
        return Answer(np.asarray(state)[None, None], {name: np.asarray(value) for name, value in found.items()}, None, float(moment))


def load_jax() -> Any:
    """jax in float64."""
    jax: Any = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def _term(library: Any, jax: Any, task: Task, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """The field, and what it is handed: theta is an argument, or captured where the task says so."""
    theta = jax.numpy.asarray(inputs.get("theta", task.theta))
    if task.home in ("outside", "captured", "non-leaf"):
        return library.ODETerm(lambda t, y, args: task.field.rates(jax.numpy, t, y, theta)), None
    args = {"theta": theta, "one": jax.lax.stop_gradient(jax.numpy.ones(()))}
    args |= {"unused": inputs["unused"]} if "unused" in inputs else {}
    return library.ODETerm(lambda t, y, args: task.field.rates(jax.numpy, t, y, args["one"] * args["theta"])), args


def _subdivide(jax: Any, times: Any, steps: int) -> Any:
    fractions = jax.numpy.arange(steps) / steps
    inner = times[:-1, None] + fractions * (times[1:] - times[:-1])[:, None]
    return jax.numpy.concatenate([inner.reshape(-1), times[-1:]])


def _adapter(adjoint: str, more: set[str], forward: bool = False) -> DiffraxAdapter:
    return DiffraxAdapter(f"diffrax {adjoint}", adjoint, frozenset(PARTS | more), metadata.version("diffrax"), forward)


CLOSURES = {"outside", "captured", "non-leaf"}


def checkpointed() -> DiffraxAdapter:
    """RecursiveCheckpointAdjoint, the default."""
    return _adapter("RecursiveCheckpointAdjoint", CLOSURES | {"times", "events", "event parameters", "discrete", "independent"})


def direct() -> DiffraxAdapter:
    """DirectAdjoint: by both modes of differentiation."""
    return _adapter("DirectAdjoint", CLOSURES | {"times", "events", "event parameters", "discrete", "independent", "second"})


def backsolve() -> DiffraxAdapter:
    """BacksolveAdjoint, which the library's own pages advise against."""
    return _adapter("BacksolveAdjoint", set())


def forward_mode() -> DiffraxAdapter:
    """ForwardMode: tangents."""
    return _adapter("ForwardMode", CLOSURES | {"times", "events", "event parameters", "discrete", "independent", "second"}, True)
