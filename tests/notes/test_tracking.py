"""Regulators whose state or output follows a signal: Riccati's equation beside the affine part, and slips in both."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

SPACE = "state: x\ncontrol: u\ncostate: \\lambda (column)\ntime: t in [0, T]"
STATE = (r"$$\dot x = A x + B u$$ $$J = \frac12 (x(T) - r(T))^\top S (x(T) - r(T)) + \frac12\int_0^T (x - r)^\top Q (x - r) + u^\top R u\,dt$$ "
         r"with symmetric $Q$, $R$ and $S$. ")
OUTPUT = (r"$$\dot x = A x + B u$$ $$J = \frac12\int_0^T (C x - r)^\top Q (C x - r) + u^\top R u\,dt$$ with symmetric $Q$ and $R$. ")
MINUS, PLUS = r"$$\lambda = P x - v$$ ", r"$$\lambda(t) = K(t) x(t) + g(t)$$ "


@pytest.mark.parametrize(("told", "right", "wrong"), [
    (STATE + MINUS, r"v(T) = S r(T)", r"v(T) = -S r(T)"),
    pytest.param(STATE + MINUS, r"-\dot v = (A - B R^{-1} B^\top P)^\top v + Q r", r"-\dot v = (A - B R^{-1} B^\top P)^\top v - Q r",
                 marks=pytest.mark.campaign),
    pytest.param(STATE + MINUS, r"u = -R^{-1} B^\top P x + R^{-1} B^\top v", r"u = -R^{-1} B^\top P x", marks=pytest.mark.campaign),
    pytest.param(STATE + MINUS, r"\dot x = (A - B R^{-1} B^\top P) x + B R^{-1} B^\top v", r"\dot x = (A - B R^{-1} B^\top P) x",
                 marks=pytest.mark.campaign),
    pytest.param(STATE + MINUS, r"-\dot P = A^\top P + P A - P B R^{-1} B^\top P + Q", r"-\dot P = A^\top P + P A + P B R^{-1} B^\top P + Q",
                 marks=pytest.mark.campaign),
    pytest.param(OUTPUT + PLUS, r"\dot g = -(A^\top - K B R^{-1} B^\top) g + C^\top Q r", r"\dot g = -(A - K B R^{-1} B^\top) g + C^\top Q r",
                 marks=pytest.mark.campaign),
    pytest.param(OUTPUT + PLUS, r"\dot K = -K A - A^\top K + K B R^{-1} B^\top K - C^\top Q C",
                 r"\dot K = -K A - A^\top K + K B R^{-1} B^\top K - Q", marks=pytest.mark.campaign),
    pytest.param(OUTPUT + PLUS, r"g(T) = 0", r"g(T) = C^\top Q r(T)", marks=pytest.mark.campaign),
])
def test_what_the_costate_lacks_has_an_equation_of_its_own(told: str, right: str, wrong: str) -> None:
    assert statuses(rf"{told} $${right}$$ $${wrong}$$", SPACE)[-2:] == ["proved", "refuted"]


@pytest.mark.campaign
def test_a_control_of_quadratic_cost_is_fed_by_the_costate() -> None:
    told = r"$$\dot x = a(x) + B u$$ $$J = \phi(x(T)) + \int_0^T q(x) + \frac12 u^\top R u\,dt$$ with symmetric $R$. "
    lines = r"$$u = -R^{-1} B^\top \lambda$$ $$\dot x = a(x) - B R^{-1} B^\top \lambda$$ $$u = -B R^{-1} \lambda$$ $$u = R^{-1} B^\top \lambda$$"
    assert statuses(told + r"$$H = q(x) + \frac12 u^\top R u + \lambda^\top (a(x) + B u)$$" + lines, SPACE)[-4:] == ["proved"] * 2 + ["refuted"] * 2


@pytest.mark.parametrize(("line", "reading"), [
    (r"e = x - x_d", "e = x - x_d"),
    (r"e(t) = x(t) - r(t)", "e(t) = x(t) - r_(t)"),
    (r"e(t) = r(t) - C x(t)", "e(t) = r_(t) - C x(t)"),
])
def test_an_error_names_its_signal(line: str, reading: str) -> None:
    assert understood(r"\dot x = A x + B u", line) == (reading, "definition")


@pytest.mark.campaign
def test_a_cost_of_errors_is_one_of_states_and_signals() -> None:
    told = r"$$\dot x = A x + B u$$ $$e(t) = r(t) - C x(t)$$ $$J = \frac12\int_0^T e^\top Q e + u^\top R u\,dt$$ with symmetric $Q$ and $R$. "
    lines = (r"$$\dot\lambda = C^\top Q e - A^\top \lambda$$ $$\lambda = P x - v$$ $$\dot v = -(A - B R^{-1} B^\top P)^\top v - C^\top Q r$$ "
             r"$$\dot\lambda = -C^\top Q e - A^\top \lambda$$ $$\dot v = -(A - B R^{-1} B^\top P)^\top v - C^\top Q e$$")
    assert statuses(told + lines, SPACE)[3:] == ["proved", "definition", "proved", "refuted", "refuted"]


@pytest.mark.campaign
def test_a_cost_of_the_last_error_is_one_of_the_end_state() -> None:
    told = r"$$\dot x = A x + B u$$ $$e(t) = x(t) - r(t)$$ $$J = \frac12 e(T)^\top F e(T) + \frac12\int_0^T u^\top R u\,dt$$ with symmetric $F$ and $R$. "
    assert statuses(told + r"$$\lambda(T) = F e(T)$$ $$\lambda(T) = -F e(T)$$ $$\lambda(T) = 0$$", SPACE)[3:] == ["proved", "refuted", "refuted"]


OUTPUTS = (r"$$\dot x = A x + B u, \qquad y = C x$$ $$e = z - y$$ "
           r"$$J = \frac12\int_0^T e^\top Q e + u^\top R u\,dt$$ with symmetric $Q$ and $R$. $$H = \frac12 e^\top Q e + \frac12 u^\top R u + \lambda^\top (A x + B u)$$")


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\dot\lambda = -C^\top Q C x - A^\top \lambda + C^\top Q z", r"\dot\lambda = -C^\top Q C x - A^\top \lambda - C^\top Q z"),
    (r"\dot\lambda = C^\top Q (z - y) - A^\top \lambda", r"\dot\lambda = C Q (z - y) - A^\top \lambda"),
])
def test_an_output_stands_for_what_it_is_of_the_state(right: str, wrong: str) -> None:
    assert statuses(rf"$y(t) \in \mathbb{{R}}^l$ {OUTPUTS} $${right}$$ $${wrong}$$", SPACE)[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("line", "status"), [(r"y = C x", "definition"), (r"b = C x", "unknown")])
def test_an_output_has_a_letter_and_a_matrix_of_its_own(line: str, status: str) -> None:
    assert statuses(rf"$$\dot x = A x + B u$$ $${line}$$", SPACE)[-1] == status


@pytest.mark.parametrize("target", [r"z^\star", "z^*"])
def test_a_weight_stands_before_a_distance_to_a_starred_target(target: str) -> None:
    given = rf"""\dot z = f(z, \theta)
J = L(z(T)) + \int_0^T \frac{{\gamma}}{{2}} |z - {target}|^2 dt
a(t) = \frac{{dJ}}{{dz(t)}}"""
    right = rf"\dot a = -a f_z - \gamma\, (z - {target})^\top"
    assert last_two("", given, right, right.replace(r"- \gamma", r"+ \gamma")) == ["proved", "refuted"]
