"""States in blocks with fields that notes only name: augmented neural ODEs, positions and velocities, partitioned systems."""

from __future__ import annotations

import pytest
from understood import findings, statuses

from adjointcheck.notes.letters.partitions import Parts, read
from adjointcheck.notes.proofs.settings import setting

AUGMENTED = r"""\dot x = f(x, y, \theta)
\dot y = g(x, y, \theta)
E = \ell(x(1), y(1))
\alpha(t) = \frac{\partial E}{\partial x(t)}
\beta(t) = \frac{\partial E}{\partial y(t)}"""
SECOND_ORDER = r"""\ddot q = F(q, \dot q, \theta), \qquad q(0) = q_0, \quad \dot q(0) = v_0
v = \dot q
J = \Phi(q(T), v(T))
\eta = \frac{\partial J}{\partial q}
\mu = \frac{\partial J}{\partial v}"""
HAMILTON = r"""\dot q = v, \qquad \dot v = F(q, v, u)
J = \Phi(q(T), v(T)) + \int_0^T L(q, v, u)\,dt
H = L + p_q^\top v + p_v^\top F"""
COLUMNS = r"""\dot y = f(y, z, p), \qquad \dot z = g(y, z, p), \qquad y(0) = y_0, \quad z(0) = z_0
G = \psi(y(T), z(T))
\xi = \nabla_y G
\eta = \nabla_z G"""
TURNED = r"""\dot y = f(y, z, p), \qquad \dot z = g(y, z, p)
G = \psi(y(T))
\xi = -\left(\frac{\partial G}{\partial y}\right)^\top, \quad \eta = -\left(\frac{\partial G}{\partial z}\right)^\top"""
DOTS = r"""\ddot q = F(q, \dot q, u(t))
J = \Phi(q(T)) + \int_0^T L(q, \dot q, u)\,dt
p = \frac{\partial J}{\partial q}
\pi = \frac{\partial J}{\partial \dot q}"""
AGAINST = r"""\dot x = f(x, y, \theta), \qquad \dot y = g(x, y, \theta)
J = \Phi(x(T), y(T))
\mathcal{L} = \Phi(x(T), y(T)) + \int_0^T \lambda^\top (\dot x - f(x, y, \theta)) + \mu^\top (\dot y - g(x, y, \theta))\,dt"""
PONTRYAGIN = r"""J = \int_0^T L(q, v, u)\,dt
\dot q = v, \qquad \dot v = F(q, v, u)
H = p\,v + r\,F(q, v, u) - L(q, v, u)
\dot p = -\frac{\partial H}{\partial q}"""
SQUARES = r"""\dot q = v, \qquad \dot v = F(q, v, u)
J = \frac12 \| q(T) - \bar q \|^2 + \frac{\rho}{2} \int_0^T \| u \|^2\,dt
H = \frac{\rho}{2} \| u \|^2 + p_q^\top v + p_v^\top F(q, v, u)
\dot p_q = -F_q^\top p_v, \quad p_q(T) = q(T) - \bar q"""
PAIRED = r"""\dot q = f(q, p), \qquad \dot p = g(q, p)
J = C(q(T), p(T))
\dot\lambda_q = -f_q^\top \lambda_q - g_q^\top \lambda_p, \qquad \lambda_q(T) = \nabla_q C(q(T), p(T))"""
JACOBIANS = r"""\dot x = f(x, y), \quad \dot y = g(x, y)
J = \Phi(x(T), y(T))
A = \frac{\partial f}{\partial x}, \quad B = \frac{\partial f}{\partial y}
C = \frac{\partial g}{\partial x}, \quad D = \frac{\partial g}{\partial y}
\lambda = (\lambda_x, \lambda_y)"""
MOTIONS = r"""\dot x = f(x, y, \theta), \qquad \dot y = g(x, y, \theta)
J = \Phi(x(T), y(T))
\dot\lambda = -f_x^\top \lambda - g_x^\top \mu, \qquad \lambda(T) = \nabla_x \Phi
\dot\mu = -f_y^\top \lambda - g_y^\top \mu, \qquad \mu(T) = \nabla_y \Phi"""
ACCELERATION = r"""\ddot q = F(q, \dot q, t, \theta)
J = \int_0^T \ell(q, \dot q)\,dt + \Phi(q(T))
\mathcal{L} = J + \int_0^T \mu^\top (F(q, \dot q, t, \theta) - \ddot q)\,dt"""
PRIMES = r"""x' = f(x, y, u), \quad y' = g(x, y, u)
J = \int_0^T L(x, y, u)\,dt + \varphi(x(T), y(T))
H(x, y, u, p, q) = L(x, y, u) + p\,f(x, y, u) + q\,g(x, y, u)"""
STACKED = r"""\dot q = v, \quad \dot v = F(q, v, \theta)
J = \Phi(q(T), v(T))
a_q = \frac{\partial J}{\partial q}, \quad a_v = \frac{\partial J}{\partial v}
A = \begin{pmatrix} 0 & I \\ F_q & F_v \end{pmatrix}
a = (a_q, a_v)"""
WEIGHTS = r"""\dot q = v, \quad \dot v = F(q, v, u)
J = \frac12 q(T)^\top S q(T) + \frac12 \int_0^T (v^\top Q v + u^\top R u)\,dt
H = \frac12 v^\top Q v + \frac12 u^\top R u + \lambda^\top v + \mu^\top F(q, v, u)"""
VARIED = r"""\ddot q = F(q, \theta)
\xi = \delta q
\dot\xi = \eta
J = \Phi(q(T))"""


def verdict(header: str, given: str, line: str) -> str:
    """What is said of the last line of notes, all of its statements together."""
    text = "".join(f"$${statement}$$\n" for statement in [*given.splitlines(), line])
    items = findings(text, header)
    found = {item.status for item in items if item.line == items[-1].line}
    return found.pop() if len(found) == 1 else "refuted" if "refuted" in found else "unknown"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (AUGMENTED, r"\dot\alpha = -\alpha f_x - \beta g_x", r"\dot\alpha = -\alpha f_x - \beta f_y"),
    (AUGMENTED, r"\frac{d}{dt} \begin{pmatrix} \alpha & \beta \end{pmatrix} = -\begin{pmatrix} \alpha & \beta \end{pmatrix} \begin{pmatrix} f_x & f_y \\ g_x & g_y \end{pmatrix}",
     r"\frac{d}{dt} \begin{pmatrix} \alpha & \beta \end{pmatrix} = -\begin{pmatrix} \alpha & \beta \end{pmatrix} \begin{pmatrix} f_x & g_x \\ f_y & g_y \end{pmatrix}"),
    (AUGMENTED, r"\frac{dE}{d\theta} = \int_0^1 (\alpha f_\theta + \beta g_\theta)\,dt", r"\frac{dE}{d\theta} = \int_0^1 \alpha f_\theta\,dt"),
    (SECOND_ORDER, r"\ddot\mu + \frac{d}{dt}(\mu F_v) - \mu F_q = 0", r"\ddot\mu + \frac{d}{dt}(\mu F_v) + \mu F_q = 0"),
    (SECOND_ORDER, r"\mu(T) = \Phi_v", r"\mu(T) = \Phi_q"),
    (SECOND_ORDER, r"\frac{dJ}{dv_0} = \mu(0)", r"\frac{dJ}{dv_0} = \eta(0)"),
    (SECOND_ORDER, r"\frac{dJ}{d\theta} = \int_0^T \mu F_\theta\,dt", r"\frac{dJ}{d\theta} = \int_0^T \eta F_\theta\,dt"),
    (SECOND_ORDER, r"\dot v = F(q, v, \theta)", r"\dot v = -F(q, v, \theta)"),
    (HAMILTON, r"\dot p_v = -\nabla_v H = -L_v^\top - p_q - F_v^\top p_v", r"\dot p_v = -L_v^\top - F_v^\top p_v"),
    (HAMILTON, r"\frac{\delta J}{\delta u} = L_u + p_v^\top F_u", r"\frac{\delta J}{\delta u} = p_v^\top F_u"),
    (HAMILTON, r"L_u + p_v^\top F_u = 0, \qquad \frac{dH}{dt} = 0", r"\dot p_q = F_q^\top p_v"),
    (COLUMNS, r"\frac{d}{dt} \begin{bmatrix} \xi \\ \eta \end{bmatrix} = -\begin{bmatrix} f_y & f_z \\ g_y & g_z \end{bmatrix}^\top \begin{bmatrix} \xi \\ \eta \end{bmatrix}",
     r"\frac{d}{dt} \begin{bmatrix} \xi \\ \eta \end{bmatrix} = -\begin{bmatrix} f_y & f_z \\ g_y & g_z \end{bmatrix} \begin{bmatrix} \xi \\ \eta \end{bmatrix}"),
    (COLUMNS, r"\nabla_p G = \int_0^T (f_p^\top \xi + g_p^\top \eta)\,dt", r"\nabla_p G = \int_0^T (f_p^\top \eta + g_p^\top \xi)\,dt"),
    (TURNED, r"\dot\eta = -f_z^\top \xi - g_z^\top \eta", r"\dot\eta = -g_y^\top \xi - g_z^\top \eta"),
    (TURNED, r"\xi(T) = -\nabla\psi(y(T)), \quad \eta(T) = 0", r"\xi(T) = \nabla\psi(y(T))"),
    (DOTS, r"\dot\pi = -\frac{\partial L}{\partial \dot q} - p - \pi \frac{\partial F}{\partial \dot q}", r"\dot\pi = -\frac{\partial L}{\partial \dot q} - \pi \frac{\partial F}{\partial \dot q}"),
    (DOTS, r"p(T) = \nabla\Phi(q(T)), \quad \pi(T) = 0", r"\pi(T) = \nabla\Phi(q(T))"),
    (AGAINST, r"\lambda(T) = -\nabla_x\Phi", r"\mu(T) = \nabla_y\Phi"),
    (PONTRYAGIN, r"\dot r = \frac{\partial L}{\partial v} - p - r \frac{\partial F}{\partial v}", r"\dot r = \frac{\partial L}{\partial v} + p - r \frac{\partial F}{\partial v}"),
    (SQUARES, r"\nabla J = \rho u + F_u^\top p_v", r"\nabla J = \rho u - F_u^\top p_v"),
    (PAIRED, r"\frac{d}{dt}(\lambda_q^\top \delta q + \lambda_p^\top \delta p) = 0", r"\frac{d}{dt}(\lambda_q^\top \delta q) = 0"),
    (MOTIONS, r"\nabla_\theta J = \int_0^T (f_\theta^\top \lambda + g_\theta^\top \mu)\,dt", r"\nabla_\theta J = -\int_0^T (f_\theta^\top \lambda + g_\theta^\top \mu)\,dt"),
    (MOTIONS.rpartition("\n")[0], r"\dot\mu = -f_y^\top \lambda - g_y^\top \mu", r"\dot\mu = -f_y^\top \lambda + g_y^\top \mu"),
    (ACCELERATION, r"\ddot\mu = F_q^\top \mu - \frac{d}{dt}(F_{\dot q}^\top \mu) + \ell_q^\top - \frac{d}{dt}\ell_{\dot q}^\top",
     r"\ddot\mu = F_q^\top \mu + \frac{d}{dt}(F_{\dot q}^\top \mu) + \ell_q^\top - \frac{d}{dt}\ell_{\dot q}^\top"),
    (ACCELERATION, r"\mu(T) = 0, \qquad \dot\mu(T) = -\nabla\Phi(q(T)) - \ell_{\dot q}^\top|_{t=T}", r"\dot\mu(T) = \nabla\Phi(q(T)) - \ell_{\dot q}^\top|_{t=T}"),
    (PRIMES, r"q' = -\partial_y H", r"q' = -\partial_x H"), (STACKED, r"\dot a_v = -a_q - a_v F_v", r"\dot a_q = -a_q - a_v F_q"),
    (WEIGHTS, r"\dot\mu = -Q v - \lambda - F_v^\top \mu", r"\dot\mu = Q v - \lambda - F_v^\top \mu"),
    (WEIGHTS, r"\lambda(T) = S q(T), \quad R u + F_u^\top \mu = 0", r"\lambda(T) = -S q(T), \quad R u + F_u^\top \mu = 0"),
    (JACOBIANS, r"\dot\lambda_y = -B^\top \lambda_x - D^\top \lambda_y", r"\dot\lambda_y = -C^\top \lambda_x - D^\top \lambda_y"),
])
def test_right_lines_are_proved_and_slips_refuted(given: str, right: str, wrong: str) -> None:
    header = {JACOBIANS: "costate: \\lambda (column)", PRIMES: "time: t in [0, T]"}.get(given, "")
    assert [verdict(header, given, line) for line in (right, wrong)] == ["proved", "refuted"]


def test_variations_are_no_costates() -> None:
    assert verdict("", VARIED, r"\dot\eta = F_q \xi") != "refuted"


def test_an_optimal_control_of_blocks_is_one() -> None:
    notes = "".join(f"$${line}$$ " for line in PONTRYAGIN.splitlines())
    assert statuses(notes + r"At the optimum $r F_u = L_u$.")[-1] == "proved"
    assert statuses(notes + r"At the optimum $r F_u = -L_u$.")[-1] == "refuted"


def test_a_field_of_a_special_case_refutes_nothing_after_it() -> None:
    notes = "".join(f"$${line}$$ " for line in SECOND_ORDER.splitlines())
    found = statuses(notes + r"With $F(q, v, \theta) = -\theta q$ it is $\dot\mu = -\eta$. In general $\dot\mu = -\eta - \mu F_v$.")
    assert found[-3:] == ["assumption", "unknown", "proved"], found


def test_blocks_are_told_only_where_each_has_a_costate() -> None:
    given = "\\dot x = f(x, y)\n\\dot y = g(x, y)\nA = \\frac{\\partial f}{\\partial x}, \\quad B = \\frac{\\partial f}{\\partial y}"
    assert [verdict("", given, line) for line in ("A = B", r"\dot\lambda = -A^\top \lambda")] == ["unknown", "unknown"]


def test_a_function_moves_with_the_blocks_that_it_has_as_arguments() -> None:
    given = "\\dot q = v, \\quad \\dot v = F(q, \\theta)\nJ = \\Phi(q(T))\n\\eta = \\frac{\\partial J}{\\partial q}\n\\mu = \\frac{\\partial J}{\\partial v}"
    assert [verdict("", given, line) for line in (r"\dot\mu = -\eta", r"\dot\mu = \eta")] == ["proved", "refuted"]


def test_the_letters_say_which_block_is_whose() -> None:
    told = {finding.reading for finding in findings("".join(f"$${line}$$ " for line in SECOND_ORDER.splitlines()))}
    assert {"p[1] = d J/dx[1]", "p[2] = d J/dx[2]"} <= told


def test_a_line_tells_the_parts_again() -> None:
    parts = Parts(("2", "2"), (("x_2",), ("f_2", "x_1", "x_2")), (("L", "x_1"), ("Psi", "x_2")))
    assert read(parts.line) == parts


def test_three_blocks_have_three_costates() -> None:
    facts = setting("partitioned:1 f_1 x_1 x_2 x_3; 2 f_2 x_1 x_2; 3 f_3 x_3; L t x_1; Psi x_3").facts
    assert {"costate_1", "costate_2", "costate_3", "gradient_x0_3"} <= facts.keys()


@pytest.mark.parametrize(("hamiltonian", "sign"), [(r"H = \frac12 u^2 + p_q v + p_v F(q, v, u)", ""), (r"H = p_q v + p_v F(q, v, u) - \frac12 u^2", "-")])
@pytest.mark.parametrize("motion", [r"\dot q = v", r"\ddot q = -k q - c \dot q + u"])
def test_an_example_has_the_costates_of_the_general_part(hamiltonian: str, sign: str, motion: str) -> None:
    general = rf"$\dot q = v$, $\dot v = F(q, v, u)$ with $J = \Phi(q(T), v(T)) + \frac12\int_0^T u^2 dt$ and ${hamiltonian}$. "
    example = rf"Example: ${motion}$, " + r"$\dot v = -k q - c v + u$, " * (motion == r"\dot q = v") + r"$J = \frac12 q(T)^2 + \frac12\int_0^T u^2 dt$. "
    lines = rf"$\dot p_q = k p_v$, $\dot p_v = -p_q - c p_v$, $p_q(T) = {sign}q(T)$"
    assert statuses(general + example + lines)[-3:] == ["proved", "refuted", "proved"]
