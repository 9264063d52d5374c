"""Notes for tests: header lines and statements parted by `;`."""

from __future__ import annotations

from collections.abc import Sequence

from adjointcheck.notes.finding import Finding, Findings
from adjointcheck.notes.foreword import opened
from adjointcheck.notes.introduction import Resolved, understand
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.reading.document import Document, Formula, read_text
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.verdicts.comparison import Agreement, Contradiction, Outcome, judge_in_worlds
from adjointcheck.notes.verify import Notes, begun
from adjointcheck.report.notes_outline import formulas


def read(text: str, header: str = "") -> tuple[Resolved, Context]:
    """The last statement as understood, and the context after it."""
    context = read_header(header.split("; ") if header else [])
    resolved: Resolved | None = None
    for statement in [*context.formulas, *text.split("; ")]:
        chain = read_formula(statement, context.reader())
        assert not isinstance(chain, Unread), (statement, chain)
        resolved, context = understand(chain, context)
    assert resolved is not None
    return resolved, context


def outcomes(text: str, header: str = "") -> Sequence[Outcome]:
    """What the worlds say of the last statement."""
    resolved, context = read(text, header)
    assert resolved.status == "claim" and resolved.problems == (), (resolved.status, resolved.reading, resolved.problems)
    return judge_in_worlds(resolved.chain, context)


def agrees(text: str, header: str = "") -> bool:
    return all(isinstance(outcome, Agreement) for outcome in outcomes(text, header))


def contradicted(text: str, header: str = "") -> bool:
    return any(isinstance(outcome, Contradiction) for outcome in outcomes(text, header))


def understood(*lines: str) -> tuple[str, str]:
    """The last line of whole notes as it is read, and whether it introduces something; nothing is judged."""
    written = tuple(Formula(str(i), text, "notes.md", i, 1) for i, text in enumerate(lines, 1))
    notes, resolved = Notes("notes.md", begun(Document("notes.md", written))), None
    for formula in written:
        chain = notes.read(formula)
        assert not isinstance(chain, Unread), (formula.text, chain)
        resolved, notes.context = understand(chain, notes.context)
    assert resolved is not None
    return resolved.reading, resolved.status


def last_two(header: str, given: str, right: str, wrong: str) -> list[str]:
    """The verdicts of the last two lines of whole notes, read twice as notes are: for their letters, then line by line."""
    lines = [*filter(None, given.splitlines()), right, wrong]
    written = tuple(Formula(str(i), text, "notes.md", i, 1) for i, text in enumerate(lines, 1))
    items = _judged(Document("notes.md", written, tuple(header.splitlines())))
    return [formula.status for formula in formulas(Findings("notes.md", (), items))[-2:]]


def statuses(text: str, header: str = "") -> list[str]:
    """The verdicts of whole notes in Markdown, as the command gives them."""
    return [finding.status for finding in findings(text, header)]


def findings(text: str, header: str = "") -> tuple[Finding, ...]:
    """What the command finds in whole notes in Markdown."""
    return _judged(read_text(f"<!-- adjointcheck:\n{header}\n-->\n{text}" if header else text))


def _judged(document: Document) -> tuple[Finding, ...]:
    document, header = opened(document, ())
    notes = Notes("notes.md", begun(document, header))
    items = notes.settled([item for formula in document.formulas for item in notes.judged(formula)])
    return tuple(item for item in items if item.line)
