"""Names for what a step puts into its function: z_l = W_l x_l + b_l, or W_l x_l alone, behind x_{l+1} = act(W_l x_l + b_l)."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Law
from adjointcheck.notes.letters.meaning import Applied, children, resolve, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def whole_of(value: Node, context: Context) -> Node | None:
    """W_l x_l + b_l, what the step puts into its function, if `value` is that or some of its terms."""
    law = context.law("layers")
    functions = [part for part in walk(law.right) if isinstance(part, tree.Function | Applied)] if law is not None else []
    inside = [argument for function in functions for argument in _values(function)] if isinstance(value, tree.Sum | tree.Product) else []
    return next((whole for whole in inside if {*tree.terms(value)} <= {*tree.terms(whole)}), None)


def _values(function: Node) -> tuple[Node, ...]:
    return tuple(value for _, value in function.arguments) if isinstance(function, Applied) else tuple(children(function))


def through(letter: tree.Letter, context: Context) -> Context:
    """With x_{l+1} = act(z_l) for x_{l+1} = act(W_l x_l + b_l), once z_l has a name."""
    value = context.letters[letter.name].body
    whole = whole_of(value, context) if value is not None else None
    if value is None or whole is None:
        return context
    rest = tuple(term for term in tree.terms(whole) if term not in tree.terms(value))
    made = tree.summed((resolve(letter, context), *rest))
    return replace(context, laws=tuple(_in_law(law, whole, made) for law in context.laws))


def _in_law(law: Law, whole: Node, made: Node) -> Law:
    return replace(law, right=instead(law.right, whole, made)) if law.kind == "layers" else law
