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


@pytest.mark.parametrize("place", [r"t=0", r"x=x(0)", r"t"])
def test_the_slope_of_the_end_cost_is_not_taken_at_another_time(place: str) -> None:
    right, wrong = (rf"$$ \lambda(T) = \left.\frac{{\partial\Phi}}{{\partial x}}\right|_{{{at}}} $$" for at in ("t=T", place))
    notes = r"Let $\dot x = f(x)$, $J = \Phi(x(T))$ and $\lambda(t) = \partial J/\partial x(t)$."
    assert statuses(notes + right + wrong)[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize("place", ["k=0", "x_{N-1}"])
def test_nor_at_another_layer(place: str) -> None:
    right, wrong = (rf"$$ \lambda_N = \left.\frac{{\partial\Phi}}{{\partial x}}\right|_{{{at}}} $$" for at in ("x_N", place))
    notes = r"Let $x_{k+1} = f(x_k)$, $J = \Phi(x_N)$ and $\lambda_k = \partial J/\partial x_k$."
    assert statuses(notes + right + wrong)[-2:] == ["proved", "refuted"]


def test_an_integral_without_its_end_is_not_taken_to_the_horizon() -> None:
    notes = r"Let $\dot x = f(x, u)$, $J = \int_0^T L(x, u)\,dt$ and $\lambda(t) = \partial J/\partial x(t)$."
    right, wrong = (rf"$$\delta J = \int_0{end} (L_u + \lambda f_u)\,\delta u\,dt$$" for end in ("^T", ""))
    assert statuses(notes + right + wrong)[-2:] == ["proved", "unknown"]


MOVING_END = r"$\dot z = f(z, t)$ from $z(0) = z_0$, $J = g(z(\tau_e), \tau_e)$ with a free end $\tau_e$. "


@pytest.mark.parametrize(("end", "claim", "verdict"), [
    ("T", r"dz_T = \delta z(T) + \dot z(T)\, dT", "proved"), ("T", r"dz_T = \delta z(T) - \dot z(T)\, dT", "refuted"),
    ("t_f", r"dz_f = \delta z(t_f) + f(z(t_f), t_f)\, dt_f", "proved"),
])
def test_the_end_point_bears_the_mark_of_the_end(end: str, claim: str, verdict: str) -> None:
    assert statuses(MOVING_END.replace(r"\tau_e", end) + f"$${claim}$$")[-1] == verdict
