"""Time that runs back, s = T - t, and letters that are written on it."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

GIVEN = (
    "\\dot x = r(x,p,t)\nF = \\int_0^T f(x,p,t)\\,dt\n\\mathcal{L} = \\int_0^T [f(x,p,t) + \\lambda^T(\\dot x - r(x,p,t))]\\,dt\n"
    "s = T - t\n\\tilde\\lambda(s) = \\lambda(T-s)\n"
)
STEPS = "\\dot u = f(u,p)\nu(t) = u(t - \\Delta t) + \\Delta t f(u(t - \\Delta t), p) + O(\\Delta t^2)\nG = \\int_0^T g(u,p)\\,dt\n"
BACK = r"\lambda(t - \Delta t) = \frac{\partial g}{\partial u} \Delta t + \lambda(t) \left(I + \frac{\partial f}{\partial u} \Delta t\right) + O(\Delta t^2)"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (STEPS, BACK, BACK.replace("(I +", "(I -")),
    pytest.param(STEPS + "\\tau = T - t\n", r"\frac{d\lambda}{d\tau} = \frac{\partial g}{\partial u} + \lambda \frac{\partial f}{\partial u}",
                 r"\frac{d\lambda}{d\tau} = -\frac{\partial g}{\partial u} - \lambda \frac{\partial f}{\partial u}", marks=pytest.mark.campaign),
])
def test_a_small_step_back_and_a_clock_beside_it(given: str, right: str, wrong: str) -> None:
    """tau = T - t is a time, though tau may be a time step elsewhere."""
    assert last_two("costate: \\lambda = dG/du (row)\nobjective: G", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\frac{d\tilde\lambda^T}{ds} = \tilde\lambda^T\partial_x r - \partial_x f", r"\frac{d\tilde\lambda^T}{ds} = \partial_x f - \tilde\lambda^T\partial_x r"),
        (r"\tilde\lambda(0) = 0", r"\tilde\lambda(0) = \lambda(0)"),
        (r"\frac{d\tilde\lambda}{ds} = -\dot\lambda", r"\frac{d\tilde\lambda}{ds} = \dot\lambda"),
    ],
)  # fmt: skip
def test_the_right_line_is_proved_and_its_slip_refuted(right: str, wrong: str) -> None:
    assert last_two("", GIVEN, right, wrong) == ["proved", "refuted"]


def test_a_field_is_differentiated_by_the_clock_that_an_integral_gives_it() -> None:
    given = r"$$\frac{dy}{dt} = f(t, y, \theta)$$ The loss is $L(y(t_1))$. $a(t) = \frac{dL}{dy(t)}$ "
    right = r"$$\frac{dL}{dt_0} = -\frac{dL}{dt_1} + \int_{t_0}^{t_1} a(s)\,\frac{\partial f(s, y(s), \theta)}{\partial s}\,ds$$"
    other = r"$$\frac{dL}{dt_0} = -\frac{dL}{dt_1} + \int_{t_0}^{t_1} a(s)\,\frac{\partial f}{\partial t}(s, y(s), \theta)\,ds$$"
    assert statuses(given + right + other + right.replace("+ \\int", "- \\int"))[-3:] == ["proved", "proved", "refuted"]


def test_time_may_be_called_s_or_tau_in_notes_that_have_no_t() -> None:
    """The space of x told first, the Jacobian D = dv/dy as a function, the time as a factor of an exponent."""
    notes = (r"$x \in \mathbb R^d$ $$\dot y(s) = v(y(s), s, w), y(0) = x$$ $D = \frac{\partial v}{\partial y}$ "
             r"$$J = \Phi(y(1)) + \int_0^1 \Big[\frac\kappa2 \|v(y,s,w)\|^2 + c\,\|y\|^2\Big] ds$$ $$\psi(s) = \frac{dJ}{dy(s)}$$ "
             r"$$\dot\psi(s) = -D(y,s,w)^T\psi - \kappa D^T v - 2 c y$$ $$\dot\psi(s) = -D^T\psi + \kappa D^T v - 2 c y$$ "
             r"$$\nabla_w J = \int_0^1 (v_w^T\psi + \kappa v_w^T v)\,ds$$ $$\nabla_w J = \int_0^1 (v_w^T\psi - \kappa v_w^T v)\,ds$$")
    for text in (notes, notes.replace("(s)", r"(\tau)").replace("s, w)", r"\tau, w)").replace(",s,w)", r",\tau,w)").replace("ds", r"d\tau")):
        found = statuses(text, "gradients: columns")
        assert found[-4:] == ["proved", "refuted", "proved", "refuted"], found


def test_a_number_that_a_sentence_gives_a_letter_excuses_its_line_alone() -> None:
    """Without the penalty (kappa = 0) its terms are gone; the divergence of a field by the name of its Jacobian."""
    notes = (r"$$\dot y = v(y, w), y(0) = y_0$$ $D = \frac{\partial v}{\partial y}$ "
             r"$$J = \Phi(y(1)) + \int_0^1 \Big[\frac\kappa2 \|v(y,w)\|^2 - \operatorname{tr} D(y,w)\Big] dt$$ $$\psi = \frac{dJ}{dy(t)}$$ "
             r"$$\dot\psi = -D^T\psi - \kappa D^T v + \nabla_y\operatorname{tr} D$$ ")
    free = r"$$\dot\psi = -D^T\psi + \nabla_y\operatorname{tr} D$$"
    assert statuses(f"{notes} Without the penalty ($\\kappa=0$) {free}", "gradients: columns")[-3::2] == ["proved", "unknown"]
    assert statuses(f"{notes} In short {free}", "gradients: columns")[-2:] == ["proved", "refuted"]


REDUCED = r"""\dot y = f(y, u)
y(0) = y_0
J(y, u) = \phi(y(T)) + \int_0^T L(y, u) dt
\dot p = -f_y^\top p - L_y^\top
p(T) = \nabla\phi(y(T))
"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{dq}{d\tau} = f_y(y(T-\tau), u(T-\tau))^\top q(\tau) + L_y(y(T-\tau), u(T-\tau))^\top",
     r"\frac{dq}{d\tau} = -f_y(y(T-\tau), u(T-\tau))^\top q(\tau) - L_y(y(T-\tau), u(T-\tau))^\top"),
    (r"\dot q = f_y^\top q + L_y^\top", r"\dot q = -f_y^\top q - L_y^\top"),
    (r"\dot q(\tau) = f_y(y(T-\tau), u(T-\tau))^\top q(\tau) + L_y(y(T-\tau), u(T-\tau))^\top", r"\dot q(\tau) = \dot p(T-\tau)"),
])
def test_a_letter_followed_from_the_end_has_a_time_of_its_own(right: str, wrong: str) -> None:
    assert last_two("", REDUCED + r"q(\tau) = p(T-\tau)", right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize("named", ["j", r"\hat J", "J"])
def test_a_reduced_cost_is_the_cost_and_its_derivative_takes_a_direction(named: str) -> None:
    lines = rf"{named}'(u) h = \int_0^T (L_u + p^\top f_u) h dt", rf"{named}'(u) h = \int_0^T (L_u - p^\top f_u) h dt"
    slopes = rf"\nabla {named}(u) = L_u^\top + f_u^\top p", rf"\nabla {named}(u) = L_u^\top - f_u^\top p"
    assert last_two("", REDUCED, *lines) == ["proved", "refuted"]
    assert last_two("", REDUCED, *slopes) == ["proved", "refuted"]


@pytest.mark.campaign
def test_a_horizon_that_the_notes_give_as_a_number_is_where_things_end() -> None:
    """T = 1 and T = ln 2 in a sentence; a T that is paid for is looked for."""
    notes = r"$\dot x = u$, $x(0) = 1$, $T = 1$ $$J = \frac12 x(T)^2 + \frac12\int_0^T u^2\,dt$$ $\dot p = 0$, $u = -p$ $$x(T) = \frac12$$"
    assert statuses(notes)[-1:] == ["proved"]
    assert statuses(notes + r"$$x(1) = \frac12$$ $$J = \frac12$$")[-2:] == ["proved", "refuted"]
    grown = r"$\dot x = -x + u$, $x(0) = 1$, $T = \ln 2$ $$J = 2\,x(T)^2 + \frac12\int_0^T u^2\,dt$$ $\dot p = p$, $u = -p$ "
    assert statuses(grown + r"$$x(t) = \frac65 e^{-t} - \frac15 e^{t}$$ $$x(t) = \frac65 e^{-t} + \frac15 e^{t}$$")[-2:] == ["proved", "refuted"]
    sought = notes.replace("$T = 1$", "").replace("u^2", "(1 + u^2)")
    assert "refuted" not in statuses(sought + r"$T = 1$ $$x(T) = \frac12$$")[-2:]


POSED = r"$\dot y = f(y, \theta)$ with $y = y_0$ at $t = t_0$, $J = \ell(y(t_1))$, $\lambda = \nabla_y J$, $\dot\lambda = -f_y^\top\lambda$. "


def test_what_is_said_at_a_time_holds_there() -> None:
    ends = r"$\lambda = \nabla\ell(y)$ at $t = t_1$. $\lambda = \nabla\ell(y)$ at $t = t_0$."
    assert statuses(POSED + ends)[1] == "assumption"
    assert statuses(POSED + ends)[-2:] == ["proved", "refuted"]


def test_what_is_carried_backwards_is_the_gradient_at_its_end_alone() -> None:
    back = r"With $s = t_1 - t$, $\frac{dq}{ds} = f_\theta^\top\lambda$, $q(0) = 0$. "
    ends = r"$q = \nabla_\theta J$ at $s = t_1 - t_0$. $q = -\nabla_\theta J$ at $s = t_1 - t_0$. $q = \nabla_\theta J$ at $s = 0$."
    assert statuses(POSED + back + ends)[-3:] == ["proved", "refuted", "refuted"]


def test_what_is_integrated_in_time_is_seen_on_the_clock_of_the_notes() -> None:
    given = r"$$\dot x = f(x), \quad x(0) = x_0$$ $$J = \Phi(x(T)) + \int_0^T \ell(x)\,dt$$ $$p(T) = \Phi_x$$ For $f = Ax$, $\Phi = 0$ and $\ell = x^T Q x/2$, $Q = Q^T$, "
    lines = r"$$p(T) = 0$$ $$\frac{dJ}{dx_0} = x_0^T \int_0^T e^{A^T s} Q\, e^{As}\,ds$$ $$\frac{dJ}{dx_0} = x_0^T \int_0^T e^{As} Q\, e^{As}\,ds$$"
    assert statuses(given + lines)[-3:] == ["proved", "unknown", "refuted"]


def test_a_horizon_is_what_a_constant_is_paid_for() -> None:
    given = r"""$$\dot z = f(z, \theta), \quad z(0) = z_0$$ $$J = \varphi(z(T)) + \int_0^T \ell(z, \theta)\,dt$$
        $$\dot\lambda = -f_z^T\lambda - \ell_z^T, \quad \lambda(T) = \varphi_z^T$$ $$\ell(z, \theta) = \frac{\beta}{2}\|\theta\|^2$$ """
    lines = r"$$\frac{dJ}{d\theta} = \beta T\theta^T + \int_0^T \lambda^T f_\theta\,dt$$ $$\frac{dJ}{d\theta} = \beta\theta^T + \int_0^T \lambda^T f_\theta\,dt$$"
    assert statuses(given + lines)[-2:] == ["proved", "refuted"]
