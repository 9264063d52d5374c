"""The native target: the same numbers as the torch target, lane by lane, whatever the neighbours, threads and memory."""

from __future__ import annotations

import ctypes
import functools
import json
import math
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from flint import arb, ctx
from native_harness import COMPILER, build, launch
from native_mutants import MUTANTS
from systems import everything, system_of
from torch import Tensor

from adjointcheck.check.emitted_values import RUNNING_ERROR, Rounded
from adjointcheck.check.equations import WEIGHT, proved_equations
from adjointcheck.codegen import generate
from adjointcheck.codegen.interpret import UNDEFINED, interpret
from adjointcheck.codegen.ir import Argument, Assign, Constant, Function, Name, Operation, Program, Result
from adjointcheck.codegen.lower import lower
from adjointcheck.codegen.native_text import CALLS, INFIX, emit, emit_function, inverted, kept_values, lane_parts, literal, turned_along
from adjointcheck.derive.derivation import adjoint_system, setting_of
from adjointcheck.derive.lagrangian import propose
from adjointcheck.errors import CodegenError
from adjointcheck.expression.node import apply, number
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.problem.statement import Problem
from adjointcheck.schemes import METHODS
from adjointcheck.solve.load import build as build_torch
from adjointcheck.solve.native_abi import Launch
from adjointcheck.trusted.witness import NoInformation, ball

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler")
DOUBLE, SINGLE = ("-DADJ_PRECISIONS=1",), ("-DADJ_PRECISIONS=2",)
REFILL = "-DADJ_LEAST_BATCHES=1"  # small ensembles fill whole batches, so that lanes take several trajectories
NAMES = ("x0", "theta", "w", "t0", "t1", "times")


def campaign(*row: Any) -> Any:
    """A row of parameters that is run by hand."""
    return pytest.param(*row, marks=pytest.mark.campaign)


def tangled() -> Problem:
    """Explicit time, two controls, every parameter live in everything, observations at t0, inside (two coincide) and at t1."""
    return Problem(
        name="tangled",
        states={"x": "-a*x + b*x*y + sin(t)*u + 0.3*v*y", "y": "-c*y - x + 0.2*t*a + 0.5*u*v - 0.5*b*sin(y)"},
        parameters={"a": 0.9, "b": 0.4, "c": 0.7}, controls=["u", "v"],
        running_cost="0.5*c*x**2 + b*t*y + a*u**2 + x*v", terminal_cost="(x - a)**2/2 + b*t*y + 0.1*c*t**2",
        initial={"x": "0.8 + 0.1*a", "y": "b*c"}, horizon=(0.3, 2.1),
        observations=[
            {"times": [1.2, 0.3, 0.7], "data": {"d": [0.5, 1.5, 0.2]}, "cost": "c*(x - d)**2*(1 + 0.1*t) + a*y + b*y"},
            {"times": [2.1, 0.7], "cost": "(y**2 + b*x*y)*(1 + 0.2*t)"},
        ],
    )  # fmt: skip


def oscillator() -> Problem:
    """Autonomous, no observations, no controls, no running cost: everything optional left out."""
    return Problem(
        name="oscillator", states={"x": "v", "v": "mu*(1 - x**2)*v - x"}, parameters={"mu": 1.5},
        initial={"x": 1, "v": "1/2"}, horizon=(0, 4), terminal_cost="(x - 2)**2/2 + mu*v",
    )  # fmt: skip


def one_state() -> Problem:
    """n = 1, m = 0: x' = x**2 blows up at t = 1/x0."""
    return Problem(name="one_state", states={"x": "x**2"}, parameters={}, initial={"x": 1}, horizon=(0, 0.5), terminal_cost="x**2")


def wide() -> Problem:
    """More states than are written out, and a function too large to be: a ring of 14."""
    n = 14
    rates = {f"x{i}": f"(x{(i + 1) % n} - x{(i - 2) % n})*x{(i - 1) % n} - x{i} + F*cos(x{i})" for i in range(n)}
    return Problem(name="wide", states=rates, parameters={"F": 2}, initial={name: f"{i}/10" for i, name in enumerate(rates)},
                   running_cost=" + ".join(f"{name}**4/{i + 9}" for i, name in enumerate(rates)), horizon=(0, 1), terminal_cost="x0*x7")  # fmt: skip


STATEMENTS: dict[str, Callable[[], Problem]] = {
    "tangled": tangled, "everything": everything, "oscillator": oscillator, "one_state": one_state, "wide": wide,
}  # fmt: skip


@functools.cache
def system(name: str) -> Any:
    return system_of(STATEMENTS[name]())


@functools.cache
def reference(name: str, method: str) -> Any:
    return build_torch(system(name), "torch", method)


@functools.cache
def text(name: str, method: str) -> str:
    return generate(system(name), "native", method)


def inputs_for(module: Any, count: int, hold: str = "constant", dtype: torch.dtype = torch.float64, backward: bool = False) -> dict[str, Tensor]:
    """Random inputs near the statement's own, every one with the batch axis."""
    random = torch.Generator().manual_seed(3)

    def near(values: Tensor, size: float = 0.1) -> Tensor:
        return values * (1 + size * (torch.rand(values.shape, generator=random, dtype=torch.float64) - 0.5))

    theta = near(torch.tensor(module.THETA, dtype=torch.float64).expand(count, -1))
    t0, t1 = (torch.full((count,), float(v), dtype=torch.float64) for v in module.HORIZON)
    share = (torch.tensor(module.OBSERVATION_TIMES, dtype=torch.float64) - module.HORIZON[0]) / (module.HORIZON[1] - module.HORIZON[0])
    t0, t1 = t0 - near(t0 * 0 + 0.05, 1), t1 + near(t1 * 0 + 0.05, 1)
    if module.NAME == "everything":  # its x leaves the domain of an arc cosine later on
        t1 = torch.lerp(t0, t1, 0.4)
    t0, t1 = (t1, t0) if backward else (t0, t1)
    times = torch.lerp(t0[:, None], t1[:, None], share.expand(count, -1))
    k = len(module.CONTROLS)
    # Three intervals put observations exactly onto nodes of the grid, which in float32 would be a matter of rounding.
    nodes = ((3 if dtype == torch.float64 else 4) if k else 1) + (hold == "linear")
    w = 0.3 + near(torch.ones(count, nodes, k, dtype=torch.float64), 1)
    found = {"x0": near(module.initial_state(theta)), "theta": theta, "w": w, "t0": t0, "t1": t1, "times": times}
    return {name: value.to(dtype) for name, value in found.items()}


def seeds(inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(5)
    x1_bar = torch.randn(inputs["x0"].shape, generator=random, dtype=torch.float64)
    return x1_bar.to(inputs["x0"].dtype), (0.5 + torch.rand(len(x1_bar), generator=random, dtype=torch.float64)).to(inputs["x0"].dtype)


def torch_solution(module: Any, inputs: dict[str, Tensor], hold: str, steps: int, **options: Any) -> dict[str, Tensor]:
    """What the torch target says, under the names of the native outputs."""
    record = module.march(module.Inputs(*(inputs[name] for name in NAMES)), module.Options(hold=hold, steps=steps or None, **options))
    gradients = module.sweep(record, *seeds(inputs))
    by_input = {f"{name}_bar": getattr(gradients, "observation_times" if name == "times" else name) for name in NAMES}
    return {name: getattr(record, name) for name in ("x1", "cost", "status", "accepted", "rejected")} | by_input


def differences(found: dict[str, Tensor], expected: dict[str, Tensor]) -> dict[str, float]:
    """Largest difference of each output over its largest value; infinite where one is NaN and the other is not."""
    result = {}
    for name, want in expected.items():
        got, want = found[name].double(), want.double()
        same_nan = bool((got.isnan() == want.isnan()).all())
        gap = (got - want).nan_to_num().abs().max() / want.nan_to_num().abs().max().clamp(min=1e-300) if want.numel() else torch.zeros(())
        result[name] = float(gap) if same_nan else float("inf")
    return result


def compare(library: Any, module: Any, inputs: dict[str, Tensor], hold: str, steps: int, **options: Any) -> dict[str, float]:
    tolerances = {"rtol": options.get("rtol", 1e-6), "atol": options.get("atol", 1e-6), "max_steps": options.get("max_steps", 100_000)}
    x1_bar, cost_bar = seeds(inputs)
    found = launch(library, inputs, hold=hold, steps=steps, x1_bar=x1_bar, cost_bar=cost_bar, span=options.get("span", 0.0), **tolerances)
    expected = torch_solution(module, inputs, hold, steps, **tolerances)
    assert (expected["status"] == 0).all(), "unfinished trajectories would compare nothing"
    return differences(found, expected)


# The torch target is the reference


CASES = [  # statement, method, how w is held, equal time steps (0: adaptive), backward in time
    ("tangled", "tsit5", "constant", 12, False), ("tangled", "tsit5", "linear", 0, False), ("tangled", "tsit5", "linear", 12, True),
    ("oscillator", "rk4", "constant", 31, True), ("oscillator", "heun", "constant", 0, False), ("oscillator", "dop853", "constant", 0, True),
    ("one_state", "tsit5", "constant", 0, False), ("wide", "bosh3", "constant", 0, False),
    *(campaign(*row) for row in (
        ("tangled", "dop853", "linear", 7, False), ("tangled", "dop853", "constant", 0, True), ("tangled", "euler", "linear", 40, False),
        ("tangled", "bosh3", "constant", 0, False), ("tangled", "midpoint", "constant", 12, False), ("tangled", "heun", "linear", 0, False),
        ("everything", "dopri5", "linear", 9, False), ("everything", "dopri5", "constant", 0, False),
        ("oscillator", "tsit5", "constant", 0, False), ("wide", "tsit5", "constant", 0, False),
    )),
]  # fmt: skip


ADAPTIVE_LIMITS = {"everything": 1e-8}  # where a time step lies across a kink, its size matters more


@pytest.mark.parametrize(("name", "method", "hold", "steps", "backward"), CASES)
def test_the_native_target_agrees_with_the_torch_target(name: str, method: str, hold: str, steps: int, backward: bool) -> None:
    library, module = build(text(name, method), *DOUBLE, REFILL, optimise="-O1"), reference(name, method)
    inputs = inputs_for(module, 37, hold, backward=backward)
    tolerance = 1e-4 if method == "heun" else 1e-6  # of second order: a hundred time steps instead of a thousand
    found = compare(library, module, inputs, hold, steps, rtol=tolerance, atol=tolerance)
    # The same sums in another order; the error control amplifies that by what a time step moves when its size does.
    limit = 400 * torch.finfo(torch.float64).eps if steps else ADAPTIVE_LIMITS.get(name, 4e-12)
    assert max(found.values()) < limit, found
    assert found["accepted"] == found["rejected"] == found["status"] == 0


@pytest.mark.parametrize(("name", "method", "hold", "steps"), [("tangled", "tsit5", "linear", 12), campaign("everything", "dopri5", "constant", 9)])
def test_single_precision_agrees_too(name: str, method: str, hold: str, steps: int) -> None:
    library, module = build(text(name, method), *SINGLE, REFILL, optimise="-O1"), reference(name, method)
    found = compare(library, module, inputs_for(module, 37, hold, torch.float32), hold, steps)
    assert max(found.values()) < 400 * torch.finfo(torch.float32).eps, found


def test_single_precision_adapts() -> None:
    """Roundings move the time steps, so the comparison is with the float64 solution at the tolerance."""
    library, module = build(text("tangled", "tsit5"), *SINGLE, REFILL, optimise="-O1"), reference("tangled", "tsit5")
    inputs = inputs_for(module, 37, "linear", torch.float32)
    x1_bar, cost_bar = seeds(inputs)
    found = launch(library, inputs, hold="linear", rtol=1e-4, atol=1e-4, x1_bar=x1_bar, cost_bar=cost_bar)
    exact = torch_solution(module, {name: value.double() for name, value in inputs.items()}, "linear", 0, rtol=1e-9, atol=1e-9)
    errors = differences(found, {name: value for name, value in exact.items() if name not in ("accepted", "rejected")})
    assert max(errors.values()) < 1e-2, errors


@pytest.mark.parametrize("flags", [("-march=x86-64-v3",), campaign(("-march=x86-64",)), campaign(("-march=x86-64", "-DADJ_SCALAR_FUNCTIONS")), campaign(("-DADJ_PARTS=1",))],
                         ids=["avx2", "sse2", "scalar functions", "one register"])  # fmt: skip
def test_other_widths_agree(flags: tuple[str, ...]) -> None:
    library, module = build(text("tangled", "heun"), *DOUBLE, REFILL, *flags, optimise="-O1"), reference("tangled", "heun")
    assert max(compare(library, module, inputs_for(module, 21, "linear"), "linear", 12).values()) < 400 * torch.finfo(torch.float64).eps


# Planted errors


def built_with(mutant: str) -> Any:
    """The library of the text with one planted error, or with none."""
    original = text("tangled", "tsit5")
    if mutant:
        old, new = MUTANTS[mutant]
        assert old in original, "the mutant does not apply any more"
        original = original.replace(old, new)
    return build(original, *DOUBLE, REFILL, optimise="-O1")


def worst_of(library: Any) -> float:
    """The largest difference from the torch target over the three runs that the mutants share."""
    module, worst = reference("tangled", "tsit5"), 0.0
    for hold, steps, tolerance in (("linear", 12, 1e-6), ("constant", 12, 1e-6), ("constant", 0, 1e-5)):
        found = compare(library, module, inputs_for(module, 37, hold), hold, steps, rtol=tolerance, atol=tolerance)
        worst = max(worst, *found.values())
    return worst


def worst_in_a_child(library: Any) -> float:
    """The same where the error may end the process: then infinite."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writable, repr(worst_of(library)).encode())
        os._exit(0)
    os.close(writable)
    _, status = os.waitpid(child, 0)
    with os.fdopen(readable) as said:
        return float(said.read()) if status == 0 else float("inf")


FAST_MUTANTS = ("one coefficient of the tableau", "mask a time step late", "local coordinate frozen")


def test_the_text_without_a_planted_error_passes() -> None:
    assert worst_in_a_child(built_with("")) < 20_000 * torch.finfo(torch.float64).eps


@pytest.mark.parametrize("mutant", [pytest.param(name, marks=() if name in FAST_MUTANTS else pytest.mark.campaign) for name in MUTANTS])
def test_planted_errors_are_caught(mutant: str) -> None:
    assert worst_in_a_child(built_with(mutant)) > 1e-7


# Single functions against the interpreter and exact enclosures


def doors(function: Function) -> str:
    """A C function that evaluates `function` on as many points as there are lanes: columns of W values each."""
    lines, at = [f'ADJ_EXPORT void door_{function.name}(const double *in, double *out) {{', "    (void)in; typedef LanesD R; const int W = Lane<R>::COUNT;"], 0
    for argument in function.arguments:
        lines.append(f"    R {argument.name}_[{max(1, len(argument.bound))}];")
        lines += [f"    memcpy(&{argument.name}_[{i}], in + {at + i} * W, sizeof(R));" for i in range(len(argument.bound))]
        at += len(argument.bound)
    lines += [f"    R {r.name}_[{max(1, len(r.values))}];" for r in function.results]
    given = [f"{a.name}_[0]" if a.columns is None else f"{a.name}_" for a in function.arguments]
    taken = [f"{r.name}_[0]" if r.scalar else f"{r.name}_" for r in function.results]
    lines.append(f"    {function.name}({', '.join([*given, *taken])});")
    at = 0
    for result in function.results:
        lines += [f"    memcpy(out + {at + i} * W, &{result.name}_[{i}], sizeof(R));" for i in range(len(result.values))]
        at += len(result.values)
    return "\n".join([*lines, "}"])


def emitted_functions(program: Program) -> list[Function]:
    known = ("rates", "pullback", "terminal_cost", "terminal_partials", "initial_state", "initial_pullback")
    return [f for f in program.functions if f.name in known or f.name.startswith("observation")]


def evaluate(library: Any, function: Function, given: Tensor) -> Tensor:
    """given (arguments, W) -> results (results, W)."""
    found = torch.empty(sum(len(r.values) for r in function.results), given.shape[1], dtype=torch.float64)
    door = getattr(library, f"door_{function.name}")
    door.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    door(given.contiguous().data_ptr(), found.data_ptr())
    return found


def lanes_of(library: Any) -> int:
    return describe(library)["lanes"]["f64"]


def describe(library: Any) -> dict[str, Any]:
    buffer = ctypes.create_string_buffer(4096)
    assert library.adjointcheck_describe(buffer, 4096) == len(buffer.value) + 1
    return json.loads(buffer.value)


@pytest.mark.parametrize("flags", [(), campaign(("-DADJ_SCALAR_FUNCTIONS",))], ids=["vector functions", "scalar functions"])
def test_compiled_functions_stay_within_counted_roundings(flags: tuple[str, ...]) -> None:
    """Against 128-bit enclosures of SymPy's equations: twice the first-order bound of the running error analysis."""
    problem = everything()
    derived = adjoint_system(problem, propose(setting_of(problem)))  # judging them takes a dozen seconds
    functions = emitted_functions(lower(derived, METHODS["heun"]))  # the same for every method, and this text is compiled soonest
    library = build("\n\n".join([generate(derived, "native", "heun"), *map(doors, functions)]), *DOUBLE, *flags, optimise="-O1")
    proved = {equation.name: equation for equation in proved_equations(derived)}
    random, lanes, checked = torch.Generator().manual_seed(2), lanes_of(library), 0
    for function in functions:
        given = 0.1 + 0.8 * torch.rand(sum(len(a.bound) for a in function.arguments), lanes, generator=random, dtype=torch.float64)
        found = evaluate(library, function, given)
        for lane in (lanes // 5, 4 * lanes // 5):  # of different registers, and of both halves of a pair
            checked += check_point(function, proved[function.name], given[:, lane].tolist(), found[:, lane].tolist())
    assert checked > 2 * lanes


def check_point(function: Function, equation: Any, given: list[float], found: list[float]) -> int:
    values, at = iter(given), defaultdict(lambda: Fraction(1, 2))  # a value for names that cancel, too
    inputs: dict[str, Any] = {}
    for argument, proved in zip(function.arguments, equation.arguments.values(), strict=True):
        row = [next(values) for _ in argument.bound]
        symbols = [proved] if argument.columns is None else list(proved)
        at |= {symbol.value: Fraction(value) for symbol, value in zip(symbols, row, strict=True)}
        rounded = [Rounded(value, 0.0) for value in row]
        inputs[argument.name] = rounded[0] if argument.columns is None else rounded
    at.setdefault(WEIGHT.value, Fraction(1))
    bounds = [v for result in interpret(function, inputs, RUNNING_ERROR) for v in (result if isinstance(result, tuple) else (result,))]
    checked = 0
    for (label, expression), value, bound in zip(equation.components, found, bounds, strict=True):
        try:
            gap = abs(ball(apply("sub", expression, number(Fraction(value))), at, 128))
        except NoInformation:
            continue
        assert bound is not UNDEFINED and max(0.0, float(gap.mid()) - float(gap.rad())) <= 2 * 2.0**-53 * bound.bound, (label, value)
        checked += 1
    return checked


SINCOS = """
ADJ_EXPORT void door(const double *in, double *out, int count) {
    for (int i = 0; i + Lane<LanesD>::COUNT <= count; i += Lane<LanesD>::COUNT) {
        LanesD a, s, c;
        memcpy(&a, in + i, sizeof(a));
        function_sincos(a, s, c);
        memcpy(out + i, &s, sizeof(a)), memcpy(out + count + i, &c, sizeof(a));
    }
}"""


def sines_and_cosines(angles: Tensor, *flags: str) -> Tensor:
    """(2, count), by the lanes."""
    library, found = build(text("oscillator", "rk4") + SINCOS, *DOUBLE, *flags, optimise="-O1"), torch.empty(2, len(angles), dtype=torch.float64)
    library.door.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    library.door(angles.data_ptr(), found.data_ptr(), len(angles))
    return found


@pytest.mark.parametrize("flags", [(), campaign(("-march=x86-64",)), campaign(("-march=x86-64", "-DADJ_SCALAR_FUNCTIONS"))])
def test_a_sine_and_a_cosine_together_stay_within_two_ulps(flags: tuple[str, ...]) -> None:
    """Against Arb: small and large arguments, the neighbours of multiples of pi/4, and beyond the range of the reduction."""
    random, near = torch.Generator().manual_seed(1), torch.arange(1, 128_000, 97, dtype=torch.float64) * (math.pi / 4)
    spread = torch.rand(4096, generator=random, dtype=torch.float64) - 0.5
    angles = torch.cat([8 * spread, 2e5 * spread, near, near.nextafter(near * 2), 10 ** (-300 * spread.abs()), 1e9 * spread[:96]])
    angles = angles[: len(angles) // 16 * 16]
    found, ulps = sines_and_cosines(angles, *flags), []
    with ctx.workprec(160):
        for angle, *values in zip(angles.tolist(), *found.tolist(), strict=True):
            for value, exact in zip(values, arb(angle).sin_cos(), strict=True):
                ulps.append(float(abs(arb(value) - exact)) / math.ulp(float(exact)))
    assert 0.5 < max(ulps) < 2


def test_angles_that_are_no_numbers() -> None:
    angles = torch.tensor([0.0, -0.0, math.inf, -math.inf, math.nan, 1e300, -1e5, 1.0] * 2, dtype=torch.float64)
    torch.testing.assert_close(sines_and_cosines(angles), torch.stack([angles.sin(), angles.cos()]), rtol=1e-15, atol=0, equal_nan=True)


def test_the_way_back_knows_what_the_stages_computed() -> None:
    """Sines, and the cosines that come with them; equal operations count as one by their operands; polynomials keep nothing."""
    produced = text("tangled", "tsit5")
    assert "constexpr int KEPT = 4;" in produced and "if constexpr (KEEP) kept[0] = " in produced and "if constexpr (KNOWN)" in produced
    assert "constexpr int KEPT = 0;" in text("oscillator", "rk4")
    x, y = Name("x"), Name("y")
    bodies = ((("a", "mul", x, y), ("b", "sin", Name("a")), ("c", "exp", x)), (("c", "exp", y), ("d", "mul", x, y), ("e", "sin", Name("d"))))
    first, second = (Function("f", (), (Argument("x"), Argument("y")), tuple(Assign(t, Operation(h, tuple(v))) for t, h, *v in body), ()) for body in bodies)
    assert kept_values(first, second) == ({"b": 0}, {"e": 0}) and turned_along(first, second) == first
    cosine = Function("f", (), second.arguments, (*second.body, Assign("k", Operation("cos", (Name("d"),)))), ())
    assert turned_along(first, cosine).body[2] == Assign("b_turned", Operation("cos", (Name("a"),)))
    assert kept_values(turned_along(first, cosine), cosine) == ({"b": 0, "b_turned": 1}, {"e": 0, "k": 1})


def test_a_repeated_divisor_is_inverted_once() -> None:
    body = [Assign("u0", Operation("div", (Name("a"), Name("b")))), Assign("u1", Operation("div", (Name("c"), Name("b")))),
            Assign("u2", Operation("div", (Name("u0"), Name("c"))))]  # fmt: skip
    function = Function("f", (), (Argument("a"), Argument("b"), Argument("c")), tuple(body), (Result("y", (Name("u1"), Name("u2"))),))
    text_of_it = emit_function(inverted(function))
    assert text_of_it.count(" / ") == 2 and "u0 = a * b_inverse;" in text_of_it and "u2 = u0 / c;" in text_of_it
    assert inverted(function).body[0].target == "b_inverse" and inverted(inverted(function)) == inverted(function)


def test_every_primitive_has_a_row() -> None:
    assert set(CALLS) | set(INFIX) | {"neg"} == set(PRIMITIVES)


def test_literals_are_correctly_rounded_and_readable() -> None:
    assert [literal(Fraction(text)) for text in ("0.161", "-7", "8/3", "35/384")] == ["0.161", "-7.0", "8.0/3.0", "35.0/384.0"]
    assert literal(Fraction(10**40 + 1, 3 * 10**40)) == "0.3333333333333333"
    with pytest.raises(CodegenError):
        literal(Fraction(10) ** 400)


def test_names_of_the_user_reach_the_text_as_data_only() -> None:
    odd = Problem(name="oscillator", states={"volatile": "-double_*volatile"}, parameters={"double_": 1}, initial={"volatile": 1}, horizon=(0, 1))
    produced = generate(system_of(odd), "native", "rk4")
    assert "double_" not in produced and "= volatile" not in produced


def test_equal_programs_give_equal_bytes_and_large_functions_are_called() -> None:
    program = lower(system("wide"), METHODS["tsit5"])
    assert emit(program) == emit(lower(system("wide"), METHODS["tsit5"]))
    assert "ADJ_OUTLINE void pullback" in emit(program)
    assert (lane_parts(program), lane_parts(lower(system("tangled"), METHODS["tsit5"]))) == (1, 2)
    pair = Function("f", ("One.",), (Argument("x", ("x0",)),), (), (Result("y", (Name("x0"), Constant(Fraction(1, 2)))),))
    assert "y[0] = x0;" in emit_function(pair) and "Real(0.5)" in emit_function(pair)


# Launches


def full(library: Any, inputs: dict[str, Tensor], hold: str = "linear", **options: Any) -> dict[str, Tensor]:
    x1_bar, cost_bar = seeds(inputs)
    return launch(library, inputs, hold=hold, **({"x1_bar": x1_bar, "cost_bar": cost_bar} | options))


@pytest.fixture(scope="module")
def tangled_library() -> Any:
    return build(text("tangled", "tsit5"), *DOUBLE, REFILL, optimise="-O1")


def same_bits(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a.nan_to_num(nan=-1e99), b.nan_to_num(nan=-1e99)) and torch.equal(a.isnan(), b.isnan())


def test_a_poisoned_trajectory_leaves_its_neighbours_alone(tangled_library: Any) -> None:
    inputs = inputs_for(reference("tangled", "tsit5"), 53, "linear")
    poisoned = {name: value.clone() for name, value in inputs.items()}
    poisoned["theta"][7, 1] = torch.nan
    poisoned["x0"][20, 0], poisoned["t1"][33] = torch.inf, torch.nan
    poisoned["x0"][41] = 1e200
    clean, found = full(tangled_library, inputs), full(tangled_library, poisoned)
    hit = torch.tensor([7, 20, 33, 41])
    others = torch.tensor([i for i in range(53) if i not in hit])
    assert (found["status"][hit] != 0).all() and found["cost"][hit].isnan().all() and (found["status"][others] == 0).all()
    for name in ("x1", "cost", "accepted", *(f"{name}_bar" for name in NAMES)):
        assert same_bits(clean[name][others], found[name][others]), name
        if name.endswith("_bar"):
            assert found[name][hit].isnan().all(), name


@pytest.mark.parametrize("steps", [0, 12])
def test_the_number_of_threads_changes_no_bit(steps: int) -> None:
    library = build(text("tangled", "heun"), *DOUBLE, "-DADJ_LEAST_BATCHES=8", optimise="-O1")
    inputs = inputs_for(reference("tangled", "heun"), 301, "linear")
    runs = [full(library, inputs, steps=steps, threads=threads, shared=NAMES) for threads in (1, 2, 4, 2)]
    for name in ("x1", *(f"{name}_bar" for name in NAMES)):
        assert all(same_bits(runs[0][name], run[name]) for run in runs[1:]), name
    apart = full(library, inputs, steps=steps)
    for name in NAMES:
        torch.testing.assert_close(runs[0][f"{name}_bar"], apart[f"{name}_bar"].sum(0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17])
def test_every_number_of_trajectories(tangled_library: Any, count: int) -> None:
    inputs = {name: value[:count] for name, value in inputs_for(reference("tangled", "tsit5"), 37, "linear").items()}
    all_of_them = full(tangled_library, inputs_for(reference("tangled", "tsit5"), 37, "linear"))
    x1_bar, cost_bar = seeds(inputs_for(reference("tangled", "tsit5"), 37, "linear"))
    found = full(tangled_library, inputs, x1_bar=x1_bar[:count], cost_bar=cost_bar[:count])
    for name in ("x1", "cost", *(f"{name}_bar" for name in NAMES)):
        torch.testing.assert_close(found[name], all_of_them[name][:count], rtol=0, atol=0)


def test_unfinished_trajectories_say_why_and_keep_their_last_state() -> None:
    library, module = build(text("one_state", "tsit5"), *DOUBLE, REFILL, optimise="-O1"), reference("one_state", "tsit5")
    inputs = inputs_for(module, 19)
    inputs["x0"][3], inputs["x0"][4], inputs["t1"][5], inputs["t1"][6] = 2.5, 1e180, 40.0, inputs["t0"][6]
    for options in ({}, {"max_steps": 7}, {"max_steps": 1}):
        found, expected = full(library, inputs, "constant", **options), torch_solution(module, inputs, "constant", 0, **options)
        assert torch.equal(found["status"], expected["status"]) and len(found["status"].unique()) > 1
        if options:
            torch.testing.assert_close(found["x1"], expected["x1"], rtol=1e-6, atol=0)  # next to the pole
            assert torch.equal(found["accepted"] + found["rejected"], expected["accepted"] + expected["rejected"])
        for name in ("cost", "x0_bar", "t1_bar"):
            assert torch.equal(found[name].isnan(), expected[name].isnan()), name
    quiet = launch(library, inputs, cost_bar=torch.zeros(19, dtype=torch.float64))
    assert (quiet["x0_bar"] == 0).all() and (quiet["status"] != 0).any()


def test_a_last_trajectory_without_a_time_step_leaves_the_others_their_gradient() -> None:
    """It starts behind the last recorded row: all lanes have just ended, and its first attempt is not finite."""
    library = build(text("one_state", "tsit5"), *DOUBLE, REFILL, optimise="-O1")
    lanes = lanes_of(library)
    inputs = {name: value[:1].expand(lanes + 1, *value.shape[1:]).clone() for name, value in inputs_for(reference("one_state", "tsit5"), 1).items()}
    inputs["x0"][lanes] = 1e300
    weight = torch.ones(lanes + 1, dtype=torch.float64)
    found = launch(library, inputs, cost_bar=weight)
    alone = launch(library, {name: value[:lanes] for name, value in inputs.items()}, cost_bar=weight[:lanes])
    assert found["status"].tolist() == [0] * lanes + [found["status"][-1]] and found["status"][-1] != 0 and found["accepted"][-1] == 0
    assert same_bits(found["x0_bar"][:lanes], alone["x0_bar"]) and same_bits(found["t1_bar"][:lanes], alone["t1_bar"])


def test_equal_time_steps_into_a_pole_are_non_finite() -> None:
    library, module = build(text("one_state", "tsit5"), *DOUBLE, REFILL, optimise="-O1"), reference("one_state", "tsit5")
    inputs = inputs_for(module, 19)
    inputs["x0"][3] = 1e160
    found, expected = full(library, inputs, "constant", steps=5), torch_solution(module, inputs, "constant", 5)
    assert torch.equal(found["status"], expected["status"]) and found["status"][3] == 3


@pytest.mark.parametrize("name", ["tangled", campaign("wide")])
def test_little_memory_gives_the_same_gradient(name: str) -> None:
    """Kept states get sparse and segments are taken again; the bytes are known beforehand."""
    library, module = build(text(name, "bosh3"), *DOUBLE, REFILL, optimise="-O1"), reference(name, "bosh3")
    inputs = inputs_for(module, 37)
    plenty = full(library, inputs, "constant", max_steps=4000)
    call = Launch(count=37, threads=1, intervals=inputs["w"].shape[1], max_steps=4000, rtol=1e-6, atol=1e-6)
    for field in NAMES:
        setattr(call, field, inputs["t0"].data_ptr())
    # Three times what the time steps alone take: enough for them, not for their states.
    limit = library.adjointcheck_memory_f64(ctypes.byref(call)) + int(3.1 * 16 * int(plenty["lane_slots"]))
    call.memory_limit, call.cost_bar = limit, inputs["t0"].data_ptr()
    assert 0 < library.adjointcheck_memory_f64(ctypes.byref(call)) <= limit + 100 * 8
    little = full(library, inputs, "constant", max_steps=4000, memory_limit=limit)
    assert max(differences(little, plenty).values()) < 1e4 * torch.finfo(torch.float64).eps
    forgetful = build(text(name, "bosh3").replace("            repeat(at, x, left, right);", ""), *DOUBLE, REFILL, optimise="-O1")
    wrong = full(forgetful, inputs, "constant", max_steps=4000, memory_limit=limit)
    assert max(differences(wrong, plenty).values()) > 1e-3, "nothing was taken again"


def test_x0_left_out_follows_theta(tangled_library: Any) -> None:
    module = reference("tangled", "tsit5")
    inputs = inputs_for(module, 21, "linear")
    del inputs["x0"]
    found = launch(tangled_library, inputs, hold="linear", states=2, cost_bar=torch.ones(21, dtype=torch.float64), shared=("theta",))
    arguments = (None, inputs["theta"], inputs["t0"], inputs["t1"])
    _, expected = module.value_and_gradient(*arguments, w=inputs["w"], hold="linear", observation_times=inputs["times"])
    torch.testing.assert_close(found["theta_bar"], expected.theta.sum(0), rtol=1e-11, atol=0)
    torch.testing.assert_close(found["x0_bar"], expected.x0, rtol=1e-11, atol=1e-13)


def test_one_row_can_serve_all_trajectories(tangled_library: Any) -> None:
    inputs = inputs_for(reference("tangled", "tsit5"), 21, "linear")
    shared = {name: value if name == "x0" else value[:1].expand_as(value) for name, value in inputs.items()}
    copied = {name: value.contiguous() for name, value in shared.items()}
    one, many = full(tangled_library, shared), full(tangled_library, copied)
    assert all(same_bits(one[name], many[name]) for name in one)


def test_what_is_not_wanted_is_not_written(tangled_library: Any) -> None:
    inputs = inputs_for(reference("tangled", "tsit5"), 21, "linear")
    whole, part = full(tangled_library, inputs), full(tangled_library, inputs, want=("x0", "theta"))
    assert "w_bar" not in part and torch.allclose(whole["theta_bar"], part["theta_bar"], rtol=1e-13, atol=0)
    forward = launch(tangled_library, inputs, hold="linear")
    assert same_bits(forward["x1"], whole["x1"]) and same_bits(forward["cost"], whole["cost"])
    assert 0.3 < float(whole["lane_attempts"] / whole["lane_slots"]) <= 1


def test_refusals_have_codes(tangled_library: Any) -> None:
    inputs = inputs_for(reference("tangled", "tsit5"), 5, "linear")
    launch(tangled_library, inputs, hold="linear", cancel=1, expect=5)
    launch(tangled_library, inputs, hold="linear", max_steps=0, expect=6)
    launch(tangled_library, inputs, hold="linear", rtol=float("nan"), expect=6)
    launch(tangled_library, {name: value for name, value in inputs.items() if name != "times"}, hold="linear", expect=1)
    launch(tangled_library, {name: value.float() for name, value in inputs.items()}, hold="linear", expect=7)
    full(tangled_library, inputs, memory_limit=3000, expect=3)
    euler = build(text("tangled", "euler"), *DOUBLE, REFILL, optimise="-O1")
    launch(euler, inputs, hold="linear", expect=2)


def test_the_library_describes_itself(tangled_library: Any) -> None:
    said = describe(tangled_library)
    assert (said["name"], said["method"], said["n"], said["m"], said["k"], said["S"]) == ("tangled", "tsit5", 2, 3, 2, 5)
    assert tangled_library.adjointcheck_describe(None, 0) > 10


def test_the_structure_is_the_same_on_both_sides() -> None:
    probe = text("oscillator", "heun") + "\nADJ_EXPORT int size_of_launch() { return sizeof(Launch); }"
    assert build(probe, *DOUBLE, REFILL, optimise="-O0").size_of_launch() == ctypes.sizeof(Launch)


# Other compilers


@pytest.mark.campaign
@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no CUDA compiler")
@pytest.mark.parametrize("name", ["tangled", "everything"])
def test_the_same_text_compiles_for_the_device(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.cu").write_text(text(name, "tsit5"))
    done = subprocess.run(["nvcc", "-std=c++17", "-arch=sm_90", "-cubin", "a.cu"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:4000]
    assert all(kernel in (tmp_path / "a.cubin").read_bytes() for kernel in (b"adjointcheck_kernel_f64", b"adjointcheck_reduce_f32"))


DRIVER = r"""
#include <vector>
template <class T> int drive(int (*solve)(const Launch *), int N, int hold, int steps, int64 limit, int shared) {
    std::vector<T> x0(N * STATES, 0.7), theta(N * PARAMETERS, 0.6), w(N * (3 + hold) * CONTROLS + 1, 0.2), t0(N, 0.5), t1(N, 2.0);
    std::vector<T> times(N * OBSERVATIONS), seed(N, 1), x1(N * STATES), cost(N), g0(x0.size()), g1(theta.size()), g2(w.size()), g3(N), g4(N);
    std::vector<T> g5(times.size());
    std::vector<int64> status(N), accepted(N), rejected(N);
    for (int i = 0; i < N; ++i) {
        x0[i * STATES] += T(0.01) * i;
        for (int j = 0; j < OBSERVATIONS; ++j) times[i * OBSERVATIONS + j] = T(0.5) + T(1.5) * j / (OBSERVATIONS - 1);
    }
    if (N > 3) theta[3 * PARAMETERS] = T(0) / T(0);
    Launch l = {};
    l.count = N, l.threads = 2, l.hold = hold, l.intervals = 3, l.max_steps = 500, l.steps = steps, l.memory_limit = limit;
    l.rtol = l.atol = 1e-5, l.x0 = x0.data(), l.theta = theta.data(), l.w = w.data(), l.t0 = t0.data(), l.t1 = t1.data(), l.times = times.data();
    l.x0_stride = STATES, l.theta_stride = PARAMETERS, l.w_stride = (3 + hold) * CONTROLS, l.t0_stride = l.t1_stride = 1;
    l.times_stride = OBSERVATIONS, l.cost_bar = seed.data(), l.x1 = x1.data(), l.cost = cost.data(), l.status = status.data();
    l.accepted = accepted.data(), l.rejected = rejected.data(), l.x0_bar = g0.data(), l.theta_bar = g1.data(), l.w_bar = g2.data();
    l.t0_bar = g3.data(), l.t1_bar = g4.data(), l.times_bar = g5.data(), l.theta_bar_shared = l.w_bar_shared = l.times_bar_shared = shared;
    return solve(&l);
}
int main() {
    int bad = 0;
    for (int N : {0, 1, 7, 33, 200})
        for (int hold : {0, 1})
            for (int steps : {0, 40})
                for (int64 limit : {int64(0), int64(2000000)}) {
                    bad |= drive<double>(adjointcheck_solve_f64, N, hold, steps, limit, N % 2);
                    bad |= drive<float>(adjointcheck_solve_f32, N, hold, steps, limit, N % 2);
                }
    return bad;
}
"""


@pytest.mark.campaign
@pytest.mark.parametrize("name", ["tangled", "everything"])
def test_sanitizers_find_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.cpp").write_text(text(name, "bosh3") + DRIVER)
    flags = ["-std=c++17", "-march=native", "-O1", "-g", "-fopenmp", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", REFILL]
    built = subprocess.run([str(COMPILER), *flags, "a.cpp", "-o", "a", "-lm"], cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[:4000]
    done = subprocess.run([str(tmp_path / "a")], capture_output=True, text=True, env={"OMP_NUM_THREADS": "2"})
    assert done.returncode == 0, done.stderr[:4000]
