"""Starts x_0(theta), forward sensitivities under letters of their own, stars that transpose: right lines are proved, slips refuted."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.prose import said

FLOW = "\\dot x = f(t,x,\\theta)\nx(0) = x_0(\\theta)\nJ = \\int_0^T L(t,x,\\theta)\\,dt + \\Phi(x(T))\nH = L + p f\n"
TANGENT = FLOW + "\\dot s_k = \\frac{\\partial f}{\\partial x} s_k + \\frac{\\partial f}{\\partial\\theta_k}\n"
STARRED = (
    "\\dot y = f(t,y,p)\ny(t_0) = y_0(p)\nG = \\int_{t_0}^T g(t,y,p)\\,dt\nI = G - \\int_{t_0}^T \\lambda^{*}(\\dot y - f(t,y,p))\\,dt\n"
    "\\dot s = f_y s + f_p\n\\dot\\lambda = -\\left(\\frac{\\partial f}{\\partial y}\\right)^{*}\\lambda - g_y^{*}\n"
)
CVODES = "state: y\nparameters: p\ncostate: \\lambda (column)\nrunning cost: g\nobjective: G"


ENCODED = FLOW.replace("x_0(\\theta)", "E_\\phi(y)")  # weights of their own, which the dynamics do not share
LATENT = "\\dot x = f(t,x,\\theta)\nx(0) = \\mu + \\sigma\\odot\\epsilon\nJ = \\Phi(x(T))\np(t) = \\frac{dJ}{dx(t)}"
BRADLEY = (
    "\\dot x = r(x,p,t)\nx(0) = x_0(p)\nF = \\int_0^T f(x,p,t)\\,dt\n"
    "\\mathcal{L} = \\int_0^T [f(x,p,t) + \\lambda^T(\\dot x - r(x,p,t))]\\,dt + \\mu^T(x(0) - x_0(p))\n"
)


@pytest.mark.parametrize(
    ("header", "given", "right", "wrong"),
    [
        ("", FLOW, r"\frac{dJ}{d\theta} = \int_0^T (L_\theta + p f_\theta)\,dt + p(0)\frac{\partial x_0}{\partial\theta}", r"\frac{dJ}{d\theta} = \int_0^T (L_\theta + p f_\theta)\,dt"),
        ("", FLOW.replace("x_0(", r"\xi("), r"\frac{dJ}{d\theta} = \int_0^T (L_\theta + p f_\theta)\,dt + p(0)\,\partial_\theta\xi", r"\frac{dJ}{d\theta} = \int_0^T (L_\theta + p f_\theta)\,dt - p(0)\,\partial_\theta\xi"),
        pytest.param(*("", FLOW.replace("x_0(", "f_0("), r"\frac{dJ}{d\theta} = \int_0^T (L_\theta + p f_\theta)\,dt + p(0)\frac{d f_0}{d\theta}", r"\frac{dJ}{d\theta} = \int_0^T (L_\theta + p f_\theta)\,dt"), marks=pytest.mark.campaign),
        pytest.param(*("", ENCODED, r"\frac{dJ}{d\theta} = \int_0^T (L_\theta + p f_\theta)\,dt", r"\frac{dJ}{d\theta} = \int_0^T p f_\theta\,dt"), marks=pytest.mark.campaign),
        ("", FLOW.replace("(\\theta)", ""), r"x(t) = x_0 + \int_0^t f(s,x(s),\theta)\,ds", r"x(t) = x_0 - \int_0^t f(s,x(s),\theta)\,ds"),
        ("constants: m_0", "\\dot m = -r m\nm(0) = m_0\n", r"m(t) = m_0 e^{-r t}", r"m(t) = m_0 e^{r t}"),
        ("", TANGENT, r"s_k(0) = \frac{\partial x_0}{\partial\theta_k}", r"s_k(0) = 0"),
        ("", TANGENT, r"\frac{dJ}{d\theta_k} = \int_0^T (L_x s_k + L_{\theta_k})\,dt + \Phi_x(x(T)) s_k(T)", r"\frac{dJ}{d\theta_k} = \int_0^T (L_x s_k + L_{\theta_k})\,dt"),
        ("", TANGENT, r"\dot s_k = f_x s_k + f_{\theta_k}", r"\dot s_k = f_x s_k - f_{\theta_k}"),
        ("", FLOW, r"\dot p_i = -\sum_{j=1}^n p_j \frac{\partial f_j}{\partial x_i} - L_{x_i}", r"\dot p_i = -\sum_{j=1}^n p_j \frac{\partial f_i}{\partial x_j} - L_{x_i}"),
        ("", FLOW, r"\dot p^i = -\sum_{j=1}^n p^j f^j_{x_i} - L_{x_i}", r"\dot p^i = -\sum_{j=1}^n p^j f^i_{x_j} - L_{x_i}"),
        ("", FLOW, r"d_\theta\dot x = f_x\, d_\theta x + f_\theta", r"d_\theta\dot x = 0"),
        ("", BRADLEY, r"\mu = \lambda(0)", r"\mu = -\lambda(0)"),
        ("", LATENT, r"\frac{dJ}{d\mu} = p(0)", r"\frac{dJ}{d\mu} = -p(0)"),
        (CVODES, STARRED, r"\frac{d}{dt}(\lambda^{*} s) = \lambda^{*} f_p - g_y s", r"\frac{d}{dt}(\lambda^{*} s) = \lambda^{*} f_p + g_y s"),
    ],
)  # fmt: skip
def test_the_right_line_is_proved_and_its_slip_refuted(header: str, given: str, right: str, wrong: str) -> None:
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize("start", ["2 c", "1 + c^2"])
def test_a_start_made_of_constants_is_where_the_solution_begins(start: str) -> None:
    right, wrong = (rf"m(t) = ({start}) e^{{{sign}r t}}" for sign in "-+")
    assert last_two("constants: c", f"\\dot m = -r m\nm(0) = {start}\n", right, wrong) == ["unknown", "refuted"]


def test_a_star_beside_an_optimal_state_does_not_transpose() -> None:
    given = "\\dot x = f(x,u)\nJ = \\int_0^T L(x,u)\\,dt\nH = L + p^T f\n"
    right, wrong = r"\dot p^* = -f_x|_*^T p^* - L_x|_*", r"\dot p^* = -f_x|_* p^* - L_x(x^*,u^*)^T"
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


LIBERZON = "\\dot x = f(t,x,u)\nJ = \\int_{t_0}^{t_1} L(t,x,u)\\,dt + K(x(t_1))\nH(t,x,u,p) := \\langle p,f(t,x,u)\\rangle - L(t,x,u)\n"


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (LIBERZON, r"J = \int_{t_0}^{t_1} (\langle p,\dot x\rangle - H(t,x,u,p))\,dt + K(x(t_1))", r"J = \int_{t_0}^{t_1} (\langle p,\dot x\rangle + H(t,x,u,p))\,dt + K(x(t_1))"),
    ],
)  # fmt: skip
def test_a_held_start_and_a_costate_with_minus_as_an_argument(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_special_case_that_the_sentence_tells_is_not_refuted_and_its_slip_is() -> None:
    only, free = "If only the initial value depends on $\\theta$, there remains", "Hängt $f$ nicht von $\\theta$ ab, so gilt bei festem Anfang"
    lines = (rf"{only} $$\frac{{dJ}}{{d\theta}} = {sign} p(0) \frac{{\partial x_0}}{{\partial\theta}}$$ " for sign in "+-")
    problem = r"$\dot x = f(x, \theta), x(0) = x_0(\theta)$ $$J = \Phi(x(T)) + \int_0^T L(x, \theta)\,dt$$ $$p(t) = \frac{dJ}{dx(t)}$$ "
    last = rf"{free} $$\frac{{dJ}}{{d\theta}} = \int_0^T L_\theta\,dt$$ In general $$\frac{{dJ}}{{d\theta}} = \int_0^T L_\theta\,dt$$"
    assert statuses(problem + "".join(lines) + last)[-4:] == ["unknown", "refuted", "unknown", "refuted"]


@pytest.mark.parametrize(("told", "status"), [
    ("The input does not depend on $\\theta$", "refuted"), ("When $x_0$ does not depend on $\\theta$", "refuted"),
    ("When $f_0$ does not depend on $\\theta$", "unknown"), ("Neither the input nor $f$ depends on $\\theta$", "unknown")])
def test_a_start_without_parameters_is_no_case_of_a_field_without(told: str, status: str) -> None:
    problem = r"$\dot x = f(x, \theta), x(0) = x_0$ $$J = \Phi(x(T)) + \int_0^T L(x, \theta)\,dt$$ $$p(t) = \frac{dJ}{dx(t)}$$ "
    assert statuses(rf"{problem}{told}: $$\frac{{dJ}}{{d\theta}} = \int_0^T L_\theta\,dt$$")[-1] == status


def test_a_start_told_of_a_case_apart_leaves_the_lines_before_it_and_holds_behind() -> None:
    given = r"$\dot z = f(z, \theta), z(t_0) = z_0$ The loss is $L(z(t_1))$. $a(t) = \frac{dL}{dz(t)}$ $$\frac{dL}{d\theta} = \int_{t_0}^{t_1} a f_\theta\,dt$$ "
    encoded = r"If the input comes from an encoder with the same weights, $z_0 = g(x, \theta)$, then "
    lines = (rf"$$\frac{{dL}}{{d\theta}} = \int_{{t_0}}^{{t_1}} a f_\theta\,dt {sign} a(t_0)\frac{{\partial g}}{{\partial\theta}}$$ " for sign in "+-")
    found = statuses(given + encoded + "".join(lines))
    assert (found[-4], found[-2:]) == ("proved", ["proved", "refuted"])
    assert statuses(given + encoded.partition(", ")[2])[-2] == "unknown"


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{dL}{d\phi} = a(t_0) \frac{\partial g(x, \phi)}{\partial \phi}", r"\frac{dL}{d\phi} = -a(t_0) \frac{\partial g(x, \phi)}{\partial \phi}"),
    (r"\nabla_\phi L = \left(\frac{\partial g}{\partial \phi}\right)^\top a(t_0)^\top", r"\nabla_\phi L = \left(\frac{\partial g}{\partial \phi}\right)^\top a(t_1)^\top"),
])
def test_weights_of_an_encoder_move_the_start_alone(right: str, wrong: str) -> None:
    given = "\\frac{dz}{dt} = f(z, t, \\theta)\nz(t_0) = z_0\nL = \\Phi(z(t_1))\na(t) = \\frac{\\partial L}{\\partial z(t)}\nz_0 = g(x, \\phi)"
    assert last_two("", given, right, wrong) == ["proved", "refuted"]
    assert last_two("", given, r"\frac{dL}{d\phi} = a(t_0)", r"\frac{dL}{d\phi} = a(t_0) \frac{\partial g}{\partial x}") == ["unknown", "unknown"]


def test_a_start_that_is_perturbed_beside_what_is_kept_fixed_is_not_held() -> None:
    told = ["keep u fixed and perturb the start", "the start is fixed", "given the initial state"]
    assert ["fixed start" in said([words], Context()).hypotheses for words in told] == [False, True, True]
