"""x' is the rate of x, or x transposed: each notes have one meaning, which the header or the dynamics x' = f(x) tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context, key
from adjointcheck.notes.meaning import rebuilt, walk
from adjointcheck.notes.tree import Node


def is_primed(node: Node) -> bool:
    """A letter with one prime and nothing else on it."""
    return isinstance(node, tree.Letter) and not node.accents and [getattr(item, "name", "") for item in node.above] == ["prime"]


def moved(chains: Iterable[tree.Chain], context: Context) -> Context:
    """x' = f(x) in notes that have x(0), x(T) or x(t) somewhere: their primes are rates in time."""
    chains = list(chains)
    calls = (call for chain in chains for call in walk(chain) if isinstance(call, tree.Call) and len(call.arguments) == 1)
    timed = {getattr(call.function, "name", "") for call in calls if _is_time(call.arguments[0])}
    moving = (chain.sides[0] for chain in chains if chain.relations[:1] == ("=",) and isinstance(chain.sides[1], tree.Call))
    rates = any(is_primed(left) and isinstance(left, tree.Letter) and left.name in timed for left in moving)
    return replace(context, options={**context.options, "prime": "rate"}) if rates and not context.option("prime") else context


def _is_time(node: Node) -> bool:
    return isinstance(node, tree.Number) or (isinstance(node, tree.Letter) and node.name in ("t", "T", "tau"))


def dotted(node: Node, context: Context) -> Node:
    """`node` with dots for primes; a function's prime, and a letter that is declared with its prime, stay."""
    if isinstance(node, tree.Letter) and is_primed(node):
        bare = replace(node, above=())
        known = context.letters.get(key(bare))
        kept = f"{key(bare)}^prime" in context.letters or (known is not None and known.kind not in ("path", "constant"))
        return node if kept else replace(bare, accents=("dot",))
    return rebuilt(node, lambda child: dotted(child, context))


def transposed(node: Node) -> Node:
    """`node` with transposes for primes."""
    if isinstance(node, tree.Letter) and is_primed(node):
        return tree.Transposed(replace(node, above=()), span=node.span)
    return rebuilt(node, transposed)


def unprimed(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula in the meaning that its notes give to primes; as it is where they give none."""
    meaning = context.option("prime")
    made = dotted(chain, context) if meaning == "rate" else transposed(chain) if meaning == "transposed" else chain
    assert isinstance(made, tree.Chain)
    return made
