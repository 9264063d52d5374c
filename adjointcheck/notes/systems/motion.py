"""How notes tell the dynamics: xdot = f(x, t, theta), x' = f(x), the flow that layers become."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key
from adjointcheck.notes.letters.formulas import formula
from adjointcheck.notes.letters.meaning import resolve, walk
from adjointcheck.notes.letters.primes import is_primed, unprimed
from adjointcheck.notes.letters.usage import (
    USUAL_CONTROLS,
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
from adjointcheck.notes.systems.production import alike, grows, inner_function, steered

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


def _is_field(node: Node) -> bool:
    function = head(node)
    if function is None or isinstance(node, tree.Negative | tree.Transposed):
        return False
    timed = isinstance(node, tree.Call) and len(node.arguments) == 1 and getattr(node.arguments[0], "name", "") in ("t", "s", "tau")
    named = (isinstance(node, tree.Call) and not (timed and key(function) in USUAL_CONTROLS)) or key(function) in ("f", "F", "g", "v", "b")
    return not function.below and key(function) not in USUAL and named
