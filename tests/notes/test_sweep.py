"""The sweep lambda = P x: Riccati's matrix is found where notes name it (2 P x, for costs without 1/2, is in the corpus)."""

from __future__ import annotations

import pytest
from understood import last_two

HEADER = "state: x\ncontrol: u\ncostate: \\lambda (column)\nobjective: J\ntime: t in [t_0, t_1]"
HALVED = (
    "\\dot x = A x + B u\nJ = \\tfrac12 x^T(t_1)\\,F\\,x(t_1) + \\tfrac12\\int_{t_0}^{t_1} (x^T Q x + u^T R u)\\,dt\n"
    "H = \\tfrac12 x^T Q x + \\tfrac12 u^T R u + \\lambda^T (A x + B u)\nu = -R^{-1} B^T\\lambda\n\\lambda(t) = P(t)\\,x(t)\n"
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"u = -R^{-1} B^T P(t)\,x", r"u = -2 R^{-1} B^T P(t)\,x"),
        (r"A^T P(t) + P(t) A - P(t) B R^{-1} B^T P(t) + Q = -\dot P(t)", r"A^T P(t) + P(t) A - P(t) B R^{-1} B^T P(t) + Q = \dot P(t)"),
        (r"P(t_1) = F", r"P(t_1) = 2 F"),
    ],
)
def test_the_right_line_is_proved_and_its_slip_refuted(right: str, wrong: str) -> None:
    assert last_two(HEADER, HALVED, right, wrong) == ["proved", "refuted"]
