"""Notes whose time starts at 0, judged where it starts elsewhere: what they call t is t - t0, and their T is t1 - t0.

Only values count from the start, as in exp(-rho t) and T Psi; places such as x(T), limits of integrals and arguments of functions
that the notes do not write out stay where they are.
"""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context
from adjointcheck.notes.meaning import Applied, Symbol, rebuilt
from adjointcheck.notes.tree import Node

CLOCK = frozenset({Symbol("t"), Symbol("t1")})


def from_zero(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """The sides, and the context with its laws and formulas, where time is counted from t0."""
    laws = tuple(replace(law, right=counted(law.right)) for law in context.laws)
    letters = {name: known if known.body is None else replace(known, body=counted(known.body)) for name, known in context.letters.items()}
    return counted(left), counted(right), replace(context, laws=laws, letters=letters, options={**context.options, "counts": "from t0"})


def counted(node: Node, clock: frozenset[Node] = CLOCK) -> Node:
    """With t - t0 for t, where a value is meant."""
    if node in clock:
        return tree.Sum((node, tree.Negative(Symbol("t0"))))
    if isinstance(node, Symbol):
        return node
    if isinstance(node, Applied):
        kept = tuple((slot, value if value in clock else counted(value, clock)) for slot, value in node.arguments)
        return replace(node, arguments=kept)
    if isinstance(node, tree.Derivative | tree.Evaluated):
        return replace(node, of=counted(node.of, clock))
    if isinstance(node, tree.Integral):
        timed = {node.lower, node.upper} & {Symbol("t0"), Symbol("t1"), Symbol("t")}
        return replace(node, body=counted(node.body, clock | {node.by} if timed else clock))
    return rebuilt(node, lambda child: counted(child, clock))
