"""The text of notes with its places: lines and columns as an editor counts them, whatever ends the lines."""

from __future__ import annotations

import bisect
import codecs
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from adjointcheck.errors import ProblemError

BYTES = 2**22
CELLS = 5_000
SUFFIXES = (".md", ".markdown", ".tex", ".ipynb")


@dataclass(frozen=True)
class Source:
    """One text in the language `kind` (md or tex); `file` is the name under which its formulas are told."""

    text: str
    file: str
    kind: str

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line starts."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1; a tab is one column, as is any other character."""
        line = bisect.bisect_right(self.starts, at)
        return line, at - self.starts[line - 1] + 1


def source(text: str, file: str, kind: str) -> Source:
    """`text` with one kind of line end and without a byte order mark."""
    return Source(re.sub("\r\n?", "\n", text.removeprefix("\ufeff")), file, kind)


def sources(path: str | os.PathLike[str]) -> Iterator[Source]:
    """The text of a file, or of each Markdown cell of a notebook; raises ProblemError for what is no such file."""
    where = os.fspath(path)
    suffix = Path(where).suffix.lower()
    if suffix not in SUFFIXES:
        raise ProblemError(where, f"the ending {suffix or 'of no name'}", f"notes ending in {', '.join(SUFFIXES)}")
    text = _read(Path(where), where)
    if suffix == ".ipynb":
        yield from _cells(text, where)
    else:
        yield source(text, where, "tex" if suffix == ".tex" else "md")


def _read(file: Path, where: str) -> str:
    """The text of a regular file; a link, a folder or a device is refused before it is opened."""
    try:
        kind = file.lstat().st_mode
        if not stat.S_ISREG(kind):
            got = "a directory" if stat.S_ISDIR(kind) else "a link" if stat.S_ISLNK(kind) else "no regular file"
            raise ProblemError(where, got, "a file of notes", "Name the file itself.")
        with file.open("rb") as stream:
            data = stream.read(BYTES + 1)
    except (OSError, ValueError) as error:
        raise ProblemError(where, getattr(error, "strerror", None) or error, "a readable file", "Check the path.") from None
    if len(data) > BYTES:
        raise ProblemError(where, f"more than {BYTES} bytes", f"notes of at most {BYTES} bytes", "Split them.")
    return _decoded(data, where)


def _decoded(data: bytes, where: str) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        hint = "It looks like UTF-16: save it as UTF-8." if wide else "Save it as UTF-8."
        raise ProblemError(f"{where}, byte {error.start}", data[error.start : error.start + 8], "UTF-8 text", hint) from None
    if "\0" in text:
        raise ProblemError(where, "a NUL character: a binary file", "a text", "Save the notes as text.")
    return text


def _cells(text: str, where: str) -> Iterator[Source]:
    """The Markdown cells of a notebook: JSON data, nothing of it is run."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemError(where, str(error) or type(error).__name__, "a notebook (JSON)", "Save it again from the notebook.") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or len(cells) > CELLS:
        raise ProblemError(where, "no list of cells, or too long a one", f"a notebook of format 4 with at most {CELLS} cells")
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
            lines = cell.get("source", "")
            lines = [lines] if isinstance(lines, str) else lines
            if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
                raise ProblemError(f"{where}, cell {number}", "a source that is no text", "a string or a list of strings")
            yield source("".join(lines), f"{where}, cell {number}", "md")
