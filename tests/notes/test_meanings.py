"""Costates of which notes say in words that they are gradients of the cost; matrices that an equation mirrors; layers by their last letter."""

from __future__ import annotations

import pytest
from understood import statuses, understood

from adjointcheck.notes.foreword import begun
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.reading.document import read_text

NET = r"$$x_{k+1} = f_k(x_k, w_k), \qquad k = 0, \dots, N-1$$ $$E = \Phi(x_N)$$ "
FLOW = r"$$\dot x(t) = f(x(t), \theta), \qquad x(0) = x_0$$ $$E = \Phi(x(T))$$ "


def layout_told(notes: str, letter: str) -> str | None:
    """What is told of a costate before the first formula is judged; None where the letter is none."""
    known = begun(read_text(notes, "notes.md")).letters.get(letter)
    return known.layout or "open" if known is not None and known.symbol == "p" and known.told else None


@pytest.mark.parametrize(("notes", "words", "layout"), [
    (NET, r"Let $g_k$ be the gradient of $E$ with respect to $x_k$, a column vector. Then", "column"),
    (NET, r"With $g_k$ the row vector of derivatives of $E(x_N)$ in $x_k$ we find", "row"),
    (NET, r"We denote the gradient of $E$ with respect to $x_k$ by $g_k$. It obeys", "open"),
    (NET, r"Mit $g_k$ bezeichnen wir die Ableitung von $E$ nach $x_k$ (eine Spalte). Dann gilt", "column"),
    (NET, r"Soit $g_k$ le gradient de $E$ par rapport à $x_k$. Alors", "open"),
    (NET, r"记 $g_k$ 为 $E$ 对 $x_k$ 的梯度。于是", "open"),
    (FLOW, r"The column $g(t)$, the gradient of $E$ in $x(t)$, follows", "column"),
    (NET, r"Let $g_k$ be minus the gradient of $E$ with respect to $x_k$. Then", None),
    (NET, r"Here $g_k$ is not the gradient of $E$ with respect to $x_k$.", None),
    (NET, r"Let $g_k$ be the gradient of $E$ with respect to $w_k$. Then", None),
])
def test_words_tell_a_costate(notes: str, words: str, layout: str | None) -> None:
    there = r"(t)" if notes is FLOW else "_k"
    assert layout_told(f"{notes} {words} $$g{there} = g{there}$$", "g") == layout


def test_a_recursion_of_such_a_costate_is_judged() -> None:
    text = NET + r"Let $g_k$ be the gradient of $E$ in $x_k$, a column. With $$J_k = \frac{\partial x_{k+1}}{\partial x_k}$$ "
    assert statuses(text + r"$$g_k = J_k^T g_{k+1}$$ $$g_k = J_{k+1}^T g_{k+1}$$")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("lines", "reading"), [
    ((r"x_{l+1} = x_l + h f(x_l, w_l), \quad l = 0, \dots, L-1", r"E = \Phi(x_L)"), "J = Psi(x(N))"),
    ((r"x_l = W_l x_{l-1}, \quad 1 \le l \le D", r"E = \tfrac12 |x_D|^2"), "J = (1/2) abs(x(N))^2"),
    ((r"x_{k+1} = F(x_k, \theta)", r"E = \Phi(x_M)"), "J = Psi(x(N))"),
])
def test_the_last_layer_has_any_letter(lines: tuple[str, ...], reading: str) -> None:
    assert understood(*lines)[0] == reading


@pytest.mark.parametrize(("equation", "reading"), [
    (r"A^T = -A", "d p/dt = (-A) p"), (r"-A^T = A", "d p/dt = (-A) p"), (r"A^T = A", "d p/dt = A' p"), (r"A = A_0", "d p/dt = A' p")])
def test_a_skew_matrix_is_minus_its_transpose(equation: str, reading: str) -> None:
    assert understood(r"\dot x = A x", equation, r"J = \Phi(x(T))", r"p(t) = dJ/dx(t)", r"\dot p = A^T p")[0] == reading


BACK = (r"z_i = y_{n-1} + h_n \sum_{j=1}^{i-1} a_{i,j} f(t_{n,j}, z_j)", r"y_n = y_{n-1} + h_n \sum_{i=1}^{s} b_i f(t_{n,i}, z_i)")


@pytest.mark.parametrize(("line", "reading"), [
    (BACK[0], "stage[i] = x(l) + h (sum_j=1^i - 1 lower[i][j] f(t(l) + nodes[j] h, stage[j]))"),
    (BACK[1], "x(l + 1) = x(l) + h (sum_i=1^stages weights[i] f(t(l) + nodes[i] h, stage[i]))"),
    (r"J = \Phi(y_{N_t})", "J = Psi(x(N))"),
    (r"p_{n-1} = p_n + h_n p_n f_y(t_{n-1}, y_{n-1})", "p(l) = p(l + 1) + h p(l + 1) (d_ f(t(l), x(l))/d_x)"),
    (r"p_{n-1} = p_n + h_{n-1} p_n f_y(t_{n-1}, y_{n-1})", "p(l) = p(l + 1) + ?h of another time step? p(l + 1) (d_ f(t(l), x(l))/d_x)"),
])
def test_time_steps_counted_by_their_ends_are_read_from_their_starts(line: str, reading: str) -> None:
    assert understood(*BACK, r"J = \Phi(y_{N_t})", r"p_n = dJ/dy_n", line)[0] == reading


MATRIX = (r"\dot x = (A(\theta) - I)\,x", r"J = \Phi(x(T))", r"p(t) = (dJ/dx(t))^T")


def test_a_matrix_of_the_parameters_is_any_matrix_but_for_derivatives_in_these() -> None:
    lines = (*MATRIX, r"\dot p = p - A^T p", r"\dot p = p - A p", r"\frac{dJ}{d\theta} = 0", r"\frac{\partial J}{\partial x_0} = p(0)^T")
    assert statuses("".join(f"$${line}$$\n\n" for line in lines))[-4:] == ["proved", "refuted", "unknown", "proved"]


@pytest.mark.parametrize(("line", "reading"), [
    (r"B = I - h\,(A - I)", "?B? = I - ?h? (A - I)"), (r"B = I - g \, \big(A - I\big)", "?B? = I - ?g? (A - I)")])
def test_a_thin_space_before_a_bracket_multiplies(line: str, reading: str) -> None:
    assert understood(*MATRIX, line)[0] == reading


@pytest.mark.parametrize(("meaning", "sign"), [("p = gradient of J in x (column)", 1), ("p: minus the gradient of J", -1)])
def test_a_header_tells_a_sign_in_words(meaning: str, sign: int) -> None:
    known = read_header([f"costate: {meaning}"]).of("p")[0]
    assert (known.sign, known.told) == (sign, "declared")


@pytest.mark.parametrize("gap", [r"\quad", r"\qquad {}", r"\quad\quad", ""])
def test_a_row_that_begins_with_a_sign_goes_on_with_the_sum(gap: str) -> None:
    line = rf"\begin{{aligned}} J &= \Phi(x(T)) \\ &{gap} + \int_0^T L(x, t)\, dt \end{{aligned}}"
    assert understood(r"\dot x = f(x, t)", line)[0] == "J = Psi(x(t1)) + int_t0^t1 L(x, t) dt"


def test_a_start_that_is_told_of_a_case_apart_leaves_gradients_before_it_as_they_are() -> None:
    flow = r"$$\dot x = f(x, \theta), \qquad x(0) = x_0$$ $$J = \Phi(x(T))$$ $$p(t) = dJ/dx(t)$$ $$\frac{dJ}{d\theta} = \int_0^T p f_\theta dt$$ "
    start = r"the start depends on the parameters, $$x_0 = \eta(\theta)$$"
    assert [statuses(flow + word + start)[-2] for word in ("If ", "Here ")] == ["proved", "unknown"]


@pytest.mark.parametrize(("words", "status"), [("some weights $w$", "proved"), ("a control $w$", "unknown")])
def test_weights_are_parameters_whatever_their_letter(words: str, status: str) -> None:
    posed = r"A state $y(t)$ and WORDS, $\dot y = f(y, w)$, $y(0) = y_0$, $J(w) = \int_0^T g(y, w)\,dt$, $\dot\lambda = -f_y^T\lambda - g_y^T$, $\lambda(T) = 0$, "
    line = r"$\frac{dJ}{dw} = \int_0^T (g_w + \lambda^T f_w)\,dt$"
    assert statuses(posed.replace("WORDS", words) + line)[-1] == status
