"""Markdown as code hosts print it: tables, $$...$$ formulas, everything a person wrote kept literal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from adjointcheck.expression.node import Expression
from adjointcheck.problem.convention import CONVENTION
from adjointcheck.report import domains, outline
from adjointcheck.report.layout import display_latex, lay_out
from adjointcheck.report.notation import latex
from adjointcheck.report.wording import figure, one_line, word

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Check, Fit, Report
    from adjointcheck.derive.derivation import Derivation

Lines = Iterator[str]
STEP_CAP = 1600
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~!])")


def derivation_markdown(derivation: Derivation) -> str:
    """A derivation as Markdown: verdict, what needs attention, statement, steps, adjoint system, claims."""
    return _joined(_derivation(derivation, ()))


def report_markdown(report: Report) -> str:
    """A report as Markdown: the derivation's sections, then checks, fit and versions."""
    return _joined(_report(report))


def _joined(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _report(report: Report) -> Lines:
    checks = outline.ordered_checks(report)
    yield from _derivation(report.derivation, checks, word(report.verdict))
    yield from _checks(checks)
    if report.fit is not None:
        yield from _fit(report.fit)
    yield from _section("Provenance")
    yield from table_markdown(("what", "value"), [
        *sorted(report.versions.items()),
        *((f"seed of {check.name}", figure(check.seed)) for check in checks if check.seed is not None),
        *((stage, f"{spent:.2f} s") for stage, spent in report.seconds.items()),
    ])


def _derivation(derivation: Derivation, checks: Sequence[Check], verdict: str = "") -> Lines:
    problem = derivation.problem
    yield f"# {literal(problem.name)}: {verdict or word(derivation.verdict)}"
    yield ""
    yield ", ".join(count.words for count in outline.counts(derivation, checks))
    yield from _attention(outline.attention(derivation, checks))
    yield from _section("Statement")
    yield from _topics(outline.statement_topics(problem))
    yield from table_markdown(("symbol", "meaning", "value"), (
        (row.symbol, row.meaning, row.value) for row in outline.symbol_rows(problem)))
    yield from _steps(outline.step_rows(derivation))
    yield from _section("The adjoint system")
    yield from _topics(outline.system_topics(derivation.system))
    yield from _claims(outline.claim_rows(derivation))
    yield from _section("Assumptions")
    yield from (f"- {literal(words)}" for words in outline.assumption_texts(derivation))
    yield from _section("Convention")
    rows = ((row.symbol, row.meaning, row.formula) for row in CONVENTION)
    yield from table_markdown(("symbol", "meaning", "formula or rule"), rows)


def _section(title: str) -> Lines:
    yield from ("", f"## {title}", "")


def _attention(items: Sequence[outline.Item]) -> Lines:
    if items:
        yield from _section("Needs attention")
        for item in items:
            yield f"- **{item.verdict}** {item.kind} **{literal(item.name)}**: {literal(item.words)}"


def _topics(topics: Iterable[outline.Topic]) -> Lines:
    for topic in topics:
        yield from ("", f"### {topic.title}", "", f"{topic.words}.", "")
        yield from _display([(equation.right, equation.left) for equation in topic.equations])


def _display(equations: Iterable[tuple[Expression, Expression | None]], number: str = "", **caps: int) -> Lines:
    rows = [display_latex(lay_out(right, left, **caps)) for right, left in equations]
    tag = rf" \tag{{{number}}}" if number else ""
    yield from ("$$", r"\begin{aligned}", " \\\\\n".join(rows), rf"\end{{aligned}}{tag}", "$$", "")


def _steps(rows: Iterable[outline.StepRow]) -> Lines:
    yield from _section("Derivation")
    for row in rows:
        yield from (f"### ({row.number}) {outline.title(row.rule)}: {row.verdict}", "", literal(row.words), "")
        for part in row.parts:
            yield from _part(part)
        yield from ("", f"*{domains.support(row, literal, domains.in_latex)}*", "")
        if row.witness is not None:
            yield from (literal(outline.witness_text(row.witness)), "")


def _part(part: outline.Part) -> Lines:
    if part.left is None:
        yield f"{literal(part.label)}:"
    if part.formula is None:
        yield from (code(part.text[:STEP_CAP]) + (f" ({part.number})" if part.number else ""), "")
    else:
        yield from _display([(part.formula, part.left)], part.number, cap=STEP_CAP)


def _claims(rows: Sequence[outline.ClaimRow]) -> Lines:
    if not rows:
        return
    yield from _section("Claims")
    for row in rows:
        yield from ("", f"### {literal(row.name)}: {row.verdict}", "")
        yield from _part(row.claimed)
        if row.expected is not None and row.verdict != "proved":
            yield from ("expected:", "", *_part(row.expected))
        if row.slip:
            yield from (f"Likely slip: {literal(row.slip)}", "")
        if row.witness is not None:
            yield from (literal(outline.witness_text(row.witness)), "")
        yield f"*{domains.told(row.evidence, literal, domains.in_latex) or literal(row.reason)}*"


def _checks(checks: Sequence[Check]) -> Lines:
    if not checks:
        return
    yield from _section("Checks")
    yield from table_markdown(("check", "outcome", "measured", "threshold", "what was compared", "seed"), (
        (check.name, word(check.outcome), figure(check.measured), figure(check.threshold), check.words,
         figure(check.seed)) for check in checks))
    for check in checks:
        for table in outline.tables(check):
            yield from ("", f"### {literal(check.name)}", "")
            yield from table_markdown(table["columns"], outline.table_rows(table))


def _fit(fit: Fit) -> Lines:
    yield from _section("Fit")
    state = "converged" if fit.converged else "not converged"
    yield from (f"**{state}** after {figure(fit.iterations)} iterations: {literal(fit.message)}", "")
    yield f"Cost {figure(fit.cost_start)} at the start, {figure(fit.cost_end)} found; "
    yield f"gradient norm {figure(fit.gradient_norm)}."
    yield from table_markdown(("parameter", "start", "found"), outline.fit_rows(fit))


def table_markdown(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Lines:
    """A table; a cell that is an expression becomes a formula, everything else literal text."""
    heads = [_cell(column) for column in columns]
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _cell(value: object) -> str:
    return f"${latex(value)}$" if isinstance(value, Expression) else literal(value) or " "


def literal(text: object) -> str:
    """`text` on one line with everything that Markdown would interpret escaped."""
    return _SPECIAL.sub(r"\\\1", one_line(text).replace("&", "&amp;"))


def code(text: str) -> str:
    """`text` as inline code, fenced by more backticks than it holds in a row."""
    body = one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", body)), default=0))
    return f"{fence} {body} {fence}"
