"""Primes: a rate where x' = f(x) or the header says so, a transpose where the header says so, and nothing without either."""

from __future__ import annotations

import pytest
from test_verify import verdicts
from understood import last_two, statuses

SUBSCRIPTS = "state: x\ncostate: psi = dJ/dx (row)\nfield: f\nrunning cost: l\nterminal cost: m\ntime: t in [0, T]\nobjective: J"
LAWS = r"""x' = f(x)
J = m(x(T)) + \int_0^T l(x)\,dt"""
MATRICES = "state: x\ncostate: psi = dJ/dx (row)\nA: n x n\nprime: transposed\ntime: t in [0, T]"


def test_a_prime_is_a_rate_after_the_dynamics() -> None:
    assert verdicts(SUBSCRIPTS, LAWS, r"\psi' = -l_x - \psi f_x", r"\psi'(t) = -\psi f_x - l_x", r"\psi' = -l_x + \psi f_x") == [
        "proved", "proved", "refuted"]


def test_a_prime_is_a_transpose_where_the_header_says_so() -> None:
    assert verdicts(MATRICES, r"\dot x = A x", r"x' A' = (A x)^T", r"x' A = (A x)^T") == ["proved", "refuted"]


@pytest.mark.parametrize("header", [SUBSCRIPTS.replace("\ntime: t in [0, T]", ""), SUBSCRIPTS])
def test_a_prime_without_a_meaning_is_not_guessed(header: str) -> None:
    law = r"x' = f(x)" if "time" not in header else r"x' = f(x')"
    assert verdicts(header, law, r"\psi' = -l_x - \psi f_x") == ["unknown"]


@pytest.mark.parametrize("words", ["$a_n$ is a row", "with $I$ the identity matrix"])
def test_a_prime_that_differentiates_makes_no_numbers_of_rows(words: str) -> None:
    text = r"""$x_{n+1} = x_n + h f(x_n + \frac h2 f(x_n))$, $a_n = dL/dx_n$. """ + words + r""". $$J_1 = f'(x_n), \quad J_2 = f'(x_n + \frac h2 f(x_n))$$
    $$a_n = a_{n+1} (I + h J_2 + \frac{h^2}{2} J_2 J_1)$$ $$a_n = a_{n+1} (I + h J_2 + \frac{h^2}{2} J_1 J_2)$$"""
    assert statuses(text)[-2:] == ["proved", "refuted"]


BOTH = r"""\dot x = f(x)
x_{k+1} = x_k + h f(x_k)"""


def test_a_rate_speaks_of_the_flow_though_layers_came_between() -> None:
    header = "state: x\ncostate: p = dJ/dx (row)\nfield: f\nterminal cost: Psi\ntime: t in [t_0, t_1]\ntime step: h"
    assert verdicts(header, BOTH, r"\dot p = -p f_x", r"\dot p = p f_x", r"p_k = p_{k+1} + h p_{k+1} f_x(x_k)") == [
        "proved", "refuted", "proved"]


def test_two_primes_are_an_acceleration() -> None:
    text = r"""$y' = -\alpha y + u$, $y(0) = y_0$, $J = \frac12\int_0^T (y^2 + \rho u^2)\,dt$, $q' = \alpha q - y$, $u = -\frac{q}{\rho}$.
    $$y'' = (\alpha^2 + \frac1\rho) y$$ $$y'' = (\alpha^2 - \frac1\rho) y$$"""
    assert statuses(text, "objective: J, minimised\nstate: y in R\ncontrol: u in R\ncostate: q = dJ/dy")[-2:] == ["proved", "refuted"]


VAN_DER_POL = r"""y_1' = y_2
y_2' = \mu (1 - y_1^2) y_2 - y_1
J = \int_0^T (y_1^2 + y_2^2) dt
\lambda_1(T) = 0"""
PENDULUM = r"""\ddot\theta = -\frac{g}{\ell} \sin\theta
x_1 = \theta
x_2 = \dot\theta
x_1' = x_2
x_2' = -\frac{g}{\ell} \sin x_1
J = \int_0^T x_2^2 dt
\lambda_1(T) = 0"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (VAN_DER_POL, r"\lambda_2' = -\lambda_1 - \mu (1 - y_1^2) \lambda_2 - 2 y_2", r"\lambda_2' = -\lambda_1 + \mu (1 - y_1^2) \lambda_2 - 2 y_2"),
    (PENDULUM, r"\lambda_1' = \frac{g}{\ell} \cos(x_1) \lambda_2", r"\lambda_1' = \frac{g}{\ell} \sin(x_1) \lambda_2"),
])
def test_components_move_by_primes_beside_rates_and_dots_of_other_names(given: str, right: str, wrong: str) -> None:
    """mu (1 - y^2) is a product, and theta-dot another name of x_2."""
    assert last_two("", given, right, wrong) == ["proved", "refuted"]
