"""Controls between bounds of which the cost is a convex square: u = min(U, max(0, s)), where H_u = H_uu (u - s)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.costs import objective_of, running
from adjointcheck.notes.letters.meaning import Symbol, children, resolve, symbols, walk
from adjointcheck.notes.letters.quantities import unscripted
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.multiplier import has_open_sign
from adjointcheck.notes.systems.switching import at_one_time, hamiltonian_of, standing

CLIPPED = "Between bounds a convex square is least where it is stationary, or at the bound that is next."


def clipped(left: Node, right: Node, context: Context) -> tuple[Node, Node] | None:
    """H_u and H_uu (u - s) for u = min(U, max(0, s)); None for anything else, and where the cost is no square or f not linear."""
    control, field, cost = standing(left), context.law("dynamics"), context.law("objective")
    law = next((law for law in context.laws if law.kind == "bounds" and law.left == control), None)
    if law is None or field is None or cost is None or not isinstance(law.right, tree.Vector) or not at_one_time(left, right):
        return None
    if has_open_sign(context, right, Symbol("p")):
        return None
    (lower,), (upper,) = law.right.rows
    inner = _within(_within(right, "min", upper), "max", lower) or _within(_within(right, "max", lower), "min", upper)
    paid, signs = running(objective_of(context)), {"min": (1,), "max": (-1,)}.get(context.option("goal"), (1, -1))
    sign, weights = next(((sign, found) for sign in signs if (found := squares(paid, control, sign))), (0, ()))
    rates = [cell for row in field.right.rows for cell in row] if isinstance(field.right, tree.Vector) else [field.right]
    linear = all(squares(rate, control, sign) == () for rate in rates)
    if inner is None or not (weights and linear) or control in walk(standing(inner)):
        return None
    curved = tree.Product((tree.Number(Fraction(2 * sign)), tree.Sum(weights)))
    slope = tree.Derivative(hamiltonian_of(context), (control,), "partial")
    return slope, tree.Product((curved, tree.Sum((control, tree.Negative(inner)))))


def fenced(chain: tree.Chain, context: Context) -> Context:
    """With the bounds of u = max(a, min(b, s)), where no line before tells any: this one asks for them."""
    pair = pair_of(chain)
    control = standing(resolve(pair[0], context)) if pair is not None else None
    outer = _cut(pair[1], context) if pair is not None and getattr(control, "name", "") == "w" and not context.law("bounds") else None
    inner = _cut(outer[2], context) if outer is not None else None
    if control is None or outer is None or inner is None or {outer[0], inner[0]} != {"min", "max"}:
        return context
    bounds = dict((outer[:2], inner[:2]))
    if not _in_order(bounds["max"], bounds["min"]):
        return context
    for letter in (part for bound in bounds.values() for part in unscripted(bound) if isinstance(part, tree.Letter)):
        context = context if key(letter) in context.letters else context.declare(Declared(key(letter), own(key(letter)), source="proposed"))
    rows = tuple((resolve(bounds[name], context),) for name in ("max", "min"))
    return replace(context, laws=(*context.laws, Law("bounds", control, tree.Vector(rows))))


def _in_order(lower: Node, upper: Node) -> bool:
    """-U and U, 0 and U, u_min and u_max: is the first one the lower bound?"""
    below = [getattr(bound.below[0], "name", "") for bound in (lower, upper) if isinstance(bound, tree.Letter) and len(bound.below) == 1]
    named = below == ["min", "max"] and getattr(lower, "name", "") == getattr(upper, "name", "")
    nought = lower == tree.Number(Fraction(0)) and isinstance(upper, tree.Number | tree.Letter)
    return named or nought or lower == tree.Negative(upper)


def _cut(node: Node, context: Context) -> tuple[str, Node, Node] | None:
    """(max, a, rest) of max(a, rest) and max(rest, a), where a is a number or one letter, and no path."""
    arguments = node.arguments if isinstance(node, tree.Function) and node.name in ("min", "max") else ()
    fixed = [side for side in arguments if _is_constant(side, context)]
    rest = [side for side in arguments if side not in fixed]
    return (node.name, fixed[0], rest[0]) if isinstance(node, tree.Function) and len(fixed) == 1 == len(rest) else None


def _is_constant(node: Node, context: Context) -> bool:
    inner = tree.unsigned(node)
    plain = isinstance(inner, tree.Letter) and key(inner) not in USUAL and not symbols(resolve(inner, context)) & {"t", "x", "p", "w"}
    return isinstance(inner, tree.Number) or plain


def _within(node: Node | None, name: str, bound: Node) -> Node | None:
    """s of max(0, s) and max(s, 0)."""
    if not isinstance(node, tree.Function) or node.name != name or len(node.arguments) != 2 or bound not in node.arguments:
        return None
    return next((argument for argument in node.arguments if argument != bound), None)


def squares(node: Node, control: Node, sign: int) -> tuple[Node, ...] | None:
    """The weights c of the terms c u^2, which must be positive for the sign; None where the control stands in any other way."""
    node = standing(node)
    if control not in walk(node):
        return ()
    match node:
        case tree.Sum(terms):
            found = [squares(term, control, sign) for term in terms]
            return None if None in found else tuple(weight for weights in found for weight in weights or ())
        case tree.Negative(of):
            return squares(of, control, -sign)
        case tree.Quotient(above, below) if _is_weight(below):
            return _times(squares(above, control, sign), lambda weight: tree.Quotient(weight, below))
        case tree.Product(factors):
            rest, moved = ([factor for factor in factors if (control in walk(factor)) == there] for there in (False, True))
            found = squares(moved[0], control, sign) if len(moved) == 1 else None
            return _times(found, lambda weight: tree.Product((*rest, weight))) if not found or all(map(_is_weight, rest)) else None
        case tree.Power(base, tree.Number(value)) if base in (control, *_lengths(control)) and value == 2 and sign > 0:
            return (tree.Number(Fraction(1)),)
    return () if node == control else None


def _lengths(control: Node) -> Iterator[Node]:
    """|u|, whose square is one of every entry."""
    yield from (tree.Function(name, (control,)) for name in ("abs", "norm"))


def _times(weights: tuple[Node, ...] | None, by: Callable[[Node], Node]) -> tuple[Node, ...] | None:
    return None if weights is None else tuple(map(by, weights))


def _is_weight(node: Node) -> bool:
    """2, c, c/2: what is taken to be positive, as the weight of a control is."""
    inner = [part for part in walk(node) if not children(part)]
    plain = all(isinstance(part, tree.Number | Symbol) for part in inner) and not symbols(node) & {"t", "x", "p", "w"}
    return plain and not any(isinstance(part, tree.Negative | tree.Sum) for part in walk(node))
