"""What notes say of their notation in words: primes, nabla of vectors, symmetric matrices."""

from __future__ import annotations

import pytest
from understood import statuses

from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.letters.notation import nabla, prime, spoken, symmetric, to_go


@pytest.mark.parametrize(("text", "meaning"), [
    ("We use a prime for transposition.", "transposed"), ("$A'$ denotes the transpose of $A$", "transposed"),
    ("The transpose of $A$ is written $A'$.", "transposed"), ("Der Strich bezeichnet die Transponierte.", "transposed"),
    ("Primes denote derivatives with respect to time", "rate"), ("A prime does not denote transposition", ""),
    ("$x' = f$ moves, and $A^T$ is the transpose of $A$", ""), ("Its derivative is easy", ""),
])
def test_what_a_prime_is(text: str, meaning: str) -> None:
    assert prime(text) == meaning


@pytest.mark.parametrize(("text", "layout"), [
    (r"so $\nabla f$ is the transpose of the Jacobian", "transposed"), (r"$\nabla f$ has the gradients as its columns", "transposed"),
    (r"here $\nabla f$ is the Jacobian of $f$", "components"), (r"$\nabla f$ is the Jacobian and $\nabla C$ the gradient, a column", "components"), (r"$\nabla f$ is not the Jacobian", ""), (r"the Jacobian $f_x$", ""),
])
def test_what_nabla_of_a_vector_is(text: str, layout: str) -> None:
    assert nabla(text) == layout


@pytest.mark.parametrize(("text", "letters"), [
    ("The mass matrix $M$ and the stiffness matrix $K$ are symmetric, $M$ is definite, $B$ is $n \\times m$", {"M", "K"}),
    ("with $Q_k$ symmetric positive semidefinite and $R_k$ symmetric positive definite", {"Q", "R"}),
    ("symmetric matrices $Q$, $R$ and $S$, and a vector $b$", {"Q", "R", "S"}), ("Let $Q, R \\succ 0$ be symmetric", {"Q", "R"}),
    ("where $A$ is invertible and $Q$ symmetric", {"Q"}), ("$A$ with symmetric $Q$", {"Q"}), ("$A$ is not symmetric", set()),
    ("skew-symmetric $G$", set()), ("an antisymmetric matrix $G$", set()), ("the symmetric part of $A$", set()),
    ("If $A$ is symmetric, all is easy", set()), ("symmetric and positive definite $R$, any $B$", {"R"}), ("$H_{xx}$ is symmetric", set()),
    ("die symmetrischen Matrizen $Q$ und $R$ sowie $A$", {"Q", "R"}), ("$Q$ e $R$ sono simmetriche", {"Q", "R"}),
    ("matrices symétriques $Q$ et $R$", {"Q", "R"}), ("Hier sind $Q$ und $R$ symmetrisch, $A$ beliebig", {"Q", "R"}),
])
def test_which_matrices_are_symmetric(text: str, letters: set[str]) -> None:
    assert set(symmetric(text)) == letters


@pytest.mark.parametrize(("text", "letter"), [
    ("I integrate with $\\tau$, the time to go, instead of $t$", "tau"), ("in reversed time $s$", "s"), ("mit der Restzeit $\\tau$", "tau"),
    ("le temps restant $\\tau$", "tau"), ("the time $\\tau$ to go there", ""), ("$\\tau$ is not the time to go", ""), ("the time to go at time $t$", ""),
])
def test_which_letter_runs_back_from_the_end(text: str, letter: str) -> None:
    assert to_go(text) == letter


def test_words_between_displays_of_a_whole_document_are_heard() -> None:
    text = "\\begin{document}\nwith symmetric $Q$\n\\begin{equation}\nA = $B$ symmetric\n\\end{equation}\n\\end{document}"
    assert spoken(text, read_header([])).hypotheses == ("symmetric Q",)


def test_the_header_counts_and_two_words_that_differ_say_nothing() -> None:
    header = read_header(["prime: rate"])
    assert spoken("A prime means transposition.", header).option("prime") == "rate"
    assert spoken("A prime means transposition. Primes are derivatives in time.", read_header([])).option("prime") == ""


GENERAL = r"""$$x_{k+1} = f_k(x_k, u_k), \qquad k = 0, \ldots, N-1$$ with the cost $$J = g_N(x_N) + \sum_{k=0}^{N-1} g_k(x_k, u_k)$$
and $\lambda_k = \nabla_{x_k} J$. The matrix $\nabla f$ is the transposed Jacobian.
$$\lambda_k = \nabla_{x_k} f_k\, \lambda_{k+1} + \nabla_{x_k} g_k$$ $$\delta x_{k+1} = \nabla_{x_k} f_k\, \delta x_k$$
"""
EXAMPLE = GENERAL + r"""Let $$x_{k+1} = A_k x_k + B_k u_k$$
$$J = \tfrac12 x_N' Q_N x_N + \tfrac12 \sum_{k=0}^{N-1} ( x_k' Q_k x_k + u_k' R_k u_k )$$ with symmetric $Q_k$ and $R_k$.
$$\lambda_k = A_k' \lambda_{k+1} + Q_k x_k$$ $$\lambda_k = A_{k+1}' \lambda_{k+1} + Q_k x_k$$ $$u_k^* = -R_k^{-1} B_k' \lambda_{k+1}$$
$$u_k^* = -R_k^{-1} B_k' \lambda_k$$ We guess $\lambda_k = P_k x_k$. $$P_N = Q_N$$
$$P_k = Q_k + A_k' P_{k+1} A_k - A_k' P_{k+1} B_k (R_k + B_k' P_{k+1} B_k)^{-1} B_k' P_{k+1} A_k$$
$$P_k = Q_k + A_k' P_{k+1} A_k - A_k' P_k B_k (R_k + B_k' P_{k+1} B_k)^{-1} B_k' P_{k+1} A_k$$"""


@pytest.mark.campaign
def test_an_example_of_layers_with_matrices_of_every_layer_after_any_map() -> None:
    assert statuses(EXAMPLE)[3:] == ["proved", "refuted", "assumption", "assumption", "proved", "refuted", "proved", "refuted", "definition",
                                     "proved", "proved", "refuted"]


@pytest.mark.parametrize(("told", "found"), [
    (r"(f_x)_{ij} = \partial f_i/\partial x_j", ["proved", "refuted"]), (r"(f_x)_{ij} = \frac{\partial f_j}{\partial x_i}", ["refuted", "proved"])])
def test_a_jacobian_is_told_by_its_entries(told: str, found: list[str]) -> None:
    given = rf"${told}$ and $\dot x = f(x, u), x(0) = x_0$ $$J = \phi(x(T))$$ $$\lambda(T) = \phi_x(x(T))^T,\quad \dot\lambda = -f_x^T\lambda,\quad \dot\lambda = -f_x\lambda$$"
    assert statuses(given)[0] == "definition" and statuses(given)[-2:] == found
