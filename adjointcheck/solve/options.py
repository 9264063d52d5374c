"""torchdiffeq's `options`, tolerances and times, read into a control and marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten

from adjointcheck.errors import SolveError
from adjointcheck.solve.control import CONTROLLERS, Control, Norm, root_mean_square
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.transforms import mapped

# torchdiffeq's name: the field of `Control`
_NUMBERS = {
    "first_step": "first_step", "safety": "safety", "ifactor": "grow", "dfactor": "shrink", "min_step": "min_step",
    "max_step": "max_step", "max_num_steps": "max_steps", "step_size": "step_size",
}  # fmt: skip
# Told to be known and of no effect here: time is float64 whatever `dtype`, outputs are ends of time steps whatever `interp`.
_INERT = ("dtype", "interp")
_NAMES = (*_NUMBERS, *_INERT, "norm", "step_t", "jump_t", "perturb", "grid_constructor", "controller")


def read_control(rtol: Any, atol: Any, options: Mapping[str, Any], packing: Packing, like: Tensor) -> Control:
    """The control of one call; refuses an option that nobody knows, with the nearest name."""
    for name in options:
        if name not in _NAMES:
            near = get_close_matches(name, _NAMES, n=1)
            raise SolveError("options", name, f"among {', '.join(_NAMES)}", f"Did you mean {near[0]!r}?" if near else "Leave it out.")
    numbers = {_NUMBERS[name]: _number(name, options[name]) for name in _NUMBERS if options.get(name) is not None}
    controller = options.get("controller", "PI")
    if controller not in CONTROLLERS:
        raise SolveError("options['controller']", controller, f"one of {', '.join(CONTROLLERS)}", "'PI' is the default.")
    tolerances = {name: _read_tolerance(name, value, packing, like) for name, value in (("rtol", rtol), ("atol", atol))}
    return Control(**tolerances, controller=CONTROLLERS[controller], norm=_read_norm(options.get("norm"), packing), **numbers)


def _number(name: str, value: Any) -> Any:
    if isinstance(value, Tensor) and value.requires_grad:
        raise SolveError(f"options[{name!r}]", "a tensor with requires_grad", "a number", "Time steps are constants: detach it.")
    number: Any = int(value) if name == "max_num_steps" else float(value)
    if not number >= 0 or (name in ("first_step", "step_size") and number == 0):
        raise SolveError(f"options[{name!r}]", number, "a positive number", "Lengths are positive in reverse time, too.")
    return number


def _read_tolerance(name: str, value: Any, packing: Packing, like: Tensor) -> float | Tensor:
    """A number, a tensor that broadcasts to y0, or one of these for each part of y0."""
    if not isinstance(value, Tensor | Sequence):
        return _positive(name, float(value))
    parts = tree_flatten(value)[0]
    if any(isinstance(part, Tensor) and part.requires_grad for part in parts):
        raise SolveError(name, "a tensor with requires_grad", "a constant", "Detach it.")
    if len(parts) == 1 and torch.as_tensor(parts[0]).ndim == 0:
        return _positive(name, float(parts[0]))
    if len(parts) != len(packing.shapes):
        raise SolveError(name, f"{len(parts)} tolerances", f"one, or one for each of {len(packing.shapes)} parts of y0", "Give as many.")
    wide = [torch.as_tensor(part).to(like).expand(shape).reshape(-1) for part, shape in zip(parts, packing.shapes, strict=True)]
    # a complex number is two real ones
    return torch.cat([part.repeat_interleave(1 + dtype.is_complex) for part, dtype in zip(wide, packing.dtypes, strict=True)])


def _positive(name: str, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise SolveError(name, value, "a finite number >= 0", "Typical: 1e-7.")
    return value


def _read_norm(norm: Callable[[Any], Any] | None, packing: Packing) -> Norm:
    """The caller's norm of a state; without one, the root mean square, of several parts the largest."""
    if norm is not None:
        return lambda ratio: torch.as_tensor(norm(packing.unpack(ratio)), dtype=torch.float64)
    if len(packing.shapes) == 1:
        return root_mean_square
    return lambda ratio: torch.stack([root_mean_square(part) for part in ratio.split(packing.sizes) if part.numel()]).amax()


# Times


@dataclass(frozen=True)
class Marks:
    """All times that are hit: `times` (M,) float64 on the CPU; `outputs`, which of them are asked for; `jumps`, where f jumps.

    `moving` are the times of jumps that were given with a gradient.
    """

    times: Tensor
    outputs: list[int]
    jumps: frozenset[int]
    moving: tuple[float, ...] = ()


def read_times(t: Any) -> Tensor:
    """t as (T,) float64 on the CPU, differentiable; refuses what is not strictly monotone and finite."""
    if not isinstance(t, Tensor):
        t = torch.as_tensor(t, dtype=torch.float64)
    if t.ndim != 1 or not len(t) or not t.is_floating_point():
        got = f"{t.dtype} of shape {tuple(t.shape)}"
        raise SolveError("t", got, "a floating tensor (T,) with at least one time", "Pass torch.tensor([0.0, 1.0]).")
    _refuse_mapped("t", t)
    times = t.to("cpu", torch.float64)
    steps = times.detach().diff()
    if not times.isfinite().all():
        raise SolveError("t", times.tolist(), "finite times", "Look at where it was computed.")
    if not ((steps > 0).all() or (steps < 0).all()):
        raise SolveError("t", times.tolist(), "times that are strictly increasing or decreasing", "Sort them and drop repeated ones.")
    return times


def _refuse_mapped(where: str, times: Tensor) -> None:
    if mapped(times):
        raise SolveError(where, "times under vmap", "times that all trajectories share", "Call solve_ensemble, where each has its own.")


def lay_marks(t: Tensor, options: Mapping[str, Any]) -> Marks:
    """The output times together with `step_t` and `jump_t` where they lie strictly inside; `jump_t` with its gradient."""
    hits, jumps = _listed(options.get("step_t")).detach(), _listed(options.get("jump_t"))
    direction = -1.0 if float((t[-1] - t[0]).detach()) < 0 else 1.0
    every = torch.cat([t, jumps, hits])
    values, count, fixed = (direction * every.detach()).tolist(), len(t), len(t) + len(jumps)
    places: dict[float, int] = {}  # of equal times the first stands for all
    for index, time in enumerate(values):
        if index < count or values[0] < time < values[count - 1]:
            places.setdefault(time, index)
    order = [places[time] for time in sorted(places)]
    _refuse_hidden(values, places, count, jumps)
    where = frozenset(place for place, time in enumerate(sorted(places)) if options.get("perturb") or time in values[count:fixed])
    outputs, moving = [order.index(index) for index in range(count)], jumps.tolist() if jumps.requires_grad else []
    return Marks(every[order] if len(order) > count else t, outputs, where, tuple(moving))


def _refuse_hidden(values: list[float], places: dict[float, int], count: int, jumps: Tensor) -> None:
    """A jump that moves may not lie on an output, which stays: the solution has no derivative there."""
    hidden = [float(jump) for jump, time in zip(jumps.detach(), values[count:], strict=False) if places.get(time, count) < count]
    if hidden and jumps.requires_grad:
        got, todo = f"{hidden}, with requires_grad, on an output time", "Move that output a little."
        raise SolveError("options['jump_t']", got, "jumps that move between outputs", todo)


def _listed(times: Any) -> Tensor:
    """Times as (K,) float64 on the CPU, with the gradient that they have."""
    if isinstance(times, Sequence) and len(times):  # one tensor of them would lose their gradients
        times = torch.stack([torch.as_tensor(time, dtype=torch.float64, device="cpu") for time in times])
    if isinstance(times, Tensor):
        _refuse_mapped("options, times", times)
    return torch.as_tensor([] if times is None else times, dtype=torch.float64, device="cpu").flatten()
