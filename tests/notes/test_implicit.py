"""Implicit linear time steps, written as a product, as a quotient of differences or with a mass: their costates, transposes and ends."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

HEADER = "state: x\ncostate: \\lambda (column)\nobjective: J"
STEP = r"(I - h A) x_{n+1} = x_n + h B u_{n+1}"
TOLD = f"{STEP}\n" + r"J = \Phi(x_N)" + "\n" + r"\lambda_n = \nabla_{x_n} J"


@pytest.mark.parametrize(("given", "reading"), [
    (STEP, "(I - h A) x(l + 1) = x(l) + h B w(l + 1)"),
    (r"(I - \Delta t\, A) c^{n+1} = c^n + \Delta t\, B q^{n+1}", "(I - h A) x(l + 1) = x(l) + h B q(l + 1)"),
    (r"\frac{y_n - y_{n-1}}{h} + K y_n = B u_n", "(x(l) - x(l - 1))/h + K_ x(l) = B w(l)"),
    (r"M \frac{y^{n+1} - y^n}{\Delta t} = -K y^{n+1} + B u^n", "M_ ((x(l + 1) - x(l))/h) = -K_ x(l + 1) + B w(l)"),
    (r"\frac{x_{k+1} - x_k}{h} = f(x_k, u_k)", "x(l + 1) = x(l) + h f(x(l), w(l))"),
    (r"(I - \frac{h}{2} A) x_{n+1} = (I + \frac{h}{2} A) x_n + h B u_n", "(I - (h/2) A) x(l + 1) = (I + (h/2) A) x(l) + h B w(l)"),
])
def test_ways_to_write_an_implicit_step(given: str, reading: str) -> None:
    assert understood(given) == (reading, "assumption")


@pytest.mark.parametrize(("right", "wrong"), [
    (r"(I - h A^T) \lambda_n = \lambda_{n+1}", r"(I - h A) \lambda_n = \lambda_{n+1}"),
    pytest.param(r"\nabla_{u_{n+1}} J = h B^T \lambda_n", r"\nabla_{u_{n+1}} J = h B^T \lambda_{n+1}", marks=pytest.mark.campaign),
    pytest.param(r"\lambda_n = (I - h A)^{-T} \lambda_{n+1}", r"\lambda_n = (I - h A)^{-T} \lambda_n", marks=pytest.mark.campaign),
])
def test_costates_of_implicit_steps(right: str, wrong: str) -> None:
    assert last_two(HEADER, TOLD, right, wrong) == ["proved", "refuted"]


def test_a_multiplier_of_the_step_is_not_taken_for_a_derivative() -> None:
    given = f"{STEP}\n" + r"J = \Phi(x_N)"
    assert last_two(HEADER, given, r"(I - h A)^T \lambda_n = \lambda_{n+1}", r"\nabla_{u_n} J = h B^T \lambda_n") == ["unknown", "unknown"]


BACKWARD = r"""x_{k+1} = x_k + h f(x_{k+1}, \theta)
J = \phi(x_N)
p_k = \frac{\partial J}{\partial x_k}"""
TRAPEZOID = r"""x_{k+1} = x_k + \tfrac{h}{2} (f(x_k) + f(x_{k+1}))
J_k = f_x(x_k)
p_k = \frac{\partial E}{\partial x_k}"""

MIDPOINT = r"""x_{k+1} = x_k + h f(\tfrac{x_k + x_{k+1}}{2})
M_k = f_x(\tfrac{x_k + x_{k+1}}{2})
p_k = \frac{\partial E}{\partial x_k}"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (BACKWARD, r"p_k = p_{k+1} (I - h f_x(x_{k+1}, \theta))^{-1}", r"p_k = p_{k+1} (I - h f_x(x_k, \theta))^{-1}"),
    (BACKWARD, r"(I - h f_x(x_{k+1}, \theta)) \frac{\partial x_{k+1}}{\partial x_k} = I",
     r"(I - h f_x(x_k, \theta)) \frac{\partial x_{k+1}}{\partial x_k} = I"),
    pytest.param(TRAPEZOID, r"(I - \tfrac h2 J_{k+1}) \frac{\partial x_{k+1}}{\partial x_k} = I + \tfrac h2 J_k",
     r"(I - \tfrac h2 J_k) \frac{\partial x_{k+1}}{\partial x_k} = I + \tfrac h2 J_{k+1}", marks=pytest.mark.campaign),
    (BACKWARD, r"p_k (I - h f_x(x_{k+1}, \theta)) = p_{k+1}", r"p_k (I + h f_x(x_{k+1}, \theta)) = p_{k+1}"),
    (BACKWARD, r"p_k = p_{k+1} + h p_k f_x(x_{k+1}, \theta)", r"p_k = p_{k+1} + h p_{k+1} f_x(x_{k+1}, \theta)"),
    pytest.param(BACKWARD, r"\frac{dJ}{d\theta} = h \sum_{k=0}^{N-1} p_k f_\theta(x_{k+1}, \theta)", r"\frac{dJ}{d\theta} = h \sum_{k=0}^{N-1} p_{k+1} f_\theta(x_{k+1}, \theta)", marks=pytest.mark.campaign),
    (MIDPOINT, r"p_k = p_{k+1} (I - \tfrac h2 M_k)^{-1} (I + \tfrac h2 M_k)", r"p_k = p_{k+1} (I - \tfrac h2 M_k)^{-1} (I + \tfrac h2 M_{k+1})"),
    (TRAPEZOID, r"p_k = p_{k+1} (I - \tfrac{h}{2} J_{k+1})^{-1} (I + \tfrac{h}{2} J_k)", r"p_k = p_{k+1} (I + \tfrac{h}{2} J_k) (I - \tfrac{h}{2} J_{k+1})^{-1}"),
])
def test_costates_of_steps_that_a_field_makes_implicit(given: str, right: str, wrong: str) -> None:
    assert last_two("state: x\nparameters: \\theta\ncostate: p = dJ/dx (row)" if given == BACKWARD else "", given, right, wrong) == ["proved", "refuted"]


def test_a_multiplier_of_a_step_by_a_field_is_not_taken_for_a_derivative() -> None:
    given = "\n".join(BACKWARD.splitlines()[:2])
    right, wrong = r"\lambda_k (I - h f_x(x_{k+1}, \theta)) = \lambda_{k+1}", r"\lambda_k = \lambda_{k+1} (I - h f_x(x_k, \theta))^{-1}"
    assert last_two("state: x\ncostate: \\lambda (row)\nobjective: J", given, right, wrong) == ["unknown", "unknown"]


@pytest.mark.parametrize(("said", "status"), [("the derivative of $J$ with respect to $x_k$", "proved"), ("the multiplier of step $k$", "unknown")])
def test_words_tell_which_costate_of_an_implicit_step_is_meant(said: str, status: str) -> None:
    given = rf"$x_{{k+1}} = x_k + h f(x_{{k+1}})$ and $J = \phi(x_N)$. The column $\lambda_k$ is {said}."
    assert statuses(given + r" $$ (I - h f_x(x_{k+1})^T) \lambda_k = \lambda_{k+1} $$", "state: x")[-1] == status


def test_words_lead_back_to_the_first_of_two_costs() -> None:
    given = r"$x_{k+1} = x_k + h f(x_k)$, $J = \phi(x_N)$, $J_r = \phi(x_N) + h \sum_{k=0}^{N-1} r(x_k)$ and $\lambda_k = \nabla_{x_k} J_r$. "
    line = r" $$ \lambda_k = \lambda_{k+1} + h f_x(x_k)^T \lambda_{k+1} $$"
    assert statuses(given + r"Back to the cost $\phi(x_N)$ alone," + line)[-1] == "proved"
    assert statuses(given + r"This is not the cost $\phi(x_N)$, and" + line)[-1] != "proved"


BACKWARD = r"x_{n+1} = x_n + h f(x_{n+1}, \theta)" + "\n" + r"J = \varphi(x_N)"
VECTORS = "state: x in R^n\nparameters: theta in R^m\ncostate: lambda = dJ/dx (column)"


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial x_{n+1}}{\partial \theta} = h (I - h f_x(x_{n+1}, \theta))^{-1} f_\theta(x_{n+1}, \theta)",
     r"\frac{\partial x_{n+1}}{\partial \theta} = h f_\theta(x_{n+1}, \theta)"),
    (r"(I - h f_x(x_{n+1}, \theta)) \frac{\partial x_{n+1}}{\partial \theta} = h f_\theta(x_{n+1}, \theta)",
     r"(I - h f_x(x_n, \theta)) \frac{\partial x_{n+1}}{\partial \theta} = h f_\theta(x_{n+1}, \theta)"),
])
def test_the_slope_of_one_implicit_step_in_the_parameters(right: str, wrong: str) -> None:
    assert last_two(VECTORS, BACKWARD, right, wrong) == ["proved", "refuted"]


def test_an_example_of_one_number_may_follow_vectors() -> None:
    given = "x_{n+1} = x_n + h f(x_n, \\theta)\nJ = \\varphi(x_N)\nf(x, \\theta) = -\\theta x"
    right = r"\frac{dJ}{d\theta} = -h \sum_{n=0}^{N-1} x_n \lambda_{n+1}"
    assert last_two(VECTORS, given, right, right.replace(r"\lambda_{n+1}", r"\lambda_n")) == ["proved", "refuted"]
    general = r"\frac{dJ}{d\theta} = h \sum_{n=0}^{N-1} f_\theta(x_n, \theta) \lambda_{n+1}"  # not transposed
    assert last_two(VECTORS, f"{given}\n{right}", general, general)[0] != "proved"


TRAPEZOIDAL = r"""y_{n+1} = y_n + \frac{h}{2} ( f(y_n, \theta) + f(y_{n+1}, \theta) )
J = \varphi(y_N)
F_n = \frac{\partial f}{\partial y}(y_n, \theta)
G_n = \frac{\partial f}{\partial \theta}(y_n, \theta)
( I - \frac{h}{2} F_{n+1} )^T \mu_{n+1} = \lambda_{n+1}"""


@pytest.mark.parametrize(("right", "wrong"), [
    pytest.param(r"( I - \frac{h}{2} F_{n+1} ) \delta y_{n+1} = ( I + \frac{h}{2} F_n ) \delta y_n", r"( I - \frac{h}{2} F_n ) \delta y_{n+1} = ( I + \frac{h}{2} F_n ) \delta y_n", marks=pytest.mark.campaign),
    (r"\lambda_n = ( I + \frac{h}{2} F_n )^T \mu_{n+1}", r"\lambda_n = ( I + \frac{h}{2} F_{n+1} )^T \mu_{n+1}"),
    pytest.param(r"\frac{dJ}{d\theta} = \frac{h}{2} \sum_{n=0}^{N-1} ( G_n + G_{n+1} )^T \mu_{n+1}", r"\frac{dJ}{d\theta} = \frac{h}{2} \sum_{n=0}^{N-1} ( G_n + G_{n+1} )^T \lambda_{n+1}", marks=pytest.mark.campaign),
])
def test_a_letter_may_be_told_by_the_system_that_it_solves(right: str, wrong: str) -> None:
    assert last_two("state: y in R^n\nparameters: \\theta in R^m\ncostate: \\lambda = dJ/dy (column)", TRAPEZOIDAL, right, wrong) == ["proved", "refuted"]


STEPS, ENDED = r"x_{k+1} = x_k + h f(x_{k+1}, q)", r"J = \phi(x_N)" + "\n"
FLOW = r"\dot x = f(x, q)" + "\n" + r"J = \phi(x(T))" + "\n" + r"\lambda(t) = \nabla_{x(t)} J" + "\n"
BELOW = r"\mathcal{L} = \phi(x_N) + \sum_{k=0}^{N-1} \mu_{k+1}^T (x_k + h f(x_{k+1}, q) - x_{k+1})"
BEFORE = r"\mathcal{L} = \phi(x_N) + \sum_{k=0}^{N-1} \mu_k^T (x_{k+1} - x_k - h f(x_k, q))"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (f"{STEPS}\n{ENDED}{BELOW}", r"(I - h f_x(x_k, q)^T) \mu_k = \mu_{k+1}", r"(I - h f_x(x_{k+1}, q)^T) \mu_k = \mu_{k+1}"),
    (f"{FLOW}{STEPS.replace('{k+1}, q', 'k, q')}\n{ENDED.replace('J', 'J_h')}{BEFORE}", r"\mu_{N-1} = -\nabla \phi(x_N)", r"\mu_{N-1} = \nabla \phi(x_N)"),
])
def test_what_multiplies_a_step_in_a_lagrangian_need_not_be_a_derivative_by_a_state(given: str, right: str, wrong: str) -> None:
    assert last_two("state: x in R^n\nparameters: q in R^m", given, right, wrong) == ["proved", "refuted"]
