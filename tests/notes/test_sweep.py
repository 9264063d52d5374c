"""The sweep lambda = P x: Riccati's matrix is found where notes name it (2 P x, for costs without 1/2, is in the corpus)."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

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


CROSSED = (
    "\\dot x = A x + B u\nJ = {half} x^T(t_1) F x(t_1) + {half}\\int_{{t_0}}^{{t_1}} (x^T Q x + {weight} + u^T R u)\\,dt\n\\lambda(t) = {two} P(t)\\,x(t)\n"
)
WEIGHTS = {  # between state and control: N of Riccati's equation, and its transpose
    r"2 x^T N u": ("N", "N^T"),
    r"2 u^T S x": ("S^T", "S"),
    r"x^T N u + u^T N^T x": ("N", "N^T"),
}


@pytest.mark.parametrize(("half", "two"), [("\\tfrac12", ""), pytest.param("", "2", marks=pytest.mark.campaign)])
@pytest.mark.parametrize("weight", [next(iter(WEIGHTS)), *(pytest.param(other, marks=pytest.mark.campaign) for other in [*WEIGHTS][1:])])
def test_a_cross_weight_stands_in_riccatis_equation_and_in_the_gain(half: str, two: str, weight: str) -> None:
    notes, (n, transposed) = CROSSED.format(half=half, two=two, weight=weight), WEIGHTS[weight]
    right = rf"-\dot P = A^T P + P A + Q - (P B + {n}) R^{{-1}} (B^T P + {transposed})"
    gain = rf"K = R^{{-1}} (B^T P + {transposed})"
    slips = right.replace("(P B +", "(P B -"), gain.replace("+", "-")
    assert last_two(HEADER, notes + f"u = -K x\n{right}\n{gain}\n", *slips) == ["refuted", "refuted"]
    assert last_two(HEADER, notes + "u = -K x\n", right, gain) == ["proved", "proved"]


def test_the_weight_of_the_end_may_bear_the_letter_of_riccatis_matrix() -> None:
    given = (r"LQR: $\dot x = A x + B u$ and $$ J = \frac12 x(T)^\top S(T) x(T) + \frac12\int_0^T (x^\top Q x + u^\top R u)\,dt $$ With $\lambda = S x$ "
             r"the matrix satisfies $$ -\dot S = A^\top S + S A - S B R^{-1} B^\top S + Q $$ ")
    found = statuses(given + r"$$ \lambda(T) = S(T) x(T) $$ $$ u = -R^{-1} B^\top S x $$ $$ u = R^{-1} B^\top S x $$")
    assert found[-4:] == ["proved", "proved", "proved", "refuted"]
