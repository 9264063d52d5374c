"""Letters that a header writes in ASCII and the notes in another shape: phi for varphi, l for ell, L for a script L."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import GREEK, Context, Declared

SHAPES = {"phi": "varphi", "theta": "vartheta", "epsilon": "varepsilon", "rho": "varrho", "sigma": "varsigma", "l": "ell"}

OTHER = re.compile(r"\\math(?:cal|scr)\s*\{?\s*[A-Z]|_\s*(?:\{[^{}]*\}|\w)")  # script letters and indices


def respelt(texts: Iterable[str], context: Context) -> Context:
    """With each letter that the notes never write as the header does, under the shape in which they write it."""
    text = " ".join(texts)
    shapes = {name: shape for name, known in context.letters.items() if (shape := _shape(known)) and shape not in context.letters}
    named = {name: shape for name, shape in shapes.items() if _is_written(shape, text) and not _is_written(name, text)}
    letters = {(other := named.get(name, name)): replace(known, letter=other) for name, known in context.letters.items()}
    return replace(context, letters=letters)


def _shape(known: Declared) -> str:
    script = known.symbol in ("J", "H") and len(known.letter) == 1
    return SHAPES.get(known.letter, f"mathcal{{{known.letter}}}" if script and known.letter.isupper() else "")


def _is_written(name: str, text: str) -> bool:
    r"""Does a text write \varphi, \mathcal L, l or dl, of which an index tells nothing?"""
    if name.startswith("mathcal"):  # a script J(y(T)) is a function of the end state beside the cost of the header
        script = rf"\\math(?:cal|scr)\s*\{{?\s*{name[-2]}(?![A-Za-z])\}}?"
        return re.search(script, text) is not None and re.search(rf"{script}\s*\([^()]*\(", text) is None
    letter = rf"\\{name}" if name in (*GREEK, "ell") else rf"(?<![A-Za-z\\])d?{name}"
    return re.search(rf"{letter}(?![A-Za-z])", OTHER.sub("", text)) is not None
