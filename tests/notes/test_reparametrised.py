"""Parameters that are formulas of others, and the first letter that moves."""

from __future__ import annotations

import pytest
from understood import last_two, understood

DECAY = r"""\dot x = -k x + u
x(0) = x_0
J = \frac12 \int_0^T (x - y)^2 dt
-\dot\lambda = -k \lambda + x - y
\lambda(T) = 0
"""
CHAIN = r"""\frac{da}{dt} = -k_1 a
\frac{db}{dt} = k_1 a - k_2 b
a(0) = a_0
b(0) = 0
J = \frac12 (b(T_f) - c)^2
\dot\lambda_a = k_1 (\lambda_a - \lambda_b)
"""
GRID = r"""\frac{dc}{dt} = \kappa K c + q
c(0) = c_0
J = \frac12 \int_0^T |H c - y|^2 dt
-\dot\lambda = \kappa K^\top \lambda + H^\top (H c - y)
"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (DECAY + r"k = e^q", r"\frac{dJ}{dq} = -k \int_0^T \lambda x dt", r"\frac{dJ}{dq} = -\int_0^T \lambda x dt"),
    pytest.param(DECAY + r"k = q^2", r"\frac{dJ}{dq} = -2 q \int_0^T \lambda x dt", r"\frac{dJ}{dq} = -q^2 \int_0^T \lambda x dt", marks=pytest.mark.campaign),
    (CHAIN + r"k_1 = A e^{-E/(R\Theta)}", r"\frac{dJ}{dA} = \frac{k_1}{A} \int_0^{T_f} a (\lambda_b - \lambda_a) dt",
     r"\frac{dJ}{dA} = k_1 \int_0^{T_f} a (\lambda_b - \lambda_a) dt"),
    pytest.param(GRID + r"\kappa = \kappa_0 e^s", r"\frac{dJ}{ds} = \kappa \int_0^T \lambda^\top K c dt", r"\frac{dJ}{ds} = \int_0^T \lambda^\top K c dt", marks=pytest.mark.campaign),
])
def test_a_gradient_in_a_new_parameter_goes_through_the_old_one(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.campaign
def test_a_parameter_of_two_parameters_moves_both() -> None:
    shares = [rf"\frac{{k_{i} E_{i}}}{{R \Theta^2}} \int_0^{{T_f}} {rate} dt" for i, rate in ((1, r"a (\lambda_b - \lambda_a)"), (2, r"b \lambda_b"))]
    given = CHAIN + r"k_1 = A_1 e^{-E_1/(R\Theta)}" + "\n" + r"k_2 = A_2 e^{-E_2/(R\Theta)}"
    right, wrong = (rf"\frac{{dJ}}{{d\Theta}} = {shares[0]}{rest}" for rest in (f" - {shares[1]}", ""))
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_the_old_parameter_keeps_its_gradient() -> None:
    right, wrong = (rf"\frac{{dJ}}{{dk}} = {sign}\int_0^T \lambda x dt" for sign in ("-", ""))
    assert last_two("", DECAY + "k = e^q", right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{dJ}{dq} = k \frac{dJ}{dk}", r"\frac{dJ}{dq} = \frac{1}{k} \frac{dJ}{dk}"),
    (r"\frac{dJ}{dq} = \frac{dJ}{dk} \frac{dk}{dq}", r"\frac{dJ}{dq} = \frac{dJ}{dk}"),
])
def test_a_chain_rule_ties_both_gradients(right: str, wrong: str) -> None:
    assert last_two("", DECAY + r"k = e^q", right, wrong) == ["proved", "refuted"]


def test_what_a_parameter_is_made_of_stays_tied_to_it() -> None:
    right, wrong = (rf"\dot\lambda = {rate} \lambda - x + y" for rate in ("q^2", "2 q"))
    assert last_two("", DECAY + "k = q^2", right, wrong) == ["proved", "refuted"]
    assert last_two("", DECAY + "k = q^2", r"\frac{dJ}{dk} = -\frac{q^2}{k} \int_0^T \lambda x dt", r"\lambda(T) = 1") == ["unknown", "refuted"]


@pytest.mark.parametrize(("line", "status"), [
    (r"k = e^q", "assumption"), (r"k = k_0 (1 + s)", "assumption"), (r"k = x^2", "claim"), (r"\lambda = e^q", "claim"),
])
def test_what_is_a_formula_of_a_parameter(line: str, status: str) -> None:
    assert understood(*DECAY.strip().splitlines(), line)[1] == status


@pytest.mark.parametrize(("lines", "reading"), [
    ((r"c(0) = c_0", r"\frac{dc}{dt} = K c + q", r"-\dot\lambda = K^\top \lambda", r"\frac{dc}{dt} = K c + q"), "d x/dt = K_ x + q"),
    ((r"\dot\psi = A \psi", r"\psi(0) = \psi_0", r"\dot\psi = A \psi"), "d ?psi?/dt = ?A? ?psi?"),  # a costate by custom
    ((r"\dot u = A u + b", r"u(t_0) = u_0", r"\dot u = A u + b"), "d x/dt = A x + b"),
])
def test_the_first_letter_that_moves_from_a_start_is_the_state(lines: tuple[str, ...], reading: str) -> None:
    assert understood(*lines)[0] == reading
