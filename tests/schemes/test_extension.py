"""Dense output: derived order, exact continuity, slopes on a nonlinear problem, another printing, planted errors."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from mpmath import cos, log, mpf, sin, workdps
from scipy.integrate import DOP853, RK23, RK45

from adjointcheck.errors import SchemeError
from adjointcheck.schemes import EXTENSIONS, METHODS, STIFF_METHODS, Esdirk, Extension, Rosenbrock, Tableau, derive_extension_order
from adjointcheck.schemes.extension import rosenbrock_weights

ALL = pytest.mark.parametrize("extension", EXTENSIONS.values(), ids=list(EXTENSIONS))
ORDERS = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 3, "bosh3": 3, "dopri5": 4, "tsit5": 4, "dop853": 7, "kvaerno3": 3, "kvaerno5": 4}
DENSE = [method for method in STIFF_METHODS.values() if isinstance(method, Rosenbrock) and method.dense]
Real = Any  # an mpf: mpmath has no types


def exact_weights(extension: Extension) -> list[list[F]]:
    return [[entry.value for entry in row] for row in extension.weights]


@ALL
def test_the_order_is_derived_and_the_next_fails(extension: Extension) -> None:
    assert derive_extension_order(extension) == extension.order == ORDERS[extension.method.name]


def test_every_method_with_stages_of_its_own_has_a_row() -> None:
    assert set(EXTENSIONS) == {*METHODS, "kvaerno3", "kvaerno5"}
    assert {method.name: derive_extension_order(method) for method in DENSE} == {"rodas4": 3, "rodas5p": 4}
    assert {method.name: method.dense_order for method in DENSE} == {"rodas4": 3, "rodas5p": 4}


@ALL
def test_neighbouring_time_steps_join_with_their_slope(extension: Extension) -> None:
    """b(1) = b; b'(0) and b'(1) are the first slope and the slope at the end alone: exactly, for rounded rows, too."""
    rows, stages = exact_weights(extension), extension.stages
    b = [*extension.method.b, *[F(0)] * (stages - extension.method.stages)]
    assert [sum(column) for column in zip(*rows, strict=True)] == b
    assert rows[0] == [F(i == 0) for i in range(stages)]
    assert [sum(power * w for power, w in enumerate(column, start=1)) for column in zip(*rows, strict=True)] == [F(i == extension.last) for i in range(stages)]


@pytest.mark.parametrize("method", DENSE, ids=lambda method: method.name)
def test_rosenbrock_rows_join(method: Rosenbrock) -> None:
    assert tuple(map(sum, zip(*rosenbrock_weights(method), strict=True))) == method.m


# Against SciPy's dense output of the same methods, at doubles


@pytest.mark.parametrize(("name", "solver"), [("bosh3", RK23), ("dopri5", RK45), ("dop853", DOP853)])
def test_the_same_polynomial_as_scipy(name: str, solver: type) -> None:
    def rate(t: float, x: np.ndarray) -> np.ndarray:
        return np.array([x[1] * np.cos(t), -np.sin(x[0]) + 0.3 * t])

    theirs = solver(rate, 0.3, np.array([0.7, -0.4]), 10.0, first_step=0.25)
    theirs.step()
    output, h = theirs.dense_output(), theirs.t - 0.3
    extension, slopes = EXTENSIONS[name], []
    nodes = [*extension.method.c, *extension.further_c]
    start = np.array([0.7, -0.4])
    for row, node in zip(extension.matrices[0], nodes, strict=True):
        slopes.append(rate(0.3 + float(node) * h, start + h * sum((float(a.value) * k for a, k in zip(row, slopes, strict=False)), np.zeros(2))))
    for theta in (0.13, 0.5, 0.91):
        found = start + h * sum(
            theta**power * sum((float(w) * k for w, k in zip(row, slopes, strict=True)), np.zeros(2))
            for power, row in enumerate(exact_weights(extension), start=1)
        )
        assert found == pytest.approx(output(0.3 + theta * h), rel=1e-13, abs=1e-13)


# The local error inside a time step at 60 digits, for x' = x^2 sin t, whose solution is 1/(cos t + 1)


def number(entry: F) -> Real:
    return mpf(entry.numerator) / entry.denominator


def local_error(extension: Extension, h: Real, theta: Real) -> Real:
    t, slopes = mpf("0.25"), []
    x = 1 / (cos(t) + 1)
    rows, nodes = extension.matrices[0], [*extension.method.c, *extension.further_c]
    for i, (row, node) in enumerate(zip(rows, nodes, strict=True)):
        time, base = t + number(node) * h, x + h * sum(number(a.value) * k for a, k in zip(row[:i], slopes, strict=False))
        slope = base**2 * sin(time)
        for _ in range(90 if isinstance(extension.method, Esdirk) and i else 0):  # h is small: fixed points are found by iteration
            slope = (base + h * number(row[i].value) * slope) ** 2 * sin(time)
        slopes.append(slope)
    inside = x + h * sum(
        theta**power * sum(number(w) * k for w, k in zip(row, slopes, strict=True)) for power, row in enumerate(exact_weights(extension), start=1)
    )
    return abs(inside - 1 / (cos(t + theta * h) + 1))


@ALL
def test_the_local_error_inside_shrinks_at_the_order(extension: Extension) -> None:
    with workdps(60):
        first, second = (local_error(extension, mpf(1) / n, mpf("0.37")) for n in (256, 512))
        assert float(log(first / second, 2)) == pytest.approx(extension.order + 1, abs=0.1)


# Planted errors


@pytest.mark.parametrize("name", ["dopri5", "tsit5", "dop853", "kvaerno5"])
def test_a_weight_off_by_1e_9_lowers_the_order(name: str) -> None:
    extension = EXTENSIONS[name]
    row = extension.bubble[0]
    for i in (0, *([2, 4] if name != "dop853" else [])):
        wrong = (*row[:i], row[i] * (1 + F(1, 10**9)), *row[i + 1 :])
        assert derive_extension_order(replace(extension, bubble=(wrong, *extension.bubble[1:]))) < extension.order


def test_a_slope_in_the_wrong_place_is_refused() -> None:
    rk4 = METHODS["rk4"]
    assert isinstance(rk4, Tableau)
    with pytest.raises(SchemeError, match="extension of 'rk4'.*no further stage at the end"):
        Extension(rk4, 3, "none")
    with pytest.raises(SchemeError, match="no further stage at the end"):
        Extension(rk4, 3, "none", (rk4.b,), (F(1, 2),))
    with pytest.raises(SchemeError, match="bubble rows of"):
        replace(EXTENSIONS["dopri5"], bubble=((F(1),),))
    with pytest.raises(SchemeError, match="further rows of"):
        replace(EXTENSIONS["rk4"], further_c=())
