"""The exception tree and its one message format: where, what was got, what was expected, what to do."""

from __future__ import annotations


def shorten(value: object, limit: int = 160) -> str:
    """Return `value` as one printable ASCII line of at most `limit` characters (control characters escaped)."""
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= limit else text[: limit - 3] + "..."


class AdjointCheckError(Exception):
    """Root of the tree; carries `where`, `got`, `expected` and `todo` apart so that faces can lay them out."""

    def __init__(self, where: str, got: object, expected: str, todo: str = "") -> None:
        self.where = shorten(where)
        self.got = shorten(got)
        self.expected = expected
        self.todo = todo
        super().__init__(f"{self.where}: got {self.got}; expected {expected}." + (f" {todo}" if todo else ""))


class ProblemError(AdjointCheckError):
    """A statement that cannot be accepted (exit code 2)."""


class GrammarError(ProblemError):
    """A text outside our grammar or over one of its caps (exit code 2)."""


class StepRejected(AdjointCheckError):
    """A derivation step whose form its rule cannot take (verdict `invalid`)."""


class SchemeError(AdjointCheckError):
    """A tableau that breaks its own invariants."""


class CodegenError(AdjointCheckError):
    """A program that cannot be emitted."""


class SolveError(AdjointCheckError):
    """Numeric input of wrong shape, type or range."""


class DisagreementError(AdjointCheckError):
    """Two of our own codes that must agree do not (exit code 4): a defect of ours, please report it."""
