"""The statement files say what their sources say: physics, data and claims, by oracles that read only the numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest

from adjointcheck.expression.node import Expression, symbols_of
from adjointcheck.problem import Problem, load
from adjointcheck.problem.validation import places

NAMES = ("double_pendulum", "hodgkin_huxley", "kuramoto", "linear_quadratic", "lorenz", "lotka_volterra", "lynx_hare",
         "time_varying_linear", "van_der_pol")
Value = Callable[[Expression, Mapping[str, Any]], Any]


@pytest.fixture
def read(derivations: Path) -> Callable[[str], Problem]:
    return lambda name: load(derivations / f"{name}.toml")


def nominal(problem: Problem) -> dict[str, Any]:
    values = {row.name: row.value for row in problem.parameters if row.value is not None}
    return {name: mpmath.mpf(value.numerator) / value.denominator for name, value in values.items()}


def some_point(problem: Problem, seed: int = 20) -> dict[str, Any]:
    """Positive random numbers for every name, parameters near their nominal values."""
    rng = random.Random(seed)
    names = [*problem.state_names, *problem.control_names, *(f"p_{name}" for name in problem.state_names), "t"]
    scaled = {name: value * mpmath.mpf(rng.uniform(0.8, 1.2)) for name, value in nominal(problem).items()}
    return {name: mpmath.mpf(rng.uniform(0.3, 1.7)) for name in names} | scaled


def rates(problem: Problem, value: Value, point: Mapping[str, Any]) -> dict[str, Any]:
    return {state.name: value(state.rate, point) for state in problem.states}


def test_the_files_are_these(derivations: Path) -> None:
    assert sorted(path.stem for path in derivations.glob("*.toml")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_whole(name: str, derivations: Path, read: Callable[[str], Problem]) -> None:
    """Named as its file, explained in its head, every parameter valued and used, some claims made."""
    problem = read(name)
    text = (derivations / f"{name}.toml").read_text()
    head = text[: text.index("\nname = ")]
    assert problem.name == name and all(line.startswith("#") for line in head.splitlines())
    assert any(str(year) in head for year in range(1900, 2026)) or "(own)" in head
    assert None not in [row.value for row in problem.parameters] and problem.claims
    used = set().union(*(symbols_of(place.expression) for place in places(problem)))
    assert {*problem.parameter_names, *problem.control_names} <= used
    assert max(map(len, text.splitlines())) <= 120 or name == "kuramoto"


FEATURES: dict[str, Callable[[Problem], bool]] = {
    "explicit time": lambda p: any("t" in symbols_of(state.rate) for state in p.states),
    "running cost in parameters": lambda p: bool(symbols_of(p.running_cost) & {*p.parameter_names}),
    "terminal cost in parameters and time": lambda p: {"t"} < symbols_of(p.terminal_cost) & {"t", *p.parameter_names},
    "observation at t0": lambda p: any(p.horizon[0] in group.times for group in p.observations),
    "observation at t1": lambda p: any(p.horizon[1] in group.times for group in p.observations),
    "observation inside": lambda p: any(set(group.times) - set(p.horizon) for group in p.observations),
    "observation cost in parameters": lambda p: any(symbols_of(g.cost) & {*p.parameter_names} for g in p.observations),
    "initial values in parameters": lambda p: any(symbols_of(state.initial) for state in p.states),
    "reverse horizon": lambda p: p.horizon[1] < p.horizon[0],
    "controls": lambda p: bool(p.controls),
    "assumptions": lambda p: bool(p.positive),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_each_feature_is_in_some_file(feature: str, read: Callable[[str], Problem]) -> None:
    having = [name for name in NAMES if FEATURES[feature](read(name))]
    assert having and having != list(NAMES)


def claimed(problem: Problem, value: Value, head: str, target: str) -> Callable[[Mapping[str, Any], Any], Any]:
    """What a claim must equal, as a function whose derivative in `target` is taken: -H, Psi or H."""

    def moved(point: Mapping[str, Any], to: Any) -> Any:
        there = {**point, target: to}
        if head == "terminal":
            return value(problem.terminal_cost, there)
        hamiltonian = value(problem.running_cost, there) + sum(
            point[f"p_{name}"] * rate for name, rate in rates(problem, value, there).items())
        return -hamiltonian if head == "costate" else hamiltonian

    return moved


@pytest.mark.parametrize("name", NAMES)
def test_claims_are_right(name: str, read: Callable[[str], Problem], value: Value) -> None:
    """Against central differences of H and Psi, h = 1e-12 at 50 digits: the truncation error is about 1e-24."""
    problem = read(name)
    point, h = some_point(problem), mpmath.mpf("1e-12")
    for claim, expression in problem.claims:
        head, target = claim.split(".")
        function = claimed(problem, value, head, target)
        slope = (function(point, point[target] + h) - function(point, point[target] - h)) / (2 * h)
        assert abs(value(expression, point) - slope) < mpmath.mpf("1e-18") * (1 + abs(slope)), claim


def test_a_wrong_claim_would_be_seen(read: Callable[[str], Problem], value: Value) -> None:
    problem = read("lotka_volterra")
    point, h = some_point(problem), mpmath.mpf("1e-12")
    function = claimed(problem, value, "gradient", "b")
    slope = (function(point, point["b"] + h) - function(point, point["b"] - h)) / (2 * h)
    assert abs(-value(dict(problem.claims)["gradient.b"], point) - slope) > 0.1


HARE = "30 47.2 70.2 77.4 36.3 20.6 18.1 21.4 22 25.4 27.1 40.3 57 76.6 52.3 19.5 11.2 7.6 14.6 16.2 24.7"
LYNX = "4 6.1 9.8 35.2 59.4 41.7 19 13 8.3 9.1 7.4 8 12.3 19.5 45.7 51.1 29.7 15.8 9.7 10.1 8.6"


def test_pelt_counts(read: Callable[[str], Problem]) -> None:
    problem = read("lynx_hare")
    (group,) = problem.observations
    assert group.times == tuple(map(Fraction, range(1900, 1921))) and problem.horizon == (1900, 1920)
    hare, lynx = (tuple(map(Fraction, counts.split())) for counts in (HARE, LYNX))
    assert group.data == (("hare_pelts", hare), ("lynx_pelts", lynx))


def test_lotka_volterra_is_the_one_of_the_design(read: Callable[[str], Problem]) -> None:
    problem = read("lotka_volterra")
    assert problem == Problem(
        name="lotka_volterra", states={"x": "a*x - b*x*y", "y": "d*x*y - c*y"}, initial={"x": 1.0, "y": 1.0},
        parameters={"a": 1.5, "b": 1.0, "c": 3.0, "d": 1.0}, terminal_cost="((1 - x)**2 + (1 - y)**2)/2",
        horizon=(0.0, 10.0), claims=dict(problem.claims))


def test_lorenz_trapping_function(read: Callable[[str], Problem], value: Value) -> None:
    """Twice the terminal cost falls at the rate that the file's head states."""
    problem = read("lorenz")
    point = some_point(problem)
    x, y, z, s, r, b = (point[name] for name in ("x", "y", "z", "sigma", "rho", "beta"))
    rate = along_the_flow(problem, value, lambda there: 2 * value(problem.terminal_cost, there), point)
    assert abs(rate + 2 * s * (r * x**2 + y**2 + b * z**2 - 2 * b * r * z)) < mpmath.mpf("1e-15")


def along_the_flow(problem: Problem, value: Value, function: Callable[..., Any], point: Mapping[str, Any]) -> Any:
    """Time derivative of `function` along xdot = f, by a central difference of 50-digit numbers."""
    h, speed = mpmath.mpf("1e-12"), rates(problem, value, point)
    ahead, behind = ({**point, **{name: point[name] + sign * h * speed[name] for name in speed}} for sign in (1, -1))
    return (function(ahead) - function(behind)) / (2 * h)


def test_van_der_pol_power_is_the_rate_of_energy(read: Callable[[str], Problem], value: Value) -> None:
    problem = read("van_der_pol")
    point = some_point(problem)
    power = along_the_flow(problem, value, lambda there: (there["x"] ** 2 + there["v"] ** 2) / 2, point)
    assert abs(power - value(problem.running_cost, point)) < mpmath.mpf("1e-20")


def test_double_pendulum_conserves_energy(read: Callable[[str], Problem], value: Value) -> None:
    """Kinetic plus potential energy written from Cartesian positions, not from the equations of motion."""

    def energy(at: Mapping[str, Any]) -> Any:
        upper, lower = (at[f"l{i}"] * mpmath.expj(at[f"angle{i}"]) for i in (1, 2))  # down is real, right imaginary
        fast, faster = 1j * at["spin1"] * upper, 1j * (at["spin1"] * upper + at["spin2"] * lower)
        kinetic = (at["m1"] * abs(fast) ** 2 + at["m2"] * abs(faster) ** 2) / 2
        return kinetic - at["gravity"] * (at["m1"] * upper.real + at["m2"] * (upper + lower).real)

    problem = read("double_pendulum")
    for seed in range(3):
        assert abs(along_the_flow(problem, value, energy, some_point(problem, seed))) < mpmath.mpf("1e-20")


def test_hodgkin_huxley_rests(read: Callable[[str], Problem], value: Value) -> None:
    """Without the applied 10 uA/cm^2 the initial state is at rest, as far as its four digits go."""
    problem = read("hodgkin_huxley")
    point = nominal(problem) | {state.name: value(state.initial, {}) for state in problem.states}
    speed = rates(problem, value, point)
    assert abs(speed["V"] - 10) < 0.02
    assert max(abs(speed[gate]) for gate in "mhn") < 1e-3


@pytest.mark.parametrize(("gate", "hole", "limit"), [("m", -40, 1), ("n", -55, 0.1)])
def test_hodgkin_huxley_holes_are_removable(
    gate: str, hole: int, limit: float, read: Callable[[str], Problem], value: Value
) -> None:
    """The opening rate (the gate's speed from 0) tends to the limit stated, and is not defined at the hole."""
    problem = read("hodgkin_huxley")
    point = nominal(problem) | {"m": mpmath.mpf(0), "h": mpmath.mpf(0), "n": mpmath.mpf(0)}
    near = rates(problem, value, point | {"V": hole + mpmath.mpf("1e-15")})[gate]
    assert abs(near - limit) < mpmath.mpf("1e-14")
    with pytest.raises(ZeroDivisionError):
        rates(problem, value, point | {"V": mpmath.mpf(hole)})


def test_kuramoto_mean_field(read: Callable[[str], Problem], value: Value) -> None:
    """Kuramoto's own form: each oscillator is pulled towards the mean phase psi by the order parameter R."""
    problem = read("kuramoto")
    point = some_point(problem)
    mean = sum(mpmath.expj(point[name]) for name in problem.state_names) / 16
    for i in range(1, 17):
        pull = point["coupling"] * abs(mean) * mpmath.sin(mpmath.arg(mean) - point[f"phase{i}"])
        assert abs(value(problem.states[i - 1].rate, point) - point[f"omega{i}"] - pull) < mpmath.mpf("1e-40")
    assert abs(value(problem.terminal_cost, point) - 1 + abs(mean) ** 2) < mpmath.mpf("1e-40")


def riccati(problem: Problem) -> Any:
    """S(t0) of the equation in the file's head, by mpmath's Taylor solver; time runs backwards from t1."""
    k, c, gain, effort = nominal(problem).values()
    a, b = mpmath.matrix([[0, 1], [-k, -c]]), mpmath.matrix([0, gain])

    def right(_: Any, flat: Any) -> list[Any]:
        s = mpmath.matrix([[flat[0], flat[1]], [flat[1], flat[2]]])
        change = mpmath.diag([1, mpmath.mpf(1) / 2]) + a.T * s + s * a - s * b * b.T * s / effort
        return [change[0, 0], change[0, 1], change[1, 1]]

    return mpmath.odefun(right, 0, [3, mpmath.mpf(1) / 2, 1])


def test_linear_quadratic_riccati(read: Callable[[str], Problem], value: Value) -> None:
    """With w = -gain/effort S2 x and p = x'S, H + dV/dt = 0 and dH/dw = 0 hold for the file's costs and rates."""
    problem = read("linear_quadratic")
    with mpmath.workdps(20):
        solution, left, h = riccati(problem), mpmath.mpf("1.3"), mpmath.mpf("1e-6")
        form = [solution(left + shift) for shift in (-h, 0, h)]
        point = nominal(problem) | {"position": mpmath.mpf("0.7"), "velocity": mpmath.mpf("-0.4")}
        x, v = point["position"], point["velocity"]
        values = [(s[0] * x**2 + 2 * s[1] * x * v + s[2] * v**2) / 2 for s in form]
        costate = form[1][0] * x + form[1][1] * v, form[1][1] * x + form[1][2] * v
        point |= {"p_position": costate[0], "p_velocity": costate[1]}
        point |= {"w": -point["gain"] / point["effort"] * costate[1]}
        hamiltonian = value(problem.running_cost, point) + sum(
            point[f"p_{name}"] * rate for name, rate in rates(problem, value, point).items())
        assert abs(hamiltonian - (values[2] - values[0]) / (2 * h)) < 1e-10
        assert abs(value(dict(problem.claims)["stationarity.w"], point)) < 1e-15


def closed_form(problem: Problem, value: Value, t: Any) -> dict[str, Any]:
    """State of time_varying_linear at t by the formula in the file's head."""
    point, t0 = nominal(problem), mpmath.mpf(1) / 2
    start = mpmath.mpc(*(value(state.initial, point) for state in problem.states))
    z = start * mpmath.exp(-point["damping"] * (t - t0) + 1j * point["chirp"] * (t**2 - t0**2) / 2)
    return point | {"t": t, "x": z.real, "y": z.imag}


def test_time_varying_linear_closed_form(read: Callable[[str], Problem], value: Value) -> None:
    problem = read("time_varying_linear")
    for t in (mpmath.mpf("0.5"), mpmath.mpf("1.7"), mpmath.mpf("2.5")):
        expected = rates(problem, value, closed_form(problem, value, t))
        for name, rate in expected.items():
            slope = mpmath.diff(lambda s, name=name: closed_form(problem, value, s)[name], t)
            assert abs(slope - rate) < mpmath.mpf("1e-15")


def test_time_varying_linear_running_integral(read: Callable[[str], Problem], value: Value) -> None:
    problem = read("time_varying_linear")
    with mpmath.workdps(25):
        t0, t1 = mpmath.mpf("0.5"), mpmath.mpf("2.5")
        start = closed_form(problem, value, t0)
        d, span, square = start["damping"], t1 - t0, start["x"] ** 2 + start["y"] ** 2
        e = mpmath.exp(-2 * d * span)
        stated = d * square / 2 * (t0 * (1 - e) / (2 * d) + (1 - (1 + 2 * d * span) * e) / (4 * d**2))
        integral = mpmath.quad(lambda t: value(problem.running_cost, closed_form(problem, value, t)), [t0, t1])
        assert abs(integral - stated) < mpmath.mpf("1e-18")
