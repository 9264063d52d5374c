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
