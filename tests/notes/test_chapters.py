"""Notes with a theory and an example: the example is a problem of its own, with the theory's letters and its costate's sign."""

from __future__ import annotations

import pytest
from understood import last_two

KIRK = (
    "\\dot{\\mathbf{x}}(t) = \\mathbf{a}(\\mathbf{x}(t),\\mathbf{u}(t),t)\n"
    "J(\\mathbf{u}) = h(\\mathbf{x}(t_f),t_f) + \\int_{t_0}^{t_f} g(\\mathbf{x}(t),\\mathbf{u}(t),t)\\,dt\n"
    "\\mathscr{H}(\\mathbf{x}(t),\\mathbf{u}(t),\\mathbf{p}(t),t) \\triangleq g(\\mathbf{x}(t),\\mathbf{u}(t),t) + \\mathbf{p}^T(t)[\\mathbf{a}(\\mathbf{x}(t),\\mathbf{u}(t),t)]\n"
)
TWO = KIRK + "\\dot x_1(t) = x_2(t)\n\\dot x_2(t) = -x_2(t) + x_1(t)^2 + u(t)\nJ(u) = \\int_{t_0}^{t_f} (u^2(t) + x_1^2(t))\\,dt\n"
NEGATIVE = "\\dot x = f(x,u)\nJ = \\int_0^T L(x,u)\\,dt\nH = p^T f(x,u) - L(x,u)\n\\dot x_1 = x_2\n\\dot x_2 = u\nJ = \\int_0^T (x_1^2 + u^2)\\,dt\n"
MATRICES = "\\dot x = f(x,u)\nJ = \\int_0^T L(x,u)\\,dt\nH = L(x,u) + p^T f(x,u)\n\\dot x = A x + B u\nJ = \\frac12\\int_0^T (x^T Q x + u^T R u)\\,dt\n"
MARKED = "\\dot x = f(x,\\theta)\nJ = \\Phi(x(T))\np = -(\\frac{\\partial J}{\\partial x})^T\n\\dot x_A = -\\theta_1 x_A + \\theta_2 x_B\n\\dot x_B = \\theta_1 x_A - \\theta_2 x_B\n"


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (KIRK, r"\dot{\mathbf{p}} = -\frac{\partial\mathscr{H}}{\partial\mathbf{x}}", r"\dot{\mathbf{p}} = \frac{\partial\mathscr{H}}{\partial\mathbf{x}}"),
        (TWO, r"\dot p_1 = -2 x_1 - 2 x_1 p_2", r"\dot p_1 = 2 x_1 - 2 x_1 p_2"),
        (TWO, r"\dot p_2 = -\frac{\partial\mathscr{H}}{\partial x_2}", r"\dot p_2 = \frac{\partial\mathscr{H}}{\partial x_2}"),
        (NEGATIVE, r"\dot p_1 = 2 x_1", r"\dot p_1 = -2 x_1"),
        (MATRICES, r"\dot p = -Q x - A^T p", r"\dot p = Q x - A^T p"),
        (MARKED, r"\dot p_A = \theta_1 (p_A - p_B)", r"\dot p_A = \theta_1 (p_B - p_A)"),
        (MARKED, r"\frac{\partial J}{\partial\theta_1} = \int_0^T (p_A - p_B) x_A\,dt", r"\frac{\partial J}{\partial\theta_1} = \int_0^T (p_B - p_A) x_A\,dt"),
    ],
)  # fmt: skip
def test_the_right_line_is_proved_and_its_slip_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]
