"""Recurrent nets: products in pairs, slopes at readouts under a letter, a loss at the last step alone, a linear net."""

from __future__ import annotations

import re

import pytest
from understood import statuses

from adjointcheck.notes.phrases import LAST_PAID

NET = (r"$$q_t = A s_{t-1} + B v_t, \qquad s_t = \sigma(q_t), \qquad y_t = C s_t$$ $$E = \sum_{t=1}^{T} \ell_t(y_t)$$ "
       r"$$g_t = \nabla_{s_t} E, \qquad r_t = \nabla_{y_t} \ell_t(y_t), \qquad M_t = \mathrm{diag}(\sigma'(q_t))$$ ")
LINES = [
    (r"$$g_t = C^\top r_t + A^\top M_{t+1} g_{t+1}$$", r"$$g_t = C^\top r_t + A^\top M_t g_{t+1}$$"),
    (r"$$\frac{\partial s_T}{\partial s_t} = M_T A M_{T-1} A \cdots M_{t+1} A$$", r"$$\frac{\partial s_T}{\partial s_t} = A M_T A M_{T-1} \cdots A M_{t+1}$$"),
    (r"$$g_t = \sum_{k=t}^{T} \left(\frac{\partial s_k}{\partial s_t}\right)^\top C^\top r_k$$",
     r"$$g_t = \sum_{k=t}^{T} \frac{\partial s_k}{\partial s_t} C^\top r_k$$"),
    (r"If only the last step has a loss, $$g_t = A^\top M_{t+1} A^\top \cdots A^\top M_T C^\top r_T$$",
     r"If the loss is paid at the final step only, $$g_t = M_{t+1} A^\top \cdots M_T A^\top C^\top r_T$$"),
    (r"$$\frac{\partial s_t}{\partial s_k} = M_t A M_{t-1} A \cdots M_{k+1} A, \qquad k < t$$", r"$$\frac{\partial s_t}{\partial s_k} = A M_t A M_{t-1} \cdots A M_{k+1}$$"),
    (r"$$\frac{\partial s_m}{\partial s_n} = \prod_{i=n+1}^{m} \frac{\partial s_i}{\partial s_{i-1}}$$",
     r"$$\frac{\partial s_m}{\partial s_n} = \prod_{i=n+2}^{m} \frac{\partial s_i}{\partial s_{i-1}}$$"),
    (r"With $\sigma(q) = q$, and if the only loss is that at time $T$, $$g_t = (A^\top)^{T-t} C^\top r_T$$",
     r"With $\sigma(q) = q$, and if the only loss is that at time $T$, $$g_t = (A^\top)^{T-t+1} C^\top r_T$$"),
]


@pytest.mark.parametrize("line", LINES)
def test_the_right_line_is_proved_and_its_slip_refuted(line: tuple[str, str]) -> None:
    assert [statuses(NET + text)[-1] for text in line] == ["proved", "refuted"]


def test_what_words_say_that_the_last_step_alone_is_paid_for() -> None:
    said = ["if only the last step carries a loss", "nur der letzte schritt trägt zum verlust bei", "seule la dernière étape a un coût", "若只有最后一步有损失"]
    other = ["the loss of the last step", "only the state enters the loss", "the last step has no successor; only then comes a loss of its own"]
    assert [bool(re.search(LAST_PAID, words)) for words in (*said, *other)] == [True] * 4 + [False] * 3


def test_what_is_later_does_not_move_what_is_earlier() -> None:
    assert statuses(NET + r"$$\frac{\partial s_t}{\partial s_k} = 0, \qquad t < k$$")[-1] == "unknown"


def test_the_last_step_of_a_sum_is_no_case_of_its_own() -> None:
    line = r"At the last step only the loss of that step is felt, while before it $$g_t = C^\top r_t + A^\top M_{t+1} g_{t+1}$$"
    assert statuses(NET + line)[-1] == "proved"


CELL = r"The cell is $$s_t = \tanh(A s_{t-1} + B u_t + c)$$ with the loss $$E = \ell(s_N)$$ and $$S_t = \operatorname{diag}(1 - s_t \odot s_t)$$ "
LETTERS = "state: s_t; layer: t = 1 ... N; weights: A, B; activation: tanh; costate: q_t = dE/ds_t (row)".replace("; ", "\n")


def test_weights_and_tanh_of_a_header_are_matrices_and_what_it_is() -> None:
    lines = r"$$q_t = q_{t+1} S_{t+1} A$$ $$q_t = q_{t+1} S_t A$$ $$\frac{\partial E}{\partial u_t} = q_t S_t B$$ $$\frac{\partial E}{\partial u_t} = q_{t+1} S_t B$$"
    assert statuses(CELL + lines, LETTERS)[-4:] == ["proved", "refuted"] * 2


def test_a_gradient_that_fits_in_no_size_is_wrong_and_a_transposed_one_is_left_alone() -> None:
    lines = r"$$\frac{\partial E}{\partial B} = \sum_{t=1}^{N} S_t q_t^T s_{t-1}^T$$ $$\frac{\partial E}{\partial B} = \sum_{t=1}^{N} u_t q_t S_t$$"
    assert statuses(CELL + lines, LETTERS)[-2:] == ["refuted", "unknown"]


def test_a_net_in_rows_is_left_open() -> None:
    net = r"$$s_t = \tanh(s_{t-1} A + v_t B), \quad t = 1, \dots, T$$ $$E = \sum_{t=1}^T \ell_t(s_t)$$ $$d_t = \frac{\partial E}{\partial s_t} \odot (1 - s_t^2)$$ "
    lines = r"$$\frac{\partial E}{\partial v_t} = d_t B^T$$ $$\frac{\partial E}{\partial v_t} = d_t B$$"
    assert statuses(net + lines)[-2:] == ["unknown"] * 2
