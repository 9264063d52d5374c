"""Notes that have layers and a flow: which of the two a formula speaks of, and the flow that layers x + h f become as h tends to 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context, Law
from adjointcheck.notes.meaning import Applied, Symbol, rebuilt, symbols, walk
from adjointcheck.notes.tree import Node

T = Symbol("t")


def spoken_of(sides: Iterable[Node], context: Context) -> Context:
    """The context of a resolved formula: where notes have a flow and its layers, a rate or an integral in time speaks of the flow."""
    nodes = [node for side in sides for node in walk(side)]
    flows = any(isinstance(node, tree.Integral) or (isinstance(node, tree.Derivative) and node.kind == "total" and node.by[:1] == (T,))
                for node in nodes)
    layered = any(isinstance(node, Symbol) and node.name in ("l", "N") for node in nodes)
    law = context.law("dynamics") or becoming(context)
    if not flows or layered or law is None or context.law("layers") is None:
        return context
    options = {name: value for name, value in context.options.items() if name != "over"}
    kept = tuple(_in_time(other) for other in context.laws if other.kind != "layers" and other is not law)
    return replace(context, laws=(law, *(other for other in kept if not counts_layers(other.right))), options=options)


def turned_to_time(right: Node, context: Context) -> Context:
    """A field that is written out, in notes whose layers have no time step: a problem of its own, of which nothing of the layers holds."""
    law = context.law("layers")
    if law is None or isinstance(right, tree.Call | tree.Letter) or "h" in symbols(law.right):
        return context
    options = {name: value for name, value in context.options.items() if name != "over"}
    letters = {name: known for name, known in context.letters.items() if known.symbol not in ("l", "N", "f", "L", "Psi")
               and (known.body is None or known.kind != "path")}
    return replace(context, laws=(), options=options, letters=letters)


def becoming(context: Context) -> Law | None:
    """xdot = f of layers x + h f, where h is written."""
    law = context.law("layers")
    terms = law.right.terms if law is not None and isinstance(law.right, tree.Sum) and len(law.right.terms) == 2 else ()
    scaled = terms[1] if terms and isinstance(terms[0], Symbol) and terms[0].name == "x" else None
    if not isinstance(scaled, tree.Product) or len(scaled.factors) != 2 or scaled.factors[0] != Symbol("h"):
        return None
    return Law("dynamics", tree.Derivative(Symbol("x"), (T,)), _here(scaled.factors[1])) if isinstance(scaled.factors[1], Applied) else None


def _here(node: Node) -> Node:
    """At the running time for at the running layer."""
    if isinstance(node, Symbol | Applied) and node.at == Symbol("l"):
        return replace(rebuilt(node, _here), at=None)
    return rebuilt(node, _here)


def _in_time(law: Law) -> Law:
    """A cost of the last layer is a cost at the end; h times a sum over all layers, an integral."""
    return replace(law, right=_integrated(law.right)) if law.kind == "objective" else law


def _integrated(node: Node) -> Node:
    if node == Symbol("N"):
        return Symbol("t1")
    body = _per_step(node)
    if body is None:
        return rebuilt(node, _integrated)
    return tree.Integral(_running(body), Symbol("t", bound=True), Symbol("t0"), Symbol("t1"))


def _per_step(node: Node) -> Node | None:
    """L of h sum_l L and of sum_l h L over the layers 0 ... N - 1."""
    last = tree.Sum((Symbol("N"), tree.Negative(tree.Number(Fraction(1)))))
    match node:
        case tree.Product((Symbol(name="h"), tree.Series("sum", body, _, tree.Number(value=0), upper))) if upper == last:
            return body
        case tree.Series("sum", tree.Product((Symbol(name="h"), body)), _, tree.Number(value=0), upper) if upper == last:
            return body
    return None


def _running(node: Node) -> Node:
    if isinstance(node, Symbol | Applied) and node.at == Symbol("l", bound=True):
        return replace(rebuilt(node, _running), at=None)
    return rebuilt(node, _running)


def counts_layers(node: Node) -> bool:
    """Does it speak of layers still?"""
    return any(isinstance(part, tree.Series) or (isinstance(part, Symbol) and part.name in ("l", "N")) for part in walk(node))
