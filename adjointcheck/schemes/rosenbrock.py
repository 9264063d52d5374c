"""A Rosenbrock-Wanner method as exact data, in the form that is run and in the form that its theory speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NoReturn

from adjointcheck.errors import SchemeError
from adjointcheck.schemes.rounded import Rounded, RoundedRow, RoundedRows, rounded, size, total
from adjointcheck.schemes.tableau import Row


@dataclass(frozen=True)
class Rosenbrock:
    """One Rosenbrock-Wanner method: s linear systems with one matrix, no iteration.

        (1/(h gamma) - J) u_i = f(t + c_i h, x + sum_j a_ij u_j) + sum_j C_ij u_j / h + h d_i f_t,      j < i
        x(t + h) ~ x + sum_i m_i u_i,      error = sum_i e_i u_i,      J = f_x(t, x), f_t = f_t(t, x)

    This form needs no product with J (Hairer & Wanner 1996, IV.7, equation 7.25). With G the lower triangular matrix
    (1/gamma - C)^-1, the textbook's coefficients are alpha = a G, Gamma = G and b = m G, and beta = alpha + Gamma.
    `a` and `coupling` (C) hold the strictly lower rows; `m`, `error` (e), `c` and `d` have s entries.

    `dense` holds rows r_1, r_2, ... of s entries for the continuous extension

        x(t + theta h) ~ x + theta sum_i m_i u_i + theta (1 - theta) sum_k theta^(k-1) sum_i r_ki u_i

    of order `dense_order`; without rows the extension is the cubic through the states and slopes at both ends.
    `order`, `error_order`, `dense_order` and `digits` are as in `Tableau`, and are believed as little.
    """

    name: str
    gamma: Fraction
    a: tuple[Row, ...]
    coupling: tuple[Row, ...]
    m: Row
    c: Row
    d: Row
    order: int
    error: Row
    error_order: int
    source: str
    dense: tuple[Row, ...] = ()
    dense_order: int = 0
    digits: int = 0

    def __post_init__(self) -> None:
        _check_shape(self)
        _check_sums(self)

    @property
    def stages(self) -> int:
        """The number s of linear systems in a time step."""
        return len(self.m)

    @cached_property
    def inner(self) -> RoundedRows:
        """G = (1/gamma - C)^-1, s full rows, by forward substitution; radii to first order, doubled for the rest.

        A change E of 1/gamma - C changes G by -G E G: no error grows from one row of the substitution to the next.
        """
        values = _inverse(self.gamma, self.coupling)
        change = _radii(self.gamma, self.coupling, self.digits)
        magnitudes = [[abs(float(entry)) for entry in row] for row in values]
        radii = _product(_product(magnitudes, change), magnitudes)
        return tuple(tuple(Rounded(v, 2 * r) for v, r in zip(*rows, strict=True)) for rows in zip(values, radii, strict=True))

    @cached_property
    def alpha(self) -> RoundedRows:
        """Coefficients of earlier slopes in the argument of f, s full rows."""
        return tuple(self.weights(row) for row in self.a)

    @cached_property
    def beta(self) -> RoundedRows:
        """alpha + Gamma."""
        return tuple(tuple(x + y for x, y in zip(*rows, strict=True)) for rows in zip(self.alpha, self.inner, strict=True))

    def weights(self, row: Row) -> RoundedRow:
        """Turn weights of u_1, u_2, ... into weights of the textbook's slopes k = G^-1 u / h: row times G."""
        values = tuple(sum((w * g.value for w, g in zip(row, column, strict=False)), Fraction(0)) for column in self._columns)
        # row G with G off by -G E G: the size of the product times E G, besides the rounding of the row itself
        change = _product([[abs(float(value)) for value in values]], _radii(self.gamma, self.coupling, self.digits))
        spread = _product(change, [[size(entry) for entry in line] for line in self.inner])[0]
        own = [sum(r.radius * size(g) for r, g in zip(rounded(row, self.digits), column, strict=False)) for column in self._columns]
        return tuple(Rounded(v, 2 * (r + o)) for v, r, o in zip(values, spread, own, strict=True))

    @cached_property
    def _columns(self) -> RoundedRows:
        return tuple(zip(*self.inner, strict=True))

    @property
    def matrices(self) -> tuple[RoundedRows, RoundedRows]:
        """What a vertex with one branch and one with several multiply by: beta and alpha."""
        return self.beta, self.alpha


def _inverse(gamma: Fraction, coupling: tuple[Row, ...]) -> list[list[Fraction]]:
    stages = len(coupling)
    rows: list[list[Fraction]] = []
    for i, line in enumerate(coupling):
        below = [sum((c * rows[k][j] for k, c in enumerate(line)), Fraction(0)) for j in range(stages)]
        rows.append([gamma * (below[j] + (i == j)) for j in range(stages)])
    return rows


def _radii(gamma: Fraction, coupling: tuple[Row, ...], digits: int) -> list[list[float]]:
    """Radii of the entries of 1/gamma - C, s full rows."""
    unit, stages = rounded((Fraction(1),), digits)[0].radius, len(coupling)
    lines = [[abs(float(entry)) * unit for entry in row] for row in coupling]
    return [[*line, unit / float(gamma), *[0.0] * (stages - 1 - len(line))] for line in lines]


def _product(left: list[list[float]], right: list[list[float]]) -> list[list[float]]:
    columns = list(zip(*right, strict=True))
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in left]


def _check_shape(method: Rosenbrock) -> None:
    for field in ("a", "coupling"):
        sizes = [len(row) for row in getattr(method, field)]
        if sizes != list(range(method.stages)):
            _refuse(method, field, f"rows of {sizes} entries", f"{method.stages} rows of 0, 1, 2, ... entries, as m has {method.stages}")
    for field, rows in (("c", (method.c,)), ("d", (method.d,)), ("error", (method.error,)), ("dense", method.dense)):
        if {len(row) for row in rows} - {method.stages}:
            _refuse(method, field, f"{[len(row) for row in rows]} entries", f"{method.stages}, one for each stage")
    if method.gamma <= 0 or bool(method.dense) != (method.dense_order > 0):
        _refuse(method, "gamma, dense_order", (str(method.gamma), method.dense_order), "gamma > 0; an order for dense rows only")


def _check_sums(method: Rosenbrock) -> None:
    """c_i = sum_j alpha_ij and d_i = sum_j gamma_ij: with these t is one more state, and there is one set of conditions."""
    nodes = (("alpha", "c", method.alpha, method.c), ("Gamma", "d", method.inner, method.d))
    for matrix, field, rows, declared in nodes:
        for stage, (row, node) in enumerate(zip(rows, rounded(declared, method.digits), strict=True), start=1):
            difference = total(row).value - node.value
            if abs(difference) > total(row).radius + node.radius:
                words = f"entries that sum to {field}_{stage}"
                _refuse(method, f"row {stage} of {matrix}", f"a sum off by {float(difference):.3e}", words)
    weights = total(method.weights(method.m))
    if not weights.may_be(1):
        _refuse(method, "m", f"weights b that sum to 1 {float(weights.value - 1):+.3e}", "weights that sum to 1")


def _refuse(method: Rosenbrock, field: str, got: object, expected: str) -> NoReturn:
    raise SchemeError(f"Rosenbrock method {method.name!r}, {field}", got, expected, "Check it against the source.")
