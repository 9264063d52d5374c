"""How notes pose a problem: what is made small, in which range a letter runs, which sets a path or a function joins, what is bounded.

    minimize  Phi + int L dt      J -> min      y: [0, T] -> R^n      0 <= k < N      u_min <= u <= u_max
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.starting import START
from adjointcheck.notes.letters.usage import HAMILTONIANS, head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
ORDERS = ("<", ">", "<=", ">=", "!=", "succeq", "preceq", "succ", "prec")
TOLD = (*ORDERS, "to", "mapsto")  # of a < b < c and f: R^n -> R, which are told as wholes
DOTS = tree.Letter("dots")
NEW = ("new", "neu", "nouveau", "nouvelle", "nuevo", "nuova", "nuovo", "next")
SOUGHT = ("p", "J", "J_a", "S", "v", "M", "lambda", "mathcal{J}", *HAMILTONIANS)


def posed(chain: tree.Chain) -> tree.Chain:
    """min (J = Phi) for min and, apart from it, J = Phi, and for J = Phi -> min; H = p f for H = p f -> max; dy(t)/dt for (dy/dt)(t)."""
    chain = renewed(replace(chain, sides=tuple(map(dated, chain.sides))))
    goal, last = chain.sides[0], chain.sides[-1]
    if chain.relations[-1:] == ("to",) and isinstance(last, tree.Extremum) and last.body is None:
        title = head(goal)
        named = len(chain.sides) > 2 and title is not None and title.name in HAMILTONIANS
        first = goal if named else replace(last, body=goal)
        return replace(chain, sides=(first, *chain.sides[1:-1]), relations=chain.relations[:-1])
    if chain.relations or not isinstance(goal, tree.Extremum) or goal.body is not None or not chain.conditions:
        return chain
    cost, *rest = chain.conditions
    stated = cost if isinstance(cost, tree.Chain) else tree.Chain((cost,), ())
    if isinstance(stated.sides[0], tree.Words):
        return chain
    return replace(stated, sides=(replace(goal, body=stated.sides[0]), *stated.sides[1:]), conditions=(*stated.conditions, *rest))


def renewed(chain: tree.Chain) -> tree.Chain:
    """theta <- theta - eta g for theta_new = theta - eta g, and theta <- argmax H for theta_new = argmax H."""
    left, right = chain.sides[0], chain.sides[-1]
    bare, mark = _unmarked(left)
    new = mark in NEW and len(chain.sides) == 2 and (_starts(tree.terms(right)[0], bare) or isinstance(right, tree.Extremum))
    return replace(chain, sides=(bare, right), relations=("<-",)) if new else chain


def _starts(term: Node, bare: Node) -> bool:
    """u, or (1 - eta alpha) u."""
    shrunk = isinstance(term, tree.Product) and len(term.factors) == 2 and isinstance(term.factors[0], tree.Sum)
    return (term.factors[1] if shrunk and isinstance(term, tree.Product) else term) == bare


def _unmarked(node: Node) -> tuple[Node, str]:
    """(u, new) of u_new, u^{new} and u^{new}(t), where the mark may have been read letter by letter."""
    if isinstance(node, tree.Call):
        bare, mark = _unmarked(node.function)
        return replace(node, function=bare), mark
    if isinstance(node, tree.Power):
        factors = node.exponent.factors if isinstance(node.exponent, tree.Product) else (node.exponent,)
        return node.base, "".join(getattr(factor, "name", "?") if factor != tree.NATURAL else "e" for factor in factors)
    marks = (*node.below, *node.above) if isinstance(node, tree.Letter) and not node.accents else ()
    bare = replace(node, below=(), above=()) if isinstance(node, tree.Letter) else node
    return bare, getattr(marks[0], "name", "") if len(marks) == 1 else ""


def dated(node: Node) -> Node:
    """The rate of y(t), where dy/dt is taken at the running time."""
    rate = node.function if isinstance(node, tree.Call) else None
    if not isinstance(node, tree.Call) or not isinstance(rate, tree.Derivative) or (*node.arguments,) != (*rate.by,):
        return rebuilt(node, dated)
    return replace(rate, of=replace(node, function=rate.of)) if isinstance(rate.of, tree.Letter) else node


def sought(chain: tree.Chain, context: Context) -> Introduced:
    """min J, over u or over all that the conditions allow, where nothing more is said of J; and J(u*) = min J(u)."""
    best = chain.relations in (("=",), (":=",)) and resolve(chain.sides[0], context) == Symbol("J")
    goal = chain.sides[-1] if best else chain.sides[0]
    if (chain.relations and not best) or not isinstance(goal, tree.Extremum) or goal.body is None or not _is_cost(goal.body, context):
        return None
    return "assumption", (), replace(context, options={"goal": "max" if goal.kind in ("max", "sup") else "min", **context.options})


def _is_cost(node: Node, context: Context) -> bool:
    """J, J(u), Phi(x_N), or any of these with a letter that nobody has introduced."""
    letter = head(node)
    return letter is not None and (role_in(letter, context) in ("J", "Psi") or bool(unknown(resolve(letter, context))))


def mapped(chain: tree.Chain) -> tree.Chain:
    """y in R^n of y: [0, T] -> R^n and of y(t, p): R x R^m -> R^n, and x ~ N(0, I) of x ~ p_0 = N(0, I)."""
    letter, *spaces = chain.sides
    if chain.relations[:2] == ("sim", "="):
        return replace(chain, sides=(letter, spaces[-1]), relations=("sim",))
    maps, time = chain.relations == (":", "to"), tree.Letter("t")
    if maps and isinstance(letter, tree.Letter) and isinstance(spaces[0], tree.Vector):
        return replace(chain, sides=(tree.Call(letter, (time,)), spaces[1]), relations=("in",))
    moves = maps and isinstance(letter, tree.Call) and letter.arguments[0] == time and isinstance(letter.function, tree.Letter)
    return replace(chain, sides=(letter, spaces[1]), relations=("in",)) if moves else chain


def ranged(chain: tree.Chain, context: Context) -> Introduced:
    """f: R^n -> R^n, h -> 0, (x_0, y) ~ mu, 0 <= t <= T, i, j = 1, ..., s: where things lie, nothing about costates, costs, derivatives."""
    told = chain.relations in ((":", "to"), (":", "mapsto")) or chain.relations[:1] == ("sim",)
    if told or _tends(chain, context) or _counts(chain, context):
        return "assumption", (), context
    if not chain.relations or not {*chain.relations} <= {*ORDERS}:
        return None
    parts = [part for side in chain.sides for part in walk(resolve(side, context))]
    names = {getattr(part, "name", "") or getattr(part, "letter", "") for part in parts}
    told = any(isinstance(part, tree.Derivative | tree.Variation | tree.Integral) for part in parts) or not names.isdisjoint(SOUGHT)
    known = any(isinstance(part, Symbol | Applied | Unknown) for part in parts)
    return ("assumption", (), context) if known and not told else None


def _tends(chain: tree.Chain, context: Context) -> bool:
    """h -> 0 and N -> infty."""
    letter, never = chain.sides[0], chain.sides[-1] == tree.Letter("infty")  # T -> infty is told of a problem
    roles = ("N", "l") if never else ("", "h", "eps", "N", "l")
    return chain.relations == ("to",) and isinstance(letter, tree.Letter) and role_in(letter, context) in roles


def at_place(chain: tree.Chain, context: Context) -> Introduced:
    """k = 0 and t = 3, where one looks, and h(tau) = v(tau) = 0, which says of a letter of its own when it is."""
    *before, last = (resolve(side, context) for side in chain.sides)
    counted = isinstance(last, tree.Number)
    clock = len(before) == 1 and _runs_with_time(before[0], context) and not symbols(last) & {"t", "x", "p"}  # tau = -T of tau = -t
    running = clock or (before in ([Symbol("t")], [Symbol("l")]) and (counted or last in (Symbol("t0"), Symbol("t1"), Symbol("N"))))
    asked = counted and all(map(at_own_time, before))
    return ("assumption", (), context) if {*chain.relations} == {"="} and (running or asked) else None


def _runs_with_time(node: Node, context: Context) -> bool:
    """tau of tau = -t, a number that the notes define by the running time alone."""
    names = {part.name for known in context.of(getattr(node, "name", "")) if known.kind == "defined" for part in walk(known.body or node)
             if isinstance(part, Symbol)}
    return isinstance(node, Symbol) and node.at is None and "t" in names and names <= {"t", "t0", "t1"}


def at_own_time(node: Node) -> bool:
    """h(tau), where tau is no time of the problem."""
    return isinstance(node, Symbol) and node.name == "x" and getattr(node.at, "name", "") == "theta"


def _counts(chain: tree.Chain, context: Context) -> bool:
    """Do letters that count run from one number to another, i, j = 1, ..., s?"""
    letters = chain.sides[0].rows[0] if isinstance(chain.sides[0], tree.Vector) else chain.sides[:1]
    listed = chain.relations == ("=",) and isinstance(chain.sides[1], tree.Vector) and DOTS in chain.sides[1].rows[0]
    free = all(isinstance(letter, tree.Letter) and role_in(letter, context) in ("", "l") for letter in letters)
    return listed and free


def least(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """J = ... at the optimum for min J = ..."""
    first = chain.sides[0]
    body = first.body if isinstance(first, tree.Extremum) and chain.relations[:1] == ("=",) else None
    if body is None or resolve(body, context) != Symbol("J") or context.law("objective") is None:
        return chain, context
    return replace(chain, sides=(body, *chain.sides[1:])), context.assume("optimal")


def condition(chain: tree.Chain, context: Context) -> Introduced:
    """delta x(t_0) = 0, psi(x(T)) = 0, delta J = 0: what is held fixed, asked for, or stationary."""
    pair = pair_of(chain)
    if pair is None or len(chain.sides) > 2 or pair[1] != tree.Number(Fraction(0)):
        return None
    left = resolve(pair[0], context)
    if isinstance(left, tree.Limit) and getattr(pair[0].to, "name", "") == "infty":  # type: ignore[union-attr]  of an infinite horizon
        return "assumption", (), context
    if isinstance(left, Applied) and left.name in ("psi", "g"):
        return "assumption", (), context
    inner = left.of if isinstance(left, tree.Variation) else None
    if isinstance(inner, Symbol) and inner.name in ("J", "J_a"):
        return "assumption", (), context.assume("optimal")
    if isinstance(inner, Symbol) and (inner == START or inner.name == "x0"):
        return "assumption", (), context.assume("fixed start")
    fixed = isinstance(inner, Symbol) and (inner.name in ("theta", "t0", "t1") or (inner.name == "x" and inner.at is not None))
    return ("assumption", (), context) if fixed else None
