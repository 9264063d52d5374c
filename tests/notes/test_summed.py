"""One letter for a cost and its summands, L = sum_i L_i(z(t_i)), and gradients at a time."""

from __future__ import annotations

import pytest
from understood import statuses

FLOW = r"$\dot z(t) = f(z(t), t, \theta)$, $z(t_0)=z_0$, $a(t) = \partial L/\partial z(t)$, $L = \sum_{i=1}^N L_i(z(t_i))$. "
SCRIPT = (r"$\dot z = f(z,t,\theta)$, $z(t_0)=z_0$, $\mathcal{L} = \sum_{i=1}^N \mathcal{L}_i(z(t_i))$, row $a = \partial \mathcal L/\partial z$. ")


@pytest.mark.parametrize(("posed", "letter"), [(FLOW, "L"), (SCRIPT, r"\mathcal L"), (FLOW.replace("L", "J"), "J")])
def test_the_cost_and_its_summands_may_have_one_letter(posed: str, letter: str) -> None:
    jump = rf"$$a(t_i^-) = a(t_i^+) %s \frac{{\partial {letter}_i}}{{\partial z(t_i)}}$$"
    assert [statuses(posed + jump % sign)[-1] for sign in "+-"] == ["proved", "refuted"]


def test_the_slope_of_the_whole_cost_at_a_jump_is_left_open() -> None:
    assert statuses(FLOW + r"$$a(t_i^-) = a(t_i^+) + \frac{\partial L}{\partial z(t_i)}$$")[-1] == "unknown"


def test_a_cost_paid_at_several_times_beside_one_paid_in_the_end_is_another_example() -> None:
    posed = (r"$\dot z(t) = f(z(t), t, \theta)$, $z(t_0)=z_0$, $a(t) = \partial L/\partial z(t)$. With "
             r"$J = L(z(t_1)) + \int_{t_0}^{t_1} \ell(z(t),t)\,dt$, $$\dot a = - a f_z - \ell_z$$ For several observations "
             r"$L = \sum_{i=1}^N L_i(z(t_i))$, $$a(t_i^-) = a(t_i^+) + \frac{\partial L_i}{\partial z(t_i)}$$")
    assert statuses(posed)[-3:] == ["proved", "unknown", "unknown"]


def test_the_gradient_of_a_time_may_have_the_time_as_argument() -> None:
    posed = r"$\dot x = f(x,u,t)$, $x(0)=x_0$, $J = \Phi(x(T)) + \int_0^T L(x,u,t)\,dt$, $H = L + p f$, $p(T) = \Phi_x$. "
    lines = (r"$\nabla J(t) = H_u^\top$", r"$\nabla J(t) = -H_u^\top$", r"$\nabla J(t) = L_u^\top$")
    assert [statuses(posed + line)[-1] for line in lines] == ["proved", "refuted", "refuted"]
