"""odeint inside torch.func.grad, jvp, vmap and what is made of them: the numbers are those of calls one by one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from adjointcheck import odeint, solve_ensemble
from adjointcheck.errors import SolveError

F64 = torch.float64
DRAW = torch.Generator().manual_seed(8)
MATRIX = torch.tensor([[0.3, -1.2], [0.8, 0.1]], dtype=F64)
TIMES = torch.tensor([0.0, 0.7], dtype=F64)
STARTS, RATES = torch.randn(3, 2, dtype=F64, generator=DRAW), torch.tensor([0.5, 1.0, 2.0], dtype=F64)
MEETS = {"dopri5": {"rtol": 1e-6, "atol": 1e-6}, "rk4": {"options": {"step_size": 0.1}}, "rodas5p": {"rtol": 1e-4, "atol": 1e-4}, "kvaerno3": {"rtol": 1e-3, "atol": 1e-3}}
methods = pytest.mark.parametrize("method", MEETS)


def final(y0: Tensor, rate: Any = 1.0, method: str = "dopri5") -> Tensor:
    """A non-symmetric Jacobian, explicit time, a live rate."""
    return odeint(lambda t, y: rate * torch.tanh(y @ MATRIX) + t * y.flip(-1), y0, TIMES, method=method, **MEETS[method])[-1]


def close(found: Any, wanted: Any, method: str = "rk4") -> None:
    """To rounding with equal time steps; to the tolerance where the most demanding trajectory sets the time steps of all."""
    error = 30 * MEETS[method].get("rtol", 3e-14)
    torch.testing.assert_close(found, wanted, rtol=error, atol=error)


@methods
def test_vmap_is_one_call_after_the_other(method: str) -> None:
    """Over states, over a captured rate alone, and over both, twice."""
    one = lambda y0, rate: final(y0, rate, method)  # noqa: E731
    table = torch.stack([torch.stack([one(y0, rate) for rate in RATES]) for y0 in STARTS])
    close(torch.func.vmap(one)(STARTS, RATES), table[[0, 1, 2], [0, 1, 2]], method)
    close(torch.func.vmap(one, (None, 0))(STARTS[1], RATES), table[1], method)
    close(torch.func.vmap(torch.func.vmap(one, (None, 0)), (0, None))(STARTS, RATES), table, method)


@methods
def test_jacobians_and_hessians_are_those_of_autograd(method: str) -> None:
    square = lambda y0: final(y0, 1.3, method).square().sum()  # noqa: E731
    y0, direction = STARTS[0], STARTS[1]
    jacobian, hessian = (of(by, y0) for of, by in ((torch.autograd.functional.jacobian, lambda y: final(y, 1.3, method)), (torch.autograd.functional.hessian, square)))
    for transform in (torch.func.jacrev, torch.func.jacfwd):
        torch.testing.assert_close(transform(lambda y: final(y, 1.3, method))(y0), jacobian, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(torch.func.hessian(square)(y0), hessian, rtol=1e-10, atol=1e-11)
    torch.testing.assert_close(torch.func.jvp(lambda y: final(y, 1.3, method), (y0,), (direction,))[1], jacobian @ direction, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("method", ["dopri5", "rk4"])
def test_gradients_inside_vmap_and_of_it(method: str) -> None:
    loss = lambda y0, rate: final(y0, rate, method).square().sum()  # noqa: E731
    each = [torch.func.grad(loss, argnums=(0, 1))(y0, rate) for y0, rate in zip(STARTS, RATES, strict=True)]
    by_start, by_rate = (torch.stack(parts) for parts in zip(*each, strict=True))
    close(torch.func.vmap(torch.func.grad(loss, argnums=(0, 1)))(STARTS, RATES), (by_start, by_rate), method)
    starts, rates = STARTS.clone().requires_grad_(), RATES.clone().requires_grad_()
    close(torch.autograd.grad(torch.func.vmap(loss)(starts, rates).sum(), [starts, rates]), (by_start, by_rate), method)


def test_the_time_steps_are_those_of_the_most_demanding_trajectory() -> None:
    """Companions at rest change nothing, however many: the norm is the largest, not a mean over the batch."""
    calls = 0

    def decay(rate: Tensor) -> Tensor:
        def func(t: Tensor, y: Tensor) -> Tensor:
            nonlocal calls
            calls += 1
            return -rate * y * (1 + t)

        return odeint(func, torch.ones(1, dtype=F64), TIMES)[-1]

    counts = []
    for rates in (torch.tensor([5.0]), torch.tensor([5.0] + [1e-3] * 50)):
        calls = 0
        torch.func.vmap(decay)(rates.to(F64))
        counts.append(calls)
    assert counts[0] == counts[1] > 20


def test_times_networks_and_complex_tuples() -> None:
    norm = lambda t: odeint(lambda t, y: -t * y, STARTS[0], t)[-1].square().sum()  # noqa: E731
    wanted = torch.autograd.functional.jacobian(norm, TIMES)
    for transform in (torch.func.grad, torch.func.jacfwd):
        torch.testing.assert_close(transform(norm)(TIMES), wanted, rtol=1e-11, atol=1e-12)
    nets = [nn.Linear(2, 2, dtype=F64) for _ in range(3)]
    parameters, _ = torch.func.stack_module_state(nets)
    solve = lambda net: odeint(lambda t, y: torch.tanh(net(y)), STARTS[0], TIMES, method="rk4", options={"step_size": 0.1})[-1]  # noqa: E731
    found = torch.func.vmap(lambda own: solve(lambda y: torch.func.functional_call(nets[0], own, (y,))))(parameters)
    close(found, torch.stack([solve(net) for net in nets]))
    pair = lambda y0, rate: odeint(lambda t, y: (1j * rate * y[0], -y[1]), (y0 + 0j, y0), TIMES, method="rk4", options={"step_size": 0.1})  # noqa: E731
    for got, want in zip(torch.func.vmap(pair)(STARTS, RATES), zip(*(pair(*each) for each in zip(STARTS, RATES, strict=True)), strict=True), strict=True):
        close(got, torch.stack(want))


@pytest.mark.parametrize(("call", "words"), [
    (lambda y: odeint(lambda t, y: -y, y, y.abs().cumsum(0)), "times under vmap.*solve_ensemble"),
    (lambda y: odeint(lambda t, y: -y, y, TIMES, options={"jump_t": y[0] ** 2}), "times under vmap.*solve_ensemble"),
    (lambda y: odeint(lambda t, y: -y, y, TIMES, event_fn=lambda t, y: y[0] - 0.1), "event_fn: got a call inside a transform"),
    (lambda y: solve_ensemble(lambda t, y: -y, y[None], TIMES), "solve_ensemble: got a call inside a transform.*Call odeint"),
])  # fmt: skip
def test_what_has_no_meaning_there_is_refused(call: Any, words: str) -> None:
    with pytest.raises(SolveError, match=words):
        torch.func.vmap(call)(STARTS)
