"""The propagator of the tangent system under a letter of the notes: delta x(t) = R(t, s) delta x(s), which is M(t) M(s)^-1, M = dx/dx_0."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, unknown
from adjointcheck.notes.letters.usage import head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
INVERSE = tree.Negative(tree.Number(Fraction(1)))


def propagator(chain: tree.Chain, context: Context) -> Introduced:
    """delta x(t) = R(t, s) delta x(s), for any two times."""
    pair = pair_of(chain)
    if pair is None or context.over() == "layers" or not isinstance(pair[1], tree.Product) or len(pair[1].factors) != 2:
        return None
    call, moved = pair[1].factors
    times = _time(pair[0], context), _time(moved, context)
    letter = head(call)
    if not isinstance(call, tree.Call) or letter is None or call.arguments != times or not unknown(resolve(letter, context)):
        return None
    names = (*context.option("propagators").split(), key(letter))
    return "definition", (key(letter),), replace(context, options={**context.options, "propagators": " ".join(names)})


def _time(node: Node, context: Context) -> Node | None:
    """t of delta x(t)."""
    inner = node.of if isinstance(node, tree.Variation) else None
    value = isinstance(inner, tree.Call) and len(inner.arguments) == 1 and role_in(head(inner), context) == "x"
    return inner.arguments[0] if value and isinstance(inner, tree.Call) else None


def propagated(node: Node, context: Context) -> Node:
    """The formula with M(t) M(s)^-1 for R(t, s)."""
    names = context.option("propagators").split()
    if not names:
        return node
    node = rebuilt(node, lambda child: propagated(child, context))
    letter = node.function if isinstance(node, tree.Call) and len(node.arguments) == 2 else None
    if not isinstance(node, tree.Call) or not isinstance(letter, tree.Letter) or key(letter) not in names:
        return node
    end, start = (tree.Evaluated(Symbol("M"), (time,)) for time in node.arguments)
    return tree.Product((end, tree.Power(start, INVERSE)))
