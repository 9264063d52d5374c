"""The torch solvers on a CUDA device compute what they compute on the processor: states, gradients, events, ensembles, modules."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import adjointcheck as ac
from adjointcheck.schemes import METHODS, STIFF_METHODS
from adjointcheck.solve.gradient_method import ROWS

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]
F64 = torch.float64
CLOSE: dict[str, float] = {"rtol": 1e-9, "atol": 1e-9}  # other kernels sum in another order, and round the chosen time steps anew


class Net(nn.Module):
    """A small net with explicit time; every parameter is live."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.layers = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3)).double()

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.layers(y) + torch.sin(2 * t)[..., None] * y.roll(1, -1) - y


def taken(device: str, solve: Callable[[nn.Module, Tensor, Tensor], Tensor], t: Tensor) -> list[Tensor]:
    """The states, and the gradient of a weighted sum of their sines by y0, the times and all parameters, on the host."""
    field, times = Net().to(device), t.to(device).requires_grad_()
    y0 = torch.linspace(-1, 1, 15, dtype=F64).reshape(5, 3).to(device).requires_grad_()
    ys = solve(field, y0, times)
    weights = torch.linspace(1, 2, ys.numel(), dtype=F64, device=device).view_as(ys)
    found = torch.autograd.grad((weights * ys.sin()).sum(), [y0, times, *field.parameters()])
    assert ys.device.type == y0.device.type and all(value.device.type == y0.device.type for value in found)
    return [value.detach().cpu() for value in (ys, *found)]


def agree(solve: Callable[[nn.Module, Tensor, Tensor], Tensor], t: Tensor, **limits: float) -> None:
    for got, want in zip(taken("cuda", solve, t), taken("cpu", solve, t), strict=True):
        assert float(want.abs().max()) > 1e-3
        torch.testing.assert_close(got, want, **{**CLOSE, **limits})


TIMES = torch.tensor([0.0, 0.7, 1.3], dtype=F64)


@pytest.mark.parametrize("method", [*METHODS, *STIFF_METHODS])
def test_every_method(method: str) -> None:
    options = {"step_size": 0.05}
    agree(lambda field, y0, t: ac.odeint(field, y0, t, method=method, options=options), TIMES)


@pytest.mark.parametrize("method", ["dopri5", "tsit5", "dop853"])
def test_time_steps_of_a_tolerance(method: str) -> None:
    agree(lambda field, y0, t: ac.odeint_adjoint(field, y0, t, method=method, rtol=1e-8, atol=1e-8), TIMES, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("gradient", ROWS)
def test_every_gradient_method(gradient: str) -> None:
    """Backsolve and the interpolated adjoint step by a tolerance of their own, so that they agree to it."""
    options = {"step_size": 0.05}
    loose = {"rtol": 1e-5, "atol": 1e-5} if gradient in ("backsolve", "interpolated") else {}
    agree(lambda field, y0, t: ac.odeint(field, y0, t, method="tsit5", options=options, gradient=gradient), TIMES, **loose)


def test_an_ensemble_with_times_of_its_own() -> None:
    t = TIMES + torch.linspace(0, 0.4, 5, dtype=F64)[:, None] * TIMES
    agree(lambda field, y0, t: ac.solve_ensemble(field, y0, t, rtol=1e-8, atol=1e-8).ys, t, rtol=1e-7, atol=1e-7)


def test_an_event_and_its_time() -> None:
    def solve(device: str) -> list[Tensor]:
        y0 = torch.tensor([1.0, 0.3], dtype=F64, device=device, requires_grad=True)
        rate = torch.tensor(0.9, dtype=F64, device=device, requires_grad=True)
        t0 = torch.zeros((), dtype=F64, device=device)
        moment, ys = ac.odeint_event(lambda t, y: -rate * y, y0, t0, event_fn=lambda t, y: y[0] - 0.25)
        return [value.detach().cpu() for value in (moment, ys, *torch.autograd.grad(moment + ys[-1].square().sum(), [y0, rate]))]

    for got, want in zip(solve("cuda"), solve("cpu"), strict=True):
        torch.testing.assert_close(got, want, **CLOSE)


def test_a_generated_torch_module() -> None:
    module = ac.build(ac.load("lotka_volterra"), target="torch")
    x0, theta = 1 + torch.rand(7, 2, dtype=F64, generator=torch.manual_seed(0)), torch.tensor(module.THETA, dtype=F64)

    def solve(device: str) -> list[Tensor]:
        cost, found = module.value_and_gradient(x0.to(device), theta.to(device), 0.0, 2.5, steps=40)
        return [cost.cpu(), found.x0.cpu(), found.theta.cpu()]

    for got, want in zip(solve("cuda"), solve("cpu"), strict=True):
        torch.testing.assert_close(got, want, **CLOSE)
