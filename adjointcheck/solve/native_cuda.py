"""The native text on CUDA devices: compiled by NVRTC (which CUDA builds of torch bring) or nvcc, launched by the driver.

Nothing here needs CUDA to be imported.  A launch runs on torch's current stream and is not waited for.
"""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from adjointcheck.errors import CodegenError
from adjointcheck.solve.native_abi import INPUTS, Launch
from adjointcheck.solve.native_build import LAYOUT, Made, NativeUnavailable, cached, run_quietly
from adjointcheck.solve.native_ops import REALS, Solver

BLOCK = 128  # threads
SHARE = 0.6  # of the free memory that tapes may take unless memory_limit says otherwise
MODEST_ROWS = 4096  # of a tape that may be laid out without knowing how many time steps there will be
PRECISIONS = {torch.float64: 1, torch.float32: 2}
Kind = tuple[tuple[str, bool], ...]  # names of ADJ_EQUAL and the like, and whether it is so
OPTIONS = ("--std=c++17",)


def state() -> tuple[bool, str]:
    """Whether the native target can run on a CUDA device here, and what there is of it, in words."""
    compilers = [words for words in (nvrtc_words(), nvcc_words()) if words]
    told = "; ".join(compilers) if compilers else "neither NVRTC nor nvcc"
    if not torch.cuda.is_available():
        return False, f"no device that torch can use ({told})"
    devices = [torch.device("cuda", i) for i in range(torch.cuda.device_count())]
    names = ", ".join(f"{torch.cuda.get_device_name(device)} ({architecture(device)})" for device in devices)
    return bool(compilers), f"{names}; {told}"


def architecture(device: torch.device) -> str:
    """The compute capability of `device` as compilers name it."""
    major, minor = torch.cuda.get_device_capability(device)
    return f"sm_{major}{minor}"


# Compilers


@cache
def nvrtc() -> ctypes.CDLL | None:
    """NVRTC, from the packages beside torch or from the system; None where there is none."""
    for place in _nvrtc_places():
        with suppress(OSError):
            return ctypes.CDLL(str(place))
    return None


def _nvrtc_places() -> Iterator[str | Path]:
    beside = Path(torch.__file__).parents[1] / "nvidia"
    for pattern in ("*/lib/libnvrtc.so.*", "*/lib/libnvrtc.so"):
        yield from sorted((path for path in beside.glob(pattern) if ".alt." not in path.name), reverse=True)
    yield from ("libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12")


def nvrtc_words() -> str:
    """Name and version of NVRTC, "" without one."""
    library = nvrtc()
    if library is None:
        return ""
    major, minor = ctypes.c_int(), ctypes.c_int()
    library.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return f"NVRTC {major.value}.{minor.value}"


def nvcc() -> str | None:
    """nvcc on the path, or below CUDA_HOME."""
    below = os.environ.get("CUDA_HOME", "")
    return shutil.which("nvcc") or (shutil.which("nvcc", path=str(Path(below, "bin"))) if below else None)


def nvcc_words() -> str:
    """Where nvcc is, "" without one."""
    return f"nvcc ({place})" if (place := nvcc()) else ""


def build_cubin(text: str, arch: str, precision: int, kind: Kind = ()) -> Path:
    """The device code of `text` for one architecture, precision (1: double, 2: float) and kind of launch, kept in the cache.

    Raises NativeUnavailable where there is no compiler for devices, CodegenError with its first complaint.
    """
    words = nvrtc_words() or nvcc_words()
    if not words:
        raise NativeUnavailable("native target on CUDA", "neither NVRTC nor nvcc", "one of them",
                                "Install a CUDA build of torch, or CUDA itself.")  # fmt: skip
    options = (*OPTIONS, f"--gpu-architecture={arch}", f"-DADJ_PRECISIONS={precision}", *flags_of(kind))
    key = hashlib.sha256("\0".join([str(LAYOUT), text, words, *options]).encode()).hexdigest()

    def make(work: Path) -> Made:
        data = _by_nvrtc(text, options) if nvrtc() else _by_nvcc(text, options, work)
        (work / "module.cubin").write_bytes(data)
        return work / "module.cubin", words, options

    return cached(key, ".cubin", make).path


def _by_nvrtc(text: str, options: tuple[str, ...]) -> bytes:
    library, program = nvrtc(), ctypes.c_void_p()
    assert library is not None
    if library.nvrtcCreateProgram(ctypes.byref(program), text.encode(), b"module.cu", 0, None, None):
        raise CodegenError("native target, NVRTC", "no program", "a text that it takes")
    options = (*options, "--device-as-default-execution-space")  # it would refuse the few functions of the host
    try:
        given = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
        if library.nvrtcCompileProgram(program, len(options), given):
            raise _refused("NVRTC", _read(library, program, "ProgramLog").rstrip(b"\0").decode(errors="replace"))
        return _read(library, program, "CUBIN")
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def _read(library: ctypes.CDLL, program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    getattr(library, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    getattr(library, f"nvrtcGet{what}")(program, buffer)
    return buffer.raw


def _by_nvcc(text: str, options: tuple[str, ...], work: Path) -> bytes:
    source, made = work / "module.cu", work / "nvcc.cubin"
    source.write_text(text, encoding="utf-8")
    said = run_quietly([nvcc() or "nvcc", "-cubin", *options, "-o", str(made), str(source)], work)
    if said:
        raise _refused("nvcc", said)
    return made.read_bytes()


def _refused(who: str, said: str) -> CodegenError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = next((line for line in lines if "error" in line), lines[0] if lines else "no word")
    return CodegenError(f"native target, {who}", first, "a text that compiles", 'Please report it; target="torch" needs no compiler.')


# Launching


@cache
def driver() -> ctypes.CDLL:
    """The driver, whose context is torch's."""
    library = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    library.cuModuleLoadData.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.cuLaunchKernel.argtypes = [ctypes.c_void_p, *[ctypes.c_uint] * 7, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    return library


def _ask(name: str, *arguments: Any) -> None:
    code = getattr(driver(), name)(*arguments)
    if code:
        words = ctypes.c_char_p()
        driver().cuGetErrorString(code, ctypes.byref(words))
        raise RuntimeError(f"native target on CUDA, {name}: code {code}: {(words.value or b'unknown').decode()}")


@dataclass(frozen=True)
class Device:
    """What launches ask of a device: threads held at once, free bytes, room, to run a function of the text, h times its tableau."""

    threads: Callable[[Kind], int]
    free: Callable[[], int]
    empty: Callable[[int, torch.dtype], torch.Tensor]
    start: Callable[..., None]  # (name, kind, threads, *arguments)
    scaled: Callable[[float], ctypes.Array]


@cache
def solver_of(text: str, module: ModuleType, device: torch.device, dtype: torch.dtype) -> Solver:
    """The entry point on one device, with the face of the CPU's."""
    index = device.index if device.index is not None else torch.cuda.current_device()
    sizes = (len(module.STATES), len(module.PARAMETERS), len(module.CONTROLS), len(module.OBSERVATION_TIMES))
    opened = open_device(text, index, dtype, scaling(module, dtype))

    def solve(launch: Launch) -> int:
        with torch.cuda.device(index):
            return run(opened, launch, sizes, dtype.itemsize)

    return solve


def scaling(module: Any, dtype: torch.dtype) -> Callable[[float], ctypes.Array]:
    """h to the structure `Scaled` of native_runtime.hpp: h a_ij row by row, then h b_i, for the tableau of a torch target."""
    stages, real = len(module.B), {torch.float64: ctypes.c_double, torch.float32: ctypes.c_float}[dtype]
    weights = [weight for row in module.A for weight in (*row, *[0.0] * (stages - len(row)))] + list(module.B)

    @lru_cache(64)
    def scaled(h: float) -> ctypes.Array:
        return (real * len(weights))(*(h * weight for weight in weights))

    return scaled


def open_device(text: str, index: int, dtype: torch.dtype, scaled: Callable[[float], ctypes.Array]) -> Device:
    """The CUDA device `index`, and on it the functions of `text`, each compiled when a launch of its kind is first seen."""
    device = torch.device("cuda", index)

    @cache
    def functions(kind: Kind) -> dict[str, ctypes.c_void_p]:
        return _load(build_cubin(text, architecture(device), PRECISIONS[dtype], kind), REALS[dtype])

    def begin(name: str, kind: Kind, threads: int, *arguments: Any) -> None:
        stream = torch.cuda.current_stream(index).cuda_stream
        start(functions(kind)[name], -(-threads // BLOCK), stream, *arguments)

    def resident(kind: Kind) -> int:
        blocks = ctypes.c_int()
        _ask("cuOccupancyMaxActiveBlocksPerMultiprocessor", ctypes.byref(blocks), functions(kind)["kernel"], BLOCK, ctypes.c_size_t(0))
        return blocks.value * torch.cuda.get_device_properties(index).multi_processor_count * BLOCK

    return Device(
        resident,
        lambda: torch.cuda.mem_get_info(index)[0],  # which also makes torch's context that of this thread
        lambda count, kind: torch.empty(count, dtype=kind, device=device), begin, scaled,
    )  # fmt: skip


def _load(path: Path, real: str) -> dict[str, ctypes.c_void_p]:
    """The kernel that solves and the one that adds up."""
    module, found = ctypes.c_void_p(), {"kernel": ctypes.c_void_p(), "reduce": ctypes.c_void_p()}
    _ask("cuModuleLoadData", ctypes.byref(module), path.read_bytes())
    for name, function in found.items():
        _ask("cuModuleGetFunction", ctypes.byref(function), module, f"adjointcheck_{name}_{real}".encode())
    return found


def start(function: ctypes.c_void_p, blocks: int, stream: int, *arguments: Any) -> None:
    """Launch `function` on `blocks` of BLOCK threads."""
    addresses = (ctypes.c_void_p * len(arguments))(*(ctypes.addressof(argument) for argument in arguments))
    _ask("cuLaunchKernel", function, blocks, 1, 1, BLOCK, 1, 1, 0, stream, addresses, None)


# One launch


def run(device: Device, launch: Launch, sizes: tuple[int, ...], itemsize: int) -> int:
    """Lay out the workspace of `launch`, solve, and add up what is shared; returns a key of CODES."""
    limit = launch.memory_limit or int(SHARE * device.free())
    launch.rows = rows_of(launch, sizes)
    if launch.rows > MODEST_ROWS:
        launch.rows = longest(device, launch, sizes, itemsize) + 1
    for spaced in (False, True):
        kind = kind_of(launch, sizes, spaced)
        threads, shift, size = plan(launch, sizes, itemsize, device.threads(kind), limit)
        if spaced == (shift > 0):
            break
    if not threads:
        return 3
    workspace = device.empty(size, torch.uint8)
    launch.workspace, launch.workspace_bytes = workspace.data_ptr(), size
    counter = None if has_sums(launch) else device.empty(1, torch.int64).zero_()
    launch.next = None if counter is None else counter.data_ptr()
    device.start("kernel", kind, threads, launch, device.scaled(launch.span / launch.steps if launch.steps else 0.0))
    for before, after in levels(threads) if launch.rows else ():
        numbers = (ctypes.c_int(value) for value in (threads, before, after))
        device.start("reduce", kind, shared_width(launch, sizes) * after, launch, *numbers)
    return 0


def kind_of(launch: Launch, sizes: tuple[int, ...], spaced: bool) -> Kind:
    """What a build may know: equal time steps, a way back, derivatives by times, one size of all time steps, that no tape is spaced."""
    taped = bool(launch.x1_bar or launch.cost_bar)
    timed = taped and bool(launch.t0_bar or launch.t1_bar or launch.times_bar)
    uniform = launch.steps > 0 and launch.span != 0 and launch.intervals == 1 and sizes[3] == 0
    known: Kind = ("EQUAL", launch.steps > 0), ("TAPED", taped), ("TIMED", timed), ("UNIFORM", uniform)
    return known if spaced else (*known, ("SPACED", False))


def has_sums(launch: Launch) -> bool:
    """Whether a gradient is summed over trajectories; then it is fixed which thread solves which."""
    return bool(launch.rows) and any(getattr(launch, f"{name}_bar") and getattr(launch, f"{name}_bar_shared") for name in INPUTS)


def flags_of(kind: Kind) -> tuple[str, ...]:
    """What a compiler is told of a kind of launch."""
    return tuple(f"-DADJ_{name}={int(is_so)}" for name, is_so in kind)


def rows_of(launch: Launch, sizes: tuple[int, ...]) -> int:
    """Time steps that a trajectory may take on its tape and one more; 0 without a way back."""
    if not (launch.x1_bar or launch.cost_bar):
        return 0
    most = launch.steps + launch.intervals + sizes[3] + 1 if launch.steps else launch.max_steps
    return min(most, launch.max_steps) + 1


def longest(device: Device, launch: Launch, sizes: tuple[int, ...], itemsize: int) -> int:
    """The most time steps that a trajectory of `launch` takes, from a launch without a way back."""
    forward = Launch.from_buffer_copy(launch)
    for name in ("x1_bar", "cost_bar", "x1", "cost", "status", "rejected"):
        setattr(forward, name, None)
    accepted = device.empty(launch.count, torch.int64)
    forward.accepted = accepted.data_ptr()
    run(device, forward, sizes, itemsize)
    return int(accepted.max())


def levels(threads: int) -> list[tuple[int, int]]:
    """How many parts of a sum become how many, until one is left."""
    parts = [threads, *(size for size in (4096, 64) if size < threads), 1]
    return list(itertools.pairwise(parts))


def shared_width(launch: Launch, sizes: tuple[int, ...]) -> int:
    """Numbers in one row of all shared gradients."""
    n, m, k, count = sizes
    return n + m + 2 + count + (launch.intervals + launch.hold) * k


def plan(launch: Launch, sizes: tuple[int, ...], itemsize: int, most: int, limit: int) -> tuple[int, int, int]:
    """Threads, shift, and bytes of the workspace: every tape holds `launch.rows` time steps.

    States are kept at a spacing of 2^shift rows, as few as the limit of memory asks for; where even that is too much,
    fewer threads are resident and each solves more trajectories one after the other.  No threads: not even one block fits.
    """
    n, _, k, _ = sizes
    width, nodes = shared_width(launch, sizes), (launch.intervals + launch.hold) * k
    wanted = min(-(-launch.count // BLOCK) * BLOCK, most // BLOCK * BLOCK)
    sides = 0 if launch.steps else 2

    def bytes_of_thread(shift: int) -> int:
        tape = ((launch.rows >> shift) + 1 + (1 << shift if shift else 0)) * n + sides * launch.rows if launch.rows else 0
        return 8 * width + itemsize * (nodes + tape)

    spacings = range(max(1, min(16, (launch.rows or 1).bit_length())))
    shift = next((s for s in spacings if wanted * bytes_of_thread(s) <= limit), None)
    if shift is None:
        shift = min(spacings, key=bytes_of_thread)
        wanted = limit // bytes_of_thread(shift) // BLOCK * BLOCK
    return wanted, shift, wanted * bytes_of_thread(shift)
