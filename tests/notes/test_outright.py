"""Functions of time that notes write out: their total derivatives are derivatives, and no motion of a state."""

from __future__ import annotations

import pytest
from understood import statuses

GIVEN = r"Let $$z = \sin(x^2 + y)$$ with $$x = e^t, \qquad y = t^2.$$ "


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{dz}{dt} = 2 x \cos(x^2 + y)\, e^t + 2 t \cos(x^2 + y)", r"\frac{dz}{dt} = 2 x \cos(x^2 + y)\, e^t + t \cos(x^2 + y)"),
    (r"\frac{dx}{dt} = e^t", r"\frac{dx}{dt} = 2 e^t")])
def test_the_rate_of_what_is_written_out_is_reckoned(right: str, wrong: str) -> None:
    given = GIVEN + r"$$z = \sin(e^{2t} + t^2)$$ "
    assert [statuses(f"{given} $${line}$$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


def test_the_chain_rule_moves_no_state() -> None:
    chain = r"$$\frac{dz}{dt} = \frac{\partial z}{\partial x} \frac{dx}{dt} + \frac{\partial z}{\partial y} \frac{dy}{dt}$$"
    assert "refuted" not in statuses(GIVEN + chain) and "assumption" not in statuses(GIVEN + chain)


def test_a_solution_before_its_equation_moves() -> None:
    motion = r"$$x(t) = x_0 e^{-k t}$$ solves $$\frac{dx}{dt} = -k x, \quad x(0) = x_0.$$ $$J = \frac12 x(T)^2, \quad \lambda = \frac{dJ}{dx}.$$ "
    assert statuses(motion + r"$$\dot\lambda = k \lambda$$ $$\dot\lambda = -k \lambda$$")[-2:] == ["proved", "refuted"]
