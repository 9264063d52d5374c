"""A side that cannot be read: a = c of a = b = c, which says that too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from adjointcheck.notes.reading import signs
from adjointcheck.notes.reading.scan import NotRead, Piece, scan

BRACKETS = ("{}", "()", "[]")
ENDING = signs.QUADS | signs.IMPLICATIONS | {"\\", "text", "mbox", "textrm", "mid", "forall", "cr"}  # behind them conditions may stand


def without_side(text: str, position: int) -> str | None:
    """`text` with blanks for the side that `position` stands in; None where it may be no side of a = b = c."""
    try:
        top, end = _top(text)
    except NotRead:
        return None
    limits = [*(at for at, piece in enumerate(top) if piece.is_sign("=")), len(top)]
    starts = [top[0].start if top else 0, *(top[at].start for at in limits[:-1])]
    ends = [*starts[1:], end]
    found = next((i for i, (first, last) in enumerate(zip(starts, ends, strict=True)) if first <= position < last), None)
    if found is None or len(starts) < 3 or (0 < found < len(starts) - 1 and any(map(_relates, _within(top, starts[found], ends[found])))):
        return None
    first, last = (starts[0], starts[1] + 1) if found == 0 else (_with_colon(text, starts[found]), ends[found])
    return text[:first] + " " * (last - first) + text[last:]


def _within(pieces: list[Piece], start: int, end: int) -> list[Piece]:
    """Without the `=` before it."""
    return [piece for piece in pieces if start < piece.start < end]


def _with_colon(text: str, at: int) -> int:
    """Where := begins."""
    before = text[:at].rstrip()
    return len(before) - 1 if before.endswith(":") else at


def _relates(piece: Piece) -> bool:
    return piece.is_sign("<", ">", ":") or (piece.kind == "command" and piece.text in signs.RELATIONS)


def _top(text: str) -> tuple[list[Piece], int]:
    """The pieces outside brackets, as far as one statement goes, and where it ends; brackets that are never closed are none."""
    pieces = scan(text)
    nesting = _nesting(pieces)
    top = [(at, piece) for at, piece in enumerate(pieces) if nesting[at] == 0]
    stop = next((at for at, piece in top if _ends(piece) and not (at and pieces[at - 1].is_sign("_", "^"))), len(pieces))
    end = pieces[stop].start if stop < len(pieces) else len(text)
    return [piece for at, piece in top if at < stop], end


def _ends(piece: Piece) -> bool:
    return piece.is_sign(",", ";") or (piece.kind == "command" and piece.text in ENDING)


def _nesting(pieces: list[Piece]) -> list[int]:
    """How many brackets and environments are open at each piece, its own included."""
    depth = [0] * len(pieces)
    for first, last in _matched(pieces):
        for at in range(first, last + 1):
            depth[at] += 1
    return depth


def _matched(pieces: list[Piece]) -> Iterator[tuple[int, int]]:
    for opening, closing in BRACKETS:
        waiting: list[int] = []
        for at, piece in enumerate(pieces):
            if piece.is_sign(opening):
                waiting.append(at)
            elif piece.is_sign(closing) and waiting:
                yield waiting.pop(), at
    begun = [at for at, piece in enumerate(pieces) if piece.kind == "command" and piece.text in ("begin", "end")]
    yield from ((first, last) for first, last in pairwise(begun) if pieces[first].text == "begin" and pieces[last].text == "end")
