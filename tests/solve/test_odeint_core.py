"""The core of the numeric layer: fields of any callable, marching, the discrete gradient against autograd through the same time steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from adjointcheck.errors import SolveError
from adjointcheck.schemes import METHODS
from adjointcheck.solve.control import Control
from adjointcheck.solve.explicit import ExplicitRungeKutta
from adjointcheck.solve.field import trace_field
from adjointcheck.solve.gradient_method import DISCRETE, replay, solve
from adjointcheck.solve.marching import InitialValueProblem, MarchError, march
from adjointcheck.solve.packing import Packing

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


def problem_of(function: object, y0: Tensor, marks: Tensor, method: str = "dopri5", **control: object) -> InitialValueProblem:
    packing = Packing.of(y0)
    field = trace_field(function, marks[0].detach(), packing.pack(y0).detach(), packing)  # type: ignore[arg-type]
    row = ExplicitRungeKutta.of(METHODS[method])
    return InitialValueProblem(field, packing.pack(y0), marks, row, Control(**{"rtol": 1e-3, "atol": 1e-4, **control}))  # type: ignore[arg-type]


def case(method: str = "dopri5", backwards: bool = False) -> tuple[InitialValueProblem, list[Tensor], Tensor]:
    module = Live()
    y0 = torch.randn(2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    marks = torch.tensor(MARKS[::-1] if backwards else MARKS, dtype=torch.float64, requires_grad=True)
    size = None if METHODS[method].error else 0.1
    found = problem_of(module, y0, marks, method, step_size=size)
    weights = torch.randn(3, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return found, [y0, marks, module.weight, module.drift, module.leaf], weights


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_the_discrete_gradient_is_that_of_the_same_time_steps(method: str, backwards: bool) -> None:
    problem, inputs, weights = case(method, backwards)
    ys = solve(problem, DISCRETE)
    found = torch.autograd.grad((weights * ys).sum(), inputs, retain_graph=True)
    plain = replace(problem, field=replace(problem.field, aliases={}))  # computes with what it captured itself
    same = replay(plain, march(plain))
    torch.testing.assert_close(ys, same, rtol=1e-13, atol=0)
    wanted = torch.autograd.grad((weights * same).sum(), inputs)
    for got, want in zip(found, wanted, strict=True):
        assert float(want.abs().min()) > 1e-4
        assert float((got - want).norm() / want.norm()) < 1e-13


def test_a_tensor_read_only_later_is_refused_by_name() -> None:
    late = {"gain": torch.ones(3, dtype=torch.float64, requires_grad=True)}

    def function(t: Tensor, y: Tensor) -> Tensor:
        return -y if t < 1 else -y * torch.stack([*late.values()])[0]

    y0 = torch.ones(3, dtype=torch.float64, requires_grad=True)
    problem = problem_of(function, y0, torch.tensor([0.0, 2.0], dtype=torch.float64))
    assert problem.field.names == ("late['gain']",)
    ys = solve(problem_of(Hider(late["gain"]), y0, torch.tensor([0.0, 2.0], dtype=torch.float64)), DISCRETE)
    with pytest.raises(SolveError, match="requires_grad, which an evaluation at the start did not read"):
        ys.sum().backward()


class Hider:
    """Keeps a tensor where no search looks."""

    __slots__ = ("gain",)

    def __init__(self, gain: Tensor) -> None:
        self.gain = gain

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        return -y if t < 1 else -y * self.gain


def test_a_blow_up_is_told_with_its_place_and_the_part_before() -> None:
    y0 = torch.ones(1, dtype=torch.float64)
    problem = problem_of(lambda t, y: y * y, y0, torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64))
    with pytest.raises(MarchError) as caught:
        march(problem)
    assert float(caught.value.record.ys[1]) == pytest.approx(2.0, rel=1e-2)
    assert float(caught.value.where.rpartition(" = ")[2]) == pytest.approx(1.0, rel=2e-2)  # y = 1/(1 - t)
