"""The face of the native target on the handmade kernel: defaults, refusals, shapes, interrupts, forks, the fall back."""

from __future__ import annotations

import inspect
import logging
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import handmade
import pytest
import torch
from torch import Tensor

from adjointcheck.errors import CodegenError
from adjointcheck.solve import load, native_ops
from adjointcheck.solve.native_module import load_native

F64 = torch.float64
ROOT = Path(__file__).parents[2]


def test_the_face_is_the_torch_modules(growth: ModuleType) -> None:
    """Same names, order, kinds and defaults; memory_limit and by_times alone are more."""
    more = {"solve": [("memory_limit", None)], "value_and_gradient": [("memory_limit", None), ("by_times", True)]}
    for name, extra in more.items():
        ours, theirs = (inspect.signature(getattr(module, name)).parameters for module in (growth, growth.torch))
        pairs = [[(p.name, p.kind, p.default) for p in found.values()] for found in (ours, theirs)]
        assert pairs[0] == [*pairs[1], *((name, inspect.Parameter.KEYWORD_ONLY, default) for name, default in extra)]
    for name in ("NAME", "STATES", "PARAMETERS", "CONTROLS", "THETA", "HORIZON", "METHOD", "STATUS", "FINISHED", "E", "A", "OBSERVATION_TIMES"):
        assert getattr(growth, name) is getattr(growth.torch, name)
    assert growth.rates is growth.torch.rates and growth.Gradients is growth.torch.Gradients and growth.TARGET == "native"
    with pytest.raises(AttributeError):
        growth.nothing_of_this_name  # noqa: B018


def both(growth: ModuleType, **given: Any) -> tuple[tuple[Tensor, Any], tuple[Tensor, Any]]:
    fine = {"steps": 100}
    return growth.value_and_gradient(**given), growth.torch.value_and_gradient(**given, **fine)


B3 = torch.tensor([[1.0], [2.0], [-0.5]], dtype=F64)
GIVEN: dict[str, dict[str, Any]] = {
    "nothing": {}, "numbers": {"t0": 0.1, "t1": 1}, "lists": {"x0": [1.5], "theta": [0.3]}, "nested lists": {"x0": [[1.5], [0.2]]}, "one row": {"x0": B3[:1]},
    "theta batched": {"theta": B3 / 4}, "x0 batched": {"x0": B3}, "both batched": {"x0": B3, "theta": B3 / 4}, "t1 batched": {"t1": torch.tensor([1.0, 0.5, 0.2], dtype=F64)},
    "one time of three": {"x0": B3, "t0": torch.tensor([0.2], dtype=F64)}, "single": {"x0": B3.float(), "theta": torch.tensor([0.4])}, "no trajectory": {"x0": B3[:0]},
    "no trajectory, t1 batched": {"t1": torch.zeros(0, dtype=F64), "theta": torch.zeros(0, 1, dtype=F64)}, "numpy": {"x0": B3.numpy()}, "reverse": {"t0": 1.0, "t1": 0.0},
    "needs a gradient": {"x0": B3.clone().requires_grad_()}, "a parameter": {"x0": torch.nn.Parameter(B3)}, "w of one interval": {"w": [[]], "x0": B3}, "hold": {"hold": "linear"},
}  # fmt: skip


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_values_gradients_and_their_shapes(growth: ModuleType, given: dict[str, Any]) -> None:
    (cost, found), (expected_cost, expected) = both(growth, **given)
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if cost.dtype is torch.float32 else {"rtol": 1e-9, "atol": 1e-11}
    torch.testing.assert_close(cost, expected_cost, **tolerance)
    for name in ("x0", "theta", "w", "t0", "t1", "observation_times"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), **tolerance)
        assert not getattr(found, name).requires_grad


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_solve_and_its_backward_pass(growth: ModuleType, given: dict[str, Any]) -> None:
    leaves = {name: (value.detach().clone() if isinstance(value, Tensor) else value) for name, value in given.items()}
    theta = leaves.get("theta")
    like = next((v for v in leaves.values() if isinstance(v, Tensor)), torch.empty(0, dtype=F64))
    leaves["theta"] = (theta if isinstance(theta, Tensor) else like.new_tensor(theta or [0.7])).requires_grad_()
    other = leaves | {"theta": leaves["theta"].detach().clone().requires_grad_()}
    solution, expected = growth.solve(**leaves), growth.torch.solve(**other, steps=100)
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if solution.cost.dtype is torch.float32 else {"rtol": 1e-9, "atol": 1e-11}
    for name in ("x1", "cost", "status"):
        torch.testing.assert_close(getattr(solution, name), getattr(expected, name), **tolerance)
    slopes = [torch.autograd.grad((s.cost + 3 * s.x1[:, 0]).sum(), v["theta"])[0] for s, v in ((solution, leaves), (expected, other))]
    torch.testing.assert_close(*slopes, **tolerance)


REFUSED: dict[str, dict[str, Any]] = {
    "x0 too long": dict(x0=[1.0, 2.0]), "x0 scalar": dict(x0=1.0), "t0 matrix": dict(t0=[[0.0]]), "theta too short": dict(theta=[]), "a control": dict(w=[[1.0]]),
    "a time too many": dict(observation_times=[0.5]), "no interval": dict(w=torch.empty(0, 0, dtype=F64)), "one node": dict(w=[[]], hold="linear"),
    "integers": dict(x0=torch.tensor([1])), "truths": dict(x0=torch.tensor([True])), "complex": dict(x0=torch.zeros(1, dtype=torch.complex128)),
    "mixed": dict(x0=torch.zeros(1), theta=torch.zeros(1, dtype=F64)), "batch sizes": dict(x0=B3, theta=B3[:2]), "list of tensors": dict(theta=[torch.tensor(1.0)]),
    "ragged": dict(x0=[[1.0], [1.0, 2.0]]), "words": dict(x0="ab"), "hold": dict(hold="cubic"), "rtol": dict(rtol=-1.0), "atol": dict(atol=math.nan),
    "no tolerance": dict(rtol=0.0, atol=0.0), "steps": dict(steps=0), "half a step": dict(steps=2.5), "a truth for steps": dict(steps=True), "max_steps": dict(max_steps=0),
}  # fmt: skip


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
def test_what_the_torch_target_refuses_is_refused_in_its_words(growth: ModuleType, given: dict[str, Any]) -> None:
    for face in ("solve", "value_and_gradient"):
        with pytest.raises(ValueError) as expected:
            getattr(growth.torch, face)(**given)
        with pytest.raises(ValueError) as found:
            getattr(growth, face)(**given)
        assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_short_precision_is_refused(growth: ModuleType, dtype: torch.dtype) -> None:
    for face in (growth.solve, growth.value_and_gradient):
        with pytest.raises(ValueError, match=f'inputs: got {dtype}; expected torch.float64 or torch.float32. .*target="torch"'):
            face(x0=torch.ones(1, dtype=dtype), theta=torch.ones(1, dtype=dtype))


def test_memory_of_another_device_is_refused(growth: ModuleType) -> None:
    with pytest.raises(ValueError, match="inputs: got meta; expected CPU or CUDA tensors"):
        growth.target.solver(torch.ones(1, device="meta"))


def test_an_unfinished_trajectory_leaves_its_neighbours_alone(growth: ModuleType) -> None:
    x0 = torch.tensor([[1.0], [math.nan], [2.0]], dtype=F64)
    solution = growth.solve(x0)
    assert [growth.STATUS[i] for i in solution.status] == ["finished", "non-finite", "finished"]
    cost, found = growth.value_and_gradient(x0)
    assert cost.isnan().tolist() == found.x0[:, 0].isnan().tolist() == [False, True, False]
    alone = growth.value_and_gradient(x0[::2])
    assert torch.equal(cost[::2], alone[0]) and torch.equal(found.x0[::2], alone[1].x0)


def test_changing_an_input_later_does_not_change_the_gradient(growth: ModuleType) -> None:
    theta, x0 = torch.tensor([0.7], dtype=F64, requires_grad=True), torch.tensor([1.2], dtype=F64)
    cost = growth.solve(x0, theta).cost.sum()
    expected = growth.value_and_gradient(x0, theta)[1].theta
    with torch.no_grad():
        theta.zero_()
        x0.zero_()
    assert torch.equal(torch.autograd.grad(cost, theta)[0], expected)


def test_own_values_are_not_shared_with_the_caller(growth: ModuleType) -> None:
    first = growth.value_and_gradient()[1]
    first.theta.zero_()
    first.t0.zero_()
    assert growth.value_and_gradient()[1].theta.item() != 0


def test_the_record_is_the_torch_targets(growth: ModuleType) -> None:
    solution = growth.solve(theta=[0.4], rtol=1e-8, atol=1e-8)
    assert solution.record is solution.record and len(solution.record.steps) > 3
    torch.testing.assert_close(solution.record.x1, solution.x1, rtol=1e-7, atol=0)


def test_lane_efficiency(growth: ModuleType) -> None:
    assert growth.lane_efficiency(B3) == 0.75


def test_equal_texts_are_one_module(growth: ModuleType) -> None:
    assert load_native(handmade.text(), growth.torch) is growth


def test_a_library_of_another_problem_is_refused(growth: ModuleType, compiler: str) -> None:
    with pytest.raises(CodegenError, match=r"native target of growth: .*expected .*'method': 'rk4'"):
        load_native(handmade.text(), handmade.torch_module("rk4"))
    with pytest.raises(CodegenError, match="native target of growth"):
        load_native(handmade.text("other format").replace('"format": 3', '"format": 99'), growth.torch)


# Interrupts and forks


def test_an_interrupt_ends_a_long_launch(growth: ModuleType) -> None:
    """The handmade kernel waits for its flag for ever; the interrupt sets it."""
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        growth.value_and_gradient(torch.ones(2000, 1, dtype=F64), torch.tensor([-99.0], dtype=F64))
    assert time.perf_counter() - start < 10
    assert growth.value_and_gradient()[0].isfinite().all()


def test_a_long_launch_lets_other_threads_run(growth: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_ops, "PATIENCE", 0.0)
    seen: list[int] = []
    plain = growth.target.solvers[F64]
    monkeypatch.setitem(growth.target.solvers, F64, lambda launch: seen.append(threading.get_ident()) or plain(launch))
    growth.value_and_gradient()
    worker = threading.Thread(target=growth.value_and_gradient)
    worker.start()
    worker.join()
    assert seen[0] != threading.get_ident() and seen[1] == worker.ident


def test_many_threads_at_once(growth: ModuleType) -> None:
    expected = [growth.value_and_gradient(theta=[0.1 * i])[1].theta.item() for i in range(8)]
    found: dict[int, list[float]] = {}

    def work(i: int) -> None:
        found[i] = [growth.value_and_gradient(theta=[0.1 * i])[1].theta.item() for _ in range(50)]

    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == {i: [value] * 50 for i, value in enumerate(expected)}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_solves(growth: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parent's thread for long launches is not there."""
    monkeypatch.setattr(native_ops, "PATIENCE", 0.0)
    growth.value_and_gradient()

    def child(pipe: Any) -> None:
        pipe.send((growth.value_and_gradient(B3)[0].tolist(), native_ops._forked))

    mine, theirs = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
    process.start()
    assert mine.poll(20)
    assert mine.recv() == (growth.value_and_gradient(B3)[0].tolist(), True)
    process.join(20)
    assert process.exitcode == 0


# The choice of a target


def test_without_a_compiler_auto_is_torch_and_says_so(empty_cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from adjointcheck.derive import derive

    derivation = derive(handmade.growth())
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with caplog.at_level(logging.WARNING, "adjointcheck"):
        modules = [load.build(derivation) for _ in range(2)]
    assert modules[0] is modules[1] is load.build(derivation, "torch")
    (line,) = caplog.messages
    assert line.startswith("target torch instead of native: native target: got no working compiler") and "\n" not in line
    with pytest.raises(CodegenError, match="no working compiler"):
        load.build(derivation, "native")


def test_the_line_reaches_stderr_of_a_command(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": "", "CXX": "", "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "adjointcheck", "solve", "lotka_volterra"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    assert done.returncode == 0 and "J = " in done.stdout
    assert done.stderr.count("target torch instead of native") == 1


def test_gradients_by_times_may_be_left_out(growth: ModuleType) -> None:
    """They are None then, and the others the same to the bit; autograd leaves them out by itself where no time wants one."""
    x0 = torch.linspace(0.5, 1.5, 5, dtype=torch.float64)[:, None]
    (cost, whole), (same, part) = (growth.value_and_gradient(x0, by_times=by_times) for by_times in (True, False))
    assert torch.equal(cost, same) and torch.equal(whole.x0, part.x0) and torch.equal(whole.theta, part.theta)
    assert part.t0 is part.t1 is part.observation_times is None and whole.t1 is not None
    t1 = torch.tensor(0.8, dtype=torch.float64, requires_grad=True)
    growth.solve(x0, t1=t1).cost.sum().backward()
    torch.testing.assert_close(t1.grad, growth.value_and_gradient(x0, t1=0.8)[1].t1)
