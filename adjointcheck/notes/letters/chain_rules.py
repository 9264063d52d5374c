"""Chain rules as they are written, with what their writers leave out.

    (d lambda^T/d theta) v       is v^T (d lambda/d theta), the part of d(lambda^T v)/d theta that moves lambda
    dJ/d theta = (dJ/dx)(dx/d theta)   of a cost at the end is taken there
"""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import Applied
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

INPUTS = (Symbol("theta"), Symbol("w"))


def of_moved_rows(node: Node, context: Context) -> Node:
    """v^T (d lambda/d theta) for (d lambda^T/d theta) v, in all of a formula."""
    node = rebuilt(node, lambda child: of_moved_rows(child, context))
    if not isinstance(node, tree.Product) or len(node.factors) < 2 or not _is_moved_row(node.factors[0]):
        return node
    slope, *rest = node.factors
    vector = tree.Product(tuple(rest)) if rest[1:] else rest[0]
    assert isinstance(slope, tree.Derivative)
    return tree.Product((tree.Transposed(vector), replace(slope, of=tree.Transposed(slope.of))))


def _is_moved_row(node: Node) -> bool:
    """Is it d(lambda^T)/d theta?"""
    row = node.of if isinstance(node, tree.Derivative) and node.kind == "total" and len(node.by) == 1 and node.by[0] in INPUTS else None
    return isinstance(row, tree.Transposed) and symbols(row) == {"p"}


def at_its_end(left: Node, right: Node, context: Context) -> tuple[Node, Node]:
    """dJ/d theta = (dPsi/dx)(dx/d theta) |_{t_1}, where the cost is paid at the end alone and the line names no time."""
    whole = isinstance(left, tree.Derivative) and left.of == Symbol("J") and left.kind == "total"
    placed = any(getattr(part, "at", None) or isinstance(part, tree.Integral | tree.Evaluated | tree.Series) for part in walk(right))
    if not whole or placed or context.over() != "time" or context.law("rest") is not None or not _is_chain_rule(right):
        return left, right
    return left, tree.Evaluated(right, (Symbol("t1"),))


def _is_chain_rule(node: Node) -> bool:
    """Is it (d Psi/dx)(dx/d theta), perhaps with d Psi/d theta beside it?"""
    terms = [term.factors if isinstance(term, tree.Product) else (term,) for term in tree.terms(node)]
    slopes = [factor.of for term in terms for factor in term if isinstance(factor, tree.Derivative)]
    return all(isinstance(f, tree.Derivative) for term in terms for f in term) and Symbol("x") in slopes and any(
        isinstance(of, Applied) and of.name == "Psi" for of in slopes)
