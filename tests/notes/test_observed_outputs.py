"""Outputs of a state, component by component with weights of their own, and sums over observations; slips are refuted."""

from __future__ import annotations

import pytest
from understood import last_two, understood

HEADER = "state: x\nparameters: \\theta\ncostate: p = -dJ/dx (column)\nobjective: J\ntime: t in [0, T]"
LAWS = "\\dot x = f(x, \\theta)\nx(0) = x_0(\\theta)\n"
BARE, EACH = r"y(t) = h(x(t), \theta)", r"y_i(t) = h_i(x(t), \theta), \quad i = 1, \dots, m"
SQUARES = r"J = \frac12 \sum_{j=1}^N \sum_{i=1}^m \left(\frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}}\right)^2"
GAP = "(bar_y_j - O(x(s[j]), theta))"
READINGS = [
    ((EACH, SQUARES), f"J = (1/2) (sum_j=1^N {GAP}' sigma_j^(-1) sigma_j^(-1) {GAP})"),
    ((EACH, r"J = \frac12 \sum_{i=1}^m \sum_{j=1}^N \frac{(\bar y_{ij} - y_i(t_j))^2}{\sigma_{ij}^2}"),
     f"J = (1/2) (sum_j=1^N {GAP}' sigma_j^(-1) sigma_j^(-1) {GAP})"),
    ((EACH, r"J = \frac12 \sum_{i,j} w_{ij} (y_i(t_j) - d_{ij})^2"),
     "J = (1/2) (sum_j=^ (O(x(s[j]), theta) - d_j)' w_j (O(x(s[j]), theta) - d_j))"),
    ((r"J = \frac12 \sum_{j=1}^N \sum_{i=1}^m \frac{(h_i(x(t_j), \theta) - m_{ij})^2}{\sigma_i^2}",),
     "J = (1/2) (sum_j=1^N (O(x(s[j]), theta) - m_j)' sigma^(-1) sigma^(-1) (O(x(s[j]), theta) - m_j))"),
    ((EACH, r"J = \frac12 \sum_{i,j} \left[ \log(2\pi\sigma_{ij}^2) + \left(\frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}}\right)^2 \right]"),
     f"J = (1/2) (sum_j=^ (log_sigma + {GAP}' sigma_j^(-1) sigma_j^(-1) {GAP}))"),
]
TWO = r"y_i(t, \theta) = h_i(x(t), \theta), \quad i = 1, \dots, m" + "\n" + SQUARES.replace("(t_j)", r"(t_j, \theta)")
READINGS += [(tuple(TWO.splitlines()), READINGS[0][1])]
RIGHT_AND_WRONG = [
    (TWO, r"p(t_j^-) = p(t_j^+) + \sum_{i=1}^m \left(\frac{\partial h_i}{\partial x}\right)^T \frac{\bar y_{ij} - y_i(t_j, \theta)}{\sigma_{ij}^2}",
     r"p(t_j^-) = p(t_j^+) - \sum_{i=1}^m \left(\frac{\partial h_i}{\partial x}\right)^T \frac{\bar y_{ij} - y_i(t_j, \theta)}{\sigma_{ij}^2}"),
    (f"{EACH}\n{SQUARES}", r"p(t_j^-) = p(t_j^+) + \sum_{i=1}^m \left(\frac{\partial h_i}{\partial x}\right)^T \frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}^2}",
     r"p(t_j^-) = p(t_j^+) + \sum_{i=1}^m \left(\frac{\partial h_i}{\partial x}\right)^T \frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}}"),
    (f"{BARE}\n" + r"J = \frac12 \sum_{j=1}^N (y(t_j) - d_j)^T R_j^{-1} (y(t_j) - d_j)",
     r"\frac{dJ}{d\theta} = \sum_{j=1}^N (y(t_j)-d_j)^T R_j^{-1} \frac{\partial h}{\partial\theta} - \int_0^T p^T \frac{\partial f}{\partial\theta}\,dt - p(0)^T\frac{\partial x_0}{\partial\theta}",
     r"\frac{dJ}{d\theta} = \sum_{j=1}^N (y(t_j)-d_j)^T R_j^{-1} \frac{\partial h}{\partial\theta} - \int_0^T p^T \frac{\partial f}{\partial\theta}\,dt"),
    (f"{BARE}\n" + SQUARES.replace("{N}", "{n_t}").replace("^N", "^{n_t}"),
     r"p(t_j) = \lim_{t \to t_j^+} p(t) + \sum_{i=1}^m \left(\frac{\partial h_i}{\partial x}\right)^T \frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}^2}",
     r"\frac{\partial J}{\partial\theta_k} = -\int_0^{t_{n_t}} p^T \frac{\partial f}{\partial\theta_k}\,dt - p(0)^T \frac{\partial x_0}{\partial\theta_k}"),
    (f"s = \\partial x/\\partial\\theta\n{EACH}\n{SQUARES}",
     r"\frac{dJ}{d\theta} = -\sum_{j=1}^N \sum_{i=1}^m \frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}^2} \left(\frac{\partial h_i}{\partial x} s(t_j) + \frac{\partial h_i}{\partial\theta}\right)",
     r"\frac{dJ}{d\theta} = -\sum_{j=1}^N \sum_{i=1}^m \frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}^2} \frac{\partial h_i}{\partial x} s(t_j)"),
]


@pytest.mark.parametrize(("lines", "reading"), READINGS)
def test_components_are_read_as_vectors(lines: tuple[str, ...], reading: str) -> None:
    assert understood(r"\dot x = f(x, \theta)", *lines)[0] == reading


@pytest.mark.parametrize(("laws", "right", "wrong"), RIGHT_AND_WRONG)
def test_right_lines_are_proved_and_slips_refuted(laws: str, right: str, wrong: str) -> None:
    assert last_two(HEADER, LAWS + laws, right, wrong) == ["proved", "refuted"]


def test_a_sum_of_one_component_too_many_is_not_taken_for_all() -> None:
    right = r"p(t_j^-) = p(t_j^+) + \sum_{i=1}^m \left(\frac{\partial h_i}{\partial x}\right)^T \frac{\bar y_{ij} - y_i(t_j)}{\sigma_{ij}^2}"
    assert last_two(HEADER, f"{LAWS}{EACH}\n{SQUARES}", right, right.replace("i=1", "i=0")) == ["proved", "refuted"]
