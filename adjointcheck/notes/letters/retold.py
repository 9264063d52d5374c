"""Lines of `--letters` read back: `f: field of (x, w), n x 1 (proposed)` declares what was understood, word by word."""

from __future__ import annotations

import re

from adjointcheck.notes.letters.context import WORDS, Declared, own

_WORDS = re.compile(
    r"(?P<what>[a-z][a-z -]*?)(?:, component (?P<part>\d+))?(?: of \((?P<arguments>[^()]*)\))?(?:, (?P<rows>\w+) x (?P<columns>\w+))?"
    r"(?:, (?P<layout>row|column)(?: or column as it fits)?)?(?:, (?P<sign>[+-])dJ/dx(?P<told>.*?))? \((?:declared|proposed|usual)\)")
KINDS = {"constant": "constant", "changes in time": "path", "function": "function"}  # of letters without a role
OPEN = "row or column"


def retold(letter: str, value: str) -> Declared | None:
    """The letter as its words tell it, now declared; None for any other line."""
    found = _WORDS.fullmatch(value)
    role = WORDS.get(found["what"]) if found else None
    if found is None or (role is None and found["what"] not in KINDS):
        return None
    shape = (found["rows"], found["columns"]) if found["rows"] else ("1", "1")
    arguments = tuple(part.strip() for part in found["arguments"].split(",")) if found["arguments"] else None
    told = "declared" if found["sign"] and "nothing tells" not in found["told"] else ""
    return Declared(letter, role.symbol if role else own(letter), shape, role.kind if role else KINDS[found["what"]],
                    -1 if found["sign"] == "-" else 1, "" if OPEN in value else found["layout"] or "", arguments,
                    part=int(found["part"] or 0), told=told)
