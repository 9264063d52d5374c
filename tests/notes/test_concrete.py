"""Fields that notes write out: which letters are states, costates, controls, parameters, and the theory of that one field."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

from adjointcheck.expression.grammar import parse
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.proofs.componentwise import component_settings
from adjointcheck.notes.proofs.written_out import Sizes, WrittenOut, letters_of, vouched
from adjointcheck.notes.reading.document import read_text
from adjointcheck.notes.reading.latex import read_formula
from adjointcheck.notes.reading.tree import Chain
from adjointcheck.notes.systems.concrete import acquainted
from adjointcheck.notes.verify import Notes
from adjointcheck.trusted.theory import judge_theory
from adjointcheck.trusted.verdict import Status

PREY = r"$$\dot x = \alpha x - \beta x y, \quad \dot y = \delta x y - u y$$ $$J = x(T)^2 + \int_0^T y^2 + u^2\,dt$$ $$\dot\lambda_x = 0$$ $\lambda_y(T) = 0$"


def letters(text: str, header: str = "") -> dict[str, list[str]]:
    context = acquainted(read_text(text).formulas, read_header(header.split("; ") if header else []))
    return {symbol: [known.letter for known in context.parts(symbol)] for symbol in ("x", "p", "w", "theta")}


def test_letters_are_told_by_what_they_do() -> None:
    assert letters(PREY) == {"x": ["x", "y"], "p": ["lambda_x", "lambda_y"], "w": ["u"], "theta": ["alpha", "beta", "delta"]}


@pytest.mark.parametrize(("text", "header", "states"), [
    (r"$\dot x_1 = x_2$ $\dot x_2 = -x_1$ $\dot p_1 = p_2$ $\dot p_2 = -p_1$", "", ["x_1", "x_2"]),
    (r"$\dot x = \begin{pmatrix} x_2 \\ -x_1 + u \end{pmatrix}$", "", ["x_1", "x_2"]),
    (r"$\frac{d}{dt}(S, I)^T = (-\beta S I, \beta S I)^T$", "", ["S", "I"]),
    (r"$\dot x = -a x^3$", "", ["x"]), (r"$\dot x = -x + u$", "state: x in R", ["x"]),
    (r"$\dot x = Ax + Bu$", "", []), (r"$\dot x = f(x, u)$", "", []), (r"$\dot x = -x + u$", "", []), (r"$\dot x = -a x$", "state: x in R^n", []),
    (r"$\dot x = v$ $\dot v = -g$", "field: f", ["x", "v"]),
    (r"$\dot x = f(x)$", "field: f", []), (r"$f(x, u) = (x_2, -x_1 + u)^T$", "state: x; field: f", ["x_1", "x_2"]),
])
def test_a_field_is_written_out_or_it_is_not(text: str, header: str, states: list[str]) -> None:
    assert letters(text, header)["x"] == states


def test_the_theory_of_one_field_is_proved_with_every_gradient() -> None:
    texts = ("x_2/theta_1", "-sin(x_1) - theta_2*t*x_2 + w_1*x_1", "w_1**2*theta_1/2 + x_1*t", "x_1**2 + theta_2*t*x_2")
    *rates, running, terminal = (parse(text, "field") for text in texts)
    flags = vouched(letters_of(sizes := Sizes(2, 1, 2)), [*rates, running, terminal])
    document = WrittenOut(sizes, flags, rates, running, terminal).document(True)
    assert {step.verdict.status for step in judge_theory(document).steps} == {Status.PROVED}
    gradients = {step["id"] for step in document["steps"] if step["rule"] == "gradient"}
    assert gradients == {f"gradient_{name}" for name in ("x0_1", "x0_2", "theta_1", "theta_2", "w_1", "t0", "t1")}
    assert flags["theta_1"].endswith("nonzero") and "nonzero" not in flags["theta_2"]


@pytest.mark.parametrize("planted", [("costate_p_1", "p_2"), ("terminal_p_2", "x_1"), ("gradient_theta_2", "p_1"), ("control_w_1", "x_2")])
def test_a_theory_with_a_planted_error_is_not_proved(planted: tuple[str, str]) -> None:
    name, extra = planted
    *rates, running, terminal = (parse(text, "field") for text in ("x_2", "-x_1 + theta_2*w_1*x_2", "w_1**2 + theta_1", "x_1**2"))
    document = WrittenOut(sizes := Sizes(2, 1, 2), letters_of(sizes), rates, running, terminal).document(True)
    step = next(step for step in document["steps"] if step["id"] == name)
    slot = "integrand" if "integrand" in step["claim"] else "right"
    step["claim"] = {**step["claim"], slot: f"{step['claim'][slot]} + {extra}"}
    verdicts = {judged.name: judged.verdict.status for judged in judge_theory(document).steps}
    assert next(wrong for wrong, status in verdicts.items() if status is not Status.PROVED) == name


def judged(text: str) -> list[str]:
    document = read_text(text)
    notes = Notes("notes.md", acquainted(document.formulas, Context()))
    return [finding.status for formula in document.formulas for finding in notes.judged(formula)]


SIGNED = PREY + r" $$H = %s y^2 %s u^2 + \lambda_x(\alpha x - \beta x y) + \lambda_y(\delta x y - u y)$$ $\lambda_x(T) = %s 2x(T)$ $$%s 2u = \lambda_y y$$"


def test_the_hamiltonian_tells_the_sign_of_the_costate() -> None:
    assert judged(SIGNED % ("", "+", "", ""))[-2:] == ["proved", "proved"]
    assert judged(SIGNED % ("-", "-", "-", "-"))[-2:] == ["proved", "proved"]
    assert judged(SIGNED % ("", "+", "-", "-"))[-2:] == ["refuted", "refuted"]


def test_a_wrong_equation_of_motion_is_refuted_and_what_is_not_elementary_has_no_theory() -> None:
    assert judged(PREY + r" $\dot y = \delta x y$")[-1] == "refuted"
    context = acquainted(read_text(r"$\dot x = -|x|^3 + a x$").formulas, Context())
    chain = read_formula("x = 0", context.reader())
    assert isinstance(chain, Chain) and not list(component_settings(chain, context))


EPIDEMIC = r"$$ \dot S = -\beta S I , \quad \dot I = \beta S I - \gamma I , \quad S(0) = %s , \quad I(0) = i_0 $$ $G = \int_0^T I\, dt$ $$\dot\lambda_S = \beta I (\lambda_S - \lambda_I)$$ "


@pytest.mark.parametrize(("start", "claim", "verdict"), [
    ("S_0", r"\frac{dG}{di_0} = \lambda_I(0)", "proved"),
    ("1 - i_0", r"\frac{dG}{di_0} = \lambda_I(0)", "unknown"),  # S(0) moves too
    (r"1 - \gamma", r"\frac{dG}{d\gamma} = -\int_0^T I \lambda_I\, dt", "unknown"),
    (r"1 - \gamma", r"\frac{dG}{d\beta} = \int_0^T S I (\lambda_I - \lambda_S)\, dt", "proved"),
])
def test_a_start_that_moves_with_what_is_differentiated_is_not_left_out(start: str, claim: str, verdict: str) -> None:
    assert statuses(EPIDEMIC % start + f"$${claim}$$")[-1] == verdict


SOLVED = r"$$\dot x_1 = x_2, \quad \dot x_2 = u, \quad x_1(0) = 1, \quad x_2(0) = 0$$ $$J = \frac12 \int_0^1 u^2\,dt + \frac12 x_1(1)^2$$ $$H = \psi_1 x_2 + \psi_2 u - \frac12 u^2$$ $$u = \psi_2$$ "


def test_the_least_value_is_no_new_cost() -> None:
    said, after = statuses(SOLVED + r"$$J_{\min} = \int_0^1 u^2\,dt + \frac12 x_1(1)^2$$ $$\psi_1(1) = -x_1(1)$$")[-2:]
    assert said == "refuted"
    assert after != "refuted"


FREE = r"$$\dot z(t) = w(t)$$ $$J = \Phi(z(T)) + \frac{\kappa}{2}\int_0^T \|w(t)\|^2 dt$$ $$H = a^\top w + \frac{\kappa}{2} \|w\|^2$$ "


def test_a_control_that_is_the_velocity_is_as_long_as_the_state() -> None:
    assert statuses(FREE + r"$$a(t) + \kappa w(t) = 0$$ $$a(t) - \kappa w(t) = 0$$ $$\dot a(t) = 0$$")[-3:] == ["proved", "refuted", "proved"]


OUTBREAK = r"""$$\dot S = -\beta S I$$ $$\dot I = \beta S I - \gamma I$$ $$J = \int_0^T A I\,dt$$
$$H = A I - \lambda_S \beta S I + \lambda_I (\beta S I - \gamma I)$$"""
LATER = r"$$J_B = J + \frac{B}{2} I(T)^2$$ $$\lambda_I(T) = B\, I(T)$$"


def test_a_cost_in_another_cost_is_no_parameter() -> None:
    assert statuses(rf"{OUTBREAK} $$\lambda_I(T) = 0$$ $$\lambda_S(T) = 1$$ {LATER}")[-4:] == ["proved", "refuted", "assumption", "proved"]


def test_a_slope_that_is_a_number_times_a_state_names_no_sensitivity() -> None:
    field = r"$$\dot x = \alpha x - \beta x y$$ $$\dot y = \delta x y - \gamma y$$ "
    right, wrong = r"$$\frac{\partial \dot y}{\partial x} = \delta y$$", r"$$\frac{\partial \dot y}{\partial x} = \delta x$$"
    assert statuses(field + right + wrong) == ["assumption", "assumption", "proved", "refuted"]


@pytest.mark.parametrize(("weight", "found"), [("1", ["proved", "refuted"]), (r"\frac12", ["unknown", "unknown"])])
def test_the_multiplier_of_another_weight_is_not_refuted(weight: str, found: list[str]) -> None:
    given = rf"$$\dot x = f(x, u)$$ $$J = \int_0^T L(x, u)\,dt + g(x(T))$$ $$H = p f - {weight} L(x, u)$$"
    lines = rf"$$\dot p = -p f_x + {weight} L_x$$ $$\dot p = -p f_x - {weight} L_x$$"
    assert statuses(given + lines, "costate: p (row)")[-2:] == found


def test_a_hamiltonian_of_layers_bars_no_slip() -> None:
    given = r"$$x_{k+1} = f_k(x_k, u_k)$$ $$J = \sum_{k=0}^{N-1} g_k(x_k, u_k) + g_N(x_N)$$ $$H_k = g_k(x_k, u_k) + p_{k+1}^T f_k(x_k, u_k)$$"
    slopes = [rf"\nabla_{{x_k}} g_k + {matrix} p_{{k+1}}" for matrix in (r"(\frac{\partial f_k}{\partial x_k})^T", r"\frac{\partial f_k}{\partial x_k}")]
    assert statuses(given + "".join(f"$$p_k = {slope}$$" for slope in slopes))[-2:] == ["proved", "refuted"]


MATRICES = [  # one field, its matrices with their entries
    r"$\dot x = \begin{pmatrix} 0 & 1 \\ 0 & -2 \end{pmatrix} x + \begin{pmatrix} 0 \\ 1 \end{pmatrix} u$ with $x = (x_1, x_2)^T$",
    r"$\begin{bmatrix} \dot x_1 \\ \dot x_2 \end{bmatrix} = \begin{bmatrix} 0 & 1 \\ 0 & -2 \end{bmatrix} \begin{bmatrix} x_1 \\ x_2 \end{bmatrix} + \begin{bmatrix} 0 \\ 1 \end{bmatrix} u$",
]


@pytest.mark.parametrize("field", MATRICES)
def test_a_field_with_matrices_of_numbers_is_written_out(field: str) -> None:
    text = field + r""", $J = \frac12 \int_0^T (x_1^2 + u^2)\,dt$ to be minimised, $\lambda = \partial J/\partial x$, a column.
    $$\dot\lambda = -\begin{pmatrix} 0 & 0 \\ 1 & -2 \end{pmatrix} \lambda - \begin{pmatrix} x_1 \\ 0 \end{pmatrix}$$
    $$\dot\lambda = -\begin{pmatrix} 0 & 1 \\ 0 & -2 \end{pmatrix} \lambda - \begin{pmatrix} x_1 \\ 0 \end{pmatrix}$$
    $$\dot\lambda_2 = 2\lambda_2 - \lambda_1$$ $$u = -\lambda_2$$ $$u = -\lambda_1$$"""
    assert statuses(text)[-5:] == ["proved", "refuted", "proved", "proved", "refuted"]


def test_a_matrix_before_the_whole_state_is_no_number() -> None:
    text = MATRICES[0] + r""", $J = \frac12 x(T)^T S x(T) + \frac12 \int_0^T u^2\,dt$, $\lambda = \partial J/\partial x$, a column. 
    $$\lambda(T) = S x(T)$$ $$\lambda(T) = 2 S x(T)$$ $$\lambda_1(T) = S x_1(T)$$"""
    assert statuses(text, "objective: J, minimised")[-3:] == ["proved", "unknown", "unknown"]


def test_what_the_cost_comes_to_at_the_optimum_names_no_parameters() -> None:
    given = r"$\dot x = x + u$, $x(0) = 2$, $$J = \frac12 x(1)^2 + \frac12\int_0^1 u^2\,dt$$ $$H = \frac12 u^2 + \lambda (x + u)$$ "
    found = statuses(given + r"$$\lambda(t) = c e^{-t}$$ $$J^* = \frac12 x(1)^2 + \frac{c^2}{2}\int_0^1 e^{-2t}\,dt$$")
    assert found[-2] != "refuted"


def test_states_and_costates_of_a_header_stand_in_brackets() -> None:
    text = r"$$q' = v, \qquad v' = -\sin q + u$$ $$J = \frac12 q(T)^2 + \frac12\int_0^T u^2\,dt$$ $$\eta' = \cos(q)\,\zeta$$ $$\zeta' = -\eta$$ $$\zeta' = \eta$$"
    header = "state: (q, v)\ncontrol: u\ncostate: (\\eta, \\zeta) = (dJ/dq, dJ/dv)"
    assert statuses(text, header)[-3:] == ["proved", "proved", "refuted"]
    assert statuses(text + r" $$\nabla_u J(t) = u(t) + \zeta(t)$$", header)[-1] == "proved"


def test_all_of_what_a_hamiltonian_changes_by_is_so_along_an_extremal() -> None:
    given = r"$$\dot x = f(x,u,t)$$ $$J = \int_0^T L(x,u,t)\,dt$$ $$H = L + p f$$ An optimal control makes $H_u = 0$. "
    line = r"$$\frac{dH}{dt} = H_t + H_x \dot x + H_u \dot u + \dot p f = %s$$"
    assert [statuses(given + line % end)[-1] for end in ("H_t", "-H_t")] == ["proved", "refuted"]


def test_the_slope_of_an_end_cost_along_the_way_is_taken_there() -> None:
    given = r"$\dot x = f(x,u,t)$, $x(t_0) = x_0$, $J = \varphi(x(T)) + \int_{t_0}^T L(x,u,t)\,dt$. "
    lines = [rf"$$\varphi(x(T)) = \varphi(x_0) {sign} \int_{{t_0}}^T \varphi_x(x(t))\,f(x(t),u(t),t)\,dt$$ " for sign in "+-"]
    assert statuses(given + "".join(lines))[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("given", "right", "wrong"), [
    ("\\dot x = x - y x\n\\dot y = y (x - c)", r"\frac{dy}{dt}|_{x=0} = -c y", r"\frac{dy}{dt}|_{x=0} = c y"),  # the solution passes by no x = 0
    ("\\dot x = x - y x\n\\dot y = y (x - c)", r"\dot x|_{y=1} = 0", r"\dot x|_{y=2} = x"),
    ("\\dot x = A x + B u\nJ = x(T)^T M x(T) + \\int_0^T u^T u\\,dt\ng(x) = x^T M x", r"p(T) = \nabla g(x(T))", r"p(T) = -\nabla g(x(T))"),
    ("\\dot x = u\nz = \\int_0^t x^2\\,d\\tau\n\\dot z = x^2\nJ = \\int_0^T u^2\\,dt + x(T)^2", r"\dot\lambda = 0", r"\dot\lambda = x"),
])  # fmt: skip
def test_what_holds_at_a_value_or_at_the_end_is_taken_there(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


MINE = r"""\max_q \int_0^T e^{-r t}(p q - \frac12 c q^2)\,dt
\dot S = -q
\mathcal H = p q - \frac12 c q^2 - \mu q"""
LANDER = r"""\dot v = -g + \frac{\alpha}{m}
\dot h = v
\dot m = -k \alpha
J = h(T)^2 + \int_0^T \alpha\,dt
0 \le \alpha \le 1
H = \alpha + p_1 v + p_2 (-g + \frac{\alpha}{m}) + p_3 (-k\alpha)"""
OSCILLATOR = r"""\dot y = z
\dot z = u - k y^3
J = \frac12 z(T)^2 + \frac12\int_0^T u^2\,dt
H = \frac12 u^2 + p z + m (u - k y^3)"""
HEATED = r"""\dot y = v - k y
J = \int_0^T (\frac r2 v^2 + \frac q2 y^2)\,dt
H = \frac r2 v^2 + \frac q2 y^2 + p (v - k y)
v = -\frac pr"""
SOLD = r"""\dot y = v - g(t) - k y
\max_v\; J = -\int_0^T (\frac r2 v^2 + \frac q2 y^2)\,dt
H = -\frac r2 v^2 - \frac q2 y^2 + p (v - g(t) - k y)
v = \frac pr"""
REINVESTED = r"""\max \int_0^T (1 - \alpha) x\,dt
\dot x = \alpha x
H(x, p, a) = p x a + (1 - a) x
t^* = T - 1
\dot p = -H_x
d = p/x"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (MINE, r"\dot\mu - r\mu = -\frac{\partial\mathcal H}{\partial S}", r"\frac{\partial\mathcal H}{\partial q} = p + c q - \mu"),
    (OSCILLATOR, r"\dot m = -p", r"\dot m = p"),
    (OSCILLATOR + "\ny(0) = y_0\nz(0) = z_0\n\\dot m = -p", r"\frac{dJ}{dy_0} = p(0)", r"\frac{dJ}{dy_0} = m(0)"),
    (HEATED, r"\dot v = \frac{q}{r} y + k v", r"\dot v = \frac{q}{r} y - k v"),  # a law of the control, behind a Hamiltonian alone
    (SOLD, r"\dot v = \frac{q}{r} y + k v", r"\dot v = \frac{q}{r} y - k v"),
    (SOLD, r"\frac{dH}{dt} = -p\,\dot g(t)", r"\frac{dH}{dt} = p\,\dot g(t)"),  # g is told, and no second control
    (LANDER, r"\dot p_2 = -p_1", r"\dot p_1 = -p_2"),  # the Hamiltonian numbers the costates, the motions come in another order
    (REINVESTED, r"\dot p = -1 - \alpha (p - 1)", r"\dot p = -1 + \alpha (p - 1)"),
    (REINVESTED + "\n\\dot x = x + \\frac{p}{2}\n\\dot d = 2 - p\n\\ddot b = b - 2 \\dot b", r"\dot p(t) = -1 - \alpha(t) (p(t) - 1)", r"p(T) = 1"),
])  # fmt: skip
def test_what_moves_beside_a_hamiltonian_has_the_role_that_it_gives(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("told", "status"), [
    ("with $k, r > 0$", "proved"), ("with positive constants $k$ and $r$", "proved"), ("if $r > 0$", "unknown")])
def test_a_condition_of_second_order_holds_by_what_notes_call_positive(told: str, status: str) -> None:
    lines = "".join(f"$${line}$$ " for line in HEATED.splitlines())
    assert statuses(rf"{lines}{told}. Now $$\frac{{\partial^2 H}}{{\partial v^2}} = r > 0$$")[-1] == status


RAISED = r"""\max P = x^1(T) + 3 x^2(T)
\dot x^1(t) = -\lambda x^2(t) - q \alpha(t)
\dot x^2(t) = \alpha(t)
\dot p^1 = 0"""
ROCKET = r"""$\dot{\boldsymbol x}(t) = \boldsymbol f(\boldsymbol x(t), \alpha(t))$, $P[\alpha] = \int_0^T r(\boldsymbol x(t), \alpha(t))\,dt$ is least.

Example: $\dot h(t) = v(t)$, $\dot v(t) = -g + \alpha(t)/m(t)$, $\dot m(t) = -k\alpha(t)$, $$P[\alpha] = h(\tau)^2 + \int_0^\tau \alpha(t)\,dt$$
$$H(x, p, a) = a + p_1 v + p_2 (-g + a/m) + p_3 (-k a)$$ """


@pytest.mark.parametrize(("right", "wrong"), [(r"\dot p^2 = \lambda p^1", r"\dot p^2 = -\lambda p^1"), (r"p^2(t) = \lambda (t - T) + 3", r"p(T)^2 = 3")])
def test_components_may_stand_above(right: str, wrong: str) -> None:
    assert last_two("", RAISED, right, wrong)[0] == "proved"
    assert last_two("", RAISED, right, wrong)[1] != "proved"


def test_an_example_names_its_own_end_and_pays_under_the_name_of_before() -> None:
    lines = r"$$\dot p_2(t) = -p_1(t)$$ $$\dot p_3 = p_2 \alpha/m^2$$ $$\dot p_3 = -p_2 \alpha/m^2$$"
    assert statuses(ROCKET + lines)[-3:] == ["proved", "proved", "refuted"]


def test_a_second_problem_with_its_own_greatest_payoff_is_one_of_its_own() -> None:
    first = r"$\dot x = \alpha x$, $x(0) = x^0$, $$\max P[\alpha] = \int_0^T (1 - \alpha) x\,dt$$ $$\dot p = -1 - \alpha (p - 1)$$ "
    second = r"$\dot x = x + \alpha$, $x(0) = x^0$, $$\max P[\alpha] = -\int_0^T (x^2 + \alpha^2)\,dt$$ "
    assert statuses(first + second + r"$$\dot p = 2 x - p$$ $$\dot p = -2 x - p$$")[-2:] == ["proved", "refuted"]


CART = r"""$$\dot s = v, \quad \dot v = u - \mu v^2, \quad s(0) = v(0) = 0$$ $$J = s(T)^2 + \int_0^T u^2\,dt$$ $$H = u^2 + p_1 v + p_2 (u - \mu v^2)$$
A force $u + \epsilon m$ moves the cart by $\epsilon r$ and its speed by $\epsilon z$, where
"""


@pytest.mark.parametrize(("law", "verdict"), [(r"\dot z = m - 2 \mu v z", "proved"), (r"\dot z = m - \mu v z", "refuted")])
def test_a_linear_motion_behind_the_problem_varies_it(law: str, verdict: str) -> None:
    slope = r"$$\frac{d}{d\epsilon} J[u + \epsilon m]\Big|_{\epsilon = 0} = \int_0^T (2u + p_2) m\,dt$$ $$\dot p_2 = -p_1 + 2 \mu v p_2$$"
    assert statuses(rf"{CART}$$\dot r = z$$ $${law}$$ {slope}")[-4:] == ["proved", verdict, "proved", "proved"]


HARVEST = r"""$$\max_h \int_0^T e^{-r t} U(h)\,dt + V(s(T)), \quad \dot s = m(s) - h, \quad s(0) = s_0$$
$$H = e^{-r t} U(h) + \lambda (m(s) - h)$$ With $q(t) := e^{r t} \lambda(t)$ we have $U'(h) = q$ along the best path. Then
"""


@pytest.mark.parametrize(("claim", "verdict"), [(r"\dot q = (r - m'(s)) q", "proved"), (r"\dot q = (r + m'(s)) q", "refuted")])
def test_a_slope_that_has_the_value_of_a_price_spells_no_function(claim: str, verdict: str) -> None:
    assert statuses(f"{HARVEST}$${claim}$$", "state: s in R\ncontrol: h in R\ncostate: lambda")[-1] == verdict


@pytest.mark.parametrize("adjoined", [
    r"r \lambda a - (\lambda - \mu) b a c - \lambda v a - m \mu c", r"b a c\, \mu + \lambda (r a - b a c) - \mu m c - v a \lambda"])
def test_multipliers_are_found_however_a_hamiltonian_is_multiplied_out(adjoined: str) -> None:
    given = (r"$$\dot a = r a - b a c - v a, \qquad \dot c = b a c - m c$$ $$J = \int_0^T \Big(c + \frac{\kappa}{2} v^2\Big) dt$$ "
             rf"$$H = c + \frac{{\kappa}}{{2}} v^2 + {adjoined}$$ ")
    right, wrong = (rf"$$\dot\mu = -1 {sign} b a\,(\lambda - \mu) + m\,\mu$$ " for sign in ("+", "-"))
    assert statuses(given + right + wrong)[-2:] == ["proved", "refuted"]


def test_a_hamiltonian_tells_the_sign_beside_an_end_cost_that_is_only_named() -> None:
    given = r"$c(t) > 0$. $$\dot k = r k - c$$ $$\max_c J = \int_0^T \ln c\,dt + G(k(T))$$ $$H = \ln c + \lambda (r k - c)$$ "
    lines = (r"\lambda(T) = G'(k(T))", r"\lambda(T) = -G'(k(T))", r"\frac{\partial H}{\partial c} = 0")
    assert statuses(given + " ".join(f"$${line}$$" for line in lines))[-3:] == ["proved", "refuted", "proved"]
