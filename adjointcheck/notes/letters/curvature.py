"""Directions of the inputs: d/d eps x(t; theta + eps v) at eps = 0 is delta x where v is delta theta; products p f_xx as (p f)_xx."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.derivatives import anywhere
from adjointcheck.notes.letters.meaning import Applied, Symbol, core_of, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import OPTIMAL, STARS, Size
from adjointcheck.notes.letters.usage import head, is_unit, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
INPUTS = ("x0", "theta", "w")


# Directions


def directed(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """With variations for derivatives by eps at eps = 0, dx/d eps too; a letter that stands beside eps is a direction from here on."""
    for part in walk(chain):
        for letter, name in (*_moves(part, context), *_along(part, context)):
            if is_free(letter, context):
                body = tree.Variation(Symbol(name))
                declared = Declared(key(letter), key(letter), ROLES[name].shape, "alias", body=body, source="proposed")
                context = replace(context, letters={**context.letters, declared.letter: declared})
    made = _varied(chain, context)
    assert isinstance(made, tree.Chain)
    return made, context


def is_free(letter: tree.Letter, context: Context) -> bool:
    """Is nothing known of it, or no more than that it is any vector, v of (M v)^T w = v^T (M^T w)?"""
    known = context.letters.get(key(letter))
    used = {name for law in context.laws for side in (law.left, law.right) for name in symbols(side)}
    used |= {name for other in context.letters.values() if other.body is not None for name in symbols(other.body)}
    any_vector = known is not None and (known.source, known.kind, known.body) == ("proposed", "constant", None) and known.shape[0] != "1"
    return known is None or (any_vector and known.symbol == own(known.letter) and known.symbol not in used)


def _moves(node: Node, context: Context) -> list[tuple[tree.Letter, str]]:
    """(v, theta) of theta + eps v as an argument."""
    found = []
    for argument in node.arguments if isinstance(node, tree.Call) else ():
        terms = argument.terms if isinstance(argument, tree.Sum) and len(argument.terms) == 2 else ()
        base = resolve(terms[0], context) if terms else None
        factors = terms[1].factors if terms and isinstance(terms[1], tree.Product) else ()
        small = [factor for factor in factors if is_small(factor, context)]
        rest = [factor for factor in factors if factor not in small]
        letter = head(rest[0]) if len(rest) == 1 else None
        if isinstance(base, Symbol) and base.name in INPUTS and len(small) == 1 and letter is not None and not is_unit(letter):
            found.append((letter, base.name))
    return found


def _along(node: Node, context: Context) -> list[tuple[tree.Letter, str]]:
    """(v, theta) of (dx/dtheta) v."""
    factors = node.factors if isinstance(node, tree.Product) and len(node.factors) == 2 else ()
    slope = resolve(factors[0], context) if factors and isinstance(factors[0], tree.Derivative) else None
    by = slope.by[0] if isinstance(slope, tree.Derivative) and slope.kind == "total" and len(slope.by) == 1 else None
    letter = factors[1] if factors else None
    moved = isinstance(slope, tree.Derivative) and getattr(core_of(slope.of), "name", "") in ("x", "p")
    new = isinstance(letter, tree.Letter) and not letter.accents and bool(unknown(resolve(letter, context)))
    return [(letter, by.name)] if moved and new and isinstance(by, Symbol) and by.name in ("x0", "theta") else []  # type: ignore[list-item]


def is_small(node: Node, context: Context) -> bool:
    """eps, as the notes or custom write it."""
    return isinstance(node, tree.Letter) and resolve(node, context) == Symbol("eps")


def _needle(node: tree.Limit) -> Node | None:
    """delta x of lim (x_mu - x)/mu."""
    body = node.body if isinstance(node.body, tree.Quotient) and node.body.below == node.by else None
    terms = body.above.terms if body is not None and isinstance(body.above, tree.Sum) and len(body.above.terms) == 2 else ()
    if not terms or not isinstance(terms[1], tree.Negative) or node.to != tree.Number(Fraction(0)):
        return None
    moved, plain = (_bare(term, node.by) for term in (terms[0], terms[1].of))
    return tree.Variation(plain) if moved == plain and terms[0] != moved and head(plain) is not None else None


def _bare(node: Node, small: Node) -> Node:
    """x(t) of x_mu(t) and of x_*(t)."""
    if isinstance(node, tree.Call):
        return replace(node, function=_bare(node.function, small))
    if not isinstance(node, tree.Letter):
        return node
    marks = (small, tree.Letter(OPTIMAL), *map(tree.Letter, STARS))
    return replace(node, below=() if node.below == (small,) else node.below, above=tuple(mark for mark in node.above if mark not in marks))


def _varied(node: Node, context: Context) -> Node:
    slope = _slope_at_zero(node, context)
    if slope is not None and (told := _along_told(slope, context)) is not None:
        return replace(told, span=node.span)
    node = rebuilt(node, lambda child: _varied(child, context))
    if isinstance(node, tree.Limit) and (needle := _needle(node)) is not None:
        return replace(needle, span=node.span)
    inner = _slope_at_zero(node, context)
    moved = _unmoved(inner, context) if inner is not None else node
    path = core_of(resolve(inner, context)) if isinstance(inner, tree.Letter | tree.Call) else None
    whole = isinstance(path, Symbol) and path.name in ("x", "p") and not path.part and bool(directions(context))
    return node if inner is None or (moved == inner and not whole) else tree.Variation(moved, span=node.span)


def _slope_at_zero(node: Node, context: Context) -> Node | None:
    """J(w + eps v) of d/d eps J(w + eps v) at eps = 0."""
    slope = node.of if isinstance(node, tree.Evaluated) and not node.less and len(node.at) == 1 else None
    place = node.at[0] if isinstance(node, tree.Evaluated) and len(node.at) == 1 else None
    small = isinstance(slope, tree.Derivative) and len(slope.by) == 1 and is_small(slope.by[0], context)
    at_zero = isinstance(place, tree.Chain) and is_small(place.sides[0], context) and place.sides[-1] == tree.Number(Fraction(0))
    return slope.of if small and at_zero and isinstance(slope, tree.Derivative) else None


def _along_told(node: Node, context: Context) -> Node | None:
    """-dJ/dw g, over time its integral, of J(w - s g) for a g that the notes have told, and that is no direction."""
    argument = node.arguments[0] if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
    functional = head(node) if argument is not None else None
    terms = list(argument.terms) if isinstance(argument, tree.Sum) and len(argument.terms) == 2 else []
    step = (terms[1].of if isinstance(terms[1], tree.Negative) else terms[1]) if terms else None
    factors = step.factors if isinstance(step, tree.Product) and len(step.factors) == 2 else ()
    base = resolve(terms[0], context) if terms else None
    if functional is None or not factors or not is_small(factors[0], context) or not isinstance(base, Symbol) or base.name not in INPUTS:
        return None
    made = resolve(factors[1], context)
    moves = any(isinstance(part, tree.Variation) for part in walk(made))
    if resolve(functional, context) != Symbol("J") or not isinstance(factors[1], tree.Letter) or unknown(made) or moves:
        return None
    slope = inner_of(tree.Derivative(functional, (terms[0],), "total"), factors[1], base.name == "w" and context.over() == "time")
    return tree.Negative(slope) if isinstance(terms[1], tree.Negative) else slope


def inner_of(one: Node, other: Node, path: bool) -> Node:
    """<a, b>, over time its integral."""
    product = tree.Function("inner", (one, other))
    return tree.Integral(product, tree.Letter("t"), None, None) if path else product


def _unmoved(node: Node, context: Context) -> Node:
    """x(t) of x(t; theta + eps v) and of x_eps(t), J of J(theta + eps v)."""
    if isinstance(node, tree.Letter) and len(node.below) == 1 and is_small(node.below[0], context):
        return replace(node, below=())
    if not isinstance(node, tree.Call):
        return rebuilt(node, lambda child: _unmoved(child, context))
    moved = [argument for argument in node.arguments if _moves(replace(node, arguments=(argument,)), context)]
    kept = tuple(argument for argument in node.arguments if argument not in moved)
    inner = _unmoved(node.function, context)
    return inner if not kept else replace(node, function=inner, arguments=kept, separators=(",",) * (len(kept) - 1))


def tangent(chain: tree.Chain, context: Context) -> Introduced:
    """xi(t) = delta x(t), omega = delta lambda, under new letters."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    right = resolve(pair[1], context) if pair else None
    inner = right.of if isinstance(right, tree.Variation) else None
    core = inner.of if isinstance(inner, tree.Negative | tree.Transposed) else inner
    again = letter is not None and right is not None and right == resolve(letter, context) and chain.relations[0] in (":=", "equiv")
    if again and letter is not None and chain.sides[2:] == ():
        return "definition", (key(letter),), context
    if pair is None or letter is None or key(letter) in context.letters or not unknown(resolve(replace(letter, above=()), context)):
        return None
    if not isinstance(core, Symbol) or core.at not in (None, Symbol("t")) or core.name not in ("x", "p"):
        return None
    body = tree.Variation(anywhere(inner))  # type: ignore[arg-type]
    declared = Declared(key(letter), key(letter), ROLES[core.name].shape, "alias", body=body, source="proposed")
    return "definition", (key(letter),), replace(context, letters={**context.letters, key(letter): declared})


def directions(context: Context) -> frozenset[str]:
    """The inputs along which the notes have a direction under a letter of its own."""
    bodies = [known.body for known in context.letters.values() if known.kind == "alias"]
    return frozenset(body.of.name for body in bodies if isinstance(body, tree.Variation) and isinstance(body.of, Symbol)) & {*INPUTS}


def is_tangent_law(node: Node) -> bool:
    """d(delta x)/dt, delta(dx/dt)."""
    if isinstance(node, tree.Variation):
        return node.of == tree.Derivative(Symbol("x"), (Symbol("t"),), "total")
    rate = isinstance(node, tree.Derivative) and node.by in ((), (Symbol("t"),))
    return rate and isinstance(node, tree.Derivative) and node.of == tree.Variation(Symbol("x"))


# Second partial derivatives


def weighted(node: Node, context: Context) -> Node:
    """p f_xx as (p f)_xx, and f_xx[xi, eta] as f_xx xi eta; p f_xx xi is a row where the costate is one."""
    if isinstance(node, tree.Series) and (whole := _summed(node, context)) is not None:
        return weighted(whole, context)
    node = rebuilt(node, lambda child: weighted(child, context))
    if not isinstance(node, tree.Product):
        return node
    factors = list(node.factors)
    for i in range(len(factors) - 1):
        first, second = factors[i : i + 2]
        if "p" in symbols(first) and not symbols(first) - {"p"} and _is_second(second):
            assert isinstance(second, tree.Derivative)
            slope = replace(second, of=tree.Product((first, second.of)))
            rest = factors[i + 2 :]
            if len(rest) == 1 and isinstance(rest[0], tree.Vector) and len(rest[0].rows) == 1 and len(rest[0].rows[0]) == 2:
                left, right = rest[0].rows[0]
                return tree.Product((*factors[:i], tree.Transposed(left), slope, right))
            row = not i and len(rest) == 1 and any(known.layout == "row" for known in context.of("p"))
            product = tree.Product((*factors[:i], slope, *rest)) if i or rest else slope
            return tree.Transposed(product) if row else product
    return node


def _summed(node: tree.Series, context: Context) -> Node | None:
    """(p f)_xx v for the sum of p_i (f_i)_xx v over all components i."""
    factors = node.body.factors if isinstance(node.body, tree.Product) else ()
    others = {"k", "m", *(dim for known in context.letters.values() for dim in known.shape)} - {known.shape[0] for known in context.of("x")}
    ends = node.lower in (None, tree.Number(Fraction(1))) and (node.upper is None or (
        isinstance(node.upper, Size) and node.upper.name not in others))
    second = [factor for factor in factors if _is_second(factor) and _counts(factor.of, node.index)]  # type: ignore[attr-defined]
    prices = [factor for factor in factors if _counts(core_of(factor), node.index) and symbols(factor) & {"p"}]
    if node.kind != "sum" or not ends or (len(second), len(prices)) != (1, 1):
        return None
    slope = replace(second[0], of=tree.Product((Symbol("p"), Applied("f", second[0].of.arguments))))  # type: ignore[attr-defined]
    product = tree.Product(tuple(slope if factor is second[0] else factor for factor in factors if factor is not prices[0]))
    return tree.Negative(product) if any(isinstance(part, tree.Negative) for part in walk(prices[0])) else product


def _counts(node: Node, index: Node | None) -> bool:
    """p_i and f_i, of all that their index may be."""
    return isinstance(node, Symbol | Applied) and node.name in ("p", "f") and node.part == (index,) and not getattr(node, "at", None)


def _is_second(node: Node) -> bool:
    return isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name == "f" and len(node.by) == 2


def is_second(node: Node) -> bool:
    """A second derivative of a function or of the cost."""
    twice = isinstance(node, tree.Derivative) and len(node.by) == 2 and all(isinstance(by, Symbol) for by in node.by)
    return twice and all(getattr(by, "name", "") in ("x", "w", "theta", "x0") for by in node.by)  # type: ignore[union-attr]
