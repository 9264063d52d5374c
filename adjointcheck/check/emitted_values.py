"""The module's functions in floating arithmetic against 128-bit enclosures of the proved expressions.

The allowance is the running error analysis of the emitted operations (Wilkinson; Higham 2002, section 3.3): every
operation adds its own rounding and passes on that of its operands through its derivative, so that the bound follows
cancellation wherever it happens.  It is of first order in the unit roundoff and is doubled for the rest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from adjointcheck.check.arithmetic import FLOAT
from adjointcheck.check.case import Case
from adjointcheck.check.equations import WEIGHT, Equation, flatten, proved_equations
from adjointcheck.check.verdict import Check, judge
from adjointcheck.codegen.interpret import UNDEFINED, Arithmetic, interpret
from adjointcheck.codegen.lower import lower_equations
from adjointcheck.expression.node import ONE, Expression, apply, number, symbol
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.solve.reference import Tape
from adjointcheck.trusted.witness import NoInformation, ball

NAME = "emitted-values"
PRECISIONS = ((torch.float64, 2.0**-53), (torch.float32, 2.0**-24))
SECOND_ORDER = 2.0
BITS = 128
# Rounding of one operation in units of u |result|; functions of the C and vector libraries are within 2 ulp = 4 u.
_EXACT, _ROUNDED = ("neg", "abs", "sign", "min", "max"), ("add", "sub", "mul", "div", "sqrt")
_FUNCTION_ROUNDING = 4.0


@dataclass(frozen=True)
class Rounded:
    """A value and the bound on its rounding error, in units of u."""

    value: float
    bound: float


def _rule(head: str) -> Callable[..., Any]:
    if PRIMITIVES[head].boolean:
        return lambda *args: FLOAT.rules[head](*(arg.value if isinstance(arg, Rounded) else arg for arg in args))
    return partial(_propagate, head)


def _propagate(head: str, *args: Rounded) -> Rounded:
    values = [arg.value for arg in args]
    value = float(FLOAT.rules[head](*values))
    own = 0.0 if head in _EXACT else 1.0 if head in _ROUNDED else _FUNCTION_ROUNDING
    slopes = _slopes(head)({"y": value, **{f"a{i}": a for i, a in enumerate(values)}})
    return Rounded(value, own * abs(value) + sum(abs(s) * arg.bound for s, arg in zip(slopes, args, strict=True)))


@cache
def _slopes(head: str) -> Tape:
    """The partial derivatives of a primitive, from its row of the table."""
    row = PRIMITIVES[head]
    pull = row.pull or (lambda q, y, *args: (number(0),) * len(args))
    parts = pull(ONE, symbol("y"), *(symbol(f"a{i}") for i in range(row.arity)))
    return Tape([number(0) if part is None else part for part in parts], FLOAT)


RUNNING_ERROR = Arithmetic(
    "running error", lambda value: Rounded(float(value), abs(float(value))), lambda: Rounded(FLOAT.pi(), FLOAT.pi()),
    {head: _rule(head) for head in PRIMITIVES if head != "piecewise"} | {"piecewise": lambda a, c, b: a if c else b},
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One component at one point in one precision: |code - exact| in units of its first-order bound."""

    function: str
    component: str
    dtype: str
    error: float
    found: float
    exact: str


def check_emitted_values(case: Case) -> Check:
    """Evaluate the module's functions at seeded points in float64 and float32 and hold them against exact enclosures."""
    samples = [sample for dtype, unit in PRECISIONS for sample in _samples(case, dtype, unit)]
    worst = max(samples, key=lambda sample: sample.error, default=None)
    count = f"{len(samples)} values at {case.budget.points} points in float64 and float32 against {BITS}-bit enclosures"
    if worst is None:
        return judge(NAME, None, SECOND_ORDER, f"{count}: no admissible point", seed=case.seed)
    at = f"{worst.function}, {worst.component} in {worst.dtype}: {worst.found!r} for {worst.exact}"
    words = f"{count}: at most {worst.error:.2g} running error bounds (allowed {SECOND_ORDER:g}), {at}"
    return judge(NAME, worst.error, SECOND_ORDER, words, seed=case.seed, details={"table": _table(samples)})


def _table(samples: list[Sample]) -> dict[str, object]:
    names = list(dict.fromkeys(sample.function for sample in samples))
    kinds = list(dict.fromkeys(sample.dtype for sample in samples))

    def worst(name: str, kind: str) -> float:
        return max(s.error for s in samples if s.function == name and s.dtype == kind)

    return {"columns": ["function", *(f"{kind}, running error bounds" for kind in kinds)],
            "rows": [[name, *(worst(name, kind) for kind in kinds)] for name in names]}  # fmt: skip


def _samples(case: Case, dtype: torch.dtype, unit: float) -> Iterator[Sample]:
    functions = {function.name: function for function in lower_equations(case.system)}
    points = list(_points(case))
    for equation in proved_equations(case.system):
        found = flatten(getattr(case.module, equation.name)(*_tensors(equation, points, dtype)))
        for i, point in enumerate(points):
            inputs = {name: _rounded(argument, point) for name, argument in equation.arguments.items()}
            bounds = flatten(interpret(functions[equation.name], inputs, RUNNING_ERROR))
            for (name, proved), code, bound in zip(equation.components, found, bounds, strict=True):
                error, exact = _error(proved, point, float(code[i]), bound, unit)
                if exact:
                    yield Sample(equation.name, name, str(dtype).removeprefix("torch."), error, float(code[i]), exact)


def _error(proved: Expression, point: Mapping[str, Fraction], found: float, bound: Any, unit: float) -> tuple[float, str]:
    """The error in units of the bound with the exact value as text; no text where the point is not admissible."""
    try:
        exact = ball(proved, point, BITS).str(20, radius=False)
        if found != found or abs(found) == float("inf"):
            return float("inf"), exact
        gap = abs(ball(apply("sub", proved, number(Fraction(found))), point, BITS))
    except NoInformation:
        return 0.0, ""
    error = max(0.0, float(gap.mid()) - float(gap.rad()))
    allowed = unit * bound.bound if bound is not UNDEFINED else 0.0
    return (0.0 if error == 0 else error / allowed if allowed else float("inf")), exact


def _tensors(equation: Equation, points: list[dict[str, Fraction]], dtype: torch.dtype) -> list[Tensor]:
    def column(node: Expression) -> list[float]:
        return [float(point[node.value]) for point in points]

    def tensor(argument: Any) -> Tensor:
        if isinstance(argument, Expression):
            return torch.tensor(column(argument), dtype=dtype)
        columns = [torch.tensor(column(node), dtype=dtype) for node in argument]
        return torch.stack(columns, -1) if columns else torch.empty((len(points), 0), dtype=dtype)

    return [tensor(argument) for argument in equation.arguments.values()]


def _rounded(argument: Any, point: Mapping[str, Fraction]) -> Any:
    if isinstance(argument, Expression):
        return Rounded(float(point[argument.value]), 0.0)
    return [Rounded(float(point[node.value]), 0.0) for node in argument]


def _points(case: Case) -> Iterator[dict[str, Fraction]]:
    """Seeded points near the trajectories, where the statement is at home; every number is exact in float32."""
    problem, run, chance = case.problem, case.runs[0], random.Random(case.seed)
    inputs = run.record.inputs

    def near(value: float) -> Fraction:
        return Fraction(float(torch.tensor(value * (1 + 0.1 * chance.gauss(0, 1)), dtype=torch.float32)))

    for _ in range(case.budget.points):
        step, row = chance.choice(run.record.steps), chance.randrange(len(inputs.t0))
        yield {
            "t": near(float(torch.lerp(inputs.t0[row], inputs.t1[row], chance.random()))),
            WEIGHT.value: near(1.0),
            **dict(zip(problem.state_names, map(near, step.x[row].tolist()), strict=True)),
            **dict(zip(problem.control_names, map(near, inputs.w[row, 0].tolist()), strict=True)),
            **dict(zip(problem.parameter_names, map(near, inputs.theta[row].tolist()), strict=True)),
            **{problem.costate_name(name): near(chance.gauss(0, 1)) for name in problem.state_names},
            **{name: near(float(chance.choice(column))) for group in problem.observations for name, column in group.data},
        }
