"""Checkpoint schedules on an abstract machine that knows which states live, and nothing of how a schedule came about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush
from itertools import islice
from math import comb, log10, sqrt

import pytest

from adjointcheck.errors import SchemeError
from adjointcheck.schemes.checkpoints import (
    Action,
    Drop,
    Forward,
    Restore,
    Reverse,
    Schedule,
    Store,
    best_split,
    binomial,
    least_advances,
    least_repeats,
    online,
    reach,
    store_all,
    store_none,
    two_level,
)

GRID = [(steps, slots) for steps in (1, 2, 3, 5, 8, 13, 34, 100, 231) for slots in (1, 2, 3, 5, 9, 40)]


class Fault(Exception):
    """What the machine cannot do."""


@dataclass
class Machine:
    """State 0 is current; everything else has to be earned.  Counts time steps taken, copies and the slots in use."""

    steps: int
    slots: int | None = None
    current: int | None = 0
    kept: set[int] = field(default_factory=set)
    reversed_to: int | None = None
    taken: dict[int, int] = field(default_factory=dict)
    peak: int = 0

    def require(self, state: int, action: Action) -> None:
        if self.current != state:
            raise Fault(f"{action}: state {self.current} is current")

    def forward(self, action: Forward) -> None:
        self.require(action.start, action)
        if not action.start < action.stop < self.steps:
            raise Fault(f"{action}: leads nowhere")
        for step in range(action.start, action.stop):
            self.taken[step] = self.taken.get(step, 0) + 1
        self.current = action.stop

    def store(self, action: Store) -> None:
        self.require(action.state, action)
        if action.state in self.kept or len(self.kept) == self.slots:
            raise Fault(f"{action}: no free slot")
        self.kept.add(action.state)
        self.peak = max(self.peak, len(self.kept))

    def restore(self, action: Restore) -> None:
        if action.state not in self.kept:
            raise Fault(f"{action}: not kept")
        self.current = action.state

    def drop(self, action: Drop) -> None:
        if action.state not in self.kept:
            raise Fault(f"{action}: not kept")
        self.kept.remove(action.state)

    def reverse(self, action: Reverse) -> None:
        self.require(action.step, action)
        if action.step != (self.steps if self.reversed_to is None else self.reversed_to) - 1:
            raise Fault(f"{action}: the costate stands elsewhere")
        self.reversed_to, self.current = action.step, None  # taking the time step used up the state

    def run(self, actions: Iterable[Action]) -> Machine:
        for action in actions:
            getattr(self, type(action).__name__.lower())(action)
        if self.reversed_to != 0:
            raise Fault(f"ends with the costate at {self.reversed_to}")
        if self.kept:
            raise Fault(f"ends with {sorted(self.kept)} kept")
        return self

    @property
    def advances(self) -> int:
        return sum(self.taken.values())


def run(schedule: Schedule, steps: int) -> Machine:
    return Machine(steps, schedule.slots).run(schedule.actions(steps))


# The binomial numbers


@cache
def programme(steps: int, slots: int) -> int:
    """The dynamic programme of Griewank & Walther 2000, every split tried."""
    if steps == 1:
        return 0
    if slots == 1:
        return steps * (steps - 1) // 2
    return min(m + programme(m, slots) + programme(steps - m, slots - 1) for m in range(1, steps))


def cheapest(steps: int, slots: int) -> int:
    """The fewest advances of any sequence of actions at all: Dijkstra over (current, kept, costate)."""
    queue: list[tuple[int, int, frozenset[int], int]] = [(0, 0, frozenset(), steps)]
    done = set()
    while queue:
        cost, current, kept, at = heappop(queue)
        if at == 0:
            return cost
        if (current, kept, at) in done:
            continue
        done.add((current, kept, at))
        moves = [(cost, state, kept, at) for state in kept] + [(cost, current, kept - {state}, at) for state in kept]
        if current >= 0:
            moves += [(cost, current, kept | {current}, at)] * (len(kept) < slots) + [(cost + 1, current + 1, kept, at)] * (current + 1 < at) + [(cost, -1, kept, at - 1)] * (current == at - 1)
        for move in moves:
            heappush(queue, move)
    raise AssertionError("no schedule")


def test_the_formula_is_the_dynamic_programme() -> None:
    assert all(least_advances(steps, slots) == programme(steps, slots) for steps in range(1, 90) for slots in range(1, 14))


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_no_sequence_of_actions_at_all_is_cheaper(slots: int) -> None:
    assert [cheapest(steps, slots) for steps in range(1, 8)] == [least_advances(steps, slots) for steps in range(1, 8)]


def test_repeats_and_reach_are_the_published_ones() -> None:
    """Griewank & Walther 2000: t(n, c) = r n - C(c + r, c + 1), where C(c + r - 1, c) < n <= C(c + r, c)."""
    for steps in range(1, 300):
        for slots in range(1, 12):
            r = least_repeats(steps, slots)
            assert reach(slots, r - 1) < steps <= reach(slots, r) == comb(slots + r, slots)


def test_the_split_attains_the_minimum_and_no_smaller_one_does() -> None:
    for steps in range(2, 90):
        for slots in range(2, 14):
            costs = [m + programme(m, slots) + programme(steps - m, slots - 1) for m in range(1, steps)]
            assert best_split(steps, slots) == 1 + costs.index(min(costs))


# Every schedule on the machine


@pytest.mark.parametrize(("steps", "slots"), GRID)
def test_binomial_attains_the_published_count(steps: int, slots: int) -> None:
    machine = run(binomial(steps, slots), steps)
    assert machine.advances == least_advances(steps, slots)
    assert max(machine.taken.values(), default=0) <= max(1, least_repeats(steps, slots))
    assert machine.peak <= slots


@pytest.mark.parametrize(("steps", "slots"), GRID)
def test_online_is_valid_within_its_slots(steps: int, slots: int) -> None:
    assert run(online(slots), steps).advances >= least_advances(steps, slots)


@pytest.mark.parametrize("slots", [2, 3, 4, 6, 10, 20])
def test_online_stays_near_the_offline_optimum(slots: int) -> None:
    """At every length it might turn out to have; 2 slots leave it one choice only."""
    schedule, lengths = online(slots), range(2, 300)
    ratios = [Machine(n, slots).run(schedule.actions(n)).advances / least_advances(n, slots) for n in lengths]
    assert max(ratios) < (1.38 if slots == 2 else 1.23)
    assert sum(ratios) / len(ratios) < (1.05 if slots == 2 else 1.03)


@pytest.mark.campaign
@pytest.mark.parametrize("slots", [2, 3, 5, 8, 20, 40])
def test_online_stays_near_the_offline_optimum_far_out(slots: int) -> None:
    schedule = online(slots)
    for n in range(301, 2500, 7):
        assert run(schedule, n).advances < (1.38 if slots == 2 else 1.23) * least_advances(n, slots)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 55, 56, 400, 2000])
def test_the_ends_of_the_family(steps: int) -> None:
    everything, nothing = run(store_all(), steps), run(store_none(), steps)
    assert (everything.advances, everything.peak) == (steps - 1, steps)
    assert (nothing.advances, nothing.peak) == (steps * (steps - 1) // 2, 1)
    assert run(binomial(steps, steps), steps).taken == everything.taken


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 55, 56, 57, 400, 2000, 10_000])
def test_two_levels_take_the_root_of_the_length(steps: int) -> None:
    machine = run(two_level(), steps)
    assert machine.peak < 2 * sqrt(2 * steps) + 1
    assert machine.advances < 2 * steps
    assert max(machine.taken.values(), default=0) <= 2


def test_memory_slopes_are_the_promised_ones() -> None:
    """Slots in use over n = 100 and 10,000: slopes 1, 0 and, but for the rounding of whole gaps, 1/2."""
    peaks = {schedule.name: [run(schedule, n).peak for n in (100, 10_000)] for schedule in (store_all(), two_level(), online(7))}
    assert peaks["all"] == [100, 10_000]
    assert peaks["online"] == [7, 7]
    assert log10(peaks["two-level"][1] / peaks["two-level"][0]) / 2 == pytest.approx(0.5, abs=0.04)


def test_nothing_is_done_where_no_time_step_is() -> None:
    assert [list(schedule.actions(0)) for schedule in (store_all(), store_none(), two_level(), binomial(0, 3), online(3))] == [[]] * 5


def test_an_endless_sweep_costs_little_bookkeeping() -> None:
    """Offers grow like the logarithm of the length: a million time steps, 10 slots, below 1,200 actions."""
    actions = list(islice(online(10).sweep(), 3000))
    assert sum(isinstance(action, Forward) and action.stop <= 1_000_000 for action in actions) < 1200 < len(actions)
    assert any(isinstance(action, Forward) and action.stop > 1_000_000 for action in actions)


@pytest.mark.parametrize("make", [online, lambda slots: binomial(10, slots)])
def test_no_slot_at_all_is_refused(make: Callable[[int], Schedule]) -> None:
    with pytest.raises(SchemeError, match="1 or more checkpoints"):
        make(0)


# The machine is fed spoiled streams


def without(kind: type) -> Callable[[list[Action]], list[Action]]:
    """Leave out the last action of a kind but one."""

    def spoil(actions: list[Action]) -> list[Action]:
        at = [i for i, action in enumerate(actions) if isinstance(action, kind)][-2]
        return actions[:at] + actions[at + 1 :]

    return spoil


def each(kind: type, change: Callable[[Action], list[Action]]) -> Callable[[list[Action]], list[Action]]:
    return lambda actions: [new for action in actions for new in (change(action) if isinstance(action, kind) else [action])]


SPOILED: dict[str, tuple[Callable[[list[Action]], list[Action]], str]] = {
    "a state is not kept": (without(Store), "not kept"),
    "a state is not restored": (without(Restore), "is current"),
    "a time step is not reversed": (without(Reverse), "costate stands elsewhere"),
    "a slot is not freed": (without(Drop), "kept|no free slot"),
    "time steps are left out": (without(Forward), "is current"),
    "one time step too few": (each(Forward, lambda a: [Forward(a.start, a.stop - 1)] if a.stop > a.start + 1 else [a]), "is current|leads nowhere"),
    "the state after instead of before": (each(Reverse, lambda a: [Reverse(a.step + 1)]), "is current"),
    "a slot is freed at once": (each(Store, lambda a: [a, Drop(a.state)]), "not kept"),
    "a copy too many": (each(Reverse, lambda a: [Store(a.step), a]), "no free slot"),
    "a time step is reversed twice": (each(Reverse, lambda a: [a, a]), "is current"),
    "the last time step is taken too": (lambda actions: [Forward(0, 40), *actions], "leads nowhere"),
    "it stops early": (lambda actions: actions[:-3], "ends with the costate"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_stream_is_caught(name: str) -> None:
    spoil, words = SPOILED[name]
    actions = list(binomial(40, 4).actions(40))
    Machine(40, 4).run(actions)
    with pytest.raises(Fault, match=words):
        Machine(40, 4).run(spoil(actions))


def wasteful(steps: int, slots: int) -> Iterator[Action]:
    """Valid, but kept states lie in even distances."""
    stored = sorted({steps * i // slots for i in range(slots)})
    here = 0
    for state in stored:
        if state > here:
            yield Forward(here, state)
        yield Store(state)
        here = state
    yield Forward(here, steps - 1)
    yield from Schedule("even", slots, lambda: iter(()), best_split).reversal(steps, stored)


def test_a_valid_but_dearer_stream_is_told_apart() -> None:
    assert Machine(231, 5).run(wasteful(231, 5)).advances > 1.05 * least_advances(231, 5)
