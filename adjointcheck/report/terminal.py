"""Reports for a terminal, at most 100 columns: the verdict, what needs attention with its figures, then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from adjointcheck.report import outline
from adjointcheck.report.layout import display_plain
from adjointcheck.report.wording import figure, one_line, tone, word

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from adjointcheck.check.verdict import Check, Fit, Report
    from adjointcheck.derive.derivation import Derivation

WIDTH = 100
FORMULA = 360  # characters of an equation; longer ones are left to the page and the log
_STYLES = {"good": "green", "open": "yellow", "bad": "bold red"}


def print_derivation(derivation: Derivation, console: Console) -> None:
    """Print verdict, open items, steps, adjoint system and findings of `derivation`."""
    _head(derivation, (), word(derivation.verdict), console)
    _attention(outline.attention(derivation), console)
    _title("Steps", console)
    _grid(((row.id, outline.rule_words(row.rule), _badge(row.verdict), "; ".join(row.evidence))
           for row in outline.step_rows(derivation)), console)
    _system(derivation, console)
    _findings(derivation, console)


def print_report(report: Report, console: Console) -> None:
    """Print verdict, open items, checks and fit of `report`."""
    checks = outline.ordered_checks(report)
    _head(report.derivation, checks, word(report.verdict), console)
    _attention(outline.attention(report.derivation, checks), console)
    if checks:
        _title("Checks", console)
        print_checks(checks, console)
    if report.fit is not None:
        _fit(report.fit, console)
    _findings(report.derivation, console)


def print_checks(checks: Iterable[Check], console: Console) -> None:
    """One line for each check: its outcome, the figure and its limit."""
    _grid(((check.name, _badge(word(check.outcome)), figure(check.measured), figure(check.threshold), check.words)
           for check in checks), console)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], console: Console) -> None:
    """A titled table of texts."""
    from rich.table import Table

    table = Table(*map(one_line, columns), title=one_line(title), title_justify="left", title_style="", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(one_line, row))
    _print(table, console)


def _head(derivation: Derivation, checks: Sequence[Check], verdict: str, console: Console) -> None:
    from rich.text import Text

    counts = ", ".join(count.words for count in outline.counts(derivation, checks))
    _print(Text.assemble((one_line(derivation.problem.name), "bold"), "  ", _badge(verdict), f"  {counts}"), console)


def _attention(items: Iterable[outline.Item], console: Console) -> None:
    items = list(items)
    if items:
        _title("Needs attention", console)
        _grid(((_badge(item.verdict), f"{item.kind} {item.name}", item.words) for item in items), console)


def _system(derivation: Derivation, console: Console) -> None:
    for topic in outline.system_topics(derivation.system):
        _title(topic.title, console)
        _grid(((display_plain(item.left), f"= {display_plain(item.right, FORMULA)}")
               for item in topic.equations), console)


def _findings(derivation: Derivation, console: Console) -> None:
    if derivation.findings:
        _title("Assumptions and findings", console)
        _grid(((outline.finding_text(finding),) for finding in derivation.findings), console)


def _fit(fit: Fit, console: Console) -> None:
    _title("Fit", console)
    rows = [(name, f"{start} -> {found}") for name, start, found in outline.fit_rows(fit)]
    state = "converged" if fit.converged else "not converged"
    rows += [
        ("cost", f"{figure(fit.cost_start)} -> {figure(fit.cost_end)}"), ("gradient norm", figure(fit.gradient_norm)),
        ("iterations", f"{figure(fit.iterations)}, {state}: {fit.message}"),
    ]
    _grid(rows, console)


def _badge(verdict: str) -> Text:
    from rich.text import Text

    return Text(one_line(verdict), style=_STYLES[tone(verdict)])


def _title(words: str, console: Console) -> None:
    from rich.text import Text

    _print(Text(f"\n{words}", style="bold"), console)


def _grid(rows: Iterable[Sequence[str | Text]], console: Console) -> None:
    """Rows in columns as wide as they need to be; the last one takes the rest and wraps."""
    from rich.text import Text

    table: Table | None = None
    for row in rows:
        if table is None:
            table = _columns(len(row))
        table.add_row(*(Text(one_line(cell)) if isinstance(cell, str) else cell for cell in row))
    if table is not None:
        _print(table, console)


def _columns(count: int) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.pad_edge = True
    for i in range(count):
        table.add_column(overflow="fold", no_wrap=i < count - 1 and count < 5, ratio=1 if i == count - 1 else None)
    return table


def _print(what: RenderableType, console: Console) -> None:
    console.print(what, width=min(WIDTH, console.width), highlight=False, soft_wrap=False)
