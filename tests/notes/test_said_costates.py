"""Costates that notes explain in words: the sentence tells letter, sign and layout; one about minus the gradient, or a Hamiltonian, does not."""

from __future__ import annotations

import pytest
from understood import statuses

from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.systems.meanings import said_costate

SAID = (
    r"The column $\lambda(t)$ is the gradient of $C(x(T))$ with respect to $x(t)$.", r"$\lambda(t) \in \mathbb{R}^n$: the derivative of the loss with respect to the state.",
    r"Soit $\lambda(t)$ le gradient de la partie restante par rapport à $x(t)$.", r"Es sei $\lambda(t)$ der Gradient der Kosten nach $x(t)$.",
    r"Пусть $\lambda(t)$ обозначает градиент функционала по $x(t)$.", r"$\lambda_k$ is the gradient of $J$ in $x_k$.",
)
UNSAID = (
    r"$\lambda(t)$ is minus the gradient of $J$ with respect to $x(t)$.", r"$\lambda(t)$ multiplies the gradient of the Hamiltonian with respect to $x(t)$.",
    r"$\lambda(t)$ is not the gradient of $J$ with respect to $x(t)$.", r"$\lambda(t)$ is the gradient of $J$ with respect to $u(t)$.",
    r"$\lambda(t)$ is the gradient of $J$. The state is $x(t)$.", "",
)


@pytest.mark.parametrize("text", [*SAID, *UNSAID])
def test_words_tell_a_declared_costate(text: str) -> None:
    context = said_costate(text, read_header(["state: x", r"costate: \lambda"]))
    assert context.letters["lambda"].told == ("its words" if text in SAID else "")


def test_words_introduce_a_costate_where_no_other_letter_may_be_one() -> None:
    found = said_costate(SAID[0], read_header(["state: x"])).letters["lambda"]
    assert (found.symbol, found.sign, found.layout) == ("p", 1, "column")
    assert not said_costate(SAID[0] + r" And $\mu(t)$ is the gradient of $J$ in $x(t)$.", read_header(["state: x"])).of("p")


@pytest.mark.parametrize("words", [
    r"On note $p$ le vecteur adjoint (colonne), opposé du gradient du coût par rapport à l'état.",
    r"Hier ist $p$ das Entgegengesetzte des Gradienten der Kosten nach dem Zustand: mit umgekehrtem Vorzeichen.",
    r"Here $p$ is the gradient of the cost with respect to the state.",  # against the formula, which decides
])
def test_the_opposite_of_a_gradient_is_not_the_gradient(words: str) -> None:
    posed = words + (r" $$\min_u J(u) = \varphi(x(T)) + \int_0^T f^0(x, u)\,dt, \qquad \dot x = f(x, u), \quad x(0) = x_0$$ "
                     r"$$H(x, p, u) = \langle p, f(x, u) \rangle - f^0(x, u)$$ ")
    found = statuses(posed + r"$$p(T) = -\nabla\varphi(x(T))$$ $$p(T) = \nabla\varphi(x(T))$$")
    assert found[-2:] == ["proved", "refuted"]


def test_letters_of_two_slopes_are_two_costates() -> None:
    posed = (r"$$S' = -\beta S I, \qquad I' = \beta S I - \gamma I$$ $$J = \int_0^T I(t)\,dt$$ The adjoint variables are $p = \partial J/\partial S(t)$ and "
             r"$r = \partial J/\partial I(t)$. ")
    found = statuses(posed + r"$$p' = \beta I (p - r)$$ $$p' = -\beta I (p - r)$$", "objective: J\nstate: (S, I)")
    assert found[-2:] == ["proved", "refuted"]


BILINEAR = (r"The control is a scalar function $q(t)$. $\dot y = (A + q(t) N) y$, $y(0) = y_0$, $J(q) = \frac12|y(T) - y_d|^2 + \frac\gamma2\int_0^T q(t)^2\,dt$. ")


def test_words_call_a_letter_the_control_or_the_adjoint_state() -> None:
    told = r"Let the adjoint state $\eta$ solve $\dot\eta = -(A + q N)^\top\eta$, $\eta(T) = y(T) - y_d$. "
    lines = r"$\nabla J(q) = \gamma q + \eta^\top N y$, $\nabla J(q) = \gamma q - \eta^\top N y$"
    assert statuses(BILINEAR + told + lines)[-3:] == ["proved", "proved", "refuted"]
    other = told.replace("the adjoint state $\\eta$", "the step size $\\eta$")
    assert "refuted" not in statuses(BILINEAR + other)[-2:]


SHOWN = r"$\dot y = g(y, v), y(0) = y_0$ $J = \ell(y(S)) + \int_0^S r(y, v)\,dt$ {} $$\lambda(S) = -\nabla\ell(y(S))$$ $$\dot\lambda = -g_y^T \lambda - \nabla_y r$$"


@pytest.mark.parametrize(("shown", "found"), [
    (r"$$H = \lambda^T g - \zeta^T e(y) + r$$", ["refuted", "proved"]), (r"$$H = \lambda^T g - \zeta^T e(y)$$", ["unknown", "unknown"]),
    (r"$$\lambda(t) = \nabla \mathcal{W}(t, y(t))$$", ["unknown", "unknown"]),
    (r"$$\lambda(t) = \frac{\partial \mathcal{W}_\diamond}{\partial y}$$", ["unknown", "unknown"]),
])
def test_a_line_tells_no_sign_where_what_tells_it_is_not_understood(shown: str, found: list[str]) -> None:
    assert statuses(SHOWN.replace("{}", shown).replace("S", "T"), "state: y\ncontrol: v")[-2:] == found
