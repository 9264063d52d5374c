"""Notes with a theory and an example: the example is a problem of its own, with the theory's letters and its costate's sign."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

from adjointcheck.notes.foreword import begun
from adjointcheck.notes.reading.document import read_text

KIRK = (
    "\\dot{\\mathbf{x}}(t) = \\mathbf{a}(\\mathbf{x}(t),\\mathbf{u}(t),t)\n"
    "J(\\mathbf{u}) = h(\\mathbf{x}(t_f),t_f) + \\int_{t_0}^{t_f} g(\\mathbf{x}(t),\\mathbf{u}(t),t)\\,dt\n"
    "\\mathscr{H}(\\mathbf{x}(t),\\mathbf{u}(t),\\mathbf{p}(t),t) \\triangleq g(\\mathbf{x}(t),\\mathbf{u}(t),t) + \\mathbf{p}^T(t)[\\mathbf{a}(\\mathbf{x}(t),\\mathbf{u}(t),t)]\n"
)
TWO = KIRK + "\\dot x_1(t) = x_2(t)\n\\dot x_2(t) = -x_2(t) + x_1(t)^2 + u(t)\nJ(u) = \\int_{t_0}^{t_f} (u^2(t) + x_1^2(t))\\,dt\n"
NEGATIVE = "\\dot x = f(x,u)\nJ = \\int_0^T L(x,u)\\,dt\nH = p^T f(x,u) - L(x,u)\n\\dot x_1 = x_2\n\\dot x_2 = u\nJ = \\int_0^T (x_1^2 + u^2)\\,dt\n"
MATRICES = "\\dot x = f(x,u)\nJ = \\int_0^T L(x,u)\\,dt\nH = L(x,u) + p^T f(x,u)\n\\dot x = A x + B u\nJ = \\frac12\\int_0^T (x^T Q x + u^T R u)\\,dt\n"
MARKED = "\\dot x = f(x,\\theta)\nJ = \\Phi(x(T))\np = -(\\frac{\\partial J}{\\partial x})^T\n\\dot x_A = -\\theta_1 x_A + \\theta_2 x_B\n\\dot x_B = \\theta_1 x_A - \\theta_2 x_B\n"
ANY = "\\dot x = f(x,u)\nx(0) = x_0\nJ = \\phi(x(T)) + \\int_0^T L(x,u)\\,dt\nH = L(x,u) + \\lambda^T f(x,u)\n"
COLUMN = ANY + "f(x,u) = (x_2, -x_1^3 + u)^T\nJ = \\frac12\\int_0^T (x_1^2 + u^2)\\,dt\n"
ENTRIES = ANY + "f_1 = x_2\nf_2 = -x_1^3 + u\nJ = \\frac12\\int_0^T (x_1^2 + u^2)\\,dt\n"
SECOND = ANY + "\\ddot x_1 = -x_1^3 + u\nx_2 = \\dot x_1\nJ = \\frac12\\int_0^T (x_1^2 + u^2)\\,dt\n"
SCALAR = ANY + "f(x,u) = a x + b u\nL(x,u) = \\frac12 (q x^2 + r u^2)\n\\phi(x) = \\frac12 x^2\n"
REDONE = ANY + "J = \\frac12 x(1)^2 + \\frac12\\int_0^1 u^2\\,dt\n\\dot x = -x + u\nL = \\frac12 (x^2 + u^2)\n"
PREY = "\\dot z = F(z,w)\nz(0) = z_0\n\\dot z_1 = a z_1 - b z_1 z_2 - w z_1\n\\dot z_2 = -c z_2 + d\\,z_1 z_2\n"
PRIMED = "u' = f(u,p,t)\nG = \\int_0^T g(u,p)\\,dt\nu_1' = p_1 u_1 - p_2 u_1 u_2\nu_2' = -p_3 u_2 + u_1 u_2\ng = \\frac12 (u_1 + u_2)^2\n"
RESIDUAL = (
    "F(\\dot z, z, \\theta, t) = \\dot z - f(z,\\theta,t) = 0\nz(t_0) = z_0\n\\lambda(t_1) = \\frac{\\partial L}{\\partial z(t_1)}\n"
    "f(z,\\theta,t) = \\theta z\nL = \\frac12 (z(t_1) - y)^2\n"
)
FLOW = "\\dot z = f(z,\\theta)\nE = \\frac12 |z(T) - y|^2\na = \\partial E/\\partial z\n"
TWO_PROBLEMS = FLOW + "x_{k+1} = F(x_k,u_k)\nJ = \\Phi(x_N) + \\sum_{k=0}^{N-1} \\ell(x_k,u_k)\n\\lambda_k = \\nabla_{x_k} J\n"
STEPPED = (
    "\\dot q = v\n\\dot v = u\nJ = \\frac12\\int_0^T u^2\\,dt\nH = \\frac12 u^2 + \\lambda_1 v + \\lambda_2 u\nx_{k+1} = A x_k + B u_k\n"
    "J = \\frac12 x_N^T M x_N + \\sum_{k=0}^{N-1} \\frac12 (x_k^T Q x_k + u_k^T R u_k)\n"
)
SPEED = "\\dot q(t) = \\dot q(t)\n\\ddot q(t) = u(t)\nJ = q(T)^2 + \\frac12\\int_0^T u^2(t)\\,dt\nH = \\frac12 u^2 + \\lambda_1\\dot q + \\lambda_2 u\n"
LIMIT = "\\dot x = f(x,u)\n|\\int_a^b x\\,dt| \\le c\nJ = \\int_0^T g(x,u)\\,dt\nH = g(x,u) + \\lambda^T f(x,u)\n"
NET = "a^l = \\sigma(W^l a^{l-1} + b^l)\nE = \\frac12 |a^N - y|^2\n"
NET_FIRST = NET + "x_{k+1} = f_k(x_k,\\theta_k)\nJ = \\Phi(x_N)\n\\lambda_k = \\nabla_{x_k} J\n"


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (TWO_PROBLEMS, r"\lambda_k = (\frac{\partial F}{\partial x})^T \lambda_{k+1} + \nabla_x \ell(x_k,u_k)",
         r"\lambda_k = (\frac{\partial F}{\partial x})^T \lambda_{k+1}"),
        (NET_FIRST, r"\nabla_{\theta_k} J = (\frac{\partial f_k}{\partial\theta}(x_k,\theta_k))^T \lambda_{k+1}",
         r"\nabla_{\theta_k} J = (\frac{\partial f_k}{\partial\theta}(x_k,\theta_k))^T \lambda_k"),
        (STEPPED, r"\lambda_k = Q x_k + A^T\lambda_{k+1}", r"\lambda_k = Q x_k + A\lambda_{k+1}"),
        (STEPPED, r"\nabla_{u_k} J = R u_k + B^T\lambda_{k+1}", r"\nabla_{u_k} J = R u_k + B^T\lambda_k"),
        (SPEED, r"\dot\lambda_2 = -\lambda_1", r"\dot\lambda_2 = \lambda_1"),
        (LIMIT, r"\dot\lambda = -g_x - f_x^T\lambda", r"\dot\lambda = -g_x + f_x^T\lambda"),
        (KIRK, r"\dot{\mathbf{p}} = -\frac{\partial\mathscr{H}}{\partial\mathbf{x}}", r"\dot{\mathbf{p}} = \frac{\partial\mathscr{H}}{\partial\mathbf{x}}"),
        (TWO, r"\dot p_1 = -2 x_1 - 2 x_1 p_2", r"\dot p_1 = 2 x_1 - 2 x_1 p_2"),
        (TWO, r"\dot p_2 = -\frac{\partial\mathscr{H}}{\partial x_2}", r"\dot p_2 = \frac{\partial\mathscr{H}}{\partial x_2}"),
        (NEGATIVE, r"\dot p_1 = 2 x_1", r"\dot p_1 = -2 x_1"),
        (MATRICES, r"\dot p = -Q x - A^T p", r"\dot p = Q x - A^T p"),
        (MARKED, r"\dot p_A = \theta_1 (p_A - p_B)", r"\dot p_A = \theta_1 (p_B - p_A)"),
        (MARKED, r"\frac{\partial J}{\partial\theta_1} = \int_0^T (p_A - p_B) x_A\,dt", r"\frac{\partial J}{\partial\theta_1} = \int_0^T (p_B - p_A) x_A\,dt"),
        (COLUMN, r"\dot\lambda_1 = -x_1 + 3 x_1^2\lambda_2", r"\dot\lambda_1 = -x_1 - 3 x_1^2\lambda_2"),
        (ENTRIES, r"u = -\lambda_2", r"u = -\lambda_1"),
        (SECOND, r"\dot\lambda_2 = -\lambda_1", r"\dot\lambda_2 = \lambda_1"),
        (SCALAR, r"\dot\lambda = -a\lambda - q x", r"\dot\lambda = a\lambda - q x"),
        (SCALAR, r"f_x = a", r"f_x = b"),
        (RESIDUAL, r"\frac{dL}{d\theta} = \int_{t_0}^{t_1} \lambda z\,dt", r"\frac{dL}{d\theta} = \int_{t_1}^{t_0} \lambda z\,dt"),
        (PREY, r"F_w = \begin{pmatrix} -z_1\\ 0\end{pmatrix}", r"F_w = \begin{pmatrix} -z_2\\ 0\end{pmatrix}"),
        (PREY, r"\frac{\partial F}{\partial z_1} = \begin{pmatrix} a - b z_2 - w\\ d z_2\end{pmatrix}", r"\frac{\partial F}{\partial z_1} = \begin{pmatrix} a - b z_2 - w\\ d z_1\end{pmatrix}"),
        (PRIMED, r"f_u = \begin{pmatrix} p_1 - p_2 u_2 & -p_2 u_1\\ u_2 & u_1 - p_3\end{pmatrix}",
         r"f_u = \begin{pmatrix} p_1 - p_2 u_2 & u_2\\ -p_2 u_1 & u_1 - p_3\end{pmatrix}"),
    ],
)  # fmt: skip
def test_the_right_line_is_proved_and_its_slip_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_tangent_and_a_second_component_are_no_problems_of_their_own() -> None:
    tangent = FLOW + "\\dot w = A w + B d\nE(u - s d) = E(u) - s + \\frac{s^2}{2} |w(T)|^2"
    component = "J = \\frac12 \\int_0^T \\varphi^2\\,dt\n\\dot\\varphi = \\omega\n\\dot\\omega = -\\sin\\varphi - \\omega\nL = \\frac12 \\omega^2"
    assert [begun(read_text(" ".join(f"${line}$" for line in text.splitlines()))).chapters for text in (tangent, component)] == [{}, {}]


def test_a_cost_of_its_own_stands_where_an_exercise_tells_another_later() -> None:
    *given, later = (f"$${line}$$ " for line in REDONE.splitlines())
    found = statuses("".join((*given, r"$$\dot\lambda = \lambda,\quad u = -\lambda,\quad u = -2\lambda$$ ", later)))
    assert found[-6:] == ["assumption", "assumption", "proved", "proved", "refuted", "definition"]


@pytest.mark.parametrize("given", [COLUMN, ENTRIES, SECOND, SCALAR, PRIMED])
def test_an_example_states_its_field_and_is_not_judged_by_the_general_one(given: str) -> None:
    found = statuses(" ".join(f"$${line}$$" for line in given.splitlines()))
    assert not {"refuted", "not read"} & {*found} and found.count("unknown") <= 2, found


METHODS = """The cost is $J = \\phi(x_N)$. $$x_{n+1} = x_n + h f(x_n, p)$$ $$\\lambda_n = \\lambda_{n+1} + h f_x(x_n, p)^T\\lambda_{n+1}, \\quad \\lambda_N = \\nabla\\phi(x_N)$$
$$x_{n+1} = x_n + h f(x_{n+1}, p)$$ $$(I - h f_x(x_{n+1}, p)^T)\\lambda_n = \\lambda_{n+1}$$ $$x_{n+1} = x_n + h f(x_n, p)$$"""


def test_another_method_is_another_problem() -> None:
    slip = r" $$\lambda_n = \lambda_{n+1} - h f_x(x_n, p)^T\lambda_{n+1}$$"
    assert statuses(METHODS + slip)[1:] == ["assumption", "proved", "proved", "assumption", "unknown", "assumption", "refuted"]


ENDED = r"$\dot x = f(x, u), x(0) = x_0$ $$J = \phi(x(T), T) + \int_0^T L(x,u)\,dt$$ $$H = L + \lambda^T f$$ "


@pytest.mark.parametrize("right", [r"H|_{T} = -\frac{\partial\phi}{\partial T}", r"H(T) = -\phi_t(x(T), T)", r"-\frac{\partial\phi}{\partial T} = H(T)"])
def test_the_best_end_time_is_asked_for_in_an_equation_of_two_sides(right: str) -> None:
    assert statuses(f"{ENDED}$${right}$$")[-1] == "proved"
    assert statuses(f"{ENDED}$${right.replace('-', '')}$$")[-1] == "refuted"


def test_a_slope_in_time_gives_the_end_cost_its_time() -> None:
    given = ENDED.replace("x(T), T)", "x(T))")
    assert statuses(given + r"$$H|_{T} = \frac{\partial\phi}{\partial T}$$")[-1] == "refuted"


KINETICS = r"""$\dot y=f(t,y,p)$, $y(t_0)=y_0$, $$G(p)=\int_{t_0}^{T}g(t,y,p)\,dt$$ $$\dot\lambda=-f_y^T\lambda-g_y^T,\qquad\lambda(T)=0 .$$
Here $f_1=-p_1y_1+p_2y_2^2$, $f_2=p_1y_1-p_2y_2^2$ and $g=y_2$. $$\dot\lambda_1=p_1(\lambda_1-\lambda_2)$$ $$\dot\lambda_1=p_1(\lambda_2-\lambda_1)$$
As a test use $\dot y=-py$, $y(0)=1$, $g=y$. $$\lambda(t)=\frac{1-e^{-p(T-t)}}{p}$$ $$\lambda(t)=\frac{1-e^{p(T-t)}}{p}$$"""


def test_an_example_of_one_number_is_another_than_that_of_its_components() -> None:
    assert statuses(KINETICS)[5:] == ["assumption"] * 2 + ["definition", "proved", "refuted"] + ["assumption"] * 2 + ["definition", "proved", "refuted"]


def test_a_start_in_parameters_of_the_theory_is_none_of_an_examples() -> None:
    theory = KINETICS.replace("y(t_0)=y_0$", "y(t_0)=y_0(p)$")
    slope = r"$$\frac{dG}{dp}=\lambda^T(t_0)\frac{\partial y_0}{\partial p}+\int_{t_0}^T(g_p+\lambda^T f_p)\,dt$$ Here $f_1"
    assert statuses(theory.replace("Here $f_1", slope))[5] == "proved"


SPREAD = r"""$\dot S = -\beta S I$, $\dot I = \beta S I - \gamma I$, $S(0) = S_0$, $I(0) = I_0$, $$J = \int_0^T a I\,dt$$ $$H = a I - \lambda_1\beta S I + \lambda_2 (\beta S I - \gamma I)$$
$$\dot\lambda_1 = \beta I (\lambda_1 - \lambda_2)$$ Now let $$\dot I = \beta S I - \gamma I - \kappa I$$ $$\dot\lambda_2 = -a + \beta S (\lambda_1 - \lambda_2) + (\gamma + \kappa)\lambda_2$$
$$\dot\lambda_2 = -a + \beta S (\lambda_1 - \lambda_2) + (\gamma - \kappa)\lambda_2$$ $$\dot\lambda_1 = \beta I (\lambda_1 - \lambda_2)$$ $$\sigma = \kappa - \lambda_1 S$$ $$\dot\sigma = \beta S I\lambda_2$$"""


def test_a_sequel_has_the_states_of_before_in_their_order() -> None:
    assert statuses(SPREAD)[7:11] == ["assumption", "proved", "refuted", "proved"]


FIRST = r"""$\dot x = A x + B u$, $x(0) = x_0$, $$J = \frac12 x(T)^T S x(T) + \frac12\int_0^T (x^T Q x + u^T R u)\,dt$$ with symmetric $Q$, $R$, $S$.
$$\dot p = -Q x - A^T p$$ With $p = P x$ $$u = -K x,\quad K = R^{-1} B^T P$$ """
NUMBER = r"""Exercise 2. $\dot x = x + u$, $J = \frac12\int_0^T (3 x^2 + u^2)\,dt$. $$\dot P = P^2 - 2 P - 3,\quad \dot P = P^2 + 2 P - 3$$ """
STEPS = r"""Exercise 3. $x_{k+1} = A x_k + B u_k$, $k = 0, \dots, N - 1$, $$J = \frac12 x_N^T S x_N + \frac12\sum_{k=0}^{N-1} (x_k^T Q x_k + u_k^T R u_k)$$
$$p_k = Q x_k + A^T p_{k+1}$$ $$u_k = -R^{-1} B^T p_{k+1},\quad u_k = -R^{-1} B^T p_k$$ """


def test_the_next_exercise_tells_its_motion_and_its_cost_anew() -> None:
    assert statuses(FIRST + NUMBER)[-2:] == ["proved", "refuted"]
    assert statuses(FIRST + NUMBER + STEPS)[-3:] == ["proved", "proved", "refuted"]


def test_a_closed_loop_is_no_other_exercise() -> None:
    loop = r"$$\dot x = (A - B K) x$$ $$J = \frac12\int_0^T x^T (Q + K^T R K) x\,dt$$ $$\dot p = -Q x - A^T p,\quad \dot p = -Q x + A^T p$$"
    assert statuses(FIRST + loop)[-2:] == ["unknown", "unknown"]


def test_the_next_exercise_may_call_the_costate_otherwise() -> None:
    """lambda in the first one, p in the second; its feedback is judged where it is said to be the best."""
    first = r"$$\dot x = -x + u, x(0) = 1, J = x(1)^2 + \frac12\int_0^1 u^2\,dt$$ $H = \frac12 u^2 + \lambda(-x + u)$ $$\dot\lambda = \lambda$$ "
    second = r"$$\dot x = u, x(0) = 2, J = \frac12\int_0^1 (x^2 + u^2)\,dt$$ $H = \frac12 x^2 + \frac12 u^2 + p u$ "
    ends = r"$$\dot p = -x$$ $$\dot p = x$$ $$x(t) = \frac{2\cosh(1-t)}{\cosh 1}$$ The optimal feedback is $$u = -\tanh(1-t)\,x$$ "
    found = statuses(first + second + ends + r"The optimal feedback is $$u = \tanh(1-t)\,x$$")
    assert found[-5:] == ["proved", "refuted", "proved", "proved", "refuted"]


def test_layers_that_are_told_anew_refute_nothing_of_before() -> None:
    """Dense layers after x_{k+1} = f_k(x_k, w_k) are an example: what is said of them is judged for them, and what is said of f for any."""
    general = r"$x_{k+1} = f_k(x_k, w_k)$, $k = 0, \dots, N-1$, $E = \ell(x_N)$, $\lambda_k = (\partial E/\partial x_k)^\top$. "
    dense = r"Let $x_{k+1} = \sigma(z_k)$ with $z_k = W_k x_k + b_k$ and $\delta_k = \sigma'(z_k)\odot\lambda_{k+1}$. $$\lambda_k = W_k^\top\delta_k$$ "
    law = r"$$\lambda_k = \left(\frac{\partial f_k}{\partial x_k}\right)^\top\lambda_{k+1}$$ "
    assert statuses(general + dense + law)[-2:] == ["proved", "proved"]
    assert statuses(general + dense.replace("W_k^", "W_{k+1}^") + law)[-2:] == ["refuted", "proved"]


GENERAL = r"$\dot q = f(q, u)$, $q(0) = q_0$ and $$J(u) = \frac12|q(T) - q_d|^2 + \frac\gamma2\int_0^T |u(t)|^2\,dt.$$ Here $\dot\psi = -f_q(q, u)^\top\psi$. "


def test_an_example_that_tells_no_cost_has_the_one_written_out_before() -> None:
    demo = r"In the demo $\dot q = -q^3 + u$ with numbers $q$ and $u$, so that "
    lines = r"$\psi(T) = q(T) - q_d$, $\nabla J(u) = \gamma u + \psi$, $\nabla J(u) = \gamma u - \psi$"
    assert statuses(GENERAL + demo + lines)[-3:] == ["proved", "proved", "refuted"]
    other = r"In the demo $\dot q = -q^3 + u$ and the cost is the end value, so that "
    assert statuses(GENERAL + other + r"$\dot\psi = 3 q^2 \psi$, $\psi(T) = 1$")[-1] != "refuted"


BATCHED = r"""$$x_{t+1}=f_t(x_t,\theta_t),\qquad t=0,\dots,T-1$$ $$J=\Phi(x_T)+\sum_{t=0}^{T-1}L_t(\theta_t)$$ $$p_t = \nabla_{x_t} J$$
$$H_t(x,p,\theta) = p\cdot f_t(x,\theta) + L_t(\theta)$$ For $S$ samples $J=\frac1S\sum_{s}\Phi(x_T^{(s)})+\sum_tL_t(\theta_t)$. $$p_t = f_x^T p_{t+1}$$
For $\dot x=f(x,\theta(t))$ on $[0,T]$ and $J=\Phi(x(T))+\int_0^TL(\theta(t))\,dt$ the Hamiltonian is $H(x,p,\theta) = p\cdot f(x,\theta) + L(\theta)$. """


def test_a_flow_with_a_cost_of_its_own_does_not_rest_on_what_was_said_of_layers() -> None:
    found = statuses(BATCHED + r"$$\dot p = -\nabla_x H$$ $$\dot p = \nabla_x H$$")
    assert found[-6:] == ["unknown", "assumption", "assumption", "definition", "proved", "refuted"]


def test_the_end_cost_alone_prices_states_where_the_layers_pay_for_weights() -> None:
    notes = BATCHED.partition("For $S$")[0]
    right, wrong = (rf"$$p_t = {sign}\nabla_{{x_t}}\Phi(x_T)$$" for sign in ("", "-"))
    assert statuses(f"{notes} {right} {wrong}")[-2:] == ["proved", "refuted"]
    paid = notes.replace("L_t(", "L_t(x_t,")
    assert statuses(f"{paid} {right}")[-1] == "unknown"


AGAIN = (r"$$\dot z = f(z,\theta),\quad z(0)=z_0$$ with the loss $L(z(T))$ and $a = \partial L/\partial z$. "
         r"Example: $\dot z = \theta z$ with a scalar $z$ has $$a(t) = a(T)e^{\theta(T-t)}.$$ "
         r"Euler steps $z_{k+1} = z_k + h f(z_k,\theta)$ with $a_k = \partial L/\partial z_k$ give ")


def test_steps_of_the_field_are_of_no_example() -> None:
    right = r"$$a_k = a_{k+1} + h f_z(z_k,\theta)^\top a_{k+1}$$"
    assert statuses(AGAIN + right + right.replace("+ h", "- h"))[-2:] == ["proved", "refuted"]


EXERCISES = (r"**1.** $\dot x=-x+u$, $x(0)=x_0$, $J=\frac12\int_0^T(x^2+u^2)\,dt$. With $H=\frac12(x^2+u^2)+p(u-x)$ $$\dot p=p-x,\quad p(T)=0$$ "
             r"**2.** $\ddot q=w$, $q(0)=\dot q(0)=0$, $J=\frac12(q(1)-1)^2+\frac12\int_0^1w^2\,dt$. With $H=\frac12w^2+\lambda_1v+\lambda_2w$, $v=\dot q$, ")


def test_a_second_problem_has_its_own_letters() -> None:
    right = r"$$\dot\lambda_2=-\lambda_1$$"
    assert statuses(EXERCISES + right + right.replace("=-", "="))[-2:] == ["proved", "refuted"]


def test_a_letter_of_before_is_a_state_where_a_second_cost_speaks_of_it() -> None:
    first = r"$$\dot h=f(h,\theta),\quad h(0)=q$$ $$L=\ell(h(T))$$ $$\nabla_qL=\nabla_{h(0)}L$$ "
    second = r"Now $\dot q=w$, $\dot w=F(q,w,\theta)$ and $L=\ell(q(T))$; let $r=\nabla_{q(t)}L$, $s=\nabla_{w(t)}L$: "
    lines = r"$$\dot r=-F_q^\top s$$ $$\dot s=-r-F_w^\top s$$ $$\dot s=-F_w^\top s$$"
    assert statuses(first + second + lines)[-3:] == ["proved", "proved", "refuted"]


GROWTH = (r"$$\max\int_0^T e^{-\rho t}U(c)\,dt+e^{-\rho T}W(k(T)),\qquad \dot k=F(k)-\delta k-c$$ With the price $\lambda$ "
          r"%s and $$\dot c=-\frac{U'(c)}{U''(c)}(F'(k)-\delta-\rho).$$ The Jacobian of the pair $(k,c)$ has trace $\rho$.")


def test_the_jacobian_of_a_pair_makes_no_columns() -> None:
    right = r"$$\dot\lambda=-(F'(k)-\delta)\lambda$$"
    assert [statuses(GROWTH % line)[-2] for line in (right, right.replace(r"-\delta", r"+\delta"))] == ["proved", "refuted"]


SLOPED = (r"Let $\dot y=f(y,\theta)$, $y(0)=y_0$, $L=\ell(y(T))$. For $\dot y_1=y_2$, $\dot y_2=-\theta y_1$ all is linear. "
          r"With $y_{n+1}=y_n+hf(y_n,\theta)$ and $L=\ell(y_N)$, ")


def test_a_gradient_without_its_letter_is_no_defect_of_an_example() -> None:
    right = r"$$\lambda_n=\lambda_{n+1}+hf_y(y_n,\theta)^\top\lambda_{n+1},\quad\lambda_N=\nabla\ell(y_N)$$"
    assert statuses(SLOPED + right)[-2:] == ["proved", "proved"]
    assert statuses(SLOPED + right.replace("+hf", "-hf"))[-2] == "refuted"
