"""What a formula that is not read, or not as a whole, may say of the problem, and what holds beside it.

Claims that may rest on it are UNKNOWN, but for those that follow from H and partial derivatives alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Applied, Unknown, resolve, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.systems.reservations import Reservation, is_only_named, reserved

MOVES = re.compile(r"\\d?dot\b|\\frac\s*\{(?:\\mathrm\s*\{?)?\s*d\b|\w'\s*(?:\(t\)\s*)?&?=|\{?\b\w\s*\+\s*1\b")  # a rate or a next layer
ROOTS = re.compile(r"=\s*[^=]*\\(?:pm|mp)(?![A-Za-z])")  # two numbers, neither a cost nor a motion
PAYS = re.compile(r"\\(?:int|sum|Sigma|mathbb\s*\{?\s*E|min|max|inf|sup)(?![A-Za-z])")  # what a cost is made of

DIGITS = re.compile(r"(?:[\d\s.,;{}~()+-]|\\[,;:! ]|\\(?:cdot|times|approx|ldots|dots|pm)(?![A-Za-z])|\\(?:text|mathrm)\s*\{[^{}]*\}|\^)*")


def half_read(text: str, context: Context) -> Iterator[Reservation]:
    """What a formula that is not read speaks of on its left: a start, dynamics, or a letter (a cost?) that is then not known."""
    left, equals, right = text.partition("=")
    if DIGITS.fullmatch(right):
        return
    chain = read_formula(f"{left} = 0", context.reader())
    if not equals or (isinstance(chain, Unread) and not MOVES.search(text)) or ROOTS.search(text):
        return
    if isinstance(chain, Unread) or isinstance(chain.sides[0], tree.Letter):
        if isinstance(chain, Unread) or not _only_names(chain.sides[0], right, context):
            yield Reservation(frozenset({"all"}), f"it may rest on `{text}`, which is not read")
    else:
        written = tree.Chain((chain.sides[0], tree.Words("?")), ("=",))
        resolved = resolve(written, context)
        assert isinstance(resolved, tree.Chain)
        yield from reserved(written, resolved, context, f"`{text}`", False)


def _only_names(left: tree.Node, right: str, context: Context) -> bool:
    """Is a letter of which nothing is known set to what is no cost, where motion and cost are told already?"""
    told = context.law("objective") is not None and (context.law("dynamics") or context.law("layers")) is not None
    return told and isinstance(resolve(left, context), Unknown) and not PAYS.search(right)


def of_sides(chain: tree.Chain, text: str, status: str, context: Context) -> Iterator[Reservation]:
    """What the sides of a = b = c may say that were left out: the first one as a whole, the last one what the letters before it are."""
    if any(unread.position < chain.sides[0].span[0] for unread in chain.unread):
        yield from half_read(text, context)
    ends = chain.sides[-1].span[1]
    if status != "claim" and any(unread.position >= ends for unread in chain.unread):
        yield Reservation(frozenset({"refutations"}), f"it may rest on the last side of `{text}`, which is not read")


def stands_beside(reservations: Iterable[Reservation], context: Context) -> bool:
    """Do they leave alone what follows from H = L + p f by itself: with f and L that are only named, or said of ends and optima alone?"""
    told = [law for kind in ("dynamics", "layers", "objective") if (law := context.law(kind)) is not None]
    named = all(any(isinstance(part, Applied) and is_only_named(part.name, context) for part in walk(law.right)) for law in told)
    return (bool(told) and named) or not any(item.inputs & {"all", "field"} for item in reservations)
