"""Controls between bounds of which the cost is a convex square: u = min(U, max(0, s)), where H_u = H_uu (u - s)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.finding import Finding
from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.costs import objective_of, running
from adjointcheck.notes.letters.formulas import spelt_out
from adjointcheck.notes.letters.meaning import Symbol, children, resolve, symbols, walk
from adjointcheck.notes.letters.quantities import unscripted
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.multiplier import has_open_sign
from adjointcheck.notes.systems.switching import at_one_time, hamiltonian_of, standing

CLIPS = "clips"  # option: somewhere the notes cut a control at its bounds
CUT = re.compile(r"(?:\\m(?:in|ax)\s*(?:\\[A-Za-z]+)?\s*\\?[({\[].*){2}|\b(?:sat|clip|[Pp]roj)\b|P_\{?\s*\["
                 r"|(?:text|mathrm)\s*\{\s*(?:if|for|when)\b", re.DOTALL)
STEPS = ("sign", "abs", "min", "max", "norm")
INSIDE = "where the control is optimal and meets none of its bounds"
CLIPPED = "Between bounds a convex square is least where it is stationary, or at the bound that is next."


def clips(texts: Iterable[str], context: Context) -> Context:
    """With what u is at its bounds, where a formula cuts it there."""
    return replace(context, options={**context.options, CLIPS: "yes"}) if any(map(CUT.search, texts)) else context


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
    sign, weights = _weighed(control, context)
    if inner is None or not weights or control in walk(standing(inner)):
        return None
    curved = tree.Product((tree.Number(Fraction(2 * sign)), tree.Sum(weights)))
    slope = tree.Derivative(hamiltonian_of(context), (control,), "partial")
    return slope, tree.Product((curved, tree.Sum((control, tree.Negative(inner)))))


def _weighed(control: Node, context: Context) -> tuple[int, tuple[Node, ...]]:
    """1 and c of a cost c u^2 that is to be least, -1 of a gain -c u^2, where the motion is linear in u; no weights for anything else."""
    field = context.law("dynamics")
    paid, signs = running(objective_of(context)), {"min": (1,), "max": (-1,)}.get(context.option("goal"), (1, -1))
    sign, weights = next(((sign, found) for sign in signs if (found := squares(paid, control, sign))), (0, ()))
    right = field.right if field is not None else tree.Words("")
    rates = [cell for row in right.rows for cell in row] if isinstance(right, tree.Vector) else [right]
    return (sign, weights) if all(squares(rate, control, sign) == () for rate in rates) else (0, ())


def unbounded(left: Node, right: Node, context: Context) -> Context | None:
    """The context without the bounds of the control of which H_u = 0, its H_u = ... = 0 or u = -p b/c is said; None for other lines.

    Of a cost that is a convex square in it, this holds wherever the control meets no bound, whatever happens before and after; only
    notes that say what it is at the bounds are not misread.
    """
    spelt, zero = spelt_out(context), tree.Number(Fraction(0))
    controls = {standing(part) for part in walk(left) if isinstance(part, Symbol) and part.name == "w"}
    laws = [law for law in spelt.laws if law.kind == "bounds" and law.left in controls]
    posed = spelt.law("dynamics") is not None and spelt.law("objective") is not None and at_one_time(left, right)
    priced = "p" in symbols(left) | symbols(right) or "H" in symbols(left)
    said = priced and (right == zero or standing(left) in controls)
    free = replace(context, laws=tuple(law for law in context.laws if law.kind != "bounds"))
    told = context.option(CLIPS) and posed and said and len(laws) == len(controls) == 1
    return free if told and _weighed(laws[0].left, spelt)[1] else None


def is_pointwise(found: Finding, right: Node) -> bool:
    """Was it proved without the whole solution, which bounds change, or is another formula that is no bound right in its place?"""
    cased = any(isinstance(part, tree.Cases) or (isinstance(part, tree.Function) and part.name in STEPS) for part in walk(right))
    if found.status == "refuted":
        return bool(found.expected) and not cased and right != tree.Number(Fraction(0))
    return found.status == "proved" and not any(step.startswith(("solution", "P_", "riccati", "arrival")) for step in found.rules)


def is_slope_alone(left: Node, right: Node) -> bool:
    """H_u = c u + p b, the first of H_u = c u + p b = 0: how the slope is reckoned, whatever the control."""
    return isinstance(left, tree.Derivative) and left.kind == "partial" and tree.Number(Fraction(0)) not in (left, right)


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
