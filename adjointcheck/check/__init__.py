"""The numeric battery: what a generated module computes, measured against what was proved, with error models."""

from __future__ import annotations

from adjointcheck.check.verdict import Check, Fit, Outcome, Report, Trajectory

__all__ = ["Check", "Fit", "Outcome", "Report", "Trajectory"]
