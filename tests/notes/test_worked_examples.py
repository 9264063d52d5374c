"""Examples solved on paper: costs without a name, closed forms on the notes' own clock, ends that are held, bounds, current values."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

LINEAR = "\\dot x = u\nx(0) = 2\nJ = \\int_0^1 (u^2 - x)\\,dt\nH = u^2 - x + \\lambda u\n"
SOLVED = LINEAR + "u = -\\frac{\\lambda}{2}\n\\lambda(t) = t - 1\n"
LANDING = "\\dot h = v\n\\dot v = u - g\nh(T) = v(T) = 0\nJ = \\int_0^T 1\\,dt\n|u| \\le U\nH = 1 + \\lambda_h v + \\lambda_v (u - g)\n"
FASTEST = "\\dot x = y\n\\dot y = u\n|u| \\le 1\n\\min \\int_0^T dt\nx(T) = 0\ny(T) = 0\nH = 1 + \\lambda y + \\mu u\nH(T) = 0\n"
POINT = "\\dot y = w\n\\dot w = u\nJ = \\frac12\\int_0^T u^2\\,dt\nH = \\frac12 u^2 + \\lambda_y w + \\lambda_w u\n\\psi_1 = y(T) - y_T = 0\n"
EFFORT = "\\dot x = v\n\\dot v = u\nJ(u) = \\int_0^T u(t)^2\\,dt\nx(T) = 0\nH = u^2 + p v + q u\n\\dot p = 0\n\\dot q = -p\n\\ddot u = 0\n"
STOCK = "\\dot s = g(s) - h\n\\max \\int_0^T e^{-rt}\\pi(h(t))\\,dt\nH = e^{-rt}\\pi(h) + \\lambda (g(s) - h)\n"
MANIFOLD = "\\dot x = f(x,u)\n\\psi(x(T)) = 0\nJ = \\phi(x(T)) + \\int_0^T L(x,u)\\,dt\nH = L + \\lambda^T f\n"
GROWTH = (
    "J = \\int_0^T e^{-\\rho t} u(c(t))\\,dt + e^{-\\rho T} S(k(T))\n\\dot k = f(k) - c - (n + \\delta) k\n"
    "\\mu(t) = e^{\\rho t}\\lambda(t)\n\\mathcal H = u(c) + \\mu\\,[f(k) - c - (n + \\delta) k]\n"
)
PRICED = "\\dot h = v\n\\dot v = u - g\nh(T) = v(T) = 0\nJ = \\int_0^T u^2\\,dt\nH = u^2 + p_h v + p_v (u - g)\n" \
    "\\Phi = \\nu_1 h(T) + \\nu_2 v(T) + \\int_0^T u^2\\,dt\n"  # a letter of the notes' own for each condition
TWICE = "u' = \\frac{du}{dt} = f(u,p,t)\nG(p) = G(u(\\cdot,p)) = \\int_0^T g(u,p)\\,dt\nI = G - \\int_0^T \\lambda^T (u' - f)\\,dt\n"
BARRED = "\\dot x = f(x,u,t)\nx(0) = x_0\nJ = \\varphi(x(T),T) + \\int_0^T L(x,u,t)\\,dt\n"
BEGUN = "\\dot x = -\\theta x\nx(t_0) = 1\nJ = \\frac12 x(t_1)^2\n\\lambda(t_1) = x(t_1)\n"  # a number at a time that is a letter
DECAY = "\\dot x = -a x\nx(0) = x_0\nJ = \\frac12 x(T)^2\n\\lambda(T) = x(T)\n"
ECONOMY = "state: k\ncontrol: c\ncostate: \\mu\ntime: t in [0, T]"
ROWS = [
    ("", LINEAR, r"\lambda(t) = t - 1", r"\lambda(t) = 1 - t"),
    ("", SOLVED, r"u(t) = \frac{1 - t}{2}", r"u(t) = \frac{t - 1}{2}"),
    ("", SOLVED, r"x(t) = 2 + \frac{t}{2} - \frac{t^2}{4}", r"x(t) = 2 + \frac{t}{2} - \frac{t^2}{2}"),
    ("", FASTEST, r"1 + \mu(T) u(T) = 0", r"\lambda(T) = 0"),
    ("", LANDING, r"u^* = -U \operatorname{sgn}\lambda_v", r"u^* = U \operatorname{sgn}\lambda_v"),
    ("", LANDING, r"\lambda_v(t) = \lambda_v(T) + \lambda_h (T - t)", r"\lambda_v(t) = \lambda_v(T) - \lambda_h (T - t)"),
    ("", POINT, r"\lambda_y(T) = \nu_1", r"\lambda_w(T) = \nu_1"),
    ("", PRICED, r"p_h(T) = \nu_1", r"p_h(T) = \nu_2"),
    ("state: u\nparameters: p", TWICE, r"\frac{dG}{dp} = \int_0^T (g_p + \lambda^T f_p)\,dt", r"\frac{dG}{dp} = \int_0^T \lambda^T f_p\,dt"),
    ("state: u\nparameters: p", TWICE + "u' = p u\ng = \\frac12 u^2\n", r"\lambda' = -p\lambda - u", r"\lambda' = -p\lambda + u"),
    ("", BARRED, r"\frac{dJ}{dT} = \varphi_T + \varphi_x f + L \bigg|_{t=T}", r"\frac{dJ}{dT} = \varphi_T + L \bigg|_{t=T}"),
    ("", BEGUN, r"x(t) = e^{-\theta (t - t_0)}", r"x(t) = e^{-\theta t}"),
    ("", BEGUN + "x(t) = e^{-\\theta (t - t_0)}\n", r"\frac{dJ}{dt_0} = \theta\,e^{-2\theta(t_1 - t_0)}", r"\frac{dJ}{dt_0} = -\theta\,e^{-2\theta(t_1 - t_0)}"),
    ("", DECAY, r"\lambda(t) = \lambda(T) e^{-a(T - t)}", r"\lambda(t) = \lambda(T) e^{a(T - t)}"),
    ("", EFFORT, r"q(t) = q(T) + p (T - t)", r"p(T) = 0"),
    ("", STOCK, r"\dot\lambda = -\lambda g'(s)", r"\lambda(T) = 1"),
    ("", MANIFOLD, r"\lambda(T) = \phi_x^T + \psi_x^T\mu", r"\lambda(T) = \phi_x^T + \psi_x\mu"),
    (ECONOMY, GROWTH, r"\dot\mu = (\rho + n + \delta - f'(k))\,\mu", r"\dot\lambda = (\rho + n + \delta - f'(k))\,\lambda"),
]


SLOW = (SOLVED, STOCK, GROWTH)


@pytest.mark.parametrize(("header", "given", "right", "wrong"), [
    pytest.param(*row, marks=[pytest.mark.campaign] if row[1] in SLOW else []) for row in ROWS])  # computing time
def test_the_right_line_is_proved_and_its_slip_refuted(header: str, given: str, right: str, wrong: str) -> None:
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


GENERAL = "The state obeys $\\dot x = f(x,u)$, the cost is $J = \\int_0^T L(x,u)\\,dt$ and $H = L + \\lambda f$. "
COSTS = [  # a cost without a name, beside a word for what is done with it
    (r"Minimise $\int_0^1 (u^2 - x)\,dt$ with $\dot x = u$, $x(0) = 2$.", r"$\dot\lambda = 1$", "proved"),
    (r"Si massimizzi $\int_0^1 (x - u^2)\,dt$ con $\dot x = u$, $x(0) = 2$.", r"$\dot\lambda = -1$", "proved"),
    (r"$\dot x = u$, $x(0) = 2$; $\int_0^1 (u^2 - x)\,dt$ soll minimiert werden.", r"$\dot\lambda = -1$", "refuted"),
    (r"Let $\dot x = u$, $x(0) = 2$.", r"$\dot\lambda = 0$", "unknown"),  # of which nobody says what is paid
]


PREY = "\\dot x_1 = a x_1 - b x_1 x_2\n\\dot x_2 = -c x_2 + d x_1 x_2\nJ = \\frac12 x_1(T)^2\n"
SLOPE = r"\begin{pmatrix} a - b x_2 & -b x_1 \\ d x_2 & -c + d x_1 \end{pmatrix}"


def test_the_jacobian_of_a_field_in_components_is_judged_entry_by_entry() -> None:
    right = r"\frac{\partial f}{\partial x} = " + SLOPE
    assert last_two("", PREY, right, right.replace("& -b", "& b")) == ["proved", "refuted"]
    turned = right.replace("& -b x_1", "& d x_2").replace("\\ d x_2", "\\ -b x_1")
    assert last_two("", f"{PREY}{right}\n", r"f_x^T = " + turned.partition(" = ")[2], turned) == ["proved", "refuted"]


def test_a_parameter_d_stands_before_a_state_and_a_differential_is_not_refuted() -> None:
    right = r"\frac{d\lambda_1}{dt} = -(a - b x_2) \lambda_1 - d x_2 \lambda_2"
    assert last_two("", PREY, right, right.replace("- d", "+ d")) == ["proved", "refuted"]
    differential = r"dJ = \lambda_1(0) dx_1(0) + \lambda_2(0) dx_2(0)"
    assert last_two("", PREY, r"\frac{dJ}{dd} = \int_0^T \lambda_2 x_1 x_2 dt", differential) == ["proved", "unknown"]


@pytest.mark.parametrize(("posed", "line", "status"), COSTS)
def test_an_example_has_the_cost_that_a_word_names(posed: str, line: str, status: str) -> None:
    assert statuses(f"{GENERAL}{posed} Then {line}.")[-1] == status


def test_a_second_rate_follows_where_the_first_is_a_control() -> None:
    posed = r"$\dot x = u$, $x(0) = 1$, $J = \frac12\int_0^1 (x^2 + u^2)\,dt$, $H = \frac12(x^2 + u^2) + \lambda u$, $u = -\lambda$"
    assert statuses(rf"{posed}, $\ddot x = x$, $\ddot x = -x$")[-2:] == ["proved", "refuted"]


@pytest.mark.campaign
def test_a_solution_on_the_own_clock_of_the_notes_is_not_refuted() -> None:
    posed = r"$\dot x = u$, $x(0) = 1$, $J = \frac12\int_0^1 (x^2 + u^2)\,dt$, $H = \frac12(x^2 + u^2) + \lambda u$, $u = -\lambda$"
    assert statuses(rf"{posed}, $x(t) = \cosh(1 - t)/\cosh 1$, $x(t) = \sinh(1 - t)/\sinh 1$")[-2:] == ["proved", "refuted"]


def test_a_set_that_is_told_bounds_a_control_and_a_name_does_not() -> None:
    posed = r"$\dot x = f(x,u)$, $u(t) \in U \subset \mathbb{R}^k$, $J = \int_0^T L(x,u)\,dt$, $H = L + \lambda^T f$, $H_u = 0$"
    assert statuses(f"{posed}, $H_u = 0$")[-1] == "proved"
    assert statuses(rf"{posed}, $U = [-1, 1]$, $H_u = 0$")[-1] == "unknown"


@pytest.mark.parametrize(("bound", "found"), [("x(0) > 0", ["proved", "refuted"]), (r"u \ge 0", ["unknown", "unknown"]), ("x(t) > 0", ["unknown", "unknown"])])
def test_a_bound_on_the_start_bounds_no_control(bound: str, found: list[str]) -> None:
    given = f"\\dot x = -x + u\n{bound}\nJ = \\int_0^T (x^2 + u^2)\\,dt\nH = x^2 + u^2 + \\lambda (u - x)"
    assert last_two("", given, r"2 u + \lambda = 0", r"u + \lambda = 0") == found


def test_the_rate_of_a_path_between_held_ends_is_proved() -> None:
    posed = r"$\dot x = v$, $\dot v = u$, $x(0) = 0$, $v(0) = 0$, $x(1) = 1$, $v(1) = 0$, $J = \frac12\int_0^1 u^2\,dt$"
    costates = r"$H = \frac12 u^2 + p_x v + p_v u$, $u = -p_v$"
    assert statuses(rf"{posed}, {costates}, $\dot p_v = p_x$, $\dot v = 6 - 12 t$")[-2:] == ["refuted", "proved"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\lambda(t) = (z(t_1) - y)\,e^{\theta(t_1 - t)}", r"\lambda(t) = (z(t_1) - y)\,e^{\theta(t - t_1)}"),
    (r"\lambda(t) = e^{\theta(t_1 - t)}(z(t_1) - y)", r"\lambda(t) = 2\,e^{\theta(t_1 - t)}(z(t_1) - y)"),
])
def test_a_costate_may_be_told_by_what_the_state_is_in_the_end(right: str, wrong: str) -> None:
    given = "\\dot z = \\theta z\nz(t_0) = z_0\nL = \\frac12 (z(t_1) - y)^2\n\\lambda(t) = \\frac{dL}{dz(t)}"
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_how_long_the_best_horizon_is_stays_open() -> None:
    posed = r"$\dot x = u$, $x(0) = 0$, $x(T) = d > 0$, $J = \int_0^T (1 + \frac12 u^2)\,dt$, $H = 1 + \frac12 u^2 + \lambda u$, $u = -\lambda$"
    found = statuses(rf"{posed}, $\dot\lambda = 0$, $\dot\lambda = \lambda$, $\lambda = -\sqrt2$, $2 T = \sqrt2\, d$")
    assert found[-4:] == ["proved", "refuted", "unknown", "unknown"], found


def test_what_is_paid_for_is_wished_for_and_not_held() -> None:
    given = r"$$y(1) = 2$$ $$\dot y = w y$$ $$y(0) = 1$$ $$J = \frac12 (y(1) - 2)^2$$ $$p = dJ/dy$$ "
    assert statuses(given + r"$$p(1) = y(1) - 2$$ $$p(1) = e^w - 2$$", "state: y\nparameters: w")[-2:] == ["unknown", "unknown"]


PREDATORS = r"Let $\dot x = a x - b x y$, $\dot y = c x y - d y - u y$, $J = \frac12\int_0^T (x^2 + u^2)\,dt$. "


def test_a_function_followed_along_the_motion_and_a_state_of_rest_are_no_new_letters() -> None:
    followed = r"Let $V(x,y) = c x - d \ln x + b y - a \ln y$. Then $\dot V = -u (b y - a)$ and not $\dot V = u (b y - a)$."
    assert statuses(f"{PREDATORS}Without harvest $y = a/b$. {followed}")[-2:] == ["proved", "refuted"]
    matrix = r"A = \begin{pmatrix} a - b y & -b x \\ c y & c x - d - u \end{pmatrix}"
    resting = r"A = \begin{pmatrix} 0 & -b d/c \\ a c/b & 0 \end{pmatrix}"
    assert statuses(f"{PREDATORS}${matrix}$. At the equilibrium ${resting}$.")[-1] == "unknown"
    assert statuses(f"{PREDATORS}${matrix}$. Along the motion ${resting}$.")[-1] == "refuted"


def test_the_shortest_time_to_a_target_that_only_words_tell_refutes_nothing() -> None:
    posed = r"A mass comes to the origin as fast as possible: $\dot x = y$, $\dot y = u$, $|u| \le 1$, $J = \int_0^T 1\,dt \to \min$, "
    costates = r"$H = 1 + \lambda y + \mu u$, $\dot\lambda = 0$, $u = -\operatorname{sgn}\mu$, $1 + \lambda y - |\mu| = 0$"
    assert statuses(posed + costates)[-3:] == ["proved", "proved", "unknown"]


def test_another_running_cost_after_an_example_is_not_that_of_before() -> None:
    general = r"$\dot x = f(x,u)$, $J = \varphi(x(t_f)) + \int_0^{t_f} L(x,u)\,dt$, $H = L + \lambda^T f$. "
    first = r"Example: $\dot x_1 = x_2$, $\dot x_2 = u$, $J = \frac12\int_0^{t_f} u^2\,dt$, $H = \frac12 u^2 + \lambda_1 x_2 + \lambda_2 u$. "
    second = r"As fast as possible: here $L = 1$ and $\varphi = 0$, so $1 + \lambda_1 x_2 - |\lambda_2| = 0$."
    assert statuses(general + first + second)[-1] == "unknown"
    assert statuses(general + first + r"$1 + \lambda_1 x_2 - |\lambda_2| = 0$")[-1] == "refuted"


def test_a_horizon_without_end_is_told_in_words_and_one_that_is_only_named_is_not() -> None:
    posed = (r"$\dot x = -x + u$, $x(0) = x_0$, $J = \frac12\int_0^T (x^2 + u^2)\,dt$, $H = \frac12 (x^2 + u^2) + p (-x + u)$, $u = -p$. With $p = P x$ "
             r"we have $\dot P = P^2 + 2 P - 1$. ")
    still = r"$P = \sqrt2 - 1$, $P = \sqrt2 + 1$."
    assert statuses(f"{posed}For an infinite horizon $P$ is constant: {still}")[-2:] == ["proved", "refuted"]
    assert "proved" not in statuses(f"{posed}Unlike the infinite horizon problem this has an end: {still}")[-2:]


@pytest.mark.parametrize(("cost", "right", "wrong"), [
    (r"\ell(z(1))", r"a(1) = \nabla\ell(z(1))", r"a(1) = -\nabla\ell(z(1))"),
    (r"\frac12 \|z(1) - y\|^2", r"a(1) = z(1) - y", r"a(1) = y - z(1)"),
    (r"\ell(z(1))", r"\frac{dJ}{dx} = a(0)", r"\frac{dJ}{dx} = a(1)"),
])
def test_a_cost_of_the_state_at_one_is_paid_at_the_end(cost: str, right: str, wrong: str) -> None:
    posed = rf"Let $\dot z = f(z, \theta)$, $z(0) = x$, $J = {cost}$ and $a = \partial J/\partial z$. "
    assert statuses(f"{posed}${right}$, ${wrong}$")[-2:] == ["proved", "refuted"]
    assert "proved" not in statuses(f"{posed.replace('$ and', '$, $z(2) = z_2$ and')}${right}$, ${wrong}$")[-2:]  # which time is the end?


def test_what_a_start_has_become_at_the_end_is_no_end_that_is_held() -> None:
    posed = r"Let $\dot y = -k y$, $y(0) = y_0$, $C(k) = \frac12 (y(T) - y_m)^2$. $y(T) = y_0 e^{-kT}$. "
    assert statuses(posed + r"$\frac{dC}{dk} = -\int_0^T \lambda y\,dt$, $\frac{dC}{dk} = \int_0^T \lambda y\,dt$")[-3:] == ["proved", "proved", "refuted"]


def test_the_best_end_time_may_be_asked_for_with_a_bar_behind_the_last_term() -> None:
    posed = r"$\dot x = f(x)$, $J(T) = \phi(x(T)) + \int_0^T L(x)\,dt$. "
    assert statuses(posed + r"$\phi_x f + L \Big|_{t=T} = 0$, $\phi_x f - L \Big|_{t=T} = 0$")[-2:] == ["proved", "refuted"]
    assert statuses(posed + r"$\frac{dJ}{dT} = \phi_x f - L \Big|_{t=T}$")[-1] == "refuted"


def test_weight_decay_stands_beside_a_running_cost_of_layers() -> None:
    posed = r"$J(\theta) = \sum_{k=0}^{N-1} \ell(x_k) + \Phi(x_N) + \frac{\beta}{2}\|\theta\|^2$, $x_{k+1} = g(x_k, \theta)$, $p_N = \nabla\Phi(x_N)$, "
    right = r"$\nabla J(\theta) = \beta\theta + \sum_{k=0}^{N-1} g_\theta(x_k,\theta)^\top p_{k+1}$"
    assert statuses(f"{posed}{right}, {right.replace('= ', '= 2 ')}")[-3:] == ["proved", "proved", "refuted"]


GENERAL_COST = r"$\dot z = f(z, t, \theta)$, $z(0) = z_0$, $J(\theta) = L(z(T)) + \int_0^T \ell(z(t))\,dt$. "


@pytest.mark.parametrize(("words", "beside", "found"), [
    ("Scalar, linear, no running cost:", "", ["proved", "refuted"]),
    ("Scalar:", "no running cost and", ["proved", "refuted"]),
    pytest.param("Scalar and linear:", "", ["unknown", "refuted"], marks=pytest.mark.campaign),
])
def test_an_example_without_a_running_cost_pays_none(words: str, beside: str, found: list[str]) -> None:
    example = rf"{words} $\dot z = \theta z$, $z(0) = z_0$, {beside} $L(z(T)) = \frac12 z(T)^2$. Then $z(t) = z_0 e^{{\theta t}}$, "
    right = r"$J(\theta) = \frac12 z_0^2 e^{2\theta T}$"
    last = statuses(f"{GENERAL_COST}{example}{right}, {right.replace('= ', '= 2 ', 1)}")[-2:]
    assert last == found or (words.startswith("Scalar and") and "proved" not in last)


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{dJ}{dt_1} = \Phi_t + \Phi_x f + L \,\Big|_{t = t_1}", r"\frac{dJ}{dt_1} = \Phi_t + \Phi_x f - L \,\Big|_{t = t_1}"),
])
def test_a_bar_behind_the_last_term_closes_the_whole_sum(right: str, wrong: str) -> None:
    posed = r"$\dot x = f(t,x)$, $x(t_0) = x_0$, $J = \Phi(t_1, x(t_1)) + \int_{t_0}^{t_1} L(t,x)\,dt$. "
    assert statuses(f"{posed}${right}$, ${wrong}$")[-2:] == ["proved", "refuted"]


def test_a_number_that_words_give_a_letter_and_an_example_of_one_number_refute_nothing() -> None:
    posed = (r"$\dot z = f(z, \theta)$, $z(0) = z_0$, $J = \ell(z(T)) + \kappa\int_0^T \|f(z,\theta)\|^2\,dt$, $a = \partial J/\partial z$ (a column). "
             r"$a(T) = \nabla\ell(z(T))$. ")
    assert statuses(posed + r"Now $\kappa = 0$ and $f = A z$. $\dot a = -A^\top a$, $\dot a = A^\top a$")[-2:] == ["unknown", "refuted"]
    plant = r"$\dot x = A x + B u$, $J = \frac12\int_0^T (x^\top Q x + u^\top R u)\,dt$, $x \in \mathbb{R}^n$. For the scalar plant $\dot x = x + u$ the loop is $\dot x = -2x$."
    assert statuses(plant)[-1] == "unknown"


QUICKEST = (r"$\dot x = f(x,u)$, $J = \int_0^T f_0(x,u)\,dt$, $H = f_0 + p f$. A cart: $\dot x_1 = x_2$, $\dot x_2 = u$, $|u| \le 1$. "
            r"{words}, $f_0 = 1$. $H = 1 + p_1 x_2 + p_2 u$, $\dot p_1 = 0$, ")


@pytest.mark.parametrize(("words", "line", "status"), [
    ("It has to come to rest at the origin", r"$\dot p_2 = -p_1$", "proved"),
    ("It has to come to rest at the origin", r"$\dot p_2 = p_1$", "refuted"),
    ("It has to come to rest at the origin", r"$p_1(T) = 0$", "refuted"),
    ("We look at it near the origin", r"$p_1(T) = 0$", "unknown"),  # what is to be reached is not told
    ("It is to be brought to the origin as fast as possible", r"$\dot p_2 = -p_1$, $p_1 = c_1$, $p_2 = c_2 - c_1 t$", "proved"),
    ("It is to be brought to the origin as fast as possible", r"$\dot p_2 = -p_1$, $p_1 = c_1$, $p_2 = c_2 + c_1 t$", "refuted"),
])
def test_words_say_what_is_to_be_reached_in_the_shortest_time(words: str, line: str, status: str) -> None:
    """And f_0 = 1 is the cost of before, no component of f."""
    assert statuses(QUICKEST.replace("{words}", words) + line)[-1] == status


CART = (r"$\dot x = f(x,u)$, $x(0)=x_0$, $J = \varphi(T,x(T)) + \int_0^T L(x,u)\,dt$, $H = L + p f$. A cart: $\dot x_1 = x_2$, $\dot x_2 = u$, "
        r"$|u| \le 1$. It is brought to the origin as fast as possible, so $L = 1$, $\varphi = 0$, $H = 1 + p_1 x_2 + p_2 u$. ")
SOFT = (r"Let $\dot x = a x + u$ with $x(0) = x_0$, where $T$ is given. With $s > 0$ we minimise $J = \frac12 s x(T)^2 + \frac12\int_0^T u^2\,dt$. "
        r"$H_u = 0$ and so $u = -p$, ")


@pytest.mark.parametrize(("line", "status"), [
    ("$p(t) = s x(T) e^{a(T - t)}$", "proved"),
    ("$p(t) = s x(T) e^{a(t - T)}$", "refuted"),
    ("$H = 0$", "unknown"),  # no line of the example tells H
])
def test_an_example_after_another_has_a_cost_of_its_own(line: str, status: str) -> None:
    """And not the general one, of which the example before told the parts."""
    assert statuses(CART + SOFT + line)[-1] == status


def test_a_slope_of_the_field_of_one_number_is_that_of_its_formula() -> None:
    given = r"$$\dot y = f(t, y, p)$$ $$G = \int_0^{t_f} g(t, y, p)\,dt$$ An example is $$\dot y = -p\,y$$ with $y(0) = 1$ and $$G = \int_0^T y\,dt.$$ "
    assert statuses(given + r"$$f_p = -y$$ $$f_p = y$$ $$f_y = -p$$ At $T = 1$")[-4:] == ["proved", "refuted", "proved", "assumption"]


def test_a_line_of_a_field_that_a_sentence_frees_of_time_is_judged_for_such_a_field() -> None:
    given = r"$$\dot h = f(h, t, \theta)$$ The loss is $L(h(t_1))$. $$a(t) = \frac{\partial L}{\partial h(t)}$$ as a row. "
    free = r"When $f$ does not depend explicitly on $t$, $$\frac{d}{dt}(a f) = 0.$$ When $f$ does not depend on $t$, $$\frac{d}{dt}(a f) = a f.$$ "
    weights = r"The weights of $f$, $\theta$, do not depend on $t$, and $$\frac{d}{dt}(a f) = a \frac{\partial f}{\partial h} f.$$"
    assert statuses(given + free + weights)[-3:] == ["proved", "refuted", "refuted"]


def test_a_letter_that_no_line_tells_may_be_no_hamiltonian() -> None:
    posed = r"$\dot x = f(x,u)$, $J = \int_0^T L(x,u)\,dt$, $H = 0$, $H = L + \lambda^T f$, $H = 0$"
    assert statuses(posed) == ["assumption", "assumption", "unknown", "definition", "refuted"]
