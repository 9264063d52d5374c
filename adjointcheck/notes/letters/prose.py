"""What notes say of their problem in words alone: rows of a pattern and of what it tells, for the sentences before formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.notation import DENIED

START = r"(?:\(0\)|\(t_0\)|_0\b|\binitial|\bstart|anfang|\binici|\biniz|\bdépart)"
HELD = r"\b(?:given|fixed|prescribed|vanish|held|fest\b|vorgegeben|gegeben|fixé|donné|fij[oa]|dad[oa]\b|fissat|assegnat)"
LAST = r"\b(?:last|final observation|letzte\w*|derni[eè]re?|últim[oa]|ultim[oa])\b"
MOVED = r"\b(?:perturb|vary|varie|var[ií]|move|chang|stör|änder|возмущ|меня)"  # keep u fixed and perturb the start
NOUGHT = r"(?:zero|null\w*|nulle?|nul[oa]|homogen\w*)"
END = r"(?:\bend\b|\bende\b|\bfin\b|\bfinale?\b|= ?\$?t\b|\$t\$)"

MINIMUM = re.compile(r"\bminimum[- ]?prin[cz]ip|\bprincip\w+ d[ue]l? m[ií]nim|принцип\w* минимума|[极最]小值原理|最小原理")

TITLE = re.compile(r"^#+ .*$|^title:.*$|\\(?:title|(?:sub)*section\*?)\s*\{[^{}]*\}", re.MULTILINE)


@dataclass(frozen=True)
class Saying:
    """Sentences that the pattern finds tell what `tells` adds to the context."""

    pattern: re.Pattern[str]
    tells: Callable[[Context], Context]


SAYINGS = (
    Saying(re.compile(rf"{START}\w*\W.{{0,40}}{HELD}|{HELD}\w*\W(?:(?!{MOVED}).){{0,20}}{START}"),
           lambda context: context.assume("fixed start")),
    Saying(re.compile(rf"\b{NOUGHT}\W+{START}|{START}\w*\W+{NOUGHT}\b"), lambda context: context.assume("fixed start")),
    Saying(MINIMUM, lambda context: replace(context, options={**context.options, "principle": "minimum"})),
    Saying(re.compile(rf"{LAST}.{{0,40}}{END}"), lambda context: replace(context, options={**context.options, "last": "at the end"})),
)


def titles(prose: str) -> list[str]:
    """What stands over a part of the notes, and over the whole."""
    return TITLE.findall(prose)


def said(sentences: Iterable[str], context: Context) -> Context:
    """With what the sentences tell; those that deny or suppose something tell nothing."""
    sentences = [lowered for sentence in sentences if not DENIED.search(lowered := sentence.lower())]
    for saying in SAYINGS:
        if any(map(saying.pattern.search, sentences)):
            context = saying.tells(context)
    return context
