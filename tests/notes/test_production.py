"""Growth with F(k) and u(c): a field with a function of its own in it, delta as a rate, prices that are marginal utilities."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.reading.document import read_text
from adjointcheck.notes.systems.concrete import acquainted

HEADER = "state: k\ncontrol: c\ncostate: \\lambda\nobjective: W\ntime: t in [0, T]"
GROWTH = (
    "\\dot k = F(k) - \\delta k - c\nW = \\int_0^T e^{-\\rho t} u(c)\\,dt + e^{-\\rho T} S\\big(k(T)\\big)\n"
    "H = e^{-\\rho t} u(c) + \\lambda\\,[F(k) - \\delta k - c]\n"
)
NUMBERS = GROWTH + "\\sigma = \\frac{u'(c)}{u''(c)}\n"
CURRENT = NUMBERS + "\\mu(t) = e^{\\rho t}\\lambda(t)\n\\mathcal H = u(c) + \\mu\\,[F(k) - \\delta k - c]\n"
CONSTANT = (
    "\\dot k = A k^{\\alpha} - \\delta k - c\nW = \\int_0^T e^{-\\rho t} \\frac{c^{1-\\gamma}}{1-\\gamma}\\,dt + e^{-\\rho T} S(k(T))\n"
    "H = e^{-\\rho t} \\frac{c^{1-\\gamma}}{1-\\gamma} + \\lambda\\,[A k^{\\alpha} - \\delta k - c]\n"
)


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (GROWTH, r"\dot\lambda = -\lambda\,[F'(k) - \delta]", r"\dot\lambda = \lambda\,[F'(k) - \delta]"),
        (GROWTH, r"\lambda(T) = e^{-\rho T} S'(k(T))", r"\lambda(T) = S'(k(T))"),
        (NUMBERS, r"\lambda = e^{-\rho t} u'(c)", r"\lambda = -e^{-\rho t} u'(c)"),
        (CURRENT, r"u'(c) = \mu", r"u'(c) = -\mu"),
        (CURRENT, r"\dot\mu = \rho\mu - \frac{\partial\mathcal H}{\partial k}", r"\dot\mu = -\rho\mu - \frac{\partial\mathcal H}{\partial k}"),
        (CURRENT, r"\dot\mu = \mu\,[\rho + \delta - F'(k)]", r"\dot\mu = \mu\,[\rho - \delta - F'(k)]"),
        pytest.param(CONSTANT, r"e^{-\rho t} c^{-\gamma} = \lambda", r"e^{-\rho t} c^{1-\gamma} = \lambda", marks=pytest.mark.campaign),
        (CONSTANT, r"\frac{dW}{dA} = \int_0^T \lambda k^{\alpha}\,dt", r"\frac{dW}{dA} = \int_0^T e^{-\rho t} \lambda k^{\alpha}\,dt"),
    ],
)
def test_the_right_line_is_proved_and_its_slip_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two(HEADER, given, right, wrong) == ["proved", "refuted"]


def test_laws_whose_shapes_do_not_fit_contradict_nothing() -> None:
    given = "\\dot x = A x + u\nJ = \\int_0^T L(x,u)\\,dt\nH = L + p f\n"
    assert last_two("state: x in R^3\ncontrol: u in R^2", given, r"p(T) = 0", r"p(T) = 1")[0] != "refuted"


def test_one_state_that_moves_by_a_squared_control_is_a_number_and_its_price_a_current_value() -> None:
    """s' = -q: the multiplier stands before q alone, and the Hamiltonian has no discount factor."""
    given = (r"$\dot s = -q$ $s(0) = s_0$ $$W = \int_0^T e^{-rt} (a q - \frac{b}{2} q^2)\,dt + e^{-rT} \sigma s(T)$$ "
             r"$H = a q - \frac{b}{2} q^2 - \mu q$ ")
    right, wrong = r"$a - b q = \mu$ $\dot\mu = r \mu$ $\mu(T) = \sigma$ ", r"$a - b q = -\mu$ $\dot\mu = -r \mu$ $\mu(T) = e^{-rT} \sigma$"
    assert statuses(given + right + wrong)[-6:] == ["proved"] * 3 + ["refuted"] * 3


def test_a_hamiltonian_without_the_discount_of_its_cost_refutes_nothing() -> None:
    given = r"$\dot s = g(s, q)$ $$W = \int_0^T e^{-rt} u(q)\,dt$$ $H = 2 u(q) + \mu g(s, q)$ "
    assert statuses(given + r"$\dot\mu = r \mu - \mu g_s$", "state: s\ncontrol: q")[-1] != "refuted"


def test_what_is_consumed_and_valued_is_the_control() -> None:
    given = "\\dot k = F(k) - c\nV = \\int_0^T e^{-\\rho t} U(c)\\,dt\n\\mu = e^{\\rho t}\\lambda"
    header = "objective: V, maximised\nstate: k in R\ncostate: \\lambda = dV/dk"
    assert last_two(header, given, r"U'(c) = \mu", r"U'(c) = -\mu")[0] == "proved"


ROCKET = r"$\dot h = v$ $\dot v = \frac{u - D(v,h)}{m} - g(h)$ $\dot m = -b u$ $J = h(T)$ to be maximised. "
PREY = r"$\dot x = r x - g(x) y$ $\dot y = e g(x) y - u y$ $$J = \int_0^T (y^2 + u^2)\,dt$$ "
POLLUTION = (r"$\dot K = F(K) - C$ $\dot S = \alpha F(K) - \beta S$ $$J = \int_0^T e^{-\rho t}\,[U(C) - D(S)]\,dt$$ "
             r"$$H = e^{-\rho t}\,[U(C) - D(S)] + \lambda\,[F(K) - C] + \mu\,[\alpha F(K) - \beta S]$$ ")


@pytest.mark.parametrize(("given", "lines", "expected"), [
    (ROCKET, r"$\dot p_h = \frac{p_v}{m} D_h + p_v g'(h)$ $\dot p_v = -p_h + \frac{p_v}{m}\frac{\partial D}{\partial v}$ "
             r"$\dot p_m = \frac{p_v (u - D)}{m^2}$ $\dot p_v = -p_h + \frac{p_v}{m} D_h$ $\dot p_h = \frac{p_v}{m} D_h - p_v g'(h)$",
     "proved proved proved refuted refuted"),
    (PREY, r"$\dot p_x = -p_x (r - g'(x) y) - e p_y g'(x) y$ $\dot p_x = -p_x (r - g'(x)) - e p_y g'(x) y$ $g(x) = \frac{a x}{b + x}$ "
           r"$g'(x) = \frac{a}{(b + x)^2}$", "proved refuted definition refuted"),
    (POLLUTION, r"$H_C = e^{-\rho t} U'(C) - \lambda$ $\dot\mu = e^{-\rho t} D'(S) + \beta\mu$ $\dot\lambda = -\lambda F'(K)$ "
                r"$\frac{\partial^2 H}{\partial C^2} = e^{-\rho t} U''(C)$", "proved proved refuted proved"),
    (POLLUTION, r"$F(0) = 0$ $F'(0) = \infty$ $U'(C) = C^{-s}$ $F'(K) = \rho$ $\dot\mu = \beta\mu - e^{-\rho t} D'(S)$",
     "assumption assumption unknown unknown unknown"),
])
def test_functions_that_a_field_leaves_open_have_slopes(given: str, lines: str, expected: str) -> None:
    assert statuses(given + lines)[-len(expected.split()):] == expected.split()


@pytest.mark.parametrize("field", [r"$\dot x = f(x, u)$", r"$\dot x = f(x) + g(x) u$", r"$\dot q = v$ $\dot v = f(q, v) + u$"])
def test_a_field_that_may_be_of_vectors_has_no_such_functions(field: str) -> None:
    assert not acquainted(read_text(field).formulas, read_header([])).parts("x")
