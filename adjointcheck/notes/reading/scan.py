"""Characters of a formula to pieces: commands, letters, numbers and single signs, each with its place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import islice
from typing import NoReturn

from adjointcheck.notes.reading.signs import FONTS, SHAPED, UNICODE

CHARACTERS, PIECES = 20_000, 3_000


@dataclass(frozen=True)
class Unread:
    """Why a formula could not be read: `position` in its text, the reason in plain words, and what to write instead."""

    position: int
    reason: str
    todo: str = ""


class NotRead(Exception):
    """Carries an `Unread` out of the passes of the reader; never leaves `read_formula`."""

    def __init__(self, position: int, reason: str, todo: str = "") -> None:
        super().__init__(reason)
        self.unread = Unread(position, reason, todo)


@dataclass(frozen=True, slots=True)
class Piece:
    """`kind`: command, letter, number, sign or foreign; `text` without backslash; `blank` when white space came before."""

    kind: str
    text: str
    start: int
    end: int
    blank: bool = False

    def is_sign(self, *signs: str) -> bool:
        return self.kind == "sign" and self.text in signs


_PIECE = re.compile(
    r"(?P<blank>\s+|%[^\n]*(?:\n|\Z))|(?P<dots>\.(?: ?\.){2,})"
    r"|\\(?P<upright>text(?:rm|up)?(?=\s*\{\s*d\s*\}))|\\(?P<command>[A-Za-z]+)|\\(?P<control>.)"
    r"|(?P<number>\d+(?:(?:\.|\{,\})\d+)?|\.\d+)"
    r"|(?P<letter>[A-Za-z])|(?P<sign>.)",
    re.ASCII | re.DOTALL,
)
_ESCAPED = frozenset("_*[]()")  # which Markdown wants with a backslash
_SIGNS = frozenset("{}()[]+-=*/<>|_^&,;:.!'~@\"`?$")


def scan(text: str) -> list[Piece]:
    """The pieces of `text`, white space and comments left out; raises NotRead where it is too long."""
    if len(text) > CHARACTERS:
        raise NotRead(CHARACTERS, f"a formula of more than {CHARACTERS} characters", "Write several shorter ones.")
    pieces: list[Piece] = []
    blank = False
    for match in islice(_PIECE.finditer(text), 2 * PIECES):
        kind = match.lastgroup or ""
        if kind != "blank":
            pieces += _piece(kind, match[kind], match.start(), match.end(), blank)
        blank = kind == "blank"
    if len(pieces) > PIECES:
        raise NotRead(pieces[PIECES].start, f"a formula of more than {PIECES} signs", "Write several shorter ones.")
    return pieces


def _piece(kind: str, text: str, start: int, end: int, blank: bool) -> list[Piece]:
    if kind == "upright":  # \\text{d}x
        return [Piece("command", "mathrm", start, end, blank)]
    if kind == "control":
        return [Piece("sign" if text in _ESCAPED else "command", text, start, end, blank)]
    if kind == "dots":
        return [Piece("command", "dots", start, end, blank)]
    if kind == "sign" and text not in _SIGNS:
        return [Piece(part.kind, part.text, start, end, blank) for part in _foreign(text, start)]
    return [Piece(kind, text, start, end, blank)]


def _foreign(character: str, start: int) -> list[Piece]:
    """A sign beyond ASCII that means a LaTeX command; any other stays foreign, which only words may hold."""
    return scan(UNICODE[character]) if character in UNICODE else [Piece("foreign", character, start, start + 1)]


def refuse_foreign(piece: Piece) -> NoReturn:
    """Letters that only look like ours, control characters, pictures: refused by name, never guessed."""
    name = unicodedata.name(piece.text, "a control character")
    raise NotRead(piece.start, f"the character U+{ord(piece.text):04X} ({name})", "Write it as LaTeX.")


def without_bare_fonts(pieces: list[Piece]) -> list[Piece]:
    """\\bm of {\\bm}, which a macro without an argument leaves before its letter."""
    fonts = [at for at, piece in enumerate(pieces) if piece.kind == "command" and piece.text in FONTS | SHAPED.keys()]
    braced = [at for at in fonts if 0 < at < len(pieces) - 1 and pieces[at - 1].is_sign("{") and pieces[at + 1].is_sign("}")]
    for at in reversed(braced):
        pieces[at - 1 : at + 2] = [replace(pieces[at], start=pieces[at - 1].start, end=pieces[at + 1].end)]
    return pieces


def mates(pieces: list[Piece]) -> dict[int, int]:
    """The closing piece of each brace and round bracket."""
    found: dict[int, int] = {}
    for opening, closing in ("{}", "()"):
        stack: list[int] = []
        for at, piece in enumerate(pieces):
            if piece.is_sign(opening):
                stack.append(at)
            elif piece.is_sign(closing) and stack:
                found[stack.pop()] = at
    return found
