"""One display to its formulas: rows that go on, systems in one brace, several statements in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from adjointcheck.notes.reading import signs
from adjointcheck.notes.reading.commands import LENGTH
from adjointcheck.notes.reading.latex import statements
from adjointcheck.notes.reading.macros import Traced
from adjointcheck.notes.reading.scan import NotRead, Piece, scan

_ROWS = "aligned|alignedat|gathered|split|array|cases|dcases|rcases|align|alignat|gather|eqnarray|multlined|darray"
_NAMED = r"\s*(?:\\label\s*\{[^{}]*\}\s*)?"
_OPENING = re.compile(rf"{_NAMED}(?:\\left\s*\\\{{|\\left\s*\.|\\[bB]igg?l?\s*\\\{{)?\s*\\begin\{{({_ROWS})(\*?)\}}(?:\[[a-z]\])?")
_ENDING = r"(?:[\s.,;]|\\(?:tag\*?|label)\s*\{[^{}]*\})*"
_LABEL = re.compile(r"(?:\\(?:text|mathrm|textbf)\{[^{}]*\}|\((?:\\\w+\{)?\w+\}?[*']?\)|[\s~,;:.&]|\\q?quad\b|\\[,;:!])*\Z")
_BEFORE = re.compile(r"(?:\\q?quad\b|\\text\{[^{}]*\}|[,;:])[\s~]*\Z")
_BEHIND = re.compile(r"[\s,;.~]*(?:\\q?quad\b|\\text\{|\Z)|\s*,")
_TAG = re.compile(r"\\(?:tag\*?|label)\s*\{([^{}]*)\}")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_EXPECT = re.compile(r"%\s*expect\s*:([^\n]*)")
_NESTING = re.compile(r"\\(begin|end)\b|(?<!\\)[{}]")
_COLUMNS = frozenset("align aligned alignat alignedat flalign".split())
ONE = frozenset(["multline", "dmath", "multlined"])
OPERATORS = frozenset(["cdot", "times", "pm"])


@dataclass(frozen=True)
class Row:
    """Part of a display between two line breaks; `relates` when a relation stands at its top, `first` is its first piece."""

    start: int
    end: int
    relates: bool
    first: Piece | None
    last: Piece | None
    open: int


@dataclass(frozen=True)
class Line:
    """One statement: its text with places, its tag, and the verdict that a comment in it expects."""

    traced: Traced
    tag: str = ""
    expects: str = ""


def lines(traced: Traced, environment: str) -> list[Line]:
    """The statements of a display in their order; what cannot be cut is one line."""
    text = _COMMENT.sub(lambda match: " " * len(match[0]), traced.text)
    expected = [(match.start(), match[1].strip()) for match in _EXPECT.finditer(traced.text)]
    found = [line for part in _beside(replace(traced, text=text)) for line in _lines(part, environment)]
    return [replace(line, expects=_expects(line, found[i + 1 :], traced, expected)) for i, line in enumerate(found)]


def _lines(traced: Traced, environment: str) -> list[Line]:
    text = traced.text
    try:
        text, kind, start, end = _peeled(text, environment.rstrip("*"))
        groups = _grouped(_rows(text, start, end, kind), kind)
    except NotRead:
        groups, kind = [[Row(0, len(text), True, None, None, 0)]], ""
    return [line for group in groups for line in _statements(group, replace(traced, text=text), kind)]


def _expects(line: Line, later: list[Line], traced: Traced, expected: list[tuple[int, str]]) -> str:
    """What a comment says that follows the line and comes before the next one."""
    first = line.traced.offsets[0]
    after = later[0].traced.offsets[0] if later else traced.offsets[-1] + 1
    return next((value for at, value in expected if first <= traced.offsets[at] < after), "")


def _peeled(text: str, kind: str) -> tuple[str, str, int, int]:
    """The rows inside a display that is one environment: its kind, where they start and end."""
    start, end = 0, len(text)
    if kind in ("alignat", "darray"):
        start = _argument_end(text, 0)
    while opening := _OPENING.match(text, start, end):
        closing = re.compile(rf"\\end\{{{opening[1]}\*?\}}\s*(?:\\right\s*(?:\.|\\\}}))?{_ENDING}\Z").search(text, opening.end(), end)
        inner = _argument_end(text, opening.end()) if opening[1] in ("array", "alignedat", "alignat") else opening.end()
        if closing is None or not _balanced(text[inner : closing.start()]):
            break
        system = opening[1] in ("array", "cases", "dcases", "rcases", "darray")
        if system and not all(row.relates for row in _rows(text, inner, closing.start(), "cases", cut=False)):
            break
        start, end, kind = inner, closing.start(), "cases" if system else opening[1]
    return text, kind, start, end


def _beside(traced: Traced) -> list[Traced]:
    """A system in one brace and what stands beside it, each for itself; labels and words beside it are left out."""
    cuts, text, at = [0], traced.text, 0
    while opening := _OPENING.search(text, at):
        at = opening.end()
        end = _system_end(text, opening)
        before, behind = text[cuts[-1] : opening.start()], _BEHIND.match(text, end)
        apart = _LABEL.match(before) or (_BEFORE.search(before) and _balanced(before))
        if end and behind and apart and not (behind.end() == len(text) and not before.strip()):
            at, cuts = end, [*cuts, opening.start(), end]
    parts = [traced.cut(start, end) for start, end in pairwise([*cuts, len(text)])]
    return [part for part in parts if not _LABEL.match(part.text)] if len(cuts) > 1 else [traced]


def _system_end(text: str, opening: re.Match[str]) -> int:
    """Where the environment that opens there ends, if each of its rows states something; 0 else."""
    inner = _argument_end(text, opening.end()) if opening[1] in ("array", "alignedat", "alignat") else opening.end()
    for closing in re.finditer(rf"\\end\{{{opening[1]}\*?\}}\s*(?:\\right\s*(?:\.|\\\}}))?", text[inner:]):
        if _balanced(text[inner : inner + closing.start()]):
            rows = _rows(text, inner, inner + closing.start(), "cases", cut=False)
            groups = _grouped(rows, opening[1])
            return inner + closing.end() if len(rows) > 1 and all(any(row.relates for row in group) for group in groups) else 0
    return 0


def _argument_end(text: str, at: int) -> int:
    match = re.compile(r"\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}").match(text, at)
    return match.end() if match else at


def _balanced(text: str) -> bool:
    """Do environments and braces close in `text` that open there?"""
    depth = 0
    for match in _NESTING.finditer(text):
        depth += 1 if match[1] == "begin" or match[0] == "{" else -1
        if depth < 0:
            return False
    return depth == 0


# Rows


def _rows(text: str, start: int, end: int, kind: str, cut: bool = True) -> list[Row]:
    """The rows at the top of a display, cut at line breaks and at the columns of align."""
    rows: list[Row] = []
    pieces: list[Piece] = []
    depth, ampersands, since = 0, 0, start
    for piece in scan(text[start:end]):
        piece = replace(piece, start=piece.start + start, end=piece.end + start)
        if piece.start < since:
            continue  # the length of a line break
        depth += _nests(piece)
        ampersands += depth == 0 and piece.is_sign("&")
        column = depth == 0 and piece.is_sign("&") and kind in _COLUMNS and cut and ampersands % 2 == 0 and _relates(pieces)
        if depth == 0 and (_breaks(piece) or column):
            rows.append(_row(since, piece.start, pieces))
            length = LENGTH.match(text, piece.end) if _breaks(piece) else None
            pieces, since = [], length.end() if length else piece.end
            ampersands = 0 if _breaks(piece) else ampersands
        else:
            pieces.append(piece)
    rows.append(_row(since, end, pieces))
    return [row for row in rows if row.first is not None]


def _breaks(piece: Piece) -> bool:
    return piece.kind == "command" and piece.text in ("\\", "tabularnewline", "cr")


def _nests(piece: Piece) -> int:
    if piece.kind == "command":
        return (piece.text == "begin") - (piece.text == "end")
    return piece.is_sign("{") - piece.is_sign("}")


def _row(start: int, end: int, pieces: list[Piece]) -> Row:
    said = [piece for piece in pieces if not _silent(piece)]
    opened = sum(piece.is_sign("(", "[") - piece.is_sign(")", "]") for piece in said)
    opened += sum((piece.text in ("{", "langle")) - (piece.text in ("}", "rangle")) for piece in said if piece.kind == "command")
    return Row(start, end, _relates(said), said[0] if said else None, said[-1] if said else None, opened)


def _silent(piece: Piece) -> bool:
    quiet = signs.SPACES | signs.LOOKS | signs.QUADS | signs.DROPPED.keys()
    return piece.is_sign("&", "~") or (piece.kind == "command" and piece.text in quiet)


def _relates(pieces: list[Piece]) -> bool:
    depth = 0
    for piece in pieces:
        depth += _nests(piece) + piece.is_sign("(", "[") - piece.is_sign(")", "]")
        if depth <= 0 and is_relation(piece):
            return True
    return False


def is_relation(piece: Piece) -> bool:
    if piece.kind == "command":
        return piece.text in signs.RELATIONS or piece.text in ("stackrel", "overset")
    return piece.is_sign("=", "<", ">")


def _grouped(rows: list[Row], kind: str) -> list[list[Row]]:
    """Rows that belong together: those that start with a relation or a sign, or whose brackets are still open."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and (kind in ONE or _goes_on(groups[-1], row)):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _goes_on(before: list[Row], row: Row) -> bool:
    first, last = row.first, before[-1].last
    if first is None or sum(part.open for part in before) > 0 or (last is not None and (is_relation(last) or last.is_sign("+", "-"))):
        return True
    if is_relation(first) or (first.is_sign(":") and row.relates):
        return True
    return first.is_sign("+") or ((first.is_sign("-", "*", "/") or first.text in OPERATORS) and not row.relates)


# Statements


def _statements(group: list[Row], traced: Traced, kind: str) -> Iterator[Line]:
    """The statements in rows that belong together; what only lays out is blanked, so that places stay."""
    start, end = group[0].start, group[-1].end
    text = list(traced.text[start:end])
    tags = [match[1] for match in sorted(_TAG.finditer(traced.text, start, end), key=lambda match: "label" in match[0])]
    for match in _TAG.finditer(traced.text, start, end):
        _blank(text, match.start() - start, match.end() - start)
    for before, after in zip(group, group[1:], strict=False):
        _blank(text, before.end - start, after.start - start)
        if is_relation(after.first) if after.first else False:
            _trim(text, before.end - start)
    _blank_columns(text, kind)
    whole = Traced("".join(text), traced.offsets[start:end])
    for first, last in statements(whole.text):
        kept = whole.cut(first, last)
        if kept.text.strip():
            yield Line(kept, tags[0] if tags else "")


def _blank(text: list[str], start: int, end: int) -> None:
    text[start:end] = " " * (end - start)


def _trim(text: list[str], end: int) -> None:
    """A comma at the end of a row that goes on says nothing."""
    at = end - 1
    while at >= 0 and text[at].isspace():
        at -= 1
    if at >= 0 and text[at] in ",;.":
        text[at] = " "


def _blank_columns(text: list[str], kind: str) -> None:
    """& at the top lays out; in a system of cases it comes before a condition."""
    depth, joined = 0, "".join(text)
    try:
        pieces = scan(joined)
    except NotRead:
        return
    for i, piece in enumerate(pieces):
        depth += _nests(piece)
        if depth == 0 and piece.is_sign("&"):
            following = pieces[i + 1] if i + 1 < len(pieces) else None
            comma = (
                kind == "cases" and following is not None and not is_relation(following) and 0 < i and not pieces[i - 1].is_sign(",", "&")
            )
            text[piece.start] = "," if comma and not is_relation(pieces[i - 1]) else " "
