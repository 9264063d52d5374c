"""Controls that notes choose, u = 0 or u = -1, and the system under one of them: the field and the cost with its value put in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Law
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, symbols, unknown, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tasks import task_of
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.reservations import assigns_control

CHOSEN, SWITCHED, TASK = "chosen", "switched control", "task"
MOVING = {"x", "p", "w", "P", "H", "J", "t"}


def choosing(left: Node, right: Node, context: Context) -> Context:
    """With the choice that a line makes, or without any where it says by what the control is optimal."""
    if not isinstance(left, Symbol) or left.name != "w" or not left.part or left.at not in (None, Symbol("t")):
        return context
    control = replace(left, at=None)
    before = next((law for law in context.laws if law.kind == CHOSEN and law.left == control), None)
    kept = tuple(law for law in context.laws if law is not before)
    if not assigns_control(left, right, context) or symbols(right) & MOVING or unknown(right):
        return replace(context, laws=kept)
    switched = before is not None and before.right != right
    options = {**context.options, SWITCHED: "yes"} if switched else context.options
    return replace(context, laws=(*kept, Law(CHOSEN, control, right)), options=options)


def in_task(paragraph: str, context: Context) -> Context:
    """Without the choices of before, where another task begins."""
    task = task_of(paragraph)
    if task in ("", context.option(TASK)):
        return context
    laws = tuple(law for law in context.laws if law.kind != CHOSEN)
    return replace(context, laws=laws, options={**context.options, SWITCHED: "", TASK: task})


def under_choice(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context] | None:
    """A line and the notes with the chosen control put in; None without one, after a second one, and where it says what the control is."""
    chosen = [law for law in context.laws if law.kind == CHOSEN]
    nodes = [*walk(left), *walk(right)]
    sums = not isinstance(left, Symbol) and not any(isinstance(part, tree.Derivative) for part in nodes)  # u + p = 1 - t, and no u = -p
    about = {*([] if sums else ["w"]), "P", "V", "K"} & {part.name for part in nodes if isinstance(part, Symbol)} - {*_of_states(context)}
    if not chosen or context.option(SWITCHED) or about or any(isinstance(part, tree.Extremum | tree.Variation) for part in nodes):
        return None
    dropped = (CHOSEN, "bounds", "solution")
    laws = tuple(replace(law, right=_put(law.right, chosen)) for law in context.laws if law.kind not in dropped)
    bodies = {name: _put(known.body, chosen) for name, known in context.letters.items() if known.body is not None}
    letters = {name: replace(known, body=bodies.get(name)) for name, known in context.letters.items()}
    free = replace(context, laws=laws, letters=letters, hypotheses=tuple(held for held in context.hypotheses if held != "optimal"))
    return _put(left, chosen), _put(right, chosen), free


def _of_states(context: Context) -> Iterator[str]:
    """V of V = c x - d ln x, which is no value that an optimum has."""
    bodies = [(known.symbol, known.body) for known in context.letters.values() if known.body is not None]
    yield from (name for name, body in bodies if "x" in symbols(body) and not symbols(body) & (MOVING - {"x"}))


def with_choice(node: Node, context: Context) -> Node:
    """The expression with the value of the control that the notes have chosen."""
    return _put(node, [law for law in context.laws if law.kind == CHOSEN])


def _put(node: Node, chosen: list[Law]) -> Node:
    """u and u(t) by their values."""
    value = next((law.right for law in chosen if isinstance(node, Symbol) and replace(node, at=None) == law.left), None)
    return value if value is not None else rebuilt(node, lambda child: _put(child, chosen))
