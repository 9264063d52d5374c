"""Notes for tests: header lines and statements parted by `;`."""

from __future__ import annotations

from collections.abc import Sequence

from adjointcheck.notes.comparison import Agreement, Contradiction, Outcome, judge_in_worlds
from adjointcheck.notes.context import Context, read_header
from adjointcheck.notes.introduction import Resolved, understand
from adjointcheck.notes.latex import Unread, read_formula


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


def outcomes(text: str, header: str = "", explain: bool = False) -> Sequence[Outcome]:
    """What the worlds say of the last statement."""
    resolved, context = read(text, header)
    assert resolved.status == "claim" and resolved.problems == (), (resolved.status, resolved.reading, resolved.problems)
    return judge_in_worlds(resolved.chain, context, explain)


def agrees(text: str, header: str = "") -> bool:
    return all(isinstance(outcome, Agreement) for outcome in outcomes(text, header))


def contradicted(text: str, header: str = "") -> bool:
    return any(isinstance(outcome, Contradiction) for outcome in outcomes(text, header))
