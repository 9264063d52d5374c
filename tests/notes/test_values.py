"""Numbers that notes give, and what they reckon with them; costates of single components under letters of their own."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

PAIR = r"""\dot x = \alpha x - \beta x y
\dot y = \delta x y - \gamma y
x(0) = x_0
y(0) = y_0
J = \frac12 (x(T) - \hat x)^2 + \int_0^T \frac12 y(t)^2\,dt"""
NUMBERS = r"""
\alpha = \frac23
\beta = \frac43
\delta = 1
\gamma = 1
x_0 = 1
y_0 = 1
\hat x = 0.5
h = 0.3"""
EULER = NUMBERS + r"""
x_1 = x_0 + h (\alpha x_0 - \beta x_0 y_0)
y_1 = y_0 + h (\delta x_0 y_0 - \gamma y_0)
J_h = \frac12 (x_1 - \hat x)^2 + \frac{h}{2} y_0^2
\lambda_1 = x_1 - \hat x
\mu_1 = 0"""
MEANT = "\n" + r"\lambda(t) = \frac{\partial J}{\partial x(t)}" + "\n" + r"\mu(t) = \frac{\partial J}{\partial y(t)}"
BY_FIELD = "\n" + r"H = \frac12 y^2 + \lambda(\alpha x - \beta x y) + \mu(\delta x y - \gamma y)"
BY_RATES = "\n" + r"H = \frac12 y^2 + \psi\,\dot x + \chi\,\dot y"


@pytest.mark.parametrize(("more", "right", "wrong"), [
    (EULER, "x_1 = 0.8", "x_1 = 0.81"),
    (EULER, r"J_h = 0.195", r"J_h = 0.21"),
    (EULER, r"\frac{\partial J_h}{\partial\alpha} = h \lambda_1 x_0 = 0.09", r"\frac{\partial J_h}{\partial\alpha} = h \lambda_1 x_1"),
    (EULER, r"\frac{\partial J_h}{\partial y_0} = -h\beta x_0 \lambda_1 + h y_0", r"\frac{\partial J_h}{\partial y_0} = -h\beta x_0 \lambda_1 - h y_0"),
    (NUMBERS, r"\frac{\partial\dot x}{\partial y} = -\frac43 x", r"\frac{\partial\dot x}{\partial y} = -\frac23 x"),
    (MEANT, r"\dot\mu = \beta x \lambda - (\delta x - \gamma)\mu - y", r"\dot\mu = \beta x \lambda - (\delta x - \gamma)\mu + y"),
    (BY_FIELD, r"\lambda(T) = x(T) - \hat x", r"\mu(T) = x(T) - \hat x"),
    (BY_FIELD, r"\frac{\partial J}{\partial\hat x} = -\lambda(T)", r"\frac{\partial J}{\partial\hat x} = \lambda(T)"),
    (BY_RATES, r"\dot\psi = -(\alpha - \beta y)\psi - \delta y \chi", r"\dot\psi = -(\alpha - \beta y)\psi - \delta x \chi"),
    ("", r"\frac{d}{dt}(\delta x - \gamma \ln x + \beta y - \alpha \ln y) = 0", r"\frac{d}{dt}(\delta x + \beta y) = 0"),
])
def test_right_lines_are_proved_and_slips_refuted(more: str, right: str, wrong: str) -> None:
    assert last_two("", PAIR + more, right, wrong) == ["proved", "refuted"]


def test_a_decimal_that_was_rounded_is_not_refuted() -> None:
    given = PAIR + NUMBERS.replace("h = 0.3", "h = 0.1") + "\n" + r"x_1 = x_0 + h (\alpha x_0 - \beta x_0 y_0)"
    assert last_two("", given, "x_1 = 0.935", "x_1 = 0.933") == ["refuted", "unknown"]


@pytest.mark.parametrize(("digits", "status"), [("2.718", "proved"), ("2.7183", "proved"), ("2.71", "proved"), ("2.73", "refuted"), ("3.1", "refuted")])
def test_the_digits_of_a_number_are_reckoned(digits: str, status: str) -> None:
    given = r"$\dot x = x$, $x(0) = 2$, $J = x(1)$ and $$\dot p = -p,\quad p(1) = 1,\quad p(t) = e^{1-t}$$ "
    assert statuses(given + rf"$$p(0) = e \approx {digits}$$")[-1] == status


def test_a_number_told_again_takes_the_place_of_the_first() -> None:
    assert last_two("", PAIR + NUMBERS + "\n" + r"\beta = 2", r"\beta x_0 = 2", r"\beta x_0 = \frac43") == ["proved", "refuted"]


def test_a_rate_of_zero_gives_no_value_to_its_letter() -> None:
    given = "\\dot x = f(x)\nJ = \\Phi(x(T))\n\\dot r_q = 0"
    assert "refuted" not in last_two("", given, "r_q(T) = 1", "r_q(0) = 1")


GROWTH = r"""\dot x = c x
x(0) = x_0
J = \frac12 x(T)^2
\lambda = \frac{\partial J}{\partial x}"""
STOCK = r"""\dot x = u
x(0) = 2
J = x(1)^2 + \int_0^1 u^2\,dt
p = \frac{\partial J}{\partial x}
u = -\frac{p}{2}"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (GROWTH, r"x(T) = x_0 e^{c T}", r"x(T) = x_0 e^{-c T}"),
    (GROWTH + "\n" + r"x(T) = x_0 e^{c T}", r"\lambda(t) = x(T) e^{c (T - t)}", r"\lambda(t) = x(T) e^{c (t - T)}"),
    (STOCK + "\nx(1) = 1", r"p(1) = 2 x(1)", r"p(1) = x(1)"),  # an end that the cost pays for is not held
])
def test_what_comes_out_at_the_end_is_proved_and_holds_nothing(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_a_number_is_weighed_from_the_start_that_the_notes_give() -> None:
    assert last_two("", STOCK, "p = 2", "p = 3") == ["proved", "refuted"]


def test_the_optimal_control_at_an_end_is_a_value_and_no_choice() -> None:
    """And digits of c = x(1) are reckoned, since none hold an end."""
    given = STOCK + "\nu^*(t) = -\\frac{p}{2}\nc = x(1)\n"
    assert last_two("", given, "u^*(1) = -c", "u^*(1) = c") == ["proved", "refuted"]
    assert last_two("", given + "u^*(1) = -c", "p(0) = 2 c", "p(0) = c") == ["proved", "refuted"]
    assert last_two("", given, r"\frac{c}{2} = \frac12", r"\frac{c}{2} \approx 0.75") == ["proved", "refuted"]


SQUARED = r"""\dot x = a x
x(0) = x_0
J = x(T)^2
\lambda = \frac{\partial J}{\partial x}
a = 1
x_0 = 1
T = 1"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (SQUARED, r"\frac{dJ}{da} = 2 e^2 \approx 14.778", r"\frac{dJ}{da} = e^2 \approx 7.389"),
    (SQUARED, r"\frac{dJ}{dx_0} = \lambda(0) = 2 e^2", r"\frac{dJ}{dx_0} = \lambda(0) = 2 e"),
    (SQUARED, r"x(1) = e \approx 2.718", r"x(1) = e^2 \approx 7.389"),
    (SQUARED.replace("a = 1", "a = 0.5"), r"x(T) = e^{0.5} = 1.6487", r"x(T) = e^{0.5} = 1.6287"),
])
def test_values_are_reckoned_with_the_rates_the_start_and_the_end_time_that_are_given(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("line", "status"), [
    ("J = 2.718^2 = 7.388", "unknown"),  # with a rounded number in it
    (r"J \approx 7.390", "unknown"),  # off by one in the last digit, as it comes of rounding before
    (r"J \approx 7.41", "refuted"), ("J = 2.728^2", "refuted"),
])
def test_what_rounding_may_have_changed_is_left_open(line: str, status: str) -> None:
    assert last_two("", SQUARED, "a = 1", line)[-1] == status


def test_how_long_the_shortest_time_is_gives_no_end_time() -> None:
    cart = r"$\dot x = v$, $\dot v = u$, $|u| \le 1$, $x(0) = 1$, $v(0) = 0$, $x(T) = v(T) = 0$, $J = \int_0^T 1\,dt = T \to \min$"
    assert statuses(f"{cart}, $T = 2$")[-1] != "assumption"


PREY = PAIR + r"""
H = \frac12 y^2 + \lambda(\alpha x - \beta x y) + \mu(\delta x y - \gamma y)
\alpha = 1.5
\beta = 1
\delta = 0.5
\gamma = 3"""
STAYING = r"""\dot S = -\beta S I
\dot I = \beta S I - \gamma I
\dot R = \gamma I
J = \int_0^T I^2\,dt
p_S(T) = p_I(T) = p_R(T) = 0
\dot p_R = 0
p_R(t) = 0"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (PREY, r"\dot\lambda = -(1.5 - y)\lambda - 0.5 y \mu", r"\dot\lambda = -(1.5 - y)\lambda - 1.5 y \mu"),
    (STAYING, r"\frac{dJ}{d\gamma} = -\int_0^T p_I I\,dt", r"\frac{dJ}{d\gamma} = \int_0^T p_I I\,dt"),
])
def test_numbers_and_a_costate_that_stays_0_are_put_in_along_the_way(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


def test_letters_that_have_the_same_number_are_not_put_for_each_other() -> None:
    """beta = delta = 1 proves no delta x y for beta x y."""
    given = PREY.replace("0.5", "1").replace("\\alpha = 1.5", "\\alpha = 2")
    right, wrong = r"\dot\lambda = -(\alpha - y)\lambda - y \mu", r"\dot\lambda = -(\alpha - \delta y)\lambda - \beta y \mu"
    assert last_two("", given, right, wrong) == ["proved", "unknown"]
    assert last_two("", SQUARED, r"x(T) = x_0 e^a", r"x(T) = a e^{x_0}") == ["proved", "unknown"]


def test_that_a_costate_is_0_proves_no_factor_of_it() -> None:
    wrong = r"\dot p_I = \beta S (p_S - p_I) + \gamma (p_I + 2 p_R) - 2 I"
    assert last_two("", STAYING, r"\dot p_I = \beta S (p_S - p_I) + \gamma (p_I - p_R) - 2 I", wrong)[0] == "proved"
    assert last_two("", STAYING, "p_R(T) = 0", wrong)[-1] != "proved"


def test_what_is_proved_for_any_matrices_is_proved_beside_their_numbers() -> None:
    problem = r"$\dot x = A x + B u$ $x(0) = x_0$ $J = x(T)^T M x(T) + \int_0^T (x^T Q x + u^T R u)\,dt$ "
    numbers = r"$A = \begin{pmatrix} 0 & 1\\ -2 & 0\end{pmatrix}$ $Q = I_2$ $M = \mathrm{diag}(1, 2)$ $x_0 = (1, 0)^T$ $\dot x_1 = x_2$ "
    right, slip = r"$\dot p = -A^T p - 2 Q x$ $p(T) = 2 M x(T)$ ", r"$\dot p = A^T p - 2 Q x$ "
    assert statuses(problem + slip + numbers + right + slip) == ["assumption"] * 3 + ["refuted"] + ["assumption"] * 5 + ["proved"] * 2 + ["unknown"]
