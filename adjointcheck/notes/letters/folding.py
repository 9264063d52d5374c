"""Expressions with letters replaced, and what is 0 or 1 by that folded away."""

from __future__ import annotations

from collections.abc import Mapping

from adjointcheck.expression.node import Expression, add, apply, div, evaluate, mul, neg, power, sub, walk

_FOLD = {"add": add, "sub": sub, "mul": mul, "div": div, "neg": neg, "pow": power}  # 0 and 1 vanish


def folded(root: Expression, values: Mapping[str, Expression]) -> Expression:
    """`root` with letters, whatever their suffixes, replaced, and what is 0 or 1 by that folded away."""

    def leaf(node: Expression) -> Expression:
        return values.get(node.value.partition(".")[0], node) if node.head == "symbol" else node

    other = {node.head: (lambda head: lambda *args: apply(head, *args))(node.head) for node in walk([root]) if node.head not in _FOLD}
    return evaluate([root], leaf, {**other, **_FOLD})[0]
