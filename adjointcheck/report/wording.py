"""The words and figures every face uses: verdicts and their tone, numbers, and text made safe to print."""

from __future__ import annotations

import math
import unicodedata
from fractions import Fraction

TONES = {
    "proved": "good", "pass": "good", "defined": "good", "assumed": "open",
    "unknown": "open", "inconclusive": "open", "nothing checked": "open",
    "refuted": "bad", "invalid": "bad", "fail": "bad",
}
_URGENCY = {"bad": 0, "open": 1, "good": 2}
_KEPT = "\n\t"


def word(status: object) -> str:
    """The lower-case word of a verdict, status or outcome, given as such, as an enumeration or as text."""
    status = getattr(status, "status", status)
    return str(getattr(status, "value", status)).lower()


def tone(verdict: str) -> str:
    """`good`, `open` or `bad`; a word nobody declared is `bad`, so that no typing error turns green."""
    return TONES.get(verdict, "bad")


def urgency(verdict: str) -> int:
    """Sort key that puts what failed first, then what is open."""
    return _URGENCY[tone(verdict)]


def printable(text: object) -> str:
    """`text` with control, formatting and surrogate characters written as escapes (line breaks and tabs stay)."""
    return "".join(map(_visible, str(text)))


def one_line(text: object) -> str:
    """`printable` with every run of white space made one blank."""
    return " ".join(printable(text).split())


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in _KEPT
    return character.encode("unicode_escape", "surrogatepass").decode("ascii") if hidden else character


def figure(value: object) -> str:
    """A number for people: four significant digits, ten of a stated value, integers in full, a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return one_line(value)
    if isinstance(value, Fraction):
        return f"{float(value):.10g}"
    return str(value) if isinstance(value, int) or not math.isfinite(value) else f"{value:.4g}"


def plural(count: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
