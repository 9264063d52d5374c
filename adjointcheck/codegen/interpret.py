"""The meaning of the imperative tree in any arithmetic: the oracle that every target is compared with."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from adjointcheck.codegen.ir import Constant, Function, Operand, Result
from adjointcheck.errors import CodegenError
from adjointcheck.expression.node import apply, number
from adjointcheck.expression.table import PRIMITIVES

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Arithmetic:
    """A table head -> callable, the value of an exact rational and of pi, and which exceptions mean "not defined here"."""

    name: str
    number: Callable[[Fraction], Any]
    pi: Callable[[], Any]
    rules: Mapping[str, Callable[..., Any]]
    undefined_on: tuple[type[Exception], ...] = (ArithmeticError, ValueError)


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = _Undefined()


def interpret(function: Function, inputs: Inputs, arithmetic: Arithmetic) -> tuple[Any, ...]:
    """The results of `function`: a value for each scalar result, a tuple of values for each result with columns.

    `inputs` gives one value for each scalar argument and a sequence of values for each array. A value outside its
    domain is UNDEFINED, and so is what is made of it, except by a piecewise that takes the other branch.
    Raises CodegenError for a missing or misshapen input, or an operation that the arithmetic has not got.
    """
    values = _bind(function, inputs)
    for assign in function.body:
        args = [_value(arg, values, arithmetic) for arg in assign.value.args]
        values[assign.target] = _operate(assign.value.head, args, arithmetic)
    return tuple(_result(result, values, arithmetic) for result in function.results)


def _bind(function: Function, inputs: Inputs) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for argument in function.arguments:
        if argument.name not in inputs:
            raise CodegenError(f"function {function.name}", sorted(inputs), f"an input {argument.name}")
        given = inputs[argument.name]
        columns: Sequence[Any] = [given] if argument.columns is None else list(given)
        if len(columns) != len(argument.bound):
            expected = f"{len(argument.bound)} values, one for each column"
            raise CodegenError(f"function {function.name}, input {argument.name}", len(columns), expected)
        values.update(zip(argument.bound, columns, strict=True))
    return values


def _value(operand: Operand, values: Mapping[str, Any], arithmetic: Arithmetic) -> Any:
    if not isinstance(operand, Constant):
        return values[operand.text]
    return arithmetic.number(operand.value) if isinstance(operand.value, Fraction) else arithmetic.pi()


def _operate(head: str, args: list[Any], arithmetic: Arithmetic) -> Any:
    if head not in arithmetic.rules:
        raise CodegenError(f"{arithmetic.name} arithmetic", head, f"one of {', '.join(sorted(arithmetic.rules))}")
    if head == "piecewise" and isinstance(args[1], bool):
        return args[0] if args[1] else args[2]
    if any(arg is UNDEFINED for arg in args):
        return UNDEFINED
    try:
        return arithmetic.rules[head](*args)
    except arithmetic.undefined_on:
        return UNDEFINED


def _result(result: Result, values: Mapping[str, Any], arithmetic: Arithmetic) -> Any:
    columns = tuple(_value(operand, values, arithmetic) for operand in result.values)
    return columns[0] if result.scalar else columns


def _sign(a: Any) -> Any:
    return (a > 0) - (a < 0)


_RATIONAL_RULES: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "abs": abs, "sign": _sign, "min": min, "max": max, "piecewise": lambda a, condition, b: a if condition else b,
    "lt": operator.lt, "le": operator.le,
    "not": operator.not_, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
}  # fmt: skip
_FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan")


def _no_pi() -> Fraction:
    raise CodegenError("exact arithmetic", "pi", "rational numbers only", "Use floating arithmetic of many digits.")


EXACT = Arithmetic("exact", Fraction, _no_pi, _RATIONAL_RULES)
FLOATING = Arithmetic("floating", float, lambda: math.pi,
                      _RATIONAL_RULES | {"pow": math.pow} | {name: getattr(math, name) for name in _FUNCTIONS})
SYMBOLIC = Arithmetic("symbolic", number, lambda: apply("pi"),
                      {head: partial(apply, head) for head in PRIMITIVES})


def decimal_arithmetic(digits: int) -> Arithmetic:
    """Real arithmetic with `digits` decimal digits by mpmath, in a context of its own."""
    import mpmath

    context = mpmath.mp.clone()
    context.dps = digits
    functions = {"pow": "power"} | {name: name for name in _FUNCTIONS}
    rules = {head: _real(getattr(context, name), context) for head, name in functions.items()}
    return Arithmetic(f"{digits}-digit", lambda value: context.mpf(value.numerator) / value.denominator,
                      lambda: +context.pi, _RATIONAL_RULES | rules)


def _real(function: Callable[..., Any], context: Any) -> Callable[..., Any]:
    """`function` where its value is a finite real; mpmath would go on to complex numbers and infinities."""

    def restricted(*args: Any) -> Any:
        value = function(*args)
        if isinstance(value, context.mpc) or not context.isfinite(value):
            raise ValueError("no finite real value")
        return value

    return restricted
