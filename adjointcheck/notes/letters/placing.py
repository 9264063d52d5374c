"""What holds at one time: lambda = Phi_x^T at t = T, x = x_0 at t = 0, and q = dJ/dtheta at s = t_1 - t_0, where s is t_1 - t."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt
from adjointcheck.notes.letters.scales import runs_back, when
from adjointcheck.notes.letters.usage import pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

ENDS = ("t0", "t1", "N", "s", "tau")


def begun(chain: tree.Chain, context: Context) -> tree.Chain:
    """x(0) = x_0 of `x = x_0 at t = 0`, which says where the state starts, and x(T) = x_1 of its end."""
    pair = pair_of(chain)
    times = [item for item in chain.conditions if isinstance(item, tree.Chain) and item.relations == ("=",)]
    times = [item for item in times if item.sides[0] == tree.Letter("t")]
    if pair is None or len(times) != 1 or not isinstance(pair[0], tree.Letter) or role_in(pair[0], context) != "x":
        return chain
    return tree.Chain((tree.Call(pair[0], times[0].sides[1:]), *chain.sides[1:]), chain.relations)


def placed(chain: tree.Chain, context: Context) -> tree.Chain:
    """a = b at t = T: both sides are taken there; and so is all of dJ/dT = phi_T + phi_x f + L|_{t=T}."""
    right, end = chain.sides[-1], Symbol("t1")
    last = right.terms[-1] if isinstance(right, tree.Sum) else None
    if isinstance(last, tree.Evaluated) and not last.less and last.at == (end,) and _is_moved_end(chain.sides[0]):
        assert isinstance(right, tree.Sum)
        chain = replace(chain, sides=(*chain.sides[:-1], tree.Evaluated(tree.Sum((*right.terms[:-1], last.of)), last.at)))
    for item, place in [*_places(chain, context)]:
        beside = tuple(other for other in chain.conditions if other is not item or is_running(item.sides[0]))
        chain = replace(chain, sides=tuple(_at(side, place, context) for side in chain.sides), conditions=beside)
    return chain


def paid_there(node: Node, context: Context) -> Node:
    """Phi_x(x(0)) of Phi_x at t = 0 or at x = x(0), which without its argument would be the slope at the last state."""
    place = next((_instant(item) for item in node.at), None) if isinstance(node, tree.Evaluated) and not node.less else None
    if not isinstance(node, tree.Evaluated) or place is None or place in (Symbol("t1"), Symbol("N")):
        return rebuilt(node, lambda child: paid_there(child, context))
    taken = {slot for known in context.of("Psi") for slot in known.arguments or ()}
    values = (("x", Symbol("x", at=place)), *[("t", place)] * ("t" in taken))
    return replace(node, of=_paid_at(node.of, values))


def _instant(item: Node) -> Node | None:
    """0 of t = 0 and of x = x(0): a time or a layer of the solution."""
    left, right = (item.sides[0], item.sides[-1]) if isinstance(item, tree.Chain) else (Symbol("x"), item)
    place = right.at if isinstance(right, Symbol) and right.name == "x" else right
    timed = isinstance(place, tree.Number | tree.Sum) or (isinstance(place, Symbol) and (place.name in ENDS or is_running(place)))
    return place if timed and left == Symbol("x") else None


def _paid_at(node: Node, values: tuple[tuple[str, Node], ...]) -> Node:
    """The end cost with an argument wherever it has none."""
    if isinstance(node, Applied) and node.name == "Psi" and not node.arguments and node.at is None:
        return replace(node, arguments=values)
    return rebuilt(node, lambda child: _paid_at(child, values))


def at_values(node: Node, context: Context) -> Node:
    """dx_2/dt at x_1 = 0 is the field's second component there: the solution itself need not pass by."""
    if isinstance(node, tree.Evaluated) and any(map(_is_component, (item.sides[0] for item in node.at if isinstance(item, tree.Chain)))):
        return replace(node, of=_as_field(node.of, context))
    return rebuilt(node, lambda child: at_values(child, context))


def _is_component(node: Node) -> bool:
    number = node.part[0] if isinstance(node, Symbol) and len(node.part) == 1 else None
    return isinstance(node, Symbol) and node.name == "x" and node.at is None and isinstance(number, tree.Number)


def _as_field(node: Node, context: Context) -> Node:
    law = context.law("dynamics")
    rows = law.right.rows if law is not None and isinstance(law.right, tree.Vector) else ()
    of = node.of if isinstance(node, tree.Derivative) and node.by == (Symbol("t"),) and _is_component(node.of) else None
    number = of.part[0] if isinstance(of, Symbol) else None
    if isinstance(number, tree.Number) and 0 < number.value <= len(rows):
        return rows[int(number.value) - 1][0]
    return rebuilt(node, lambda child: _as_field(child, context))


def _at(side: Node, place: Node, context: Context) -> Node:
    path = isinstance(side, Symbol) and any(known.kind == "path" and known.body is not None for known in context.of(side.name))
    return side if isinstance(side, tree.Number) else replace(side, at=place) if path else tree.Evaluated(side, (place,))


def is_running(node: Node) -> bool:
    """t, l or s that stands for any time, layer or sample."""
    return isinstance(node, Symbol) and node.name in ("t", "l", "s") and node.at is None


def _places(chain: tree.Chain, context: Context) -> Iterator[tuple[tree.Chain, Node]]:
    """The conditions that say when, each with the time: T of t = T, t_0 of s = t_1 - t_0."""
    for item in chain.conditions:
        if not isinstance(item, tree.Chain) or item.relations != ("=",):
            continue
        running, value = item.sides
        if is_running(running):
            begins = value == tree.Number(Fraction(0)) and running == Symbol("t") and context.of("t0")
            place = Symbol("t0") if begins else value
            yield from [(item, place)] if getattr(place, "name", "") in ENDS else []
        elif runs_back(running, context) and (place := when(value)) is not None:
            yield item, place


def _is_moved_end(node: Node) -> bool:
    """dJ/dT."""
    return isinstance(node, tree.Derivative) and node.of == Symbol("J") and node.by == (Symbol("t1"),)
