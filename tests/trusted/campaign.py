"""Long campaigns of the zero test: `PYTHONPATH=tests nice -n 15 python tests/trusted/campaign.py KIND PAIRS SEED`, KIND true or false.

Every pair is drawn by `rewriting.hard_pair`; its truth comes from its construction, and an arithmetic that is not under
test (mpmath at 60 to 2000 digits, two precisions agreeing on a difference) certifies it at a rational point before the core is asked.
Pairs without such a point (no common domain, a slip that changes nothing, too few digits) are counted apart, as vacuous.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from fractions import Fraction
from random import Random

import mpmath
from rewriting import hard_pair
from strategies import Undefined, numeric

from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import Expression, symbols_of
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

WIDTHS = (1, 1, 4, Fraction(1, 8), Fraction(1, 4))


def certificate(draw: Random, left: Expression, right: Expression, differ: bool) -> dict[str, Fraction] | None:
    """A point where both sides are defined and, if `differ`, certainly not equal; None if 40 trials find none."""
    names = sorted(symbols_of(left, right))
    for trial in range(40):
        width = WIDTHS[trial % len(WIDTHS)]
        point = {name: width * Fraction(draw.randint(1, 997) * (-1 if trial % 2 and draw.random() < 0.5 else 1), 499) for name in names}
        try:
            previous = None
            for digits in (60, 240, 900, 2000):
                a, b = (numeric(side, point, digits) for side in (left, right))
                size, gap = max(1, abs(a), abs(b)), a - b
                if size > mpmath.mpf(10) ** 200:
                    break
                if not differ and abs(gap) < mpmath.mpf(10) ** (-digits // 2) * size:
                    return point
                if differ and previous and abs(gap - previous) < abs(gap) / 10**6:  # what is left of cancelled digits is no difference
                    return point
                previous = gap
        except (Undefined, OverflowError, MemoryError):
            continue
    return None


def campaign(kind: str, pairs: int, seed: int, progress: bool = False) -> tuple[Counter[str], list[str]]:
    """Counts by verdict ("vacuous" apart), and the texts of the pairs that stayed unknown; a wrong verdict raises at once."""
    draw, found, open_pairs, wrong = Random(seed), Counter[str](), list[str](), Status.PROVED if kind == "false" else Status.REFUTED
    drawn = 0
    while sum(found.values()) - found["vacuous"] < pairs:
        drawn += 1
        left, right = hard_pair(draw, kind == "true")
        if certificate(draw, left, right, kind == "false") is None:
            found["vacuous"] += 1
            continue
        verdict = equal(left, right)
        text = f"{drawn}: {to_text(left)}  =  {to_text(right)}"
        assert verdict.status is not wrong, f"seed {seed}, pair {text}: {verdict}"
        found[verdict.status.value] += 1
        if verdict.status is Status.UNKNOWN:
            open_pairs.append(f"[{verdict.reason}] {text}")
        if progress and drawn % 1000 == 0:
            print(drawn, dict(found), f"{time.process_time():.0f} s", flush=True)
    return found, open_pairs


if __name__ == "__main__":
    counts, unknown = campaign(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), progress=True)
    print(*unknown, sep="\n")
    print(f"{sys.argv[1:]} {dict(counts)} {time.process_time():.0f} s of processor time")
