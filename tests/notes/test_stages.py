"""Runge-Kutta methods in notes: laws of stages, their discrete adjoint, the symplectic partner; what custom alone says is not refuted."""

from __future__ import annotations

import pytest
from test_verify import findings, verdicts

HEADER = "\n".join(("layer: n", "time step: h", "state: x", "costate: p = dJ/dx (row)", "field: f"))
IMPLICIT = r"""X_i = x_n + h\sum_{j=1}^{s} a_{ij}\,f(X_j)
x_{n+1} = x_n + h\sum_{i=1}^{s} b_i\,f(X_i)"""
EXPLICIT = r"""k_i = f(x_n + h\sum_{j=1}^{i-1} a_{ij} k_j)
x_{n+1} = x_n + h\sum_{i=1}^{s} b_i k_i
X_i = x_n + h\sum_{j=1}^{i-1} a_{ij} k_j"""
UPDATE = r"p_n = p_{n+1} + h\sum_{i=1}^{s} b_i\,P_i\,f_x(X_i)"

RIGHT_AND_WRONG = [
    pytest.param(*(IMPLICIT, r"P_i = p_{n+1} + h\sum_{j=1}^{s}\frac{b_j a_{ji}}{b_i} P_j f_x(X_j)", r"P_i = p_{n+1} + h\sum_{j=1}^{s}\frac{b_j a_{ij}}{b_i} P_j f_x(X_j)"), marks=pytest.mark.campaign),  # computing time
    pytest.param(*(EXPLICIT, r"P_i = p_{n+1} + h\sum_{j=i+1}^{s}\frac{b_j a_{ji}}{b_i} P_j f_x(X_j)", r"P_i = p_n + h\sum_{j=i+1}^{s}\frac{b_j a_{ji}}{b_i} P_j f_x(X_j)"), marks=pytest.mark.campaign),  # computing time
    (EXPLICIT, r"p_{n+1}\,\delta x_{n+1} = p_n\,\delta x_n", r"p_n\,\delta x_{n+1} = p_n\,\delta x_n"),
]


@pytest.mark.parametrize(("laws", "right", "wrong"), RIGHT_AND_WRONG)
def test_right_lines_are_proved_and_slips_refuted(laws: str, right: str, wrong: str) -> None:
    assert verdicts(HEADER, laws, UPDATE, right, wrong) == ["proved", "proved", "refuted"]


@pytest.mark.campaign  # computing time
def test_a_partner_that_the_notes_define_is_theirs() -> None:
    backwards = r"A_{ij} = \frac{b_j a_{ji}}{b_i}"
    lines = (r"P_i = p_{n+1} + h\sum_{j=1}^{s} A_{ij} P_j f_x(X_j)", r"b_i A_{ij} + b_j a_{ji} = b_i b_j")
    assert verdicts(HEADER, IMPLICIT, backwards, *lines) == ["definition", "proved", "refuted"]


def test_what_custom_alone_says_of_a_letter_is_not_refuted() -> None:
    scaled = r"p_n = p_{n+1} + h\sum_{i=1}^{s} P_i\,f_x(X_i)"  # right for another P_i
    assert verdicts(HEADER, IMPLICIT, scaled) == ["unknown"]


def test_a_proof_tells_for_how_many_stages() -> None:
    assert "stages" in findings(HEADER, [*IMPLICIT.splitlines(), UPDATE])[-1].rules[0]


def test_a_state_that_is_no_stage_is_left_alone() -> None:
    assert verdicts(HEADER, IMPLICIT, UPDATE, r"p_n = p_{n+1} + h\sum_{i=1}^{s} b_i\,P_i\,f_x(x_n)") == ["proved", "refuted"]
