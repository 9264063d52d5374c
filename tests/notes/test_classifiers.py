"""Classifiers on a flow: softmax and cross-entropy, squared errors of a linear layer."""

from __future__ import annotations

from functools import partial

import pytest
from understood import statuses

FLOW = r"$\dot z = f(z, t, \theta)$, $z(0) = x$, $a(t) = \partial L/\partial z(t)$ (column). "
SOFTMAX = r"$$s = W z(T) + b, \qquad \pi = \operatorname{softmax}(s)$$ $$L = -\sum_k y_k \log \pi_k$$ "
CLASS = r"$$s = W z(T) + b, \qquad \pi_j = \frac{e^{s_j}}{\sum_{i=1}^C e^{s_i}}$$ $$L = -\log \pi_c$$ "
WHOLE = r"$$\pi = \operatorname{softmax}(W z(T) + b)$$ $$L = \mathrm{CE}(\pi, y)$$ "
FITTED = r"$$\hat y = W z(T) + b$$ $$L = \frac12 \|\hat y - y\|^2$$ "


@pytest.mark.parametrize(("head", "right", "wrong"), [
    (SOFTMAX, r"a(T) = W^\top (\pi - y)", r"a(T) = W^\top (y - \pi)"),
    (SOFTMAX, r"\nabla_W L = (\pi - y)\,z(T)^\top", r"\nabla_W L = (\pi - y)\,z(0)^\top"),
    (SOFTMAX, r"\nabla_b L = \pi - y", r"\nabla_b L = \pi"),
    (SOFTMAX, r"\nabla_s L = \pi - y", r"\nabla_s L = y - \pi"),
    (SOFTMAX, r"\nabla_s^2 L = \operatorname{diag}(\pi) - \pi\pi^\top", r"\nabla_s^2 L = \operatorname{diag}(\pi) + \pi\pi^\top"),
    (SOFTMAX, r"\frac{dL}{dT} = (\pi - y)^\top W f(z(T), T, \theta)", r"\frac{dL}{dT} = (\pi - y)^\top W f(z(0), 0, \theta)"),
    (SOFTMAX, r"L = \log \sum_{j=1}^K e^{s_j} - y^\top s", r"L = y^\top s - \log \sum_{j=1}^K e^{s_j}"),
    (CLASS, r"a(T) = W^\top (\pi - e_c)", r"a(T) = W^\top (e_c - \pi)"),
    (CLASS, r"L = -s_c + \log \sum_{j=1}^C e^{s_j}", r"L = s_c - \log \sum_{j=1}^C e^{s_j}"),
    (WHOLE, r"a(T) = W^\top (\pi - y)", r"a(T) = W^\top \pi"),
    (FITTED, r"a(T) = W^\top (\hat y - y)", r"a(T) = -W^\top (\hat y - y)"),
    (FITTED, r"\nabla_W L = (\hat y - y)\,z(T)^\top", r"\nabla_W L = 2 (\hat y - y)\,z(T)^\top"),
])
def test_the_head_of_a_classifier_has_the_slopes_of_its_loss(head: str, right: str, wrong: str) -> None:
    assert [statuses(f"{FLOW}{head}$${claim}$$")[-1] for claim in (right, wrong)] == ["proved", "refuted"]


def test_probabilities_may_be_told_twice() -> None:
    again = SOFTMAX.replace("$$ $$", r"$$ $$\pi_j = \frac{e^{s_j}}{\sum_i e^{s_i}}$$ $$")
    found = statuses(rf"{FLOW}{again}$$a(T) = W^\top (\pi - y)$$ $$a(T) = W^\top (y - \pi)$$")
    assert found[-5:] == ["definition", "definition", "definition", "proved", "refuted"], found


@pytest.mark.parametrize("head", [
    r"$$s = W z(T) + b, \qquad \pi = \operatorname{softmax}(s)$$ $$L = \ell(\pi, y)$$ ",
    SOFTMAX.replace("y_k", "q(t)"),
])
def test_another_loss_of_the_probabilities_has_no_known_slopes(head: str) -> None:
    assert statuses(rf"{FLOW}{head}$$a(T) = W^\top (\pi - y)$$")[-1] == "unknown"


@pytest.mark.campaign
def test_weights_that_the_flow_shares_have_more_than_the_gradient_of_the_head() -> None:
    flow = r"$\dot z = \tanh(W z)$, $z(0) = x$, $a(t) = \partial L/\partial z(t)$ (column), $W \in \mathbb{R}^{d\times d}$. "
    assert statuses(rf"{flow}{SOFTMAX}$$\nabla_W L = (\pi - y)\,z(T)^\top$$")[-1] == "refuted"
    alone = r"$$\nabla_W L = \int_0^T (1 - \tanh^2(W z)) \odot a(t)\, z(t)^\top dt$$"
    assert statuses(f"{flow}{SOFTMAX}{alone}")[-1] != "proved"


@pytest.mark.parametrize(("right", "wrong"), [
    (r"a(T) = W^\top (\pi - y)", r"a(T) = (\pi - y)^\top W"),
    (r"\nabla_b L = \pi - y", r"\nabla_b L = (\pi - y)^\top"),
    (r"\nabla_s L = \pi - y", r"\nabla_s L = (\pi - y)^\top"),
])
def test_slopes_have_the_layout_that_the_notes_declare(right: str, wrong: str) -> None:
    header = "state: z\ncostate: a (column)\ngradients: columns"
    found = [statuses(rf"$\dot z = f(z, \theta)$, $a(t) = \nabla_{{z(t)}} L$. {SOFTMAX}$${claim}$$", header)[-1] for claim in (right, wrong)]
    assert found[0] == "proved" and found[1] != "proved"


NET = (r"An image $x\in\mathbb R^n$. $$\dot z = \tanh(K z + c), \quad z(0) = E x$$ Here $z(t)\in\mathbb R^d$, $K$ is $d\times d$, $E$ is $d\times n$. "
       r"$a(t) = \partial L/\partial z(t)$ (column). " + SOFTMAX)
KINETIC = NET.replace(r"y_k \log \pi_k$$", r"y_k \log \pi_k + \frac{1}{2}\int_0^T \|\tanh(K z + c)\|^2 dt$$")
slow = partial(pytest.param, marks=pytest.mark.campaign)
D = r"(\operatorname{diag}(1 - \tanh^2(Kz + c)))"


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    (NET, r"\frac{dL}{dE} = a(0)\,x^\top", r"\frac{dL}{dE} = x\,a(0)^\top"),
    slow(NET, rf"\frac{{dL}}{{dc}} = \int_0^T {D} a\,dt", rf"\frac{{dL}}{{dc}} = \int_0^T K^\top {D} a\,dt"),
    slow(NET, rf"\frac{{d}}{{dK}}\left(L + \frac\gamma2\|K\|_F^2\right) = \gamma K + \int_0^T {D}\,a\,z^\top dt",
         rf"\frac{{d}}{{dK}}\left(L + \gamma\|K\|_F^2\right) = \gamma K + \int_0^T {D}\,a\,z^\top dt"),
    slow(KINETIC, rf"\frac{{dL}}{{dc}} = \int_0^T {D} (a + \tanh(K z + c))\,dt", rf"\frac{{dL}}{{dc}} = \int_0^T {D} a\,dt"),
])
def test_a_net_with_its_sizes_told_behind_and_with_penalties(notes: str, right: str, wrong: str) -> None:
    assert [statuses(f"{notes}$${claim}$$")[-1] for claim in (right, wrong)] == ["proved", "refuted"]


@pytest.mark.parametrize(("more", "wrong"), [
    (r"\frac{1}{2}\|W\|_F^2", r"\nabla_W L = (\pi - y)\,z(T)^\top"),
    (r"\frac{1}{2}\|s\|^2", r"a(T) = W^\top (\pi - y)"),
    (r"\frac{1}{2}\|z(T)\|^2", r"a(T) = W^\top (\pi - y)"),
])
def test_what_is_paid_beside_at_the_end_has_slopes_too(more: str, wrong: str) -> None:
    paid = SOFTMAX.replace(r"y_k \log \pi_k$$", rf"y_k \log \pi_k + {more}$$")
    assert statuses(f"{FLOW}{paid}$${wrong}$$")[-1] in ("refuted", "unknown")


@pytest.mark.parametrize(("sign", "status"), [("-", "proved"), ("+", "refuted")])
def test_a_chain_says_what_the_loss_is_and_what_else(sign: str, status: str) -> None:
    head = CLASS.replace(r"L = -\log \pi_c", rf"L = -\log \pi_c = {sign}s_c + \log\sum_{{j=1}}^C e^{{s_j}}")
    found = statuses(FLOW + head + r"$\dot a = -f_z^\top a$, $a(T) = W^\top (\pi - e_c)$, $a(T) = W^\top (e_c - \pi)$")
    assert found[-4:] == [status, "proved", "proved", "refuted"], found
