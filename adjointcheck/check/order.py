"""Does an error fall at the order it should, down to its floor?  A bare slope never decides: a plateau must be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from adjointcheck.check.rounding import DETECTION

SLACK = 0.3  # of an order
RISE = 0.1  # from one local order to the next: still on its way
FLOORS = 4.0  # an error this many floors high is resolved
WINDOW = 3  # levels at least


@dataclass(frozen=True)
class Levels:
    """Errors at time steps h, coarse to fine, and the floor below which each says nothing."""

    h: tuple[float, ...]
    errors: tuple[float, ...]
    floors: tuple[float, ...]


@dataclass(frozen=True)
class Fall:
    """How errors fell: the order over the finest resolved levels, their number, and what to say; `plateau` is a failure."""

    order: float | None  # NaN where an error is
    levels: int
    words: str
    plateau: bool = False
    at_floor: bool = False

    def shortfall(self, order: int, kinks: Sequence[str] = ()) -> float | None:
        """By how much the order falls short; None where that decides nothing (see `question`)."""
        if self.at_floor:
            return 0.0
        return None if self.order is None or self.question(order, kinks) else order - self.order

    def question(self, order: int, kinks: Sequence[str] = ()) -> str:
        """Why a fall short of the order decides nothing: too few levels, a kink, or no plateau yet."""
        if self.at_floor or (self.order is not None and not self.order < order - SLACK):
            return ""
        if kinks:
            return f"no order is promised across a kink: {kinks[0][:80]}"
        return "" if self.plateau else "no window of time steps shows the order"


def observe(levels: Levels, order: int) -> Fall:
    """The order over WINDOW resolved levels, or why there is none.

    While errors are above the floor the finest window decides; once they have reached it there is no plateau left to
    find, and any window may show the order.  Too few levels above a floor that is then kept are no window, but no
    plateau either.  Where they are one too few, the first level at the floor closes the window with its floor for its
    error: the error fell at least that far.
    """
    rows = list(zip(levels.h, levels.errors, levels.floors, strict=True))
    if any(math.isnan(error) for error in levels.errors):
        return Fall(math.nan, 0, "an error that is not a number", plateau=True)
    if rows and rows[-1][2] > DETECTION:
        return Fall(None, 0, f"the floor {rows[-1][2]:.1e} hides errors from {DETECTION:g} on")
    resolved = _resolved(rows)
    if len(resolved) < WINDOW and len(rows) - len(resolved) >= 2:
        return Fall(None, len(resolved), f"at the floor {rows[-1][2]:.1e} from level {len(resolved) + 1} on", at_floor=True)
    kept = [(h, max(error, floor)) for h, error, floor in rows[: max(len(resolved), WINDOW)]]
    if len(kept) < WINDOW or len(resolved) < WINDOW - 1:
        return Fall(None, len(resolved), f"only {len(resolved)} of {len(levels.h)} levels are above the floor")
    windows = [kept[i : i + WINDOW] for i in range(len(kept) - WINDOW + 1)]
    falls = [_fall_of(window, order) for window in windows]
    best = max(falls, key=lambda fall: fall.order or 0.0) if len(resolved) < len(rows) else falls[-1]
    return replace(best, levels=len(resolved), plateau=best.plateau and len(resolved) == len(rows))


def _fall_of(window: Sequence[tuple[float, float]], order: int) -> Fall:
    """The order in one window: of all of it, or of its finest pair, which is nearer to the limit while it still rises.

    A plateau hardly falls any more, or is within SLACK of the next lower order (or below) and does not rise.
    """
    before, last = (_slope(pair) for pair in pairwise(window))
    found = max(_slope(window), last)
    words = f"order {found:.2f} over h = {window[0][0]:.2g} to {window[-1][0]:.2g}"
    if found >= order - SLACK:
        return Fall(found, 0, words)
    lower = order - 1 + SLACK
    plateau = last < min(order / 2, lower) or (last <= lower and last - before < RISE)
    return Fall(found, 0, f"{words}, local orders {before:.2f} and {last:.2f}", plateau)


def _resolved(rows: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The levels before the first one at the floor."""
    count = next((i for i, (_, error, floor) in enumerate(rows) if error <= FLOORS * floor), len(rows))
    return list(rows[:count])


def _slope(window: Sequence[tuple[float, float]]) -> float:
    x, y = ([math.log(pair[i]) for pair in window] for i in (0, 1))
    middle = sum(x) / len(x)
    return sum((a - middle) * b for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)


def series(label: str, levels: Levels, order: int) -> dict[str, object]:
    """The levels as a log-log curve beside the declared order."""
    pairs = [(h, e) for h, e in zip(levels.h, levels.errors, strict=True) if math.isfinite(e) and e > 0]
    return {"label": label, "x": [h for h, _ in pairs], "y": [e for _, e in pairs], "xlabel": "time step h",
            "ylabel": "relative error", "loglog": True, "reference_slope": order}  # fmt: skip
