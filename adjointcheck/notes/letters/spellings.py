"""Letters that a header writes in ASCII and the notes in another shape: phi for varphi, l for ell, L for a script L."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from adjointcheck.notes.letters.context import GREEK, Context, Declared

SHAPES = {"phi": "varphi", "theta": "vartheta", "epsilon": "varepsilon", "rho": "varrho", "sigma": "varsigma", "l": "ell"}

OTHER = re.compile(r"\\math(?:cal|scr)\s*\{?\s*[A-Z]|_\s*(?:\{[^{}]*\}|\w)")  # script letters and indices

ALONG = re.compile(r"(?<![A-Za-z\\])([a-zA-Z])\s*(?:\\left)?\(\s*([a-zA-Z])\s*\(\s*t\s*\)\s*,")  # f(z(t), t, theta)
BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathrm)\s*\{\s*(\w)\s*\}")


def second_state(texts: Sequence[str]) -> str:
    """h z, where dh/dt = f(h(t), t, theta) goes on as f(z(t), t, theta) of a z, which moves so too if at all, and h is gone."""
    texts = [BOLD.sub(r"\1", text) for text in texts]
    for i, text in enumerate(texts):
        for function, state in ALONG.findall(text) if "=" in text else ():
            behind = [other for later in texts[i + 1 :] for called, other in ALONG.findall(later) if called == function]
            if _moves(state, text) and behind and state not in behind and len({*behind}) == 1:
                return f"{state} {behind[0]}" if _follows(state, behind[0], texts, i) else ""
    return ""


def _moves(state: str, text: str) -> bool:
    """dh/dt = and h-dot =, on the left."""
    left = text.partition("=")[0]
    return re.search(rf"\\dot\s*\{{?\s*{state}(?![A-Za-z])|d\}}?\s*{state}(?![A-Za-z])", left) is not None


def _follows(first: str, second: str, texts: Sequence[str], at: int) -> bool:
    """Is the first letter alone up to its motion, and the second from there on, which no other field moves?"""
    before, behind = texts[: at + 1], texts[at + 1 :]
    layerless = [re.sub(rf"(?<![A-Za-z\\])d?{first}\s*_", "_", text) for text in behind]  # h_t of the net again
    parted = not any(_is_written(second, text) for text in before) and not any(_is_written(first, text) for text in layerless)
    fields = {_field(second, text) for text in behind if _moves(second, text) and re.search(rf"{second}[^=]*\}}\s*\{{\s*d\s*t|\\dot", text)}
    return parted and fields <= {_field(first, texts[at])}


def _field(state: str, text: str) -> str:
    """f(*(t),t,theta) of dh/dt = f(h(t), t; theta)."""
    right = re.sub(rf"(?<![A-Za-z\\]){state}(?![A-Za-z])", "*", text.partition("=")[2])
    return re.sub(r"[\s&\\.,]*$", "", re.sub(r"\s", "", right.replace(";", ",")))


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
