"""An explicit Runge-Kutta method as exact data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from adjointcheck.errors import SchemeError

Row = tuple[Fraction, ...]


@dataclass(frozen=True)
class Tableau:
    """One explicit Runge-Kutta method, with one or two embedded error estimates.

        0   |                               k_i = f(t + c_i h, x + h sum_j a_ij k_j)
        c_2 | a_21                          x(t + h) ~ x + h sum_i b_i k_i
        c_3 | a_31  a_32                    error    = h sum_i e_i k_i
        ... | ...                           e_i      = b_i - (embedded weight)_i
        c_s | a_s1  a_s2  ...  a_s,s-1
        ----+------------------------------
            | b_1   b_2   ...  b_s-1   b_s
            | e_1   e_2   ...  e_s-1   e_s

    A *stage* is the slope k_i, without h. `a` has s rows and row i (from 0) has i entries: only the strictly lower
    triangle is stored, so every tableau is explicit. `b` and `c` have s entries; `error` has s, or none when the method
    has no embedded partner. Everything is a `Fraction`.

    `error_low` holds a second, lower estimate. The two are then combined into
    h err^2 / sqrt(err^2 + err_low^2 / 100), 0 where both are 0, with err = |sum_i e_i k_i| and err_low alike, in the
    solver's norm (Hairer, Norsett & Wanner 1993, II.10, as in their code DOP853).

    `order` is the order declared for b. `error_order` is q in the step controller's exponent 1/(q + 1), 0 without an
    estimate. Neither is believed: `order_conditions` derives both.

    `digits` is 0 for a method published in rationals, whose identities hold exactly. Otherwise it is the number of
    significant digits published, and identities hold within `allowance`.

    Raises `SchemeError` on construction unless c_i = sum_j a_ij, sum_i b_i = 1 and sum_i e_i = 0.
    """

    name: str
    a: tuple[Row, ...]
    b: Row
    c: Row
    order: int
    source: str
    error: Row = ()
    error_low: Row = ()
    error_order: int = 0
    digits: int = 0

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_entries(self)
        _check_estimates(self)
        _check_sums(self)

    @property
    def stages(self) -> int:
        """The number s of slopes k_i."""
        return len(self.b)

    @property
    def explicit(self) -> bool:
        """Whether each stage uses earlier stages only: true of all that this class can hold."""
        return all(len(row) == stage for stage, row in enumerate(self.a))

    @property
    def fsal(self) -> bool:
        """Whether the last stage is f(t + h, x(t + h)), the first of the next time step ("first same as last")."""
        return self.b == (*self.a[-1], Fraction(0)) and self.c[-1] == 1

    @property
    def adaptive(self) -> bool:
        """Whether the method estimates its own error."""
        return bool(self.error)

    @property
    def decimal(self) -> bool:
        """Whether the coefficients were published as rounded decimals."""
        return self.digits > 0

    @property
    def embedded(self) -> Row:
        """Weights b - e of the embedded method; empty without one."""
        return _differences(self.b, self.error)

    @property
    def embedded_low(self) -> Row:
        """Weights b - e of the second, lower embedded method; empty without one."""
        return _differences(self.b, self.error_low)

    def allowance(self, magnitude: Fraction, factors: int) -> Fraction:
        """Bound what rounding the published decimals can do to a sum of products of coefficients.

        `magnitude` is the sum with every coefficient replaced by its absolute value and `factors` the most
        coefficients in one product. Each coefficient is off by at most half a unit of its last digit, relatively
        10^(1 - digits)/2; the other half covers the terms of second order. Exactly 0 for rational coefficients.
        """
        return factors * magnitude / Fraction(10) ** (self.digits - 1) if self.decimal else Fraction(0)


def row(text: str) -> Row:
    """Read one row of exact numbers, "1/3" or "0.161"."""
    return tuple(map(Fraction, text.split()))


def _differences(b: Row, error: Row) -> Row:
    return tuple(weight - part for weight, part in zip(b, error, strict=True)) if error else ()


def _check_shapes(tableau: Tableau) -> None:
    s = tableau.stages
    todo = "Give each stage one b, one c and a row of a with the entries below the diagonal."
    rows = [len(row) for row in tableau.a]
    if s == 0 or rows != list(range(s)):
        _refuse(tableau, "a", f"rows of {rows} entries", f"{s} rows of 0, 1, 2, ... entries, as b has {s}", todo)
    for field, sizes in (("c", {s}), ("error", {0, s}), ("error_low", {0, len(tableau.error)})):
        size = len(getattr(tableau, field))
        if size not in sizes:
            _refuse(tableau, field, f"{size} entries", " or ".join(map(str, sorted(sizes))), todo)


def _check_entries(tableau: Tableau) -> None:
    rows = {f"row {stage + 1} of a": row for stage, row in enumerate(tableau.a)}
    rows |= {field: getattr(tableau, field) for field in ("b", "c", "error", "error_low")}
    for field, row in rows.items():
        for entry in row:
            if not isinstance(entry, Fraction):
                _refuse(tableau, field, entry, "a Fraction", 'Write Fraction(1, 10) or Fraction("0.1"), never a float.')


def _check_estimates(tableau: Tableau) -> None:
    if tableau.adaptive != (tableau.error_order > 0):
        _refuse(tableau, "error_order", tableau.error_order, "positive with error weights, 0 without")
    for field, row in (("error", tableau.error), ("error_low", tableau.error_low)):
        if row and not any(row):
            _refuse(tableau, field, "0 in every stage", "some other weight", "Leave out an estimate that is always 0.")


def _check_sums(tableau: Tableau) -> None:
    for stage, (row, node) in enumerate(zip(tableau.a, tableau.c, strict=True), start=1):
        _check_sum(tableau, f"row {stage} of a", row, node, f"c_{stage}")
    _check_sum(tableau, "b", tableau.b, Fraction(1), "1")
    for field, row in (("error", tableau.error), ("error_low", tableau.error_low)):
        # Each e is a difference of two published weights, so it is their size that bounds its rounding.
        _check_sum(tableau, field, row, Fraction(0), "0", scale=tableau.b)


def _check_sum(tableau: Tableau, field: str, row: Row, total: Fraction, words: str, scale: Row = ()) -> None:
    residual = sum(row, Fraction(0)) - total
    magnitude = sum(map(abs, (*row, *scale, total)), Fraction(0))
    if abs(residual) > tableau.allowance(magnitude, 1):
        _refuse(tableau, field, f"a sum off by {float(residual):.3e}", f"entries that sum to {words}")


def _refuse(tableau: Tableau, field: str, got: object, expected: str, todo: str = "") -> NoReturn:
    raise SchemeError(f"tableau {tableau.name!r}, {field}", got, expected, todo or "Check it against the source.")
