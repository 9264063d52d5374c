"""The native target behind the face of the torch module: same arguments, defaults, refusals and results, one launch each.

What is not the native target's own (march, sweep, replay, the equations) is the torch module's: `module.torch`.
"""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from adjointcheck.errors import CodegenError
from adjointcheck.solve import native_abi, native_cuda, native_ops
from adjointcheck.solve.native_build import Library, build_library
from adjointcheck.solve.native_ops import AXES, March, Marching, Target

PRECISIONS = {torch.float64: "-DADJ_PRECISIONS=1", torch.float32: "-DADJ_PRECISIONS=2"}
ARGUMENTS = ("x0", "theta", "w", "t0", "t1", "observation_times")


@dataclass(frozen=True, eq=False)
class Solution:
    """Final state x1 (batch, n), cost J (batch,), status, accepted and rejected time steps (batch,) int64.

    `status` indexes STATUS.  Where it is not FINISHED, x1 is the last accepted state and cost is NaN.  `record` is the
    torch target's, marched over the same inputs when it is first asked for: a launch keeps no time steps.
    """

    x1: Tensor
    cost: Tensor
    status: Tensor
    accepted: Tensor
    rejected: Tensor
    face: Face
    given: dict[str, Tensor]
    options: Any

    @cached_property
    def record(self) -> Any:
        """The torch target's record of this solve."""
        module = self.face.torch
        plain = {name: value.detach() for name, value in self.given.items()}
        return module.march(module.spread(plain, module.initial_state), self.options)


class Face:
    """`solve` and `value_and_gradient` of one built text."""

    def __init__(self, target: Target, library: Library, facts: dict[str, Any]) -> None:
        self.target, self.torch, self.library, self.facts = target, target.torch, library, facts
        self.n = target.sizes[0]
        self.own: dict[tuple[torch.dtype, torch.device, str, str], Tensor] = {}

    def solve(
        self, x0: Any = None, theta: Any = None, t0: Any = None, t1: Any = None, *, w: Any = None, hold: str = "constant",
        rtol: float = 1e-6, atol: float = 1e-6, steps: int | None = None, max_steps: int = 100_000,
        observation_times: Any = None, memory_limit: int | None = None,
    ) -> Solution:  # fmt: skip
        """As the torch module's `solve`, in one launch; a gradient asked for later is a second launch.

        `memory_limit` in bytes bounds what a launch allocates; more than one time step is then recomputed on the way back.
        """
        options = self.torch.Options(hold, rtol, atol, steps, max_steps)
        given = dict(x0=x0, theta=theta, w=w, t0=t0, t1=t1, observation_times=observation_times)
        read = self.torch.read_inputs(given, hold)
        apply = native_ops.march if torch.compiler.is_compiling() else March.apply  # the compiler knows operations best
        found = apply(self.target.key, *self.rows(read), *marching(options, memory_limit, span=self.span(t0, t1)))
        return Solution(*found, face=self, given=read, options=options)

    def value_and_gradient(
        self, x0: Any = None, theta: Any = None, t0: Any = None, t1: Any = None, *, w: Any = None, hold: str = "constant",
        rtol: float = 1e-6, atol: float = 1e-6, steps: int | None = None, max_steps: int = 100_000,
        observation_times: Any = None, memory_limit: int | None = None, by_times: bool = True,
    ) -> tuple[Tensor, Any]:  # fmt: skip
        """As the torch module's `value_and_gradient`, forward and backward in one launch.

        `by_times=False` leaves out the gradients by t0, t1 and observation_times, about a tenth of the work: they are None.
        """
        given = (x0, theta, w, t0, t1, observation_times)
        options = marching(self.options(hold, rtol, atol, steps, max_steps), memory_limit, by_times, self.span(t0, t1))
        plain = None if torch.compiler.is_compiling() else self.plain(given, options)
        if plain is None:
            return self.traced(given, options)
        cost, *found = native_ops.run_sweep(self.target, plain, options, None, self.ones(plain))
        return cost, self.gradients(dict(zip(ARGUMENTS, found, strict=True)), options)

    def gradients(self, found: Mapping[str, Tensor], options: Marching) -> Any:
        """The torch module's Gradients, None by times where these were not asked for."""
        missing: tuple[str, ...] = () if options.timed else ("t0", "t1", "observation_times")
        return self.torch.Gradients(**{name: None if name in missing else value for name, value in found.items()})

    @torch.no_grad()
    def traced(self, given: tuple[Any, ...], options: Marching) -> tuple[Tensor, Any]:
        """`value_and_gradient` through the operation: for what is no plain tensor, and for input to be converted or refused."""
        read = self.torch.read_inputs(dict(zip(ARGUMENTS, given, strict=True)), options.hold)
        rows = self.rows(read)
        batch = native_ops._common(rows)
        cost, *found = native_ops.sweep(self.target.key, None, rows[1].new_ones(batch), *rows, *options)
        pairs = dict(zip(ARGUMENTS, found, strict=True))
        shaped = {name: value.reshape(read[name].shape) if name in read else value for name, value in pairs.items()}
        return cost, self.gradients(shaped, options)

    def span(self, t0: Any, t1: Any) -> float:
        """t1 - t0 where both are numbers or the statement's own, else 0."""
        ends = [own if value is None else value for value, own in zip((t0, t1), self.torch.HORIZON, strict=True)]
        return float(ends[1] - ends[0]) if all(type(end) in (float, int) for end in ends) else 0.0

    def rows(self, read: dict[str, Tensor]) -> tuple[Any, ...]:
        """The inputs in the kernel's order, each with a batch axis; x0 None where it follows theta."""
        native_ops.batch_size(self.target, [read.get(name) for name in ARGUMENTS])
        pairs = ((read.get(name), axes) for name, axes in zip(ARGUMENTS, AXES, strict=True))
        return tuple(value if value is None or value.ndim > axes else value[None] for value, axes in pairs)

    def lane_efficiency(self, *arguments: Any, **options: Any) -> float:
        """The share of the lanes' time steps that were a trajectory's own, over one forward solve; arguments of `solve`."""
        made, slots = ctypes.c_int64(0), ctypes.c_int64(0)
        bound = inspect.signature(self.torch.solve).bind(*arguments, **options)
        bound.apply_defaults()
        values = bound.arguments
        march = self.torch.Options(*(values[name] for name in ("hold", "rtol", "atol", "steps", "max_steps")))
        read = self.torch.read_inputs({name: values[name] for name in ARGUMENTS}, march.hold)
        launch, _, like, _kept = native_ops.prepare(self.target, self.rows(read), marching(march, None))
        launch.lane_attempts, launch.lane_slots = ctypes.addressof(made), ctypes.addressof(slots)
        native_ops.finish(self.target, launch, like)
        return made.value / slots.value if slots.value else 1.0

    # Reading without copies: a warm call spends its time in the launch.

    def plain(self, given: tuple[Any, ...], options: Marching) -> tuple[Tensor | None, ...] | None:
        """The inputs as they are, if each is left out, a number, or a plain tensor that fits; else None."""
        like = next((value for value in given if isinstance(value, Tensor)), _LIKE)
        dtype, device = like.dtype, like.device
        n, m, k, count = self.target.sizes
        found = []
        for name, value, shape in zip(ARGUMENTS, given, ((n,), (m,), (None, k), (), (), (count,)), strict=True):
            if value is None:
                value = None if name == "x0" else self.default(name, options.hold, dtype, device)
            elif type(value) in (float, int) and not shape:
                value = torch.tensor(value, dtype=dtype, device=device)
            elif type(value) is not Tensor or value.dtype is not dtype or value.device != device or not fits(value, shape):
                return None
            found.append(value)
        if dtype not in native_ops.REALS or found[2].shape[-2] <= (options.hold == "linear") or not has_storage(found):
            return None
        if count and any(value is not None for value in given[3:]):
            native_ops.check_times(self.target, self.rows(dict(zip(ARGUMENTS, found, strict=True))))
        return tuple(found)

    def default(self, name: str, hold: str, dtype: torch.dtype, device: torch.device) -> Tensor:
        """The statement's own value, made once for each dtype and device."""
        key = (dtype, device, name, hold)
        if key not in self.own:
            self.own[key] = torch.tensor(self.torch.default_input(name, hold), dtype=dtype, device=device)
        return self.own[key]

    def ones(self, inputs: tuple[Tensor | None, ...]) -> Tensor:
        """The weight 1 of each trajectory's cost."""
        theta, batch = inputs[1], native_ops.batch_size(self.target, inputs)
        assert theta is not None
        if batch > 1:
            return theta.new_ones(batch)
        key = (theta.dtype, theta.device, "one", str(batch))
        if key not in self.own:
            self.own[key] = theta.new_ones(batch)
        return self.own[key]

    def options(self, *arguments: Any) -> Any:
        """The torch module's Options, made once for plain numbers."""
        plain = type(arguments[1]) is float and type(arguments[2]) is float and not torch.compiler.is_compiling()
        return self.kept_options(*arguments) if plain else self.torch.Options(*arguments)

    @cached_property
    def kept_options(self) -> Any:
        return lru_cache(64, typed=True)(self.torch.Options)


_LIKE = torch.empty(0, dtype=torch.float64)


def marching(options: Any, memory_limit: int | None, timed: bool = True, span: float = 0.0) -> Marching:
    """Options as the kernel takes them."""
    return Marching(
        options.hold, float(options.rtol), float(options.atol), options.steps or 0, options.max_steps, memory_limit or 0, timed, span
    )


def fits(value: Tensor, shape: tuple[int | None, ...]) -> bool:
    """Whether `value` has `shape` with or without a batch axis; None is any length."""
    found = value.shape[-len(shape) :] if shape else ()
    if value.ndim - len(shape) not in (0, 1):
        return False
    return found == shape or (shape[:1] == (None,) and found[1:] == shape[1:])


def has_storage(values: list[Tensor | None]) -> bool:
    """Whether the numbers can be read here: not under a transform of torch.func, nor while shapes alone are traced."""
    try:
        for value in values:
            if value is not None:
                value.data_ptr()
    except RuntimeError:
        return False
    return True


# From text to module


def load_native(text: str, torch_module: ModuleType, operations: int = 1000) -> ModuleType:
    """The module of a native text; `torch_module` is the torch target of the same program.

    `operations` of one time step of one trajectory are an estimate, for how long a launch may take.  Double precision is
    built now, single precision when it is first asked for, CUDA when a CUDA tensor is first seen.
    Raises NativeUnavailable without a compiler, CodegenError for a text that does not compile or is of another problem.
    """
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    name = f"{torch_module.__name__}_native_{key[:16]}"
    if name not in sys.modules:
        library, handle = open_library(text, torch.float64)
        facts = describe(handle)
        check_facts(facts, torch_module)
        target = Target(
            key, torch_module, {torch.float64: solver_of(handle, torch.float64)}, facts["lanes"]["f64"], operations,
            lambda dtype: solver_of(open_library(text, dtype)[1], dtype),
            lambda *wanted: native_cuda.solver_of(text, torch_module, *wanted),
        )  # fmt: skip
        sys.modules[name] = dress(name, Face(native_ops.register(target), library, facts))
    return sys.modules[name]


def open_library(text: str, dtype: torch.dtype) -> tuple[Library, ctypes.CDLL]:
    """Build and load `text` for one precision."""
    library = build_library(text, PRECISIONS[dtype])
    return library, native_abi.bind(ctypes.CDLL(str(library.path)))


def solver_of(handle: ctypes.CDLL, dtype: torch.dtype) -> native_ops.Solver:
    """The entry point for a dtype."""
    return getattr(handle, f"adjointcheck_solve_{native_ops.REALS[dtype]}")


def describe(handle: ctypes.CDLL) -> dict[str, Any]:
    """What a library says about itself."""
    size = handle.adjointcheck_describe(None, 0)
    buffer = ctypes.create_string_buffer(max(size, 0) + 1)
    handle.adjointcheck_describe(buffer, len(buffer))
    return json.loads(buffer.value)


def check_facts(facts: dict[str, Any], module: ModuleType) -> None:
    """Refuse a library of another structure or another problem before anything is read through it."""
    expected = {"format": native_abi.FORMAT, "n": len(module.STATES), "m": len(module.PARAMETERS), "k": len(module.CONTROLS),
                "S": len(module.OBSERVATION_TIMES), "method": module.METHOD}  # fmt: skip
    found = {name: facts.get(name) for name in expected}
    if found != expected:
        raise CodegenError(f"native target of {module.NAME}", found, str(expected), "Build it again with this version of adjointcheck.")


def dress(name: str, face: Face) -> ModuleType:
    """A module with the face of the torch module; what is not the native target's own is the torch module's."""
    module = ModuleType(name, f"{face.torch.NAME}, {face.torch.METHOD}: native target of {face.torch.__name__}")
    own = {"solve": face.solve, "value_and_gradient": face.value_and_gradient, "lane_efficiency": face.lane_efficiency,
           "Solution": Solution, "torch": face.torch, "target": face.target, "library": face.library, "facts": face.facts,
           "TARGET": "native", "__getattr__": lambda attribute: getattr(face.torch, attribute)}  # fmt: skip
    constants = {key: value for key, value in vars(face.torch).items() if key.isupper()}
    vars(module).update({**constants, **own})
    return module
