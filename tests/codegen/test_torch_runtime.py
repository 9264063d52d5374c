"""The torch runtime on hand-written equations: exactness of the discrete adjoint, marching, batches, refusals."""

from __future__ import annotations

import ast
import gc
import math
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from handwritten import (
    BLOWUP,
    GROWTH,
    LOTKA_VOLTERRA,
    RUNTIME,
    TABLEAUS,
    TANGLED,
    compose,
    load,
    runtime_text,
    tableau_text,
)
from scipy.integrate import solve_ivp
from scipy.integrate._ivp import dop853_coefficients as dop853
from torch import Tensor

NAMES = ("x0", "theta", "w", "t0", "t1", "observation_times")
# Both sides compute the same sums in another order; a few hundred roundings over some dozens of time steps.
ROUNDING = 400 * torch.finfo(torch.float64).eps


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Build (once) and import the module of some equations under a method."""
    folder, built = tmp_path_factory.mktemp("modules"), {}

    def build(equations: str, method: str) -> Any:
        key = equations, method
        if key not in built:
            built[key] = load(compose(equations, tableau_text(method)), folder)
        return built[key]

    return build


def tangled_inputs(hold: str = "constant", backward: bool = False, batch: int = 3) -> dict[str, Tensor]:
    """Random inputs, all batched; observations inside, at t0, inside, at t1 and at the third's time."""
    random = torch.Generator().manual_seed(7)

    def draw(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, generator=random, dtype=torch.float64)

    t0, t1 = 0.2 + 0.2 * draw(), 1.7 + 0.5 * draw()
    if backward:
        t0, t1 = t1, t0
    inner = t0 + (t1 - t0) * 0.37
    times = torch.stack([t0 + (t1 - t0) * 0.81, t0, inner, t1, inner], 1)
    w = draw(3 + (hold == "linear"), 2) - 0.4
    return {"x0": 0.5 + draw(2), "theta": 0.3 + draw(3), "w": w, "t0": t0, "t1": t1, "observation_times": times}


def gradients_by_sweep(module: Any, inputs: dict[str, Tensor], hold: str, steps: int | None) -> tuple[Any, ...]:
    """The record, random seeds and the discrete adjoint they give."""
    record = module.march(module.Inputs(**inputs), module.Options(hold=hold, steps=steps, rtol=1e-5, atol=1e-5))
    assert (record.status == module.FINISHED).all()
    random = torch.Generator().manual_seed(11)
    x1_bar = torch.randn(record.x1.shape, generator=random, dtype=torch.float64)
    cost_bar = torch.randn(record.cost.shape, generator=random, dtype=torch.float64)
    return record, x1_bar, cost_bar, module.sweep(record, x1_bar, cost_bar)


def gradients_by_autograd(module: Any, record: Any, inputs: dict[str, Tensor], x1_bar: Tensor, cost_bar: Tensor) -> Any:
    """The same through replay."""
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    x1, cost = module.replay(record, hold=record.hold, **leaves)
    assert torch.equal(x1, record.x1) and torch.equal(cost, record.cost)
    return torch.autograd.grad((x1 * x1_bar).sum() + (cost * cost_bar).sum(), list(leaves.values()))


def worst_error(module: Any, hold: str, backward: bool, steps: int | None) -> float:
    """The largest relative difference of sweep and autograd over all inputs."""
    inputs = tangled_inputs(hold, backward)
    record, x1_bar, cost_bar, found = gradients_by_sweep(module, inputs, hold, steps)
    expected = gradients_by_autograd(module, record, inputs, x1_bar, cost_bar)
    pairs = [(getattr(found, name), want) for name, want in zip(inputs, expected, strict=True)]
    assert all(float(want.abs().min()) > 1e-4 for _, want in pairs), "a dead gradient would test nothing"
    return max(float((got - want).abs().max() / want.abs().max()) for got, want in pairs)


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "reverse time"])
@pytest.mark.parametrize("hold", ["constant", "linear"])
@pytest.mark.parametrize(
    ("method", "steps"), [*((method, 12) for method in TABLEAUS), ("bosh3", None), ("dopri5", None)]
)
def test_discrete_adjoint_is_autograd_of_the_same_time_steps(
    modules: Callable[..., Any], method: str, steps: int | None, hold: str, backward: bool
) -> None:
    assert worst_error(modules(TANGLED, method), hold, backward, steps) < ROUNDING


DEPOSIT = "self.p = self.p + torch.where(reached[:, None], self.jumps[number_rows(met), met], 0)"
REACHED = "reached = moved & (frozen.right == 1)\n        met"
LAST = "self.move_marks(self.mark_bar, frozen.segment, by_start, by_stop)"
PLANTED = {
    "deposit at t0 skipped": [(REACHED, REACHED.replace("1)", "1) & (frozen.segment > 0)"))],
    "deposit at t1 skipped": [
        (REACHED, REACHED.replace("1)", "1) & (frozen.segment < self.timeline.marks.shape[1] - 3)"))
    ],
    "deposits one time step late": [
        (DEPOSIT, DEPOSIT.replace("self.p = self.p +", "late =")),
        (LAST, LAST + "\n        self.p = self.p + late"),
    ],
    "length of the time step dropped": [("by_length = (step.right - step.left) * by_h", "by_length = 0 * by_h")],
    "wrong stage order": [("for row in A[i + 1 :])", "for row in A[:i:-1])")],
    "stage coupling dropped": [("for row in A[i + 1 :])", "for row in A[:0])"), ("partials], B[i]", "[]], B[i]")],
    "weight of the running cost": [("h * B[i] * self.cost_bar)", "h * self.cost_bar)")],
    "running cost missing in dJ/dh": [(" + B[i] * self.weigh(stages[i].cost)", "")],
    "stage time at the segment's start only": [("by_stop = by_stop + stage.fraction * by_t", "pass")],
    "dPsi/dx": [("+ self.weigh(by_x)", "")],
    "dPsi/dtheta": [("self.theta_bar = self.weigh(by_theta)", "self.theta_bar = 0 * by_theta")],
    "dPsi/dt1": [("self.t1_bar = self.weigh(by_t)", "self.t1_bar = 0 * by_t")],
    "dl/ds": [("self.times_bar[:, members] = by_t", "pass")],
    "dl/dtheta": [("self.theta_bar = self.theta_bar + by_theta.sum(1)", "pass")],
    "dH/dtheta": [("            self.theta_bar = self.theta_bar + by_theta\n", "")],
    "inner grid nodes given to t1 alone": [("t0 = (nodes * (1 - fraction)).sum(1)", "t0 = nodes[:, 0]")],
}
PLANTED_LINEAR = {
    "right node of a linear control": [("self.w_bar[rows, interval + 1] += u * by_w", "pass")],
    "local coordinate frozen": [("by_w * (w[rows, interval + 1] - w[rows, interval])", "0 * by_w")],
    "local coordinate free of t0 and t1": [("- (drift * share).sum(1)", "")],
}


@pytest.mark.parametrize(
    ("hold", "mutations"),
    [
        *(pytest.param("constant", mutations, id=name) for name, mutations in PLANTED.items()),
        *(pytest.param("linear", mutations, id=name) for name, mutations in PLANTED_LINEAR.items()),
    ],
)
def test_planted_errors_are_caught(tmp_path: Path, hold: str, mutations: list[tuple[str, str]]) -> None:
    module = load(compose(TANGLED, tableau_text("rk4"), mutations), tmp_path)
    assert worst_error(module, hold, False, 12) > 1e-4


def test_solve_is_differentiable_by_finite_differences(modules: Callable[..., Any]) -> None:
    module, inputs = modules(TANGLED, "rk4"), tangled_inputs("linear", batch=2)
    # Away from the ends, which a difference would cross, and from each other, where the order of the marks changes.
    places = torch.tensor([0.81, 0.15, 0.42, 0.93, 0.56], dtype=torch.float64)
    inputs["observation_times"] = torch.lerp(inputs["t0"][:, None], inputs["t1"][:, None], places)
    leaves = [value.requires_grad_() for value in inputs.values()]

    def run(*values: Tensor) -> tuple[Tensor, Tensor]:
        solution = module.solve(**dict(zip(inputs, values, strict=True)), hold="linear", steps=6)
        return solution.x1, solution.cost

    assert torch.autograd.gradcheck(run, leaves)


@pytest.mark.parametrize("batched", [(), ("x0",), ("theta", "t1"), NAMES], ids=str)
def test_solve_and_value_and_gradient_agree_in_the_shape_of_each_input(
    modules: Callable[..., Any], batched: tuple[str, ...]
) -> None:
    module, everything = modules(TANGLED, "dopri5"), tangled_inputs()
    inputs = {name: value if name in batched else value[0] for name, value in everything.items()}
    if batched == ("theta", "t1"):
        # One set of observation times must lie inside every trajectory's horizon; the last coincides with the first t1.
        inputs["t1"] = everything["observation_times"][0, 3] + torch.arange(3, dtype=torch.float64) / 10
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    solution = module.solve(**leaves)
    assert len(solution.cost) == (3 if batched else 1)
    solution.cost.sum().backward()
    cost, gradients = module.value_and_gradient(**inputs)
    assert torch.equal(cost, solution.cost)
    for name, leaf in leaves.items():
        assert getattr(gradients, name).shape == leaf.shape
        torch.testing.assert_close(getattr(gradients, name), leaf.grad, rtol=ROUNDING, atol=0)


def test_initial_values_left_out_follow_theta(modules: Callable[..., Any]) -> None:
    module, inputs = modules(TANGLED, "dopri5"), tangled_inputs()
    del inputs["x0"]
    theta = inputs["theta"].clone().requires_grad_()
    solution = module.solve(**{**inputs, "theta": theta})
    (by_solve,) = torch.autograd.grad(solution.cost.sum(), theta)
    _, by_replay = module.replay(solution.record, None, theta, hold="constant", **without(inputs, "theta"))
    (expected,) = torch.autograd.grad(by_replay.sum(), theta)
    _, gradients = module.value_and_gradient(**inputs)
    torch.testing.assert_close(by_solve, expected, rtol=ROUNDING, atol=ROUNDING)
    torch.testing.assert_close(gradients.theta, expected, rtol=ROUNDING, atol=ROUNDING)
    fixed = module.value_and_gradient(module.initial_state(inputs["theta"]), **inputs)[1]
    torch.testing.assert_close(gradients.x0, fixed.x0, rtol=0, atol=0)
    assert (gradients.theta - fixed.theta).abs().min() > 1e-3


def without(inputs: dict[str, Tensor], *names: str) -> dict[str, Tensor]:
    return {name: value for name, value in inputs.items() if name not in names}


def growth(a: float, x0: float, length: float) -> dict[str, float]:
    """Cost and gradients of xdot = a x, J = x(t1)^2/2 + int a x dt, in closed form."""
    e = math.exp(a * length)
    slope = a * x0**2 * e**2 + a * x0 * e
    by_a = length * x0**2 * e**2 + length * x0 * e
    return {"cost": x0**2 * e**2 / 2 + x0 * (e - 1), "x0": x0 * e**2 + e - 1, "theta": by_a, "t0": -slope, "t1": slope}


def growth_errors(module: Any, **options: Any) -> dict[str, float]:
    cost, gradients = module.value_and_gradient([0.8], [0.7], 0.2, 1.7, **options)
    exact = growth(0.7, 0.8, 1.5)
    found = {"cost": cost[0], **{name: getattr(gradients, name).sum() for name in ("x0", "theta", "t0", "t1")}}
    return {name: abs(float(value) - exact[name]) for name, value in found.items()}


@pytest.mark.parametrize(
    ("method", "order", "steps"), [("euler", 1, 64), ("bosh3", 3, 24), ("rk4", 4, 16), ("dopri5", 5, 8)]
)
def test_cost_and_gradient_converge_at_the_order_of_the_method(
    modules: Callable[..., Any], method: str, order: int, steps: int
) -> None:
    module = modules(GROWTH, method)
    coarse, fine = growth_errors(module, steps=steps), growth_errors(module, steps=2 * steps)
    for name, error in coarse.items():
        assert math.log2(error / fine[name]) == pytest.approx(order, abs=0.25), name


@pytest.mark.parametrize("tolerance", [1e-5, 1e-8, 1e-11])
def test_adaptive_error_follows_the_tolerance(modules: Callable[..., Any], tolerance: float) -> None:
    errors = growth_errors(modules(GROWTH, "dopri5"), rtol=tolerance, atol=tolerance)
    assert max(errors.values()) < 300 * tolerance


@pytest.mark.campaign  # nine digits of the generated module are under test in tests/numeric
def test_lotka_volterra_to_ten_digits(modules: Callable[..., Any]) -> None:
    # From Taylor series of the flow and its variational equation, computed with 30 digits.
    by_x0 = [0.299599508304, -0.014151816345]
    by_theta = [0.621961585551, 0.068001404151, 0.169176463996, 0.272560693950]
    _, gradients = modules(LOTKA_VOLTERRA, "dopri5").value_and_gradient([1.0, 1.0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradients.x0, by_x0, rtol=0, atol=1e-10)
    np.testing.assert_allclose(gradients.theta, by_theta, rtol=0, atol=1e-10)


def test_a_smooth_march_wastes_few_time_steps(modules: Callable[..., Any]) -> None:
    solution = modules(LOTKA_VOLTERRA, "dopri5").solve()
    peer = solve_ivp(
        lambda t, z: [1.5 * z[0] - z[0] * z[1], z[0] * z[1] - 3 * z[1]], (0, 10), [1, 1], rtol=1e-6, atol=1e-6
    )
    attempts, peers = int(solution.accepted + solution.rejected), (peer.nfev - 2) / 6
    assert attempts < 1.25 * peers and solution.rejected < 0.15 * solution.accepted


def test_costate_and_times_of_the_recorded_time_steps(modules: Callable[..., Any]) -> None:
    module = modules(GROWTH, "dopri5")
    record = module.solve([[0.8], [0.1]], [0.7], 0.2, 1.7, rtol=1e-11, atol=1e-11).record
    gradients = module.sweep(record, torch.zeros_like(record.x1), torch.ones_like(record.cost), keep_costate=True)
    assert len(gradients.costate) == len(record.steps)
    assert torch.equal(gradients.costate[0], gradients.x0)
    assert torch.equal(torch.stack([frozen.accepted for frozen in record.steps]).sum(0), record.accepted)
    for t, p, frozen in zip(record.start_times(), gradients.costate, record.steps, strict=True):
        e = torch.exp(0.7 * (1.7 - t))
        expected = record.x1[:, 0] * e + e - 1
        torch.testing.assert_close(p[frozen.accepted, 0], expected[frozen.accepted], rtol=1e-8, atol=0)


def reference_by_scipy(module: Any, inputs: dict[str, Tensor], hold: str) -> tuple[Any, float]:
    """x1 and J of trajectory 0, interval by interval, with the control looked up by time."""
    t0, t1 = float(inputs["t0"][0]), float(inputs["t1"][0])
    theta, w, times = inputs["theta"][0], inputs["w"][0].numpy(), inputs["observation_times"][0].tolist()
    intervals = len(w) - (hold == "linear")
    grid = np.linspace(t0, t1, intervals + 1)

    def control(t: float, i: int) -> Any:
        u = (t - grid[i]) / (grid[i + 1] - grid[i])
        return w[i] if hold == "constant" else (1 - u) * w[i] + u * w[i + 1]

    y, cost = np.append(inputs["x0"][0].numpy(), 0.0), 0.0
    stops = sorted({*grid.tolist(), *times}, key=lambda t: (t - t0) / (t1 - t0))
    for number, stop in enumerate(stops):
        start = stops[max(number - 1, 0)]
        i = min(int((0.5 * (start + stop) - t0) / (t1 - t0) * intervals), intervals - 1)

        def slope(t: float, y: Any, i: int = i) -> Any:
            f, running = module.rates(torch.tensor(t), torch.tensor(y[:2]), torch.tensor(control(t, i)), theta)
            return np.append(f.numpy(), running.numpy())

        if stop != start:
            y = solve_ivp(slope, (start, stop), y, method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
        for j in (j for j, s in enumerate(times) if s == stop):
            group, data = module.OBSERVATION_GROUP[j], torch.tensor(module.OBSERVATION_DATA[j])
            cost += float(module.OBSERVATION_COSTS[group](torch.tensor(stop), torch.tensor(y[:2]), theta, data))
    return y[:2], cost + y[2] + float(module.terminal_cost(inputs["t1"][0], torch.tensor(y[:2]), theta))


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "reverse time"])
@pytest.mark.parametrize("hold", ["constant", "linear"])
def test_solution_and_cost_against_scipy(modules: Callable[..., Any], hold: str, backward: bool) -> None:
    module, inputs = modules(TANGLED, "dopri5"), tangled_inputs(hold, backward)
    solution = module.solve(**inputs, hold=hold, rtol=1e-10, atol=1e-10)
    x1, cost = reference_by_scipy(module, inputs, hold)
    np.testing.assert_allclose(solution.x1[0].numpy(), x1, rtol=1e-8)
    assert float(solution.cost[0]) == pytest.approx(cost, rel=1e-8)


def test_a_row_does_not_know_its_neighbours(modules: Callable[..., Any]) -> None:
    module, inputs = modules(TANGLED, "dopri5"), tangled_inputs("linear", batch=5)
    together, gradients = module.solve(**inputs, hold="linear"), module.value_and_gradient(**inputs, hold="linear")[1]
    assert len(set(together.accepted.tolist())) > 1, "equal time steps would hide a leak"
    for row in range(5):
        own = {name: value[row : row + 1] for name, value in inputs.items()}
        alone = module.solve(**own, hold="linear")
        for name in ("x1", "cost", "status", "accepted", "rejected"):
            assert torch.equal(getattr(alone, name)[0], getattr(together, name)[row]), name
        apart = module.value_and_gradient(**own, hold="linear")[1]
        for name in NAMES:
            assert torch.equal(getattr(apart, name)[0], getattr(gradients, name)[row]), name


def test_shared_parameters_gather_the_sum_over_the_batch(modules: Callable[..., Any]) -> None:
    module, inputs = modules(TANGLED, "bosh3"), tangled_inputs()
    inputs["theta"] = inputs["theta"][:1].expand(3, 3)
    apart = module.value_and_gradient(**inputs)[1]
    shared = module.value_and_gradient(**{**inputs, "theta": inputs["theta"][0]})[1]
    torch.testing.assert_close(shared.theta, apart.theta.sum(0), rtol=ROUNDING, atol=0)


@pytest.mark.parametrize("steps", [None, 40])
def test_a_failing_neighbour_harms_nobody(modules: Callable[..., Any], steps: int | None) -> None:
    module = modules(BLOWUP, "dopri5")
    x0 = torch.tensor([[0.5], [3.0], [0.5], [math.nan]], dtype=torch.float64, requires_grad=True)
    theta = torch.tensor([[1.0], [200.0], [math.nan], [1.0]], dtype=torch.float64, requires_grad=True)
    solution = module.solve(x0, theta, steps=steps)
    assert solution.status[0] == module.FINISHED
    assert solution.status[1] in (module.STEP_UNDERFLOW, module.NON_FINITE)
    assert solution.status[2:].tolist() == [module.NON_FINITE] * 2
    assert solution.x1[1].isfinite().all() and solution.x1[1] >= 3
    assert solution.cost[0] == solution.x1[0, 0] and solution.cost[0].item() == pytest.approx(1.0, rel=1e-4)
    assert solution.cost[1:].isnan().all()
    # Seeds on the finished trajectory alone: the others' contribution is exactly 0, not NaN.
    by_x0, by_theta = torch.autograd.grad(solution.cost[0], [x0, theta], retain_graph=True)
    assert by_x0[0, 0].item() == pytest.approx(4.0, rel=1e-4) and by_theta[0, 0].item() == pytest.approx(1.0, rel=1e-4)
    assert (by_x0[1:] == 0).all() and (by_theta[1:] == 0).all()
    # Seeds on all of them: no derivative exists for the unfinished ones, and none is made up.
    by_x0, by_theta = torch.autograd.grad(solution.x1.sum() + solution.cost.sum(), [x0, theta])
    assert by_x0[0].isfinite() and by_x0[1:].isnan().all() and by_theta[1:].isnan().all()


def test_failing_rows_leave_a_shared_parameter_alone_when_they_are_left_out(modules: Callable[..., Any]) -> None:
    module = modules(BLOWUP, "dopri5")
    theta = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    solution = module.solve([[0.5], [3.0]], theta)
    (found,) = torch.autograd.grad(solution.cost[solution.status == 0].sum(), theta)
    (alone,) = torch.autograd.grad(module.solve([0.5], theta).cost.sum(), theta)
    assert torch.equal(found, alone)


@pytest.mark.parametrize("end", [math.nan, math.inf])
def test_a_horizon_that_is_not_finite(modules: Callable[..., Any], end: float) -> None:
    module = modules(GROWTH, "dopri5")
    t1 = torch.tensor([1.0, end], dtype=torch.float64, requires_grad=True)
    solution = module.solve(t1=t1)
    assert solution.status.tolist() == [module.FINISHED, module.NON_FINITE]
    (by_t1,) = torch.autograd.grad(solution.cost[0], t1)
    assert by_t1[0] > 0 and by_t1[1] == 0


def test_max_steps_stops_with_the_last_accepted_state(modules: Callable[..., Any]) -> None:
    module = modules(GROWTH, "dopri5")
    for options in ({"steps": 10}, {"rtol": 1e-10}):
        solution = module.solve(max_steps=4, **options)
        assert solution.status.tolist() == [module.MAX_STEPS] and solution.cost.isnan().all()
        assert int(solution.accepted + solution.rejected) == 4
        assert 1 < float(solution.x1) < math.exp(0.7 * 1.5)
    assert module.solve(max_steps=10, steps=10).status.tolist() == [module.FINISHED]


def test_marks_do_not_shrink_the_time_step(modules: Callable[..., Any], tmp_path: Path) -> None:
    inputs = without(tangled_inputs(), "w")
    module, w = modules(TANGLED, "dopri5"), torch.full((1, 2), 0.2, dtype=torch.float64)
    plain, split = module.solve(**inputs, w=w), module.solve(**inputs, w=w.expand(40, 2))
    # Each mark ends at most one time step early.
    assert (split.accepted <= plain.accepted + 39).all() and (split.rejected <= plain.rejected).all()
    torch.testing.assert_close(split.cost, plain.cost, rtol=1e-4, atol=0)
    forgetful = [("torch.where(cut, torch.maximum(self.size, grown), grown)", "grown")]
    mutant = load(compose(TANGLED, tableau_text("dopri5"), forgetful), tmp_path)
    assert (mutant.solve(**inputs, w=w).accepted > plain.accepted).all()


def test_equal_steps_count_per_segment(modules: Callable[..., Any]) -> None:
    module = modules(TANGLED, "rk4")
    solution = module.solve(t0=0.0, t1=1.0, w=torch.zeros(4, 2), steps=20, observation_times=[0.0, 0.5, 0.5, 0.6, 1.0])
    # Segments 0, .25, .25, 0, 0, .1, .15, .25, 0 of the horizon.
    assert solution.accepted.tolist() == [1 + 5 + 5 + 1 + 1 + 2 + 3 + 5 + 1]


def test_empty_horizon(modules: Callable[..., Any]) -> None:
    module, theta, x0 = modules(TANGLED, "dopri5"), [0.9, 0.4, 0.7], torch.tensor([[1.1, 0.4]], dtype=torch.float64)
    for hold in ("constant", "linear"):
        w = torch.tensor([[0.3, -0.2]] * 4, dtype=torch.float64)
        instant = {"t0": 0.5, "t1": 0.5, "observation_times": [0.5] * 5}
        cost, gradients = module.value_and_gradient(x0, theta, w=w, hold=hold, **instant)
        t, th = torch.tensor([0.5], dtype=torch.float64), torch.tensor([theta], dtype=torch.float64)
        expected = module.terminal_cost(t, x0, th)
        by_t, by_x, _ = module.terminal_partials(t, x0, th)
        for j, group in enumerate(module.OBSERVATION_GROUP):
            data = torch.tensor([module.OBSERVATION_DATA[j]], dtype=torch.float64)
            expected = expected + module.OBSERVATION_COSTS[group](t, x0, th, data)
        torch.testing.assert_close(cost, expected)
        # dJ/dt1 = dPsi/dt1 + L + p f with p = dPsi/dx: the observations lie before t1 and stay there.
        f, running = module.rates(t, x0, w[:1], th)
        torch.testing.assert_close(gradients.t1, (by_t + running + (by_x * f).sum(1))[0])
        assert all(getattr(gradients, name).isfinite().all() for name in NAMES)


def test_empty_batch(modules: Callable[..., Any]) -> None:
    module = modules(TANGLED, "dopri5")
    x0 = torch.zeros(0, 2, dtype=torch.float64)
    theta = torch.tensor([0.9, 0.4, 0.7], dtype=torch.float64, requires_grad=True)
    solution = module.solve(x0, theta, w=torch.zeros(3, 2, dtype=torch.float64))
    assert solution.x1.shape == (0, 2) and solution.cost.shape == solution.status.shape == (0,)
    solution.cost.sum().backward()
    assert theta.grad is not None and (theta.grad == 0).all()


def test_single_precision_stays_single(modules: Callable[..., Any]) -> None:
    for method, options in (("dopri5", {"rtol": 1e-4, "atol": 1e-4}), ("rk4", {"steps": 30})):
        module, exact = modules(TANGLED, method), tangled_inputs("linear")
        inputs = {name: value.float() for name, value in exact.items()}
        solution = module.solve(**inputs, hold="linear", **options)
        cost, gradients = module.value_and_gradient(**inputs, hold="linear", **options)
        expected_cost, expected = module.value_and_gradient(
            **exact, hold="linear", rtol=1e-9, atol=1e-9, steps=options.get("steps")
        )
        assert solution.x1.dtype == cost.dtype == torch.float32 and (solution.status == 0).all()
        torch.testing.assert_close(cost.double(), expected_cost, rtol=1e-3, atol=0)
        for name in NAMES:
            found, want = getattr(gradients, name), getattr(expected, name)
            assert found.dtype == torch.float32
            torch.testing.assert_close(found.double(), want, rtol=0, atol=2e-3 * float(want.abs().max()))


def test_two_runs_give_the_same_bits(modules: Callable[..., Any]) -> None:
    module, inputs = modules(TANGLED, "dopri5"), tangled_inputs("linear")
    runs = [module.value_and_gradient(**inputs, hold="linear") for _ in range(2)]
    assert torch.equal(runs[0][0], runs[1][0])
    assert all(torch.equal(getattr(runs[0][1], name), getattr(runs[1][1], name)) for name in NAMES)


def test_changing_an_input_later_does_not_change_the_gradient(modules: Callable[..., Any]) -> None:
    module, inputs = modules(TANGLED, "dopri5"), tangled_inputs()
    theta = inputs["theta"].clone().requires_grad_()
    cost = module.solve(**{**inputs, "theta": theta}).cost.sum()
    expected = module.value_and_gradient(**inputs)[1].theta
    with torch.no_grad():
        theta.zero_()
        inputs["x0"].zero_()
    torch.testing.assert_close(torch.autograd.grad(cost, theta)[0], expected, rtol=ROUNDING, atol=0)


def test_a_solution_is_freed_with_its_last_reference(modules: Callable[..., Any]) -> None:
    theta = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    solution = modules(GROWTH, "dopri5").solve(theta=theta)
    record = weakref.ref(solution.record)
    gc.disable()
    try:
        del solution
        assert record() is None
    finally:
        gc.enable()


def test_second_derivatives_are_refused(modules: Callable[..., Any]) -> None:
    theta = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(modules(GROWTH, "dopri5").solve(theta=theta).cost.sum(), theta, create_graph=True)
    with pytest.raises(RuntimeError, match="second derivative"):
        (slope.sum() + theta.sum()).backward()


def test_error_measure_blends_the_estimators_of_dop853(tmp_path: Path) -> None:
    s = dop853.N_STAGES
    values = {"A": tuple(tuple(dop853.A[i, :i].tolist()) for i in range(s)), "B": tuple(dop853.B.tolist())}
    values |= {"C": tuple(dop853.C[:s].tolist()), "E": tuple(dop853.E5[:s].tolist())}
    values |= {"E_LOW": tuple(dop853.E3[:s].tolist()), "METHOD": "dop853", "ERROR_ORDER": 7}
    module = load(compose(TANGLED, "".join(f"{name} = {value!r}\n" for name, value in values.items())), tmp_path)
    inputs = tangled_inputs()
    assert worst_error(module, "linear", False, None) < ROUNDING
    record = module.solve(**inputs).record
    control = module.ErrorControl(record.timeline, record.inputs, module.Options(rtol=1e-6, atol=1e-6))
    step = record.timeline.step(torch.tensor([1, 1, 1]), torch.zeros(3).double(), torch.ones(3).double())
    trial = module.take_step(step, inputs["x0"], torch.ones(3).double(), record.inputs, "constant")
    slopes = np.stack([np.append(stage.slope[0].numpy(), stage.cost[0].item()) for stage in trial.stages])
    ends = [
        np.append(x[0].numpy(), q[0].item())
        for x, q in ((trial.x, trial.quadrature), (trial.x_next, trial.quadrature_next))
    ]
    scale = 1e-6 + 1e-6 * np.maximum(*map(abs, ends))
    high, low = (np.linalg.norm(slopes.T @ e[:s] / scale) ** 2 for e in (dop853.E5, dop853.E3))
    expected = abs(step.h[0].item()) * high / math.sqrt((high + 0.01 * low) * len(scale))
    assert control.measure_error(trial)[0].item() == pytest.approx(expected, rel=1e-9)


W = torch.zeros(3, 2, dtype=torch.float64)
REFUSED = {
    "x0 too long": (dict(x0=[1.0, 2.0, 3.0]), r"tangled, x0: got shape \(3,\); expected \(2,\) or \(batch, 2\)"),
    "x0 scalar": (dict(x0=1.0), r"x0: got shape \(\); expected \(2,\)"),
    "t0 matrix": (dict(t0=[[0.0]]), r"t0: got shape \(1, 1\); expected \(\) or \(batch,\)"),
    "theta too short": (dict(theta=[1.0]), r"theta: got shape \(1,\); expected \(3,\)"),
    "too few times": (dict(observation_times=[0.5]), r"observation_times: got shape \(1,\); expected \(5,\)"),
    "control left out": (dict(w=None), r"w: got None; expected .* shape \(K, 2\)"),
    "linear control left out": (dict(w=None, hold="linear"), r"shape \(K \+ 1, 2\)"),
    "control of one node": (dict(w=W[:1], hold="linear"), "at least one interval"),
    "control too wide": (dict(w=torch.zeros(3, 5)), r"w: got shape \(3, 5\); expected \(K, 2\)"),
    "integer tensor": (dict(x0=torch.tensor([1, 2])), "x0: got torch.int64; expected a real floating dtype"),
    "complex tensor": (dict(x0=torch.zeros(2, dtype=torch.complex128)), "x0: got torch.complex128"),
    "mixed dtypes": (dict(x0=torch.zeros(2)), "inputs: got x0: torch.float32 .* w: torch.float64"),
    "batch sizes": (dict(x0=torch.zeros(2, 2).double(), t1=torch.ones(3).double()), "batch axes: got .*'x0': 2"),
    "list of tensors": (dict(theta=[torch.tensor(1.0)] * 3), "theta: got a list of tensors"),
    "ragged list": (dict(x0=[[1.0, 2.0], [1.0]]), "x0: got .* expected numbers in a rectangular array"),
    "words": (dict(x0="ab"), "x0: got .* expected numbers"),
    "hold": (dict(hold="cubic"), "hold: got 'cubic'; expected 'constant' or 'linear'"),
    "negative rtol": (dict(rtol=-1.0), "rtol: got -1.0"),
    "nan atol": (dict(atol=math.nan), "atol: got nan"),
    "no tolerance": (dict(atol=0.0, rtol=0.0), "at least one"),
    "no steps": (dict(steps=0), "steps: got 0"),
    "half a step": (dict(steps=2.5), "steps: got 2.5"),
    "no attempts": (dict(max_steps=0), "max_steps: got 0"),
    "observation before t0": (
        dict(observation_times=[1.0, 0.2, 1.0, 1.0, 1.0]),
        r"observation_times\[1\] of trajectory 0: got 0.2; expected a time between t0 = 0.3 and t1 = 2.1",
    ),
    "observation after t1": (dict(t1=1.0), r"observation_times\[0\] of trajectory 0: got 1.2"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_by_both_faces(modules: Callable[..., Any], options: dict[str, Any], message: str) -> None:
    module = modules(TANGLED, "dopri5")
    for face in (module.solve, module.value_and_gradient):
        with pytest.raises(ValueError, match=message):
            face(**{"w": W, **options})


def test_refusals_that_depend_on_the_module(modules: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="steps: got None; expected an integer, for rk4"):
        modules(TANGLED, "rk4").solve(w=W)
    with pytest.raises(ValueError, match="theta: got None; expected values for"):
        modules(BLOWUP, "dopri5").solve()
    with pytest.raises(ValueError, match=r"w: got shape \(3, 2\); expected \(K, 0\)"):
        modules(GROWTH, "dopri5").solve(w=W)
    module = modules(BLOWUP, "dopri5")
    record = module.solve([3.0], [1.0]).record
    with pytest.raises(ValueError, match="finished trajectories only"):
        module.replay(record, [3.0], [1.0], None, "constant", 0.0, 1.0, None)


def test_an_observation_a_few_ulps_outside_is_still_inside(modules: Callable[..., Any]) -> None:
    module, inputs = modules(TANGLED, "dopri5"), tangled_inputs()
    outside = inputs["observation_times"].clone()
    outside[:, 3] = torch.nextafter(outside[:, 3], torch.full_like(outside[:, 3], torch.inf))
    nudged, plain = module.solve(**{**inputs, "observation_times": outside}), module.solve(**inputs)
    torch.testing.assert_close(nudged.cost, plain.cost, rtol=1e-14, atol=0)


@pytest.mark.parametrize("method", [pytest.param(name, marks=pytest.mark.campaign) if name == "bosh3" else name for name in TABLEAUS])
def test_self_test_passes(modules: Callable[..., Any], method: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert modules(TANGLED, method).self_test() == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 16 and all(line.startswith("pass  tangled, ") for line in lines)


@pytest.mark.parametrize("equations", [GROWTH, BLOWUP], ids=["growth", "blowup"])
def test_self_test_without_controls(modules: Callable[..., Any], equations: str) -> None:
    assert modules(equations, "dopri5").self_test() == 0


SLIPS = {
    "sign": ("-p * x + q * 0.2 * t", "p * x + q * 0.2 * t"),
    "transposed Jacobian": ("p * (b * y - a) - q + g", "p * (b * y - a) + p * (b * x + 0.3 * v) + g"),
    "relative slip of 1e-8 in a coefficient": ("+ q * 0.2 * a + g * b * y", "+ q * 0.200000002 * a + g * b * y"),
    "dL/dtheta": ("+ g * t * y", "+ g * 0 * y"),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_self_test_fails_on_a_wrong_equation(tmp_path: Path, slip: tuple[str, str]) -> None:
    assert TANGLED.count(slip[0]) == 1
    module = load(compose(TANGLED.replace(*slip), tableau_text("dopri5")), tmp_path)
    assert module.self_test() == 1


def test_self_test_fails_when_the_trajectory_does_not_finish(tmp_path: Path) -> None:
    equations = BLOWUP.replace("THETA, HORIZON, HAS_RUNNING_COST = None", "THETA, HORIZON, HAS_RUNNING_COST = (9.0,)")
    assert load(compose(equations, tableau_text("dopri5")), tmp_path).self_test() == 1


def test_runtime_text_stands_alone() -> None:
    imports, body = runtime_text()
    roots = {
        (node.module or "").split(".")[0] for node in ast.walk(ast.parse(imports)) if isinstance(node, ast.ImportFrom)
    }
    assert roots <= {"__future__", "collections", "dataclasses", "typing", "torch"}
    assert not [node for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert "set_default_dtype" not in body and RUNTIME.read_text(encoding="utf-8").isascii()
