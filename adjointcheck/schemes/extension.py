"""Dense output: continuous extensions as exact polynomials in theta, with derived order and continuity.

    x(t + theta h) ~ x + h sum_k theta^k sum_i W_ki k_i,    0 <= theta <= 1

It has order q when, for every tree of at most q vertices, sum_i W_ki Phi_i(t) = 1/gamma(t) for k = |t| and 0 for all other k
(Hairer, Norsett & Wanner 1993, II.6, theorem 6.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from adjointcheck.errors import SchemeError
from adjointcheck.schemes.esdirk import Esdirk
from adjointcheck.schemes.order_conditions import Tree, density, rooted_trees, vertices
from adjointcheck.schemes.rosenbrock import Rosenbrock
from adjointcheck.schemes.rounded import Rounded, RoundedRow, RoundedRows, dot, rounded, rounded_rows, total
from adjointcheck.schemes.stiff_order import Staged, stage_weights
from adjointcheck.schemes.tableau import Row, Tableau

RISE = (0, 0, 3, -2)  # cubic Hermite: what multiplies x1 - x,
FIRST = (0, 1, -2, 1)  # h k_first
LAST = (0, 0, -1, 1)  # and h k_last
BUBBLE = (0, 0, 1, -2, 1)  # theta^2 (1 - theta)^2: 0 with its slope at both ends


@dataclass(frozen=True)
class Extension:
    """The extension of a Runge-Kutta method: cubic Hermite between both ends, plus what vanishes there with its slope.

        x + (3 theta^2 - 2 theta^3)(x1 - x) + theta (1 - theta)^2 h k_first - theta^2 (1 - theta) h k_last
          + theta^2 (1 - theta)^2 h sum_p theta^p sum_i q_pi k_i

    so neighbouring time steps join with their first derivative. k_last is the slope at x1: the last stage of an FSAL or
    ESDIRK method, else the first further stage. `further_a` and `further_c` are rows of further stages, of s, s + 1, ...
    entries; `bubble` holds the rows q_p over all stages. `order` is declared and not believed; `digits` as in `Tableau`,
    for the rows given here.
    """

    method: Tableau | Esdirk
    order: int
    source: str
    further_a: tuple[Row, ...] = ()
    further_c: Row = ()
    bubble: tuple[Row, ...] = ()
    digits: int = 0

    def __post_init__(self) -> None:
        _check_shape(self)
        _check_last(self)

    @property
    def stages(self) -> int:
        """How many slopes there are, those of further stages included."""
        return self.method.stages + len(self.further_a)

    @property
    def last(self) -> int:
        """The stage, from 0, that is the slope at x1."""
        ends_in_slope = isinstance(self.method, Esdirk) or self.method.fsal
        return self.method.stages - ends_in_slope

    @property
    def matrices(self) -> tuple[RoundedRows, RoundedRows]:
        """The rows of a of all stages, twice: see `stiff_order`."""
        rows = (*rounded_rows(self.method.a, self.method.digits), *rounded_rows(self.further_a, self.digits))
        return rows, rows

    @cached_property
    def weights(self) -> RoundedRows:
        """The rows W_1, W_2, ... over all stages: W_k belongs to theta^k."""
        degree = 3 + len(self.bubble)
        return tuple(self._row(power) for power in range(1, degree + 1))

    def _row(self, power: int) -> RoundedRow:
        b = (*rounded(self.method.b, self.method.digits), *[Rounded(Fraction(0))] * len(self.further_a))
        ends = {0: _at(FIRST, power), self.last: _at(LAST, power)}
        bubbles = [(rounded(row, self.digits), _at(BUBBLE, power - shift)) for shift, row in enumerate(self.bubble)]
        return tuple(
            total([_at(RISE, power) * b[i], ends.get(i, Rounded(Fraction(0))), *(factor * row[i] for row, factor in bubbles)])
            for i in range(self.stages)
        )


def _at(polynomial: tuple[int, ...], power: int) -> Rounded:
    return Rounded(Fraction(polynomial[power] if 0 <= power < len(polynomial) else 0))


def rosenbrock_weights(method: Rosenbrock) -> tuple[Row, ...]:
    """Return the rows of theta, theta^2, ... over u_1, u_2, ... of the extension that the rows of `dense` make.

    theta m + theta (1 - theta) sum_k theta^(k-1) r_k: m + r_1, r_2 - r_1, ..., -r_last.
    """
    rows = (tuple(-m for m in method.m), *method.dense, (Fraction(0),) * method.stages)
    return tuple(tuple(y - x for x, y in zip(*pair, strict=True)) for pair in zip(rows, rows[1:], strict=False))


def derive_extension_order(extension: Extension | Rosenbrock, limit: int = 8) -> int:
    """Return the largest q <= `limit` such that every condition of orders 1 ... q holds in every power of theta."""
    if isinstance(extension, Rosenbrock):
        weights = tuple(extension.weights(row) for row in rosenbrock_weights(extension))
    else:
        weights = extension.weights
    for order in range(1, limit + 1):
        if not _holds(extension, weights, order):
            return order - 1
    return limit


def _holds(staged: Staged, weights: RoundedRows, order: int) -> bool:
    return order <= len(weights) and all(_holds_for(staged, weights, tree) for tree in rooted_trees(order))


def _holds_for(staged: Staged, weights: RoundedRows, tree: Tree) -> bool:
    stages, required = stage_weights(staged, tree), Fraction(1, density(tree))
    sums = enumerate((dot(row, stages) for row in weights), start=1)
    return all(found.may_be(required if power == vertices(tree) else 0) for power, found in sums)


def _check_shape(extension: Extension) -> None:
    sizes = [len(row) for row in extension.further_a]
    expected = list(range(extension.method.stages, extension.stages))
    if sizes != expected or len(extension.further_c) != len(sizes):
        got = f"further rows of {sizes} entries and {len(extension.further_c)} nodes"
        _refuse(extension, got, f"rows of {expected} entries, a node each")
    if {len(row) for row in extension.bubble} - {extension.stages}:
        _refuse(extension, f"bubble rows of {[len(row) for row in extension.bubble]} entries", f"{extension.stages} entries")


def _check_last(extension: Extension) -> None:
    method, last = extension.method, extension.last
    if last < method.stages:
        return
    if not extension.further_a or extension.further_a[0] != method.b or extension.further_c[0] != 1:
        _refuse(extension, "no further stage at the end of the time step", "b and 1 as the first further row and node")


def _refuse(extension: Extension, got: str, expected: str) -> None:
    raise SchemeError(f"extension of {extension.method.name!r}", got, expected, "Check it against the source.")
