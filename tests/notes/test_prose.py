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


def test_a_cost_stated_again_in_another_form_is_another_cost() -> None:
    flow = r"$\dot z = f(z, t, \theta), z(t_0) = z_0$ $$L = \ell(z(t_1))$$ "
    data = r"Now let $$L = \sum_{i} \ell_i(z(s_i))$$ with $t_0 < s_i < t_1$. $$a(s_i^-) = a(s_i^+) + \frac{\partial \ell_i}{\partial z(s_i)}$$ "
    told, header = flow + r"$\dot a = -a f_z$ " + data, "costate: a = dL/dz (row)\ntime: t in [t_0, t_1]"
    assert statuses(told + r"$$a(s_i^-) = a(s_i^+) - \frac{\partial \ell_i}{\partial z(s_i)}$$", header)[-4:] == [
        "assumption", "assumption", "proved", "refuted"]


def test_a_running_cost_of_before_is_not_paid_by_data() -> None:
    told = r"$\dot u = f(u, p), u(0) = u_0$ $$G = \int_0^T g(u, p)\,dt$$ $$G = \sum_{i=1}^n \|\tilde u_i - u(t_i)\|^2$$ "
    header = "costate: \\lambda^\\star = dG/du (row)\nparameters: p\ntime: t in [0, T]"
    lines = r"$\frac{d\lambda^\star}{dt} = -\lambda^\star f_u$ $\frac{d\lambda}{dt} = -f_u^\top \lambda$ $\frac{d\lambda}{dt} = -f_u \lambda$"
    assert statuses(told + lines, header)[-3:] == ["proved", "proved", "refuted"]


def test_a_cost_beside_the_constraint_is_the_cost() -> None:
    told = r"$$\min_u \mathcal{J}(y(T)) \quad \text{s.t.} \quad \dot y = f(y, u), \qquad y(0) = x$$ "
    lines = r"$$p(T) = \partial_y \mathcal{J}(y(T))$$ $$\delta \mathcal{J}(y(T)) = \int_0^T p^T f_u\,\delta u\,dt$$ $$p(T) = -\partial_y \mathcal{J}(y(T))$$"
    assert statuses(told + lines, "costate: p = dJ/dy (column)\ntime: t in [0, T]")[-3] == "proved"
    assert statuses(told + lines, "costate: p = dJ/dy (column)\ntime: t in [0, T]")[-1] == "refuted"


def test_an_algebraic_equation_is_no_claim() -> None:
    told = r"$\dot x = -x + z, x(0) = 1$ $0 = z - \theta x$ $$J = \tfrac12 x(T)^2$$ $\dot\lambda = (1 - \theta) \lambda$ $\dot\lambda = \lambda$"
    assert statuses(told, "costate: \\lambda\nstate: x in R")[2:] == ["assumption", "assumption", "unknown", "unknown"]


def test_an_end_cost_of_an_example_is_written_at_the_end() -> None:
    told = (r"$\dot u = f(u, p), u(0) = u_0$ $$L(p) = \ell(u(T))$$ $\dot\lambda = -f_u^\top \lambda$ In components $\dot z = v, \dot v = -g$. "
            r"$$\ell(u(T)) = \tfrac12 (z(T) - z_d)^2$$ ")
    lines = r"$\lambda_z(T) = z(T) - z_d$ $\lambda_v(T) = 0$ $\lambda_z(T) = z_d - z(T)$"
    assert statuses(told + lines, "state: u\ncostate: \\lambda (column)\nparameters: p\nterminal cost: \\ell\ntime: t in [0, T]")[-4:] == [
        "definition", "proved", "proved", "refuted"]


def test_a_reference_that_vanishes_for_a_while_refutes_nothing() -> None:
    told = r"$\dot x = A x + B u, x(0) = x_0$ $$J = \tfrac12 \int_0^T (x - r)^\top Q (x - r) + u^\top R u\,dt$$ with symmetric $Q$, $R$. "
    line = r"$\dot\lambda = -Q x - A^\top \lambda$"
    assert statuses(told + line, "costate: \\lambda (column)\ntime: t in [0, T]\nr(t) in R^n")[-1] == "refuted"
    assert statuses(told + r"First let $r \equiv 0$. " + line, "costate: \\lambda (column)\ntime: t in [0, T]\nr(t) in R^n")[-1] == "unknown"


def test_the_layer_stands_in_square_brackets() -> None:
    told = r"$$y^{[j+1]} = y^{[j]} + \Delta t\, f(y^{[j]}, u^{[j]})$$ $$p^{[j]} = \frac{\partial \Phi(y^{[N]})}{\partial y^{[j]}}$$ "
    line = r"$$p^{[j]} = p^{[j+1]} + \Delta t \left( \partial_y f(y^{[j]}, u^{[j]}) \right)^T p^{[j+1]}$$ "
    assert statuses(told + line + line.replace("p^{[j+1]}$$", "p^{[j]}$$"), "gradients: columns")[-2:] == ["proved", "refuted"]


def test_a_case_without_input_is_no_case_of_the_worlds() -> None:
    given = "Let $\\dot x = A(t) x + B(t) u$ and $\\dot\\psi = -A(t)^T\\psi$. "
    constant = "$\\psi(t)^T x(t) = \\psi(0)^T x(0)$"
    header = "state: x\ncontrol: u\ncostate: \\psi (column)"
    assert statuses(f"{given}Without input {constant}. With it {constant}.", header)[-2:] == ["unknown", "refuted"]
    assert statuses(f"{given}Ohne Eingang ist {constant}.", header)[-1] == "unknown"
