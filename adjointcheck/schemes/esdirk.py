"""A singly diagonally implicit Runge-Kutta method with an explicit first stage, as exact data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from adjointcheck.errors import SchemeError
from adjointcheck.schemes.rounded import RoundedRows, rounded, rounded_rows, total
from adjointcheck.schemes.tableau import Row


@dataclass(frozen=True)
class Esdirk:
    """One ESDIRK method, stiffly accurate: the last stage is the new state.

        0   | 0                              X_i = x + h sum_(j <= i) a_ij k_j,   k_i = f(t + c_i h, X_i)
        c_2 | a_21  gamma                    x(t + h) ~ X_s
        ... | ...         ...                error    = h sum_i e_i k_i
        1   | a_s1  a_s2  ...  gamma         e_i      = a_si - (embedded weight)_i

    Stage i > 1 is one nonlinear system with the matrix 1 - h gamma J, the same gamma for all, so that one LU
    decomposition serves the time step. Row i of `a` (from 0) has i + 1 entries, the diagonal included; `c` and `error`
    have s. `order`, `error_order` and `digits` are as in `Tableau`, and are believed as little.
    """

    name: str
    a: tuple[Row, ...]
    c: Row
    order: int
    error: Row
    error_order: int
    source: str
    digits: int = 0

    def __post_init__(self) -> None:
        _check_shape(self)
        _check_diagonal(self)
        _check_sums(self)

    @property
    def stages(self) -> int:
        """The number s of stages, of which s - 1 are implicit."""
        return len(self.a)

    @property
    def gamma(self) -> Fraction:
        """The diagonal entry of all stages but the first."""
        return self.a[-1][-1]

    @property
    def b(self) -> Row:
        """The weights: the last row of a."""
        return self.a[-1]

    @property
    def embedded(self) -> Row:
        """Weights b - e of the embedded method."""
        return tuple(weight - part for weight, part in zip(self.b, self.error, strict=True))

    @property
    def matrices(self) -> tuple[RoundedRows, RoundedRows]:
        """What a vertex with one branch and one with several multiply by: a and a."""
        rows = rounded_rows(self.a, self.digits)
        return rows, rows


def _check_shape(method: Esdirk) -> None:
    sizes = [len(row) for row in method.a]
    if len(sizes) < 2 or sizes != list(range(1, len(sizes) + 1)):
        _refuse(method, "a", f"rows of {sizes} entries", "two or more rows of 1, 2, 3, ... entries")
    for field in ("c", "error"):
        if len(getattr(method, field)) != method.stages:
            _refuse(method, field, f"{len(getattr(method, field))} entries", f"{method.stages}, one for each stage")


def _check_diagonal(method: Esdirk) -> None:
    first, *others = (row[-1] for row in method.a)
    if first or set(others) != {method.gamma} or method.gamma <= 0:
        _refuse(method, "diagonal of a", [str(row[-1]) for row in method.a], "0, then the same gamma > 0 in every row")


def _check_sums(method: Esdirk) -> None:
    nodes = rounded(method.c, method.digits)
    for stage, (row, node) in enumerate(zip(method.matrices[0], nodes, strict=True), start=1):
        difference = total(row).value - node.value
        if abs(difference) > total(row).radius + node.radius:
            _refuse(method, f"row {stage} of a", f"a sum off by {float(difference):.3e}", f"entries that sum to c_{stage}")
    if method.c[-1] != 1:
        _refuse(method, "c", str(method.c[-1]), "1 in the last stage, which is the new state")


def _refuse(method: Esdirk, field: str, got: object, expected: str) -> NoReturn:
    raise SchemeError(f"ESDIRK method {method.name!r}, {field}", got, expected, "Check it against the source.")
