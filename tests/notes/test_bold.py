"""Bold and plain type: mostly one letter; M_i(x) beside \\mathbf M_i are two, as the weather services write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from adjointcheck.notes.reading.ambiguities import maps_beside_bold
from adjointcheck.notes.verify import verify


@pytest.mark.parametrize(("texts", "maps"), [
    ((r"x_{i+1} = M_i(x_i)", r"\delta x_{i+1} = \mathbf M_i \delta x_i"), {"M"}),
    ((r"y = H \left( x \right)", r"\bm{H}^T R^{-1} d"), {"H"}),
    ((r"J(x_0) = 0", r"\mathbf{M}_{i-1} x"), set()),
    ((r"\dot{\mathbf x} = \mathbf F(\mathbf x)", r"F(x) = 0"), set()),
    ((r"\mathbf{A} x", r"A x"), set()),
    ((r"\mathcal{M}(x)", r"\mathbf{M} x"), set()),
])  # fmt: skip
def test_a_capital_is_two_letters_only_where_one_of_them_is_called(texts: tuple[str, ...], maps: set[str]) -> None:
    assert maps_beside_bold(texts) == maps


NOTES = r"""
The model is $x_{i+1} = M_i(x_i)$, $i = 0, \dots, N - 1$; minimise
$$J(x_0) = \tfrac12 (x_0 - x_b)^T B^{-1} (x_0 - x_b) + \tfrac12 \sum_{i=0}^{N} (y_i - H_i(x_i))^T R_i^{-1} (y_i - H_i(x_i)).$$
With the Jacobians of $M_i$ and $H_i$ in bold,
$$\delta x_{i+1} = \mathbf M_i\,\delta x_i$$
With the start $x_0 = x_b + U v$,
$$B = U U^T$$
"""


def test_a_bold_jacobian_and_a_factor_of_given_data_are_not_refuted(tmp_path: Path) -> None:
    """Both were: M_i was read as the map itself, and B and U as any matrices."""
    file = tmp_path / "weather.md"
    file.write_text(NOTES, encoding="utf-8")
    found = {item.text: item.status for item in verify(file).items}
    assert "refuted" not in found.values() and found["B = U U^T"] == "assumption"
