"""What the trusted core answers: a status, the evidence for it, and for a refutation the point that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn


class Status(StrEnum):
    """The four answers; there is no fifth, and no numeric agreement ever becomes PROVED."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"
    INVALID = "invalid"


@dataclass(frozen=True)
class Witness:
    """A point where two sides differ: exact coordinates, both values in decimal with their enclosure radius."""

    point: tuple[tuple[str, str], ...]
    left: str
    right: str
    gap: str


@dataclass(frozen=True)
class Verdict:
    """A status with its evidence; it has no truth value, so `if verdict:` cannot pass by accident."""

    status: Status
    evidence: tuple[str, ...] = ()
    reason: str = ""
    witness: Witness | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is not a truth value: compare verdict.status with Status.PROVED")


_RANK = {Status.PROVED: 0, Status.UNKNOWN: 1, Status.REFUTED: 2, Status.INVALID: 3}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The least favourable of several verdicts on one step; a proof needs all of them."""
    found = list(verdicts)
    if not found:
        return Verdict(Status.INVALID, reason="nothing was claimed")
    lead = max(found, key=lambda verdict: _RANK[verdict.status])
    if lead.status is not Status.PROVED:
        return lead
    return Verdict(Status.PROVED, tuple(dict.fromkeys(line for verdict in found for line in verdict.evidence)))
