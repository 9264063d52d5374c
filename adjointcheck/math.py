"""Functions for statements written in Python: exact on the symbols of `from_callable`, floats on plain numbers.

`pi` is the exact constant, so whatever it enters is an expression.  On plain numbers `sqrt(2)` is a float, of which a
statement keeps the shortest decimal; to keep it exact, write the rate as a text.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

from adjointcheck.expression.grammar import is_condition
from adjointcheck.expression.node import Expression, lift
from adjointcheck.expression.node import apply as _apply
from adjointcheck.expression.table import PRIMITIVES

__all__ = [
    "abs", "acos", "asin", "atan", "cos", "cosh", "exp", "log", "logical_and", "logical_not", "logical_or", "maximum",
    "minimum", "pi", "piecewise", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "where",
]

pi = _apply("pi")


def _primitive(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    """The row `name` of the table of primitives where an expression is among the arguments, else `plain`."""

    arity = PRIMITIVES[name].arity

    def function(*args: Any) -> Any:
        if len(args) != arity:
            raise TypeError(f"{name} takes {arity} argument{'s' * (arity > 1)}, not {len(args)}")
        symbolic = any(isinstance(arg, Expression) for arg in args)
        return _apply(name, *map(lift, args)) if symbolic else plain(*args)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}` of expressions or of plain numbers."
    return function


exp = _primitive("exp", math.exp)
log = _primitive("log", math.log)
sin = _primitive("sin", math.sin)
cos = _primitive("cos", math.cos)
tan = _primitive("tan", math.tan)
sinh = _primitive("sinh", math.sinh)
cosh = _primitive("cosh", math.cosh)
tanh = _primitive("tanh", math.tanh)
sqrt = _primitive("sqrt", math.sqrt)
asin = _primitive("asin", math.asin)
acos = _primitive("acos", math.acos)
atan = _primitive("atan", math.atan)
abs = _primitive("abs", builtins.abs)
sign = _primitive("sign", lambda a: float((a > 0) - (a < 0)))
minimum = _primitive("min", builtins.min)
maximum = _primitive("max", builtins.max)
logical_not = _primitive("not", lambda a: not a)
logical_and = _primitive("and", lambda a, b: a and b)
logical_or = _primitive("or", lambda a, b: a or b)


def where(condition: Any, value: Any, otherwise: Any) -> Any:
    """`value` where `condition` holds, else `otherwise`."""
    if not isinstance(condition, Expression):
        return value if condition else otherwise
    if not is_condition(condition):
        raise TypeError(f"where takes a condition such as x < 1 first, not the value {condition}")
    return _apply("piecewise", lift(value), condition, lift(otherwise))


def piecewise(value: Any, condition: Any, *rest: Any) -> Any:
    """piecewise(value, condition, ..., otherwise): the first value whose condition holds, else the last one."""
    if len(rest) % 2 == 0:
        raise TypeError("piecewise takes value, condition, ..., otherwise: an odd number of arguments, three or more")
    return where(condition, value, rest[0] if len(rest) == 1 else piecewise(*rest))
