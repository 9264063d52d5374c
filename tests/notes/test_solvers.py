"""A solver by its name, and a loss of two things that are one: Chen et al. (2018), equation 3, as people write it."""

from __future__ import annotations

import pytest
from understood import last_two, understood

FLOW = "\\dot z(t) = f(z(t), t, \\theta)\nz(t_0) = z_0\n"
LOSS = FLOW + "L(z(t_1)) = L\\Big(z(t_0) + \\int_{t_0}^{t_1} f(z(t), t, \\theta)\\,dt\\Big)\na(t) = dL/dz(t)\n"


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (FLOW, r"L(z(t_1)) = L\left(z(t_0) + \int_{t_0}^{t_1} f(z(t), t, \theta)\,dt\right)", r"L(z(t_1)) = L\left(z(t_0) - \int_{t_0}^{t_1} f(z(t), t, \theta)\,dt\right)"),
        (FLOW, r"\ell(z(t_1)) = \ell\left(z_0 + \int_{t_0}^{t_1} f(z, t, \theta)\,dt\right) = \ell(\mathrm{ODESolve}(z_0, f, t_0, t_1, \theta))",
         r"\ell(z(t_1)) = \ell\left(z_0 + \int_{t_1}^{t_0} f(z, t, \theta)\,dt\right)"),
        (LOSS, r"\dot a = -a \frac{\partial f}{\partial z}", r"\dot a = a \frac{\partial f}{\partial z}"),
        (LOSS, r"\dot a(t) = -a(t) \frac{\partial f(z(t), \theta, t)}{\partial z}", r"\dot a(t) = -a(t) \frac{\partial f(z(t), \theta, t)}{\partial z} - 1"),
        (FLOW, r"z(t_1) = \text{ODESolve}(z(t_0), f, t_0, t_1, \theta)", r"z(t) = \text{ODESolve}(z(t_0), f, t_0, t_1, \theta)"),
        (FLOW, r"z(t_1) = \operatorname{odeint}(f, z_0, [t_0, t_1], \theta)", r"z(t_1) = 2\,\operatorname{odeint}(f, z_0, [t_0, t_1], \theta)"),
    ],
)
def test_the_right_line_is_proved_and_its_slip_is_not(given: str, right: str, wrong: str) -> None:
    good, bad = last_two("", given, right, wrong)
    assert good == "proved"
    assert bad not in ("proved", "definition")


@pytest.mark.parametrize(("text", "reading"), [
    (r"z(t_0) = \mathrm{ODESolve}(z(t_1), f, t_1, t_0, \theta)", "x(t0) = x(t0)"),
    (r"z(t_1) = \mathrm{ODESolve}(z(t_1), f, t_0, t_1, \theta)", "x(t1) = ?ODESolve?"),
    (r"z(t_1) = \mathrm{ODESolve}(z(t_0), g, t_0, t_1, \theta)", "x(t1) = ?ODESolve?"),
])
def test_what_a_solver_returns_is_told_by_its_arguments(text: str, reading: str) -> None:
    assert understood(*FLOW.splitlines(), text)[0] == reading


def test_the_loss_of_the_end_state_is_the_cost() -> None:
    right, wrong = r"a(t_1) = \frac{\partial L}{\partial z(t_1)}", r"a(t_1) = -\frac{\partial L}{\partial z(t_1)}"
    assert last_two("", LOSS, right, wrong) == ["proved", "refuted"]
