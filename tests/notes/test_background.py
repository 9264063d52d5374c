"""Starts that notes write by an increment, x_0 = x_b + U v: gradients in v, and what is said of B afterwards; slips are refuted."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

HEADER = "state: x\ncostate: \\lambda (column)\nobjective: J\nlayer: k = 0 ... N"
LAWS = "\n".join((r"x_{k+1} = M_k(x_k)",
                  r"J(x_0) = \frac12 (x_0 - x_b)^T B^{-1} (x_0 - x_b) + \frac12 \sum_{k=0}^N (H_k x_k - y_k)^T R_k^{-1} (H_k x_k - y_k)",
                  r"\nabla_{x_0} J = B^{-1}(x_0 - x_b) + \lambda_0", ""))


@pytest.mark.parametrize(("given", "right", "wrong"), [
    ("x_0 = x_b + U v\nB = U U^T", r"\nabla_v J = v + U^T\lambda_0", r"\nabla_v J = v + U\lambda_0"),
    ("v = U^{-1}(x_0 - x_b)", r"\nabla_v J = U^T B^{-1} U v + U^T\lambda_0", r"\nabla_v J = v - U^T\lambda_0"),
    (r"x_0 = x_b + B^{1/2}\chi", r"\nabla_\chi J = \chi + B^{1/2}\lambda_0", r"\nabla_\chi J = \chi + \lambda_0"),
    ("x_0 = x_b + z\n" + r"B = \sigma^2 I", r"\nabla_z J = \sigma^{-2} z + \lambda_0", r"\nabla_z J = \sigma^2 z + \lambda_0"),
])
def test_gradients_in_an_increment(given: str, right: str, wrong: str) -> None:
    assert last_two(HEADER, LAWS + given, right, wrong) == ["proved", "refuted"]


def test_what_is_right_for_a_square_root_is_not_refuted() -> None:
    right, wrong = r"\nabla_v J = v + U^T\lambda_0", r"\nabla_v J = v + U\lambda_0"
    assert last_two(HEADER, LAWS + "x_0 = x_b + U v", right, wrong) == ["unknown", "refuted"]


DATA = "\n".join((r"x_{k+1} = \mathcal{M}_k(x_k)",
                  r"J(x_0) = \frac12 (x_0 - x_b)^T B^{-1} (x_0 - x_b) + \frac12 \sum_{k=0}^N (\mathcal{H}_k(x_k) - y_k)^T R_k^{-1} (\mathcal{H}_k(x_k) - y_k)",
                  r"p_k = \nabla_{x_k} \frac12 \sum_{l=k}^N (\mathcal{H}_l(x_l) - y_l)^T R_l^{-1} (\mathcal{H}_l(x_l) - y_l)", ""))
VARIED = (r"\delta J = (x_0 - x_b)^T B^{-1} \delta x_0 + \sum_{k=0}^N (\mathcal{H}_k(x_k) - y_k)^T R_k^{-1} "
          r"\frac{\partial \mathcal{H}_k}{\partial x}(x_k) \delta x_k")


@pytest.mark.parametrize(("given", "right", "wrong"), [
    ("", VARIED, VARIED.replace("^N (", "^{N-1} (")),
    pytest.param("x_{k+1} = \\mathcal{M}_k(x_k) + \\eta_k\n" + r"J_q = J + \frac12 \sum_{k=0}^{N-1} \eta_k^T Q_k^{-1} \eta_k",
     r"\nabla_{\eta_k} J_q = Q_k^{-1} \eta_k + p_{k+1}", r"\nabla_{\eta_k} J_q = Q_k^{-1} \eta_k + p_k", marks=pytest.mark.campaign),
])
def test_maps_with_observations_and_errors(given: str, right: str, wrong: str) -> None:
    assert last_two("state: x", DATA + given, right, wrong) == ["proved", "refuted"]


def test_a_costate_of_what_is_left_to_pay_starts_without_the_background() -> None:
    right = r"\nabla J(x_0) = B^{-1} (x_0 - x_b) + p_0"
    assert last_two("state: x", DATA, right, r"\nabla J(x_0) = p_0") == ["proved", "refuted"]


def test_a_flow_after_layers_leaves_them_their_map() -> None:
    right = r"p_k = \left(\frac{\partial \mathcal{M}_k}{\partial x}(x_k)\right)^T p_{k+1} + "
    paid = r"\left(\frac{\partial \mathcal{H}_k}{\partial x}(x_k)\right)^T R_k^{-1} (\mathcal{H}_k(x_k) - y_k)"
    assert last_two("state: x", DATA + r"\frac{dx}{dt} = F(x)", right + paid, right + paid.replace("R_k^{-1}", "R_k")) == ["proved", "refuted"]


COUNTED = r"""$x \in \mathbb{R}^n$ is the state, $y_k \in \mathbb{R}^{m_k}$ the data. $$x_{k+1} = m_k(x_k), \qquad k = 0, \dots, N - 1$$
$$J(x_0) = \frac12 (x_0 - x^b)^T B^{-1} (x_0 - x^b) + \frac12\sum_{k=0}^N (y_k - h_k(x_k))^T R_k^{-1} (y_k - h_k(x_k))$$
$M_k$ and $H_k$ are the Jacobian matrices of $m_k$ and $h_k$, $$d_k = y_k - h_k(x_k)$$ $$p_N = -H_N^T R_N^{-1} d_N$$ $$p_k = M_k^T p_{k+1} - H_k^T R_k^{-1} d_k$$ """


def test_data_may_be_as_many_as_the_notes_say_and_capitals_are_the_jacobians_of_their_maps() -> None:
    assert statuses(COUNTED)[-2:] == ["proved", "proved"]
    assert statuses(COUNTED + r"$$p_k = M_k^T p_{k+1} + H_k^T R_k^{-1} d_k$$")[-1] == "refuted"
    assert statuses(COUNTED + r"$$p_k = M_k^T p_{k+1} - M_k^T R_k^{-1} d_k$$")[-1] == "refuted"


GAIN = LAWS.replace("H_k", "H").replace("R_k", "R") + r"K = B H^T (H B H^T + R)^{-1}" + "\n"


@pytest.mark.parametrize(("right", "wrong"), [
    (r"K = (B^{-1} + H^T R^{-1} H)^{-1} H^T R^{-1}", r"K = (B^{-1} + H^T R^{-1} H)^{-1} H^T R"),
    (r"(I - K H) B = (B^{-1} + H^T R^{-1} H)^{-1}", r"(I - K H) B = (B + H^T R^{-1} H)^{-1}"),
    (r"(I - K H) B = (I - K H) B (I - K H)^T + K R K^T", r"(I - K H) B = (I - K H) B (I - K H)^T - K R K^T"),
])
def test_gains_by_the_inverse_of_a_sum(right: str, wrong: str) -> None:
    assert last_two(HEADER, GAIN, right, wrong) == ["proved", "refuted"]


ESTIMATE = "\n".join((r"J(x) = \frac12 (x - x_b)^T B^{-1} (x - x_b) + \frac12 (H x - y)^T R^{-1} (H x - y)", r"K = B H^T (H B H^T + R)^{-1}", ""))
NUMBERS = "x_b = 10\nB = 4\ny = 12\nR = 1\nH = 1\n"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    ("", r"\nabla J(x) = B^{-1} (x - x_b) + H^T R^{-1} (H x - y)", r"\nabla J(x) = B^{-1} (x - x_b) - H^T R^{-1} (H x - y)"),
    ("", r"\nabla^2 J = B^{-1} + H^T R^{-1} H", r"\nabla^2 J = B^{-1} - H^T R^{-1} H"),
    ("", r"x_a = x_b + K (y - H x_b)", r"x_a = x_b - K (y - H x_b)"),
    ("", r"B^{-1} (x_a - x_b) + H^T R^{-1} (H x_a - y) = 0", r"x_a = x_b + K (H x_b - y)"),
    ("", r"\hat x = (B^{-1} + H^T R^{-1} H)^{-1} (B^{-1} x_b + H^T R^{-1} y)", r"\hat x = (B^{-1} + H^T R^{-1} H)^{-1} (B^{-1} x_b - H^T R^{-1} y)"),
    (r"A = (I - K H) B" + "\n" + NUMBERS, r"A = \frac45", r"x_a = 11.8"),
    (NUMBERS, r"x_a = 11.6", r"K = \frac15"),
])
def test_a_best_linear_estimate(given: str, right: str, wrong: str) -> None:
    assert last_two("", ESTIMATE + given, right, wrong) == ["proved", "refuted"]


def test_a_model_behind_an_estimate_has_its_own_letters() -> None:
    right = r"\nabla_{x_0} J = B^{-1}(x_0 - x_b) + \lambda_0"
    laws = LAWS.replace(right, r"\lambda_0 = M_0^T \lambda_1 + H_0^T R_0^{-1} (H_0 x_0 - y_0)")
    assert last_two(HEADER, ESTIMATE + laws, right, r"\nabla_{x_0} J = B^{-1}(x_0 - x_b) - \lambda_0") == ["proved", "refuted"]


def test_a_right_number_beside_a_wrong_gain_is_not_refuted() -> None:
    wrong = ESTIMATE.replace("H^T + R", "H^T - R") + NUMBERS
    assert last_two("", wrong, r"K = \frac45", r"x_a = 11.8") == ["definition", "refuted"]
