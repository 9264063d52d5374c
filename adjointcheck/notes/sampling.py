"""Costs paid at several times, J = sum_i l_i(x(t_i)), told by the cost itself: t_i are observation times, t_N the last one and the end.

    lambda(t_i^-) = lambda(t_i^+) + dl_i/dx,   and with pulses   lambda-dot = -f_x' lambda - sum_i delta(t - t_i) dl_i/dx
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes import tree
from adjointcheck.notes.context import ROLES, Context, Declared, key
from adjointcheck.notes.meaning import Applied, Symbol, rebuilt, walk
from adjointcheck.notes.observed import is_sampled
from adjointcheck.notes.pulses import pulsed
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head, role_in, slot_of

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
            to = {} if context.option("horizon") else {"sampled to": "end"}
            return _paid(series.body, replace(context, options={**context.options, "sampled": times[0], **to}))
    return context


def _sampled(node: Node, index: Node | None, context: Context) -> str | None:
    """t of x(t_i), where i is summed."""
    time = node.arguments[0] if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
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
        context, slot = slot_of(argument, "phi", context, True, names)
        slots.append(slot)
    if "x" not in slots or "" in slots:
        return context
    role = ROLES["phi"]
    declared = Declared(function.name, role.symbol, role.shape, role.kind, arguments=tuple(slots), source="proposed")
    return replace(context, letters={**context.letters, key(replace(function, below=())): declared})


def horizon(chains: Iterable[tree.Chain], context: Context) -> Context:
    """Do the notes integrate to an end of its own, T, t_1 or t_f?  Where they do not, the last observation is made at the end."""
    integrals = (part.upper for chain in chains for part in walk(chain) if isinstance(part, tree.Integral))
    own = {key(upper) for upper in integrals if isinstance(upper, tree.Letter)} & {"T", "t_1", "t_f"} or context.of("t1")
    return replace(context, options={**context.options, "horizon": "own"}) if own else context


def folded(node: Node, context: Context) -> tuple[Node, Context]:
    """The cost sum_i |x(t_i) - y_i|^2 / 2 as a sum of l(x(t_i)), with l for what is summed."""
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
    known = Declared("cost of one observation", "phi", role.shape, role.kind, arguments=("x",), body=_bare(body), source="proposed")
    paid = replace(series, body=Applied("phi", (("x", Symbol("x", at=at)),), at=at))
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


def _bare(node: Node) -> Node:
    return replace(node, at=None) if isinstance(node, Symbol) and is_sampled(node) else rebuilt(node, _bare)


# Resolved formulas


def joined(chain: tree.Chain, context: Context) -> tree.Chain:
    """Integrals from t_{i-1} to t_i, summed, are one from start to end; pulses become jumps; behind the end there is no costate."""
    if not context.of("s"):
        return chain
    made = pulsed(chain)
    return replace(made, sides=tuple(map(_joined, made.sides)))


def _joined(node: Node) -> Node:
    if isinstance(node, tree.Series) and isinstance(node.body, tree.Integral) and _is_interval(node.body, node.index):
        return replace(node.body, lower=Symbol("t0"), upper=Symbol("t1"))
    if isinstance(node, Symbol) and (node.name, node.at, node.side) == ("p", Symbol("t1"), "after"):
        return ZERO
    made = rebuilt(node, _joined)
    return ZERO if isinstance(made, tree.Transposed | tree.Negative) and made.of == ZERO else made


def _is_interval(node: tree.Integral, index: Node | None) -> bool:
    """From s_{i-1} to s_i?"""
    if not isinstance(index, Symbol):
        return False
    before = Symbol("s", part=(tree.Sum((index, tree.Negative(ONE))),))
    return (node.lower, node.upper) == (before, Symbol("s", part=(index,)))
