"""A study as one page, as lines for a terminal, and as a document for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from adjointcheck.report import figures, outline
from adjointcheck.report.html import render, topic_view
from adjointcheck.report.json_report import derivation_document
from adjointcheck.report.terminal import print_checks, print_table
from adjointcheck.report.wording import figure, plural, tone, word

if TYPE_CHECKING:
    from rich.console import Console

    from adjointcheck.check.study import Picture, Section, Study, Table
    from adjointcheck.check.verdict import Check
    from adjointcheck.derive.derivation import Derivation


def study_html(study: Study) -> str:
    """One self-contained page: MathML, inline SVG, no JavaScript."""
    return render("study.html.j2", {
        "name": study.name, "title": study.title, "verdict": study.verdict, "tone": tone(study.verdict), "counts": _counts(study),
        "question": study.question, "command": study.command, "quick": study.quick, "seconds": f"{study.seconds:.1f} s",
        "derivations": [_derivation_view(each) for each in study.derivations],
        "sections": [_section_view(i, section) for i, section in enumerate(study.sections, 1)],
        "surprises": list(study.surprises), "sources": list(study.sources), "versions": sorted(study.versions.items()),
    })


def _counts(study: Study) -> list[str]:
    passed = sum(word(check.outcome) == "pass" for check in study.checks)
    proofs = [f"{each.problem.name}: {word(each.verdict)}" for each in study.derivations]
    return [*proofs, f"{passed} of {plural(len(study.checks), 'check')} passed"]


def _derivation_view(derivation: Derivation) -> dict[str, Any]:
    verdict = word(derivation.verdict)
    return {"name": derivation.problem.name, "verdict": verdict, "tone": tone(verdict), "steps": plural(len(derivation.steps), "step"),
            "topics": [topic_view(topic) for topic in (*outline.statement_topics(derivation.problem),
                                                       *outline.system_topics(derivation.system))]}


def _section_view(number: int, section: Section) -> dict[str, Any]:
    return {
        "anchor": f"section-{number}", "title": section.title, "paragraphs": section.words.split("\n\n"),
        "tables": [_table_view(table) for table in section.tables],
        "pictures": [_picture_view(f"picture{number}-{i}", picture) for i, picture in enumerate(section.pictures, 1)],
        "checks": [_check_view(check) for check in section.checks],
    }


def _table_view(table: Table) -> dict[str, Any]:
    data = {"columns": list(table.columns), "rows": [list(row) for row in table.rows]}
    return {"title": table.title, "columns": data["columns"], "rows": outline.table_rows(data)}


def _picture_view(prefix: str, picture: Picture) -> dict[str, Any]:
    return {"title": picture.title, "words": picture.words, "svg": Markup(figures.svg(picture.draw, prefix, picture.title, picture.size))}


def _check_view(check: Check) -> dict[str, str]:
    outcome = word(check.outcome)
    return {"name": check.name, "outcome": outcome, "tone": tone(outcome), "measured": figure(check.measured),
            "limit": figure(check.threshold), "words": check.words}


def study_picture(study: Study) -> str:
    """The picture that stands for the study, as an SVG file of its own."""
    cover = study.pictures[0]
    return figures.standalone(figures.svg(cover.draw, study.name, cover.title, cover.size))


def study_document(study: Study) -> dict[str, Any]:
    """For machines: every figure of the page, without the pictures."""
    return {
        "name": study.name, "title": study.title, "verdict": study.verdict, "command": study.command, "seconds": study.seconds,
        "versions": dict(study.versions), "surprises": list(study.surprises), "sources": list(study.sources),
        "derivations": [derivation_document(each) for each in study.derivations],
        "sections": [_section_document(section) for section in study.sections],
    }


def _section_document(section: Section) -> Mapping[str, Any]:
    tables = [{"title": each.title, "columns": list(each.columns), "rows": [list(row) for row in each.rows]} for each in section.tables]
    checks = [{"name": each.name, "outcome": word(each.outcome), "measured": each.measured, "limit": each.threshold,
               "words": each.words} for each in section.checks]
    return {"title": section.title, "words": section.words, "tables": tables, "checks": checks}


def print_study(study: Study, console: Console) -> None:
    """Verdict, then each section's tables and checks, then what did not come out as expected."""
    from rich.text import Text

    head = f"  {', '.join(_counts(study))}, {study.seconds:.1f} s"
    console.print(Text.assemble((study.title, "bold"), "  ", study.verdict, head))
    for section in study.sections:
        console.print(Text(f"\n{section.title}", style="bold"))
        for table in section.tables:
            view = _table_view(table)
            print_table(view["title"], view["columns"], view["rows"], console)
        print_checks(section.checks, console)
    for words in study.surprises:
        console.print(Text(f"\nnot as expected: {words}"))
