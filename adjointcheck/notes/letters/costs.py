"""The two parts of a cost: what is paid along the way, and what is paid at the end."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Law
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, symbols, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

BY_MODEL = ((Symbol("w"),), (Symbol("theta"),))
NOTHING = tree.Number(Fraction(0))
STARTS = (Symbol("t0"), NOTHING)


def objective_of(context: Context) -> Node:
    """What the notes say that the cost is, with nu psi where an end condition has a multiplier; else Psi + int L dt."""
    law = context.law("objective")
    if law is not None and context.of("psi") and context.of("nu"):
        return tree.Sum((*tree.terms(law.right), tree.Product((Symbol("nu"), Applied("psi")))))
    if law is not None:
        return adjoined(law.right, context)
    end = Applied("Psi")
    if not runs(context):
        return end
    running = (tree.Series("sum", tree.Product((Symbol("h"), Applied("L"))), Symbol("l", bound=True), None, None)
               if context.over() == "layers" else tree.Integral(Applied("L"), Symbol("t", bound=True), None, None))
    return tree.Sum((end, running))


def runs(context: Context) -> bool:
    """Is there a running cost, which the notes do not put to 0?"""
    return any(known.body != NOTHING for known in context.of("L"))


def adjoined(cost: Node, context: Context) -> Node:
    """The cost with what its multiplier makes of each condition; a cost that has the condition times a letter already is as it is."""
    held = [factor for term in tree.terms(cost) if isinstance(term, tree.Product) for factor in term.factors[1:]]
    arrivals = [law for law in context.laws if law.kind == "arrival" and law.right not in held]
    terms = tuple(tree.Product((law.left, law.right)) for law in arrivals)
    return tree.Sum((*tree.terms(cost), *terms)) if terms else cost


def parts(cost: Node) -> Iterator[Node]:
    """The terms of a cost, with factors before a bracket that integrates drawn in: c (Psi + int L dt) pays at the end too."""
    if isinstance(cost, tree.Sum):
        for term in cost.terms:
            yield from parts(term)
    elif isinstance(cost, tree.Negative):
        yield from map(tree.Negative, parts(cost.of))
    elif isinstance(cost, tree.Quotient) and integrates(cost.above):
        yield from (replace(cost, above=part) for part in parts(cost.above))
    elif isinstance(cost, tree.Product) and (inner := [factor for factor in cost.factors if integrates(factor)]):
        for part in parts(inner[0]):
            yield replace(cost, factors=tuple(part if factor is inner[0] else factor for factor in cost.factors))
    else:
        yield cost


def running(objective: Node) -> tree.Sum:
    """The integrands."""
    return tree.Sum(tuple(_integrand(term) for term in parts(objective) if integrates(term)))


def ending(objective: Node) -> tree.Sum:
    """All terms without an integral, at a state that stands here."""
    return tree.Sum(tuple(_here(term) for term in parts(objective) if not integrates(term)))


def starting(objective: Node) -> tree.Sum:
    """All terms that speak of the first state alone."""
    return tree.Sum(tuple(term for term in parts(objective) if _starts(term)))


def _starts(node: Node) -> bool:
    states = [part for part in walk(node) if isinstance(part, Symbol) and part.name in ("x", "x0")]
    return bool(states) and all(part.name == "x0" or part.at in STARTS for part in states) and not any(
        isinstance(part, tree.Series | tree.Integral) for part in walk(node))


def later(objective: Node) -> Node:
    """All other terms."""
    return tree.Sum(tuple(term for term in parts(objective) if not _starts(term)))


def apart(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """Over time, an equation in which J stands for what is paid after the start: dJ/dx_0 becomes that plus d J_b/dx_0."""
    law = context.law("objective")
    paid = starting(law.right) if law is not None and context.over() == "time" else tree.Sum(())
    if law is None or not paid.terms or not tree.terms(later(law.right)):
        return left, right, context
    cost = _by_start(paid)
    rest = replace(law, right=later(law.right))
    laws = tuple(rest if other is law else other for other in context.laws)
    one, other = _beside(left, cost), _beside(right, cost)
    if isinstance(one, tree.Sum) and one.terms[:1] == (left,):  # J_b on the other side, beside the costate
        one, other = left, tree.Sum((*tree.terms(other), *(tree.Negative(term) for term in one.terms[1:])))
    return one, other, replace(context, laws=(*laws, Law("start cost", Symbol("J"), cost)))


def _by_start(node: Node) -> Node:
    """With x_0 for x(t_0)."""
    return Symbol("x0") if isinstance(node, Symbol) and node.name == "x" else rebuilt(node, _by_start)


def _beside(node: Node, cost: Node) -> Node:
    """J as J + J_b."""
    if isinstance(node, tree.Derivative) and node.of == Symbol("J") and len(node.by) == 1 and _is_start(node.by[0]):
        return tree.Sum((node, tree.Derivative(cost, (Symbol("x0"),), "partial")))
    if isinstance(node, tree.Derivative) and node.of == Symbol("J") and node.by in BY_MODEL and not symbols(node.by[0]) & symbols(cost):
        return node  # neither controls nor coefficients of the model are paid for at the start
    if isinstance(node, tree.Variation) and node.of == Symbol("J"):
        return tree.Sum((node, tree.Variation(cost)))
    return tree.Sum((node, cost)) if node == Symbol("J") else rebuilt(node, lambda child: _beside(child, cost))


def _is_start(node: Node) -> bool:
    return isinstance(node, Symbol) and (node.name == "x0" or (node.name == "x" and node.at in STARTS))


def integrates(node: Node) -> bool:
    """Is there an integral in it?"""
    return any(isinstance(part, tree.Integral) for part in walk(node))


def _integrand(node: Node) -> Node:
    return node.body if isinstance(node, tree.Integral) else rebuilt(node, _integrand)


def _here(node: Node) -> Node:
    return replace(node, at=None) if isinstance(node, Symbol) and node.name == "x" else rebuilt(node, _here)


def one_of(term: Node, series: tree.Series) -> Node:
    """What is summed, in the place of the sum."""
    return series.body if term is series else rebuilt(term, lambda child: one_of(child, series))


def timed(chain: tree.Chain, context: Context) -> Context:
    """With phi(x(T), T) for the phi(x(T)) of before, where the formula has dphi/dT: how the end cost changes with time alone."""
    known = next((known for known in context.of("Psi") if known.arguments and "t" not in known.arguments), None)
    slopes = (part for part in walk(chain) if isinstance(part, tree.Derivative) and part.kind == "partial")
    if known is None or not any(part.by == (Symbol("t"),) and getattr(part.of, "name", "") == "Psi" for part in slopes):
        return context
    laws = tuple(replace(law, right=_with_time(law.right)) if law.kind == "objective" else law for law in context.laws)
    told = replace(known, arguments=(*(known.arguments or ()), "t"))
    return replace(context, letters={**context.letters, known.letter: told}, laws=laws)


def _with_time(node: Node) -> Node:
    if isinstance(node, Applied) and node.name == "Psi" and node.arguments:
        return replace(node, arguments=(*node.arguments, ("t", Symbol("t1"))))
    return rebuilt(node, _with_time)


_PAID = {"phi": tree.Series, "L": tree.Integral}  # Psi stands alone


def is_observed(term: Node) -> bool:
    """Is it the sum of all phi_j(x(s_j)), Psi(x(t1)), or int L dt?"""
    body = term.body if isinstance(term, tree.Series | tree.Integral) else term
    if not isinstance(body, Applied) or not isinstance(term, _PAID.get(body.name, Applied)):
        return False
    if isinstance(term, tree.Series):
        whole = term.kind == "sum" and (term.lower, term.upper) in ((None, None), (tree.Number(Fraction(1)), Symbol("N")))
        return whole and term.index is not None and _paid(body, Symbol("s", part=(term.index,)))
    return body.name in ("L", "Psi") and _paid(body, Symbol("t1") if body.name == "Psi" else None)


def _paid(body: Applied, at: Node | None) -> bool:
    """Are a cost's arguments those of the problem, all of one time?"""
    there = {Symbol(slot, at=at) for slot in ("x", "w")} | {Symbol("theta"), at or Symbol("t")}
    if at is None:
        there |= {Symbol(slot, at=Symbol("t", bound=bound)) for slot in ("x", "w") for bound in (True, False)} | {Symbol("t", bound=True)}
    return body.at == (at if body.name == "phi" else None) and all(value in there for _, value in body.arguments)


def paid_at_end_alone(context: Context) -> Context:
    """The context of an example in components without the running cost of before, where something is paid at the end too."""
    law = context.law("objective")
    ended = tuple(term for term in tree.terms(law.right) if not integrates(term)) if law is not None and context.parts("x") else ()
    made = {law: replace(law, right=tree.summed(ended))} if law is not None and ended else {}
    return replace(context, laws=tuple(made.get(other, other) for other in context.laws))


def with_penalty(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """d(J + mu/2 |K|^2)/dK, where what is added is made of constants alone, as the gradient of a cost that has it too."""
    whole, law = left.of if isinstance(left, tree.Derivative) else left, context.law("objective")
    terms = whole.terms if isinstance(whole, tree.Sum) and law is not None and isinstance(left, tree.Derivative) else ()
    added = tuple(term for term in terms if term != Symbol("J"))
    moving = {known.symbol for known in context.letters.values() if known.kind != "constant"}
    if law is None or len(added) != len(terms) - 1 or not terms or "J" in symbols(right) or any(symbols(term) & moving for term in added):
        return left, right, context
    paid = replace(law, right=tree.Sum((*tree.terms(law.right), *added)))
    laws = tuple(paid if other is law else other for other in context.laws)
    return replace(left, of=Symbol("J")), right, replace(context, laws=laws)


def without_constants(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """The cost R of J = R + K without K, which is made of constants alone, where slopes by other letters, or those of R, are spoken of."""
    law, (still, kept) = context.law("objective"), still_terms(context)
    if law is None or not (still and kept):
        return left, right, context
    paid = replace(law, right=tree.summed(kept))
    names = {Symbol(known.symbol) for known in context.letters.values() if known.body == paid.right}
    nodes = [*walk(left), *walk(right)]
    slopes = [part for part in nodes if isinstance(part, tree.Derivative) and part.of == Symbol("J")]
    asked = {getattr(by, "name", "") for part in slopes for by in part.by} - ROLES.keys()
    spoken = frozenset().union(*map(_spoken, still))
    free = {known.symbol for known in context.letters.values() if known.body is None} - spoken
    if not asked <= free or nodes.count(Symbol("J")) > len(slopes) or (slopes and names & {*nodes}):
        return left, right, context
    laws = tuple(paid if other is law else other for other in context.laws)
    return _called(left, names), _called(right, names), replace(context, laws=laws)


def _called(node: Node, names: Set[Node]) -> Node:
    """J for the slopes of R."""
    if isinstance(node, tree.Derivative) and node.of in names:
        return replace(node, of=Symbol("J"))
    return rebuilt(node, lambda child: _called(child, names))


def still_terms(context: Context) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """What the cost pays for constants alone, and all else."""
    law = context.law("objective")
    terms = tree.terms(law.right) if law is not None else ()
    still = tuple(term for term in terms if is_still(term, context))
    return still, tuple(term for term in terms if term not in still)


def is_still(term: Node, context: Context) -> bool:
    """Is it made of the notes' own constants alone, of which no law says what they are made of?"""
    made = {law.left.name for law in context.laws if isinstance(law.left, Symbol)} | ROLES.keys()
    still = {known.symbol for known in context.letters.values() if (known.kind, known.body) == ("constant", None)} - made
    spoken = _spoken(term)
    return bool(spoken) and spoken <= still


def _spoken(node: Node) -> frozenset[str]:
    """The letters of a formula, without indices of its sums."""
    counted = (part.index for part in walk(node) if isinstance(part, tree.Series))
    return symbols(node).difference(*(symbols(index) for index in counted if index is not None))
