"""The emitted torch text: values, dtypes, shapes, names, literals, layout, and the same bytes every time."""

from __future__ import annotations

import ast
import math
import os
import re
import runpy
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from systems import everything, functions_of, lotka_volterra, points, system_of
from torch import Tensor

from adjointcheck.codegen import generate
from adjointcheck.codegen.interpret import FLOATING, interpret
from adjointcheck.codegen.ir import Argument, Constant, Function, Name, Program, Result
from adjointcheck.codegen.lower import assignments
from adjointcheck.codegen.torch_module import HELPERS, MARKER, RUNTIME, emit_function, exact_text
from adjointcheck.errors import CodegenError
from adjointcheck.expression.grammar import parse
from adjointcheck.problem.statement import Problem
from adjointcheck.schemes import METHODS
from adjointcheck.solve.load import build

GOLDEN = Path(__file__).parents[1] / "golden" / "lotka_volterra_bosh3.txt"
REFRESH = "ADJOINTCHECK_REFRESH_GOLDEN"


def bare(**changes: Any) -> Problem:
    """One state, and nothing else unless asked for."""
    statement: dict[str, Any] = {"name": "bare", "states": {"x": "-x"}, "initial": {"x": 1}, "horizon": (0, 1)}
    return Problem(**(statement | changes))


def tensors(inputs: dict[str, Any], dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """One point as a batch of one."""
    return {
        name: torch.tensor([[float(value) for value in given]] if isinstance(given, list) else [float(given)], dtype=dtype)
        for name, given in inputs.items()
    }


def run_text(text: str, names: str = "x", **values: Tensor) -> Tensor:
    """Emit one expression as a function of scalars, and run it."""
    body, operands = assignments([parse(text)], {name: name for name in names})
    arguments = tuple(map(Argument, names))
    function = Function("f", ("doc.",), arguments, tuple(body), (Result("y", tuple(operands), scalar=True),))
    scope: dict[str, Any] = {"torch": torch, "Tensor": Tensor, "math": math}
    exec(HELPERS + "\n" + emit_function(function), scope)
    return scope["f"](**values)


@pytest.mark.parametrize("make", [lotka_volterra, everything], ids=["lotka_volterra", "everything"])
def test_emitted_functions_agree_with_the_interpreter(make: Any) -> None:
    module = build(system_of(make()), "torch")
    for name, function in functions_of(make()).items():
        for inputs in points(function):
            given = tensors(inputs)
            found = getattr(module, name)(*given.values())
            expected = interpret(function, {key: value.flatten().tolist() if value.dim() > 1 else value.item()
                                            for key, value in given.items()}, FLOATING)  # fmt: skip
            for result, values, other in zip(function.results, found if isinstance(found, tuple) else [found], expected, strict=True):
                wanted = torch.tensor([other], dtype=torch.float64)
                assert values.shape == ((1,) if result.scalar else (1, len(result.values)))
                torch.testing.assert_close(values, wanted.reshape(values.shape), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_follows_the_input(dtype: torch.dtype) -> None:
    module = build(system_of(everything()), "torch")
    for name, function in functions_of(everything()).items():
        found = getattr(module, name)(*tensors(next(points(function)), dtype).values())
        assert {value.dtype for value in (found if isinstance(found, tuple) else [found])} == {dtype}, name


PRIMITIVES = {
    "exp(x)": math.exp, "log(x)": math.log, "sin(x)": math.sin, "cos(x)": math.cos, "tan(x)": math.tan, "sinh(x)": math.sinh,
    "cosh(x)": math.cosh, "tanh(x)": math.tanh, "sqrt(x)": math.sqrt, "asin(x)": math.asin, "acos(x)": math.acos,
    "atan(x)": math.atan, "abs(x - 1)": lambda x: abs(x - 1), "sign(x - 1/2)": lambda x: float(x > 0.5) - float(x < 0.5),
    "min(x, 1/2)": lambda x: min(x, 0.5), "max(1/2, x)": lambda x: max(0.5, x), "x**x": lambda x: x**x, "2**x": lambda x: 2**x,
    "x**(1/3)": lambda x: x ** (1 / 3), "x**-3": lambda x: x**-3, "x**(5/2)": lambda x: x**2.5,
    "-x**2": lambda x: -(x**2), "(-x)**3": lambda x: (-x) ** 3, "x - (x - 1/3)": lambda x: 1 / 3, "x/(x/3)": lambda x: 3.0,
    "piecewise(1, x < 1/2, 2)": lambda x: 1.0 if x < 0.5 else 2.0,
    "piecewise(x, x < 1/2, 1, x <= 3/4, -x)": lambda x: x if x < 0.5 else 1.0 if x <= 0.75 else -x,
    "piecewise(1, x < 1/4 or x > 3/4, 0)": lambda x: float(x < 0.25 or x > 0.75),
    "piecewise(1, not (x < 1/4) and x < 3/4, 0)": lambda x: float(0.25 <= x < 0.75),
    "piecewise(x, 1 < 2, 0)": lambda x: x, "piecewise(2, pi < 3, 3)": lambda x: 3.0,
    "sqrt(2) + 0*x": lambda x: math.sqrt(2), "min(2, 3)": lambda x: 2.0, "exp(1)*x": lambda x: math.e * x, "sin(pi/4)": lambda x: 0.5**0.5,
    "pi": lambda x: math.pi, "7": lambda x: 7.0, "abs(-2)*x": lambda x: 2 * x, "100000000000000000000*x": lambda x: 1e20 * x,
    "x/7 + 2/7": lambda x: (x + 2) / 7, "x*-0.5": lambda x: -x / 2, "2*pi*x": lambda x: 2 * math.pi * x,
}  # fmt: skip


@pytest.mark.parametrize("text", PRIMITIVES)
def test_every_form_of_every_primitive(text: str) -> None:
    x = torch.tensor([0.2, 0.5, 0.6, 0.9], dtype=torch.float64)
    expected = torch.tensor([PRIMITIVES[text](value) for value in x.tolist()], dtype=torch.float64)
    torch.testing.assert_close(run_text(text, x=x), expected, rtol=1e-14, atol=1e-15)
    assert run_text(text, x=x.float()).dtype == torch.float32


def test_the_branch_not_taken_does_no_harm_to_the_pullback() -> None:
    module = build(system_of(bare(states={"x": "piecewise(sqrt(x), x > 0, x**2)"})), "torch")
    t, x, empty, p = (torch.tensor(values, dtype=torch.float64) for values in ([0.0], [[-3.0]], [[]], [[1.0]]))
    assert module.pullback(t, x, empty, empty, p, t)[1].tolist() == [[-6.0]]


def test_no_parameters_no_controls_and_constant_columns() -> None:
    module = build(system_of(bare(states={"x": "3", "y": "t"}, initial={"x": 1, "y": 2})), "torch")
    t, x, empty = torch.ones(4, dtype=torch.float32), torch.ones(4, 2, dtype=torch.float32), torch.ones(4, 0, dtype=torch.float32)
    xdot, running = module.rates(t, x, empty, empty)
    assert xdot.tolist() == [[3.0, 1.0]] * 4 and xdot.dtype == torch.float32
    assert running.tolist() == [0.0] * 4
    shapes = [tuple(slope.shape) for slope in module.pullback(t, x, empty, empty, x, t)]
    assert shapes == [(4,), (4, 2), (4, 0), (4, 0)]
    assert module.initial_state(empty).tolist() == [[1.0, 2.0]] * 4
    assert module.initial_pullback(empty, x).shape == (4, 0)


def test_batches_of_one_broadcast_against_larger_ones() -> None:
    module = build(system_of(everything()), "torch")
    for name, function in functions_of(everything()).items():
        given = tensors(next(points(function)))
        whole = getattr(module, name)(*(value.expand(3, *value.shape[1:]) for value in given.values()))
        for wide in given:
            mixed = getattr(module, name)(*(value.expand(3, *value.shape[1:]) if key == wide else value for key, value in given.items()))
            for a, b in zip(*(value if isinstance(value, tuple) else [value] for value in (mixed, whole)), strict=True):
                torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_equations_run_under_vmap() -> None:
    module = build(system_of(everything()), "torch")
    given = tensors(next(points(functions_of(everything())["pullback"])))
    single = torch.vmap(module.pullback)(*given.values())
    for a, b in zip(single, module.pullback(*given.values()), strict=True):
        torch.testing.assert_close(a, b)


def test_names_of_the_statement_stay_in_the_tables() -> None:
    problem = Problem(
        name="leak", states={"import_os": "-lambda*import_os + E*torch", "I": "w*E"}, parameters=["lambda", "E"],
        controls=["torch", "w"], initial={"import_os": "E", "I": 0}, horizon=(0, 1), running_cost="torch**2 + w",
        observations=[{"times": [1], "data": {"exec": [1]}, "cost": "(I - exec)**2"}],
    )  # fmt: skip
    text = generate(system_of(problem)).partition(MARKER)[0]
    outside = "\n".join(line for line in text.splitlines() if not re.match(r"(STATES|PARAMETERS|CONTROLS) = ", line))
    assert not re.search(r"\b(import_os|I|lambda|E|exec)\b", outside.replace("\nE = ", "\n"))
    assert not re.search(r"\btorch = |: torch,", outside)
    assert 'STATES = ("import_os", "I")' in text and 'PARAMETERS = ("lambda", "E")' in text and 'CONTROLS = ("torch", "w")' in text


@pytest.mark.parametrize("method", METHODS)
def test_the_module_is_whole(method: str) -> None:
    text = generate(system_of(everything()), method=method)
    head, _, tail = text.partition(f"\n{MARKER}\n")
    assert tail.startswith(RUNTIME.read_text().partition(f"\n{MARKER}\n")[2].rstrip())
    assert f'METHOD = "{method}"' in head
    imported = {alias.name.partition(".")[0] for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module).partition(".")[0] for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
    assert imported <= {*sys.stdlib_module_names, "torch"}
    assert max(map(len, head.splitlines())) <= 140


def test_self_test_runs_from_the_file_and_other_words_are_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "module.py"
    path.write_text(generate(system_of(lotka_volterra()), method="rk4"))
    passed = subprocess.run([sys.executable, path, "--self-test"], capture_output=True, text=True, cwd=tmp_path)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    monkeypatch.setattr(sys, "argv", [str(path)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    assert ended.value.code == 2 and "--self-test" in capsys.readouterr().err


_GENERATE = """
import sys; sys.path.insert(0, sys.argv[1])
from systems import everything, system_of
from adjointcheck.codegen import generate
sys.stdout.write(generate(system_of(everything())))
"""


def test_the_same_bytes_under_three_hash_seeds() -> None:
    here = str(Path(__file__).parent)
    texts = {
        subprocess.run([sys.executable, "-c", _GENERATE, here], check=True, capture_output=True, cwd=Path(here).parents[1],
                       env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1", "4242")
    }  # fmt: skip
    assert texts == {generate(system_of(everything())).encode()}


def test_golden_text() -> None:
    """What a module owes to its statement and method; refresh with ADJOINTCHECK_REFRESH_GOLDEN=1 pytest ..."""
    head = generate(system_of(lotka_volterra()), method="bosh3").partition(MARKER)[0]
    text = head[head.index("NAME = ") :]
    if os.environ.get(REFRESH):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text(), f"if this change is meant, run once with {REFRESH}=1"


def test_the_header_names_statement_convention_and_method() -> None:
    head = [line for line in generate(system_of(lotka_volterra()), method="bosh3").splitlines() if line.startswith("# ")][:4]
    assert lotka_volterra().digest() in head[1]
    assert "p = +dJ/dx (row)" in head[2]
    assert "bosh3 (Bogacki & Shampine 1989), order 3" in head[3]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        ("2", None, "2.0"), ("0", None, "0.0"), ("-7/4", None, "-1.75"), ("1/3", None, "1/3"), ("-2/45", 15, "-2/45"),
        ("0.001", 15, "0.001"), ("0.123456789012345", 15, "0.123456789012345"),
        ("0.1234567890123456", 15, "19290123283179/156250000000000"), ("0.1234567890123456", None, "0.1234567890123456"),
        ("1200", 15, "1200.0"), ("1e30", None, "1000000000000000000000000000000.0"),
    ],
)  # fmt: skip
def test_exact_text(value: str, digits: int | None, text: str) -> None:
    exact = Fraction(value)
    assert exact_text(exact, digits) == text
    numerator, _, denominator = text.partition("/")
    assert Fraction(numerator) / Fraction(denominator or 1) == exact
    assert ast.literal_eval(numerator) / ast.literal_eval(denominator or "1") == float(exact)


@pytest.mark.parametrize("value", ["1e309", "-1e400", "1e-310"])
def test_numbers_beyond_float64_are_refused(value: str) -> None:
    with pytest.raises(CodegenError, match="torch target: got the number .*Scale the statement"):
        exact_text(Fraction(value))


def test_unknown_method_is_refused_with_the_list() -> None:
    with pytest.raises(CodegenError, match="generate, method: got tsit6; expected one of euler"):
        generate(system_of(lotka_volterra()), method="tsit6")
    with pytest.raises(CodegenError, match="generate, method: got rodas5p.*`adjointcheck.odeint` has this method"):
        generate(system_of(lotka_volterra()), method="rodas5p")


def test_a_constant_result_of_an_empty_program() -> None:
    """No assignment at all: the columns are an argument and a number."""
    function = Function("f", ("doc.",), (Argument("x", ("x0",)),), (), (Result("y", (Name("x0"), Constant(Fraction(1, 3)))),))
    assert emit_function(function).splitlines()[-3:] == [
        "    x0 = x[..., 0]", "    batch = _batch((), (x,))", "    return _columns(x, batch, x0, (1/3))"
    ]  # fmt: skip
    assert Program("p", (), (), (function,)).function("f") is function
