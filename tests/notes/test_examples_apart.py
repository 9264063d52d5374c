"""Notes as people write them: a general part and an example, costs before dynamics, neighbours u + eps v, end conditions, stars."""

from __future__ import annotations

import pytest
from understood import statuses

PROBLEM = r"$\dot x = f(x, u), x(0) = x_0$ $$J(u) = \phi(x(T)) + \int_0^T g(x, u)\,dt$$ $H = g(x, u) + \lambda^T f(x, u)$ "
GRADIENT = r"\int_0^T (g_u + \lambda^T f_u)\,v\,dt"
ENDED = r"$$J = \phi(x(T), T) + \int_0^T L(x, u, t)\,dt$$ $\dot x = f(x, u, t)$ $\psi(x(T), T) = 0$ "
KINETICS = r"""$\dot y = f(t, y, p)$ $$G(p) = \int_0^T g(t, y, p)\,dt$$ $$\dot\lambda = -(f_y)^*\lambda - (g_y)^*, \quad \lambda(T) = 0$$
$$\dot y_1 = -p_1 y_1 + p_2 y_2, \quad \dot y_2 = p_1 y_1 - p_2 y_2^2$$ $g = y_2$ """


@pytest.mark.parametrize(("right", "wrong"), [
    (rf"$$\frac{{d}}{{ds}} J(u + s v)\Big|_{{s=0}} = {GRADIENT}$$", r"$$\frac{d}{d\varepsilon} J(u + \varepsilon v)\Big|_{\varepsilon=0} = \int_0^T g_u v\,dt$$"),
    (rf"$$\lim_{{s \to 0}} \frac{{J(u + s v) - J(u)}}{{s}} = {GRADIENT}$$", rf"$$\lim_{{s \to 0}} \frac{{J(u - s v) - J(u)}}{{s}} = {GRADIENT}$$"),
    (rf"$u_\epsilon = u + \epsilon v$ $$J(u_\epsilon) = J(u) + \epsilon {GRADIENT} + O(\epsilon^2)$$", rf"$u_\epsilon = u + \epsilon v$ $$J(u_\epsilon) = J(u) - \epsilon {GRADIENT} + o(\epsilon)$$"),
    (r"$x^\varepsilon(t) = x(t) + \varepsilon\xi(t) + O(\varepsilon^2), u^\varepsilon = u + \varepsilon v$ $$\dot\xi = f_x\xi + f_u v$$ $$\frac{d}{dt}(\lambda^T\xi) = \lambda^T f_u v - g_x\xi$$",
     r"$x^\varepsilon(t) = x(t) + \varepsilon\xi(t) + O(\varepsilon^2), u^\varepsilon = u + \varepsilon v$ $$\dot\xi = f_x\xi + f_u v$$ $$\frac{d}{dt}(\lambda^T\xi) = \lambda^T f_u v + g_x\xi$$"),
])
def test_what_stands_behind_a_small_number_is_a_variation(right: str, wrong: str) -> None:
    found = statuses(PROBLEM + wrong + right)
    assert found[-1] == "proved" and found.count("refuted") == 1, found


@pytest.mark.parametrize("told", [
    r"$\Phi = \phi + \nu^T\psi, H = L + \lambda^T f$ $$\bar J = \Phi(x(T), T) + \int_0^T \{H(x, u, \lambda, t) - \lambda^T\dot x\}\,dt$$",
    r"$$\hat J = \phi(x(T), T) + \nu^T\psi(x(T), T) + \int_0^T [L + \lambda^T(f - \dot x)]\,dt$$",
])
def test_an_end_condition_and_its_multiplier_are_told_by_their_form(told: str) -> None:
    right = r"$$\lambda^T(T) = \left(\frac{\partial\phi}{\partial x} + \nu^T\frac{\partial\psi}{\partial x}\right)_{t=T}$$"
    wrong = r"$$\lambda^T(T) = \left(\frac{\partial\phi}{\partial x} - \nu^T\frac{\partial\psi}{\partial x}\right)_{t=T}$$ $$\lambda^T(T) = \frac{\partial\phi}{\partial x}\Big|_{t=T}$$"
    found = statuses(ENDED + told + right + wrong)
    assert found[-3:] == ["proved", "refuted", "refuted"] and not {"unknown", "refuted"} & {*found[:-2]}


def test_an_end_cost_with_a_rate_in_time_is_no_value_function() -> None:
    given = r"$$J = \varphi(x(T), T) + \int_0^T L(x, u, t)\,dt$$ $\dot x = f(x, u, t)$ $\psi(x(T), T) = 0$ $\Phi(x, T, \nu) = \varphi(x, T) + \nu^T\psi(x, T), H = L + \lambda^T f$ "
    right = r"$$\lambda(T)^T = \varphi_x + \nu^T\psi_x\Big|_T$$ $$\Big[\varphi_t + \nu^T\psi_t + L + \lambda^T f\Big]_T = 0$$"
    wrong = r"$$\lambda(T)^T = \varphi_x - \nu^T\psi_x\Big|_T$$ $$\Big[\varphi_t - \nu^T\psi_t + L + \lambda^T f\Big]_T = 0$$"
    assert statuses(given + right + wrong)[-4:] == ["proved", "proved", "refuted", "refuted"]


def test_the_slopes_of_an_end_cost_with_its_conditions() -> None:
    given = r"$$J = \varphi(x(T), T) + \int_0^T L(x, u, t)\,dt$$ $\dot x = f(x, u, t), x(0) = x_0$ $\chi(x(T), T) = 0$ $\Phi(x, T, \nu) = \varphi(x, T) + \nu^T\chi(x, T), H = L + \lambda^T f$ "
    right, wrong = r"$$\lambda(T)^T = \Phi_x|_T,\quad [\Phi_t + H]_T = 0$$ ", r"$$\lambda(T)^T = -\Phi_x|_T,\quad [\Phi_t - H]_T = 0$$"
    assert statuses(given + right + wrong)[-4:] == ["proved", "proved", "refuted", "refuted"]


def test_an_example_has_letters_of_its_own_and_the_general_part_keeps_its_own() -> None:
    lines = (r"$$\dot\lambda_1 = p_1(\lambda_1 - \lambda_2)$$ $$\dot\lambda_2 = -p_2\lambda_1 + 2 p_2 y_2\lambda_2 - 1$$",
             r"$$\frac{dG}{dp_1} = \int_0^T y_1(\lambda_2 - \lambda_1)\,dt$$", r"$$\dot\lambda_2 = -p_2\lambda_1 + 2 p_2 y_2\lambda_2 + 1$$", r"$$\dot\lambda = -f_y^*\lambda + g_y^*$$")
    assert statuses(KINETICS + " ".join(lines))[-5:] == ["proved", "proved", "proved", "refuted", "refuted"]


def test_a_star_means_adjoint_on_brackets_and_optimal_on_controls() -> None:
    assert statuses(PROBLEM + r"$$\dot\lambda = -(f_x)^*\lambda - (g_x)^*$$ $$\dot\lambda = -f_x\lambda - (g_x)^*$$")[-2:] == ["proved", "refuted"]
    assert statuses(PROBLEM + r"$u^* = \arg\min_u H(x^*, u, \lambda)$ $H_u(x^*, u^*, \lambda) = 0$")[-1] == "proved"


@pytest.mark.campaign
def test_a_regulator_that_maximises_has_its_own_riccati_matrix() -> None:
    given = r"""$$J(u) = \phi(x(T)) + \int_0^T g(x, u)\,dt$$ $\dot x = f(x, u)$ $H = g(x, u) + \psi^T f(x, u)$ and along an optimum $\frac{d}{dt}H(x, u, \psi) = 0$ with $$f(x, u) = Ax + Bu,
    \quad g(x, u) = -\tfrac12 x^T Q x - \tfrac12 u^T R u, \quad \phi(x) = -\tfrac12 x^T M x$$ $u = R^{-1}B^T\psi$ $\psi = -K x$ """
    right = r"$$\dot K = -KA - A^T K + KBR^{-1}B^T K - Q, \quad K(T) = M$$ $$J = -\tfrac12 x(0)^T K(0) x(0)$$ "
    wrong = r"$\dot x = (A + BR^{-1}B^T K) x$ $u = -R^{-1}B^T\psi$ $$J = \tfrac12 x(0)^T K(0) x(0)$$"
    found = statuses(given + right + wrong)
    assert found[3:4] + found[7:] == ["proved", "proved", "definition", "proved", "proved", "proved", "refuted", "refuted", "refuted"]


def test_an_example_spells_one_cost_out_and_keeps_the_other() -> None:
    given = r"$$\dot x_1 = x_2, \quad \dot x_2 = -x_1^3 + u, \quad g = \tfrac12(x_1^2 + r u^2)$$ "
    lines = r"$$\dot\lambda_1 = -x_1 + 3 x_1^2\lambda_2$$ $$\dot\lambda_2 = -\lambda_1$$ $$u = -\frac1r\lambda_2$$ $$\dot\lambda_1 = -x_1 - 3 x_1^2\lambda_2$$"
    assert statuses(PROBLEM + given + lines)[-4:] == ["proved", "proved", "proved", "refuted"]


def test_letters_are_explained_behind_and_parameters_by_what_depends_on_them() -> None:
    behind = r"$$\delta J = \int_0^T k^T \delta u\,dt, \quad k = g_u^T + f_u^T\lambda$$ $$\delta J = \int_0^T m^T \delta u\,dt$$ where $m = g_u^T - f_u^T\lambda$. "
    slopes = r"$$\frac{dJ}{dq} = \int_0^T \left(\frac{\partial g}{\partial q} + \lambda^T\frac{\partial f}{\partial q}\right)dt$$ $$\frac{dJ}{dq} = -\int_0^T \lambda^T f_q\,dt$$"
    assert statuses(PROBLEM + behind + slopes)[-6:] == ["proved", "definition", "refuted", "definition", "proved", "refuted"]


SMALLEST = r"""$\dot z = f(z, t, \theta), z(0) = z_0$ $$J(\theta) = \Phi(z(T))$$ $a(t) = \frac{dJ}{dz(t)}$ Take $n = 1$, $f = \theta z$ and $J = \frac12 z(T)^2$.
$$z(t) = z_0 e^{\theta t}$$ $a(T) = z(T)$ """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"a(t) = z(T)\,e^{\theta(T - t)} = z_0\,e^{\theta(2T - t)}", r"a(t) = z(T)\,e^{\theta(t - T)}"),
    (r"\frac{\partial f}{\partial\theta} = z", r"\frac{\partial f}{\partial z} = z"),
    (r"J'(\theta) = \int_0^T a(t) z(t)\,dt", r"J'(\theta) = -\int_0^T a(t) z(t)\,dt"),
    (r"\frac{dJ}{dz_0} = z_0\,e^{2\theta T}", r"\frac{dJ}{dz_0} = z_0\,e^{\theta T}"),
    (r"J'(\theta) = T z_0^2\,e^{2\theta T}", r"J'(\theta) = z_0^2\,e^{2\theta T}"),
    pytest.param(r"J(\theta) = \frac12 z_0^2\,e^{2\theta T}", r"J(\theta) = \frac12 z_0^2\,e^{\theta T}", marks=pytest.mark.campaign),
    pytest.param(r"\int_0^T z^2\,dt = \frac{z_0^2}{2\theta}\left(e^{2\theta T} - 1\right)", r"\int_0^T z^2\,dt = \frac{z_0^2}{\theta}\left(e^{2\theta T} - 1\right)", marks=pytest.mark.campaign),
])
def test_the_field_of_one_number_is_an_example_with_solutions_in_closed_form(right: str, wrong: str) -> None:
    found = statuses(rf"{SMALLEST} $$a(t) = z_0\,e^{{\theta(2T - t)}}$$ $${right}$$ $${wrong}$$")
    assert "unknown" not in found and found[-1] == "refuted" and found.count("refuted") == 1, found


def test_the_space_of_a_jacobian_is_no_letter() -> None:
    given = r"$f_x \in \mathbb R^{n\times n}$ $f_\theta \in \mathbb R^{n\times p}$ $\dot x = f(x, \theta), x(0) = x_0$ $J = \phi(x(T))$ $\lambda(T) = \nabla\phi(x(T))$ "
    assert statuses(given + r"$$\nabla_\theta J = \int_0^T f_\theta^T\lambda\,dt$$ $$\nabla_\theta J = -\int_0^T f_\theta^T\lambda\,dt$$")[-2:] == ["proved", "refuted"]


def test_an_augmented_cost_that_is_said_again_is_a_claim() -> None:
    given = PROBLEM + r"$$\bar J = J + \int_0^T \lambda^T (f(x, u) - \dot x)\,dt$$ "
    again = r"$$\bar J = \phi(x(T)) + \int_0^T (H - \lambda^T\dot x)\,dt$$ $$\bar J = \phi(x(T)) + \int_0^T (H + \lambda^T\dot x)\,dt$$"
    assert statuses(given + again)[-3:] == ["definition", "proved", "refuted"]
