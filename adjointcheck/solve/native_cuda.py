"""The native text on CUDA devices: compiled by NVRTC (which CUDA builds of torch bring) or nvcc, launched by the driver.

Nothing here needs CUDA to be imported.  A launch runs on torch's current stream and is not waited for.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from adjointcheck.errors import CodegenError
from adjointcheck.solve.native_abi import Launch
from adjointcheck.solve.native_build import LAYOUT, Made, NativeUnavailable, cached, run_quietly
from adjointcheck.solve.native_ops import REALS, Solver

BLOCK = 128  # threads
RESIDENT = 2048  # threads that a multiprocessor can hold
SHARE = 0.6  # of the free memory that tapes may take unless memory_limit says otherwise
PRECISIONS = {torch.float64: 1, torch.float32: 2}
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


def build_cubin(text: str, arch: str, precision: int) -> Path:
    """The device code of `text` for one architecture and precision (1: double, 2: float), kept in the cache.

    Raises NativeUnavailable where there is no compiler for devices, CodegenError with its first complaint.
    """
    words = nvrtc_words() or nvcc_words()
    if not words:
        raise NativeUnavailable("native target on CUDA", "neither NVRTC nor nvcc", "one of them",
                                "Install a CUDA build of torch, or CUDA itself.")  # fmt: skip
    options = (*OPTIONS, f"--gpu-architecture={arch}", f"-DADJ_PRECISIONS={precision}")
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


@cache
def _functions(path: Path, real: str, index: int) -> tuple[ctypes.c_void_p, ctypes.c_void_p]:
    """The kernel that solves and the one that adds up, loaded on a device."""
    module, found = ctypes.c_void_p(), (ctypes.c_void_p(), ctypes.c_void_p())
    with torch.cuda.device(index):
        torch.cuda.current_stream().synchronize()  # makes torch's context current
        _ask("cuModuleLoadData", ctypes.byref(module), path.read_bytes())
        for name, function in zip(("kernel", "reduce"), found, strict=True):
            _ask("cuModuleGetFunction", ctypes.byref(function), module, f"adjointcheck_{name}_{real}".encode())
    return found


@cache
def solver_of(text: str, module: ModuleType, device: torch.device, dtype: torch.dtype) -> Solver:
    """The entry point on one device, with the face of the CPU's."""
    index = device.index if device.index is not None else torch.cuda.current_device()
    kernel, reduce = _functions(build_cubin(text, architecture(device), PRECISIONS[dtype]), REALS[dtype], index)
    sizes = (len(module.STATES), len(module.PARAMETERS), len(module.CONTROLS), len(module.OBSERVATION_TIMES))

    def solve(launch: Launch) -> int:
        properties = torch.cuda.get_device_properties(index)
        free, _ = torch.cuda.mem_get_info(index)  # which also makes torch's context that of this thread
        limit = launch.memory_limit or int(SHARE * free)
        threads, size = plan(launch, sizes, dtype.itemsize, properties.multi_processor_count * RESIDENT, limit)
        if not threads:
            return 3
        with torch.cuda.device(index):
            workspace = torch.empty(size, dtype=torch.uint8, device=f"cuda:{index}")
            launch.workspace, launch.workspace_bytes = workspace.data_ptr(), size
            stream = torch.cuda.current_stream(index).cuda_stream
            start(kernel, threads // BLOCK, stream, launch)
            if launch.x1_bar or launch.cost_bar:
                start(reduce, -(-shared_width(launch, sizes) // BLOCK), stream, launch, ctypes.c_int(threads))
        return 0

    return solve


def start(function: ctypes.c_void_p, blocks: int, stream: int, *arguments: Any) -> None:
    """Launch `function` on `blocks` of BLOCK threads."""
    addresses = (ctypes.c_void_p * len(arguments))(*(ctypes.addressof(argument) for argument in arguments))
    _ask("cuLaunchKernel", function, blocks, 1, 1, BLOCK, 1, 1, 0, stream, addresses, None)


def shared_width(launch: Launch, sizes: tuple[int, ...]) -> int:
    """Numbers in one row of all shared gradients."""
    n, m, k, count = sizes
    return n + m + 2 + count + (launch.intervals + launch.hold) * k


def plan(launch: Launch, sizes: tuple[int, ...], itemsize: int, most: int, limit: int) -> tuple[int, int]:
    """Threads, and bytes of the workspace: every tape holds as many time steps as a trajectory may take.

    States are kept at a spacing of 2^shift rows, as few as the limit of memory asks for; where even that is too much,
    fewer threads are resident and each solves more trajectories one after the other.  (0, 0): not even one block fits.
    """
    n, _, k, count = sizes
    width, nodes = shared_width(launch, sizes), (launch.intervals + launch.hold) * k
    wanted = min(-(-launch.count // BLOCK) * BLOCK, most // BLOCK * BLOCK)
    rows = launch.steps + launch.intervals + count + 1 if launch.steps else launch.max_steps
    rows = max(rows, launch.max_steps)  # the kernel looks for a spacing that holds max_steps

    def bytes_of_thread(shift: int) -> int:
        spacing = 1 << shift
        tape = (rows + spacing + 1) * (2 * spacing + n) // spacing + 1 + (n * spacing if shift else 0)
        return 8 * width + itemsize * (nodes + (tape if launch.x1_bar or launch.cost_bar else 0) + 1)

    shift = next((s for s in range(16) if wanted * bytes_of_thread(s) <= limit), None)
    if shift is None:
        shift = min(range(16), key=bytes_of_thread)
        wanted = limit // bytes_of_thread(shift) // BLOCK * BLOCK
    return wanted, wanted * bytes_of_thread(shift)
