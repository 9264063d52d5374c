"""Horizons without an end, controls that only the cost tells, and states of rest."""

from __future__ import annotations

import pytest
from understood import statuses

LAW = r"The system $\dot x = A x + B u$, $x(0) = x_0$, with symmetric $Q$ and $R$. "
HALVED = LAW + r"$$ J = \frac12 \int_0^\infty (x^T Q x + u^T R u)\,dt $$ "
WHOLE = r"$$ J = \int_0^\infty (x^T Q x + u^T R u)\,dt $$ " + LAW
EQUATION = r"$$ A^T P + P A - P B R^{-1} B^T P + Q = 0 $$ $$ A^T P + P A - P B R^{-1} B^T P - Q = 0 $$ "
FED = r"$$ u = -R^{-1} B^T P x $$ $$ u = -B^T P x $$ "


@pytest.mark.parametrize(("given", "worth"), [
    (HALVED, r"$$ J^* = \frac12 x_0^T P x_0 $$ $$ J^* = x_0^T P x_0 $$"),
    pytest.param(WHOLE, r"$$ J^* = x_0^T P x_0 $$ $$ J^* = \frac12 x_0^T P x_0 $$", marks=pytest.mark.campaign),  # computing time
])
def test_the_matrix_of_a_regulator_without_an_end_stands_still(given: str, worth: str) -> None:
    assert statuses(given + EQUATION + FED + worth)[3:] == ["proved", "refuted"] * 3


def test_a_costate_lives_on_what_is_paid_later() -> None:
    costate = r"$$ H = \frac12 (x^T Q x + u^T R u) + \lambda^T (A x + B u) $$ $$ \dot\lambda = -Q x - A^T\lambda $$ $$ \dot\lambda = -Q x + A^T\lambda $$"
    assert statuses(HALVED + costate + r"$$ \lambda(\infty) = 0 $$")[4:] == ["proved", "refuted", "unknown"]


SCALAR = (r"$$ \dot x = -x + u, \quad x(0) = 1 $$ $$ J = \frac12 \int_0^\infty (x^2 + u^2)\,dt $$ "
          r"$$ H = \frac12 (x^2 + u^2) + \lambda (-x + u) $$ $$ u = -\lambda $$ ")


def test_a_loop_is_closed_by_what_is_paid_for_ever() -> None:
    assert statuses(SCALAR + r"$$ \dot x = -\sqrt2\, x $$ $$ J = \frac12 (\sqrt2 - 1) $$")[5:] == ["proved"] * 2
    for wrong in (r"$$ \dot x = -2 x $$", r"$$ J = \sqrt2 - 1 $$"):
        assert statuses(SCALAR + wrong)[5:] == ["refuted"]
    assert statuses(SCALAR.replace("x^2", "x^4") + r"$$ \dot\lambda = 2 x^3 $$ $$ \dot x = -x^2 $$")[5:] == ["refuted", "unknown"]


GROWTH = [r"$$ J = \int_0^\infty e^{-\rho t} u(c)\,dt $$", r"$$ \dot k = f(k) - c $$"]
CURRENT = r" to be maximised. The current-value Hamiltonian is $$ H = u(c) + \mu (f(k) - c) $$ $$ u'(c) = \mu $$ $$ u'(c) = -\mu $$"


@pytest.mark.parametrize("given", [GROWTH, GROWTH[::-1]])
def test_what_is_consumed_is_chosen(given: list[str]) -> None:
    found = statuses(" ".join(given) + CURRENT + r"$$ \dot\mu = \rho\mu - f'(k)\mu $$ $$ \dot\mu = \rho\mu + f'(k)\mu $$")
    assert found[3:] == ["proved", "refuted", "proved", "refuted"]


def test_a_state_of_rest_is_no_state_along_a_solution() -> None:
    rest = r"$$ \dot k = f(k) - \delta k - c $$ $$ J = \int_0^\infty e^{-\rho t} u(c(t))\,dt $$ $\dot c = \dot k = 0$ means $$ f'(k^*) = \rho + \delta $$"
    assert statuses(rest + r"$$ c^* = f(k^*) - \delta k^* $$")[-2:] == ["unknown", "unknown"]


def test_a_mass_beside_the_rate_is_another_motion() -> None:
    law = r"$$ \dot y = f(t,y,p), \quad y(t_0) = y_0(p) $$ $$ G = \int_{t_0}^T g(t,y,p)\,dt $$ $$ \dot\lambda = -f_y^T\lambda - g_y^T $$ "
    slope = r"$$ \frac{dG}{dp} = \lambda^T(t_0)\frac{\partial y_0}{\partial p} + \int_{t_0}^T (g_p + \lambda^T f_p)\,dt $$ "
    assert statuses(f"{law} {slope} For $M \\dot y = f(t,y,p)$ the gradient is {slope}")[4:] == ["proved", "unknown", "unknown"]


@pytest.mark.campaign
def test_consumption_moves_by_what_marginal_utility_does() -> None:
    given = " ".join(GROWTH[::-1]).replace("u(c)", "u(c(t))") + r" to be maximised. $$ H = e^{-\rho t} u(c) + q\,[f(k) - c] $$ $$ e^{-\rho t} u'(c) = q $$ "
    euler = r"$$ \dot c = \frac{u'(c)}{u''(c)} (\rho - f'(k)) $$ "
    assert statuses(given + euler + euler.replace(r"= \frac", r"= -\frac"))[3:] == ["proved", "unknown", "refuted"]


def test_a_power_by_parameters_is_no_defect() -> None:
    text = " ".join(GROWTH) + r" With $\theta > 0$ let $$ u'(c) = c^{-\theta} $$ "
    assert statuses(text)[-1] == "unknown"


def test_a_regulator_whose_end_goes_to_infinity_has_a_matrix_that_stands_still() -> None:
    given = LAW + r"$$ J = \frac12 x(T)^T S x(T) + \frac12\int_0^T (x^T Q x + u^T R u)\,dt $$ As $T\to\infty$, $P$ settles to a constant. "
    loop = r"$$ \dot x = (A - B R^{-1} B^T P) x $$ $$ \dot x = (A + B R^{-1} B^T P) x $$"
    assert statuses(given + EQUATION + loop)[3:] == ["assumption", *["proved", "refuted"] * 2]


def test_a_regulator_tends_to_a_number() -> None:
    given = r"$\dot x = x + u$, $J = \frac12\int_0^T (3 x^2 + u^2)\,dt$ $$ \dot P = P^2 - 2 P - 3, \quad P(T) = 0 $$ When $T\to\infty$, "
    assert statuses(given + r"$$ P = 3 $$ $$ P = -1 $$ $$ \dot x = -2 x $$ $$ \dot x = 2 x $$")[-4:] == ["proved", "refuted"] * 2


STEPS = r"The system $x_{k+1} = A x_k + B u_k$ with symmetric $Q$, $R$ and $S$. "
ENDLESS = STEPS + r"$$ J = \frac12 \sum_{k=0}^\infty (x_k^T Q x_k + u_k^T R u_k) $$ "
ENDED = STEPS + (r"$$ J = \frac12 x_N^T S x_N + \frac12 \sum_{k=0}^{N-1} (x_k^T Q x_k + u_k^T R u_k) $$ "
                 r"$$ P_k = Q + A^T P_{k+1} A - A^T P_{k+1} B (R + B^T P_{k+1} B)^{-1} B^T P_{k+1} A $$ ")
DARE = r"$$ P = Q + A^T P A - A^T P B (R + B^T P B)^{-1} B^T P A $$ $$ P = Q + A^T P A + A^T P B (R + B^T P B)^{-1} B^T P A $$ "


@pytest.mark.parametrize(("given", "lines", "first"), [
    (ENDLESS, DARE, 2), pytest.param(ENDED, DARE, 3, marks=pytest.mark.campaign),
    pytest.param(ENDLESS + DARE, r"$$ J^* = \frac12 x_0^T P x_0 $$ $$ J^* = x_0^T P x_0 $$", 4, marks=pytest.mark.campaign),
    pytest.param(ENDED + DARE, r"$$ P_N = S $$ $$ P_N = P $$", 5, marks=pytest.mark.campaign),
])
def test_a_matrix_without_its_layer_stands_still(given: str, lines: str, first: int) -> None:
    assert statuses(given + lines)[first:] == ["proved", "unknown" if "P_N" in lines else "refuted"]


@pytest.mark.campaign
def test_what_is_paid_for_ever_is_paid_after_any_time_too() -> None:
    worth = r"$$ J^* = \frac12 \int_0^\infty (x^T Q x + u^T R u)\,dt = \frac12 x_0^T P x_0 $$ $$ \int_0^\infty (x^T Q x + u^T R u)\,dt = \frac12 x_0^T P x_0 $$"
    other = r"$$ \int_0^\infty x^T (Q + P B R^{-1} B^T P) x\,dt = x_0^T P x_0 $$"  # right
    assert statuses(HALVED + EQUATION + worth + other)[5:] == ["proved", "proved", "refuted", "unknown"]


def test_the_weight_of_the_end_may_be_called_like_the_matrix_of_riccati() -> None:
    cost = r"$$ J = \frac12 x_N^T S_N x_N + \frac12 \sum_{k=0}^{N-1} (x_k^T Q x_k + u_k^T R u_k) $$ "
    riccati = r"$$ S_k = Q + A^T S_{k+1} A SIGN A^T S_{k+1} B (R + B^T S_{k+1} B)^{-1} B^T S_{k+1} A $$ "
    given = STEPS + cost + riccati.replace("SIGN", "-") + riccati.replace("SIGN", "+")
    assert statuses(given)[2:] == ["proved", "refuted"]


FEEDBACK = (r"$\dot x = A x + B u$, $x(0) = x_0$, $J = \frac12\int_0^T (x^\top Q x + u^\top R u)\,dt$, $H = \frac12 (x^\top Q x + u^\top R u)"
            r" + \lambda^\top (A x + B u)$, $R u + B^\top \lambda = 0$, $\lambda(t) = P(t) x(t)$. Now $\dot x = x + u$ and "
            r"$J = \frac12\int_0^\infty (3 x^2 + u^2)\,dt$, $2 P - P^2 + 3 = 0$, so $P = 3$ ")
LASTS = r"and $u = -3 x$, $J^* = \frac12\int_0^\infty 12 x_0^2 e^{-4 t}\,dt$, "


@pytest.mark.campaign
def test_a_number_follows_the_regulator_of_matrices_without_an_end() -> None:
    """The horizon T of before is no longer the end; (the root P = -1 is not positive) claims nothing."""
    found = statuses(rf"{FEEDBACK} (the root $P = -1$ is not positive) {LASTS}$J^* = \frac32 x_0^2$, $P = -1$, $J^* = 3 x_0^2$")
    assert found[-6:] == ["unknown", "proved", "proved", "proved", "refuted", "refuted"]
