"""Normal forms of expressions: polynomials in atoms, atoms tied by relations that are exact identities.

Atoms are symbols, pi, inverses 1/v, exp/log/trigonometric/inverse functions and roots of normal forms.  Every rewriting
here is an identity of real functions wherever both sides are defined, so a polynomial that reduces to 0 is a proof; one
that does not is no refutation (that takes a witness).  Atoms are numbered as they appear, each made of earlier ones, and
every relation replaces its leading monomial (later atoms lead) by smaller ones, so that rewriting ends.  Signs are
decided by regions: when |v|, a comparison or a root needs the sign of v, `NeedSign` asks the caller to run once for each
sign, v = 0 being one relation more; a region that the domain conditions exclude raises `Infeasible`.  The angle and
exponent laws are only used when `deep`, because congruence of atoms is enough for most steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import reduce
from itertools import permutations
from typing import Any

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.node import Expression
from adjointcheck.expression.table import PRIMITIVES, conditions_of
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, Monomial, PlainRing

Key = tuple[Any, ...]
Pair = tuple[Any, Any]
MAX_TERMS_IN_ANGLE, MAX_MULTIPLE, MAX_EXPONENT, MAX_SIZE_TO_FACTOR = 6, 32, 4096, 256
MAX_REGIONS, MAX_RESTARTS = 729, 40


class NeedSign(Exception):
    """The sign of the polynomial with this key decides how to go on."""

    def __init__(self, key: Key, options: tuple[int, ...]) -> None:
        self.key, self.options = key, options


class Infeasible(Exception):
    """No point of the domain lies in this region."""


class Restart(Exception):
    """A finer unit is needed for an exponent or angle; it is noted in `units`, begin again."""


class Normalizer:
    """One question in one ring; atoms and their relations outlive the regions, everything in `enter` does not."""

    def __init__(self, ring: PlainRing | FlintRing, positive: frozenset[str], deep: bool) -> None:
        self.ring, self.positive, self.deep = ring, positive, deep
        self.atoms: dict[Key, int] = {}
        self.names: list[Key] = []
        self.floor: dict[int, bool] = {}  # atoms never negative; True where they are never zero either
        self.relations: dict[int, tuple[Monomial, Any]] = {}  # by the leading atom
        self.inverses: dict[int, Any] = {}
        self.units: dict[Key, list[tuple[Fraction, Fraction]]] = {}
        self.one = self.constant(1)
        self.enter({})

    # -- regions ----------------------------------------------------------------------------------------------

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
        self.signs: dict[Key, int] = {}
        self.allowed: dict[Key, tuple[int, ...]] = {}
        self.ties: dict[int, list[tuple[Monomial, Any]]] = {}
        self.values: dict[Expression, Any] = {}
        for key, sign in signs.items():
            self.fix(key, sign)

    def fix(self, key: Key, sign: int) -> None:
        self.signs[key] = sign
        if sign == 0:
            tie = self.relation(dict(key))
            g = tie[0][-1][0]
            self.ties.setdefault(g, []).append(tie)
            if g in self.relations and len(tie[0]) == 1:
                self.overlap(*self.relations[g])

    def overlap(self, pattern: Monomial, replacement: Any) -> None:
        """What a relation says once a tie has rewritten its leading atom: s = 0 and s**2 = 1 - c**2 make 1 - c**2 zero."""
        key, flip = self.canonical(self.sub(self.ring.from_terms([(pattern, Fraction(1))]), replacement))
        if key is not None and self.possible(key).count(0):
            self.fix(key, 0)
        elif flip:
            raise Infeasible

    def consistent(self) -> bool:
        """False if the signs of all factors of a domain condition are known here and violate it."""
        for key, options in self.allowed.items():
            parts = self.factored(self.ring.from_terms(key))[1]
            keys = [self.canonical(part)[0] or () for part, _ in parts]
            if all(part in self.signs for part in keys):
                signs = [self.signs[part] for part in keys]
                if math.prod(((s > 0) - (s < 0)) ** e for s, (_, e) in zip(signs, parts, strict=True)) not in options:
                    if any(s in WEAK for s in signs) and 0 in options:
                        raise NeedSign(*next((part, WEAK[s]) for part, s in zip(keys, signs, strict=True) if s in WEAK))
                    return False
        return True

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
        if key is None:
            possible, flip = (flip,), 1
        else:
            possible = self.possible(key)
        options = tuple(sign for sign in possible if flip * sign in _OPTIONS[relation])
        if not options:
            raise Infeasible
        if key is not None:
            self.allowed[key] = options
            if len(options) == 1 and key not in self.signs:
                self.fix(key, options[0])

    # -- signs ------------------------------------------------------------------------------------------------

    def canonical(self, num: Any) -> tuple[Key | None, int]:
        """Key of `num` up to a constant factor, and that factor's sign; (None, sign) for a constant."""
        terms = self.ring.terms(self.reduce(num))
        if not terms:
            return None, 0
        lead = _lead(terms)
        key: Key | None = None if not lead else tuple(sorted((monomial, c / terms[lead]) for monomial, c in terms.items()))
        return key, 1 if terms[lead] > 0 else -1

    def possible(self, key: Key) -> tuple[int, ...]:
        """The signs that key may have: by region, by domain, at sight."""
        here = self.signs.get(key)
        options = tuple(o for o in self.allowed.get(key, self.bound(key)) if here is None or o in WEAK.get(here, (here,)))
        if not options:
            raise Infeasible
        return options

    def sign(self, a: Any, of: Callable[[Any], int] | None = None) -> int:
        """The sign of a, or with `of=self.side` an s with s * a >= 0."""
        num, below = self.clear(a)
        return math.prod((of or self.sign_of)(v) for v, e in [(num, 1), *below] if e % 2)

    def sign_of(self, num: Any) -> int:
        return self.judged(num, self.sign_of, lambda options, flip: options)

    def side(self, num: Any) -> int:
        return self.judged(num, self.side, lambda options, flip: (-1, 2) if 0 in options else options)

    def negative(self, num: Any) -> bool:
        num, below = self.clear(num)
        num = self.product([num, *(v for v, e in below if e % 2)])
        halves = {1: (-1, 2), -1: (-2, 1)}
        return self.judged(num, self.negative, lambda options, flip: halves[flip] if 0 in options else options)

    def judged(self, num: Any, judge: Callable[[Any], Any], split: Callable[[tuple[int, ...], int], tuple[int, ...]]) -> Any:
        """What `judge` says of a polynomial without inverses: by what is known here, by sums, by factors, or by asking for regions."""
        key, flip = self.canonical(num)
        options = self.possible(key) if key is not None else (1,)
        signs = {flip * o for o in options}
        for answer, enough in _ANSWERS[judge.__name__]:
            if signs <= enough:
                return answer
        if key is None or key in self.signs:
            raise NeedSign(key or (), options)
        implied = self.implied(dict(key), strict=judge.__name__ != "side")
        if implied:
            return flip * implied if judge.__name__ != "negative" else flip * implied < 0
        lead, parts = self.factored(num)
        if sum(e for _, e in parts) > 1:
            rule = self.side if judge.__name__ == "side" else self.sign_of
            product = (1 if lead > 0 else -1) * math.prod(rule(part) ** e for part, e in parts)
            return product if judge.__name__ != "negative" else product < 0
        raise NeedSign(key, split(options, flip))

    def implied(self, wanted: dict[Monomial, Fraction], strict: bool) -> int:
        """The sign of `wanted` if it is that of p + c q with c > 0 and p, q known not to be negative here; else 0."""
        signed = ((key, sign) for key, sign in self.signs.items() if sign)
        known = [({(): Fraction(1)}, True), *(({m: sign * c for m, c in key}, sign not in WEAK) for key, sign in signed)]
        for (p, sure), (q, certain) in permutations(known, 2):
            gone = next((m for m, c in p.items() if m not in wanted and c * q.get(m, 0) < 0), None)
            if gone is not None and (sure or certain or not strict):
                ratio = -p[gone] / q[gone]
                total = {m: c for m in {**p, **q} if (c := p.get(m, 0) + ratio * q.get(m, 0))}
                scale = total.get(_lead(wanted), 0)
                if total == {m: c * scale for m, c in wanted.items()}:
                    return 1 if scale > 0 else -1
        return 0

    def bound(self, key: Key) -> tuple[int, ...]:
        """The signs that are possible at sight: positive coefficients with even powers or atoms that are not negative."""
        if not all(c > 0 and all(g in self.floor or e % 2 == 0 for g, e in m) for m, c in key):
            return (-1, 0, 1)
        return (1,) if any(all(self.floor.get(g, False) for g, _ in m) for m, _ in key) else (0, 1)

    # -- arithmetic -------------------------------------------------------------------------------------------

    def constant(self, value: Fraction | int) -> Any:
        return self.ring.from_terms([((), Fraction(value))])

    def scaled(self, a: Any, by: Fraction | int) -> Any:
        return self.ring.mul(a, self.constant(by))

    def sub(self, a: Any, b: Any) -> Any:
        return self.ring.sum([(1, a), (-1, b)])

    def product(self, factors: Iterable[Any]) -> Any:
        return reduce(self.ring.mul, factors, self.one)

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

    def inverse(self, a: Any) -> Any:
        constant, factors = self.split(a)
        if not constant:
            raise Infeasible
        powers = (self.power(self.inverted(v) if e > 0 else v, abs(e)) for v, e in factors)
        return self.scaled(self.product(powers), 1 / constant)

    def inverted(self, v: Any) -> Any:
        """The atom 1/v of a v without inverses in it."""
        key = ("inverse", self.key(v))
        if not key[1]:
            raise Infeasible
        v = self.ring.from_terms(key[1])
        result = self.generator(key, relation=lambda atom: self.sub(self.ring.mul(v, atom), self.one), positive=self.bound(key[1]) == (1,))
        self.inverses[self.atoms[key]] = v
        return result

    def clear(self, a: Any) -> tuple[Any, list[tuple[Any, int]]]:
        """(num, [(v, e), ...]) with a = num / prod v**e and no inverse left in num: cross-multiplying."""
        num, below = self.reduce(a), []
        for g, e in self.ring.degrees(num).items():
            if g in self.inverses:
                v = self.inverses[g]
                parts = self.parts(num, ((g, 1),))
                num = self.ring.sum([(1, self.ring.mul(part, self.power(v, e - times))) for times, part in parts.items()])
                below.append((v, e))
        return self.reduce(num), below

    # -- atoms and their relations ----------------------------------------------------------------------------

    def generator(self, key: Key, exponent: int = 1, *, relation: Callable[[Any], Any] | None = None, positive: bool = False) -> Any:
        """The atom `key` to a power; `relation` gives the polynomial in it that is zero."""
        fresh = key not in self.atoms
        g = self.atoms.setdefault(key, len(self.atoms))
        if isinstance(self.ring, FlintRing) and g >= self.ring.size:
            raise DisagreementError("normal form", key, "both codes to find the same atoms")
        atom = self.ring.from_terms([(((g, 1),), Fraction(1))])
        if fresh:
            self.names.append(key)
            if positive or key[0] == "root":
                self.floor[g] = positive
            if relation:
                self.relations[g] = self.relation(self.ring.terms(relation(atom)))
        return self.power(atom if exponent >= 0 else self.inverted(atom), abs(exponent))

    def relation(self, zero: Any) -> tuple[Monomial, Any]:
        """The leading monomial of a polynomial that is zero, and what it equals."""
        lead = _lead(zero)
        return lead, self.ring.from_terms((m, -c / zero[lead]) for m, c in zero.items() if m != lead)

    def key(self, a: Any) -> Key:
        return tuple(sorted(self.ring.terms(self.reduce(a)).items()))

    def unsigned(self, a: Any) -> tuple[Any, int]:
        """a or -a, whichever has a positive leading coefficient, and that sign; sign 0 for zero."""
        terms = self.ring.terms(self.reduce(a))
        flip = 0 if not terms else 1 if terms[_lead(terms)] > 0 else -1
        return self.scaled(self.reduce(a), flip), flip

    def reduce(self, num: Any) -> Any:
        """Rewrite by the relations until none fits, later atoms first."""
        while due := self.due(num):
            num = self.rewrite(num, *due)
        return num

    def due(self, num: Any) -> tuple[Monomial, Any] | None:
        degrees = self.ring.degrees(num)
        for g in sorted(degrees, reverse=True):
            for pattern, replacement in [*self.ties.get(g, ()), *([self.relations[g]] if g in self.relations else [])]:
                if all(degrees.get(h, 0) >= e for h, e in pattern) and any(_times(pattern, m) for m in self.ring.terms(num)):
                    return pattern, replacement
        return None

    def rewrite(self, num: Any, pattern: Monomial, replacement: Any) -> Any:
        return self.ring.sum([(1, self.ring.mul(part, self.power(replacement, k))) for k, part in self.parts(num, pattern).items()])

    def parts(self, num: Any, pattern: Monomial) -> dict[int, Any]:
        """num = sum over k of parts[k] * pattern**k, as often as the pattern divides each monomial."""
        parts: dict[int, list[tuple[Monomial, Fraction]]] = {}
        for monomial, coefficient in self.ring.terms(num).items():
            times = _times(pattern, monomial)
            parts.setdefault(times, []).append((_divide(monomial, pattern, times), coefficient))
        return {times: self.ring.from_terms(part) for times, part in parts.items()}

    def is_zero(self, a: Any) -> bool:
        return not self.ring.terms(self.clear(a)[0])

    # -- logarithms, roots, powers ----------------------------------------------------------------------------

    def split(self, a: Any) -> tuple[Fraction, list[tuple[Any, int]]]:
        """a = c * prod v_i**e_i with monic v_i, irreducible up to checking: FLINT proposes the factors, we multiply them out."""
        num, below = self.clear(a)
        constant, found = self.factored(num)
        factors: dict[Key, tuple[Any, int]] = {}
        for v, e in [*found, *((v, -e) for v, e in below)]:
            key = self.key(v)
            factors[key] = (v, factors.get(key, (v, 0))[1] + e)
        return constant, [pair for pair in factors.values() if pair[1]]

    def factored(self, poly: Any) -> tuple[Fraction, list[tuple[Any, int]]]:
        terms = self.ring.terms(poly)
        if not terms:
            return Fraction(0), []
        short = {g: i for i, g in enumerate(sorted({g for m in terms for g, _ in m}))}
        hint, long = FlintRing(len(short)), list(short)
        product, parts = hint.from_terms((tuple((short[g], e) for g, e in m), c) for m, c in terms.items()), []
        small = max(len(terms), *hint.degrees(product).values(), 0) <= MAX_SIZE_TO_FACTOR
        found = product.factor()[1] if small else [(product, 1)]
        for part, e in found:
            part = {tuple((long[i], k) for i, k in m): c for m, c in hint.terms(part).items()}
            parts.append((self.ring.from_terms((m, c / part[_lead(part)]) for m, c in part.items()), int(e)))
        constant = terms[_lead(terms)]
        multiplied = self.scaled(self.product(self.power(p, e) for p, e in parts), constant)
        if self.ring.terms(self.sub(multiplied, poly)):
            raise DisagreementError("normal form", terms, "FLINT's factors to multiply out")
        return constant, parts

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
        elif sides * constant < 0 and math.prod(self.sign_of(poly) for poly, e in factors if e % 2):
            raise Infeasible
        primes = (self.absolute_power(self.constant(p), 1, e * exponent) for p, e in _primes(abs(constant)))
        powers = (self.absolute_power(v, sign or 1, e * exponent) for (v, e), sign in zip(factors, signs, strict=True))
        return self.product([*primes, *powers])

    def absolute_power(self, v: Any, sign: int, exponent: Fraction) -> Any:
        """|v|**r with |v| = sign * v: an atom R with R**D = |v| and R >= 0; |R|**r = |w|**(r/D) for R**D = |w|."""
        absolute = self.scaled(v, sign)
        key = self.key(absolute)
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

        if name[0] == "pi" and d in COSINE_SQUARES:
            square = self.constant(COSINE_SQUARES[d])
            return (root(square) if d > 1 else self.constant(-1), root(self.sub(self.one, square))), times % (2 * d)
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
            half_turns = ARCS[head].get(square[0][1]) if square[0][0] == () else None
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


def _lead(terms: Iterable[Monomial]) -> Monomial:
    """The leading monomial: lexicographic, later atoms first."""
    return max(terms, key=lambda monomial: monomial[::-1])


def _times(pattern: Monomial, monomial: Monomial) -> int:
    """How often `pattern` divides `monomial`."""
    powers = dict(monomial)
    return min(powers.get(g, 0) // e for g, e in pattern)


def _divide(monomial: Monomial, pattern: Monomial, times: int) -> Monomial:
    powers = dict(monomial)
    for g, e in pattern if times else ():
        powers[g] -= e * times
    return tuple((g, e) for g, e in powers.items() if e)


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
COSINE_SQUARES = {1: Fraction(1), 2: Fraction(0), 3: Fraction(1, 4), 4: Fraction(1, 2), 6: Fraction(3, 4)}  # cos(pi/d)**2
ARCS = {  # v**2: the angle over pi
    "asin": {Fraction(1, 4): Fraction(1, 6), Fraction(1, 2): Fraction(1, 4), Fraction(3, 4): Fraction(1, 3), Fraction(1): Fraction(1, 2)},
    "atan": {Fraction(1, 3): Fraction(1, 6), Fraction(1): Fraction(1, 4), Fraction(3): Fraction(1, 3)},
}
WEAK = {2: (0, 1), -2: (-1, 0)}  # regions v >= 0 and v <= 0, enough for kinks
_ANSWERS: dict[str, tuple[tuple[Any, set[int]], ...]] = {
    "sign_of": ((1, {1}), (0, {0}), (-1, {-1})), "side": ((1, {0, 1}), (-1, {-1, 0})), "negative": ((True, {-1}), (False, {0, 1})),
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

__all__ = ["BudgetError", "Normalizer"]
