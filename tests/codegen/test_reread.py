"""Reading the module text back: the same expressions for every equation, and a refusal for everything else."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from systems import everything, functions_of, lotka_volterra, system_of

from adjointcheck.codegen import generate
from adjointcheck.codegen.interpret import SYMBOLIC, interpret
from adjointcheck.codegen.reread import constants, equations, tableau_of, tables
from adjointcheck.errors import CodegenError
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression, substitute, symbol
from adjointcheck.schemes import METHODS
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

TEXT = generate(system_of(lotka_volterra()))
LINE = "    xdot0 = x0*(theta0 - theta1*x1)\n"
STATE, PARAMETERS, COSTATE = ([symbol(name) for name in names.split()] for names in ("prey predator", "a b c d", "p_prey p_predator"))


def edited(old: str, new: str, count: int = -1) -> str:
    """The module with a piece of its text replaced; the piece must be there."""
    assert old in TEXT
    return TEXT.replace(old, new, count)


def field(text: str) -> tuple[Expression, ...]:
    return equations(text)["f"](symbol("t"), STATE, [], PARAMETERS)


@pytest.mark.parametrize("make", [lotka_volterra, everything], ids=["lotka_volterra", "everything"])
def test_every_equation_reads_back_to_what_was_lowered(make: Any) -> None:
    read = equations(generate(system_of(make())))
    functions = functions_of(make())
    assert list(read) == list(functions)
    for name, function in functions.items():
        inputs = {argument.name: symbol(argument.name) if argument.columns is None else [*map(symbol, argument.columns)]
                  for argument in function.arguments}  # fmt: skip
        expected = interpret(function, inputs, SYMBOLIC)
        assert read[name].arguments == tuple(inputs)
        assert read[name](*inputs.values()) == (expected if len(expected) > 1 else expected[0]), name


def test_the_text_is_proved_equal_to_the_statement_and_its_slopes() -> None:
    problem, system, read = lotka_volterra(), system_of(lotka_volterra()), equations(TEXT)
    for emitted, state in zip(field(TEXT), problem.states, strict=True):
        assert equal(emitted, state.rate).status is Status.PROVED
    _, by_x, _, by_theta = read["pullback"](symbol("t"), STATE, [], PARAMETERS, COSTATE, parse("1"))
    for emitted, name in zip(by_x, problem.state_names, strict=True):
        assert equal(-emitted, system.costate_rate[name]).status is Status.PROVED
    for emitted, name in zip(by_theta, problem.parameter_names, strict=True):
        assert equal(emitted, system.gradient[name]).status is Status.PROVED


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("x0*(", "1.000000000001*x0*("),
        LINE.replace("x0*(", "(1 + 1/1000000000000)*x0*("),
        LINE.replace("theta0 - ", "theta0 + "),
        LINE.replace("theta1*x1", "theta1*x0"),
        LINE.replace("theta0", "theta2"),
    ],
    ids=["decimal off by 1e-12", "quotient off by 1e-12", "sign", "state swapped", "parameter swapped"],
)
def test_a_planted_error_is_refuted(line: str) -> None:
    rate = lotka_volterra().states[0].rate
    assert equal(field(edited(LINE, line))[0], rate).status is Status.REFUTED
    assert equal(field(edited(LINE, LINE))[0], rate).status is Status.PROVED


def test_literals_are_read_from_their_characters() -> None:
    """The double nearest to this literal is 0.1 itself."""
    text = edited(LINE, "    xdot0 = 0.10000000000000000000001*x0\n")
    assert field(text)[0] == parse("0.10000000000000000000001*prey")
    assert field(text)[0] != parse("0.1*prey")


REFUSED = {
    "a call of something else": (LINE, "    xdot0 = print(x0)\n", "Call"),
    "another module": (LINE, "    xdot0 = os.getpid()*x0\n", "Call"),
    "a torch function off the table": (LINE, "    xdot0 = torch.load(x0)\n", "Call"),
    "a method": (LINE, "    xdot0 = x0.item()\n", "Call"),
    "a keyword": (LINE, "    xdot0 = torch.where(x0 < 1, x0, other=x1)\n", "Call"),
    "a wrong number of arguments": (LINE, "    xdot0 = torch.where(x0 < 1, x0)\n", "Call"),
    "a lambda": (LINE, "    xdot0 = (lambda: x0)()\n", "Call"),
    "a comprehension": (LINE, "    xdot0 = [x0 for _ in ()]\n", "ListComp"),
    "a conditional": (LINE, "    xdot0 = x0 if x1 else x0\n", "IfExp"),
    "a walrus": (LINE, "    xdot0 = (u9 := x0)\n", "NamedExpr"),
    "an attribute": (LINE, "    xdot0 = x0.grad\n", "Attribute"),
    "math.e": (LINE, "    xdot0 = math.e*x0\n", "Attribute"),
    "modulo": (LINE, "    xdot0 = x0 % x1\n", "BinOp"),
    "a chain of comparisons": (LINE, "    xdot0 = torch.where(0 < x0 < 1, x0, x1)\n", "Compare"),
    "an equality": (LINE, "    xdot0 = torch.where(x0 == 1, x0, x1)\n", "Compare"),
    "a condition as a number": (LINE, "    xdot0 = (x0 < 1)*x0\n", "Compare"),
    "a number as a condition": (LINE, "    xdot0 = torch.where(x0, x0, x1)\n", "Name"),
    "a truth value": (LINE, "    xdot0 = True*x0\n", "Constant"),
    "a complex number": (LINE, "    xdot0 = 1j*x0\n", "Constant"),
    "a hexadecimal number": (LINE, "    xdot0 = 0x10*x0\n", "Constant"),
    "underscores in a number": (LINE, "    xdot0 = 1_0*x0\n", "Constant"),
    "an array as a number": (LINE, "    xdot0 = x*x0\n", "Name"),
    "a column too far": (LINE, "    xdot0 = x[..., 2]\n", "Subscript"),
    "a row": (LINE, "    xdot0 = x[0]\n", "Subscript"),
    "an unknown name": (LINE, "    xdot0 = x7\n", "Name"),
    "a name used before it is bound": (LINE, "    xdot0 = xdot1\n", "Name"),
    "a second binding": (LINE, LINE + LINE, "Name"),
    "a module-level name": (LINE, LINE + "    THETA = x0\n", "Name"),
    "an argument changed in place": (LINE, "    xdot0 = x0\n    xdot0 += x1\n", "AugAssign"),
    "a loop": (LINE, "    for xdot0 in x:\n        pass\n", "For"),
    "an import": (LINE, "    import os\n" + LINE, "Import"),
    "a column stored": (LINE, LINE + "    x[..., 0] = xdot0\n", "Subscript"),
    "columns that do not match": ("    x0, x1 = x.unbind(-1)\n", "    x0, x1, x2 = x.unbind(-1)\n", "Assign"),
    "another axis": ("    x0, x1 = x.unbind(-1)\n", "    x0, x1 = x.unbind(0)\n", "Call"),
    "a batch of some arguments": ("_batch((t,), (x, w, theta))", "_batch((t,), (x, w))", "Call"),
    "no batch": ("_columns(x, batch, xdot0, xdot1)", "_columns(x, x, xdot0, xdot1)", "Call"),
    "no return": ("    return _columns(x, batch, xdot0, xdot1)\n", "    _columns(x, batch, xdot0, xdot1)\n", "Expr"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_other_syntax_is_refused_with_its_line(name: str) -> None:
    old, new, kind = REFUSED[name]
    with pytest.raises(CodegenError, match=rf"generated module, line \d+, {kind}: got "):
        field(edited(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# --- runtime ---", "# --- rumtime ---", "0 markers"),
        ("# --- runtime ---", "# --- runtime ---\n# --- runtime ---", "2 markers"),
        ("    return torch.stack(columns, -1)", "    return torch.stack(columns[::-1], -1)", "the unchanged helpers"),
        ("# --- runtime ---", "# --- runtime ---\ndef f(t, x, w, theta): ...\n", "f bound 2 times"),
        ("# --- runtime ---", "# --- runtime ---\nif STATES:\n    f = rates\n", "f bound 2 times"),
        ("# --- runtime ---", "# --- runtime ---\ndef g():\n    global f\n", "f bound 2 times"),
        ("import torch\n", "import torch\nimport numpy as torch\n", "torch bound 2 times"),
        ("def f(t: Tensor, ", "@torch.no_grad()\ndef f(t: Tensor, ", "plain arguments and no decorator"),
        ("def f(t: Tensor, ", "def f(*t: Tensor, ", "plain arguments and no decorator"),
        ("def f(t: Tensor", "def f(t Tensor", "expected Python syntax"),
        ("E_LOW = ()", "E_LOW = ()\nrunning_cost.__code__ = f.__code__", "one name on the left"),
        ("E_LOW = ()", "E_LOW = setattr(f, 'a', 1)", "a quotient of literals"),
        ("E_LOW = ()", "E_LOW = ()\nprint(E_LOW)", "an import, a constant or a function"),
        ("# Convention", "# Konvention \u00e4", "ASCII text"),
    ],
)  # fmt: skip
def test_a_module_of_another_shape_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(CodegenError, match=re.escape(message)):
        equations(edited(old, new, 1))


def test_a_wrong_number_of_arguments_is_refused() -> None:
    with pytest.raises(CodegenError, match="function f: got 2 arguments; expected t, x, w, theta"):
        equations(TEXT)["f"](symbol("t"), STATE)


@pytest.mark.parametrize("method", METHODS)
def test_tableaus_read_back_exactly(method: str) -> None:
    tableau = METHODS[method]
    assert tableau_of(generate(system_of(lotka_volterra()), method=method)) == {
        "A": tableau.a, "B": tableau.b, "C": tableau.c, "E": tableau.error, "E_LOW": tableau.error_low,
    }  # fmt: skip


def test_a_tableau_entry_off_by_a_digit_is_seen() -> None:
    text = edited("0.161", "0.1610000000001", 1)
    assert tableau_of(text)["A"] != METHODS["tsit5"].a
    assert tableau_of(text)["B"] == METHODS["tsit5"].b


def test_constants_read_back() -> None:
    found = constants(generate(system_of(everything())))
    assert found["THETA"] == (Fraction("0.7"), Fraction("1.3"), Fraction(7, 3))
    assert found["OBSERVATION_DATA"] == ((1, Fraction(1, 2)), (2, Fraction(1, 4)), ())
    assert (found["NAME"], found["HAS_RUNNING_COST"], found["CONTROLS"]) == ("everything", True, ("w",))
    assert constants(TEXT)["HAS_RUNNING_COST"] is False


def test_tables_say_which_cost_belongs_to_which_group() -> None:
    assert tables(generate(system_of(everything()))) == {
        "OBSERVATION_COSTS": ("observation_cost_0", "observation_cost_1"),
        "OBSERVATION_PARTIALS": ("observation_partials_0", "observation_partials_1"),
    }
    with pytest.raises(CodegenError, match="OBSERVATION_COSTS bound 2 times"):
        tables(edited("OBSERVATION_COSTS = ", "OBSERVATION_COSTS = ()\nOBSERVATION_COSTS = "))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("THETA = (1.5,", "THETA = (max(1.5, 2),", "Call: got THETA"),
        ("THETA = (1.5,", "THETA = (1.5/0,", "BinOp: got THETA"),
        ("E_LOW = ()", "E_LOWER = ()", "expected a constant E_LOW"),
        ("E_LOW = ()", "E_LOW = ()\nB = ()", "B bound 2 times"),
        ("E_LOW = ()", "E_LOW = E = ()", "one name on the left"),
    ],
)
def test_constants_of_another_form_are_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(CodegenError, match=re.escape(message)):
        tableau_of(edited(old, new, 1))


def test_substituting_before_or_after_reading_is_the_same() -> None:
    shifted = [symbol("z") + 1, *STATE[1:]]
    after = substitute(field(TEXT), {"prey": symbol("z") + 1})
    assert list(equations(TEXT)["f"](symbol("t"), shifted, [], PARAMETERS)) == after
