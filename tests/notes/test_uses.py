"""What the notes do with a letter elsewhere tells whether a bracket behind it holds arguments or a factor."""

from __future__ import annotations

import pytest

from adjointcheck.notes.reading.latex import Letters, Unread, read_formula
from adjointcheck.notes.reading.plain_text import text
from adjointcheck.notes.reading.uses import Uses


def read(formula: str, *others: str) -> str:
    """The reading of a formula in notes with these others; the reason where it stays unread."""
    found = read_formula(formula, Letters(uses=Uses.of([formula, *others])))
    return found.reason if isinstance(found, Unread) else text(found)


@pytest.mark.parametrize(("formula", "others", "expected"), [
    (r"v = \beta_1 (1 - u) P", [r"w = \beta_1 P"], "v = beta_1 * (1 - u) * P"), (r"J_k^1(x_k^0 + y) = 0", [r"J_k^0(x_k^0) = 1"], "J_k(x_k^0 + y)^1 = 0"),
    (r"x(N) = A x(N-1)", [r"x(k) = 0"], "x(N) = A * x(N - 1)"), (r"F = B(Q + B' P B)^{-1}", [], "F = B * (Q + B' * P * B)^(-1)"), (r"y = q (1 - q)", [], "y = q * (1 - q)"),
    (r"y = h (v + w)", [r"z = h v"], "y = h * (v + w)"), (r"y = tanh(v w + z)", [], "y = tanh(v * w + z)"), (r"y = max(v, w)", [], "y = max(v, w)"),
    (r"y = \text{net}(v w + z)", [], "y = net(v * w + z)"), (r"\frac{\partial E}{\partial net_j} = 0", [], "dE/dnet_j = 0"), (r"\exp(p (T - t)) = y", [r"z = p y"], "exp(p * (T - t)) = y"),
    (r"x_k = A^k y", [r"y = A^{k-1-i} z"], "x_k = A^k * y"),
])
def test_uses_decide_what_a_bracket_is(formula: str, others: list[str], expected: str) -> None:
    assert read(formula, *others) == expected


def test_an_index_above_stays_open_where_no_power_counts_down() -> None:
    assert "a power or an index" in read(r"x_k = A^k y", r"y = A^{k-1} z")


@pytest.mark.parametrize(("formula", "others"), [
    (r"v = \beta(1 - u)", [r"\beta(x) = 1", r"w = \beta P"]),  # called somewhere: no factor
    (r"v = q(x + y)", []), (r"v = f(x + y)", [r"w = f z"]), (r"v = \alpha(T - t)", [r"w = \alpha(t) z"]), (r"v = J(x + y)", [r"J(x) = 1", r"w = J z"]),
])
def test_what_is_used_in_both_ways_stays_unread(formula: str, others: list[str]) -> None:
    assert "a function of something, or a product" in read(formula, *others)
