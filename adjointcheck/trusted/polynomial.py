"""Polynomials with rational coefficients in two codes that share nothing: plain dictionaries, and FLINT.

Both offer the same few operations, so the normal form runs in either; a proof needs both to find zero.
A monomial is ((generator, exponent), ...), generators ascending; `terms` and `from_terms` use that form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import flint

Monomial = tuple[tuple[int, int], ...]
Terms = Mapping[Monomial, Fraction]


class BudgetError(Exception):
    """More arithmetic than one question may take; the answer is then unknown, never a guess."""


class PlainRing:
    """Sparse dictionaries monomial -> coefficient, whole numbers kept as int; nothing but the standard library."""

    def __init__(self, budget: int = 2_000_000) -> None:
        self.budget = budget

    def mul(self, a: Mapping[Monomial, Any], b: Mapping[Monomial, Any]) -> Mapping[Monomial, Any]:
        self._spend(len(a) * len(b))
        return self._merge((_times(m, n), x * y) for m, x in a.items() for n, y in b.items())

    def sum(self, signed: Sequence[tuple[int, Mapping[Monomial, Any]]]) -> Mapping[Monomial, Any]:
        return self._merge((m, c if sign > 0 else -c) for sign, a in signed for m, c in a.items())

    def degrees(self, a: Mapping[Monomial, Any]) -> Mapping[int, int]:
        highest: dict[int, int] = {}
        for monomial in a:
            for generator, exponent in monomial:
                if exponent > highest.get(generator, 0):
                    highest[generator] = exponent
        return highest

    def terms(self, a: Mapping[Monomial, Any]) -> Terms:
        return {monomial: Fraction(c) for monomial, c in a.items()}

    def from_terms(self, terms: Iterable[tuple[Monomial, Fraction]]) -> Mapping[Monomial, Any]:
        return self._merge((m, c.numerator if c.denominator == 1 else c) for m, c in terms)

    def _merge(self, terms: Iterable[tuple[Monomial, Any]]) -> Mapping[Monomial, Any]:
        total: dict[Monomial, Any] = {}
        for monomial, coefficient in terms:
            total[monomial] = total[monomial] + coefficient if monomial in total else coefficient
        self._spend(len(total))
        return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}

    def _spend(self, work: int) -> None:
        self.budget -= work
        if self.budget < 0:
            raise BudgetError("the normal form grew beyond the budget of term operations")


def _times(m: Monomial, n: Monomial) -> Monomial:
    if not m or not n:
        return m or n
    if m[-1][0] < n[0][0]:
        return m + n
    powers = dict(m)
    for generator, exponent in n:
        powers[generator] = powers.get(generator, 0) + exponent
    return tuple(sorted(powers.items()))


class FlintRing:
    """FLINT's fmpq_mpoly over a fixed number of generators, known from the plain run before it."""

    def __init__(self, generators: int, limit: int = 1_000_000) -> None:
        self.size, self.limit = generators, limit
        self.context = flint.fmpq_mpoly_ctx.get([f"g{i}" for i in range(max(1, generators))], flint.Ordering.lex)
        self.zero = self.context.constant(0)

    def mul(self, a: Any, b: Any) -> Any:
        if len(a) * len(b) > 64 * self.limit:
            raise BudgetError("the normal form grew beyond the budget of term operations")
        return a * b

    def sum(self, signed: Sequence[tuple[int, Any]]) -> Any:
        """Pairwise, so that a long sum is copied only a few times."""
        parts = [a if sign > 0 else -a for sign, a in signed] or [self.zero]
        while len(parts) > 1:
            parts = [sum(parts[i : i + 2], self.zero) for i in range(0, len(parts), 2)]
        return parts[0]

    def degrees(self, a: Any) -> Mapping[int, int]:
        return {i: int(d) for i, d in enumerate(a.degrees()) if d} if len(a) else {}

    def terms(self, a: Any) -> Terms:
        return {tuple((i, int(e)) for i, e in enumerate(exponents) if e): Fraction(int(c.p), int(c.q))
                for exponents, c in a.to_dict().items()}

    def from_terms(self, terms: Iterable[tuple[Monomial, Fraction]]) -> Any:
        dense: dict[tuple[int, ...], Any] = {}
        for monomial, coefficient in terms:
            exponents = [0] * max(1, self.size)
            for generator, exponent in monomial:
                exponents[generator] = exponent
            key = tuple(exponents)
            dense[key] = dense.get(key, 0) + flint.fmpq(coefficient.numerator, coefficient.denominator)
        return self.context.from_dict(dense)
