"""What a wrong line should read: small changes of its right side, one at a time, from the most usual slips on, until the worlds agree.

Each row of SLIPS is one kind of slip: what may stand in the place of a part of the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, islice

import numpy as np

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import Repeated, instead
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.verdicts.comparison import Agreement, Contradiction, agrees, in_stage, points
from adjointcheck.notes.worlds.evaluation import NoValue, ShapeError, evaluate
from adjointcheck.notes.worlds.jet import real
from adjointcheck.notes.worlds.plan import Stage
from adjointcheck.notes.worlds.staging import make_world

TRIED = 300
NO_VALUE = (ShapeError, NoValue, KeyError, np.linalg.LinAlgError, ZeroDivisionError, FloatingPointError, OverflowError, RecursionError)
ONE, TWO, HALF = (tree.Number(Fraction(number, 2)) for number in (2, 4, 1))
LAYER, FIRST, LAST = Symbol("l"), tree.Number(Fraction(0)), Symbol("N")
NEXT = tree.Sum((LAYER, ONE))
ENDS: dict[Node | None, Node] = {Symbol("t0"): Symbol("t1"), Symbol("t1"): Symbol("t0"), FIRST: LAST, LAST: FIRST}
FUNCTIONS = {"tr": "det", "det": "tr"}
VARIABLES = ("x", "w", "theta", "t")
Slip = Callable[[Node], Iterator[Node]]


def repaired(found: Contradiction) -> str:
    """The line with the first small change of its right side that agrees in the worlds; "" for none."""
    if found.sides is None:
        return ""
    left, right = found.sides
    near = chain.from_iterable(_near(left, right, stage, candidates(left, right, stage.context)) for stage in found.stages)
    if (candidate := next(near, None)) is not None:
        return f"{show(tidied(left))} = {show(tidied(candidate))}"
    near = chain.from_iterable(_near(right, left, stage, _changed(left, PLACES)) for stage in found.stages)
    if (candidate := next(near, None)) is not None:
        return f"{show(tidied(candidate))} = {show(tidied(right))}"
    left, right = _exchanged(left), _exchanged(right)
    near = chain.from_iterable(_near(left, right, stage, iter((right,))) for stage in found.stages)
    return f"{show(tidied(left))} = {show(tidied(right))}" if next(near, None) is not None else ""


def _near(left: Node, right: Node, stage: Stage, changes: Iterator[Node]) -> Iterator[Node]:
    """The changes of the right side that agree in one kind of world and say more than a = a; none where the left side has no value."""
    try:
        with np.errstate(all="ignore"):  # a world that overflows has no value
            env = next(points(make_world(stage), left, right))
            wanted = real(evaluate(left, env))
    except NO_VALUE:
        return
    number = [tree.Number(Fraction(float(wanted)).limit_denominator(10**4))] if not symbols(right) and np.size(wanted) == 1 else []
    for candidate in (*number, *(one for one in islice(changes, TRIED) if tidied(one) != tidied(left))):
        try:
            with np.errstate(all="ignore"):  # a component in the place of another may have no power
                near = agrees(wanted, real(evaluate(candidate, env)), env)
            if near and isinstance(in_stage(left, candidate, stage), Agreement):
                yield candidate
        except NO_VALUE:
            continue


def _exchanged(node: Node) -> Node:
    """p_{l+1} in the place of each p_l, and the other way round."""
    if isinstance(node, Symbol) and node.name == "p":
        return replace(node, at={None: NEXT, LAYER: NEXT, NEXT: LAYER}.get(node.at, node.at))
    return rebuilt(node, _exchanged)


def tidied(node: Node) -> Node:
    """The same with its signs in front: -(-a) is a, (-a)^T is -(a^T), and so are derivatives and products."""
    node = rebuilt(node, tidied)
    if isinstance(node, tree.Product):
        turned = sum(isinstance(factor, tree.Negative) for factor in node.factors) % 2
        product = replace(node, factors=tuple(tree.unsigned(f) for f in node.factors))
        return tree.Negative(product) if turned else product
    inner = node.of if isinstance(node, tree.Negative | tree.Transposed | tree.Derivative) else None
    if isinstance(inner, tree.Negative):
        return inner.of if isinstance(node, tree.Negative) else tidied(tree.Negative(replace(node, of=inner.of)))
    if isinstance(node, tree.Transposed) and isinstance(inner, tree.Transposed):
        return inner.of
    return node


def candidates(left: Node, right: Node, context: Context) -> Iterator[Node]:
    """The right side with one slip undone: at one place, everywhere, or by a term that was forgotten."""
    yield tree.turned(right)
    yield tree.Transposed(right)
    yield from _changed(right, SLIPS)
    yield _transposed(right)
    parts = list(_parts(right))
    for letter in dict.fromkeys(part for part in parts if isinstance(part, Symbol) and part.name not in ROLES):
        yield instead(right, letter, tree.Transposed(letter))
    for scale in (TWO, HALF):
        yield _scaled(right, scale)
    yield from _completed(left, right, context)


def _transposed(node: Node) -> Node:
    """Each Jacobian transposed."""
    if isinstance(node, tree.Derivative) and node.kind in ("partial", "nabla"):
        return tree.Transposed(node)
    return node.of if isinstance(node, tree.Transposed) and isinstance(node.of, tree.Derivative) else rebuilt(node, _transposed)


def _changed(node: Node, slips: Iterable[Slip]) -> Iterator[Node]:
    parts = list(_parts(node))
    return (_swapped(node, part, other) for slip in slips for part in parts for other in slip(part))


def _parts(node: Node) -> Iterator[Node]:
    """What stands in the formula as a value: no indices, places and variables of derivatives."""
    yield node
    if isinstance(node, tree.Derivative):
        yield from _parts(node.of)
    elif isinstance(node, tree.Integral | tree.Series | tree.Limit):
        yield from _parts(node.body)
    elif not isinstance(node, Symbol | Repeated):
        for child in (value for _, value in node.arguments) if isinstance(node, Applied) else children(node):
            yield from _parts(child)


def _signs(part: Node) -> Iterator[Node]:
    if isinstance(part, tree.Sum):
        yield from (replace(part, terms=terms) for terms in _with_one(part.terms, lambda term: [tree.turned(term)]))
        yield from (replace(part, terms=tuple(term if term is kept else tree.turned(term) for term in part.terms)) for kept in part.terms)
    if isinstance(part, tree.Negative):
        yield part.of


def _transposes(part: Node) -> Iterator[Node]:
    if isinstance(part, tree.Transposed):
        yield part.of
    elif isinstance(part, Repeated | Symbol) or (isinstance(part, tree.Derivative) and part.kind in ("partial", "nabla")):
        yield tree.Transposed(part)


def _ends(part: Node) -> Iterator[Node]:
    """At the other end."""
    if isinstance(part, Symbol) and part.at in ENDS:
        yield replace(part, at=ENDS[part.at])
    if isinstance(part, tree.Derivative):
        yield from (replace(part, by=by) for by in _with_one(part.by, _ends))


def _limits(part: Node) -> Iterator[Node]:
    """An integral from the other end."""
    if isinstance(part, tree.Integral):
        yield from (replace(part, lower=ENDS[part.lower]) for _ in range(part.lower in ENDS))
        yield from (replace(part, upper=ENDS[part.upper]) for _ in range(part.upper in ENDS))


def _states(part: Node) -> Iterator[Node]:
    """The state there for that at the start, and the running one for that at an end."""
    if isinstance(part, Symbol) and part.name == "x0" and not part.part:
        yield Symbol("x", at=Symbol("t1"))
    if isinstance(part, Applied) and any(getattr(value, "at", None) in ENDS for _, value in part.arguments):
        running = next((value for slot, value in part.arguments if slot == "t"), Symbol("t"))
        yield replace(part, arguments=tuple((slot, replace(value, at=running) if isinstance(value, Symbol) and value.at in ENDS else value)
                                            for slot, value in part.arguments))


def _layers(part: Node) -> Iterator[Node]:
    """One layer on or back."""
    if isinstance(part, Symbol) and (part.at is not None or part.name in ("x", "p", "w")):
        yield from (replace(part, at=place) for place in _neighbours(part.at or LAYER))
    if isinstance(part, Symbol) and part.part:
        yield from (replace(part, part=places) for places in _with_one(part.part, _neighbours))


def _neighbours(place: Node) -> Iterator[Node]:
    if tree.terms(place)[0] == LAYER:
        yield from (other for other in (LAYER, tree.Sum((LAYER, ONE)), tree.Sum((LAYER, tree.Negative(ONE)))) if other != place)


def _variables(part: Node) -> Iterator[Node]:
    """The slope by another argument, or of another component by this one's."""
    if not isinstance(part, tree.Derivative) or part.kind not in ("partial", "nabla") or len(part.by) != 1:
        return
    of, by = part.of, part.by[0]
    if isinstance(by, Symbol) and by.name in VARIABLES:
        yield from (replace(part, by=(Symbol(name),)) for name in VARIABLES if name != by.name)
    if isinstance(of, Symbol | Applied) and isinstance(by, Symbol) and len(of.part) == len(by.part) == 1:
        yield replace(part, of=replace(of, part=by.part), by=(replace(by, part=of.part),))


def _indices(part: Node) -> Iterator[Node]:
    """a_ji for a_ij."""
    if isinstance(part, Symbol) and len(part.part) == 2:
        yield replace(part, part=part.part[::-1])


def _orders(part: Node) -> Iterator[Node]:
    """Factors in the other order."""
    if isinstance(part, Repeated):
        yield replace(part, first=part.last, last=part.first, step=-part.step)
    if isinstance(part, tree.Product):
        for i in range(len(part.factors) - 1):
            yield tree.Product((*part.factors[:i], part.factors[i + 1], part.factors[i], *part.factors[i + 2:]))
        yield tree.Product(part.factors[::-1])


def _components(part: Node) -> Iterator[Node]:
    """Another component."""
    if isinstance(part, Symbol) and len(part.part) == 1 and isinstance(part.part[0], tree.Number):
        near = (part.part[0].value + step for step in (1, -1))
        yield from (replace(part, part=(tree.Number(number),)) for number in near if number > 0)


def _extras(part: Node) -> Iterator[Node]:
    """Without a term, or without a factor."""
    if isinstance(part, tree.Sum):
        yield from (_alone(tree.Sum, terms) for terms in _without_one(part.terms))
    if isinstance(part, tree.Product):
        yield from (_alone(tree.Product, factors) for factors in _without_one(part.factors))


def _scales(part: Node) -> Iterator[Node]:
    """A term twice, or half of it."""
    if isinstance(part, tree.Sum):
        yield from (replace(part, terms=terms) for terms in _with_one(part.terms, lambda term: [_scaled(term, TWO), _scaled(term, HALF)]))


def _functions(part: Node) -> Iterator[Node]:
    """The trace for the determinant, or the other way round."""
    if isinstance(part, tree.Function) and part.name in FUNCTIONS:
        yield replace(part, name=FUNCTIONS[part.name])


def _inverses(part: Node) -> Iterator[Node]:
    """The inverse, or without it."""
    if isinstance(part, tree.Power) and part.exponent == tree.Negative(ONE):
        yield part.base
    elif isinstance(part, Symbol) and part.name not in ROLES:
        yield tree.Power(part, tree.Negative(ONE))


PLACES: tuple[Slip, ...] = (_ends, _layers)
OTHER_PLACES: tuple[Slip, ...] = (_limits, _states)
SLIPS: tuple[Slip, ...] = (
    _signs, _transposes, *PLACES, *OTHER_PLACES, _variables, _indices, _orders, _components, _extras, _scales, _functions, _inverses,
)


def _completed(left: Node, right: Node, context: Context) -> Iterator[Node]:
    """With a forgotten term, beside the others or in an integral."""
    slopes = [part for side in (left, right) for part in walk(side) if isinstance(part, tree.Derivative)]
    by = {letter.name for slope in slopes for letter in slope.by if isinstance(letter, Symbol)}
    names = ["x", *["t"] * ("t" in by and "f" in symbols(left))]
    names = names if "p" in symbols(left) else [name for name in ("theta", "w", "t", "x") if name in by]
    summed = any(isinstance(part, tree.Integral) for part in walk(right))
    yield from (tree.Sum((*tree.terms(right), Symbol(name, at=end))) for name in "px" for end in (Symbol("t1"), Symbol("t0")) if summed)
    forgotten = [signed for term in _forgotten(context, names) for signed in (term, tree.Negative(term))]
    yield from (tree.Sum((*tree.terms(right), term)) for term in forgotten)
    matrices = [Symbol(known.symbol) for known in context.letters.values() if known.symbol not in ROLES and "1" not in known.shape]
    factors = [factor for matrix in matrices for factor in (matrix, tree.Transposed(matrix))]
    yield from _changed(right, (lambda part: _multiplied(part, factors),))
    for part in walk(right):
        if isinstance(part, tree.Integral):
            yield from (_swapped(right, part, replace(part, body=tree.Sum((*tree.terms(part.body), term)))) for term in forgotten)


def _multiplied(part: Node, factors: Iterable[Node]) -> Iterator[Node]:
    """With a forgotten matrix among the factors."""
    old = part.factors if isinstance(part, tree.Product) else (part,) if isinstance(part, Symbol) else ()
    for i in range(len(old) + 1) if old else ():
        yield from (tree.Product((*old[:i], factor, *old[i:])) for factor in factors)


def _forgotten(context: Context, letters: Iterable[str]) -> Iterator[Node]:
    """Terms that are often left out: the explicit derivatives of the costs and the field."""
    for by in map(Symbol, letters):
        yield from (tree.Derivative(Applied(name), (by,), "partial") for name in ("L", "Psi") if context.of(name))
        yield tree.Product((Symbol("p"), tree.Derivative(Applied("f"), (by,), "partial")))


def _alone(kind: Callable[[tuple[Node, ...]], Node], items: tuple[Node, ...]) -> Node:
    return kind(items) if items[1:] else items[0]


def _scaled(node: Node, scale: Node) -> Node:
    return tree.Product((scale, *(node.factors if isinstance(node, tree.Product) else (node,))))


def _with_one(items: tuple[Node, ...], change: Callable[[Node], Iterable[Node]]) -> Iterator[tuple[Node, ...]]:
    """The items with one of them changed."""
    return ((*items[:i], other, *items[i + 1:]) for i, item in enumerate(items) for other in change(item))


def _without_one(items: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
    return ((*items[:i], *items[i + 1:]) for i in range(len(items)) if len(items) > 1)


def _swapped(node: Node, old: Node, new: Node) -> Node:
    if node is old:
        return new
    return rebuilt(node, lambda child: _swapped(child, old, new))
