"""Notes that leave out what everybody knows: the motion of z beside df/dz, bars for slopes, layers above functions, a payoff to maximise."""

from __future__ import annotations

import pytest
from understood import last_two, read, statuses

from adjointcheck.notes.letters.spellings import second_state

EPSILON = r"""The adjoint $a(t) = \partial L/\partial z(t)$ satisfies $\frac{da(t)}{dt} = -a(t)\frac{\partial f(z(t),t,\theta)}{\partial z}$, since
$z(t+\varepsilon) = z(t) + \int_t^{t+\varepsilon} f(z(s),s,\theta)\,ds = T_\varepsilon(z(t), t)$ """
CONCRETE = r"Concretely let $\dot z = \theta z$, $z(0) = z_0$ and $L = \frac12 z(1)^2$. "
DENSITY = r"The log-density of $z(t)$, where $f(z(t),t;\theta)$ has a small Lipschitz constant, obeys "
BARS = r"Let $h_{l+1} = \sigma(W_l h_l + b_l)$ and $L = \ell(h_N)$. We write $\bar v = \partial L/\partial v$. With $z_l = W_l h_l + b_l$, "
TANH = r"Let $h_{l+1} = \tanh(W_l h_l)$, $L = \ell(h_N)$ and $z_l = W_l h_l$. "
STEPS = (r"We minimise $J = \phi(x_N) + \sum_{k=0}^{N-1} L^k(x_k,u_k)$ where $x_{k+1} = f^k(x_k,u_k)$. "
         r"With $H^k = L^k(x_k,u_k) + \lambda_{k+1}^T f^k(x_k,u_k)$, ")
PAYOFF = (r"The dynamics are $\dot x = f(x,\alpha)$ and the payoff $$ P[\alpha(\cdot)] = \int_0^T r(x,\alpha)\,dt + g(x(T)), $$ which we want to "
          r"maximise. Let $H(x,p,a) = f(x,a)\cdot p + r(x,a)$. ")
KIDGER = (r"Let $y$ solve $y(0) = y_0$, $\frac{dy}{dt}(t) = f_\theta(t,y(t))$ and let $L = L(y(T))$. Then $\frac{dL}{dy(t)} = a_y(t)$ and "
          r"$\frac{dL}{d\theta} = a_\theta(0)$, where $a_y:[0,T]\to\mathbb{R}^d$ and $a_\theta:[0,T]\to\mathbb{R}^m$ obey ")
MSA = (r"We solve $\min_\theta \Phi(X_T) + \int_0^T L(\theta_t)\,dt$ subject to $\dot X_t = f(t,X_t,\theta_t)$. With "
       r"$H(t,x,p,\theta) := p\cdot f(t,x,\theta) - L(\theta)$ and $P^*_T = -\nabla\Phi(X^*_T)$ ")

MAPS = (r"Let $x(t,p): \mathbb{R}\times\mathbb{R}^m \to \mathbb{R}$ follow $\dot x = f(x,p)$ with the cost $J = \int_0^T g(x)\,dt$. "
        r"The adjoint $\lambda: [0,T] \to \mathbb{R}$ solves ")


@pytest.mark.parametrize(("posed", "right", "wrong"), [
    (MAPS, r"\dot\lambda = -\lambda f_x - g_x, \quad \lambda(T) = 0", r"\dot\lambda = -\lambda f_x - g_x, \quad \lambda(T) = g_x"),
    (MAPS + r"$\dot\lambda = -\lambda f_x - g_x$, ", r"\frac{dJ}{dp} = \int_0^T \lambda f_p\,dt", r"\frac{dJ}{dp} = -\int_0^T \lambda f_p\,dt"),
    (EPSILON, r"a(t) = a(t+\varepsilon)\frac{\partial T_\varepsilon(z(t))}{\partial z(t)}",
     r"a(t+\varepsilon) = a(t)\frac{\partial T_\varepsilon(z(t))}{\partial z(t)}"),
    (EPSILON + CONCRETE, r"\frac{dL}{d\theta} = \int_0^1 a(t) z(t)\,dt", r"\frac{dL}{d\theta} = -\int_0^1 a(t) z(t)\,dt"),
    (EPSILON + CONCRETE, r"a(t) = z(1) e^{\theta(1-t)}", r"a(t) = z(1) e^{\theta(t-1)}"),
    (DENSITY, r"\frac{\partial\log p(z(t))}{\partial t} = -\mathrm{tr}\left(\frac{\partial f}{\partial z(t)}\right)",
     r"\frac{\partial\log p(z(t))}{\partial t} = \mathrm{tr}\left(\frac{\partial f}{\partial z(t)}\right)"),
    (BARS, r"\bar z_l = \sigma'(z_l) \odot \bar h_{l+1}", r"\bar z_l = \sigma'(z_l) \odot \bar h_l"),
    (BARS, r"\bar W_l = \bar z_l h_l^T", r"\bar W_l = \bar z_{l+1} h_l^T"),
    (TANH, r"\frac{\partial L}{\partial z_l} = \tanh'(z_l) \odot \frac{\partial L}{\partial h_{l+1}}",
     r"\frac{\partial L}{\partial z_l} = \tanh(z_l) \odot \frac{\partial L}{\partial h_{l+1}}"),
    (TANH, r"\frac{\partial L}{\partial h_l} = W_l^T \frac{\partial L}{\partial z_l}",
     r"\frac{\partial L}{\partial h_l} = W_l \frac{\partial L}{\partial z_l}"),
    (STEPS, r"\lambda_k = \left(\frac{\partial f^k}{\partial x_k}\right)^T\lambda_{k+1} + \frac{\partial L^k}{\partial x_k}",
     r"\lambda_{k+1} = \left(\frac{\partial f^k}{\partial x_k}\right)^T\lambda_k + \frac{\partial L^k}{\partial x_k}"),
    (PAYOFF, r"H(x^*(t),p^*(t),\alpha^*(t)) = \max_{a\in A} H(x^*(t),p^*(t),a)", r"H(x^*(t),p^*(t),\alpha^*(t)) = \min_{a\in A} H(x^*(t),p^*(t),a)"),
    (KIDGER, r"\frac{da_y}{dt}(t) = -a_y(t)^\top\frac{\partial f_\theta}{\partial y}(t,y(t))",
     r"\frac{da_y}{dt}(t) = a_y(t)^\top\frac{\partial f_\theta}{\partial y}(t,y(t))"),
    (KIDGER, r"\frac{da_\theta}{dt}(t) = -a_y(t)^\top\frac{\partial f_\theta}{\partial\theta}(t,y(t))",
     r"\frac{da_\theta}{dt}(t) = a_y(t)^\top\frac{\partial f_\theta}{\partial\theta}(t,y(t))"),
    (MSA, r"H(t,X^*_t,P^*_t,\theta^*_t) \ge H(t,X^*_t,P^*_t,\theta)", r"H(t,X^*_t,P^*_t,\theta^*_t) \le H(t,X^*_t,P^*_t,\theta)"),
])
def test_what_notes_leave_out_is_understood(posed: str, right: str, wrong: str) -> None:
    assert statuses(f"{posed} $$ {right} $$ $$ {wrong} $$")[-2:] == ["proved", "refuted"]


def test_time_and_parameters_of_an_augmented_state_do_not_move_by_themselves() -> None:
    given = r"We view $\theta$ and $t$ as states, $\frac{\partial\theta(t)}{\partial t} = 0$ and $\frac{dt(t)}{dt} = 1$, beside $\frac{\partial f}{\partial z}$. "
    found = statuses(given + r"$$\frac{dL}{d\theta} = -\int_{t_1}^{t_0} a(t)\frac{\partial f(z(t),t,\theta)}{\partial\theta}dt$$ "
                     r"$$\frac{dL}{d\theta} = \int_{t_1}^{t_0} a(t)\frac{\partial f(z(t),t,\theta)}{\partial\theta}dt$$")
    assert found[:2] == ["proved", "proved"] and found[-2:] == ["proved", "refuted"]


def test_a_part_of_what_a_step_puts_into_its_function_is_no_costate() -> None:
    posed = r"For $x_{k+1} = \sigma(W_k x_k + b_k)$ with $J = \ell(x_N)$ put "
    assert statuses(posed + r"$a_k = W_k x_k$. $$ a_k = 2 W_k x_k $$")[-2:] == ["definition", "refuted"]


def test_a_cost_and_an_implicit_equation_are_no_motions() -> None:
    euler = r"Let $J[y] = \int_a^b f(t, y, y')\,dt$ with fixed ends. $$\frac{\partial f}{\partial y} - \frac{d}{dt}\frac{\partial f}{\partial y'} = 0$$"
    assert statuses(euler)[-1] == "proved"
    implicit = r"Consider $f(\dot x, x, t) = 0$. $$\dot\lambda = -\left(\frac{\partial f}{\partial x}\right)^T\lambda$$"
    assert statuses(implicit)[-1] == "unknown"


def test_the_slope_of_a_flow_by_its_start_is_no_slope_of_the_state_by_itself() -> None:
    posed = r"Let $\partial_t z(x,t) = v(z(x,t),t)$, $z(x,0) = x$ and $\ell(x,t) = \log\det\nabla z(x,t)$. "
    assert statuses(posed + r"$$ \partial_t \ell(x,t) = \operatorname{tr}(\nabla v(z(x,t),t)) $$")[-1] == "unknown"


def test_momenta_of_two_coordinates_are_components() -> None:
    posed = r"With $H = \frac12 u^2 + p_x v + p_v u$, $\dot x = v$, $\dot v = u$ and $J = \frac12 x(1)^2 + \frac12 \int_0^1 u^2 dt$ "
    assert statuses(posed + r"$$ \dot p_v = -p_x $$ $$ \dot p_x = -p_v $$")[-2:] == ["proved", "refuted"]


def test_a_motion_that_is_told_by_components_is_told() -> None:
    header = "state: y in R^d\ncostate: \\lambda = -dJ/dy"
    posed = r"Let $\dot y_k = f_k(y, t)$ for $k = 1, \ldots, d$, $J = \phi(y(T))$ and $H = \sum_k \lambda_k f_k$. "
    found = statuses(posed + r"$$\frac{d\lambda_k}{dt} = -\sum_{l=1}^d \lambda_l \frac{\partial f_l}{\partial y_k}$$ $$\frac{\partial f}{\partial t} = 0$$", header)
    assert found[-2] == "proved"


def test_a_row_with_the_costate_is_no_cost() -> None:
    """Such a cost rests on itself: its worlds never came to an end."""
    context = read(r"\dot z = f(z, t, \theta); a(t) = \partial L/\partial z(t); s_0 = [z(t_1), a(t_1), 0, -a(t_1)^T f(z(t_1), t_1, \theta)]")[1]
    assert context.law("objective") is None


def test_square_brackets_hold_arguments_of_usual_functions() -> None:
    given = r"""J = \phi[x(t_f)] + \int_{t_0}^{t_f} L[x(t), u(t)] dt
\dot x(t) = f[x(t), u(t)]
H[x, u, \lambda] = L[x, u] + \lambda^T f[x, u]"""
    assert last_two("", given, r"\dot\lambda = -\left[\frac{\partial H}{\partial x}\right]^T", r"\lambda(t_f) = -\left[\frac{\partial \phi}{\partial x}\right]^T") \
        == ["proved", "refuted"]


FLOW = r"\frac{dh(t)}{dt} = f(h(t), t, \theta)"
PULLED = r"\frac{da(t)}{dt} = -a(t)^T \frac{\partial f(z(t), t, \theta)}{\partial z}"
MOVED = r"\dot z = f(z(t), t; \theta)"


def test_the_state_of_a_residual_net_goes_on_under_another_letter() -> None:
    given = FLOW + "\n" + r"a(t) = \frac{\partial L}{\partial z(t)}"
    assert last_two("", given, PULLED, PULLED.replace("-a", "a")) == ["proved", "refuted"]


@pytest.mark.parametrize(("texts", "found"), [
    ([FLOW, PULLED], "h z"), ([FLOW, PULLED.replace("z", "h")], ""), ([FLOW, MOVED], "h z"),
    ([FLOW.replace("h(", r"\mathbf{h}("), MOVED, "h_{t+1} = g(h_t)"], "h z"), ([FLOW, MOVED.replace("f", "-f")], ""), ([FLOW, MOVED, "z = h(t)"], ""),
    ([FLOW, PULLED, "z(t) - h(t) = 0"], ""), (["z(0) = x", FLOW, PULLED], ""), ([FLOW, r"\dot z = g(z(t), t)", "b = g(z(t), t)"], ""),
])
def test_a_second_letter_is_another_state_where_it_moves_or_stands_beside_the_first(texts: list[str], found: str) -> None:
    assert second_state(texts) == found


@pytest.mark.parametrize(("line", "status"), [
    (r"\frac{d}{dt}\begin{bmatrix} a & a_\theta & a_t \end{bmatrix} = -\begin{bmatrix} a f_z & a f_\theta & a f_t \end{bmatrix}", "proved"),
    (r"\frac{da}{dt} = a\frac{\partial f}{\partial z}", "refuted"), (r"\frac{dL}{d\theta} = -\int_{t_1}^{t_0} a(t) f_\theta\,dt", "proved"),
])
def test_the_adjoint_of_time_is_no_layer_of_a_network_of_later(line: str, status: str) -> None:
    given = r"Let $\frac{dz}{dt} = f(z(t),t,\theta)$ and $a(t) = \frac{\partial L}{\partial z(t)}$. $$a_t(t) = \frac{\partial L}{\partial t(t)}$$ "
    assert statuses(f"{given} $$ {line} $$ A residual network has $$ h_{{t+1}} = h_t + f(h_t, \\theta_t) $$")[-2:] == [status, "assumption"]


REGULATOR = r"The Hamiltonian is $$ H(x,u,\lambda) = \frac12 (x^T Q x + u^T R u) + \lambda^T (A x + B u). $$ "
STAGE = r"The Hamiltonian of a stage is $H_k = \frac12 x_k^T Q x_k + \frac12 u_k^T R u_k + \lambda_{k+1}^T (A x_k + B u_k)$. "
NUMBERS = r"Consider $H = x^2 + u^2 + \lambda (a x + b u)$. "
MAXIMUM = r"Sei $H(x,u,\psi) = \psi^T f(x,u) - f_0(x,u)$, also $\dot x = \frac{\partial H}{\partial\psi}$. "


@pytest.mark.parametrize(("posed", "right", "wrong"), [
    (REGULATOR, r"\dot x = \nabla_\lambda H = A x + B u", r"\dot\lambda = -Q x + A^T\lambda"),
    (REGULATOR, r"u = -R^{-1} B^T\lambda", r"u = R^{-1} B^T\lambda"),
    (STAGE, r"u_k = -R^{-1} B^T\lambda_{k+1}", r"u_k = -R^{-1} B^T\lambda_k"),
    (NUMBERS, r"u^* = -\frac{b}{2}\lambda", r"u^* = -b\lambda"),
    (MAXIMUM, r"\dot\psi = -f_x^T\psi + \nabla_x f_0", r"\dot\psi = -f_x^T\psi - \nabla_x f_0"),
])
def test_a_hamiltonian_alone_tells_the_problem(posed: str, right: str, wrong: str) -> None:
    assert statuses(f"{posed} $$ {right} $$ $$ {wrong} $$")[-2:] == ["proved", "refuted"]


def test_a_hamiltonian_alone_does_not_tell_what_is_paid_at_the_end() -> None:
    assert not {"proved", "refuted"} & {*statuses(REGULATOR + r"$$ \lambda(T) = 0 $$ $$ \lambda(T) = S x(T) $$")}
    discounted = r"The Hamiltonian is $H = u(c) + \mu (A k - \delta k - c)$ and $$ \dot\mu = (\rho + \delta - A)\mu $$"
    assert "refuted" not in statuses(discounted)


LINEAR = r"Given $\dot x = A x + B u$ and $J = \frac12 x(T)^T S x(T) + \frac12\int_0^T (x^T Q x + u^T R u)\,dt$, "
COLUMN = r"\begin{pmatrix} \dot x \\ \dot\lambda \end{pmatrix} = \begin{pmatrix} A & %s B R^{-1} B^T \\ -Q & -A^T \end{pmatrix}\begin{pmatrix} x \\ \lambda \end{pmatrix}"
PLANNER = (r"We choose $u_t$ to maximize $$ -\sum_{t=0}^{T-1} (x_t^T R x_t + u_t^T Q u_t) - x_T^T F x_T $$ subject to $x_{t+1} = A x_t + B u_t$. "
           r"$$ u_t = -(Q + B^T P_{t+1} B)^{-1} B^T P_{t+1} A x_t $$ ")
PAID = r"Maximise $$ -\frac12\int_0^T (x^T R x + u^T Q u)\,dt $$ subject to $\dot x = A x + B u$. "


@pytest.mark.parametrize(("posed", "right", "wrong"), [
    (LINEAR, COLUMN % "-", COLUMN % ""),
    (PLANNER, r"P_t = R + A^T P_{t+1} A - A^T P_{t+1} B (Q + B^T P_{t+1} B)^{-1} B^T P_{t+1} A",
     r"P_t = R + A^T P_{t+1} A + A^T P_{t+1} B (Q + B^T P_{t+1} B)^{-1} B^T P_{t+1} A"),
    (PAID, r"u = Q^{-1} B^T\lambda", r"u = -Q^{-1} B^T\lambda"),
])
def test_regulators_as_courses_pose_them(posed: str, right: str, wrong: str) -> None:
    assert statuses(f"{posed} $$ {right} $$ $$ {wrong} $$")[-2:] == ["proved", "refuted"]
