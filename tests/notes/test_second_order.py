"""Directions, tangents of state and costate, Hessians, in rows and columns and in several authors' letters."""

from __future__ import annotations

from functools import partial

import pytest
from understood import last_two, statuses

COLUMNS = r"""state: x in R^n
parameters: \theta in R^m
costate: \lambda = dJ/dx (column)
field: f
running cost: L
terminal cost: \Phi
gradients: columns
time: t in [0, T]"""
GIVEN = r"""\dot x = f(x, \theta)
x(0) = x_0
J(\theta) = \Phi(x(T)) + \int_0^T L(x, \theta)\,dt
H(x, \lambda, \theta) = L + \lambda^\top f
\xi(t) = \left.\frac{d}{d\varepsilon} x(t; \theta + \varepsilon v)\right|_{\varepsilon = 0}
\omega(t) = \left.\frac{d}{d\varepsilon} \lambda(t; \theta + \varepsilon v)\right|_{\varepsilon = 0}"""
ROWS = r"""state: q
parameters: w
costate: p = dE/dq (row)
field: f
terminal cost: \psi
objective: E
time: t in [t_0, t_1]"""
SHORT = r"""\dot q = f(q, w)
E = \psi(q(t_1))
y = \left.\frac{\partial q_\varepsilon}{\partial\varepsilon}\right|_{\varepsilon = 0}
\dot y = f_q y + f_w r
\pi = \delta p"""


SLOW = partial(pytest.param, marks=pytest.mark.campaign)


@pytest.mark.parametrize(("header", "given", "right", "wrong"), [
    (COLUMNS, GIVEN, r"\dot\omega = -f_x^\top\omega - H_{xx}\xi - H_{x\theta} v", r"\dot\omega = -f_x^\top\omega - H_{xx}\xi"),
    (COLUMNS, GIVEN, r"\omega(T) = \Phi_{xx}(x(T))\,\xi(T)", r"\omega(T) = \Phi_x(x(T))"),
    (COLUMNS, GIVEN, r"\nabla^2 J\, v = \int_0^T (f_\theta^\top\omega + H_{\theta x}\xi + H_{\theta\theta} v)\,dt",
     r"\nabla^2 J\, v = \int_0^T (f_\theta^\top\omega + H_{\theta\theta} v)\,dt"),
    SLOW(COLUMNS, GIVEN, r"\frac{d^2 J}{d\theta^2} v = \int_0^T (f_\theta^\top\omega + H_{\theta x}\xi + H_{\theta\theta} v)\,dt",
         r"\frac{d^2 J}{d\theta^2} v = \int_0^T (f_\theta^\top\omega - H_{\theta x}\xi + H_{\theta\theta} v)\,dt"),
    SLOW(COLUMNS, GIVEN, r"J(\theta + \varepsilon v) = J(\theta) + \varepsilon\, v^\top\nabla J + \frac{\varepsilon^2}{2} v^\top\nabla^2 J\, v + O(\varepsilon^3)",
     r"J(\theta + \varepsilon v) = J(\theta) + \varepsilon\, v^\top\nabla J + \varepsilon^2\, v^\top\nabla^2 J\, v + O(\varepsilon^3)"),
    (COLUMNS, GIVEN + "\n" + r"S(t) = \frac{\partial x(t)}{\partial\theta}", r"\xi = S v", r"\xi = -S v"),
    (COLUMNS, GIVEN, r"\nabla J = \int_0^T (L_\theta + f_\theta^\top\lambda)\,dt", r"\nabla J = \int_0^T (L_\theta - f_\theta^\top\lambda)\,dt"),
    (ROWS, SHORT, r"\dot\pi = -\pi f_q - p f_{qq} y - p f_{qw} r", r"\dot\pi = -\pi f_q + p f_{qq} y - p f_{qw} r"),
    (ROWS, SHORT, r"\frac{d}{dt}(\pi y) = \pi f_w r - p f_{qq}[y, y] - r^\top (p f_{wq}) y", r"\frac{d}{dt}(\pi y) = \pi f_w r"),
])
def test_right_lines_are_proved_and_slips_refuted(header: str, given: str, right: str, wrong: str) -> None:
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


def test_a_remainder_beside_a_functional_is_not_left_out() -> None:
    wrong = r"\frac{dJ}{d\theta} = \int_0^T L_\theta\,dt + O(\varepsilon)"
    assert "proved" not in last_two(COLUMNS, GIVEN, wrong, wrong)


@pytest.mark.parametrize(("upper", "right", "wrong"), [
    ("n", r"\dot\omega = -f_x^\top\omega - SUM\lambda_i\,\nabla^2 f_i(x)\,\xi", r"\dot\omega = -f_x^\top\omega + SUM\lambda_i\,\nabla^2 f_i(x)\,\xi"),
    ("n", r"\frac{d}{dt}(\omega^\top\xi) = -SUM\lambda_i\,\xi^\top\nabla^2 f_i(x)\,\xi", r"\frac{d}{dt}(\omega^\top\xi) = -\frac12SUM\lambda_i\,\xi^\top\nabla^2 f_i(x)\,\xi"),
    ("d", r"\dot\omega = -f_x^\top\omega - SUM\lambda_i\,\nabla^2 f_i(x)\,\xi", r"\dot\omega = -f_x^\top\omega - 2SUM\lambda_i\,\nabla^2 f_i(x)\,\xi"),
])
def test_all_costates_before_second_derivatives_are_those_of_their_product(upper: str, right: str, wrong: str) -> None:
    given = "\\dot x = f(x)\nx(0) = x_0\nJ = \\Phi(x(T))\n\\xi(t) = \\frac{\\partial x(t)}{\\partial x_0} v\n\\omega(t) = \\frac{\\partial\\lambda(t)}{\\partial x_0} v"
    header = "state: x\ncostate: \\lambda = dJ/dx (column)\nfield: f\nobjective: J\ntime: t in [0, T]"
    lines = (line.replace("SUM", rf"\sum_{{i=1}}^{upper}") for line in (right, wrong))
    assert last_two(header, given, *lines) == ["proved", "refuted"]
    fewer = right.replace("SUM", r"\sum_{i=2}^n")
    assert last_two(header, given, fewer, fewer)[0] != "proved"


IN_WORDS = r"""$$\dot y = g(y, \theta), \qquad y(0) = y_0$$ $$J(\theta) = \Psi(y(T))$$ Here $H_{y\theta} = H_{\theta y}^T$ and $$H := \mu^T g(y, \theta)$$
$$\dot\mu = -g_y^T\mu, \qquad \mu(T) = \nabla\Psi(y(T))$$ We write $$r := \frac{dy}{d\epsilon}\Big|_{\epsilon=0}, \qquad q := \frac{d\mu}{d\epsilon}\Big|_{\epsilon=0}$$
$$\dot r = g_y r + g_\theta b, \qquad r(0) = 0$$ $$\dot q = -g_y^T q - H_{yy} r - H_{y\theta} b$$ As $\Psi$ does not depend on $\theta$, $$q(T) = 0$$
If only the curvature along $b$ is needed, $$b^T\nabla^2 J\, b = \int_0^T (r^T H_{yy} r + b^T H_{\theta\theta} b)\, dt$$"""


def test_a_derivative_by_epsilon_is_along_the_direction_of_the_notes() -> None:
    defined = ["assumption"] * 4 + ["definition"] + ["proved"] * 2 + ["definition"] * 2
    assert statuses(IN_WORDS) == [*defined, *["proved"] * 3, "refuted", "refuted"]
