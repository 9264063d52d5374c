"""Index notation: which terms are products of matrices, which letters are summed without a sign, and what no matrix says."""

from __future__ import annotations

import pytest
from understood import agrees, contradicted, last_two, read

from adjointcheck.errors import StepRejected
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.proofs.claims import claim_of
from adjointcheck.notes.proofs.settings import setting
from adjointcheck.notes.reading.tree import Chain

HEADER = r"state: x in R^n; control: u in R^k; parameters: \theta in R^m; costate: p = dJ/dx; field: f; running cost: L; terminal cost: \Psi; time: t in [0, T]"


def slots(text: str) -> dict[str, str]:
    resolved, context = read(text, HEADER)
    assert isinstance(resolved.chain, Chain)
    return dict(claim_of(resolved.chain, setting("continuous", (), (("n", "n"), ("k", "k"), ("m", "m"))), context).slots)


@pytest.mark.parametrize(("text", "left", "right"), [
    (r"\dot x_i = \sum_{j=1}^n \frac{\partial f_i}{\partial x_j} x_j", "x.dot", "f_x*x"),
    (r"\dot x_i = \sum_j \frac{\partial f_j}{\partial x_i} x_j", "x.dot", "transpose(f_x)*x"),
    (r"L = \sum_{i=1}^n p_i f_i", "L", "transpose(transpose(p))*f"),
    (r"L = \sum_i \frac{\partial f_i}{\partial x_i}", "L", "trace(f_x)"),
    (r"L = \sum_i x_i^2", "L", "transpose(x)*x"),
    (r"L = \sum_{i=1}^n \sum_{a=1}^k p_i \frac{\partial f_i}{\partial u_a} u_a", "L", "transpose(transpose(p))*(f_w*w)"),
])
def test_a_term_is_a_product_of_matrices(text: str, left: str, right: str) -> None:
    assert (slots(text)["left"], slots(text)["right"]) == (left, right)


@pytest.mark.parametrize("text", [
    r"\dot x_j = x_j f_j", r"\dot x_j = f_k", r"\dot x_j = f_j + L", r"L = \sum_{j=1}^m p_j f_j", r"L = \sum_i p_i f_i x_i", r"\dot x_j = \sum_{i=2}^n f_j x_i p_i",
])
def test_what_is_no_product_of_matrices_is_unclear(text: str) -> None:
    with pytest.raises(StepRejected):
        slots(text)


def test_letters_that_stand_twice_are_summed_unless_they_stand_alone_elsewhere() -> None:
    def told(text: str) -> str:
        return show(read(text, HEADER)[0].chain.sides[1])

    assert told(r"\dot p_j = -\frac{\partial L}{\partial x_j} - p_i \frac{\partial f_i}{\partial x_j}").count("sum_i") == 1
    assert "sum" not in told(r"\dot p_j = -p_j \frac{\partial f_j}{\partial x_j}")


@pytest.mark.parametrize(("text", "holds"), [
    (r"\frac{\partial J}{\partial \theta_k} = \int_0^T \frac{\partial L}{\partial \theta_k} + p_k \frac{\partial f_k}{\partial \theta_k}\,dt + \frac{\partial \Psi}{\partial \theta_k}", False),
    (r"\dot p_j = -\frac{\partial L}{\partial x_j} - \sum_{l=1}^n p_l \frac{\partial f_l}{\partial x_j}", True),
    (r"\dot p_j = -\frac{\partial L}{\partial x_j} - \sum_{l=1}^n p_l \frac{\partial f_j}{\partial x_l}", False),
])
def test_worlds_look_at_every_component(text: str, holds: bool) -> None:
    laws = r"\dot x_i = f_i(x_1, \dots, x_n, u, \theta, t); J = \Psi(x(T), \theta) + \int_0^T L(x, u, \theta, t)\,dt; "
    assert agrees(laws + text, HEADER) if holds else contradicted(laws + text, HEADER)


ENTRIES = r"""\dot x_i = f_i(x, \theta)
J = \phi(x(T))
\lambda_i = \frac{\partial J}{\partial x_i}"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\dot\lambda_i = -\sum_{j=1}^n \lambda_j \frac{\partial f_j}{\partial x_i}", r"\dot\lambda_i = -\sum_{j=1}^n \frac{\partial f_i}{\partial x_j} \lambda_j"),
    (r"\lambda_i(T) = \frac{\partial\phi}{\partial x_i}(x(T))", r"\lambda_i(T) = -\frac{\partial\phi}{\partial x_i}(x(T))"),
    (r"\frac{\partial J}{\partial\theta_m} = \int_0^T \sum_{j=1}^n \lambda_j \frac{\partial f_j}{\partial\theta_m}\,dt",
     r"\frac{\partial J}{\partial\theta_m} = -\int_0^T \sum_{j=1}^n \lambda_j \frac{\partial f_j}{\partial\theta_m}\,dt"),
])
def test_a_costate_told_entry_by_entry_is_one_costate(right: str, wrong: str) -> None:
    assert last_two("parameters: \\theta in R^m", ENTRIES, right, wrong) == ["proved", "refuted"]
