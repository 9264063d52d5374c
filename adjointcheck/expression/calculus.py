"""Derivatives on the hash-consed graph: forward along one symbol, reverse for all symbols at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from adjointcheck.expression.node import ONE, ZERO, Expression, apply, symbol, total, walk
from adjointcheck.expression.table import PRIMITIVES, Condition, conditions_of

Terms = dict[Expression, list[Expression]]  # of the cotangent of each node


def derivative(roots: Sequence[Expression], direction: Mapping[str, Expression]) -> list[Expression]:
    """Forward mode: d root = sum_s (d root/ds) direction[s]; a missing symbol does not move.

    `direction = {"x": ONE}` is the partial derivative in x; `{"x": xdot, "t": ONE}` the total time derivative.
    """
    tangents: dict[Expression, Expression] = {}
    for node in walk(roots):
        tangents[node] = _tangent(node, tangents, direction)
    return [tangents[root] for root in roots]


def _tangent(node: Expression, tangents: Mapping[Expression, Expression], direction: Mapping[str, Expression]) -> Expression:
    if node.head == "symbol":
        return direction.get(node.value, ZERO)
    pull = PRIMITIVES[node.head].pull if node.args else None
    moving = [(i, arg) for i, arg in enumerate(node.args) if tangents[arg] is not ZERO]
    if pull is None or not moving:
        return ZERO
    if node.head == "piecewise":  # one branch is taken, so its tangent alone is: the other may not even be defined
        value, condition, otherwise = node.args
        return select(tangents[value], condition, tangents[otherwise])
    return total(term for i, arg in moving if (term := pull(tangents[arg], node, *node.args)[i]) is not None)


def partial(root: Expression, name: str) -> Expression:
    """d root / d name by forward mode."""
    return derivative([root], {name: ONE})[0]


def select(value: Expression, condition: Expression, otherwise: Expression) -> Expression:
    """piecewise(value, condition, otherwise), which is `value` when both branches are the same node."""
    return value if value is otherwise else apply("piecewise", value, condition, otherwise)


def gradient(roots: Sequence[Expression], seeds: Sequence[Expression], names: Iterable[str]) -> dict[str, Expression]:
    """Reverse mode: d (sum_i seeds[i] roots[i]) / d name for every name, sharing one sweep (Griewank 1989).

    The seeds are constants of the differentiation, so with roots (L, f_1, ..., f_n) and seeds (1, p_1, ..., p_n) this
    is the gradient of the Hamiltonian L + p f without ever building a Jacobian.
    """
    terms: Terms = defaultdict(list)
    for root, seed in zip(roots, seeds, strict=True):
        terms[root].append(seed)
    names = list(names)
    nodes, live = walk(roots), {symbol(name) for name in names}
    for node in nodes:
        if not live.isdisjoint(node.args):
            live.add(node)
    for node in reversed(nodes):
        if node.args and node in terms and node in live:
            _scatter(node, total(terms[node]), terms, live, names)
    return {name: total(terms[symbol(name)]) for name in names}


def _scatter(node: Expression, cotangent: Expression, terms: Terms, live: set[Expression], names: Sequence[str]) -> None:
    if node.head == "piecewise":
        return _scatter_piecewise(node, cotangent, terms, names)
    pull = PRIMITIVES[node.head].pull
    assert pull is not None, "no condition is given a cotangent"
    for arg, term in zip(node.args, pull(cotangent, node, *node.args), strict=True):
        if term is not None and term is not ZERO and arg in live:
            terms[arg].append(term)


def _scatter_piecewise(node: Expression, cotangent: Expression, terms: Terms, names: Sequence[str]) -> None:
    """Choose between finished branch gradients: 0 * (1/0) of the branch not taken must never be formed."""
    value, condition, otherwise = node.args
    there, elsewhere = gradient([value], [ONE], names), gradient([otherwise], [ONE], names)
    for name in names:
        chosen = select(there[name], condition, elsewhere[name])
        if chosen is not ZERO:
            terms[symbol(name)].append(cotangent * chosen)


def domain_ledger(roots: Iterable[Expression]) -> dict[Condition, None]:
    """The sign conditions under which every node below `roots` is defined, in a fixed order, each once."""
    return {condition: None for node in walk(roots) for condition in conditions_of(node)}
