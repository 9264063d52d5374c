"""Costs paid at several times, J = sum_i l_i(x(t_i)), told by the cost itself: t_i are observation times, t_N the last one and the end.

    lambda(t_i^-) = lambda(t_i^+) + dl_i/dx,   and with pulses   lambda-dot = -f_x' lambda - sum_i delta(t - t_i) dl_i/dx
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ORDER, ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.pulses import pulsed
from adjointcheck.notes.letters.usage import head, role_in, slot_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.observed import is_sampled, standing

TIMES = ("t", "tau", "s", "T")
ZERO, ONE = tree.Number(Fraction(0)), tree.Number(Fraction(1))


def sampled(chain: tree.Chain, context: Context) -> Context:
    """With the times t_i of a sum of costs at x(t_i), and the letter of these costs."""
    if not context.of("x") or context.of("s") or context.over() == "layers":
        return context
    for series in (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Series) and part.kind == "sum"):
        times = [time for part in walk(series.body) if (time := _sampled(part, series.index, context)) is not None]
        if times and len(set(times)) == 1 and isinstance(series.index, tree.Letter):
            place = Declared(f"{times[0]}_{{{series.index.name}}}", "s", kind="place", source="proposed")
            context = context.declare(place)
            if isinstance(series.upper, tree.Letter) and key(series.upper) not in context.letters and not context.of("N"):
                context = context.declare(Declared(key(series.upper), "N", source="proposed"))
            context = _last(times[0], series.upper, context)
            to = {} if context.option("horizon") else {"sampled to": "end"}
            return _paid(series.body, replace(context, options={**context.options, "sampled": times[0], **to}))
    return context


def _last(time: str, upper: Node | None, context: Context) -> Context:
    """With t_N as the last observation, where the end has a name of its own."""
    name = f"{time}_{key(upper)}" if isinstance(upper, tree.Letter) else ""
    if not context.option("horizon") or not name or name in context.letters:
        return context
    return context.declare(Declared(name, "s", kind="alias", body=Symbol("s", part=(Symbol("N"),)), source="proposed"))


def _sampled(node: Node, index: Node | None, context: Context) -> str | None:
    """t of x(t_i) and x(t_i, theta), where i is summed."""
    time = node.arguments[0] if isinstance(node, tree.Call) else None
    others = [resolve(part, context) for part in node.arguments[1:]] if isinstance(node, tree.Call) else []
    time = time if all(isinstance(part, Symbol) and part.name in ("theta", "x0", "w") for part in others) else None
    at = isinstance(time, tree.Letter) and time.name in TIMES and time.below == (index,)
    return time.name if at and isinstance(time, tree.Letter) and role_in(head(node), context) == "x" else None


def _paid(body: Node, context: Context) -> Context:
    """The letter l of l_i(x(t_i))."""
    function = body.function if isinstance(body, tree.Call) else None
    if not isinstance(body, tree.Call) or not isinstance(function, tree.Letter) or function.accents:
        return context
    known = context.letters.get(function.name)
    if context.of("phi") or (known is not None and known.source == "declared"):
        return context
    slots, names = [], []
    for argument in body.arguments:
        context = _datum(argument, context)
        context, slot = slot_of(argument, "phi", context, True, names)
        slots += [slot] if slot in ("", *ORDER) else []
    if "x" not in slots or "" in slots:
        return context
    role = ROLES["phi"]
    declared = Declared(function.name, role.symbol, role.shape, role.kind, arguments=tuple(slots), source="proposed")
    return replace(context, letters={**context.letters, key(replace(function, below=())): declared})


def _datum(argument: Node, context: Context) -> Context:
    """With y_i of l(x(t_i), y_i) as data, which is no parameter."""
    data = isinstance(argument, tree.Letter) and len(argument.below) == 1 and not argument.above and key(argument) not in context.letters
    if not data or not isinstance(argument, tree.Letter) or argument.name in context.letters or not unknown(resolve(argument, context)):
        return context
    symbol = own(key(argument).replace(" ", "_"))
    return context.declare(Declared(key(argument), symbol, ("n", "1"), source="proposed"))


def horizon(chains: Iterable[tree.Chain], context: Context) -> Context:
    """Have the notes an end of its own, int_0^T or t_N < T?  Where they have not, the last observation is made at the end."""
    chains = list(chains)
    ends = [part.upper for chain in chains for part in walk(chain) if isinstance(part, tree.Integral)]
    ends += [end for chain in chains for end in _beyond(chain)]
    own = {key(end) for end in ends if isinstance(end, tree.Letter)} & {"T", "T_f", "t_1", "t_f"} or (
        {known.letter for known in context.of("t1")} - _lasts(chains))
    if not own or context.option("last") or any(next(_beyond(chain, "="), None) for chain in chains):
        return _counted(chains, context)
    told = any(next(_beyond(chain), None) for chain in chains)
    return replace(context, options={**context.options, "horizon": "beyond" if told else "own"})


def _lasts(chains: Iterable[tree.Chain]) -> set[str]:
    """t_N beside a sum that ends at N: the end by its own name."""
    sums = (part for chain in chains for part in walk(chain) if isinstance(part, tree.Series))
    return {f"{time}_{key(series.upper)}" for series in sums if isinstance(series.upper, tree.Letter) for time in TIMES}


def _beyond(chain: tree.Chain, relation: str = "<") -> Iterator[Node]:
    """T of t_1 < ... < t_N < T."""
    for one, seen, other in zip(chain.sides, chain.relations, chain.sides[1:], strict=False):
        sample = isinstance(one, tree.Letter) and one.name in TIMES and bool(one.below) and one.below != (ZERO,)
        if seen == relation and sample and isinstance(other, tree.Letter) and key(other) in ("T", "T_f", "t_f"):
            yield other


def is_paid_last(node: Node) -> bool:
    """What is paid at the last observation."""
    return isinstance(node, Applied) and node.name == "phi" and node.at in (Symbol("N"), Symbol("s", part=(Symbol("N"),)))


def _counted(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With 1 as the end, where all integrals in time go from 0 to 1, or where paths are taken at 0 and at 1 alone."""
    chains = list(chains)
    limits = {(part.lower, part.upper) for chain in chains for part in walk(chain) if isinstance(part, tree.Integral)
              and part.by == tree.Letter("t") and isinstance(part.upper, tree.Number)}
    calls = (part for chain in chains for part in walk(chain) if isinstance(part, tree.Call) and len(part.arguments) == 1)
    taken = {call.arguments[0] for call in calls if getattr(call.function, "name", "") in context.timed} - {tree.Letter("t")}
    ended = limits == {(ZERO, ONE)} or (not limits and taken == {ZERO, ONE})
    return context.declare(Declared("1", "t1", kind="place", source="proposed")) if ended else context


def folded(node: Node, context: Context) -> tuple[Node, Context]:
    """The cost sum_i |x(t_i) - y_i|^2 / 2 as a sum of l(x(t_i)), with l for what is summed."""
    node = _timed(node) if context.option("sampled") else node
    terms = tree.terms(node)
    sums = [(i, term) for i, term in enumerate(terms) if any(is_sampled(part) for part in walk(term))]
    if not context.option("sampled") or context.of("phi") or len(sums) != 1:
        return node, context
    place, term = sums[0]
    found = _summed(term)
    if found is None or found[0].index is None:
        return node, context
    series, body = found
    at, role = Symbol("s", part=(found[0].index,)), ROLES["phi"]
    inputs = {"x": Symbol("x", at=at)} | ({"theta": Symbol("theta")} if "theta" in symbols(body) else {})
    known = Declared("cost of one observation", "phi", role.shape, role.kind, arguments=tuple(inputs), body=standing(body),
                     source="proposed")
    paid = replace(series, body=Applied("phi", tuple(inputs.items()), at=at))
    whole = tuple(paid if i == place else other for i, other in enumerate(terms))
    return tree.Sum(whole) if len(whole) > 1 else paid, context.declare(known)


def _summed(term: Node) -> tuple[tree.Series, Node] | None:
    """(the sum, c times what is summed) of c sum_i ..."""
    if isinstance(term, tree.Series):
        return term, term.body
    series = [factor for factor in term.factors if isinstance(factor, tree.Series)] if isinstance(term, tree.Product) else []
    if len(series) != 1 or not isinstance(term, tree.Product):
        return None
    return series[0], tree.Product(tuple(series[0].body if factor is series[0] else factor for factor in term.factors))


# Resolved formulas


def joined(chain: tree.Chain, context: Context) -> tree.Chain:
    """Integrals from t_{i-1} to t_i, summed, are one from start to end; pulses become jumps; behind the end there is no costate."""
    if not context.of("s"):
        return replace(chain, sides=tuple(map(_whole, chain.sides))) if context.over() == "time" else chain
    made = pulsed(replace(chain, sides=tuple(map(_timed, chain.sides))))
    law = context.law("objective")
    names = symbols(law.right) if law is not None else frozenset()
    sides = tuple(map(_observing, made.sides)) if "phi" in names and "L" not in names else made.sides
    return replace(made, sides=tuple(map(_joined, sides)))


def _whole(node: Node) -> Node:
    """The sum over j = 0 ... M - 1 of int from t_j to t_{j+1}, or over j = 1 ... M from t_{j-1} to t_j: int from start to end."""
    if not isinstance(node, tree.Series) or not isinstance(node.body, tree.Integral) or node.index is None:
        return rebuilt(node, _whole)
    one = tree.Number(Fraction(1))
    begins, pieces = (node.lower == tree.Number(Fraction(0)), (node.index, tree.Sum((node.index, one))))
    counted = isinstance(node.upper, tree.Sum) and node.upper.terms[1:] == (tree.Negative(one),)
    if node.lower == one:
        begins, counted, pieces = True, not isinstance(node.upper, tree.Sum), (tree.Sum((node.index, tree.Negative(one))), node.index)
    limits = tuple(Symbol("t", part=(piece,)) for piece in pieces)
    whole = node.kind == "sum" and begins and counted and limits == (node.body.lower, node.body.upper)
    return replace(node.body, lower=Symbol("t0"), upper=Symbol("t1")) if whole else node


def _timed(node: Node) -> Node:
    """l_i(x(t_i)) for l(x(t_i)): the cost of the observation at that time."""
    node = rebuilt(node, _timed)
    if not isinstance(node, Applied) or node.name != "phi" or node.at is not None:
        return node
    return next((replace(node, at=value.at) for _, value in node.arguments if isinstance(value, Symbol) and is_sampled(value)), node)


def _observing(node: Node) -> Node:
    """g at an observation time, in a cost that is paid nowhere else: what is paid there."""
    place = node.at[0] if isinstance(node, tree.Evaluated) and len(node.at) == 1 and not node.less else getattr(node, "at", None)
    if not isinstance(place, Symbol) or place.name != "s" or "L" not in symbols(node):
        return rebuilt(node, _observing)
    return _paid_at(node.of if isinstance(node, tree.Evaluated) else node, place)


def _paid_at(node: Node, place: Symbol) -> Node:
    if isinstance(node, Applied) and node.name == "L":
        return Applied("phi", (("x", Symbol("x", at=place)),), at=place)
    return rebuilt(node, lambda child: _paid_at(child, place))


def _joined(node: Node) -> Node:
    if isinstance(node, tree.Series) and isinstance(node.body, tree.Integral):
        whole, limits = replace(node.body, lower=Symbol("t0"), upper=Symbol("t1")), (node.body.lower, node.body.upper)
        if _is_interval(limits, node.index) or _is_interval(limits[::-1], node.index):
            return whole if _is_interval(limits, node.index) else tree.Negative(whole)
    if isinstance(node, Symbol) and (node.name, node.at, node.side) == ("p", Symbol("t1"), "after"):
        return ZERO
    made = rebuilt(node, _joined)
    return ZERO if isinstance(made, tree.Transposed | tree.Negative) and made.of == ZERO else made


def _is_interval(limits: tuple[Node | None, ...], index: Node | None) -> bool:
    """From s_{i-1} to s_i?"""
    if not isinstance(index, Symbol):
        return False
    before = Symbol("s", part=(tree.Sum((index, tree.Negative(ONE))),))
    return limits == (before, Symbol("s", part=(index,)))
