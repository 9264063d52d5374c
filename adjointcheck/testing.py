"""Assertions for test suites: one line each, and a message with the figures when they fail."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adjointcheck.problem import Problem
from adjointcheck.report import outline
from adjointcheck.trusted.verdict import Status

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Report
    from adjointcheck.derive.derivation import Derivation, JudgedClaim

Statement = Problem | str | os.PathLike[str]


def assert_derivation_proved(statement: Statement) -> Derivation:
    """Derive the adjoint equations of a problem, or of a statement file, and require every step and claim PROVED."""
    from adjointcheck import pipeline

    __tracebackhide__ = True
    derivation = pipeline.derive(_problem(statement))
    _require_none(derivation.problem, outline.attention(derivation))
    return derivation


def assert_adjoint_correct(statement: Statement, **options: Any) -> Report:
    """Require the derivation proved and every numeric check of the generated module passed.

    `options` go to `adjointcheck.check`: method, seed.
    """
    from adjointcheck import pipeline

    __tracebackhide__ = True
    report = pipeline.check(_problem(statement), **options)
    _require_none(report.problem, outline.attention(report.derivation, report.checks))
    if report.exit_code:
        raise AssertionError(f"{report.problem.name}: {report.verdict}")
    return report


def assert_claim_refuted(statement: Statement, name: str, slip: str | None = None) -> JudgedClaim:
    """Require that the claim `name` is REFUTED and, if `slip` is given, that the likely slip told contains this text."""
    from adjointcheck import pipeline

    __tracebackhide__ = True
    problem = _problem(statement)
    claims = {claim.name: claim for claim in pipeline.derive(problem).claims}
    if name not in claims:
        raise AssertionError(f"{problem.name} has no claim {name}; it has {', '.join(claims) or 'none'}")
    claim = claims[name]
    if claim.verdict.status is not Status.REFUTED:
        raise AssertionError(f"{problem.name}: claim {name} is {claim.verdict.status.value}, not refuted: {claim.text}")
    if slip is not None and slip not in claim.slip:
        raise AssertionError(f"{problem.name}: claim {name}: the likely slip is told as {claim.slip!r}, which does not contain {slip!r}")
    return claim


def _problem(statement: Statement) -> Problem:
    from adjointcheck import pipeline

    return statement if isinstance(statement, Problem) else pipeline.load(statement)


def _require_none(problem: Problem, items: tuple[outline.Item, ...]) -> None:
    __tracebackhide__ = True
    if items:
        lines = [f"{item.verdict}: {item.kind} {item.name}: {item.words}" for item in items]
        raise AssertionError("\n".join([f"{problem.name}: {len(items)} not proved or passed", *lines]))


def parametrize_with_checks(
    adapters: Sequence[Any], *, expected_failed_checks: Mapping[str, str] | None = None, codes: Sequence[str] = ()
) -> Any:
    """Parametrise a test `def test_conformance(adapter, check): check(adapter)` over adapters and conformance checks.

    `expected_failed_checks` gives a reason for each code that is known to fail; such a test fails when the check passes after all.
    `codes` names some checks instead of all.  What an adapter does not offer and refuses is skipped (adjointcheck.conform).
    """
    import pytest

    from adjointcheck import conform

    expected = dict(expected_failed_checks or {})
    chosen = conform.select(codes)
    conform.select(tuple(expected))  # so that no typing error excuses anything

    def marked(adapter: Any, check: Any) -> Any:
        marks = [pytest.mark.xfail(reason=expected[check.code], strict=True, raises=AssertionError)] if check.code in expected else []
        return pytest.param(adapter, check, marks=marks, id=f"{adapter.name}-{check.code}".replace(" ", "_"))

    return pytest.mark.parametrize(("adapter", "check"), [marked(adapter, check) for adapter in adapters for check in chosen])
