"""Checkpoint schedules: which states of a march are kept, and which are computed again while the costate goes back.

A march of n time steps has the states 0 ... n; time step i leads from state i to state i + 1.  One state is *current*,
others are kept in slots.  Slots are counted with state 0 among them, the current state apart, as in Griewank & Walther
(2000).  Reversing time step i needs state i, and happens for i = n - 1, ..., 0.

A schedule is a stream of the five actions below: first the forward sweep, up to state n - 1, then the reversal.  The
last time step of the sweep is taken too, for the solution's sake, but nothing is kept of it and nobody counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, count, pairwise
from math import comb

from adjointcheck.errors import SchemeError


@dataclass(frozen=True)
class Forward:
    """`Forward(3, 7)`: state 3 is current; take time steps 3, 4, 5 and 6, after which state 7 is current."""

    start: int
    stop: int


@dataclass(frozen=True)
class Store:
    """`Store(3)`: state 3 is current; keep a copy in a free slot."""

    state: int


@dataclass(frozen=True)
class Restore:
    """`Restore(3)`: make a copy of the kept state 3 current; the slot keeps it."""

    state: int


@dataclass(frozen=True)
class Drop:
    """`Drop(3)`: the slot of state 3 is free again."""

    state: int


@dataclass(frozen=True)
class Reverse:
    """`Reverse(3)`: state 3 is current; take time step 3 once more and carry the costate over it, from 4 to 3."""

    step: int


Action = Forward | Store | Restore | Drop | Reverse
Split = Callable[[int, int], int]


@dataclass(frozen=True)
class Schedule:
    """What is kept during the forward sweep, and how the segments between kept states are reversed.

    `sweep()` yields `Forward`, `Store` and `Drop`; it may be endless, and is left at state n - 1, or may end early, and
    then nothing more is kept.  `split(l, c)` says after how many of the l time steps that follow a kept state the next
    one is kept while they are reversed, where c slots, that of the kept state included, are free for them.  `slots` is
    the most that are ever occupied, None where that grows with n.
    """

    name: str
    slots: int | None
    sweep: Callable[[], Iterator[Action]]
    split: Split

    def actions(self, steps: int) -> Iterator[Action]:
        """The whole stream for a march of `steps` time steps."""
        here, stored = 0, []
        for action in self.sweep() if steps else ():
            if isinstance(action, Forward):
                if action.stop >= steps:
                    break
                here = action.stop
            else:
                note(stored, action)
            yield action
        if here < steps - 1:
            yield Forward(here, steps - 1)
        yield from self.reversal(steps, stored)

    def reversal(self, steps: int, stored: Sequence[int]) -> Iterator[Action]:
        """The stream after the sweep: state n - 1 is current and the states `stored` are kept, in rising order."""
        return reversal(steps, stored, self.slots, self.split, steps - 1)


def note(stored: list[int], action: Action) -> None:
    """Bring the list of kept states up to date."""
    if isinstance(action, Store):
        stored.append(action.state)
    elif isinstance(action, Drop):
        stored.remove(action.state)


def reversal(steps: int, stored: Sequence[int], slots: int | None, split: Split, current: int | None) -> Iterator[Action]:
    """Reverse time steps `steps` - 1, ..., 0 from the kept states, keeping more where slots are free."""
    kept = list(stored)
    for step in reversed(range(steps)):
        if current is None:
            current = kept[-1]
            yield Restore(current)
        while current < step:
            free = step - current if slots is None else slots - len(kept)
            stop = current + split(step + 1 - current, free + 1) if current == kept[-1] and free else step
            yield Forward(current, stop)
            current = stop
            if stop < step:
                kept.append(stop)
                yield Store(stop)
        yield Reverse(step)
        current = None
        if kept[-1] == step:
            yield Drop(kept.pop())


# The binomial numbers (Griewank & Walther 2000)


def reach(slots: int, repeats: int) -> int:
    """The longest march that c slots reverse with no time step taken more than r times before it is: C(c + r, c)."""
    return comb(slots + repeats, slots) if repeats >= 0 else 0


def least_repeats(steps: int, slots: int) -> int:
    """The least r with reach(c, r) >= n."""
    return next(repeats for repeats in count() if reach(slots, repeats) >= steps)


@lru_cache(maxsize=1 << 16)
def least_advances(steps: int, slots: int) -> int:
    """The fewest time steps taken by `Forward` in all: t(n, c) = r n - C(c + r, c + 1), r = least_repeats(n, c)."""
    repeats = least_repeats(steps, slots)
    return repeats * steps - comb(slots + repeats, slots + 1)


def best_split(steps: int, slots: int) -> int:
    """The least m that attains t(n, c) = min_m [m + t(m, c) + t(n - m, c - 1)].

    All m with reach(c, r - 2) <= m <= reach(c, r - 1) and reach(c - 1, r - 1) <= n - m <= reach(c - 1, r) do.
    """
    if slots == 1:
        return steps - 1
    repeats = least_repeats(steps, slots)
    return max(1, reach(slots, repeats - 2), steps - reach(slots - 1, repeats))


def _next_state(steps: int, slots: int) -> int:
    return 1


# Schedules


def store_all() -> Schedule:
    """Every state is kept: n slots, n - 1 advances."""

    def sweep() -> Iterator[Action]:
        for state in count():
            yield Store(state)
            yield Forward(state, state + 1)

    return Schedule("all", None, sweep, _next_state)


def store_none() -> Schedule:
    """Only state 0 is kept: n (n - 1)/2 advances."""
    return Schedule("none", 1, lambda: iter((Store(0),)), best_split)


def two_level() -> Schedule:
    """The states 0, 1, 3, 6, 10, ... are kept, and every state of one gap at a time: below 2 sqrt(2 n) + 1 slots and 2 n advances.

    The k-th gap has k time steps, so that both levels grow like sqrt(2 n) and n need not be known.
    """

    def sweep() -> Iterator[Action]:
        for start, stop in pairwise(accumulate(count())):
            yield Store(start)
            yield Forward(start, stop)

    return Schedule("two-level", None, sweep, _next_state)


def binomial(steps: int, slots: int) -> Schedule:
    """At most `slots` states are kept, and t(n, c) advances are made: none needs fewer (Griewank & Walther 2000)."""
    _check(slots)

    def sweep() -> Iterator[Action]:
        yield Store(0)
        for action in reversal(steps, (0,), slots, best_split, 0):
            if isinstance(action, Reverse):
                return
            yield action

    return Schedule("binomial", slots, sweep, best_split)


OFFERS = 8


def online(slots: int) -> Schedule:
    """At most `slots` states are kept of a march whose length nobody knows yet, as when time steps adapt.

    Once the slots are full, a state that is met takes the place of that kept state whose loss makes the reversal from
    here cheapest, if that is cheaper than to leave all as it is.  A state is offered every n/(8 c) time steps only, so
    that the choice costs nothing beside the march.  For 3 or more slots and n <= 2,500 the advances stay within 23 % of
    t(n, c), by 1 to 2 % in the mean; the tests measure it.  (Wang, Moin & Iaccarino 2009 bound the repeats of a single
    time step instead.)
    """
    _check(slots)

    def sweep() -> Iterator[Action]:
        kept, here = [0], 0
        yield Store(0)
        while True:
            stop = here + max(1, here // (OFFERS * slots))
            yield Forward(here, stop)
            here = stop
            if len(kept) == slots:
                dropped = _dispensable(kept, here, slots)
                if dropped is None:
                    continue
                kept.remove(dropped)
                yield Drop(dropped)
            kept.append(here)
            yield Store(here)

    return Schedule("online", slots, sweep, best_split)


def _dispensable(kept: list[int], state: int, slots: int) -> int | None:
    """The kept state to give up for `state`, None if that saves nothing.

    From states p_0 < p_1 < ... the reversal takes sum_j t(p_(j+1) - p_j, c - j): the j-th gap finds j slots occupied.
    """
    ends = [*kept, state]
    stay = [least_advances(stop - start, slots - j) for j, (start, stop) in enumerate(pairwise(ends))]
    moved = [least_advances(stop - start, slots - j + 1) for j, (start, stop) in enumerate(pairwise(ends))]
    before, after = [0, *accumulate(stay)], [0, *accumulate(reversed(moved))][::-1]

    def without(j: int) -> int:
        return before[j - 1] + least_advances(ends[j + 1] - ends[j - 1], slots - j + 1) + after[j + 1]

    best = min(range(1, len(kept)), key=without, default=None)
    return kept[best] if best is not None and without(best) < before[-1] else None


def _check(slots: int) -> None:
    if slots < 1:
        raise SchemeError("checkpoint schedule", slots, "1 or more checkpoints: state 0 is one", "Give more.")
