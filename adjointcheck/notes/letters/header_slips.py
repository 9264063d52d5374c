"""Slips in a header's lines that would pass for something else: a key nearly right, a bracket left open, a word that says nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from adjointcheck.notes.letters.context import GREEK, OPTIONS, WORDS

SAID = {"row", "column", "vector", "symmetric", "gradient", "minimiser", "minimizer", "jacobian",
        *(word for option in OPTIONS.values() for word in option), *(word for words in WORDS for word in words.split())}
_BRACKETED = re.compile(r"\(([a-z]{3,})\)\s*$")  # costate: a = dL/dz (banana)
SHORTEST = 4


def slip(key: str, value: str, keys: Collection[str], of_page: Iterable[str]) -> str:
    """What to write instead of `key: value`; "" where nothing tells a slip."""
    near = _meant(key, [*keys, *of_page])
    if near in keys:
        return f"`{near}: ...`"
    if key in keys and sum(sign in "([{" for sign in value) != sum(sign in ")]}" for sign in value):
        return f"`{key}: ...` with every bracket closed"
    return _misspelt(value.lower()) if key in WORDS else ""


def _meant(key: str, keys: list[str]) -> str:
    """The known key that an unknown one nearly is."""
    own = key in keys or len(key) < SHORTEST or key in map(str.lower, GREEK)
    return "".join([] if own else get_close_matches(key, keys, 1, 0.8))


def _misspelt(value: str) -> str:
    """`colum` for `column`, `minimsed`, and a last word in brackets that nobody knows."""
    for word in re.findall(r"(?<![\\\w])[a-z]{4,}(?![\w(])", value):
        if word.rstrip("s") not in SAID and word not in SAID and (near := get_close_matches(word, SAID, 1, 0.86)):
            return f"`{near[0]}` for `{word}`"
    last = _BRACKETED.search(value)
    return f"`(row)` or `(column)` for `({last[1]})`" if last and last[1] not in SAID | {*map(str.lower, GREEK)} else ""
