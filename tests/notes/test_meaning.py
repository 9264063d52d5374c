"""Meaning: every notation comes out in the convention's letters, and definitions, assumptions and claims are told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from understood import contradicted, read

from adjointcheck.notes.introduction import understand
from adjointcheck.notes.letters.meaning import symbols
from adjointcheck.notes.reading.latex import read_formula
from adjointcheck.notes.reading.tree import Chain

FLOW = r"\dot x = f(x, u, t); J = \Phi(x(T)) + \int_0^T L(x, u, t)\,dt"
LAYERS = r"x_{l+1} = x_l + h f(x_l, w_l); J = \Phi(x_N) + \sum_{l=0}^{N-1} h L(x_l, w_l)"


@pytest.mark.parametrize(("header", "text", "reading"), [
    ("costate: a", r"a(T)", "p(t1)"), ("costate: lambda = -dJ/dx (column)", r"\lambda(T)", "-p(t1)'"), ("costate: lambda (column)", r"\lambda^\top f_x", "p (d_ f/d_x)"),
    ("costate: lambda (column)", r"\lambda^\top(0)", "p(t0)"), ("costate: p", r"\dot p(T)", "[d p/dt]_t1"), ("costate: p", r"\left.\frac{\partial L}{\partial x}\right|_{t=T}", "[d_ L/d_x]_t1"),
    ("costate: p", r"L_u + p f_u", "d_ L/d_w + p (d_ f/d_w)"), ("costate: p", r"f_x(x(t), u(t), t)", "d_ f(x(t), w(t), t)/d_x"), ("costate: p", r"\frac{dJ}{dx(t)}", "d J/dx(t)"),
    ("costate: p", r"\delta x(T)", "delta x(t1)"), ("costate: p; star: adjoint", r"f_x^*", "(d_ f/d_x)'"), ("costate: p; star: optimal", r"u^*", "w"), ("costate: p", r"\ddot x", "d^2 x/dt dt"),
    ("costate: p", r"\int_T^0 p f_u\, dt", "int_t1^t0 p (d_ f/d_w) dt"), ("costate: p", r"\nabla_x L", "d_ L/d_x"), ("costate: p", r"q", "?q?"),
])
def test_notation_becomes_the_conventions_letters(header: str, text: str, reading: str) -> None:
    assert read(f"{FLOW}; {text} = 0", header)[0].reading.removesuffix(" = 0") == reading


@pytest.mark.parametrize(("text", "reading"), [
    (r"p_{l+1}", "p(l + 1)"), (r"p_k", "p(l)"), (r"p_N", "p(N)"), (r"x_0", "x(0)"), (r"f(x_{l+1}, w_l)", "f(x(l + 1), w(l))"), (r"\frac{\partial x_{l+1}}{\partial x_l}", "d x(l + 1)/dx(l)"),
    (r"\frac{\partial J}{\partial w_l}", "d J/dw(l)"), (r"f_x(x_l, w_l)", "d_ f(x(l), w(l))/d_x"),
])
def test_indices_are_layers(text: str, reading: str) -> None:
    assert read(f"{LAYERS}; {text} = 0", "costate: p")[0].reading.removesuffix(" = 0") == reading


@pytest.mark.parametrize(("text", "status", "form"), [
    (r"\dot x = f(x, u, t)", "assumption", ""), (FLOW, "assumption", ""), (f"{FLOW}; x(0) = x_0", "assumption", ""), (rf"{FLOW}; H = L + \lambda^T f", "definition", ""),
    (rf"{FLOW}; \lambda(t) = \frac{{\partial J}}{{\partial x(t)}}", "definition", ""), (rf"{FLOW}; \delta x(0) = 0", "assumption", ""), (LAYERS, "assumption", ""),
    (rf"{FLOW}; \dot\lambda = -H_x", "claim", "pointwise"), (rf"{FLOW}; \lambda(T) = \Phi_x", "claim", "boundary"), (rf"{FLOW}; H_u = 0", "claim", "optimality"),
    (rf"{FLOW}; \frac{{dJ}}{{dx_0}} = \int_0^T L_x dt", "claim", "functional"), (rf"{FLOW}; \delta \dot x = f_x \delta x", "claim", "variation"),
    (rf"{LAYERS}; p_l = p_{{l+1}} f_x(x_l, w_l)", "claim", "recurrence"), (r"\dot x = f(x); x(t+\epsilon) = x(t) + O(\epsilon)", "claim", "expansion"),
    (r"\dot x = f(x); u^* = \arg\min_u H", "claim", "optimality"), (rf"{FLOW}; u^* = \arg\min_u H", "assumption", ""),
    (r"\dot x = f(x); \frac{d}{dt}\log p(x(t)) = -\operatorname{tr}(f_x)", "claim", "density"),
])
def test_definitions_assumptions_and_claims_are_told_apart(text: str, status: str, form: str) -> None:
    found = read(text)[0]
    assert (found.status, found.form) == (status, form)


def test_a_letter_that_nothing_explains_is_never_guessed() -> None:
    found = read(rf"{FLOW}; \dot\lambda = -\mu_3 - \lambda f_x")[0]
    assert "mu_3 is not declared" in found.problems[0]


def test_a_condition_that_is_not_understood_keeps_a_claim_open() -> None:
    context = read(FLOW)[1]
    chain, condition = (read_formula(text, context.reader()) for text in (r"\dot\lambda = -f_x^T \lambda", "L = 0"))
    assert isinstance(chain, Chain) and isinstance(condition, Chain)
    assert any("condition L = 0" in problem for problem in understand(replace(chain, conditions=(condition,)), context)[0].problems)


def test_an_equation_at_a_place_is_taken_there() -> None:
    assert "]_t1" in read(rf"{FLOW}; \lambda = \Phi_x \text{{ at }} t = T")[0].reading


def test_own_letters_are_not_mixed_up_with_roles() -> None:
    resolved, context = read(r"\dot x = A x + B u; M = A A", "state: x in R^n; A: n x n; B: n x k; control: u in R^k")
    assert context.letters["M"].symbol == "M_" and "M" not in symbols(resolved.chain)


@pytest.mark.parametrize(("declared", "wrong"), [("row", r"\dot p = -L_x - f_x p"), ("column", r"\dot p = -L_x^T - p f_x"), ("column", r"\dot p = -L_x^T - f_x^T p^T")])
def test_a_declared_layout_makes_a_missing_transpose_wrong(declared: str, wrong: str) -> None:
    assert contradicted(f"{FLOW}; {wrong}", f"costate: p ({declared}); gradients: rows")
