"""The device's text and what the package does to launch it, on this machine's processor."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path
from typing import Any

import torch
from native_harness import SUFFIX, load

from adjointcheck.solve import native_cuda
from adjointcheck.solve.native_abi import Launch

HEAD = Path(__file__).with_name("device_emulator.hpp").read_text()
# Every function of the text as a plain one that goes through the threads.
TAIL = """
template <class F> static void on_threads(int threads, F f) {
    blockDim.x = 128, gridDim.x = (threads + 127) / 128;
    for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < 128; ++threadIdx.x) f();
}
#define EMULATE(suffix, T) \\
    extern "C" void emulate_kernel_##suffix(int threads, Launch *launch, const Scaled<T> *scaled) { \\
        on_threads(threads, [&] { adjointcheck_kernel_##suffix(*launch, *scaled); }); \\
    } \\
    extern "C" void emulate_reduce_##suffix(int threads, Launch *launch, int *all, int *from, int *to) { \\
        on_threads(threads, [&] { adjointcheck_reduce_##suffix(*launch, *all, *from, *to); }); \\
    }
#if ADJ_PRECISIONS & 1
EMULATE(f64, double)
#else
EMULATE(f32, float)
#endif
"""


class Emulated:
    """A library for `native_harness.launch`: the same entry point, by way of an emulated device of so many threads and bytes."""

    def __init__(self, text: str, module: Any, *, threads: int = 1024, free: int = 2**30) -> None:
        self.text, self.module, self.threads, self.free = text, module, threads, free
        self.sizes = len(module.STATES), len(module.PARAMETERS), len(module.CONTROLS), len(module.OBSERVATION_TIMES)
        self.started: list[tuple[str, dict[str, bool]]] = []

    def __getattr__(self, name: str) -> Any:
        dtype = next(kind for kind, suffix in SUFFIX.items() if name == f"adjointcheck_solve_{suffix}")
        return functools.partial(self.solve, dtype)

    def solve(self, dtype: torch.dtype, launch: Any) -> int:
        start = functools.partial(self.start, dtype)
        device = native_cuda.Device(
            lambda kind: self.threads, lambda: self.free, lambda count, kind: torch.empty(count, dtype=kind), start,
            native_cuda.scaling(self.module, dtype),
        )  # fmt: skip
        return native_cuda.run(device, launch._obj, self.sizes, dtype.itemsize)

    def start(self, dtype: torch.dtype, name: str, kind: native_cuda.Kind, threads: int, launch: Launch, *others: Any) -> None:
        self.started.append((name, dict(kind) | {"in turn": not launch.next}))
        flags = (f"-DADJ_PRECISIONS={native_cuda.PRECISIONS[dtype]}", *native_cuda.flags_of(kind))
        library = compiled(self.text, flags)
        function = getattr(library, f"emulate_{name}_{SUFFIX[dtype]}")
        function(ctypes.c_int(threads), ctypes.byref(launch), *(ctypes.byref(other) for other in others))


def compiled(text: str, flags: tuple[str, ...]) -> ctypes.CDLL:
    """The emulator of a text for one kind of launch."""
    return load(HEAD + text + TAIL, *flags, optimise="-O1")
