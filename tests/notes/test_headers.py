"""What a header tells and the notes do not: lines that it decides."""

from __future__ import annotations

import pytest
from understood import findings, last_two

from adjointcheck.notes.letters.header import read_header

GENERAL = r"""state: x in R^n
control: u in R^k
costate: \lambda = dJ/dx (column)
field: f(x, u, t)
running cost: L(x, u, t)
time: t in [t_i, t_f]"""
MOTION = r"\dot x = f(x, u, t)"

LINEAR = r"""state: x in R^n
control: u in R^k
objective: J, minimised
time: t in [t_i, t_f]
A: n x n
B: n x k
Q: n x n, symmetric
R: k x k, symmetric
F: n x n, symmetric
S: riccati matrix
star: optimal"""
BELLMAN = r"""\dot x = A x + B u
J(x(t_i), u(\cdot), t_i) = \frac12 x^T(t_f) F x(t_f) + \frac12 \int_{t_i}^{t_f} (x^T Q x + u^T R u) dt
J^*(x(t), t) = \frac12 x^T(t) S(t) x(t)
J^*(x(t_f), t_f) = \frac12 x^T(t_f) F x(t_f)
-\frac{\partial J^*}{\partial t} = \frac12 x^T Q x + (\nabla_x J^*)^T A x - \frac12 (\nabla_x J^*)^T B R^{-1} B^T \nabla_x J^*"""


@pytest.mark.parametrize(("option", "right", "wrong"), [
    ("jacobian: transposed", r"-\dot\lambda = \nabla_x L + \nabla_x f \lambda", r"-\dot\lambda = \nabla_x L + (\nabla_x f)^T \lambda"),
    ("nabla: jacobian", r"-\dot\lambda = \nabla_x L + (\nabla_x f)^T \lambda", r"-\dot\lambda = \nabla_x L + \nabla_x f \lambda"),
])
def test_nabla_of_a_vector_is_laid_out_as_the_header_says(option: str, right: str, wrong: str) -> None:
    assert last_two(f"{GENERAL}\n{option}", MOTION, right, wrong) == ["proved", "refuted"]


def test_a_value_with_a_star_stands_beside_the_cost_of_any_control() -> None:
    right, wrong = (rf"\frac{{\partial J^*}}{{\partial t}} = {half} x^T \dot S x" for half in (r"\frac12", ""))
    assert last_two(LINEAR, BELLMAN, right, wrong) == ["proved", "refuted"]


LAYERS = r"""running cost: L_k(x_k, u_k)
terminal cost: \phi(x_N)
field: f_k(x_k, u_k)
state: x in R^n
control: u in R^k
costate: \lambda = dJ/dx (column)
layer: k = i ... N
dynamics: x_{k+1} = f_k(x_k, u_k)
objective: J = \phi(x_N) + \sum_{k=i}^{N-1} L_k(x_k, u_k)
jacobian: transposed"""


def test_functions_of_layers_have_arguments_with_an_index_in_any_order_of_lines() -> None:
    right, wrong = (rf"\lambda_k = \nabla_x f_k \lambda_{{k+1}} {sign} \nabla_x L_k" for sign in "+-")
    assert last_two(LAYERS, r"k = i, \ldots, N - 1", right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize("between", [r"J = N - i", r"x_{k+1} = g(x_k) \cancel{u}"])
def test_beside_a_header_that_poses_the_problem_another_line_bars_refutations_alone(between: str) -> None:
    right, wrong = (rf"$$\lambda_k = \nabla_x f_k \lambda_{{k+1}} {sign} \nabla_x L_k$$" for sign in "+-")
    assert [found.status for found in findings(f"$${between}$$ {right} {wrong}", LAYERS)][-2:] == ["proved", "unknown"]


def test_a_time_below_a_declared_path_is_the_running_one() -> None:
    header = "state: x in R\ncontrol: h in R\ncostate: m = dJ/dx\ntime: t in [0, T]\nfield: F(x, h)\nrunning cost: G(x, h)"
    given = r"\dot x_t = F(x_t, h_t)" + "\n" + r"J = \int_0^T G(x_t, h_t) dt"
    right, wrong = (rf"\dot m_t = {sign} m_t F_x(x_t, h_t) - G_x(x_t, h_t)" for sign in ("-", ""))
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


def test_a_cost_without_a_name_beside_that_of_the_header_opens_what_rests_on_it() -> None:
    given = MOTION + "\n" + r"\max_u \int_{t_i}^{t_f} \log x dt"
    right, wrong = (rf"\dot\lambda = -\nabla_x L {sign} (\nabla_x f)^T \lambda" for sign in "-+")
    assert last_two(f"{GENERAL}\nnabla: jacobian", given, right, wrong) == ["unknown", "unknown"]


@pytest.mark.parametrize(("line", "words"), [
    ("costat: a = dL/dz (row)", "write `costate: ...`"), ("costate: a = dL/dz (banana)", "`(row)` or `(column)` for `(banana)`"),
    ("time: t in [0, T", "with every bracket closed"), ("objective: J, minimsed", "`minimised` for `minimsed`"),
    ("gradents: rows", "write `gradients: ...`"), ("costate: a (colum)", "`column` for `colum`"),
])
def test_a_slip_in_a_header_is_told_with_what_was_meant(line: str, words: str) -> None:
    (problem,) = read_header([line]).problems
    assert line in problem and words in problem
    if "/" in line or "[" in line:
        assert read_header(["title: A page", line]).problems == (problem,)


@pytest.mark.parametrize("line", [
    "title: A note (draft", "date: 2024-01-02", "layout: post", "tags: [ode, adjoint", "costate: a = dL/dz (row)", "time: t in [0, T)",
    "objective: J, minimised", "costate: lambda (column vector)", "lambda: column, p = -lambda^T", "state: x(t) in R^n",
])
def test_front_matter_and_right_lines_are_no_slips(line: str) -> None:
    assert read_header([line]).problems == ()


def test_a_control_with_an_index_is_a_control_for_each_layer() -> None:
    header = "state: x in R^n\ncostate: p = dJ/dx (column)\ncontrol: theta_k\nlayer: k = 0 ... K\nobjective: J"
    given = r"x_{k+1} = x_k + h f(x_k, \theta_k)" + "\n" + r"J = \Phi(x_K)"
    right, wrong = (rf"\nabla_{{\theta_k}} J = {sign} h (\frac{{\partial f(x_k, \theta_k)}}{{\partial \theta_k}})^T p_{{k+1}}" for sign in ("", "-"))
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


def test_the_cost_of_the_header_stays_where_the_notes_tell_another_on_their_way() -> None:
    header = LINEAR + "\ndynamics: \\dot x = A x + B u\nobjective: J = \\frac12 x^T(t_f) F x(t_f) + \\frac12 \\int_{t_i}^{t_f} (x^T Q x + u^T R u) dt"
    header += "\ncostate: \\lambda = dJ/dx (column)"
    for right, wrong in ((r"\lambda(t_f) = F x(t_f)", r"\lambda(t_f) = -F x(t_f)"), (r"\dot\lambda = -Q x - A^T \lambda", r"\lambda(t_f) = 0")):
        assert last_two(header, r"J = \int_{t_i}^{t_f} u^T R u dt", right, wrong) == ["proved", "unknown"]
