"""Worlds: their numbers against closed forms, right formulas that none contradicts, and planted slips that all are contradicted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.linalg import expm
from understood import agrees, contradicted, outcomes, read, statuses

from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading.tree import Derivative, Negative, Number, Product, Transposed, Variation
from adjointcheck.notes.verdicts import comparison, repairs
from adjointcheck.notes.verdicts.comparison import Contradiction, Undecided
from adjointcheck.notes.verdicts.repairs import repaired
from adjointcheck.notes.worlds import jet
from adjointcheck.notes.worlds.evaluation import Env, evaluate
from adjointcheck.notes.worlds.fields import END, START
from adjointcheck.notes.worlds.jet import along, direction, moved
from adjointcheck.notes.worlds.plan import Stage
from adjointcheck.notes.worlds.staging import make_world

BOLZA = r"\dot x = f(x, u, \theta, t); x(t_0) = x_0; J = \Psi(x(T), \theta) + \int_{t_0}^T L(x, u, \theta, t)\,dt; H = L + p f"
ROW = "state: x in R^n; control: u in R^k; parameters: theta in R^m; costate: p = dJ/dx (row); time: t in [t_0, T]"
NEURAL = r"\dot z = f(z(t), t, \theta); L = \ell(z(t_1)); a(t) = \frac{\partial L}{\partial z(t)}"
LAYERS = r"x_{l+1} = x_l + h f(x_l, w_l); J = \Phi(x_N) + \sum_{l=0}^{N-1} h L(x_l, w_l)"
REGULATOR = r"\dot x = A x + B u; J = x(T)^\top M x(T) + \int_0^T (x^\top Q x + u^\top R u)\,dt"
MATRICES = "state: x in R^n; control: u in R^k; A: n x n; B: n x k; Q: n x n, symmetric; R: k x k, symmetric; M: n x n, symmetric; P: riccati; costate: p = dJ/dx (row)"


# Numbers


def test_time_runs_from_0_where_values_are_taken_there() -> None:
    text = r"$\dot x = A x$, density $\rho$. $$\log\rho(x(T)) = \log\rho(x(0)) - T \operatorname{tr} A$$ $$\det\frac{\partial x(T)}{\partial x(0)} = e^{-T \operatorname{tr} A}$$"
    assert statuses(text, "state: x in R^n")[1:] == ["proved", "refuted"]


def test_the_exponential_of_a_matrix_is_no_matrix_of_exponentials() -> None:
    matrix, other = np.random.default_rng(0).normal(size=(2, 3, 3)) * 2
    with direction() as bit:
        slope = along(jet.ELEMENTARY["exp"](moved(matrix, bit, other)), bit)
    assert np.allclose(jet.ELEMENTARY["exp"](matrix), expm(matrix), rtol=1e-12)
    assert np.allclose(slope, (expm(matrix + 1e-6 * other) - expm(matrix - 1e-6 * other)) / 2e-6, rtol=1e-6)


def test_jets_are_exact_second_derivatives() -> None:
    with direction() as a, direction() as b:
        z = moved(moved(np.float64(0.7), a, 1.0), b, 1.0)
        mixed = along(along(jet.sine(z * z) / z + jet.exponential(z) * jet.power(z, 1.5), a), b)
    x = 0.7
    sine = -4 * x * np.sin(x * x) - 2 * np.cos(x * x) / x + 2 * np.cos(x * x) / x + 2 * (np.sin(x * x) - x * x * np.cos(x * x)) / x**3
    power = np.exp(x) * (x**1.5 + 3 * x**0.5 + 0.75 * x**-0.5)
    assert mixed == pytest.approx(sine + power, rel=1e-13)


def test_directions_of_nested_derivatives_do_not_mix() -> None:
    with direction() as a:
        z = moved(np.float64(0.5), a, 1.0)
        with direction() as b:
            inner = along(moved(z, b, 1.0) * z, b)  # d/dy (y z) at y = z
        assert along(inner, a) == 1.0


def test_a_linear_world_has_the_matrix_exponential_as_flow_and_its_transpose_as_costate() -> None:
    context = read(r"\dot x = A x; J = c^T x(T)", "state: x in R^n; A: n x n; c: n x 1; costate: p")[1]
    world = make_world(Stage(context))
    env = Env(world, np.float64(0.4), {"t": np.float64(0.4)})
    a, c = (evaluate(Symbol(name), env) for name in "Ac")
    assert not np.allclose(a, a.T)
    assert world.value_x(0.4) == pytest.approx(expm(a * (0.4 - START)) @ world.inputs["x0"], rel=1e-11)
    assert world.value_p(0.4) == pytest.approx(c.T @ expm(a * (END - 0.4)), rel=1e-10)
    assert world.value_rho(0.4) / world.value_rho(START) == pytest.approx(np.exp(-np.trace(a) * (0.4 - START)), rel=1e-11)


def test_the_uncertainty_of_a_number_bounds_its_error_and_a_gap_within_it_contradicts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    context = read(r"\dot x = A x; J = c^T x(T)", "state: x in R^n; A: n x n; c: n x 1; costate: p")[1]
    world = make_world(Stage(context))
    env = Env(world, np.float64(0.4), {"t": np.float64(0.4)})
    a, c = (evaluate(Symbol(name), env) for name in "Ac")
    off = np.max(np.abs(world.value_p(0.4) - c.T @ expm(a * (END - 0.4))))
    assert off < comparison.uncertainty(Symbol("p"), Number(Fraction(0)), env, (world.value_p(0.4), np.float64(0.0))) < 1e-9
    assert contradicted(f"{BOLZA}; \\dot p = p f_x", ROW)
    monkeypatch.setattr(comparison, "uncertainty", lambda *_: 1.0)
    assert not contradicted(f"{BOLZA}; \\dot p = p f_x", ROW)


def test_gradients_and_variations_match_central_differences() -> None:
    context = read(BOLZA, ROW)[1]
    world = make_world(replace(Stage(context), varied=frozenset({"x0", "w", "theta"})))
    env = Env(world, np.float64(0.5))
    slopes, step = evaluate(Derivative(Symbol("J"), (Symbol("theta"),), "total"), env), 1e-5
    unit = np.eye(4)[2].reshape(4, 1) * step
    theta = world.inputs["theta"]
    central = (world.put("theta", theta + unit).value_J(0) - world.put("theta", theta - unit).value_J(0)) / (2 * step)
    assert slopes[2] == pytest.approx(central, rel=1e-8)
    first = sum(float(np.sum(slopes * world.inputs["d_theta"].reshape(-1))) for _ in (0,)) + float((world.value_p(START) @ world.inputs["d_x0"])[0, 0])
    rest = np.polynomial.legendre.leggauss(16)
    density = [evaluate(Derivative(Symbol("J"), (Symbol("w"),), "total"), Env(world, START + (END - START) * (z + 1) / 2)) for z in rest[0]]
    moved_control = [world.inputs["d_w"](START + (END - START) * (z + 1) / 2) for z in rest[0]]
    first += sum(float(d @ v) * weight for d, v, weight in zip(density, moved_control, rest[1], strict=True)) * (END - START) / 2
    assert evaluate(Variation(Symbol("J")), env) == pytest.approx(first, rel=1e-9)


def test_worlds_are_not_degenerate() -> None:
    context = read(BOLZA, ROW)[1]
    world = make_world(Stage(context))
    env = Env(world, np.float64(0.5), {"t": np.float64(0.5)})
    from adjointcheck.notes.letters.meaning import Applied
    for by, size in (("x", 3), ("w", 2), ("theta", 4), ("t", 1)):
        slope = evaluate(Derivative(Applied("f"), (Symbol(by),), "partial"), env)
        assert np.size(slope) == 3 * size and np.min(np.abs(slope)) > 1e-3
    jacobian = evaluate(Derivative(Applied("f"), (Symbol("x"),), "partial"), env)
    assert np.max(np.abs(jacobian - jacobian.T)) > 0.1


def test_a_regulators_riccati_matrix_is_the_optimal_cost_to_go() -> None:
    context = read(REGULATOR, MATRICES)[1]
    world = make_world(Stage(context, optimal=True))
    x0 = world.inputs["x0"]
    assert world.value_J(0) == pytest.approx((x0.T @ world.value_P(START) @ x0)[0, 0], rel=1e-9)


# Right formulas and slips: right, then one slip each

PAIRS = [
    (ROW, BOLZA, r"\dot p = -L_x - p f_x", [r"\dot p = L_x - p f_x", r"\dot p = -L_x + p f_x", r"\dot p = -p f_x", r"\dot p = -L_x - (f_x p^T)^T"]),
    (ROW, BOLZA, r"p(T) = \Psi_x(x(T), \theta)", [r"p(T) = -\Psi_x(x(T), \theta)", r"p(t_0) = \Psi_x(x(T), \theta)", r"p(T) = 0"]),
    (ROW, BOLZA, r"\frac{dJ}{d\theta} = \Psi_\theta + \int_{t_0}^T (L_\theta + p f_\theta)\,dt", [
        r"\frac{dJ}{d\theta} = \int_{t_0}^T (L_\theta + p f_\theta)\,dt", r"\frac{dJ}{d\theta} = \Psi_\theta + \int_{t_0}^T p f_\theta\,dt", r"\frac{dJ}{d\theta} = \Psi_\theta + \int_T^{t_0} (L_\theta + p f_\theta)\,dt"]),
    (ROW, BOLZA, r"\frac{dJ}{dt_0} = -H(t_0)", [r"\frac{dJ}{dt_0} = H(t_0)", r"\frac{dJ}{dt_0} = -H(T)", r"\frac{dJ}{dt_0} = -p(t_0) f(t_0)"]),
    (ROW, BOLZA, r"\frac{\delta J}{\delta u(t)} = L_u + p f_u", [r"\frac{\delta J}{\delta u(t)} = p f_u", r"\frac{\delta J}{\delta u(t)} = L_u - p f_u"]),
    (ROW, BOLZA, r"\delta J = \Psi_x \delta x(T) + \int_{t_0}^T (L_x \delta x + L_u \delta u)\,dt", [r"\delta J = \Psi_x \delta x(T) + \int_{t_0}^T L_x \delta x\,dt + \int_T^{t_0} L_u \delta u\,dt"]),
    (ROW, BOLZA, r"\dot H = H_t + H_u \dot u", [r"\dot H = -H_t + H_u \dot u"]),
    (ROW, BOLZA, r"H_u = 0", [r"H_x = 0"]),
    (ROW, BOLZA, r"p(t) = p(T) + \int_t^T (L_x + p f_x)\,ds", [r"p(t) = p(T) - \int_t^T (L_x + p f_x)\,ds"]),
    ("", NEURAL, r"\frac{da}{dt} = -a^\top \frac{\partial f}{\partial z}", [r"\frac{da}{dt} = a^\top \frac{\partial f}{\partial z}", r"\frac{da}{dt} = -\frac{\partial f}{\partial z} a"]),
    ("", NEURAL, r"\frac{dL}{d\theta} = -\int_{t_1}^{t_0} a^\top \frac{\partial f}{\partial \theta}\,dt", [r"\frac{dL}{d\theta} = \int_{t_1}^{t_0} a^\top \frac{\partial f}{\partial \theta}\,dt"]),
    ("", NEURAL, r"\frac{dL}{dt_0} = -a(t_0)^\top f(z(t_0), t_0, \theta)", [r"\frac{dL}{dt_0} = a(t_0)^\top f(z(t_0), t_0, \theta)"]),
    ("", NEURAL, r"a(t) = a(t + \epsilon) \frac{\partial z(t + \epsilon)}{\partial z(t)}", [r"a(t + \epsilon) = a(t) \frac{\partial z(t + \epsilon)}{\partial z(t)}"]),
    ("", NEURAL, r"z(t + \epsilon) = z(t) + \epsilon f(z(t), t, \theta) + O(\epsilon^2)", [r"z(t + \epsilon) = z(t) + \epsilon f(z(t), t, \theta) + O(\epsilon^3)", r"z(t + \epsilon) = z(t) - \epsilon f(z(t), t, \theta) + O(\epsilon^2)"]),
    ("", NEURAL, r"\frac{da}{dt} = \lim_{\epsilon \to 0} \frac{a(t + \epsilon) - a(t)}{\epsilon}", [r"\frac{da}{dt} = \lim_{\epsilon \to 0} \frac{a(t) - a(t + \epsilon)}{\epsilon}"]),
    ("", NEURAL, r"\frac{d}{dt}\log p(z(t)) = -\operatorname{tr}\left(\frac{\partial f}{\partial z}\right)", [r"\frac{d}{dt}\log p(z(t)) = \operatorname{tr}\left(\frac{\partial f}{\partial z}\right)"]),
    ("costate: p (row)", LAYERS, r"p_l = p_{l+1} (I + h f_x(x_l, w_l)) + h L_x(x_l, w_l)", [
        r"p_{l+1} = p_l (I + h f_x(x_l, w_l)) + h L_x(x_l, w_l)", r"p_l = p_{l+1} (I + h f_x(x_l, w_l))", r"p_l = p_{l+1} (I + h f_x(x_{l+1}, w_l)) + h L_x(x_l, w_l)"]),
    ("costate: p (row)", LAYERS, r"\frac{\partial J}{\partial w_l} = h p_{l+1} f_w(x_l, w_l) + h L_w(x_l, w_l)", [r"\frac{\partial J}{\partial w_l} = h p_l f_w(x_l, w_l) + h L_w(x_l, w_l)", r"\frac{\partial J}{\partial w_l} = p_{l+1} f_w(x_l, w_l) + L_w(x_l, w_l)"]),
    (MATRICES, REGULATOR, r"-\dot P = P A + A^\top P - P B R^{-1} B^\top P + Q", [r"\dot P = P A + A^\top P - P B R^{-1} B^\top P + Q", r"-\dot P = P A + A^\top P + P B R^{-1} B^\top P + Q"]),
    (MATRICES, REGULATOR, r"u = -R^{-1} B^\top P x", [r"u = R^{-1} B^\top P x", r"u = -\frac12 R^{-1} B^\top P x"]),
    ("costate: lambda = -dJ/dx (column)", r"\dot x = f(x, u); J = \int_0^T g(x, u)\,dt", r"\dot\lambda = g_x^T - f_x^T \lambda", [r"\dot\lambda = -g_x^T - f_x^T \lambda"]),
]


@pytest.mark.parametrize(("header", "text", "right", "slips"), PAIRS, ids=[right for _, _, right, _ in PAIRS])
def test_worlds_agree_with_what_is_right_and_contradict_each_slip(header: str, text: str, right: str, slips: list[str]) -> None:
    assert agrees(f"{text}; {right}", header)
    for slip in slips:
        assert contradicted(f"{text}; {slip}", header), slip


@pytest.mark.parametrize(("slip", "expected"), [(r"\dot p = -L_x + p f_x", "- p (d_ f/d_x)"), (r"\dot p = -p f_x", "d_ L/d_x"), (r"p(T) = -\Psi_x(x(T), \theta)", "p(t1) = d_ Psi")])
def test_what_it_should_read_is_found(slip: str, expected: str) -> None:
    (found,) = outcomes(f"{BOLZA}; {slip}", ROW)
    assert isinstance(found, Contradiction) and expected in repaired(found)
    setting = dict(found.counterexample.setting)
    assert "f_1 = " in setting["f"] and setting["t"] and found.counterexample.left != found.counterexample.right


@pytest.mark.parametrize(("text", "header", "reason"), [
    (r"\dot x = f(x, t); J = \Phi(x(T)); \lambda(T) = -\Phi_x", "", "declare which one"),  # the costate's sign is known by custom alone
    (r"\dot x = f(x, \theta); J = \Psi(x(T)) + \int_0^T L\,dt; \frac{dJ}{d\theta} = \int_0^T p f_\theta\,dt", "costate: p; parameters: theta", "arguments"),
    (r"\dot x = f(x, t); J = \Phi(x(T)); \dot p = -p A", "costate: p; A: n x n", "never say what A is"),
])
def test_what_the_notes_leave_open_is_asked_and_not_refuted(text: str, header: str, reason: str) -> None:
    (found,) = outcomes(text, header)
    assert isinstance(found, Undecided) and reason in found.reason


def test_what_it_should_read_has_its_signs_in_front() -> None:
    minus = Negative(Transposed(Symbol("p")))
    assert show(repairs.tidied(Product((Negative(Transposed(minus)), minus)))) == "-p p'"
    assert show(repairs.tidied(Negative(Derivative(minus, (Symbol("t"),), "total")))) == "d p'/dt"


def test_a_world_with_an_end_constraint_lends_its_costate_to_none_without() -> None:
    posed = r"$$\dot x = f(t, x, w), \quad J = \Psi(x(t_1)) + \int_{t_0}^{t_1} L(t, x, w)\,dt$$ "
    bound, free = r"p(t_1) = \frac{\partial\Psi}{\partial x} + \nu\,\frac{\partial\psi}{\partial x}", r"p(t_1) = -\frac{\partial\Psi}{\partial x}"
    header = "state: x in R^n\ncontrol: w in R^k\ncostate: p = dJ/dx (row)\nfield: f\nrunning cost: L\nterminal cost: \\Psi\ntime: t in [t_0, t_1]"
    kept = f"{header}\nterminal constraint: \\psi\nconstraint multiplier: \\nu"
    assert statuses(rf"With $\psi(x(t_1)) = 0$, {posed}$${bound}$$", kept)[-1] == "proved"
    assert statuses(f"{posed}$${free}$$", header)[-1] == "refuted"
