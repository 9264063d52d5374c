"""Nets written by entries, w_jk^l, z_j^l and delta_j^l: read as matrices and vectors, and judged so."""

from __future__ import annotations

import pytest
from understood import statuses, understood

NET = (r"$$z_j^l = \sum_k w_{jk}^l a_k^{l-1} + b_j^l, \qquad a_j^l = \sigma(z_j^l)$$ $$C = \frac12 \sum_j (y_j - a_j^L)^2$$ "
       r"$$\delta_j^l \equiv \frac{\partial C}{\partial z_j^l}$$ ")
LAYER = r"$$\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1} \sigma'(z_j^l)$$ "


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\delta_j^L = (a_j^L - y_j)\, \sigma'(z_j^L)", r"\delta_j^L = (y_j - a_j^L)\, \sigma'(z_j^L)"),
    (r"\delta_j^l = \sigma'(z_j^l) \sum_k w_{kj}^{l+1} \delta_k^{l+1}", r"\delta_j^l = \sigma'(z_j^l) \sum_k w_{jk}^{l+1} \delta_k^{l+1}"),
    (r"\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1} \sigma'(z_j^l)", r"\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1} \sigma'(z_k^l)"),
    (r"\frac{\partial C}{\partial b_j^l} = \delta_j^l", r"\frac{\partial C}{\partial b_j^l} = 2 \delta_j^l"),
    (r"\frac{\partial C}{\partial w_{jk}^l} = a_k^{l-1} \delta_j^l", r"\frac{\partial C}{\partial w_{jk}^l} = 2 a_k^{l-1} \delta_j^l")])
def test_the_equations_of_backpropagation_by_entries(right: str, wrong: str) -> None:
    assert statuses(f"{NET} {LAYER} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


def test_indices_in_the_wrong_order_are_not_proved() -> None:
    assert statuses(NET + LAYER + r"$$\frac{\partial C}{\partial w_{jk}^l} = a_j^{l-1} \delta_k^l$$")[-1] != "proved"


def test_a_jacobian_by_entries_is_not_refuted() -> None:
    slope = r"$$\frac{\partial z_k^{l+1}}{\partial z_j^l} = w_{kj}^{l+1} \sigma'(z_j^l)$$"
    assert statuses(NET + LAYER + slope)[-1] != "refuted"


def test_a_bound_letter_outside_its_sum_is_no_entry() -> None:
    assert statuses(NET + LAYER + r"$$\delta_j^l = \sigma'(z_k^l) \sum_k w_{kj}^{l+1} \delta_k^{l+1}$$")[-1] == "unknown"


def test_the_reading_shows_matrices() -> None:
    lines = (r"z_j^l = \sum_k w_{jk}^l a_k^{l-1} + b_j^l", r"a_j^l = \sigma(z_j^l)")
    assert understood(*lines)[0].startswith("x(l) =")


FORWARD = r"$$z^{[l]} = W^{[l]} a^{[l-1]} + b^{[l]}, \qquad a^{[l]} = g(z^{[l]})$$ "
UNTOLD = FORWARD + r"$$\delta^{[l]} = (W^{[l+1]})^T \delta^{[l+1]} \odot g'(z^{[l]})$$ "


@pytest.mark.parametrize(("sign", "found"), [
    (r"$$\frac{\partial L}{\partial b^{[l]}} = \delta^{[l]}$$ ", ["proved", "refuted"]),
    (r"$$\delta^{[L]} = \nabla_a L \odot g'(z^{[L]})$$ ", ["proved", "refuted"]),
    (r"$$\frac{\partial L}{\partial b^{[l]}} = -\delta^{[l]}$$ ", ["unknown", "unknown"])])
def test_an_error_that_equations_alone_tell(sign: str, found: list[str]) -> None:
    lines = (r"\frac{\partial L}{\partial W^{[l]}} = \delta^{[l]} (a^{[l-1]})^T", r"\delta^{[l]} = (W^{[l]})^T \delta^{[l+1]} \odot g'(z^{[l]})")
    assert [statuses(f"{UNTOLD}{sign}$${line}$$")[-1] for line in lines] == found


def test_an_error_that_is_told_further_down_is_no_other() -> None:
    for told, barred in ((r"-\frac{\partial L}{\partial z^{[l]}}", "refuted"), (r"\frac{\partial L}{\partial a^{[l]}}", "proved")):
        given = rf"{UNTOLD}$$\frac{{\partial L}}{{\partial b^{{[l]}}}} = \delta^{{[l]}}$$ where $\delta^{{[l]}} = {told}$. "
        assert statuses(given)[-3] != barred


OUTPUT = FORWARD + r"With $\hat y = a^{[L]}$, $$E = \frac12 \sum_k (\hat y_k - y_k)^2, \qquad \delta^{[l]} = \frac{\partial E}{\partial z^{[l]}}$$ "


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\delta^{[L]} = (\hat y - y) \odot g'(z^{[L]})", r"\delta^{[L]} = (y - \hat y) \odot g'(z^{[L]})"),
    (r"\frac{\partial E}{\partial \hat y} = \hat y - y", r"\frac{\partial E}{\partial \hat y} = y - \hat y"),
    (r"\delta^{[l]} = W^{[l+1]T} \delta^{[l+1]} \odot g'(z^{[l]})", r"\delta^{[l]} = W^{[l]T} \delta^{[l+1]} \odot g'(z^{[l]})"),
    (r"\frac{\partial E}{\partial W^{[l]}} = \delta^{[l]} a^{[l-1]^T}", r"\frac{\partial E}{\partial W^{[l]}} = \delta^{[l]} a^{[l],T}")])
def test_what_a_net_puts_out_and_transposed_layers(right: str, wrong: str) -> None:
    hadamard = r"$$\delta^{[l]} = ((W^{[l+1]})^T \delta^{[l+1]}) \odot g'(z^{[l]})$$ "
    assert statuses(f"{OUTPUT}{hadamard}$${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\delta^{[L-1]} = (W^{[L]})^T \delta^{[L]} \odot g'(z^{[L-1]})", r"\delta^{[L-1]} = (W^{[L-1]})^T \delta^{[L]} \odot g'(z^{[L-1]})"),
    (r"\frac{\partial E}{\partial W^{L-1}} = \delta^{L-1} (a^{L-2})^T", r"\frac{\partial E}{\partial W^{L-1}} = \delta^{L} (a^{L-2})^T")])
def test_the_layer_before_the_last(right: str, wrong: str) -> None:
    assert statuses(f"{OUTPUT}$${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


def test_a_letter_where_layers_have_to_arrive_is_no_output() -> None:
    posed = r"$x_{k+1} = A x_k + B u_k$, $x_N = r$, $J = \frac12 \sum_{k=0}^{N-1} u_k^T u_k$, $p_k = \partial J/\partial x_k$. "
    assert statuses(posed + r"$$p_N = 0$$")[-1] != "proved"


TWO = (r"$$z_1 = W_1 x + b_1, \quad a_1 = \sigma(z_1), \quad z_2 = W_2 a_1 + b_2$$ $$\hat y = \sigma(z_2)$$ $$L = \frac12 \|\hat y - y\|^2$$ "
       r"$$\frac{\partial L}{\partial z_2} = (\hat y - y) \odot \sigma'(z_2)$$ ")


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial L}{\partial z_1} = W_2^T \frac{\partial L}{\partial z_2} \odot \sigma'(z_1)",
     r"\frac{\partial L}{\partial z_1} = W_2 \frac{\partial L}{\partial z_2} \odot \sigma'(z_1)"),
    (r"\frac{\partial L}{\partial W_1} = \frac{\partial L}{\partial z_1} x^T", r"\frac{\partial L}{\partial W_1} = \frac{\partial L}{\partial z_2} x^T")])
@pytest.mark.parametrize("marks", ["_%d", "^{[%d]}"])
def test_a_net_of_two_layers_by_their_numbers(right: str, wrong: str, marks: str) -> None:
    text = f"{TWO}$${right}$$ $${wrong}$$".replace("W_2^T", "(W_2)^T")
    text = text.replace("_1", marks % 1).replace("_2", marks % 2)
    assert statuses(text)[-2:] == ["proved", "refuted"]


def test_layers_that_differ_or_numbers_are_no_such_net() -> None:
    """Another function in the second layer, and weights that are numbers."""
    for text in (TWO.replace(r"\hat y = \sigma(", r"\hat y = \tau("), TWO.replace("W_", "w_")):
        assert statuses(text + r"$$\frac{\partial L}{\partial b_1} = \frac{\partial L}{\partial z_1}$$")[-1] == "unknown"


def test_two_letters_that_count_are_two_layers_one_behind_the_other() -> None:
    given = r"Let $h_t = \tanh(W h_{t-1} + U u_t)$ and $L = \ell(h_T)$. "
    product = r"$$ \frac{\partial h_t}{\partial h_k} = \prod_{i=%s} \frac{\partial h_i}{\partial h_{i-1}} $$ "
    one = r"$$ \frac{\partial L}{\partial h_{t-1}} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial h_{t-1}} $$"
    found = statuses(given + product % "k+1}^{t" + product % "t+1}^{k" + one)[2:]
    assert found == ["proved", "refuted", "proved"]


def test_a_hamiltonian_of_weights_keeps_its_costate() -> None:
    given = r"Let $x_{k+1} = x_k + h\,\sigma(W_k x_k + b_k)$, $J = \Phi(x_N)$ and $p_k = \nabla_{x_k} J$. $$ H_k(x, p, W, b) = p^\top(x + h\,\sigma(W x + b)) $$ "
    line = r"$$ p_k = \nabla_x H_k(x_k, %s, W_k, b_k) $$ "
    right, wrong = statuses(given + line % "p_{k+1}" + line % "p_k")[-2:]
    assert right != "refuted" and wrong == "refuted"
