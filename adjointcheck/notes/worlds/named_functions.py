"""Functions that notes leave open, as formulas with random numbers; one of one argument grows and is concave.

    F(z_1, z_2) = c + b_1 z_1 + b_2 z_2 - (a_1 z_1 + a_2 z_2)^2/2 + d sin(o_1 z_1 + o_2 z_2 + e),     d o_i^2 < a_i^2
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from adjointcheck.notes.letters.formal import spelt_out
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.quantities import Formal
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.worlds.evaluation import Env, evaluate, value_of
from adjointcheck.notes.worlds.jet import Value

WAVES = (("sin", 1), ("cos", 1), ("sin", -1), ("cos", -1))  # sin and its derivatives


@value_of.register
def _(node: Formal, env: Env) -> Value:
    return evaluate(formula(node, env.world.stage), env)


def in_numbers(node: Node, stage: Any) -> Node:
    """A law with formulas for its functions."""
    if not any(isinstance(part, Formal) for part in walk(node)):
        return node
    return in_numbers(formula(node, stage), stage) if isinstance(node, Formal) else rebuilt(node, lambda child: in_numbers(child, stage))


def formula(function: Formal, stage: Any) -> Node:
    """What the notes say that the function is, else a formula with random numbers."""
    found = spelt_out(function, stage.context)
    return found if found is not None else _drawn(function, stage)


def _drawn(function: Formal, stage: Any) -> Node:
    rng, count = stage.rng(f"function {function.name}"), len(function.arguments)

    def draw(low: float, high: float, size: int) -> list[Node]:
        return [_number(round(float(value), 2)) for value in rng.uniform(low, high, size)]

    (shift, height, phase), rates = draw(0.3, 0.5, 3), draw(0.8, 1.2, count)
    bends, waves = draw(0.6, 0.9, count), draw(0.5, 0.9, count)
    args, by = function.arguments, function.by
    bent = tree.Sum(tuple(map(_times, zip(bends, args, strict=True))))
    angle = tree.Sum((*map(_times, zip(waves, args, strict=True)), phase))
    name, sign = WAVES[len(by) % 4]
    terms = [tree.Product((*(waves[i] for i in by), _number(sign), height, tree.Function(name, (angle,))))]
    terms += [_bent(bent, bends, by)] if len(by) < 3 else []
    terms += [rates[by[0]]] if len(by) == 1 else []
    terms += [shift, *map(_times, zip(rates, args, strict=True))] if not by else []
    return tree.Sum(tuple(terms))


def _bent(bent: Node, bends: Sequence[Node], by: Sequence[int]) -> Node:
    """-b^2/2 and its slopes."""
    kept = [_number(-0.5), bent, bent] if not by else [_number(-1), *(bends[i] for i in by), *[bent] * (2 - len(by))]
    return tree.Product(tuple(kept))


def _times(pair: tuple[Node, Node]) -> Node:
    return tree.Product(pair)


def _number(value: float) -> Node:
    return tree.Number(Fraction(str(value)))
