"""Results as plain data: sheets of rows, shown as rich tables, written as JSON, gathered as Markdown."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine

SCHEMA_VERSION = 1
Cell = str | int | float | None


@dataclass(frozen=True)
class Sheet:
    """One table: what it shows, names of its columns, rows, and what a reader has to know beside it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """Everything that one benchmark measured, with the command and the machine; `figures` are files beside RESULTS.md."""

    name: str
    sheets: tuple[Sheet, ...]
    command: str
    machine: dict[str, str]
    figures: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION


def cell_text(cell: Cell) -> str:
    """A number with three significant digits, a dash for what was not measured."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if 1000 <= abs(cell) < 1e7 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def tell(words: str) -> None:
    """Progress, for people: on stderr."""
    print(words, file=sys.stderr, flush=True)


def parser(words: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(description=words, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    made.add_argument("--json", type=Path, metavar="FILE", help="also write the results there")
    return made


def command_line() -> str:
    """The command that is running, as a user would type it."""
    options = [option for i, option in enumerate(sys.argv[1:]) if "--json" not in (option, sys.argv[i])]
    return f"python -m benchmarks.{Path(sys.argv[0]).stem} {shlex.join(options)}".rstrip()


def publish(name: str, sheets: Sequence[Sheet], file: Path | None, figures: Sequence[str] = ()) -> None:
    """Show the sheets on stdout and, if wanted, write them to `file`."""
    show(sheets)
    if file is not None:
        document = Document(name, tuple(sheets), command_line(), machine.describe(), tuple(figures))
        file.write_text(json.dumps(asdict(document), indent=1) + "\n", encoding="utf-8")


def show(sheets: Sequence[Sheet]) -> None:
    """As tables on stdout."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200)
    for sheet in sheets:
        table = Table(title=sheet.title, title_justify="left")
        for i, column in enumerate(sheet.columns):
            table.add_column(column, justify="left" if any(isinstance(row[i], str) for row in sheet.rows) else "right")
        for row in sheet.rows:
            table.add_row(*map(cell_text, row))
        console.print(table)
        for note in sheet.notes:
            console.print(note, highlight=False)
        console.print()


def markdown(document: dict[str, Any]) -> str:
    """A section of RESULTS.md from what `publish` wrote."""
    lines = [f"## {document['name']}", "", f"`{document['command']}`", ""]
    for sheet in document["sheets"]:
        lines += [f"**{sheet['title']}**", "", _line(sheet["columns"]), _line("---" for _ in sheet["columns"])]
        lines += [_line(map(cell_text, row)) for row in sheet["rows"]]
        lines += ["", *(f"{note}\n" for note in sheet["notes"])]
    lines += [f"![{document['name']}]({figure})\n" for figure in document["figures"]]
    return "\n".join(lines)


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"
