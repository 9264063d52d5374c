"""The core of the numeric layer: fields of any callable, marching, the discrete gradient against autograd through the same time steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from adjointcheck.check.rounding import LIMIT, SAMPLES, SIGMA, Measure
from adjointcheck.errors import SolveError
from adjointcheck.schemes import METHODS
from adjointcheck.solve.control import Control
from adjointcheck.solve.explicit import ExplicitRungeKutta
from adjointcheck.solve.gradient_method import DISCRETE, Discrete, GradientMethod, Sweep, replay, solve
from adjointcheck.solve.marching import InitialValueProblem, MarchError, Record, march
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.time_step import pull_back_by_autograd
from adjointcheck.solve.tracing import trace_field

MARKS = (0.2, 0.9, 1.7)


class Live(nn.Module):
    """A field with a non-symmetric Jacobian, explicit time, a live parameter, buffer, attribute and captured result."""

    def __init__(self) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(3)
        self.weight = nn.Parameter(torch.randn(3, 3, generator=draw, dtype=torch.float64))
        self.register_buffer("drift", torch.randn(3, generator=draw, dtype=torch.float64).requires_grad_())
        self.leaf = torch.randn(3, generator=draw, dtype=torch.float64).requires_grad_()
        self.product = self.weight @ self.weight.T / 10

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return torch.tanh(y @ self.weight) + torch.sin(t) * self.drift - y @ self.product + t * t * self.leaf * y.roll(1, -1)


def problem_of(function: Callable[..., Any], y0: Tensor, marks: Tensor, method: str = "dopri5", **control: Any) -> InitialValueProblem:
    packing = Packing.of(y0)
    field = trace_field(function, marks[0].detach(), packing.pack(y0).detach(), packing)
    row = ExplicitRungeKutta.of(METHODS[method])
    return InitialValueProblem(field, packing.pack(y0), marks, row, Control(**{"rtol": 1e-3, "atol": 1e-4, **control}))


def case(method: str = "dopri5", backwards: bool = False) -> tuple[InitialValueProblem, list[Tensor], Tensor]:
    module = Live()
    y0 = torch.randn(2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    marks = torch.tensor(MARKS[::-1] if backwards else MARKS, dtype=torch.float64, requires_grad=True)
    found = problem_of(module, y0, marks, method, step_size=None if METHODS[method].order > 2 and METHODS[method].error else 0.1)
    weights = torch.randn(3, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return found, [y0, marks, module.weight, module.drift, module.leaf], weights


# Autograd through the same time steps, and what rounding does to it


class Noise(TorchFunctionMode):
    """Relative noise of size SIGMA on what an operation computes; what only rearranges stays."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.draw = torch.Generator().manual_seed(seed)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") not in ("matmul", "__matmul__", "tanh", "sin", "mul", "__mul__", "addmv", "mv", "add", "__add__", "sub", "__sub__"):
            return result
        with torch._C.DisableTorchFunction():
            return result * (1 + SIGMA * torch.randn(result.shape, generator=self.draw, dtype=result.dtype))


def measured_gradients(problem: InitialValueProblem, record: Record, inputs: list[Tensor], weights: Tensor) -> list[Measure]:
    """Autograd through the recorded time steps, entry by entry with its unit of rounding."""
    plain = replace(problem, field=replace(problem.field, aliases={}))  # computes with what it captured itself
    rows = [torch.autograd.grad((weights * replay(plain, record)).sum(), inputs, retain_graph=True)]
    for seed in range(SAMPLES):
        with Noise(seed):
            ys = replay(plain, record)
        rows.append(torch.autograd.grad((weights * ys).sum(), inputs, retain_graph=True))
    return [Measure.of(torch.stack(values), 1) for values in zip(*rows, strict=True)]


def test_graphs_are_kept_up_to_a_share_of_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (80 * 2**30, 80 * 2**30))
    cuda, processor = torch.device("cuda"), torch.device("cpu")
    assert (DISCRETE.budget(processor), DISCRETE.budget(cuda)) == (2**28, 10 * 2**30)
    assert Discrete(graph_bytes=7).budget(cuda) == 7
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 80 * 2**30))
    assert DISCRETE.budget(cuda) == 2**28


@pytest.mark.parametrize("row", [DISCRETE, Discrete(graph_bytes=0)], ids=["graphs kept", "evaluated anew"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_the_discrete_gradient_is_that_of_the_same_time_steps(method: str, backwards: bool, row: Discrete) -> None:
    problem, inputs, weights = case(method, backwards)
    ys = solve(problem, row)
    found = torch.autograd.grad((weights * ys).sum(), inputs, retain_graph=True)
    record = march(problem)
    assert torch.equal(ys, record.ys)
    for got, want in zip(found, measured_gradients(problem, record, inputs, weights), strict=True):
        assert float(want.value.abs().min()) > 1e-4
        assert float(want.unit.max()) < 1e-12  # rounding hides nothing here
        assert float(want.error(got[None]).max()) < LIMIT


@pytest.mark.parametrize("method", ["bosh3", "dop853"])
def test_the_stage_sweep_is_autograd_through_one_time_step(method: str) -> None:
    problem, *_ = case(method)
    t, h, y = torch.tensor(0.3, dtype=torch.float64), torch.tensor(-0.2, dtype=torch.float64), problem.y0.detach()
    bar = torch.randn(6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    swept, wanted = (pull(problem.field, t, h, y, bar, True) for pull in (problem.method.pull_back, lambda *a: pull_back_by_autograd(problem.method, *a)))
    for got, want in zip((swept.y, swept.t, swept.h, *swept.parameters), (wanted.y, wanted.t, wanted.h, *wanted.parameters), strict=True):
        assert got is not None and want is not None
        torch.testing.assert_close(got, want, rtol=1e-13, atol=1e-15)


# Planted faults (bug_corpus D.5): the comparison above must see each


class Spoiled(Discrete):
    """The discrete row with one fault: what it does to the sweep."""

    def __init__(self, spoil: Callable[[InitialValueProblem, Record, Tensor], tuple[InitialValueProblem, Record, Tensor]]) -> None:
        super().__init__(graph_bytes=0)
        object.__setattr__(self, "spoil", spoil)

    def backward(self, problem: InitialValueProblem, saved: Record, ys_bar: Tensor, times: bool) -> Any:
        return super().backward(*self.spoil(problem, saved, ys_bar), times)  # type: ignore[attr-defined]


def without_row(ys_bar: Tensor, index: int) -> Tensor:
    return torch.cat([ys_bar[:index], ys_bar[index : index + 1] * 0, ys_bar[index + 1 :]])


def steps_changed(record: Record, change: Callable[[int, Any], Any]) -> Record:
    return replace(record, steps=tuple(change(number, step) for number, step in enumerate(record.steps)))


FAULTS: dict[str, Callable[..., Any]] = {
    "skip the loss at t0": lambda p, r, g: (p, r, without_row(g, 0)),
    "skip an interior deposit": lambda p, r, g: (p, r, without_row(g, 1)),
    "skip the last deposit": lambda p, r, g: (p, r, without_row(g, 2)),
    "deposit at the neighbouring output": lambda p, r, g: (p, r, g.roll(1, 0)),
    "flip the sign of the costate": lambda p, r, g: (p, r, -g),
    "stale start of a time step": lambda p, r, g: (p, steps_changed(r, lambda i, s: replace(s, kept=r.steps[max(i - 1, 0)].kept)), g),
    "ignore the first time step": lambda p, r, g: (p, replace(r, steps=r.steps[1:]), g),
    "time runs the other way": lambda p, r, g: (replace(p, marks=p.marks.flip(0)), r, g),
    "shifted fractions": lambda p, r, g: (p, steps_changed(r, lambda i, s: replace(s, left=s.left * 0.999)), g),
    "another tableau on the way back": lambda p, r, g: (replace(p, method=ExplicitRungeKutta.of(METHODS["tsit5"])), r, g),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str) -> None:
    problem, inputs, weights = case()
    found = torch.autograd.grad((weights * solve(problem, Spoiled(FAULTS[fault]))).sum(), inputs, retain_graph=True)
    wanted = measured_gradients(problem, march(problem), inputs, weights)
    assert max(float(want.error(got[None]).max()) for got, want in zip(found, wanted, strict=True)) > 1e3 * LIMIT


def test_start_partials_belong_to_the_first_time_step_only() -> None:
    """TorchDiffEqPack's fault: on an autonomous field dJ/dt0 was n time steps too large."""
    y0, marks = torch.tensor([0.7, -0.2], dtype=torch.float64, requires_grad=True), torch.tensor([0.0, 2.0], dtype=torch.float64, requires_grad=True)
    ys = solve(problem_of(lambda t, y: -y * y, y0, marks, rtol=1e-10, atol=1e-12), DISCRETE)
    bar = torch.autograd.grad(ys[-1].sum(), marks)[0]
    slope = float((-(y0 / (1 + 2 * y0)) ** 2).sum().detach())
    assert bar.tolist() == pytest.approx([-slope, slope], rel=1e-8)


# What a field reads


class Hider:
    """Keeps a tensor where no search looks."""

    __slots__ = ("gain", "since")

    def __init__(self, gain: Tensor, since: float) -> None:
        self.gain, self.since = gain, since

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        return -y if t < self.since else -y * self.gain


def test_a_tensor_read_only_later_is_found_or_refused() -> None:
    late = {"gain": torch.full((3,), 2.0, dtype=torch.float64, requires_grad=True)}
    y0, marks = torch.ones(3, dtype=torch.float64, requires_grad=True), torch.tensor([0.0, 2.0], dtype=torch.float64)
    problem = problem_of(lambda t, y: -y if t < 1 else -y * late["gain"], y0, marks)
    assert problem.field.names == ("late['gain']",)
    ys = solve(problem_of(Hider(late["gain"], 1.0), y0, marks), DISCRETE)
    with pytest.raises(SolveError, match="a captured tensor of shape \\(3,\\) with requires_grad, which an evaluation at the start did not read"):
        ys.sum().backward()
    found = solve(problem_of(Hider(late["gain"], 0.0), y0, marks, rtol=1e-9, atol=1e-9), DISCRETE)  # read at once: found by the trace
    assert torch.autograd.grad(found[-1].sum(), late["gain"])[0].tolist() == pytest.approx([-2 * torch.e**-4] * 3, rel=1e-6)


def test_a_captured_result_is_not_counted_twice() -> None:
    """w and w^2 both read: the way from one to the other outside belongs to the caller's graph, and autograd gives both one tensor."""
    weight = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    square = weight * weight
    y0, marks = torch.ones(1, dtype=torch.float64), torch.tensor([0.0, 1.0], dtype=torch.float64)
    ys = solve(problem_of(lambda t, y: -(weight + square) * y, y0, marks, rtol=1e-10, atol=1e-12), DISCRETE)
    exact = -(1 + 2 * weight) * torch.exp(-(weight + weight * weight))
    assert float(torch.autograd.grad(ys[-1].sum(), weight)[0]) == pytest.approx(float(exact.detach()), rel=1e-8)


def test_replicas_that_hold_plain_tensors_get_their_gradient() -> None:
    """Replicas of DataParallel expose no parameters: their weights are results of a broadcast, kept as attributes."""
    original = nn.Linear(2, 2).double()
    replica = nn.Linear(2, 2).double()
    for name, parameter in original.named_parameters():
        delattr(replica, name)
        setattr(replica, name, parameter * 1.0)
    y0, marks = torch.ones(3, 2, dtype=torch.float64), torch.tensor([0.0, 1.0], dtype=torch.float64)
    found, wanted = (
        torch.autograd.grad(solve(problem_of(lambda t, y, net=net: net(y), y0, marks), DISCRETE).sum(), [*original.parameters()], retain_graph=True)
        for net in (replica, original)
    )
    for got, want in zip(found, wanted, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-13, atol=0)


# Marching


def test_a_blow_up_is_told_with_its_place_and_the_part_before() -> None:
    y0 = torch.ones(1, dtype=torch.float64)
    problem = problem_of(lambda t, y: y * y, y0, torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64))
    with pytest.raises(MarchError) as caught:
        march(problem)
    assert float(caught.value.record.ys[1]) == pytest.approx(2.0, rel=1e-2)
    assert float(caught.value.where.rpartition(" = ")[2]) == pytest.approx(1.0, rel=2e-2)  # y = 1/(1 - t)


def test_a_state_that_is_not_finite_is_told() -> None:
    y0 = torch.ones(1, dtype=torch.float64)
    for control in ({}, {"step_size": 0.1}):
        with pytest.raises(MarchError, match="not finite"):
            march(problem_of(lambda t, y: torch.where(t > 0.5, torch.nan, -y), y0, torch.tensor([0.0, 1.0], dtype=torch.float64), **control))


def test_evaluations_are_counted() -> None:
    """dopri5: s - 1 = 6 a time step with FSAL, one at the start and one for the first size; the sweep adds 6, or none with graphs kept."""
    calls = 0

    def function(t: Tensor, y: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return -y * y

    y0, marks = torch.ones(2, dtype=torch.float64, requires_grad=True), torch.tensor([0.0, 3.0], dtype=torch.float64)
    problem, rows = problem_of(function, y0, marks, rtol=1e-6, atol=1e-6), {DISCRETE: 0, Discrete(graph_bytes=0): 6}
    record = march(problem)
    for row, again in rows.items():
        calls = 0
        solve(problem, row)[-1].sum().backward()
        assert calls == 2 + 6 * (record.accepted + record.rejected) + again * record.accepted


def test_a_sweep_is_a_row_of_the_protocol() -> None:
    assert issubclass(Discrete, GradientMethod) and DISCRETE.exact
    problem, *_ = case()
    record = march(problem)
    sweep = Sweep(problem, torch.ones_like(record.ys), False)
    assert sweep.gradient().marks is None


def test_time_steps_that_rounding_swallows_are_not_taken() -> None:
    """Down from t = 9 the solution blows up at about 0.05, where times can be told apart that fractions of the way cannot."""
    problem = problem_of(lambda t, y: -50 * y**3, torch.full((1,), 895**-0.5, dtype=torch.float64), torch.tensor([9.0, 0.0], dtype=torch.float64), max_steps=3000)
    with pytest.raises(MarchError, match="however short|not finite"):
        march(problem)
