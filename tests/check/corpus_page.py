"""The page derivations/CORPUS.md: `PYTHONPATH=tests/check python tests/check/corpus_page.py` rewrites it from the table of faults."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from corpus_faults import FAULTS, NOT_REBUILT, Line

from adjointcheck.conform import BY_CODE
from adjointcheck.files import write_text

PAGE = Path(__file__).parents[2] / "derivations" / "CORPUS.md"
HEAD = """\
# Other people's defects, rebuilt in ours

55 defects that users of gradient libraries reported (rows 1 to 55) and 9 found by reading source (B1 to B9), each planted in our own
generated module, theorem, claim or `odeint`. `pytest tests/check/test_bug_corpus.py` plants each and asks the named check alone: it
must catch the fault, and pass where nothing is planted. A fault is the nearest thing that our code can have; defects of somebody's
loop differentiation inside a kernel (46 to 50), for example, are planted in the loop of our sweep.
"""


def page() -> str:
    rows = {fault.row for fault in FAULTS}
    recorded = sum(row.isdigit() for row in rows)
    lines = [HEAD, f"{len(FAULTS)} faults for {recorded} of the 55 recorded rows and {len(rows) - recorded} of the 9 others; none escapes.", ""]
    lines += ["| row | what was wrong | planted in | caught by |", "|---|---|---|---|"]
    lines += [f"| {fault.row} | {fault.words} | {fault.plant.where} | {catcher(fault)} |" for fault in FAULTS]
    lines += ["", "How many each kind of check catches when it is asked alone:", "", "| check | faults |", "|---|---|"]
    lines += [f"| {name} | {count} |" for name, count in Counter(map(catcher, FAULTS)).most_common()]
    lines += ["", "Not rebuilt, and why:", "", "| row | reason |", "|---|---|"]
    lines += [f"| {row} | {reason} |" for row, reason in NOT_REBUILT.items()]
    return "\n".join([*lines, ""])


def catcher(fault: object) -> str:
    """The check with the place it belongs to."""
    check, plant = fault.check, fault.plant  # type: ignore[attr-defined]
    if isinstance(plant, Line):
        return f"replay: `{plant.theorem}`, step {check}"
    if check in BY_CODE:
        return f"conform: {check}"
    return f"battery: {check}" if plant.where == "generated module" else f"derive: {check}"


if __name__ == "__main__":
    print(write_text(PAGE, page()))
