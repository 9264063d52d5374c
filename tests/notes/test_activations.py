"""Networks with an activation entry by entry: diagonal slopes, gradients in the matrices and biases of layers."""

from __future__ import annotations

import pytest
from understood import statuses

NET = r"""$$x_{k+1} = x_k + h\,\sigma(W_k x_k + b_k)$$ where $\sigma$ acts on each entry. The loss is $$\ell = \tfrac12 \|x_N - y\|^2$$ and
$$\delta_k = \nabla_{x_k} \ell$$"""
RECURRENT = r"""$$h_{t+1} = \sigma(W h_t + U x_t + b), \qquad t = 0, \dots, T-1$$ $$E = \ell(h_T)$$ $$a_t = W h_t + U x_t + b$$
$$D_t = \mathrm{diag}(\sigma'(a_t))$$ $$\delta_t = \frac{\partial E}{\partial h_t}$$"""
S = r"\sigma'(W_k x_k + b_k)"


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    (NET, rf"\delta_k = \delta_{{k+1}} + h W_k^T ({S} \odot \delta_{{k+1}})", rf"\delta_k = \delta_{{k+1}} + h {S} \odot (W_k^T \delta_{{k+1}})"),
    (NET, rf"\frac{{\partial \ell}}{{\partial W_k}} = h ({S} \odot \delta_{{k+1}}) x_k^T",
     rf"\frac{{\partial \ell}}{{\partial W_k}} = h ({S} \odot \delta_{{k}}) x_k^T"),
    (NET, rf"\nabla_{{b_k}} \ell = h {S} \odot \delta_{{k+1}}", rf"\nabla_{{b_k}} \ell = h {S} \odot \delta_k"),
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


def test_a_letter_that_moves_the_start_has_no_gradient_through_the_layers_alone() -> None:
    text = NET + r" The input is $$x_0 = m + c$$ $$\frac{\partial \ell}{\partial m} = \delta_0$$ $$\frac{\partial \ell}{\partial m} = 0$$"
    assert "proved" != statuses(text)[-1] and "refuted" != statuses(text)[-2]
