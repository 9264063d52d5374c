"""The files that `notes` writes: a page for each file of notes, a log for each proved formula, one JUnit file, one of letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adjointcheck.errors import AdjointCheckError
from adjointcheck.report.json_report import to_json
from adjointcheck.report.notes_pages import letters_text, notes_html, notes_junit

if TYPE_CHECKING:
    from adjointcheck.notes.finding import Findings

Write = Callable[[str, str], object]


@dataclass(frozen=True)
class Outputs:
    """Where things go; what is None is not written."""

    files: tuple[str, ...]
    pages: str | None = None
    logs: str | None = None
    junit: str | None = None
    letters: str | None = None

    def paths(self) -> list[str]:
        """Every path known beforehand; raises AdjointCheckError where two files of notes would write the same one."""
        names = [Path(file).name for file in self.files]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice and (self.pages or self.logs):
            raise AdjointCheckError("notes", f"two files named {twice}", "different names", "Their pages would overwrite each other.")
        return [*([str(self._page(file)) for file in self.files] if self.pages else []), *filter(None, (self.junit, self.letters))]

    def publish(self, findings: Findings, write: Write) -> None:
        """The page and the logs of one file."""
        if self.pages:
            write(str(self._page(findings.file)), notes_html(findings))
        for path, text in self._logs(findings):
            write(str(path), text)

    def finish(self, found: Sequence[Findings], write: Write) -> None:
        """The JUnit file of all, and the letters."""
        if self.junit:
            write(self.junit, notes_junit(found))
        if self.letters:
            write(self.letters, letters_text(found))

    def _page(self, file: str) -> Path:
        return Path(self.pages or "") / f"{Path(file).name}.html"

    def _logs(self, findings: Findings) -> Iterator[tuple[Path, str]]:
        for item in findings.items if self.logs else ():
            if item.document is not None:
                yield Path(self.logs or "") / f"{Path(findings.file).name}.{item.name}.json", to_json(item.document)
