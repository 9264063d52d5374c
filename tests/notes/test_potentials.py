"""Motion along a gradient: gradient descent written out, gradient flows, and the learning rate as an input."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

STEPS = r"""\phi_{k+1} = \phi_k - \alpha \nabla_\phi \ell(\phi_k, \omega)
E = F(\phi_K)
p_k = \left(\frac{\partial E}{\partial \phi_k}\right)^\top"""
FLOW = r"""\dot x(t) = -\nabla V(x(t), \theta)
x(0) = x_0
J = \Phi(x(T))
\lambda(t) = \left(\frac{\partial J}{\partial x(t)}\right)^\top"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (STEPS, r"p_k = (I - \alpha \nabla^2 \ell(\phi_k, \omega)) p_{k+1}", r"p_k = (I + \alpha \nabla^2 \ell(\phi_k, \omega)) p_{k+1}"),
    (rf"{STEPS}" + "\n" + r"H := \nabla^2_{\phi\phi} \ell(\phi, \omega)", r"p_k = p_{k+1} - \alpha H_k^\top p_{k+1}", r"p_k = p_{k+1} - \alpha H_k p_k"),
    (STEPS, r"\frac{dE}{d\alpha} = -\sum_{k=0}^{K-1} p_{k+1}^\top \nabla_\phi \ell(\phi_k, \omega)",
     r"\frac{dE}{d\alpha} = -\sum_{k=0}^{K-1} p_k^\top \nabla_\phi \ell(\phi_k, \omega)"),
    (FLOW, r"\dot\lambda = \nabla^2 V(x, \theta) \lambda", r"\dot\lambda = -\nabla^2 V(x, \theta) \lambda"),
    (FLOW, r"\frac{dJ}{d\theta} = -\int_0^T \lambda^\top \nabla^2_{x\theta} V(x, \theta) dt",
     r"\frac{dJ}{d\theta} = \int_0^T \lambda^\top \nabla^2_{x\theta} V(x, \theta) dt"),
])
def test_the_gradient_is_a_field_with_a_symmetric_slope(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("law", "reading"), [
    (r"x_{k+1} = x_k - \eta \nabla V(x_k)", "x(l + 1) = x(l) - h f(x(l))"),
    (r"x_k = x_{k-1} - \eta \nabla_x V(x_{k-1}, \theta)", "x(l) = x(l - 1) - h f(x(l - 1), theta)"),
    (r"w_{t+1} = w_t - \eta \nabla_w L_{\mathrm{train}}(w_t, \lambda)", "x(l + 1) = x(l) - h f(x(l), theta)"),
    (r"\dot x = -\frac{\partial V}{\partial x}(x, \theta)", "d x/dt = -f(x, theta)"),
    (r"\dot x = -\nabla_x V(x, \theta)", "d x/dt = -f(x, theta)"),
])
def test_a_law_along_a_gradient_is_read(law: str, reading: str) -> None:
    assert understood(law) == (reading, "assumption")


@pytest.mark.parametrize("lines", [
    (r"J(u) = \int_0^T L(x, u) dt", r"u_{k+1} = u_k - \eta \nabla J(u_k)"), (r"\dot x = f(x)", r"\dot p = -\nabla_x H(x, p)"),
    (r"V(x) = x^\top Q x", r"\dot x = -\nabla V(x)"),
])
def test_what_the_notes_define_and_a_hamiltonian_are_no_potentials(lines: tuple[str, ...]) -> None:
    assert "f(" not in understood(*lines)[0]


def test_a_field_that_is_no_gradient_keeps_its_transpose() -> None:
    given = STEPS.replace(r"\nabla_\phi \ell", "g")
    right, wrong = (rf"p_k = p_{{k+1}} - \alpha g_\phi(\phi_k, \omega){mark} p_{{k+1}}" for mark in (r"^\top", ""))
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_state_of_rest_is_no_state_of_a_solution() -> None:
    text = r"$\dot x = f(x, \theta)$ $$ f(x^*, \theta) = 0 $$ $$ \frac{dx^*}{d\theta} = f_x(x^*, \theta)^{-1} f_\theta(x^*, \theta) $$"
    assert statuses(text) == ["assumption", "assumption", "refuted"]  # dx*/dtheta = -f_x^{-1} f_theta
