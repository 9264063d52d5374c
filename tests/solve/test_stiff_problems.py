"""Stiff problems marched: orders by slope, gradients against forward sensitivities of SciPy's Radau, by name in `odeint`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, log2, sin

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from stiff_oracle import SHAKE, UNIT, D, Robertson, StiffMethod, VanDerPol, distance, method, shaken, trace
from torch import Tensor, nn

from adjointcheck.errors import SolveError
from adjointcheck.schemes import STIFF_METHODS
from adjointcheck.solve import rosenbrock
from adjointcheck.solve.control import Control
from adjointcheck.solve.ensemble import solve_ensemble
from adjointcheck.solve.gradient_method import DISCRETE, replay, solve
from adjointcheck.solve.marching import InitialValueProblem, MarchError, march
from adjointcheck.solve.odeint import odeint

ALL = pytest.mark.parametrize("name", STIFF_METHODS)


# Orders by slope


def end_error(name: str, rate: Callable[[Tensor, Tensor], Tensor], y0: list[float], y1: list[float], steps: int) -> float:
    y, one, h = torch.tensor(y0, dtype=D), method(name), torch.tensor(1 / steps, dtype=D)
    field = trace(rate, y)  # type: ignore[arg-type]
    with torch.no_grad():
        for step in range(steps):
            y = one.advance(field, torch.tensor(step / steps, dtype=D), h, y).y1
    return float((y - torch.tensor(y1, dtype=D)).abs().max())


def slope(error: Callable[[int], float], steps: int) -> float:
    return log2(error(steps) / error(2 * steps))


def prothero_robinson(name: str, stiffness: float) -> Callable[[int], float]:
    """y' = -stiffness (y - sin(t + 0.3)) + cos(t + 0.3), on its smooth solution (Prothero & Robinson 1974)."""
    return lambda steps: end_error(name, lambda t, y: -stiffness * (y - torch.sin(t + 0.3)) + torch.cos(t + 0.3), [sin(0.3)], [sin(1.3)], steps)


def kaps(name: str, stiffness: float) -> Callable[[int], float]:
    """Nonlinear, with the solution (exp(-2t), exp(-t)) for every stiffness (Kaps 1981)."""

    def rate(t: Tensor, y: Tensor) -> Tensor:
        a, b = y.unbind(-1)
        return torch.stack([stiffness * b * b - (stiffness + 2) * a, a - b - b * b], -1)

    return lambda steps: end_error(name, rate, [1.0, 1.0], [exp(-2.0), exp(-1.0)], steps)


@ALL
def test_the_order_is_that_of_the_row_where_time_steps_resolve_the_field(name: str) -> None:
    order = STIFF_METHODS[name].order
    assert slope(prothero_robinson(name, 10.0), 32) == pytest.approx(order, abs=0.3)
    assert slope(kaps(name, 10.0), 32) == pytest.approx(order, abs=0.3)


@pytest.mark.parametrize(("name", "order"), [("rodas3", 1), ("rodas4", 1), ("rodas5p", 3), ("kvaerno3", 2), ("kvaerno5", 2)])
def test_the_order_on_prothero_robinson_in_the_stiff_limit_is_that_of_the_theory(name: str, order: int) -> None:
    """Times 1/stiffness: ESDIRK rows have stage order 2, rodas5p meets conditions of Scholz that the older rows do not
    (Hairer & Wanner 1996, IV.15; Steinebach 2023)."""
    error = prothero_robinson(name, 1e6)
    assert error(8) < 1e-7
    assert slope(error, 16) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize(("name", "order", "bound"), [("rodas3", 3, 2e-5), ("rodas4", 4, 1e-7), ("rodas5p", 1.9, 2e-9), ("kvaerno3", 3, 2e-5), ("kvaerno5", 5, 1e-8)])
def test_the_order_on_a_nonlinear_stiff_problem(name: str, order: float, bound: float) -> None:
    """At stiffness 1e6 the singularly perturbed limit is seen; rodas5p is already at its term in 1/stiffness, 1e-9."""
    error = kaps(name, 1e6)
    assert error(8) < bound
    assert slope(error, 8) > order - 0.15


def test_the_slope_sees_a_forgotten_derivative_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = rosenbrock.linearise
    monkeypatch.setattr(rosenbrock, "linearise", lambda *place: plain(*place)._replace(in_time=torch.zeros_like(place[2])))
    assert slope(prothero_robinson("rodas5p", 10.0), 32) < 2.5


def test_the_slope_sees_another_gamma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosenbrock.RosenbrockWanner, "_gamma", float(STIFF_METHODS["rodas4"].gamma) * (1 + 1e-3))
    assert slope(kaps("rodas4", 10.0), 32) < 2


# Robertson and van der Pol


def problem(module: nn.Module, y0: list[float], t1: float, name: str, rtol: float, atol: float) -> InitialValueProblem:
    y = torch.tensor(y0, dtype=D).requires_grad_()
    marks = torch.tensor([0.0, t1], dtype=D).requires_grad_()
    return InitialValueProblem(trace(module, y.detach()), y, marks, method(name), Control(rtol=rtol, atol=atol))


def gradient(found: InitialValueProblem, weights: Tensor) -> list[Tensor]:
    """By y0, the ends of the horizon and every parameter."""
    ys = solve(found, DISCRETE)
    return list(torch.autograd.grad(ys[-1] @ weights, (found.y0, found.marks, *found.field.parameters)))


Rates = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


def forward_sensitivities(rate: Rates, y0: list[float], t1: float, weights: list[float], parameters: int, atol: float) -> list[np.ndarray]:
    """The same gradient from the variational equations, by Radau IIA at 1e-11: no adjoint, no code of ours, no torch.

    `rate(y)` returns f, df/dy and df/dparameters.
    """
    n = len(y0)

    def extended(t: float, z: np.ndarray) -> np.ndarray:
        value, by_state, by_parameter = rate(z[:n])
        change = by_state @ z[n:].reshape(n, -1)
        change[:, n:] += by_parameter
        return np.concatenate([value, change.ravel()])

    start = np.concatenate([y0, np.eye(n, n + parameters).ravel()])
    z = solve_ivp(extended, (0, t1), start, method="Radau", rtol=1e-11, atol=atol).y[:, -1]
    product = np.array(weights) @ z[n:].reshape(n, -1)
    ends = [-product[:n] @ rate(np.array(y0))[0], weights @ rate(z[:n])[0]]
    return [product[:n], np.array(ends), product[n:]]


def robertson_rate(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b, c = y
    value = np.array([-0.04 * a + 1e4 * b * c, 0.04 * a - 3e7 * b * b - 1e4 * b * c, 3e7 * b * b])
    by_state = np.array([[-0.04, 1e4 * c, 1e4 * b], [0.04, -6e7 * b - 1e4 * c, -1e4 * b], [0, 6e7 * b, 0]])
    return value, by_state, np.array([[-a, 0, b * c], [a, -b * b, -b * c], [0, b * b, 0]])


def van_der_pol_rate(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, v = y
    value = np.array([v, 1000 * (1 - x * x) * v - x])
    return value, np.array([[0, 1], [-2000 * x * v - 1, 1000 * (1 - x * x)]]), np.array([[0], [(1 - x * x) * v]])


def relative_errors(found: list[Tensor], wanted: list[np.ndarray]) -> float:
    """Entry by entry: none is hidden by a larger one."""
    pairs = zip(found, wanted, strict=True)
    return max(float((one.reshape(-1) / torch.as_tensor(other.copy()) - 1).abs().max()) for one, other in pairs)


@pytest.fixture(scope="module")
def robertson_gradient() -> list[np.ndarray]:
    return forward_sensitivities(robertson_rate, [1.0, 0.0, 0.0], 40.0, [1.0, 1e4, 0.5], 3, atol=1e-17)


@pytest.mark.parametrize(("name", "rtol"), [("rodas5p", 1e-7), ("kvaerno5", 1e-7), pytest.param("rodas4", 1e-7, marks=pytest.mark.campaign)])
def test_the_gradient_of_robertson_to_40_is_right_to_1e_6(name: str, rtol: float, robertson_gradient: list[np.ndarray]) -> None:
    """In y0, both ends of the horizon and the three rates; the reference itself changes by 2e-10 from 1e-11 to 1e-12."""
    found = gradient(problem(Robertson(), [1.0, 0.0, 0.0], 40.0, name, rtol, rtol * 1e-4), torch.tensor([1.0, 1e4, 0.5], dtype=D))
    assert relative_errors(found, robertson_gradient) < 1e-6


@pytest.mark.parametrize("name", ["rodas5p", "kvaerno5"])
def test_the_gradient_of_van_der_pol_to_2_is_right_to_1e_6(name: str) -> None:
    """mu = 1000, on the slow manifold, in y0, mu and both ends."""
    wanted = forward_sensitivities(van_der_pol_rate, [2.0, 0.0], 2.0, [1.0, 700.0], 1, atol=1e-15)
    found = gradient(problem(VanDerPol(), [2.0, 0.0], 2.0, name, 1e-8, 1e-10), torch.tensor([1.0, 700.0], dtype=D))
    assert relative_errors(found[:1] + found[2:], wanted[:1] + wanted[2:]) < 1e-6
    assert relative_errors([found[1][1:]], [wanted[1][1:]]) < 1e-6


@pytest.mark.parametrize("name", ["rodas5p", "kvaerno5"])
def test_the_discrete_gradient_of_robertson_is_autograd_through_the_same_time_steps(name: str) -> None:
    weights = torch.tensor([1.0, 1e4, 0.5], dtype=D)
    found = problem(Robertson(), [1.0, 0.0, 0.0], 40.0, name, 1e-3, 1e-7)
    record = march(found)

    def replayed(one: StiffMethod) -> list[Tensor]:
        ys = replay(replace(found, method=one), record)
        return list(torch.autograd.grad(ys[-1] @ weights, (found.y0, found.marks, *found.field.parameters)))

    wanted = replayed(method(name))
    kappa = 1 + distance(replayed(shaken(name, seed=0)), wanted) / SHAKE
    assert distance(gradient(found, weights), wanted) < 30 * UNIT * kappa < 1e-10
    assert len(record.steps) >= 8


@pytest.mark.campaign
def test_the_gradient_of_van_der_pol_through_a_relaxation_converges_slowly() -> None:
    """mu = 1000 to t = 1000: x jumps from 1 to -2 at about t = 807, within 1e-3.

    What the computed time of the jump owes to its place among the time steps is differentiated, too, and is a thousand times,
    one over the width of the jump, what the tolerance controls. Measured with rodas5p, relative: 1.5e-2 at rtol 1e-7, 4.1e-3 at
    1e-8, 6.4e-5 at 1e-9; `benchmarks/GRADIENTS.md` has the explanation, and how to tell the error without a reference.
    """
    wanted = forward_sensitivities(van_der_pol_rate, [2.0, 0.0], 1000.0, [1.0, 0.0], 1, atol=1e-16)
    errors = []
    for rtol in (1e-7, 1e-8, 1e-9):
        found = gradient(problem(VanDerPol(), [2.0, 0.0], 1000.0, "rodas5p", rtol, rtol * 1e-3), torch.tensor([1.0, 0.0], dtype=D))
        errors.append(relative_errors(found[:1] + found[2:], wanted[:1] + wanted[2:]))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[2] < 2e-3


@pytest.mark.campaign
@pytest.mark.parametrize(("name", "rtol"), [("rodas5p", 1e-6), ("rodas5p", 1e-7), ("kvaerno5", 1e-6)])
def test_inner_times_tell_the_error_of_a_gradient_through_a_relaxation(name: str, rtol: float) -> None:
    """The loss does not depend on the outputs at 10 and 990; moving both moves all time steps against the jump."""
    from benchmarks.relaxation import forward_sensitivities, row

    *_, error, told = row(name, rtol, forward_sensitivities(1e-12))
    assert error > 1e-2 and told == pytest.approx(error, rel=1e-3)


# By name, and refusals


@ALL
def test_stiff_methods_are_known_to_odeint(name: str) -> None:
    module, y0 = Robertson(), torch.tensor([1.0, 0.0, 0.0], dtype=D)
    t = torch.tensor([0.0, 0.4, 4.0], dtype=D)
    with torch.no_grad():
        ys = odeint(module, y0, t, rtol=1e-6, atol=1e-9, method=name)
    assert ys.shape == (3, 3)
    assert float((ys.sum(-1) - 1).abs().max()) < 1e-9
    assert float(ys[-1, 0]) == pytest.approx(0.9055186786, rel=1e-5)  # the known value at t = 4


@pytest.mark.parametrize("name", ["rodas5p", "kvaerno3"])
def test_a_second_derivative_is_that_of_the_first(name: str) -> None:
    """By y0 of the gradient by y0, against differences of the gradient over the same given time steps."""
    module, t = VanDerPol(5.0), torch.tensor([0.0, 0.6], dtype=D)

    def first(y0: Tensor, graph: bool = False) -> Tensor:
        ys = odeint(module, y0, t, method=name, options={"step_size": 0.2})
        return torch.autograd.grad(ys[-1, 1], y0, create_graph=graph)[0]

    y0, h = torch.tensor([1.2, -0.7], dtype=D).requires_grad_(), 1e-5
    second = torch.autograd.grad(first(y0, graph=True)[0], y0)[0]
    for i in range(2):
        shift = h * torch.eye(2, dtype=D)[i]
        difference = (first(y0 + shift) - first(y0 - shift))[0] / (2 * h)
        assert float(second[i]) == pytest.approx(float(difference), rel=1e-6)


def test_an_ensemble_of_stiff_trajectories_is_each_alone() -> None:
    """Rosenbrock methods in `solve_ensemble`: own time steps, own gradients."""
    module, t = Robertson(), torch.tensor([[0.0, 4.0], [0.0, 40.0], [0.0, 1.0]], dtype=D)
    y0 = torch.tensor([[1.0, 0.0, 0.0], [0.9, 0.0, 0.1], [0.5, 1e-5, 0.5]], dtype=D).requires_grad_()
    found = solve_ensemble(module, y0, t, method="rodas5p", rtol=1e-6, atol=1e-10)
    assert bool(found.success.all()) and len(set(found.accepted.tolist())) == 3
    by_start, by_rates = torch.autograd.grad(found.ys[:, -1, 0].sum(), (y0, module.rates))
    alone = []
    for start, times in zip(y0, t, strict=True):
        start = start.detach().requires_grad_()
        ys = odeint(module, start, times, method="rodas5p", rtol=1e-6, atol=1e-10)
        alone.append(torch.autograd.grad(ys[-1, 0], (start, module.rates)))
    assert distance([by_start], [torch.stack([one for one, _ in alone])]) < 1e-5  # the tolerance: time steps differ a little
    assert distance([by_rates], [torch.stack([one for _, one in alone]).sum(0)]) < 1e-5
    with pytest.raises(SolveError, match="a method with an error estimate that iterates nothing.*rodas5p"):
        solve_ensemble(module, y0, t, method="kvaerno5")


def test_a_method_that_cannot_be_solved_says_so() -> None:
    def kink(t: Tensor, y: Tensor) -> Tensor:
        return 40 * torch.sin(9 * y) - y

    y0 = torch.full((1,), 0.1, dtype=D)
    with pytest.raises(MarchError, match="stages whose equations Newton's method does not solve.*'rodas5p', which iterates nothing"):
        odeint(kink, y0, torch.tensor([0.0, 4.0], dtype=D), method="kvaerno5", options={"step_size": 1.0})
    assert bool(odeint(kink, y0, torch.tensor([0.0, 4.0], dtype=D), method="kvaerno5").isfinite().all())


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(SolveError, match="Did you mean 'rodas5p'"):
        odeint(lambda t, y: -y, torch.ones(1), torch.tensor([0.0, 1.0]), method="rodas5")
