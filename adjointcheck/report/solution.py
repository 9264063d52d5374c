"""What `solve` tells people: the derivation, the way, the cost, and its exact gradient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any


def solution_lines(solved: Any) -> Iterator[str]:
    """The lines of a `pipeline.Solved`."""
    fit, gradient = solved.fit, solved.gradient
    counts = f"{solved.accepted} time steps accepted, {solved.rejected} rejected"
    place = "" if solved.finished else f" at t = {solved.times[-1]:.10g}"
    claims = "".join(f"; {words}" for words in claims_words(solved.claims))
    yield f"{solved.name}, {solved.method}: derivation {solved.derivation}{claims}; {solved.status}{place}; {counts}"
    yield from solved.remarks
    if fit is not None:
        yield f"fit: {fit.iterations} iterations, J from {fit.cost_start:.8g} to {fit.cost_end:.8g}; {fit.message}"
    yield f"J = {solved.cost:.10g}   dJ/dt0 = {gradient['horizon']['t0']:.8g}   dJ/dt1 = {gradient['horizon']['t1']:.8g}"
    yield from _slopes("state", "x(t1)" if solved.finished else "last state", "dJ/dx(t0)", solved.x1, gradient["x0"])
    yield from _slopes("parameter", "value", "dJ/dtheta", solved.theta, gradient["theta"])


def claims_words(verdicts: Mapping[str, str]) -> Iterator[str]:
    """`2 of 3 claims refuted`: what became of the claims that are not proved."""
    for verdict, count in Counter(verdicts.values()).items():
        if verdict != "proved":
            yield f"{count} of {len(verdicts)} claim{'s' * (len(verdicts) > 1)} {verdict}"


def _slopes(kind: str, value: str, slope: str, values: Mapping[str, float], slopes: Mapping[str, float]) -> Iterator[str]:
    """Three columns, with nothing at all where there is nothing to list."""
    rows = [(name, f"{values[name]:.10g}", f"{slopes[name]:.10g}") for name in values]
    for name, left, right in [("", "", ""), (kind, value, slope), *rows] if rows else []:
        yield f"{name:<16}  {left:<16}  {right}".rstrip()
