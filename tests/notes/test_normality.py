"""The multiplier of the cost: p^0 = -1 makes the costate -dJ/dx, and p^0 = -1/2 that of half the cost."""

from __future__ import annotations

import pytest
from understood import statuses

MOTION = r"$\dot x = f(x, u), x(0) = x_0$ $$J = \int_0^T f^0(x, u)\,dt + g(x(T))$$ "
RIGHT = r"$\dot p = -f_x^\top p + (f^0_x)^\top$ $p(T) = -g_x(x(T))^\top$ "
WRONG = r"$\dot p = -f_x^\top p - (f^0_x)^\top$ $p(T) = g_x(x(T))^\top$ "
LINEAR = r"$\dot x = A x + B u, x(0) = x_0$ $$J = \int_0^T (x^\top W x + u^\top U u)\,dt + x(T)^\top Q x(T)$$ with symmetric matrices $W$, $Q$, $U$. "
HEADER = "costate: %s (column)\ntime: t in [0, T]"


@pytest.mark.parametrize(("letter", "costate"), [("p^0", "p"), ("p_0", "p"), (r"\lambda_0", "p"), (r"\lambda^0", r"\lambda")])
def test_the_value_of_the_multiplier_tells_the_sign(letter: str, costate: str) -> None:
    hamiltonian = rf"$$H(x, p, {letter}, u) = p^\top f(x, u) + {letter} f^0(x, u)$$ with ${letter} = -1$. "
    text = (MOTION + hamiltonian + RIGHT + WRONG).replace("p^\\top", f"{costate}^\\top").replace(r"\dot p", rf"\dot {costate}")
    text = text.replace("^\\top p", f"^\\top {costate}").replace("p(T)", f"{costate}(T)")
    assert statuses(text, HEADER % costate)[-4:] == ["proved", "proved", "refuted", "refuted"]


def test_a_positive_multiplier_leaves_the_costate() -> None:
    told = MOTION + r"$$H(x, p, p_0, u) = p^\top f(x, u) + p_0 f^0(x, u)$$ with $p_0 = 1$. "
    assert statuses(told + RIGHT + WRONG, HEADER % "p")[-4:] == ["refuted", "refuted", "proved", "proved"]


@pytest.mark.campaign
def test_half_the_cost_has_the_costate_and_the_whole_one_its_own_value() -> None:
    told = LINEAR + r"$$H(x, p, p^0, u) = p^\top (A x + B u) + p^0 (x^\top W x + u^\top U u)$$ $p^0 = -\frac12$ "
    right = r"$\dot p = -A^\top p + W x$ $p(T) = -Q x(T)$ $u = U^{-1} B^\top p$ "
    wrong = r"$\dot p = -A^\top p + 2 W x$ $p(T) = -2 Q x(T)$ "
    value = r"$p = E(t) x$ $$J = -\frac12 x_0^\top E(0) x_0$$"
    assert statuses(told + right + wrong, HEADER % "p")[-5:] == ["proved", "proved", "proved", "refuted", "refuted"]
    assert statuses(told + right + value, HEADER % "p")[-1] == "unknown"


def test_a_value_of_the_costate_is_no_multiplier() -> None:
    """Without p_0 in a Hamiltonian, p_0 = -1 is a value at the start."""
    assert statuses(MOTION + r"$$H = p^\top f - f^0$$ $p_0 = -1$ " + RIGHT, HEADER % "p")[-2:] == ["proved", "proved"]
