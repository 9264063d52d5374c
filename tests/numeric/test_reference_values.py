"""Gradients against numbers that come from elsewhere: published digits, closed forms, a Riccati equation."""

from __future__ import annotations

from functools import cache, reduce
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from flint import arb, ctx
from mpmath import mp
from scipy.integrate import solve_ivp

from adjointcheck.derive import derive
from adjointcheck.problem import Problem, load
from adjointcheck.solve.load import build

STATEMENTS = Path(__file__).parents[2] / "derivations"
UNIT = 2.0**-53


@cache
def problem_of(name: str) -> Problem:
    return load(STATEMENTS / f"{name}.toml")


@cache
def module_of(name: str, method: str = "tsit5") -> ModuleType:
    return build(derive(problem_of(name)), "torch", method)


# Lotka-Volterra: the published digits, and a Taylor series in balls of 90 digits

PUBLISHED = (0.29959951, -0.01415182, 0.62196157, 0.06800140, 0.16917646, 0.27256069)  # x0, then theta


def taylor_cost(x: Any, y: Any, a: Any, b: Any, c: Any, d: Any, steps: int = 200, degree: int = 26) -> Any:
    """|1 - x(10)|^2/2 by the power series of the solution, step by step."""
    h = arb(10) / steps
    for _ in range(steps):
        prey, predator = [x], [y]
        for k in range(degree):
            meetings = sum(prey[i] * predator[k - i] for i in range(k + 1))
            prey.append((a * prey[k] - b * meetings) / (k + 1))
            predator.append((d * meetings - c * predator[k]) / (k + 1))
        x, y = (reduce(lambda value, coefficient: value * h + coefficient, reversed(series)) for series in (prey, predator))
    return ((1 - x) ** 2 + (1 - y) ** 2) / 2


@cache
def taylor_gradient() -> tuple[float, ...]:
    """dJ by x0 and theta, central differences of 1e-10 in balls of 90 digits: good to about 18."""
    with ctx.workprec(300):
        point, step = [arb(v) for v in ("1", "1", "1.5", "1", "3", "1")], arb(10) ** -10
        moved = [[[v + sign * step * (i == j) for j, v in enumerate(point)] for sign in (1, -1)] for i in range(6)]
        slopes = [(taylor_cost(*ahead) - taylor_cost(*behind)) / (2 * step) for ahead, behind in moved]
        assert max(float(slope.rad()) for slope in slopes) < 1e-18
        return tuple(map(float, slopes))


@pytest.mark.parametrize("method", [pytest.param("tsit5", marks=pytest.mark.campaign), "dop853"])
def test_lotka_volterra_to_all_printed_digits(method: str) -> None:
    """Tight tolerance reaches the series to nine digits, hence every published digit but the one that is wrong."""
    _, found = module_of("lotka_volterra", method).value_and_gradient(rtol=1e-11, atol=1e-11)
    gradient = np.concatenate([found.x0.reshape(-1).numpy(), found.theta.numpy()])
    np.testing.assert_allclose(gradient, taylor_gradient(), rtol=1e-9)
    right = [i for i in range(6) if i != 2]
    np.testing.assert_allclose(gradient[right], np.array(PUBLISHED)[right], rtol=0, atol=0.5e-8)


def test_published_derivative_by_a_is_off_in_its_last_digit() -> None:
    """0.62196157 was printed at the tolerance of its solver; the series gives 0.6219615856."""
    assert taylor_gradient()[2] == pytest.approx(0.62196158555, abs=5e-12)
    assert 1e-8 < taylor_gradient()[2] - PUBLISHED[2] < 2e-8


# The time-varying linear system: everything in closed form, differentiated in 60 digits


@cache
def closed_gradient() -> tuple[float, dict[str, list[float]]]:
    """J and its derivatives from the closed form in the statement's head, by 60-digit differences."""
    problem = problem_of("time_varying_linear")
    theta = [mp.mpf(row.value.numerator) / row.value.denominator for row in problem.parameters if row.value is not None]
    ends = [mp.mpf(end.numerator) / end.denominator for end in problem.horizon]
    times = [mp.mpf(t.numerator) / t.denominator for group in problem.observations for t in group.times]
    with mpmath.workdps(60):
        point = {"theta": theta, "t0": ends[:1], "t1": ends[1:], "observation_times": times}
        found = {block: [slope(point, block, i) for i in range(len(values))] for block, values in point.items()}
        return float(closed_cost(**point)), found


def slope(point: dict[str, list[Any]], block: str, i: int) -> float:
    step = mp.mpf(10) ** -25
    ahead, behind = ({**point, block: [v + sign * step * (j == i) for j, v in enumerate(point[block])]} for sign in (1, -1))
    return float((closed_cost(**ahead) - closed_cost(**behind)) / (2 * step))


def closed_cost(theta: list[Any], t0: list[Any], t1: list[Any], observation_times: list[Any]) -> Any:
    """J(theta, t0, t1, s) with z(t) = z0 exp(-damping (t - t0) + i chirp (t^2 - t0^2)/2)."""
    damping, chirp, size, target, gain = theta
    z0 = mp.mpc(size, size**2 / 2 - chirp / 4)

    def z(t: Any) -> Any:
        return z0 * mp.exp(-damping * (t - t0[0]) + 1j * chirp * (t**2 - t0[0] ** 2) / 2)

    length = t1[0] - t0[0]
    decay = mp.exp(-2 * damping * length)
    moment = t0[0] * (1 - decay) / (2 * damping) + (1 - (1 + 2 * damping * length) * decay) / (4 * damping**2)
    running = damping * abs(z0) ** 2 / 2 * moment
    terminal = mp.exp(-damping * t1[0]) * (z(t1[0]).real - target) ** 2 / 2 + chirp**2 * t1[0] / 10
    first, second = (group.data[0][1] for group in problem_of("time_varying_linear").observations)
    seen = [mp.mpf(v.numerator) / v.denominator for v in (*first, *second)]
    deposits = [(z(s).real - d) ** 2 / 2 if j < len(first) else mp.exp(-s / 4) * (z(s).imag - gain * d) ** 2 / 2
                for j, (s, d) in enumerate(zip(observation_times, seen, strict=True))]  # fmt: skip
    return running + terminal + sum(deposits)


def test_closed_form_solves_its_own_statement() -> None:
    """The oracle is held against quadrature of its own parts, so that a slip in it does not pass for one in the module."""
    damping, chirp, t0, t1 = 0.3, 1.2, 0.5, 2.5
    z0 = complex(1.5, 1.5**2 / 2 - 0.3)
    way = solve_ivp(lambda t, y: [-damping * y[0] - chirp * t * y[1], chirp * t * y[0] - damping * y[1],
                                  damping * t * (y[0] ** 2 + y[1] ** 2) / 2],
                    (t0, t1), [z0.real, z0.imag, 0], method="DOP853", rtol=1e-12, atol=1e-13)  # fmt: skip
    z1 = z0 * np.exp(-damping * (t1 - t0) + 1j * chirp * (t1**2 - t0**2) / 2)
    e = np.exp(-2 * damping * (t1 - t0))
    integral = damping * abs(z0) ** 2 / 2 * (t0 * (1 - e) / (2 * damping) + (1 - (1 + 2 * damping * 2) * e) / (4 * damping**2))
    np.testing.assert_allclose(way.y[:, -1], [z1.real, z1.imag, integral], rtol=1e-10)


@pytest.mark.parametrize(("method", "order"), [("rk4", 4), ("tsit5", 5), ("dop853", 8)])
def test_time_varying_linear_has_its_closed_form(method: str, order: int) -> None:
    """J and every derivative, those in t0, t1 and the observation times included, converge to the closed form."""
    cost, wanted = closed_gradient()
    module, errors = module_of("time_varying_linear", method), []
    for steps in (16, 32, 64):
        found_cost, found = module.value_and_gradient(steps=steps)
        pairs = [(np.atleast_1d(getattr(found, block).numpy()), np.array(values)) for block, values in wanted.items()]
        gaps = [np.abs(a - b).max() / np.abs(b).max() for a, b in pairs]
        errors.append(max(abs(float(found_cost) - cost) / abs(cost), *gaps))
    floor = 10_000 * UNIT  # about the operations behind one number
    rates = [np.log2(a / b) for a, b in zip(errors, errors[1:], strict=False) if b > floor]
    assert all(rate > order - 0.3 for rate in rates), (errors, rates)
    assert len(rates) == 2 or errors[-1] <= floor, errors


def test_a_wrong_closed_form_would_be_noticed() -> None:
    """The deposit at t0 is not lost in tolerance: without it dJ/dtheta.size is another number by far."""
    _, wanted = closed_gradient()
    _, found = module_of("time_varying_linear", "dop853").value_and_gradient(rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.theta.numpy(), wanted["theta"], rtol=1e-9)
    assert abs(wanted["theta"][2]) > 1e-2 and abs(wanted["observation_times"][0]) > 1e-2


# The linear-quadratic regulator: a Riccati equation, no adjoint


@cache
def regulator() -> Any:
    """S(t) from -dS/dt = Q + A' S + S A - S B B' S / R, S(t1) = S1, backwards, with dense output."""
    a, b = np.array([[0, 1], [-2, -0.3]]), np.array([[0], [1.5]])
    q, r, s1 = np.diag([1, 0.5]), 0.4, np.array([[3, 0.5], [0.5, 1]])

    def rate(t: float, flat: np.ndarray) -> np.ndarray:
        s = flat.reshape(2, 2)
        return -(q + a.T @ s + s @ a - s @ b @ b.T @ s / r).ravel()

    return solve_ivp(rate, (3, 0), s1.ravel(), method="DOP853", rtol=1e-12, atol=1e-13, dense_output=True).sol


@cache
def best_control(intervals: int) -> torch.Tensor:
    """w = -gain/effort (row 2 of S) x along the closed loop, at the nodes of the grid."""
    def rate(t: float, x: np.ndarray) -> list[float]:
        w = -1.5 / 0.4 * regulator()(t).reshape(2, 2)[1] @ x
        return [x[1], 1.5 * w - 2 * x[0] - 0.3 * x[1]]

    nodes = np.linspace(0, 3, intervals + 1)
    way = solve_ivp(rate, (0, 3), [1, -0.5], method="DOP853", rtol=1e-12, atol=1e-13, t_eval=nodes)
    rows = [-1.5 / 0.4 * regulator()(t).reshape(2, 2)[1] @ x for t, x in zip(nodes, way.y.T, strict=True)]
    return torch.tensor(rows, dtype=torch.float64)[:, None]


@cache
def steered(intervals: int) -> tuple[Any, Any]:
    """Cost and gradients under the best control, held linear between its nodes."""
    return module_of("linear_quadratic").value_and_gradient(w=best_control(intervals), hold="linear", rtol=1e-10, atol=1e-10)


def test_linear_quadratic_meets_its_riccati_solution() -> None:
    """Held linear between nodes, the best control's cost and vanishing gradient are met with second order in the grid."""
    x0 = np.array([1, -0.5])
    best = x0 @ regulator()(0).reshape(2, 2) @ x0 / 2
    excess, slopes = [], []
    for intervals in (12, 24, 48):
        cost, found = steered(intervals)
        excess.append(float(cost) - best)
        slopes.append(float(found.w.abs().max()) * intervals)  # the node gradient is h times that of w(t)
    # J is stationary there, so an error of w of order h^2 costs h^4.
    assert all(np.log2(a / b) > 3.5 for a, b in zip(excess, excess[1:], strict=False)), excess
    assert all(np.log2(a / b) > 1.5 for a, b in zip(slopes, slopes[1:], strict=False)), slopes
    assert 0 < excess[-1] < 1e-5 * best


def test_linear_quadratic_costate_is_the_riccati_matrix() -> None:
    """p(t0) = x0' S(t0) at the optimum, dJ/dx0, again with second order in the grid."""
    wanted, errors = regulator()(0).reshape(2, 2) @ np.array([1, -0.5]), []
    for intervals in (12, 24, 48):
        _, found = steered(intervals)
        errors.append(np.abs(found.x0.reshape(-1).numpy() - wanted).max())
    assert all(np.log2(a / b) > 1.7 for a, b in zip(errors, errors[1:], strict=False)), errors


def test_the_guess_in_the_statement_is_no_optimum() -> None:
    nodes = torch.linspace(0, 3, 49, dtype=torch.float64)
    guess = (torch.cos(2 * nodes) / 3 - 0.1)[:, None]
    _, found = module_of("linear_quadratic").value_and_gradient(w=guess, hold="linear")
    _, best = module_of("linear_quadratic").value_and_gradient(w=best_control(48), hold="linear")
    assert float(found.w.abs().max()) > 100 * float(best.w.abs().max())
