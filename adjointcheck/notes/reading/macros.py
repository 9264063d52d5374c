"""The notes' own macros: \\newcommand, \\def and \\DeclareMathOperator, expanded with caps and with every character's place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adjointcheck.notes.reading.scan import CHARACTERS, NotRead

DEPTH, EXPANSIONS, ARGUMENTS, MACROS, BODY = 16, 2_000, 9, 500, 10_000
_DEFINITION = re.compile(
    r"\\(?P<how>(?:re|provide)?newcommand|providecommand|DeclareMathOperator|def|gdef)\*?\s*"
    r"(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<bare>[A-Za-z]+))\s*(?P<count>\[\s*\d+\s*\]|(?:#\d\s*)*)\s*(?P<default>\[)?(?=[{\[])?",
)
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)


@dataclass(frozen=True)
class Macro:
    """`body` with #1 ... #count; `default` is the first argument when it may be left out."""

    count: int
    body: str
    default: str | None = None


@dataclass(frozen=True)
class Traced:
    """A text with the offset that each of its characters came from."""

    text: str
    offsets: tuple[int, ...]

    def cut(self, start: int, end: int) -> Traced:
        return Traced(self.text[start:end], self.offsets[start:end])


COMMON = {  # what many notes use and define elsewhere
    **{name: Macro(0, f"\\mathbb{{{letter}}}") for name, letter in {"R": "R", "RR": "R", "Reals": "R", "N": "N", "E": "E"}.items()},
    **{name: Macro(2, "\\left\\langle #1, #2\\right\\rangle") for name in ("ip", "inner", "innerprod", "dotp", "inprod", "scal")},
    **{name: Macro(1, "\\mathbf{#1}") for name in ("matr", "mat", "vect", "vc", "vecb", "mbf", "bs", "bb", "pmat", "vectr", "bold")},
    **{name: Macro(0, "\\top") for name in ("T", "trans", "transp", "transpose", "tp", "tran")},
    **{name: Macro(0, f"\\mathrm{{d}} {name[1]}") for name in ("dt", "dx", "ds", "du")},
    "eps": Macro(0, "\\varepsilon"), "half": Macro(0, "\\frac{1}{2}"), "Loss": Macro(0, "\\mathcal{L}"), "given": Macro(0, "\\mid"),
}  # fmt: skip


def group_end(text: str, at: int, opening: str = "{", closing: str = "}") -> int:
    """The offset behind the group that opens at `at`; -1 when it is never closed, or longer than CHARACTERS."""
    depth, last = 0, min(len(text), at + CHARACTERS)
    while at < last:
        if text[at] == "\\":
            at += 1
        elif text[at] == opening:
            depth += 1
        elif text[at] == closing:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return -1


def definitions(text: str) -> Iterator[tuple[int, int, str, Macro]]:
    """Start, end, name and macro of each of the first definitions in `text`; what is no simple macro is left alone."""
    at = 0
    for _ in range(MACROS):
        match = _DEFINITION.search(text, at)
        if match is None:
            return
        found = _definition(text, match)
        at = found[1] if found else match.end()
        if found:
            yield found


def _definition(text: str, match: re.Match[str]) -> tuple[int, int, str, Macro] | None:
    name = match["braced"] or match["bare"]
    count = match["count"].count("#") or int(match["count"].strip("[] ") or 0)
    at, default = match.end(), None
    if match["default"]:
        close = text.find("]", at, at + BODY)
        if close < 0:
            return None
        default, at = text[at:close], close + 1
    while text[at : at + 1].isspace():
        at += 1
    end = group_end(text[at : at + BODY], 0) + at if text[at : at + 1] == "{" else -1
    if end <= at or count > ARGUMENTS:
        return None
    body = text[at + 1 : end - 1]
    return match.start(), end, name, Macro(count, f"\\operatorname{{{body}}}" if "Declare" in match["how"] else body, default)


def expanded(traced: Traced, macros: Mapping[str, Macro]) -> Traced:
    """`traced` with its macros replaced; raises NotRead for macros that call themselves or grow beyond measure."""
    macros = {**COMMON, **macros}
    left = EXPANSIONS
    for _ in range(DEPTH):
        once, used = _pass(traced, macros, left)
        if not used:
            return once
        left -= used
        if left < 0 or len(once.text) > CHARACTERS:
            raise NotRead(0, "macros that grow beyond measure", "Write the formula out.")
        traced = once
    raise NotRead(0, "a macro that calls itself, or macros nested too deeply", "Write the formula out.")


def _pass(traced: Traced, macros: Mapping[str, Macro], left: int) -> tuple[Traced, int]:
    """Every macro in `traced` replaced once."""
    text, parts, offsets, at, used, size = traced.text, [], [], 0, 0, 0
    for match in _COMMAND.finditer(text):
        macro = macros.get(match[0][1:])
        if macro is None or match.start() < at:
            continue
        arguments, end = _arguments(text, match.end(), macro)
        body = _apart(text[at : match.start()], _filled(macro.body, arguments))
        parts += [text[at : match.start()], body]
        offsets += [*traced.offsets[at : match.start()], *(traced.offsets[match.start()],) * len(body)]
        at, used, size = end, used + 1, size + len(body)
        if used > left or size > CHARACTERS:
            raise NotRead(match.start(), "macros that grow beyond measure", "Write the formula out.")
    return Traced("".join([*parts, text[at:]]), (*offsets, *traced.offsets[at:])), used


def _arguments(text: str, at: int, macro: Macro) -> tuple[list[str], int]:
    arguments: list[str] = []
    if macro.default is not None:
        close = text.find("]", at) if text[at : at + 1] == "[" else -1
        arguments.append(text[at + 1 : close] if close > 0 else macro.default)
        at = close + 1 if close > 0 else at
    while len(arguments) < macro.count:
        while text[at : at + 1].isspace():
            at += 1
        end = group_end(text, at) if text[at : at + 1] == "{" else at + 1
        command = _COMMAND.match(text, at)
        end = command.end() if command else end
        if end < 0 or end > len(text):
            raise NotRead(max(at - 1, 0), "a macro without its arguments", "Write them in braces.")
        arguments.append(text[at + 1 : end - 1] if text[at] == "{" else text[at:end])
        at = end
    return arguments, at


def _filled(body: str, arguments: list[str]) -> str:
    filled = re.sub(r"#(\d)", lambda match: arguments[int(match[1]) - 1] if int(match[1]) <= len(arguments) else "", body)
    if len(filled) > CHARACTERS:
        raise NotRead(0, "macros that grow beyond measure", "Write the formula out.")
    return filled + " " if re.search(r"\\[A-Za-z]+\Z", filled) else filled


def _apart(before: str, body: str) -> str:
    """V of `\\in\\VV`, which begins no longer command."""
    return f" {body}" if body[:1].isalpha() and re.search(r"\\[A-Za-z]+\Z", before) else body
