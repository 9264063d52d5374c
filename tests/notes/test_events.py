"""Events: jumps of the costate, times that move, saltation, fields before and after; the side of a field matters."""

from __future__ import annotations

import pytest
from test_verify import verdicts

HEADER = "\n".join(("objective: J", "state: x", "parameters: theta", "costate: p = dJ/dx (row)", "event: g", "event time: tau",
                    "terminal cost: \\Psi", "time: t in [t_0, t_1]"))
TWO = r"""\dot x = f_1(x, \theta)
\dot x = f_2(x, \theta)
g(x(\tau)) = 0
x^+ = x^-
J = \Psi(x(t_1))"""
RESET = r"""\dot x = f(x)
g(x(\tau^-)) = 0
x(\tau^+) = R(x(\tau^-))
J = \Psi(x(t_1))"""

RIGHT_AND_WRONG = [
    (TWO, r"p^- = p^+ + \frac{p^+(f_2 - f_1)}{g_x f_1}\,g_x", r"p^- = p^+ + \frac{p^+(f_2 - f_1)}{g_x f_2}\,g_x"),
    (TWO, r"p^- f_1 = p^+ f_2", r"p^- f_2 = p^+ f_1"),
    (TWO, r"\frac{d\tau}{dx^-} = -\frac{g_x}{g_x f_1}", r"\frac{d\tau}{dx^-} = -\frac{g_x}{g_x f_2}"),
    (TWO, r"\dot p = -p\,\frac{\partial f_2}{\partial x}", r"\dot p = p\,\frac{\partial f_2}{\partial x}"),
    (TWO, r"\frac{dJ}{d\theta} = \int_{t_0}^{\tau} p\,\frac{\partial f_1}{\partial\theta}\,dt + \int_{\tau}^{t_1} p\,\frac{\partial f_2}{\partial\theta}\,dt",
     r"\frac{dJ}{d\theta} = \int_{t_0}^{\tau} p\,\frac{\partial f_2}{\partial\theta}\,dt + \int_{\tau}^{t_1} p\,\frac{\partial f_1}{\partial\theta}\,dt"),
    (RESET, r"\frac{dx^+}{dx^-} = R_x + \frac{(f^+ - R_x f^-)\,g_x}{g_x f^-}", r"\frac{dx^+}{dx^-} = R_x"),
]


@pytest.mark.parametrize(("laws", "right", "wrong"), RIGHT_AND_WRONG)
def test_right_lines_are_proved_and_slips_refuted(laws: str, right: str, wrong: str) -> None:
    assert verdicts(HEADER, laws, right, wrong) == ["proved", "refuted"]


def test_a_value_at_the_event_needs_a_side_and_a_field_its_own() -> None:
    assert verdicts(HEADER, TWO, r"p(\tau) = p^+", r"\dot p = -p\,\frac{\partial f_2}{\partial x} \quad\text{for } t < \tau") == ["unknown"] * 2


def test_a_reset_that_is_a_formula_is_not_taken_for_none() -> None:
    laws = RESET.replace(r"R(x(\tau^-))", r"2\,x(\tau^-)")
    assert verdicts(HEADER, laws, r"p^- = p^+", r"\frac{dx^+}{dx^-} = I + \frac{(f^+ - f^-)\,g_x}{g_x f^-}") == ["refuted"] * 2
