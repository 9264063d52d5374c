"""The module's constants and runtime against their sources: exact rationals, and the packaged text byte for byte."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from adjointcheck.check.case import Case
from adjointcheck.check.verdict import Check, Outcome
from adjointcheck.codegen import reread
from adjointcheck.codegen.torch_module import MARKER, RUNTIME
from adjointcheck.errors import AdjointCheckError, shorten
from adjointcheck.expression.node import ZERO

NAME = "emitted-tableau"


def check_emitted_tableau(case: Case) -> Check:
    """Compare tableau and statement constants as exact rationals, and the runtime part byte by byte."""
    try:
        found = reread.constants(case.text)
    except AdjointCheckError as error:
        return Check(NAME, Outcome.FAIL, words=f"the text cannot be read back: {error}")
    expected = dict(expected_constants(case))
    wrong = [_differ(name, found.get(name, "nothing"), value) for name, value in expected.items()
             if name not in found or found[name] != value]  # fmt: skip
    wrong += _runtime(case.text)
    words = f"{len(expected)} constants as exact numbers, runtime of {len(_packaged())} characters byte for byte"
    return Check(NAME, Outcome.FAIL if wrong else Outcome.PASS, float(len(wrong)), 0.0, "; ".join([words, *wrong[:3]]))


def expected_constants(case: Case) -> Iterator[tuple[str, Any]]:
    """Every constant that the statement and the method determine."""
    problem, tableau = case.problem, case.tableau
    instants = [(j, i) for j, group in enumerate(problem.observations) for i in range(len(group.times))]
    own = tuple(parameter.value for parameter in problem.parameters)
    yield "NAME", problem.name
    yield "STATES", problem.state_names
    yield "PARAMETERS", problem.parameter_names
    yield "CONTROLS", problem.control_names
    yield "THETA", None if None in own else own
    yield "HORIZON", problem.horizon
    yield "HAS_RUNNING_COST", problem.running_cost is not ZERO
    yield "OBSERVATION_TIMES", tuple(problem.observations[j].times[i] for j, i in instants)
    yield "OBSERVATION_GROUP", tuple(j for j, _ in instants)
    yield "OBSERVATION_DATA", tuple(tuple(column[i] for _, column in problem.observations[j].data) for j, i in instants)
    yield "METHOD", tableau.name
    yield "ORDER", tableau.order
    yield "ERROR_ORDER", tableau.error_order
    yield "FSAL", tableau.fsal
    yield from zip("ABCE", (tableau.a, tableau.b, tableau.c, tableau.error), strict=True)
    yield "E_LOW", tableau.error_low


def _differ(name: str, found: object, expected: object) -> str:
    """The first place where two constants differ, in words."""
    if isinstance(found, tuple) and isinstance(expected, tuple) and len(found) == len(expected):
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            if a != b:
                return _differ(f"{name}[{i}]", a, b)
    gap = f", off by {float(found - expected):.2e}" if isinstance(found, Fraction) and isinstance(expected, Fraction) else ""
    return f"{name}: emitted {shorten(str(found))}, expected {shorten(str(expected))}{gap}"


def _packaged() -> str:
    return RUNTIME.read_text(encoding="utf-8").partition(f"\n{MARKER}\n")[2].rstrip()


def _runtime(text: str) -> list[str]:
    """What is wrong with the part below the marker: the packaged runtime and the self-test's entry, nothing else."""
    found, packaged = text.partition(f"\n{MARKER}\n")[2], _packaged()
    if found.startswith(packaged):
        rest = ast.parse(found[len(packaged) :]).body
        entry = len(rest) == 1 and isinstance(rest[0], ast.If) and ast.unparse(rest[0].test) == "__name__ == '__main__'"
        return [] if entry else ["runtime: more than the self-test's entry follows it"]
    pairs = zip(found.splitlines(), packaged.splitlines(), strict=False)
    line = next((f"line {i}: {shorten(a)} instead of {shorten(b)}" for i, (a, b) in enumerate(pairs, 1) if a != b), "cut short")
    return [f"runtime, {line}"]
