"""Notes that have layers and a flow: which of the two a formula speaks of, and the flow that layers x + h f become as h tends to 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Law, key
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.potentials import is_gradient
from adjointcheck.notes.letters.usage import USUAL_PARAMETERS, head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

T = Symbol("t")


def spoken_of(sides: Iterable[Node], context: Context) -> Context:
    """The context of a resolved formula: where notes have a flow and its layers, a rate or an integral in time speaks of the flow."""
    nodes = [node for side in sides for node in walk(side)]
    flows = context.over() == "time" or any(map(_flows, nodes))
    layered = any(isinstance(node, Symbol) and node.name in ("l", "N") for node in nodes)
    law = context.law("dynamics") or becoming(context)
    if not flows or layered or law is None or context.law("layers") is None:
        return context
    options = {name: value for name, value in context.options.items() if name != "over"}
    kept = tuple(_in_time(other) for other in context.laws if other.kind != "layers" and other is not law)
    return replace(context, laws=(law, *(other for other in kept if not counts_layers(other.right))), options=options)


def _flows(node: Node) -> bool:
    """A rate in time, or an integral."""
    return isinstance(node, tree.Integral) or (isinstance(node, tree.Derivative) and node.kind == "total" and node.by[:1] == (T,))


def phased(chain: tree.Chain, context: Context) -> Context:
    """Notes with layers and a flow speak of time from a formula on that speaks of x(t) or of a rate, and of layers again from x_k on."""
    if context.law("layers") is None or not (context.law("dynamics") or becoming(context) or _is_flow(chain, context)):
        return context
    nodes = [node for side in chain.sides for node in walk(side)]
    over = "layers" if any(_counts(node, context) for node in nodes) else "time" if any(_is_timed(node, context) for node in nodes) else ""
    if over in ("", context.over()):
        return context
    gone = _layers_alone(chain, context) if over == "time" else {*context.otherwise}
    kept = {name: known for name, known in context.letters.items() if name not in gone}
    otherwise = {name: known for name, known in context.letters.items() if name in gone}
    options = {**context.options, "over": over}
    return replace(unforced(context), options=options, letters={**kept, **context.otherwise}, otherwise=otherwise)


def unforced(context: Context) -> Context:
    """Without the hypothesis that the control is optimal: that of a flow is none of its layers, nor of any step."""
    return replace(context, hypotheses=tuple(name for name in context.hypotheses if name != "optimal"))


def _is_flow(chain: tree.Chain, context: Context) -> bool:
    """dx(t)/dt = f(x(t), t, theta) of the state that layers have."""
    pair = pair_of(chain)
    letter = moving(pair[0]) if pair else None
    return letter is not None and not letter.below and role_in(letter, context) == "x"


def _layers_alone(chain: tree.Chain, context: Context) -> set[str]:
    """The t that counts layers, the weights theta_t of a layer that are theta in a flow, and its field f with other arguments."""
    flow = _is_flow(chain, context)
    bare = {part.name for side in chain.sides for part in walk(side) if isinstance(part, tree.Letter)} if flow else set()
    called = {part.name for side in chain.sides for call in walk(side) if isinstance(call, tree.Call) and (part := head(call)) and flow}
    return {name for name, known in context.letters.items() if name in context.otherwise
            or (known.symbol in ("l", "N") and name in ("t", "T", "s", "tau"))
            or (known.symbol == "w" and known.source != "declared" and name in bare - called and name in USUAL_PARAMETERS)
            or (known.symbol == "f" and known.source != "declared" and name in called and not is_gradient(context))}


def _counts(node: Node, context: Context) -> bool:
    """x_k, p_N, and a sum over k."""
    counters = {known.letter for known in (*context.of("l"), *context.of("N"))}
    places = node.below if isinstance(node, tree.Letter) else (node.index,) if isinstance(node, tree.Series) and node.index else ()
    return any(isinstance(part, tree.Letter) and part.name in counters for place in places for part in walk(place))


def _is_timed(node: Node, context: Context) -> bool:
    """x(t), p(T), dx/dt, an integral in time."""
    usual = {name for name, symbol in USUAL.items() if symbol in ("t", "t0", "t1")}
    times = {"tau", "s", *usual, *(known.letter for symbol in ("t", "t0", "t1") for known in context.of(symbol))}
    if isinstance(node, tree.Call):
        first = next((part for part in walk(node.arguments[0]) if isinstance(part, tree.Letter)), None)
        return first is not None and len(node.arguments) == 1 and key(first) in times and role_in(head(node), context) in ("x", "p", "w")
    rate = isinstance(node, tree.Derivative) and node.by[:1] == (tree.Letter("t"),)
    rate = rate or (isinstance(node, tree.Letter) and node.accents[-1:] == ("dot",))
    return rate or (isinstance(node, tree.Integral) and getattr(node.by, "name", "") in times)


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
    """xdot = f of layers x + h f, and of x + f in notes without a time step."""
    law = context.law("layers")
    terms = law.right.terms if law is not None and isinstance(law.right, tree.Sum) and len(law.right.terms) == 2 else ()
    scaled = terms[1] if terms and isinstance(terms[0], Symbol) and terms[0].name == "x" else None
    stepped = isinstance(scaled, tree.Product) and len(scaled.factors) == 2 and scaled.factors[0] == Symbol("h")
    field = scaled.factors[1] if stepped and isinstance(scaled, tree.Product) else None if context.of("h") else scaled
    return Law("dynamics", tree.Derivative(Symbol("x"), (T,)), _here(field)) if isinstance(field, Applied) else None


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
