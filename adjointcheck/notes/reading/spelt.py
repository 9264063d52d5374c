"""Functions and names that notes spell in plain letters: tanh(z) without its backslash, ODESolve(f, z), net_j."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjointcheck.notes.reading import signs
from adjointcheck.notes.reading.scan import Piece

if TYPE_CHECKING:
    from adjointcheck.notes.reading.terminals import Terminals

KINDS = {
    **{name: "FUNC" for name in signs.FUNCTIONS if len(name) > 2}, **{name: "BIG" for name in signs.BIG if len(name) > 2},
    **dict.fromkeys("sigmoid MLP RBF ELU GELU ODESolve ODEsolve odeint upsample rot Softmax Sigmoid".split(), "NAME"),
}  # fmt: skip
NAMES = frozenset(["net"])  # what no brackets need follow


def spelt(terminals: Terminals, at: int) -> int:
    """Emit the function that the letters at `at` spell before a bracket, and return the index behind it; 0 where they spell none."""
    if at and terminals.pieces[at - 1].kind == "letter" and not terminals.pieces[at].blank:
        return 0
    after = at + 1
    while terminals.next(after).kind == "letter" and not terminals.next(after).blank:
        after += 1
    word = "".join(piece.text for piece in terminals.pieces[at:after])
    following = terminals.next(after)
    opens = following.is_sign("(") or (following.kind == "command" and following.text in signs.SIZES | {"left"})
    kind = KINDS.get(word, "") if opens or (KINDS.get(word) == "BIG" and following.is_sign("_")) else "NAME" * (word in NAMES)
    if not kind:
        return 0
    name = {"FUNC": signs.FUNCTIONS, "BIG": signs.BIG}.get(kind, {}).get(word, word)
    terminals.emit(kind, name, Piece("command", word, terminals.pieces[at].start, terminals.pieces[after - 1].end))
    return after
