"""A complete LaTeX document (amsmath, longtable), and the equations alone for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from adjointcheck.expression.node import Expression
from adjointcheck.problem.convention import CONVENTION
from adjointcheck.report import domains, outline
from adjointcheck.report.layout import display_latex, lay_out
from adjointcheck.report.notation import escape_latex, latex
from adjointcheck.report.wording import figure, one_line, word

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Check, Fit, Report
    from adjointcheck.derive.derivation import AdjointSystem, Derivation

Lines = Iterator[str]
LINE = 78  # characters of a line that fit the text width below
STEP_CAP = 2000
_HEAD = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[a4paper,margin=24mm]{geometry}
\usepackage{amsmath}
\usepackage{array,longtable}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\newcolumntype{P}[1]{>{\raggedright\arraybackslash}p{#1}}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 2pt}
\setcounter{secnumdepth}{0}
\sloppy
\begin{document}"""


def derivation_latex(derivation: Derivation) -> str:
    """A document with statement, steps, adjoint system and claims, ready for pdflatex."""
    return document(_derivation(derivation, ()))


def report_latex(report: Report) -> str:
    """A document with everything in the report but its pictures."""
    return document(_report(report))


def equations_latex(system: AdjointSystem) -> str:
    """The adjoint system as one mathematics block, as notebooks show it."""
    equations = [equation for topic in outline.system_topics(system) for equation in topic.equations]
    body = " \\\\\n".join(display_latex(lay_out(equation.right, equation.left)) for equation in equations)
    return f"$\\displaystyle\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$"


def document(lines: Iterable[str]) -> str:
    """The lines between preamble and end."""
    return "\n".join([_HEAD, *lines, r"\end{document}", ""])


def text_latex(value: object) -> str:
    """A word of ours or a person's, literally."""
    return escape_latex(one_line(value))


def code_latex(text: object) -> str:
    """The same in the typewriter face."""
    return rf"\texttt{{{text_latex(text)}}}"


def _report(report: Report) -> Lines:
    checks = outline.ordered_checks(report)
    yield from _derivation(report.derivation, checks, word(report.verdict))
    yield from _checks(checks)
    if report.fit is not None:
        yield from _fit(report.fit)
    yield r"\section{Provenance}"
    yield from table_latex("lP{10cm}", ("what", "value"), [
        *((text_latex(name), text_latex(version)) for name, version in sorted(report.versions.items())),
        *((text_latex(f"seed of {check.name}"), figure(check.seed)) for check in checks if check.seed is not None),
        *((text_latex(stage), f"{spent:.2f} s") for stage, spent in report.seconds.items()),
    ])


def _derivation(derivation: Derivation, checks: Sequence[Check], verdict: str = "") -> Lines:
    problem = derivation.problem
    yield rf"\section*{{{text_latex(problem.name)}: {verdict or word(derivation.verdict)}}}"
    yield ", ".join(count.words for count in outline.counts(derivation, checks)) + "."
    yield from _attention(outline.attention(derivation, checks))
    yield r"\section{Statement}"
    yield from _topics(outline.statement_topics(problem))
    yield from table_latex("lll", ("symbol", "meaning", "value"), (
        (f"${latex(row.symbol)}$", text_latex(row.meaning), text_latex(row.value)) for row in outline.symbol_rows(problem)))
    yield r"\section{Derivation}"
    for row in outline.step_rows(derivation):
        yield from _step(row)
    yield r"\section{The adjoint system}"
    yield from _topics(outline.system_topics(derivation.system))
    yield from _claims(outline.claim_rows(derivation))
    yield r"\section{Assumptions}"
    yield from _list(map(text_latex, outline.assumption_texts(derivation)))
    yield r"\section{Convention}"
    yield from table_latex("lP{4.6cm}P{6.8cm}", ("symbol", "meaning", "formula or rule"), (
        (code_latex(row.symbol), text_latex(row.meaning), code_latex(row.formula)) for row in CONVENTION))


def _attention(items: Sequence[outline.Item]) -> Lines:
    if items:
        yield r"\section{Needs attention}"
        yield from _list(rf"\textbf{{{item.verdict}}} {item.kind} \textbf{{{text_latex(item.name)}}}: {text_latex(item.words)}"
                         for item in items)


def _list(items: Iterable[str]) -> Lines:
    yield from (r"\begin{itemize}", *(rf"\item {item}" for item in items), r"\end{itemize}")


def _topics(topics: Iterable[outline.Topic]) -> Lines:
    for topic in topics:
        yield rf"\subsection{{{topic.title}}}"
        yield f"{topic.words}."
        yield from _display([(equation.right, equation.left) for equation in topic.equations])


def _display(equations: Sequence[tuple[Expression, Expression | None]]) -> Lines:
    yield from _aligned(display_latex(lay_out(right, left, width=LINE)) for right, left in equations)


def _aligned(rows: Iterable[str]) -> Lines:
    yield from (r"\begin{align*}", " \\\\\n".join(rows), r"\end{align*}")


def _step(row: outline.StepRow) -> Lines:
    yield rf"\subsection{{({row.number}) {text_latex(outline.title(row.rule))}: {row.verdict}}}"
    yield text_latex(row.words)
    yield from _parts(row.parts)
    yield rf"\par\emph{{{domains.support(row, text_latex, domains.in_latex)}}}"
    if row.witness is not None:
        yield rf"\par {text_latex(outline.witness_text(row.witness))}"


def _parts(parts: Iterable[outline.Part]) -> Lines:
    """Runs of formulas that have a left side stand in one display, aligned at their equality signs."""
    for plain, group in groupby(parts, key=lambda part: part.left is None or part.formula is None):
        if plain:
            yield from (line for part in group for line in _part(part))
        else:
            yield from _aligned(_numbered(part, part.formula) for part in group if part.formula is not None)


def _part(part: outline.Part) -> Lines:
    if part.left is None:
        yield rf"\par {text_latex(part.label)}:"
    if part.formula is None:
        yield rf"\par {code_latex(part.text[:STEP_CAP])}" + (rf" \hfill ({part.number})" if part.number else "")
    else:
        yield from _aligned([_numbered(part, part.formula)])


def _numbered(part: outline.Part, formula: Expression) -> str:
    """The lines of a formula, its number on the first."""
    first, *rest = display_latex(lay_out(formula, part.left, width=LINE, cap=STEP_CAP)).split(" \\\\\n")
    return " \\\\\n".join([first + (rf" \tag{{{part.number}}}" if part.number else ""), *rest])


def _claims(rows: Sequence[outline.ClaimRow]) -> Lines:
    if not rows:
        return
    yield r"\section{Claims}"
    for row in rows:
        yield rf"\subsection{{{code_latex(row.name)}: {row.verdict}}}"
        yield from _part(row.claimed)
        if row.expected is not None and row.verdict != "proved":
            yield from ("expected", *_part(row.expected))
        if row.slip:
            yield rf"\par Likely slip: {text_latex(row.slip)}"
        if row.witness is not None:
            yield rf"\par {text_latex(outline.witness_text(row.witness))}"
        yield rf"\par\emph{{{domains.told(row.evidence, text_latex, domains.in_latex) or text_latex(row.reason)}}}"


def _checks(checks: Sequence[Check]) -> Lines:
    if not checks:
        return
    yield r"\section{Checks}"
    yield from table_latex("P{3.6cm}lllP{5.2cm}", ("check", "outcome", "measured", "threshold", "what was compared"), (
        (text_latex(check.name), word(check.outcome), figure(check.measured), figure(check.threshold), text_latex(check.words))
        for check in checks))
    for check in checks:
        for table in outline.tables(check):
            yield rf"\subsection{{{text_latex(check.name)}}}"
            rows = (map(text_latex, row) for row in outline.table_rows(table))
            yield from table_latex("l" + "r" * (len(table["columns"]) - 1), map(text_latex, table["columns"]), rows)


def _fit(fit: Fit) -> Lines:
    yield r"\section{Fit}"
    state = "converged" if fit.converged else "not converged"
    yield rf"\textbf{{{state}}} after {figure(fit.iterations)} iterations: {text_latex(fit.message)}."
    yield f"Cost {figure(fit.cost_start)} at the start, {figure(fit.cost_end)} found; "
    yield f"gradient norm {figure(fit.gradient_norm)}."
    yield from table_latex("lrr", ("parameter", "start", "found"), (
        (text_latex(name), start, found) for name, start, found in outline.fit_rows(fit)))


def table_latex(spec: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Lines:
    """A table that may run over pages; cells are finished markup."""
    yield rf"\begin{{longtable}}{{{spec}}}"
    yield rf"{' & '.join(heads)} \\ \hline \endhead"
    yield from (rf"{' & '.join(row)} \\" for row in rows)
    yield r"\end{longtable}"
