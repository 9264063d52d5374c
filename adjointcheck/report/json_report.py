"""Reports and derivations as JSON documents: texts in our grammar, lower-case verdicts, NaN and infinity as strings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from adjointcheck.expression.node import Expression
from adjointcheck.report import outline
from adjointcheck.report.layout import display_plain
from adjointcheck.report.wording import word

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Check, Fit, Report, Trajectory
    from adjointcheck.derive.derivation import AdjointSystem, Derivation, JudgedClaim, JudgedStep
    from adjointcheck.trusted.verdict import Witness

SCHEMA_VERSION = 1
EQUATION_CAP = 1_000_000  # characters of one equation; a shared graph may unfold to more than any file holds


def derivation_document(derivation: Derivation) -> dict[str, Any]:
    """The document of `derive`: steps, claims and equations with their verdicts."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": derivation.problem.name,
        "verdict": word(derivation.verdict),
        "steps": [_step(step) for step in derivation.steps],
        "claims": [_claim(claim) for claim in derivation.claims],
        "equations": _equations(derivation.system),
        "findings": [outline.finding_text(finding) for finding in derivation.findings],
    }


def report_document(report: Report) -> dict[str, Any]:
    """The document of `check`: the derivation's with checks, trajectory, fit, versions and times."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.problem.name,
        "digest": report.problem.digest(),
        "verdict": word(report.verdict),
        "derivation": derivation_document(report.derivation),
        "checks": [_check(check) for check in report.checks],
        "trajectory": None if report.trajectory is None else _trajectory(report.trajectory),
        "fit": None if report.fit is None else _fit(report.fit),
        "versions": plain(report.versions),
        "seconds": plain(report.seconds),
    }


def to_json(document: Mapping[str, Any]) -> str:
    """`document` as text: ASCII, indented, with a last line break."""
    return json.dumps(plain(document), indent=1, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """`value` as what JSON knows: non-finite numbers and exact rationals become strings."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    return word(value) if isinstance(value, Enum) else str(value)


def _step(judged: JudgedStep) -> dict[str, Any]:
    return {
        "id": judged.id, "rule": judged.rule, "premises": list(judged.premises), "claim": dict(judged.claim),
        **_verdict(judged.verdict),
    }


def _claim(judged: JudgedClaim) -> dict[str, Any]:
    return {"name": judged.name, "text": judged.text, "expected": judged.expected, "slip": judged.slip,
            **_verdict(judged.verdict)}


def _verdict(verdict: Any) -> dict[str, Any]:
    return {"verdict": word(verdict), "evidence": list(verdict.evidence), "reason": verdict.reason,
            "witness": None if verdict.witness is None else _witness(verdict.witness)}


def _witness(witness: Witness) -> dict[str, Any]:
    return {"point": dict(witness.point), "left": witness.left, "right": witness.right, "gap": witness.gap}


def _equations(system: AdjointSystem) -> dict[str, Any]:
    return {name: _texts(getattr(system, name)) for name in (
        "hamiltonian", "costate_rate", "terminal", "stationarity", "gradient", "terminal_gradient", "initial_gradient",
        "jumps", "observation_gradient", "start_time", "end_time", "observation_time", "time_partial")}


def _texts(value: Any) -> Any:
    if isinstance(value, Expression):
        return display_plain(value, EQUATION_CAP)
    if isinstance(value, Mapping):
        return {name: _texts(item) for name, item in value.items()}
    return [_texts(item) for item in value]


def _check(check: Check) -> dict[str, Any]:
    return {"name": check.name, "outcome": word(check.outcome), "measured": plain(check.measured),
            "threshold": plain(check.threshold), "words": check.words, "seed": check.seed,
            "details": plain(check.details)}


def _trajectory(trajectory: Trajectory) -> dict[str, Any]:
    return _fields(trajectory, ("times", "states", "costates", "observations"))


def _fit(fit: Fit) -> dict[str, Any]:
    return _fields(fit, ("names", "start", "found", "cost_start", "cost_end", "gradient_norm", "iterations", "history",
                         "message", "converged"))


def _fields(data: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: plain(getattr(data, name)) for name in names}
