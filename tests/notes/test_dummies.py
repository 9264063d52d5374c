"""A Hamiltonian in letters of its own, f . p, bold paths and dots: Pontryagin's principle as graduate notes write it."""

from __future__ import annotations

import pytest
from understood import last_two

EVANS = (
    "\\dot\\mathbf{x}(t) = \\mathbf{f}(\\mathbf{x}(t),\\boldsymbol{\\alpha}(t)) \\quad (0\\le t\\le T)\n\\mathbf{x}(0) = x^0\n"
    "P[\\boldsymbol{\\alpha}(\\cdot)] = \\int_0^T r(\\mathbf{x}(t),\\boldsymbol{\\alpha}(t))\\,dt + g(\\mathbf{x}(T))\n"
    "H(x,p,a) := \\mathbf{f}(x,a)\\cdot p + r(x,a)\n"
)
MOVED = EVANS + "\\dot\\mathbf{y} = \\nabla_x\\mathbf{f}\\,\\mathbf{y} + \\nabla_a\\mathbf{f}\\,\\mathbf{v}\n\\mathbf{y}(0) = 0\n"


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (EVANS, r"\dot\mathbf{p}^*(t) = -\nabla_x H(\mathbf{x}^*(t),\mathbf{p}^*(t),\boldsymbol{\alpha}^*(t))", r"\dot\mathbf{p}^*(t) = \nabla_x H(\mathbf{x}^*(t),\mathbf{p}^*(t),\boldsymbol{\alpha}^*(t))"),
        (EVANS, r"\dot\mathbf{x}^*(t) = \nabla_p H(\mathbf{x}^*(t),\mathbf{p}^*(t),\boldsymbol{\alpha}^*(t))", r"\dot\mathbf{x}^*(t) = -\nabla_p H(\mathbf{x}^*(t),\mathbf{p}^*(t),\boldsymbol{\alpha}^*(t))"),
        (EVANS, r"\mathbf{p}^*(T) = \nabla g(\mathbf{x}^*(T))", r"\mathbf{p}^*(T) = -\nabla g(\mathbf{x}^*(T))"),
        (MOVED, r"\frac{d}{dt}(\mathbf{p}\cdot\mathbf{y}) = \mathbf{p}\cdot\nabla_a\mathbf{f}\,\mathbf{v} - \nabla_x r\cdot\mathbf{y}", r"\frac{d}{dt}(\mathbf{p}\cdot\mathbf{y}) = \mathbf{p}\cdot\nabla_a\mathbf{f}\,\mathbf{v} + \nabla_x r\cdot\mathbf{y}"),
        (MOVED, r"\frac{d}{d\varepsilon}P[\boldsymbol{\alpha}+\varepsilon\mathbf{v}]\Big|_{\varepsilon=0} = \int_0^T\{\mathbf{p}\cdot\nabla_a\mathbf{f}\,\mathbf{v} + \nabla_a r\cdot\mathbf{v}\}\,dt", r"\frac{d}{d\varepsilon}P[\boldsymbol{\alpha}+\varepsilon\mathbf{v}]\Big|_{\varepsilon=0} = \int_0^T\{\mathbf{p}\cdot\nabla_a\mathbf{f}\,\mathbf{v} - \nabla_a r\cdot\mathbf{v}\}\,dt"),
    ],
)  # fmt: skip
def test_the_right_line_is_proved_and_its_slip_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]
