"""How notes tell the dynamics: xdot = f(x, t, theta), x' = f(x), the flow that layers become."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key
from adjointcheck.notes.letters.formulas import formula
from adjointcheck.notes.letters.meaning import resolve, walk
from adjointcheck.notes.letters.primes import is_primed, unprimed
from adjointcheck.notes.letters.usage import (
    USUAL_CONTROLS,
    USUAL_PARAMETERS,
    USUAL_STATES,
    constants,
    differentiates,
    head,
    introduced_function,
    moving,
    pair_of,
    role_in,
    straight,
)
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.entries import cells_of
from adjointcheck.notes.systems.flows import turned_to_time
from adjointcheck.notes.systems.mechanics import SPEEDS
from adjointcheck.notes.systems.modes import is_mode
from adjointcheck.notes.systems.outright import OUTRIGHT
from adjointcheck.notes.systems.production import alike, grows, inner_function, steered

CANONICAL = ("lambda", "psi")  # costates that are no states elsewhere
FIELD, TIME = tree.Letter("f"), tree.Letter("t")
Introduced = tuple[str, tuple[str, ...], Context] | None


def dynamics(chain: tree.Chain, context: Context) -> Introduced:
    """zdot = f(z, t, theta): the state, the field and its arguments, for the first such line about a letter that is no costate."""
    pair = pair_of(straight(chain))
    letter = moving(pair[0]) if pair else None
    if pair is None or letter is None or context.law("dynamics") or role_in(letter, context) not in ("", "x"):
        return None
    if isinstance(pair[0], tree.Negative | tree.Transposed) or _is_start(pair[0]):
        return None
    right = pair[1]
    if {key(letter), key(right) if isinstance(right, tree.Letter) else ""} & {*context.option(SPEEDS).split()}:
        return None
    if key(letter) in context.option(OUTRIGHT).split() or _is_canonical(letter, right, context):
        return None
    if differentiates(right) or (letter.below and role_in(letter, context) == ""):
        return None
    usual = key(letter) in USUAL_STATES or grows(letter, right)
    if role_in(letter, context) == "" and not (_is_field(right) or usual):
        return None
    timed = isinstance(pair[0], tree.Call) or any(isinstance(p, tree.Call) and head(p) == letter for p in walk(right))
    context = turned_to_time(right, context)
    context = context.declare(Declared(key(letter), "x", ("n", "1"), "path", source="proposed"))
    names: tuple[str, ...] = (key(letter),)
    if (_is_field(right) and role_in(head(right), context) != "act") or is_mode(right, context):
        context, more = introduced_function(right, "f", context, timed)
        names += more
    elif (call := inner_function(right, context)) is not None:
        context, more = introduced_function(call, "f", alike(right, steered(right, context)), timed)
        names += more
    context = constants(right, context, context.letters[key(letter)].shape)
    law = Law("dynamics", resolve(pair[0], context), resolve(right, context))
    context = replace(context, laws=(*context.laws, law))
    spelt = formula(replace(chain, sides=chain.sides[1:], relations=chain.relations[1:]), context)  # zdot = f(z, t) = tanh(U z + b)
    return "assumption", names, spelt[2] if spelt is not None else context


def _is_canonical(state: tree.Letter, right: Node, context: Context) -> bool:
    """xdot = A x - B R^{-1} B^T lambda beside lambda-dot = ...: the best control stands in it already."""
    return any(isinstance(part, tree.Letter) and part.name in CANONICAL and part.name != state.name and part.name in context.rates
               and role_in(part, context) in ("", "p") for part in walk(right))


def _is_start(rate: Node) -> bool:
    """q-dot(0), of a motion that starts with it."""
    places = rate.arguments if isinstance(rate, tree.Call) else ()
    return any(isinstance(place, tree.Number) or place == tree.Letter("t", (tree.Number(Fraction(0)),)) for place in places)


def primed_dynamics(chain: tree.Chain, context: Context) -> Introduced:
    """x' = f(x, theta), where t is declared: from here on a prime is a derivative in time; without t it may be the next state."""
    primed = head(chain.sides[0])
    if primed is None or not is_primed(primed) or context.option("prime") or not (context.of("t") or context.of("t1")):
        return None
    if any(is_primed(part) for side in chain.sides[1:] for part in walk(side)):
        return None
    meant = replace(context, options={**context.options, "prime": "rate"})
    return dynamics(unprimed(chain, meant), meant)


def limit_dynamics(chain: tree.Chain, context: Context) -> Introduced:
    """lim (x_{l+1} - x_l)/h = xdot = f(x): the flow that layers become."""
    if len(chain.sides) != 3 or not isinstance(chain.sides[0], tree.Limit):
        return None
    return dynamics(replace(chain, sides=chain.sides[1:], relations=chain.relations[1:]), context)


def augmented_dynamics(chain: tree.Chain, context: Context) -> Introduced:
    """d/dt [z; theta; t] = [f(z, theta, t); 0; 1], where nothing else tells how z moves."""
    pair = pair_of(chain)
    if pair is None or not isinstance(pair[0], tree.Derivative):
        return None
    states, rates = cells_of(pair[0].of), cells_of(pair[1])
    constant = len(states) == len(rates) > 1 and all(isinstance(cell, tree.Number) for cell in rates[1:])
    found = dynamics(tree.Chain((replace(pair[0], of=states[0]), rates[0]), ("=",)), context) if constant else None
    return None if found is None else ("definition", *found[1:])


def untold_motion(chains: Iterable[tree.Chain]) -> tree.Chain | None:
    """zdot = f(z, t, theta), of notes that tell no motion, but speak of df/dz beside rates or integrals in time."""
    chains = list(chains)
    nodes = [part for chain in chains for part in walk(chain)]
    state = next((letter for part in nodes if (letter := sloped(part)) is not None), None)
    timed = any(isinstance(part, tree.Integral) and part.by == TIME for part in nodes) or any(
        isinstance(part, tree.Derivative) and part.by == (TIME,) for part in nodes) or any(moving(chain.sides[0]) for chain in chains)
    if state is None or not timed or any(_is_other_field(chain, state) for chain in chains):
        return None
    calls = [part for part in nodes if isinstance(part, tree.Call) and part.function == FIELD and head(part.arguments[0]) == state]
    inputs = [part.by[0] for part in nodes if isinstance(part, tree.Derivative) and len(part.by) == 1 and head(part.of) == FIELD]
    named = [letter for by in inputs if (letter := head(by)) is not None and letter.name in USUAL_PARAMETERS]
    field = max(calls, key=lambda call: len(call.arguments), default=tree.Call(FIELD, (state, TIME, *named[:1])))
    return tree.Chain((replace(state, accents=("dot",)), replace(field, arguments=tuple(map(_running, field.arguments)))), ("=",))


def _is_other_field(chain: tree.Chain, state: tree.Letter) -> bool:
    """f of J = int f(t, y, y') dt, which is a cost, of f(t, y, y') = 0, and beside a motion that is told, if only by components."""
    pair = pair_of(chain)
    told = pair is not None and getattr(moving(pair[0]), "name", "") == state.name
    paid = pair is not None and head(pair[0]) != state and any(
        isinstance(part, tree.Integral) and head(part.body) == FIELD for part in walk(pair[1]))
    solved = pair is not None and isinstance(pair[0], tree.Call) and pair[0].function == FIELD and isinstance(pair[1], tree.Number)
    calls = (part for part in walk(chain) if isinstance(part, tree.Call) and part.function == FIELD)
    return told or paid or solved or any(moving(argument) == state or is_primed(argument) for call in calls for argument in call.arguments)


def sloped(node: Node) -> tree.Letter | None:
    """z of df(z(t), t, theta)/dz, df/dz(t) and df(z(t), t, theta)/dtheta: the state of a field that is only named."""
    slope = node if isinstance(node, tree.Derivative) and node.kind == "partial" and len(node.by) == 1 and head(node.of) == FIELD else None
    first = slope.of.arguments[0] if slope is not None and isinstance(slope.of, tree.Call) else None
    state = head(first if isinstance(first, tree.Call) else slope.by[0]) if slope is not None else None
    return state if state is not None and key(state) in USUAL_STATES and state.above == () else None


def _running(argument: Node) -> Node:
    """z of z(s), and t of t_1."""
    letter = head(argument)
    return argument if letter is None else TIME if letter.name in (TIME.name, "tau") else letter


def _is_field(node: Node) -> bool:
    function = head(node)
    if function is None or isinstance(node, tree.Negative | tree.Transposed):
        return False
    timed = isinstance(node, tree.Call) and len(node.arguments) == 1 and getattr(node.arguments[0], "name", "") in ("t", "s", "tau")
    named = (isinstance(node, tree.Call) and not (timed and key(function) in USUAL_CONTROLS)) or key(function) in ("f", "F", "g", "v", "b")
    return not function.below and key(function) not in USUAL and named
