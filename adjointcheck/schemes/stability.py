"""What a stiff method does to x' = lambda x: its stability function R(z), z = h lambda, exactly.

    R(z) = 1 + z b (1 - z B)^-1 1 = P(z)/(1 - gamma z)^r

with B = a of an ESDIRK method, whose first stage has no pole, and beta of a Rosenbrock method (Hairer & Wanner 1996,
IV.3 and IV.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

from adjointcheck.schemes.esdirk import Esdirk
from adjointcheck.schemes.rounded import ONE, Rounded, RoundedRow, dot, rounded, total
from adjointcheck.schemes.stiff_order import StiffMethod, solution_weights

Polynomial = list[Fraction]  # coefficients of 1, z, z^2, ...


def limit_at_infinity(method: StiffMethod, weights: Sequence[Fraction] | None = None) -> Rounded:
    """Return R(infinity), the factor of infinitely stiff components; for a Rosenbrock method with m or other `weights`.

    There the stages of an ESDIRK method satisfy sum_(j <= i) a_ij X_j = 0 for i > 1 with X_1 = 1, and R = X_s; those of
    a Rosenbrock method u_i = -1 - sum_j a_ij u_j, and R = 1 + sum_i m_i u_i.
    """
    return _esdirk_limit(method) if isinstance(method, Esdirk) else _rosenbrock_limit(method.a, weights or method.m, method.digits)


def _esdirk_limit(method: Esdirk) -> Rounded:
    stages: list[Rounded] = [ONE]
    scale = Rounded(-1 / method.gamma)
    for row in method.matrices[0][1:]:
        stages.append(scale * dot(row[:-1], stages))
    return stages[-1]


def _rosenbrock_limit(a: tuple[tuple[Fraction, ...], ...], weights: Sequence[Fraction], digits: int) -> Rounded:
    minus, stages = Rounded(Fraction(-1)), []
    for row in a:
        stages.append(minus * (ONE + dot(rounded(row, digits), stages)))
    return ONE + dot(rounded(tuple(weights), digits), stages)


def taylor_coefficients(method: StiffMethod, count: int) -> RoundedRow:
    """Return the coefficients of 1, z, ..., z^(count - 1) of R: 1 and b B^(k-1) 1."""
    vector: list[Rounded] = [ONE] * method.stages
    found = [ONE]
    for _ in range(1, count):
        found.append(dot(solution_weights(method), vector))
        vector = [dot(row, vector) for row in method.matrices[0]]
    return tuple(found)


def numerator(method: StiffMethod) -> RoundedRow:
    """Return P, of degree at most the number r of poles: the product of R's Taylor polynomial and (1 - gamma z)^r, cut at r."""
    below = [Rounded(c) for c in _denominator(method)]
    series = taylor_coefficients(method, len(below))
    return tuple(total(below[i] * series[k - i] for i in range(k + 1)) for k in range(len(below)))


def _denominator(method: StiffMethod) -> Polynomial:
    poles = method.stages - isinstance(method, Esdirk)
    return [comb(poles, k) * (-method.gamma) ** k for k in range(poles + 1)]


def is_a_stable(method: StiffMethod) -> bool:
    """Whether |R| <= 1 in the left half plane is shown by E(y) = |Q(iy)|^2 - |P(iy)|^2 having no negative coefficient in y^2.

    All poles are at 1/gamma > 0, so the imaginary axis is enough (maximum principle). Coefficients that rounding allows to
    be 0 are taken for 0: order conditions make the first of them 0. A method that fails here would need a finer test.
    """
    above, below = _modulus(numerator(method)), _modulus([Rounded(c) for c in _denominator(method)])
    difference = (Rounded(q.value - p.value, q.radius + p.radius) for p, q in zip(above, below, strict=True))
    return all(c.may_be(0) or c.value > 0 for c in difference)


def is_l_stable(method: StiffMethod) -> bool:
    """Whether the method is A-stable and R(infinity) is 0."""
    return limit_at_infinity(method).may_be(0) and is_a_stable(method)


def _modulus(polynomial: Sequence[Rounded]) -> list[Rounded]:
    """Coefficients in y^2 of |p(iy)|^2: sum_(i + j = 2k) (-1)^(k + j) p_i p_j."""
    degree = len(polynomial) - 1
    signs = (Rounded(Fraction(1)), Rounded(Fraction(-1)))
    return [
        total(signs[(k + j) % 2] * polynomial[2 * k - j] * polynomial[j] for j in range(2 * k + 1) if j <= degree and 2 * k - j <= degree)
        for k in range(degree + 1)
    ]
