"""Densities along a flow, base densities, the score, traces in a cost, small determinants and Hutchinson's estimator."""

from __future__ import annotations

from functools import partial

import pytest
from understood import last_two

FLOW = r"""\frac{dz}{dt} = f(z(t), t; \theta)
z(0) = x
p(z, T) = \pi(z)
\frac{d}{dt}\log p(z(t), t) = -\mathrm{tr}\left(\frac{\partial f}{\partial z}\right)"""
COST = FLOW + "\n" + r"J = -\log\pi(z(T)) - \int_0^T \mathrm{tr}\left(\frac{\partial f}{\partial z}(z(t), t; \theta)\right)dt"
SCORE = COST + "\n" + r"s(t) = \nabla_z\log p(z(t), t)"
OTHER = r"""\dot x = f(x, t)
\log q(x(t_1)) = \log q(x(t_0)) - \int_{t_0}^{t_1} \nabla\cdot f\,dt"""
NOISE = FLOW + "\n" + r"\mathbb{E}[\epsilon\epsilon^\top] = I"
TRACE = r"\mathrm{tr}\left(\frac{\partial f}{\partial z}\right)"


SLOW = partial(pytest.param, marks=pytest.mark.campaign)


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (FLOW, rf"\frac{{d}}{{dt}} p(z(t), t) = -p(z(t), t)\,{TRACE}", rf"\frac{{d}}{{dt}} p(z(t), t) = p(z(t), t)\,{TRACE}"),
    (FLOW, rf"\log p(x, 0) = \log\pi(z(T)) + \int_0^T {TRACE} dt", rf"\log p(x, 0) = \log\pi(z(T)) - \int_0^T {TRACE} dt"),
    (FLOW, rf"\det\frac{{\partial z(t+\varepsilon)}}{{\partial z(t)}} = 1 + \varepsilon\,{TRACE} + O(\varepsilon^2)",
     rf"\det\frac{{\partial z(t+\varepsilon)}}{{\partial z(t)}} = 1 - \varepsilon\,{TRACE} + O(\varepsilon^2)"),
    (COST, r"a(T) = -\nabla\log\pi(z(T))", r"a(T) = \nabla\log\pi(z(T))"),
    (COST, rf"\frac{{da}}{{dt}} = -\left(\frac{{\partial f}}{{\partial z}}\right)^\top a + \nabla_z {TRACE}",
     r"\frac{da}{dt} = -\left(\frac{\partial f}{\partial z}\right)^\top a"),
    SLOW(COST, rf"\frac{{dJ}}{{d\theta}} = \int_0^T \left[\left(\frac{{\partial f}}{{\partial\theta}}\right)^\top a - \nabla_\theta {TRACE}\right] dt",
     rf"\frac{{dJ}}{{d\theta}} = \int_0^T \left[\left(\frac{{\partial f}}{{\partial\theta}}\right)^\top a + \nabla_\theta {TRACE}\right] dt"),
    (SCORE, "a(t) = -s(t)", "a(t) = s(t)"),
    SLOW(SCORE, rf"\frac{{ds}}{{dt}} = -\left(\frac{{\partial f}}{{\partial z}}\right)^\top s - \nabla_z {TRACE}",
     rf"\frac{{ds}}{{dt}} = -\left(\frac{{\partial f}}{{\partial z}}\right)^\top s + \nabla_z {TRACE}"),
    (OTHER, r"\frac{d}{dt}\log q(x(t)) = -\nabla\cdot f", r"\frac{d}{dt}\log q(x(t)) = \nabla\cdot f"),
    (NOISE, rf"{TRACE} = \mathbb{{E}}\left[\epsilon^\top\frac{{\partial f}}{{\partial z}}\epsilon\right]",
     rf"{TRACE} = -\mathbb{{E}}\left[\epsilon^\top\frac{{\partial f}}{{\partial z}}\epsilon\right]"),
])
def test_right_lines_are_proved_and_slips_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_an_example_of_a_field_ends_where_the_field_is_general_again() -> None:
    example = COST.replace(r"J =", "f(z) = A z\nJ =")
    wrong = r"\frac{da}{dt} = -\left(\frac{\partial f}{\partial z}\right)^\top a"
    assert last_two("", example, r"a(T) = -\nabla\log\pi(z(T))", wrong) == ["proved", "refuted"]
