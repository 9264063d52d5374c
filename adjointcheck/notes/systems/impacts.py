"""Notes on events without a header: the event's time, guard and reset told by one-sided values, two fields in cases, saltation matrices."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import partial

from adjointcheck.notes.letters.at_event import misplaced, stretch_of
from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.meaning import SIDES, Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.stars import is_starred
from adjointcheck.notes.letters.usage import USUAL_STATES, head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.modes import eventful, switched
from adjointcheck.notes.systems.motion import dynamics

Introduced = tuple[str, tuple[str, ...], Context] | None
ENDS = ("t", *ROLES["t0"].usual, *ROLES["t1"].usual)
ZERO = tree.Number(Fraction(0))
JUMP = tree.Derivative(Symbol("x", at=Symbol("tau"), side="after"), (Symbol("x", at=Symbol("tau"), side="before"),), "total")


def impacted(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With tau of x(tau^-), gamma of gamma(x^-) = 0 and R of x^+ = R(x^-), where both a guard and one-sided values are told."""
    chains = list(chains)
    if context.of("s") or context.of("phi") or context.over() == "layers":
        return context
    found = dict(role for chain in chains for role in _told(chain, context))
    met = {name: (guard, time) for chain in chains for name, guard, time in _met(chain)}
    if "r" in found and "tau" not in found and len(met) == 1:  # g(x(t_*)) = 0 beside x^+ = R(x^-)
        ((name, (guard, time)),) = met.items()
        found = {"g": guard, **found, "tau": replace(time, name=name, below=(), above=())}
    if not context.of("g") and "g" not in found:
        return context
    for symbol, letter in found.items():
        if not context.of(symbol) and key(letter) not in context.letters:
            role = ROLES[symbol]
            context = context.declare(Declared(key(letter), symbol, role.shape, role.kind, source="proposed"))
    return context


def _told(chain: tree.Chain, context: Context) -> Iterable[tuple[str, tree.Letter]]:
    for part in walk(chain):
        time = part.arguments[0] if isinstance(part, tree.Call) and len(part.arguments) == 1 else None
        if isinstance(time, tree.Letter) and side_of(time) and not time.below and time.name not in (*USUAL_STATES, *context.letters):
            yield "tau", replace(time, above=())
    pair = pair_of(chain)
    if pair is None:
        return
    left, right = pair
    met = partial(_at_impact, states=tuple(known.letter for known in context.of("x")) or USUAL_STATES)
    if right == ZERO and isinstance(left, tree.Call) and any(map(met, left.arguments)) and isinstance(left.function, tree.Letter):
        yield "g", left.function
    after = side_of(head(left)) or (side_of(left.arguments[0]) if isinstance(left, tree.Call) else "")
    called = isinstance(right, tree.Call) and any(map(met, right.arguments))
    if after == "after" and called and isinstance(right, tree.Call) and isinstance(right.function, tree.Letter):
        state = head(right.arguments[0])
        yield from () if state is None or state.name == right.function.name else [("r", right.function)]


def _met(chain: tree.Chain) -> Iterable[tuple[str, tree.Letter, tree.Letter]]:
    """The name of t_*, g and t_* of g(x(t_*)) = 0: a guard, and when it is met; no end, and no start."""
    left, right = pair_of(chain) or (None, None)
    inner = left.arguments[0] if right == ZERO and isinstance(left, tree.Call) else None
    time = inner.arguments[0] if isinstance(inner, tree.Call) and len(inner.arguments) == 1 and head(inner) is not None else None
    if isinstance(left, tree.Call) and isinstance(left.function, tree.Letter) and isinstance(time, tree.Letter):
        name = f"{key(time)}^*" if is_starred(time) else key(time)
        yield from [(name, left.function, time)] if name not in ENDS and not side_of(time) else []


def side_of(node: Node | None) -> str:
    """before or after, of tau^- and x^+."""
    above = node.above if isinstance(node, tree.Letter) else ()
    return next((SIDES[mark.name] for mark in above if isinstance(mark, tree.Letter) and mark.name in SIDES), "")


def _at_impact(node: Node, states: Container[str]) -> bool:
    """x^-, x(tau^-), x(tau)."""
    letter = head(node)
    state = letter is not None and letter.name in states
    times = node.arguments if isinstance(node, tree.Call) else ()
    return state and (bool(side_of(letter)) or any(side_of(time) or getattr(time, "name", "") in ("tau", "sigma") for time in times))


def cased(chain: tree.Chain, context: Context) -> Introduced:
    """x-dot = f_1(x) before tau and f_2(x) after it, in one display of cases."""
    pair = pair_of(chain)
    cases = pair[1] if pair else None
    if not isinstance(cases, tree.Cases) or len(cases.rows) != 2 or not eventful(context):
        return None
    first, second = (replace(chain, sides=(chain.sides[0], value), conditions=()) for value, _ in cases.rows)
    early = dynamics(first, context)
    late = switched(second, early[2]) if early else None
    if early is None or late is None:
        return None
    return "assumption", (*early[1], *late[1]), late[2]


def by_cases(chain: tree.Chain, context: Context) -> tree.Chain:
    """p-dot = -f_x^+ p for t > tau and -f_x^- p for t < tau: two equations, each on the side of its field."""
    right = chain.sides[-1]
    if not context.of("g") or len(chain.sides) != 2 or not isinstance(right, tree.Cases):
        return chain
    rows = [replace(chain, sides=(chain.sides[0], value), conditions=(when,) if when else ()) for value, when in right.rows]
    sides = {stretch_of(row.sides[1]) for row in rows}
    if len(sides) < len(rows) or "" in sides or any(map(misplaced, rows)):
        return chain
    left, right = (tree.Vector(tuple((row.sides[i],) for row in rows)) for i in (0, 1))
    return replace(chain, sides=(left, right))


def jump(chain: tree.Chain, context: Context) -> Introduced:
    """delta x^+ = Xi delta x^-: the saltation matrix."""
    pair = pair_of(chain)
    product = pair[1] if pair else None
    if pair is None or not isinstance(product, tree.Product) or len(product.factors) != 2 or not eventful(context):
        return None
    letter, (left, right) = head(product.factors[0]), (resolve(side, context) for side in (pair[0], product.factors[1]))
    if letter is None or not unknown(resolve(letter, context)):
        return None
    if not (_varied(left, "after") and _varied(right, "before")):
        return None
    declared = Declared(key(letter), key(letter), ("n", "n"), "alias", body=JUMP, source="proposed")
    return "definition", (key(letter),), replace(context, letters={**context.letters, key(letter): declared})


def _varied(node: Node, side: str) -> bool:
    of = node.of if isinstance(node, tree.Variation) else None
    return isinstance(of, Symbol) and (of.name, of.side) == ("x", side)


def settled(left: Node, right: Node, context: Context) -> Context:
    """With the saltation matrix as the formula that was proved for it."""
    if left != JUMP:
        return context
    letters = {name: replace(known, body=right) if known.body == JUMP else known for name, known in context.letters.items()}
    return replace(context, letters=letters)
