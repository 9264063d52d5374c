"""Normal forms of expressions: polynomials in atoms, atoms tied by relations that are exact identities.

Atoms are symbols, pi, inverses 1/v, exp/log/trigonometric/inverse functions and roots of normal forms.  Every rewriting
here is an identity of real functions wherever both sides are defined, so a polynomial that reduces to 0 is a proof; one
that does not is no refutation (that takes a witness).  The angle and exponent laws are only used when `deep`, because
congruence of atoms is enough for most steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from adjointcheck.expression.node import Expression
from adjointcheck.expression.table import PRIMITIVES, conditions_of
from adjointcheck.trusted.atoms import Atoms, Infeasible, Key, NeedSign
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, Monomial, PlainRing

Pair = tuple[Any, Any]
MAX_TERMS_IN_ANGLE, MAX_MULTIPLE = 6, 32
MAX_REGIONS, MAX_RESTARTS = 729, 40


class Restart(Exception):
    """A finer unit is needed for an exponent or angle; it is noted in `units`, begin again."""


class Normalizer(Atoms):
    """One question in one ring."""

    def __init__(self, ring: PlainRing | FlintRing, positive: frozenset[str], deep: bool) -> None:
        self.positive, self.deep = positive, deep
        self.units: dict[Key, list[tuple[Fraction, Fraction]]] = {}
        super().__init__(ring)

    def zero_everywhere(self, root: Expression) -> bool:
        """Is `root` zero in every sign region of its domain?"""
        pending: list[dict[Key, int]] = [{}]
        visited = thick = 0
        while pending:
            visited += 1
            if visited > MAX_REGIONS:
                raise BudgetError(f"more than {MAX_REGIONS} sign regions, or exponents with ever finer denominators")
            signs = pending.pop()
            try:
                self.enter(signs)
                if not self.is_zero(self.value(root)):
                    if self.consistent():
                        return False
                    continue
                thick += all(self.signs.values())  # a region in which some sign is 0 has no inside and proves nothing alone
            except NeedSign as need:
                pending += [{**signs, need.key: sign} for sign in need.options]
            except Restart:
                pending, thick, visited = [{}], 0, visited + MAX_REGIONS // MAX_RESTARTS
            except Infeasible:
                continue
        return thick > 0

    def enter(self, signs: dict[Key, int]) -> None:
        self.values: dict[Expression, Any] = {}
        super().enter(signs)

    # -- walking the expression -------------------------------------------------------------------------------

    def value(self, root: Expression) -> Any:
        """Normal form of `root` (a polynomial; a bool for conditions); only branches that are taken are looked at."""
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if node in self.values:
                continue
            signs, children = _summands(node) if node.head in ("add", "sub") else ((), _children(node))
            if ready:
                args = [self.values[child] for child in children]
                self.values[node] = self.ring.sum(list(zip(signs, args, strict=True))) if signs else self.visit(node, args)
            else:
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(children))
        return self.values[root]

    def visit(self, node: Expression, args: list[Any]) -> Any:
        inner = _undone(node)
        for condition, relation in conditions_of(node if inner is None else node.args[0]):
            self.assume(condition, relation)
        if inner is not None:
            return args[0]
        if node.head == "piecewise":
            return self.value(node.args[0] if args[0] else node.args[2])
        if node.head == "pow" and node.args[1].head == "number":
            return self.rational_power(args[0], node.args[1].value)
        meaning = PRIMITIVES[node.head].meaning if node.args and (self.deep or node.head not in DEEP) else None
        return self.value(meaning(*node.args)) if meaning else _RULES[node.head](self, node, *args)

    def assume(self, condition: Expression, relation: str) -> None:
        """Use a domain condition of the expression itself: outside it there is nothing to prove."""
        num, below = self.clear(self.value(condition))
        if below:
            return
        key, flip = self.canonical(num)
        options = tuple(sign for sign in ((1,) if key is None else self.possible(key)) if flip * sign in _OPTIONS[relation])
        if not options:
            raise Infeasible
        if key is not None:
            self.allowed[key] = options
            if len(options) == 1 and key not in self.signs:
                self.fix(key, options[0])

    # -- logarithms, roots, powers ----------------------------------------------------------------------------

    def log(self, a: Any) -> Any:
        """log(c prod v**e) = log|c| + sum e log|v|, true wherever the left side is defined."""
        constant, factors = self.split(a)
        if not constant:
            raise Infeasible
        logs = [(self.constant(p), e) for p, e in _primes(abs(constant))] + factors
        return self.ring.sum([(1, self.scaled(self.log_of(v), e)) for v, e in logs])

    def log_of(self, v: Any) -> Any:
        """log|v|; log(exp(u)) = u, and log R = log|w|/D for the root R**D = |w| > 0."""
        key = self.key(v)
        name = self.name_of(key[-1][0])
        if name[0] == "exp" and len(key) == 1:
            return self.ring.from_terms(name[1])
        if name[0] == "root" and len(key) == 1:
            return self.scaled(self.log(self.ring.from_terms(name[1])), Fraction(1, name[2]))
        return self.generator(("log", key), positive=key[-1][0] == ())

    def rational_power(self, a: Any, exponent: Fraction) -> Any:
        if exponent.denominator == 1:
            return self.power(a if exponent >= 0 else self.inverse(a), abs(exponent.numerator))
        constant, factors = self.split(a)
        if constant == 0:
            return self.constant(0)
        signs = [self.side(poly) if len(factors) > 1 or e % 2 == 0 else None for poly, e in factors]
        sides = math.prod(s for s, (_, e) in zip(signs, factors, strict=True) if s is not None and e % 2)
        if None in signs:
            signs = [1 if constant > 0 else -1]  # a single odd factor: the domain condition fixes its sign
        elif sides * constant < 0 and math.prod(self.sign_of(poly) for poly, _ in factors):
            raise Infeasible
        primes = (self.absolute_power(self.constant(p), 1, e * exponent) for p, e in _primes(abs(constant)))
        powers = (self.absolute_power(v, sign or 1, e * exponent) for (v, e), sign in zip(factors, signs, strict=True))
        return self.product([*primes, *powers])

    def absolute_power(self, v: Any, sign: int, exponent: Fraction) -> Any:
        """|v|**r with |v| = sign * v: an atom R with R**D = |v| and R >= 0; |R|**r = |w|**(r/D) for R**D = |w|."""
        absolute = self.scaled(v, sign)
        key = self.key(absolute)
        if not key:  # found to be 0 since it became the radicand of a root
            if exponent <= 0:
                raise Infeasible
            return self.constant(0)
        name: Key = self.name_of(key[0][0])
        if len(key) == 1 and key[0][1] == 1 and name[0] == "root":
            return self.absolute_power(self.ring.from_terms(name[1]), 1, exponent / name[2])
        if exponent.denominator == 1:
            return self.rational_power(absolute, exponent)
        degree = self.unit(("root", key), exponent, Fraction(1, exponent.denominator)).denominator
        zero = self.ring.from_terms(key)
        return self.generator(("root", key, degree), int(exponent * degree), positive=self.bound(key) == (1,),
                              relation=lambda atom: self.sub(self.power(atom, degree), zero))

    def unit(self, base: Key, coefficient: Fraction, own: Fraction) -> Fraction:
        """A number that `coefficient` is a moderate multiple of, shared with others of `base`; it shrinks by starting again."""
        families = self.units.setdefault(base, [])
        fits: list[tuple[Fraction, Fraction, int]] = []
        for i, (known, top) in enumerate(families):
            below = known.denominator * coefficient.denominator
            finer = Fraction(math.gcd(int(known * below), int(coefficient * below)), below)
            if max(top, abs(coefficient)) <= MAX_MULTIPLE * finer:
                fits.append((finer, max(top, abs(coefficient)), i))
        if not fits:
            families.append((own, abs(coefficient)))
            return own
        finer, top, i = max(fits)
        known, families[i] = families[i][0], (finer, top)
        if finer != known:
            raise Restart
        return finer

    # -- exponentials and angles ------------------------------------------------------------------------------

    def exp(self, a: Any) -> Any:
        part, flip = self.unsigned(a)
        if self.deep or not flip:
            return self.exp_sum(a)
        return self.generator(("exp", self.key(part)), flip, positive=True)

    def exp_sum(self, a: Any) -> Any:
        """exp(sum q m) = prod exp(u m)**(q/u); exp(q log|v|) = |v|**q."""
        return self.product(self.exp_term(m, q) for m, q in sorted(self.ring.terms(self.reduce(a)).items()))

    def exp_term(self, monomial: Monomial, coefficient: Fraction) -> Any:
        name = self.name_of(monomial)
        if name[0] == "log":
            v = self.ring.from_terms(name[1])
            return self.absolute_power(v, self.side(v), coefficient)
        unit = self.unit(("exp", monomial), coefficient, abs(coefficient))
        return self.generator(("exp", ((monomial, unit),)), int(coefficient / unit), positive=True)

    def name_of(self, monomial: Monomial) -> Key:
        return self.names[monomial[0][0]] if len(monomial) == 1 and monomial[0][1] == 1 else ("",)

    def circle(self, a: Any) -> Pair:
        """(cos a, sin a), by the angle laws when deep, else as two atoms with s**2 = 1 - c**2."""
        part, flip = self.unsigned(a)
        key = self.key(part)
        if self.deep and len(key) <= MAX_TERMS_IN_ANGLE:
            cosine, sine = reduce(self.turn, (self.angle(m, c) for m, c in key), (self.one, self.constant(0)))
        else:
            cosine, sine = self.circle_atoms(key) if key else (self.one, part)
        return cosine, self.scaled(sine, flip)

    def circle_atoms(self, key: Key) -> Pair:
        cosine = self.generator(("cos", key))
        square = self.sub(self.power(cosine, 2), self.one)
        return cosine, self.generator(("sin", key), relation=lambda atom: self.ring.sum([(1, self.power(atom, 2)), (1, square)]))

    def angle(self, monomial: Monomial, coefficient: Fraction) -> Pair:
        name = self.name_of(monomial)
        pair, times = self.known_angle(name, coefficient)
        if abs(times) > MAX_MULTIPLE or not pair:
            unit = self.unit(("angle", monomial), coefficient, abs(coefficient))
            times = int(coefficient / unit)
            pair = self.circle_atoms(((monomial, unit),))
        cosine, sine = reduce(self.turn, [pair] * abs(times), (self.one, self.constant(0)))
        return cosine, self.scaled(sine, 1 if times > 0 else -1)

    def known_angle(self, name: Key, coefficient: Fraction) -> tuple[Pair | None, int]:
        """cos and sin of pi/d, asin(v)/d, atan(v)/d where they are roots, and how many of them make the angle."""
        d, times = coefficient.denominator, coefficient.numerator

        def root(a: Any) -> Any:
            return self.rational_power(a, Fraction(1, 2))

        if name[0] == "pi" and d in SINE_SQUARES:
            square = self.constant(SINE_SQUARES[d])
            return (root(self.sub(self.one, square)) if d > 1 else self.constant(-1), root(square)), times % (2 * d)
        if name[0] not in ("asin", "atan") or d > 2:
            return None, times
        v = self.ring.from_terms(name[1])
        square = self.power(v, 2)
        if name[0] == "asin":
            cosine, sine = root(self.sub(self.one, square)), v
        else:
            cosine = self.inverse(root(self.ring.sum([(1, self.one), (1, square)])))
            sine = self.ring.mul(v, cosine)
        if d == 2:  # both angles lie in [-pi/2, pi/2], so the cosine of half of them is positive
            cosine = root(self.scaled(self.ring.sum([(1, self.one), (1, cosine)]), Fraction(1, 2)))
            sine = self.ring.mul(sine, self.inverse(self.scaled(cosine, 2)))
        return (cosine, sine), times

    def arc(self, head: str, a: Any) -> Any:
        """asin or atan: rational multiples of pi where they are known by v**2; atan(1/v) = sign(v) pi/2 - atan(v)."""
        key = self.key(a)
        if len(key) == 1:
            square = self.key(self.power(a, 2))
            constant = len(square) == 1 and square[0][0] == ()  # sqrt(1 + x)**2 begins with 1, too
            half_turns = ARCS[head].get(square[0][1]) if constant else None
            if half_turns:
                return self.scaled(self.generator(("pi", None), positive=True), self.sign(a) * half_turns)
            if head == "atan" and key[0][0] and all(g in self.inverses for g, _ in key[0][0]):
                quarter = self.scaled(self.generator(("pi", None), positive=True), Fraction(self.sign(a), 2))
                return self.sub(quarter, self.arc("atan", self.inverse(a)))
        return self.odd(head, a)

    def odd(self, head: str, a: Any) -> Any:
        """An odd function: an atom, with the sign of the argument drawn out."""
        part, flip = self.unsigned(a)
        return self.scaled(self.generator((head, self.key(part))), flip) if flip else part

    def turn(self, a: Pair, b: Pair) -> Pair:
        times = self.ring.mul
        return self.sub(times(a[0], b[0]), times(a[1], b[1])), self.ring.sum([(1, times(a[1], b[0])), (1, times(a[0], b[1]))])


def _undone(node: Expression) -> Expression | None:
    """The u of exp(log(u)), tan(atan(u)), sqrt(u)**2 and the like, which is their value wherever they are defined."""
    inner = node.args[0] if node.args else node
    if node.head == "pow" and inner.head in ("sqrt", "pow") and node.args[1].head == "number":
        power = Fraction(1, 2) if inner.head == "sqrt" else inner.args[1].value if inner.args[1].head == "number" else None
        return inner.args[0] if power and power.denominator > 1 and power * node.args[1].value == 1 else None
    return inner.args[0] if inner.head == UNDONE.get(node.head) else None


def _children(node: Expression) -> tuple[Expression, ...]:
    inner = _undone(node)
    if inner is not None:
        return (inner,)
    return node.args[1:2] if node.head == "piecewise" else node.args


def _summands(root: Expression) -> tuple[list[int], list[Expression]]:
    """The terms of a nest of sums and differences with their signs."""
    signs, terms, stack = [], [], [(1, root)]
    while stack:
        sign, node = stack.pop()
        if node.head in ("add", "sub"):
            stack.append((-sign if node.head == "sub" else sign, node.args[1]))
            stack.append((sign, node.args[0]))
        else:
            signs.append(sign)
            terms.append(node)
    return signs, terms


def _primes(value: Fraction) -> list[tuple[int, int]]:
    """Prime factors below 1000 with exponents; a larger cofactor counts as one unit."""
    found: dict[int, int] = {}
    for part, direction in ((value.numerator, 1), (value.denominator, -1)):
        for prime in range(2, 1000):
            while part % prime == 0:
                found[prime] = found.get(prime, 0) + direction
                part //= prime
        if part > 1:
            found[part] = found.get(part, 0) + direction
    return [pair for pair in found.items() if pair[1]]


def _leaf(self: Normalizer, node: Expression) -> Any:
    if node.head == "number":
        return self.constant(node.value)
    return self.generator((node.head, node.value), positive=node.head == "pi" or node.value in self.positive)


UNDONE = {"exp": "log", "log": "exp", "sin": "asin", "cos": "acos", "tan": "atan"}
DEEP = ("sinh", "cosh", "tanh")  # atoms of their own at first, exponentials when that is not enough
SINE_SQUARES = {1: Fraction(0), 2: Fraction(1), 3: Fraction(3, 4), 4: Fraction(1, 2), 6: Fraction(1, 4)}  # d: sin(pi/d)**2
ARCS = {  # v**2: the angle over pi
    "asin": {square: Fraction(1, d) for d, square in SINE_SQUARES.items() if d > 1},
    "atan": {square / (1 - square): Fraction(1, d) for d, square in SINE_SQUARES.items() if d > 2},
}
_OPTIONS = {">": (1,), ">=": (0, 1), "!=": (-1, 1)}

_RULES: dict[str, Callable[..., Any]] = {
    "number": _leaf, "symbol": _leaf, "pi": _leaf,
    "mul": lambda self, node, a, b: self.ring.mul(a, b),
    "div": lambda self, node, a, b: self.ring.mul(a, self.inverse(b)),
    "neg": lambda self, node, a: self.scaled(a, -1),
    "pow": lambda self, node, a, b: self.exp_sum(self.ring.mul(b, self.log(a))),
    "exp": lambda self, node, a: self.exp(a),
    "log": lambda self, node, a: self.log(a),
    "sqrt": lambda self, node, a: self.rational_power(a, Fraction(1, 2)),
    "sin": lambda self, node, a: self.circle(a)[1], "cos": lambda self, node, a: self.circle(a)[0],
    "sinh": lambda self, node, a: self.odd("sinh", a), "tanh": lambda self, node, a: self.odd("tanh", a),
    "cosh": lambda self, node, a: self.generator(("cosh", self.key(self.unsigned(a)[0])), positive=True),
    "asin": lambda self, node, a: self.arc("asin", a), "atan": lambda self, node, a: self.arc("atan", a),
    "abs": lambda self, node, a: self.scaled(a, self.sign(a, self.side)),
    "sign": lambda self, node, a: self.constant(self.sign(a)),
    "min": lambda self, node, a, b: a if self.sign(self.sub(a, b), self.side) < 0 else b,
    "max": lambda self, node, a, b: a if self.sign(self.sub(a, b), self.side) > 0 else b,
    "lt": lambda self, node, a, b: self.negative(self.sub(a, b)),
    "le": lambda self, node, a, b: not self.negative(self.sub(b, a)),
    "not": lambda self, node, a: not a, "and": lambda self, node, a, b: a and b, "or": lambda self, node, a, b: a or b,
}
