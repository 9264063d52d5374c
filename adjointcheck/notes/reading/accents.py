"""The words of LaTeX that are typed in ASCII: sym\\'etrique is symétrique, fran\\c{c}ais français, gr\\"o\\ss er größer."""

from __future__ import annotations

import re
import unicodedata

MARKS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303"}
MARKED = re.compile(r"""\{?\\(['`^"~])(?:([aeinouyAEINOUY])|\{\\?([aeinouyAEINOUY])\}|\\([ij])(?![A-Za-z])\s?)\}?""")
LETTERS = ((re.compile(r"(?<=\w)\\c(?:\{c\}|\s+c(?=[a-z]))"), "ç"), (re.compile(r"(?<=\w)(?:\\ss\s*(?:\{\})?|\{\\ss\})"), "ß"))


def composed(text: str) -> str:
    """The text with é for \\'e, \\'{e} and {\\'e}, ç for \\c{c} and ß for \\ss."""
    if "\\" not in text:
        return text
    made = MARKED.sub(lambda found: unicodedata.normalize("NFC", (found[2] or found[3] or found[4]) + MARKS[found[1]]), text)
    for pattern, letter in LETTERS:
        made = pattern.sub(letter, made)
    return made
