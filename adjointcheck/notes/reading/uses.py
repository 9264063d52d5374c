"""How notes use a letter before brackets: V(x) somewhere makes a function of V, beta P somewhere and no beta(x) a factor of beta.

    Uses.of(["\\dot P = -\\beta_1 (1 - u) P", "\\beta_1 P"]).factors == {"beta"}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adjointcheck.notes.reading import signs
from adjointcheck.notes.reading.scan import NotRead, Piece, mates, scan

STEPS = frozenset("i j k n N".split())
TIMES = frozenset("t T s tau".split())
MATRICES = frozenset("A B D K M P Q R S".split())
STEP_SIZES = frozenset("g h".split())  # a function too, unless it stands before a factor
NEVER_FACTORS = frozenset("d e f i j k l n o t s phi varphi psi sigma varsigma delta epsilon varepsilon ell".split())
FUNCTIONS = frozenset("f g h phi varphi psi sigma varsigma".split())
MANY = frozenset("C E F G H J L U V W Phi Psi".split())  # capitals that are functions where they stand before a place
OPERATORS = frozenset("partial nabla delta circ mathrm D d".split())


@dataclass(frozen=True)
class Uses:
    """`applied`: functions; `factors`: letters before a product; `stepped`: x of x(k), and F of F(N - 1) beside it; `powers`: A of
    A^{k-1-i}; `timed`: letters of which the values at t are written."""

    applied: frozenset[str] = frozenset()
    factors: frozenset[str] = frozenset()
    stepped: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()
    powers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Uses:
        """The uses of every letter in the formulas of notes."""
        found = Counter(use for text in texts for use in _uses(text))
        names = {name for name, _ in found}

        def ever(kind: str) -> frozenset[str]:
            return frozenset(name for name in names if found[name, kind])

        factors = {name for name in ever("factor") - ever("place") - ever("step") - NEVER_FACTORS if name.islower() or name in MATRICES}
        factors -= STEP_SIZES - ever("multiplies")
        counted = ever("shift") - ever("factor") if ever("step") else frozenset()
        applied = {name for name in ever("place") - ever("multiplies") if name in FUNCTIONS | MANY or name.startswith("mathcal")}
        return cls(frozenset(applied), frozenset(factors), ever("step") | counted, ever("time"), ever("power") & MATRICES)


UNUSED = Uses()


def _uses(text: str) -> Iterator[tuple[str, str]]:
    """(name, kind) of each letter that stands there, but for what is written below others."""
    try:
        pieces = scan(text)
    except NotRead:
        return
    closing, at = mates(pieces), 0
    while at < len(pieces):
        piece = pieces[at]
        word = piece.kind == "command" and piece.text in signs.ROMAN and closing.get(at + 1, 0) > at + 3
        if piece.is_sign("_") or word:
            at = _behind(pieces, closing, at + 1)
            continue
        if (name := _name(pieces, at)) and name not in OPERATORS:
            yield from ((name, kind) for kind in _kinds(pieces, closing, at))
        at += 1


def _name(pieces: list[Piece], at: int) -> str:
    """J, lambda, mathcal{J}; "" for what is no letter."""
    piece = pieces[at]
    if piece.kind == "command":
        return piece.text if piece.text in signs.GREEK else ""
    if piece.kind != "letter":
        return ""
    before = pieces[at - 2 if at > 1 and pieces[at - 1].is_sign("{") else at - 1] if at else piece
    shape = signs.SHAPED.get(before.text, "") if before.kind == "command" else ""
    return f"{shape}{{{piece.text}}}" if shape else piece.text


def _behind(pieces: list[Piece], closing: dict[int, int], at: int) -> int:
    """Where what follows an argument stands."""
    while at < len(pieces) and pieces[at].kind == "command" and pieces[at].text in signs.FONTS | signs.ROMAN:
        at += 1
    return closing.get(at, at) + 1


def _kinds(pieces: list[Piece], closing: dict[int, int], at: int) -> Iterator[str]:
    """place, time, step, shift or other before a bracket; factor, and multiplies where another letter follows, without one."""
    after = at + 1
    while after < len(pieces):
        piece = pieces[after]
        if piece.is_sign("_", "^"):
            end = _behind(pieces, closing, after + 1)
            if piece.text == "^" and _counts_down(pieces[after + 1 : end]):
                yield "power"
            after = end
        elif piece.is_sign("'", "}") or (piece.kind == "command" and piece.text in signs.SPACES | signs.SIZES | {"left"}):
            after += 1
        else:
            break
    if after < len(pieces) and pieces[after].is_sign("(") and after in closing:
        yield _content(pieces[after + 1 : closing[after]])
    elif after >= len(pieces) or not pieces[after].is_sign("["):
        acted = any(piece.text in OPERATORS for piece in pieces[max(at - 2, 0) : at])
        yield "operand" if acted else "factor"
        following = "" if acted or after > at + 1 or after == len(pieces) else pieces[after].text
        if following == "frac" or (following not in ("", "d") and _name(pieces, after)):
            yield "multiplies"


def _counts_down(pieces: list[Piece]) -> bool:
    """k - 1 - i of A^{k-1-i}, which is no index."""
    letters = {piece.text for piece in pieces if piece.kind == "letter"}
    return len(letters) > 1 and letters <= STEPS and any(piece.is_sign("-") for piece in pieces)


def _content(pieces: list[Piece]) -> str:
    """x, x_k and x, u are places; t is a time, k a step, N - 1 a shift."""
    said = [piece for piece in pieces if not (piece.kind == "command" and piece.text in signs.SPACES | signs.FONTS | {"right", "left"})]
    texts = [piece.text for piece in said]
    letters = [piece.text for piece in said if piece.kind == "letter" or piece.text in signs.GREEK]
    if len(said) == 1 and said[0].kind == "number":
        return "number"
    if not letters:
        return "other"
    if "," in texts:
        return "place"
    signed = bool({"+", "-"} & {*texts})
    if {*letters} <= TIMES:
        return "shift of time" if signed else "time"
    if {*letters} <= STEPS:
        return "shift" if signed else "step"
    scripted = any(text in ("_", "^", "(") for text in texts[1:2]) or texts[1:2] == ["}"]
    return "place" if not signed and (len(letters) == 1 or (scripted and _is_one(said))) else "other"


def _is_one(pieces: list[Piece]) -> bool:
    """Is it a single letter with what is written at it, x_{k+1}^0 or x(t)?"""
    closing, at = mates(pieces), 1
    while at < len(pieces) and (pieces[at].is_sign("_", "^", "(", "}")):
        at = closing.get(at, at) + 1 if pieces[at].is_sign("(") else at + 1 if pieces[at].is_sign("}") else _behind(pieces, closing, at + 1)
    return at >= len(pieces)
