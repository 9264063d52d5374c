"""What the text of a formula leaves open, answered before it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Letters:
    """Answers for the reader; what is not answered here and matters makes a formula unread, never guessed.

    `functions` take arguments: f(a + b) is a call.  `plain` never do: c(a + b) is a product.  `signals` depend on time alone:
    x(t + h) is a call, x(a - b) a product; `times` are the letters of time.  `indexed`: x^{k} is an index, not a power.
    `transposes`: superscripts that transpose.
    `operators` may hold D (Df is a derivative).  `star` and `dagger` are "adjoint", "optimal" or open; `prime` is "derivative",
    "transpose", "letter" or open.  A letter d, e, D, delta, E, O or o in one of the first three is that letter and no operator.
    `maps`: capitals that are maps M(x) in plain type and other letters in bold; the map is then read as \\mathcal{M}.
    """

    functions: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset({"t", "T", "tau", "s"})
    indexed: frozenset[str] = frozenset()
    transposes: frozenset[str] = frozenset({"T"})
    operators: frozenset[str] = frozenset()
    star: str = ""
    dagger: str = ""
    prime: str = ""
    maps: frozenset[str] = frozenset()

    def declares(self, name: str) -> bool:
        """True when `name` is a letter of the notes."""
        return name in self.functions or name in self.plain or name in self.signals


NONE = Letters()
_SCRIPT = r"(?:_(?:\w|\{[^{}]*\}))?\s*"
_CALLED = re.compile(rf"(?<![A-Za-z\\{{])([A-Z]){_SCRIPT}(?:\\(?:left|[bB]igg?l?)\s*)?\(")
_BOLD = re.compile(rf"\\(?:mathbf|boldsymbol|bm|bf)\s*(?:\{{([A-Z])\}}|([A-Z])){_SCRIPT}(\()?")


def maps_beside_bold(texts: Iterable[str]) -> frozenset[str]:
    """Capitals that the notes call as M(x) in plain type and write in bold without calling: the weather services' M_i and its Jacobian."""
    whole = "\n".join(texts)
    bold = [(braced or bare, opening) for braced, bare, opening in _BOLD.findall(whole)]
    return frozenset(_CALLED.findall(whole)) & {name for name, _ in bold} - {name for name, opening in bold if opening}
