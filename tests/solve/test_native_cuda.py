"""The native target on CUDA: what can be said and compiled without a device; what it computes, where there is one."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import adjointcheck as ac
from adjointcheck.codegen import generate
from adjointcheck.errors import CodegenError
from adjointcheck.solve import native_cuda
from adjointcheck.solve.native_abi import Launch
from adjointcheck.solve.native_build import NativeUnavailable

SIZES = (3, 2, 2, 4)  # n, m, k, S
GIB = 2**30


def launch(**fields: Any) -> Launch:
    given = {"count": 100_000, "intervals": 5, "hold": 1, "max_steps": 20_000, "cost_bar": 1} | fields
    return Launch(**given)


def rows_that_fit(launch: Launch, threads: int, size: int, itemsize: int) -> int:
    """Rows of the tape that the kernel's own arithmetic (native_launch.hpp, place_tape) finds room for."""
    n, m, k, s = SIZES
    width, w_size = n + m + 2 + s + (launch.intervals + launch.hold) * k, (launch.intervals + launch.hold) * k
    numbers = (size - threads * width * 8) // itemsize // threads - w_size
    rows = 0
    for shift in range(16):
        rest = numbers - (n * 2**shift if shift else 0)
        rows = rest * 2**shift // (2 * 2**shift + n) - 2**shift
        if rows >= launch.max_steps:
            break
    return rows


@pytest.mark.parametrize("itemsize", [4, 8])
@pytest.mark.parametrize("limit", [100 * GIB, 20 * GIB, 4 * GIB, GIB // 2])
@pytest.mark.parametrize("fields", [{}, {"steps": 1000, "max_steps": 1000}, {"max_steps": 100_000}, {"count": 5}, {"hold": 0, "intervals": 1}])
def test_every_tape_holds_all_time_steps_within_the_limit(fields: dict[str, Any], limit: int, itemsize: int) -> None:
    given = launch(**fields)
    threads, size = native_cuda.plan(given, SIZES, itemsize, 132 * 2048, limit)
    assert 0 < threads <= 132 * 2048 and threads % native_cuda.BLOCK == 0 and size <= limit
    assert rows_that_fit(given, threads, size, itemsize) >= given.max_steps


def test_less_memory_first_spreads_the_kept_states_then_thins_the_threads() -> None:
    given = launch(max_steps=1000, count=132 * 2048)
    plans = [native_cuda.plan(given, SIZES, 8, 132 * 2048, limit) for limit in (100 * GIB, 6 * GIB, GIB, 2**20)]
    assert [threads for threads, _ in plans][:2] == [132 * 2048] * 2 and plans[1][1] < plans[0][1]
    assert 0 < plans[2][0] < 132 * 2048 and plans[3] == (0, 0)


def test_a_forward_launch_needs_no_tape() -> None:
    _, size = native_cuda.plan(launch(cost_bar=None), SIZES, 8, 132 * 2048, GIB)
    assert size < 132 * 2048 * 8 * 64


def test_state_says_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_cuda, "nvrtc", lambda: None)
    monkeypatch.setattr(native_cuda, "nvcc", lambda: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert native_cuda.state() == (False, "no device that torch can use (neither NVRTC nor nvcc)")
    with pytest.raises(NativeUnavailable, match="got neither NVRTC nor nvcc"):
        native_cuda.build_cubin("", "sm_90", 1)


def test_nvrtc_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for the library: options, the cubin it returns, its first complaint, and that each program is destroyed."""
    calls: list[str] = []

    class Stub:
        code = 0

        def __getattr__(self, name: str) -> Callable[..., int]:
            def call(*arguments: Any) -> int:
                calls.append(name)
                if name == "nvrtcVersion":
                    arguments[0]._obj.value, arguments[1]._obj.value = 12, 9
                if name == "nvrtcCompileProgram":
                    calls.extend(option.decode() for option in arguments[2])
                    return self.code
                if name.endswith("Size"):
                    arguments[1]._obj.value = 7 if "CUBIN" in name else 16
                if name in ("nvrtcGetCUBIN", "nvrtcGetProgramLog"):
                    ctypes.memmove(arguments[1], b"\x7fELF123" if "CUBIN" in name else b"a\nm(3): error: x", 7 if "CUBIN" in name else 16)
                return 0

            return call

    stub = Stub()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(native_cuda, "nvrtc", lambda: stub)
    assert native_cuda.build_cubin("text", "sm_90", 2).read_bytes() == b"\x7fELF123"
    assert {"--gpu-architecture=sm_90", "-DADJ_PRECISIONS=2", "--std=c++17"} <= set(calls)
    assert native_cuda.build_cubin("text", "sm_90", 2).is_file() and calls.count("nvrtcCompileProgram") == 1
    stub.code = 6
    with pytest.raises(CodegenError, match=r"native target, NVRTC: got m\(3\): error: x"):
        native_cuda.build_cubin("other", "sm_90", 2)
    assert calls.count("nvrtcCreateProgram") == calls.count("nvrtcDestroyProgram") == 2


def test_a_code_of_the_driver_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def words(code: int, found: Any) -> None:
        found._obj.value = b"invalid argument"

    monkeypatch.setattr(native_cuda, "driver", lambda: SimpleNamespace(cuLaunchKernel=lambda *_: 1, cuGetErrorString=words))
    with pytest.raises(RuntimeError, match="cuLaunchKernel: code 1: invalid argument"):
        native_cuda.start(ctypes.c_void_p(), 1, 0, Launch())


@pytest.mark.slow
@pytest.mark.parametrize("precision", [1, pytest.param(2, marks=pytest.mark.campaign)])
def test_the_text_compiles_for_devices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, precision: int) -> None:
    if not (native_cuda.nvrtc() or native_cuda.nvcc()):
        pytest.skip("needs NVRTC or nvcc")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    text = generate(ac.derive(ac.load("lotka_volterra")).system, "native", "tsit5")
    cubin = native_cuda.build_cubin(text, "sm_90", precision).read_bytes()
    real = {1: b"f64", 2: b"f32"}[precision]
    assert cubin.startswith(b"\x7fELF") and b"adjointcheck_kernel_" + real in cubin and b"adjointcheck_reduce_" + real in cubin


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_device_computes_what_the_processor_computes(dtype: torch.dtype) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    module = ac.build(ac.load("lotka_volterra"), target="native")
    x0 = 1 + torch.rand(1000, 2, generator=torch.Generator().manual_seed(0), dtype=dtype) / 10
    cost, found = module.value_and_gradient(x0, steps=200, max_steps=200)
    with torch.cuda.stream(torch.cuda.Stream()):
        device_cost, device_found = module.value_and_gradient(x0.cuda(), steps=200, max_steps=200)
        torch.cuda.current_stream().synchronize()
    limit = {torch.float64: 1e-10, torch.float32: 1e-3}[dtype]
    torch.testing.assert_close(device_cost.cpu(), cost, rtol=limit, atol=limit)
    for name in ("x0", "theta", "t1"):
        torch.testing.assert_close(getattr(device_found, name).cpu(), getattr(found, name), rtol=limit, atol=limit * 1000)
