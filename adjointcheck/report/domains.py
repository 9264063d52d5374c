"""Domain conditions of a verdict's evidence as mathematics: read back from their text, each once, the factors of a product apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from adjointcheck.errors import GrammarError
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import Expression
from adjointcheck.report.notation import latex, mathml, span

WIDE = 90  # characters of a condition that stands in a line of text
_MORE = re.compile(r" and \d+ more != 0\Z")
_CONDITION = re.compile(r"(.+?) (>=|>|!=) 0(?:, |\Z)")
_MATHML = {"!=": "\u2260", ">=": "\u2265", ">": "&gt;"}
_LATEX = {"!=": r"\neq", ">=": r"\geq", ">": ">"}
Condition = tuple[Expression, str]


class Supported(Protocol):
    """A numbered step of a derivation or of a theorem."""

    @property
    def id(self) -> str: ...
    @property
    def sources(self) -> tuple[int, ...]: ...
    @property
    def evidence(self) -> tuple[str, ...]: ...
    @property
    def reason(self) -> str: ...


def told(evidence: Sequence[str], quote: Callable[[str], str], show: Callable[[Expression, str], str]) -> str:
    """Finished markup of `evidence`: its words by `quote`, its conditions by `show` as far as they can be read and fit a line."""
    read = {line: found for line in evidence if (found := conditions(line))}
    words = [quote(line) for line in evidence if line not in read]
    every = dict.fromkeys(condition for found in read.values() for condition in found)
    shown = [show(root, relation) if span(root) <= WIDE else quote(f"{to_text(root)} {relation} 0") for root, relation in every]
    others = " and others" * any(_MORE.search(line) is not None for line in read)
    return ", ".join([*words, *["where " + ", ".join(shown) + others] * bool(shown)])


def support(row: Supported, quote: Callable[[str], str], show: Callable[[Expression, str], str]) -> str:
    """`s03, from (2): normal form (plain)`: the step's id in the log, its premises, its evidence or the reason why not."""
    sources = ", from " + ", ".join(f"({number})" for number in row.sources) if row.sources else ""
    return f"{quote(row.id)}{sources}: {told(row.evidence, quote, show) or quote(row.reason)}"


def conditions(line: str) -> list[Condition]:
    """The conditions of a line `where a != 0, b > 0 and 2 more != 0`; none where it is no such line or cannot be read."""
    body = _MORE.sub("", line.removeprefix("where "))
    pieces = list(_CONDITION.finditer(body))
    if not line.startswith("where ") or "".join(piece[0] for piece in pieces) != body:
        return []
    try:
        return [each for piece in pieces for each in _factors(parse(piece[1], caps=LOG, jets=True, matrices=True), piece[2])]
    except GrammarError:
        return []


def _factors(root: Expression, relation: str) -> Iterator[Condition]:
    """What is not 0 has no factor 0: l1*(m + 1)**2 != 0 says that l1 and m + 1 are not 0."""
    inner: Iterable[Expression] = root.args if root.head == "mul" else root.args[:1] if root.head == "neg" or _raised(root) else ()
    if relation != "!=" or not inner:
        yield root, relation
    for part in inner if relation == "!=" else ():
        yield from _factors(part, relation)


def _raised(root: Expression) -> bool:
    return root.head == "pow" and root.args[1].head == "number" and root.args[1].value > 0


def in_mathml(root: Expression, relation: str) -> str:
    return f"<math>{mathml(root)}<mo>{_MATHML[relation]}</mo><mn>0</mn></math>"


def in_latex(root: Expression, relation: str) -> str:
    return f"${latex(root)} {_LATEX[relation]} 0$"
