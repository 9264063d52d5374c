"""Equations of second order, q-ddot = f(q, q-dot), as two of first order."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

FALL = r"""\ddot q = -g
v = \dot q
J = q(T)
p_q(T) = 1"""
PENDULUM = r"""\frac{d^2\varphi}{dt^2} = -\omega^2 \sin\varphi - c\,\frac{d\varphi}{dt} + u(t)
\frac{d\varphi}{dt} = \eta
J = \varphi(T)^2 + \int_0^T u^2\,dt
H = u^2 + \lambda\,\eta + \mu\,(-\omega^2\sin\varphi - c\,\eta + u)"""
SILENT = r"""\ddot q = -k q - c \dot q
J = q(T)^2
p_2(T) = 0"""

RETOLD = r"""\ddot q = -\sin q - c\,\dot q + u
x_1 = q
x_2 = \dot q
\dot x_1 = x_2
\dot x_2 = -\sin x_1 - c\,x_2 + u
J = \frac12\int_0^T (x_1^2 + u^2)\,dt
H = \frac12 (x_1^2 + u^2) + p_1 x_2 + p_2 (-\sin x_1 - c\,x_2 + u)"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (RETOLD, r"\dot p_1 = -x_1 + p_2 \cos x_1", r"\dot p_1 = -x_1 - p_2 \cos x_1"), (RETOLD, r"\dot p_2 = -p_1 + c\,p_2", r"\dot p_2 = -q + c\,p_2"),
    (FALL, r"\dot p_v = -p_q", r"\dot p_v = p_q"),
    pytest.param(FALL, r"\frac{dJ}{dg} = -\int_0^T p_v\,dt", r"\frac{dJ}{dg} = \int_0^T p_v\,dt", marks=pytest.mark.campaign),
    (PENDULUM, r"\dot\mu = -\lambda + c\,\mu", r"\dot\mu = -\lambda - c\,\mu"),
    pytest.param(PENDULUM, r"\dot\lambda = \omega^2\mu\cos\varphi", r"\dot\lambda = \omega^2\mu\sin\varphi", marks=pytest.mark.campaign),
    pytest.param(SILENT, r"\dot p_1 = k p_2", r"\dot p_1 = -k p_2", marks=pytest.mark.campaign),
    (SILENT.rpartition("\n")[0], r"\frac{d}{dt}\left(\frac12\dot q^2 + \frac{k}{2} q^2\right) = -c\,\dot q^2", r"\frac{d}{dt}\left(\frac12\dot q^2 + \frac{k}{2} q^2\right) = 0"),
])
def test_right_lines_are_proved_and_slips_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_field_of_vectors_of_second_order_stays_open() -> None:
    assert last_two("state: q\ncostate: p", r"\ddot q = f(q, \dot q)", r"\dot p = -p f_q", r"\dot p = p f_q") == ["unknown", "unknown"]


def test_a_start_at_rest_is_no_law_of_the_rate() -> None:
    told = r"$$m \ddot q = -k q - c \dot q + w, \qquad q(0) = q_0, \quad \dot q(0) = 0$$ $$E = \tfrac12 \int_0^T q^2 + w^2\,dt$$ "
    lines = r"$$\mathcal{E} = \int_0^T \tfrac12 q^2 + \tfrac12 w^2 + r (m \ddot q + c \dot q + k q - w)\,dt$$ $$m \ddot r - c \dot r + k r + q = 0$$ $$m \ddot r + c \dot r + k r + q = 0$$"
    assert statuses(told + lines, "")[-2:] == ["proved", "refuted"]


def test_a_speed_at_the_start_moves_nothing_and_half_a_state_is_none() -> None:
    told = r"$$\ddot q = F(q, \dot q, \theta), \qquad q(0) = q_0, \quad \dot q(0) = v_0$$ With $v = \dot q$ and $J = \Phi(q(T), v(T))$ "
    found = statuses(told + r"$$\dot q = v, \qquad \dot v = F(q, v, \theta)$$ $$\dot\mu = -\mu F_v$$ $$\dot\mu = -\eta - \mu F_v$$", "costate: \\mu = dJ/dv (row)")
    assert not {*found} & {"proved", "refuted"}, found
