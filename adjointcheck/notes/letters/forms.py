"""Kinds of claims, by what stands in a resolved formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

RUNNING = {"x", "p", "w", "f", "L", "H", "Psi"}


def form_of(chain: Node) -> str:
    """pointwise, boundary, functional, recurrence, limit, expansion, variation, density, riccati, optimality, inequality, mean."""
    assert isinstance(chain, tree.Chain)
    nodes = list(walk(chain))
    names = symbols(chain)
    for form, holds in _FORMS:
        if holds(chain, nodes, names):
            return form
    return "pointwise"


def _stationary(chain: tree.Chain, nodes: list[Node], names: Iterable[str]) -> bool:
    if _steps(*chain.sides[:2]):
        return False
    zero = tree.Number(Fraction(0)) in chain.sides
    by_control = any(isinstance(n, tree.Derivative) and any(isinstance(b, Symbol) and b.name == "w" for b in n.by) for n in nodes)
    left = chain.sides[0]
    extremum = any(isinstance(n, tree.Extremum) for n in nodes)
    chosen = isinstance(left, Symbol) and left.name == "w" and len(chain.sides) > 1
    solved = len(chain.sides) > 1 and is_solved_state(*chain.sides[:2])
    return (zero and by_control) or weighed(nodes, names) or trades(nodes) or chosen or extremum or solved


def _steps(left: Node, right: Node | None = None) -> bool:
    """w - eta g = w - eta h: a step from any control."""
    starts = [side.terms[0] for side in (left, right) if isinstance(side, tree.Sum)]
    return len(starts) == 2 and starts[0] == starts[1] and getattr(starts[0], "name", "") == "w"


def trades(nodes: list[Node]) -> bool:
    """u'(c_t) beside u'(c_{t+1}): what a control pays at two layers is weighed against each other (Euler's equation of growth)."""
    slopes = [node.of for node in nodes if isinstance(node, tree.Derivative) and _marginal(node) and isinstance(node.of, Applied)]
    paid = [value for of in slopes if isinstance(of, Applied) and of.name == "L" for slot, value in of.arguments if slot == "w"]
    return len({getattr(value, "at", None) for value in paid}) > 1


def is_solved_state(left: Node, right: Node) -> bool:
    """x_1(t) = 2 + t/2, x_1(T) = 3, J = 5/12, u-ddot = 0: of what a control moves, that which is so under one control alone."""
    if isinstance(left, tree.Derivative) and getattr(left.of, "name", "") == "w" and {*left.by} == {Symbol("t")}:
        return True
    state = isinstance(left, Symbol) and left.name == "x" and bool(left.part) and left.at not in (Symbol("t0"), tree.Number(Fraction(0)))
    known = state or (left == Symbol("J") and not isinstance(right, tree.Integral))
    return known and not symbols(right) & {"x", "w", "p", "H", "J", "P", "f", "L", "Psi"}


def weighed(nodes: Iterable[Node], names: Iterable[str]) -> bool:
    """r u = -p b, L_u = p: the control, or what it costs, against a costate, with nothing else differentiated; in general it is not so."""
    nodes, names = list(nodes), {*names}
    slopes = [n for n in nodes if isinstance(n, tree.Derivative)]
    plain = not any(isinstance(n, tree.Variation | tree.Integral | tree.Series) for n in nodes) and all(map(_marginal, slopes))
    places = {n.at for n in nodes if isinstance(n, Symbol) and n.name == "p"}
    plain &= len(places) < 2  # p_k = p_{k+1} + h (A + u_k N)^T p_{k+1} weighs nothing
    priced = "p" in names or bool(slopes and names - ROLES.keys())  # mu = exp(rho t) p
    return plain and priced and ("L" if slopes else "w") in names and not {"H", "J", "J_a"} & names


def _marginal(slope: tree.Derivative) -> bool:
    """L_u, f_u."""
    by_control = all(isinstance(by, Symbol) and by.name == "w" for by in slope.by) and bool(slope.by)
    named = isinstance(slope.of, Applied) and slope.of.name.partition("_")[0] in ("L", "f")  # f_2 is the field of a block
    return by_control and slope.kind in ("partial", "nabla") and named


def conserves_energy(left: Node, right: Node) -> bool:
    """dH/dt = 0, dH/dt = H_t: what only an optimal control satisfies."""
    moved = isinstance(left, tree.Derivative) and left.kind == "total" and "H" in symbols(left.of)
    explicit = isinstance(right, tree.Derivative) and (right.kind, right.by) == ("partial", (Symbol("t"),)) and "H" in symbols(right.of)
    return moved and (explicit or right == tree.Number(Fraction(0)))


def is_canonical(left: Node, right: Node) -> bool:
    """x-dot = A x - B R^-1 B^T lambda, also beside lambda-dot in a column: the best control stands in it already."""
    rates = [part for part in walk(left) if isinstance(part, tree.Derivative) and part.kind == "total" and part.by in ((Symbol("t"),), ())]
    moved = any(getattr(cell, "name", "") == "x" for rate in rates for cell in (rate.of, *children(rate.of)))
    return moved and "p" in symbols(right) and not symbols(right) & {"w", "H", "L", "J", "J_a"}


def is_general(left: Node, right: Node) -> bool:
    """dJ/dw = ..., delta J = ... delta w, H_w = L_w + ..., dH/dt = ... + H_w w-dot + ...: said of any control.

    Where it is optimal, both sides are 0 and a slip is too.
    """
    nodes = [*walk(left), *walk(right)]
    slopes = [node for node in nodes if isinstance(node, tree.Derivative) and any(getattr(by, "name", "") == "w" for by in node.by)]
    costs = any(isinstance(node.of, Symbol) and node.of.name in ("J", "J_a") for node in slopes)
    moved = {node.of.name for node in nodes if isinstance(node, tree.Variation) and isinstance(node.of, Symbol)}
    spelt = (core := core_of(left)) in slopes and isinstance(core, tree.Derivative) and symbols(core.of) == {"H"}
    rates = (node for node in walk(right) if isinstance(node, tree.Derivative) and getattr(node.of, "name", "") == "w")
    spelt = spelt or (bool(slopes) and any(True for _ in rates))  # ... + H_w w-dot = H_t is so for the optimal one alone
    zero = tree.Number(Fraction(0)) in (left, right)
    return not zero and (costs or spelt or _steps(left, right) or ("w" in moved and bool(moved & {"J", "J_a"})))


def about_end_time(left: Node, right: Node) -> bool:
    """H(t1) + dPsi/dt1 = 0, H(t1) = -dPsi/dt1, dJ/dt1 = 0: what only an optimal end time satisfies."""
    zero = any(isinstance(side, tree.Number) and side.value == 0 for side in (left, right))
    ends = {"t1"} & (symbols(left) | symbols(right))
    by_end = any(isinstance(part, tree.Derivative) and Symbol("t1") in part.by for side in (left, right) for part in walk(side))
    return _pays_for_end(left, right) or (zero and bool(ends) and (by_end or bool({"H", "L"} & (symbols(left) | symbols(right)))))


def _pays_for_end(left: Node, right: Node) -> bool:
    """Is one side H at the end, and the other how the end cost changes with it?"""
    for side, other in ((left, right), (right, left)):
        energy, slope = core_of(side), core_of(other)
        slope = slope.of if isinstance(slope, tree.Evaluated) else slope
        named = isinstance(energy.of if isinstance(energy, tree.Evaluated) else energy, Applied) and symbols(side) & {"H"}
        timed = isinstance(slope, tree.Derivative) and getattr(slope.of, "name", "") == "Psi" and slope.by[:1] in (
            (Symbol("t"),), (Symbol("t1"),))
        if named and timed and is_at_end(side, other):
            return True
    return False


def is_at_end(left: Node, right: Node) -> bool:
    """Is something taken at the end time?"""
    nodes = [*walk(left), *walk(right)]
    places = [place for node in nodes if isinstance(node, tree.Evaluated) for place in node.at]
    return Symbol("t1") in [*places, *(getattr(node, "at", None) for node in nodes)]


def _boundary(chain: tree.Chain, nodes: list[Node], names: Iterable[str]) -> bool:
    left = chain.sides[0]
    while isinstance(left, tree.Negative | tree.Transposed | tree.Evaluated):
        left = left.of
    return isinstance(left, Symbol) and isinstance(left.at, Symbol) and left.at.name in ("t0", "t1", "N", "s", "tau")


_FORMS: tuple[tuple[str, Callable[[tree.Chain, list[Node], Iterable[str]], bool]], ...] = (
    ("inequality", lambda chain, nodes, names: any(r in ("<", ">", "<=", ">=", "<<", ">>") for r in chain.relations)),
    ("limit", lambda chain, nodes, names: any(isinstance(n, tree.Limit) for n in nodes)),
    ("expansion", lambda chain, nodes, names: any(isinstance(n, tree.BigO) for n in nodes)),
    ("mean", lambda chain, nodes, names: any(isinstance(n, tree.Expectation) for n in nodes)),
    ("optimality", _stationary),
    ("variation", lambda chain, nodes, names: any(isinstance(n, tree.Variation) for n in nodes)),
    ("density", lambda chain, nodes, names: "rho" in names),
    ("riccati", lambda chain, nodes, names: "P" in names),
    ("recurrence", lambda chain, nodes, names: any(isinstance(n, Symbol) and isinstance(n.at, tree.Sum) for n in nodes) and "l" in names),
    ("functional", lambda chain, nodes, names: any(isinstance(n, tree.Integral | tree.Series) for n in nodes) or "J" in names),
    ("boundary", _boundary),
)


def whole_at_bar(node: Node, context: Context) -> Node:
    """(phi_t + phi_x f + L)|_{t_1} for phi_t + phi_x f + L |_{t_1}, where nothing else says where the other terms are taken."""
    terms = list(node.terms) if isinstance(node, tree.Sum) else []
    last = terms[-1].of if terms and isinstance(terms[-1], tree.Negative) else terms[-1] if terms else None
    if not isinstance(last, tree.Evaluated) or last.less or len(last.at) != 1 or last.at[0] not in (Symbol("t0"), Symbol("t1")):
        return node
    parts = [part for term in terms[:-1] for part in walk(term)]
    placed = any(getattr(part, "at", None) or isinstance(part, tree.Integral | tree.Series) for part in parts)
    running = all(symbols(term) & RUNNING for term in terms[:-1])
    ending = tree.Negative(last.of) if isinstance(terms[-1], tree.Negative) else last.of
    return node if placed or not running else replace(last, of=tree.Sum((*terms[:-1], ending)))
