"""How many floating-point operations a gradient needs, counted in the emitted program; the base of GFLOP/s.

Each primitive counts once (a sine, too), a negation not at all; what lanes do while they wait is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adjointcheck.codegen.ir import Function, Program
    from adjointcheck.schemes import Tableau

_FREE = {"neg"}
_PER_COMPONENT = 8  # of the error norm: two abs, max, scale (2), division, square, sum
_CONTROLLER = 12  # mean, root, two powers, products and clamps


@dataclass(frozen=True)
class Count:
    """Operations of one attempted time step and of sweeping back one accepted time step."""

    attempt: int
    sweep: int

    def total(self, accepted: float, rejected: float) -> float:
        """Of one trajectory's gradient: (accepted + rejected) attempt + accepted sweep."""
        return (accepted + rejected) * self.attempt + accepted * self.sweep


def operations(function: Function) -> int:
    """Of one call."""
    return sum(assign.value.head not in _FREE for assign in function.body)


def count(program: Program, tableau: Tableau, n: int, m: int) -> Count:
    """Counted from `program` for n states and m parameters, solved with the method of `tableau`."""
    rates, pullback = (operations(program.function(name)) for name in ("rates", "pullback"))
    return Count(_attempt(tableau, n, rates), _sweep(tableau, n, m, rates, pullback))


def _nonzero(weights: tuple) -> int:
    return sum(bool(weight) for weight in weights)


def _combination(weights: tuple) -> int:
    """x + h sum_i w_i k_i of one component: a product and a sum for each weight but the first, which needs no sum."""
    return 2 * _nonzero(weights) + 1 if _nonzero(weights) else 0


def _attempt(tableau: Tableau, n: int, rates: int) -> int:
    evaluations = tableau.stages - tableau.fsal
    rows = [*tableau.a, *([] if tableau.fsal else [tableau.b])]
    combinations = n * sum(map(_combination, rows))
    if not tableau.adaptive:
        return evaluations * rates + combinations
    estimates = n * sum(2 * _nonzero(row) + _PER_COMPONENT for row in (tableau.error, tableau.error_low) if row)
    return evaluations * rates + combinations + estimates + _CONTROLLER


def _sweep(tableau: Tableau, n: int, m: int, rates: int, pullback: int) -> int:
    """Stages again, then in reverse q_i = b_i p + sum_j a_ji X_j, the pullback of h q_i, and X_i, Theta_i added up."""
    live = [i for i in range(tableau.stages) if tableau.b[i] or any(row[i] for row in tableau.a[i + 1 :] if len(row) > i)]
    live = [i for i in live if not (tableau.fsal and i == tableau.stages - 1)]
    again = sum(rates + n * _combination(tableau.a[i]) for i in live) - rates  # the last slope moves no later stage
    columns = [[tableau.b[i], *(tableau.a[j][i] for j in live if j > i)] for i in live]
    back = sum(n * 2 * _nonzero(tuple(column)) + pullback + n + m for column in columns)
    return again + back
