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
