"""Events without a header: one-sided values, fields in cases, guards, resets and saltation matrices in several authors' letters."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

HEADER = r"""state: z
costate: p (row)
running cost: \ell
terminal cost: \Phi
objective: J
time: t in [0, T]"""
CASES = r"""z^- = z(\tau^-)
\dot z = \begin{cases} f_1(z), & 0 \le t < \tau, \\ f_2(z), & \tau < t \le T, \end{cases}
\gamma(z^-) = 0
z^+ = R(z^-)
J = \int_0^T \ell(z)\,dt + \Phi(z(T))
\delta z^+ = \Xi\,\delta z^-"""
SALTATION = r"\Xi = R_z + \frac{(f_2^+ - R_z f_1^-)\gamma_z}{\gamma_z f_1^-}"
PLAIN = r"""\dot x = f_1(x)
\dot x = f_2(x)
h(x(\sigma^-)) = 0
x(\sigma^+) = G(x(\sigma^-))
E = \varphi(x(T))"""
MET = r"""\dot y = f(y)
h(y(t_e)) = 0
y^+ = G(y^-)
E = \varphi(y(T)), \qquad T > t_e
\mu = \nabla_{y(t)} E"""


@pytest.mark.parametrize(("header", "given", "right", "wrong"), [
    ("", MET, r"\delta t_e = -\frac{\nabla h^\top \delta y^-}{\nabla h^\top f^-}", r"\delta t_e = \frac{\nabla h^\top \delta y^-}{\nabla h^\top f^-}"),
    ("", MET.replace("t_e", "t^*"), r"\mu^- = DG^\top \mu^+ + \nabla h \frac{(f^+ - DG f^-)^\top \mu^+}{\nabla h^\top f^-}",
     r"\mu^- = DG^\top \mu^+ - \nabla h \frac{(f^+ - DG f^-)^\top \mu^+}{\nabla h^\top f^-}"),
    (HEADER, CASES, SALTATION, r"\Xi = R_z"),
    (HEADER, CASES, r"\gamma_z(\delta z^- + f_1^-\,\delta\tau) = 0", r"\gamma_z(\delta z^- - f_1^-\,\delta\tau) = 0"),
    (HEADER, CASES, r"\delta z^+ + f_2^+\,\delta\tau = R_z(\delta z^- + f_1^-\,\delta\tau)", r"\delta z^+ = R_z(\delta z^- + f_1^-\,\delta\tau)"),
    (HEADER, CASES + "\n" + SALTATION, r"p^- = p^+\Xi + \frac{\ell^+ - \ell^-}{\gamma_z f_1^-}\gamma_z",
     r"p^- = p^+\Xi + \frac{\ell^- - \ell^+}{\gamma_z f_1^-}\gamma_z"),
    (HEADER, CASES, r"\ell^- + p^- f_1^- = \ell^+ + p^+ f_2^+", r"\ell^- + p^- f_1^- = \ell^+ - p^+ f_2^+"),
    (HEADER, CASES, r"\dot p = -\ell_z - p\frac{\partial f_j}{\partial z}", r"\dot p = -\ell_z + p\frac{\partial f_j}{\partial z}"),
    (HEADER, CASES, r"\frac{\partial J}{\partial z_0} = p(0)", r"\frac{\partial J}{\partial z_0} = p(T)"),
    ("", PLAIN, r"\delta\sigma = -\frac{h_x\,\delta x^-}{h_x f_1^-}", r"\delta\sigma = \frac{h_x\,\delta x^-}{h_x f_1^-}"),
])
def test_right_lines_are_proved_and_slips_refuted(header: str, given: str, right: str, wrong: str) -> None:
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


HYBRID = r"""\dot x = f_1(x, p)\ \ (t < \tau)
\dot x = f_2(x, p)\ \ (t > \tau)
\psi(x^-, p) = 0
x^+ = r(x^-, p)
x^\pm = x(\tau^\pm)
x(0) = x_0(p)
J = \varphi(x(T))
\lambda = (\frac{\partial J}{\partial x})^T
\delta p = 0
\delta x^+ = S\,\delta x^-"""
JUMPED = r"\frac{dJ}{dp} = \lambda(0)^T\frac{\partial x_0}{\partial p} + \int_0^\tau \lambda^T\frac{\partial f_1}{\partial p}\,dt + \int_\tau^T \lambda^T\frac{\partial f_2}{\partial p}\,dt + "


@pytest.mark.parametrize(("right", "wrong"), [
    (r"S = r_x + \frac{(f_2^+ - r_x f_1^-)\psi_x}{\psi_x f_1^-}", r"S = r_x + \frac{(r_x f_1^- - f_2^+)\psi_x}{\psi_x f_1^-}"),
    (r"\dot\lambda = -(\frac{\partial f_i}{\partial x})^T\lambda", r"\dot\lambda = (\frac{\partial f_i}{\partial x})^T\lambda"),
])
def test_a_field_of_each_side_of_an_event_is_told_in_brackets(right: str, wrong: str) -> None:
    assert last_two("", HYBRID, right, wrong) == ["proved", "refuted"]


def test_parameters_move_the_start_the_guard_and_the_reset() -> None:
    right = JUMPED + r"\lambda(\tau^+)^T [r_p + \frac{(f_2^+ - r_x f_1^-)\psi_p}{\psi_x f_1^-}]"
    assert last_two("", HYBRID.replace(r"\delta p = 0", ""), right, right.replace("[r_p +", "[r_p -")) == ["proved", "unknown"]


def test_a_reset_in_a_special_case_is_no_slip() -> None:
    assert last_two("", HYBRID, "r(x) = x", r"S = I + \frac{(f_2^+ - f_1^-)\psi_x}{\psi_x f_1^-}") == ["assumption", "unknown"]


def test_fields_that_switch_are_not_taken_to_be_the_same() -> None:
    header = "state: y in R^n\nparameters: \\theta\ncostate: \\lambda = dJ/dy (column)\nevent: \\sigma\nevent time: t_s\ntime: t in [0, T]"
    given = r"$$\dot y = f_1(y,\theta), \qquad 0 \le t < t_s$$ $$\sigma(y(t_s)) = 0$$ $$\dot y = f_2(y,\theta), \qquad t_s < t \le T$$ $$y(t_s^+) = y(t_s^-)$$ "
    lines = r"$$\frac{dy^+}{dy^-} = I + \frac{(f_2 - f_1)\,\nabla\sigma^\top}{\nabla\sigma^\top f_1}$$ $$\frac{dy^+}{dy^-} = I$$"
    assert statuses(given + lines, header)[-2:] == ["proved", "refuted"]
