"""One linear state with quadratic costs, written out: Riccati's equation as P's definition, p = P x by uniqueness, J = P x^2/2.

    P' = -q - 2 a P + s P^2,   P(T) = m;      without an end P' = 0, and what is paid from T on is P x^2/2

With numbers for a, s, q and m all is known in closed form, mu = sqrt(a^2 + s q), tau = T - t:

    X = cosh(mu tau) + (s m - a)/mu sinh(mu tau),   Y = m cosh(mu tau) + (q + a m)/mu sinh(mu tau),   P = Y/X,   x = x_0 X/X(t_0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt

from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, neg, number, substitute, symbol
from adjointcheck.notes.letters.folding import folded
from adjointcheck.notes.proofs.closed_forms import BEGIN, LAST, told_at
from adjointcheck.notes.proofs.divisors import DIVISOR
from adjointcheck.notes.proofs.written_out import WrittenOut
from adjointcheck.trusted.verdict import Status

P, X = symbol("P"), symbol("x_1")
DIVISORS = {f"{DIVISOR}_1": "1 1 positive", f"{DIVISOR}_2": "1 1 positive constant"}  # X, and X(t_0)
ENDS, LASTS = "ends", "lasts"  # kinds of horizons
LETTERS = {ENDS: {"P": "1 1", "gap": "1 1"}, LASTS: {"P": "1 1", "gap": "1 1", "rest": "1 1"}}  # and what the proofs name


@dataclass(frozen=True)
class ScalarRegulator:
    """x' = a x - s p, p' = -q x - b p, p = m x at the end; `lasts`: without an end."""

    made: WrittenOut
    a: Expression
    b: Expression
    s: Expression
    q: Expression
    m: Expression
    lasts: bool = False

    @property
    def riccati(self) -> Expression:
        return neg(self.q) - (self.a + self.b) * P + self.s * P**2

    @cached_property
    def numbers(self) -> tuple[Fraction, ...]:
        """a, s, q and m of a regulator that has numbers for them and a positive root mu, so that X and P are positive; () of any other."""
        sizes = [folded(size, {}) for size in (self.a, self.s, self.q, ZERO if self.lasts else self.m)]
        same = self.made.language.equal(("always", self.a, self.b), ()).status is Status.PROVED
        if not same or any(size.head != "number" for size in sizes):
            return ()
        a, s, q, m = (size.value for size in sizes)
        return (a, s, q, m) if s > 0 and q >= 0 and m >= 0 and (q > 0 or a * m) else ()

    @property
    def controls(self) -> list[str]:
        return [f"control_{name}" for name in self.made.controls]

    def write(self) -> None:
        """Riccati's equation, p = P x, and the value."""
        (self.resting if self.lasts else self.ending)()
        made = self.made
        made.equation("gap", "define", "gap", symbol("p_1") - P * X)
        moved = symbol("p_1.dot") - symbol("P.dot") * X - P * made.rates[0]
        made.equation("gap_moves", "differentiate", "gap.dot", moved, "gap", "dynamics_x_1", by="dot")
        rate = P * self.s - self.b
        made.equation("gap_law", "rewrite", "gap.dot", symbol("gap") * rate, "gap_moves", "gap", "costate_p_1", *self.controls, "riccati",
                      gap_moves="hole", gap=f"-hole*({to_text(rate)})")
        made.equation("gap_end", "rewrite", "gap", ZERO, "gap", "terminal_p_1", "riccati_end", at="t1", gap="hole")
        made.equation("no_gap", "unique", "gap", ZERO, "gap_law", "gap_end")
        made.equation("ansatz", "rewrite", "p_1", P * X, "gap", "no_gap", gap="-hole", no_gap="hole")
        self.value()

    def ending(self) -> None:
        self.made.equation("riccati", "assume", "P.dot", self.riccati)
        self.made.equation("riccati_end", "assume", "P", self.m, at="t1")

    def resting(self) -> None:
        """Without an end: P' = 0 in Riccati's equation, and what is paid from T on is P x^2/2."""
        made = self.made
        made.equation("rest", "define", "rest", self.riccati)
        made.equation("at_rest", "assume", "rest", ZERO)
        made.equation("still", "assume", "P.dot", ZERO)
        made.equation("riccati", "rewrite", "P.dot", self.riccati, "still", "rest", "at_rest", still="hole", rest="hole", at_rest="-hole")
        made.add("steady", "rewrite", {"left": self.riccati, "right": ZERO}, "rest", "at_rest", at="always", rest="-hole", at_rest="hole")
        made.equation("riccati_end", "assume", "Psi_x_1", P * X, at="t1")
        made.equation("paid_from_then", "assume", "Psi", P * X**2 / 2, at="t1")

    def tell_ends(self, found: Mapping[str, Expression]) -> None:
        """What p is at the start and x at the end, of P and x in closed form."""
        made, (below, below_first) = self.made, map(symbol, DIVISORS)
        start, end = _time(made.clock.start or "t0", made), _time(made.clock.end or "t1", made)
        first = substitute([found["P"] * found["x_1"]], {"t": start, below.value: below_first})[0]
        named = [] if self.lasts else [*DIVISORS]
        told_at(made, "t0", f"{BEGIN}_1", "p_1", first, "ansatz", "solution_P", "solution_x_1", *named)
        if not self.lasts:
            told_at(made, "t1", f"{LAST}_1", "x_1", substitute([found["x_1"]], {"t": end})[0], "solution_x_1", below_first.value)

    def value(self) -> None:
        """J = P x^2/2 at t0, where costs are quadratic through and through."""
        made, boundary = self.made, neg(P * X * X) / 2
        parts = {"value": symbol("J"), "t0": neg(boundary), "t1": made.terminal + boundary,
                 "integrand": made.running - made.language.move(boundary, "dot")}
        (closed,) = substitute([parts["integrand"]], {**made.controls, "P.dot": self.riccati, "x_1.dot": made.rates[0]})
        (spent,) = substitute([closed], made.controls)
        rest = (*substitute([spent], {"p_1": P * X}), *substitute([parts["t1"]], {"P": self.m, "Psi": P * X**2 / 2}))
        if all(made.language.equal(("always", root, ZERO), ()).status is Status.PROVED for root in rest):
            lasting = ["paid_from_then"] if self.lasts else ["riccati_end"]
            made.add("paid_parts", "by_parts", parts, "cost", boundary=to_text(boundary))
            made.add("paid", "rewrite", {"value": symbol("J"), "t0": neg(boundary)}, "paid_parts", "dynamics_x_1", *self.controls, "ansatz",
                     "riccati", *lasting)


def regulator_of(made: WrittenOut, lasts: bool) -> ScalarRegulator | None:
    """The regulator that a problem is; None for any other."""
    if made.sizes.n != 1 or "P" not in made.letters or len(made.controls) < made.sizes.k:
        return None
    p = symbol("p_1")
    closed, reverse = substitute([made.rates[0], neg(made.slope(made.hamiltonian, "x_1"))], made.controls)
    a, minus_s, minus_q, minus_b = (made.slope(root, name) for root in (closed, reverse) for name in ("x_1", "p_1"))
    ending = P * X if lasts else made.slope(made.terminal, "x_1")
    m = P if lasts else made.slope(ending, "x_1")
    linear = (closed, a * X + minus_s * p), (reverse, minus_q * X + minus_b * p), (ending, m * X)
    fits = all(made.language.equal(("always", *sides), ()).status is Status.PROVED for sides in linear)
    return ScalarRegulator(made, a, neg(minus_b), neg(minus_s), neg(minus_q), m, lasts) if fits else None


def closed_forms(regulator: ScalarRegulator) -> dict[str, Expression]:
    """P and x of a regulator that is known in numbers, after the steps that name their divisors."""
    a, s, q, m = (number(size) for size in regulator.numbers)
    mu = root_of(a.value**2 + s.value * q.value)
    if regulator.lasts:
        return _lasting(regulator, (a + mu) / s, (a - mu) / s, mu)
    return _until_end(regulator, mu, m, (s * m - a) / mu, (q + a * m) / mu)


def _lasting(regulator: ScalarRegulator, root: Expression, other: Expression, mu: Expression) -> dict[str, Expression]:
    """The positive root of Riccati's equation, whose other factor P - other is not 0, and the state that it steers."""
    made, divisor = regulator.made, next(iter(DIVISORS))
    made.equation(divisor, "assume", divisor, P - other)
    made.equation("solution_P", "rewrite", "P", root, "steady", divisor, steady=f"hole/(({to_text(regulator.s)})*{divisor})")
    return {"P": root, "x_1": _begun(made) * apply("exp", mu * (_time(made.clock.start or "t0", made) - symbol("t")))}


def _until_end(regulator: ScalarRegulator, mu: Expression, m: Expression, c: Expression, d: Expression) -> dict[str, Expression]:
    made = regulator.made
    angle = mu * (_time(made.clock.end or "t1", made) - symbol("t"))
    wide, high = (one * apply("cosh", angle) + other * apply("sinh", angle) for one, other in ((ONE, c), (m, d)))
    first = substitute([wide], {"t": _time(made.clock.start or "t0", made)})[0]
    below, below_first = map(symbol, DIVISORS)
    made.equation(below.value, "assume", below.value, wide)
    made.equation(f"{below}_moves", "differentiate", f"{below}.dot", made.moved(wide, "dot"), below.value, "time", by="dot")
    made.equation(below_first.value, "assume", below_first.value, first)
    return {"P": high / below, "x_1": _begun(made) * wide / below_first}


def _time(text: str, made: WrittenOut) -> Expression:
    return made.language.read(text, "a time")


def _begun(made: WrittenOut) -> Expression:
    """x at the start."""
    text = dict(made.clock.states).get("x0_1")
    return made.language.read(text, "a start") if text else symbol("x0_1")


def root_of(square: Fraction) -> Expression:
    """The square root, as a number where it is one."""
    above, below = isqrt(square.numerator), isqrt(square.denominator)
    exact = above**2 == square.numerator and below**2 == square.denominator
    return number(Fraction(above, below)) if exact else apply("sqrt", number(square))
