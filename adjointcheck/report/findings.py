"""What a conformance run found, for a terminal: failures first in the reader's eye, each with its figure and its limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adjointcheck.report.wording import figure, one_line

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not offered": "dim"}


def print_findings(name: str, version: str, findings: Sequence[Any], console: Console) -> None:
    """One row for each finding (adjointcheck.conform.Finding), and the counts."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for style in ("", "", "", ""):
        table.add_column(style=style, overflow="fold")
    for found in findings:
        standing = Text(found.standing.value, style=_STYLES[found.standing.value])
        warned = f"; it warned: {found.warned}" if found.warned and found.standing.value == "fail" else ""
        table.add_row(found.code, standing, figure(found.measured), Text(one_line(found.words + warned)))
    console.print(Text.assemble((one_line(f"{name} {version}"), "bold"), f"  {counted(findings)}"))
    console.print(table)


def counted(findings: Sequence[Any]) -> str:
    """How many of each, and how many failures told nobody."""
    counts = Counter(found.standing.value for found in findings)
    silent = sum(found.how in ("wrong", "none", "zero") for found in findings)
    notes = {"fail": f" ({silent} silently)" if silent else ""}
    words = [f"{counts[standing]} {standing}{notes.get(standing, '')}" for standing in _STYLES if counts[standing]]
    return ", ".join(words) or "nothing checked"
