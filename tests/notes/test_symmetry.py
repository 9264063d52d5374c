"""Which matrices the prose calls symmetric, and that this is used."""

from __future__ import annotations

import pytest
from understood import statuses

from adjointcheck.notes.letters.symmetry import SOME, symmetric


@pytest.mark.parametrize(("text", "letters"), [
    ("a symmetric positive definite mass matrix $M$ and a symmetric stiffness matrix $K$.", ("M", "K")), ("where $M$ and $K$ are symmetric", ("M", "K")),
    ("With $M$, $C$ symmetric the", ("M", "C")), ("symmetric and positive definite weights $Q$, $R$ and $S$", ("Q", "R", "S")),
    ("die symmetrischen Matrizen $Q$ und $R$", ("Q", "R")), (r"una matriz simétrica \(Q\)", ("Q",)), ("$Q$ symmetric and $A$ general", ("Q",)),
    ("a symmetric matrix $M$ and a matrix $K$", ("M",)), ("$K$ is not symmetric", ()), ("skew-symmetric $G$", ()), ("nonsymmetric $A$", ()),
    ("The matrix is symmetric. Let $K$ be", ()), ("symmetric with respect to $x$", ()), ("the symmetric part of $A$", ()), ("Hessians are symmetric, $K$", ()),
])
def test_letters_of_symmetric_matrices(text: str, letters: tuple[str, ...]) -> None:
    assert tuple(letter for letter in symmetric(text) if letter != SOME) == letters


def test_a_symmetric_matrix_needs_no_transposition_and_another_does() -> None:
    notes = r"""Let $K$ be WORD. $\dot y = -K y + B u$ $$J(u) = \tfrac12 \int_0^T (|y - y_d|^2 + |u|^2)\,dt$$ $$\lambda(t) = \frac{dJ}{dy(t)}$$
    $$\dot\lambda = K\lambda - (y - y_d)$$"""
    told = {"the stiffness matrix": "refuted", "the (symmetric) stiffness matrix": "unknown", "symmetric": "proved"}
    assert [statuses(notes.replace("WORD", words))[-1] for words in told] == [*told.values()]


@pytest.mark.parametrize(("riccati", "status"), [(r"-\dot P = A^T P + P A - P B R^{-1} B^T P + Q", "proved"), (r"-\dot P = A^T P + P A + P B R^{-1} B^T P + Q", "refuted")])
def test_a_weight_may_be_said_to_be_symmetric_and_positive_at_once(riccati: str, status: str) -> None:
    posed = (r"$\dot x = A x + B u$, $x(0) = x_0$, $J = \frac12 x(T)^T F x(T) + \frac12 \int_0^T (x^T Q x + u^T R u) dt$ "
             r"where $Q = Q^T \succeq 0$, $F = F^T \succeq 0$ and $R = R^T \succ 0$. $\dot p = -Q x - A^T p$, $u = -R^{-1} B^T p$. Try $p(t) = P(t) x(t)$. ")
    header = "objective: J, minimised\nstate: x\ncontrol: u\ncostate: p = dJ/dx (column)"
    assert statuses(rf"{posed}$${riccati}$$", header)[-1] == status
