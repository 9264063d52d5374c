"""Where the slope of an end cost is taken: at the end, or at the running time of a line about Phi(x(t))."""

from __future__ import annotations

import pytest
from understood import statuses


@pytest.mark.parametrize(("line", "status"), [
    (r"\frac{d}{dt}\Phi(x(t)) = \frac{\partial\Phi}{\partial x} f(x)", "unknown"), (r"\dot{\Phi(x(t))} = \frac{\partial\Phi}{\partial x} f(x)", "unknown"),
    (r"\frac{d}{dt}\Phi(x(t)) = -\frac{\partial\Phi(x(t))}{\partial x} f(x)", "refuted"),
])
def test_a_slope_without_a_place_beside_a_cost_on_the_way_is_left_open(line: str, status: str) -> None:
    assert statuses(rf"Let $\dot x = f(x)$ and $J = \Phi(x(T))$. $$ {line} $$")[-1] == status
