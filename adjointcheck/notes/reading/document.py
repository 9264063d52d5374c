"""Notes in Markdown, LaTeX or a notebook to their formulas, each with its place, its mark and the sentence before it.

    read("notes.md") -> Document(file, formulas, header, problems)

Only the named file is opened, and nothing in it is run.  Any language may stand between the formulas.
"""

from __future__ import annotations

import bisect
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adjointcheck.notes.reading.accents import composed
from adjointcheck.notes.reading.ambiguities import CUTTING
from adjointcheck.notes.reading.latex import Unread
from adjointcheck.notes.reading.macros import Traced, expanded
from adjointcheck.notes.reading.regions import Layout, Mark, Region, layout, paragraph, sentence
from adjointcheck.notes.reading.rows import Line, lines
from adjointcheck.notes.reading.scan import CHARACTERS, NotRead
from adjointcheck.notes.reading.source import Source, source, sources
from adjointcheck.notes.reading.spoken_costs import sought
from adjointcheck.notes.reading.tasks import in_their_tasks
from adjointcheck.notes.reading.terminals import Terminals

FORMULAS = 2_000
SOUGHT = re.compile(r"\s*\\(?:min|max)(?![A-Za-z]).*\\(?:int|sum)(?![A-Za-z])", re.DOTALL)  # min_u Phi(x(T)) + int L dt
LEAST = re.compile(r"\s*\\(?:min|max|pm)(?![A-Za-z])")
STANDS_FOR = re.compile(r"\s*(?:stands? for|denotes?|equals?|(?:is |be )?equal to|(?:ist |sei )?gleich|bezeichnet|steht für|désigne"
                        r"|(?:est )?égale? à|denota|(?:es |sea )?igual a|(?:è |sia )?uguale a)\s*")


SIZED = re.compile(r"\s*(?:(?:is|being|ist|est|es|è)(?: an?| eine?| une?| una?)?|of (?:size|shape)|\()\s*")
LETTER, SIZE = re.compile(r"\s*\\?[A-Za-z]+\s*"), re.compile(r"\s*[A-Za-z]\s*\\times\s*[A-Za-z]\s*")
MAPS = re.compile(r"[^.;$]{0,60}\b(?:maps?|carr(?:y|ies)|sends?|takes?|envoie|transporte|abbildet|überführt|schickt|lleva|envía|porta|manda"
                  r"|переводит)\b[^.;$]{0,20}")
ONTO = re.compile(r"\s*(?:to|into|onto|sur|vers|auf|nach|in|a|hacia|в)\s*")


UNDER = re.compile(r"[\s,]*(?:for(?: all| every| any)?|when(?:ever)?|if|as long as|für(?: alle| jedes)?|wenn|falls|solange|pour(?: tout)?"
                   r"|si|tant que|para(?: todo)?|cuando|per(?: ogni)?|se|quando|при|для(?: всех)?|если|когда)\s*")
BOUND = re.compile(r"[<>]|\\(?:le|ge|leq|geq|lt|gt|leqslant|geqslant)(?![A-Za-z])")
SIDED = re.compile(r"(\^\s*\{?\s*)\\pm(?![A-Za-z])")
VALUE = re.compile(r"\s*&?\s*(?:\\dd?ot\s*(?:\{[^{}]*\}|\\?\w)|\\?[A-Za-z]+'*)(?:_(?:\w|\{\w+\}))?'*\s*\(([^()=,]*)\)\s*&?\s*")
RATE, NUMBER = re.compile(r"\\dd?ot(?![A-Za-z])|'"), re.compile(r"\s*&?\s*-?\s*[\d.]+[\s.,;]*")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ASIDE = re.compile(r"<!--.*?-->|\$\$.*?\$\$")
EIGENVALUES = re.compile(r"eigenvalue|eigenwert|valeurs? propres?|valor(?:es)? propio|autov[ae]lor"
                         r"|собственн\w+ (?:числ|значени)|特征值|固有値", re.IGNORECASE)
EITHER = re.compile(r"\s*(?:[^=]*=)?\s*\\pm(?![A-Za-z])((?:(?!\\[pm]{2}(?![A-Za-z])|=).)*?)[\s.,;]*", re.DOTALL)
EIGENVALUE, OF_EITHER = "eig", r"\operatorname{eig}^2 = ("
SPACE = r" \in \mathbb{R}^{", "}"
WHERE, THEN = r" \quad ", r" \quad\text{at } "
AT = re.compile(r"\s*(?:at|bei|zur zeit|zum zeitpunkt|à|en|a|при|в)(?: (?:time|the time|the end|l'instant|el instante|момент))?\s*")
INSTANT = re.compile(r"\s*(?:t|s|\\tau)\s*=[^=]*")
_ARROW = r"(?:=|\\(?:to|(?:long)?rightarrow|leftarrow|gets|mapsto|sim|simeq|approx|propto|equiv|leq?|geq?|ll|gg)(?![A-Za-z]))"
_EDGED = re.compile(rf"\A\s*{_ARROW}|{_ARROW}\s*\Z")
GOES_ON = re.compile(r"\s*=(?!=)")


@dataclass(frozen=True)
class Formula:
    """One statement of the notes: `name` is its number, `declared` what a mark expects, `marked` the number of the first statement
    under the same mark, `before` the sentence before it, `paragraph` all that stands before it in its paragraph.

    `text` has macros expanded and layout blanked; `place` tells where any character of it stands in the file.  `unread` is the
    reason when the text cannot even be handed to the reader.
    """

    name: str
    text: str
    file: str
    line: int
    column: int
    display: bool = True
    declared: str = ""
    before: str = ""
    environment: str = ""
    tag: str = ""
    unread: Unread | None = None
    paragraph: str = ""
    places: tuple[tuple[int, int], ...] = field(default=(), compare=False, repr=False)
    marked: str = ""

    def told(self, unread: Unread) -> str:
        """Where and why it is not read, and what to write instead."""
        line, column = self.place(unread.position)
        return f"line {line}, column {column}: {unread.reason}. {unread.todo}".strip()

    def place(self, position: int) -> tuple[int, int]:
        """Line and column in the file of a character of `text`."""
        if not self.places:
            return self.line, self.column
        return self.places[min(max(position, 0), len(self.places) - 1)]


@dataclass(frozen=True)
class Document:
    """All formulas of a file in their order, its header lines as they were written, what was left out and why, and its whole text."""

    file: str
    formulas: tuple[Formula, ...]
    header: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    prose: str = field(default="", repr=False)


def read(path: str | os.PathLike[str]) -> Document:
    """The formulas of a file (.md, .tex, .ipynb); raises ProblemError when it is no readable file of that kind."""
    return _document(os.fspath(path), list(sources(path)))


def read_text(text: str, file: str = "notes.md") -> Document:
    """The formulas of a text, read as LaTeX when `file` ends in .tex, else as Markdown."""
    return _document(file, [source(text, file, "tex" if file.endswith(".tex") else "md")])


def _document(file: str, parts: list[Source]) -> Document:
    formulas: list[Formula] = []
    header: list[str] = []
    problems: list[str] = []
    macros, prose = {}, composed("\n\n".join(part.text for part in parts))
    for part in parts:
        found = layout(part)
        found.macros = macros = {**macros, **found.macros}  # a notebook's first cell may define for all
        header += found.header
        for formula in _formulas(part, found, len(formulas)):
            if len(formulas) == FORMULAS:
                problems.append(f"{part.file}, line {formula.line}: more than {FORMULAS} formulas; the rest is left out")
                return Document(file, tuple(formulas), tuple(header), (*found.problems, *problems), prose)
            formulas.append(formula)
        problems += found.problems
    return Document(file, in_their_tasks(formulas), tuple(header), tuple(problems), prose)


def _formulas(part: Source, found: Layout, count: int) -> Iterator[Formula]:
    """The formulas of one text; inline mathematics only where it states something."""
    since, before, earlier, last, marks = 0, None, None, None, _declared(part.text, found)
    following, joined = [*found.regions[1:], None][: len(found.regions)], None
    for region, declared, after, later in zip(found.regions, marks, following, [*marks, ""][1:], strict=True):
        if region is joined:
            continue
        told, first = (*_said(part, found, before, region), *_mapped(part, found, earlier, before, region)), str(count + 1)
        said = [*_squared(_region(part, found, region), sentence(part, found, region.outer[0], since))]
        stated = _where(part, found, after, region, said)
        joined = after if stated is not said and stated[0].text.startswith(f"{said[0].text}{THEN}") else None
        declared = declared or later * (joined is not None)
        for formula in (*told, *stated):
            count += 1
            formula = _carried(last, formula)
            words = tuple(composed(words_of(part, found, region.outer[0], since)) for words_of in (sentence, paragraph))
            marked = first * bool(declared and not formula.declared)
            yield replace(_finished(formula, str(count), formula.declared or declared, *words), marked=marked)
            last = formula if formula.display else last
        since, before, earlier = region.outer[1] if region.display else since, region, before


def _squared(formulas: Iterator[Formula], words: str) -> Iterator[Formula]:
    """eig^2 = (i b)^2 of eigenvalues mu = \\pm i b, whose name tells nothing."""
    for formula in formulas:
        either = EITHER.fullmatch(formula.text) if EIGENVALUES.search(words) and not formula.unread else None
        if either is None:
            yield formula
            continue
        places = *[formula.places[0]] * len(OF_EITHER), *formula.places[either.start(1) : either.end(1)], *[formula.places[-1]] * 3
        yield replace(formula, text=f"{OF_EITHER}{either[1]})^2", places=places)


def _carried(last: Formula | None, formula: Formula) -> Formula:
    """a = c of a display `= c` that goes on after `a = b`."""
    goes_on = last is not None and formula.display and not (last.unread or formula.unread) and GOES_ON.match(formula.text)
    try:
        end = _relation(last.text) if last is not None and goes_on else None
    except NotRead:
        return formula
    if last is None or end is None:
        return formula
    return replace(formula, text=last.text[:end] + formula.text, places=(*last.places[:end], *formula.places))


def _finished(formula: Formula, name: str, declared: str, before: str, words: str) -> Formula:
    places = formula.places
    line, column = formula.place(0)
    return Formula(
        name,
        formula.text,
        formula.file,
        line,
        column,
        formula.display,
        declared,
        before,
        formula.environment,
        formula.tag,
        formula.unread,
        words,
        places,
    )


def _said(part: Source, found: Layout, one: Region | None, other: Region) -> Iterator[Formula]:
    """tau = T - t, of `let $tau$ stand for $T - t$`, and K in R^{d x d}, of `$K$ is $d \\times d$`."""
    words = part.text[one.outer[1] : other.outer[0]] if one is not None else ""
    if one is None or one.display or other.display or not (STANDS_FOR.fullmatch(words) or SIZED.fullmatch(words)):
        return
    try:
        left, right = (expanded(_clean(part, found, region), found.macros) for region in (one, other))
    except NotRead:
        return
    if STANDS_FOR.fullmatch(words) and not (_states(left.text) or _states(right.text)):
        signs = " = ", ""
    elif SIZED.fullmatch(words) and LETTER.fullmatch(left.text) and SIZE.fullmatch(right.text):
        signs = SPACE
    else:
        return
    between, behind = ([one.outer[1]] * len(sign) for sign in signs)
    places = tuple(map(part.place, (*left.offsets, *between, *right.offsets, *behind)))
    yield Formula("", left.text + signs[0] + right.text + signs[1], part.file, *places[0], display=False, places=places)


def _mapped(part: Source, found: Layout, letter: Region | None, start: Region | None, end: Region) -> Iterator[Formula]:
    """T(x(t)) = x(t + eps), of `$T$, which carries $x(t)$ to $x(t + eps)$`."""
    if letter is None or start is None or letter.display or start.display or end.display:
        return
    between = [part.text[one.outer[1] : other.outer[0]].lower() for one, other in ((letter, start), (start, end))]
    if not (MAPS.fullmatch(between[0]) and ONTO.fullmatch(between[1])):
        return
    try:
        name, one, other = (expanded(_clean(part, found, region), found.macros) for region in (letter, start, end))
    except NotRead:
        return
    if not any(_states(piece.text) for piece in (name, one, other)):
        places = (*name.offsets, *name.offsets[-1:], *one.offsets, *one.offsets[-1:] * 4, *other.offsets)
        where = tuple(map(part.place, places))
        yield Formula("", f"{name.text}({one.text}) = {other.text}", part.file, *where[0], display=False, places=where)


def _where(part: Source, found: Layout, after: Region | None, region: Region, formulas: list[Formula]) -> list[Formula]:
    """p(t) = 0 where t > t_N, of `$p(t) = 0$ for $t > t_N$`, and p = 0 at t = T."""
    if after is None or after.display or region.display or len(formulas) != 1 or formulas[0].unread:
        return formulas
    between = COMMENT.sub(" ", part.text[region.outer[1] : after.outer[0]])
    try:
        condition = expanded(_clean(part, found, after), found.macros)
    except NotRead:
        return formulas
    timed = AT.fullmatch(between.lower()) and INSTANT.fullmatch(condition.text)
    if not timed and not (UNDER.fullmatch(between.lower()) and BOUND.search(condition.text)):
        return formulas
    (formula,) = formulas
    where = THEN if timed else WHERE
    places = (*formula.places, *[formula.places[-1]] * len(where), *map(part.place, condition.offsets))
    return [replace(formula, text=f"{formula.text}{where}{condition.text}", places=places)]


def _region(part: Source, found: Layout, region: Region) -> Iterator[Formula]:
    """The formulas of one display or inline piece, still without name and prose."""

    def formula(text: str, offsets: tuple[int, ...], line: Line | None, unread: Unread | None) -> Formula:
        places = tuple(map(part.place, offsets)) or (part.place(region.outer[0]),)
        tag, expects = (line.tag, line.expects) if line else ("", "")
        return Formula("", text, part.file, *places[0], region.display, expects, "", region.environment, tag, unread, places=places)

    start, text = region.outer[0], part.text[region.start : region.end]
    if not region.closed:
        opening = part.text[start : region.start].strip()
        yield formula(
            opening, tuple(range(start, region.start)), None, Unread(0, f"`{opening}` that is never closed", "Close the formula.")
        )
        return
    if len(text) > CHARACTERS:
        reason = Unread(0, f"a formula of more than {CHARACTERS} characters", "Write several shorter ones.")
        yield formula(text[:200], tuple(range(region.start, region.start + 200)), None, reason)
        return
    traced = _clean(part, found, region)
    if not traced.text.strip():
        return
    try:
        traced = expanded(traced, found.macros)
    except NotRead as error:
        kept = traced.cut(*_stripped(traced.text))
        yield formula(kept.text[:200], kept.offsets[:200], None, error.unread)
        return
    traced = sought(part, found, region, traced, _states)
    edged = not region.display and _EDGED.search(traced.text)  # $\\sim 10^6$ in a sentence
    claims = (_states(traced.text) and not edged) or traced.text.startswith(("\\min ", "\\max ")) or SOUGHT.match(traced.text)
    if claims or (region.display and (LEAST.match(traced.text) or not _in_line(part, region))):
        for line in lines(traced, region.environment):
            texts = (text for sided in one_sided(line.traced.text) for text in values_apart(sided))
            yield from (formula(text, line.traced.offsets, line, None) for text in texts)


def _in_line(part: Source, region: Region) -> bool:
    """Is a display of Markdown in the midst of a line of words, as in `where $$x_p$$ is wanted`?"""
    before, after = part.text[: region.outer[0]].rpartition("\n")[2], part.text[region.outer[1] :].partition("\n")[0]
    return part.kind == "md" and not region.environment and any(map(str.isalpha, ASIDE.sub("", f"{before} {after}")))


def one_sided(text: str) -> tuple[str, ...]:
    """x^+ = x(tau^+) and x^- = x(tau^-) of x^\\pm = x(\\tau^\\pm); a text with any other sign of two as it is."""
    marks = SIDED.findall(text)
    if not marks or len(marks) != text.count("\\pm") or "\\mp" in text:
        return (text,)
    return tuple(SIDED.sub(rf"\g<1>{sign}  ", text) for sign in "+-")


def values_apart(text: str) -> tuple[str, ...]:
    """q(0) = 0 and q-dot(0) = 0 of q(0) = q-dot(0) = 0, two conditions, with blanks where the other stands; any other text as it is."""
    *values, number = text.split("=")
    places = [found[1].strip() if (found := VALUE.fullmatch(value)) else "" for value in values]
    if len(values) < 2 or not NUMBER.fullmatch(number) or len({*places}) > 1 or not places[0] or not any(map(RATE.search, values)):
        return (text,)
    blanks = [" " * (len(value) + 1) for value in values]
    return tuple("".join([*blanks[:i], f"{value}=", *blanks[i + 1 :], number]) for i, value in enumerate(values))


def _stripped(text: str) -> tuple[int, int]:
    return len(text) - len(text.lstrip()), len(text.rstrip())


def _clean(part: Source, found: Layout, region: Region) -> Traced:
    """The region's text with definitions of macros and the marks of a quotation blanked."""
    text = list(part.text[region.start : region.end])
    first, last = (bisect.bisect_left(found.hidden, (at, 0)) for at in (region.start, region.end))
    for start, end in found.hidden[first:last]:
        if region.start <= start and end <= region.end:
            text[start - region.start : end - region.start] = " " * (end - start)
    line_start = part.text.rfind("\n", 0, region.outer[0]) + 1
    if part.kind == "md" and part.text[line_start : region.outer[0]].lstrip().startswith(">"):
        _unquote(text)
    return Traced("".join(text), tuple(range(region.start, region.end)))


def _unquote(text: list[str]) -> None:
    fresh = False
    for at, character in enumerate(text):
        if character == "\n":
            fresh = True
        elif fresh and character == ">":
            text[at] = " "
        elif not character.isspace():
            fresh = False


def _states(text: str) -> bool:
    """True for inline mathematics with a relation outside brackets."""
    try:
        return _relation(text) is not None
    except NotRead:
        return any(sign in text for sign in ("=", "\\approx", "\\equiv"))


def _relation(text: str) -> int | None:
    """Where the first relation outside brackets stands; raises NotRead for what is no mathematics."""
    depth = 0
    for token in Terminals(text, CUTTING).run():
        depth += (token.type in ("LBRACE", "OPEN", "BEGIN")) - (token.type in ("RBRACE", "CLOSE", "END"))
        if token.type == "REL" and depth == 0:
            return token.start_pos
    return None


# Marks


def _declared(text: str, found: Layout) -> list[str]:
    """What a mark expects of each region: of the one right before it, also after an empty line where words follow; else of the next one."""
    values = [""] * len(found.regions)
    for mark in found.marks:
        owner = _owner(text, mark, found.regions)
        if owner is None:
            found.problems.append(f"the mark `expect: {mark.value}` belongs to no formula")
        else:
            values[owner] = mark.value
    return values


def _plain(text: str) -> str:
    return text.strip(" \t\n.,;>%")


def _owner(text: str, mark: Mark, regions: list[Region]) -> int | None:
    following = bisect.bisect_left(regions, mark.start, key=lambda region: region.outer[0])
    if following:
        between = text[regions[following - 1].outer[1] : mark.start][:200]
        near = following == len(regions) or bool(_plain(text[mark.end : regions[following].outer[0]]))
        if not _plain(between) and between.count("\n") <= 1 + near:
            return following - 1
    return following if following < len(regions) else following - 1 if regions else None
