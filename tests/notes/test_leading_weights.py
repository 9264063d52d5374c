"""Nets whose weights bear the number of the layer that they lead from: z_{k+1} = W_k a_k + b_k."""

from __future__ import annotations

import pytest
from understood import statuses

BELOW = (r"The net has $D$ layers. $$s_{k+1} = W_k\, h_k + c_k, \qquad h_{k+1} = \sigma(s_{k+1}), \qquad k = 0, \dots, D-1$$ with $h_0 = x$ and the loss "
         r"$\ell = E(h_D)$. Let the column $$e_k = \Big(\frac{\partial \ell}{\partial s_k}\Big)^\top$$ ")
ABOVE = (r"$$z^{(l+1)} = W^{(l)} a^{(l)} + b^{(l)}, \qquad a^{(l+1)} = f(z^{(l+1)}), \qquad J = \tfrac12 \| y - a^{(n_l)} \|^2$$ "
         r"Columns $$\delta^{(l)} = \frac{\partial J}{\partial z^{(l)}}$$ ")


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (BELOW, r"e_k = (W_k^\top e_{k+1}) \odot \sigma'(s_k)", r"e_k = (W_{k+1}^\top e_{k+1}) \odot \sigma'(s_k)"),
    (BELOW, r"\frac{\partial \ell}{\partial W_k} = e_{k+1} h_k^\top", r"\frac{\partial \ell}{\partial W_k} = e_k h_k^\top"),
    (ABOVE, r"\delta^{(n_l)} = -(y - a^{(n_l)}) \bullet f'(z^{(n_l)})", r"\delta^{(n_l)} = (y - a^{(n_l)}) \bullet f'(z^{(n_l)})"),
    (ABOVE, r"\delta^{(l)} = \big( (W^{(l)})^T \delta^{(l+1)} \big) \bullet f'(z^{(l)})", r"\delta^{(l)} = \big( W^{(l)} \delta^{(l+1)} \big) \bullet f'(z^{(l)})"),
    (ABOVE, r"\nabla_{W^{(l)}} J = \delta^{(l+1)} (a^{(l)})^T", r"\nabla_{W^{(l)}} J = \delta^{(l)} (a^{(l)})^T")])
def test_the_right_line_is_proved_and_its_slip_refuted(given: str, right: str, wrong: str) -> None:
    assert statuses(f"{given}$${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("law", "weight"), [("s_{k+1} = W_{k+1} h_k + c_{k+1}", "W_{k+1}"), ("s_{k+1} = W h_k + c", "W")])
def test_weights_of_the_layer_that_is_told_keep_their_number(law: str, weight: str) -> None:
    lines = rf"$${law}, \qquad h_{{k+1}} = \sigma(s_{{k+1}}), \qquad \ell = E(h_N)$$ $$e_k = \frac{{\partial \ell}}{{\partial s_k}}$$ "
    assert statuses(rf"{lines}$$e_k = ({weight}^\top e_{{k+1}}) \odot \sigma'(s_k)$$")[-1] == "proved"


TIED = r"The weights are shared, $W_k = W$ and $c_k = c$, so that "


@pytest.mark.parametrize("law", [r"s_k = W_k h_{k-1} + c_k, \qquad h_k = \sigma(s_k)", r"s_{k+1} = W_k h_k + c_k, \qquad h_{k+1} = \sigma(s_{k+1})"])
def test_the_gradient_in_shared_weights_sums_over_the_layers(law: str) -> None:
    given = rf"$${law}, \qquad \ell = E(h_N)$$ Let $e_k = (\frac{{\partial \ell}}{{\partial s_k}})^\top$. {TIED}"
    lines = [rf"$$\frac{{d\ell}}{{dW}} = \sum_{{k={first}}}^{{N{last}}} {body}$$ " for first, last, body in (
        (1, "", r"e_k h_{k-1}^\top"), (0, "-1", r"e_{k+1} h_k^\top"), (1, "", r"e_k h_k^\top"))]
    assert statuses(given + "".join(lines))[-3:] == ["proved", "proved", "refuted"]
