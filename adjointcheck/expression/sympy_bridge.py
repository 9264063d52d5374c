"""The only door to SymPy: it proposes formulas, nothing that comes back through here is believed before it is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy

from adjointcheck.errors import ProblemError
from adjointcheck.expression.node import Expression, add, apply, div, evaluate, mul, number, power, symbol, total
from adjointcheck.expression.table import FUNCTIONS


def sympy_symbol(name: str) -> sympy.Symbol:
    """The real SymPy symbol `name`; real is all we ever assume (positive=True would rewrite abs and sqrt)."""
    return sympy.Symbol(name, real=True)


def to_sympy(root: Expression, names: Mapping[str, sympy.Expr] | None = None) -> sympy.Expr:
    """`root` in SymPy, auto-evaluated by it; `names` may give other symbols than real ones."""
    return to_sympy_all([root], names)[0]


def to_sympy_all(roots: Iterable[Expression], names: Mapping[str, sympy.Expr] | None = None) -> list[sympy.Expr]:
    """Several roots at once, shared nodes converted once."""
    names = names or {}

    def leaf(node: Expression) -> Any:
        if node.head == "number":
            return sympy.Rational(node.value.numerator, node.value.denominator)
        return sympy.pi if node.head == "pi" else names.get(node.value, sympy_symbol(node.value))

    return evaluate(roots, leaf, _TO_SYMPY)


_SYMPY = {"abs": "Abs", "min": "Min", "max": "Max", "pow": "Pow", "not": "Not", "and": "And", "or": "Or"}  # others: their own names
_TO_SYMPY: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "lt": lambda a, b: sympy.Lt(a, b), "le": lambda a, b: sympy.Le(a, b),
    "piecewise": lambda a, c, b: sympy.Piecewise((a, c), (b, True)),
} | {name: getattr(sympy, _SYMPY.get(name, name)) for name in (FUNCTIONS | _SYMPY.keys()) - {"piecewise"}}
_TO_SYMPY["sqrt"] = sympy.sqrt


def from_sympy(root: sympy.Expr, where: str = "SymPy expression", known: dict[sympy.Basic, Expression] | None = None) -> Expression:
    """`root` in our language; raises ProblemError naming the first SymPy object that has no place in it.

    `known` may be shared between calls, so that equal parts of several formulas are converted once.
    """
    known = {} if known is None else known
    stack: list[sympy.Basic] = [root]
    while stack:
        node = stack[-1]
        missing = [arg for arg in _children(node) if arg not in known]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if node not in known:
            known[node] = _convert(node, [known[arg] for arg in _children(node)], where)
    return known[root]


def _children(node: sympy.Basic) -> tuple[sympy.Basic, ...]:
    if isinstance(node, sympy.Piecewise):
        return tuple(part for pair in node.args for part in pair.args)  # type: ignore[attr-defined]
    if isinstance(node, sympy.Max | sympy.Min | sympy.And | sympy.Or):
        return tuple(sorted(node.args, key=sympy.default_sort_key))  # frozen sets: their order would follow the hash seed
    return () if isinstance(node, sympy.Rational) else node.args


def _convert(node: sympy.Basic, args: list[Expression], where: str) -> Expression:
    for kind, build in _FROM_SYMPY:
        if isinstance(node, kind):
            return build(node, args)
    if node in (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise ProblemError(where, f"{type(node).__name__}, which a division by zero leaves", "denominators that are not always 0",
                           "Look for one such as t - t.")
    raise ProblemError(where, f"{type(node).__name__} in {node}", "functions of adjointcheck's grammar",
                       "Rewrite it with + - * / **, exp, log, sin, ..., Abs, Min, Max or Piecewise.")




def _product(args: list[Expression]) -> Expression:
    above = [arg for arg in args if arg.head != "div" or arg.args[0].head != "number"]
    below = [arg for arg in args if arg not in above]
    top = reduce(mul, [*(arg.args[0] for arg in below), *above])
    return div(top, reduce(mul, [arg.args[1] for arg in below])) if below else top


def _power(node: sympy.Basic, args: list[Expression]) -> Expression:
    base, exponent = args
    if exponent.head != "number":
        return power(base, exponent)
    if exponent.value < 0:
        return div(number(1), _power(node, [base, number(-exponent.value)]))
    return apply("sqrt", base) if exponent.value == Fraction(1, 2) else power(base, exponent)


def _piecewise(node: sympy.Basic, args: list[Expression]) -> Expression:
    pairs = list(zip(args[::2], args[1::2], strict=True))
    if node.args[-1].args[1] != sympy.true:
        raise ProblemError(f"{node}", "no last (value, True)", "a Piecewise that is defined everywhere", "Add (value, True).")
    return reduce(lambda rest, pair: apply("piecewise", pair[0], pair[1], rest), reversed(pairs[:-1]), pairs[-1][0])


def _rational(node: Any, args: list[Expression]) -> Expression:
    return number(Fraction(int(node.p), int(node.q)))


def _step(node: sympy.Basic, args: list[Expression]) -> Expression:
    """Heaviside with its value 1/2 at 0, as SymPy's derivative of Max has it."""
    return mul(number(Fraction(1, 2)), add(number(1), apply("sign", args[0])))


def _named(head: str) -> Callable[[sympy.Basic, list[Expression]], Expression]:
    return lambda node, args: apply(head, *args)


def _folded(head: str) -> Callable[[sympy.Basic, list[Expression]], Expression]:
    return lambda node, args: reduce(lambda a, b: apply(head, a, b), args)


_FROM_SYMPY: list[tuple[Any, Callable[[Any, list[Expression]], Expression]]] = [
    (sympy.Rational, _rational),
    (sympy.Float, lambda node, args: number(Fraction(str(node)))),
    (sympy.Symbol, lambda node, args: symbol(node.name)),
    (type(sympy.pi), lambda node, args: apply("pi")),
    (type(sympy.E), lambda node, args: apply("exp", number(1))),
    (type(sympy.true), lambda node, args: apply("le", number(0), number(0))),
    (sympy.Add, lambda node, args: total(args)),
    (sympy.Mul, lambda node, args: _product(args)),
    (sympy.Pow, _power),
    (sympy.Piecewise, _piecewise),
    (sympy.Heaviside, lambda node, args: _step(node, args)),
    # The density of a jump is zero off its surface; what happens on it is for trusted/smoothness.py to say.
    (sympy.DiracDelta, lambda node, args: number(0)),
    (sympy.StrictLessThan, _named("lt")), (sympy.LessThan, _named("le")),
    (sympy.StrictGreaterThan, lambda node, args: apply("lt", args[1], args[0])),
    (sympy.GreaterThan, lambda node, args: apply("le", args[1], args[0])),
    *[(getattr(sympy, _SYMPY.get(name, name)), _named(name)) for name in sorted(FUNCTIONS - {"sqrt", "min", "max", "piecewise"})],
    (sympy.Max, _folded("max")), (sympy.Min, _folded("min")),
    (sympy.And, _folded("and")), (sympy.Or, _folded("or")), (sympy.Not, _named("not")),
]

__all__ = ["from_sympy", "sympy_symbol", "to_sympy", "to_sympy_all"]
