"""Refutation by enclosure: a rational point at which two sides have disjoint balls, confirmed by a second arithmetic.

Nothing here proves: `zero.equal` takes the worst of a proof and of what is found here.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import flint
import mpmath
from mpmath.libmp import ComplexResult  # pyright: ignore[reportAttributeAccessIssue]

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.calculus import domain_ledger
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import Expression, apply, symbols_of, walk
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.trusted.verdict import Status, Verdict, Witness

iv: Any = mpmath.iv
PRECISIONS = (64, 256, 1024, 4096)
SHORT = 1000  # nodes of a difference that is sampled at several points
Point = Mapping[str, Fraction]


class NoInformation(Exception):
    """The value could not be enclosed: outside the domain, or a comparison too close to call."""


def doubt(left: Expression, right: Expression, positive: frozenset[str], shown: Verdict, tries: int) -> Verdict:
    """What points say against `shown`: of a proof that it speaks of no point, of a question that its sides differ; else `shown`."""
    if shown.status is not Status.PROVED:
        witness = refute(left, right, positive, tries)
        return Verdict(Status.REFUTED, ("disjoint balls (Arb)", "confirmed by a second arithmetic"), witness=witness) if witness else shown
    sampled = True if left is right and not domain_ledger([left]) else agree_somewhere(left, right, positive)
    if sampled is False:
        raise DisagreementError("zero test", f"{to_text(left)} against {to_text(right)}: normal form 0, balls disjoint", "agreement")
    return shown if sampled else Verdict(Status.UNKNOWN, reason="no admissible point was found: equality may hold for want of a domain")


def refute(left: Expression, right: Expression, positive: frozenset[str], tries: int = 200) -> Witness | None:
    """A point where `left` and `right` are both defined and certainly differ, or None."""
    points = list(_points(left, right, positive, tries))
    for precision in PRECISIONS:
        near = []
        for point in points:
            try:
                a, b = ball(left, point, precision), ball(right, point, precision)
                if not a.overlaps(b) and _confirmed(left, right, point, precision):
                    return _witness(left, right, point, 2 * precision + 256)
            except NoInformation:  # of the sides, or of what a witness shows in more digits
                continue
            near.append(point)
        points = near[:6] or points[:6]  # points of the domain where the sides are near deserve more digits
    return None


def agree_somewhere(left: Expression, right: Expression, positive: frozenset[str], tries: int = 200) -> bool | None:
    """False if balls are disjoint at one of the first admissible points (six, of long sides one), None without such a point."""
    gap, met = apply("sub", left, right), 0
    enough = 6 if len(walk([gap])) <= SHORT else 1
    for trial, point in enumerate(_points(left, right, positive, tries)):
        if met == enough or (met and trial > 4 * enough):
            break
        try:
            if not ball(gap, point, 128).overlaps(0):
                return False
            met += 1
        except NoInformation:
            continue
    return True if met else None


def ball(root: Expression, point: Point, precision: int) -> Any:
    """Arb enclosure of `root` at `point`; raises NoInformation when it is not finite."""
    with flint.ctx.workprec(precision):
        value = run(root, _leaf(point, _arb, flint.arb.pi()), _ARB)
    if not value.is_finite():
        raise NoInformation
    return value


def run(root: Expression, leaf: Callable[[Expression], Any], rules: Mapping[str, Callable[..., Any]]) -> Any:
    """Evaluate with only those branches of a piecewise that are taken; functions without a rule go by their meaning."""
    values: dict[Expression, Any] = {}
    stack = [root]
    while stack:
        node = stack[-1]
        parts = _parts(node, values, rules)
        missing = [part for part in parts if part not in values]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if node not in values:
            values[node] = _apply(node, [values[part] for part in parts], rules) if node.args else leaf(node)
    return values[root]


def _parts(node: Expression, values: Mapping[Expression, Any], rules: Mapping[str, Callable[..., Any]]) -> tuple[Expression, ...]:
    """What the value of `node` is made of: its arguments, the branch taken once the condition is known, or its meaning."""
    if node.head == "piecewise":
        value, condition, otherwise = node.args
        return (condition, value if values[condition] else otherwise) if condition in values else (condition,)
    meaning = PRIMITIVES[node.head].meaning if node.args and node.head not in rules else None
    return (meaning(*node.args),) if meaning else node.args


def _apply(node: Expression, values: list[Any], rules: Mapping[str, Callable[..., Any]]) -> Any:
    if node.head == "pow" and node.args[1].head == "number":
        return _rational_power(values[0], node.args[1].value, rules)
    by_parts = node.head == "piecewise" or (node.head not in rules and PRIMITIVES[node.head].meaning)
    return values[-1] if by_parts else rules[node.head](*values)  # KeyError: this arithmetic has no such function


def _rational_power(base: Any, exponent: Fraction, rules: Mapping[str, Callable[..., Any]]) -> Any:
    if exponent == 0:
        return base - base + 1  # 1 where the base is defined, which nan**0 = 1 would not tell
    if exponent.denominator == 1:
        power = base ** abs(exponent.numerator)
        return rules["div"](base**0, power) if exponent < 0 else power
    return base if exponent > 0 and base == 0 else rules["power"](base, exponent)


def _leaf(point: Point, read: Callable[[Fraction], Any], pi: Any = None) -> Callable[[Expression], Any]:
    """How an arithmetic reads numbers, symbols and pi; one without pi raises KeyError on it."""
    values = {"pi": pi} if pi is not None else {}
    return lambda node: values[node.head] if node.head == "pi" else read(node.value if node.head == "number" else point[node.value])


def _arb(value: Fraction) -> Any:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _decided(yes: Any, no: Any) -> bool:
    if bool(yes) == bool(no):
        raise NoInformation
    return bool(yes)


_SHARED: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "abs": abs, "not": lambda a: not a, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
    "lt": lambda a, b: _decided(a < b, a >= b), "le": lambda a, b: _decided(a <= b, a > b),
}
_ARB: dict[str, Callable[..., Any]] = {
    **_SHARED,
    **{name: (lambda a, name=name: getattr(a, name)()) for name in
       ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "sqrt")},
    "sign": lambda a: flint.arb(1 if _decided(a > 0, a < 0) else -1), "min": lambda a, b: a.min(b), "max": lambda a, b: a.max(b),
    "pow": lambda a, b: (b * a.log()).exp(),
    "power": lambda a, r: (_arb(r) * a.log()).exp(),
}


def _points(left: Expression, right: Expression, positive: frozenset[str], tries: int) -> Iterator[dict[str, Fraction]]:
    """Small primes first, for readable witnesses; then seeded dyadics, alternately all positive, ever wider."""
    names = sorted(symbols_of(left, right))
    seed = hashlib.sha256(f"{to_text(left)}={to_text(right)}".encode()).digest()
    generator = random.Random(int.from_bytes(seed[:8], "big"))
    primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
    yield {name: Fraction(primes[i % 12], 1 + i // 12) for i, name in enumerate(names)}
    for trial in range(tries):
        mixed, signed = trial % 4 > 1, trial % 2 == 1
        point = {name: _coordinate(generator, 16 * 2 ** (trial // 16), mixed) for name in names}
        yield {name: -value if signed and name not in positive and generator.random() < 0.5 else value for name, value in point.items()}


def _coordinate(generator: random.Random, width: int, mixed: bool) -> Fraction:
    """A dyadic number, of any size down to 1/1024 when `mixed`: domains of asin and log may be narrow in one symbol."""
    return Fraction(generator.randint(1, width), 4 ** generator.randint(1, 5) if mixed else 4)


def _witness(left: Expression, right: Expression, point: Point, precision: int) -> Witness:
    a, b, gap = (ball(side, point, precision) for side in (left, right, apply("sub", left, right)))
    with flint.ctx.workprec(precision):
        digits = next((n for n in (12, 24, 48, 96, 250) if _show(a, n) != _show(b, n)), 1000)
        return Witness(tuple((name, str(value)) for name, value in point.items()), _show(a, digits), _show(b, digits), _show(gap, 6))


def _show(a: Any, digits: int) -> str:
    return a.str(digits, radius=False)


def _confirmed(left: Expression, right: Expression, point: Point, precision: int) -> bool:
    """The same point in arithmetic that shares no code with FLINT: exact fractions, or mpmath intervals."""
    try:
        exact = [run(side, _leaf(point, Fraction), _EXACT) for side in (left, right)]
        return exact[0] != exact[1]
    except (KeyError, ZeroDivisionError):
        return _intervals_disjoint(left, right, point, precision)


MAX_BITS = 1 << 22


def _short(a: Fraction, b: Fraction) -> Fraction:
    """a b, as long as it can be written: repeated squaring on a graph has no end."""
    if sum(max(v.numerator.bit_length(), v.denominator.bit_length()) for v in (a, b)) > MAX_BITS:
        raise KeyError("a number of endless length")
    return a * b


_EXACT: dict[str, Callable[..., Any]] = {
    **_SHARED, "mul": _short, "sign": lambda a: Fraction((a > 0) - (a < 0)), "min": min, "max": max,
}


def _intervals_disjoint(left: Expression, right: Expression, point: Point, precision: int) -> bool:
    with mpmath.workprec(precision + 64):
        iv.prec = precision + 32
        try:
            a, b = (run(side, _leaf(point, _interval, iv.pi), _INTERVAL) for side in (left, right))
        except (NoInformation, ValueError, ZeroDivisionError, NotImplementedError, ComplexResult):
            return False
    return bool(a.b < b.a or b.b < a.a)


def _interval(value: Fraction) -> Any:
    return iv.mpf(value.numerator) / value.denominator


def _monotone(name: str, rising: bool = True) -> Callable[[Any], Any]:
    """Interval form of a monotone function by its end values, widened by far more than mpmath's rounding."""
    def extend(a: Any) -> Any:
        function = getattr(mpmath, name)
        ends = sorted((function(mpmath.mpf(a.a)), function(mpmath.mpf(a.b))), key=mpmath.re)
        if any(mpmath.im(end) for end in ends):
            raise NoInformation
        slack = (1 + max(abs(end) for end in ends)) * mpmath.mpf(2) ** (16 - iv.prec)
        return iv.mpf([ends[0] - slack, ends[1] + slack])

    return extend


MAX_MAGNITUDE = 512


def _moderate(name: str) -> Callable[[Any], Any]:
    """Interval form of exp, sin or cos; the argument of a tower of exponentials has more digits than any memory."""
    def extend(a: Any) -> Any:
        if max(mpmath.mag(mpmath.mpf(end)) for end in (a.a, a.b)) > MAX_MAGNITUDE:
            raise NoInformation
        return getattr(iv, name)(a)

    return extend


_exp = _moderate("exp")


def _interval_of(choose: Callable[..., Any], a: Any, b: Any) -> Any:
    """min or max, which rise in both arguments."""
    return iv.mpf([choose(mpmath.mpf(a.a), mpmath.mpf(b.a)), choose(mpmath.mpf(a.b), mpmath.mpf(b.b))])


_INTERVAL: dict[str, Callable[..., Any]] = {
    **_SHARED,
    "lt": lambda a, b: _decided(a.b < b.a, a.a >= b.b), "le": lambda a, b: _decided(a.b <= b.a, a.a > b.b),
    "exp": _exp, "sin": _moderate("sin"), "cos": _moderate("cos"), "log": lambda a: iv.log(a), "sqrt": lambda a: iv.sqrt(a),
    "asin": _monotone("asin"), "atan": _monotone("atan"), "sign": lambda a: iv.mpf(1 if _decided(a.a > 0, a.b < 0) else -1),
    "min": lambda a, b: _interval_of(min, a, b), "max": lambda a, b: _interval_of(max, a, b),
    "pow": lambda a, b: _exp(b * iv.log(a)), "power": lambda a, r: _exp(_interval(r) * iv.log(a)),
}

