"""J(u + eps v) is J + eps delta J + O(eps^2): equations of first order in eps are equations between variations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.quantities import Applied, Symbol, Unknown, children, rebuilt, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

MOVED = ("x", "w", "theta", "x0")
EPS, ZERO, ONE = Symbol("eps"), tree.Number(Fraction(0)), tree.Number(Fraction(1))


def is_small(node: Node) -> bool:
    """eps, or the letter of a limit."""
    return isinstance(node, Symbol) and (node.name == "eps" or (node.bound and node.name not in ("t", "l")))


def step_of(node: Node) -> Node | None:
    """eps or -eps, where the node is an input or a path with eps times its variation added or taken away; else None."""
    terms = [term for term in node.terms if not isinstance(term, tree.BigO)] if isinstance(node, tree.Sum) else []
    if len(terms) != 2 or not isinstance(terms[0], Symbol) or terms[0].name not in MOVED:
        return None
    step = terms[1].of if isinstance(terms[1], tree.Negative) else terms[1]
    factors = step.factors if isinstance(step, tree.Product) and len(step.factors) == 2 else (step, step)
    small, moved = factors if is_small(factors[0]) else factors[::-1]
    along = moved in (tree.Variation(terms[0]), tree.Variation(replace(terms[0], at=None))) or _is_gradient(moved, terms[0])
    if not is_small(small) or not along:
        return None
    return small if step is terms[1] else tree.Negative(small)


def with_slopes(node: Node, context: Context) -> Node:
    """u - s dJ/du of u - s g, where g = dJ/du."""
    slopes = {known.symbol: known.body for known in context.letters.values() if _is_slope(known.body)} if isinstance(node, tree.Sum) else {}
    return _with_bodies(node, slopes)


def _is_slope(body: Node | None) -> bool:
    inner = body.of if isinstance(body, tree.Transposed) else body
    return isinstance(inner, tree.Derivative) and inner.of == Symbol("J")


def _with_bodies(node: Node, bodies: Mapping[str, Node | None]) -> Node:
    body = bodies.get(node.name) if isinstance(node, Symbol) else None
    return body if body is not None else rebuilt(node, lambda child: _with_bodies(child, bodies))


def _is_gradient(node: Node, of: Symbol) -> bool:
    """dJ/dw or H_w, along which w is moved."""
    inner = node.of if isinstance(node, tree.Transposed) else node
    plain = replace(of, at=None) if of.at == Symbol("t") else of
    by = inner.by if isinstance(inner, tree.Derivative) and (inner.of == Symbol("J") or getattr(inner.of, "name", "") == "H") else ()
    return by in ((of,), (plain,))


def _change(functional: Node, moved: Node) -> Node:
    """delta J, or |grad J|^2 along the gradient, (grad J, H_w) along that of H, in time its integral."""
    step = moved.terms[1] if isinstance(moved, tree.Sum) else moved
    slopes = [part for part in (walk(step)) if isinstance(part, tree.Derivative)]
    if not slopes:
        return tree.Variation(functional)
    square: Node = tree.Power(tree.Function("norm", (slopes[0],)), tree.Number(Fraction(2)))
    if slopes[0].of != Symbol("J"):
        square = tree.Function("inner", (tree.Derivative(functional, slopes[0].by, "total"), slopes[0]))
    over_time = isinstance(slopes[0].by[0], Symbol) and slopes[0].by[0].name == "w"
    return tree.Integral(square, Symbol("t", bound=True), None, None) if over_time else square


def expanded(node: Node) -> Node:
    """J at u + eps v as J + eps delta J + O(eps^2)."""
    node = rebuilt(node, expanded)
    moved = node.at[0].sides[-1] if isinstance(node, tree.Evaluated) and len(node.at) == 1 and isinstance(node.at[0], tree.Chain) else None
    step = step_of(moved) if moved is not None else None
    if not isinstance(node, tree.Evaluated) or step is None:
        return node
    small = tree.unsigned(step)
    assert moved is not None
    change: Node = tree.Product((small, _change(node.of, moved)))
    rest = tree.BigO(tree.Power(small, tree.Number(Fraction(2))))
    return tree.Sum((node.of, change if step is small else tree.Negative(change), rest))


# What an equation in eps says


def first_order(chain: tree.Chain) -> tree.Chain:
    """The equation between variations that an equation up to O(eps^2), a slope at eps = 0 or a limit eps -> 0 stands for."""
    chain = _first_order(chain)
    if not any(_is_change(part) for part in walk(chain)):
        return chain
    sides = [_of_paths(side) for side in chain.sides]
    return replace(chain, sides=tuple(side if _is_whole(side) else Unknown("how paths are multiplied") for side in sides))


def _is_whole(node: Node) -> bool:
    """An integral, a variation or 0, and not g^T g at each time."""
    return node == ZERO or any(isinstance(part, tree.Integral | tree.Variation) for part in walk(node))


def _is_change(node: Node) -> bool:
    """int (dJ/dw, g) dt of a control in time, as d/ds J(w + s g) is."""
    body = node.body if isinstance(node, tree.Integral) and node.lower is None and node.by == Symbol("t", bound=True) else None
    slopes = (part for part in walk(body) if isinstance(part, tree.Derivative)) if isinstance(body, tree.Function | tree.Power) else ()
    return any(slope.of == Symbol("J") and slope.kind == "total" for slope in slopes)


def _of_paths(node: Node) -> Node:
    """The norm and the inner product of paths, which are integrals in time."""
    if isinstance(node, tree.Integral):
        return node
    squared = isinstance(node, tree.Power) and node.exponent == tree.Number(Fraction(2))
    inner = node.base if squared and isinstance(node, tree.Power) else node
    if not isinstance(inner, tree.Function) or inner.name not in ("norm", "abs", "inner"):
        return rebuilt(node, _of_paths)
    ends = inner.arguments * (3 - len(inner.arguments))
    made: Node = tree.Integral(tree.Function("inner", ends), Symbol("t", bound=True), None, None)
    return made if squared or inner.name == "inner" else tree.Function("sqrt", (made,))


def paired(chain: tree.Chain, over: str) -> tree.Chain:
    """int (dJ/dw, delta w) dt for (dJ/dw, delta w) over time, where no side is a function of time; J'(u) alone is open."""
    chain = replace(chain, sides=tuple(map(_with_by, chain.sides)))
    products = {part for side in chain.sides for part in walk(side) if _is_pairing(part)}
    if not products or any(_runs(side, products) for side in chain.sides):
        return chain
    return replace(chain, sides=tuple(_paired(side, products, over == "time") for side in chain.sides))


def of_paths(chain: tree.Chain, context: Context) -> tree.Chain:
    """|g|^2 = 1/3 of a g(t) that the notes define: int |g(t)|^2 dt, where no side is a function of time."""
    own = {known.symbol: known.body for known in context.letters.values() if known.symbol not in ROLES}
    paths = {name for name, body in own.items() if body is not None and _runs(body, set())}
    found = {part for side in chain.sides for part in walk(side) if _is_size(part, paths)} if context.over() == "time" else set()
    if not found or any(_runs(side, found) for side in chain.sides):
        return chain
    return replace(chain, sides=tuple(_summed_up(side, found) for side in chain.sides))


def _is_size(node: Node, paths: set[str]) -> bool:
    """|g|^2, and not |g(t)|^2."""
    base = node.base if isinstance(node, tree.Power) and node.exponent == tree.Number(Fraction(2)) else None
    of = base.arguments[0] if isinstance(base, tree.Function) and base.name == "norm" else None
    return isinstance(of, Symbol) and of.name in paths and of.at is None


def _summed_up(node: Node, sizes: set[Node]) -> Node:
    if node in sizes:
        return tree.Integral(node, Symbol("t", bound=True), Symbol("t0"), Symbol("t1"))
    return node if isinstance(node, tree.Integral) else rebuilt(node, lambda child: _summed_up(child, sizes))


def _with_by(node: Node) -> Node:
    """Without J', of which no letter tells by what it is."""
    if isinstance(node, tree.Derivative) and node.of == Symbol("J") and not node.by:
        return Unknown("by what J is differentiated")
    return rebuilt(node, _with_by)


def _paired(node: Node, products: set[Node], timed: bool) -> Node:
    if isinstance(node, tree.Integral):
        return node
    if node in products:
        return _of_paths(node) if timed and isinstance(node, tree.Function) else Unknown("how paths are multiplied")
    return rebuilt(node, lambda child: _paired(child, products, timed))


def _is_pairing(node: Node) -> bool:
    """(g, delta w), or the product of dJ/dw and delta w."""
    if isinstance(node, tree.Function) and node.name == "inner" and tree.Variation(Symbol("w")) in node.arguments:
        return True
    factors = node.factors if isinstance(node, tree.Product) else ()
    inner = {factor.of if isinstance(factor, tree.Transposed) else factor for factor in factors}
    slopes = (tree.Derivative(Symbol("J"), (by,), "total") for by in (Symbol("w"), Unknown("w without its layer")))
    return tree.Variation(Symbol("w")) in inner and any(slope in inner for slope in slopes)


def _runs(node: Node, products: set[Node]) -> bool:
    """Does it take anything at the running time, but under an integral or in one of these products?"""
    if isinstance(node, tree.Integral) or node in products:
        return False
    if isinstance(node, tree.Derivative):
        return Symbol("t") in node.by or _runs(node.of, products)
    here = isinstance(node, Symbol) and node.name in ("t", "x", "w", "p") and node.at in (None, Symbol("t"))
    bare = isinstance(node, Applied) and node.name in ("f", "L", "H") and not node.arguments
    return here or bare or any(_runs(child, products) for child in children(node))


def _first_order(chain: tree.Chain) -> tree.Chain:
    chain = _cleared(replace(chain, sides=tuple(map(_outwards, chain.sides))))
    sides = tuple(map(_slope, chain.sides))
    wide = [expanded(side) for side in sides]
    rests = [part for side in wide for part in walk(side) if isinstance(part, tree.BigO)]
    split = [parts for side in wide if (parts := _orders(side)) is not None]
    linear = bool(rests) and all(map(_is_second, rests)) and len(split) == len(sides) == 2
    if linear and (any(map(_moves, wide)) or tuple(wide) != sides) and _cancel(split[0][0], split[1][0]):
        return replace(chain, sides=tuple(tree.summed(parts[1]) if parts[1] else ZERO for parts in split))
    return replace(chain, sides=sides)


def _outwards(node: Node) -> Node:
    """a (I + eps A) + O(eps^2) for a (I + eps A + O(eps^2)), where nothing is divided."""
    factors = node.factors if isinstance(node, tree.Product) else ()
    rests = [term for factor in factors for term in tree.terms(factor) if isinstance(term, tree.BigO)]
    kept = tuple(_without(factor, rests[0]) for factor in factors) if len(rests) == 1 else ()
    divided = (tree.Quotient, tree.Power)
    if not kept or any(isinstance(part, divided) for factor in kept for part in walk(factor)):
        return node
    return tree.Sum((replace(node, factors=kept), rests[0]))


def _without(factor: Node, rest: Node) -> Node:
    terms = tuple(term for term in tree.terms(factor) if term != rest)
    return factor if rest not in tree.terms(factor) else tree.summed(terms)


def _cleared(chain: tree.Chain) -> tree.Chain:
    """J(u + eps v) - J(u) = eps g + O(eps^2) for a quotient by eps g that is 1 + O(eps), or 1 in the limit; |r| = O(eps^2) for r."""
    left, right = chain.sides if len(chain.sides) == 2 else (ZERO, ZERO)
    if isinstance(left, tree.Function) and left.name in ("abs", "norm") and isinstance(right, tree.BigO):
        return replace(chain, sides=(left.arguments[0], right))
    quotient = left.body if isinstance(left, tree.Limit) and left.to == ZERO else left
    factors = quotient.below.factors if isinstance(quotient, tree.Quotient) and isinstance(quotient.below, tree.Product) else ()
    small = next(filter(is_small, factors), None)
    ends = right == ONE if isinstance(left, tree.Limit) else set(tree.terms(right)) == {ONE, tree.BigO(small or ONE)}
    if small is None or not ends or not isinstance(quotient, tree.Quotient):
        return chain
    rest = tree.BigO(tree.Power(small, tree.Number(Fraction(2))))
    return replace(chain, sides=(quotient.above, tree.Sum((quotient.below, rest))))


def _is_second(rest: tree.BigO) -> bool:
    """O(eps^2) or o(eps)."""
    power = rest.of.exponent if isinstance(rest.of, tree.Power) else tree.Number(Fraction(1))
    return power == tree.Number(Fraction(1 if rest.little else 2))


def _moves(side: Node) -> bool:
    return any(isinstance(part, tree.Variation) for part in walk(side))


def _slope(node: Node) -> Node:
    """d/d eps of a neighbour at eps = 0, (J(u + eps v) - J(u))/eps in the limit: the variation."""
    node = rebuilt(node, _slope)
    body = None
    if isinstance(node, tree.Evaluated) and node.at == (tree.Chain((EPS, ZERO), ("=",)),) and not node.less:
        inner = node.of
        body = inner.of if isinstance(inner, tree.Derivative) and inner.by == (EPS,) else None
    if isinstance(node, tree.Limit) and isinstance(node.body, tree.Quotient) and is_small(node.body.below) and node.to == ZERO:
        body = node.body.above
    wide = expanded(body) if body is not None else node
    parts = _orders(wide) if body is not None and wide != body else None
    slope = isinstance(node, tree.Evaluated)
    return tree.summed(parts[1]) if parts is not None and parts[1] and (slope or _cancel(parts[0], [])) else node


def _orders(node: Node) -> tuple[list[Node], list[Node]] | None:
    """The terms without eps, and those with eps once, without it; None where another power of eps stands in a term."""
    plain: list[Node] = []
    linear: list[Node] = []
    for term in _terms(node):
        sign, inner = (-1, term.of) if isinstance(term, tree.Negative) else (1, term)
        factors = tuple(part for factor in (inner.factors if isinstance(inner, tree.Product) else (inner,)) for part in _parted(factor))
        rest = tuple(factor for factor in factors if not is_small(factor))
        if any(is_small(part) for factor in rest for part in walk(factor)) or len(factors) - len(rest) > 1:
            return None
        found = (rest[0] if len(rest) == 1 else tree.Product(rest)) if rest else tree.Number(Fraction(1))
        (plain if len(rest) == len(factors) else linear).append(found if sign > 0 else tree.Negative(found))
    return plain, linear


def _parted(factor: Node) -> tuple[Node, ...]:
    """eps and 1/2 of eps/2."""
    small = isinstance(factor, tree.Quotient) and is_small(factor.above)
    return (factor.above, tree.Quotient(ONE, factor.below)) if isinstance(factor, tree.Quotient) and small else (factor,)


def _terms(node: Node) -> Iterator[Node]:
    """The terms of nested sums, without remainders."""
    for term in tree.terms(node):
        inner = tree.unsigned(term)
        if isinstance(inner, tree.Sum):
            yield from (tree.Negative(part) if inner is not term else part for part in _terms(inner))
        elif not isinstance(inner, tree.BigO):
            yield term


def _cancel(one: Sequence[Node], other: Sequence[Node]) -> bool:
    """Do the terms without eps on both sides add up to nothing?"""
    count: Counter[Node] = Counter()
    for terms, sign in ((one, 1), (other, -1)):
        for term in terms:
            inner, turned = (term.of, -sign) if isinstance(term, tree.Negative) else (term, sign)
            count[inner] += turned if inner != ZERO else 0
    return not any(count.values())


def undirected(node: Node, resolved: Callable[[Node], Node]) -> Node:
    """J of delta J(u; v), where v is the variation of u; any other node as it is."""
    if not isinstance(node, tree.Call) or len(node.arguments) != 2:
        return node
    moved, along = map(resolved, node.arguments)
    told = isinstance(moved, Symbol) and moved.name in MOVED and along == tree.Variation(replace(moved, at=None))
    return node.function if told and resolved(node.function) in (Symbol("J"), Symbol("J_a")) else node
