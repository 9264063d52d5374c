"""Sources and coefficients under letters of the notes' own: gradients in them, and variations; slips are refuted, and none is taken for 0."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

HEADER = "state: c\ncostate: \\varphi (column)\nobjective: J\ntime: t in [0, T]"
MODEL = r"\dot c = \kappa K c + B q(t)"
COST = r"J = \frac12 |c(0) - c_b|^2 + \frac12 \int_0^T (H c - y)^T (H c - y)\,dt"


@pytest.mark.parametrize(("right", "wrong"), [
    pytest.param(r"\nabla_q J(t) = B^T \varphi(t)", r"\nabla_q J(t) = -B^T \varphi(t)", marks=pytest.mark.campaign),
    (r"\frac{dJ}{d\kappa} = \int_0^T \varphi^T K c\,dt", r"\frac{dJ}{d\kappa} = \int_0^T \varphi^T K^T c\,dt"),
])
def test_gradients_in_a_source_and_in_a_coefficient(right: str, wrong: str) -> None:
    assert last_two(HEADER, f"{MODEL}\nc(0) = c_0\n{COST}\n" + r"\dot\varphi = -\kappa K^T \varphi - H^T(H c - y)", right, wrong) == ["proved", "refuted"]


@pytest.mark.campaign
def test_a_source_may_be_varied() -> None:
    right = r"\delta J = \int_0^T \varphi^T B\,\delta q\,dt"
    given = f"{MODEL}\nc(0) = c_0\n" + r"J = \frac12 \int_0^T c^T c\,dt" + "\n" + r"\dot\varphi = -\kappa K^T \varphi - c"
    assert last_two(HEADER, given, right, right.replace("B", "2 B")) == ["proved", "refuted"]


DOT_TEST = r"Let $x_{k+1} = f(x_k, u_k)$ and $J = \Phi(x_N)$ with $M_k = \partial f(x_k, u_k)/\partial x_k$. For random $\delta x$ and $\delta z$"


@pytest.mark.parametrize("wrong", [r"\delta x^T (M_{k-1}^T \delta z)", r"3\,\delta x^T (M_k^T \delta z)"])
def test_a_letter_that_only_its_variation_is_said_of_is_not_held(wrong: str) -> None:
    right = r"(M_k\,\delta x)^T \delta z = \delta x^T (M_k^T \delta z)"
    assert statuses(rf"{DOT_TEST} $${right}$$ $$(M_k\,\delta x)^T \delta z = {wrong}$$")[-2:] == ["proved", "unknown"]


@pytest.mark.parametrize("line", [r"\delta x_{k+1} = A\,\delta x_k + 2\,\delta b_k", r"\delta x_{k+1} = A\,\delta x_k - \delta b_k"])
def test_nor_is_a_source_of_layers(line: str) -> None:
    assert statuses(rf"$x_{{k+1}} = A x_k + b_k$, $J = \Phi(x_N)$ $${line}$$")[-1] == "unknown"


def test_a_variation_of_time_is_not_taken_for_0() -> None:
    assert statuses(r"$\dot x = f(x, t)$, $J = \int_0^T L(x, t)\,dt$ $$L\,\delta t = 3 L\,\delta t$$")[-1] == "unknown"


CLASSIFIER = r"""$$z(0) = A x + b$$ $$\dot z(t) = f(z, t) = \tanh(U z + t\,v + \beta), \qquad z(t)\in\mathbb R^n$$ $$o = W z(1) + c, \qquad \pi = \operatorname{softmax}(o)$$
$$L = -\sum_{k=1}^K y_k \log\pi_k$$ where $\alpha(t) = \partial L/\partial z(t)$. Recall $\tanh' = 1 - \tanh^2$. """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial L}{\partial A} = \alpha(0)\,x^\top", r"\frac{\partial L}{\partial A} = -\alpha(0)\,x^\top"),
    (r"\frac{\partial L}{\partial b} = \alpha(0)", r"\frac{\partial L}{\partial b} = \alpha(1)"),
    (r"\frac{\partial L}{\partial x} = A^\top\alpha(0)", r"\frac{\partial L}{\partial x} = A^\top\alpha(1)"),
    (r"\frac{dL}{dt_{\rm end}}\Big|_{t_{\rm end}=1} = \alpha(1)^\top f(z(1), 1)", r"\frac{dL}{dt_{\rm end}}\Big|_{t_{\rm end}=1} = -\alpha(1)^\top f(z(1), 1)"),
])
def test_the_stem_and_the_head_of_a_classifier(right: str, wrong: str) -> None:
    assert statuses(rf"{CLASSIFIER} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("cost", "start"), [("K", "proved"), (r"\Psi(z(T)) + K", "unknown")])
def test_a_gradient_through_the_start_alone_leaves_out_nothing_that_is_paid_for_the_letter(cost: str, start: str) -> None:
    """F = Psi + K with K = mu^T mu / 2: lambda(t_0) alone is no gradient in mu."""
    paid = r"\Psi(z(T))" if start == "proved" else cost
    text = rf"""$\dot z = f(z,\theta)$, $z(t_0) = z_0$, $z_0 = \mu + \epsilon$ with $\mu \in \mathbb{{R}}^n$. $$K = \frac12 \mu^\top\mu$$ $$F = {paid}$$
    $$\lambda(t) = \nabla_{{z(t)}} F$$ $$\nabla_\mu F = \lambda(t_0)$$"""
    assert statuses(text)[-1] == start


def test_a_head_with_hats_is_a_cost_of_the_end_state() -> None:
    given = r"$$\frac{dh}{dt} = f(h(t), t, \theta)$$ $$o = W h(T) + c, \qquad \hat y = \operatorname{softmax}(o), \qquad \ell = -\sum_j y_j \log \hat y_j$$ $$\mu(t) := \nabla_{h(t)} \ell$$"
    found = statuses(given + r"$$\frac{d\mu}{dt} = -\left(\frac{\partial f}{\partial h}\right)^\top \mu$$ $$\frac{d\mu}{dt} = \left(\frac{\partial f}{\partial h}\right)^\top \mu$$")
    assert found[3:] == ["definition", "definition", "proved", "refuted"], found


LINEAR = r"""$$\dot z = f(z, \theta), \qquad z(0) = z_0$$ $$a(t) = \partial L/\partial z(t)$$ (columns) and $L = \Phi(z(T))$. For $$f(z, \theta) = A z + b$$ """
DRAWN = r"""$$\dot z = f(z, \theta), \qquad z(0) = z_0$$ $L = \Phi(z(T))$, $a(t) = \partial L/\partial z(t)$ (a column). $$z_0 = \mu + \sigma \odot \varepsilon$$ """
FLOW = r"""$$\dot z = f(z, \theta), \qquad z(0) = x$$ $$J = \tfrac12 \|z(T)\|^2 - \int_0^T \operatorname{tr} \frac{\partial f}{\partial z} dt$$
$$a(t) = \nabla_{z(t)} J$$ (columns). For $$f(z) = A z + b$$ """


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    pytest.param(LINEAR, r"\frac{dL}{dA} = \int_0^T a\,z^\top dt", r"\frac{dL}{dA} = -\int_0^T a\,z^\top dt", marks=pytest.mark.campaign),
    (LINEAR, r"\frac{dL}{db} = \int_0^T a\,dt", r"\frac{dL}{db} = \int_0^T A a\,dt"),
    pytest.param(FLOW, r"\nabla_A J = \int_0^T a\,z^\top dt - T I", r"\nabla_A J = \int_0^T a\,z^\top dt + T I", marks=pytest.mark.campaign),
    (DRAWN, r"\nabla_\mu L = a(0)", r"\nabla_\mu L = a(T)"),
    (DRAWN, r"\nabla_\sigma L = a(0) \odot \varepsilon", r"\nabla_\sigma L = a(0) \odot \sigma"),
    (DRAWN, r"\nabla_\sigma L = \operatorname{diag}(\varepsilon)\,a(0)", r"\nabla_\sigma L = a(0)"),
])
def test_matrices_of_an_example_and_the_spread_of_a_drawn_start(notes: str, right: str, wrong: str) -> None:
    assert [statuses(f"{notes} $${claim}$$")[-1] for claim in (right, wrong)] == ["proved", "refuted"]
