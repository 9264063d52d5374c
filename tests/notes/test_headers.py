"""What a header tells and the notes do not: lines that it decides."""

from __future__ import annotations

import pytest
from understood import last_two

GENERAL = r"""state: x in R^n
control: u in R^k
costate: \lambda = dJ/dx (column)
field: f(x, u, t)
running cost: L(x, u, t)
time: t in [t_i, t_f]"""
MOTION = r"\dot x = f(x, u, t)"

LINEAR = r"""state: x in R^n
control: u in R^k
objective: J, minimised
time: t in [t_i, t_f]
A: n x n
B: n x k
Q: n x n, symmetric
R: k x k, symmetric
F: n x n, symmetric
S: riccati matrix
star: optimal"""
BELLMAN = r"""\dot x = A x + B u
J(x(t_i), u(\cdot), t_i) = \frac12 x^T(t_f) F x(t_f) + \frac12 \int_{t_i}^{t_f} (x^T Q x + u^T R u) dt
J^*(x(t), t) = \frac12 x^T(t) S(t) x(t)
J^*(x(t_f), t_f) = \frac12 x^T(t_f) F x(t_f)
-\frac{\partial J^*}{\partial t} = \frac12 x^T Q x + (\nabla_x J^*)^T A x - \frac12 (\nabla_x J^*)^T B R^{-1} B^T \nabla_x J^*"""


@pytest.mark.parametrize(("option", "right", "wrong"), [
    ("jacobian: transposed", r"-\dot\lambda = \nabla_x L + \nabla_x f \lambda", r"-\dot\lambda = \nabla_x L + (\nabla_x f)^T \lambda"),
    ("nabla: jacobian", r"-\dot\lambda = \nabla_x L + (\nabla_x f)^T \lambda", r"-\dot\lambda = \nabla_x L + \nabla_x f \lambda"),
])
def test_nabla_of_a_vector_is_laid_out_as_the_header_says(option: str, right: str, wrong: str) -> None:
    assert last_two(f"{GENERAL}\n{option}", MOTION, right, wrong) == ["proved", "refuted"]


def test_a_value_with_a_star_stands_beside_the_cost_of_any_control() -> None:
    right, wrong = (rf"\frac{{\partial J^*}}{{\partial t}} = {half} x^T \dot S x" for half in (r"\frac12", ""))
    assert last_two(LINEAR, BELLMAN, right, wrong) == ["proved", "refuted"]
