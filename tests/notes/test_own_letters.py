"""Letters that laws bring in without a word: shapes from where they stand, values for each layer, costs at the first state."""

from __future__ import annotations

import pytest
from test_verify import verdicts
from understood import last_two, statuses

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.letters.own_letters import own_letters
from adjointcheck.notes.reading import signs, tree
from adjointcheck.notes.reading.latex import read_formula
from adjointcheck.notes.worlds import jet

LAYERED = "state: x in R^n\ncontrol: u in R^k\nlayer: k = 0 ... N"
SHAPES = [
    (r"M_k x_k", {"M": ("n", "n")}),
    (r"A x_k + B u_k + c", {"A": ("n", "n"), "B": ("n", "k"), "c": ("n", "1")}),
    (r"a x_k + b_k", {"a": ("1", "1"), "b": ("n", "1")}),
    (r"\alpha x_k + A^T x_k", {"alpha": ("1", "1"), "A": ("n", "n")}),
]


def right_side(text: str, context: Context) -> tree.Node:
    chain = read_formula(text, context.reader())
    assert isinstance(chain, tree.Chain)
    return chain.sides[1]


@pytest.mark.parametrize(("text", "shapes"), SHAPES)
def test_shapes_follow_from_where_letters_stand(text: str, shapes: dict[str, tuple[str, str]]) -> None:
    context = read_header(LAYERED.splitlines())
    found = own_letters(("n", "1"), right_side(f"x_{{k+1}} = {text}", context), context).letters
    assert {name: found[name].shape for name in shapes} == shapes


def test_a_misfit_in_the_cost_declares_nothing() -> None:
    context = read_header(LAYERED.splitlines())
    assert own_letters(("1", "1"), right_side(r"y = x_k x_k", context), context).letters == context.letters


HEADER = "state: x\nobjective: J\ncostate: p = dJ/dx (row)\nlayer: k = 0 ... N\nassume: symmetric R, symmetric B"
FIT = r"""x_{k+1} = M_k x_k
J = \frac12 (x_0 - b)^T B^{-1} (x_0 - b) + \frac12\sum_{k=0}^{N} (C_k x_k - y_k)^T R_k^{-1} (C_k x_k - y_k)"""
RIGHT_AND_WRONG = [
    (r"p_k = p_{k+1} M_k + (C_k x_k - y_k)^T R_k^{-1} C_k", r"p_k = p_{k+1} M_{k+1} + (C_k x_k - y_k)^T R_k^{-1} C_k"),
    (r"p_N = (C_N x_N - y_N)^T R_N^{-1} C_N", r"p_N = 0"),
    (r"\frac{dJ}{dx_0} = (x_0 - b)^T B^{-1} + p_1 M_0 + (C_0 x_0 - y_0)^T R_0^{-1} C_0", r"\frac{dJ}{dx_0} = p_1 M_0 + (C_0 x_0 - y_0)^T R_0^{-1} C_0"),
]


@pytest.mark.parametrize(("right", "wrong"), RIGHT_AND_WRONG)
def test_right_lines_are_proved_and_slips_refuted(right: str, wrong: str) -> None:
    assert verdicts(HEADER, FIT, right, wrong) == ["proved", "refuted"]


def test_the_costate_of_a_first_state_that_is_paid_for_is_left_open() -> None:
    assert verdicts(HEADER, FIT, r"p_0 = p_1 M_0 + (C_0 x_0 - y_0)^T R_0^{-1} C_0") == ["unknown"]


def test_what_acts_entry_by_entry_has_numbers() -> None:
    assert set(jet.ELEMENTARY) == signs.ENTRYWISE


@pytest.mark.parametrize(("cost", "slope"), [("V_N", r"\nabla V_N(x_N)"), (r"\ell_N", r"\frac{\partial \ell_N(x_N)}{\partial x_N}"), ("g_N", "g_N'(x_N)")])
def test_an_end_cost_with_the_last_layer_below_is_no_letter_of_layers(cost: str, slope: str) -> None:
    given = "J = COST(x_N) + \\sum_{k=0}^{N-1} r(x_k, u_k)\nx_{k+1} = f(x_k, u_k)\nH_k = r(x_k, u_k) + \\lambda_{k+1}^\\top f(x_k, u_k)"
    assert last_two("", given.replace("COST", cost), rf"\lambda_N = {slope}", rf"\lambda_N = -{slope}") == ["proved", "refuted"]


@pytest.mark.parametrize("told", ["", r"Let $A, N \in \mathbb{R}^{n\times n}$. "])
def test_a_control_that_multiplies_a_matrix_is_a_number(told: str) -> None:
    posed = (told + r"$\dot y = (A + u(t) N) y + b u$, $y(0) = y_0$, $J(u) = \frac12|y(T) - y_d|^2 + \frac\gamma2\int_0^T u(t)^2\,dt$, "
             r"$\dot p = -(A + u N)^\top p$, $p(T) = y(T) - y_d$, ")
    lines = r"$\nabla J(u) = \gamma u + p^\top (N y + b)$, $\nabla J(u) = \gamma u + p^\top N y$"
    assert statuses(posed + lines)[-2:] == ["proved", "refuted"]

SIZED = (r"$x(t) \in \mathbb{R}^n$, $u(t) \in \mathbb{R}^m$. $$\dot x = A x + B u,\quad x(0)=x_0$$ with $B\in\mathbb{R}^{n\times m}$ minimises "
         r"$$J = \frac12\int_0^T (x^T Q x + u^T R u)\,dt$$ where $Q$ and $R$ are symmetric. $$\dot p = -A^T p - Q x,\quad p(T) = 0$$ ")


def test_a_control_is_as_long_as_the_notes_say() -> None:
    right = r"$$\nabla J(u) = R u + B^T p$$"
    assert statuses(SIZED + right + right.replace("+", "-"))[-2:] == ["proved", "refuted"]


def test_a_costate_may_be_told_by_its_space_alone() -> None:
    posed = (r"Let $y\in\mathbb{R}^{N}$ follow $\dot y = f(y,p)$, $y(0)=y_0$, with $p\in\mathbb{R}^{M}$ and $$G = \int_0^T g(y,p)\,dt.$$ "
             r"The adjoint $\lambda\in\mathbb{R}^{N}$ solves ")
    right = r"$$\dot\lambda = -f_y^T\lambda - g_y^T,\quad \lambda(T)=0$$"
    assert statuses(posed + right + right.replace("- g", "+ g"))[-4:] == ["proved", "proved", "refuted", "proved"]
