"""Motions that notes tell behind their problem, which moves without them: y-dot = w, w-dot = -k y cos q + v beside that of (q, omega).

Where they are linear in new letters, and each speaks of those that stand where the field speaks of states and controls, they are the
variations of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.letters.quantities import letters_of
from adjointcheck.notes.letters.usage import HAMILTONIANS, head, moving
from adjointcheck.notes.reading import tree
from adjointcheck.notes.systems.component_letters import Rates


def parted(states: Rates, chains: Sequence[tree.Chain], is_cost: Callable[[tree.Chain], bool]) -> tuple[Rates, Rates]:
    """The states, and what moves behind them, the cost and the Hamiltonian, in letters of which none of these speaks."""
    if not any(map(is_cost, chains)):
        return states, {}
    moves = next((at for at, chain in enumerate(chains) if _moves(chain)), 0)
    while moves < len(chains) and _moves(chains[moves]):
        moves += 1
    last = max(moves, *(at + 1 for holds in (is_cost, _has_energy) for at in _first(chains, holds)))
    told = frozenset[str]().union(*(letters_of(side) for chain in chains[:last] for side in chain.sides))
    while (wider := told.union(*(letters_of(states[name][1]) for name in states if name in told))) != told:
        told = wider
    first = {name: rate for name, rate in states.items() if name in told}
    return (first, {name: rate for name, rate in states.items() if name not in told}) if first else (states, {})


def _first(chains: Sequence[tree.Chain], holds: Callable[[tree.Chain], bool]) -> list[int]:
    return [at for at, chain in enumerate(chains) if holds(chain)][:1]


def _moves(chain: tree.Chain) -> bool:
    return moving(chain.sides[0]) is not None


def _has_energy(chain: tree.Chain) -> bool:
    title = head(chain.sides[0])
    return title is not None and key(title) in HAMILTONIANS and len(chain.sides) > 1


def varied(motions: Rates, states: Rates, context: Context) -> Context:
    """With y, w and v as delta q, delta omega and delta u, in the order of the states."""
    names, moved = list(states), list(motions)
    controls = [known.letter for known in context.parts("w")]
    new = {name for _, right in motions.values() for name in letters_of(right)} - {*context.letters, *moved, *names, "t"}
    inputs = sorted(new)
    if len(moved) != len(names) or len(inputs) not in (0, len(controls)) or len(inputs) > 1:
        return context
    stands = dict(zip([*names, *controls], [*moved, *inputs], strict=False))
    rows = list(zip((right for _, right in states.values()), (right for _, right in motions.values()), strict=True))
    linear = all(len(letters_of(term) & {*moved, *inputs}) == 1 for _, right in rows for term in tree.terms(right))
    alike = [{stands.get(name, name) for name in letters_of(field) & {*names, *controls}} == letters_of(right) & {*moved, *inputs}
             for field, right in rows]
    if not linear or alike.count(False) > (len(rows) > 1):
        return context
    slots = [*(("x", at) for at in range(1, len(names) + 1)), *(("w", at) for at in range(1, len(inputs) + 1))]
    for (slot, at), letter in zip(slots, [*moved, *inputs], strict=True):
        body = tree.Variation(Symbol(slot, part=(tree.Number(Fraction(at)),)))
        declared = Declared(letter, own(letter), kind="alias", body=body, source="proposed")
        context = replace(context, letters={**context.letters, letter: declared})
    return context
