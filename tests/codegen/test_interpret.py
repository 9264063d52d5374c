"""The interpreter against other evaluations of the same equations: by hand, by mpmath, by differences at many digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import pytest
from systems import everything, functions_of, lotka_volterra, points, values_by_name

from adjointcheck.codegen.interpret import EXACT, FLOATING, SYMBOLIC, UNDEFINED, decimal_arithmetic, interpret
from adjointcheck.codegen.ir import Argument, Function, Result
from adjointcheck.codegen.lower import assignments
from adjointcheck.errors import CodegenError
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, evaluate, symbol
from adjointcheck.expression.printer import to_text

DIGITS = 60
ORACLE: dict[str, Any] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "pow": mpmath.power, "abs": mpmath.fabs, "sign": mpmath.sign, "min": min, "max": max,
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "piecewise": lambda a, c, b: a if c else b,
} | {name: getattr(mpmath, name) for name in
     ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan")}  # fmt: skip


@pytest.fixture(autouse=True)
def digits() -> Any:
    with mpmath.workdps(DIGITS):
        yield


def high(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def by_mpmath(root: Expression, at: dict[str, Any]) -> Any:
    """The expression as it was stated, evaluated by a table that shares nothing with the interpreter."""

    def leaf(node: Expression) -> Any:
        return at[node.value] if node.head == "symbol" else mpmath.pi if node.head == "pi" else high(node.value)

    return evaluate([root], leaf, ORACLE)[0]


def function_of(*texts: str, names: str = "x") -> Function:
    body, operands = assignments([parse(text) for text in texts], {name: name for name in names})
    return Function("f", ("doc",), tuple(map(Argument, names)), tuple(body), (Result("y", tuple(operands)),))


def test_rates_and_costs_equal_the_stated_expressions_to_fifty_digits() -> None:
    problem, functions = everything(), functions_of(everything())
    stated = {
        "f": [state.rate for state in problem.states],
        "running_cost": [problem.running_cost],
        "observation_cost_0": [problem.observations[0].cost],
        "observation_cost_1": [problem.observations[1].cost],
        "initial_state": [state.initial for state in problem.states],
    }
    for name, roots in stated.items():
        for inputs in points(functions[name]):
            (found,) = interpret(functions[name], inputs_to(high, inputs), decimal_arithmetic(DIGITS))
            at = inputs_to(high, values_by_name(functions[name], inputs, problem, group=int(name[-1] == "1")))
            expected = [by_mpmath(root, at) for root in roots]
            for value, other in zip(found if isinstance(found, tuple) else [found], expected, strict=True):
                assert abs(value - other) <= mpmath.mpf(10) ** -50 * (1 + abs(other)), name


def inputs_to(convert: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: [*map(convert, given)] if isinstance(given, list) else convert(given) for name, given in inputs.items()}


def test_pullback_equals_differences_of_the_hamiltonian() -> None:
    """Partials of g L + p f by t, x, w and theta, each against a central difference with a step of 1e-20."""
    problem, pullback = everything(), functions_of(everything())["pullback"]
    array_of = {"H_x": "x", "H_w": "w", "H_theta": "theta"}
    for inputs in points(pullback, count=2):
        inputs = inputs_to(high, inputs)
        results = interpret(pullback, inputs, decimal_arithmetic(DIGITS))
        for result, found in zip(pullback.results, results, strict=True):
            moved = [("t", None)] if result.scalar else [(array_of[result.name], i) for i in range(len(found))]
            for (array, i), value in zip(moved, [found] if result.scalar else found, strict=True):
                assert abs(value - hamiltonian_slope(problem, inputs, array, i)) < mpmath.mpf(10) ** -30, (array, i)


def hamiltonian_slope(problem: Any, inputs: dict[str, Any], array: str, i: int | None) -> Any:
    step = mpmath.mpf(10) ** -20
    ends = []
    for shift in (step, -step):
        moved = {name: [*given] if isinstance(given, list) else given for name, given in inputs.items()}
        if i is None:
            moved[array] += shift
        else:
            moved[array][i] += shift
        ends.append(hamiltonian(problem, moved))
    return (ends[0] - ends[1]) / (2 * step)


def hamiltonian(problem: Any, inputs: dict[str, Any]) -> Any:
    names = (problem.state_names, problem.control_names, problem.parameter_names)
    at = {"t": inputs["t"]}
    for group, array in zip(names, ("x", "w", "theta"), strict=True):
        at |= dict(zip(group, inputs[array], strict=True))
    rates = [by_mpmath(state.rate, at) for state in problem.states]
    return inputs["g"] * by_mpmath(problem.running_cost, at) + sum(p * f for p, f in zip(inputs["p"], rates, strict=True))


def test_lotka_volterra_exactly_by_hand() -> None:
    functions = functions_of(lotka_volterra())
    t, (x, y), (a, b, c, d), (p, q) = Fraction(0), map(Fraction, (3, 5)), map(Fraction, (2, 7, 11, 13)), (Fraction(1, 3), Fraction(-2))
    inputs = {"t": t, "x": (x, y), "w": (), "theta": (a, b, c, d), "p": (p, q), "g": Fraction(4)}
    assert interpret(functions["f"], inputs, EXACT) == ((a * x - b * x * y, d * x * y - c * y),)
    assert interpret(functions["pullback"], inputs, EXACT) == (
        0,
        (p * (a - b * y) + q * d * y, -p * b * x + q * (d * x - c)),
        (),
        (p * x, -p * x * y, -q * y, q * x * y),
    )
    assert interpret(functions["costate_rate"], inputs, EXACT) == ((-p * (a - b * y) - q * d * y, p * b * x - q * (d * x - c)),)


def test_floating_agrees_with_many_digits() -> None:
    function = functions_of(everything())["pullback"]
    inputs = next(points(function))
    low = interpret(function, inputs_to(float, inputs), FLOATING)
    exact = interpret(function, inputs_to(high, inputs), decimal_arithmetic(DIGITS))
    for result, a, b in zip(function.results, low, exact, strict=True):
        for value, other in zip([a] if result.scalar else a, [b] if result.scalar else b, strict=True):
            assert value == pytest.approx(float(other), rel=1e-12)


def test_symbolic_arithmetic_gives_the_expression_back() -> None:
    function = function_of("x*(1 - x)/2 + exp(-x)", "pi*x")
    ((first, second),) = interpret(function, {"x": symbol("z")}, SYMBOLIC)
    assert [to_text(first), to_text(second)] == ["z*(1 - z)/2 + exp(-z)", "pi*z"]


@pytest.mark.parametrize("arithmetic", [FLOATING, decimal_arithmetic(30)], ids=["floating", "decimal"])
def test_undefined_spreads_except_through_the_branch_not_taken(arithmetic: Any) -> None:
    function = function_of("1/x", "log(x) + 1", "piecewise(log(x), x > 0, 7)", "piecewise(1, log(x) < 0, 2)", "asin(x + 2)")
    (found,) = interpret(function, {"x": arithmetic.number(Fraction(0))}, arithmetic)
    assert found[0] is found[1] is found[3] is found[4] is UNDEFINED
    assert found[2] == 7


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("exp(x)", {"x": Fraction(1)}, "exact arithmetic: got exp"),
        ("pi*x", {"x": Fraction(1)}, "exact arithmetic: got pi"),
        ("2*x", {"y": Fraction(1)}, "function f: .*expected an input x"),
    ],
)
def test_what_cannot_be_computed_is_refused(text: str, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        interpret(function_of(text), inputs, EXACT)


def test_too_few_columns_are_refused() -> None:
    with pytest.raises(CodegenError, match="input x: got 1; expected 2 values"):
        interpret(functions_of(lotka_volterra())["terminal_cost"], {"t1": 0, "x": [1], "theta": [1] * 4}, EXACT)
