"""A solver by its name, z(t_1) = ODESolve(z(t_0), f, t_0, t_1, theta), and the loss of what it returns (Chen et al. 2018, equation 3)."""

from __future__ import annotations

import re
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Applied, Symbol, core_of, rebuilt, resolve
from adjointcheck.notes.letters.usage import ended_function, head, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.several_costs import of_end

SOLVER = re.compile(r"(?:ode)?[_ ]?(?:solver?|int(?:egrate)?|flow)(?:[_ ]?ode|[_ ]?ivp)?|ode", re.IGNORECASE)


def solved(node: Node, context: Context) -> Node:
    """z(t_1) for ODESolve(z(t_0), f, t_0, t_1, theta) and for ODESolve(z(t_0), f, [t_0, t_1], theta): the solution at the second time."""
    function = head(node)
    if not isinstance(node, tree.Call) or function is None or not SOLVER.fullmatch(function.name) or function.below:
        return rebuilt(node, lambda child: solved(child, context))
    arguments = [part for argument in node.arguments for part in _entries(argument)]
    made = [core_of(resolve(argument, context)) for argument in arguments]
    fields = [item for item in made if isinstance(item, Applied) and item.name == "f"]
    starts = [item for item in made if isinstance(item, Symbol) and item.name in ("x", "x0") and not item.part]
    times = [argument for argument, item in zip(arguments, made, strict=True) if _is_time(item)]
    letter = next((known.letter for known in context.of("x")), "")
    if len(fields) != 1 or len(starts) != 1 or len(times) != 2 or not letter:
        return node
    begun = starts[0].at or (Symbol("t0") if starts[0].name == "x0" else None)
    return tree.Call(tree.Letter(letter), (times[1],)) if begun in (None, resolve(times[0], context)) else node


def _entries(node: Node) -> tuple[Node, ...]:
    """t_0 and t_1 of [t_0, t_1]."""
    return tuple(entry for row in node.rows for entry in row) if isinstance(node, tree.Vector) else (node,)


def _is_time(node: Node) -> bool:
    return isinstance(node, tree.Number) or (isinstance(node, Symbol) and node.name in ("t", "t0", "t1", "s", "r"))


def lost(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """L(z(t_1)) = L(z(t_0) + int f dt) says of any loss that its arguments are one, and that it is a loss of the end state."""
    sides = tuple(solved(side, context) for side in chain.sides)
    chain = replace(chain, sides=sides)
    loss = head(sides[0])
    known = loss is not None and role_in(loss, context) in ("", "J")
    same = known and all(isinstance(side, tree.Call) and head(side) == loss and len(side.arguments) == 1 for side in sides)
    if len(sides) < 2 or not same or loss is None or not ended_function(sides[0], context):
        return chain, context
    inner = tuple(side.arguments[0] for side in sides if isinstance(side, tree.Call))
    return replace(chain, sides=inner), context if context.law("objective") else of_end(loss, context)
