"""Short notes with right lines and planted slips, worked out by hand, in slips.txt: none of the wrong ones is proved, none of the right ones refuted.

    = title           then header lines, a line of two hyphens, and formulas, each behind a letter:
    G  given          a definition or an assumption
    P  right          proved          p  right, not refuted
    R  wrong          refuted         r  wrong, not proved
    U  open           unknown
"""

from __future__ import annotations

from pathlib import Path

import pytest

from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.verify import Notes

ALLOWED = {"G": {"definition", "assumption"}, "P": {"proved"}, "R": {"refuted"}, "U": {"unknown"},
           "p": {"proved", "unknown", "definition", "assumption"}, "r": {"refuted", "unknown", "definition", "assumption"}}
SLIPS = Path(__file__).with_name("slips.txt").read_text(encoding="utf-8").split("\n= ")[1:]


@pytest.mark.parametrize("notes", [pytest.param(text, id=text.partition("\n")[0]) for text in SLIPS])
def test_no_slip_is_proved_and_no_right_line_refuted(notes: str) -> None:
    header, _, body = notes.partition("\n")[2].partition("--\n")
    lines = body.strip().splitlines()
    reader = Notes("slips.txt", read_header(header.splitlines()))
    found = reader.settled(item for i, line in enumerate(lines, 1) for item in reader.judged(Formula(str(i), line[2:], "slips.txt", i, 1)))
    wrong = [f"{lines[int(item.name) - 1]}: {item.status} {item.words}" for item in found if "." not in item.name
             and item.status not in ALLOWED[lines[int(item.name) - 1][0]]]
    assert not wrong, "\n".join(wrong)
