"""Times in numbers and the number pi, layers that are optimal without being linear, end conditions of examples."""

from __future__ import annotations

import math

import pytest
from understood import last_two, statuses

from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.ambiguities import DECIMAL, Letters, numbers_in
from adjointcheck.notes.reading.instants import instant, moment
from adjointcheck.notes.reading.latex import Unread, read_formula


@pytest.mark.parametrize("text", [r"x(\pi/2) = 0", r"\int_0^{2\pi} u\,dt", r"\int_0^\pi u\,dt", r"e^{-\pi t}", r"a = \frac{16}{16 + \pi}", r"\cos 2\pi t + \pi^2"])
def test_a_bare_pi_is_the_number(text: str) -> None:
    assert "pi" in numbers_in([r"\dot x = u", text])


@pytest.mark.parametrize("text", [
    r"\dot\pi = -H_x", r"\pi_1 = 0", r"\pi(T) = 0", r"H = L + \pi^T f", r"\log \pi(z)", r"V^\pi(x)", r"V^{\pi}(x)", r"\pi = p f - c", r"\delta\pi", r"\nabla_\pi J"])
def test_any_other_pi_is_a_letter(text: str) -> None:
    assert "pi" not in numbers_in([r"y = 2\pi", text])


@pytest.mark.parametrize(("text", "is_number"), [
    (r"c = \frac{4 e}{3 e^2 - 1}", True), (r"x = e^{T - t} + 2 e", True), (r"x = c\,e + e^{-t}", True), (r"e = x - r, y = e^{-t}", False),
    (r"\dot e = A e + e^{-t}", False), (r"V = e^T P e", False), (r"V = e^{\top} P e", False), (r"e_1 e^{-t}", False), (r"y = 2 e", False),
    (r"x(T) = \lambda\,e^{T}\int_0^T e^{2s}\,ds", True),
    (r"x(T) = e^{T} y + e^{-t}, z = A^T x", False), (r"x(T) = e^T e\, e^{-t}, e_1 = 0", False), (r"x = 2 e\, (e - 1)\, v + e^t", True), (r"x = 2 e(t - 1) + e^t", False)])
def test_a_bare_e_beside_its_powers_is_the_number(text: str, is_number: bool) -> None:
    assert ("e" in numbers_in([text])) is is_number


@pytest.mark.parametrize(("texts", "value"), [((r"0{,}762",), 0.762), ((r"2{,}5",), 2.5), ((r"1{,}313", "0{,}762"), 1.313), ((r"10{,}000",), None)])
def test_a_comma_is_decimal_where_it_parts_no_thousands(texts: tuple[str, ...], value: float | None) -> None:
    chain = read_formula(texts[0], Letters(numbers=numbers_in(texts)))
    got = float(chain.sides[0].value) if isinstance(chain, tree.Chain) and isinstance(chain.sides[0], tree.Number) else None
    assert got == (pytest.approx(value) if value else None)


def test_the_number_e_has_its_value() -> None:
    given = r"$\dot x = x$, $x(0) = 2$, $J = x(1)$ and $$\dot p = -p,\quad p(1) = 1,\quad p(t) = e^{1-t}$$ "
    assert statuses(given + r"$$p(0) = e,\quad p(0) = 2 e$$")[-2:] == ["proved", "refuted"]


def test_the_time_of_an_end_cost_alone_is_the_end() -> None:
    given = r"$$\max_u x_2(2)$$ $\dot x_1 = -u x_1$, $\dot x_2 = u x_1 - x_2$, $x_1(0) = 1$, $x_2(0) = 0$, $H = p_1 (-u x_1) + p_2 (u x_1 - x_2)$ "
    assert statuses(given + r"$$p_2(2) = 1,\quad p_1(2) = 0,\quad p_1(2) = 1$$")[-3:] == ["proved", "proved", "refuted"]


@pytest.mark.parametrize(("text", "name", "value"), [
    ("0", "0", 0.0), (r"\frac12", "1/2", 0.5), ("2.5", "5/2", 2.5), (r"\pi/2", "1/2*pi", math.pi / 2), (r"\frac{3\pi}{4}", "3/4*pi", 0.75 * math.pi),
    (r"2\pi", "2*pi", 2 * math.pi), ("-1", "-1", -1.0)])
def test_instants_have_a_name_and_a_value(text: str, name: str, value: float) -> None:
    chain = read_formula(text, Letters(numbers=frozenset({"pi"})))
    assert isinstance(chain, tree.Chain)
    assert instant(chain.sides[0]) == name
    assert moment(name) == pytest.approx(value)


@pytest.mark.parametrize("text", ["T", "t_f", r"1 + \pi", r"\pi t"])
def test_no_other_expression_is_an_instant(text: str) -> None:
    chain = read_formula(text, Letters(numbers=frozenset({"pi"})))
    assert isinstance(chain, tree.Chain)
    assert instant(chain.sides[0]) == ""


def test_an_end_in_pi_is_where_the_notes_say() -> None:
    given = "\n".join([r"\dot x = -x + u", "x(0) = 1", r"J = \frac12 x(\pi/2)^2 + \frac12\int_0^{\pi/2} u^2\,dt", r"H = \frac12 u^2 + \lambda(-x + u)"])
    assert last_two("", given, r"\lambda(\pi/2) = x(\pi/2)", r"\lambda(\pi/2) = -x(\pi/2)") == ["proved", "refuted"]


LAYERS = "\n".join([r"x_{i+1} = f_i(x_i,u_i)", r"J = \phi_N(x_N) + \sum_{i=0}^{N-1} L_i(x_i,u_i)", r"\lambda_N^T = \frac{\partial \phi_N}{\partial x_N}"])


@pytest.mark.campaign
def test_what_an_optimal_control_of_any_layers_satisfies() -> None:
    slope = r"0^T = \frac{\partial L_i}{\partial u_i}(x_i,u_i) + \lambda_{%s}^T \frac{\partial f_i}{\partial u_i}(x_i,u_i)"
    header = "state: x_i; control: u_i; costate: \\lambda_i (column); gradients: rows".replace("; ", "\n")
    assert last_two(header, LAYERS, slope % "i+1", slope % "i") == ["proved", "refuted"]


EXAM = r"""$x \in R^n$, $\lambda \in R^n$ a column, $t_f$ free.
$$\dot x = f(x,u,t), \qquad x(t_0) = x_0$$
$$J = \phi[x(t_f),t_f] + \int_{t_0}^{t_f} L(x,u,t)\,dt$$
$$\psi[x(t_f),t_f] = 0$$
$$H = L + \lambda^T f$$
(b) no $\phi$:
$$\dot x_1 = x_2, \quad \dot x_2 = u, \quad x_1(0) = 1, \quad x_2(0) = 0, \quad L = 1 + \tfrac12 u^2, \quad \psi = x_1(t_f)$$
$$H = 1 + \tfrac12 u^2 + \lambda_1 x_2 + \lambda_2 u$$
$$\lambda_1(t_f) = \nu$$
$$\lambda_2(t_f) = \nu$$
$$\lambda_2(t) = \nu\,(t_f - t)$$
$$u(t) = \nu\,(t_f - t)$$
"""


def test_the_end_condition_of_an_example_has_its_own_multiplier() -> None:
    assert statuses(EXAM)[-4:] == ["proved", "refuted", "proved", "refuted"]


def test_an_end_cost_that_is_not_denied_leaves_the_ends_open() -> None:
    assert not {"proved", "refuted"} & {*statuses(EXAM.replace("(b) no $\\phi$:", "(b)"))[-4:]}


OSCILLATOR = "\n".join([
    r"\dot x_1 = x_2", r"\dot x_2 = -4x_1 + u", "x_1(0) = 1", "x_2(0) = 0", r"J(u) = \frac12 x_1(\pi/2)^2 + \frac12\int_0^{\pi/2} u(t)^2\,dt",
    r"H = \frac12 u^2 + p_1 x_2 + p_2\,(-4x_1 + u)", r"\dot p_1 = 4 p_2", r"\dot p_2 = -p_1", r"u(t) = -p_2(t)", r"\ddot p_2 = -4 p_2"])


@pytest.mark.campaign
def test_costates_that_are_differentiated_once_more_are_no_states() -> None:
    assert last_two("", OSCILLATOR, r"\ddot p_2 = -4\,p_2", r"\ddot p_2 = 4\,p_2") == ["proved", "refuted"]
    assert last_two("", OSCILLATOR, r"p_1(\pi/2) = x_1(\pi/2)", r"p_2(\pi/2) = x_1(\pi/2)") == ["proved", "refuted"]


@pytest.mark.campaign
def test_an_end_state_by_another_name_is_held_by_nobody() -> None:
    given = OSCILLATOR + "\n" + r"a = x_1(\pi/2)"
    assert last_two("", given, r"p_2(t) = \frac{a}{2}\sin 2t", r"p_2(t) = a\sin 2t") == ["unknown", "refuted"]
    assert last_two("", given, r"a = -\frac{16}{16+\pi}", r"a = -\frac{8}{16+\pi}") == ["unknown", "assumption"]
    assert last_two("", given + "\n" + r"a = -\frac{16}{16+\pi}", r"\frac{\partial J}{\partial x_1(0)} = p_1(0)",
                    r"\frac{\partial J}{\partial x_1(0)} = p_1(\pi/2)") == ["proved", "refuted"]


CART = r"$\dot x_1 = x_2, \dot x_2 = u, x_1(0) = 1, x_2(0) = 0$ $$J = \tfrac12\int_0^T u^2\,dt,\quad \chi = \begin{pmatrix} x_1(T)\\ x_2(T)\end{pmatrix} = 0$$ $H = \tfrac12 u^2 + \lambda_1 x_2 + \lambda_2 u$ $u = -\lambda_2$ "


def test_a_column_of_end_conditions_has_a_multiplier_for_each() -> None:
    lines = r"$$\lambda_2(t) = \nu_2 + \nu_1 (T - t),\quad \lambda_2(t) = \nu_2 - \nu_1 (T - t),\quad u(t) = -\frac{6}{T^2} + \frac{12 t}{T^3}$$"
    found = statuses(CART + lines)
    assert found[-3:-1] == ["proved", "refuted"] and found[-1] != "refuted" and found.count("unknown") <= 1, found


def test_the_horizon_in_an_exponent_is_no_transposition() -> None:
    assert isinstance(read_formula("x = e^T", Letters()), Unread)
    chain = read_formula("x = e^{-T}", Letters(numbers=frozenset({"e"})))
    assert isinstance(chain, tree.Chain) and isinstance(chain.sides[1], tree.Function)


def test_a_comma_is_decimal_where_the_language_has_it_so() -> None:
    assert DECIMAL in numbers_in([], "Der Wert ist bekannt, und das Ergebnis wird gerundet.")
    assert DECIMAL not in numbers_in([], "The value is known, and the sum of the two is rounded.")


HALTED = (r"$$\dot x_1 = x_2, \quad \dot x_2 = u, \quad x(0) = (1, 0), \quad x(1) = (0, 0), \quad J = \frac12\int_0^1 u^2\,dt$$ "
          r"$H = \frac12 u^2 + p_1 x_2 + p_2 u$ $$\dot p_1 = 0, \quad \dot p_2 = -p_1$$ $u = -p_2$ ")
ONLY = r"Now let the final velocity be free; only $x_1(1) = 0$ is required. "


@pytest.mark.parametrize(("told", "found"), [
    (r"Fitting the two free constants, $$u(t) = 12 t - 6, \quad x_1(t) = 1 - 3 t^2 + 2 t^3, \quad J = 12$$", ["proved", "proved", "refuted"]),
    (ONLY + r"$$p_1(1) = 0, \quad p_2(1) = 0, \quad u(t) = -3 (1 - t), \quad u(t) = 12 t - 6$$", ["refuted", "proved", "proved", "refuted"]),
    (r"Now $x_2(1)$ is free. $$p_1(1) = 3, \quad p_1(1) = 12$$", ["proved", "refuted"]),
    (r"Now let the final velocity be free. $$p_2(1) = 0, \quad u(t) = -3 (1 - t), \quad \dot p_2 = p_1$$", ["unknown", "unknown", "refuted"]),
])
def test_a_vector_is_held_at_the_end_until_a_part_of_it_is_free(told: str, found: list[str]) -> None:
    assert statuses(HALTED + told)[-len(found):] == found


def test_another_hamiltonian_is_that_of_the_shortest_time_where_words_ask_for_it() -> None:
    lines = r"$$H = 1 + p_1 x_2 + p_2 u$$ $$u = -\operatorname{sgn} p_2, \quad u = \operatorname{sgn} p_2$$ Back again, $$\dot p_2 = -p_1$$"
    haste = r"The same cart with $|u| \le 1$ is to reach the origin as soon as possible, and "
    assert statuses(HALTED + haste + lines)[-4:] == ["definition", "proved", "refuted", "proved"]
    assert statuses(HALTED + haste.replace("as soon as possible", "again") + lines)[-4] == "unknown"


def test_an_example_may_say_that_its_time_starts_at_0() -> None:
    posed = r"Let $\dot z = f(z,\theta)$ on $[t_0,t_1]$ with $z(t_0)=z_0$ and $J = \ell(z(t_1))$. Example: $f(z) = -kz$, $t_0 = 0$. "
    assert statuses(posed + r"$$ z(t) = z_0 e^{-kt} $$ $$ z(t) = z_0 e^{kt} $$")[-2:] == ["proved", "refuted"]
