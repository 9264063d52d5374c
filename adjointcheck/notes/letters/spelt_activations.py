"""Activations that the notes spell out, sigma = tanh and sigma(z) = 1/(1 + exp(-z)).

Worlds take them for what they are; what is proved for every function entry by entry holds for them too.
"""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.activations import NAME
from adjointcheck.notes.letters.context import Context, Declared, key
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.arrange import NAMED
from adjointcheck.notes.reading.tree import Node

ARGUMENT = tree.Letter("z")
PRIME = (tree.Letter("prime"),)


def activation(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """sigma = tanh, sigma(z) = 1/(1 + exp(-z)): what it is of a number."""
    pair = pair_of(chain) if len(chain.sides) == 2 else None
    letter, argument, body = _spelt(*pair) if pair is not None else (None, ARGUMENT, ARGUMENT)
    known = context.letters.get(letter.name) if letter is not None else None
    if letter is None or known is None or letter.below or letter.above or letter.accents or known.symbol != NAME:
        return None
    told = resolve(instead(body, argument, Symbol("x")), context)
    if unknown(told) or symbols(told) != {"x"} or known.body not in (None, told):
        return None
    return "definition", (known.letter,), replace(context, letters={**context.letters, known.letter: replace(known, body=told)})


def _spelt(left: Node, right: Node) -> tuple[tree.Letter | None, Node, Node]:
    """(sigma, z, tanh z) of sigma = tanh and sigma(z) = tanh z."""
    match left, right:
        case tree.Call(function=tree.Letter() as letter, arguments=(tree.Letter() as argument,)), _:
            return letter, argument, right
        case tree.Letter() as letter, tree.Letter(name=name) if name in NAMED:
            return letter, ARGUMENT, tree.Function(name, (ARGUMENT,))
    return None, ARGUMENT, ARGUMENT


def of_number(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context] | None:
    """sigma'(s) = 1 - sigma(s)^2 as a line on tanh of a number s, which is all that its own context has; None for other lines."""
    known = next((known for known in context.of(NAME) if known.body is not None), None)
    name, parts = known.letter if known is not None else "", [part for side in chain.sides for part in walk(side)]
    found = {part for part in parts if isinstance(part, tree.Letter)}
    letters = {key(part) for part in found} - {"prime", name}
    sloped = any(isinstance(part, tree.Derivative) for part in parts) or any(part.above == PRIME for part in found)
    spoken = any(part.name == name for part in found) or any(isinstance(part, tree.Function) and part.name in NAMED for part in parts)
    matrices = any(isinstance(part, tree.Transposed) or (isinstance(part, tree.Function) and part.name not in NAMED) for part in parts)
    if chain.conditions or not (sloped and spoken) or matrices or len(letters) > 1 or letters & {*context.letters}:
        return None
    number = tree.Letter(next(iter(letters), "one entry"))
    if any(isinstance(part, tree.Call) and part.arguments != (number,) for part in parts):
        return None
    body = instead(known.body, Symbol("x"), number) if known is not None and known.body is not None else None
    sides = tuple(_spelt_out(side, name, body, number) if body is not None else side for side in chain.sides)
    return replace(chain, sides=sides), Context().declare(Declared(number.name, "x", ("1", "1"), "path"))


def _spelt_out(node: Node, name: str, body: Node, number: tree.Letter) -> Node:
    """With the formula for sigma(s) and sigma, and its slope for sigma'."""
    letter = node.function if isinstance(node, tree.Call) else node
    if isinstance(letter, tree.Letter) and letter.name == name:
        return tree.Derivative(body, (number,), "partial") if letter.above == PRIME else body
    return rebuilt(node, lambda child: _spelt_out(child, name, body, number))
