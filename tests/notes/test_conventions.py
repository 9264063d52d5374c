"""Conventions that notes never declare: a costate's letter, sign and layout are told by their formulas, early or late, or stay open."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

PROBLEM = r"$\dot x = f(x, u), x(0) = x_0$ $$J = \phi(x(T)) + \int_0^T g(x, u)\,dt$$ "
MINUS = (r"$$\dot p = g_x - p f_x$$", r"$p(T) = -\phi_x(x(T))$", r"$$\delta J = \int_0^T (g_u - p f_u)\,\delta u\,dt$$")
PLUS = (r"$$\dot p = -g_x - p f_x$$", r"$p(T) = \phi_x(x(T))$", r"$$\delta J = \int_0^T (g_u + p f_u)\,\delta u\,dt$$")
LAGRANGIANS = [
    (r"$$\mathcal L = \phi(x(T)) + \int_0^T [g(x, u) + p\,(\dot x - f(x, u))]\,dt$$", -1), (r"$$J_a = J - \int_0^T p\,(\dot x - f(x, u))\,dt$$", 1),
    (r"$$\bar J = \phi(x(T)) + \int_0^T \{g(x, u) + p f(x, u) - p\,\dot x\}\,dt$$", 1), (r"$$I = J - \int_0^T p\,(f(x, u) - \dot x)\,dt$$", -1),
]
HAMILTONIANS = [(r"$H(x, u, p) = p f(x, u) - g(x, u)$", -1), (r"$\mathcal H = g(x, u) + p f(x, u)$", 1), (r"$H = -g(x, u) + \langle p, f(x, u)\rangle$", -1),
                (r"$$H = p f(x, u) - g(x, u) \to \max_u$$", -1)]


@pytest.mark.parametrize(("told", "sign"), [*LAGRANGIANS, *HAMILTONIANS])
def test_a_lagrangian_or_a_hamiltonian_tells_the_sign_wherever_it_stands(told: str, sign: int) -> None:
    right, wrong = (PLUS, MINUS) if sign > 0 else (MINUS, PLUS)
    assert statuses(PROBLEM + told + right[0] + wrong[1])[-2:] == ["proved", "refuted"]
    assert statuses(PROBLEM + wrong[0] + right[1] + told, "costate: p (row)")[-3:-1] == ["refuted", "proved"]


@pytest.mark.parametrize(("right", "wrong", "first"), [(PLUS, MINUS, 1), (MINUS, PLUS, 0), (MINUS, PLUS, 2)])
def test_the_first_line_that_is_right_with_one_sign_tells_it(right: tuple[str, ...], wrong: tuple[str, ...], first: int) -> None:
    lines = right[first], right[first - 1], wrong[first - 1]
    assert statuses(PROBLEM + " ".join(lines))[-3:] == ["proved", "proved", "refuted"]


def test_a_line_that_is_right_or_wrong_with_both_signs_tells_none() -> None:
    homogeneous = r"$$\dot p = -p f_x$$"
    assert statuses(r"$\dot x = f(x), J = \phi(x(T))$ " + homogeneous + MINUS[1] + PLUS[1])[-3:] == ["proved", "proved", "refuted"]
    assert statuses(PROBLEM + r"$$\dot p = -2 g_x - p f_x$$" + MINUS[1])[-2:] == ["refuted", "proved"]


def test_a_gradient_tells_no_sign_and_is_open_until_one_is_told() -> None:
    problem = r"$\dot x = f(x, \theta), x(0) = x_0$ $$J = \int_0^T g(x, \theta)\,dt$$ "
    gradient, costate = r"$$\frac{dJ}{d\theta} = \int_0^T (g_\theta - p f_\theta)\,dt$$ ", r"$\dot p = -g_x - p f_x$ "
    assert statuses(problem + gradient + costate + gradient)[-3:] == ["unknown", "proved", "refuted"]


def test_a_jump_tells_no_sign() -> None:
    seen = r"$\dot x = f(x, \theta)$ $$J = \sum_{i=1}^N \frac12 |x(t_i) - y_i|^2$$ "
    wrong, right = r"$\lambda(t_i^+) = \lambda(t_i^-) + (x(t_i) - y_i)$ ", r"$\lambda(t_i^-) = \lambda(t_i^+) + (x(t_i) - y_i)$"
    assert statuses(seen + wrong + right, "costate: \\lambda (column)")[-2:] == ["unknown", "proved"]


def test_without_a_cost_no_gradient_is_proved_with_either_sign() -> None:
    """A setting whose costs are all 0 would prove both."""
    loss = r"$\dot x = f(x, \theta), x(t_0) = x_0$ $a(t) = \frac{dL}{dx(t)}$ $\mathcal{L}(\theta) = L(x(t_1))$ "
    wrong = r"$$\frac{d\mathcal{L}}{d\theta} = \int_{t_1}^{t_0} a(t) f_\theta\,dt$$"
    assert statuses(loss + wrong, "costate: a = dL/dx (row)")[-1] != "proved"
    assert statuses(r"$\dot x = -\theta x$ $$\frac{dL}{d\theta} = \int_0^T a x\,dt$$", "costate: a = dL/dx (row)\ntime: t in [0, T]") == ["assumption", "refuted"]


def test_a_letter_of_which_only_the_space_is_known_may_be_the_costate_and_the_first_transpose_tells_a_column() -> None:
    spaced = PROBLEM.replace("x_0$", r"x_0$ $x(t) \in R^n$, $u(t) \in R^m$, $\psi(t) \in R^n$")
    text = spaced + r"$H = g(x, u) + \psi^T f(x, u)$ $\dot\psi = -f_x^T\psi - g_x^T$ $\nabla_u H = f_u\psi + \nabla_u g$"
    assert statuses(text)[-2:] == ["proved", "refuted"]


def test_a_meaning_tells_the_sign_and_says_it_once() -> None:
    assert statuses(PROBLEM + PLUS[1] + r"$p(t) = \partial J/\partial x(t)$ $p(t) = -\partial J/\partial x(t)$")[-3:] == ["proved", "definition", "refuted"]


def test_a_header_may_list_numbers_of_one_role() -> None:
    header = "states: x, y\nparameters: a, b, c, d\ncostates: p_x, p_y"
    text = r"$\dot x = a x - b x y$ $\dot y = -c y + d x y$ $$J = \int_0^T (x^2 + y^2)\,dt$$ "
    lines = r"$\dot p_x = -2x - (a - b y)p_x - d y p_y$ $$\frac{dJ}{dd} = \int_0^T p_y x y\,dt$$ $$\frac{dJ}{dc} = \int_0^T p_y y\,dt$$"
    assert statuses(text + lines, header)[-3:] == ["proved", "proved", "refuted"]


def test_a_hamiltonian_that_nobody_wrote_down_tells_no_sign() -> None:
    lines = r"$$\dot p = -\frac{\partial H}{\partial x}$$ " + MINUS[1]
    assert statuses(PROBLEM + lines, "costate: p (row)\nHamiltonian: H")[-1] == "proved"


HELD = "costate: p = dJ/dx (row)"


def test_numbers_for_matrices_leave_what_rests_on_them_open() -> None:
    problem = r"$\dot x = A x + B u, x(0) = x_0$ $$J = \int_0^T \frac12 (x^T Q x + u^T R u)\,dt$$ "
    assert statuses(problem + r"$A = 0$ $\dot p = -x^T Q$", HELD)[-1] == "unknown"
    assert statuses(problem + r"$\dot p = -x^T Q$", HELD)[-1] == "refuted"


def test_the_slope_of_an_augmented_cost_holds_for_every_multiplier() -> None:
    given = "\\dot z = f(z,\\theta,t)\nz(t_0) = z_0\n\\psi = L(z(t_1)) - \\int_{t_0}^{t_1} \\lambda(\\dot z - f(z,\\theta,t))\\,dt"
    inside = r"\int_{t_0}^{t_1}\left(\dot\lambda SIGN \lambda f_z\right)\frac{dz}{d\theta}\,dt + \int_{t_0}^{t_1}\lambda f_\theta\,dt"
    slope = r"\frac{d\psi}{d\theta} = \left[\frac{\partial L}{\partial z(t_1)} - \lambda(t_1)\right]\frac{dz(t_1)}{d\theta} + " + inside
    assert last_two("", given, slope.replace("SIGN", "+"), slope.replace("SIGN", "-")) == ["proved", "refuted"]
    turned = slope.replace("SIGN", "+").replace(r"\int_{t_0}^{t_1}\lambda f_", r"\int_{t_1}^{t_0}\lambda f_")
    assert last_two("", given, slope.replace("SIGN", "+"), turned) == ["proved", "refuted"]


def test_an_identity_before_the_multiplier_is_chosen_holds_for_every_one() -> None:
    given = "\\dot z = f(z,\\theta,t)\nz(t_0) = z_0\n\\psi = L(z(t_1)) - \\int_{t_0}^{t_1} \\lambda(\\dot z - f(z,\\theta,t))\\,dt"
    chosen = "\n\\dot\\lambda = -\\lambda f_z\n\\lambda(t_1) = \\frac{\\partial L}{\\partial z(t_1)}"
    right, wrong = (r"\frac{dL}{d\theta} = SIGN\left[\frac{\partial L}{\partial z(t_1)} - \lambda(t_1)\right]\frac{dz(t_1)}{d\theta} + \int_{t_0}^{t_1}"
                    r"(\dot\lambda + \lambda f_z)\frac{dz}{d\theta}\,dt + \int_{t_0}^{t_1}\lambda f_\theta\,dt".replace("SIGN", sign) for sign in ("", "-"))
    assert last_two("", given, right, wrong) == ["proved", "unknown"]
    right, wrong = r"\frac{d}{dt}(\lambda \frac{dz}{d\theta}) = \lambda f_\theta", r"\frac{d}{dt}(\lambda \frac{dz}{d\theta}) = -\lambda f_\theta"
    assert last_two("", given + chosen, right, wrong) == ["proved", "refuted"]
    assert last_two("", given, right, wrong) == ["unknown", "refuted"]


@pytest.mark.parametrize(("title", "found"), [
    ("# Pontryagin's minimum principle", ["refuted", "proved"]), ("# Das Minimumprinzip", ["refuted", "proved"]), ("# 极小值原理", ["refuted", "proved"]),
    ("# Pontryagin's principle", ["proved", "refuted"]),  # of lambda = -dJ/dx, which the first line then says
])
@pytest.mark.parametrize("posed", [r"$$\dot x = -x + u, \quad x(0) = 0$$ $$J = -x(1)$$ $$H = \lambda (-x + u)$$ $$\lambda(1) = 1$$ $$\lambda(1) = -1$$",
                                   r"$$\dot x = f(x,u)$$ $$J = \Phi(x(T))$$ $$H = \lambda f$$ $$\lambda(T) = -\Phi_x$$ $$\lambda(T) = \Phi_x$$"])
def test_a_minimum_principle_tells_the_sign_of_a_hamiltonian_without_a_cost(title: str, posed: str, found: list[str]) -> None:
    assert statuses(f"{title}\n\n{posed}")[-2:] == found
