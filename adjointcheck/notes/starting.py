"""The start: x(0) = x_0(theta) moves with parameters, as gradients and sensitivities do; delta x(0) = 0 holds it."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context, Declared, key, own
from adjointcheck.notes.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.tree import Node

START = Symbol("x", at=Symbol("t0"))
SLOPE = "x0_theta"  # dx_0/dtheta in the settings; 0 where the start is free of parameters


def parametrised(right: Node, context: Context) -> Context | None:
    """With the start as a function of the parameters under the notes' name for it; None where the right side is no such function."""
    letter = right.function if isinstance(right, tree.Call) else None
    if not isinstance(right, tree.Call) or not isinstance(letter, tree.Letter) or letter.accents or letter.above:
        return None
    arguments = [resolve(argument, context) for argument in right.arguments]
    if context.over() == "layers" or not all(isinstance(value, Symbol) and value.name == "theta" for value in arguments):
        return None
    made = resolve(letter, context)
    if unknown(made):
        context = context.declare(Declared(key(letter), own(key(letter)), ("n", "1"), "alias", body=START, source="proposed"))
    elif made != START:
        return None
    return replace(context, options={**context.options, "starts": "theta"})


def moves_with(inputs: frozenset[str], context: Context) -> frozenset[str]:
    """The inputs that move when these do: the start moves with its parameters."""
    return inputs | {"x0"} if "theta" in inputs and context.option("starts") else inputs


def unheld(inputs: frozenset[str], sides: tuple[Node, ...], context: Context) -> frozenset[str]:
    """What moves where no input is named: the start, or where the notes hold it and do not name it, control and parameters."""
    named = any(isinstance(part, tree.Variation) and part.of in (START, Symbol("x0")) for side in sides for part in walk(side))
    others = frozenset(name for name in ("w", "theta") if context.of(name))
    return others if "fixed start" in context.hypotheses and inputs == {"x0"} and others and not named else inputs
