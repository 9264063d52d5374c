"""Orders as slopes: each method run at 80 digits on x' = x^2 sin t, whose solution is 1/(cos t + 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from mpmath import cos, log, mp, mpf, sin, sqrt, workdps

from adjointcheck.schemes import METHODS, Tableau

Real = Any  # an mpf: mpmath has no types
T0, T1 = mpf("0.25"), mpf("0.75")
ALL = pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))


def field(t: Real, x: Real) -> Real:
    return x**2 * sin(t)


def solution(t: Real) -> Real:
    return 1 / (cos(t) + 1)


def combine(row: Sequence[Fraction], slopes: list[Real]) -> Real:
    pairs = zip(row, slopes, strict=False)
    return mp.fsum(mpf(entry.numerator) / entry.denominator * slope for entry, slope in pairs)


def stage_slopes(method: Tableau, t: Real, x: Real, h: Real) -> list[Real]:
    slopes: list[Real] = []
    for row, node in zip(method.a, method.c, strict=True):
        slopes.append(field(t + h * node.numerator / node.denominator, x + h * combine(row, slopes)))
    return slopes


def end_error(method: Tableau, steps: int) -> Real:
    h, x = (T1 - T0) / steps, solution(T0)
    for step in range(steps):
        x += h * combine(method.b, stage_slopes(method, T0 + step * h, x, h))
    return abs(x - solution(T1))


def estimate(method: Tableau, h: Real) -> Real:
    """The error estimate of one time step, as the docstring of `Tableau` states it."""
    slopes = stage_slopes(method, T0, solution(T0), h)
    high, low = abs(combine(method.error, slopes)), abs(combine(method.error_low, slopes))
    return h * (high**2 / sqrt(high**2 + low**2 / 100) if method.error_low else high)


@ALL
def test_global_error_converges_at_the_declared_order(method: Tableau) -> None:
    with workdps(80):
        slope = log(end_error(method, 64) / end_error(method, 128), 2)
    assert slope == pytest.approx(method.order, abs=0.1)


@pytest.mark.parametrize("method", [m for m in METHODS.values() if m.adaptive], ids=lambda m: m.name)
def test_error_estimate_shrinks_at_the_controller_order(method: Tableau) -> None:
    with workdps(80):
        slope = log(estimate(method, mpf(1) / 256) / estimate(method, mpf(1) / 512), 2)
    assert slope == pytest.approx(method.error_order + 1, abs=0.1)


def test_the_slope_sees_a_lower_order() -> None:
    """The oracle can fail: RK4 with all weight on its first stage is the Euler method."""
    wrong = replace(METHODS["rk4"], b=(Fraction(1), Fraction(0), Fraction(0), Fraction(0)))
    with workdps(80):
        slope = log(end_error(wrong, 64) / end_error(wrong, 128), 2)
    assert slope == pytest.approx(1, abs=0.1)
