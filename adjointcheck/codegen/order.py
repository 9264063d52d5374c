"""Schedules: several programs for the same values, the smallest kept, in an order that keeps few temporaries alive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from adjointcheck.codegen.ir import Function, Name
from adjointcheck.codegen.rewrite import expand_powers, factor_sums, normalise, pair_products
from adjointcheck.expression import calculus, cost
from adjointcheck.expression.node import ONE, Expression, mul, total, walk

Value = TypeVar("Value", bound=Hashable)

LARGE = 8000  # nodes of a program of which only the two likeliest schedules are tried
FORWARD_BUDGET = 1500  # node visits; beyond it forward mode cannot win and would make derivation time quadratic


def operation_count(roots: Iterable[Expression]) -> int:
    """Operations of one evaluation of `roots`, each shared node once: + - * / - and functions count one each."""
    return cost.operation_count(expand_powers(roots))


def smallest(candidates: Iterable[Sequence[Expression]]) -> list[Expression]:
    """The candidate of fewest operations, powers expanded; the first among equals."""
    return min((expand_powers(roots) for roots in candidates), key=cost.operation_count)


def rewritten(roots: Sequence[Expression]) -> Iterator[list[Expression]]:
    """`roots` as they stand, and in every form that our rewritings give them; of a large program sums are factored only."""
    forms = [normalise(roots)]
    for rewrite in (factor_sums, pair_products) if len(walk(forms[0])) <= LARGE else (factor_sums,):
        forms += [form for form in map(rewrite, forms) if form not in forms]
    return iter(forms)


def simplest(*forms: Sequence[Expression]) -> list[Expression]:
    """What the `forms`, all equal, say in the fewest operations, powers expanded."""
    return smallest(chain.from_iterable(map(rewritten, forms)))


def pulled_back(roots: Sequence[Expression], seeds: Sequence[Expression], names: Sequence[str]) -> list[Expression]:
    """The roots, then d (sum_i seeds[i] roots[i]) / d name for every name: the smallest program found for all of them.

    Candidates: reverse mode, and for small systems forward mode by columns of the Jacobian, each on the roots as
    written and on rewritten roots (Griewank & Walther 2008, section 3.2, bounds reverse mode by 4 to 5 times the roots).
    """
    return smallest(_pullbacks(roots, seeds, names))


def _pullbacks(roots: Sequence[Expression], seeds: Sequence[Expression], names: Sequence[str]) -> Iterator[list[Expression]]:
    written = normalise(roots)
    factored = factor_sums(written) if len(walk(written)) <= LARGE else written
    for form in dict.fromkeys((tuple(written), tuple(factored))):
        yield from rewritten([*form, *calculus.gradient(form, seeds, names).values()])
        if len(walk(form)) * len(names) <= FORWARD_BUDGET:
            yield from rewritten([*form, *_column_by_column(form, seeds, names)])


def _column_by_column(roots: Sequence[Expression], seeds: Sequence[Expression], names: Sequence[str]) -> list[Expression]:
    columns = (calculus.derivative(roots, {name: ONE}) for name in names)
    return [total(mul(seed, entry) for seed, entry in zip(seeds, column, strict=True)) for column in columns]


def execution_order(roots: Sequence[Expression]) -> list[Expression]:
    """Every operation below `roots` after its arguments, in the order of fewest live temporaries that we know."""
    orders = (_depth_first(roots, by_need) for by_need in (True, False))
    return min(orders, key=lambda order: _peak([(node, node.args) for node in order], roots))


def _depth_first(roots: Sequence[Expression], by_need: bool) -> list[Expression]:
    """Depth first; `by_need` visits the argument that needs more registers first (Sethi & Ullman 1970)."""
    nodes = walk(roots)
    if not by_need:
        return [node for node in nodes if node.args]
    turns = _turns(nodes)
    order: dict[Expression, None] = {}
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order[node] = None
        elif node.args and node not in order:
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(turns[node]))
    return list(order)


def _turns(nodes: Sequence[Expression]) -> dict[Expression, list[Expression]]:
    """Arguments of each node, the one that needs most registers first."""
    need: dict[Expression, int] = {}
    turns: dict[Expression, list[Expression]] = {}
    for node in nodes:
        turns[node] = sorted(node.args, key=need.__getitem__, reverse=True)
        need[node] = max((need[arg] + i for i, arg in enumerate(turns[node])), default=0) or int(bool(node.args))
    return turns


def peak_live(function: Function) -> int:
    """The largest number of temporaries that hold a value still needed, over the execution of `function`."""
    lines = [(assign.target, [arg.text for arg in assign.value.args if isinstance(arg, Name)]) for assign in function.body]
    results = [value.text for result in function.results for value in result.values if isinstance(value, Name)]
    return _peak(lines, results)


def _peak(lines: Sequence[tuple[Value, Sequence[Value]]], results: Iterable[Value]) -> int:
    """`lines` pair each value with the values it is made of; what is not made by a line is an argument and not counted."""
    last_use = {arg: at for at, (_, args) in enumerate(lines) for arg in args}
    last_use |= dict.fromkeys(results, len(lines))
    ends = Counter(last_use.get(target, at) for at, (target, _) in enumerate(lines))
    live, peak = 0, 0
    for at in range(len(lines)):
        live += 1 - ends[at]
        peak = max(peak, live)
    return peak
