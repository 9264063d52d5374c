"""The letters that count layers in a formula: x_t and x_k beside each other are two layers, and not the same one."""

from __future__ import annotations

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import INDICES, children
from adjointcheck.notes.letters.usage import role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def confounded(chain: tree.Chain, context: Context) -> str:
    """Why a formula over layers is not judged in which two letters count, each on its own; "" where one does."""
    names = sorted(_counters(chain, context, frozenset())) if context.over() == "layers" else []
    return f"{' and '.join(names)} count layers, each on its own" if len(names) > 1 else ""


def _counters(node: Node, context: Context, bound: frozenset[str]) -> set[str]:
    """k of x_k and p_{k+1}, for the state and the costate, but for indices of sums and products."""
    if isinstance(node, tree.Series) and isinstance(node.index, tree.Letter):
        bound |= {key(node.index)}
    own = _index(node, context) if isinstance(node, tree.Letter) else ""
    found = {own} - bound - {""}
    return found.union(*(_counters(child, context, bound) for child in children(node)))


def _index(letter: tree.Letter, context: Context) -> str:
    if len(letter.below) != 1 or letter.above or role_in(tree.Letter(letter.name), context) not in ("x", "p"):
        return ""
    terms = letter.below[0].terms if isinstance(letter.below[0], tree.Sum) else letter.below
    inner = [term for term in terms if isinstance(term, tree.Letter) and not term.below]
    counts = len(inner) == 1 and (role_in(inner[0], context) == "l" or (inner[0].name in INDICES and inner[0].name not in context.letters))
    return inner[0].name if counts else ""
