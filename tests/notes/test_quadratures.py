"""Integrals that are carried along a solution under letters of their own."""

from __future__ import annotations

import pytest
from understood import last_two

FLOW = "\\dot x = f(t,x,\\theta)\nJ = \\int_0^T L(t,x,\\theta)\\,dt\nH = L + p f\n"
BACK = FLOW + "\\dot\\xi = L_\\theta + p f_\\theta\n\\xi(T) = 0\n"
PENALTY = "J = \\phi(x(T)) + \\kappa \\int_0^T \\|f(x(t),\\theta)\\|^2\\,dt\n\\dot x = f(x,\\theta)\n\\dot e = \\|f(x,\\theta)\\|^2\ne(0) = 0\n"
FORTH = FLOW + "\\dot\\zeta = L(t,x,\\theta)\n\\zeta(0) = 0\n"


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (BACK, r"\frac{dJ}{d\theta} = -\xi(0)", r"\frac{dJ}{d\theta} = \xi(0)"),
        (BACK, r"\frac{dJ}{d\theta} = \xi(T) - \xi(0)", r"\frac{dJ}{d\theta} = \xi(0) - \xi(T)"),
        (BACK, r"\dot\xi = H_\theta", r"\dot\xi = -H_\theta"),
        (FLOW + "b(T) = 0\n\\dot b = L_\\theta + p f_\\theta\n", r"\frac{dJ}{d\theta} = -b(0)", r"\frac{dJ}{d\theta} = b(0)"),
        (FLOW + "g(t) = \\int_t^T (L_\\theta + p f_\\theta)\\,ds\ns = T - t\n", r"\frac{dg}{ds} = L_\theta + p f_\theta", r"\frac{dg}{ds} = -L_\theta - p f_\theta"),
        (PENALTY, r"J = \phi(x(T)) + \kappa e(T)", r"J = \phi(x(T)) + e(T)"),
        (FORTH, r"J = \zeta(T)", r"J = -\zeta(T)"),
        (FORTH, r"\frac{d\zeta}{dt} = L(t,x,\theta)", r"\frac{d\zeta}{dt} = -L(t,x,\theta)"),
    ],
)
def test_the_right_line_is_proved_and_its_slip_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_rate_without_an_end_says_not_what_the_letter_is() -> None:
    assert last_two("", FLOW + "\\dot\\xi = L_\\theta + p f_\\theta\n", r"\frac{dJ}{d\theta} = -\xi(0)", r"\frac{dJ}{d\theta} = \xi(0)") == ["unknown", "unknown"]


def test_a_cost_that_gathers_something_else_is_another() -> None:
    assert last_two("", PENALTY, r"\dot\eta = \|x\|^2", r"\eta(0) = 0")[-1] == "definition"
    assert last_two("", PENALTY + "\\dot\\eta = x^T x\n\\eta(0) = 0\n", r"J = \phi(x(T)) + \eta(T)", r"J = \eta(T)") == ["assumption"] * 2


@pytest.mark.parametrize("by", ["s", r"\tau"])
def test_a_gradient_from_a_time_on_may_run_along_any_letter(by: str) -> None:
    given = "\\dot z = f(z, t, \\theta)\nL = \\ell(z(t_1))\na(t) = \\frac{dL}{dz(t)}"
    right, wrong = (rf"a_\theta(t) = {sign}\int_t^{{t_1}} a({by}) \frac{{\partial f}}{{\partial\theta}}\,d{by}" for sign in ("", "-"))
    assert last_two("state: z\ncostate: a (row)\nparameters: \\theta\ntime: t in [t_0, t_1]", given, right, wrong) == ["proved", "refuted"]


GATHERED = "\\dot y = v(y, t)\ny(0) = y_0\n\\dot s = c(y, t)\ns(0) = 0\nJ = s(T) - \\psi(y(T))\nH(y, s, m, k, t) = m v(y, t) {} k c(y, t)\n"
CARRIED = "\\dot y = v(y, t)\ny(0) = y_0\n\\dot s = -\\operatorname{tr} v_y(y, t)\ns(0) = \\log p_0(y_0)\nJ = s(T) - \\log \\pi(y(T))\nm = \\frac{dJ}{dy(t)}\n"


@pytest.mark.parametrize(("given", "right", "wrong", "expected"), [
    (GATHERED.format("+"), r"\dot m = -m v_y(y, t) - c_y(y, t)", r"m(T) = \psi_y(y(T))", ["proved", "refuted"]),
    (GATHERED.format("+"), "k(T) = 1", "k(T) = -1", ["proved", "refuted"]),
    (GATHERED.format("-"), r"\dot m = -m v_y(y, t) - c_y(y, t)", r"m(T) = \psi_y(y(T))", ["unknown", "unknown"]),  # k of another sign
    (CARRIED, r"\dot m = -m v_y(y, t) + \partial_y \operatorname{tr} v_y(y, t)", r"\frac{dJ}{dy_0} = m(0)", ["proved", "unknown"]),
])
def test_a_costate_of_what_the_cost_gathers_is_a_number(given: str, right: str, wrong: str, expected: list[str]) -> None:
    assert last_two("costate: m (row)\nstate: y", given, right, wrong) == expected
