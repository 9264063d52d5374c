"""Searches for w(t): the regulator's closed form, a grid that does not matter, and planted faults that keep the limit from being met."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

import adjointcheck as ac
from adjointcheck.errors import SolveError
from adjointcheck.solve.optimal_control import LIMIT, Objective, gradient_iteration, lbfgs


@pytest.fixture(scope="module")
def regulator() -> ModuleType:
    return ac.build(ac.load("linear_quadratic"), target="auto", method="rk4")


def riccati_cost() -> float:
    """x0' S(t0) x0 / 2 of the statement's numbers (its head gives the equation)."""
    a, b, q = np.array([[0, 1], [-2, -0.3]]), np.array([0, 1.5]), np.diag([1, 0.5])

    def rate(t: float, s: np.ndarray) -> np.ndarray:
        s = s.reshape(2, 2)
        return -(q + a.T @ s + s @ a - np.outer(s @ b, s @ b) / 0.4).ravel()

    s0 = solve_ivp(rate, (3, 0), [3, 0.5, 0.5, 1], rtol=1e-11, atol=1e-12).y[:, -1].reshape(2, 2)
    x0 = np.array([1, -0.5])
    return float(x0 @ s0 @ x0 / 2)


@pytest.mark.parametrize("hold", ["constant", "linear"])
@pytest.mark.parametrize("search", [gradient_iteration, lbfgs])
def test_the_gradient_condition_is_met_and_nothing_is_better(regulator: ModuleType, search: Any, hold: str) -> None:
    found = search(regulator, np.zeros((6 + (hold == "linear"), 1)), hold=hold, steps=12)
    assert found.converged and found.stationarity[-1] <= LIMIT and all(b <= a + 1e-12 for a, b in zip(found.costs, found.costs[1:], strict=False))
    moved = found.w + 1e-3 * np.cos(np.arange(len(found.w)))[:, None]
    assert regulator.solve(w=moved.tolist(), hold=hold, steps=12).cost.item() > found.cost
    assert 0 < found.cost - riccati_cost() < 1e-2


def test_the_order_of_the_grid_is_seen(regulator: ModuleType) -> None:
    gaps = [lbfgs(regulator, np.zeros((K + 1, 1)), hold="linear", steps=2 * K).cost - riccati_cost() for K in (4, 8, 16)]
    assert np.log2(gaps[0] / gaps[1]) > 3 and np.log2(gaps[1] / gaps[2]) > 3  # J is flat at the optimum: twice the order 2 of w


def test_iterations_do_not_grow_with_the_grid(regulator: ModuleType) -> None:
    counts = [len(lbfgs(regulator, np.zeros((K + 1, 1)), hold="linear", steps=2 * K).costs) for K in (6, 18)]
    assert counts[1] <= counts[0] + 3


def test_the_l2_gradient_is_the_discrete_one_without_its_weights(regulator: ModuleType) -> None:
    """dH/dw of the continuous problem, effort w + gain p_velocity, at the initial guess w = 0: the nodes see it at order 2."""
    errors = []
    for K in (16, 32):
        objective = Objective(regulator, (K + 1, 1), "linear", {"steps": 2 * K})
        _, g = objective(np.zeros((K + 1, 1)))
        def rate(t: float, y: np.ndarray) -> list[float]:
            x, v, p, q = y
            return [v, -2 * x - 0.3 * v, -x + 2 * q, -v / 2 - p + 0.3 * q]
        forward = solve_ivp(lambda t, y: rate(t, [*y, 0, 0])[:2], (0, 3), [1, -0.5], rtol=1e-11, atol=1e-12).y[:, -1]
        back = solve_ivp(rate, (3, 0), [*forward, 3 * forward[0] + forward[1] / 2, forward[0] / 2 + forward[1]], rtol=1e-11, atol=1e-12, t_eval=np.linspace(3, 0, K + 1))
        errors.append(abs(g[::-1, 0] - 1.5 * back.y[3]).max())
    assert errors[0] / errors[1] > 3


def spoiled(module: ModuleType, change: Any) -> Any:
    """The module with its gradient in w passed through `change`."""
    def value_and_gradient(**options: Any) -> tuple[torch.Tensor, Any]:
        cost, gradients = module.value_and_gradient(**options)
        return cost, SimpleNamespace(w=change(gradients.w))
    return SimpleNamespace(HORIZON=module.HORIZON, value_and_gradient=value_and_gradient)


@pytest.mark.parametrize("change", [lambda g: -g, lambda g: g.roll(1, 0), lambda g: g + 1e-4], ids=["sign", "a node too late", "a constant added"])
@pytest.mark.parametrize("search", [gradient_iteration, lbfgs])
def test_a_wrong_gradient_is_not_taken_for_the_optimum(regulator: ModuleType, search: Any, change: Any) -> None:
    found = search(spoiled(regulator, change), np.zeros((5, 1)), hold="linear", steps=8, iterations=30)
    right = lbfgs(regulator, np.zeros((5, 1)), hold="linear", steps=8)
    assert not found.converged or found.cost > right.cost + 1e-9


def test_an_inner_product_is_the_integral_of_the_hat_functions(regulator: ModuleType) -> None:
    objective = Objective(regulator, (4, 1), "linear", {})
    u, v = np.array([[1.0], [2], [0], [-1]]), np.array([[3.0], [-1], [1], [4]])
    t = np.linspace(0, 3, 30_001)
    exact = np.trapezoid(np.interp(t, range(4), u[:, 0]) * np.interp(t, range(4), v[:, 0]), t)
    assert objective.inner(u, v) == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("w", [[0.0, 0.0], [[0.0]]])
def test_a_control_of_the_wrong_shape_is_refused(regulator: ModuleType, w: Any) -> None:
    with pytest.raises(SolveError, match="optimal control, w"):
        lbfgs(regulator, w, hold="linear", steps=4)
