"""Stages in two lines, k_i = f(X_i) and X_i = x_n + h sum_j a_ij k_j, behind the update or before it."""

from __future__ import annotations

import pytest
from understood import statuses

UPDATE = r"$$x_{n+1} = x_n + h \sum_{i=1}^s b_i k_%s$$ "
SLOPE, STAGE = r"$$k_%s = f(X_%s, \alpha)$$ ", r"$$X_%s = x_n + h \sum_{j=1}^{i-1} a_{ij} k_%s$$ "
COSTATE = r"$$\lambda_n = \nabla_{x_n} C(x_N)$$ "
RIGHT = (r"$$\bar k_%s = h b_i \lambda_{n+1} + h \sum_{j=i+1}^s a_{ji} f_x(X_%s, \alpha)^\top \bar k_%s$$ "
         r"$$\lambda_n = \lambda_{n+1} + \sum_{i=1}^s f_x(X_%s, \alpha)^\top \bar k_%s$$ ")
HERE, THERE = "{n,i}", "{n,j}"


def method(order: str) -> str:
    lines = {"u": UPDATE % HERE, "k": SLOPE % (HERE, HERE), "x": STAGE % (HERE, THERE)}
    return r"Gradients are columns. $\dot x = f(x, \alpha), x(0) = x_0$ " + "".join(lines[line] for line in order) + COSTATE


@pytest.mark.parametrize("order", ["ukx", "xku"])
def test_the_two_lines_stand_in_any_order(order: str) -> None:
    right = RIGHT % (HERE, THERE, THERE, HERE, HERE)
    assert statuses(method(order) + right, "state: x\nparameters: \\alpha\ngradients: columns")[-6:] == [
        "assumption", "assumption", "assumption", "definition", "definition", "proved"]


def test_slips_in_the_sweep_are_refuted() -> None:
    wrong = (RIGHT % (HERE, THERE, THERE, HERE, HERE)).replace(r"\lambda_n = \lambda_{n+1} +", r"\lambda_n = \lambda_{n+1} + h")
    assert statuses(method("ukx") + wrong, "state: x\nparameters: \\alpha\ngradients: columns")[-1] == "refuted"
    late = (RIGHT % (HERE, THERE, THERE, HERE, HERE)).replace("a_{ji}", "a_{ij}")
    assert statuses(method("ukx") + late, "state: x\nparameters: \\alpha\ngradients: columns")[-1] == "refuted"


def test_a_letter_may_be_scaled_by_its_weight() -> None:
    scaled = (r"$$\Lambda_{n,i} = \frac{1}{h b_i} \bar k_{n,i}$$ "
              r"$$\lambda_n = \lambda_{n+1} + h \sum_{i=1}^s b_i f_x(X_{n,i}, \alpha)^\top \Lambda_{n,i}$$ "
              r"$$\lambda_n = \lambda_{n+1} + h \sum_{i=1}^s f_x(X_{n,i}, \alpha)^\top \Lambda_{n,i}$$ ")
    assert statuses(method("ukx") + RIGHT % (HERE, THERE, THERE, HERE, HERE) + scaled, "state: x\nparameters: \\alpha\ngradients: columns")[-3:] == [
        "definition", "proved", "refuted"]


LATE = r"""$$\dot y = f(y, u)$$ $$y_{j+1} = y_j + \Delta t \sum_{i=1}^{s} b_i f(y_{j,i}, u_{j,i})$$
$$y_{j,i} = y_j + \Delta t \sum_{m=1}^{s} a_{i,m} f(y_{j,m}, u_{j,m})$$
$$p_{j+1} = p_j - \Delta t \sum_{i=1}^{s} b_i f_y(y_{j,i}, u_{j,i})^T p_{j,i}$$
$$p_{j,i} = p_j - \Delta t \sum_{m=1}^{s} \Big(b_m - \frac{b_m a_{m,i}}{b_i}\Big) f_y(y_{j,m}, u_{j,m})^T p_{j,m}$$ """
STAGES = "state: y\ncontrol: u\ncostate: p = dJ/dy (column)\nobjective: J"


@pytest.mark.campaign
def test_stages_behind_their_update_may_share_its_letters() -> None:
    later = r"$$p_{j,i} = p_{j+1} + \Delta t \sum_{m=1}^{s} \frac{b_m a_{%s}}{b_i} f_y(y_{j,m}, u_{j,m})^T p_{j,m}$$ "
    assert statuses(LATE + later % "m,i" + later % "i,m", STAGES)[-6:] == ["assumption", "assumption", "proved", "proved", "proved", "refuted"]


def test_a_method_of_one_stage_is_another_one() -> None:
    euler = (r"$$y_{j+1} = y_j + \Delta t f(y_j, u_j)$$ $$p_j = p_{j+1} + \Delta t f_y(y_j, u_j)^T p_{j+1}$$ "
             r"$$p_j = p_{j+1} + \Delta t f_y(y_j, u_j)^T p_j$$ $$f_u(y_j, u_j)^T p_{j+1} = 0$$ "
             r"$$f(y, u) = \sigma(K y + \beta)$$ $$\frac{\partial J}{\partial \beta_j} = \Delta t \sigma'(K_j y_j + \beta_j) \odot p_{j+1}$$ "
             r"$$\frac{\partial J}{\partial \beta_j} = \Delta t \sigma'(K_j y_j + \beta_j) \odot p_j$$ $$p_{j,i} = p_j$$")
    assert statuses(LATE + euler, STAGES)[-8:] == ["assumption", "proved", "refuted", "proved", "definition", "proved", "refuted", "unknown"]


def test_weights_that_the_cost_may_weigh_stand_for_no_control() -> None:
    text = (r"$$y_{k+1} = y_k + h f(y_k, u_k)$$ $$J = \Phi(y_N) + h \sum_{k=0}^{N-1} L(y_k, u_k)$$ $$f(y, u) = K y + \beta$$ "
            r"$$\frac{\partial J}{\partial \beta_k} = h p_{k+1}$$")
    assert statuses(text, STAGES)[-1] == "unknown"
    free = text.replace(r" + h \sum_{k=0}^{N-1} L(y_k, u_k)", "")
    assert statuses(free + r" $$\frac{\partial J}{\partial u_k} = 2 h f_u(y_k, u_k)^T p_{k+1}$$", STAGES)[-2:] == ["proved", "unknown"]


def test_an_optimal_control_of_time_steps_is_stationary_for_the_field_alone() -> None:
    text = (r"$$y_{k+1} = y_k + h f(y_k, u_k)$$ $$J = \Phi(y_N) + h \sum_{k=0}^{N-1} L(y_k, u_k)$$ "
            r"$$L_u(y_k, u_k)^T + f_u(y_k, u_k)^T p_{k+1} = 0$$ $$L_u(y_k, u_k)^T + h f_u(y_k, u_k)^T p_{k+1} = 0$$")
    assert statuses(text, STAGES)[-2:] == ["proved", "refuted"]


GRADIENT = method("xku").replace("_{n,i}", "_i").replace("_{n,j}", "_j") + r"$$\bar k_i = \left(\frac{\partial C(x_N)}{\partial k_i}\right)^\top$$ "


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\bar k_i = h b_i \lambda_{n+1} + h \sum_{j=i+1}^s a_{ji} f_x(X_j, \alpha)^\top \bar k_j",
     r"\bar k_i = h b_i \lambda_{n+1} + h \sum_{j=i+1}^s a_{ij} f_x(X_j, \alpha)^\top \bar k_j"),
    (r"\lambda_n = \lambda_{n+1} + \sum_{i=1}^s f_x(X_i, \alpha)^\top \bar k_i", r"\lambda_n = \lambda_{n+1} + h \sum_{i=1}^s f_x(X_i, \alpha)^\top \bar k_i"),
    (r"\nabla_\alpha C = \sum_{n=0}^{N-1} \sum_{i=1}^s f_\alpha(X_i, \alpha)^\top \bar k_i", r"\nabla_\alpha C = h \sum_{n=0}^{N-1} \sum_{i=1}^s f_\alpha(X_i, \alpha)^\top \bar k_i"),
])
def test_the_gradient_in_a_stage_is_known_before_a_line_writes_it_out(right: str, wrong: str) -> None:
    header = "state: x\nparameters: \\alpha\ngradients: columns"
    assert statuses(rf"{GRADIENT}$${right}$$ $${wrong}$$", header)[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("stages", "right", "wrong"), [
    (r"k_1 = f(x_n, \alpha), k_2 = f(x_n + h k_1, \alpha), x_{n+1} = x_n + \frac{h}{2} (k_1 + k_2)",
     r"\bar k_1 = \frac{h}{2} \lambda_{n+1} + h f_x(X_2, \alpha)^\top \bar k_2",
     r"\bar k_1 = \frac{h}{2} \lambda_{n+1} + \frac{h}{2} f_x(X_2, \alpha)^\top \bar k_2"),
    (r"k_1 = f(x_n, \alpha), k_2 = f(x_n + \frac{2 h}{3} k_1, \alpha), x_{n+1} = x_n + h \left( \frac14 k_1 + \frac34 k_2 \right)",
     r"\lambda_n = \lambda_{n+1} + \left[ \frac{h}{4} f_x(X_1, \alpha)^\top + \frac{3 h}{4} f_x(X_2, \alpha)^\top + \frac{h^2}{2} f_x(X_1, \alpha)^\top "
     r"f_x(X_2, \alpha)^\top \right] \lambda_{n+1}",
     r"\lambda_n = \lambda_{n+1} + \left[ \frac{h}{4} f_x(X_1, \alpha)^\top + \frac{3 h}{4} f_x(X_2, \alpha)^\top + \frac{h^2}{2} f_x(X_2, \alpha)^\top "
     r"f_x(X_1, \alpha)^\top \right] \lambda_{n+1}"),
    (r"k_1 = f(x_n, \alpha), k_2 = f(x_n + c h k_1, \alpha), x_{n+1} = x_n + h k_2", r"\bar k_1 = h f_x(X_2, \alpha)^\top \bar k_2", ""),
])
def test_numbered_stages_give_a_law_of_stages_its_coefficients(stages: str, right: str, wrong: str) -> None:
    header = "state: x\nparameters: \\alpha\ngradients: columns"
    found = statuses(rf"{GRADIENT}$${stages}$$ Then $${right}$$ $${wrong or right}$$", header)[-2:]
    assert found == (["proved", "refuted"] if wrong else ["unknown", "unknown"])


HEUN = r"""$\dot x = f(x)$ $$k_1 = f(x_n), k_2 = f(x_n + h k_1), x_{n+1} = x_n + \tfrac{h}{2} (k_1 + k_2)$$ $$F_1 = f_x(x_n), F_2 = f_x(x_n + h k_1)$$
Let $\mu_1, \mu_2$ be the gradients of $J = \varphi(x_N)$ with respect to %s, as columns. """


@pytest.mark.parametrize(("words", "right", "wrong"), [
    ("$k_1, k_2$", r"\mu_1 = \tfrac{h}{2} \lambda_{n+1} + h F_2^\top \mu_2", r"\mu_1 = \tfrac{h}{2} \lambda_{n+1} + h F_1^\top \mu_2"),
    ("$k_1$ and $k_2$", r"\lambda_n = \lambda_{n+1} + F_1^\top \mu_1 + F_2^\top \mu_2", r"\lambda_n = \lambda_{n+1} + h F_1^\top \mu_1 + h F_2^\top \mu_2"),
    ("$k_1, k_2$. For $f(x) = c x$", r"\lambda_n = (1 + h c + \frac{h^2 c^2}{2}) \lambda_{n+1}", r"\lambda_n = (1 + h c + h^2 c^2) \lambda_{n+1}"),
])
def test_words_tell_the_gradients_in_numbered_stages(words: str, right: str, wrong: str) -> None:
    assert statuses(f"{HEUN % words}$${right}$$ $${wrong}$$", "state: x in R^n\ncostate: lambda = dJ/dx (column)")[-2:] == ["proved", "refuted"]


def test_a_line_without_letters_of_the_method_may_be_of_one_method() -> None:
    line = r"$f(x) = c x$ $$\lambda_n = (1 + h c + \frac{h^2 c^2}{2}) \lambda_{n+1}$$"
    assert statuses(method("xku") + line, "state: x\nparameters: \\alpha")[-1] == "unknown"
