"""Examples of one number behind layers of any size: f(x, u) = c x + u, where the header has x in R^n and u in R^m."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import walk
from adjointcheck.notes.letters.own_letters import SCALAR, fits
from adjointcheck.notes.letters.usage import role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

OPTION = "sizes before the example"
SIZED = ("x", "w", "theta")


def narrowed(field: Node, context: Context) -> Context:
    """With numbers for state, control and parameters, where the field of an example fits these alone."""
    state = next(iter(context.of("x")), None)
    letters = {known.letter: known for known in context.letters.values() if known.symbol in SIZED and not known.part}
    told = all(known.source == "declared" for known in letters.values())  # else w of tanh(w x) may be a matrix
    if state is None or not told or context.over() != "layers" or context.option(OPTION) or fits(field, state.shape, context):
        return context
    made = replace(context, letters={**context.letters, **{name: replace(known, shape=SCALAR) for name, known in letters.items()}})
    sizes = " ".join(f"{name}:{known.shape[0]}:{known.shape[1]}" for name, known in letters.items())
    return replace(made, options={**made.options, OPTION: sizes}) if fits(field, SCALAR, made) else context


def widened(chain: tree.Chain, context: Context) -> Context:
    """With the sizes of before, once f(x_k, u_k) is spoken of again."""
    calls = (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Call))
    again = any(is_field(call.function, context) and any(getattr(value, "below", ()) for value in call.arguments) for call in calls)
    if not context.option(OPTION) or not again:
        return context
    sizes = (entry.split(":") for entry in context.option(OPTION).split())
    letters = {name: replace(context.letters[name], shape=(rows, cols)) for name, rows, cols in sizes}
    return replace(context, letters={**context.letters, **letters}, options={**context.options, OPTION: ""})


def is_field(function: Node, context: Context) -> bool:
    """f of f(x), f_x(x) and (df/dx)(x)."""
    of = function.of if isinstance(function, tree.Derivative | tree.Transposed) else function
    return isinstance(of, tree.Letter) and "f" in (role_in(of, context), role_in(replace(of, below=()), context))
