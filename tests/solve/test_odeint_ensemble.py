"""`solve_ensemble`: each trajectory its own times, time steps, status and counts, and the exact gradient of all."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from adjointcheck import odeint, solve_ensemble
from adjointcheck.errors import SolveError
from adjointcheck.solve.control import Control
from adjointcheck.solve.ensemble import FINISHED, MAX_STEPS, STATUS, UNDERFLOW, Together, march_ensemble
from adjointcheck.solve.explicit import ExplicitRungeKutta
from adjointcheck.solve.gradient_method import solve
from adjointcheck.solve.marching import InitialValueProblem
from adjointcheck.solve.methods import find_method
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.tracing import trace_field

UNIT = 2.0**-53
DRAW = torch.Generator().manual_seed(11)
WEIGHT = torch.randn(3, 3, generator=DRAW, dtype=torch.float64, requires_grad=True)
STARTS = torch.randn(5, 3, generator=DRAW, dtype=torch.float64)
TIMES = (0.1 + torch.rand(5, 4, generator=DRAW, dtype=torch.float64)).cumsum(1)
TIMES[2] = TIMES[2].flip(0)  # one of them runs backwards
LOSS = torch.randn(5, 4, 3, generator=DRAW, dtype=torch.float64)


def field(t: Tensor, y: Tensor) -> Tensor:
    """Non-symmetric Jacobian, explicit time; works for one trajectory and for many."""
    return torch.tanh(y @ WEIGHT) + torch.sin(t)[..., None] * y.roll(1, -1)


def inputs() -> tuple[Tensor, Tensor]:
    return STARTS.clone().requires_grad_(), TIMES.clone().requires_grad_()


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).detach().norm() / wanted.detach().norm())


@pytest.mark.parametrize("method", ["heun", "bosh3", "dopri5", "tsit5", "dop853"])
def test_the_gradient_is_that_of_the_same_time_steps(method: str) -> None:
    y0, t = inputs()
    packing, row = Packing.of(y0, lead=1), find_method(method)
    assert isinstance(row, ExplicitRungeKutta)
    traced = trace_field(field, t[:, 0].detach(), y0.detach(), packing)
    problem = InitialValueProblem(traced, y0, t, row, Control(1e-3, 1e-4))
    together = Together()
    ys = solve(problem, together)
    found = torch.autograd.grad((LOSS * ys).sum(), [y0, t, WEIGHT])
    same = together.replay(problem, together.walks[0])
    assert relative(ys, same) < 30 * UNIT
    wanted = torch.autograd.grad((LOSS * same).sum(), [y0, t, WEIGHT])
    for got, want in zip(found, wanted, strict=True):
        assert float(want.abs().min()) > 1e-4 and relative(got, want) < 300 * UNIT  # conditions of these sums are up to ten


def test_planted_faults_in_the_sweep_are_caught() -> None:
    """The comparison above must see one wrong mask, one lost deposit, one shifted segment."""
    y0, t = inputs()
    packing = Packing.of(y0, lead=1)
    traced = trace_field(field, t[:, 0].detach(), y0.detach(), packing)
    problem = InitialValueProblem(traced, y0, t, find_method("dopri5"), Control(1e-3, 1e-4))
    _, way = march_ensemble(problem)
    true = Together().backward(problem, way, LOSS, True)
    first, *rest = way.iterations
    faults = {
        "a deposit is lost": replace(way, iterations=(first, *rest[:-1], rest[-1]._replace(landed=torch.zeros_like(first.landed)))),
        "a time step is masked": replace(way, iterations=(first._replace(right=first.left), *rest)),
        "a stale state": replace(way, iterations=(first, rest[0]._replace(y=first.y), *rest[1:])),
        "the start of a segment": replace(way, iterations=(*way.iterations[:-1], rest[-1]._replace(segment=rest[-1].segment - 1))),
    }
    for name, spoiled in faults.items():
        wrong = Together().backward(problem, spoiled, LOSS, True)
        assert wrong.marks is not None and true.marks is not None
        assert max(relative(wrong.y0, true.y0), relative(wrong.marks, true.marks)) > 1e-6, name


def test_trajectories_are_those_of_odeint_one_by_one() -> None:
    y0, t = inputs()
    together = solve_ensemble(field, y0, t, rtol=1e-8, atol=1e-10)
    assert together.ys.shape == (5, 4, 3) and together.success.all()
    alone = torch.stack([odeint(field, y0[b], t[b], rtol=1e-8, atol=1e-10) for b in range(5)])
    assert relative(together.ys, alone) < 1e-13
    found, wanted = (torch.autograd.grad((LOSS * ys).sum(), [y0, t, WEIGHT]) for ys in (together.ys, alone))
    for got, want in zip(found, wanted, strict=True):
        assert relative(got, want) < 1e-12


def test_a_trajectory_does_not_feel_its_company() -> None:
    y0, t = inputs()
    whole, part = solve_ensemble(field, y0, t), solve_ensemble(field, y0[[3, 1]], t[[3, 1]])
    assert relative(part.ys, whole.ys[[3, 1]]) < 1e-14
    assert torch.equal(part.accepted, whole.accepted[[3, 1]]) and torch.equal(part.rejected, whole.rejected[[3, 1]])
    assert len(set(whole.accepted.tolist())) > 1  # they do march at their own pace


def test_status_counts_and_partial_results() -> None:
    y0 = torch.tensor([[0.5], [2.0], [-1.0]], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([0.0, 0.25, 1.0], dtype=torch.float64)
    found = solve_ensemble(lambda t, y: y * y, y0, t, rtol=1e-6, atol=1e-6)
    assert found.status.tolist() == [FINISHED, UNDERFLOW, FINISHED] and STATUS[UNDERFLOW] == "step underflow"
    exact = y0.detach() / (1 - y0.detach() * t)  # the second blows up at t = 1/2
    assert relative(found.ys[[0, 2], :, 0], exact[[0, 2]]) < 1e-5
    assert float(found.ys[1, 1].detach()) == pytest.approx(4.0, rel=1e-4) and math.isnan(float(found.ys[1, 2].detach()))
    with pytest.raises(SolveError, match="did not finish"):
        torch.autograd.grad(found.ys.nansum(), y0)
    capped = solve_ensemble(lambda t, y: y * y, y0, t, options={"max_num_steps": 3})
    assert set(capped.status.tolist()) == {MAX_STEPS} and int((capped.accepted + capped.rejected).max()) == 3


def test_losses_over_finished_trajectories_keep_their_gradients() -> None:
    y0 = torch.tensor([[0.5], [2.0]], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([0.0, 1.0], dtype=torch.float64)
    found = solve_ensemble(lambda t, y: y * y, y0, t, rtol=1e-9, atol=1e-9, options={"max_num_steps": 60})
    assert found.success.tolist() == [True, False]
    (slope,) = torch.autograd.grad(found.ys[found.success, -1].sum(), y0)
    assert slope.flatten().tolist() == pytest.approx([4.0, 0.0], rel=1e-6)


def test_structures_complex_numbers_and_second_derivatives() -> None:
    start = torch.tensor([[1.0 + 0.5j], [0.3 - 1j]], dtype=torch.complex128, requires_grad=True)
    rate, t = torch.tensor(0.4 + 1.1j, dtype=torch.complex128, requires_grad=True), torch.tensor([[0.0, 1.0], [2.0, 0.5]], dtype=torch.float64)
    ys = solve_ensemble(lambda t, y: (rate * y[0],), (start,), t, rtol=1e-9, atol=1e-11).ys[0][:, -1]
    exact = start * torch.exp(rate * t.diff(dim=1))
    results = []
    for value in (ys, exact):
        first = torch.autograd.grad(value.abs().square().sum(), [start, rate], create_graph=True)
        results.append([*first, *torch.autograd.grad(sum(part.abs().square().sum() for part in first), [start, rate])])
    for got, want in zip(*results, strict=True):
        assert relative(got, want) < 1e-6


def test_no_trajectory_is_an_ensemble_too() -> None:
    """As on the processes that are left over when a batch is sharded."""
    y0, t = torch.ones(0, 3, dtype=torch.float64, requires_grad=True), torch.ones(0, 4, dtype=torch.float64)
    ys = solve_ensemble(field, y0, t).ys
    assert ys.shape == (0, 4, 3) and torch.autograd.grad(ys.sum(), y0)[0].shape == (0, 3)


@pytest.mark.parametrize(("change", "message"), [
    ({"method": "rk4"}, "error estimate"),
    ({"t": torch.tensor([0.0, 0.0], dtype=torch.float64)}, "strictly monotone"),
    ({"t": TIMES[:2]}, "(5, T)"),
    ({"options": {"jump_t": [0.5]}}, "trajectories can have of their own"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(change: dict, message: str) -> None:
    call = {"t": TIMES, **change}
    with pytest.raises(SolveError) as caught:
        solve_ensemble(field, STARTS, call.pop("t"), **call)
    assert message in str(caught.value)
