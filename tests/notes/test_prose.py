"""What words, conditions and capitals tell: each with a line that is right under it, and with its slip."""

from __future__ import annotations

import pytest
from understood import statuses

CONTROL = r"$\dot x = f(x, u), x(0) = x_0$ $$J = \Phi(x(T)) + \int_0^T L(x, u)\,dt$$ "
HEADER = "costate: p (row)\ntime: t in [0, T]"
PARTS = r"$$\int_0^T p\,\delta\dot x\,dt = p(T)\,\delta x(T) - \int_0^T \dot p\,\delta x\,dt$$ "
FULL = r"$$\int_0^T p\,\delta\dot x\,dt = p(T)\,\delta x(T) - p(0)\,\delta x(0) - \int_0^T \dot p\,\delta x\,dt$$"
EPIDEMIC = r"$S'(t) = -\beta S(t) I(t) - v(t) S(t)$ $I'(t) = \beta S(t) I(t) - \gamma I(t)$ $$J = \int_0^T A I(t) + c v(t)^2\,dt$$ "
SUMS = r"$\dot z = f(z, t, \theta)$ $$J = \Phi(z(T)) + \int_0^T L(z, \theta)\,dt$$ $$K = J + \frac{\eta}{2} \int_0^T \|f(z, t, \theta)\|^2\,dt$$ "


@pytest.mark.parametrize("words", ["As $x(0)$ is given,", "Da der Anfangswert fest vorgegeben ist, folgt", "With the initial state held fixed,"])
def test_a_start_that_is_said_to_be_held_does_not_vary(words: str) -> None:
    assert statuses(f"{CONTROL}{words} {PARTS}{FULL}", HEADER)[-2:] == ["proved", "proved"]
    assert statuses(f"{CONTROL}{words} {PARTS.replace(') - ', ') + ')}", HEADER)[-1] == "refuted"


def test_a_start_that_is_said_not_to_be_given_varies() -> None:
    assert statuses(f"{CONTROL}Since $x(0)$ is not given, {PARTS}{FULL}", HEADER)[-2:] == ["unknown", "proved"]


def test_without_such_words_the_start_varies_and_its_absence_is_left_open() -> None:
    assert statuses(CONTROL + PARTS + FULL, HEADER)[-2:] == ["unknown", "proved"]


def test_capitals_with_primes_move_where_they_are_told_to() -> None:
    right = r"$\lambda_1' = \lambda_1 (\beta I + v) - \lambda_2 \beta I$ $v = \frac{\lambda_1 S}{2c}$ $H = A I + c v^2 - \lambda_1 (\beta S I + v S) + \lambda_2 (\beta S I - \gamma I)$ "
    header = "state: S, I\ncontrol: v\ncostate: \\lambda_1, \\lambda_2\ntime: t in [0, T]"
    assert statuses(EPIDEMIC + right + r"$H|_{t=T} = A\,I(T)$ $v = \frac{\lambda_1 S}{c}$", header)[-5:] == [
        "proved", "proved", "definition", "proved", "refuted"]


def test_a_cost_within_a_cost_pays_at_the_end_and_on_the_way() -> None:
    law = r"$$\dot a = -(a + \eta f^\top) \frac{\partial f}{\partial z} - L_z$$ "
    assert statuses(SUMS + law + law.replace("- L_z", ""), "costate: a (row)\ntime: t in [0, T]")[-2:] == ["proved", "refuted"]


def test_bounds_on_data_restrict_nothing() -> None:
    assert statuses(r"$\dot x = -a x + u, \qquad a > 0$ $$J = \int_0^T x^2 + u^2\,dt$$ $\dot p = a p - 2 x$", "costate: p\nstate: x in R")[0] == "assumption"
    assert statuses(r"$\dot x = f(x)$ $$J = \Phi(x(T))$$ $\dot p = -p f_x, \qquad x > 0$", HEADER)[-1] == "unknown"


def test_a_derivative_in_a_costate_of_the_other_sign_takes_arguments() -> None:
    told = CONTROL.replace("L", "f^0") + r"$H(x, p, u) = p f(x, u) - f^0(x, u)$ "
    line = r"$$\dot x = \frac{\partial H}{\partial p}(x, p, u)$$ "
    assert statuses(told + line + line.replace("= ", "= -"), "costate: p (row)")[-2:] == ["proved", "refuted"]


def test_a_chain_rule_is_no_statement_about_an_optimum() -> None:
    """Where H_u = 0 any multiple of H_u u-dot may stand there."""
    right = r"$$\frac{dH}{dt} = H_x \dot x + H_u \dot u + \dot p f = 0$$ "
    wrong = r"$$\frac{dH}{dt} = H_x \dot x + 2 H_u \dot u + \dot p f$$"
    told = CONTROL + r"$H = L + p f$ At the optimum $H_u = 0$. "
    assert statuses(told + right + wrong, HEADER)[-3:] == ["proved", "proved", "refuted"]


def test_what_may_ask_for_the_best_end_time_is_not_refuted() -> None:
    told = (r"$\dot s = -q$ $s(0) = s_0$ $$W = \int_0^T e^{-rt} (a q - \frac{b}{2} q^2)\,dt + e^{-rT} \sigma s(T)$$ "
            r"$H = a q - \frac{b}{2} q^2 - \mu q$ ")
    assert statuses(told + r"$a q(T) - \frac{b}{2} q(T)^2 - \mu(T) q(T) = 0$ $\mu(T) = 0$")[-2:] == ["unknown", "refuted"]
