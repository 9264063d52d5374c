"""The rows of the catalogue, against other printings of the same methods."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction as F

import pytest
from scipy.integrate import DOP853, RK23, RK45

from adjointcheck.errors import SchemeError
from adjointcheck.schemes import METHODS, Tableau, find


def floats(row: Sequence[F]) -> list[float]:
    return [float(entry) for entry in row]


def test_names_and_stages() -> None:
    assert {name: method.stages for name, method in METHODS.items()} == {
        "euler": 1,
        "midpoint": 2,
        "heun": 2,
        "rk4": 4,
        "bosh3": 4,
        "dopri5": 7,
        "tsit5": 7,
        "dop853": 12,
    }
    assert all(find(name) is method and method.name == name and method.source for name, method in METHODS.items())


def test_fsal_methods() -> None:
    assert {name for name, method in METHODS.items() if method.fsal} == {"bosh3", "dopri5", "tsit5"}


def test_decimal_methods() -> None:
    assert {name: method.digits for name, method in METHODS.items() if method.decimal} == {"tsit5": 85, "dop853": 28}


@pytest.mark.parametrize(
    ("name", "todo"),
    [
        ("dopri", "Did you mean 'dopri5'?"),
        ("Tsit5", "Did you mean 'tsit5'?"),
        ("DOP583", "Did you mean 'dop853'?"),
        ("backward differences", "Choose one of them."),
        ("", "Choose one of them."),
        (None, "Choose one of them."),
        (["rk4"], "Did you mean 'rk4'?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_list(name: object, todo: str) -> None:
    with pytest.raises(SchemeError) as refusal:
        find(name)  # type: ignore[arg-type]
    assert refusal.value.todo == todo
    assert refusal.value.expected == "one of euler, midpoint, heun, rk4, bosh3, dopri5, tsit5, dop853"


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        METHODS["rk4"] = METHODS["euler"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("method", "theirs"), [(METHODS["bosh3"], RK23), (METHODS["dopri5"], RK45)], ids=["bosh3", "dopri5"]
)
def test_rational_rows_agree_with_scipy(method: Tableau, theirs: type[RK23] | type[RK45]) -> None:
    stages = method.stages - 1  # there the FSAL stage is kept apart
    for stage, row in enumerate(method.a[:stages]):
        assert floats(row) == pytest.approx(list(theirs.A[stage, :stage]), rel=1e-15, abs=0)
    assert floats(method.b[:stages]) == pytest.approx(list(theirs.B), rel=1e-15, abs=0)
    assert floats(method.c[:stages]) == pytest.approx(list(theirs.C), rel=1e-15, abs=0)
    assert floats(method.error) == pytest.approx([-weight for weight in theirs.E], rel=1e-15, abs=0)


def test_dop853_agrees_with_scipy() -> None:
    method = METHODS["dop853"]
    for stage, row in enumerate(method.a):
        assert floats(row) == pytest.approx(list(DOP853.A[stage, :stage]), rel=3e-16, abs=0)
    for ours, theirs in ((method.b, DOP853.B), (method.c, DOP853.C), (method.error, DOP853.E5[:-1])):
        assert floats(ours) == pytest.approx(list(theirs), rel=3e-16, abs=0)
    # There the low estimate is a difference of doubles, so it is good to their rounding only.
    assert floats(method.error_low) == pytest.approx(list(DOP853.E3[:-1]), rel=0, abs=1e-16)


def test_dop853_weights_are_the_quadrature_on_its_nodes() -> None:
    """b_1, b_6, ..., b_12 are the eight weights that integrate polynomials of degree 7 on their eight nodes."""
    method = METHODS["dop853"]
    used = [stage for stage, weight in enumerate(method.b) if weight]
    assert used == [0, 5, 6, 7, 8, 9, 10, 11]
    for stage in used:
        exact = integral_of_lagrange_polynomial([method.c[other] for other in used if other != stage], method.c[stage])
        assert abs(method.b[stage] / exact - 1) < F(1, 10**29)


def integral_of_lagrange_polynomial(others: list[F], node: F) -> F:
    """The integral over [0, 1] of the polynomial that is 1 at `node` and 0 at `others`."""
    coefficients = [F(1)]
    for other in others:
        raised, scaled = [F(0), *coefficients], [*(-other * c for c in coefficients), F(0)]
        coefficients = [(r + s) / (node - other) for r, s in zip(raised, scaled, strict=True)]
    return sum((c / (power + 1) for power, c in enumerate(coefficients)), F(0))


def test_tsit5_is_the_method_of_the_paper() -> None:
    """The doubles printed in Tsitouras 2011; e in the sign b - embedded."""
    method = METHODS["tsit5"]
    assert [floats(row) for row in method.a[1:]] == [
        [0.161],
        [-0.008480655492356989, 0.335480655492357],
        [2.8971530571054935, -6.359448489975075, 4.3622954328695815],
        [5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525],
        [5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383],
        [0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774],
    ]
    assert floats(method.c) == [0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1]
    assert floats(method.error) == pytest.approx(
        [
            0.001780011052226,
            0.000816434459657,
            -0.007880878010262,
            0.144711007173263,
            -0.582357165452555,
            0.458082105929187,
            -1 / 66,
        ],
        abs=6e-16,
    )


def test_schemes_import_the_standard_library_only() -> None:
    code = "import adjointcheck.schemes, sys; print(*sorted({'numpy', 'torch', 'sympy', 'mpmath'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""
