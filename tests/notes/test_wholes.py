"""Whole vectors in notes that write their system out."""

from __future__ import annotations

from understood import statuses

HEADER = "state: x\ncontrol: u\ncostate: p\nobjective: J\ntime: t in [0, T]"
SPRING = r"""\dot x_1 = x_2
\dot x_2 = -x_1 + u
x(0) = x^0
J = \frac12 \int_0^T u^2 dt + \frac12 (x_1(T)^2 + x_2(T)^2)
H = \frac12 u^2 + p_1 x_2 + p_2 (u - x_1)"""


PAIRS = (
    (r"\frac{\partial J}{\partial x^0} = p(0)", r"\frac{\partial J}{\partial x^0} = -p(0)"),
    (r"p(T) = x(T)", r"p(T) = 2 x(T)"),
    (r"\dot p = -\nabla_x H", r"\dot p = \nabla_x H"),
    (r"\dot p = \begin{pmatrix} 0 & 1 \\ -1 & 0 \end{pmatrix} p", r"\dot p = \begin{pmatrix} 0 & -1 \\ 1 & 0 \end{pmatrix} p"),
    (r"\|p(t)\|^2 = \|p(T)\|^2", r"\|p(t)\|^2 = \|x(T)\|"),
    (r"\frac{d}{dt} (p^T x) = p_2 u", r"\frac{d}{dt} (p^T x) = p_1 u"),
    (r"H = \frac12 u^2 + p \cdot \dot x", r"H = u^2 + p \cdot \dot x"),
)


def test_whole_vectors_are_judged_by_their_components() -> None:
    lines = "".join(f"$${line}$$\n\n" for line in [*SPRING.splitlines(), *(line for pair in PAIRS for line in pair)])
    assert statuses(lines, HEADER)[5:] == ["proved", "refuted"] * len(PAIRS)


def test_nothing_is_refuted_of_a_motion_that_is_not_read() -> None:
    motion = r"$$\left\{ \dot x_1 = x_2, \dot x_2 = -x_1 + u \right.$$"
    assert statuses(rf"{motion} $$J = \frac12 \int_0^T u^2 dt + \frac12 x_1(T)^2$$ $$\ddot p_2 = -p_2$$", HEADER)[0::2] == ["not read", "unknown"]
