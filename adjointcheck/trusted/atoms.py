"""Polynomials in atoms, the relations that atoms obey, and what is known of signs.

Atoms are numbered as they appear, each made of earlier ones, and every relation replaces its leading monomial (later atoms
lead) by smaller ones, so that rewriting ends.  Signs are decided by regions: when |v|, a comparison or a root needs the sign
of v, `NeedSign` asks the caller to run once for each sign, v = 0 being one relation more; a region that the domain
conditions exclude raises `Infeasible`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import reduce
from itertools import permutations
from typing import Any

from adjointcheck.errors import DisagreementError
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, Monomial, PlainRing

Key = tuple[Any, ...]
MAX_EXPONENT, MAX_SIZE_TO_FACTOR = 4096, 256

WEAK = {2: (0, 1), -2: (-1, 0)}  # regions v >= 0 and v <= 0, enough for kinks
_ANSWERS: dict[str, tuple[tuple[Any, set[int]], ...]] = {
    "sign_of": ((1, {1}), (0, {0}), (-1, {-1})), "side": ((1, {0, 1}), (-1, {-1, 0})), "negative": ((True, {-1}), (False, {0, 1})),
}


class NeedSign(Exception):
    """The sign of the polynomial with this key decides how to go on."""

    def __init__(self, key: Key, options: tuple[int, ...]) -> None:
        self.key, self.options = key, options


class Infeasible(Exception):
    """No point of the domain lies in this region."""


class Atoms:
    """Arithmetic in one ring; atoms and their relations outlive the regions, everything in `enter` does not."""

    def __init__(self, ring: PlainRing | FlintRing) -> None:
        self.ring = ring
        self.atoms: dict[Key, int] = {}
        self.names: list[Key] = []
        self.floor: dict[int, bool] = {}  # atoms never negative; True where they are never zero either
        self.relations: dict[int, tuple[Monomial, Any]] = {}  # by the leading atom
        self.inverses: dict[int, Any] = {}
        self.one = self.constant(1)
        self.enter({})

    # -- regions ----------------------------------------------------------------------------------------------

    def enter(self, signs: dict[Key, int]) -> None:
        self.signs: dict[Key, int] = {}
        self.allowed: dict[Key, tuple[int, ...]] = {}
        self.ties: dict[int, list[tuple[Monomial, Any]]] = {}
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
            found = [self.canonical(part) for part, _ in parts]  # a tie may have turned the sign of a part's leading coefficient
            keys: list[Key] = [part or () for part, _ in found]
            if all(part in self.signs for part in keys):
                signs = [flip * self.signs[part] for part, (_, flip) in zip(keys, found, strict=True)]
                if math.prod(((s > 0) - (s < 0)) ** e for s, (_, e) in zip(signs, parts, strict=True)) not in options:
                    if any(s in WEAK for s in signs) and 0 in options:
                        raise NeedSign(*next((part, WEAK[self.signs[part]]) for part in keys if self.signs[part] in WEAK))
                    return False
        return True

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

    # -- factors ---------------------------------------------------------------------------------------------

    def split(self, a: Any) -> tuple[Fraction, list[tuple[Any, int]]]:
        """a = c * prod v_i**e_i with monic v_i, irreducible up to checking: FLINT proposes the factors, we multiply them out."""
        num, below = self.clear(a)
        constant, found = self.factored(num)
        factors: dict[Key, tuple[Any, int]] = {}
        for v, e in [*found, *((v, -e) for v, e in below)]:
            terms = self.ring.terms(self.reduce(v))  # a tie found since v became a divisor may have made it 0, a number or not monic
            if not terms and e < 0:
                raise Infeasible
            lead = terms[_lead(terms)] if terms else Fraction(0)
            constant *= lead**e
            if terms.keys() - {()}:
                v = self.ring.from_terms((m, c / lead) for m, c in terms.items())
                factors[self.key(v)] = (v, factors.get(self.key(v), (v, 0))[1] + e)
        return constant, [pair for pair in factors.values() if pair[1]] if constant else []

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
