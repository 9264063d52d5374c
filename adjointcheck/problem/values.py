"""Reading single values of a statement: exact numbers, expressions, lists and tables; each refusal names its place."""

from __future__ import annotations

import difflib
import math
import operator
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

from adjointcheck.errors import ProblemError
from adjointcheck.expression.grammar import STATEMENT, check_name, parse, to_text
from adjointcheck.expression.node import Expression, evaluate, number, walk
from adjointcheck.expression.table import conditions_of


@dataclass(frozen=True)
class Limits:
    """Sizes that a statement must keep, checked before the work that they bound."""

    states: int = 64
    columns: int = 64
    instants: int = 4096
    file_bytes: int = 262_144
    data_bytes: int = 1_048_576


LIMITS = Limits()
_LARGEST = 10**STATEMENT.digits


# Numbers and expressions


def exact(value: object, where: str) -> Fraction:
    """The rational number that `value` writes: the float, decimal or text 0.1 is 1/10.

    Raises ProblemError for bool, NaN, infinity, more than 64 digits, and anything that is no number.
    """
    text = _written(value, where)
    node = _parsed(text, where)
    if node.head != "number":
        raise ProblemError(where, text, "a finite exact number, such as 0.1 or \"1/3\"")
    return node.value


def _written(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise ProblemError(where, value, "a number, not a truth value", "Write 1 or 0.")
    if isinstance(value, float):
        return float.__repr__(value)  # numpy's float64 is a float whose own repr is no numeral
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Rational):  # int, Fraction, and the integers and rationals of numpy and SymPy
        return f"{_digits(int(value.numerator), where)}/{_digits(int(value.denominator), where)}"
    raise ProblemError(where, f"{type(value).__name__} {value}", "a number: int, float, Fraction, Decimal or text")


def _digits(value: int, where: str) -> str:
    if abs(value) >= _LARGEST:
        raise ProblemError(where, f"an integer of {value.bit_length()} bits", f"at most {STATEMENT.digits} digits")
    return str(value)


def _parsed(text: str, where: str) -> Expression:
    node = parse(text, where)
    _check_digits(node, where)
    _check_constants(node, where)
    return node


def expression(value: object, where: str) -> Expression:
    """`value` in our language: text, an exact number, an Expression or a SymPy expression.

    Whatever was no text goes through its own text once, so that every expression of a problem keeps the grammar's
    caps and can be written down.  Raises ProblemError or GrammarError naming `where`.
    """
    if isinstance(value, str):
        return _parsed(value, where)
    if isinstance(value, Expression):
        return _reread(value, where)
    if is_sympy(value):
        from adjointcheck.expression.sympy_bridge import from_sympy

        return _reread(from_sympy(value, where), where)  # type: ignore[arg-type]
    if isinstance(value, float | Decimal | Rational):
        return number(exact(value, where))
    expected = "an expression: a text, a number, an Expression or a SymPy expression"
    raise ProblemError(where, f"{type(value).__name__} {value}", expected)


def is_sympy(value: object) -> bool:
    """True for SymPy objects, which exist only if somebody has paid for SymPy's import."""
    sympy = sys.modules.get("sympy")
    return sympy is not None and isinstance(value, sympy.Basic)


def _check_digits(node: Expression, where: str) -> None:
    for leaf in walk([node]):
        if leaf.head == "number" and max(abs(leaf.value.numerator), leaf.value.denominator) >= _LARGEST:
            expected = f"numbers whose exact fraction has at most {STATEMENT.digits} digits"
            digits = len(str(abs(leaf.value.numerator))) + (leaf.value.denominator > 1 and len(str(leaf.value.denominator)))
            raise ProblemError(where, f"a number whose exact fraction has {digits} digits", expected, "Choose other units.")


_CONSTANT: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg, "abs": abs,
    "min": min, "max": max, "pi": lambda: math.pi, "pow": lambda a, b: a**b if _is_small(a, b) else math.pow(a, b),
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan")},
}
_HOLDS: dict[str, Callable[[Any], bool]] = {"!=": lambda value: value != 0, ">": lambda value: value > 0, ">=": lambda value: value >= 0}


def _is_small(a: Any, b: Any) -> bool:
    return isinstance(a, Fraction) and isinstance(b, Fraction) and b.denominator == 1 and abs(b) <= STATEMENT.exponent


def _constants(node: Expression) -> dict[Expression, Fraction | float]:
    """The parts without symbols and their values: exact where only +, -, *, / and whole powers of short numbers made them."""
    found: dict[Expression, Any] = {}
    for part in walk([node]):
        if part.head == "number":
            found[part] = part.value
        elif part.head in _CONSTANT and all(arg in found for arg in part.args):
            found[part] = _constant(part.head, [found[arg] for arg in part.args])
    return found


def _constant(head: str, values: list[Any]) -> Fraction | float:
    """Infinite where it is too large for a float, NaN where it has no value."""
    try:
        value = _CONSTANT[head](*values)
        short = not isinstance(value, Fraction) or max(abs(value.numerator), value.denominator) < _LARGEST
        return value if short else float(value)
    except OverflowError:
        return math.inf
    except (ArithmeticError, ValueError):
        return math.nan


def _check_constants(node: Expression, where: str) -> None:
    """Every part without symbols has a value, as 1/0 has not, and an exponent is none that no computer can raise to."""
    values = _constants(node)
    for part in walk([node]):
        for argument, relation in conditions_of(part):
            value = values.get(argument) if argument in part.args else _constants(argument).get(argument) if part in values else None
            if isinstance(value, Fraction) and not _HOLDS[relation](value):
                raise ProblemError(where, part, "an expression that has a value", f"It needs {to_text(argument)} {relation} 0.")
        if part.head == "pow" and not abs(values.get(part.args[1], 0)) <= STATEMENT.exponent:
            expected = f"exponents of at most {STATEMENT.exponent}, also where they are computed"
            raise ProblemError(where, part, expected, "Write a smaller power.")


def _reread(node: Expression, where: str) -> Expression:
    if evaluate([node], lambda leaf: 1, _TreeSize())[0] > STATEMENT.tokens:
        expected = f"at most {STATEMENT.tokens} tokens when written out"
        raise ProblemError(where, "an expression that is too long", expected)
    return _parsed(to_text(node), where)


class _TreeSize(dict[str, Callable[..., int]]):
    """Nodes of the written-out tree, saturating: a shared graph may stand for an exponentially long text."""

    def __missing__(self, head: str) -> Callable[..., int]:
        return lambda *sizes: min(1 + sum(sizes), STATEMENT.tokens + 1)


# Lists and tables


def nearest(name: object, known: Iterable[str]) -> str:
    """A sentence that offers the known name nearest to `name`, or nothing."""
    close = difflib.get_close_matches(str(name)[:64], list(known), 1)
    return f"Did you mean {close[0]}?" if close else ""


def listing(names: Iterable[str], limit: int = 12) -> str:
    """`names` in one line, the first `limit` of them."""
    shown = list(names)
    rest = f", ... ({len(shown)} in all)" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + rest or "none"


def sequence(value: object, where: str, items: str) -> list[Any]:
    """`value` as a list; raises ProblemError for texts, mappings, sets and single values."""
    if isinstance(value, str | bytes | Mapping | set | frozenset) or not isinstance(value, Iterable):
        raise ProblemError(where, value, f"a list of {items}")
    return list(value)


def mapping(value: object, where: str, items: str) -> Mapping[Any, Any]:
    """`value` if it is a mapping; raises ProblemError for other types."""
    if not isinstance(value, Mapping):
        raise ProblemError(where, value, f"a table of {items}")
    return value


def table(value: object, where: str, keys: Sequence[str]) -> Mapping[str, Any]:
    """`value` if it is a mapping with no key outside `keys`; raises ProblemError offering the nearest known key."""
    for key in mapping(value, where, ", ".join(keys)):
        if key not in keys:
            raise ProblemError(where, f"unknown key {key}", f"one of {', '.join(keys)}", nearest(key, keys))
    return value  # type: ignore[return-value]


def required(values: Mapping[str, Any], key: str, where: str) -> Any:
    """The entry `key` of `values`; raises ProblemError when it is missing."""
    if key not in values:
        raise ProblemError(where, f"no {key}", f"an entry {key}", f"Add {key} = ...")
    return values[key]


def at_most(count: int, limit: int, what: str, where: str) -> None:
    """Raise ProblemError when `count` is over `limit`."""
    if count > limit:
        raise ProblemError(where, f"{count} {what}", f"at most {limit}", "Shorten it, or pass larger limits=.")


def entries(value: object, where: str, kind: str) -> list[tuple[str, Any]]:
    """(name, entry) pairs of a mapping, or of a list of names (entry None) or of named rows; every name is checked."""
    if isinstance(value, Mapping):
        pairs: list[tuple[Any, Any]] = [(_name_of(key), entry) for key, entry in value.items()]
    else:
        rows = sequence(value, where, f"{kind} names, or a table of them")
        pairs = [(_name_of(row), None if isinstance(row, str) or is_sympy(row) else row) for row in rows]
    seen: set[str] = set()
    for name, _ in pairs:
        if check_name(name, f"{where}, {kind} name") in seen:
            raise ProblemError(f"{where}, {kind} name", f"{name} twice", "each name once", "Rename one of the two.")
        seen.add(name)
    return pairs


def _name_of(key: object) -> Any:
    return getattr(key, "name", key)
