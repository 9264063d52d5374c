"""Times that notes give in numbers: 0, 1, 1/2, 2.5, pi/2, 2 pi, log 2."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

TURNS = "*pi"
GROWN = re.compile(r"(log|sqrt)\((\d+(?:/\d+)?)\)")


def instant(node: Node) -> str:
    """`1/2*pi` for pi/2, `log(2)` for ln 2, in the grammar of claims; "" for what is no number of these forms."""
    if isinstance(node, tree.Function) and len(node.arguments) == 1 and isinstance(node.arguments[0], tree.Number):
        name = f"{node.name}({node.arguments[0].value})"
        return name if GROWN.fullmatch(name) else ""
    found = _measured(node)
    if found is None or (found[0] and found[1]):
        return ""
    return f"{found[1]}{TURNS}" if found[1] else str(found[0])


def instant_in(text: str) -> str:
    """The same of header text: `log(2)` for \\ln 2, `1/2*pi` for pi/2, `1/2` for 0.5; "" for a letter."""
    text = text.strip().strip("$").replace(" ", "")
    if (grown := re.fullmatch(r"\\?(?:ln|log)\{?\(?(\d+)\)?\}?", text)) is not None:
        return f"log({grown[1]})"
    if (turned := re.fullmatch(r"(\d*)\\?pi(?:/(\d+))?", text)) is not None:
        return f"{Fraction(int(turned[1] or 1), int(turned[2] or 1))}{TURNS}"
    return str(Fraction(text)) if re.fullmatch(r"\d+(?:/[1-9]\d*|\.\d+)?", text) else ""


def moment(text: str) -> float | None:
    """The number of an instant; None for a letter."""
    if (grown := GROWN.fullmatch(text)) is not None:
        return {"log": math.log, "sqrt": math.sqrt}[grown[1]](Fraction(grown[2]))
    try:
        return float(Fraction(text.removesuffix(TURNS))) * (math.pi if text.endswith(TURNS) else 1.0)
    except ValueError:
        return None


def _measured(node: Node) -> tuple[Fraction, Fraction] | None:
    """(a, b) of a + b pi."""
    match node:
        case tree.Number(value):
            return Fraction(value), Fraction(0)
        case tree.Pi():
            return Fraction(0), Fraction(1)
        case tree.Negative(of) if (inner := _measured(of)) is not None:
            return -inner[0], -inner[1]
        case tree.Quotient(above, tree.Number(value)) if value and (inner := _measured(above)) is not None:
            return inner[0] / value, inner[1] / value
        case tree.Product((tree.Number(value), other)) if (inner := _measured(other)) is not None:
            return inner[0] * value, inner[1] * value
    return None
