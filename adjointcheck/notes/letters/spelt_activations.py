"""Activations that the notes spell out, sigma = tanh and sigma(z) = 1/(1 + exp(-z)).

Worlds take them for what they are; what is proved for every function entry by entry holds for them too.
"""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.activations import NAME
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Symbol, resolve, symbols, unknown
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.arrange import NAMED
from adjointcheck.notes.reading.tree import Node

ARGUMENT = tree.Letter("z")


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
