"""Counted operations: the measure of cost that no clock can blur."""

from __future__ import annotations

from collections.abc import Iterable

from adjointcheck.expression.node import Expression, walk


def operation_count(roots: Iterable[Expression]) -> int:
    """Elementary operations of one evaluation of `roots` with every shared node computed once.

    An integer power counts its multiplications by repeated squaring, every other primitive counts one.
    """
    return sum(_cost(node) for node in walk(roots) if node.args)


def _cost(node: Expression) -> int:
    if node.head == "pow" and node.args[1].head == "number" and node.args[1].value.denominator == 1:
        n = abs(node.args[1].value.numerator)
        return max(1, n.bit_length() - 1 + n.bit_count() - 1) + (node.args[1].value < 0)
    return 1
