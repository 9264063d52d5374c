"""How problems are posed and letters told: what the last lines of notes are read as, without a word of prose and without a header."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

FLOW = r"\dot x = f(x,u)"
TUNED = r"\dot x = f(x,\theta)"
SLOPE = r"d p/dt = -(d_ f/d_x)' p"

READ = [
    (r"\text{minimize}\quad \Phi(x(T)) + \int_0^T L(x,u)\,dt", "min (Psi(x(t1)) + int_t0^t1 L(x, w) dt)", "assumption"),
    (r"J(u) = \int_0^T L(x,u)\,dt \to \min", "min J = int_t0^t1 L(x, w) dt", "assumption"),
    (r"\min_u J(u)", "min_w ?J?", "assumption"),
    (r"J(\alpha) = \frac12\int_0^T |x(t) - d(t)|^2\,dt", "J = (1/2) (int_t0^t1 abs(x(t) - d(t))^2 dt)", "assumption"),
    (r"u_{\min} \le u(t) \le u_{\max}", "u_min <= w(t) <= u_max", "assumption"),
    (r"f:\mathbb{R}^n\times\mathbb{R}^k\to\mathbb{R}^n", "f : ?mathbb{R}?^?n? ?mathbb{R}?^?k? to ?mathbb{R}?^?n?", "assumption"),
    (r"g: \mathbb{R}^n \mapsto \mathbb{R}", "?g? : ?mathbb{R}?^?n? mapsto ?mathbb{R}?", "assumption"), (r"h \to 0", "?h? to 0", "assumption"),
    (r"u \leftarrow u - \eta f_u", "w <- w - ?eta? (d_ f/d_w)", "assumption"),
    (r"H(x,u) \ge 0", "H(x, w) >= 0", "claim"),
]
NOTES = [
    # a solution as a function of its inputs
    (["\\frac{du}{dt} = f(u,p,t)", r"u(t_0,p) = u_0(p)"], "x(t0) = x(t0)", "assumption"),
    ([r"\dot x = f(x,\theta)", r"x(0; x_0, \theta) = x_0"], "x(t0) = x0", "assumption"),
    # primes are rates beside dx/dt and integrals, and never beside x'Qx
    ([r"\frac{du}{dt} = f(u,p,t)", r"s = \frac{\partial u}{\partial p}", "s' = f_u s + f_p"],
     "d (d x/dtheta)/dt = (d_ f/d_x) (d x/dtheta) + d_ f/d_theta", "claim"),
    ([r"\frac{dx}{dt} = f(x)", r"J = \int_0^T x'Q x\,dt", "z' = f_x z"], "?z^prime? = (d_ f/d_x) ?z?", "claim"),
    # a letter that stands where only one thing fits
    ([TUNED, r"J = \int_0^T L(x,\theta)\,dt", r"\frac{dJ}{d\theta} = \int_0^T (L_x s + L_\theta)\,dt"],
     "d J/dtheta = int_t0^t1 ((d_ L/d_x) (d x/dtheta) + d_ L/d_theta) dt", "claim"),
    ([FLOW, r"J = \int_0^T L(x,u)\,dt", r"\delta J = \int_0^T (L_x\xi + L_u\eta)\,dt"],
     "delta J = int_t0^t1 ((d_ L/d_x) delta x + (d_ L/d_w) delta w) dt", "claim"),
    ([TUNED, r"\int_0^T \mu(\dot s - f_x s - f_\theta)\,dt = 0"],
     "int_t0^t1 p (d (d x/dtheta)/dt - (d_ f/d_x) (d x/dtheta) - d_ f/d_theta) dt = 0", "claim"),
    ([TUNED, r"\dot q = -f_x^\top q"], SLOPE, "claim"),
    ([r"\dot x = A x + B u", r"-\dot z = A^\top z"], "-d p/dt = A' p", "claim"),
    ([r"\dot m = b(m,\alpha)", r"\alpha(t) = 0"], "w(t) = 0", "claim"),
    # dynamics in other clothes
    ([r"\frac{dh}{dt} = f_\theta(h(t),t)", r"\dot a = -(\partial_h f_\theta)^\top a"], SLOPE, "claim"),
    ([r"x(t) = x_0 + \int_0^t f(x(s),u(s))\,ds", r"\dot x = f(x,u)"], "d x/dt = f(x, w)", "claim"),
    ([r"\dot z = f(z,t)", r"z(t+\varepsilon) = z(t) + \int_t^{t+\varepsilon} f(z(s),s)\,ds = T_\varepsilon(z(t),t)"],
     "x(t + eps) = x(t + eps) = x(t) + int_t^t + eps f(x(s), s) ds", "definition"),
    # the running cost f^0 beside the field f; a loss of what is made of the end state
    ([FLOW, r"J = \int_0^T f^0(x,u)\,dt", r"f^0_x = 0"], "d_ L/d_x = 0", "claim"),
    ([TUNED, r"x(0) = x_0", r"J(\theta) = \ell(g(x(T);\omega),y)", r"\frac{dJ}{dx_0} = 0"], "d J/dx0 = 0", "claim"),
    ([r"\frac{dy}{dt}(t) = f(t,y(t))", "y_{n+1} = y_n + h f(t_n,y_n)", r"\frac{da}{dt}(t) = -f_y(t,y(t))^\top a(t)"],
     "d p(t)/dt = -(d_ f(t, x(t))/d_x)' p(t)", "claim"),
    # a loss that only its derivatives name
    ([r"x_{l+1} = x_l + f(x_l,w_l)", r"\frac{\partial E}{\partial x_l} = 0"], "d J/dx(l) = 0", "claim"),
]


@pytest.mark.parametrize(("line", "reading", "status"), READ)
def test_problems_are_posed_in_many_ways(line: str, reading: str, status: str) -> None:
    assert understood(FLOW, line) == (reading, status)


@pytest.mark.parametrize(("lines", "reading", "status"), NOTES)
def test_letters_are_told_by_where_they_stand(lines: list[str], reading: str, status: str) -> None:
    assert understood(*lines) == (reading, status)


ENDED = "\\dot x = f(x,\\theta)\nJ = \\Phi(x(T))\np(t) = \\frac{\\partial J}{\\partial x(t)}\n"
LAYERED = "y_{k+1} = y_k + h f(y_k,u_k)\nE = \\ell(y_N) + h \\sum_{k=0}^{N-1} r(u_k)\np_k = p_{k+1} + h f_y(y_k,u_k)^\\top p_{k+1}\n"
SAMPLED = "\\frac{dx}{dt} = f(x,\\theta)\nJ(\\theta) = \\sum_{k=1}^K \\ell(x(t_k;\\theta), y_k)\n\\lambda(t) = \\frac{\\partial J}{\\partial x(t)}\n"
MAYER = "\\dot x = f(x,u)\n\\min_u \\Phi(x(T))\n\\psi(T) = -\\nabla\\Phi(x(T))\nH = \\psi^\\top f\n"
TRACKED = "J(u) = \\int_0^1 \\frac12\\|x(t) - x_d(t)\\|^2\\,dt\nx'(t) = f(x(t),u(t))\n"
PRIMED = "\\frac{du}{dt} = f(u,p,t)\nu(t_0,p) = u_0(p)\nG(p) = \\int_{t_0}^T g(u(t,p),p)\\,dt\nI(p) = G(p) - \\int_{t_0}^T \\lambda^\\star(u' - f(u,p,t))\\,dt\n"


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        # an end cost, by an earlier state: through the system
        (ENDED, r"\frac{\partial\Phi}{\partial x(t)} = p(t)", r"\frac{\partial\Phi}{\partial x(t)} = p(T)"),
        (LAYERED, r"\nabla_{u_k} E = h \nabla r(u_k) + h f_u(y_k,u_k)^\top p_{k+1}", r"\nabla_{u_k} E = h \nabla r(u_k) + h f_u(y_k,u_k)^\top p_k"),
        (ENDED, r"p(t) = \frac{\partial\Phi}{\partial x(T)}\frac{\partial x(T)}{\partial x(t)}", r"p(T) = p(t)\frac{\partial x(T)}{\partial x(t)}"),
        # and by the end time, or by parameters that are states from a time on
        (ENDED, r"\frac{d\Phi}{dT} = p(T) f(x(T),\theta)", r"\frac{d\Phi}{dT} = p(0) f(x(T),\theta)"),
        (ENDED + r"q(t) = \frac{\partial\Phi}{\partial\theta(t)}" + "\n", r"\dot q = -p f_\theta", r"\dot q = p f_\theta"),
        (ENDED, r"\nabla_\theta\Phi = \int_0^T p f_\theta\,dt", r"\nabla_\theta\Phi = -\int_0^T p f_\theta\,dt"),
        # one function of arguments that have to be equal
        (ENDED, r"\Phi(x(T)) = \Phi(x(0) + \int_0^T f(x,\theta)\,dt)", r"\Phi(x(T)) = \Phi(x(0) - \int_0^T f(x,\theta)\,dt)"),
        # what is paid for the parameters alone
        ("\\theta \\in R^m\n" + ENDED.replace(r"(x(T))", r"(x(T)) + \frac{\beta}{2}\theta^T\theta"), r"\frac{dJ}{d\theta} = \beta\theta^T + \int_0^T p f_\theta\,dt",
         r"\frac{dJ}{d\theta} = \frac{\beta}{2}\theta^T + \int_0^T p f_\theta\,dt"),
        # parameters that change with time
        (ENDED.replace(r"f(x,\theta)", r"f(x,\theta(t))"), r"\frac{\delta J}{\delta\theta}(t) = p(t) f_\theta(x(t),\theta(t))",
         r"\frac{\delta J}{\delta\theta}(t) = \int_t^T p(s) f_\theta(x(s),\theta(s))\,ds"),
        # J' is the cost with the multiplied dynamics, and no slope of J
        ("\\dot x = f(x,u)\nJ = \\int_0^T L(x,u)\\,dt\nJ' = \\int_0^T [L + \\lambda^T (f - \\dot x)]\\,dt\n",
         r"\dot\lambda = -L_x^T - f_x^T \lambda", r"\dot\lambda = -L_x^T + f_x^T \lambda"),
        # what is paid on the way as one more state
        ("\\dot x = f(x,u)\n\\dot y = \\ell(x,u)\ny(0) = 0\nJ = \\phi(x(T)) + y(T)\np = \\frac{\\partial J}{\\partial x}\nr = \\frac{\\partial J}{\\partial y}\n",
         r"\dot p = -p f_x - r \ell_x", r"\dot p = -p f_x"),
        ("\\dot x = f(x,u)\n\\dot y = \\ell(x,u)\ny(0) = 0\nJ = \\phi(x(T)) + 2 y(T)\np = \\frac{\\partial J}{\\partial x}\n",
         r"\dot p = -p f_x - 2 \ell_x", r"\dot p = -p f_x - \ell_x"),
        # a slope of f at a state further on
        ("x_{n+1} = x_n + h f(x_n + \\frac h2 f(x_n))\na_n = dL/dx_n\nK = \\frac{\\partial f}{\\partial x}(x_n)\n"
         "M = \\frac{\\partial f}{\\partial x}(x_n + \\frac h2 f(x_n))\n",
         r"a_n = a_{n+1} (I + h M + \frac{h^2}{2} M K)", r"a_n = a_{n+1} (I + h M + \frac{h^2}{2} K M)"),
        # data are no parameters
        (SAMPLED, r"\lambda(t_k^-) = \lambda(t_k^+) + \nabla_x\ell(x(t_k),y_k)", r"\lambda(t_k^-) = \lambda(t_k^+) - \nabla_x\ell(x(t_k),y_k)"),
        # H = p f has no sign, which the line before it shows
        (MAYER, r"\delta J = -\int_0^T H_u\,\delta u\,dt", r"\delta J = \int_0^T H_u\,\delta u\,dt"),
        # x_d is a path of its own, and the dynamics may follow the cost
        (TRACKED, r"-\lambda' = f_x^\top\lambda + x - x_d", r"-\lambda' = f_x\lambda + x - x_d"),
        # a start that moves with the parameters is not forgotten
        (ENDED + "x(0) = x_0\n", r"\frac{dJ}{d\theta} = \int_0^T p f_\theta\,dt + p(0)\frac{\partial x_0}{\partial\theta}",
         r"\frac{dJ}{d\theta} = \int_0^T p f_\theta\,dt - p(0)\frac{\partial x_0}{\partial\theta}"),
        (PRIMED, r"\frac{dG}{dp} = \int_{t_0}^T (\lambda^\star f_p + g_p)\,dt + \lambda^\star(t_0)\frac{\partial u_0}{\partial p}",
         r"\frac{dG}{dp} = \int_{t_0}^T (\lambda^\star f_p + g_p)\,dt"),
    ],
)
def test_the_right_line_is_proved_and_its_slip_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_cost_on_the_way_belongs_to_the_costate_and_not_to_the_end_cost() -> None:
    given = ENDED.replace(r"\Phi(x(T))", r"\Phi(x(T)) + \int_0^T L(x)\,dt")
    wrong, other = r"p(t) = p(t+\varepsilon)\frac{\partial x(t+\varepsilon)}{\partial x(t)}", r"\frac{\partial\Phi}{\partial x(t)} = p(t)"
    assert last_two("", given, wrong, other) == ["refuted", "unknown"]


@pytest.mark.parametrize("line", [r"\frac{d\Phi}{dt} = \frac{\partial\Phi}{\partial x} f", r"u(t) = u_k \quad\text{for } t_k \le t < t_{k+1}"])
def test_what_is_right_on_the_way_or_between_instants_is_not_refuted(line: str) -> None:
    assert last_two("", "\\dot x = f(x,u)\nJ = \\Phi(x(T))\n", line, r"p(T) = 2\Phi_x")[0] != "refuted"


def test_a_density_at_the_start_leaves_open_which_end_is_held() -> None:
    given = "\\dot z = f(z,t,\\theta)\n\\ell = -\\log p_0(z(t_0)) + \\int_{t_0}^{t_1} \\mathrm{tr}\\frac{\\partial f}{\\partial z}\\,dt\n"
    assert last_two("", given, r"a(t) = \frac{\partial\ell}{\partial z(t)}", r"a(t_0) = -\frac{\partial\log p_0}{\partial z}(z(t_0))")[1] == "unknown"


def test_what_holds_in_all_worlds_is_nothing_to_rest_on() -> None:
    lines = r"\frac{d\Phi}{dt} = \Phi_x f", r"\dot p = -p f_x - L_x"
    assert last_two("", "\\dot x = f(x,u)\nJ = \\Phi(x(T)) + \\int_0^T L(x,u)\\,dt\nH = L + p f\n", *lines) == ["unknown", "proved"]


def test_how_a_cost_that_is_only_named_moves_with_eps_is_not_known() -> None:
    given = "\\dot y = f(y,u)\np(T) = \\nabla\\mathcal{J}(y(T))\n"
    line = r"\frac{d}{d\xi}\mathcal{J}(y_\xi(T))|_{\xi=0} = "
    assert last_two("", given, line + "0", line + r"\int_0^T p^\top f_u w\,dt") == ["unknown", "unknown"]


REGULATOR = (r"$\dot x = Ax + Bu, x(0) = x_0$ $$J = \tfrac12 \int_0^T \left( x^T Q x + u^T R u \right) dt + \tfrac12 x(T)^T S x(T) \to \min$$ with symmetric $Q$, $R$, $S$. "
             r"$$\mathcal{H} = \psi^T (Ax + Bu) - \tfrac12 \left( x^T Q x + u^T R u \right) \to \max_u$$ ")


def test_a_hamiltonian_that_is_made_large_tells_the_sign() -> None:
    lines = r"$\dot\psi = -A^T \psi + Q x$ $\psi(T) = -S x(T)$ $u = R^{-1} B^T \psi$ $\dot\psi = -A^T \psi - Q x$ $\psi(T) = S x(T)$"
    assert statuses(REGULATOR + lines, "costate: \\psi (column)\ntime: t in [0, T]")[-6:] == [
        "definition", "proved", "proved", "proved", "refuted", "refuted"]


def test_a_matrix_that_moves_by_its_square_is_no_state() -> None:
    lines = r"$$\psi = -P x$$ $$-\dot P = A^T P + P A - P B R^{-1} B^T P + Q$$ For $A = 0$, $B = R = 1$, $Q = 0$ we have $\dot P = P^2$."
    assert statuses(REGULATOR + lines, "costate: \\psi (column)\ntime: t in [0, T]")[4:6] == ["definition", "proved"]


def test_the_least_cost_is_the_cost_at_the_optimum() -> None:
    lines = r"$$\psi = -P x$$ $$\min J = \tfrac12 x_0^T P(0) x_0$$ $$\min J = x_0^T P(0) x_0$$"
    assert statuses(REGULATOR + lines, "costate: \\psi (column)\ntime: t in [0, T]")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize("line", [
    r"The end time is free, $$H(x(T), u(T), \lambda(T)) = 0$$ If neither $f$ nor $L$ depends on time explicitly, $$H(x(t), u(t), \lambda(t)) = 0$$",
    r"$$\alpha u + x_0 e^{u T} (x_0 e^{u T} - 1) = 0$$",
])
def test_what_one_optimum_satisfies_is_not_refuted(line: str) -> None:
    text = r"$\dot x = f(x,u)$, $x(0) = x_0$, $J = \int_0^T L(x,u)\,dt$, $H = L + \lambda f$. " + line
    assert statuses(text, "objective: J, minimised\nstate: x\ncontrol: u\ncostate: \\lambda = dJ/dx (row)")[-1] == "unknown"


def test_a_variation_at_the_end_is_taken_where_the_end_was() -> None:
    text = r"""$\dot x = f(x,u,t)$, $J = \Phi(x(T)) + \int_0^T L(x,u,t)\,dt$, $H = L + \lambda^\top f$,
    $$\bar J = \Phi(x(T)) + \int_0^T [H - \lambda^\top \dot x]\,dt$$
    $$\mathrm{d}\bar J = L\big|_T\,\mathrm{d}T + \Phi_x\big|_T\,\mathrm{d}x(T) + \int_0^T [H_x\,\delta x + H_u\,\delta u - \lambda^\top\delta\dot x]\,\mathrm{d}t$$"""
    assert statuses(text, "state: x in R^n\ncontrol: u in R^m\nobjective: J, minimised")[-1] != "refuted"


SQUARES = r"""J = \frac12 (x(T) - r)^2 + \frac{\alpha}{2}\int_0^T u(t)^2\,dt
\dot x = f(x) + b u
u_a \le u \le u_b
\dot p = -f'(x) p
p(T) = x(T) - r"""
LENGTHS = r"""J = \frac12 |x(T) - r|^2 + \frac{\alpha}{2}\int_0^T |u|^2\,dt
\dot x = f(x) + B u
u_a \le u \le u_b"""
CUT = r"\Pi(v) = \min(\max(v, u_a), u_b)"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (SQUARES, r"\nabla J(u) = \alpha u + b p", r"\nabla J(u) = \alpha u - b p"),
    pytest.param(SQUARES, r"u = P_{[u_a, u_b]}\left(-\frac{b}{\alpha} p\right)", r"u = P_{[u_a, u_b]}\left(\frac{b}{\alpha} p\right)", marks=pytest.mark.campaign),
    pytest.param(f"{LENGTHS}\n{CUT}", r"u = \Pi\left(-\frac1\alpha B^T p\right)", r"u = \Pi\left(-\alpha B^T p\right)", marks=pytest.mark.campaign),
    (f"{LENGTHS}\n{CUT}", r"u = \max(u_a, \min(-\frac1\alpha B^T p, u_b))", r"u = \min(u_a, \max(-\frac1\alpha B^T p, u_b))"),
])
def test_numbers_that_are_squared_and_projections_on_bounds(given: str, right: str, wrong: str) -> None:
    found = last_two("costate: p = dJ/dx (column)", given, right, wrong)
    assert found[0] == "proved" and found[1] != "proved"


def test_a_stationary_control_between_bounds_is_left_open() -> None:
    assert last_two("", LENGTHS, r"\alpha u + B^T p = 0", r"\nabla J(u) = 0") == ["unknown", "unknown"]


@pytest.mark.parametrize(("told", "status"), [
    ("Along a solution for which $H_u$ vanishes", "proved"), ("Where $H_u$ does not vanish", "unknown"),
])
def test_the_hamiltonian_is_conserved_where_its_slope_vanishes(told: str, status: str) -> None:
    posed = r"$\dot x = f(x, u, t), x(0) = x_0$ $$J = \Phi(x(T)) + \int_0^T L(x, u, t)\,dt$$ $$H = L + \lambda^T f$$ "
    assert statuses(rf"{posed} {told}, $$\frac{{dH}}{{dt}} = \frac{{\partial H}}{{\partial t}}$$", "state: x\ncontrol: u\ncostate: \\lambda")[-1] == status


@pytest.mark.parametrize(("told", "status"), [("For every control", "unknown"), ("For every optimal control", "proved")])
def test_the_slope_of_the_hamiltonian_vanishes_for_the_best_control_alone(told: str, status: str) -> None:
    text = rf"$\dot x = f(x, u), x(0) = x_0$ $$J = \Phi(x(T))$$ $$H = \lambda^T f$$ {told} we have $$H_u = 0$$"
    assert statuses(text, "state: x\ncontrol: u\ncostate: \\lambda")[-1] == status


CART = r"""$\dot x_1 = x_2$, $\dot x_2 = u$, $x(0) = (1,0)$, $x(1) = (0,0)$, $$J = \frac12\int_0^1 u^2\,dt$$ $$H = \frac12 u^2 + p_1 x_2 + p_2 u$$ $u = -p_2$. """


def test_values_of_the_one_solution_rest_on_its_ends_and_a_value_is_no_other_cost() -> None:
    values = r"$$p_1 = 12,\quad p_2 = 6 - 12 t,\quad J = \frac12\int_0^1 (12 t - 6)^2\,dt = 12$$ $$H = -18$$ "
    found = statuses(CART + values + r"$$\dot p_2 = -p_1,\quad \dot p_2 = p_1$$")
    assert found[-7:] == ["proved", "proved", "proved", "refuted", "proved", "proved", "refuted"], found


def test_the_shortest_time_is_another_cost() -> None:
    found = statuses(CART + r"As soon as possible: $$H = 1 + p_1 x_2 + p_2 u$$ $$p_1 = 1$$ $$\dot p_1 = 1$$")
    assert found[-3:-1] == ["definition", "unknown"]


def test_a_map_is_one_assumption_and_what_a_state_tends_to_is_none() -> None:
    assert statuses(r"$f: \mathbb{R}^n \to \mathbb{R}^n$ and $\dot x = f(x)$, $x(t) \to 0$") == ["assumption", "assumption", "unknown"]


def test_where_one_looks_is_no_claim() -> None:
    layers = r"$x_{k+1} = f(x_k, u_k)$ and $J = \phi(x_N) + \sum_{k=0}^{N-1} L(x_k, u_k)$. "
    assert statuses(layers + r"At $k = 0$ and $k = N$ $$p_N = \phi_x(x_N), \quad p_N = -\phi_x(x_N)$$")[2:4] == ["assumption"] * 2
    flow = r"$\dot h = v$, $\dot v = -g + \tau u$ until $h(\tau) = v(\tau) = 0$ and $t = 3$. $$\ddot h = g + \tau u$$"
    assert statuses(flow)[2:] == ["assumption", "assumption", "refuted"]


def test_a_thrust_and_a_slope_are_no_end_and_no_letter() -> None:
    rocket = r"The slope $H_u = \lambda_2$. $$\dot h = v, \quad \dot v = \frac{T}{m} - g, \quad \dot m = -\frac{T}{c}$$ "
    assert statuses(rocket + r"$H_u = 0$, and $T(t) = 0$")[-2:] == ["unknown"] * 2
    held = r"$$\dot x = f(x, u), \quad J = \int_0^T L(x, u)\,dt$$ $$H = L + \lambda f$$ "
    assert statuses(held + r"$$H_u = L_u + \lambda f_u$$ $$H_u = L_u - \lambda f_u$$")[-2:] == ["proved", "refuted"]


def test_canonical_equations_are_no_motion_with_a_constant() -> None:
    canonical = r"$$\dot x = A x - B R^{-1} B^T \lambda$$ $$\dot\lambda = -A^T \lambda$$ $$\lambda(t) = e^{-A^T (t - t_\mathrm{f})} \lambda(t_\mathrm{f})$$ "
    assert "refuted" not in statuses(canonical)
    assert statuses(r"$\dot x = -\lambda x$ and $$\dot x = \lambda x$$") == ["assumption", "refuted"]


def test_a_time_that_runs_back_has_moments() -> None:
    posed = r"$$\dot x = f(x,p)$$ $$J = \Phi(x(t_f))$$ Let $$\tau = -t$$ run from $$\tau = -t_f$$ to $$\tau = 0$$, where "
    assert statuses(posed + r"$$\tau = -2 t$$")[3:] == ["assumption", "assumption", "refuted"]

IN_WORDS = [  # a cost that only words name
    (r"For $\dot x=f(x,u)$, $x(0)=x_0$ the cost is $\varphi(x(T))+\int_0^T\ell(x,u)\,dt$. ", r"$$\dot p=-f_x^\top p-\nabla_x\ell$$"),
    (r"Sea $\dot x=f(x,u)$, $x(0)=x_0$, y el costo, $\int_0^T\ell(x,u)\,dt$. ", r"$$\dot p=-f_x^\top p-\nabla_x\ell$$"),
    (r"For $\dot x=Ax+Bu$, $x(0)=x_0$, running cost $\frac12(x^\top Qx+u^\top Ru)$, final cost $\frac12x(T)^\top Sx(T)$, symmetric weights, ",
     r"$$\dot p=-A^\top p-Qx$$"),
    (r"Mit $x_{k+1}=f(x_k,u_k)$, Endkosten $\frac12|x_N-z|^2$ und laufenden Kosten $\frac r2|u_k|^2$ ist ", r"$$u_k=-\tfrac1rf_u^\top p_{k+1}$$"),
]


@pytest.mark.parametrize(("posed", "right"), IN_WORDS)
def test_a_cost_may_be_told_in_words(posed: str, right: str) -> None:
    assert statuses(posed + right + right.replace("=-", "="))[-2:] == ["proved", "refuted"]


DESCENT = (r"$\dot y = g(y, v), y(0) = y_0$, {}. $$J = \ell(y({0}), {0}) + \int_0^{{{0}}} r(y, v)\,dt$$ $$H = r + q^T g$$ "
           r"At the end of the best solution $$H({0}) + \frac{{\partial \ell}}{{\partial {0}}}(y({0}), {0}) = 0$$ ")


@pytest.mark.parametrize(("told", "status"), [
    ("and the horizon $S$ is given", "refuted"), ("and $S$ is to be found as well", "proved"), ("of a tank", "proved"),
    ("and $S$ is fixed, $\\chi(y(S)) = 0$", "refuted"), ("Das Intervall $[0, S]$ ist fest", "refuted"), ("el instante final $S$ es libre", "proved"),
    ("l'horizon $S$ est donné; si l'instant final n'est pas imposé", "unknown"), ("$S$ is fixed; if $S$ were to matter", "unknown"),
])
def test_an_end_time_is_the_best_one_where_it_is_said_to_be_free(told: str, status: str) -> None:
    text = DESCENT.replace("{}", told).format("T").replace("S", "T")
    assert statuses(text, "state: y\ncontrol: v\ncostate: q")[-1] == status


def test_the_slope_of_an_end_cost_in_its_own_time_is_not_that_along_the_solution() -> None:
    text = r"""$\dot y = g(y, v, t), y(0) = y_0, \chi(y(t_f), t_f) = 0$, $t_f$ open. $$J = \ell(y(t_f), t_f) + \int_0^{t_f} r(y, v, t)\,dt$$ $$H = r + q^T g$$
    $$E(y, t_f) = \ell(y, t_f) + \mu^T \chi(y, t_f)$$ $$r(t_f) + \frac{dE}{dt_f} = 0$$
    $$r(t_f) + \frac{\partial E}{\partial t_f}(y(t_f), t_f) = 0$$"""
    assert statuses(text, "state: y\ncontrol: v\ncostate: q")[-2:] == ["proved", "refuted"]


def test_a_cost_with_unknown_letters_keeps_a_later_one_from_refuting() -> None:
    posed = r"$\dot z = f(z, t, \theta)$, $z(0) = z_0$. $$\mathcal L = \ell(Wz(T))$$ $$\lambda(t) = \nabla_{z(t)}\mathcal L$$ "
    line, later = r"$$\dot\lambda = -f_z^\top \lambda$$ ", r"$$\mathcal L_\rho = \ell(Wz(T)) + \rho\int_0^T \|f(z, t, \theta)\|^2\,dt$$"
    assert "refuted" not in statuses(posed + line + later)
