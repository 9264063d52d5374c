"""Safe branches: what a piecewise does not take must not poison derivatives that others take through the program.

torch.where picks the right value of piecewise(sqrt(x), 0 < x, 0), but autograd multiplies the branch not taken by 0, and
0 * (1/0) is NaN.  So inside a branch the argument of every partial function is replaced, off the branch, by a constant
at which the function and its derivative are harmless.
"""

from __future__ import annotations

from collections.abc import Sequence

from adjointcheck.expression.node import ONE, ZERO, Expression, apply, walk
from adjointcheck.expression.table import conditions_of

HARMLESS = {"div": (1, ONE), "log": (0, ONE), "sqrt": (0, ONE), "pow": (0, ONE), "asin": (0, ZERO), "acos": (0, ZERO), "tan": (0, ZERO)}

Path = Expression | None  # the condition under which a node counts; None: always
Known = dict[tuple[Expression, Path], Expression]


def guard(roots: Sequence[Expression]) -> list[Expression]:
    """`roots`, equal everywhere, with the partial functions inside branches defined everywhere."""
    if not any(node.head == "piecewise" for node in walk(roots)):
        return list(roots)
    known: Known = {}
    return [_guarded(root, None, known) for root in roots]


def _guarded(root: Expression, path: Path, known: Known) -> Expression:
    for node in walk([root]):  # arguments first, so that only branches recurse
        if (node, path) not in known:
            known[node, path] = _choice(node, path, known) if node.head == "piecewise" else _rebuilt(node, path, known)
    return known[root, path]


def _choice(node: Expression, path: Path, known: Known) -> Expression:
    value, condition, otherwise = node.args
    there = _guarded(value, _both(path, condition), known)
    elsewhere = _guarded(otherwise, _both(path, apply("not", condition)), known)
    return apply("piecewise", there, known[condition, path], elsewhere)


def _both(path: Path, condition: Expression) -> Expression:
    return condition if path is None else apply("and", path, condition)


def _rebuilt(node: Expression, path: Path, known: Known) -> Expression:
    if not node.args:
        return node
    args = [known[arg, path] for arg in node.args]
    if path is not None and node.head in HARMLESS and conditions_of(node):
        at, constant = HARMLESS[node.head]
        if args[at].head != "number":
            args[at] = apply("piecewise", args[at], path, constant)
    return apply(node.head, *args)
