"""The native target as torch operations: `adjointcheck::march` forward, `adjointcheck::sweep` forward and backward in one.

Inputs x0 (b, n), theta (b, m), w (b, K or K + 1, k), t0 and t1 (b,), times (b, S), each with b = 1 (shared by all
trajectories) or b = B; x0 None is initial_state(theta).  A gradient has the shape of its input: where b = 1 it is the
sum over the trajectories, in an order that depends on nothing but B.
"""

from __future__ import annotations

import ctypes
import inspect
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.solve.native_abi import CODES, HOLDS, INPUTS, Launch

AXES = (1, 1, 2, 0, 0, 1)  # of the inputs, without the batch axis
TIMES = ("t0", "t1", "times")
REALS = {torch.float64: "f64", torch.float32: "f32"}
CANCELLED = next(code for code, words in CODES.items() if words == "cancelled")
# Above this many operations at worst (about half a second) a launch runs in a thread of its own, so that Ctrl-C reaches it.
PATIENCE = 1e9

Inputs = Sequence[Tensor | None]  # in the order of INPUTS
Solver = Callable[[Launch], int]


class Marching(NamedTuple):
    """Options of one launch.

    steps 0: adaptive; memory_limit 0: the default; timed: with the gradients by t0, t1 and times; span: t1 - t0 where both
    are numbers, else 0.
    """

    hold: str = "constant"
    rtol: float = 1e-6
    atol: float = 1e-6
    steps: int = 0
    max_steps: int = 100_000
    memory_limit: int = 0
    timed: bool = True
    span: float = 0.0


@dataclass(frozen=True, eq=False)
class Target:
    """A built text: its torch target, its entry point for a dtype (on a device), lanes of a core step, operations of a time step.

    `solvers` holds the entry points that are there; `open_host` builds one more, `open_device` one for a CUDA device.
    """

    key: str
    torch: ModuleType
    solvers: dict[torch.dtype, Solver]
    lanes: int
    operations: int
    open_host: Callable[[torch.dtype], Solver]
    open_device: Callable[[torch.device, torch.dtype], Solver]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """n, m, k and S."""
        module = self.torch
        return len(module.STATES), len(module.PARAMETERS), len(module.CONTROLS), len(module.OBSERVATION_TIMES)

    def solver(self, like: Tensor) -> Solver:
        """The entry point for the dtype and device of `like`."""
        device, dtype = like.device, like.dtype
        if dtype not in REALS:
            raise self.torch.refusal("inputs", dtype, "torch.float64 or torch.float32", 'Convert them, or build with target="torch".')
        if device.type == "cpu":
            if dtype not in self.solvers:
                self.solvers[dtype] = self.open_host(dtype)
            return self.solvers[dtype]
        if device.type == "cuda":
            return self.open_device(device, dtype)
        raise self.torch.refusal("inputs", device, "CPU or CUDA tensors", 'Move them, or build with target="torch".')


_targets: dict[str, Target] = {}
_forked = False


def _remember_fork() -> None:
    global _forked
    _forked = True
    helper.cache_clear()


os.register_at_fork(after_in_child=_remember_fork)


def register(target: Target) -> Target:
    """Make `target` known to the operations by its key; the first of equal keys stays."""
    return _targets.setdefault(target.key, target)


def find_target(key: str) -> Target:
    """The target that was registered under `key`; SolveError names what to do when there is none in this process."""
    if key not in _targets:
        raise SolveError("adjointcheck native operation", key, "the key of a module built in this process", "Build it first.")
    return _targets[key]


# One launch


def run_march(target: Target, inputs: Inputs, options: Marching) -> tuple[Tensor, ...]:
    """x1 (B, n), cost (B,), status, accepted and rejected (B,) int64."""
    launch, batch, like, _kept = prepare(target, inputs, options)
    x1, cost = like.new_empty((batch, target.sizes[0])), like.new_empty(batch)
    counts = tuple(torch.empty(batch, dtype=torch.int64, device=like.device) for _ in range(3))
    launch.x1, launch.cost = x1.data_ptr(), cost.data_ptr()
    launch.status, launch.accepted, launch.rejected = (count.data_ptr() for count in counts)
    finish(target, launch, like)
    return x1, cost, *counts


def run_sweep(
    target: Target, inputs: Inputs, options: Marching, x1_bar: Tensor | None, cost_bar: Tensor | None
) -> tuple[Tensor, ...]:
    """cost (B,), then the gradient of sum(x1_bar x1) + sum(cost_bar J) by x0 (that is p(t0)), theta, w, t0, t1, times."""
    launch, batch, like, _kept = prepare(target, inputs, options)
    cost = like.new_empty(batch)
    launch.cost = cost.data_ptr()
    seeds = [None if seed is None else seed.contiguous() for seed in (x1_bar, cost_bar)]
    launch.x1_bar, launch.cost_bar = (0 if seed is None else seed.data_ptr() for seed in seeds)
    gradients = []
    for name, value, axes in zip(INPUTS, inputs, AXES, strict=True):
        shared = value is not None and (value.ndim == axes or value.shape[0] != batch)
        shape = (batch, target.sizes[0]) if value is None else value.shape
        if not batch or (name in TIMES and not options.timed):
            gradients.append(like.new_zeros(shape))
            continue
        found = empty(value, like, shape)
        setattr(launch, f"{name}_bar", found.data_ptr())
        if shared:
            setattr(launch, f"{name}_bar_shared", 1)
        gradients.append(found)
    finish(target, launch, like)
    return cost, *gradients


def empty(value: Tensor | None, like: Tensor, shape: Any) -> Tensor:
    """Room for a gradient; `empty_like` is the quickest way there."""
    return torch.empty_like(value) if value is not None and value.is_contiguous() else like.new_empty(shape)


def prepare(target: Target, inputs: Inputs, options: Marching) -> tuple[Launch, int, Tensor, list[Tensor]]:
    """A launch with its inputs and options, B, theta as the model of dtype and device, and what must outlive the call."""
    theta = inputs[1]
    assert theta is not None
    batch = batch_size(target, inputs)
    kept = [settle(value, axes) for value, axes in zip(inputs, AXES, strict=True) if value is not None]
    launch, places = Launch(), iter(kept)
    for name, given, axes in zip(INPUTS, inputs, AXES, strict=True):
        if given is not None:
            value = next(places)
            # The address of nothing is 0, which would say "left out".
            setattr(launch, name, value.data_ptr() or theta.data_ptr() or _NOTHING)
            if value.ndim > axes and value.shape[0] > 1:
                setattr(launch, f"{name}_stride", value.stride(0))
    w = inputs[2]
    assert w is not None
    launch.count, launch.hold = batch, HOLDS[options.hold]
    launch.intervals = w.shape[-2] - launch.hold
    launch.rtol, launch.atol, launch.steps, launch.max_steps = options.rtol, options.atol, options.steps, options.max_steps
    launch.memory_limit, launch.span = options.memory_limit, options.span
    launch.threads = 1 if _forked or batch <= target.lanes else torch.get_num_threads()
    return launch, batch, theta, kept


_nothing = ctypes.create_string_buffer(64)
_NOTHING = ctypes.addressof(_nothing)


def settle(value: Tensor, axes: int) -> Tensor:
    """`value` with its rows contiguous; the rows themselves may lie anywhere, or be one row seen many times."""
    if value.is_contiguous():
        return value
    row = value[0] if value.ndim > axes and value.shape[0] else value
    return value if row.is_contiguous() else value.contiguous()


def batch_size(target: Target, inputs: Inputs) -> int:
    """B, common to all inputs whose batch axis is not 1; ValueError lists the sizes where they differ."""
    found = 1
    for value, axes in zip(inputs, AXES, strict=True):
        if value is not None and value.ndim > axes and (size := value.shape[0]) != 1 and size != found:
            if found != 1:
                sizes = {name: len(v) for name, v, a in zip(target.torch.AXES, inputs, AXES, strict=True) if v is not None and v.ndim > a}
                raise target.torch.refusal("batch axes", sizes, "one common size (or 1, or none)", "Give the inputs the same batch axis.")
            found = size
    return found


def finish(target: Target, launch: Launch, like: Tensor) -> None:
    """Launch, and turn a code into an error; nothing is launched for no trajectories."""
    if not launch.count:
        return
    solver = target.solver(like)
    attempts = launch.steps or launch.max_steps
    patient = like.device.type != "cpu" or float(launch.count) * attempts * target.operations < PATIENCE
    alone = patient or threading.current_thread() is not threading.main_thread()
    code = solver(launch) if alone else interruptibly(solver, launch)
    if code == CANCELLED:
        raise KeyboardInterrupt
    if code:
        words = CODES.get(code, "an unknown code")
        raise SolveError(f"{target.torch.NAME}, native launch", f"code {code}: {words}", "a launch that runs to its end",
                         "Give more memory_limit=." if "memory" in words else "Please report it.")  # fmt: skip


def interruptibly(solver: Solver, launch: Launch) -> int:
    """Launch in another thread, so that an interrupt is heard here and passed on to the kernel by its cancel flag."""
    cancel = ctypes.c_int32(0)
    launch.cancel = ctypes.addressof(cancel)
    launched = helper().submit(solver, launch)
    try:
        return launched.result()
    except BaseException:
        cancel.value = 1
        wait([launched])  # the arrays it writes to must outlive it
        raise


@cache
def helper() -> ThreadPoolExecutor:
    """The one thread that such launches share: its team of OpenMP and its memory stay with it from call to call."""
    return ThreadPoolExecutor(1, "adjointcheck")


def check_inputs(target: Target, inputs: Inputs, hold: str, *seeds: Tensor | None) -> None:
    """Refuse what a kernel would read or write out of bounds; `seeds` are x1_bar and cost_bar."""
    (n, m, k, count), batch, like = target.sizes, batch_size(target, inputs), inputs[1]
    assert like is not None
    shapes = ((n,), (m,), (None, k), (), (), (count,))
    named = [*zip(INPUTS, inputs, shapes, strict=True), *zip(("x1_bar", "cost_bar"), seeds, ((n,), ()), strict=False)]
    for name, value, shape in named:
        if value is None:
            continue
        fits = value.ndim == 1 + len(shape) and all(want in (None, size) for size, want in zip(value.shape[1:], shape, strict=True))
        if not fits or (name.endswith("bar") and value.shape[0] != batch):
            wanted = ("batch", *("K" if size is None else size for size in shape))
            raise target.torch.refusal(name, f"shape {tuple(value.shape)}", str(wanted), "Reshape it.")
        if (value.dtype, value.device) != (like.dtype, like.device):
            got = f"{value.dtype} on {value.device}"
            raise target.torch.refusal(name, got, f"{like.dtype} on {like.device}", "Convert it with .to(...) first.")
    if hold not in HOLDS or inputs[2].shape[1] <= HOLDS[hold]:  # type: ignore[union-attr]
        raise target.torch.refusal("w, hold", hold, "'constant' or 'linear' with at least one interval", "Pass a longer grid.")
    check_times(target, inputs)


def check_times(target: Target, inputs: Inputs) -> None:
    """Refuse observation times outside the horizon, as the torch target does."""
    if target.sizes[3]:
        batch = batch_size(target, inputs)
        wide = [None if v is None else v.expand(batch, *v.shape[v.ndim - a :]) for v, a in zip(inputs, AXES, strict=True)]
        target.torch.check_within(target.torch.Inputs(*wide))


# The operations


@torch.library.custom_op("adjointcheck::march", mutates_args=())
def march(
    key: str, x0: Tensor | None, theta: Tensor, w: Tensor, t0: Tensor, t1: Tensor, times: Tensor,
    hold: str, rtol: float, atol: float, steps: int, max_steps: int, memory_limit: int, timed: bool = True, span: float = 0.0,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """x1 (B, n), cost (B,), status, accepted, rejected (B,): one launch."""
    target, inputs = find_target(key), (x0, theta, w, t0, t1, times)
    check_inputs(target, inputs, hold)
    options = Marching(hold, rtol, atol, steps, max_steps, memory_limit, timed, span)
    x1, cost, status, accepted, rejected = run_march(target, inputs, options)
    return x1, cost, status, accepted, rejected


@torch.library.custom_op("adjointcheck::sweep", mutates_args=())
def sweep(
    key: str, x1_bar: Tensor | None, cost_bar: Tensor, x0: Tensor | None, theta: Tensor, w: Tensor, t0: Tensor, t1: Tensor,
    times: Tensor, hold: str, rtol: float, atol: float, steps: int, max_steps: int, memory_limit: int, timed: bool = True,
    span: float = 0.0,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """cost (B,), and the exact derivative of sum(x1_bar x1) + sum(cost_bar cost) by each input: one launch."""
    target, inputs = find_target(key), (x0, theta, w, t0, t1, times)
    check_inputs(target, inputs, hold, x1_bar, cost_bar)
    options = Marching(hold, rtol, atol, steps, max_steps, memory_limit, timed, span)
    cost, by_x0, by_theta, by_w, by_t0, by_t1, by_times = run_sweep(target, inputs, options, x1_bar, cost_bar)
    return cost, by_x0, by_theta, by_w, by_t0, by_t1, by_times


def _common(inputs: Inputs) -> Any:
    """B as `batch_size` finds it, for sizes that may be symbols."""
    sizes = [value.shape[0] for value in inputs if value is not None]
    return next((size for size in sizes if size != 1), 1)


@march.register_fake
def _fake_march(key: str, *arguments: Any) -> tuple[Tensor, ...]:
    inputs = arguments[:6]
    theta, batch, n = inputs[1], _common(inputs), find_target(key).sizes[0]
    counts = (theta.new_empty(batch, dtype=torch.int64) for _ in range(3))
    return theta.new_empty((batch, n)), theta.new_empty(batch), *counts


@sweep.register_fake
def _fake_sweep(key: str, x1_bar: Tensor | None, cost_bar: Tensor, *arguments: Any) -> tuple[Tensor, ...]:
    inputs = arguments[:6]
    theta, batch, n = inputs[1], _common(inputs), find_target(key).sizes[0]
    first = theta.new_empty((batch, n)) if inputs[0] is None else inputs[0].new_empty(inputs[0].shape)
    return theta.new_empty(batch), first, *(value.new_empty(value.shape) for value in inputs[1:])


# Differentiation.  torch.func does not enter the autograd rules of custom operations, hence the two Functions below:
# the faces go through them, and the operations carry the same rules for whoever calls them by name.


def _keep_inputs(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.key, tensors, ctx.options = inputs[0], inputs[1:7], inputs[7:]
    ctx.missing = tensors[0] is None
    ctx.save_for_backward(*(value for value in tensors if value is not None))


def _differentiate(apply: Callable[..., Any], ctx: Any, x1_bar: Tensor, cost_bar: Tensor) -> tuple[Any, ...]:
    tensors = (None, *ctx.saved_tensors) if ctx.missing else ctx.saved_tensors
    *options, timed, span = ctx.options
    _, *found = apply(ctx.key, x1_bar, cost_bar, *tensors, *options, timed and any(ctx.needs_input_grad[4:7]), span)
    if ctx.missing:
        found[0] = None
    return None, *found, *(None for _ in ctx.options)


def _refuse_second(ctx: Any, *bars: Any) -> Any:
    raise RuntimeError(
        f"{find_target(ctx.key).torch.NAME}, solve: got a request for a second derivative; expected first derivatives only. "
        "Differentiate `replay` twice instead: it follows the same time steps with plain torch operations."
    )


def _keep_key(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    ctx.key = inputs[0]


def is_plain(arguments: tuple[Any, ...]) -> bool:
    """Whether nobody watches and all tensors are themselves: then the dispatcher, which takes longer than a small launch, has no part."""
    if torch._C._len_torch_dispatch_stack():
        return False
    try:
        for value in arguments:
            if isinstance(value, Tensor) and (type(value) is not Tensor or value.data_ptr() < 0):
                return False
    except RuntimeError:  # seen through a transform of torch.func
        return False
    return True


class March(torch.autograd.Function):
    """`march`, differentiated by `Sweep`."""

    generate_vmap_rule = True

    @staticmethod
    def forward(*arguments: Any) -> tuple[Tensor, ...]:
        return (march._init_fn if is_plain(arguments) else march)(*arguments)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        ctx.mark_non_differentiable(*output[2:])
        _keep_inputs(ctx, inputs, output)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Any, ...]:
        return _differentiate(Sweep.apply, ctx, *grad_outputs[:2])


class Sweep(torch.autograd.Function):
    """`sweep`, which refuses to be differentiated once more."""

    generate_vmap_rule = True

    @staticmethod
    def forward(*arguments: Any) -> tuple[Tensor, ...]:
        return (sweep._init_fn if is_plain(arguments) else sweep)(*arguments)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        _keep_key(ctx, inputs, output)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        return _refuse_second(ctx, *grad_outputs)


# `apply` asks for the signature at each call; a stored one is found at once.
for _function in (March, Sweep):
    _function.forward.__signature__ = inspect.signature(_function.forward)  # type: ignore[attr-defined]

march.register_autograd(lambda ctx, x1_bar, cost_bar, *_: _differentiate(sweep, ctx, x1_bar, cost_bar), setup_context=_keep_inputs)
sweep.register_autograd(_refuse_second, setup_context=_keep_key)


# vmap: its axis becomes part of the batch axis, so that there is still one launch.


def _rows(value: Tensor | None, dim: int | None, size: int) -> Tensor | None:
    """(V, b, ...), one row seen V times where `value` is not mapped."""
    if value is None:
        return None
    return value.expand(size, *value.shape) if dim is None else value.movedim(dim, 0)


def _fold(value: Tensor | None, batch: int) -> Tensor | None:
    """(V, b, ...) -> (V B, ...)."""
    if value is None:
        return None
    return value.expand(value.shape[0], batch, *value.shape[2:]).flatten(0, 1)




@march.register_vmap
def _vmap_march(info: Any, in_dims: Any, key: str, *arguments: Any) -> tuple[Any, Any]:
    tensors = [_rows(value, dim, info.batch_size) for value, dim in zip(arguments[:6], in_dims[1:7], strict=True)]
    batch = _common([value[0] for value in tensors if value is not None])
    found = march(key, *(_fold(value, batch) for value in tensors), *arguments[6:])
    return tuple(value.reshape(info.batch_size, batch, *value.shape[1:]) for value in found), (0,) * len(found)


@sweep.register_vmap
def _vmap_sweep(info: Any, in_dims: Any, key: str, *arguments: Any) -> tuple[Any, Any]:
    size = info.batch_size
    x1_bar, cost_bar, *tensors = (_rows(value, dim, size) for value, dim in zip(arguments[:8], in_dims[1:9], strict=True))
    batch = _common([value[0] for value in tensors if value is not None])
    folded = [_fold(value, batch) for value in (x1_bar, cost_bar, *tensors)]
    cost, *found = sweep(key, *folded, *arguments[8:])
    gradients = [value.reshape(size, batch, *value.shape[1:]) for value in found]
    for i, value in enumerate(tensors):
        if value is not None and value.shape[1] != batch:  # shared within each of the V
            gradients[i] = gradients[i].sum(1, keepdim=True)
    return (cost.reshape(size, batch), *gradients), (0,) * (1 + len(gradients))
