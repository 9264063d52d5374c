"""Notes that hold the motion as F = zdot - f = 0, dot over z(t), and adjoin F to the cost."""

from __future__ import annotations

import pytest
from understood import findings, statuses

ADJOINED = (r"We look for $\theta$ with the least $L(z(t_1))$, where $G(\dot{z(t)}, z(t), \theta, t) = \dot{z(t)} - f(z(t), \theta, t) = 0$ "
            r"and $z(t_0) = z_0$. Put $$\psi = L(z(t_1)) - \int_{t_0}^{t_1} \lambda(t) G(\dot{z(t)}, z(t), \theta, t)\,dt$$ ")
PARTS = r"$$\int_{t_0}^{t_1}\lambda(t)\dot{z(t)}\,dt = \lambda(t)z(t)\big\vert_{t_0}^{t_1} - \int_{t_0}^{t_1} "  # by parts
WRITTEN = r"Let $z = (x, v)^\top$ move by $\dot x = v$ and $\dot v = u - \mu v$ and let $J = x(T)^2$. "


@pytest.mark.parametrize(("posed", "right", "wrong"), [
    (ADJOINED, r"\dot{\lambda(t)} = -\lambda(t)\frac{\partial f}{\partial z}", r"\dot{\lambda(t)} = \lambda(t)\frac{\partial f}{\partial z}"),
    (ADJOINED, r"\lambda(t_1) = \frac{\partial L}{\partial z(t_1)}", r"\lambda(t_1) = -\frac{\partial L}{\partial z(t_1)}"),
    (ADJOINED, r"\frac{dL}{d\theta} = \int_{t_0}^{t_1}\lambda(t)\frac{\partial f}{\partial\theta}\,dt",
     r"\frac{dL}{d\theta} = \int_{t_1}^{t_0}\lambda(t)\frac{\partial f}{\partial\theta}\,dt"),
])
def test_a_multiplier_of_a_residual_is_the_costate(posed: str, right: str, wrong: str) -> None:
    assert statuses(f"{posed} $$ {right} $$ $$ {wrong} $$")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize("line", [
    r"$$v_{k+1} = \beta v_k + (1-\beta) g_k^2$$ $$\epsilon = 10^{-8}$$", r"$$L(z_1, z_2, \ldots, z_n) = \frac12 \sum_{i=1}^n z_i^2$$",
    r"$$J(z_1, \ldots, z_k, \ldots, z_n) = z_n$$",
])
def test_a_step_beside_a_motion_is_no_defect(line: str) -> None:
    assert not any("internal" in finding.words or finding.status == "refuted" for finding in findings(WRITTEN + line))


@pytest.mark.parametrize(("line", "status"), [
    (r"\dot{\lambda(t)}z(t)\,dt", "proved"), (r"z(t)\dot{\lambda(t)}\,dt", "unknown"), (r"\dot{z(t)}\lambda(t)\,dt", "refuted")])
def test_a_product_may_be_written_as_of_numbers(line: str, status: str) -> None:
    assert statuses(f"{ADJOINED} {PARTS} {line} $$")[-1] == status
