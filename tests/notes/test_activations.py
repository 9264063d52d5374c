"""Networks with an activation entry by entry: diagonal slopes, gradients in the matrices and biases of layers."""

from __future__ import annotations

import pytest
from understood import statuses

NET = r"""$$x_{k+1} = x_k + h\,\sigma(W_k x_k + b_k)$$ where $\sigma$ acts on each entry. The loss is $$\ell = \tfrac12 \|x_N - y\|^2$$ and
$$\delta_k = \nabla_{x_k} \ell$$"""
RECURRENT = r"""$$h_{t+1} = \sigma(W h_t + U x_t + b), \qquad t = 0, \dots, T-1$$ $$E = \ell(h_T)$$ $$a_t = W h_t + U x_t + b$$
$$D_t = \mathrm{diag}(\sigma'(a_t))$$ $$\delta_t = \frac{\partial E}{\partial h_t}$$"""
BEHIND = r"""Here $\sigma$ acts on each entry. $$h_{l+1} = h_l + \sigma(z_l), \qquad z_l = W_l h_l + b_l$$ $$g_l = \frac{\partial\mathcal{L}}{\partial h_l}$$"""
ABOVE = r"""$z^l = W^l a^{l-1} + b^l$, $a^l = \sigma(z^l)$, $E = \frac12 \|a^N - y\|^2$, $\delta^l = \partial E/\partial z^l$."""  # not a word
PLAIN = r"""$h_{l+1} = \sigma(W_l h_l + b_l)$ and $\mathcal{L} = \ell(h_L, y)$. Write $\bar h_l = \partial \mathcal{L}/\partial h_l$."""
FLOW = r"""$\dot z = \sigma(W z + b)$, $z(0) = x$, $L = \frac12 |z(1) - y|^2$, $a(t) = \partial L/\partial z(t)$ (column)."""
S = r"\sigma'(W_k x_k + b_k)"


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    (ABOVE, r"\delta^l = (W^{l+1})^T \delta^{l+1} \odot \sigma'(z^l)", r"\delta^l = (W^l)^T \delta^{l+1} \odot \sigma'(z^l)"),
    (PLAIN, r"\bar h_l = W_l^T (\sigma'(W_l h_l + b_l) \odot \bar h_{l+1})", r"\bar h_l = \sigma'(W_l h_l + b_l) \odot (W_l^T \bar h_{l+1})"),
    (FLOW, r"\dot a = -W^T (\sigma'(W z + b) \odot a)", r"\dot a = -\sigma'(W z + b) \odot (W^T a)"),
    (NET, rf"\delta_k = \delta_{{k+1}} + h W_k^T ({S} \odot \delta_{{k+1}})", rf"\delta_k = \delta_{{k+1}} + h {S} \odot (W_k^T \delta_{{k+1}})"),
    (NET, rf"\frac{{\partial \ell}}{{\partial W_k}} = h ({S} \odot \delta_{{k+1}}) x_k^T",
     rf"\frac{{\partial \ell}}{{\partial W_k}} = h ({S} \odot \delta_{{k}}) x_k^T"),
    (NET, rf"\nabla_{{b_k}} \ell = h {S} \odot \delta_{{k+1}}", rf"\nabla_{{b_k}} \ell = h {S} \odot \delta_k"),
    (BEHIND, r"g_l = g_{l+1} + W_l^T (\sigma'(z_l) \odot g_{l+1})", r"g_l = g_{l+1} + W_l^T (\sigma'(z_l) \odot g_l)"),
    (BEHIND, r"\frac{\partial\mathcal{L}}{\partial W_l} = (\sigma'(z_l) \odot g_{l+1}) h_l^T",
     r"\frac{\partial\mathcal{L}}{\partial W_l} = (\sigma'(z_l) \odot g_l) h_l^T"),
    pytest.param(RECURRENT, r"\frac{\partial h_{t+1}}{\partial h_t} = D_t W", r"\frac{\partial h_{t+1}}{\partial h_t} = W D_t",
                 marks=pytest.mark.campaign),
    (RECURRENT, r"\delta_t = W^T D_t \delta_{t+1}", r"\delta_t = W D_t \delta_{t+1}"),
    (RECURRENT, r"\frac{\partial E}{\partial W} = \sum_{t=0}^{T-1} D_t \delta_{t+1} h_t^T",
     r"\frac{\partial E}{\partial W} = \sum_{t=0}^{T-1} D_t \delta_{t+1} h_{t+1}^T"),
    pytest.param(RECURRENT, r"\frac{\partial E}{\partial b} = \sum_{t=0}^{T-1} D_t \delta_{t+1}",
                 r"\frac{\partial E}{\partial b} = \sum_{t=0}^{T-1} D_t \delta_t", marks=pytest.mark.campaign),
])
def test_backpropagation_through_dense_layers(notes: str, right: str, wrong: str) -> None:
    assert statuses(f"{notes} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


def test_the_transposed_gradient_in_a_matrix_is_left_open_where_no_layout_is_declared() -> None:
    claim = rf"$$\frac{{\partial \ell}}{{\partial W_k}} = h x_k ({S} \odot \delta_{{k+1}})^T$$"
    assert [statuses(f"{NET} {claim}")[-1], statuses(f"{NET} {claim}", "gradients: columns")[-1]] == ["unknown", "refuted"]
    told = ("All gradients are column vectors.", "Gradients are not written as columns.", "本文中梯度一律写成列向量。")
    assert [statuses(f"{NET} {words} {claim}")[-1] for words in told] == ["refuted", "unknown", "refuted"]


def test_a_letter_that_moves_the_start_has_no_gradient_through_the_layers_alone() -> None:
    text = NET + r" The input is $$x_0 = m + c$$ $$\frac{\partial \ell}{\partial m} = \delta_0$$ $$\frac{\partial \ell}{\partial m} = 0$$"
    assert "proved" != statuses(text)[-1] and "refuted" != statuses(text)[-2]


SPLIT = r"""$$a_t = W h_{t-1} + U x_t + b, \qquad h_t = \tanh(a_t), \qquad t = 1, \dots, T$$ where $\tanh$ acts on each entry, and
$$E = \sum_{t=1}^T E_t(h_t)$$ $$\delta_t = \frac{\partial E}{\partial h_t}$$ $$e_t = \nabla_{a_t} E$$ """
NIELSEN = r"""$$z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}, \qquad a^{(l)} = \sigma(z^{(l)}), \qquad l = 1, \dots, L$$ Here $\sigma$ acts elementwise.
$$C = \ell(a^{(L)})$$ $$\delta^{(l)} = \frac{\partial C}{\partial z^{(l)}}$$ """


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    (SPLIT, r"\delta_t = \nabla E_t(h_t) + W^T \mathrm{diag}(1 - h_{t+1}^2) \delta_{t+1}",
     r"\delta_t = \nabla E_t(h_t) + W^T \mathrm{diag}(1 - h_t^2) \delta_{t+1}"),
    (SPLIT, r"e_t = (1 - h_t^2) \odot \delta_t", r"e_t = (1 - h_t) \odot \delta_t"),
    pytest.param(SPLIT, r"\frac{\partial E}{\partial U} = \sum_t e_t x_t^T", r"\frac{\partial E}{\partial U} = \sum_t e_t x_{t-1}^T",
                 marks=pytest.mark.campaign),
    (NIELSEN, r"\delta^{(l)} = \left((W^{(l+1)})^T \delta^{(l+1)}\right) \odot \sigma'(z^{(l)})",
     r"\delta^{(l)} = (W^{(l+1)})^T \left(\delta^{(l+1)} \odot \sigma'(z^{(l)})\right)"),
    (NIELSEN, r"\frac{\partial C}{\partial W^{(l)}} = \delta^{(l)} (a^{(l-1)})^T", r"\frac{\partial C}{\partial W^{(l)}} = \delta^{(l)} (a^{(l)})^T"),
])
def test_a_layer_in_two_formulas_is_one_time_step(notes: str, right: str, wrong: str) -> None:
    assert statuses(f"{notes} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


def test_a_product_sign_is_read_in_the_order_that_is_right_and_no_other_product_is_proved() -> None:
    notes = r"$$h_t = \tanh(W h_{t-1} + b), \qquad t = 1, \dots, T$$ $$E = \ell(h_T)$$"
    right = r"$$\frac{\partial h_T}{\partial h_k} = \prod_{t=k+1}^{T} \mathrm{diag}(1 - h_t^2) W$$"
    wrong = r"$$\frac{\partial h_T}{\partial h_k} = \prod_{t=k}^{T-1} \mathrm{diag}(1 - h_t^2) W$$"
    assert statuses(f"{notes} {right} {wrong}")[-2:] == ["proved", "refuted"]


def test_what_is_said_of_a_special_case_is_not_refuted() -> None:
    text = SPLIT + r"Suppose that only $E_T$ is left. Then one finds $$\delta_t = W^T \mathrm{diag}(1 - h_{t+1}^2) \delta_{t+1}$$"
    assert statuses(text)[-1] == "unknown"


def test_an_end_cost_by_the_matrix_of_a_layer_goes_through_the_layers() -> None:
    told = r"$$x_{k+1} = x_k + h f(x_k, \theta_k)$$ $$\delta_k = \nabla_{x_k} E(x_N)$$ With $f(x, \theta) = A\,\sigma(B x + c)$ and $\theta = (A, B, c)$ "
    assert statuses(told + r"$$\nabla_{A_k} E = h\,\delta_{k+1}\,\sigma(B x_k + c)^T$$", "gradients: columns")[-1] in ("proved", "unknown")


FLOW = r"""$$\dot z(t) = f(z, t) = \tanh(U z + t\,v + \beta), \qquad z(0) = z_0$$ The loss $L$ is evaluated at $z(1)$ and $\alpha(t) = \partial L/\partial z(t)$.
$$\delta(t) = \big(1 - f(z(t), t)\odot f(z(t), t)\big)\odot\alpha(t)$$ """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial f}{\partial z} = \operatorname{diag}(1 - f\odot f)\,U", r"\dot\alpha(t) = U^\top\delta(t)"),
    (r"\dot\alpha(t) = -U^\top\delta(t)", r"\dot\alpha(t) = -U\delta(t)"),
    pytest.param(r"\frac{\partial L}{\partial U} = \int_0^1 \delta(t)\,z(t)^\top\,dt", r"\frac{\partial L}{\partial U} = \int_0^1 \delta(t)\,\alpha(t)^\top\,dt", marks=pytest.mark.campaign),
    pytest.param(r"\frac{\partial L}{\partial\beta} = \int_0^1 \delta(t)\,dt", r"\frac{\partial L}{\partial U} = -\int_0^1 \delta(t)\,z(t)^\top\,dt", marks=pytest.mark.campaign),
    (r"\frac{\partial L}{\partial v} = \int_0^1 t\,\delta(t)\,dt", r"\frac{\partial L}{\partial v} = \int_0^1 \delta(t)\,dt"),
])
def test_the_weights_of_a_flow_with_an_activation_have_gradients(right: str, wrong: str) -> None:
    assert statuses(rf"{FLOW} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


BLOCK = r"""$$h_{k+1} = h_k + \Delta\,f(h_k, \theta_k), \qquad k = 0, \dots, N-1$$ The loss is $L = \Phi(h_N)$ and $p_k = \nabla_{h_k} L$. Take $f(h, W, b) = \sigma(W h + b)$
with $W\in\mathbb R^{d\times d}$ and $\sigma$ acting componentwise. $$s_k = \sigma'(W_k h_k + b_k)\odot p_{k+1}$$ """
VARIANT = BLOCK + r"Now $f(h, K, b) = \sigma\bigl((K - K^\top) h + b\bigr)$ with $A_k = K_k - K_k^\top$ and $s_k = \sigma'(A_k h_k + b_k)\odot p_{k+1}$. "


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    (BLOCK, r"p_k = p_{k+1} + \Delta\,W_k^\top s_k", r"p_k = p_{k+1} + \Delta\,W_k\,s_k"),
    (BLOCK, r"\nabla_{W_k} L = \Delta\,s_k h_k^\top", r"\nabla_{b_k} L = -\Delta\,s_k"),
    (VARIANT, r"\nabla_{K_k} L = \Delta\bigl(s_k h_k^\top - h_k s_k^\top\bigr)", r"\nabla_{b_k} L = -\Delta\,s_k"),
])
def test_what_is_new_among_the_arguments_of_a_field_are_weights_of_each_layer(notes: str, right: str, wrong: str) -> None:
    assert statuses(rf"{notes} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


SQUASHED = r"""$$\dot z(t) = f(z) = \sigma(W z + \beta), \qquad z(0) = z_0$$ where $\sigma$ acts componentwise. $$L = \Phi(z(1))$$ $$\alpha(t) = \frac{\partial L}{\partial z(t)}$$ """


@pytest.mark.parametrize(("line", "status"), [
    (r"\frac{\partial f}{\partial z} = \operatorname{diag}(\sigma'(Wz + \beta))\,W", "proved"),
    (r"\frac{\partial f}{\partial z} = \operatorname{diag}(\sigma'(Wz + \beta))", "refuted"),
    (r"\dot\alpha = -W^\top(\sigma'(Wz + \beta)\odot\alpha)", "proved"),
    (r"\dot\alpha = -W^\top \sigma'(Wz + \beta)\odot\alpha", "unknown"),  # W^T (s * p), or (W^T s) * p?
])
def test_the_slope_of_a_field_goes_through_its_activation(line: str, status: str) -> None:
    assert statuses(rf"{SQUASHED} $${line}$$")[-1] == status


DRIVEN = (r"$\sigma$ acts component by component and $\odot$ is the product entry by entry. $$\dot y = \sigma(W y + b)$$ $$J = \varphi(y(T))$$ "
           r"$$q(t) = \nabla_{y(t)} J$$ ")


@pytest.mark.parametrize("slope", [r"\nabla_b J(t)", r"\nabla_{b(t)} J", r"\frac{\delta J}{\delta b(t)}", r"\frac{\delta J}{\delta b}(t)"])
def test_a_gradient_of_each_time_makes_its_letter_a_path(slope: str) -> None:
    lines = rf"$${slope} = \sigma'(W y + b) \odot q$$ $${slope} = \sigma(W y + b) \odot q$$"
    assert statuses(DRIVEN + lines, "state: y\ncostate: q (column)\ntime: t in [0, T]\nobjective: J")[-2:] == ["proved", "refuted"]


@pytest.mark.campaign
def test_worlds_of_a_constant_are_none_of_a_path() -> None:
    header, right = "state: y\ncostate: q (column)\ntime: t in [0, T]\nobjective: J", r"$$\nabla_b J(t) = \sigma'(W y + b) \odot q$$"
    assert statuses(DRIVEN + r"$$\nabla_W J(t) = q$$" + right, header)[-1] == statuses(DRIVEN + right, header)[-1] == "proved"


def test_a_field_is_told_in_weights_of_its_own() -> None:
    given = r"$$\dot y = g(y(t), u(t))$$ $$J = \int_0^T \ell(y, u)\,dt + \varphi(y(T))$$ Let $\ell \equiv 0$ and $$g(y; W, b) = \sigma(W y + b)$$ "
    lines = r"$$\dot q = -W^\top (\sigma'(W y + b) \odot q)$$ $$\dot q = -W (\sigma'(W y + b) \odot q)$$"
    header = "state: y\ncontrol: u\ncostate: q (column)\nfield: g\ntime: t in [0, T]\nobjective: J"
    assert statuses(DRIVEN.partition("$$")[0] + given + lines, header)[-3:] == ["definition", "proved", "refuted"]


@pytest.mark.parametrize("spelt", [r"$\sigma = \tanh$", r"$\sigma(z) = \tanh(z)$", r"$\sigma(z) = \tanh z$"])
def test_an_activation_that_the_notes_spell_out_is_that_in_worlds(spelt: str) -> None:
    flow = r"$\dot z = \sigma(W z + b)$, $z(0) = x$, $L = \frac12 |z(1) - y|^2$, $a(t) = \partial L/\partial z(t)$ (column)."
    right, wrong = (rf"$$\dot a = -W^T ((1 - \sigma(W z + b){power}) \odot a)$$" for power in ("^2", ""))
    assert statuses(f"Entry by entry, {spelt}. {flow} {right} {wrong}")[-2:] == ["proved", "refuted"]
    assert statuses(f"Entry by entry, $\\sigma$. {flow} {right}")[-1] != "proved"
    logistic = r"$\sigma(z) = 1/(1 + e^{-z})$"
    assert statuses(f"Entry by entry, {logistic}. {flow} {right}")[-1] == "refuted"


TANH = r"Let $\sigma=\tanh$ in every component, $\dot z(t) = \sigma(W z(t) + b)$, $0\le t\le 1$, $\ell = \Phi(z(1))$ and $a(t) = \nabla_{z(t)}\ell$."


@pytest.mark.parametrize(("right", "wrong"), [
    pytest.param(r"\nabla_W \ell = \int_0^1 (\sigma'(Wz(t)+b)\odot a(t))\,z(t)^T\,dt", r"\nabla_W \ell = \int_0^1 (\sigma'(Wz(t)+b)\odot a(t))\,z(0)^T\,dt", marks=pytest.mark.campaign),
    (r"\nabla_b \ell = \int_0^1 \sigma'(Wz(t)+b)\odot a(t)\,dt", r"\nabla_b \ell = \int_0^1 \sigma'(Wz(1)+b)\odot a(t)\,dt"),
    (r"\sigma'(s) = 1 - \sigma(s)^2", r"\sigma'(s) = \sigma(s)(1 - \sigma(s))"),
    (r"\frac{d}{du}\tanh(u) = 1 - \tanh(u)^2", r"\frac{d}{du}\tanh(u) = 1 + \tanh(u)^2"),
])
def test_a_known_activation_has_the_slope_of_a_number_and_the_flow_its_gradients(right: str, wrong: str) -> None:
    assert statuses(rf"{TANH} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


def test_the_slope_of_an_activation_is_no_rate_of_a_curve() -> None:
    text = r"$\dot z = \sigma(Wz+b)$, $\ell = \Phi(z(1))$, $a(t) = \nabla_{z(t)}\ell$. $$\nabla_b\ell = \int_0^1 \sigma'(Wz+b)\odot a\,dt$$"
    assert statuses(rf"The function $\sigma$ acts componentwise. {text}")[-1] == "proved"


def test_ever_more_layers_of_a_fixed_time_become_a_flow() -> None:
    limit = r"Let $N\to\infty$ with $T = N h$ fixed. $$\dot x(t) = \sigma(W(t)x(t) + b(t))$$ $$\dot p(t) = -W(t)^T(\sigma'(W(t)x(t)+b(t))\odot p(t))$$ "
    wrong = r"$$\dot p(t) = -\sigma'(W(t)x(t)+b(t))\odot(W(t)^T p(t))$$"
    net = NET.replace(r"\delta", "p")
    assert statuses(f"{net} {limit} {wrong}")[-2:] == ["proved", "refuted"]


ADJOINED = NET + rf"""$$\mathcal L = \tfrac12\|x_N-y\|^2 + \sum_{{k=0}}^{{N-1}} \delta_{{k+1}}^\top\big(x_k + h\,\sigma(W_k x_k + b_k) - x_{{k+1}}\big)$$
$$\nabla_{{b_k}}\mathcal L = h\,{S}\odot \delta_{{k+1}}$$ """


def test_the_augmented_cost_moves_through_the_activation() -> None:
    right, wrong = (rf"$$\nabla_{{x_k}}\mathcal L = \delta_{{k+1}} + h\,W_k^\top({S}\odot \delta_{{k+1}}){last}$$" for last in (r" - \delta_k", ""))
    assert statuses(f"{ADJOINED} {right} {wrong}")[-3:] == ["proved", "proved", "refuted"]


def test_a_tangent_of_dense_layers_keeps_its_product_with_the_costate() -> None:
    net = NET + r" where $T = N h$, and $$D_k = \operatorname{diag}(\sigma'(W_k x_k + b_k))$$ Let $v_{k+1} = (I + h D_k W_k) v_k$. "
    right, wrong = r"$$\delta_{k+1}^\top v_{k+1} = \delta_k^\top v_k$$", r"$$\delta_{k+1}^\top v_{k+1} = \delta_{k+1}^\top v_k$$"
    found = statuses(f"{net} {right} {wrong}")
    assert found[-3:] == ["definition", "proved", "refuted"], found
    other = net.replace("I + h D_k W_k", "I + h W_k D_k")
    assert statuses(f"{other} {right}")[-1] != "proved"


PAIRED = r"""$$x_{k+1} = x_k + h f(x_k, w_k)$$ $$J = \Phi(x_N) + \frac{\alpha h}{2} \sum_{k=0}^{N-1} |w_k|^2$$ Let $p_k = \nabla_{x_k} J$.
Let $f(x,(K,b)) = \sigma(Kx+b)$ with $\sigma$ acting componentwise. """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"f_x(x,(K,b)) = \operatorname{diag}(\sigma'(Kx+b))\,K", r"f_x(x,(K,b)) = K \operatorname{diag}(\sigma'(Kx+b))"),
    (r"\nabla_{b_k} J = \alpha h\, b_k + h\,\sigma'(K_kx_k+b_k)\odot p_{k+1}", r"\nabla_{b_k} J = h\,\sigma'(K_kx_k+b_k)\odot p_{k+1}"),
    (r"\nabla_{K_k} J = \alpha h\, K_k + h(\sigma'(K_kx_k+b_k)\odot p_{k+1})\,x_k^T",
     r"\nabla_{K_k} J = \alpha h\, K_k + h(\sigma'(K_kx_k+b_k)\odot p_{k+1})\,x_{k+1}^T"),
])
def test_parameters_in_a_pair_are_paid_for_together(right: str, wrong: str) -> None:
    assert statuses(f"{PAIRED} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]
