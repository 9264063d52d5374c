"""Letters that move and are no states: slopes by a parameter, and functions of the states that a line follows along the motion."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import pairwise

from adjointcheck.notes.letters.context import ROLES, key
from adjointcheck.notes.letters.quantities import walk
from adjointcheck.notes.letters.usage import head, moving, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

TIMES = ("t", "tau", "s", *(letter for symbol in ("t0", "t1") for letter in ROLES[symbol].usual))


def followed(chains: Iterable[tree.Chain], motions: Sequence[tuple[tree.Letter, Node]], fields: Container[str]) -> Iterator[str]:
    """s of s = dx/dbeta, V of V(x, y) = ... where no motion speaks of V, and k of k(t) = tanh(1 - t), of which a law is told after."""
    chains, moved = list(chains), {key(letter) for letter, _ in motions}
    spoken = {key(part) for _, right in motions for part in walk(right) if isinstance(part, tree.Letter)}
    yield from (key(letter) for chain in chains for letter in _named_slopes(chain, fields))
    yield from (name for name in _along(chains, moved) if name not in spoken)
    yield from (name for name in _timed(chains, moved) if name not in _spoken_by_others(name, motions))


def _spoken_by_others(name: str, motions: Sequence[tuple[tree.Letter, Node]]) -> set[str]:
    """The letters of all other motions; its own name where there are none."""
    others = [right for letter, right in motions if key(letter) != name]
    return {key(part) for right in others for part in walk(right) if isinstance(part, tree.Letter)} if others else {name}


def _timed(chains: Iterable[tree.Chain], moved: Container[str]) -> Iterator[str]:
    """k of k(t) = tanh(1 - t), before its rate is told."""
    rates: set[str] = set()
    for pair in (pair for chain in chains if (pair := pair_of(chain))):
        letter, names = head(pair[0]), {key(part) for part in walk(pair[1]) if isinstance(part, tree.Letter)}
        rates |= {key(rate) for side in pair for part in walk(side) if (rate := moving(part)) is not None}
        called = isinstance(pair[0], tree.Call) and pair[0].arguments == (tree.Letter("t"),)
        if letter is not None and called and "t" in names and key(letter) not in rates and not any(name in moved for name in names):
            yield key(letter)


def _named_slopes(chain: tree.Chain, fields: Container[str]) -> Iterator[tree.Letter]:
    """s of s = dx/dbeta and of dx/dbeta =: s, whatever law it has; x of df/dtheta = x is none, and p of dJ/dy_0 = p(0)."""
    for one, other in pairwise(chain.sides):
        for left, right in ((one, other), (other, one)):
            by = right.by[0] if isinstance(right, tree.Derivative) and len(right.by) == 1 else None
            letter = head(left) if isinstance(left, tree.Letter | tree.Call) else None  # dy-dot/dx = delta y names nothing
            of = head(right.of) if isinstance(right, tree.Derivative) else None
            spelt = of is not None and key(of) in fields
            places = left.arguments if isinstance(left, tree.Call) and of is not None and of == getattr(right, "of", None) else ()
            placed = len(places) == 1 and places != (tree.Letter("t"),)
            if letter is not None and not (letter.accents or spelt or placed) and isinstance(by, tree.Letter) and by.name not in TIMES:
                yield letter


def _along(chains: Iterable[tree.Chain], moved: Container[str]) -> Iterator[str]:
    """V of V(x, y) = c x - d log x + ..., which a line follows along the motion."""
    for pair in (pair for chain in chains if (pair := pair_of(chain)) and isinstance(pair[0], tree.Call)):
        call, letter = pair[0], head(pair[0])
        named = all(isinstance(part, tree.Letter) and key(part) in moved for part in getattr(call, "arguments", ()))
        yield from [key(letter)] if letter is not None and named else []
