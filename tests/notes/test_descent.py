"""Gradient iterations: a step that goes down where J is to be small is proved, one that goes up is refuted, whatever was stepped before."""

from __future__ import annotations

import pytest
from understood import statuses

POSED = r"$\dot x = f(x,u)$, $J = \phi(x(T)) + \int_0^T \ell(x,u)\,dt$, the column $\lambda = dJ/dx$. "
GRADIENT = r"\left( \ell_u^T + f_u^T \lambda \right)"
SHARED = r"$\dot x = f(x,\theta)$, $x(0) = x_0$, $J = \phi(x(T)) + \frac{\beta}{2}\theta^T\theta$, the row $p = dJ/dx$. "
WHOLE = r"\left( \beta\theta + \int_0^T f_\theta^T p^T\,dt \right)"


@pytest.mark.parametrize(("posed", "goal", "step", "status"), [
    (POSED, "minimised", rf"u \leftarrow u - \eta {GRADIENT}", "proved"),
    (POSED, "minimised", rf"u \leftarrow u + \eta {GRADIENT}", "refuted"),
    (POSED, "maximised", rf"u \leftarrow u + \eta {GRADIENT}", "proved"),
    (POSED, "maximised", rf"u \leftarrow u - \eta {GRADIENT}", "refuted"),
    (POSED, "minimised", rf"u^{{(k+1)}} = u^{{(k)}} - \gamma {GRADIENT}", "proved"),
    (POSED, "minimised", rf"u^{{(k+1)}} = u^{{(k)}} + \gamma {GRADIENT}", "refuted"),
    (POSED, "minimised", r"u \leftarrow u - \eta \left( \ell_u^T - f_u^T \lambda \right)", "assumption"),  # a rule, of which nothing is said
    (SHARED, "minimised", rf"\theta \leftarrow \theta - \eta {WHOLE}", "proved"),
    (SHARED, "minimised", rf"\theta \leftarrow \theta + \eta {WHOLE}", "refuted"),
    (SHARED, "minimised", rf"\theta_{{\mathrm{{new}}}} = \theta - \eta {WHOLE}", "proved"),
    (SHARED, "minimised", rf"\theta_{{\mathrm{{new}}}} = \theta + \eta {WHOLE}", "refuted"),
    (POSED, "minimised", r"u \leftarrow u - \eta (\ell_u + \lambda^T f_u)^T", "proved"),
])
def test_a_step_goes_the_way_that_the_cost_asks_for(posed: str, goal: str, step: str, status: str) -> None:
    assert statuses(f"{posed}$${step}$$", f"objective: J, {goal}")[-1] == status


@pytest.mark.parametrize("other", [rf"u^{{(k)}} + \gamma {GRADIENT}", rf"u^{{(k)}} - 2\gamma {GRADIENT}"])
def test_a_second_step_from_any_control_is_not_weighed_at_the_best_one(other: str) -> None:
    text = rf"{POSED}$$u^{{(k+1)}} = u^{{(k)}} - \gamma {GRADIENT}$$ $$u^{{(k+1)}} = {other}$$"
    assert statuses(text, "objective: J, minimised")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize("words", ["We maximise the yield.", "Das Funktional soll maximiert werden.", "The control maximizes $H$."])
def test_a_step_is_not_weighed_where_words_alone_speak_of_a_maximum(words: str) -> None:
    assert statuses(rf"{words} {POSED}$$u \leftarrow u - \eta {GRADIENT}$$")[-1] == "assumption"


def test_the_step_after_a_wrong_one_is_judged_anew() -> None:
    text = rf"{POSED}$$u^{{(k+1)}} = u^{{(k)}} + \gamma {GRADIENT}$$ $$u^{{(k+1)}} = u^{{(k)}} - \gamma {GRADIENT}$$"
    assert statuses(text, "objective: J, minimised")[-2:] == ["refuted", "proved"]


@pytest.mark.parametrize(("step", "status"), [
    (rf"u^{{k+1}}_t = u^k_t - \gamma {GRADIENT}", "proved"), (rf"u^{{k+1}}_t = u^k_t + \gamma {GRADIENT}", "refuted"),
    (rf"u_t^{{k+1}} = u_t^k - \gamma {GRADIENT}", "proved"), (rf"u_t^{{k+1}} = u_t^k + \gamma {GRADIENT}", "refuted"),
])
def test_the_number_of_a_step_stands_above_and_the_time_below(step: str, status: str) -> None:
    posed = POSED.replace("f(x,u)", "f(x_t,u_t)").replace("\\dot x", "\\dot x_t")
    assert statuses(rf"{posed}$${step}$$", "objective: J, minimised")[-1] == status


def test_successive_approximations_set_the_next_control_in_another_way() -> None:
    text = rf"{POSED}$$H = \ell + \lambda^T f$$ $$u^{{k+1}} = u^k - \gamma {GRADIENT}$$ $$u^{{k+1}} = \arg\min_{{v\in U}} H(x, \lambda, v)$$ "
    assert statuses(rf"{text}$$\dot\lambda = -H_x$$", "objective: J, minimised")[-3:] == ["proved", "definition", "proved"]


DATED = (r"$$\dot x_t = f(x_t, \theta_t), \quad x_0 = \xi$$ $$J(\theta) = \Phi(x_T) + \int_0^T L(\theta_t)\,dt$$ with columns $p_t$ and "
         r"$$H(x, p, \theta) = p^\top f(x, \theta) - L(\theta)$$ $$p_T = -\nabla\Phi(x_T)$$ ")
ASCENT = r"$$\theta^{k+1}_t = \theta^k_t + \alpha \nabla_\theta H(x^k_t, p^k_t, \theta^k_t)$$ "


@pytest.mark.parametrize(("given", "line"), [
    ("", r"\frac{d}{d\varepsilon} J(\theta + \varepsilon\eta)\Big|_{\varepsilon=0} = SIGN\int_0^T \nabla_\theta H(x_t, p_t, \theta_t)^\top \eta_t\,dt"),
    pytest.param(ASCENT, r"J(\theta^{k+1}) = J(\theta^k) SIGN \alpha \int_0^T \|\nabla_\theta H(x^k_t, p^k_t, \theta^k_t)\|^2\,dt + O(\alpha^2)", marks=pytest.mark.campaign),
])
def test_a_step_along_the_slope_of_h_with_the_time_below(given: str, line: str) -> None:
    lines = " ".join(f"$${line.replace('SIGN', sign)}$$" for sign in ("-", "+"))
    assert statuses(DATED + given + lines)[-2:] == ["proved", "refuted"]


NET = r"""$z^l = W^l a^{l-1} + b^l$, $a^l = \sigma(z^l)$ for $l = 1, \dots, L$; all vectors are columns.
$\delta^l = \frac{\partial C}{\partial z^l}$. $\delta^L = \nabla_a C \odot \sigma'(z^L)$. Gradient descent with rate $\eta$ is then """
PULLED = r"\delta^l (a^{l-1})^\top"


@pytest.mark.parametrize(("posed", "words", "step", "status"), [
    (POSED, "Gradient descent is", r"u \leftarrow u - \eta \left( \ell_u^T - f_u^T \lambda \right)", "refuted"),
    (POSED, "Stochastic gradient descent is", r"u \leftarrow u - \eta \left( \ell_u^T - f_u^T \lambda \right)", "assumption"),
    (POSED, "Gradient descent is", rf"u \leftarrow u - 2 \eta {GRADIENT}", "assumption"),  # another step size
    (SHARED, "A gradient step is", r"\theta_{\mathrm{new}} = (1 - \eta \beta) \theta - \eta \int_0^T f_\theta^T p^T\,dt", "proved"),
    (SHARED, "A gradient step is", r"\theta_{\mathrm{new}} = (1 + \eta \beta) \theta - \eta \int_0^T f_\theta^T p^T\,dt", "refuted"),
    (NET, "", rf"W^l \leftarrow W^l - \eta {PULLED}", "proved"),
    (NET, "", r"W^l \leftarrow W^l - \eta \delta^l (a^l)^\top", "refuted"),
])
def test_a_step_that_is_said_to_follow_the_gradient_follows_it(posed: str, words: str, step: str, status: str) -> None:
    headers = {POSED: "objective: J, minimised", SHARED: "objective: J, minimised\nparameters: \\theta", NET: ""}
    assert statuses(f"{posed}{words} $${step}$$", headers[posed])[-1] == status


@pytest.mark.parametrize(("claim", "status"), [(r"\frac{\partial J}{\partial x^{\mathrm{in}}} = \lambda(0)", "proved"),
                                               (r"\frac{\partial J}{\partial x^{\mathrm{in}}} = \lambda(T)", "refuted")])
def test_a_word_above_a_state_names_where_it_starts(claim: str, status: str) -> None:
    assert statuses(rf"{POSED}$x(0) = x^{{\mathrm{{in}}}}$. $${claim}$$", "gradients: columns")[-1] == status


def test_iterates_with_their_number_below_are_no_layers() -> None:
    posed = (r"Minimise $J(u) = \phi(x(T)) + \int_0^T \ell(x, u)\,dt$ with $\dot x = f(x,u)$, $x(0) = x_0$. "
             r"Iterate $u_{k+1} = u_k - \alpha_k \nabla J(u_k)$. With $\dot\lambda = -\ell_x^T - f_x^T \lambda$, $\lambda(T) = \phi_x^T$ ")
    right = r"$\nabla J(u) = \ell_u^T + f_u^T \lambda$"
    assert statuses(f"{posed}we have {right}, {right.replace('+', '-')}")[-2:] == ["proved", "refuted"]
    assert statuses(posed.replace("- \\alpha_k", "+ \\alpha_k"))[3] == "refuted"
    layers = r"$x_{k+1} = x_k + h f(x_k, \theta_k)$, $J = \Phi(x_N)$, $\theta_{k+1} = \theta_k - \eta \nabla J(\theta_k)$. "
    assert statuses(rf"{layers} $\frac{{dJ}}{{d\theta_k}} = h\, p_{{k+1}} f_\theta(x_k, \theta_k)$", "costate: p = dJ/dx (row)")[-1] == "proved"


@pytest.mark.campaign
def test_a_response_to_the_gradient_is_chosen_and_no_law() -> None:
    """z of z-dot = A z + B g, after z of any variation v."""
    told = (r"$$\dot x = f(x,u), \quad x(0) = x_0, \quad J(u) = \frac12|x(T) - x_T|^2 + \int_0^T \frac\alpha2|u|^2\,dt$$ "
            r"$$\dot z = f_x z + f_u v, \quad z(0) = 0$$ $$\dot q = -f_x^\top q, \quad q(T) = x(T) - x_T$$ Let $g = \nabla J(u)$. For $f = A x + B u$ let ")
    lines = r"$$\dot z = A z + B g$$ $$\nabla J(u) = \alpha u + B^\top q$$ $$\nabla J(u) = \alpha u - B^\top q$$"
    assert statuses(told + lines)[-3:] == ["assumption", "proved", "refuted"]


STEPS = (r"$$\dot q = f(q, u), \quad q(0) = q_0, \quad J(u) = \frac12|q(T) - q_d|^2 + \frac\gamma2\int_0^T |u|^2\,dt$$ "
         r"$$\dot\psi = -f_q(q, u)^\top\psi, \quad \psi(T) = q(T) - q_d$$ With $u_{\min} \le u \le u_{\max}$, and with $g = \nabla J(u)$, ")


@pytest.mark.parametrize("line", [
    r"J(u - s g) = J(u) SIGN s\int_0^T |g|^2\,dt + o(s)",
    r"\frac{d}{ds} J(u - s\nabla J(u))\Big|_{s=0} = SIGN \int_0^T \big|\gamma u + f_u(q, u)^\top\psi\big|^2\,dt",
])
def test_the_cost_beside_u_falls_by_the_square_of_its_gradient(line: str) -> None:
    lines = " ".join(f"$${line.replace('SIGN', sign)}$$" for sign in ("-", "+"))
    rule = r"$$J(u - s g) \le J(u) - c s\int_0^T |g|^2\,dt, \qquad 0 < c < 1.$$"
    after = r"$$J(u - s g) = J(u) - s\int_0^T |g|^2\,dt + s^2 |g(T)|^2$$ $$\nabla J(u) = \gamma u + f_u(q, u)^\top\psi$$"
    assert statuses(STEPS + lines + rule + after)[-5:] == ["proved", "refuted", "assumption", "unknown", "proved"]


LAYERED = r"""$$x_{t+1}=f_t(x_t,\theta_t)$$ $$\min_{\theta} J(\theta)=\Phi(x_T)+\sum_{t=0}^{T-1}L_t(\theta_t)$$ $$H_t(x,p,\theta)=p\cdot f_t(x,\theta)-L_t(\theta)$$
$$p_t=\nabla_x H_t(x_t,p_{t+1},\theta_t), \qquad p_T=-\nabla\Phi(x_T)$$ $$\nabla_{\theta_t}J=-\nabla_\theta H_t(x_t,p_{t+1},\theta_t)$$ """


def test_a_step_down_the_cost_is_one_up_the_hamiltonian() -> None:
    right, wrong = (rf"$$\theta_t\leftarrow\theta_t-\eta\,\nabla_{{\theta_t}}J=\theta_t{sign}\eta\,\nabla_\theta H_t(x_t,p_{{t+1}},\theta_t)$$" for sign in "+-")
    renewed = r"$$\theta_t^{\rm new}=\arg\max_{\theta}H_t(x_t,p_{t+1},\theta)$$"
    assert statuses(f"{LAYERED} {right} {wrong} {renewed}")[-5:] == ["proved", "proved", "proved", "refuted", "assumption"]
