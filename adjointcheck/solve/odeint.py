"""`odeint`, `odeint_adjoint` and `odeint_event` in the call shapes of torchdiffeq (Chen 2018), with exact gradients.

    from adjointcheck import odeint                    # instead of: from torchdiffeq import odeint

What differs, on purpose: gradients are those of the computed solution, for y0, every tensor that func reads, and every time;
each output is the end of a time step, nothing is interpolated; the PI controller of DOPRI5 chooses time steps
(options={"controller": "I"} for torchdiffeq's); an unknown option is refused; `odeint_adjoint` is exact, too, and differs
from `odeint` only in keeping no graphs, so that memory is one state a time step.  Inside transforms of torch.func the recorded
time steps are replayed in plain operations; trajectories under vmap share time steps, those that the most demanding one needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from math import isclose
from typing import Any, TypeVar

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.field import Field
from adjointcheck.solve.gradient_method import Discrete, GradientMethod, find_gradient_method, replay, solve
from adjointcheck.solve.marching import InitialValueProblem, march
from adjointcheck.solve.methods import find_method
from adjointcheck.solve.options import lay_marks, read_control, read_times
from adjointcheck.solve.packing import Packing, usable
from adjointcheck.solve.switch import refuse_moving_jumps
from adjointcheck.solve.tracing import trace_field
from adjointcheck.solve.transforms import finite, transformed

Function = Callable[[Tensor, Any], Any]
Solver = TypeVar("Solver", bound=Callable[..., Any])


def uncompiled(solver: Solver) -> Solver:
    """The solver, left as it is by torch.compile: the way depends on values; func may be compiled by itself."""

    @wraps(solver)
    def call(*args: Any, **options: Any) -> Any:
        # Only who compiles has this module loaded, and loading it takes a second.
        dynamo = sys.modules.get("torch._dynamo")
        return (dynamo.disable(solver) if dynamo else solver)(*args, **options)

    call._torchdynamo_disable = True  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


@uncompiled
def odeint(
    func: Function,
    y0: Any,
    t: Any,
    *,
    rtol: Any = 1e-7,
    atol: Any = 1e-9,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
    event_fn: Function | None = None,
    gradient: str | GradientMethod = "discrete",
) -> Any:
    """Solve dy/dt = func(t, y), y(t[0]) = y0: y at the times t (T,), of shape (T, *y0.shape), with exact gradients.

    y0: a tensor, real or complex, or (nested) tuples of tensors; func(t, y) gets t 0-dim and returns the structure of y.
    t: strictly increasing or decreasing.  method: "dopri5" unless given; see `adjointcheck.solve.methods`.
    options: first_step, safety, ifactor, dfactor, min_step, max_step, max_num_steps, step_size (equal time steps), norm,
    step_t (times to hit), jump_t (times where func jumps, with gradients), controller ("I", "PI", "PID").  gradient: a row of
    `adjointcheck.solve.gradient_method`.

    With event_fn(t, y), marching goes on from t[0] in the direction of t until it changes sign; the result is
    (event time, y at t[0] and at the event (2, *y0.shape)), both with gradients, also for tensors that event_fn reads.

    Raises `SolveError` for what does not fit, `MarchError` with the part that was done where marching cannot go on.
    """
    problem, packing, outputs = state_problem(func, y0, t, rtol, atol, method, options)
    row = find_gradient_method(gradient)
    if event_fn is not None:
        _refuse_event_search(problem)
        from adjointcheck.solve.event import solve_to_event

        moment, ys = solve_to_event(problem, row, event_fn, packing)
        refuse_moving_jumps(problem.field, torch.stack([problem.marks[0], moment]), ys)
        return moment.to(t), packing.unpack(ys)
    ys = replay(problem, march(problem)) if transformed() else solve(problem, row)
    refuse_moving_jumps(problem.field, problem.marks, ys)
    return packing.unpack(ys if len(outputs) == len(ys) else ys[outputs])


def _refuse_event_search(problem: InitialValueProblem) -> None:
    """Refuse what has no direction, and transforms, for which the search would need values that each trajectory has of its own."""
    if len(problem.marks) < 2:
        raise SolveError("t", "one time", "two or more with event_fn: the start, and a direction", "Pass torch.stack([t0, t0 + 1]).")
    if transformed():
        todo = "Differentiate its results with torch.autograd.grad, as often as wanted."
        raise SolveError("odeint with event_fn", "a call inside a transform of torch.func", "a call outside", todo)


def state_problem(
    func: Function, y0: Any, t: Any, rtol: Any, atol: Any, method: str | None, options: Mapping[str, Any] | None
) -> tuple[InitialValueProblem, Packing, list[int]]:
    """The initial value problem of a call, how its states are packed, and which of its marks are asked for."""
    options, row, packing = dict(options or {}), find_method(method or "dopri5"), Packing.of(y0)
    y, times = _read_state(packing.pack(y0)), usable(read_times(t))
    if (grid := options.pop("grid_constructor", None)) is not None:
        options["step_t"] = grid(func, y0, t)
    control = read_control(rtol, atol, options, packing, y.detach())
    marks = lay_marks(times, options)
    field = Field(func, packing) if transformed() else trace_field(func, times[0].detach(), y.detach(), packing)
    field = replace(field, turns=tuple(turn for turn in field.turns if not any(isclose(turn.time, told) for told in marks.moving)))
    return InitialValueProblem(field, y, marks.times, row, control, marks.jumps), packing, marks.outputs


def _read_state(y: Tensor) -> Tensor:
    """y0, packed; refuses what is not finite."""
    if not finite(y):
        raise SolveError("y0", "entries that are not finite", "finite numbers", "Look at where it was computed.")
    return usable(y)


def odeint_adjoint(
    func: Function,
    y0: Any,
    t: Any,
    *,
    rtol: Any = 1e-7,
    atol: Any = 1e-9,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
    event_fn: Function | None = None,
    adjoint_rtol: Any = None,
    adjoint_atol: Any = None,
    adjoint_method: str | None = None,
    adjoint_options: Mapping[str, Any] | None = None,
    adjoint_params: Any = None,
) -> Any:
    """`odeint` in little memory: no graph is kept, each time step is evaluated anew on the way back.

    There is no backward solve, so adjoint_rtol, adjoint_atol, adjoint_method and adjoint_options, which steer one, have nothing
    to steer.  Gradients go to every tensor that func reads; an entry of adjoint_params that it cannot reach is refused.
    """
    if adjoint_params is not None:
        _check_reached(func, tuple(adjoint_params), y0, t)
    return odeint(func, y0, t, rtol=rtol, atol=atol, method=method, options=options, event_fn=event_fn, gradient=Discrete(graph_bytes=0))


def _check_reached(func: Function, parameters: tuple[Tensor, ...], y0: Any, t: Any) -> None:
    packing = Packing.of(y0)
    with torch.enable_grad():
        found = trace_field(func, read_times(t)[0].detach(), packing.pack(y0).detach(), packing)
    reached = {id(tensor) for tensor in found.parameters}
    for index, tensor in enumerate(parameters):
        if tensor.requires_grad and id(tensor) not in reached:
            raise SolveError(
                f"adjoint_params[{index}]", f"a tensor of shape {tuple(tensor.shape)} that func does not read",
                f"tensors that func reads: {', '.join(found.names) or 'none'}", "Leave it out: every tensor that func reads is found.",
            )


def odeint_event(
    func: Function, y0: Any, t0: Tensor, *, event_fn: Function, reverse_time: bool = False, odeint_interface: Callable[..., Any] = odeint,
    **options: Any,
) -> Any:
    """The event time and y at t0 and at the event (2, *y0.shape), with gradients; see `odeint`'s event_fn."""
    start = t0.reshape(-1)
    return odeint_interface(func, y0, torch.cat([start, start.detach() + (-1.0 if reverse_time else 1.0)]), event_fn=event_fn, **options)
