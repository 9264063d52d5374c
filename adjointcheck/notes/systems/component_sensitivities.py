"""Derivatives of the solution by one component, ds/dt = f_x s + f_beta of s = dx/dbeta, as variations along it alone.

Times delta beta, with all other inputs held, each ds is a delta x; delta beta is any number, so that one says what the other does.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, walk
from adjointcheck.notes.letters.quantities import component_slot
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

RULE = "Times the variation of one component, all other inputs held."
ALONG = "along"
_ZERO = tree.Number(Fraction(0))


def numbered(context: Context) -> Context:
    """With s_1 and s_2 as dy/dp_1 and dy/dp_2 of one state, where s is dy/dp."""
    whole = next((known.letter for known in context.letters.values() if known.kind == "alias" and _is_whole(known.body)), "")
    counted = [known for known in context.parts("theta") if "_" in known.letter] if len(context.parts("x")) == 1 else []
    for known in counted if whole else ():
        name = f"{whole}_{known.letter.partition('_')[2]}"
        by = Symbol("theta", part=(tree.Number(Fraction(known.part)),))
        body = tree.Derivative(Symbol("x", part=(tree.Number(Fraction(1)),)), (by,))
        context = context.declare(Declared(name, own(name), kind="alias", body=body, source="proposed"))
    return context


def _is_whole(node: Node | None) -> bool:
    return isinstance(node, tree.Derivative) and [getattr(part, "name", "") for part in (node.of, *node.by)] == ["x", "theta"]


def in_variations(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context] | None:
    """Both sides times the variation of the one component by which a state is differentiated; None where there is none, or two.

    The option "along" of the context names it.
    """
    left, right = (_put_in(side, context) for side in (left, right))
    found = {by for side in (left, right) for part in walk(side) if (by := _component(part)) is not None}
    if len(found) != 1 or not any(_component(part) and part.of != Symbol("J") for side in (left, right) for part in walk(side)):  # type: ignore[attr-defined]
        return None
    (by,) = found
    sides = _times(left, by), _times(right, by)
    there = replace(context, options={**context.options, ALONG: component_slot(by.name, by)})
    return None if sides[0] is None or sides[1] is None else (sides[0], sides[1], there)


def _put_in(node: Node, context: Context) -> Node:
    """dx_1/dtheta_2 for the letter that the notes have for it, at its time."""
    if isinstance(node, Symbol):
        body = next((known.body for known in context.of(node.name) if known.body is not None and _component(known.body)), None)
        return node if body is None else replace(body, of=replace(body.of, at=node.at))  # type: ignore[attr-defined]
    return rebuilt(node, lambda child: _put_in(child, context))


def _component(node: Node) -> Symbol | None:
    """theta_2 of dx_1/dtheta_2 and of dJ/dtheta_2."""
    by = node.by[0] if isinstance(node, tree.Derivative) and len(node.by) == 1 else None
    solved = isinstance(node, tree.Derivative) and isinstance(node.of, Symbol) and node.of.name in ("x", "J")
    return by if solved and isinstance(by, Symbol) and by.part and by.name in ("theta", "x0") else None


def _times(node: Node, by: Symbol) -> Node | None:
    """The sum of terms with one such derivative each, or with none, times the variation."""
    if _component(node) == by:
        return tree.Variation(node.of)  # type: ignore[attr-defined]
    if not any(_component(part) for part in walk(node)):
        return node if node == _ZERO else tree.Product((node, tree.Variation(by)))
    match node:
        case tree.Sum(terms):
            made = [_times(term, by) for term in terms]
            return None if None in made else tree.Sum(tuple(term for term in made if term is not None))
        case tree.Negative(of) | tree.Evaluated(of) | tree.Derivative(of, by=(Symbol("t"),) | ()):
            inner = _times(of, by)
            return None if inner is None else replace(node, of=inner)  # type: ignore[call-arg]
        case tree.Integral(body=body):
            inner = _times(body, by)
            return None if inner is None else replace(node, body=inner)
        case tree.Quotient(above, below) if not any(_component(part) for part in walk(below)):
            inner = _times(above, by)
            return None if inner is None else replace(node, above=inner)
        case tree.Product(factors):
            speaking = [i for i, factor in enumerate(factors) if any(_component(part) for part in walk(factor))]
            inner = _times(factors[speaking[0]], by) if len(speaking) == 1 else None
            return None if inner is None else tree.Product((*factors[: speaking[0]], inner, *factors[speaking[0] + 1 :]))
    return None
