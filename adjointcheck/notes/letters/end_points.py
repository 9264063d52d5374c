"""Points that bear the mark of the end of the clock: x_f where the time runs to t_f."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, key
from adjointcheck.notes.letters.derivatives import is_here
from adjointcheck.notes.letters.quantities import Applied, Symbol, rebuilt, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def end_point(path: Node, context: Context) -> Node:
    """x(t_f) for the x_f of d x_f, and x(T) for x_T, where that is no letter of its own; any other path as it is."""
    if not isinstance(path, tree.Letter) or path.above or len(path.below) != 1 or context.over() == "layers":
        return path
    mark, bare = path.below[0], replace(path, below=())
    if key(path) in context.letters or getattr(context.letters.get(key(bare)), "symbol", "") not in ("x", "p"):
        return path
    for clock in [known.letter for known in context.of("t1")] or ROLES["t1"].usual:
        base, _, index = clock.partition("_")
        if mark == tree.Letter(index or base):
            return tree.Call(bare, (tree.Letter(base, (tree.Letter(index),) if index else ()),))
    return path


def rates_at(node: Node) -> Node:
    """dPsi/dt of (x(T), T), whose rate dx/dt is taken there too."""
    values = [value for part in walk(node) if isinstance(part, Applied) for _, value in part.arguments]
    places = {value.at for value in values if isinstance(value, Symbol) and value.name == "x"}
    place = places.pop() if len(places) == 1 else None

    def there(part: Node) -> Node:
        rate = isinstance(part, tree.Derivative) and (part.of, part.by, part.kind) == (Symbol("x"), (Symbol("t"),), "total")
        return tree.Evaluated(part, (place,)) if rate and place is not None else rebuilt(part, there)

    return node if is_here(place) else there(node)
