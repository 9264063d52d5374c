"""Ways to write control: optima below a letter, current values, a new parameter, masses, multipliers of motions, scalar Riccati, directions."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

PROBLEM = r"""\dot x = f(x, u)
J = \phi(x(T)) + \int_0^T g(x, u)\,dt
H = g(x, u) + \lambda^T f(x, u)"""
GROWTH = r"""\dot k = F(k) - \delta k - c
J = \int_0^T e^{-\rho t} u(c)\,dt + e^{-\rho T} S(k(T))
\mathcal{H} = u(c) + \mu\,(F(k) - \delta k - c)"""
HARVEST = r"""\dot x = r x (1 - x/K) - q E x
J = \int_0^T e^{-\delta t} (p q E x - c E)\,dt
\mathcal{H} = p q E x - c E + \mu (r x (1 - x/K) - q E x)"""
POLE = r"""\dot x = -x + u
J = \frac12 x(1)^2 + \frac12\int_0^1 (3 x^2 + u^2)\,dt
H = \frac12 (3 x^2 + u^2) + \lambda (-x + u)
\dot\lambda = -3 x + \lambda
\dot x = -a x + u"""
CART = r"""M \ddot s + b \dot s = F
J = \frac12 (s(T) - L)^2 + \frac12 \int_0^T F^2\,dt"""
ADJOINED = r"""m \ddot q + c \dot q + k q = w
E = \frac12\int_0^T (q^2 + w^2)\,dt
\mathcal{E} = \int_0^T [\frac12 q^2 + \frac12 w^2 + r (m \ddot q + c \dot q + k q - w)]\,dt"""
REGULATOR = r"""\dot x = a x + b u
J = \frac12 s x(T)^2 + \frac12 \int_0^T (q x^2 + r u^2)\,dt
H = \frac12 (q x^2 + r u^2) + \lambda (a x + b u)
u_{\mathrm{opt}} = -\frac{b}{r}\lambda
\lambda = P x"""
DIRECTION = "state: x\ncostate: \\lambda (column)\nfield: f\nterminal cost: C\ntime: t in [0, T]"
MOVED = r"""\frac{d}{dt} x = f(x)
x(0) = \theta
\delta(t) = \frac{\partial x(t;\theta)}{\partial\theta}\,\gamma
\frac{d}{dt}\delta = f'(x)\,\delta
\xi(t) = \frac{\partial\lambda(t)}{\partial\theta}\,\gamma"""
ROWS = [
    ("", POLE, r"\dot\lambda = -3 x + a \lambda", r"\dot\lambda = -3 x - a \lambda"),
    ("", ADJOINED, r"m \ddot r - c \dot r + k r + q = 0", r"m \ddot r + c \dot r + k r + q = 0"),
    ("", REGULATOR, r"\dot P = -2 a P + \frac{b^2}{r} P^2 - q", r"\dot P = -2 a P - \frac{b^2}{r} P^2 - q"),
    ("", PROBLEM, r"\dot\lambda = -f_x(x_*, u_*)^T\lambda - g_x(x_*, u_*)^T", r"\dot\lambda = f_x(x_*, u_*)^T\lambda - g_x(x_*, u_*)^T"),
    ("state: k\ncontrol: c\ntime: t in [0, T]", GROWTH, r"\dot\mu = \rho\mu - \mathcal{H}_k", r"\dot\mu = -\mathcal{H}_k"),
    ("", HARVEST, r"\partial\mathcal{H}/\partial E = p q x - c - \mu q x", r"\partial\mathcal{H}/\partial E = p q x - c + \mu q x"),
    ("", CART, r"\dot\lambda_2 = -\lambda_1 + \frac{b}{M}\lambda_2", r"\dot\lambda_2 = \lambda_1 + \frac{b}{M}\lambda_2"),
    ("", ADJOINED.replace("r (m", "- r (m").replace("+ - r", "- r"), "w = -r", "w = r"),
    ("", REGULATOR, r"J = \frac12 P(0) x(0)^2", r"J = P(0) x(0)^2"),
    (DIRECTION, MOVED, r"\xi(T) = \nabla^2 C(x(T))\,\delta(T)", r"\xi(T) = -\nabla^2 C(x(T))\,\delta(T)"),
]


@pytest.mark.parametrize(("header", "given", "right", "wrong"), [
    pytest.param(*row, marks=[pytest.mark.campaign] if i > 1 else []) for i, row in enumerate(ROWS)])  # computing time
def test_right_lines_are_proved_and_slips_refuted(header: str, given: str, right: str, wrong: str) -> None:
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize("optimum", ["x_*", r"x_{\ast}", r"x_\star", r"x_{\mathrm{opt}}", r"x^\circ", "x^*"])
def test_the_optimum_is_marked_above_or_below(optimum: str) -> None:
    assert understood(*PROBLEM.splitlines(), rf"\lambda(T) = \phi_x({optimum}(T))")[0] == "p(t1)' = d_ Psi(x(t1))/d_x"


def test_what_a_state_differs_from_is_no_optimum() -> None:
    aimed, _ = understood(r"\dot x = f(x, u)", r"J = \frac12 |x(T) - x^*|^2")
    assert aimed == "J = (1/2) abs(x(t1) - x_star)^2"
    moved, _ = understood(*PROBLEM.splitlines(), r"\dot x^* = f(x^*, u^*)", r"\delta x = x - x^*")
    assert moved == "delta x = ?what differs from the optimum?"


PEST = r"""\dot x = r x (1 - u)
0 \le u \le U
J = \int_0^T (x + \frac{c}{2} u^2)\,dt
H = x + \frac{c}{2} u^2 + \lambda r x (1 - u)"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"u = \min\{U, \max\{0, \frac{\lambda r x}{c}\}\}", r"u = \min\{U, \max\{0, -\frac{\lambda r x}{c}\}\}"),
    (r"u^* = \max(0, \min(U, \lambda r x/c))", r"u^* = \max(0, \min(U, \lambda r x/(2c)))"),
])
def test_between_bounds_a_convex_square_is_clipped(right: str, wrong: str) -> None:
    assert last_two("", PEST, right, wrong) == ["proved", "refuted"]


def test_a_clipped_control_stands_at_the_time_of_the_costate() -> None:
    right, wrong = (rf"u({at}) = \min\{{U, \max\{{0, \frac{{\lambda(t) r x(t)}}{{c}}\}}\}}" for at in "tT")
    assert last_two("", PEST, right, wrong) == ["proved", "unknown"]


@pytest.mark.parametrize(("old", "new"), [(r"\frac{c}{2} u^2", r"c u^4"), ("x (1 - u)", "x (1 - u^2)")])
def test_what_is_no_convex_square_is_not_clipped(old: str, new: str) -> None:
    assert last_two("", PEST.replace(old, new), r"u = \min\{U, \max\{0, x\}\}", r"u = \max\{U, \min\{0, x\}\}") == ["unknown"] * 2


def test_a_step_by_hand_is_none_of_a_solution() -> None:
    steps = r"\lambda(t - h) = \lambda(t) - h \dot\lambda(t)", r"\lambda(T - 2h) = 0.2"
    assert last_two("", PEST + "\nh = 0.1", *steps) == ["unknown", "unknown"]


@pytest.mark.parametrize("given", [r"$$\max_u \int_0^T (x - \frac{c}{2} u^2)\,dt,\qquad 0 \le u \le \bar u$$", r"$$J = \int_0^T (x - \frac{c}{2} u^2)\,dt,\qquad 0 \le u \le \bar u$$"])
def test_bounds_beside_a_cost_are_bounds(given: str) -> None:
    lines = r"$H = x - \frac{c}{2} u^2 + \lambda r x (1 - u)$ $$\dot\lambda = -1 - \lambda r (1 - u),\quad H_u = 0$$"
    found = statuses(r"$\dot x = r x (1 - u)$ " + given + lines)
    assert found[1] == "assumption" and found[-2:] == ["proved", "unknown"], found


def test_arguments_of_a_hamiltonian_may_be_small_where_paths_are_capital() -> None:
    """H(x, p, theta) beside X_0 = x and H(X_t, P_t, theta_t): P is the costate, and nabla_x the slope in the argument."""
    notes = (r"$$J = \Phi(X_T) + \int_0^T R(\theta_t)\,dt$$ $$\dot X_t = f(X_t,\theta_t), X_0 = x$$ "
             r"$$H(x,p,\theta) = \langle p, f(x,\theta)\rangle - R(\theta)$$ "
             r"$$\dot P_t = -\nabla_x H(X_t,P_t,\theta_t)$$ $$\dot P_t = -f_x(X_t,\theta_t)^T P_t$$ $$P_T = -\nabla\Phi(X_T)$$ "
             r"$$\dot P_t = f_x(X_t,\theta_t)^T P_t$$ $$P_T = \nabla\Phi(X_T)$$")
    found = statuses(notes, "gradients: columns\nmultiplier: p (column)")
    assert found[-5:] == ["proved", "proved", "proved", "refuted", "refuted"], found


def test_weights_that_change_in_time_are_a_control_and_an_angle_is_none() -> None:
    spaces = r"$x(t) \in \mathbb{R}^n$, $\theta(t) \in \mathbb{R}^m$, $p(t) \in \mathbb{R}^n$ with $p = (dJ/dx)^\top$. "
    posed = r"$$ J = \Phi(x(T)) + \int_0^T R(x, \theta)\,dt, \quad \dot x = f(x, \theta) $$ $$ H(x, p, \theta) = R + p^\top f $$ "
    right = r"$$ \frac{dH}{dt} = \frac{\partial H}{\partial\theta} \dot\theta $$"
    assert statuses(spaces + posed + right + right.replace("= ", "= -"))[-2:] == ["proved", "refuted"]
    angle = r"$\theta(t) \in \mathbb{R}$ obeys $$ \ddot\theta = -\sin\theta $$ $$ J = \theta(T) $$ $$ \ddot\theta = \sin\theta $$"
    assert statuses(angle)[1] == "assumption"


PRINCIPLES = [(r"\le H(x^*, v, \lambda)$, $v \in U", r"\ge H(x^*, v, \lambda)$, $v \in U"),
              (r"= \min_{v \in U} H(x^*, v, \lambda)", r"= \max_{v \in U} H(x^*, v, \lambda)")]


@pytest.mark.parametrize(("least", "greatest"), PRINCIPLES)
@pytest.mark.parametrize(("goal", "hamiltonian", "turned"), [("min", "L + ", False), ("max", "L + ", True), ("min", "-L + ", True)])
def test_the_sign_of_a_hamiltonian_tells_whether_the_optimum_is_least(least: str, greatest: str, goal: str, hamiltonian: str, turned: bool) -> None:
    posed = rf"$$ \{goal}_u J = \Phi(x(T)) + \int_0^T L(x,u)\,dt, \quad \dot x = f(x,u) $$ $$ H(x, u, \lambda) = {hamiltonian} \lambda^T f(x,u) $$ "
    found = statuses(posed + rf"$H(x^*, u^*, \lambda) {least}$; $H(x^*, u^*, \lambda) {greatest}$")
    assert [status for status in found if status in ("proved", "refuted")] == ["proved", "refuted"][:: -1 if turned else 1], found


@pytest.mark.parametrize(("goal", "found"), [("max", ["proved", "refuted"]), ("min", ["refuted", "proved"])])
def test_what_is_best_of_all_controls_tells_the_goal(goal: str, found: list[str]) -> None:
    posed = r"$$ \dot x = f(x, u) $$ $$ P[u(\cdot)] = \int_0^T r(x, u)\,dt + g(x(T)) $$ $$ H(x, p, u) = f(x, u) \cdot p + r(x, u) $$ "
    best = rf"$$ P[u^*(\cdot)] = \{goal}_{{u(\cdot) \in \mathcal{{A}}}} P[u(\cdot)] $$ "
    claims = [rf"$$ H(x^*, p^*, u^*) = \{extremum}_{{v \in U}} H(x^*, p^*, v) $$ " for extremum in ("max", "min")]
    assert statuses(posed + best + "".join(claims))[-3:] == ["assumption", *found]


def test_a_held_end_without_a_cost_in_time_is_judged() -> None:
    posed = r"$$ \dot x = A x + B u, \quad x(0) = x_0, \quad x(T) = x_1 $$ "
    assert statuses(posed + r"$$ \dot x = A x + B u $$ $$ \dot x = A x - B u $$")[-2:] == ["proved", "refuted"]
    paid = r"$$ \min J = \phi(x(T)) $$ $$ H = \lambda^T (A x + B u) $$ $$ \dot\lambda = -A^T \lambda $$ $$ \dot\lambda = -A \lambda $$"
    assert statuses(posed + paid)[-2:] == ["proved", "refuted"]


SWING = r"""\dot\varphi = \omega
\dot\omega = -\sin\varphi - d\,\omega + u
J = \tfrac12 \varphi(T)^2 + \int_0^T \tfrac{r}{2} u^2\,dt
H = \tfrac{r}{2} u^2 + \lambda_1 \omega + \lambda_2 (-\sin\varphi - d\,\omega + u)"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"u = \max\{-\bar u, \min\{\bar u, -\lambda_2/r\}\}", r"u = \max\{-\bar u, \min\{\bar u, \lambda_2/r\}\}"),
    (r"u = \min\{u_{\max}, \max\{u_{\min}, -\tfrac1r \lambda_2\}\}", r"u = \min\{u_{\max}, \max\{u_{\min}, -\lambda_2\}\}"),
])
def test_a_clipped_control_tells_bounds_that_no_line_tells(right: str, wrong: str) -> None:
    header = "control: u\ncostate: \\lambda (column)\nobjective: J, minimised\ntime: t in [0, T]"
    assert last_two(header, SWING, right, wrong) == ["proved", "refuted"]
    crossed = r"u = \max\{\bar u, \min\{-\bar u, -\lambda_2/r\}\}", r"u = \max\{u_{\max}, \min\{u_{\min}, -\lambda_2/r\}\}"
    assert last_two(header, SWING, *crossed) == ["unknown", "unknown"]


@pytest.mark.parametrize(("right", "wrong"), [(r"\dot\lambda_1 = \cos\varphi\,\lambda_2", r"\dot\lambda_1 = -\cos\varphi\,\lambda_2")])
def test_an_angle_is_no_costate_where_another_letter_is_declared(right: str, wrong: str) -> None:
    theory = "\\dot x = f(x, u)\nJ = \\phi(x(T)) + \\int_0^T g(x, u)\\,dt\nH = g(x, u) + \\lambda^T f(x, u)\n"
    assert last_two("state: x\ncontrol: u\ncostate: \\lambda (column)\nobjective: J\ntime: t in [0, T]", theory + SWING, right, wrong) == ["proved", "refuted"]


SQUARE = r"""\dot x = A x + B u
x(0) = x_0
J = \frac12 x(T)^T S x(T) + \frac12\int_0^T (x^T Q x + u^T R u)\,dt
-\dot P = A^T P + P A - P B R^{-1} B^T P + Q
P(T) = S
u = -K x
K = R^{-1} B^T P"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"J = \frac12 x_0^T P(0) x_0 + \frac12\int_0^T (u + K x)^T R (u + K x)\,dt", r"J = \frac12 x_0^T P(0) x_0 + \int_0^T (u + K x)^T R (u + K x)\,dt"),
    (r"\frac{d}{dt}(\frac12 x^T P x) = \frac12 (u + K x)^T R (u + K x) - \frac12 (x^T Q x + u^T R u)",
     r"\frac{d}{dt}(\frac12 x^T P x) = (u + K x)^T R (u + K x) - \frac12 (x^T Q x + u^T R u)"),
    (r"\dot x = (A - B K) x + B (u + K x)", r"\dot x = (A - B K) x + 2 B (u + K x)"),
    (r"u = -K x", r"u = -2 K x"),
])
def test_what_a_control_pays_beside_the_best_is_judged_for_any_control(right: str, wrong: str) -> None:
    assert last_two("assume: symmetric Q, symmetric R, symmetric S", SQUARE, right, wrong) == ["proved", "refuted"]


FISHING = r"""w(t) \in [0, 1]
\dot x = x - x y - a x w
\dot y = -y + x y - b y w
J = \int_0^T ((x - 1)^2 + (y - 1)^2)\,dt
H = (x - 1)^2 + (y - 1)^2 + \psi_1 (x - x y - a x w) + \psi_2 (-y + x y - b y w)
\sigma = -a x \psi_1 - b y \psi_2"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"w = \begin{cases} 1, & \sigma < 0, \\ 0, & \sigma > 0 \end{cases}", r"w = \begin{cases} 1, & \sigma > 0, \\ 0, & \sigma < 0 \end{cases}"),
    (r"w = \begin{cases} 0, & 0 < \sigma, \\ 1, & \sigma < 0 \end{cases}", r"w = \begin{cases} 0, & \sigma < 0, \\ 1, & 0 < \sigma \end{cases}"),
])
def test_a_control_at_one_bound_or_the_other_by_cases(right: str, wrong: str) -> None:
    assert last_two("", FISHING, right, wrong) == ["proved", "refuted"]


def test_a_greatest_hamiltonian_turns_the_cases() -> None:
    found = last_two("objective: J, maximised", FISHING, r"w = \begin{cases} 1, & \sigma < 0, \\ 0, & \sigma > 0 \end{cases}", r"\dot x = x")
    assert found[0] != "proved"


ROOTS = r"""$\dot x = a x - b x y$, $\dot y = d x y - c y$. The Jacobian of the right-hand side is $$F = \begin{pmatrix} a - b y & -b x \\ d y & %s \end{pmatrix}$$
$$(\bar x, \bar y) = (c/d, a/b)$$ $$\mu_{1,2} = \pm\, i\,\sqrt{a c}$$ $$E = \frac12\int_0^T (x^2 + y^2)\,dt$$ $$\dot\lambda_1 = -(a - b y)\lambda_1 - d y\lambda_2 - x$$
$$\dot\lambda_1 = -(a - b y)\lambda_1 - d y\lambda_2 + x$$"""


def test_roots_and_states_of_rest_leave_the_rest_as_it_is_and_a_jacobian_is_what_words_call_it() -> None:
    found = statuses(ROOTS % "d x - c")
    assert (found[2], found[-2:]) == ("proved", ["proved", "refuted"])
    assert statuses(ROOTS % "d x + c")[2] == "definition"


BETWEEN = r"""\min_u \int_0^T (x^2 + \frac12 u^2)\,dt
\dot x = -x + u
|u| \le 1
H = x^2 + \frac12 u^2 + p (-x + u)
u = \max(-1, \min(1, -p))"""
LINEAR = r"""\max_\alpha \int_0^T (x - \alpha)\,dt
\dot x = \alpha
0 \le \alpha(t) \le 1
H = x - \alpha + p \alpha"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (BETWEEN, "u = -p", "u = -2 p"),  # where it meets no bound
    (BETWEEN, "H_u = u + p = 0", "H_u = u - p = 0"),
    (LINEAR, r"\alpha = \begin{cases} 1 & p > 1 \\ 0 & p \le 1 \end{cases}", r"\alpha = \begin{cases} 0 & p > 1 \\ 1 & p \le 1 \end{cases}"),
])  # fmt: skip
def test_between_bounds_what_a_control_satisfies_inside_and_at_them(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize("line", ["u^* = 1", "x = 2 e^{-t}", "u = t - T"])
def test_bounds_leave_open_what_the_whole_solution_tells(line: str) -> None:
    assert last_two("", BETWEEN, "u = -p", line)[-1] == "unknown"


@pytest.mark.parametrize(("task", "right", "wrong"), [("minimise", "min", "max"), ("maximise", "max", "min")])
def test_the_control_that_is_called_the_best_of_h_may_be_the_worst(task: str, right: str, wrong: str) -> None:
    posed = rf"We {task} $J = \phi(q(T)) + \int_0^T L(q, v)\,dt$ with $\dot q = f(q, v)$, $q(0) = q_0$, $H = L + \psi f$, $\psi(T) = \phi_q(q(T))$. "
    found = statuses(posed + rf"$v^*(t) = \arg\{right}_v H(q^*(t), v, \psi(t))$; $v = \arg\{wrong}_{{v}} H(q, v, \psi)$")
    assert found[-2:] == ["assumption", "refuted"]
