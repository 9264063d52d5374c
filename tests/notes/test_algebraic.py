"""Systems with an algebraic part, 0 = g(x, z, p): its multiplier, how z moves, and slips that are made with both."""

from __future__ import annotations

import pytest
from understood import statuses, understood

LAW = r"$$\dot x = f(x, z, p), \qquad 0 = g(x, z, p), \qquad x(0) = x_0$$ $$G = \Phi(x(T)) + \int_0^T r(x, z, p)\,dt$$ "
LAGRANGIAN = r"$$\mathcal{L} = G + \int_0^T \lambda^T (f(x, z, p) - \dot x) + \mu^T g(x, z, p)\,dt$$ "
HAMILTONIAN = r"$$H = r + \lambda^T f + \mu^T g$$ "
HEADER = "costate: \\lambda (column)\nobjective: G\nparameters: p\ntime: t in [0, T]"


def verdicts(told: str, *lines: str) -> list[str]:
    return statuses(LAW + told + " ".join(f"$${line}$$" for line in lines), HEADER)[-len(lines):]


def test_the_multiplier_makes_the_algebraic_state_stationary() -> None:
    right = r"\dot\lambda = -f_x^T \lambda - g_x^T \mu - r_x^T", r"\mu = -g_z^{-T} \left(f_z^T \lambda + r_z^T\right)"
    wrong = r"\mu = -g_z^{-1} (f_z^T \lambda + r_z^T)", r"\frac{dG}{dp} = \int_0^T r_p + \lambda^T f_p\,dt", r"\mu(T) = 0"
    assert verdicts(LAGRANGIAN, *right, *wrong) == ["proved"] * 2 + ["refuted"] * 3


@pytest.mark.campaign
def test_the_algebraic_state_moves_with_the_state_beside_it() -> None:
    right = (r"\frac{\partial z}{\partial x} = -g_z^{-1} g_x", r"z_p = -g_z^{-1} g_p", r"z_p = -g_z^{-1} (g_p + g_x x_p)",
             r"\dot x_p = f_x x_p + f_z z_p + f_p", r"\frac{dG}{dp} = \Phi_x x_p(T) + \int_0^T r_x x_p + r_z z_p + r_p\,dt",
             r"\dot\lambda = -(f_x + f_z z_x)^T \lambda - (r_x + r_z z_x)^T")
    wrong = (r"\frac{\partial z}{\partial x} = g_z^{-1} g_x", r"z_p = -g_z g_p", r"z_p = -g_z^{-1} (g_p - g_x x_p)",
             r"\dot x_p = f_x x_p + f_p", r"\frac{dG}{dp} = \Phi_x x_p(T) + \int_0^T r_x x_p + r_p\,dt", r"\dot\lambda = -f_x^T \lambda - r_x^T")
    assert verdicts("", *right, *wrong) == ["proved"] * 6 + ["refuted"] * 6


VARIED = (r"\delta\mathcal{L} = (\Phi_x - \lambda(T)^T) \delta x(T) + \lambda(0)^T \delta x(0) + \int_0^T (r_x + \lambda^T f_x + \mu^T g_x"
          r" + \dot\lambda^T) \delta x + (r_z + \lambda^T f_z + \mu^T g_z) \delta z + (r_p + \lambda^T f_p + \mu^T g_p) \delta p\,dt")


@pytest.mark.campaign
@pytest.mark.parametrize(("told", "right", "wrong"), [
    (LAGRANGIAN.replace(r"+ \mu^T", r"- \mu^T"), r"0 = f_z^T \lambda - g_z^T \mu + r_z^T", r"0 = f_z^T \lambda + g_z^T \mu + r_z^T"),
    (HAMILTONIAN, r"\frac{dG}{dp} = \int_0^T H_p\,dt", r"\frac{dG}{dp} = -\int_0^T H_p\,dt"),
    (HAMILTONIAN, r"H_z = 0", r"\dot\lambda = H_x^T"),
    (r"$$\dot\lambda = -f_x^T \lambda - g_x^T \mu - r_x^T$$ ", r"f_z^T \lambda + g_z^T \mu + r_z^T = 0", r"f_z^T \lambda - g_z^T \mu + r_z^T = 0"),
    (r"$$\dot\lambda = -f_x^T \lambda + g_x^T \mu - r_x^T$$ ", r"f_z^T \lambda - g_z^T \mu + r_z^T = 0", r"f_z^T \lambda + g_z^T \mu + r_z^T = 0"),
    (LAGRANGIAN, VARIED, VARIED.replace(r"+ \dot\lambda", r"- \dot\lambda")),
])
def test_its_sign_is_that_of_its_term_or_of_the_first_line_that_is_right(told: str, right: str, wrong: str) -> None:
    assert verdicts(told, right, wrong) == ["proved", "refuted"]


def test_an_algebraic_state_beside_a_control_is_left_open() -> None:
    text = r"$$\dot x = f(x, z, u)$$ $$0 = g(x, z, u)$$ $$J = \int_0^T L(x, z, u)\,dt$$ $$\dot\lambda^T = -L_x - \lambda^T f_x$$ $$\lambda(T) = 0$$"
    assert statuses(text, "state: x\ncontrol: u\ncostate: \\lambda (column)\ntime: t in [0, T]")[-2:] == ["unknown", "unknown"]


@pytest.mark.parametrize("line", [
    "H(x(t), u(t), \\lambda(t)) = 0",  # a claim
    "c(x, u) = 0",  # a bound of the control
    r"\psi(x(T), T) = 0",  # of the end state
])
def test_what_holds_no_algebraic_state(line: str) -> None:
    assert not understood(r"\dot x = f(x, u)", r"J = \int_0^T L(x, u)\,dt", line)[0].startswith("alg")


def test_an_example_with_an_algebraic_equation_is_left_open() -> None:
    lines = r"$\dot x = -x + z$, $0 = z - p x$, $x(0) = 1$ $$\mu = -\lambda$$ $$\dot\lambda = (1 - p) \lambda$$ $$\dot\lambda = \lambda$$"
    assert statuses(LAW + LAGRANGIAN + r"$$0 = f_z^T \lambda + g_z^T \mu + r_z^T$$" + lines, HEADER)[-3:] == ["unknown"] * 3
