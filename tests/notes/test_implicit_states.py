"""States of rest and fixed points: sensitivities by the implicit function theorem, and gradients by a letter that solves one equation."""

from __future__ import annotations

import pytest
from understood import last_two

from adjointcheck.notes.reading.document import read_text
from adjointcheck.notes.verify import Notes, begun

STEADY = r"R(u, p) = 0" + "\n" + r"\hat J(p) = J(u(p), p)" + "\n"
ADJOINT = r"\left(\frac{\partial R}{\partial u}\right)^T \lambda = -\left(\frac{\partial J}{\partial u}\right)^T" + "\n"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    ("", r"\frac{du}{dp} = -R_u^{-1} R_p", r"\frac{du}{dp} = R_u^{-1} R_p"),
    (r"\delta J = J_u\,\delta u + J_p\,\delta p", r"R_u\,\delta u + R_p\,\delta p = 0", r"R_u\,\delta u - R_p\,\delta p = 0"),
    (ADJOINT, r"\frac{d\hat J}{dp} = J_p + \lambda^T R_p", r"\frac{d\hat J}{dp} = J_p - \lambda^T R_p"),
    (r"\mathcal{L} = J(u, p) - \lambda^T R(u, p)", r"R_u^T\lambda = J_u^T", r"R_u^T\lambda = -J_u^T"),
    (r"\mathcal{L} = J(u, p) - \lambda^T R(u, p)" + "\n" + r"R_u^T\lambda = J_u^T", r"\frac{dJ}{dp} = J_p - \lambda^T R_p",
     r"\frac{dJ}{dp} = J_p - \lambda^T R_u"),
    (r"\lambda R_u = J_u", r"\frac{dJ}{dp} = J_p - \lambda R_p", r"\frac{dJ}{dp} = J_p + \lambda R_p"),
])
def test_states_of_rest(given: str, right: str, wrong: str) -> None:
    assert last_two("", STEADY + given, right, wrong) == ["proved", "refuted"]


FIXED = "z^* = f_\\theta(z^*, x)\n\\hat\\ell(\\theta) = \\ell(z^*)\n"
LOSS = r"\frac{d\ell}{d\theta} = \frac{\partial\ell}{\partial z}\frac{dz^*}{d\theta}"
THROUGH = r"\left(I - \frac{\partial f}{\partial z}\right)^{-1}"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (LOSS, rf"\frac{{dz^*}}{{d\theta}} = {THROUGH} \frac{{\partial f}}{{\partial\theta}}",
     rf"\frac{{dz^*}}{{d\theta}} = -{THROUGH} \frac{{\partial f}}{{\partial\theta}}"),
    (LOSS, r"\frac{dz^*}{dx} = \frac{\partial f}{\partial z} \frac{dz^*}{dx} + \frac{\partial f}{\partial x}",
     r"\frac{dz^*}{dx} = \frac{\partial f}{\partial z} \frac{dz^*}{dx} - \frac{\partial f}{\partial x}"),
    (r"u^T = u^T \frac{\partial f}{\partial z} + \frac{\partial\ell}{\partial z}", r"\frac{d\ell}{d\theta} = u^T \frac{\partial f}{\partial\theta}",
     r"\frac{d\ell}{d\theta} = -u^T \frac{\partial f}{\partial\theta}"),
    (r"\left(I - \frac{\partial f}{\partial z}\right)^T u = \left(\frac{\partial\ell}{\partial z}\right)^T",
     r"\frac{d\ell}{dx} = u^T \frac{\partial f}{\partial x}", r"\frac{d\ell}{dx} = -u^T \frac{\partial f}{\partial x}"),
])
def test_deep_equilibria(given: str, right: str, wrong: str) -> None:
    assert last_two("", FIXED + given, right, wrong) == ["proved", "refuted"]


def test_rest_ends_where_something_moves_again() -> None:
    notes = read_text(r"""$$\dot x = f(x, p)$$ $$J = \int_0^T g(x, p)\,dt$$ $$\dot\lambda = -f_x^T\lambda - g_x^T, \quad \lambda(T) = 0$$
        At rest $$f(x, p) = 0,$$ $$\frac{dx}{dp} = -f_x^{-1}f_p.$$ $$\frac{dJ}{dp} = \int_0^T (g_p + \lambda^T f_p)\,dt$$""")
    judged = Notes("notes.md", begun(notes))
    found = [item.status for formula in notes.formulas for item in judged.judged(formula)]
    assert found[2:] == ["proved", "proved", "assumption", "proved", "proved"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{d h_*}{d\theta} = \left(I - \frac{\partial f}{\partial h_*}\right)^{-1}\frac{\partial f}{\partial\theta}",
     r"\frac{d h_*}{d\theta} = \left(I + \frac{\partial f}{\partial h_*}\right)^{-1}\frac{\partial f}{\partial\theta}"),
    (r"\frac{dL}{d\theta} = \frac{\partial L}{\partial h_*} \left(I - \frac{\partial f}{\partial h_*}\right)^{-1}\frac{\partial f}{\partial\theta}",
     r"\frac{dL}{d\theta} = \frac{\partial L}{\partial h_*} \left(\frac{\partial f}{\partial h_*} - I\right)^{-1}\frac{\partial f}{\partial\theta}"),
])
def test_a_state_of_rest_may_have_its_star_below(right: str, wrong: str) -> None:
    posed = "h_* = f_\\theta(x, h_*)\n\\hat L(\\theta) = L(h_*)"
    assert last_two("", posed, right, wrong) == ["proved", "refuted"]


def test_the_slope_of_a_gradient_is_the_hessian() -> None:
    posed = "\\dot x = f(x)\nJ = \\Phi(x(T))"
    slope = r"\frac{\partial(\nabla_x \Phi)}{\partial x} = "
    assert last_two("", posed, slope + r"\nabla_x^2 \Phi", slope + r"-\nabla_x^2 \Phi") == ["proved", "refuted"]


LINEAR = "A(p) x = b(p)\n" + r"\frac{dg}{dp} = \frac{\partial g}{\partial p} + \frac{\partial g}{\partial x}\frac{dx}{dp}" + "\n"
ROW = r"A^T \lambda = \left(\frac{\partial g}{\partial x}\right)^T" + "\n"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    ("", r"\frac{\partial A}{\partial p} x + A \frac{dx}{dp} = \frac{\partial b}{\partial p}",
     r"\frac{\partial A}{\partial p} x + A \frac{dx}{dp} = -\frac{\partial b}{\partial p}"),
    (ROW, r"\frac{dg}{dp} = g_p - \lambda^T (A_p x - b_p)", r"\frac{dg}{dp} = g_p + \lambda^T (A_p x - b_p)"),
    (ROW, r"\frac{dg}{dp_i} = g_{p_i} - \lambda^T (A_{p_i} x - b_{p_i})", r"\frac{dg}{dp} = g_p - \lambda^T A_p x"),
    (r"\mathcal{L} = g(x, p) - \lambda^T (A(p) x - b(p))" + "\n", r"\frac{\partial\mathcal{L}}{\partial x} = g_x - \lambda^T A = 0",
     r"A^T \lambda = -g_x^T"),
])
def test_linear_systems(given: str, right: str, wrong: str) -> None:
    assert last_two("", LINEAR + given, right, wrong) == ["proved", "refuted"]


def test_what_a_symmetric_matrix_makes_right_is_not_refuted() -> None:
    posed = "K(p) u = f\nJ = f^T u\n" + r"\frac{\partial K}{\partial p} u + K \frac{du}{dp} = 0"
    assert "refuted" not in last_two("", posed, r"K \lambda = f", r"\frac{dJ}{dp} = -u^T \frac{\partial K}{\partial p} u")


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (r"J(u) = \frac12 \|u - d\|^2", r"\frac{dJ}{dp} = (u - d)^T \frac{du}{dp}", r"\frac{dJ}{dp} = -(u - d)^T \frac{du}{dp}"),
    (r"J(u) = \frac12 \|u - d\|^2" + "\n" + r"R_u^T \lambda = u - d", r"\frac{dJ}{dp} = -\lambda^T R_p", r"\frac{dJ}{dp} = \lambda^T R_p"),
    (r"\mathcal{L} = J(u, p) + \lambda^T R(u, p)", r"\frac{d\mathcal{L}}{dp} = J_p + \lambda^T R_p", r"\mathcal{L}_u = J_u - \lambda^T R_u"),
    ("", r"\frac{dR}{dp} = R_p + R_u \frac{du}{dp} = 0", r"\frac{dR}{dp} = R_p - R_u \frac{du}{dp}"),
    (r"\lambda^T = J_u R_u^{-1}", r"\frac{dJ}{dp} = J_p - \lambda^T R_p", r"\frac{dJ}{dp} = J_p + \lambda^T R_p"),
    ("", r"\frac{\partial\tilde J}{\partial p} = J_p - J_u R_u^{-1} R_p", r"\frac{\partial\tilde J}{\partial p} = J_p + J_u R_u^{-1} R_p"),
])
def test_costs_at_rest(given: str, right: str, wrong: str) -> None:
    posed = "R(u, p) = 0\n" + r"\frac{dJ}{dp} = \frac{\partial J}{\partial u}\frac{du}{dp} + \frac{\partial J}{\partial p}" + "\n"
    posed = "R(u, p) = 0\n" + r"R_u \frac{du}{dp} = -R_p" + "\n" if given.startswith("J(u)") else posed
    assert last_two("", posed + given, right, wrong) == ["proved", "refuted"]


def test_a_slope_that_is_nought_poses_a_state_of_rest() -> None:
    posed = r"\frac{dr}{dp} = \frac{\partial r}{\partial p} + \frac{\partial r}{\partial x}\frac{dx}{dp} = 0" + "\n"
    posed += r"\frac{dG}{dp} = \frac{\partial G}{\partial p} + \frac{\partial G}{\partial x}\frac{dx}{dp}"
    through = r"\frac{\partial G}{\partial x}\left(\frac{\partial r}{\partial x}\right)^{-1}\frac{\partial r}{\partial p}"
    slope = r"\frac{dG}{dp} = \frac{\partial G}{\partial p} "
    assert last_two("", posed, f"{slope} - {through}", f"{slope} + {through}") == ["proved", "refuted"]


def test_an_optimum_is_no_state_of_rest() -> None:
    posed = r"\frac{dJ}{dp} = \frac{\partial J}{\partial p} + \frac{\partial J}{\partial x}\frac{dx}{dp} = 0"
    assert last_two("", posed, r"\frac{dG}{dp} = G_x x_p", r"x_p = -\frac{J_p}{J_x}") == ["unknown", "unknown"]


def test_statics_come_before_dynamics() -> None:
    notes = read_text(r"""Let $A(\theta) u = b$ and look at $J(u)$. $$\frac{\partial A}{\partial\theta} u + A \frac{du}{d\theta} = 0$$
        $$A^T \lambda = \left(\frac{\partial J}{\partial u}\right)^T$$ $$\frac{dJ}{d\theta} = -\lambda^T \frac{\partial A}{\partial\theta} u$$
        The flow $$\frac{dz}{dt} = f(z, \theta, t)$$ has $$a(t) = \frac{\partial L}{\partial z(t)},$$
        $$\frac{da}{dt} = -a^T \frac{\partial f}{\partial z}$$ $$\frac{da}{dt} = a^T \frac{\partial f}{\partial z}$$""")
    judged = Notes("notes.md", begun(notes))
    found = [item.status for formula in notes.formulas for item in judged.judged(formula)]
    assert found == ["assumption", "proved", "definition", "proved", "assumption", "definition", "proved", "refuted"]


def test_what_an_optimum_makes_nought_is_not_refuted() -> None:
    posed = "R(u, p) = 0\n" + r"\frac{dJ}{dp} = \frac{\partial J}{\partial u}\frac{du}{dp} + \frac{\partial J}{\partial p}" + "\n"
    posed += r"\mathcal{L} = J(u, p) + \lambda^T R(u, p)" + "\n"
    assert last_two("", posed, r"\frac{\partial\mathcal{L}}{\partial\lambda} = R(u, p) = 0", r"J_p + \lambda^T R_p = 0") == ["proved", "unknown"]
    assert last_two("", posed + "R(u, p) = 0\n", r"J_u + \lambda^T R_u = 0", r"J_u - \lambda^T R_u = 0") == ["proved", "refuted"]


def test_steps_are_no_states_of_rest() -> None:
    posed = "r_k(x_k, x_{k-1}, p) = 0\n" + r"J = \sum_{k=1}^N g_k(x_k, p)"
    right = r"\left(\frac{\partial r_N}{\partial x_N}\right)^T \lambda_N = -\left(\frac{\partial g_N}{\partial x_N}\right)^T"
    sums = r"\frac{dJ}{dp} = \sum_{k=1}^N \left(\frac{\partial g_k}{\partial p} + \lambda_k^T \frac{\partial r_k}{\partial p}\right)"
    assert last_two("", posed, right, sums) == ["unknown", "unknown"]
