"""Where the formulas of a text are, and what stands between them: displays, inline mathematics, marks, headers."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adjointcheck.notes.reading.macros import Macro, definitions
from adjointcheck.notes.reading.source import Source

ENVIRONMENTS = (
    "equation|align|alignat|gather|multline|eqnarray|flalign|dmath|displaymath|math|aligned|gathered|split|cases|dgroup|darray|subequations"
)
_BLIND = "verbatim|lstlisting|minted|comment|tikzpicture|Verbatim|filecontents"
_DELIMITERS = {"$$": "$$", "\\\\[": "\\\\]", "\\\\(": "\\\\)", "\\[": "\\]", "\\(": "\\)", "$`": "`$", "$": "$"}
_FENCE = r"(?P<fence>^[ \t>]*(?P<ticks>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$)"
_MARKDOWN = rf"{_FENCE}|(?P<html><!--)|(?P<code>`+)"
_TEX = (
    rf"(?P<percent>%[^\n]*)|(?P<html><!--\s*adjointcheck\b)|(?P<blind>\\begin\{{(?P<kind>{_BLIND})\*?\}})|(?P<verb>\\verb\*?(?P<bar>[^\sA-Za-z*]))|(?P<iffalse>\\iffalse\b)"
)
_MATHS = rf"(?P<open>\$\$|\$`|\$|\\\\?[\[(])|(?P<begin>\\begin\{{(?P<env>(?:{ENVIRONMENTS})\*?)\}})|(?P<escaped>\\.)"
_SCANNERS = {
    "md": re.compile(f"{_MARKDOWN}|{_MATHS}", re.MULTILINE | re.DOTALL),
    "tex": re.compile(f"{_TEX}|{_MATHS}", re.MULTILINE | re.DOTALL),
}
_MARK = re.compile(r"\s*(expect|adjointcheck)\s*:(.*)", re.DOTALL)
SUPPOSED = re.compile(  # a special case
    r"\b(?:suppos\w*|imagine|special case|angenommen|nehmen wir an|nimm an|supponiamo|suponga\w*|предположим|допустим)\b.{0,60}"
    r"\b(?:only|alone|zero|vanish\w*|non-?zero|nur|allein|null|verschwind\w*|seule?s?|nulle?s?|nonnull?e?|solo|soltanto|cero|nul[oa]"
    r"|только|лишь|нул\w+)")
_TITLE, _COMMENTS = re.compile(r"%+\s*adjointcheck\s*:\s*"), re.compile(r"(?:\n[ \t]*%[^\n]*)+")
_TOP = re.compile(r"\s*%[^\n]*(?:\n\s*%[^\n]*)*")  # comment lines before all else
_KEYED = re.compile(r"^[ \t]*%+[ \t]*(?!!|expect\b)\S[^:\n]{0,60}:[ \t]*\S[^\n]*$", re.MULTILINE)
_OPTIONS = re.compile(r"(?:\s*^[ \t]*:[\w-]+:[^\n]*$)*", re.MULTILINE)  # :label: of MyST
_HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
_FRONT = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
HEADER_LINES, INLINE, REGIONS = 500, 2_000, 4_000


@dataclass(frozen=True)
class Region:
    """Mathematics from `start` to `end` (its delimiters are outside); `closed` is False when the text ends first."""

    start: int
    end: int
    display: bool
    environment: str
    outer: tuple[int, int]
    closed: bool = True


@dataclass(frozen=True)
class Mark:
    """`expect: ...` from `start` to `end`."""

    start: int
    end: int
    value: str


@dataclass
class Layout:
    """All that one text holds besides prose."""

    regions: list[Region] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    macros: dict[str, Macro] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


def layout(source: Source) -> Layout:
    """Find the regions, marks, header lines and macros of a text in one pass from left to right."""
    found, text = Layout(), source.text
    at = _front_matter(source, found)
    for start, end, name, macro in definitions(text):
        found.macros[name] = macro
        found.hidden.append((start, end))
    hidden = iter([*found.hidden, (len(text), len(text))])
    blocked = next(hidden)
    while (match := _SCANNERS[source.kind].search(text, at)) and _room(source, match.start(), found):
        while blocked[1] <= match.start():
            blocked = next(hidden)
        at = blocked[1] if blocked[0] <= match.start() < blocked[1] else _take(source, match, found)
    _included(source, found)
    found.hidden.sort()
    return found


def _room(source: Source, at: int, found: Layout) -> bool:
    """False, and told, when a text holds more than anybody writes."""
    room = len(found.regions) + len(found.marks) < REGIONS
    if not room:
        found.problems.append(f"{source.file}, line {source.place(at)[0]}: more than {REGIONS} pieces of mathematics; the rest is left out")
    return room


def _front_matter(source: Source, found: Layout) -> int:
    front = _FRONT.match(source.text)
    if front is None:
        top = _TOP.match(source.text) if source.kind == "tex" else None
        untitled = top is not None and not re.search(r"^[ \t]*%+\s*adjointcheck\s*:", top[0], re.MULTILINE)
        _add_header("\n".join(match[0].strip() for match in _KEYED.finditer(top[0])) if top is not None and untitled else "", found)
        return 0
    _add_header(front[1], found)
    found.hidden.append(front.span())
    return front.end()


def _add_header(text: str, found: Layout) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(found.header) + len(lines) > HEADER_LINES:
        found.problems.append(f"a header of more than {HEADER_LINES} lines; the rest is left out")
    found.header += lines[: max(HEADER_LINES - len(found.header), 0)]


def _included(source: Source, found: Layout) -> None:
    for match in re.finditer(r"\\(?:input|include)\b\s*\{[^}\n]{0,200}\}?", source.text) if source.kind == "tex" else ():
        line, _ = source.place(match.start())
        found.problems.append(f"line {line}: {match[0][:60]} is not followed; other files are never opened")


def _take(source: Source, match: re.Match[str], found: Layout) -> int:
    """Take in what `match` starts; return the offset behind it."""
    groups = match.groupdict()
    for name, handler in _HANDLERS.items():
        if groups.get(name):
            return handler(source, match, found)
    return match.end()


# What is not mathematics


def _fence(source: Source, match: re.Match[str], found: Layout) -> int:
    """A fenced block: mathematics, a header, or code to leave alone."""
    closing = re.compile(rf"^[ \t>]*{re.escape(match['ticks'][0])}{{{len(match['ticks'])},}}[ \t]*$", re.MULTILINE)
    end = closing.search(source.text, match.end())
    last, behind = (end.start(), end.end()) if end else (len(source.text), len(source.text))
    info = match["info"].strip().strip("{}.").split(" ")[0].lower()
    if info in ("math", "latex-math"):
        start = _OPTIONS.match(source.text, match.end(), last).end()  # type: ignore[union-attr]
        found.regions.append(Region(start, last, True, "math", (match.start(), behind), closed=end is not None))
    elif info == "adjointcheck":
        _add_header(source.text[match.end() : last], found)
        found.hidden.append((match.start(), behind))
    return behind


def _comment(source: Source, match: re.Match[str], found: Layout) -> int:
    start = match.start() + len("<!--")
    end = source.text.find("-->", start)
    end = len(source.text) if end < 0 else end
    _mark(source.text[start:end], match.start(), end + 3, found)
    return end + 3


def _percent(source: Source, match: re.Match[str], found: Layout) -> int:
    lines = _COMMENTS.match(source.text, match.end()) if _TITLE.fullmatch(match[0]) else None  # a header, one comment for each line
    more = re.sub(r"^[ \t]*%+", "", lines[0], flags=re.MULTILINE) if lines else ""
    end = lines.end() if lines else match.end()
    _mark(match[0].lstrip("%") + more, match.start(), end, found)
    return end


def _mark(text: str, start: int, end: int, found: Layout) -> None:
    mark = _MARK.match(text)
    if mark and mark[1] == "expect":
        found.marks.append(Mark(start, end, mark[2].strip()))
    elif mark:
        _add_header(mark[2], found)
    found.hidden.append((start, end))


def _code(source: Source, match: re.Match[str], found: Layout) -> int:
    """Inline code ends at as many backticks, in the same paragraph."""
    text, ticks, at = source.text, match["code"], match.end()
    stop = text.find("\n\n", at, at + INLINE)
    stop = at + INLINE if stop < 0 else stop
    for _ in range(9):
        at = text.find(ticks, at, stop)
        if at < 0:
            return match.end()
        run = len(text[at : at + INLINE]) - len(text[at : at + INLINE].lstrip("`"))
        if run == len(ticks):
            return at + run
        at += run
    return match.end()


def _blind(source: Source, match: re.Match[str], found: Layout) -> int:
    end = source.text.find(f"\\end{{{match['kind']}", match.end())
    return len(source.text) if end < 0 else end + 1


def _verb(source: Source, match: re.Match[str], found: Layout) -> int:
    end = source.text.find(match["bar"], match.end(), match.end() + INLINE)
    return match.end() if end < 0 or "\n" in source.text[match.end() : end] else end + 1


def _iffalse(source: Source, match: re.Match[str], found: Layout) -> int:
    end = source.text.find("\\fi", match.end())
    return len(source.text) if end < 0 else end + 3


# Mathematics


def _open(source: Source, match: re.Match[str], found: Layout) -> int:
    opening = match["open"]
    if source.kind == "tex" and opening.startswith("\\\\"):
        return match.end()  # a line break with a length, not a display
    closing = _DELIMITERS[opening]
    display = opening == "$$" or opening.endswith("[")
    end = _display_end(source.text, match.end(), closing, found)
    if end >= 0 and not display:
        end = _inline_end(source, match.end(), closing)
    if display and source.kind == "md" and _HEADING.search(source.text, match.end(), max(end, 0)):
        end = -1  # a display that somebody forgot to close
    if end < 0 and not display:
        return match.end()  # a lone dollar is money
    closed = end >= 0
    end = end if closed else _paragraph_end(source.text, match.end())
    found.regions.append(Region(match.end(), end, display, "", (match.start(), end + len(closing) * closed), closed))
    return end + len(closing) * closed


def _inline_end(source: Source, at: int, closing: str) -> int:
    """Where inline mathematics ends: in its paragraph, and in Markdown with no space inside a dollar."""
    text, spaced = source.text, closing == "$" and source.kind == "md"
    if at >= len(text) or (spaced and text[at].isspace()):
        return -1
    if closing[0] == "\\":
        stop = text.find("\n\n", at, at + INLINE)
        return text.find(closing, at, min(at + INLINE, len(text)) if stop < 0 else stop)
    signs = re.compile(rf"\\.|{re.escape(closing)}", re.DOTALL).finditer(text, at)  # each scan ends where the next one starts
    end = next((found.start() for found in signs if found[0] == closing), -1)
    return -1 if end < 0 or (spaced and text[end - 1].isspace()) or text.find("\n\n", at, end) >= 0 else end


def _display_end(text: str, at: int, closing: str, found: Layout) -> int:
    """Where a display ends; what was once searched for in vain up to the end is not searched for again."""
    if closing in found.missing:
        return -1
    end = text.find(closing, at)
    if end < 0:
        found.missing.add(closing)
    return end


def _paragraph_end(text: str, at: int) -> int:
    end = text.find("\n\n", at)
    return len(text) if end < 0 else end


def _begin(source: Source, match: re.Match[str], found: Layout) -> int:
    """An environment of displayed mathematics; subequations only hold others."""
    name = match["env"]
    if name.startswith("subequations"):
        return match.end()
    end = _environment_end(source.text, match.end(), name, found)
    closed = end >= 0
    end = end if closed else _paragraph_end(source.text, match.end())
    behind = end + len(f"\\end{{{name}}}") * closed
    found.regions.append(Region(match.end(), end, True, name, (match.start(), behind), closed))
    return behind


def _environment_end(text: str, at: int, name: str, found: Layout) -> int:
    """The end that belongs to a beginning: environments of one name may hold one another."""
    closing = f"\\end{{{name}}}"
    first = end = _display_end(text, at, closing, found)
    for _ in range(text.count(f"\\begin{{{name}}}", at, max(end, at))):
        end = text.find(closing, end + 1) if end >= 0 else end
    return first if end < 0 else end


_HANDLERS = {
    "fence": _fence, "html": _comment, "code": _code, "percent": _percent, "blind": _blind, "verb": _verb, "iffalse": _iffalse,
    "open": _open, "begin": _begin,
}  # fmt: skip


def sentence(source: Source, found: Layout, start: int, since: int) -> str:
    """The sentence of prose that ends at `start`, not reaching back beyond `since`, after one before it that supposes something."""
    *before, last = sentences(paragraph(source, found, start, since))
    supposed = [words for words in before if SUPPOSED.search(words.lower())]
    return " ".join(" ".join([*supposed, last]).split())[-300:]


def sentences(words: str) -> list[str]:
    """The sentences of a paragraph, the last one perhaps not at its end."""
    return re.split(r"(?<=[.!?\u3002\uff01\uff1f])\s+(?=\S)", words)


def paragraph(source: Source, found: Layout, start: int, since: int) -> str:
    """The words of the paragraph that ends at `start`, not reaching back beyond `since`."""
    begin = max(since, start - 600)
    kept = [source.text[a:b] for a, b in _gaps(found.hidden, begin, start)]
    prose = re.sub(r"\n[ \t>]*\n\s*", "\0", "".join(kept).rstrip(" \t\n>")).rpartition("\0")[2]
    return re.sub(r"^[ \t]*(?:>|#+|[-*+] )[ \t]*", "", prose, flags=re.MULTILINE).strip()


def _gaps(hidden: list[tuple[int, int]], begin: int, end: int) -> Iterator[tuple[int, int]]:
    for start, stop in hidden[max(bisect.bisect_left(hidden, (begin, begin)) - 1, 0) : bisect.bisect_right(hidden, (end, end))]:
        if stop > begin:
            yield begin, max(start, begin)
            begin = stop
    yield min(begin, end), end
