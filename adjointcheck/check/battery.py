"""The checks, one row each: name, function, and where it applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adjointcheck.check import (
    agreement,
    continuous_adjoint,
    discrete_adjoint,
    emitted_tableau,
    emitted_text,
    emitted_values,
    forward_sensitivity,
    high_precision,
    invariants,
    live_inputs,
    own_values,
    repeatability,
    tangent_identity,
    taylor,
)
from adjointcheck.check.case import Case
from adjointcheck.check.verdict import Check, Outcome
from adjointcheck.problem.statement import Problem

Progress = Callable[[str], None]


def _always(problem: Problem) -> bool:
    return True


@dataclass(frozen=True)
class Row:
    """One check of the battery; `why` says what slips past all others."""

    name: str
    function: Callable[[Case], Check]
    why: str
    applies: Callable[[Problem], bool] = _always


BATTERY = (
    Row(own_values.NAME, own_values.check_own_values, "a statement that cannot be solved where it stands"),
    Row(emitted_text.NAME, emitted_text.check_emitted_text, "a coefficient off by less than any numeric check can see"),
    Row(emitted_tableau.NAME, emitted_tableau.check_emitted_tableau, "a constant, datum or line of the runtime that was changed"),
    Row(emitted_values.NAME, emitted_values.check_emitted_values, "right formulas in arithmetic that loses digits"),
    Row(discrete_adjoint.NAME, discrete_adjoint.check_discrete_adjoint, "a term of the sweep, in any input, to rounding"),
    Row(tangent_identity.NAME, tangent_identity.check_tangent_identity, "which time step is the first wrong one"),
    Row(continuous_adjoint.NAME, continuous_adjoint.check_continuous_adjoint, "scheme and autograd wrong in the same way"),
    Row(taylor.NAME, taylor.check_taylor, "a gradient that is no derivative of J, found without any other derivative"),
    Row(forward_sensitivity.NAME, forward_sensitivity.check_forward_sensitivity, "a mistake of reverse mode itself"),
    Row(agreement.NAME, agreement.check_agreement, "one component among many, seen by four roads side by side"),
    Row(high_precision.NAME, high_precision.check_high_precision, "a mistake of automatic differentiation itself"),
    Row(invariants.NAME, invariants.check_invariants, "derivatives in time and the sign of the Hamiltonian", invariants.applies_invariants),
    Row(live_inputs.NAME, live_inputs.check_live_inputs, "an input whose gradient is silently lost"),
    Row(repeatability.NAME, repeatability.check_repeatability, "results that depend on chance or on their neighbours"),
)  # fmt: skip


def run_battery(case: Case, progress: Progress | None = None) -> tuple[Check, ...]:
    """Every check that applies, in the order of the table; one that cannot run is a failure that says why."""
    checks = []
    for row in BATTERY:
        if row.applies(case.problem):
            if progress:
                progress(row.name)
            checks.append(_guarded(row, case))
    return tuple(checks)


def _guarded(row: Row, case: Case) -> Check:
    """A module that raises under test has failed the test; the others still run."""
    try:
        return row.function(case)
    except Exception as error:  # the module under test may raise anything
        return Check(row.name, Outcome.FAIL, words=f"raised {type(error).__name__}: {error}", seed=case.seed)
