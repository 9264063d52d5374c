"""Right lines that a world contradicts, because the notes say more than the world carries: they stay open, and their wrong neighbours are refuted."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

from adjointcheck.notes.reading.document import values_apart

SCALAR = r"$\dot x = \theta x$, $x(0) = 2$, $J = \frac12 x(1)^2$, $p(t) = dJ/dx(t)$. "
LINEAR = r"$y'(t) = A(t)\,y(t) + B(t)\,u(t)$, $y(0) = y_0$, $J = c^T y(T)$, $z(t) = \partial J/\partial y(t)$. "
AUGMENTED = r"$\dot z = f(z,t,\theta)$, $a(t) = \partial L/\partial z(t)$. $$\frac{d}{dt}(a, a_\theta, a_t) = -(a f_z, a f_\theta, a f_t)$$ "
BLOCKS = (r"$q' = v$, $v' = g(q,v,\theta)$, $J = \int_0^T r(q)\,dt + \varphi(q(T))$, $\lambda(t) = \nabla_{q(t)} J$, $\mu(t) = \nabla_{v(t)} J$. "
          r"When $g$ does not depend on $v$, ")
LEAKY = r"$\dot x = -x + c$, $x(0) = 0$, $T = \ln 2$, $J = \frac12 (x(T) - 1)^2$, $p(t) = dJ/dx(t)$. $$x(t) = c(1 - e^{-t})$$ Thus $x(T) = c/2$. "


@pytest.mark.parametrize("text", [
    SCALAR + r"$$\left.\frac{dJ}{d\theta}\right|_{\theta = \ln 2} = 16$$",
    LINEAR + r"From now on let $A$ be constant. $$z(t) = e^{(T-t)A^T} c$$",
    AUGMENTED + r"$$\left.(a, a_\theta, a_t)\right|_{t=t_1} = \left(\frac{\partial L}{\partial z(t_1)}, 0, 0\right)$$",
    BLOCKS + r"$$\mu'' = \left(\frac{\partial g}{\partial q}\right)^T \mu + \nabla r(q)$$",
    LEAKY + r"$$p(\ln 2) = \frac c2 - 1$$",
])
def test_what_a_world_does_not_carry_refutes_nothing(text: str) -> None:
    assert statuses(text)[-1] in ("unknown", "proved")


def test_their_wrong_neighbours_are_refuted() -> None:
    assert statuses(SCALAR + r"$$\frac{dJ}{d\theta} = 16$$")[-1] == "refuted"
    assert statuses(LINEAR + r"$$\dot z = A(t)^T z$$")[-1] == "refuted"
    assert statuses(AUGMENTED + r"$$\frac{da_t}{dt} = a f_t$$")[-1] == "refuted"
    assert statuses(LEAKY + r"$$\dot p = -p$$")[-1] == "refuted"


def test_a_perturbation_of_the_start_is_chosen() -> None:
    given = "\\dot h = f(h, t, \\theta)\na(t) = \\partial L/\\partial h(t)\n\\frac{d}{dt}\\delta h = \\frac{\\partial f}{\\partial h} \\delta h"
    assert last_two("", given, r"\frac{d}{dt}(a^T \delta h) = 0", r"\dot a = a^T f_h") == ["proved", "refuted"]


def test_an_end_may_be_a_logarithm_in_the_header() -> None:
    header = "objective: J, minimised\nstate: x in R\ncostate: p = dJ/dx\ntime: t in [0, \\ln 2]"
    given = "\\dot x = -x\nJ = x(T)^2"
    assert last_two(header, given, r"p(\ln 2) = 2 x(\ln 2)", r"p(\ln 2) = x(\ln 2)") == ["proved", "refuted"]


NET = (r"Layers $z_l = W_l a_{l-1} + b_l$, $a_l = \sigma(z_l)$, $l = 1, \dots, L$, $C = \frac12 \|a_L - y\|^2$, $\delta_l = \partial C/\partial z_l$. ")


def test_the_numbers_of_an_example_refute_nothing_and_are_refuted_where_they_are_told() -> None:
    assert statuses(NET + r"Take $L = 3$. For $l = L$, $$C = 0.350$$ $$C = -\log(0.701) = 0.355$$")[-4:] == ["assumption", "assumption", "unknown", "unknown"]
    assert statuses(NET + r"For $l = L$, $$\delta_L = (y - a_L) \odot \sigma'(z_L)$$")[-1] == "refuted"
    assert statuses(SCALAR + r"$$\theta = 0.25$$ $$J = \frac12 x(1)^2 = 3.297$$ $$J = \frac12 x(1)^2 = 3.4$$")[-1] != "proved"
    assert statuses(r"$\dot x = -x$, $x(0) = 2$, $J = \frac12 x(1)^2$. $$J = 0.37$$")[-1] == "refuted"


def test_a_column_times_a_row_of_numbers_is_a_matrix() -> None:
    given = r"\begin{bmatrix} 3 \\ 4 \end{bmatrix} \begin{bmatrix} 1 & 2 \end{bmatrix} = \begin{bmatrix} 3 & 6 \\ 4 & %s \end{bmatrix}"
    assert [statuses(f"$${given % number}$$")[-1] for number in ("8", "9")] == ["proved", "refuted"]


BOLZA = r"$\min J = \int_0^T L(x,u)\,dt$, $\dot x = f(x,u)$, $x(0)=x_0$. $$H = L + \lambda^\top f$$ "


@pytest.mark.parametrize("words", ["With the alternative definition", "Some authors write", "Andere Autoren schreiben", "Avec la convention opposée",
                                   "Other textbooks define", "Con otra convención de signos", "При другом определении"])
def test_another_convention_is_not_refuted_by_this_one(words: str) -> None:
    assert [statuses(BOLZA + f"{before} $$H = \\lambda^\\top f - L$$")[-1] for before in (words, "Hence")] == ["unknown", "refuted"]


SPRING = (r"$\ddot q = -\omega^2 q + u$, $J = \frac12\int_0^T u^2 dt$, $q(0)=1$, $\dot q(0)=0$, $q(T)=\dot q(T)=0$. With $x_1 = q$, $x_2 = \dot q$: "
          r"$\dot x_1 = x_2$, $\dot x_2 = -\omega^2 x_1 + u$. $$H = \frac12 u^2 + p_1 x_2 + p_2(-\omega^2 x_1 + u)$$ ")


def test_a_costate_that_is_nowhere_paid_for_is_judged_with_some_end_cost() -> None:
    lines = (r"$$\dot p_1 = \omega^2 p_2$$", r"$$\dot p_1 = -\omega^2 p_2$$", r"$$u = p_2$$")
    assert [statuses(SPRING + line)[-1] for line in lines] == ["proved", "refuted", "refuted"]


def test_conditions_in_a_chain_are_conditions_each() -> None:
    posed = r"$\ddot q = u$, $q(0)=\dot q(0)=0$, $J = \frac12\int_0^1 u^2 dt$, $q(1)=1$, $\dot q(1)=0$."
    assert statuses(posed) == ["assumption"] * 6
    assert values_apart(r"x(0) = y(0) = 0") == (r"x(0) = y(0) = 0",) and values_apart(r"x(0) = \dot x(1) = 0") == (r"x(0) = \dot x(1) = 0",)


REGULATOR = (r"$J = \frac12 \int_0^T (x^\top Q x + u^\top R u) dt$, $\dot x = A x + B u$, $Q$, $R$ symmetric. With $\lambda = P x$, "
             r"$$-\dot P = A^\top P + P A - P B R^{-1} B^\top P + Q, \quad P(T) = 0.$$ ")
ALGEBRAIC = r"$$0 = A^\top P + P A %s P B R^{-1} B^\top P + Q$$"


@pytest.mark.parametrize("words", ["In the steady state,", *(pytest.param(words, marks=pytest.mark.campaign) for words in (
    "The algebraic Riccati equation is", "Im stationären Fall gilt", "En régime permanent,"))])
def test_the_algebraic_equation_of_a_regulator_stands_behind_the_one_in_time(words: str) -> None:
    assert statuses(REGULATOR + words + ALGEBRAIC % "-" + "$P(T) = 0$")[-2:] == ["proved", "proved"]
    assert statuses(REGULATOR + words + ALGEBRAIC % "+")[-1] == "refuted"


def test_it_is_left_open_where_no_word_says_so() -> None:
    assert [statuses(REGULATOR + "Hence" + ALGEBRAIC % sign)[-1] for sign in "-+"] == ["unknown", "refuted"]


def test_the_matrix_of_a_value_is_half_of_that_of_a_costate() -> None:
    given = REGULATOR + r"# An example" "\n\n" r"Let $\dot x = x + u$, $J = \int_0^\infty (x^2 + u^2)\,dt$. Then "
    assert statuses(given + r"$P = 1 + \sqrt 2$")[-1] in ("unknown", "proved") and statuses(given + r"$P = 2 + \sqrt 2$")[-1] == "refuted"


def test_a_parameter_may_be_carried_along_as_a_state() -> None:
    posed = r"$\min \sum_{k=0}^{N-1} r(x_k, u_k) + g(x_N)$, $x_{k+1} = f(x_k, u_k)$, $k = 0, \dots, N-1$. "
    assert statuses(posed + "Parameters are states, $p_{k+1} = p_k$.")[-1] == "unknown"
    assert statuses(posed + r"With $H_k = r(x_k, u_k) + p_{k+1}^T f(x_k, u_k)$, $$p_k = -\frac{\partial H_k}{\partial x_k}$$")[-1] == "refuted"


def test_a_bar_behind_the_first_side_is_meant_of_all() -> None:
    given = SCALAR + r"$$\frac{dJ}{dx(0)}\Big|_{\theta=\ln2} = p(0) = %s$$"
    assert {statuses(given % number)[-1] for number in (r"8", r"7")} == {"unknown"}
    assert statuses(SCALAR + r"$$\frac{dJ}{dx(0)} = p(0) = 8$$")[-1] == "refuted"


def test_a_step_along_two_slopes_is_no_motion_along_a_gradient() -> None:
    posed = (r"Maximise $J = g(y(T)) + \int_0^T r(y,v,t)\,dt$ with $y' = f(y,v,t)$, $y(0) = y^0$. $$H(y,v,p,t) = r(y,v,t) + p\, f(y,v,t)$$ "
             r"$$\frac{\partial H}{\partial v} = %s + p\,\frac{\partial f}{\partial v}$$ $$v_{\text{new}} = v - \eta\left(\frac{\partial r}{\partial v} "
             r"+ p\,\frac{\partial f}{\partial v}\right)^{\top}$$")
    assert [statuses(posed % slope)[-2] for slope in (r"\frac{\partial r}{\partial v}", r"\frac{\partial r}{\partial y}")] == ["proved", "refuted"]


def test_a_solution_in_numbers_is_no_vector() -> None:
    assert statuses(r"$\dot x = f(x, u)$, $J = \int_0^1 L(x, u)\,dt$. $$x(t) = \frac{\cosh(1-t)}{\cosh 1}$$")[-1] in ("unknown", "assumption")
