"""The layer above a letter, activations that nothing explains, and the other ways of notes on nets."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

from adjointcheck.notes.systems.superscripts import layered_above

HEADER = "costate: p = dJ/dx (column)"


@pytest.mark.parametrize(("text", "index"), [
    (r"x^{(l+1)} = \sigma(W^{(l)} x^{(l)} + b^{(l)})", "l"), (r"\mathbf{x}^{k+1} = \mathbf{x}^k + h f(\mathbf{x}^k, \theta^k)", "k"),
    (r"a^{(l)} = F_l(a^{(l-1)}, w^{(l)})", "l"), (r"z^{n+1} = F(z^n)", "n"), (r"h^{(t)} = \tanh(W h^{(t-1)} + b)", "t"),
    (r"u^{k+1} = u^k - \alpha \nabla J(u^k)", ""), (r"x^{k+1} = x^k - \eta g^k", ""), (r"\theta^{k+1} = \theta^k + v^k", ""),
    (r"(M + \Delta t\, K)\, y^{n} = M y^{n-1} + \Delta t\, B u^{n}", "n"), (r"(I - h A) y^{n+1} = y^n", "n"), (r"M p^n = M p^{n+1}", ""),
    (r"\dot x^i = f^i(x)", ""), (r"y^{2} = x^{2} + 1", ""), (r"(a + b) y^n = 1", ""),
    (r"u^{n+1} = A u^n + \Delta t\, B q^n", "n"), (r"u^{k+1} = u^k + \Delta t f(u^k)", "k"), (r"u^{k+1} = u^k + d^k", ""),
    (r"h^{(\ell+1)} = h^{(\ell)} + f(h^{(\ell)}; \theta^{(\ell)})", r"\ell"), (r"h^{(\ell+1)} = h^{(\ell)} - \eta g^{(\ell)}", ""),
])
def test_a_layer_above_is_told_from_a_power_and_from_an_iteration(text: str, index: str) -> None:
    assert layered_above([text]) == index


@pytest.mark.parametrize(("lines", "reading"), [
    ([r"x^{(l+1)} = F(x^{(l)}, w^{(l)})", r"J = \Phi(x^{(L)})", r"\frac{\partial J}{\partial w^{(l)}} = F_w(x^{(l)}, w^{(l)})^T p^{(l+1)}"],
     "d J/dw(l) = (d_ f(x(l), w(l))/d_w)' p(l + 1)"),
    ([r"x^{l+1} = x^l + h f(x^l, \theta^l)", r"J = \Phi(x^L)"], "J = Psi(x(N))"),
    ([r"x^{l+1} = x^l + h f(x^l, \theta^l)", r"J = \frac12 |x^L|^2"], "J = (1/2) abs(x(N))^2"),
    ([r"a^{(l)} = F_l(a^{(l-1)}, w^{(l)})", r"C = \ell(a^{(L)})"], "J = Psi(x(N))"),
    ([r"h_t = \sigma(W h_{t-1} + U x_t + b)", r"E = \sum_{t=1}^T \ell_t(h_t)"], "J = sum_l=1^N L(x(l))|l"),
    ([r"x_{t+1} = f_t(x_t, \theta_t)", r"J(\theta) = \Phi(x_T) + \sum_{t=0}^{T-1} L_t(x_t, \theta_t)"], "J = Psi(x(N)) + sum_l=0^N - 1 L(x(l), w(l))|l"),
])
def test_ways_to_write_layers(lines: list[str], reading: str) -> None:
    assert understood(*lines)[0] == reading


NET = r"""h_t = \sigma(W h_{t-1} + U x_t + b)
E = \sum_{t=1}^T \ell_t(h_t)
\delta_t = \frac{\partial E}{\partial h_t}"""


def test_a_step_of_any_form_carries_costates_and_says_nothing_of_its_weights() -> None:
    right = r"\delta_t = \frac{\partial \ell_t}{\partial h_t} + \delta_{t+1} \frac{\partial h_{t+1}}{\partial h_t}"
    assert last_two("", NET, right, right.replace(r"\frac{\partial \ell_t}{\partial h_t} + ", "")) == ["proved", "refuted"]
    slips = r"\frac{\partial E}{\partial W} = 0", r"\delta_t = \delta_{t+1} W"
    assert last_two("", NET.replace(r"\sigma", r"\Gamma"), *slips) == ["unknown", "unknown"]
    assert last_two("", NET, *slips) == ["refuted", "refuted"]  # sigma of an affine map is an activation


def test_the_hamiltonian_of_a_layer_moves_the_state_by_the_next_costate() -> None:
    given = r"""x_{t+1} = f_t(x_t, \theta_t)
J = \Phi(x_T) + \sum_{t=0}^{T-1} L_t(x_t, \theta_t)
H_t(x, p, \theta) = p \cdot f_t(x, \theta) - L_t(x, \theta)"""
    right = r"x_{t+1} = \nabla_p H_t(x_t, p_{t+1}, \theta_t)"
    assert last_two("", given, right, r"x_{t+1} = -\nabla_p H_t(x_t, p_{t+1}, \theta_t)") == ["proved", "refuted"]


def test_a_letter_below_is_no_small_order() -> None:
    assert understood(r"x_{k+1} = M_k(x_k)", r"J_o(x_0) = \sum_{k=0}^N x_k^T x_k")[0] == "J = sum_l=0^N x(l)' x(l)"


@pytest.mark.parametrize("steps", [r"$z^{(l)} = W^{(l)} x^{(l-1)} + b^{(l)}$, $x^{(l)} = \sigma(z^{(l)})$", r"$x^{(l)} = \sigma(z^{(l)})$, $z^{(l)} = W^{(l)} x^{(l-1)} + b^{(l)}$"])
def test_what_a_layer_is_made_of_may_be_told_behind_it(steps: str) -> None:
    posed = rf"A network computes {steps} for $l = 1, \dots, L$, with the cost $C = \frac12 \|x^{{(L)}} - y\|^2$ and $\delta^{{(l)}} = \frac{{\partial C}}{{\partial z^{{(l)}}}}$. "
    right = r"$\frac{\partial C}{\partial W^{(l)}} = \delta^{(l)} (x^{(l-1)})^\top$"
    assert statuses(f"{posed}{right}, {right.replace('l-1', 'l')}")[-2:] == ["proved", "refuted"]


OUTPUTS = r"A network $h_t = \tanh(W h_{t-1} + U x_t + b)$, $y_t = V h_t$, has the loss $L = \sum_{t=1}^T \ell_t(y_t)$. "
SLOPE = r"$\frac{\partial L}{\partial W} = \sum_{t=1}^T \mathrm{diag}(1 - h_t^2) \frac{\partial L}{\partial h_t} h_{t-1}^\top$"
BACK = r"$\frac{\partial L}{\partial h_t} = V^\top \frac{\partial \ell_t}{\partial y_t} + W^\top \mathrm{diag}(1 - h_{t+1}^2) \frac{\partial L}{\partial h_{t+1}}$"


@pytest.mark.parametrize(("right", "wrong"), [(SLOPE, SLOPE.replace("h_{t-1}", "h_t")), (BACK, BACK.replace(r"V^\top", "V"))])
def test_a_net_pays_for_what_it_puts_out(right: str, wrong: str) -> None:
    assert statuses(f"{OUTPUTS}{right}, {wrong}")[-2:] == ["proved", "refuted"]


def test_of_a_cost_that_rests_on_no_state_nothing_is_proved() -> None:
    """Every price would be 0, and any line on prices right."""
    posed = r"$x_{k+1} = f(x_k, w_k)$, $J = \sum_{k=0}^{N-1} r(w_k)$, $p_k = \frac{\partial J}{\partial x_k}$. "
    right = r"$p_k = p_{k+1} f_x(x_k, w_k)$"
    assert statuses(f"{posed}{right}, {right.replace('= ', '= -')}")[-2:] == ["unknown", "unknown"]


ABOVE = r"""h^{(\ell+1)} = h^{(\ell)} + f(h^{(\ell)}; \theta^{(\ell)})
C = \Phi(h^{(L)})
\delta^{(\ell)} = \frac{\partial C}{\partial h^{(\ell)}}
h^{(L)} = h^{(0)} + \sum_{\ell=0}^{L-1} f(h^{(\ell)}; \theta^{(\ell)})"""


def test_the_first_layer_may_be_named_above() -> None:
    right = r"\delta^{(0)} = \delta^{(L)} \prod_{\ell=L-1}^{0} (I + f_h(h^{(\ell)}; \theta^{(\ell)}))"
    assert last_two("", ABOVE, right, right.replace("{(0)} =", "{(1)} =")) == ["proved", "refuted"]


def test_a_circle_between_values_is_the_product_by_entries() -> None:
    given = r"""a^{[\ell]} = \sigma(z^{[\ell]})
z^{[\ell]} = W^{[\ell]} a^{[\ell-1]} + b^{[\ell]}
C = \frac12 \|y - a^{[L]}\|^2
\delta^{[\ell]} = \frac{\partial C}{\partial z^{[\ell]}}"""
    right = r"\delta^{[L]} = \sigma'(z^{[L]}) \circ (a^{[L]} - y)"
    assert last_two("", given, right, right.replace("a^{[L]} - y", "y - a^{[L]}")) == ["proved", "refuted"]


def test_a_time_step_of_a_linear_scheme_is_a_number() -> None:
    given = r"""u^{n+1} = A u^n + \Delta t\, B w^n
J = \frac12 \sum_{n=1}^{N} \| R u^n - d^n \|^2 + \frac{\alpha}{2} \sum_{n=0}^{N-1} \Delta t\, \|w^n\|^2
\lambda^n = \frac{\partial J}{\partial u^n}"""
    right = r"\nabla_{w^n} J = \Delta t\, (\alpha w^n + B^T \lambda^{n+1})"
    assert last_two("", given, right, right.replace("n+1", "n")) == ["proved", "refuted"]
    assert last_two("", given, r"\lambda^0 = A^T \lambda^1", r"\lambda^0 = A \lambda^1") == ["proved", "refuted"]
