"""Gradients that could be None, 0 or wrong without a word: each is right, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from adjointcheck import odeint, odeint_adjoint, solve_ensemble
from adjointcheck.errors import SolveError
from adjointcheck.solve.gradient_method import ROWS, find_gradient_method

F64 = torch.float64
every_row = pytest.mark.parametrize("gradient", ROWS)


def tensor(*values: float, **options: Any) -> Tensor:
    return torch.tensor(values, dtype=F64, **options)


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).detach().norm() / wanted.detach().norm())


class Late:
    """Reads a tensor that no search finds, and only after t = 1/2."""

    __slots__ = ("gain",)

    def __init__(self) -> None:
        self.gain = tensor(2.0, requires_grad=True)

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        return -y if t < 0.5 else -y * self.gain


@pytest.mark.filterwarnings("ignore::adjointcheck.solve.reconstruction.DriftWarning")  # the field jumps
@every_row
@pytest.mark.parametrize("graph", [False, True], ids=["first", "second"])
def test_a_tensor_that_is_first_read_later_is_refused(gradient: str, graph: bool) -> None:
    y0 = tensor(1.0, requires_grad=True)
    with pytest.raises(SolveError, match=r"func at t = .* captured tensor of shape \(1,\) with requires_grad, which .* did not read"):
        ys = odeint(Late(), y0, tensor(0.0, 1.0), method="rk4", options={"step_size": 0.25}, gradient=gradient)
        torch.autograd.grad(ys[-1].sum(), y0, create_graph=graph)


def test_tangents_do_not_pass_an_autograd_inside_and_say_so() -> None:
    y0, rate = tensor(1.0, requires_grad=True), tensor(0.5, requires_grad=True)

    def func(t: Tensor, y: Tensor) -> Tensor:
        return -torch.autograd.grad((rate * y**4).sum(), y, create_graph=True)[0]

    with pytest.raises(SolveError, match=r"no torch\.autograd\.grad inside.*torch\.func\.grad inside func"):
        odeint(func, y0, tensor(0.0, 1.0), gradient="forward")


# Precision of the way back


@pytest.mark.parametrize("solver", [odeint, odeint_adjoint])
@pytest.mark.parametrize("inside", [False, True], ids=["solve", "backward"])
def test_a_backward_has_the_precision_of_its_solve(solver: Callable[..., Any], inside: bool) -> None:
    """Solve under autocast and differentiate outside, and the other way round: Euler's rule written out is the oracle."""
    torch.manual_seed(0)
    net, y0, h = torch.nn.Linear(3, 3), torch.randn(3), 0.25

    def func(t: Tensor, y: Tensor) -> Tensor:
        return torch.tanh(net(y)).to(y.dtype)

    def low(on: bool) -> torch.autocast:
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=on, cache_enabled=False)

    def differentiate(final: Callable[[], Tensor], solving: bool, back: bool = False) -> Tensor:
        with low(solving):
            y = final()
        with low(back):
            return torch.autograd.grad(y.sum(), net.weight)[0]

    def plain() -> Tensor:
        y = y0
        for _ in range(4):
            y = y + h * func(torch.zeros(()), y)
        return y

    found = differentiate(lambda: solver(func, y0, torch.tensor([0.0, 1.0]), method="euler", options={"step_size": h})[-1], not inside, inside)
    wanted, other = differentiate(plain, not inside), differentiate(plain, inside)
    assert relative(found, wanted) < 1e-5 < 1e-2 * relative(other, wanted)


def test_states_and_times_made_under_inference_mode_are_taken() -> None:
    rate = tensor(2.0, requires_grad=True)
    with torch.inference_mode():
        y0, t = tensor(1.0), tensor(0.0, 1.0)
        inside = odeint(lambda t, y: -rate * y, y0, t)
    ys = odeint(lambda t, y: -rate * y, y0, t)
    assert torch.equal(ys.detach(), inside)
    assert relative(torch.autograd.grad(ys[-1].sum(), rate)[0], -ys[-1]) < 1e-5


# Many cotangents at once


@every_row
def test_a_vectorised_jacobian_is_that_of_one_row_after_the_other(gradient: str) -> None:
    rate, y0 = tensor(0.7, requires_grad=True), tensor(1.0, -0.4)

    def final(y0: Tensor, rate: Tensor) -> Tensor:
        field = lambda t, y: -rate * y**2 + t * y.flip(0)  # noqa: E731
        return odeint(field, y0, tensor(0.0, 0.4, 1.0), method="rk4", options={"step_size": 0.2}, gradient=gradient)[1:]

    together, apart = (torch.autograd.functional.jacobian(final, (y0, rate), vectorize=how) for how in (True, False))
    for got, want in zip(together, apart, strict=True):
        # Together they are replayed: exact for the computed solution, even where the row is not.
        assert float(want.abs().min()) > 1e-2 and relative(got, want) < (1e-13 if find_gradient_method(gradient).exact else 1e-2)


def test_a_vectorised_jacobian_of_an_ensemble() -> None:
    y0 = torch.tensor([[1.0, 0.2], [-0.4, 0.5]], dtype=F64)
    final = lambda y0: solve_ensemble(lambda t, y: -y * y.flip(1), y0, tensor(0.0, 1.0)).ys[:, 1]  # noqa: E731
    together, apart = (torch.autograd.functional.jacobian(final, y0, vectorize=how) for how in (True, False))
    assert relative(together, apart) < 1e-13


# Jumps whose time is a parameter


def driven(knot: Tensor, rate: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """y' = 3/2 - rate y before the knot, -1/2 - rate y after it."""
    return lambda t, y: torch.where(t < knot, 1.5, -0.5) - rate * y


def closed(y0: Tensor, knot: Tensor, rate: Tensor) -> Tensor:
    at_knot = 1.5 / rate + (y0 - 1.5 / rate) * torch.exp(-rate * knot)
    return -0.5 / rate + (at_knot + 0.5 / rate) * torch.exp(-rate * (1 - knot))


KNOT, RATE, Y0 = (torch.tensor(value, dtype=F64, requires_grad=True) for value in (0.7, 2.0, 1.0))


@every_row
def test_a_told_jump_has_the_gradient_of_the_closed_form_in_its_time(gradient: str) -> None:
    ys = odeint(driven(KNOT, RATE), Y0, tensor(0.0, 0.2, 1.0), rtol=1e-6, atol=1e-6, options={"jump_t": KNOT}, gradient=gradient)
    found, wanted = (torch.autograd.grad(end, [KNOT, RATE, Y0]) for end in (ys[-1], closed(Y0, KNOT, RATE)))
    for got, want in zip(found, wanted, strict=True):
        assert relative(got, want) < 1e-4
    assert abs(float(wanted[0])) > 1


def test_a_told_jump_in_reverse_time_among_others_that_stay() -> None:
    """The times given as a list; the solution backward is the inverse of the closed form."""
    field = lambda t, y: torch.where(t < KNOT, 1.5, -0.5) - RATE * y + torch.where(t < 0.4, 1.0, 0.0)  # noqa: E731
    ys = odeint(field, Y0, tensor(1.0, 0.5, 0.0), options={"jump_t": [0.4, KNOT]}, rtol=1e-9, atol=1e-9)
    (found,) = torch.autograd.grad(ys[1], KNOT)
    at_knot = -0.5 / RATE + (Y0 + 0.5 / RATE) * torch.exp(-RATE * (KNOT - 1))
    (wanted,) = torch.autograd.grad(1.5 / RATE + (at_knot - 1.5 / RATE) * torch.exp(-RATE * (0.5 - KNOT)), KNOT)
    assert relative(found, wanted) < 1e-7


def branching(t: Tensor, y: Tensor) -> Tensor:
    return 1.5 - y if t < KNOT else -0.5 - y


def scheduled(t: Tensor, y: Tensor) -> Tensor:
    return SHIFTS[torch.searchsorted(KNOTS * 1.0, t.reshape(1))][0] * y


KNOTS, SHIFTS = tensor(0.2, 0.5, requires_grad=True), tensor(1.0, -1.0, 0.3)
HIDDEN = {"where": driven(KNOT, RATE), "a branch": branching, "searchsorted": scheduled, "sign": lambda t, y: torch.sign(t - KNOT) * y}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_jump_that_nobody_told_is_refused_by_the_name_of_what_moves_it(name: str) -> None:
    with pytest.raises(SolveError, match=r"func at t = 0\.[72].*moved by (knot|KNOT|KNOTS), with.*'jump_t'"):
        odeint(HIDDEN[name], Y0, tensor(0.0, 1.0), options={"jump_t": [0.7]})  # told without its gradient
    with torch.no_grad():
        odeint(HIDDEN[name], Y0, tensor(0.0, 1.0))
    odeint(HIDDEN[name], Y0, tensor(0.0, 0.1))  # not on the way


def test_an_ensemble_and_an_event_refuse_it_too() -> None:
    with pytest.raises(SolveError, match="moved by"):
        solve_ensemble(lambda t, y: torch.where(t < KNOT, 1.5, -0.5)[:, None] - y, torch.ones(2, 1, dtype=F64), tensor(0.0, 1.0))
    with pytest.raises(SolveError, match="moved by"):
        odeint(driven(KNOT, RATE), Y0, tensor(0.0, 1.0), event_fn=lambda t, y: y + 0.1)


def test_what_does_not_jump_is_let_through() -> None:
    """A kink whose place is a parameter has its gradient; a comparison with the state or with t alone moves nothing in time."""
    ramp = lambda t, y: torch.where(t < KNOT, 0 * t, t - KNOT) + 0 * y  # noqa: E731
    for options, error in (({}, 1e-2), ({"jump_t": KNOT}, 1e-12)):  # a time step across the kink is right to its own length
        found = torch.autograd.grad(odeint(ramp, Y0, tensor(0.0, 1.0), options=options)[-1], KNOT)[0]
        assert float(found) == pytest.approx(-0.3, abs=error)
    odeint(lambda t, y: torch.where(t < 0.5, KNOT, 2 * KNOT) * y + torch.where(y > KNOT * t, y, KNOT * t), Y0, tensor(0.0, 1.0))


def test_a_moving_jump_on_an_output_is_refused() -> None:
    with pytest.raises(SolveError, match=r"\[0\.7\], with requires_grad, on an output time"):
        odeint(driven(KNOT, RATE), Y0, tensor(0.0, 0.7, 1.0), options={"jump_t": KNOT})
