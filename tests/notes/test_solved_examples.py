"""Examples that notes solve to numbers: between held ends, without an end, scalar regulators in closed form."""

from __future__ import annotations

import pytest
from understood import statuses

REST_TO_REST = r"$\dot x = v$, $\dot v = u$, $x(0) = 0$, $v(0) = 0$, $x(1) = 1$, $v(1) = 0$, $J = \frac12\int_0^1 u^2\,dt \to \min$, " \
    r"$H = \frac12 u^2 + p_x v + p_v u$, $u = -p_v$"


@pytest.mark.parametrize("wrong", [
    r"u(t) = 12 t - 6", r"x(t) = 3 t^2 - 3 t^3", r"p_x = 12", r"p_v(t) = 6 - 12 t", r"p_v(1) = 0", r"H = 18", r"J = 12",
])
def test_what_is_wrong_between_held_ends_is_refuted(wrong: str) -> None:
    assert statuses(f"{REST_TO_REST}, ${wrong}$")[-1] == "refuted"


@pytest.mark.parametrize(("right", "wrong"), [
    (r"J = \frac12\int_0^1 u^2\,dt = 6", r"J = \frac12\int_0^1 u^2\,dt = 12"),
    (r"J = \frac12\int_0^1 (6 - 12 t)^2\,dt", r"J = \int_0^1 (6 - 12 t)^2\,dt"),
])
def test_a_cost_between_held_ends_is_reckoned_from_its_integral(right: str, wrong: str) -> None:
    posed = REST_TO_REST.replace("$x(0) = 0$, $v(0) = 0$", "$x(0) = v(0) = 0$")
    assert [statuses(f"{posed}, ${line}$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


def test_between_held_ends_without_a_start_or_an_end_time_nothing_is_refuted() -> None:
    untold, endless = REST_TO_REST.replace("$v(0) = 0$, ", ""), REST_TO_REST.replace("(1)", "(T)").replace("_0^1", "_0^T")
    for posed in (untold, endless):
        assert statuses(f"{posed}, $u(t) = 12 t - 6$")[-1] == "unknown"


@pytest.mark.parametrize("right", [r"u(t) = 6 - 12 t", r"x(t) = 3 t^2 - 2 t^3", r"p_x = -12", r"p_v(0) = -6", r"H = -18", r"J = 6"])
def test_what_is_right_between_held_ends_is_proved(right: str) -> None:
    assert statuses(f"{REST_TO_REST}, ${right}$")[-1] == "proved"


@pytest.mark.parametrize(("right", "wrong"), [(r"u(t) = 3 - 3 t", r"u(t) = 6 - 12 t"), (r"p_v(1) = 0", r"p_v(1) = 6"), (r"J = 3/2", r"J = 6")])
def test_a_component_that_is_not_held_costs_nothing_in_the_end(right: str, wrong: str) -> None:
    posed = REST_TO_REST.replace("$v(1) = 0$, ", "")
    assert [statuses(f"{posed}, ${line}$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


def test_a_maximum_principle_has_the_costates_of_the_other_sign() -> None:
    posed = REST_TO_REST.replace(r"$H = \frac12 u^2", r"$H = -\frac12 u^2").replace("$u = -p_v$", "$u = p_v$")
    assert [statuses(f"{posed}, ${line}$")[-1] for line in ("p_x = 12", "p_x = -12")] == ["proved", "refuted"]


SCALAR = r"$\dot x = u$, $x(0) = 1$, $J = \frac12\int_0^1 (x^2 + u^2)\,dt \to \min$, $H = \frac12(x^2 + u^2) + \lambda u$, $u = -\lambda$"
LASTING = r"$\dot x = -x + u$, $x(0) = 1$, $J = \frac12\int_0^\infty (x^2 + u^2)\,dt \to \min$, $H = \frac12(x^2 + u^2) + \lambda (u - x)$, " \
    r"$u = -\lambda$, $\lambda = P x$"
REGULATED = [
    (SCALAR, r"\lambda(t) = \frac{\sinh(1 - t)}{\cosh 1}", r"\lambda(t) = \frac{\cosh(1 - t)}{\cosh 1}"),
    (SCALAR, r"x(t) = \frac{e^{1 - t} + e^{t - 1}}{e + e^{-1}}", r"x(t) = \frac{e^{1 - t} + e^{t - 1}}{e - e^{-1}}"),
    (SCALAR, r"J = \frac12 \tanh 1", r"J = \tanh 1"),
    (rf"{SCALAR}, $\lambda = P x$", r"P(t) = \frac{e^{2(1 - t)} - 1}{e^{2(1 - t)} + 1}", r"P(t) = \tanh(t - 1)"),
    (SCALAR.replace(r"\to \min", r"+ 2 x(1)^2 \to \min"), r"\lambda(0) = \frac{4\cosh 1 + \sinh 1}{\cosh 1 + 4\sinh 1}",
     r"\lambda(0) = \frac{4\cosh 1 + \sinh 1}{\cosh 1 - 4\sinh 1}"),
    (LASTING, "P^2 + 2 P - 1 = 0", "P^2 - 2 P - 1 = 0"),
    (LASTING, r"P = \sqrt 2 - 1", r"P = \sqrt 2 + 1"),
    (LASTING, r"x(t) = e^{-\sqrt 2\,t}", r"x(t) = e^{-2 t}"),
    (LASTING, r"J = \frac{\sqrt 2 - 1}{2}", r"J = \sqrt 2 - 1"),
]


@pytest.mark.parametrize(("posed", "right", "wrong"), REGULATED)
def test_a_scalar_regulator_is_solved_to_its_numbers(posed: str, right: str, wrong: str) -> None:
    assert [statuses(f"{posed}, ${line}$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


def test_a_gradient_by_a_start_that_is_a_number_has_its_number_too() -> None:
    posed = r"$\dot x = \theta x$, $x(0) = 1$, $J = \frac12 x(1)^2$, $\lambda = dJ/dx$"
    found = statuses(rf"{posed}, $\frac{{dJ}}{{d\theta}} = e^{{2\theta}}$, $\frac{{dJ}}{{d\theta}} = e^\theta$, $\frac{{dJ}}{{dx_0}} = e^{{2\theta}}$")
    assert found[-3:-1] == ["proved", "refuted"], found


GROWING = r"$\dot x = x + u$, $x(0) = 2$, $J = \frac12 x(1)^2 + \frac12\int_0^1 u^2\,dt \to \min$, $H = \frac12 u^2 + \lambda (x + u)$, $u = -\lambda$"
CONSTANTS = [
    (REST_TO_REST, r"p_x = c_1$, $p_v = c_2 - c_1 t", r"p_x = c_1$, $p_v = c_2 + c_1 t"),
    (f"{REST_TO_REST}, $p_x = c_1$, $p_v = c_2 - c_1 t$", r"v(t) = \frac12 c_1 t^2 - c_2 t", r"v(t) = c_1 t^2 - c_2 t"),
    (f"{REST_TO_REST}, $p_x = c_1$, $p_v = c_2 - c_1 t$", "c_2 = -6", "c_2 = 6"),
    (GROWING, r"\lambda(t) = c e^{-t}", r"\lambda(t) = c e^{t}"),
    (rf"{GROWING}, $\lambda(t) = c e^{{1 - t}}$", r"c = \frac{2}{\cosh 1}", r"c = \frac{2 e}{\cosh 1}"),
    (rf"{GROWING}, $\lambda(t) = c e^{{-t}}$", r"x(t) = 2 e^t - c \sinh t", r"x(t) = 2 e^t - c \cosh t"),
]


@pytest.mark.parametrize(("posed", "right", "wrong"), CONSTANTS)
def test_a_constant_of_integration_is_what_the_start_makes_of_it(posed: str, right: str, wrong: str) -> None:
    assert [statuses(f"{posed}, ${line}$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


def test_two_new_letters_are_told_by_no_start() -> None:
    assert statuses(rf"{GROWING}, $\lambda(t) = a e^{{-t}} + b$")[-1] == "unknown"


IDLE = rf"{GROWING}. For $u = 0$ we have"
BOUNDED = r"$\dot x = -x + u$, $0 \le u \le 1$, $x(0) = 0$, $J = -x(1) \to \min$, $H = \lambda (-x + u)$, $\lambda(t) = -e^{t - 1}$, so $u^*(t) = 1$ and"
CART = r"$\dot x_1 = x_2$, $\dot x_2 = u$, $|u| \le 1$, $x_1(0) = 1$, $x_2(0) = 0$. Brake with $u = -1$ for $t < 1$, then"
CHOSEN = [
    (IDLE, r"x(t) = 2 e^t", r"x(t) = 2 e^{-t}"), (IDLE, r"\lambda(t) = 2 e\,e^{1 - t}", r"\lambda(t) = 2 e\,e^{-t}"), (IDLE, r"J = 2 e^2", r"J = e^2"),
    (BOUNDED, r"x^*(t) = 1 - e^{-t}", r"x^*(t) = 1 + e^{-t}"), (BOUNDED, r"J^* = e^{-1} - 1", r"J^* = 1 - e^{-1}"),
    (CART, r"x_1(t) = 1 - \frac12 t^2", r"x_1(t) = 1 - t^2"),
]


@pytest.mark.parametrize(("posed", "right", "wrong"), CHOSEN)
def test_a_system_is_solved_with_the_control_that_notes_choose(posed: str, right: str, wrong: str) -> None:
    assert [statuses(f"{posed} ${line}$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


@pytest.mark.parametrize("line", ["x_2(t) = t", "x_2(t) = t - 2", "x_1(t) = t"])
def test_of_a_second_piece_of_the_control_nothing_is_said(line: str) -> None:
    assert statuses(f"{CART} $x_2(t) = -t$. Push with $u = 1$, so ${line}$")[-1] == "unknown"


def test_a_task_brings_its_own_premise_from_where_it_is_worked_out() -> None:
    tasks = r"(a) Find the optimal control. (b) Solve it again with $|u| \le 1$." + "\n\n"
    solved = r"**(a)** $\lambda(t) = \frac{2 e}{\cosh 1} e^{-t}$." + "\n\n" + r"**(b)** Now $u = -1$ and "
    found = [statuses(f"{GROWING}.\n\n{tasks}{solved}${line}$") for line in ("x(t) = e^t + 1", "x(t) = e^t - 1")]
    assert [verdicts[-1] for verdicts in found] == ["proved", "refuted"] and found[0][-4] == "proved"


@pytest.mark.parametrize(("right", "wrong"), [
    (r"H = \frac12 x(1)^2", r"H = x(1)^2"),
    (r"J^* = \frac12 x(1)^2 + \frac{c^2}{2} \int_0^1 e^{-2 t}\,dt \approx 0.84 + 2.683", r"J^* = \frac{c^2}{2} \int_0^1 e^{-2 t}\,dt"),
    (r"\lambda(t) = \frac{2 e}{\cosh 1} e^{-t} > 0", r"\lambda(t) = \frac{2 e}{\cosh 1} e^{t} > 0"),
])
def test_values_at_the_ends_stand_beside_the_running_time(right: str, wrong: str) -> None:
    assert [statuses(rf"{GROWING}, $\lambda(t) = c e^{{-t}}$, ${line}$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


def test_a_sign_that_is_not_seen_at_sight_stays_open() -> None:
    assert statuses(rf"{GROWING}, $\lambda(t) = c e^{{-t}}$, $\lambda(t) = \frac{{2 e}}{{\cosh 1}} e^{{-t}} < 0$")[-1] == "unknown"


def test_of_costates_that_nothing_is_paid_for_no_law_is_proved() -> None:
    posed = r"A cart $\dot x_1 = x_2$, $\dot x_2 = u$ has a target, $J = \int_0^T 1\,dt$, $H = 1 + p_1 x_2 + p_2 u$"
    assert [statuses(rf"{posed}, $\dot p_1 = 0$, ${line}$")[-1] for line in (r"\dot p_2 = -p_1", r"\dot p_2 = p_1")] == ["proved", "unknown"]


def test_of_a_choice_where_nothing_is_paid_for_the_state_no_costate_is_refuted() -> None:
    posed = r"A cart $\dot x_1 = x_2$, $\dot x_2 = u$, $|u| \le 1$ is brought to the origin, $J = \int_0^T 1\,dt$, $H = 1 + p_1 x_2 + p_2 u$"
    assert statuses(rf"{posed}. Brake with $u = -1$ so $p_1 = 1$")[-1] == "unknown"


def test_an_end_that_comes_out_is_not_held() -> None:
    posed = SCALAR + r", $x(t) = \frac{\cosh(1 - t)}{\cosh 1}$"
    assert statuses(rf"{posed}, $x(1) = \frac{{1}}{{\cosh 1}} \approx 0.648$, $x(1) = \frac{{1}}{{\sinh 1}}$")[-2:] == ["proved", "refuted"]


def test_what_feeds_the_state_back_is_no_state_though_it_moves() -> None:
    """Beside a cost without its 1/2, P may be half of what the costate is made of."""
    whole = SCALAR.replace(r"\frac12", "").replace(r"u = -\lambda", r"u = -\lambda/2")
    found = [[statuses(rf"{posed}, $\dot P = P^2 {sign} 1$, $u = -P x$")[-2] for sign in "-+"] for posed in (SCALAR, whole)]
    assert found == [["proved", "refuted"], ["unknown", "unknown"]]


@pytest.mark.parametrize(("right", "wrong"), [(r"\dot p = -x", r"\dot p = -2x"), (r"\ddot x = x", r"\ddot x = -x")])
def test_what_is_0_along_the_only_solution_proves_nothing(right: str, wrong: str) -> None:
    posed = r"$\dot x = u$, $x(0) = 0$, $J = \frac12\int_0^1 (x^2 + u^2)\,dt \to \min$, $H = \frac12(x^2 + u^2) + p u$, $u = -p$"
    assert statuses(rf"{posed}, ${right}$, ${wrong}$")[-2:] == ["proved", "refuted"]
    assert statuses(rf"{posed}, $x(t) = 0$")[-1] != "refuted"


def test_under_a_chosen_control_a_state_of_rest_and_other_numbers_are_not_refuted() -> None:
    prey = r"$\dot x = a x - b x y$, $\dot y = c x y - d y - u y$, $J = \frac12\int_0^T (x^2 + u^2)\,dt$. If $u = 0$, the equilibrium is $x = d/c$."
    assert statuses(prey)[-1] == "definition"
    solved = r"$\dot x = x + u$, $x(0) = 1$, $J = \frac12 x(1)^2$. With $u = 0$ we get $x(t) = e^t$, $x(t) = 2 e^t$."
    assert statuses(solved)[-2:] == ["proved", "refuted"]


def test_a_condition_at_the_end_poses_another_task() -> None:
    posed = (r"\dot x is told: $\dot x = -x + u$, $x(0) = 2$ and $$J(u) = \tfrac12 x(1)^2 + \tfrac12\int_0^1 u^2\,dt$$ $$H = \tfrac12 u^2 + p(-x + u)$$ "
             r"$$u = -p$$ $$p(1) = x(1)$$ ")
    task = r"In (b) $p(t) = c e^t$. The condition $x(1) = 0$ gives $$x(1) = 0$$ $$\tfrac12\int_0^1 u^2\,dt = \frac{8}{e^2 - 1}$$"
    assert "refuted" not in statuses(posed + task)[-2:]


PREY = r"$\dot x = a x - b x y - u x$, $\dot y = c x y - d y$, $x(0) = x_0$, $y(0) = y_0$, $J = \int_0^T (x^2 + y^2 + u^2)\,dt$. "


@pytest.mark.parametrize(("right", "wrong"), [
    (r"$x^* = d/c$, $y^* = a/b$", r"$x^* = c/d$, $y^* = a/b$"), (r"$(\bar x, \bar y) = (d/c, a/b)$", r"$(\bar x, \bar y) = (d/c, b/a)$"),
])
def test_at_an_equilibrium_that_is_written_out_the_field_is_zero(right: str, wrong: str) -> None:
    posed = f"{PREY}With $u = 0$ the equilibrium is "
    assert [statuses(f"{posed}{line}.")[-1] for line in (right, wrong)] == ["proved", "refuted"]
    assert "refuted" not in statuses(f"{PREY}The equilibrium is {right}.")  # of which control the words do not say


def test_what_a_wrong_equilibrium_says_keeps_no_later_line_open() -> None:
    later = r" $H = x^2 + y^2 + u^2 + \lambda(a x - b x y - u x) + \mu(c x y - d y)$, $\dot\mu = -2y + b x \lambda - (c x - d) \mu$, " \
        r"$\dot\mu = -2y - b x \lambda - (c x - d) \mu$"
    assert statuses(f"{PREY}With $u = 0$ the equilibrium is $x^* = c/d$, $y^* = a/b$.{later}")[-3:] == ["definition", "proved", "refuted"]


def test_a_first_integral_of_the_field_without_control_is_constant() -> None:
    integral = r"With $u = 0$ the function $V(x, y) = c x - d \ln x + b y - a \ln y$ is constant: $\frac{d}{dt} V(x(t), y(t)) = 0$."
    assert statuses(PREY + integral)[-1] == "proved"
    assert statuses(PREY + integral.replace(r"a \ln y", r"2 a \ln y"))[-1] == "refuted"
    assert statuses(PREY + integral.replace("With $u = 0$", "Without fishing"))[-1] == "unknown"


HARVEST = (r"$\dot x = x (a - b y - u)$, $\dot y = y (c x - d - u)$, $x(0) = x_0$, $y(0) = y_0$, "
           r"$J = \frac12\int_0^T ((x - x_*)^2 + (y - y_*)^2 + \gamma u^2)\,dt$. "
           r"$H = \frac12 (x - x_*)^2 + \frac12 (y - y_*)^2 + \frac\gamma2 u^2 + \xi x (a - b y - u) + \zeta y (c x - d - u)$, ")


def test_what_multiplies_the_rates_in_a_hamiltonian_is_a_costate_under_any_name() -> None:
    right, wrong = (rf"\dot\xi = -(x - x_*) - \xi (a - b y - u) - \zeta c {state}" for state in "yx")
    moved = r"$\dot\xi = -\frac{\partial H}{\partial x}$, $\zeta(T) = 0$, "
    assert statuses(f"{HARVEST}{moved}${right}$, ${wrong}$")[-2:] == ["proved", "refuted"]


def test_under_a_chosen_control_its_value_is_put_into_sums() -> None:
    posed = r"$\dot q = u$, $q(0) = 1$, $J(u) = \frac12\int_0^1 (q^2 + u^2)\,dt$. We start from $u = 0$. Then $q = 1$, $\dot\psi = -1$, $\psi(1) = 0$. "
    assert statuses(posed + r"The gradient is $u + \psi = 1 - t$, and not $u + \psi = t$")[-2:] == ["proved", "refuted"]
    assert statuses(posed + r"The best one is $u = -\psi$")[-1] != "refuted"


SOLVED = SCALAR + r", $x(t) = \frac{\cosh(1 - t)}{\cosh 1}$, $\lambda(t) = \frac{\sinh(1 - t)}{\cosh 1}$, $u(t) = -\tanh(1 - t) x(t)$"
FACTOR = SCALAR + r". The factor $k(t) = \tanh(1 - t)$ solves a Riccati equation, "
STARTED = SCALAR + r". Start with $u^{(0)} \equiv 0$. Then $\lambda(t) = 1 - t$ and $g(t) = u^{(0)}(t) + \lambda(t)$, "


@pytest.mark.parametrize(("posed", "right", "wrong"), [
    (FACTOR, r"-\dot k = 1 - k^2", r"-\dot k = 1 + k^2"),
    (FACTOR, "k(1) = 0", "k(1) = 1"),
    (STARTED, r"\|g\|^2 = \int_0^1 (1 - t)^2\,dt", r"\|g\|^2 = \int_0^1 (1 - t)\,dt"),
])
def test_a_factor_is_no_second_state_and_the_square_of_a_gradient_is_an_integral(posed: str, right: str, wrong: str) -> None:
    assert [statuses(f"{posed}${line}$")[-1] for line in (right, wrong)] == ["proved", "refuted"]


def test_a_feedback_that_is_not_the_optimal_one_may_be_a_choice() -> None:
    found = statuses(SOLVED.replace(r"-\tanh(1 - t) x(t)", r"-\tanh(1 + t) x(t)"))
    assert (found[-1], statuses(SOLVED)[-1]) == ("unknown", "proved")


@pytest.mark.parametrize(("values", "status"), [
    (r"\mu_{1,2} = \pm i\sqrt{a d}", "proved"), (r"\pm\sqrt{a d}", "refuted"), (r"\mu_\pm = \pm i\sqrt{a c}", "refuted"),
])
def test_eigenvalues_at_an_equilibrium_are_roots_of_its_characteristic_polynomial(values: str, status: str) -> None:
    posed = r"$\dot x = a x - b x y$, $\dot y = c x y - d y$, $x(0) = x_0$, $y(0) = y_0$. The equilibrium is $x_* = d/c$, $y_* = a/b$. "
    assert statuses(rf"{posed}There the eigenvalues of the Jacobian are $${values}.$$")[-1] == status
    assert "refuted" not in statuses(rf"{posed}The eigenvalues of $Q$ are $${values}.$$")
    assert statuses(rf"{posed.replace('d/c', 'c/d')}There the eigenvalues of the Jacobian are $${values}.$$")[-1] not in ("proved", "refuted")


def test_the_rest_of_an_optimal_solution_is_none_of_the_field_alone() -> None:
    growth = (r"$\dot k = k^\alpha - c - \delta k$, $k(0) = k_0$, $J = \int_0^T e^{-\rho t}\ln c\,dt \to \max$. In the steady state "
              r"$k^* = \left(\frac{\alpha}{\rho + \delta}\right)^{1/(1 - \alpha)}$")
    assert statuses(growth)[-1] != "refuted"
    prey = r"$\dot x = a x - b x y$, $\dot y = c x y - d y$, $x(0) = x_0$, $y(0) = y_0$. The equilibrium has $y_* = b/a$. "
    assert statuses(f"{prey}The equilibrium is $x_* = d/c$, $y_* = a/b$.")[-2:] == ["definition", "proved"]
