"""x' is the rate of x, or x transposed: each notes have one meaning, which the header or the dynamics x' = f(x) tells."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeGuard

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.marks import unmarked
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.usage import head
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

TIMES = ("t", "T", "tau")
SLOPED = "functions with slopes"  # of F'(k), where primes are rates


def is_primed(node: Node | None) -> TypeGuard[tree.Letter]:
    """A letter with one prime and nothing else on it."""
    return isinstance(node, tree.Letter) and _primes(node) == 1


def _primes(node: tree.Letter) -> int:
    """1 of x', 2 of x'', of a letter with nothing else on it."""
    marks = [getattr(item, "name", "") for item in node.above]
    return len(marks) if not node.accents and marks in (["prime"], ["prime"] * 2) else 0


def moved(chains: Iterable[tree.Chain], context: Context) -> Context:
    """x' = f(x), s' = A s + b or x' - f(x) in notes that have x(0), x(T), dx/dt or integrals in time: their primes are rates in time.

    In notes without such rates x' Q x says that they transpose.
    """
    chains = list(chains)
    nodes = [node for chain in chains for node in walk(chain)]
    calls = [node for node in nodes if isinstance(node, tree.Call) and any(map(_is_time, node.arguments))]
    timed = {getattr(call.function, "name", "") for call in calls}
    sloped = {*_sloped(nodes)}
    rates = [(letter, called) for chain in chains for letter, called in _rates(chain) if key(letter) not in sloped]
    named = any(letter.name in timed and called for letter, called in rates)
    moving = {letter for letter, _ in rates}
    others = {chain.sides[1] for chain in chains if chain.relations == ("=",) and chain.sides[0] in moving}  # q of x_1 = q
    dotted = {replace(node, accents=()) for node in nodes if isinstance(node, tree.Letter) and {"dot", "ddot"} & {*node.accents}}
    running = any(_runs(node) for node in nodes) and not dotted - others
    turned = any(map(_weighs, nodes)) and not rates
    rate = named or (bool(rates) and running and not any(_transposes(node, moving) for node in nodes))
    meant = "rate" if rate else "transposed" if turned else ""
    meant = context.option("prime") or meant
    return replace(context, options={**context.options, "prime": meant, SLOPED: " ".join(sorted(sloped))}) if meant else context


def _sloped(nodes: Sequence[Node]) -> Iterator[str]:
    """F of F'(k) and U of U''(c), beside which F' is no rate; y'(x) of a curve y(x) is one."""
    clocks = {node.by for node in nodes if isinstance(node, tree.Integral)}
    for call in nodes:
        called = call.function if isinstance(call, tree.Call) else None
        if isinstance(called, tree.Letter) and _primes(called) and isinstance(call, tree.Call):
            values = [argument for argument in call.arguments if isinstance(argument, tree.Letter) and argument.name not in TIMES]
            yield from [key(replace(called, above=()))] if len(values) == len(call.arguments) and not {*values} & clocks else []


def _rates(chain: tree.Chain) -> Iterator[tuple[tree.Letter, bool]]:
    """x of x' = ... or of x' - ...; is it written x'(t), or is what it equals a function of something?"""
    if chain.relations[:1] == ("=",):
        left = _moving(chain.sides[0])
        updates = left is not None and replace(left, above=()) in tree.terms(chain.sides[1])  # theta' = theta - eta g
        if left is not None and not updates and head(chain.sides[1]) != left and not any(map(is_primed, walk(chain.sides[1]))):
            yield replace(left, above=()), any(isinstance(side, tree.Call) for side in chain.sides[:2])
    for node in walk(chain):
        first = node.terms[0] if isinstance(node, tree.Sum) and len(node.terms) > 1 else None
        if is_primed(first) and isinstance(node, tree.Sum) and all(isinstance(term, tree.Negative) for term in node.terms[1:]):
            yield replace(first, above=()), False


def _moving(node: Node) -> tree.Letter | None:
    """x' of x' and x'(t)."""
    inner = node.function if isinstance(node, tree.Call) and all(map(_is_time, node.arguments)) else node
    return inner if is_primed(inner) else None


def _is_time(node: Node) -> bool:
    return isinstance(node, tree.Number) or (isinstance(node, tree.Letter) and node.name in TIMES)


def _runs(node: Node) -> bool:
    """dx/dt, or an integral in time."""
    by = node.by if isinstance(node, tree.Derivative) else (node.by,) if isinstance(node, tree.Integral) else ()
    return any(isinstance(letter, tree.Letter) and letter.name == "t" and not letter.below for letter in by)


def _transposes(node: Node, moving: Container[tree.Letter]) -> bool:
    """x' Q x, or a capital with a prime that does not move."""
    return _weighs(node) or (is_primed(node) and node.name.isupper() and replace(node, above=()) not in moving)


def _weighs(node: Node) -> bool:
    factors = node.factors if isinstance(node, tree.Product) else ()
    return len(factors) > 1 and is_primed(factors[0]) and replace(factors[0], above=()) == factors[-1]


def dotted(node: Node, context: Context) -> Node:
    """`node` with dots for primes; a function's prime, and a letter that is declared with its prime, stay."""
    if isinstance(node, tree.Letter) and (times := _primes(node)):
        bare = replace(node, above=())
        known = context.letters.get(key(bare))
        sloped = key(bare) in context.option(SLOPED).split()
        kept = sloped or f"{key(bare)}^prime" in context.letters or (known is not None and known.kind in ("function", "functional"))
        return node if kept else replace(bare, accents=("d" * (times - 1) + "dot",))
    if isinstance(node, tree.Call) and is_primed(node.function) and not all(map(_is_time, node.arguments)):  # g'(x(T))
        return replace(node, arguments=tuple(dotted(argument, context) for argument in node.arguments))
    return rebuilt(node, lambda child: dotted(child, context))


def transposed(node: Node) -> Node:
    """`node` with transposes for primes."""
    if isinstance(node, tree.Letter) and is_primed(node):
        return tree.Transposed(replace(node, above=()), span=node.span)
    return rebuilt(node, transposed)


def unprimed(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula in the meaning that its notes give to primes and hats; as it is where they give none."""
    meaning = context.option("prime")
    made = unmarked(dotted(chain, context) if meaning == "rate" else transposed(chain) if meaning == "transposed" else chain, context)
    assert isinstance(made, tree.Chain)
    return made
