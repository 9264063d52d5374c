"""The derivation and its adjoint system against formulas made by hand and against differentiation at 50 digits."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as F
from random import Random

import pytest
from strategies import close, numeric, slope

from adjointcheck.derive import Derivation, derive
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import ZERO, Expression, symbols_of
from adjointcheck.problem.statement import Problem
from adjointcheck.trusted.rules import RULES
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

FIELDS: dict[str, object] = {
    "name": "system", "horizon": (0, 2), "parameters": ["a", "b", "c"], "controls": ["w", "v"],
    "states": {"x": {"rate": "a*x*y - b*y**2*t + v", "initial": "2*a + c"}, "y": {"rate": "c*sin(x) - exp(-t)*y*w", "initial": "b*c"}},
    "running_cost": "a*x**2*y + 7*w**2*b + c*t*x", "terminal_cost": "c*x**3*t + b*x*y",
    "observations": [{"times": [0, 1, 2], "data": {"d": [1, 2, 3]}, "cost": "a*(x - d)**2*t + c*x*y"}, {"times": [1], "data": {"e": [1], "g": [2]}, "cost": "b*(y - e*g)**4"}],
}
STATES, COSTATES, PARAMETERS, CONTROLS = ("x", "y"), ("p_x", "p_y"), ("a", "b", "c"), ("w", "v")


@pytest.fixture(scope="module")
def found() -> Derivation:
    return derive(Problem(**FIELDS))  # type: ignore[arg-type]


def point(draw: Random, *roots: Expression) -> dict[str, F]:
    return {name: F(draw.randint(-3000, 3000), 1013) for name in {"t", "w", "v", "d", "e", "g", *STATES, *COSTATES, *PARAMETERS, *symbols_of(*roots)}}


def rates() -> dict[str, Expression]:
    return {x: parse(entry["rate"]) for x, entry in FIELDS["states"].items()}  # type: ignore[union-attr]


def hamiltonian() -> Expression:
    return parse(f"{FIELDS['running_cost']} + p_x*({FIELDS['states']['x']['rate']}) + p_y*({FIELDS['states']['y']['rate']})")  # type: ignore[index]


def agree(formula: Expression, root: Expression, name: str, sign: int = 1) -> None:
    """formula = sign d root / d name at seeded points, by central differences at 50 digits."""
    draw = Random(f"{root} {name}")
    for _ in range(3):
        at = point(draw, formula, root)
        assert close(numeric(formula, at), sign * slope(root, name, at), 25)


def test_everything_is_proved(found: Derivation) -> None:
    assert found.proved and found.verdict.status is Status.PROVED and found.claims == () and found.findings == ()
    assert len(found.steps) == len(RULES)


def test_costate_equation(found: Derivation) -> None:
    for x in STATES:
        agree(found.costate[x], hamiltonian(), x, -1)


def test_gradients_of_the_integral(found: Derivation) -> None:
    for a in PARAMETERS:
        agree(found.gradients[a], hamiltonian(), a)
    for w in CONTROLS:
        agree(found.gradient_condition[w], hamiltonian(), w)


def test_terminal_condition_and_its_gradient(found: Derivation) -> None:
    psi = parse(FIELDS["terminal_cost"])  # type: ignore[arg-type]
    for x in STATES:
        agree(found.terminal[x], psi, x)
    for a in PARAMETERS:
        agree(found.system.terminal_gradient[a], psi, a)


def test_initial_gradient(found: Derivation) -> None:
    start = parse("p_x*(2*a + c) + p_y*(b*c)")
    for a in PARAMETERS:
        agree(found.system.initial_gradient[a], start, a)


def test_jumps_and_gradients_of_observations(found: Derivation) -> None:
    assert len(found.system.jumps) == len(found.system.observation_gradient) == len(found.system.observation_time) == 2
    for j, group in enumerate(FIELDS["observations"]):  # type: ignore[arg-type, var-annotated]
        cost = parse(group["cost"])
        for x in STATES:
            agree(found.system.jumps[j][x], cost, x)
        for a in PARAMETERS:
            agree(found.system.observation_gradient[j][a], cost, a)


def test_derivatives_in_the_times(found: Derivation) -> None:
    """dJ/dt0 = -H, dJ/dt1 = dPsi/dt + H, dJ/ds = dl/dt + dl/dx f, dH/dt; each at seeded points."""
    draw, psi = Random(4), parse(FIELDS["terminal_cost"])  # type: ignore[arg-type]
    for _ in range(4):
        at = point(draw)
        h = numeric(hamiltonian(), at)
        assert close(numeric(found.system.start_time, at), -h, 40) and close(numeric(found.system.hamiltonian, at), h, 40)
        assert close(numeric(found.system.end_time, at), slope(psi, "t", at) + h, 25)
        assert close(numeric(found.system.time_partial, at), slope(hamiltonian(), "t", at), 25)
        for j, group in enumerate(FIELDS["observations"]):  # type: ignore[arg-type, var-annotated]
            cost = parse(group["cost"])
            expected = slope(cost, "t", at) + sum(slope(cost, x, at) * numeric(rate, at) for x, rate in rates().items())
            assert close(numeric(found.system.observation_time[j], at), expected, 25)


def test_the_system_holds_a_formula_for_everything_and_nothing_else(found: Derivation) -> None:
    system = found.system
    assert tuple(system.costate_rate) == tuple(system.terminal) == STATES and tuple(system.stationarity) == CONTROLS
    assert tuple(system.gradient) == tuple(system.terminal_gradient) == tuple(system.initial_gradient) == PARAMETERS
    assert all(tuple(jump) == STATES for jump in system.jumps) and all(tuple(part) == PARAMETERS for part in system.observation_gradient)
    assert system.problem == found.problem == Problem(**FIELDS)  # type: ignore[arg-type]


def test_formulas_of_the_system_hold_no_jets(found: Derivation) -> None:
    for field in dataclasses.fields(found.system):
        value = getattr(found.system, field.name)
        formulas = [value] if isinstance(value, Expression) else list(value.values()) if isinstance(value, dict) else []
        assert not [name for name in symbols_of(*formulas) if "." in name]


def test_steps_have_names_rules_premises_and_words(found: Derivation) -> None:
    ids = [step.id for step in found.steps]
    assert ids == sorted(set(ids)) and ids[0] == "s01"
    for i, step in enumerate(found.steps):
        assert step.name == f"{step.id} {step.rule}" and step.words and step.claim and step.verdict.evidence
        assert set(step.premises) <= set(ids[:i])
    assert [step.rule for step in found.steps] == list(RULES)


def test_without_parameters_controls_and_observations() -> None:
    bare = derive(Problem(name="bare", horizon=(1, 0), states={"x": {"rate": "-x**3", "initial": "2"}}, terminal_cost="x**2"))
    assert bare.proved and not {"jump", "stationarity", "parameter_gradient"} & {step.rule for step in bare.steps}
    assert bare.system.gradient == bare.system.stationarity == {} and bare.system.jumps == ()
    assert equal(bare.costate["x"], parse("3*x**2*p_x")).status is Status.PROVED and bare.terminal["x"] is parse("2*x")


def test_without_any_cost_everything_is_zero() -> None:
    idle = derive(Problem(name="idle", horizon=(0, 1), parameters=["a"], states={"x": {"rate": "a*x", "initial": "1"}}))
    assert idle.proved and idle.terminal["x"] is ZERO and idle.system.terminal_gradient["a"] is ZERO


@pytest.mark.parametrize(("rate", "slope_in_x"), [
    ("log(x)", "1/x"), ("sqrt(x)", "1/(2*sqrt(x))"), ("x**a", "a*x**(a - 1)"), ("a**x", "a**x*log(a)"), ("atan(x)*a", "a/(1 + x**2)"), ("asin(x/9)", "1/sqrt(81 - x**2)"), ("abs(x)", "sign(x)"), ("x/(a + abs(x))", "a/(a + abs(x))**2"), ("tanh(x)", "1 - tanh(x)**2"),
    ("max(x, a)", "(1 + sign(x - a))/2"), ("piecewise(x**2, x < 1, 2*x - 1)", "piecewise(2*x, x < 1, 2)"), ("exp(-x**2)", "-2*x*exp(-x**2)"), ("1/(1 + exp(-x))", "exp(-x)/(1 + exp(-x))**2"), ("x**-3", "-3/x**4"),
])
def test_each_function_in_a_rate(rate: str, slope_in_x: str) -> None:
    made = derive(Problem(name="one", horizon=(0, 1), parameters=["a"], states={"x": {"rate": rate, "initial": "1/2"}}, terminal_cost="x", claims={"costate.x": f"-p_x*({slope_in_x})"}))
    assert made.claims[0].verdict.status is Status.PROVED
    assert made.proved


def test_names_that_mean_something_to_sympy() -> None:
    made = derive(Problem(
        name="names", horizon=(0, 1), parameters=["beta", "gamma", "N", "E", "I0", "lambda"], running_cost="I**2*lambda", terminal_cost="S",
        states={"S": {"rate": "-beta*S*I/N", "initial": "N - I0"}, "I": {"rate": "beta*S*I/N - gamma*I + E", "initial": "I0"}},
        claims={"costate.S": "beta*I/N*(p_S - p_I)", "gradient.lambda": "I**2"},
    ))
    assert made.proved


def test_a_derivation_is_repeatable() -> None:
    first, second = derive(Problem(**FIELDS)), derive(Problem(**FIELDS))  # type: ignore[arg-type]
    assert first.log() == second.log() and first.system == second.system
