"""Whole vectors in notes that write their system out."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

HEADER = "state: x\ncontrol: u\ncostate: p\nobjective: J\ntime: t in [0, T]"
SPRING = r"""\dot x_1 = x_2
\dot x_2 = -x_1 + u
x(0) = x^0
J = \frac12 \int_0^T u^2 dt + \frac12 (x_1(T)^2 + x_2(T)^2)
H = \frac12 u^2 + p_1 x_2 + p_2 (u - x_1)"""


PAIRS = (
    (r"\frac{\partial J}{\partial x^0} = p(0)", r"\frac{\partial J}{\partial x^0} = -p(0)"),
    (r"p(T) = x(T)", r"p(T) = 2 x(T)"),
    (r"\dot p = -\nabla_x H", r"\dot p = \nabla_x H"),
    (r"\dot p = \begin{pmatrix} 0 & 1 \\ -1 & 0 \end{pmatrix} p", r"\dot p = \begin{pmatrix} 0 & -1 \\ 1 & 0 \end{pmatrix} p"),
    (r"\|p(t)\|^2 = \|p(T)\|^2", r"\|p(t)\|^2 = \|x(T)\|"),
    (r"\frac{d}{dt} (p^T x) = p_2 u", r"\frac{d}{dt} (p^T x) = p_1 u"),
    (r"H = \frac12 u^2 + p \cdot \dot x", r"H = u^2 + p \cdot \dot x"),
)


def test_whole_vectors_are_judged_by_their_components() -> None:
    lines = "".join(f"$${line}$$\n\n" for line in [*SPRING.splitlines(), *(line for pair in PAIRS for line in pair)])
    assert statuses(lines, HEADER)[5:] == ["proved", "refuted"] * len(PAIRS)


def test_nothing_is_refuted_of_a_motion_that_is_not_read() -> None:
    motion = r"$$\left\{ \dot x_1 = x_2, \dot x_2 = -x_1 + u \right.$$"
    assert statuses(rf"{motion} $$J = \frac12 \int_0^T u^2 dt + \frac12 x_1(T)^2$$ $$\ddot p_2 = -p_2$$", HEADER)[0::2] == ["not read", "unknown"]


PREY = r"""\frac{dx}{dt} = \alpha x - \beta x y
\frac{dy}{dt} = \delta x y - \gamma y
G = \frac12 \int_0^T (x - m)^2 dt + x(T) y(T)
"""


@pytest.mark.parametrize(("adjoined", "lines"), [
    (r"\lambda (\alpha x - \beta x y - \dot x) + \mu (\delta x y - \gamma y - \dot y)", (
        r"\frac{\partial G}{\partial \gamma} = -\int_0^T \mu y \, dt", r"\mu(T) = -x(T)", r"\lambda(T) = y(T)", r"\lambda(T) = x(T)")),
    (r"\lambda (\dot x - \alpha x + \beta x y) + \mu (\dot y - \delta x y + \gamma y)", (
        r"\frac{\partial G}{\partial \gamma} = \int_0^T \mu y \, dt", r"\mu(T) = x(T)")),
    (r"\xi (\alpha x - \beta x y - \dot x) - \eta (\dot y - \delta x y + \gamma y)", (r"\eta(T) = x(T)", r"\xi(T) = -y(T)")),
])
def test_a_lagrangian_says_whose_the_multipliers_are(adjoined: str, lines: tuple[str, ...]) -> None:
    given = rf"{PREY}\mathcal{{L}} = x(T) y(T) + \int_0^T \left[ \frac12 (x - m)^2 + {adjoined} \right] dt"
    assert statuses("".join(f"$${line}$$\n\n" for line in (*given.splitlines(), *lines)))[4:] == ["proved", "refuted"] * (len(lines) // 2)


SENSITIVITIES = (
    (r"\dot \sigma = (\alpha - \beta y) \sigma - \beta x r - x y", r"\dot \sigma = (\alpha - \beta y) \sigma - \beta x r + x y"),
    (r"\sigma(0) = 0", r"\sigma(0) = 1"),
)
ALONG = (
    (r"\frac{d}{dt} \delta x = (\alpha - \beta y) \delta x - \beta x \delta y - x y \, \delta\beta",
     r"\frac{d}{dt} \delta x = (\alpha - \beta y) \delta x - \beta x \delta y - x \, \delta\beta"),
    (r"\delta G = - \int_0^T p_1 x y\, dt \, \delta\beta", r"\delta G = - \int_0^T p_2 x y\, dt \, \delta\beta"),
)


@pytest.mark.parametrize(("named", "pairs"), [
    (r"\sigma = \frac{\partial x}{\partial \beta}" + "\n" + r"r = \frac{\partial y}{\partial \beta}", SENSITIVITIES), pytest.param("", ALONG, marks=pytest.mark.campaign)])
def test_one_parameter_moves_and_the_others_are_held(named: str, pairs: tuple[tuple[str, str], ...]) -> None:
    prey = PREY if named else PREY.replace(r"\delta", "c")  # where \delta is a rate, nothing is varied
    lines = [*prey.splitlines(), *named.splitlines()]
    text = "".join(f"$${line}$$\n\n" for line in (*lines, *(line for pair in pairs for line in pair)))
    assert statuses(text)[len(lines) :] == ["proved", "refuted"] * len(pairs)


@pytest.mark.campaign
def test_the_gradient_by_forward_sensitivities() -> None:
    lines = [*PREY.splitlines(), r"\sigma = \frac{\partial x}{\partial \beta}", r"r = \frac{\partial y}{\partial \beta}"]
    right = r"\frac{dG}{d\beta} = \int_0^T (x - m) \sigma dt + y(T) \sigma(T) + x(T) r(T)"
    assert last_two("", "\n".join(lines), right, right.partition(" + x(T)")[0]) == ["proved", "refuted"]


def test_a_state_of_rest_is_not_refuted() -> None:
    assert last_two("", PREY, r"x^* = \frac{\gamma}{\delta}", r"y^* = \frac{\alpha}{\beta}") == ["unknown", "unknown"]


def test_all_components_start_at_one_number() -> None:
    assert statuses(r"$$\dot x_1 = x_2, \quad \dot x_2 = u, \quad x_1(0) = x_2(0) = 0$$", HEADER) == ["assumption"] * 3


@pytest.mark.parametrize("title", ["H^c", r"\mathcal{H}^c", "H_c", r"\mathcal{H}_{cv}"])
def test_a_hamiltonian_in_current_values_has_a_mark(title: str) -> None:
    given = rf"""J = \int_0^T e^{{-\rho t}} U(c(t)) dt + e^{{-\rho T}} S(k(T))
\dot k = F(k) - \delta k - c
{title} = U(c) + \mu (F(k) - \delta k - c)"""
    wrong = r"\dot \mu = \mu (\delta - F'(k))"
    assert last_two("state: k\ncontrol: c", given, rf"\dot \mu = \rho \mu - \frac{{\partial {title}}}{{\partial k}}", wrong) == ["proved", "refuted"]


def test_a_hamiltonian_in_current_values_may_have_arguments() -> None:
    given = r"""J = \int_0^T e^{-\rho t} U(c(t)) dt + e^{-\rho T} S(k(T))
\dot k = F(k) - c
\mathcal{H}(k, c, \mu) = U(c) + \mu\, (F(k) - c)"""
    right = r"\mathcal{H}(k(T), c(T), \mu(T)) = U(c(T)) + S'(k(T)) (F(k(T)) - c(T))"
    assert last_two("state: k\ncontrol: c", given, right, right.replace("U(c(T)) +", "U(c(T)) -")) == ["proved", "refuted"]


def test_a_letter_that_is_defined_with_a_rate_among_its_arguments_is_called_again() -> None:
    given = r"""F(\dot z(t), z(t), \theta, t) = \dot z(t) - f(z(t), \theta, t)
\psi = L(z(t_1)) - \int_{t_0}^{t_1} \lambda(t) F(\dot z(t), z(t), \theta, t)\, dt"""
    right = r"\dot\lambda = -\lambda \frac{\partial f}{\partial z}"
    assert last_two("state: z\nparameters: \\theta\nobjective: L", given, right, right.replace("= -", "= ")) == ["proved", "refuted"]
