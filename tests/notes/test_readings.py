"""Ways of writing: what each one is read as, with a right line that is proved and a planted slip that is refuted."""

from __future__ import annotations

import pytest
from test_verify import verdicts
from understood import understood

CONTROL = r"""state: q in R^n
control: u in R^k
costate: \lambda = dJ/dq (column)
field: f
running cost: L
terminal cost: \phi
time: t in [t_0, t_f]
objective: J"""
BRACKETS = r"""\dot q = f[q(t),u(t),t]
J = \phi[q(t_f),t_f] + \int_{t_0}^{t_f} L[q(t),u(t),t]\,dt"""
BARRED = r"""layer: i = 0 ... N
objective: E
state: v
control: u
costate: \bar v = dE/dv (row)
field: F
terminal cost: g"""
RESIDUAL = r"""layer: l = 0 ... D
objective: E
state: x in R^n
parameters: w in R^k
costate: \delta = dE/dx (column)
field: F"""


@pytest.mark.parametrize(("header", "given", "right", "wrong"), [
    (CONTROL, BRACKETS, r"\dot\lambda^T = -L_q - \lambda^T f_q", r"\dot\lambda^T = -L_q - f_q\lambda"),
    (CONTROL, BRACKETS, r"\lambda(t_f) = \left(\frac{\partial\phi}{\partial q}\right)^{T}(q(t_f), t_f)", r"\lambda(t_f) = -\left(\frac{\partial\phi}{\partial q}\right)^{T}(q(t_f), t_f)"),
    (BARRED, "v_{i+1} = F_i(v_i, u_i)\nE = g(v_N)", r"\bar v_i = \bar v_{i+1} \frac{\partial F_i}{\partial v_i}",
     r"\bar v_i = -\bar v_{i+1} \frac{\partial F_i}{\partial v_i}"),
    (RESIDUAL, "x_{l+1} = x_l + F(x_l, w_l)\nE = E(x_D)", r"\frac{\partial E}{\partial w_l} = \delta_{l+1}^\top \frac{\partial F}{\partial w_l}",
     r"\frac{\partial E}{\partial w_l} = \delta_l^\top \frac{\partial F}{\partial w_l}"),
    (RESIDUAL, "x_{l+1} = x_l + F(x_l, w_l)\nE = E(x_D)", r"\delta_l = \delta_{l+1} + \left.\frac{\partial F}{\partial x}\right|_{(x_l, w_l)}^{\mathsf T} \delta_{l+1}",
     r"\delta_l = \delta_{l+1} + \left.\frac{\partial F}{\partial x}\right|_{(x_l, w_l)}^{\mathsf T} \delta_l"),
])
def test_right_lines_are_proved_and_slips_refuted(header: str, given: str, right: str, wrong: str) -> None:
    assert verdicts(header, given, right, wrong) == ["proved", "refuted"]


def test_a_bracket_behind_a_letter_that_is_no_function_is_a_factor() -> None:
    assert verdicts(CONTROL, BRACKETS, r"\lambda^T[f + f] = 2\lambda^T f", r"\lambda^T[f + f] = \lambda^T f") == ["proved", "refuted"]


def test_another_accent_is_another_letter() -> None:
    assert verdicts(BARRED, "v_{i+1} = F_i(v_i, u_i)\nE = g(v_N)", r"\hat v_i = \bar v_i \frac{\partial F_i}{\partial v_i}")[-1] == "unknown"


def test_weights_without_a_layer_are_not_taken_for_those_of_one_layer() -> None:
    line = r"\frac{dE}{dw} = \delta_{l+1}^\top \frac{\partial F}{\partial w}"
    assert verdicts(RESIDUAL, "x_{l+1} = x_l + F(x_l, w_l)\nE = E(x_D)", line)[-1] == "unknown"


DISCOUNTED = r"""state: k
control: c
costate: \lambda = dW/dk (row)
field: f
time: t in [0, T]
objective: W, maximised"""
PRESENT = r"""\dot k = f(k, c)
W = \int_0^T e^{-\rho t} U(k, c)\,dt"""


def test_a_discount_rate_is_a_constant_and_leaving_it_out_is_refuted() -> None:
    wrong = r"\dot\lambda = -\frac{\partial U}{\partial k} - \lambda\frac{\partial f}{\partial k}"
    right = r"\dot\lambda = -e^{-\rho t}\frac{\partial U}{\partial k} - \lambda\frac{\partial f}{\partial k}"
    assert verdicts(DISCOUNTED, PRESENT, right, wrong) == ["proved", "refuted"]


def test_a_letter_that_a_cost_brings_in_counts() -> None:
    right = r"\dot\lambda = -\rho\frac{\partial U}{\partial k} - \lambda\frac{\partial f}{\partial k}"
    assert "refuted" not in verdicts(DISCOUNTED, "\\dot k = f(k, c)\nW = \\int_0^T \\rho U(k, c)\\,dt", right)
    assert verdicts(DISCOUNTED, "\\dot k = f(k, c)\nW = \\int_0^T \\rho U(k, c)\\,dt", r"\lambda = 0") == ["refuted"]


DENSITY = "state: x in R^n\nfield: f\ndensity: \\rho\ntime: t in [t_0, t_1]"


def test_a_density_is_taken_at_the_time_that_is_written() -> None:
    law = r"\dot x = f(x, t)"
    assert verdicts(DENSITY, law, r"\log\rho(t_1) = \log\rho(t_0) - \int_{t_0}^{t_1} \operatorname{tr}\left(\frac{\partial f}{\partial x}\right) dt",
                    r"\log\rho(t_1) = \log\rho(t_0) + \int_{t_0}^{t_1} \operatorname{tr}\left(\frac{\partial f}{\partial x}\right) dt") == ["proved", "refuted"]
    assert verdicts(DENSITY, law, r"\rho(t_1) = \rho(t_0)") == ["refuted"]


TWO = "objective: J\nparameters: \\theta in R^m\nterminal cost: \\Psi\ntime: t in [t_0, t_1]\ncostate: p = dJ/dy (row)"


def test_a_second_parameter_or_state_is_not_mistaken_for_the_first() -> None:
    laws = "\\dot y = f(y, z, \\theta)\nJ = \\Psi(y(t_1))"
    assert verdicts(TWO, laws, r"\frac{dJ}{dz} = \int_{t_0}^{t_1} p\,\frac{\partial f}{\partial\theta}\,dt", r"\frac{dJ}{dz} = 0",
                    r"\frac{dJ}{d\theta} = \int_{t_0}^{t_1} p\,\frac{\partial f}{\partial z}\,dt") == ["unknown"] * 3


@pytest.mark.parametrize(("bar", "reading"), [
    (r"\left.\frac{\partial F}{\partial x}\right|_{(x_l, w_l)}^{T}", "(d_ F(x(l), w(l))/d_x)'"), (r"\frac{\partial F}{\partial x}\Big|_{x_l, w_l}^\top", "(d_ F(x(l), w(l))/d_x)'"),
    (r"\left[\frac{\partial F}{\partial x}\right]_{x = x_l, w = w_l}^\top", "(d_ F(x(l), w(l))/d_x)'"), (r"\frac{\partial F}{\partial x}\Big|_{x_l}^\top", "[d_ F/d_x]_l'"),
    (r"\left.F_x\right|_{(x_{l+1}, w_l)}", "d_ F(x(l + 1), w(l))/d_x"),
])
def test_a_mark_above_an_evaluation_bar_transposes(bar: str, reading: str) -> None:
    read = understood("x_{l+1} = x_l + F(x_l, w_l)", f"C_l = {bar}")[0]
    assert read.partition(" = ")[2] == reading.replace("F", "f")


def test_a_limit_above_an_evaluation_bar_is_one() -> None:
    assert understood(r"\dot x = f(x)", r"\left. x\right|_0^T = 1")[0].startswith("[x]_t1 less t0")


@pytest.mark.parametrize(("total", "reading"), [
    (r"\sum_{j=0}^{M-1}\int_{t_j}^{t_{j+1}}", "int_t0^t1"), (r"\sum_{j=1}^{M}\int_{t_{j-1}}^{t_j}", "int_t0^t1"),
    (r"\sum_{j=0}^{M}\int_{t_j}^{t_{j+1}}", "sum"), (r"\sum_{j=0}^{M-1}\int_{t_{j+1}}^{t_j}", "sum"), (r"\sum_{j=1}^{M-1}\int_{t_{j-1}}^{t_j}", "sum"),
])
def test_all_pieces_of_the_horizon_are_the_horizon(total: str, reading: str) -> None:
    assert understood(r"\dot x = f(x)", rf"{total} f(x)\,dt = 1")[0].startswith(reading)


def test_the_cost_of_layers_may_bear_their_time_step() -> None:
    assert understood("x_{k+1} = x_k + h f(x_k, u_k)", r"J = \Phi(x_N)", r"\nabla_{x_k} J_h = \lambda_k")[0].startswith("d J/dx(l)")


BESIDE = r"""\dot q = f(q, u)
J = \phi(q(t_f)) + \int_{t_0}^{t_f} L(q, u)\,dt"""


@pytest.mark.parametrize(("formula", "expected"), [
    (r"\dot\lambda = \foo{f}{\lambda} = -f_q^T \lambda - L_q", ["proved", "not read"]),
    (r"\dot\lambda = \foo{f}{\lambda} = f_q^T \lambda - L_q", ["refuted", "not read"]),
    (r"\dot\lambda = -f_q^T \lambda - L_q = \foo{f}{\lambda}, \quad t \in [t_0, t_f]", ["proved", "not read"]),
    (r"\dot\lambda = f_q^T \lambda - L_q, \quad \foo{a} = \lambda = c", ["not read"]),  # another statement, not a side
    (r"\lambda(t_f) = \foo{a} \Rightarrow \lambda = \nabla\phi(q(t_f)) = c", ["not read"]),
    (r"\lambda(t_f) = \foo{a} < \lambda_1 = 0", ["not read"]),
])
def test_an_unread_side_of_a_chain_leaves_the_others(formula: str, expected: list[str]) -> None:
    assert verdicts(CONTROL, BESIDE, formula) == expected


@pytest.mark.parametrize(("said", "formula", "expected"), [
    (r"\foo_{k+1} = \foo_k + J", r"\frac{\partial H}{\partial q} = \lambda^T f_q + L_q", "proved"),  # by what H is, whatever moves
    (r"\foo_{k+1} = \foo_k + J", r"\frac{\partial H}{\partial q} = \lambda^T f_q - L_q", "unknown"),
    (r"\foo_{k+1} = \foo_k + J", r"\lambda(t_f) = \nabla\phi(q(t_f))", "unknown"),
    (r"u(t), \; t \in [t_0, t_f]", r"\frac{\partial H}{\partial u} = 0", "proved"),
    (r"u(t) \in [0, 1]", r"\frac{\partial H}{\partial u} = 0", "unknown"),
    (r"B = \begin{pmatrix} 0 \\ 1 \end{pmatrix}", r"\frac{\partial H}{\partial u} = 0", "proved"),
    (r"U = [0, 1]", r"\frac{\partial H}{\partial u} = 0", "unknown"),
    (r"q(t_f) \neq 0", r"\frac{\partial H}{\partial u} = 0", "proved"),
    (r"q(t) \geq 0", r"\frac{\partial H}{\partial u} = 0", "unknown"),
    (r"a = 24{,}446", r"\lambda(t_f) = \nabla\phi(q(t_f))", "proved"),
    (r"a = 24{,}446 + J", r"\lambda(t_f) = -\nabla\phi(q(t_f))", "refuted"),
    (r"H_1(q, \lambda) = 0", r"\dot\lambda = -L_q - f_q^T \lambda", "proved"),
    (r"H_1(q, \lambda) = 0", r"\dot\lambda = -L_q + f_q^T \lambda", "unknown"),
    (r"\lambda(t_f) = g_q(q(t_f)) = 0", r"\lambda(t_f) = \nabla\phi(q(t_f))", "proved"),
    (r"\tilde q(t_f) = q(t_f)", r"\lambda(t_f) = -\nabla\phi(q(t_f))", "refuted"),
    (r"q(t_f) = q_f \quad \text{or}", r"\lambda(t_f) = \nabla\phi(q(t_f))", "proved"),
    (r"q(t_f) = q_f \quad \text{or}", r"\lambda(t_f) = -\nabla\phi(q(t_f))", "refuted"),
    (r"q(t_f) = q_f", r"\lambda(t_f) = \nabla\phi(q(t_f))", "unknown"),
    (r"g(q(t_f)) = 0", r"\lambda(t_f) = \nabla\phi(q(t_f))", "unknown"),
    (r"H(q, u, \lambda) = \min_v \{\lambda^T f(q, v) + L(q, v)\}", r"\frac{\partial H}{\partial u} = f_u^T \lambda + L_u", "proved"),
])
def test_what_may_rest_on_a_line_that_is_not_carried(said: str, formula: str, expected: str) -> None:
    header = f"{CONTROL}\nassume: optimal\nHamiltonian: H"
    assert verdicts(header, BESIDE + "\n" + r"H = \lambda^T f(q, u) + L(q, u)", said, formula)[1] == expected
