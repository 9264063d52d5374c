"""One Runge-Kutta method in notes on all of them: named in words or by its coefficients, and with controls at the stages."""

from __future__ import annotations

import pytest
from understood import statuses

from adjointcheck.notes.systems.named_methods import METHODS, Method

LAWS = r"$$Y_i = x_n + h\sum_{j=1}^{s} a_{ij} f(Y_j)$$ $$x_{n+1} = x_n + h\sum_{i=1}^{s} b_i f(Y_i)$$ $$J = \Phi(x_N)$$ "
LOWER = LAWS.replace("sum_{j=1}^{s} a", "sum_{j=1}^{i-1} a")
UPDATE = r"$$p_n = p_{n+1} + h\sum_{i=1}^{s} b_i P_i f_x(Y_i)$$"
HEADER = "layer: n\nstate: x\ncostate: p = dJ/dx (row)\nfield: f"


@pytest.mark.parametrize(("words", "count", "implicit"), [
    ("for the explicit Euler scheme", 1, False), ("Das implizite Euler-Verfahren", 1, True), ("la règle implicite du point milieu", 0, False),
    ("for the implicit midpoint rule", 1, True), ("Heun's method", 2, False), ("the trapezoidal rule", 2, True), ("any method", 0, False),
    ("the backward Euler method", 1, True), ("Euler's explicit method", 1, False),
])
def test_names_of_methods(words: str, count: int, implicit: bool) -> None:
    found: list[Method] = [method for method in METHODS if method.words.search(words.lower())]
    assert [(len(method.weights), method.implicit) for method in found] == ([(count, implicit)] if count else [])


@pytest.mark.parametrize(("laws", "told", "right", "wrong"), [
    pytest.param(f"{LAWS} {UPDATE} ", "For the implicit midpoint rule ", r"$P_1 = \frac12 (p_n + p_{n+1})$", r"$P_1 = \frac12 (p_n - p_{n+1})$",
                 marks=pytest.mark.campaign),  # computing time
    (LOWER, "With $b = (0, 1)$ and $a_{21} = \\frac12$ one has ", r"$p_n = p_{n+1} (I + h f_x(Y_2) + \frac{h^2}{2} f_x(Y_2) f_x(Y_1))$",
     r"$p_n = p_{n+1} (I + h f_x(Y_2) + \frac{h^2}{2} f_x(Y_1) f_x(Y_2))$"),
])
def test_a_line_about_one_method_is_judged_in_it(laws: str, told: str, right: str, wrong: str) -> None:
    assert statuses(f"{laws}{told}{right}", HEADER)[-1:] + statuses(f"{laws}{told}{wrong}", HEADER)[-1:] == ["proved", "refuted"]


def test_without_its_name_a_line_about_one_method_is_left_alone() -> None:
    euler = r"$$p_n = p_{n+1} + h\,p_{n+1} f_x(x_n)$$"
    assert statuses(f"{LAWS}In general {euler}", HEADER)[-1] == "unknown"
    named = f"{LAWS}For the explicit Euler scheme "
    assert [statuses(named + line, HEADER)[-1] for line in (euler, euler.replace("x_n)", "x_{n+1})"))] == ["proved", "refuted"]


def test_a_method_told_by_its_own_lines_follows_those_on_all_methods() -> None:
    own = rf"{LAWS} The midpoint rule $$x_{{n+1}} = x_n + h f(q_n), \qquad q_n = x_n + \tfrac h2 f(x_n)$$ "
    lines = r"$$p_n = p_{n+1} (I + h f_x(q_n) (I + \tfrac h2 f_x(x_n)))$$ $$p_n = p_{n+1} (I + h f_x(x_n) (I + \tfrac h2 f_x(q_n)))$$"
    assert statuses(own + lines, HEADER)[-4:] == ["assumption", "proved", "proved", "refuted"]


STEERED = LAWS.replace("Y_j)", "Y_j, u_{nj})").replace("Y_i)$$ $$J", "Y_i, u_{ni})$$ $$J").replace("Y_i", "Y_{ni}").replace("Y_j", "Y_{nj}")


@pytest.mark.campaign  # computing time
def test_each_stage_may_have_its_control() -> None:
    costate = r"$$p_n = p_{n+1} + h\sum_{i=1}^{s} b_i P_{ni} f_x(Y_{ni}, u_{ni})$$"
    gradient = r"$$\frac{\partial J}{\partial u_{ni}} = h b_i p_{n+1} f_u(Y_{ni}, u_{ni})$$"
    other = costate.replace(", u_{ni})$$", ", u_{n})$$")
    assert statuses(f"{STEERED} {costate} {gradient} {other}", HEADER)[-3:] == ["proved", "refuted", "refuted"]


@pytest.mark.campaign
def test_jacobians_at_stages_have_letters_and_several_methods_follow_one_another() -> None:
    """F_{n,i} = f_x(Y_{n,i}) in the adjoint stages kappa; a_ij that are left out of a row are 0; dx_{n+1}/dx_n is proved by all costates."""
    laws = (r"$$k_{n,i} = f(Y_{n,i},\theta), \qquad Y_{n,i} = x_n + h\sum_{j=1}^{i-1} a_{ij} k_{n,j}, \qquad i=1,\dots,s$$ "
            r"$$x_{n+1} = x_n + h\sum_{i=1}^s b_i k_{n,i}$$ $L = \Phi(x_N)$ $F_{n,i} = f_x(Y_{n,i},\theta), G_{n,i} = f_\theta(Y_{n,i},\theta)$ "
            r"$\lambda_N = \nabla\Phi(x_N)$ "
            r"$$\kappa_{n,i} = h b_i \lambda_{n+1} + h\sum_{j=i+1}^s a_{ji} F_{n,j}^T \kappa_{n,j}$$ ")
    lines = (r"$$\lambda_n = \lambda_{n+1} + \sum_{i=1}^s F_{n,i}^T \kappa_{n,i}$$ $$\nabla_\theta L = \sum_{n=0}^{N-1}\sum_{i=1}^s G_{n,i}^T \kappa_{n,i}$$ "
             r"With $a_{21}=\frac12$, $b=(0,1)$ $$\kappa_2 = h\lambda_{n+1}, \kappa_1 = \frac h2 F_2^T\kappa_2$$ "
             r"$$\frac{\partial x_{n+1}}{\partial x_n} = I + h F_2(I + \frac h2 F_1)$$ "
             r"With $a_{21}=a_{32}=\frac12$, $a_{43}=1$, $b=(\frac16,\frac13,\frac13,\frac16)$ $$\kappa_1 = \frac h6\lambda_{n+1} + \frac h2 F_2^T\kappa_2$$ ")
    slips = ((r"\sum_{i=1}^s F", r"h \sum_{i=1}^s F"), (r"\sum_{i=1}^s G", r"\sum_{i=2}^s G"), (r"(I + \frac h2 F_1)", r"(I + h F_1)"),
             (r"\frac h6", r"\frac h3"))
    header = "layer: n\nstate: x\nfield: f\ngradients: columns"
    found = statuses(laws + lines, header)
    assert found.count("proved") >= 6 and "refuted" not in found and found[-1] == "proved", found
    for right, wrong in slips:
        assert right in lines
        assert "refuted" in statuses(laws + lines.replace(right, wrong), header), wrong
