"""Problems of which notes tell the Hamiltonian alone: in H = L + lambda^T f the costate multiplies the field, and the rest is paid.

What is paid at the end stays any Phi(x(T)), and what rests on it alone is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law, key
from adjointcheck.notes.letters.meaning import Applied, Symbol, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import instead, speaks_of
from adjointcheck.notes.letters.usage import (
    HAMILTONIANS,
    USUAL_COSTATES,
    USUAL_STATES,
    constants,
    differentiates,
    head,
    introduced_function,
    moving,
    pair_of,
    successor,
)
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.endless import LAST, lasts, rest_of

PRICED = "priced by H"
UNTOLD_END = "the notes tell the Hamiltonian alone, and not what is paid at the end"
TIMES = ("t", "s", "tau")
ENDS = {"t1", "N"}


@dataclass(frozen=True)
class Posed:
    """What the chain `at` tells, a Hamiltonian: the motion, what is paid on the way, and the control, where it is an argument."""

    at: int
    state: str
    motion: tree.Chain | None
    running: Node | None
    control: tree.Letter | None


def posed(chains: Iterable[tree.Chain]) -> Posed | None:
    """What the first Hamiltonian in the chains tells, if its costate, its field and its state can be told apart."""
    chains = list(chains)
    at, found = next(((i, pair) for i, chain in enumerate(chains) if (pair := _hamiltonian(chain)) is not None), (0, None))
    if found is None:
        return None
    moved = [letter for chain in chains if (letter := moving(chain.sides[0])) is not None]
    names = [letter.name for letter in (*moved, *_arguments(found[0]))]
    costate = next((name for name in names if name in USUAL_COSTATES), "") or _multiplier(found[1])
    terms = [(term, _field(term, costate)) for term in tree.terms(found[1])]
    fields = [field for _, field in terms if field is not None]
    state = _state(found[0], fields, [name for name in names if name != costate])
    if not costate or not fields or state is None or any(speaks_of(term, costate) for term, field in terms if field is None):
        return None
    if any(_discounts(chain, costate, found[1]) for chain in chains):
        return None
    field = tree.Sum(tuple(fields)) if fields[1:] else fields[0]
    paid = [term for term, field in terms if field is None]
    others = [i for i, letter in enumerate(_arguments(found[0])) if letter.name not in (state.name, costate)]
    running, control = _worth(paid), None
    if len(others) == 1:
        written, control = _arguments(found[0])[others[0]], _control(found[0], others[0], chains)
        field, running = instead(field, written, control), instead(running, written, control) if running is not None else None
    motion = tree.Chain((_next(state, found[1], costate), field), ("=",)) if not _is_numbered(found[1], costate) else None
    return Posed(at, state.name, motion, running, control)


def _hamiltonian(chain: tree.Chain) -> tuple[Node, Node] | None:
    """H(x, u, lambda) and its formula, which no rate, derivative or extremum stands in."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    plain = pair is not None and not any(isinstance(part, tree.Derivative | tree.Extremum | tree.Integral) for part in walk(chain))
    rates = any("dot" in getattr(part, "accents", ()) for part in walk(chain))  # H = p q-dot - L
    told = plain and not rates and letter is not None and letter.name in HAMILTONIANS and not (letter.above or letter.accents)
    return pair if told and pair is not None and not differentiates(pair[0]) else None


def _slots(call: Node) -> list[tuple[tree.Letter, Node]]:
    """The arguments but for times, with their letters."""
    arguments = call.arguments if isinstance(call, tree.Call) else ()
    found = [(letter, argument) for argument in arguments if (letter := head(argument)) is not None]
    return [(letter, argument) for letter, argument in found if letter.name not in TIMES]


def _arguments(call: Node) -> list[tree.Letter]:
    return [letter for letter, _ in _slots(call)]


def _discounts(chain: tree.Chain, costate: str, right: Node) -> bool:
    """mu-dot = rho mu - H_k, or (rho + delta) mu - ..., with a rho that H has not: mu is worth at the current time."""
    pair = pair_of(chain)
    moved = pair is not None and getattr(moving(pair[0]), "name", "") == costate
    products = [part for part in walk(pair[1]) if isinstance(part, tree.Product)] if moved and pair is not None else []
    beside = {part.name for product in products if any(getattr(head(factor), "name", "") == costate for factor in product.factors)
              for factor in product.factors for part in walk(factor) if isinstance(part, tree.Letter)}
    return any(name.islower() for name in beside - {part.name for part in walk(right) if isinstance(part, tree.Letter)} - {costate})


def _worth(paid: Sequence[Node]) -> Node | None:
    """L of H = L + lambda^T f, and of H = psi^T f - L."""
    turned = bool(paid) and isinstance(paid[0], tree.Negative)
    terms = tuple((term.of if isinstance(term, tree.Negative) else tree.Negative(term)) if turned else term for term in paid)
    return tree.Sum(terms) if terms[1:] else next(iter(terms), None)


def _control(left: Node, at: int, chains: Iterable[tree.Chain]) -> tree.Letter:
    """u of H(x, u, lambda), and alpha of H(x^*(t), alpha^*(t), lambda^*(t)), of which H(x, a, lambda) takes a value a."""
    calls = [part for chain in chains for part in walk(chain) if isinstance(part, tree.Call) and head(part) == head(left)]
    same = [_slots(call)[at] for call in calls if len(_slots(call)) == len(_slots(left))]
    path = next((letter for letter, value in same if isinstance(value, tree.Call)), _arguments(left)[at])
    return replace(path, above=())


def _multiplier(right: Node) -> str:
    """lambda of L + lambda^T f(x, u) and of L + lambda (a x + b u): the one usual costate that stands before a field."""
    found = {name for name in USUAL_COSTATES for term in tree.terms(right)
             if isinstance(_field(term, name), tree.Call | tree.Sum)}
    return found.pop() if len(found) == 1 else ""


def _field(term: Node, costate: str) -> Node | None:
    """f of lambda^T f, f^T lambda and <lambda, f>."""
    if isinstance(term, tree.Negative):
        field = _field(term.of, costate)
        return tree.Negative(field) if field is not None else None
    inner = term.arguments if isinstance(term, tree.Function) and term.name == "inner" else ()
    factors = term.factors if isinstance(term, tree.Product) else inner
    rest = [factor for factor in factors if getattr(head(factor), "name", "") != costate]
    if len(factors) != len(rest) + 1 or not rest:
        return None
    if isinstance(rest[0], tree.Transposed):
        return rest[0].of if len(rest) == 1 else None
    return tree.Product(tuple(rest)) if rest[1:] else rest[0]


def _is_numbered(node: Node, costate: str) -> bool:
    """lambda_1 x_2 + lambda_2 u: components."""
    marks = [mark for part in walk(node) if isinstance(part, tree.Letter) and part.name == costate for mark in part.below]
    return any(isinstance(mark, tree.Number) for mark in marks)


def _state(left: Node, fields: Sequence[Node], names: Sequence[str]) -> tree.Letter | None:
    """x of H(x, u, lambda), of f(x, u), of a letter that moves, or the one usual state in the field."""
    calls = [field for field in fields if isinstance(field, tree.Call)]
    first = [letter for call in (left, *calls) for letter in _arguments(call)[:1]]
    inside = {part.name: part for field in fields for part in walk(field) if isinstance(part, tree.Letter)}
    bare = [letter for letter in first if letter.name in USUAL_STATES or letter.name in names] if first else [
        letter for name, letter in inside.items() if name in names or (not names and name in USUAL_STATES)]
    return replace(bare[0], accents=(), above=()) if bare and len({letter.name for letter in bare}) == 1 else None


def _next(state: tree.Letter, right: Node, costate: str) -> Node:
    """xdot, or x_{k+1} beside lambda_{k+1}."""
    marks = [part for part in walk(right) if isinstance(part, tree.Letter) and part.name == costate and part.below]
    index = next((index for mark in marks if (index := successor(mark)) is not None), None)
    ahead = tree.Sum((index, tree.Number(Fraction(1)))) if index is not None else None
    return replace(state, below=(ahead,)) if ahead is not None else replace(state, below=(), accents=("dot",))


def pays(chain: tree.Chain) -> bool:
    """May it tell a cost, by any letter: P = int r dt + g(x(T)), min sum_k l_k, max_u x_2(2)?"""
    best = chain.sides[0]
    body = best.body if isinstance(best, tree.Extremum) and len(chain.sides) == 1 else None
    ended = body is not None and getattr(head(body), "name", "") not in HAMILTONIANS
    return _hamiltonian(chain) is None and (ended or lasts(chain))


def moves_otherwise(found: Posed, context: Context) -> bool:
    """Is the state that is known another one than that of the Hamiltonian, P of P-dot = ... beside x?"""
    return found.state.lower() not in {known.letter.partition("_")[0].lower() for known in (*context.of("x"), *context.parts("x"))}


def steered(found: Posed, context: Context) -> Context:
    """With alpha of H(x, alpha, lambda) as the control."""
    name = key(replace(found.control, below=(), above=())) if found.control is not None else ""
    free = name and name not in context.letters and not context.of("w")
    role = ROLES["w"]
    return context.declare(Declared(name, "w", role.shape, role.kind, source="proposed")) if free else context


def priced(found: Posed, context: Context) -> Context:
    """With J = Phi(x(T)) + int L dt, of any Phi, where L is what H has beside lambda^T f."""
    for call in walk(found.running) if found.running is not None else ():
        function = head(call) if isinstance(call, tree.Call) else None
        if function is not None and not context.of("L") and key(function) not in context.letters:
            context, _ = introduced_function(call, "L", context)
    if isinstance(found.running, tree.Letter) and not context.of("L") and key(found.running) not in context.letters:
        context, _ = introduced_function(found.running, "L", context)
    context = constants(found.running, context, ("1", "1")) if found.running is not None else context
    running = resolve(found.running, context) if found.running is not None else None
    if running is not None and (unknown(running) or "p" in symbols(running)):
        return context
    law = Law("objective", Symbol("J"), tree.Sum((*_gathered(running, context), rest_of(context))))
    return replace(context, laws=(*context.laws, law), options={**context.options, PRICED: "yes"})


def _gathered(running: Node | None, context: Context) -> Iterator[Node]:
    """int L dt, or the sum of L_k."""
    if running is None:
        return
    if context.over() == "layers":
        layer = Symbol("l", bound=True)
        yield tree.Series("sum", instead(running, Symbol("l"), layer), layer, tree.Number(Fraction(0)), LAST)
    else:
        time = Symbol("t", bound=True)
        yield tree.Integral(instead(running, Symbol("t"), time), time, Symbol("t0"), Symbol("t1"))


def told_at_last(value: Node, context: Context) -> Context:
    """Without the cost that a Hamiltonian told, where the notes tell one themselves."""
    if not context.option(PRICED) or not lasts(value):
        return context
    laws = tuple(law for law in context.laws if law.kind != "objective")
    return replace(context, laws=laws, options={**context.options, PRICED: ""})


def is_any_cost(value: Node, context: Context) -> bool:
    """int L dt of any L, beside a Hamiltonian that has a formula for it."""
    made, law = resolve(value, context), context.law("objective")
    named = bool(unknown(made)) or any(isinstance(part, Applied) and part.name == "L" for part in walk(made))
    return bool(context.option(PRICED)) and named and law is not None and "L" not in symbols(law.right) and any(
        isinstance(part, tree.Integral | tree.Series) and isinstance(part.body, tree.Call) for part in walk(value))


def leaves_open(left: Node, right: Node, context: Context) -> bool:
    """Does an equation take the costate at an end of which the notes have not said what is paid there, or ask what J is?"""
    names = symbols(left) | symbols(right)
    nodes = [part for side in (left, right) for part in walk(side)]
    ended = any({*_names(getattr(part, "at", None))} & ENDS for part in nodes if isinstance(part, Symbol) and part.name in ("p", "H"))
    whole = Symbol("J") in (left, right)
    return bool(context.option(PRICED)) and "Psi" not in names and (ended or whole)


def _names(place: Node | None) -> Iterator[str]:
    yield from (part.name for part in walk(place) if isinstance(part, Symbol)) if place is not None else ()
