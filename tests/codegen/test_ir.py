"""The imperative tree refuses what is not straight-line code over the table of primitives."""

from __future__ import annotations

from fractions import Fraction

import pytest

from adjointcheck.codegen.ir import Argument, Assign, Constant, Function, Name, Operation, Program, Result
from adjointcheck.errors import CodegenError

X = Argument("x", ("x0", "x1"))
DOUBLE = Assign("u0", Operation("mul", (Constant(Fraction(2)), Name("x0"))))


def build(*body: Assign, result: str = "u0") -> Function:
    return Function("f", ("doc",), (Argument("t"), X), body, (Result("L", (Name(result),), scalar=True),))


def test_straight_line_code_is_accepted() -> None:
    function = build(DOUBLE, Assign("u1", Operation("add", (Name("u0"), Name("t")))), result="u1")
    assert [operand for operand in function.operands() if isinstance(operand, Name)] == [Name("x0"), Name("u0"), Name("t"), Name("u1")]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ((DOUBLE, DOUBLE), "u0"),
        ((Assign("x1", Operation("neg", (Name("x0"),))), DOUBLE), "x1"),
        ((Assign("u0", Operation("neg", (Name("u1"),))),), "u1"),
        ((Assign("u0", Operation("cot", (Name("x0"),))),), "cot"),
        ((Assign("u0", Operation("add", (Name("x0"),))),), "add"),
        ((Assign("u1", Operation("neg", (Name("x0"),))),), "u0"),
    ],
    ids=["bound twice", "argument bound again", "used before bound", "unknown head", "wrong arity", "result never bound"],
)
def test_other_code_is_refused_by_name(body: tuple[Assign, ...], named: str) -> None:
    with pytest.raises(CodegenError, match=f"function f: .*{named}"):
        build(*body)


def test_labels_of_results() -> None:
    assert Result("L", (Name("u0"),), scalar=True).labels == ("L",)
    assert Result("H_x", (Name("u0"), Name("u1"))).labels == ("H_x0", "H_x1")


def test_a_program_finds_its_functions_or_lists_them() -> None:
    program = Program("p", (), (), (build(DOUBLE),))
    assert program.function("f").name == "f"
    with pytest.raises(CodegenError, match="expected one of f"):
        program.function("g")
