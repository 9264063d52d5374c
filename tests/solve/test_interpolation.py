"""w(t) on a grid: against other interpolants, closed forms, autograd through the same time steps, and the generated module."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor, nn

import adjointcheck as ac
from adjointcheck.errors import SolveError
from adjointcheck.solve.gradient_method import Discrete, replay
from adjointcheck.solve.gradients import Backsolve, Checkpointed, ForwardSensitivity, Interpolated
from adjointcheck.solve.interpolation import Interpolation
from adjointcheck.solve.marching import march
from adjointcheck.solve.odeint import state_problem

UNIT = 2.0**-53
KINDS = ("constant", "linear", "cubic")
GRID = torch.tensor([0.2, 0.5, 0.7, 1.3, 1.4, 2.0], dtype=torch.float64)  # no two widths alike
DRAW = torch.Generator().manual_seed(5)
SPAN = torch.tensor([0.25, 1.1, 1.95], dtype=torch.float64)
WEIGHT = torch.randn(2, 2, generator=DRAW, dtype=torch.float64)


def draw(kind: str, *shape: int) -> Tensor:
    return 0.4 * torch.randn(len(GRID) - (kind == "constant"), *shape, generator=torch.Generator().manual_seed(8), dtype=torch.float64)


def hits(w: Interpolation) -> dict[str, Tensor]:
    return {"jump_t" if w.kind == "constant" else "step_t": w.nodes}


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).detach().norm() / wanted.detach().norm())


# w(t)


@pytest.mark.parametrize("backward", [False, True], ids=["increasing", "decreasing"])
@pytest.mark.parametrize("kind", KINDS)
def test_values_are_those_of_numpy_and_scipy(kind: str, backward: bool) -> None:
    values, t = draw(kind, 3, 2), torch.linspace(0.2, 2.0, 38, dtype=torch.float64)[1:-1]  # off the nodes
    grid = GRID.numpy()
    wanted = {
        "constant": lambda: values.numpy()[np.searchsorted(grid, t.numpy(), side="right") - 1],
        "linear": lambda: np.stack([[np.interp(t, grid, values[:, i, j]) for j in range(2)] for i in range(3)]).transpose(2, 0, 1),
        "cubic": lambda: CubicSpline(grid, values)(t),
    }[kind]()
    w = ac.Interpolation(GRID.flip(0), values.flip(0), kind) if backward else ac.Interpolation(GRID, values, kind)
    found = w(t)
    assert found.shape == (36, 3, 2) and w(t[4]).shape == (3, 2)
    assert np.abs(found.numpy() - wanted).max() < 100 * UNIT * np.abs(wanted).max()  # widths differ by 6: so does conditioning


def test_a_constant_piece_begins_at_its_node_as_seen_along_the_grid() -> None:
    values, node = draw("constant"), GRID[2]
    assert Interpolation(GRID, values, "constant")(node) == values[2] and Interpolation(GRID, values, "constant")(GRID[-1]) == values[-1]
    assert Interpolation(GRID.flip(0), values.flip(0), "constant")(node) == values[1]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_linear_in_the_values_and_its_rate_is_right(kind: str) -> None:
    values, t = draw(kind, 2).requires_grad_(), torch.tensor([0.31, 0.9, 1.7], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v, t: Interpolation(GRID, v, kind)(t), (values, t))
    assert torch.autograd.gradgradcheck(lambda v, t: Interpolation(GRID, v, kind)(t), (values, t)) if kind != "constant" else True


def test_a_cubic_is_met_by_the_spline_up_to_the_ends() -> None:
    """The natural spline, whose second derivative is 0 at the ends, fails this."""
    cubic = torch.tensor([0.3, -1.0, 2.0, 0.7], dtype=torch.float64)
    t = torch.linspace(0.2, 2.0, 50, dtype=torch.float64)
    found = Interpolation(GRID, torch.vander(GRID, 4) @ cubic, "cubic")(t)
    assert relative(found, torch.vander(t, 4) @ cubic) < 100 * UNIT
    natural = torch.from_numpy(CubicSpline(GRID, torch.vander(GRID, 4) @ cubic, bc_type="natural")(t))
    assert relative(natural, torch.vander(t, 4) @ cubic) > 1e-3


@pytest.mark.parametrize(("kind", "order"), [("constant", 1), ("linear", 2), ("cubic", 4)])
def test_the_order_of_each_kind(kind: str, order: int) -> None:
    fine, errors = torch.linspace(0, 2, 999, dtype=torch.float64), []
    for K in (32, 64, 128):
        grid = torch.linspace(0, 2, K + 1, dtype=torch.float64)
        errors.append(float((Interpolation(grid, torch.sin(3 * (grid[:-1] if kind == "constant" else grid)), kind)(fine) - torch.sin(3 * fine)).abs().max()))
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes.min() > order - 0.3 and slopes.max() < order + 0.5, slopes  # the spline's comes down to 4 from above


# Inside odeint


def moments(kind: str) -> Tensor:
    """The integral of t^2 phi_i over the span, phi_i the function of one value: Gauss's rule, exact on each piece, with NumPy's interpolants."""
    grid = GRID.numpy()
    pieces = np.concatenate([[float(SPAN[0])], grid[1:-1], [float(SPAN[-1])]])
    s, weights = np.polynomial.legendre.leggauss(4)
    t = (pieces[:-1, None] + np.diff(pieces)[:, None] * (s + 1) / 2).ravel()
    weights = (np.diff(pieces)[:, None] * weights / 2).ravel()
    rows = np.eye(len(grid) - (kind == "constant"))
    if kind == "constant":
        phi = rows[np.searchsorted(grid, t, side="right") - 1]
    else:
        phi = CubicSpline(grid, rows)(t) if kind == "cubic" else np.stack([np.interp(t, grid, row) for row in rows], 1)
    return torch.from_numpy((weights * t**2) @ phi)


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_in_the_values_has_a_closed_form(kind: str, reverse: bool) -> None:
    """xdot = t^2 w(t): polynomials of degree at most 5 between nodes, which dop853 integrates exactly."""
    w = Interpolation(GRID, nn.Parameter(draw(kind)), kind)
    ends = SPAN[[-1, 0]] if reverse else SPAN[[0, -1]]
    x = ac.odeint(lambda t, x: t**2 * w(t) + 0 * x, torch.zeros(1, dtype=torch.float64), ends, method="dop853", rtol=1e-3, options=hits(w))
    x[-1].sum().backward()
    wanted = -moments(kind) if reverse else moments(kind)
    assert w.values.grad is not None and relative(w.values.grad, wanted) < 100 * UNIT
    assert float(x[-1].detach()) == pytest.approx(float(wanted @ w.values.detach()), abs=100 * UNIT)


def test_a_node_that_no_time_step_hits_is_seen_by_that_closed_form() -> None:
    w = Interpolation(GRID, nn.Parameter(draw("linear")), "linear")
    x = ac.odeint(lambda t, x: t**2 * w(t) + 0 * x, torch.zeros(1, dtype=torch.float64), SPAN[[0, -1]], method="rk4", options={"step_size": 0.3})
    x[-1].sum().backward()
    assert w.values.grad is not None and relative(w.values.grad, moments("linear")) > 1e-3


class Driven(nn.Module):
    """Non-symmetric Jacobian, explicit time, w enters nonlinearly."""

    def __init__(self, w: Interpolation) -> None:
        super().__init__()
        self.w, self.weight = w, nn.Parameter(WEIGHT.clone())

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        w = self.w(t)
        return torch.tanh(x @ self.weight) + torch.sin(w * (1 + t[..., None])) - 0.5 * x * w


@pytest.mark.parametrize(("kind", "gradient"), [
    *((kind, Discrete()) for kind in KINDS), ("linear", Discrete(graph_bytes=0)), ("cubic", Checkpointed(checkpoints=3)), ("linear", ForwardSensitivity()),
], ids=lambda value: value if isinstance(value, str) else value.name)  # fmt: skip
def test_the_gradient_is_that_of_the_same_time_steps(kind: str, gradient: Any) -> None:
    source = draw(kind, 2).requires_grad_()
    w = Interpolation(GRID, 0.5 * source, kind)  # values that come out of a graph
    field, x0, t = Driven(w), torch.tensor([0.4, -0.3], dtype=torch.float64, requires_grad=True), SPAN.clone().requires_grad_()
    inputs, loss = (source, field.weight, x0, t), torch.tensor([[0.3, 1.0], [-2.0, 0.5], [1.0, 0.7]], dtype=torch.float64)
    options: dict[str, Any] = {"rtol": 1e-2, "atol": 1e-3, "method": "dopri5", "options": hits(w)}
    found = torch.autograd.grad((loss * ac.odeint(field, x0, t, gradient=gradient, **options)).sum(), inputs, retain_graph=True)
    problem, _, outputs = state_problem(field, x0, t, **options)
    replayed = replay(problem, march(problem))[outputs]  # by the field's parameters, of which the values are one
    bars = torch.autograd.grad((loss * replayed).sum(), (*problem.field.leaves, x0, t))
    by_name = dict(zip((*problem.field.names, "x0", "t"), bars, strict=True))
    wanted = (0.5 * by_name["w.values"], by_name["weight"], by_name["x0"], by_name["t"])
    for got, want in zip(found, wanted, strict=True):
        assert float(want.norm()) > 1e-2 and relative(got, want) < 300 * UNIT


@pytest.mark.parametrize("gradient", [Interpolated(), Backsolve()], ids=lambda row: row.name)
def test_continuous_gradient_methods_find_the_values(gradient: Any) -> None:
    w = Interpolation(GRID, draw("linear", 2).requires_grad_())
    field, x0 = Driven(w), torch.tensor([0.4, -0.3], dtype=torch.float64)
    options: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-6, "options": hits(w)}
    found, exact = (torch.autograd.grad(ac.odeint(field, x0, SPAN, gradient=row, **options)[-1].sum(), w.values)[0] for row in (gradient, Discrete()))
    assert relative(found, exact) < 1e-3  # of the tolerance's size, not equal


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_rk4_stands_where_nodes_are_hit_and_falls_where_not(kind: str) -> None:
    w, x0 = Interpolation(GRID, draw(kind, 2), kind), torch.tensor([0.4, -0.3], dtype=torch.float64)
    exact = ac.odeint(Driven(w), x0, SPAN, rtol=1e-12, atol=1e-13, method="dop853", options=hits(w))
    def error(size: float, options: dict[str, Any]) -> float:
        with torch.no_grad():
            return float((ac.odeint(Driven(w), x0, SPAN, method="rk4", options={"step_size": size, **options}) - exact).norm())
    hit = np.array([error(size, hits(w)) for size in (1 / 40, 1 / 80, 1 / 160)])
    assert np.log2(hit[:-1] / hit[1:]).min() > 3.8
    assert kind == "cubic" or error(1 / 157.3, {}) > 30 * hit[-1]  # a grid of time steps on which no node lies


def test_an_ensemble_reads_it_at_its_own_times() -> None:
    w = Interpolation(GRID, draw("cubic", 2).requires_grad_(), "cubic")
    x0, t = torch.randn(3, 2, generator=DRAW, dtype=torch.float64), torch.stack([SPAN, SPAN - 0.04, SPAN.flip(0)])
    weights = torch.randn(3, 3, 2, generator=DRAW, dtype=torch.float64)
    together = ac.solve_ensemble(Driven(w), x0, t, rtol=1e-6)
    (found,) = torch.autograd.grad((weights * together.ys).sum(), w.values)
    apart = [ac.solve_ensemble(Driven(w), x0[b : b + 1], t[b : b + 1], rtol=1e-6).ys[0] for b in range(3)]
    (wanted,) = torch.autograd.grad((weights * torch.stack(apart)).sum(), w.values)
    assert relative(found, wanted) < 1000 * UNIT  # time steps chosen by sums of another order


@pytest.mark.parametrize("kind", ["constant", "linear"])
def test_the_generated_module_with_its_own_w_agrees(kind: str) -> None:
    """linear_quadratic by rk4: another code, from the statement, with the grid over the horizon [0, 3]."""
    module, K = ac.build(ac.load("linear_quadratic"), target="torch", method="rk4"), 4
    values = torch.randn(K + (kind == "linear"), 1, generator=DRAW, dtype=torch.float64, requires_grad=True)
    theirs = torch.autograd.grad(module.solve(w=values, hold=kind, steps=12).x1[0] @ torch.tensor([1.0, -2.0], dtype=torch.float64), values)[0]
    w = Interpolation(torch.linspace(0, 3, K + 1, dtype=torch.float64), values, kind)
    x = ac.odeint(lambda t, x: torch.stack([x[1], -2 * x[0] - 0.3 * x[1] + 1.5 * w(t)[0]]), torch.tensor([1, -0.5], dtype=torch.float64),
                  torch.tensor([0.0, 3.0], dtype=torch.float64), method="rk4", options={"step_size": 0.25, **hits(w)})  # fmt: skip
    ours = torch.autograd.grad(x[-1] @ torch.tensor([1.0, -2.0], dtype=torch.float64), values)[0]
    assert relative(ours, theirs) < 100 * UNIT


def test_single_precision_reaches_both_ends_of_the_grid() -> None:
    grid = torch.tensor([0.1, 0.4, 0.7], dtype=torch.float64)  # none of them is a float32
    w = Interpolation(grid, torch.tensor([[1.0], [2.0]], requires_grad=True), "constant")
    for ends in (grid[[0, -1]], grid[[-1, 0]]):
        x = ac.odeint(lambda t, x: w(t), torch.zeros(1), ends.float(), options=hits(w))
        (found,) = torch.autograd.grad(x[-1].sum(), w.values)
        assert torch.allclose(found, torch.sign(ends[1] - ends[0]).float() * torch.tensor([[0.3], [0.3]]), rtol=1e-6, atol=0)


def test_values_are_a_parameter_or_a_buffer_of_the_module() -> None:
    owned, given = Interpolation(GRID, nn.Parameter(draw("linear"))), Interpolation(GRID, draw("linear"))
    assert [name for name, _ in owned.named_parameters()] == ["values"] and not list(given.parameters())
    again = Interpolation(GRID, torch.zeros_like(draw("linear")))
    again.load_state_dict(given.state_dict())
    assert torch.equal(again(SPAN), given(SPAN)) and "linear, 6 nodes" in repr(given)


# Refusals


@pytest.mark.parametrize(("times", "values", "kind", "words"), [
    (GRID, draw("linear"), "quadratic", "kind: got quadratic"),
    (GRID, draw("linear"), "constant", r"values: got torch.float64 of shape \(6,\); expected a floating tensor \(5, ...\)"),
    (GRID, draw("constant"), "linear", "one value for each node"),
    (GRID, [0.0] * 6, "linear", "values"),
    (GRID, torch.arange(6), "linear", "torch.int64"),
    (GRID[[0, 2, 1, 3, 4, 5]], draw("linear"), "linear", "strictly increasing or decreasing"),
    ([0.0, 0.0, 1.0], torch.zeros(3), "linear", "strictly increasing"),
    ([0.0, float("nan"), 1.0], torch.zeros(3), "linear", "finite"),
    ([0.0, float("inf")], torch.zeros(2), "linear", "finite"),
    ([0.0, 1.0, 2.0], torch.zeros(3), "cubic", "at least 4"),
    ([1.0], torch.zeros(1), "linear", "at least 2"),
    (GRID[None], draw("linear"), "linear", "times"),
    (GRID.clone().requires_grad_(), draw("linear"), "linear", "nodes get no gradient"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(times: Any, values: Any, kind: str, words: str) -> None:
    with pytest.raises(SolveError, match=words):
        Interpolation(times, values, kind)


@pytest.mark.parametrize("t", [0.1999, 2.0001, float("nan"), torch.tensor([1.0, 2.1])])
def test_extrapolation_is_refused(t: Any) -> None:
    with pytest.raises(SolveError, match="0.2 <= t <= 2.*spans the horizon"):
        Interpolation(GRID, draw("linear"))(t)


def test_a_horizon_longer_than_the_grid_is_refused_by_odeint() -> None:
    w = Interpolation(GRID, draw("linear", 2))
    with pytest.raises(SolveError, match="spans the horizon"):
        ac.odeint(Driven(w), torch.zeros(2, dtype=torch.float64), torch.tensor([0.2, 2.5], dtype=torch.float64))
