"""Notes with one slip of the pen in a line that is right and proved: what is said of the line then.

    ADJOINTCHECK_NOTES=FILE... pytest -m campaign tests/notes/test_note_mutants.py
    python tests/notes/note_mutants.py MUTANTS_A_LINE SEED FILE...     prints each fate

A slip is a row: its name, a pattern of LaTeX, and what comes in place of one hit, chosen by the seed.  Terms and factors have no pattern; they
are spans of the text.  A mutant is judged in the notes as they stand before its line, or in all of them anew where the slip changes what the
foreword says of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from adjointcheck.notes.finding import Finding
from adjointcheck.notes.foreword import begun, opened
from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.reading.document import Document, Formula, read
from adjointcheck.notes.verify import Notes

Span = tuple[int, int]
Slip = Callable[[Random, str], str | None]

T = r"\^\s*(?:\{\s*)?(?:\\(?:top|intercal)|\\(?:mathrm|mathsf|mathbf|text|rm|sf)\s*\{?\s*T\s*\}?|T|\\mathsf T|\*|H)(?![A-Za-z])\s*\}?"
OPENED = r"(?:\\frac\s*1\s*2|\\[td]?frac\s*\{\s*1\s*\}\s*\{\s*2\s*\}|\\[td]frac\s*12)"
LAYER = r"(?:n|k|i|j|l|\\ell|t|m)"
PRECEDED = r"(?<![A-Za-z\\])"
ARRIVAL = r"t_0|t_1|t_f|t_N|T|0"

PATTERNS: tuple[tuple[str, str, str | Callable[[re.Match[str]], str]], ...] = (
    ("one sign", r"(?<=[\w})\]'*])(\s*)([+-])(?!\})", lambda hit: hit[1] + ("-" if hit[2] == "+" else "+")),
    ("sign dropped", r"(=|\\left\(|[(\[&])(\s*)-", r"\1\2"),
    ("sign put", r"(=&?\s*)(?![-=&\s0])", r"\1-"),
    ("transpose dropped", T, ""),
    ("transpose put", r"(?<![\\A-Za-z{])([A-FK](?:_\{?\w\}?)?)(?![\w^_'({])", r"\1^\\top"),
    ("half dropped", OPENED, ""),
    ("half put", r"(=&?\s*)(?![-=&\s0])", r"\1\\tfrac{1}{2} "),
    ("half for quarter", OPENED, r"\\frac{1}{4}"),
    ("doubled", r"(=&?\s*-?)(?![-=&\s0])", r"\1 2 "),
    ("two dropped", r"(?<![\d^_{.])2(?![\d.}])", ""),
    ("next index", rf"([_^])(?:({LAYER})(?![A-Za-z])|\{{\s*({LAYER})\s*\}})", lambda hit: f"{hit[1]}{{{hit[2] or hit[3]}+1}}"),
    ("index before", rf"([_^])(?:({LAYER})(?![A-Za-z])|\{{\s*({LAYER})\s*\}})", lambda hit: f"{hit[1]}{{{hit[2] or hit[3]}-1}}"),
    ("index not next", rf"([_^]\s*\{{\s*[(\[]?\s*{LAYER})\s*[+-]\s*1", r"\1"),
    ("index turned", rf"([_^]\s*\{{\s*[(\[]?\s*{LAYER}\s*)([+-])(?=\s*1)", lambda hit: hit[1] + ("-" if hit[2] == "+" else "+")),
    ("layer above", rf"\^\s*(\{{\s*)?([(\[])({LAYER})([)\]])", r"^\1\2\3+1\4"),
    ("first index", r"([a-z]\s*=\s*)([01])(?=\s*\})", lambda hit: f"{hit[1]}{1 - int(hit[2])}"),
    ("last index", r"(?<=\^\{)(\s*[NLTK]\s*)-\s*1(?=\s*\})", r"\1"),
    ("other end", rf"([(_{{|]\s*)({ARRIVAL})(?=\s*[)}}|^,\\ ])", lambda hit: hit[1] + {"0": "T", "T": "0", "t_0": "t_1"}.get(hit[2], "t_0")),
    ("end for now", r"\(\s*t\s*\)", "(T)"),
    ("now for end", r"\(\s*(?:T|t_1|t_f)\s*\)", "(t)"),
    ("limits exchanged", r"\\int(?:\\limits)?_(\w|\{[^{}]*\}|\{[^{}]*\{[^{}]*\}[^{}]*\})\^(\w|\{[^{}]*\}|\{[^{}]*\{[^{}]*\}[^{}]*\})", r"\\int_\2^\1"),
    ("dot dropped", r"\\d?dot\s*(\\\w+|\{[^{}]*\}|\w)", r"\1"),
    ("prime dropped", r"'|\^\{?\\prime\}?", ""),
    ("square dropped", r"\^\s*(?:2|\{\s*2\s*\})", ""),
    ("inverse dropped", r"\^\s*\{\s*-\s*1\s*\}", ""),
    ("exponent turned", r"(e\^\{|\\exp\s*\\?(?:left)?\()(-?)", lambda hit: hit[1] + ("" if hit[2] else "-")),
    ("min for max", r"\\(arg)?(?:max|min)(?![A-Za-z])", lambda hit: hit[0].replace("max", "?").replace("min", "max").replace("?", "min")),
    ("other function", r"\\(sin|cos|sinh|cosh|exp|ln|log)(?![A-Za-z])", lambda hit: "\\" + {"sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh"}.get(hit[1], "sin")),
    ("trace lost", r"\\(?:operatorname|mathrm|text)\s*\{\s*[Tt]r(?:ace)?\s*\}|\\(?:tr|Tr)(?![A-Za-z])", ""),
    ("product plain", r"\\odot|\\circ(?![A-Za-z])", ""),
    ("derivative of another", r"(_\{?)([xuyz])(?![A-Za-z0-9_])", lambda hit: hit[1] + {"x": "u", "u": "x", "y": "u", "z": r"\theta "}[hit[2]]),
    ("by another", r"(\\partial\s*)(\\theta|\\lambda|[a-z])(?![A-Za-z(])(?=[^{}]{0,12}\})", lambda hit: hit[1] + {r"\theta": "t ", "x": "u", "u": "x", "z": "t"}.get(hit[2], "t ")),
    ("cost for field", PRECEDED + r"(f|L|\\ell|g)(?=[_(])", lambda hit: {"f": "L"}.get(hit[1], "f")),
    ("nothing at the end", r"(\\\w+|\w)(\(T\)|\(t_1\)|_N|_T)(\s*=)\s*[^,]*$", r"\1\2\3 0"),
)
LIMIT = re.compile(r"\\(?:int|sum|prod)(?:\\limits)?(?:_\w|_\{(?:[^{}]|\{[^{}]*\})*\})?\s*$")  # before an upper limit, which is no exponent
STATUSES = ("refuted", "not read", "unknown", "assumption", "definition", "proved")  # the first of these words speaks for all links
OPEN, CLOSE = "({[", ")}]"
STOPS = re.compile(r"\\(?:qquad|quad|text|end|begin|\\)|[=,&]|\\(?:le|ge|leq|geq|to|in|approx)(?![A-Za-z])")
UNIT = re.compile(r"\\(?:left|right|bigl?|Bigl?|bigr?|Bigr?|,|;|!|:|quad|qquad|int|sum|prod|cdot|times|dots|cdots|ldots|le|ge|leq|geq|in|to|text|mathrm|begin|end|min|max"
                  r"|partial|nabla|bar|log|ln|exp|sin|cos|tanh|operatorname|approx|vert|mid|Big|big|infty|forall|limits|odot|circ)(?![A-Za-z])")
ACCENT = re.compile(r"\\(?:dot|ddot|hat|tilde|vec|mathbf|boldsymbol|bm|mathcal)(?![A-Za-z])")
HEAD = re.compile(r"\\[A-Za-z]+|(?!d\s*\\?[A-Za-z])[A-Za-z]|\(")
MATRIX = re.compile(r"[A-Z]|\\[td]?frac\s*\{\s*\\partial|\w_\{?[xuzw\\]|\\(?:Phi|Psi)(?!\w)")
BETWEEN = re.compile(r"(?:\s|\\[,;!:]|\\cdot(?![A-Za-z]))*")


def _closed(text: str, start: int) -> int:
    """The place behind what opens at `start`; the end of the text where it does not close."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in OPEN) - (text[at] in CLOSE)
        if depth == 0:
            return at + 1
    return len(text)


def _argument(text: str, at: int) -> int:
    """The place behind the argument of a command: a group, a command, or one character."""
    at += len(text[at:]) - len(text[at:].lstrip())
    if text[at : at + 1] == "{":
        return _closed(text, at)
    command = re.compile(r"\\[A-Za-z]+").match(text, at)
    return command.end() if command else at + 1


def _factor(text: str, at: int) -> int | None:
    """The place behind the factor that begins at `at`: a letter with its scripts and arguments, a fraction, a bracket."""
    head = None if UNIT.match(text, at) else HEAD.match(text, at)
    if head is None:
        return None
    end = head.end()
    if "(" in head[0]:
        end = _closed(text, end - 1)
    for _ in range(2 if head[0].endswith("frac") else ACCENT.match(head[0]) is not None):
        end = _argument(text, end)
    while True:
        if scripted := re.compile(r"\s*([_^])|'").match(text, end):
            end = _argument(text, scripted.end()) if scripted[1] else scripted.end()
        elif text[end : end + 1] == "(" and "(" not in head[0]:
            end = _closed(text, end)
        else:
            return end


def factors(text: str) -> list[Span]:
    """The factors of all products, those inside arguments left out."""
    found, at = [], 0
    while at < len(text):
        end = _factor(text, at)
        found += [(at, end)] if end else []
        word = re.compile(r"\\(?:text|operatorname|mathrm|begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+|[_^]\s*(?:\{[^{}]*\}|\\?\w)").match(text, at)
        at = end or (word.end() if word else at + 1)
    return found


def pairs(text: str) -> list[tuple[Span, Span]]:
    """Neighbours in a product."""
    found = factors(text)
    return [(one, other) for one, other in zip(found, found[1:], strict=False) if BETWEEN.fullmatch(text, one[1], other[0])]


def terms(text: str) -> list[Span]:
    """The terms behind a sign, each with its sign."""
    found = []
    for hit in re.finditer(r"(?<=[\w})\]'])\s*[+-](?!\s*\})", text):
        if not scripted(text, hit.start()):
            found.append((hit.start(), _term_end(text, hit.end())))
    return found


def _term_end(text: str, at: int) -> int:
    start = at
    while at < len(text):
        if text[at] in OPEN:
            at = _closed(text, at)
        elif text[at] in CLOSE or text[at] in "+-=&," or text.startswith(("\\\\", "\\quad", "\\qquad", "\\right", "\\,d", "\\end", "\\]"), at):
            return at
        else:
            at += 2 if text[at] == "\\" and at > start else 1
    return at


def scripted(text: str, at: int) -> bool:
    """Does the place stand in a script such as _{k+1}?"""
    return any(hit.start() < at < _closed(text, hit.end() - 1) for hit in re.finditer(r"[_^]\s*\{", text))


def _by_pattern(pattern: str, new: str | Callable[[re.Match[str]], str], everywhere: bool) -> Slip:
    written = re.compile(pattern)

    def slip(draw: Random, text: str) -> str | None:
        hits = [hit for hit in written.finditer(text) if everywhere or not scripted(text, hit.start())]
        hits = [hit for hit in hits if not LIMIT.search(text[: hit.start()])]
        if not hits:
            return None
        hit = draw.choice(hits)
        return text[: hit.start()] + (new(hit) if callable(new) else hit.expand(new)) + text[hit.end() :]

    return slip


def lost_term(draw: Random, text: str) -> str | None:
    start, end = draw.choice(terms(text) or [(0, 0)])
    return text[:start] + " " + text[end:]


def lost_factor(draw: Random, text: str) -> str | None:
    one, other = draw.choice(pairs(text) or [((0, 0), (0, 0))])
    start, end = draw.choice((one, other))
    return f"{text[:start]} {text[end:]}"


def doubled_factor(draw: Random, text: str) -> str | None:
    start, end = draw.choice(factors(text) or [(0, 0)])
    return f"{text[:end]} {text[start:end]}{text[end:]}"


def exchanged_factors(draw: Random, text: str) -> str | None:
    """Two neighbours of which one looks like a matrix."""
    found = [pair for pair in pairs(text) if any(MATRIX.match(text[slice(*span)]) for span in pair)]
    one, other = draw.choice(found or [((0, 0), (0, 0))])
    return f"{text[: one[0]]}{text[slice(*other)]}{text[one[1] : other[0]]} {text[slice(*one)]} {text[other[1] :]}"


def other_letter(draw: Random, text: str) -> str | None:
    """One letter becomes another one of the formula."""
    found = [hit for hit in re.finditer(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z{])|\\(?:lambda|theta|mu|phi|psi|alpha|beta|eta|xi|nu|delta|Phi|Psi)(?![A-Za-z])", text)]
    letters = sorted({hit[0] for hit in found} - {"d"})
    places = [hit for hit in found if hit[0] != "d"]
    if len(letters) < 2:
        return None
    hit = draw.choice(places)
    new = draw.choice([letter for letter in letters if letter != hit[0]])
    return f"{text[: hit.start()]} {new} {text[hit.end() :]}"


SCRIPTED = {"next index", "index before", "index not next", "index turned", "layer above", "first index", "last index", "other end", "transpose dropped",
            "derivative of another", "exponent turned", "square dropped", "inverse dropped", "prime dropped"}
SLIPS: dict[str, Slip] = {
    **{name: _by_pattern(pattern, new, name in SCRIPTED) for name, pattern, new in PATTERNS},
    "term dropped": lost_term,
    "factor dropped": lost_factor,
    "factor doubled": doubled_factor,
    "factors exchanged": exchanged_factors,
    "other letter": other_letter,
}


@dataclass(frozen=True)
class Mutant:
    """One line of notes before and after a slip, with what is said of it; `claim` is the left side as the line before the slip was read."""

    file: str
    line: int
    slip: str
    before: str
    after: str
    status: str
    reading: str = ""
    words: str = ""
    claim: str = ""

    @property
    def told(self) -> str:
        """The notes and the line with its slip, in one line of text."""
        return f"{self.file}: {' '.join(self.after.split())}"

    def __str__(self) -> str:
        return f"{self.status.upper()} {self.file}:{self.line} {self.slip}\n    {self.before}\n    {self.after}\n    [{self.reading}] {self.words}"


def spoilt(draw: Random, text: str, count: int) -> Iterator[tuple[str, str]]:
    """Up to `count` slips of different names that change `text`."""
    names = draw.sample(sorted(SLIPS), len(SLIPS))
    for name in names:
        new = SLIPS[name](draw, text)
        if new is not None and "".join(new.split()) != "".join(text.split()):
            yield name, new
            if (count := count - 1) == 0:
                return


def mutants(document: Document, count: int, seed: int) -> Iterator[Mutant]:
    """`count` mutants of every line that is proved and right by its mark (or has none), each judged as the last line of its notes."""
    document, told = opened(document, ())
    header, name = begun(document, told), Path(document.file).name
    notes = Notes(document.file, header)
    for at, formula in enumerate(document.formulas):
        before = deepcopy(notes, {id(notes.context): notes.context})
        found = list(notes.judged(formula))
        if formula.declared not in ("", "proved") or formula.unread or not found or {item.status for item in found} != {"proved"}:
            continue
        for slip, text in spoilt(Random(f"{seed} {name} {formula.text}"), formula.text, count):
            items = _judged(document, (told, header), at, text, before)
            speaker = min(items, key=lambda item: STATUSES.index(item.status))
            yield Mutant(name, formula.line, slip, formula.text, text, speaker.status, speaker.reading, speaker.words, _left(found[0].reading))


def _left(reading: str) -> str:
    return reading.partition(" = ")[0]


def _judged(document: Document, contexts: tuple[Context, Context], at: int, text: str, before: Notes) -> tuple[Finding, ...]:
    """What is said of the line `text` in place of formula `at`."""
    formula = replace(document.formulas[at], text=text)
    changed = _with(document, at, formula)
    header = begun(changed, contexts[0])
    if header == contexts[1]:
        notes = deepcopy(before, {id(before.context): before.context})
    else:
        notes = Notes(before.file, header)
        for earlier in changed.formulas[:at]:
            list(notes.judged(earlier))
    return notes.settled(list(notes.judged(formula)))


def _with(document: Document, at: int, formula: Formula) -> Document:
    """The notes with another text of one formula, in the prose too where it stands there as it is."""
    old = document.formulas[at].text
    prose = document.prose.replace(old, formula.text) if document.prose.count(old) == 1 else document.prose
    return replace(document, formulas=(*document.formulas[:at], formula, *document.formulas[at + 1 :]), prose=prose)


def main(arguments: list[str]) -> None:
    """Print the fate of the mutants of each file named."""
    count, seed, *files = arguments
    for name in files:
        for mutant in mutants(read(name), int(count), int(seed)):
            print(mutant, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
