"""Matrices that an equation says to be their own transpose, Q^T = Q, or minus it, J^T = -J."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.usage import head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None


def mirrored(chain: tree.Chain, context: Context) -> Introduced:
    """Q^T = Q or J = -J^T, of a matrix that is known, or of a letter that nobody has introduced; H_{xu} = H_{ux}^T of second slopes."""
    pair = pair_of(chain)
    if pair is None or len(chain.sides) > 2:
        return None
    (one, turned, sign), (other, turned_too, sign_too) = map(_parted, pair)
    if _are_mixed(one, other) and turned != turned_too and sign == sign_too:
        return "assumption", (), context
    letter = head(one)
    known = context.letters.get(key(letter)) if letter is not None else None
    square = known is None or (known.shape[0] == known.shape[1] != "1" and known.body is None)
    if letter is None or one != other or turned == turned_too or not square:
        return None
    name = letter.name if known is None else known.letter
    return "assumption", (), context.assume(f"{'symmetric' if sign == sign_too else 'skew'} {name}")


def _are_mixed(one: Node, other: Node) -> bool:
    """H_{xu} and H_{ux}, which are each other's transpose."""
    if not isinstance(one, tree.Letter) or not isinstance(other, tree.Letter) or len(one.below) != 2:
        return False
    plain = all(isinstance(part, tree.Letter) for part in one.below)
    return plain and one.below != other.below and replace(one, below=one.below[::-1]) == other


def _parted(node: Node) -> tuple[Node, bool, int]:
    """(J, is it transposed?, its sign) of -J^T."""
    turned, sign = False, 1
    while isinstance(node, tree.Negative | tree.Transposed):
        turned, sign = turned != isinstance(node, tree.Transposed), sign * (-1 if isinstance(node, tree.Negative) else 1)
        node = node.of
    return node, turned, sign
