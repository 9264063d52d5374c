"""Pontryagin's principle in the words of notes: H(x*, u*, p) = min over v in U of H(x*, v, p), or <= H(x*, v, p) for all v in U.

It says of H which sign it has: an optimal control makes L + p f least where J is minimised, and -(L + p f) greatest.
"""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.formulas import spelt_out
from adjointcheck.notes.letters.meaning import Symbol, resolve
from adjointcheck.notes.letters.usage import EQUALS, head, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.multiplier import has_open_sign
from adjointcheck.notes.systems.switching import ABOVE, BELOW, hamiltonian_of

PONTRYAGIN = "Pontryagin: along an optimal solution L + p f is least over all controls, where J is minimised."
TIME = tree.Letter("t")
LEAST, GREATEST = ("min", "inf"), ("max", "sup")
Compared = tuple[tree.Call, tree.Call, bool]


def principle(chain: tree.Chain, context: Context) -> tuple[tree.Call, Node, Node, bool] | None:
    """H(x*, u*, p), what the statement takes for L + p f, L + p f itself, and whether it is a claim: u* = argmin H poses the control, but
    may be wrong; None for anything else.
    """
    field, cost = context.law("dynamics"), context.law("objective")
    found = _compared(sought(chain), context)
    if found is None or field is None or cost is None or context.over() == "layers" or has_open_sign(context, Symbol("p"), Symbol("H")):
        return None
    best, _, least = found
    said = resolve(replace(best.function), context)
    upright = least != (context.option("goal") == "max")
    return best, said if upright else tree.Negative(said), hamiltonian_of(spelt_out(context)), sought(chain) is chain


def sought(chain: tree.Chain) -> tree.Chain:
    """u* = argmin_v H(x*, v, p) as H(x*, u*, p) = min_v H(x*, v, p); any other chain as it is."""
    control, best = (chain.sides[0], chain.sides[-1]) if len(chain.sides) == 2 else (None, None)
    if not (isinstance(best, tree.Extremum) and best.kind in ("argmin", "argmax") and isinstance(best.body, tree.Call)):
        return chain
    letter = head(control) if isinstance(control, tree.Letter | tree.Call) else None
    taken = replace(letter, above=(tree.Letter("*"),)) if letter is not None and letter == best.over else control  # u = argmin_u
    value = replace(best.body, arguments=tuple(taken if one == best.over else one for one in best.body.arguments))
    return replace(chain, sides=(value, replace(best, kind=best.kind.removeprefix("arg"))))


def _compared(chain: tree.Chain, context: Context) -> Compared | None:
    """(H(x*, u*, p), H(x*, v, p), least) where the two differ in the control alone."""
    pair = next((found for found in _ordered(chain) if _differ(*found[:2], context)), None)
    return pair if pair is not None and role_in(head(pair[0]), context) == "H" else None


def _ordered(chain: tree.Chain) -> list[Compared]:
    """The best and any other of two values, and whether the best is the least."""
    if len(chain.sides) != 2:
        return []
    (left, right), (relation,) = chain.sides, chain.relations
    found = []
    for best, other, below in ((left, right, BELOW), (right, left, ABOVE)):
        if relation in EQUALS and isinstance(other, tree.Extremum) and isinstance(other.body, tree.Call) and isinstance(best, tree.Call):
            found += [(best, other.body, other.kind in LEAST)] if other.kind in (*LEAST, *GREATEST) else []
        elif relation in (*BELOW, *ABOVE) and isinstance(best, tree.Call) and isinstance(other, tree.Call):
            found += [(best, other, relation in below)]
    return found


def _differ(best: tree.Call, other: tree.Call, context: Context) -> bool:
    """Have they the same arguments but for the control, which is any letter in the other?"""
    if best.function != other.function or len(best.arguments) != len(other.arguments):
        return False
    pairs = [(one, any_) for one, any_ in zip(best.arguments, other.arguments, strict=True) if one != any_]
    if len(pairs) != 1 or not isinstance(pairs[0][1], tree.Letter) or pairs[0][1].above:
        return False
    letter = head(pairs[0][0])
    below = () if letter is not None and letter.below == (TIME,) else letter.below if letter is not None else ()  # theta^*_t
    return letter is not None and role_in(replace(letter, above=(), below=below), context) == "w"
