"""Time that runs back, s = T - t, and letters that are written on it."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

GIVEN = (
    "\\dot x = r(x,p,t)\nF = \\int_0^T f(x,p,t)\\,dt\n\\mathcal{L} = \\int_0^T [f(x,p,t) + \\lambda^T(\\dot x - r(x,p,t))]\\,dt\n"
    "s = T - t\n\\tilde\\lambda(s) = \\lambda(T-s)\n"
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\frac{d\tilde\lambda^T}{ds} = \tilde\lambda^T\partial_x r - \partial_x f", r"\frac{d\tilde\lambda^T}{ds} = \partial_x f - \tilde\lambda^T\partial_x r"),
        (r"\tilde\lambda(0) = 0", r"\tilde\lambda(0) = \lambda(0)"),
        (r"\frac{d\tilde\lambda}{ds} = -\dot\lambda", r"\frac{d\tilde\lambda}{ds} = \dot\lambda"),
    ],
)  # fmt: skip
def test_the_right_line_is_proved_and_its_slip_refuted(right: str, wrong: str) -> None:
    assert last_two("", GIVEN, right, wrong) == ["proved", "refuted"]


def test_a_field_is_differentiated_by_the_clock_that_an_integral_gives_it() -> None:
    given = r"$$\frac{dy}{dt} = f(t, y, \theta)$$ The loss is $L(y(t_1))$. $a(t) = \frac{dL}{dy(t)}$ "
    right = r"$$\frac{dL}{dt_0} = -\frac{dL}{dt_1} + \int_{t_0}^{t_1} a(s)\,\frac{\partial f(s, y(s), \theta)}{\partial s}\,ds$$"
    other = r"$$\frac{dL}{dt_0} = -\frac{dL}{dt_1} + \int_{t_0}^{t_1} a(s)\,\frac{\partial f}{\partial t}(s, y(s), \theta)\,ds$$"
    assert statuses(given + right + other + right.replace("+ \\int", "- \\int"))[-3:] == ["proved", "proved", "refuted"]
