"""What a wrong line should read: each kind of slip is undone, and what no small change mends is refuted only where all else is understood."""

from __future__ import annotations

import pytest
from test_world import BOLZA, LAYERS, MATRICES, REGULATOR, ROW
from understood import findings, outcomes, statuses

from adjointcheck.notes.verdicts.comparison import Contradiction
from adjointcheck.notes.verdicts.repairs import repaired

COLUMN = "state: x in R^n; costate: lambda = dJ/dx (column); gradients: columns"
ROWS = "costate: p (row)"
SPRING = r"$$\dot x_1 = x_2$$ $$\dot x_2 = u - x_1$$ $$J = \int_0^T \frac12 (x_1^2 + u^2)\,dt$$ $$\dot p_2 = -p_2$$", "costate: p = dJ/dx"
SLIPS = [  # slip, header, notes, wrong line, what it should read
    ("sign", ROW, BOLZA, r"\dot p = -L_x + p f_x", "-d_ L/d_x - p (d_ f/d_x)"),
    ("transpose", COLUMN, r"\dot x = f(x); J = \Phi(x(T))", r"\dot\lambda = -f_x \lambda", "-(d_ f/d_x)' p'"),
    ("limits", ROW, BOLZA, r"p(t) = p(T) + \int_T^t (L_x + p f_x)\,ds", "- int_t1^t"),
    ("end", ROW, BOLZA, r"\frac{dJ}{dx_0} = p(T)", "p(t0)"),
    ("layer", ROWS, LAYERS, r"\frac{\partial J}{\partial w_l} = h p_l f_w(x_l, w_l) + h L_w(x_l, w_l)", "h p(l + 1)"),
    ("layer of an argument", ROWS, LAYERS, r"p_l = p_{l+1} (I + h f_x(x_{l+1}, w_l)) + h L_x(x_l, w_l)", "d_ f(x(l), w(l))"),
    ("order", MATRICES, REGULATOR, r"-\dot P = A P + A^T P - P B R^{-1} B^T P + Q", "P A + A' P"),
    ("end of an input", ROW, BOLZA, r"p(T) = \frac{dJ}{dx(t_0)}", "d J/dx(t1)"),
    ("variable", ROW, BOLZA, r"H_\theta = L_\theta + p f_u", "d_ f/d_theta"),
    ("place on the left", ROW, BOLZA, r"p(t_0) = \Psi_x(x(T), \theta)", "p(t1) ="),
    ("a forgotten matrix", MATRICES, REGULATOR, r"\dot p = -2 x^T Q - p", "p A"),
    ("another term", ROW, BOLZA, r"p(T) = \Psi_x(x(T), \theta) + p(t_0)", "p(t1) = d_ Psi(x(t1), theta)/d_x"),
    ("half a term", MATRICES, REGULATOR, r"\dot p = -x^T Q - p A", "-2"),
    ("half of it", MATRICES, REGULATOR, r"p(T) = x(T)^T M", "2"),
    ("a matrix everywhere", MATRICES, REGULATOR, r"-\dot P = P A^T + A P - P B R^{-1} B^T P + Q", "P A + A' P"),
    ("a forgotten term", ROW, BOLZA, r"\dot p = -p f_x", "d_ L/d_x"),
    ("neighbours exchanged", ROWS, LAYERS, r"p_{l+1} = p_l (I + h f_x(x_l, w_l)) + h L_x(x_l, w_l)", "p(l) = p(l + 1)"),
    ("another function of a matrix", ROW, BOLZA, r"\mathrm{tr}(f_x^T) = \det(f_x)", "= tr("),
    ("a forgotten end", ROW, BOLZA, r"p(t) = \int_t^T (L_x + p f_x)\,ds", "p(t1)"),
    ("a limit", ROW, BOLZA, r"x(t) = x_0 + \int_T^t f(x(s), u(s), \theta, s)\,ds", "int_t0^t"),
    ("a state", ROW, BOLZA, r"\dot x(T) = f(x_0, u(T), \theta, T)", "f(x(t1), w(t1), theta, t1)"),
    ("what moves with time alone", ROW, "\\dot x = f(x, t); J = \\Phi(x(T))", r"\frac{d}{dt} (p f(x, t)) = 0", "p (d_ f/d_t)"),
    ("a forgotten term of an integral", ROW, BOLZA, r"\frac{dJ}{d\theta} = \Psi_\theta(x(T), \theta) + \int_{t_0}^T p f_\theta\,dt", "d_ L"),
]


@pytest.mark.parametrize(("header", "notes", "wrong", "right"), [row[1:] for row in SLIPS], ids=[row[0] for row in SLIPS])
def test_each_slip_is_undone(header: str, notes: str, wrong: str, right: str) -> None:
    (found,) = outcomes(f"{notes}; {wrong}", header)
    assert isinstance(found, Contradiction) and right in repaired(found), repaired(found)


def test_another_component_is_named_and_the_field_of_the_notes_is_shown() -> None:
    wrong = findings(*SPRING)[-1]
    assert "d p[2]/dt = -p[1]" in wrong.expected and wrong.counterexample is not None
    shown = dict(wrong.counterexample.setting)
    assert "f" not in shown and "w[1] - x[1]" in shown["dx/dt"]


def test_a_forgotten_term_in_blocks_is_undone_without_a_clock() -> None:
    text = r"$\dot x = f(x, u), \dot y = g(x, y), x(0) = x_0, y(0) = y_0$ $$J = \Phi(y(T))$$ $$H = \lambda^T f + \mu^T g$$ $$\dot\lambda = -f_x^T \lambda$$"
    assert findings(text)[-1].status == "refuted"


def test_no_repair_says_that_a_letter_is_itself() -> None:
    fields = SPRING[0].rpartition("$$")[0].rpartition("$$")[0]
    wrong = findings(rf"{fields} $$p_1(T) = p_2(0)$$", SPRING[1])[-1]
    assert wrong.status == "refuted" and wrong.expected != "p[1](t1) = p[1](t1)"


def test_what_no_small_change_mends_has_no_repair() -> None:
    (found,) = outcomes(rf"{BOLZA}; \dot p = 3 p p^T x^T", ROW)
    assert isinstance(found, Contradiction) and repaired(found) == ""


FAR = r"$$p(T) x(T) = 7$$"
NEAR = r"$$\dot p = p f_x - L_x$$"
ASKEW = r"$$\aleph(\beth) = p^2$$"


@pytest.mark.parametrize(("lines", "status"), [((FAR,), "refuted"), ((NEAR,), "refuted"), ((ASKEW, FAR), "unknown"), ((ASKEW, NEAR), "refuted")])
def test_a_line_far_from_a_right_one_is_refuted_only_where_all_before_is_understood(lines: tuple[str, ...], status: str) -> None:
    given = [f"$${statement}$$" for statement in BOLZA.split("; ")]
    assert statuses("\n".join([*given, *lines]), ROW.replace("; ", "\n"))[-1] == status


STRANGE = [r"p(0) = \cos(x(1)) e^{\theta}", r"x(1) = \sin(\theta + p(1)^2)", r"p(0) = \sin(x(1))^2 e^{2\theta}"]


def test_notes_that_are_contradicted_line_by_line_are_misread() -> None:
    posed = r"$$ \dot x = \theta x, \quad x(0) = x_0, \quad J = \frac12 x(1)^2 $$ $$ p(t) = \frac{dJ}{dx(t)} $$"
    right, strange = r"$$ \dot p = -\theta p $$ $$ p(1) = x(1) $$", [f"$$ {line} $$" for line in STRANGE]
    assert statuses(f"{posed} {strange[0]}")[-1] == "refuted"
    assert statuses(f"{posed} {' '.join(strange)}")[-3:] == ["unknown"] * 3
    assert statuses(f"{posed} {right} {' '.join(strange[:2])}")[-4:] == ["proved", "proved", "refuted", "refuted"]
