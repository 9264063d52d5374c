"""f_theta(x, t) is f(x, t, theta): notes on neural networks write the weights below the field's letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.quantities import rebuilt, walk
from adjointcheck.notes.letters.usage import USUAL_STATES, head, moving, pair_of, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

FIELDS = ("f", "F", "v")
WEIGHTS = ("theta", "vartheta", "Theta", "phi", "varphi", "omega", "w", "W")


def netted(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letter f of dx/dt = f_theta(x, t), df_theta/dx or x_{l+1} = x_l + f_{theta_l}(x_l), if f has its weights wherever called."""
    chains = list(chains)
    found = {name for chain in chains for name in (*_fields(chain), *_sloped(chain))}
    calls = (node.function for chain in chains for node in walk(chain) if isinstance(node, tree.Call))
    bare = {function.name for function in calls if isinstance(function, tree.Letter) and not function.below}
    return replace(context, options={**context.options, "net": min(found - bare)}) if found - bare else context


def _fields(chain: tree.Chain) -> Iterator[str]:
    pair = pair_of(chain)
    if pair is None or (moving(pair[0]) is None and not (isinstance(pair[0], tree.Letter) and successor(pair[0]))):
        return
    for term in tree.terms(pair[1]):
        for factor in term.factors if isinstance(term, tree.Product) else (term,):
            if isinstance(factor, tree.Call) and _weights(factor.function) is not None and isinstance(factor.function, tree.Letter):
                yield factor.function.name


def _sloped(chain: tree.Chain) -> Iterator[str]:
    """f of df_theta/dz."""
    for part in walk(chain):
        field = part.of if isinstance(part, tree.Derivative) and part.kind == "partial" and len(part.by) == 1 else None
        letter = field.function if isinstance(field, tree.Call) else field
        if isinstance(part, tree.Derivative) and letter is not None and _weights(letter) is not None and isinstance(letter, tree.Letter):
            state = head(part.by[0])
            yield from [letter.name] if letter.name in FIELDS and state is not None and state.name in USUAL_STATES else []


def _weights(node: Node) -> tree.Letter | None:
    """theta of f_theta, theta_l of f_{theta_l}."""
    below = node.below if isinstance(node, tree.Letter) and not node.accents and not node.above else ()
    return below[0] if len(below) == 1 and isinstance(below[0], tree.Letter) and below[0].name in WEIGHTS else None


def in_full(call: tree.Call) -> tree.Call:
    """f(z, x, theta) of f_theta(z, x)."""
    made = _spelt(call, getattr(call.function, "name", ""))
    assert isinstance(made, tree.Call)
    return made


def spelt(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with the weights among the arguments."""
    name = context.option("net")
    made = _spelt(chain, name) if name else chain
    assert isinstance(made, tree.Chain)
    return made


def _spelt(node: Node, name: str) -> Node:
    function = node.function if isinstance(node, tree.Call) else node
    weights = _weights(function) if isinstance(function, tree.Letter) and function.name == name else None
    if weights is None or not isinstance(function, tree.Letter):
        return rebuilt(node, lambda child: _spelt(child, name))
    bare = replace(function, below=())
    if not isinstance(node, tree.Call):
        return bare
    arguments = tuple(_spelt(argument, name) for argument in node.arguments)
    return replace(node, function=bare, arguments=(*arguments, weights), separators=(",",) * len(arguments))
