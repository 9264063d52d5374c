"""Augmented states, Jacobians of whole systems, letters that are defined with arguments, and stretches of time."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

NEURAL = r"""state: z in R^n
parameters: \theta in R^m
costate: a = dL/dz (row)
field: f(z, t, \theta)
objective: L
time: t in [t_0, t_1]"""
FLOW = r"""\frac{dz}{dt} = f(z(t), t, \theta)
L = \phi(z(t_1))"""
AUGMENTED = FLOW + "\n" + r"\frac{d}{dt}\begin{bmatrix} z \\ \theta \\ t \end{bmatrix} = \begin{bmatrix} f \\ 0 \\ 1 \end{bmatrix}"
NAMED = FLOW + "\n" + (r"\frac{d}{dt}\begin{bmatrix} z \\ \theta \\ t \end{bmatrix}(t) = f_{\mathrm{aug}}([z, \theta, t])"
                       r" := \begin{bmatrix} f([z, \theta, t]) \\ 0 \\ 1 \end{bmatrix}")
COSTATES = AUGMENTED + "\n" + r"a_{aug} = \begin{bmatrix} a & a_\theta & a_t \end{bmatrix}"
NAMED_BEHIND = r"z(t+\varepsilon) = z(t) + \int_t^{t+\varepsilon} f(z(s), s, \theta)\,ds =: T_\varepsilon(z(t), t)"
SLOPES = r"\begin{bmatrix} f_z & f_\theta & f_t \\ 0 & 0 & 0 \\ 0 & 0 & 0 \end{bmatrix}"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (AUGMENTED, rf"\frac{{\partial f_{{aug}}}}{{\partial [z, \theta, t]}} = {SLOPES}",
     rf"\frac{{\partial f_{{aug}}}}{{\partial [z, \theta, t]}} = {SLOPES.replace('f_t', 'f_z')}"),
    (NAMED, rf"\frac{{\partial f_{{\mathrm{{aug}}}}}}{{\partial [z, \theta, t]}} = {SLOPES}",
     rf"\frac{{\partial f_{{\mathrm{{aug}}}}}}{{\partial [z, \theta, t]}} = {SLOPES.replace('0 & 0 & 0', '1 & 0 & 0')}"),
    (COSTATES, r"\frac{d a_{aug}}{dt} = -\begin{bmatrix} a f_z & a f_\theta & a f_t \end{bmatrix}(t)",
     r"\frac{d a_{aug}}{dt} = -\begin{bmatrix} a f_z & a f_\theta & a f_z \end{bmatrix}(t)"),
    (COSTATES, rf"\frac{{d a_{{aug}}}}{{dt}} = -\begin{{bmatrix}} a & a_\theta & a_t \end{{bmatrix}} {SLOPES}",
     rf"\frac{{d a_{{aug}}}}{{dt}} = \begin{{bmatrix}} a & a_\theta & a_t \end{{bmatrix}} {SLOPES}"),
    (FLOW, r"\frac{d}{dt}\begin{bmatrix} a & a_\theta \end{bmatrix} = -\begin{bmatrix} a & a_\theta \end{bmatrix} \begin{bmatrix} f_z & f_\theta \\ 0 & 0 \end{bmatrix}",
     r"\frac{d}{dt}\begin{bmatrix} a & a_\theta \end{bmatrix} = -\begin{bmatrix} a & a_\theta \end{bmatrix} \begin{bmatrix} f_z & 0 \\ f_\theta & 0 \end{bmatrix}"),
    (COSTATES, r"\frac{d a_t}{dt} = -a f_t", r"\frac{d a_t}{dt} = a f_t"),
    (COSTATES, r"\frac{dL}{d\theta(t)} = a_\theta(t)", r"\frac{dL}{d\theta(t)} = -a_\theta(t)"),
    (COSTATES, r"\frac{d a_\theta}{dt} = -a \frac{\partial f}{\partial\theta}", r"\frac{d a_\theta}{dt} = -a_\theta \frac{\partial f}{\partial\theta}"),
    (FLOW, r"z(t + \varepsilon) = z(t) + \int_t^{t+\varepsilon} f(z(s), s, \theta)\,ds",
     r"z(t + \varepsilon) = z(t) - \int_t^{t+\varepsilon} f(z(s), s, \theta)\,ds"),
    (FLOW, r"a(t + \varepsilon) - a(t) = -\int_t^{t+\varepsilon} a(s) f_z(z(s), s, \theta)\,ds",
     r"a(t + \varepsilon) - a(t) = \int_t^{t+\varepsilon} a(s) f_z(z(s), s, \theta)\,ds"),
    (FLOW + "\n" + r"T_\varepsilon(z(t), t) := z(t + \varepsilon)", r"a(t) = a(t + \varepsilon)\frac{\partial T_\varepsilon(z(t), t)}{\partial z(t)}",
     r"a(t + \varepsilon) = a(t)\frac{\partial T_\varepsilon(z(t), t)}{\partial z(t)}"),
    (f"{FLOW}\n{NAMED_BEHIND}", r"\frac{\partial T_\varepsilon(z(t), t)}{\partial z(t)} = I + \varepsilon f_z + O(\varepsilon^2)",
     r"\frac{\partial T_\varepsilon(z(t), t)}{\partial z(t)} = I - \varepsilon f_z + O(\varepsilon^2)"),
    (FLOW, r"\dot a = \lim_{\varepsilon\to 0} \frac{a(t+\varepsilon) - a(t)}{\varepsilon} = -a f_z",
     r"\dot a = \lim_{\varepsilon\to 0} \frac{a(t) - a(t+\varepsilon)}{\varepsilon} = a f_z"),
])
def test_right_lines_are_proved_and_slips_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two(NEURAL, given, right, wrong) == ["proved", "refuted"]


PAIR = r"""\dot x = \alpha x - \beta x y
\dot y = \delta x y - \gamma y"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial \dot x}{\partial y} = -\beta x", r"\frac{\partial \dot x}{\partial y} = -\beta y"),
    (r"\frac{\partial \dot y}{\partial \gamma} = -y", r"\frac{\partial \dot y}{\partial \gamma} = -x"),
    (r"\frac{\partial(\dot x, \dot y)}{\partial(x, y)} = \begin{pmatrix} \alpha - \beta y & -\beta x \\ \delta y & \delta x - \gamma \end{pmatrix}",
     r"\frac{\partial(\dot x, \dot y)}{\partial(x, y)} = \begin{pmatrix} \alpha - \beta y & \delta y \\ -\beta x & \delta x - \gamma \end{pmatrix}"),
    (r"A(1, y) = \begin{pmatrix} \alpha - \beta y & -\beta \\ \delta y & \delta - \gamma \end{pmatrix}",
     r"A(1, y) = \begin{pmatrix} \alpha - \beta & -\beta \\ \delta y & \delta - \gamma \end{pmatrix}"),
    (r"\det A(0, 1) = -(\alpha - \beta)\gamma", r"\det A(0, 1) = (\alpha - \beta)\gamma"),
    (r"\mathrm{tr}\, A(x, y) = \alpha - \beta y + \delta x - \gamma", r"\mathrm{tr}\, A(x, y) = \alpha - \beta y - \delta x - \gamma"),
])
def test_a_matrix_defined_in_its_arguments_is_taken_at_others(right: str, wrong: str) -> None:
    given = PAIR + "\n" + r"A(x, y) := \frac{\partial(\dot x, \dot y)}{\partial(x, y)}"
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_vector_told_at_the_end_alone_is_no_constant() -> None:
    given = FLOW + "\n" + r"s(t_1) = [z(t_1), \frac{dL}{dz(t_1)}, 0]"
    line = r"\frac{ds}{dt} = [f, -a f_z, -a f_\theta]"
    assert last_two(NEURAL, given, line, line.replace("-a f_z", "a f_z")) == ["definition", "refuted"]


README = r"""$$\frac{dz(t)}{dt} = f(z(t), t, \theta), \quad z(t_0) = z_0$$ A scalar loss $L$ is evaluated on $z(t_1)$.
$$\frac{d}{dt}\begin{bmatrix} z \\ \theta \\ t \end{bmatrix} = f_{aug}([z,\theta,t]) := \begin{bmatrix} f(z,t,\theta) \\ 0 \\ 1 \end{bmatrix}$$
$$a(t) = \frac{dL}{dz(t)}, \quad a_\theta(t) = \frac{dL}{d\theta(t)}, \quad a_t(t) = \frac{dL}{dt(t)}$$ $$a_t(t_1) := -a(t_1)\,f(z(t_1), t_1, \theta)$$ $\tau = t_1 - t$
$$\frac{d}{dt}\begin{bmatrix} z & a & a_\theta & a_t \end{bmatrix} = \begin{bmatrix} f & -a\frac{\partial f}{\partial z} & -a\frac{\partial f}{\partial\theta} & -a\frac{\partial f}{\partial t} \end{bmatrix}$$ """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{dL}{dt_1} = a(t_1)\,f(z(t_1), t_1, \theta)", r"\frac{dL}{dt_0} = a_t(t_1) + \int_{t_1}^{t_0} a(t)\,\frac{\partial f}{\partial t}\,dt"),
    (r"\frac{da_\theta}{d\tau} = a\,\frac{\partial f}{\partial\theta}(z, t_1 - \tau, \theta)", r"\frac{dz}{d\tau} = f(z, t_1 - \tau, \theta)"),
    (r"\frac{dL}{dt_0} = -\frac{dL}{dt_1} \qquad (f = f(z, \theta))", r"\frac{dL}{dt_0} = \frac{dL}{dt_1} \qquad (f = f(z, \theta))"),
    (r"\frac{dL}{dt_0} = a_t(t_0)", r"\frac{dL}{dt_0} = -\frac{dL}{dt_1}"),
])
def test_parameters_and_the_time_beside_the_state_are_no_states(right: str, wrong: str) -> None:
    found = statuses(rf"{README} $${right}$$ $${wrong}$$")
    assert found[-2:] == ["proved", "refuted"] and not {"unknown", "refuted"} & {*found[:-2]}, found


def test_the_augmented_system_may_be_all_that_tells_the_dynamics() -> None:
    system = r"$$\frac{d}{dt}\begin{bmatrix} z \\ \theta \\ t \end{bmatrix} = \begin{bmatrix} f(z,\theta,t) \\ 0 \\ 1 \end{bmatrix}$$ "
    lines = r"$$\dot a = -a f_z$$ $$\dot a = a f_z$$ $$\frac{dL}{dt_1} = a(t_1) f(z(t_1), \theta, t_1)$$ $$\frac{dL}{dt_1} = a(t_1) f_z(z(t_1), \theta, t_1)$$"
    found = statuses(r"The row $a(t) = dL/dz(t)$ is the adjoint. " + system + lines)
    assert found == ["definition", "definition", "proved", "refuted", "proved", "refuted"]
    turned = r"$$\frac{d}{dt}\begin{bmatrix} z \\ a \end{bmatrix} = \begin{bmatrix} f(z,\theta,t) \\ -a f_z \end{bmatrix}$$ "
    assert statuses(turned)[0] != "definition"  # what moves beside the state is told with it


def test_a_costate_by_the_name_of_its_state_has_a_part_of_the_parameters() -> None:
    header = "state: y\ncostate: a_y = dL/dy (row)\nparameters: \\theta\nfield: f\nobjective: L\ntime: t in [t_0, t_1]"
    right, wrong = r"\frac{da_\theta}{dt} = -a_y \frac{\partial f}{\partial\theta}", r"\frac{da_\theta}{dt} = -a_\theta \frac{\partial f}{\partial\theta}"
    assert last_two(header, r"\frac{dy}{dt} = f(t, y, \theta)", right, wrong) == ["proved", "refuted"]
    assert last_two(header, r"\frac{dy}{dt} = f(t, y, \theta)", r"a_\theta(t_0) = \frac{dL}{d\theta}", r"a_\theta(t_1) = \frac{dL}{d\theta}") == ["proved", "refuted"]


@pytest.mark.parametrize(("motion", "right", "wrong"), [
    (r"\dot x = A x + B u =: f(x,u)", r"\dot\lambda = -f_x^\top\lambda", r"\dot\lambda = f_x^\top\lambda"),
    (r"\dot x = -x^3 + u =: f(x,u)", r"\dot\lambda = 3 x^2\lambda", r"\dot\lambda = -3 x^2\lambda"),
])
def test_a_motion_may_have_its_name_behind_it(motion: str, right: str, wrong: str) -> None:
    header = "state: x\ncontrol: u\nobjective: J\ntime: t in [0, T]\ncostate: \\lambda = dJ/dx (column)"
    given = f"{motion}\nx(0) = x_0\nJ = \\Phi(x(T)) + \\int_0^T \\frac12 u^2\\,dt"
    assert last_two(header, given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("loss", "right", "wrong"), [
    (r"L = \Phi(z(t_1))", r"\frac{dL}{dt_1} = \frac{dL}{dz(t_1)} \frac{dz(t_1)}{dt_1}", r"\frac{dL}{dt_1} = -\frac{dL}{dz(t_1)} \frac{dz(t_1)}{dt_1}"),
    (r"L = \Phi(z(t_1)) + \int_{t_0}^{t_1} r(z) dt", r"\frac{dz(t_1)}{dt_1} = f(z(t_1), t_1, \theta)",
     r"\frac{dL}{dt_1} = \frac{dL}{dz(t_1)} \frac{dz(t_1)}{dt_1}"),
])
def test_the_end_moves_along_the_field_when_its_time_does(loss: str, right: str, wrong: str) -> None:
    header = "state: z\ncostate: a = dL/dz (row)\nparameters: \\theta\nobjective: L\ntime: t in [t_0, t_1]"
    assert last_two(header, r"\dot z = f(z, t, \theta)" + "\n" + loss, right, wrong) == ["proved", "refuted"]


def test_a_new_letter_beside_state_and_costate_gathers_the_gradient() -> None:
    notes = r"""$$\frac{dy}{dt} = f(t, y, \theta), \qquad y(t_0) = y_0$$ $L = \ell(y(t_1))$, $$\lambda(t) = \left(\frac{\partial L}{\partial y(t)}\right)^\top$$
    $$\frac{d}{dt} \begin{pmatrix} y \\ \lambda \\ g \end{pmatrix} = \begin{pmatrix} f \\ -f_y^\top \lambda \\ -f_\theta^\top \lambda \end{pmatrix}, \qquad g(t_1) = 0$$ """
    found = [statuses(rf"{notes} $$\nabla_\theta L = {value}$$") for value in ("g(t_0)", "-g(t_0)")]
    assert [statuses_[-1] for statuses_ in found] == ["proved", "refuted"] and found[0][-3:-1] == ["definition", "definition"]
    assert "refuted" in statuses(notes.replace(r"-f_y^\top", r"f_y^\top"))


def test_a_cost_that_is_only_named_may_rest_on_one_of_two_states() -> None:
    posed = (r"$$\frac{dh}{dt} = f(h,s,\theta), \quad \frac{ds}{dt} = g(h,s,\theta), \qquad h(0) = x,\quad s(0) = 0$$ Let $L = L(h(T))$ and "
             r"$$a(t) = \frac{dL}{dh(t)}, \qquad b(t) = \frac{dL}{ds(t)}$$ ")
    found = statuses(posed + r"$$b(T) = 0$$ $$\frac{db}{dt} = -a\,\frac{\partial f}{\partial s} + b\,\frac{\partial g}{\partial s}$$")
    assert found[-2:] == ["unknown", "refuted"]
