"""Theories for a terminal and for machines, and the body of the command `theory`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adjointcheck.check import hypotheses
from adjointcheck.check.verdict import EXIT_CODES
from adjointcheck.report.theory_outline import heading
from adjointcheck.report.wording import printable
from adjointcheck.trusted.language import INTERVALS
from adjointcheck.trusted.theory import RULES
from adjointcheck.trusted.verdict import worst

if TYPE_CHECKING:
    from adjointcheck.derive.theories import Theory

SIGNS = {"integrand": "int", "sum": "sum", "mean": "mean"}


def claim_text(claim: Mapping[str, str], points: list[str]) -> str:
    """An equation with its place, or value = point terms + int [...] dt, in the grammar of the log."""
    if "left" in claim:
        place = claim.get("at", "always")
        return f"{claim['left']} = {claim['right']}" + (f"   at {place}" if place != "always" else "")
    ends = [f"[{claim[point]}] at {point}" for point in points if claim.get(point, "0") != "0"]
    inside = [f"{SIGNS[slot]} [{claim[slot]}]" for slot in INTERVALS if claim.get(slot, "0") != "0"]
    back = [f"int from {points[-1]} to {points[0]} [{claim['reversed']}]"] if "reversed" in claim else []
    return f"{claim['value']} = {' + '.join(ends + inside + back) or '0'}"


def _rows(theory: Theory) -> Iterator[tuple[str, str, str, str, str]]:
    """(id, rule, verdict, claim, note) of every step."""
    given = {step["id"]: step for step in theory.document["steps"]}
    for judged in theory.steps:
        step = given.get(judged.name, {"claim": {"left": "", "right": ""}, "premises": []})
        witness = judged.verdict.witness
        point = ", ".join(f"{name} = {value}" for name, value in witness.point) if witness else ""
        shown = witness and f"{point}: {witness.left} against {witness.right}"
        source = f"from {', '.join(step['premises'])}" if step["premises"] else ""
        words = "; ".join(filter(None, [source, judged.verdict.reason, shown, *judged.verdict.evidence]))
        yield judged.name, judged.rule, judged.verdict.status.value, claim_text(step["claim"], theory.document["points"]), words


def theory_text(theory: Theory) -> str:
    """For a terminal: one block for each step."""
    lines = [f"{theory.name}: {theory.title} ({theory.document['source']})", f"{theory.verdict.status.value}, {heading(theory)}"]
    lines += [hypotheses.words(theory.document)]
    for name, rule, verdict, claim, words in _rows(theory):
        lines += ["", f"{verdict:<8} {name}: {RULES[rule].words if rule in RULES else rule}", f"         {claim}", f"         {words}"]
    return "\n".join(map(printable, lines)) + "\n"


def theory_document(theory: Theory) -> dict[str, Any]:
    """For machines: the verdict of the theorem and of each step."""
    steps = [dict(zip(("id", "rule", "verdict", "claim", "note"), row, strict=True)) for row in _rows(theory)]
    return {"name": theory.name, "title": theory.title, "verdict": theory.verdict.status.value, "steps": steps,
            "places_without_model": hypotheses.places_without_model(theory.document),
            "hypotheses": [dict(claim) for claim in theory.hypotheses], "conclusions": [dict(claim) for claim in theory.conclusions]}


def table_text(theories: list[Theory]) -> str:
    """One line for each theorem."""
    rows = ((each.verdict.status.value, each.name, len(each.steps), each.title) for each in theories)
    return "".join(f"{verdict:<8} {name:<24} {steps:>3} steps  {title}\n" for verdict, name, steps, title in rows)


def show(name: str | None, form: str, log: str | None, echo: Callable[..., None], write: Callable[[str, str], None]) -> int:
    """The body of the command `theory`: prove, show, write the log; returns the exit code of the least favourable verdict."""
    from adjointcheck.derive.theories import THEORIES, theory
    from adjointcheck.report.json_report import to_json

    found = [theory(each) for each in ([name] if name else THEORIES)]
    if log:
        write(log, to_json(found[0].log() if name else {"theories": [each.log() for each in found]}))
    if form == "json":
        documents = [theory_document(each) for each in found]
        echo(to_json({"schema_version": 1, **(documents[0] if name else {"theories": documents})}), nl=False)
    elif not name:
        echo(table_text(found), nl=False)
    else:
        from adjointcheck.report import theory_pages

        pages = {"html": theory_pages.theory_html, "latex": theory_pages.theory_latex, "markdown": theory_pages.theory_markdown}
        echo({"text": theory_text, **pages}[form](found[0]), nl=False)
    return EXIT_CODES[worst(each.verdict for each in found).status.value]
