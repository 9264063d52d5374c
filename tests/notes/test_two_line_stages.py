"""Stages in two lines, k_i = f(X_i) and X_i = x_n + h sum_j a_ij k_j, behind the update or before it."""

from __future__ import annotations

import pytest
from understood import statuses

UPDATE = r"$$x_{n+1} = x_n + h \sum_{i=1}^s b_i k_%s$$ "
SLOPE, STAGE = r"$$k_%s = f(X_%s, \alpha)$$ ", r"$$X_%s = x_n + h \sum_{j=1}^{i-1} a_{ij} k_%s$$ "
COSTATE = r"$$\lambda_n = \nabla_{x_n} C(x_N)$$ "
RIGHT = (r"$$\bar k_%s = h b_i \lambda_{n+1} + h \sum_{j=i+1}^s a_{ji} f_x(X_%s, \alpha)^\top \bar k_%s$$ "
         r"$$\lambda_n = \lambda_{n+1} + \sum_{i=1}^s f_x(X_%s, \alpha)^\top \bar k_%s$$ ")
HERE, THERE = "{n,i}", "{n,j}"


def method(order: str) -> str:
    lines = {"u": UPDATE % HERE, "k": SLOPE % (HERE, HERE), "x": STAGE % (HERE, THERE)}
    return r"Gradients are columns. $\dot x = f(x, \alpha), x(0) = x_0$ " + "".join(lines[line] for line in order) + COSTATE


@pytest.mark.parametrize("order", ["ukx", "xku"])
def test_the_two_lines_stand_in_any_order(order: str) -> None:
    right = RIGHT % (HERE, THERE, THERE, HERE, HERE)
    assert statuses(method(order) + right, "state: x\nparameters: \\alpha\ngradients: columns")[-6:] == [
        "assumption", "assumption", "assumption", "definition", "definition", "proved"]


def test_slips_in_the_sweep_are_refuted() -> None:
    wrong = (RIGHT % (HERE, THERE, THERE, HERE, HERE)).replace(r"\lambda_n = \lambda_{n+1} +", r"\lambda_n = \lambda_{n+1} + h")
    assert statuses(method("ukx") + wrong, "state: x\nparameters: \\alpha\ngradients: columns")[-1] == "refuted"
    late = (RIGHT % (HERE, THERE, THERE, HERE, HERE)).replace("a_{ji}", "a_{ij}")
    assert statuses(method("ukx") + late, "state: x\nparameters: \\alpha\ngradients: columns")[-1] == "refuted"


def test_a_letter_may_be_scaled_by_its_weight() -> None:
    scaled = (r"$$\Lambda_{n,i} = \frac{1}{h b_i} \bar k_{n,i}$$ "
              r"$$\lambda_n = \lambda_{n+1} + h \sum_{i=1}^s b_i f_x(X_{n,i}, \alpha)^\top \Lambda_{n,i}$$ "
              r"$$\lambda_n = \lambda_{n+1} + h \sum_{i=1}^s f_x(X_{n,i}, \alpha)^\top \Lambda_{n,i}$$ ")
    assert statuses(method("ukx") + RIGHT % (HERE, THERE, THERE, HERE, HERE) + scaled, "state: x\nparameters: \\alpha\ngradients: columns")[-3:] == [
        "definition", "proved", "refuted"]
