"""The native target on CUDA: what can be said and compiled without a device; what it computes, where there is one."""

from __future__ import annotations

import ctypes
import itertools
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
    given = {"count": 100_000, "intervals": 5, "hold": 1, "max_steps": 3_000, "cost_bar": 1} | fields
    made = Launch(**given)
    made.rows = fields.get("rows", native_cuda.rows_of(made, SIZES))
    return made


def numbers_needed(launch: Launch, shift: int) -> int:
    """Numbers of one thread's tape as native_launch.hpp, place_tape, lays them out."""
    n, sides = SIZES[0], 0 if launch.steps else 2
    return ((launch.rows >> shift) + 1 + (2**shift if shift else 0)) * n + sides * launch.rows


@pytest.mark.parametrize("itemsize", [4, 8])
@pytest.mark.parametrize("limit", [100 * GIB, 20 * GIB, 4 * GIB, GIB // 2])
@pytest.mark.parametrize("fields", [{}, {"steps": 1000, "max_steps": 1000}, {"rows": 100_001}, {"count": 5}, {"hold": 0, "intervals": 1}])
def test_every_tape_holds_all_time_steps_within_the_limit(fields: dict[str, Any], limit: int, itemsize: int) -> None:
    given = launch(**fields)
    threads, shift, size = native_cuda.plan(given, SIZES, itemsize, 132 * 2048, limit)
    assert 0 < threads <= 132 * 2048 and threads % native_cuda.BLOCK == 0 and size <= limit
    w_bar = (given.intervals + given.hold) * SIZES[2]
    room = (size - threads * native_cuda.shared_width(given, SIZES) * 8) // itemsize // threads - w_bar
    assert numbers_needed(given, shift) <= room
    assert all(numbers_needed(given, closer) > room for closer in range(shift)), "the kernel would choose a closer spacing"


def test_less_memory_first_spreads_the_kept_states_then_thins_the_threads() -> None:
    given = launch(max_steps=1000, count=132 * 2048)
    plans = [native_cuda.plan(given, SIZES, 8, 132 * 2048, limit) for limit in (100 * GIB, 6 * GIB, GIB, 2**20)]
    assert [threads for threads, *_ in plans][:2] == [132 * 2048] * 2 and plans[1][2] < plans[0][2]
    assert plans[0][1] == 0 < plans[1][1]
    assert 0 < plans[2][0] < 132 * 2048 and plans[3][0] == 0


def test_a_forward_launch_needs_no_tape() -> None:
    *_, size = native_cuda.plan(launch(cost_bar=None), SIZES, 8, 132 * 2048, GIB)
    assert size < 132 * 2048 * 8 * 64


@pytest.mark.parametrize("threads", [128, 4096, 270_336])
def test_sums_shrink_to_one(threads: int) -> None:
    found = native_cuda.levels(threads)
    assert found[0][0] == threads and found[-1][1] == 1
    assert all(before > after for before, after in found) and all(a[1] == b[0] for a, b in itertools.pairwise(found))


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
    assert native_cuda.build_cubin("text", "sm_90", 2, (("EQUAL", True),)).read_bytes() == b"\x7fELF123"
    assert {"--gpu-architecture=sm_90", "-DADJ_PRECISIONS=2", "--std=c++17", "-DADJ_EQUAL=1"} <= set(calls)
    assert native_cuda.build_cubin("text", "sm_90", 2, (("EQUAL", True),)).is_file() and calls.count("nvrtcCompileProgram") == 1
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


def observed() -> ac.Problem:
    """Explicit time, a control, an observation inside and one at t1, every parameter live."""
    return ac.Problem(
        name="observed", states={"x": "-a*x + b*x*y + sin(t)*u", "y": "-y - x + 0.2*t*a + 0.5*u"}, parameters={"a": 0.9, "b": 0.4},
        controls=["u"], running_cost="0.5*x**2 + a*u**2", terminal_cost="(x - a)**2/2 + b*t*y", initial={"x": "0.8 + 0.1*a", "y": "b"},
        horizon=(0.3, 2.1), observations=[{"times": [0.7, 2.1], "data": {"d": [0.5, 1.5]}, "cost": "(x - d)**2*(1 + 0.1*t) + a*y"}],
    )  # fmt: skip


def rounding(dtype: torch.dtype) -> float:
    return {torch.float64: 1e-10, torch.float32: 1e-3}[dtype]


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("options", [{"steps": 60}, {"rtol": 1e-5, "atol": 1e-5}, {"steps": 60, "memory_limit": 900_000}, {"steps": 60, "by_times": False}])
def test_the_device_computes_what_the_processor_computes(dtype: torch.dtype, options: dict[str, Any]) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    module = ac.build(observed(), target="native")
    random = torch.Generator().manual_seed(0)
    theta = (torch.tensor([0.9, 0.4]) + torch.rand(1000, 2, generator=random) / 10).to(dtype)
    w = torch.rand(4, 1, generator=random).to(dtype)
    cost, found = module.value_and_gradient(None, theta, w=w, hold="linear", **options)
    with torch.cuda.stream(torch.cuda.Stream()):
        device_cost, device_found = module.value_and_gradient(None, theta.cuda(), w=w.cuda(), hold="linear", **options)
        torch.cuda.current_stream().synchronize()
    limit = rounding(dtype) if "steps" in options or dtype == torch.float64 else 1e-2  # a float's roundings move the time steps
    torch.testing.assert_close(device_cost.cpu(), cost, rtol=limit, atol=limit)
    for name in ("x0", "theta", "w", "t1", "observation_times"):
        want, got = getattr(found, name), getattr(device_found, name)
        assert (want is None) == (got is None) == (name in ("t1", "observation_times") and "by_times" in options)
        if want is not None:
            torch.testing.assert_close(got.cpu(), want, rtol=limit, atol=limit * float(want.abs().max()))


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("times", [(0.0, 2.5), (torch.tensor(0.0), torch.tensor(2.5))])
def test_one_size_of_all_time_steps_is_the_same_as_a_size_each(dtype: torch.dtype, times: tuple[Any, Any]) -> None:
    """Times given as numbers make the launch UNIFORM, as tensors they do not; more trajectories than threads are resident."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    module, count = ac.build(ac.load("lotka_volterra"), target="native"), 400_000
    random = torch.Generator().manual_seed(0)
    x0, theta = (1 + torch.rand(count, n, generator=random, dtype=torch.float64) for n in (2, 4))
    want_cost, want = module.value_and_gradient(x0, theta, 0.0, 2.5, steps=50)
    given = [value.to(dtype) if isinstance(value, torch.Tensor) else value for value in (x0, theta, *times)]
    cost, found = module.value_and_gradient(*(v.cuda() if isinstance(v, torch.Tensor) else v for v in given), steps=50)
    limit = 1e-11 if dtype == torch.float64 else 1e-3
    torch.testing.assert_close(cost.cpu().double(), want_cost, rtol=limit, atol=limit)
    for name in ("x0", "theta"):
        scale = float(getattr(want, name).abs().max())
        torch.testing.assert_close(getattr(found, name).cpu().double() / scale, getattr(want, name) / scale, rtol=0, atol=limit)


@pytest.mark.gpu
def test_the_device_repeats_itself_and_meets_what_cannot_be_solved() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    module = ac.build(observed(), target="native")
    w = torch.full((3, 1), 0.2, dtype=torch.float64, device="cuda")
    theta = torch.full((5000, 2), 0.5, dtype=torch.float64, device="cuda", requires_grad=True)
    broken = theta.detach().clone()
    broken[7] = float("nan")
    solution = module.solve(None, broken, w=w, max_steps=50)
    assert solution.status.cpu().tolist() == [3 if i == 7 else 0 for i in range(5000)]
    shared = torch.tensor([0.9, 0.4], dtype=torch.float64, device="cuda")
    x0 = torch.rand(100_000, 2, dtype=torch.float64, device="cuda")
    first, second = (module.value_and_gradient(x0, shared, w=w)[1].theta for _ in range(2))
    assert torch.equal(first, second) and bool(first.isfinite().all())
    module.solve(None, theta, w=w).cost.sum().backward()
    assert theta.grad is not None and bool((theta.grad == theta.grad[0]).all()) and bool((theta.grad != 0).all())
    assert module.value_and_gradient(x0[:0], shared, w=w)[0].shape == (0,)
