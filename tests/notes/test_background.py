"""Starts that notes write by an increment, x_0 = x_b + U v: gradients in v, and what is said of B afterwards; slips are refuted."""

from __future__ import annotations

import pytest
from understood import last_two

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
