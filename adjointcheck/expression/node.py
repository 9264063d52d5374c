"""Hash-consed immutable expressions: equal text is the same object, so identity is structural equality."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Any, NoReturn
from weakref import WeakValueDictionary

Number = int | float | Fraction


def _operator(build: Callable[[Any, Any], Any]) -> tuple[Callable[[Any, Any], Expression], Callable[[Any, Any], Expression]]:
    """A method and its reflection, exact Python numbers lifted on either side."""
    return lambda self, other: build(self, lift(other)), lambda self, other: build(lift(other), self)


@dataclass(frozen=True, eq=False, repr=False, slots=True, weakref_slot=True)
class Expression:
    """One node: a number, a symbol, or a primitive of `table.PRIMITIVES` applied to `args`; never built directly."""

    head: str
    args: tuple[Expression, ...]
    value: Any
    names: frozenset[str]  # of the free symbols below

    __add__, __radd__ = _operator(lambda a, b: add(a, b))
    __sub__, __rsub__ = _operator(lambda a, b: sub(a, b))
    __mul__, __rmul__ = _operator(lambda a, b: mul(a, b))
    __truediv__, __rtruediv__ = _operator(lambda a, b: div(a, b))
    __pow__, __rpow__ = _operator(lambda a, b: power(a, b))
    __lt__, __gt__ = _operator(lambda a, b: apply("lt", a, b))
    __le__, __ge__ = _operator(lambda a, b: apply("le", a, b))

    def __neg__(self) -> Expression:
        return neg(self)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | float | Fraction):
            raise TypeError("an expression equals no number for good: write piecewise with a < or <= instead of `==`")
        return self is other

    def __bool__(self) -> NoReturn:
        raise TypeError("an expression has no truth value: write piecewise(value, condition, otherwise) instead of `if`")

    def __float__(self) -> NoReturn:
        raise TypeError("an expression is not a number: use adjointcheck.math functions instead of numpy's or math's")

    def __reduce__(self) -> NoReturn:
        raise TypeError("expressions are not pickled: store their text (expression.grammar.to_text) instead")

    def __repr__(self) -> str:
        from adjointcheck.expression.printer import to_text

        return to_text(self)


_POOL: WeakValueDictionary[tuple[Any, ...], Expression] = WeakValueDictionary()
_MAKING = Lock()


def _intern(head: str, args: tuple[Expression, ...], value: object) -> Expression:
    node = _POOL.get(key := (head, args, value))
    if node is None:
        with _MAKING:  # another thread may have been faster
            below = frozenset({str(value)} if head == "symbol" else ()).union(*(arg.names for arg in args))
            node = _POOL.setdefault(key, Expression(head, args, value, below))
    return node


def number(value: int | Fraction) -> Expression:
    """The exact rational `value`."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise TypeError(f"number() takes int or Fraction, got {type(value).__name__}")
    return _intern("number", (), Fraction(value))


def symbol(name: str) -> Expression:
    """The real variable `name`; nothing else is assumed of it."""
    return _intern("symbol", (), name)


def apply(head: str, *args: Expression) -> Expression:
    """`head(*args)` exactly as written: nothing is folded, so no point of the domain is gained or lost."""
    return _intern(head, args, None)


def lift(value: Expression | Number) -> Expression:
    """Pass expressions through and read exact Python numbers."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, float):
        return number(Fraction(float.__repr__(value)))  # the decimal that was written: 0.1 is 1/10
    return number(value)


ZERO, ONE, TWO, HALF = number(0), number(1), number(2), number(Fraction(1, 2))


def add(a: Expression, b: Expression) -> Expression:
    """a + b with zeros folded and signs drawn out."""
    if a is ZERO or b is ZERO:
        return b if a is ZERO else a
    if a.head == b.head == "number":
        return number(a.value + b.value)
    if b.head == "neg":
        return sub(a, b.args[0])
    return sub(b, a.args[0]) if a.head == "neg" else apply("add", a, b)


def sub(a: Expression, b: Expression) -> Expression:
    """a - b with zeros folded and signs drawn out."""
    if b is ZERO or a is ZERO:
        return a if b is ZERO else neg(b)
    if a.head == b.head == "number":
        return number(a.value - b.value)
    if b.head == "neg":
        return add(a, b.args[0])
    return neg(add(a.args[0], b)) if a.head == "neg" else apply("sub", a, b)


def mul(a: Expression, b: Expression) -> Expression:
    """a * b with zeros and ones folded and signs drawn out; 0 * a is 0, so use it on derivatives, not on user text."""
    if a is ZERO or b is ZERO:
        return ZERO
    if a is ONE or b is ONE:
        return b if a is ONE else a
    if a.head == b.head == "number":
        return number(a.value * b.value)
    (left, flip_left), (right, flip_right) = _unsigned(a), _unsigned(b)
    if flip_left or flip_right:
        return neg(mul(left, right)) if flip_left != flip_right else mul(left, right)
    return apply("mul", a, b)


def _unsigned(a: Expression) -> tuple[Expression, bool]:
    if a.head == "number" and a.value < 0:
        return number(-a.value), True
    return (a.args[0], True) if a.head == "neg" else (a, False)


def div(a: Expression, b: Expression) -> Expression:
    """a / b with ones folded and signs drawn out."""
    if b is ONE or a is ZERO:
        return a
    if a.head == b.head == "number" and b is not ZERO:
        return number(a.value / b.value)
    if a.head == "neg":
        return neg(div(a.args[0], b))
    return apply("div", a, b)


def neg(a: Expression) -> Expression:
    """-a, with double signs removed."""
    if a.head == "number":
        return number(-a.value)
    return a.args[0] if a.head == "neg" else apply("neg", a)


def power(a: Expression, b: Expression) -> Expression:
    """a ** b with exponents 0 and 1 and small numeric powers folded."""
    if b is ONE or b is ZERO:
        return a if b is ONE else ONE
    if a.head == b.head == "number" and b.value.denominator == 1 and 0 < b.value <= 64:
        return number(a.value**b.value.numerator)
    return apply("pow", a, b)


def total(terms: Iterable[Expression]) -> Expression:
    """The sum of `terms`, positive ones first, so that a sign costs no operation of its own."""
    terms = list(terms)
    if len(terms) == 1:
        return terms[0]
    signed = [_unsigned(term) for term in terms]
    result = ZERO
    for term, flip in sorted(signed, key=lambda pair: pair[1]):
        result = sub(result, term) if flip else add(result, term)
    return result


def walk(roots: Iterable[Expression]) -> list[Expression]:
    """Every node below `roots` once, arguments before users, in an order fixed by the text alone."""
    order: dict[Expression, None] = {}
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        waiting = [arg for arg in node.args[::-1] if arg not in order]
        if waiting:
            stack += waiting
        else:
            order[stack.pop()] = None
    return list(order)


def symbols_of(*roots: Expression) -> set[str]:
    """Names of the free symbols below `roots`."""
    return set().union(*(root.names for root in roots))


def evaluate(roots: Iterable[Expression], leaf: Callable[[Expression], Any], rules: Mapping[str, Callable[..., Any]]) -> list[Any]:
    """Values of `roots` in any arithmetic: `leaf` reads numbers and symbols, `rules[head]` applies a primitive."""
    roots = list(roots)
    values: dict[Expression, Any] = {}
    for node in walk(roots):
        values[node] = rules[node.head](*(values[arg] for arg in node.args)) if node.args else leaf(node)
    return [values[root] for root in roots]


def substitute(roots: Iterable[Expression], mapping: Mapping[str, Expression | Number]) -> list[Expression]:
    """`roots` with symbols replaced all at once; every other node is kept as written."""
    roots = list(roots)
    made = {symbol(name): lift(value) for name, value in mapping.items()}
    moved = frozenset(mapping)
    for node in walk(root for root in roots if moved & root.names):
        if node not in made:
            made[node] = apply(node.head, *(made[arg] for arg in node.args)) if moved & node.names else node
    return [made.get(root, root) for root in roots]
