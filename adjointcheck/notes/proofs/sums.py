"""Sums as forms: over all layers, or over all observations, of which a setting has two, s and r; integrals over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjointcheck.expression.node import ZERO, Expression, substitute, symbol, symbols_of
from adjointcheck.notes.letters.indices import Unclear, past_last
from adjointcheck.notes.letters.meaning import Size, Symbol, children
from adjointcheck.notes.letters.quantities import instead, placed_from, shifted
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

if TYPE_CHECKING:
    from adjointcheck.notes.proofs.claims import Form, Reader

PAID, LAYER = "phi", Symbol("l")
ANY = Symbol("s", part=(Symbol("observation"),))


def over_layers(reader: Reader, node: tree.Series) -> Form:
    """A sum over all layers, whatever its index starts with; the last layer's own term apart."""
    if not reader.setting.language.layers or node.kind != "sum" or not isinstance(node.lower, tree.Number) or node.upper is None:
        raise Unclear("a sum", "sums over the layers 0 ... N - 1")
    start = int(node.lower.value)
    beyond = past_last(node.upper) - start
    body = reader.summing(-start).form(node.body)
    if set(body) - {"", "here"}:
        raise Unclear("a sum with terms at fixed layers", "terms of the running layer")
    root = body.get("here", ZERO) + body.get("", ZERO)
    if beyond not in (0, -1):
        raise Unclear("a sum over some of the layers", "sums over all layers")
    return {"sum": root} if beyond == -1 else {"sum": root, reader.setting.language.points[-1]: root}


def termwise(left: Node, right: Node) -> tuple[Node, Node]:
    """a_l = b_{l-1} for sum_{l=1}^N a_l = sum_{l=0}^{N-1} b_l: equal summands make equal sums."""
    match left, right:
        case (tree.Series("sum", body, Symbol() as index, tree.Number(first), tree.Node() as last),
              tree.Series("sum", other, Symbol() as second, tree.Number(start), tree.Node() as end)):
            steps = int(start - first)
            if shifted(end, -steps) == shifted(last, 0):
                return placed_from(body, LAYER, index), placed_from(other, shifted(LAYER, steps), second)
    return left, right


def over_observations(reader: Reader, node: tree.Series) -> Form:
    """A sum of what is taken at each observation: the same at s, at r, and at the end where the last one is made there."""
    ends = (None, tree.Number(ZERO.value + 1), Symbol("N"))
    whole = node.kind == "sum" and node.lower in ends[:2] and (node.upper in (ends[0], ends[2]) or isinstance(node.upper, Size))
    body = reader.form(instead(node.body, Symbol("s", part=(node.index,)), ANY)) if whole and isinstance(node.index, Symbol) else {}
    if set(body) != {"s"}:
        raise Unclear("a sum", "sums over all observations of what is taken at each")
    last = {reader.setting.language.points[-1]: _at_end(body["s"])} if reader.context.option("sampled to") else {}
    return {"s": body["s"], "r": _at_other(body["s"]), **last}


def _at_other(root: Expression) -> Expression:
    """phi_r for phi, the cost of the other observation."""
    names = {name for name in symbols_of(root) if name.partition(".")[0].partition("_")[0] == PAID}
    return substitute([root], {name: symbol(name.replace(PAID, f"{PAID}_r", 1)) for name in names})[0]


def _at_end(root: Expression) -> Expression:
    """Psi for phi, the cost of the observation at the end, where nothing jumps."""
    names = symbols_of(root)
    if "p" in {name.partition(".")[0] for name in names}:
        raise Unclear("a sum of costates at observations", "costates at one of them")
    return substitute([root], {name: symbol(name.partition(".")[0].replace(PAID, "Psi", 1)) for name in names})[0]


def over_time(body: Node, by: Symbol) -> Node:
    """The integrand with t for the letter over which is integrated; raises Unclear where it speaks of another time too."""
    if by.name != "t" and _speaks_of_now(body):
        raise Unclear(f"the time t under an integral over {by.name}", "one time under an integral")
    return instead(body, by, Symbol("t", bound=True))


def _speaks_of_now(node: Node) -> bool:
    """Of t itself, and not of the slope f_t in the argument t."""
    inner = (node.of,) if isinstance(node, tree.Derivative) and node.kind == "partial" else children(node)
    return node == Symbol("t") or any(map(_speaks_of_now, inner))
