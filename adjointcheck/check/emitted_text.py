"""The module's text against the proof: its equations, run on expressions, proved equal to the adjoint system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adjointcheck.check.case import Case
from adjointcheck.check.equations import Equation, flatten, proved_equations
from adjointcheck.check.verdict import Check, Outcome
from adjointcheck.codegen import reread
from adjointcheck.errors import AdjointCheckError, shorten
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import Expression
from adjointcheck.trusted.verdict import Status, Verdict
from adjointcheck.trusted.zero import equal

NAME = "emitted-text"


@dataclass(frozen=True)
class Finding:
    """The verdict on one component of one function."""

    function: str
    component: str
    emitted: Expression
    proved: Expression
    verdict: Verdict

    @property
    def words(self) -> str:
        """Function and component, both expressions, and the point where they differ."""
        witness = self.verdict.witness
        at = ", ".join(f"{name} = {value}" for name, value in witness.point) if witness else ""
        differ = f"; at {at}: {witness.left} against {witness.right}" if witness else f"; {self.verdict.reason}"
        sides = f"emitted {shorten(to_text(self.emitted))}, proved {shorten(to_text(self.proved))}"
        return f"{self.function}, {self.component}: {sides}{differ}"


def check_emitted_text(case: Case) -> Check:
    """Prove every component of every emitted equation equal to the proved one, by the trusted zero test."""
    try:
        findings = list(_findings(case))
    except AdjointCheckError as error:
        return Check(NAME, Outcome.FAIL, words=f"the text cannot be read back: {error}")
    wrong = [finding for finding in findings if finding.verdict.status is Status.REFUTED]
    unproved = [finding for finding in findings if finding.verdict.status is not Status.PROVED]
    outcome = Outcome.FAIL if wrong else Outcome.INCONCLUSIVE if unproved else Outcome.PASS
    first = (wrong or unproved)[:1]
    words = f"{len(findings) - len(unproved)} of {len(findings)} components of the emitted equations proved"
    table = {"columns": ["function", "component", "verdict"],
             "rows": [[f.function, f.component, f.verdict.status.value] for f in unproved or findings]}  # fmt: skip
    return Check(NAME, outcome, float(len(unproved)), 0.0, "; ".join([words, *(f.words for f in first)]), {"table": table})


def _findings(case: Case) -> Iterator[Finding]:
    emitted = reread.equations(case.text)
    for equation in proved_equations(case.system):
        if equation.name not in emitted:
            raise AdjointCheckError("module text", f"no function {equation.name}", "every equation of the adjoint system")
        yield from _compare(equation, emitted[equation.name], frozenset(case.problem.positive))


def _compare(equation: Equation, function: reread.Equation, positive: frozenset[str]) -> Iterator[Finding]:
    found = flatten(function(*equation.arguments.values()))
    if len(found) != len(equation.components):
        raise AdjointCheckError(equation.name, f"{len(found)} components", f"{len(equation.components)} components")
    for value, (name, proved) in zip(found, equation.components, strict=True):
        yield Finding(equation.name, name, value, proved, equal(value, proved, positive))
