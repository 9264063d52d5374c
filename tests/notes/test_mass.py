"""Systems with a mass matrix, and what a multiplier of their equation is."""

from __future__ import annotations

import pytest
from understood import statuses, understood

LAW = r"The system $E \dot x = A x + B u$, $x(0) = x_0$, with the cost $$ J = \tfrac12 \int_0^T (x^\top Q x + u^\top R u) dt. $$"
LAGRANGIAN = r"$$ \mathcal{L} = J + \int_0^T \lambda^\top (A x + B u - E \dot x) dt $$"
RIGHT = r"$$ -E^\top \dot\lambda = A^\top \lambda + Q x $$ $$ \nabla J(u) = R u + B^\top \lambda $$ $$ \nabla_{x_0} J = E^\top \lambda(0) $$"
WRONG = r"$$ -E \dot\lambda = A^\top \lambda + Q x $$ $$ \nabla J(u) = R u - B^\top \lambda $$ $$ \nabla_{x_0} J = \lambda(0) $$"


@pytest.mark.campaign
def test_a_multiplier_of_the_equation_is_weighed_by_the_mass() -> None:
    assert statuses(f"{LAW} {LAGRANGIAN} {RIGHT} {WRONG}")[4:] == ["proved"] * 3 + ["refuted"] * 3


@pytest.mark.campaign
def test_the_lagrangian_tells_the_multipliers_sign() -> None:
    turned = LAGRANGIAN.replace(r"A x + B u - E \dot x", r"E \dot x - A x - B u")
    assert statuses(rf"{LAW} {turned} $$ \nabla J(u) = R u - B^\top \lambda $$ $$ \nabla J(u) = R u + B^\top \lambda $$")[4:] == ["proved", "refuted"]


def test_without_a_lagrangian_the_multipliers_own_equation_tells_what_it_is() -> None:
    law = r"$M \dot y = -K y + B u$ with $J = \frac12 \int_0^T |y - z|^2 dt$ and $p$ with $p(T) = 0$."
    text = rf"{law} $$ -M^\top \dot p + K^\top p = y - z $$ $$ -M \dot p + K p = y - z $$ $$ \nabla J(u) = B^\top p $$"
    assert statuses(text)[3:] == ["proved", "refuted", "proved"]
    assert statuses(rf"{law} $$ \nabla J(u) = B^\top p $$")[3:] == ["unknown"]


def test_a_costate_that_is_told_stays_what_it_is() -> None:
    header = "costate: p = dJ/dy (row)"
    claims = r"$$ \dot p = p M^{-1} K $$ $$ \dot p = p K M^{-1} $$"
    assert statuses(rf"$M \dot y + K y = B u$, $$J = \phi(y(T))$$ {claims}", header)[2:] == ["proved", "refuted"]


def test_what_is_aimed_at_is_no_end_state() -> None:
    reading, _ = understood(r"M \dot y + K y = B u", r"J = \frac12 (y(T) - y_T)^\top M (y(T) - y_T) + \frac12 \int_0^T |u|^2 dt")
    assert "(x(t1) - y_T)' M_ (x(t1) - y_T)" in reading


@pytest.mark.campaign
def test_a_state_with_a_mass_may_bear_the_letter_of_a_control() -> None:
    posed = (r"$M \dot u = -K u + B w$, $u(0) = u_0$ with $M$, $K$ symmetric, and "
             r"$J = \frac12 (u(T) - d)^T M (u(T) - d) + \frac{\alpha}{2}\int_0^T w^T w\,dt$. $-M \dot p = -K p$, $p(T) = u(T) - d$. ")
    assert statuses(rf"{posed}$\nabla J(w) = \alpha w + B^T p$, $\nabla J(w) = \alpha w - B^T p$")[-2:] == ["proved", "refuted"]
