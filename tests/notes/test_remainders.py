"""Discrete adjoints as libraries for time steps carry them: a start that depends on the parameters, and mu_n beside lambda_n."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

STEPS = r"""u_{n+1} = u_n + h f(t_n, u_n, p)
u_0 = \eta(p)
\lambda_n = \left(\frac{d\psi}{du_n}\right)^T
"""
PAID = STEPS.replace(r"\frac{d\psi}{du_n}", r"\frac{\partial J}{\partial u_n}") + r"J = \psi(u_N, p)" + "\n"
COST = r"""u_{n+1} = F(u_n, p)
J = \psi(u_N, p) + \sum_{n=0}^{N-1} r(u_n, p)
\lambda_n = \left(\frac{\partial J}{\partial u_n}\right)^T
"""
BACK = r"\mu_n = \mu_{n+1} + h f_p(t_n, u_n, p)^T \lambda_{n+1}" + "\n"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (STEPS, r"\lambda_N = \left(\frac{\partial\psi}{\partial u}\right)^T", r"\lambda_N = -\left(\frac{\partial\psi}{\partial u}\right)^T"),
    (PAID + BACK, r"\mu_N = \psi_p(u_N, p)^T", r"\mu_N = -\psi_p(u_N, p)^T"),
    (STEPS, BACK.strip(), BACK.strip().replace(r"\lambda_{n+1}", r"\lambda_n")),
    (STEPS + BACK, r"\frac{d\psi}{dp} = \mu_0^T + \lambda_0^T \frac{d\eta}{dp}", r"\frac{d\psi}{dp} = \mu_0^T"),
    (COST, r"\mu_n = \mu_{n+1} + F_p(u_n, p)^T \lambda_{n+1} + r_p(u_n, p)^T", r"\mu_n = \mu_{n+1} + F_p(u_n, p)^T \lambda_{n+1}"),
])
def test_a_letter_that_is_carried_back_is_the_gradient_of_what_is_to_come(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{dJ}{dp} = \psi_p(u_N, p) + h \sum_{n=0}^{N-1} \lambda_{n+1}^T f_p(u_n, p) + \lambda_0^T \eta'(p)",
     r"\frac{dJ}{dp} = \psi_p(u_N, p) + h \sum_{n=0}^{N-1} \lambda_{n+1}^T f_p(u_n, p)"),
    (r"\frac{du_{n+1}}{dp} = \frac{du_n}{dp} + h f_u(u_n, p) \frac{du_n}{dp} + h f_p(u_n, p)",
     r"\frac{du_{n+1}}{dp} = \frac{du_n}{dp} + h f_u(u_n, p) \frac{du_n}{dp}"),
])
def test_a_start_of_layers_moves_with_the_parameters(right: str, wrong: str) -> None:
    assert last_two("", PAID.strip().replace("t_n, ", ""), right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("line", "status"), [(r"\lambda_{N+1} = 0", "definition"), (r"\lambda_N = 0", "claim"), (r"\lambda_{N+1} = 1", "claim")])
def test_a_costate_behind_the_last_layer_is_nothing(line: str, status: str) -> None:
    assert understood(*STEPS.strip().splitlines(), line)[1] == status


@pytest.mark.parametrize("written", [r"J'(u) \cdot v", r"J'(u) v"])
def test_a_primed_cost_times_a_direction_is_its_variation(written: str) -> None:
    given = r"""\dot y = f(y, u)
y(0) = y_0
J(u) = \int_0^T g(y, u) dt
\dot z = \partial_y f z + \partial_u f v"""
    right, wrong = (rf"{written} = \int_0^T (\partial_y g z {sign} \partial_u g v) dt" for sign in "+-")
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_what_is_summed_forwards_is_no_remainder() -> None:
    text = rf"${STEPS.strip().replace(chr(10), '$ $')}$ $$ g_{{n+1}} = g_n + h \lambda_{{n+1}}^T f_p(t_n, u_n, p) $$"
    assert statuses(text)[-1] == "unknown"


HELD = r"""u_{n+1} = u_n + h f(u_n, p)
J = \psi(u_N)
\lambda_n = \left(\frac{dJ}{du_n}\right)^T
\mu_n = \left(\frac{dJ}{dp}\Big|_{u_n\ \text{fixed}}\right)^T
"""
MIDPOINT = r"""U_n = u_n + \tfrac{h}{2} f(u_n, p)
u_{n+1} = u_n + h f(U_n, p)
\Lambda_n = h f_u(U_n, p)^T \lambda_{n+1}
"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (HELD, r"\mu_N = 0", r"\mu_n = \mu_{n+1} + h f_p(u_{n+1}, p)^T \lambda_{n+1}"),
    (HELD + MIDPOINT, r"\lambda_n = \lambda_{n+1} + \Lambda_n + \tfrac{h}{2} f_u(u_n, p)^T \Lambda_n", r"\lambda_n = \lambda_{n+1} + h f_u(u_n, p)^T \lambda_{n+1}"),
    (HELD + MIDPOINT, r"\mu_n = \mu_{n+1} + h f_p(U_n, p)^T \lambda_{n+1} + \tfrac{h}{2} f_p(u_n, p)^T \Lambda_n", r"\mu_n = \mu_{n+1} + h f_p(U_n, p)^T \lambda_{n+1}"),
])
def test_a_gradient_with_the_state_held_through_one_method_and_the_next(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_which_steps_pay_with_the_state_held_stays_open_beside_a_running_cost() -> None:
    given = HELD.replace(r"\psi(u_N)", r"\psi(u_N) + \sum_{n=0}^{N-1} r(u_n, p)")
    assert last_two("", given, r"\mu_N = 0", r"\mu_N = 1") == ["unknown", "unknown"]
