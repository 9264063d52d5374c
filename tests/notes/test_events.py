"""Events: jumps of the costate, times that move, saltation, fields before and after; the side of a field matters."""

from __future__ import annotations

import pytest
from test_verify import verdicts
from understood import statuses

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


def test_the_letters_of_an_event_may_be_any_and_its_state_too() -> None:
    told = (r"$\frac{du}{dt} = f(u, p)$ At a time $\tau \in (0, T)$ $$\psi(u(\tau^-)) = 0, \qquad u(\tau^+) = c(u(\tau^-), p)$$ $L(p) = \ell(u(T))$ ")
    right = r"$$\lambda(\tau^-) = \left( c_u + \frac{(f^+ - c_u f^-) \psi_u}{\psi_u f^-} \right)^\top \lambda(\tau^+)$$ "
    header = "state: u\ncostate: \\lambda = dL/du (column)\nparameters: p\nterminal cost: \\ell\ntime: t in [0, T]"
    lines = r"$$\delta\tau = -\frac{\psi_u\,\delta u^-}{\psi_u f^-}$$ $$\delta\tau = -\frac{\psi_u\,\delta u^-}{\psi_u f^+}$$ "
    assert statuses(told + lines + right + right.replace(r"^\top \lambda", r" \lambda"), header)[-4:] == ["proved", "refuted", "proved", "refuted"]


def test_an_example_in_components_does_not_lose_the_event_of_before() -> None:
    told = (r"$\frac{du}{dt} = f(u, p)$ $$\psi(u(\tau^-)) = 0, \qquad u(\tau^+) = c(u(\tau^-), p)$$ $L = \ell(u(T))$ "
            r"Now $$\dot z = v, \quad \dot v = -g$$ $$\ell(u(T)) = \tfrac12 z(T)^2$$ $\dot\lambda_v = -\lambda_z$ $$\frac{dL}{dg} = -\int_0^T \lambda_v\,dt$$")
    header = "state: u\ncostate: \\lambda = dL/du (column)\nparameters: p\nterminal cost: \\ell\ntime: t in [0, T]"
    assert statuses(told, header)[-2:] == ["proved", "unknown"]


def test_where_an_example_with_an_event_ends_is_not_reckoned_without_it() -> None:
    told = (r"$\frac{du}{dt} = f(u, p)$ $$\psi(u(\tau^-)) = 0, \qquad u(\tau^+) = c(u(\tau^-), p)$$ $L = \ell(u(T))$ "
            r"Now $$\dot z = v, \quad \dot v = -g$$ $z(0) = 5$, $v(0) = 0$, $g = 10$, $T = 1.5$ and $$z(T) = 2.75$$")
    header = "state: u\ncostate: \\lambda = dL/du (column)\nparameters: p\nterminal cost: \\ell\ntime: t in [0, T]"
    assert "refuted" not in statuses(told, header)


WITHOUT = r"""$\dot y = a(y)$ for $t < \tau$, $e(y(\tau^-)) = 0$, $y(\tau^+) = c(y(\tau^-))$, $\dot y = b(y)$ for $t > \tau$. The slope $e_y$ is taken at $y^-$.
$$\Sigma = c_y + \frac{(b(y^+) - c_y a(y^-)) e_y}{e_y a(y^-)}$$ $$\delta y^+ = \Sigma\,\delta y^-$$ If $c(y) = y$, """


@pytest.mark.parametrize(("line", "status"), [
    (r"$$\Sigma = I + \frac{(b(y^-) - a(y^-)) e_y}{e_y a(y^-)}$$", "proved"), (r"$$\Sigma = I - \frac{(b(y^-) - a(y^-)) e_y}{e_y a(y^-)}$$", "refuted"),
    (r"it is simple. $$\delta y^+ = c_y\,\delta y^-$$", "refuted"),
    (r"it is simple. Then it stays. $$\delta y^+ = \delta y^- + (a(y^-) - b(y^-))\,\delta\tau$$", "unknown"),
])
def test_a_case_without_a_reset_is_that_of_its_sentence(line: str, status: str) -> None:
    assert statuses(WITHOUT + line, "state: y")[-1] == status
