"""Normal forms of expressions: quotients of polynomials in atoms, atoms tied by relations that are exact identities.

Atoms are symbols, pi, exp/log/trigonometric/inverse functions and roots of normal forms.  Every rewriting here is an
identity of real functions wherever both sides are defined, so a numerator that reduces to 0 is a proof; a numerator that
does not is no refutation (that takes a witness).  Signs are decided by regions: when |v|, a comparison or a root needs
the sign of v, `NeedSign` asks the caller to run once for each sign; a region that the domain conditions exclude raises
`Infeasible`.  The angle and exponent laws are only used when `deep`, because congruence of atoms is enough for most steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.node import Expression
from adjointcheck.expression.table import PRIMITIVES, conditions_of
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, Monomial, Ring

Key = tuple[Any, ...]
MAX_TERMS_IN_ANGLE, MAX_MULTIPLE, MAX_EXPONENT = 6, 24, 4096


class NeedSign(Exception):
    """The sign of the polynomial with this key decides how to go on."""

    def __init__(self, key: Key, options: tuple[int, ...]) -> None:
        self.key, self.options = key, options


class Infeasible(Exception):
    """No point of the domain lies in this region."""


class Restart(Exception):
    """A finer common denominator is needed for an exponent; it is noted in `scale`, begin again."""


class Undefined(Exception):
    """The expression divides by something that is identically zero."""


@dataclass(frozen=True)
class Quotient:
    """`num` over a product of registered factors: ((factor, exponent), ...)."""

    num: Any
    den: tuple[tuple[int, int], ...] = ()


class Normalizer:
    """One run in one ring over one region: `signs` by key, common denominators of exponents by base in `scale`."""

    def __init__(self, ring: Ring, signs: dict[Key, int], scale: dict[Key, int], positive: frozenset[str], deep: bool) -> None:
        self.ring, self.signs, self.scale, self.positive, self.deep = ring, dict(signs), scale, positive, deep
        self.allowed: dict[Key, tuple[int, ...]] = {}
        self.atoms: dict[Key, int] = {}
        self.names: list[Key] = []
        self.floor: dict[int, bool] = {}  # atoms never negative; True where they are never zero either
        self.relations: list[tuple[int, int, Any]] = []
        self.factors: list[Any] = []
        self.factor_of: dict[Key, int] = {}
        self.values: dict[Expression, Any] = {}
        self.one = ring.constant(Fraction(1))

    # -- walking the expression -------------------------------------------------------------------------------

    def value(self, root: Expression) -> Any:
        """Normal form of `root` (a Quotient; a bool for conditions); only branches that are taken are looked at."""
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if node in self.values:
                continue
            signs, children = _summands(node) if node.head in ("add", "sub") else ((), _children(node))
            if ready:
                args = [self.values[child] for child in children]
                self.values[node] = self.sum(signs, args) if signs else self.visit(node, args)
            else:
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(children))
        return self.values[root]

    def visit(self, node: Expression, args: list[Any]) -> Any:
        for condition, relation in conditions_of(node):
            self.assume(condition, relation)
        if node.head == "piecewise":
            return self.value(node.args[0] if args[0] else node.args[2])
        if node.head == "pow" and node.args[1].head == "number":
            return self.rational_power(args[0], node.args[1].value)
        meaning = PRIMITIVES[node.head].meaning if node.args and (self.deep or node.head not in DEEP) else None
        return self.value(meaning(*node.args)) if meaning else _RULES[node.head](self, node, *args)

    def assume(self, condition: Expression, relation: str) -> None:
        """Use a domain condition of the expression itself: outside it there is nothing to prove."""
        value = self.value(condition)
        key, flip = self.canonical(value.num)
        options = {">": (1,), ">=": (0, 1), "!=": (-1, 1)}[relation]
        if value.den:
            return
        if key is None or self.bound(key) == (1,):
            if flip not in options:
                raise Infeasible
            return
        options = tuple(sorted(flip * option for option in options))
        if key in self.signs and self.signs[key] not in options:
            raise Infeasible
        self.allowed[key] = tuple(o for o in self.allowed.get(key, options) if o in options)
        if len(self.allowed[key]) == 1:
            self.signs[key] = self.allowed[key][0]

    # -- signs ------------------------------------------------------------------------------------------------

    def canonical(self, num: Any) -> tuple[Key | None, int]:
        """Key of `num` up to a constant factor, and that factor's sign; (None, sign) for a constant."""
        terms = sorted(self.ring.terms(self.reduce(num)).items())
        if not terms:
            return None, 0
        lead = terms[-1][1]
        key = None if terms[-1][0] == () else tuple((monomial, c / lead) for monomial, c in terms)
        return key, 1 if lead > 0 else -1

    def sign(self, value: Quotient) -> int:
        signs = [self.sign_of(value.num)] + [self.sign_of(self.factors[i]) for i, e in value.den if e % 2]
        return math.prod(signs)

    def sign_of(self, num: Any) -> int:
        key, flip = self.canonical(num)
        if key is None:
            return flip
        options = self.bound(key)
        if options == (1,):
            return flip
        if key not in self.signs:
            lead, parts = self.factored(num)
            if sum(e for _, e in parts) > 1:
                return (1 if lead > 0 else -1) * math.prod(self.sign_of(part) ** e for part, e in parts)
            raise NeedSign(key, self.allowed.get(key, options))
        return flip * self.signs[key]

    def bound(self, key: Key) -> tuple[int, ...]:
        """The signs that are possible at sight: positive coefficients with even powers or atoms that are not negative."""
        if not all(c > 0 and all(g in self.floor or e % 2 == 0 for g, e in m) for m, c in key):
            return (-1, 0, 1)
        return (1,) if any(all(self.floor.get(g, False) for g, _ in m) for m, _ in key) else (0, 1)

    # -- arithmetic -------------------------------------------------------------------------------------------

    def constant(self, value: Fraction) -> Quotient:
        return Quotient(self.ring.constant(value))

    def add(self, a: Quotient, b: Quotient) -> Quotient:
        return self.sum((1, 1), (a, b))

    def sub(self, a: Quotient, b: Quotient) -> Quotient:
        return self.sum((1, -1), (a, b))

    def sum(self, signs: Sequence[int], terms: Sequence[Quotient]) -> Quotient:
        """A whole sum at once, over the least common multiple of the registered factors."""
        common: dict[int, int] = {}
        for factor, exponent in (pair for term in terms for pair in term.den):
            common[factor] = max(exponent, common.get(factor, 0))
        groups: dict[Any, list[tuple[int, Any]]] = {}
        for sign, term in zip(signs, terms, strict=True):
            groups.setdefault(term.den, []).append((sign, term.num))
        numerators = [(1, self.over(Quotient(self.ring.sum(group), den), common)) for den, group in groups.items()]
        return Quotient(self.ring.sum(numerators), tuple(sorted(common.items())))

    def over(self, a: Quotient, common: dict[int, int]) -> Any:
        own = dict(a.den)
        missing = [self.power(self.factors[f], e - own.get(f, 0)) for f, e in common.items() if e > own.get(f, 0)]
        return reduce(self.ring.mul, missing, a.num)

    def mul(self, a: Quotient, b: Quotient) -> Quotient:
        den = dict(a.den)
        for factor, exponent in b.den:
            den[factor] = den.get(factor, 0) + exponent
        return self.cancel(self.ring.mul(a.num, b.num), den)

    def cancel(self, num: Any, den: dict[int, int]) -> Quotient:
        """Drop atoms that stand above and below; sums are left alone, cross-multiplying needs no common divisor."""
        single = {factor: g for factor in den if (g := self.single(factor)) is not None}
        if single:
            terms = self.ring.terms(num)
            for factor, g in single.items():
                shared = min([den[factor], *(dict(m).get(g, 0) for m in terms)])
                if shared:
                    den[factor] -= shared
                    terms = {_divide(m, g, shared): c for m, c in terms.items()}
            num = self.ring.from_terms(terms.items())
        return Quotient(num, tuple(sorted((f, e) for f, e in den.items() if e)))

    def single(self, factor: int) -> int | None:
        terms = list(self.ring.terms(self.factors[factor]))
        return terms[0][0][0] if len(terms) == 1 and len(terms[0]) == 1 and terms[0][0][1] == 1 else None

    def power(self, num: Any, exponent: int) -> Any:
        if exponent > MAX_EXPONENT:
            raise BudgetError(f"an exponent above {MAX_EXPONENT}")
        result = self.one
        while exponent:
            if exponent & 1:
                result = self.ring.mul(result, num)
            exponent >>= 1
            num = self.ring.mul(num, num) if exponent else num
        return result

    def inverse(self, a: Quotient) -> Quotient:
        num = self.reduce(a.num)
        terms = self.ring.terms(num)
        if not terms:
            raise Undefined
        lead = sorted(terms.items())[-1][1]
        shared = dict(min((dict(m) for m in terms), key=len))
        shared = {g: min(dict(m).get(g, 0) for m in terms) for g in shared}
        den = {self.register(self.ring.generator(g)): e for g, e in shared.items() if e}
        rest = self.ring.from_terms((reduce(lambda m, ge: _divide(m, *ge), shared.items(), m), c / lead) for m, c in terms.items())
        if len(terms) > 1:
            den[self.register(rest)] = 1
        top = self.ring.mul(self.over(Quotient(self.one), dict(a.den)), self.ring.constant(1 / lead))
        return self.cancel(top, den)

    def register(self, poly: Any) -> int:
        key = tuple(sorted(self.ring.terms(poly).items()))
        if key not in self.factor_of:
            self.factor_of[key] = len(self.factors)
            self.factors.append(poly)
        return self.factor_of[key]

    def scaled(self, a: Quotient, by: Fraction) -> Quotient:
        return Quotient(self.ring.mul(a.num, self.ring.constant(by)), a.den)

    # -- atoms and their relations ----------------------------------------------------------------------------

    def atom(self, key: Key, *, positive: bool = False) -> int:
        if key not in self.atoms:
            self.atoms[key] = len(self.atoms)
            self.names.append(key)
            if positive or key[0] == "root":
                self.floor[self.atoms[key]] = positive
            if isinstance(self.ring, FlintRing) and self.atoms[key] >= self.ring.size:
                raise DisagreementError("normal form", key, "both codes to find the same atoms")
        return self.atoms[key]

    def generator(self, key: Key, exponent: int = 1, *, positive: bool = False) -> Quotient:
        poly = self.ring.generator(self.atom(key, positive=positive))
        if exponent >= 0:
            return Quotient(self.power(poly, exponent))
        return Quotient(self.one, ((self.register(poly), -exponent),))

    def key(self, a: Quotient, flip: int = 1) -> Key:
        """A hashable form of flip * a."""
        terms = tuple(sorted((m, c if flip > 0 else -c) for m, c in self.ring.terms(self.reduce(a.num)).items()))
        return terms, tuple((tuple(sorted(self.ring.terms(self.factors[f]).items())), e) for f, e in a.den)

    def unsigned(self, a: Quotient) -> tuple[Key, int]:
        """The key of a or -a, whichever has a positive leading coefficient, and that sign; sign 0 for zero."""
        key = self.key(a)
        flip = 0 if not key[0] else 1 if key[0][-1][1] > 0 else -1
        return (key, flip) if flip >= 0 else (self.key(a, -1), flip)

    def reduce(self, num: Any) -> Any:
        """Rewrite g**k by the relation of g, later atoms first: what replaces them only holds earlier ones."""
        while self.relations:
            degrees = self.ring.degrees(num)
            due = [relation for relation in self.relations if degrees.get(relation[0], 0) >= relation[1]]
            if not due:
                break
            num = self.rewrite(self.ring.terms(num), *due[-1])
        return num

    def rewrite(self, terms: Any, generator: int, degree: int, replacement: Any) -> Any:
        parts: dict[int, list[tuple[Monomial, Fraction]]] = {}
        for monomial, coefficient in terms.items():
            exponent = dict(monomial).get(generator, 0)
            times = exponent // degree
            parts.setdefault(times, []).append((_divide(monomial, generator, times * degree), coefficient))
        pieces = (self.ring.mul(self.ring.from_terms(part), self.power(replacement, times)) for times, part in parts.items())
        return self.ring.sum([(1, piece) for piece in pieces])

    def is_zero(self, a: Quotient) -> bool:
        return not self.ring.terms(self.reduce(self.zero_signs(self.reduce(a.num))))

    def zero_signs(self, num: Any) -> Any:
        """In a region with v = 0, v of degree one in a plain atom, replace that atom everywhere."""
        for key, sign in self.signs.items():
            solved = self.solve_linear(key) if sign == 0 else None
            if solved:
                terms = self.ring.terms(num)
                num = self.rewrite(terms, solved[0], 1, solved[1]) if terms else num
        return num

    def solve_linear(self, key: Key) -> tuple[int, Any] | None:
        for monomial, coefficient in reversed(key):
            if len(monomial) == 1 and monomial[0][1] == 1:
                g = monomial[0][0]
                rest = [(m, -c / coefficient) for m, c in key if m != monomial]
                if all(g not in dict(m) for m, _ in rest):
                    return g, self.ring.from_terms(rest)
        return None

    # -- logarithms, roots, powers ----------------------------------------------------------------------------

    def split(self, a: Quotient) -> tuple[Fraction, list[tuple[Any, int]]]:
        """a = c * prod v_i**e_i with v_i irreducible up to checking: FLINT proposes the factors, we multiply them out."""
        factors: dict[Key, tuple[Any, int]] = {}
        constant = Fraction(1)
        for poly, exponent in [(self.reduce(a.num), 1), *((self.factors[f], -e) for f, e in a.den)]:
            lead, parts = self.factored(poly)
            constant *= lead**exponent
            for part, e in parts:
                key = tuple(sorted(self.ring.terms(part).items()))
                factors[key] = (part, factors.get(key, (part, 0))[1] + e * exponent)
        return constant, [pair for pair in factors.values() if pair[1]]

    def factored(self, poly: Any) -> tuple[Fraction, list[tuple[Any, int]]]:
        terms = dict(self.ring.terms(poly))
        if not terms:
            return Fraction(0), []
        hint = FlintRing(1 + max((g for m in terms for g, _ in m), default=0))
        lead, parts = hint.from_terms(terms.items()).factor()
        found = [(self.ring.from_terms(hint.terms(part).items()), int(e)) for part, e in parts]
        constant = Fraction(int(lead.p), int(lead.q))
        product = reduce(self.ring.mul, (self.power(p, e) for p, e in found), self.ring.constant(constant))
        if self.ring.terms(self.ring.sum([(1, product), (-1, poly)])):
            raise DisagreementError("normal form", terms, "FLINT's factors to multiply out")
        return constant, found

    def log(self, a: Quotient) -> Quotient:
        """log(c prod v**e) = log|c| + sum e log|v|, true wherever the left side is defined."""
        constant, factors = self.split(a)
        if not constant:
            raise Infeasible
        parts: list[tuple[Any, int]] = [*_primes(abs(constant))]
        for poly, exponent in factors:
            lead = abs(sorted(self.ring.terms(poly).items())[-1][1])
            parts += [(self.canonical(poly)[0], exponent), *((prime, e * exponent) for prime, e in _primes(lead))]
        logs = [self.scaled(self.generator(("log", name), positive=isinstance(name, int)), Fraction(e)) for name, e in parts]
        return self.sum([1] * len(logs), logs)

    def rational_power(self, a: Quotient, exponent: Fraction) -> Quotient:
        if exponent.denominator == 1:
            base = a if exponent >= 0 else self.inverse(a)
            n = abs(exponent.numerator)
            return self.cancel(self.power(base.num, n), {f: e * n for f, e in base.den})
        constant, factors = self.split(a)
        if constant == 0:
            return self.constant(Fraction(0))
        signs = [self.sign_of(poly) if len(factors) > 1 or e % 2 == 0 else None for poly, e in factors]
        sides = math.prod(s for s, (_, e) in zip(signs, factors, strict=True) if s is not None and e % 2)
        if None in signs:
            signs = [1 if constant > 0 else -1]  # a single odd factor: the domain condition fixes its sign
        elif sides * constant < 0:
            raise Infeasible
        primes = [(self.ring.constant(Fraction(p)), e) for p, e in _primes(abs(constant))]
        result = reduce(self.mul, (self.absolute_power(p, 1, e * exponent) for p, e in primes), Quotient(self.one))
        for (poly, e), sign in zip(factors, signs, strict=True):
            result = self.mul(result, self.absolute_power(poly, sign or 1, e * exponent))
        return result

    def absolute_power(self, poly: Any, sign: int, exponent: Fraction) -> Quotient:
        """|v|**r with |v| = sign * v: an atom R with R**D = |v| and R >= 0."""
        absolute = self.ring.mul(poly, self.ring.constant(Fraction(sign)))
        inner = self.root_inside(absolute)
        if inner:
            return self.absolute_power(inner[0], 1, exponent / inner[1])
        base = ("root", tuple(sorted(self.ring.terms(absolute).items())))
        degree = self.common(base, exponent.denominator)
        if degree == 1:
            return self.rational_power(Quotient(absolute), exponent)
        fresh = base not in self.atoms
        result = self.generator(base, int(exponent * degree))
        if fresh:
            self.relations.append((self.atoms[base], degree, absolute))
        return result

    def root_inside(self, poly: Any) -> tuple[Any, int] | None:
        """(v, D) when `poly` is the single atom v**(1/D), so that roots of roots share one atom."""
        terms = list(self.ring.terms(poly).items())
        name = self.name_of(terms[0][0]) if len(terms) == 1 and terms[0][1] == 1 else None
        return (self.ring.from_terms(name[1]), self.scale[name]) if name and name[0] == "root" else None

    def common(self, base: Key, denominator: int) -> int:
        """The common denominator of all exponents of `base`, found by starting again when it grows."""
        known = self.scale.get(base, 1)
        if known % denominator:
            self.scale[base] = math.lcm(known, denominator)
            raise Restart
        return known

    # -- exponentials and angles ------------------------------------------------------------------------------

    def exp(self, a: Quotient) -> Quotient:
        if self.deep or not self.ring.terms(self.reduce(a.num)):
            return self.exp_sum(a)
        return self.generator(("exp", self.key(a)), positive=True)

    def exp_sum(self, a: Quotient) -> Quotient:
        """exp(sum q m) = prod exp(m/D)**(q D); exp(q log|v|) = |v|**q."""
        result = Quotient(self.one)
        for monomial, coefficient in sorted(self.ring.terms(self.reduce(a.num)).items()):
            result = self.mul(result, self.exp_term(monomial, coefficient, a.den))
        return result

    def exp_term(self, monomial: Monomial, coefficient: Fraction, den: tuple[tuple[int, int], ...]) -> Quotient:
        name = self.name_of(monomial) if not den else None
        if name and name[0] == "log":
            poly = self.ring.constant(Fraction(name[1])) if isinstance(name[1], int) else self.ring.from_terms(name[1])
            return self.absolute_power(poly, self.sign_of(poly) or 1, coefficient)
        base = ("exp", self.key(Quotient(self.ring.from_terms([(monomial, Fraction(1))]), den)))
        degree = self.common(base, coefficient.denominator)
        return self.generator(base, int(coefficient * degree), positive=True)

    def name_of(self, monomial: Monomial) -> Key | None:
        return self.names[monomial[0][0]] if len(monomial) == 1 and monomial[0][1] == 1 else None

    def circle(self, a: Quotient) -> tuple[Quotient, Quotient]:
        """(cos a, sin a), by the angle laws when deep, else as two atoms with s**2 = 1 - c**2."""
        key, flip = self.unsigned(a)
        if not flip:
            return Quotient(self.one), self.constant(Fraction(0))
        if self.deep and len(key[0]) <= MAX_TERMS_IN_ANGLE:
            return reduce(self.turn, (self.angle(m, flip * c, a.den) for m, c in key[0]))
        cosine, sine = self.circle_atoms(key)
        return cosine, sine if flip > 0 else self.scaled(sine, Fraction(-1))

    def circle_atoms(self, key: Key) -> tuple[Quotient, Quotient]:
        fresh = ("sin", key) not in self.atoms
        cosine, sine = self.generator(("cos", key)), self.generator(("sin", key))
        if fresh:
            self.relations.append((self.atoms["sin", key], 2, self.ring.sum([(1, self.one), (-1, self.power(cosine.num, 2))])))
        return cosine, sine

    def angle(self, monomial: Monomial, coefficient: Fraction, den: tuple[tuple[int, int], ...]) -> tuple[Quotient, Quotient]:
        unit = Quotient(self.ring.from_terms([(monomial, Fraction(1))]), den)
        degree = self.common(("angle", self.key(unit)), coefficient.denominator)
        times = int(coefficient * degree)
        if abs(times) > MAX_MULTIPLE:
            unit, times = self.scaled(unit, abs(coefficient) * degree), 1 if times > 0 else -1
        cosine, sine = self.circle_atoms(self.key(self.scaled(unit, Fraction(1, degree))))
        cosine, sine = reduce(self.turn, [(cosine, sine)] * abs(times))
        return cosine, self.scaled(sine, Fraction(1 if times > 0 else -1))

    def odd(self, head: str, a: Quotient) -> Quotient:
        """An odd function without laws of its own: an atom, with the sign of the argument drawn out."""
        key, flip = self.unsigned(a)
        return self.scaled(self.generator((head, key)), Fraction(flip)) if flip else self.constant(Fraction(0))

    def turn(self, a: tuple[Quotient, Quotient], b: tuple[Quotient, Quotient]) -> tuple[Quotient, Quotient]:
        return self.sub(self.mul(a[0], b[0]), self.mul(a[1], b[1])), self.add(self.mul(a[1], b[0]), self.mul(a[0], b[1]))


def _children(node: Expression) -> tuple[Expression, ...]:
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


def _divide(monomial: Monomial, generator: int, exponent: int) -> Monomial:
    if not exponent:
        return monomial
    return tuple((g, e - exponent * (g == generator)) for g, e in monomial if g != generator or e > exponent)


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


def _leaf(self: Normalizer, node: Expression) -> Quotient:
    if node.head == "number":
        return self.constant(node.value)
    return self.generator((node.head, node.value), positive=node.head == "pi" or node.value in self.positive)


DEEP = ("sinh", "cosh", "tanh")  # atoms of their own at first, exponentials when that is not enough

_RULES: dict[str, Callable[..., Any]] = {
    "number": _leaf, "symbol": _leaf, "pi": _leaf,
    "mul": lambda self, node, a, b: self.mul(a, b),
    "div": lambda self, node, a, b: self.mul(a, self.inverse(b)),
    "neg": lambda self, node, a: self.scaled(a, Fraction(-1)),
    "pow": lambda self, node, a, b: self.exp_sum(self.mul(b, self.log(a))),
    "exp": lambda self, node, a: self.exp(a),
    "log": lambda self, node, a: self.log(a),
    "sqrt": lambda self, node, a: self.rational_power(a, Fraction(1, 2)),
    "sin": lambda self, node, a: self.circle(a)[1], "cos": lambda self, node, a: self.circle(a)[0],
    "sinh": lambda self, node, a: self.odd("sinh", a), "tanh": lambda self, node, a: self.odd("tanh", a),
    "cosh": lambda self, node, a: self.generator(("cosh", self.unsigned(a)[0]), positive=True),
    "asin": lambda self, node, a: self.odd("asin", a), "atan": lambda self, node, a: self.odd("atan", a),
    "abs": lambda self, node, a: self.scaled(a, Fraction(self.sign(a) or 1)),
    "sign": lambda self, node, a: self.constant(Fraction(self.sign(a))),
    "min": lambda self, node, a, b: a if self.sign(self.sub(a, b)) <= 0 else b,
    "max": lambda self, node, a, b: a if self.sign(self.sub(a, b)) >= 0 else b,
    "lt": lambda self, node, a, b: self.sign(self.sub(a, b)) < 0,
    "le": lambda self, node, a, b: self.sign(self.sub(a, b)) <= 0,
    "not": lambda self, node, a: not a, "and": lambda self, node, a, b: a and b, "or": lambda self, node, a, b: a or b,
}

__all__ = ["BudgetError", "Infeasible", "NeedSign", "Normalizer", "Quotient", "Restart", "Undefined"]
