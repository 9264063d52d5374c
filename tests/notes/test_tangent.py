"""Letters that stand for variations and gradients: the tangent of a system, bars and dots of the two sweeps, a function's prime."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

from adjointcheck.notes.reading.document import read_text
from adjointcheck.notes.verify import Notes, begun

SYSTEM = """<!-- adjointcheck:
state: x
control: u
costate: p = dJ/dx (row)
field: f
running cost: L
terminal cost: g
time: t in [0, T]
-->
"""
SWEEPS = r"""<!-- adjointcheck:
layer: i = 0 ... N
objective: y
state: v
control: u
costate: \bar v = dy/dv (row)
field: F
terminal cost: g
-->
$v_{i+1} = F(v_i, u_i)$ """


def last(text: str) -> str:
    document = read_text(text)
    notes = Notes("notes.md", begun(document))
    return [finding.status for formula in document.formulas for finding in notes.judged(formula)][-1]


@pytest.mark.parametrize(("claim", "status"), [
    (r"\frac{d}{dt}(p z) = -\frac{\partial L}{\partial x} z + p \frac{\partial f}{\partial u} h", "proved"),
    (r"\frac{d}{dt}(p z) = \frac{\partial L}{\partial x} z + p \frac{\partial f}{\partial u} h", "refuted"),
    (r"\dot z = \frac{\partial f}{\partial x} z", "unknown"), (r"\dot y = \frac{\partial f}{\partial x} z", "unknown"),
])
def test_the_letters_of_a_tangent_are_variations(claim: str, status: str) -> None:
    tangent = r"$\dot z = \frac{\partial f}{\partial x} z + \frac{\partial f}{\partial u} h$"
    assert last(f"{SYSTEM} $\\dot x = f(x, u)$ {tangent} ${claim}$") == status


def test_a_tangent_is_known_before_it_is_said() -> None:
    claim, tangent = r"\frac{d}{dt}(p z) = -\frac{\partial L}{\partial x} z", r"\dot z = \frac{\partial f}{\partial x} z"
    document = read_text(f"{SYSTEM} $\\dot x = f(x, u)$ ${claim}$ ${tangent}$")
    assert [finding.status for formula in document.formulas for finding in Notes("n.md", begun(document)).judged(formula)][1] == "proved"


@pytest.mark.parametrize(("claim", "status"), [
    (r"\bar u_i = \bar v_{i+1} \frac{\partial F}{\partial u_i}", "proved"), (r"\bar u_i = \bar v_i \frac{\partial F}{\partial u_i}", "refuted"),
    (r"\dot v_{i+1} = \frac{\partial F}{\partial v_i} \dot v_i + \frac{\partial F}{\partial u_i} \dot u_i", "proved"),
    (r"\bar v_N = g'(v_N)", "proved"), (r"\bar v_N = 2 g'(v_N)", "refuted"), (r"\bar v_0 = \bar q", "unknown"),
])
def test_bars_are_gradients_and_dots_are_tangents_of_layers(claim: str, status: str) -> None:
    assert last(f"{SWEEPS} ${claim}$") == status


def test_what_brackets_mean_is_told_once_and_is_no_claim() -> None:
    assert last(r"$\langle a, b \rangle = a^T b$") == "definition"
    assert last(r"$\langle a, b \rangle = a^T b + b$") == "unknown"


@pytest.mark.parametrize("slip", [r"\dot\lambda = f_x \lambda", r"\dot\lambda = \frac{\partial f}{\partial x} \lambda"])
def test_a_slip_in_the_law_of_a_costate_makes_it_no_tangent(slip: str) -> None:
    told = r"$\dot x = f(x, \theta)$, $J = \Phi(x(T))$, $\lambda(t) = (\partial J/\partial x(t))^T$, $\lambda(T) = \nabla \Phi(x(T))$"
    assert statuses(rf"{told} $\dot\lambda = -f_x^T \lambda$ ${slip}$")[3:] == ["proved", "proved", "refuted"]


LAYERS = r"""$x_{k+1} = x_k + h f(x_k, u_k)$, $J = g(x_N)$, $A_k = I + h \left.\frac{\partial f}{\partial x}\right|_{(x_k, u_k)}$ """
BESIDE = r"$z_{k+1} = z_k + h f_x(x_k, u_k) z_k + h f_u(x_k, u_k) v_k$"


@pytest.mark.parametrize(("tangent", "claim", "status"), [
    (r"$z_{k+1} = A_k z_k$", "p_{k+1} z_{k+1} = p_k z_k", "proved"), (r"$z_{k+1} = A_k z_k$", "p_{k+1} z_k = p_k z_{k+1}", "refuted"),
    (BESIDE, "p_{k+1} z_{k+1} - p_k z_k = h p_{k+1} f_u(x_k, u_k) v_k", "proved"),
    (BESIDE, "p_{k+1} z_{k+1} - p_k z_k = h p_k f_u(x_k, u_k) v_k", "refuted"),
    (r"$z_{k+1} = z_k - h f_x(x_k, u_k) z_k$", "p_{k+1} z_{k+1} = p_k z_k", "unknown"),
    (r"$z_{k+1} = z_k + h f_x(x_{k+1}, u_k) z_k$", "p_{k+1} z_{k+1} = p_k z_k", "unknown"),
])
def test_a_tangent_of_layers_has_the_slopes_of_the_layer(tangent: str, claim: str, status: str) -> None:
    header = SYSTEM.replace("running cost: L\n", "").replace("time: t in [0, T]", "layer: k = 0 ... N")
    assert last(f"{header} {LAYERS} {tangent} ${claim}$") == status


MARKED = r"""\dot x = f(x, u)
x(0) = x_0
J = \phi(x(T)) + \int_0^T L(x, u)\,dt
"""
HATS = MARKED + r"\dot{\hat x} = f_x \hat x + f_u \hat u"
TILDES = MARKED + r"\frac{d \tilde x}{dt} = \frac{\partial f}{\partial x} \tilde x + \frac{\partial f}{\partial u} \tilde u"
CHECKS = MARKED + r"\dot{\check x} = A(t) \check x + B(t) \check u"


@pytest.mark.campaign  # computing time
@pytest.mark.parametrize(("given", "right", "wrong"), [
    (HATS, r"\hat J = \phi_x \hat x(T) + \int_0^T (L_x \hat x + L_u \hat u)\,dt", r"\hat J = \phi_x \hat x(T) + \int_0^T (L_x \hat x - L_u \hat u)\,dt"),
    (TILDES, r"\tilde J = \int_0^T (L_u + \lambda f_u) \tilde u\,dt", r"\tilde J = \int_0^T (L_u - \lambda f_u) \tilde u\,dt"),
])
def test_a_mark_above_letters_is_their_variation(given: str, right: str, wrong: str) -> None:
    assert last_two("costate: \\lambda = dJ/dx (row)", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("lines", "varied"), [
    ((*CHECKS.splitlines(), r"\check x(0) = 0"), True),
    ((r"\dot x = A x + B u", r"\dot{\hat x} = A \hat x + B \hat u", r"\hat x(0) = 0"), False),  # another state of the same system
    ((*MARKED.splitlines(), r"\dot{\hat x} = A \hat x + B u + K \cdot (y - C \hat x)", r"\hat x(0) = 0"), False),  # an observer
])
def test_a_mark_is_a_variation_beside_a_linear_law_of_the_varied_system(lines: tuple[str, ...], varied: bool) -> None:
    assert ("delta x(t0)" in understood(*lines)[0]) is varied


VARIED = r"$\dot z = F(z, w)$ $z(0) = z_0$ $$\dot{\delta z} = F_z\,\delta z + F_w\,\delta w,\quad \dot{\delta z} = F_z\,\delta z - F_w\,\delta w$$"


def test_a_dot_above_a_variation_is_that_of_the_state() -> None:
    assert statuses(VARIED)[-2:] == ["proved", "refuted"]


ADJOINED = r"""\dot x = f(x)
x(0) = x_0
J = \phi(x(T)) + \int_0^T L(x)\,dt
\dot\lambda = -f_x^T \lambda - L_x^T
\lambda(T) = \phi_x^T
\dot z = f_x z
z(0) = v
\dot r + f_x^T r = -L_{xx} z - (f_{xx} z)^T \lambda"""


@pytest.mark.campaign  # computing time
def test_an_adjoint_beside_the_tangent_is_the_costate_varied() -> None:
    header = "costate: \\lambda = dJ/dx (column)\nfield: f"
    assert last_two(header, ADJOINED, r"r(T) = \phi_{xx} z(T)", r"r(T) = -\phi_{xx} z(T)") == ["proved", "refuted"]


def test_a_variation_starts_at_0_where_the_start_is_given_however_its_rate_is_written() -> None:
    text = r"$\dot x = f(x,u)$, $x(0) = x_0$ fixed, $J = \int_0^T L(x,u)\,dt$. $$\delta\dot x = f_x\,\delta x + f_u\,\delta u, \qquad \delta x(0) = 0$$"
    assert statuses(text, "state: x in R^n\ncontrol: u in R^m\ncostate: p = dJ/dx (row)")[-2:] == ["proved", "proved"]


MANUAL = r"""The parameters are $p \in \mathbb{R}^{N_p}$. $$\dot y = f(t, y, p), \qquad y(t_0) = y_0(p)$$ with $y \in \mathbb{R}^N$. $$G(p) = \int_{t_0}^T g(t, y, p)\,dt$$
$$\dot\lambda = -f_y^T\lambda - g_y^T, \qquad \lambda(T) = 0$$ With $S(t_0) = \partial y_0/\partial p$
$$\frac{dG}{dp} = \lambda(t_0)^T S(t_0) + \int_{t_0}^T (g_p + \lambda^T f_p)\,dt$$ $$\frac{dG}{dp} = -\lambda(t_0)^T S(t_0) + \int_{t_0}^T (g_p + \lambda^T f_p)\,dt$$ """
REST = r"If the system is in a steady state, $f(y, p) = 0$, then $$\frac{dy}{dp} = \left(\frac{\partial f}{\partial y}\right)^{-1}\frac{\partial f}{\partial p}$$"


@pytest.mark.parametrize("rest", ["", REST])
def test_a_state_of_rest_makes_no_algebraic_state_of_the_parameters_and_no_field(rest: str) -> None:
    found = statuses(MANUAL + rest)
    assert found[8:10] == ["proved", "refuted"], found
    assert found[10:] == (["assumption", "refuted"] if rest else []), found  # y_p = -f_y^{-1} f_p at rest


def test_a_unit_vector_is_no_variation_of_all_parameters() -> None:
    given = MANUAL + r"Let $$s_i = \frac{\partial y}{\partial p_i}$$ "
    step = r"$$f_y s_i + f_{p_i} = \frac{f(t, y + \sigma s_i, p + \sigma e_i) - f(t, y - \sigma s_i, p - \sigma e_i)}{2\sigma} + O(\sigma^2)$$"
    assert statuses(given + step)[-1] not in ("refuted", "not read")


def test_a_field_that_is_one_number_for_all_components_is_no_defect() -> None:
    found = statuses(r"$x \in \mathbb{R}^n$, $$\dot x = f(x),\quad x(0) = x_0,\quad f(x) = 1$$ $$J = \phi(x(T))$$ $$x(T) = x_0 + T$$")
    assert found[-1] == "unknown"


TRANSITION = "\\dot x = A(t) x + B(t) u\n\\dot\\psi = -A(t)^T\\psi\n\\frac{\\partial}{\\partial t} \\Phi(t, s) = A(t) \\Phi(t, s)\n\\Phi(s, s) = I"


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial}{\partial s} \Phi(t, s) = -\Phi(t, s) A(s)", r"\frac{\partial}{\partial s} \Phi(t, s) = -A(s) \Phi(t, s)"),
    (r"\psi(t) = \Phi(T, t)^T \psi(T)", r"\psi(t) = \Phi(T, t) \psi(T)"),
    (r"x(T) = \Phi(T, 0) x(0) + \int_0^T \Phi(T, t) B(t) u(t)\,dt", r"x(T) = \Phi(T, 0) x(0) + \int_0^T \Phi(t, 0) B(t) u(t)\,dt"),
])
def test_a_transition_matrix_is_told_by_its_rate(right: str, wrong: str) -> None:
    header = "state: x in R^n\ncontrol: u in R^m\ncostate: \\psi in R^n (column)\ntime: t in [0, T]"
    assert last_two(header, TRANSITION, right, wrong) == ["unknown", "refuted"]  # products of several times are not proved


def test_another_matrix_moves_no_transition() -> None:
    assert last_two("state: x in R^n", "\\dot x = A(t) x + B(t) u", r"\frac{\partial}{\partial t} \Phi(t, s) = B(t) \Phi(t, s)", r"\Phi(s, s) = I") == ["unknown"] * 2


@pytest.mark.parametrize(("right", "wrong"), [(r"p_k v_k = p_{k-1} v_{k-1}", r"p_k v_{k-1} = p_{k-1} v_k"), (r"v_N = D_N D_{N-1} \cdots D_1 v_0", r"v_N = D_1 D_2 \cdots D_N v_0")])
def test_a_direction_is_pushed_through_maps_into_a_layer(right: str, wrong: str) -> None:
    given = "x_k = F_k(x_{k-1})\nJ = \\ell(x_N)\nD_k = \\frac{\\partial F_k}{\\partial x}(x_{k-1})\nv_k = D_k v_{k-1}"
    assert last_two("layer: k\nstate: x in R^n\ncostate: p = dJ/dx (row)", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("wrong", "status"), [(r"3 \lambda(0) y_0 + ", "refuted"), ("", "unknown")])
def test_a_start_that_the_notes_move_is_not_held(wrong: str, status: str) -> None:
    notes = r"Let $\dot x = f(x, u)$, $J = g(x(T))$ and $\lambda(t) = \partial J/\partial x(t)$. Then $\dot y = f_x y + f_u h$ with $y(0) = y_0$."
    right, other = (rf"$$\delta J = {term}\int_0^T \lambda f_u h\,dt$$" for term in (r"\lambda(0) y_0 + ", wrong))
    assert statuses(notes + right + other)[-2:] == ["proved", status]


FORCED = (r"$\dot x=f(x,u)$, $x(0)=x_0$, $J=g(x(T))$. With $\delta u$ the state changes by $y$, $$\dot y=f_xy+f_u\,\delta u,\quad y(0)=0.$$ "
          r"Let $\dot p=-f_x^\top p$, $p(T)=\nabla g(x(T))$. ")


def test_what_delta_u_drives_is_the_variation_of_the_state() -> None:
    right = r"$$\frac{d}{dt}\langle p,y\rangle=\langle p,f_u\delta u\rangle$$"
    assert statuses(FORCED + right + right.replace("=", "=-"))[-2:] == ["proved", "refuted"]


COMMAED = r"$$\dot y=f(y,p),\quad y(0)=y_0(p),\quad G=k(y(T))$$ $$\dot\lambda=-f_y^T\lambda,\quad\lambda(T)=k_y^T$$ "


def test_a_start_has_a_slope_behind_its_comma() -> None:
    right = r"$$\frac{dG}{dp}=\lambda(0)^Ty_{0,p}+\int_0^T\lambda^Tf_p\,dt$$"
    assert statuses(COMMAED + right + right.replace("(0)", "(T)"))[-2:] == ["proved", "refuted"]


def test_a_matrix_that_starts_at_the_identity_is_no_single_variation() -> None:
    given = r"$$\dot z = F(t, z), \qquad z(0) = z_0, \qquad G = \int_0^T g(t, z)\,dt$$ $$\dot Y = F_z Y, \quad Y(0) = I$$ "
    lines = [r"\frac{d}{dt} Y^{-1} = -Y^{-1} F_z", r"\frac{d}{dt} Y^{-1} = -F_z Y^{-1}", r"\frac{dG}{dz_0} = \int_0^T g_z\, Y\,dt"]
    assert statuses(given + " ".join(f"$${line}$$" for line in lines))[-5:] == ["proved", "proved", "proved", "refuted", "proved"]
