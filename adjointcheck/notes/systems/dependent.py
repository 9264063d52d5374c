"""Matrices that depend on the parameters, xdot = A(theta) x: A for A(theta), of which no derivative in theta is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, walk
from adjointcheck.notes.letters.usage import head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

OPTION = "depends on parameters"
USUAL = ("theta", "vartheta")
REASON = "how a matrix depends on the parameters is not told"


def dependent(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the capitals that stand before the state in its motion, and are called with the parameters alone wherever they are called."""
    chains = list(chains)
    calls = [part for chain in chains for part in walk(chain) if isinstance(part, tree.Call) and isinstance(part.function, tree.Letter)]
    others = {getattr(call.function, "name", "") for call in calls if not _is_parametric(call, context)}
    names = {name for chain in chains for name in _before_state(chain, context)} - others - context.letters.keys()
    return replace(context, options={**context.options, OPTION: " ".join(sorted(names))}) if names else context


def _before_state(chain: tree.Chain, context: Context) -> Iterator[str]:
    """A of A(theta) x and (A(theta) - I) x."""
    pair = pair_of(chain)
    state = moving(pair[0]) if pair is not None else None
    for product in walk(pair[1]) if pair is not None and state is not None else ():
        factors = product.factors if isinstance(product, tree.Product) else ()
        if factors and head(factors[-1]) == state:
            yield from (part.function.name for factor in factors[:-1] for part in walk(factor) if isinstance(part, tree.Call)
                        and isinstance(part.function, tree.Letter) and _is_parametric(part, context))


def _is_parametric(call: tree.Call, context: Context) -> bool:
    """A(theta)."""
    argument = call.arguments[0] if len(call.arguments) == 1 else None
    capital = isinstance(call.function, tree.Letter) and len(call.function.name) == 1 and call.function.name.isupper()
    return capital and isinstance(argument, tree.Letter) and (role_in(argument, context) == "theta" or key(argument) in USUAL)


def alone(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with A for A(theta)."""
    names = context.option(OPTION).split()
    made = _alone(chain, names) if names else chain
    assert isinstance(made, tree.Chain)
    return made


def _alone(node: Node, names: list[str]) -> Node:
    called = isinstance(node, tree.Call) and isinstance(node.function, tree.Letter) and node.function.name in names
    return node.function if called and isinstance(node, tree.Call) else rebuilt(node, lambda child: _alone(child, names))


def asks_how(left: Node, right: Node, context: Context) -> bool:
    """Does it differentiate by the parameters, on which a matrix depends in a way that is not told?"""
    nodes = [part for side in (left, right) for part in walk(side)]
    slopes = (by for part in nodes if isinstance(part, tree.Derivative | tree.Variation)
              for by in (part.by if isinstance(part, tree.Derivative) else (part.of,)))
    moved = any(isinstance(by, Symbol) and by.name == "theta" for by in slopes)
    return bool(context.option(OPTION)) and (moved or any(isinstance(part, Symbol) and part.name in ("a_theta", "S") for part in nodes))
