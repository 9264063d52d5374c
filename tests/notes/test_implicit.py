"""Implicit linear time steps, written as a product, as a quotient of differences or with a mass: their costates, transposes and ends."""

from __future__ import annotations

import pytest
from understood import last_two, understood

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
