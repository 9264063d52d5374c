"""Lines of notes that are right, each with one slip of the pen: none is proved.

Of campaigns, note_mutants_same.txt lists the slips that leave the meaning, each judged by hand: b A for A b where b is a number.
"""

from __future__ import annotations

import os
from pathlib import Path

import notes_corpus as corpus
import pytest
from note_mutants import mutants

from adjointcheck.notes.reading.document import read, read_text

SAME = set(Path(__file__).with_name("note_mutants_same.txt").read_text(encoding="utf-8").splitlines())
FILES = [Path(name) for name in os.environ.get("ADJOINTCHECK_NOTES", "").split()] or corpus.files()
COUNT, SEED = (int(os.environ.get(f"ADJOINTCHECK_{name}", "1")) for name in ("SLIPS", "SEED"))
NOTES = r"""
$$\dot x = f(x, u, t), \qquad x(0) = x_0$$ <!-- expect: assumption -->
$$J = \Phi(x(T)) + \int_0^T L(x, u, t)\,dt$$ <!-- expect: definition -->
$$\lambda(t) = \frac{\partial J}{\partial x(t)}^\top$$ <!-- expect: definition -->
$$\dot\lambda = -f_x^\top\lambda - L_x^\top$$ <!-- expect: proved -->
$$\lambda(T) = \Phi_x(x(T))^\top$$ <!-- expect: proved -->
"""


def test_a_line_with_a_slip_is_not_proved() -> None:
    found = [*mutants(read_text(NOTES), 3, 1)]
    assert len(found) == 6 and [mutant.status for mutant in found].count("refuted") >= 4, "\n".join(map(str, found))
    assert not [mutant for mutant in found if mutant.status == "proved"]


@pytest.mark.campaign
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_slip_in_these_notes_is_proved(path: Path) -> None:
    escaped = [mutant for mutant in mutants(read(path), COUNT, SEED) if mutant.status == "proved" and mutant.told not in SAME]
    assert not escaped, "\n".join(map(str, escaped))
