"""Hostile notes: a clear reason in little time, nothing run, nothing opened beside the input, no crash."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adjointcheck.errors import ProblemError
from adjointcheck.notes.reading.document import read, read_text
from adjointcheck.notes.reading.latex import Unread, read_formula, statements
from adjointcheck.notes.reading.tree import Chain

SECONDS = 5
MILLION, SOME = 10**6, 2 * 10**5


def spent(action, *arguments):
    """The result and the CPU time that it took."""
    start = time.process_time()
    result = action(*arguments)
    return result, time.process_time() - start


LONG = {
    "letters": "x" * MILLION, "sums": "x+" * (MILLION // 2), "braces": "{" * MILLION, "closed braces": "{" * 3000 + "x" + "}" * 3000, "brackets": "(" * MILLION,
    "closed brackets": "(" * 3000 + "x" + ")" * 3000, "fractions": r"\frac{" * 5000, "closed fractions": r"\frac{1}{" * 3000 + "x" + "}" * 3000,
    "scripts": "x" + "_{x" * 3000 + "}" * 3000, "bare scripts": "x" + "^x" * 3000, "deltas": r"\delta" * 3000 + " x", "deltas short": r"\delta " * 90 + "x",
    "dots": r"\dot" * 3000 + " x", "roots": r"\sqrt" * 3000 + " x", "fonts": r"\mathbf" * 3000 + " x", "sums of sums": r"\sum_k" * 2000 + " x", "integrals": r"\int" * 3000 + " x",
    "closed integrals": r"\int" * 2000 + " x" + " dt" * 2000, "nablas": r"\nabla_x" * 2000 + " x", "minus": "-" * 3000 + "x", "slashes": "/x" * 3000, "primes": "x" + "'" * 3000,
    "bars": "|" * 3000, "norms": r"\|" * 3000, "lefts": r"\left(" * 3000, "calls": "f" + "(x" * 3000, "calls closed": "f(x" * 3000 + ")" * 3000, "begin": r"\begin{cases}" * 3000,
    "bars evaluated": "x" + "|_{x}" * 3000, "dt": "dt" * 3000, "digits": "9" * 40_000, "relations": "x=" * 3000, "commas": "x," * 3000, "quads": r"\quad" * 5000, "spaces": " " * MILLION,
    "texts": r"\text{a}" * 3000, "ampersands": "&" * 5000, "rows": r"\\" * 5000, "stars": "*" * 5000, "logs": r"\log" * 3000 + " x", "partials": r"\partial" * 3000, "limits": r"\lim_{x\to 0}" * 1000 + "x",
    "expectations": r"\mathbb{E}[" * 3000, "underbraces": r"\underbrace{" * 3000, "powers": "x^{2" * 1000 + "}" * 1000, "overs": r"{x\over" * 1000 + "}" * 1000, "minima": r"\min_u" * 3000 + "x",
}


@pytest.mark.parametrize("name", LONG)
def test_long_and_deep_formulas_are_refused_in_time(name: str) -> None:
    found, seconds = spent(read_formula, LONG[name])
    assert isinstance(found, Unread | Chain) and seconds < SECONDS
    if isinstance(found, Unread):
        assert found.reason and 0 <= found.position <= len(LONG[name])


DOCUMENTS = {
    "one long line": "$" + "x=" * (MILLION // 2) + "$", "a display of a megabyte": "$$\n" + "x+\n" * (MILLION // 3) + "$$", "lone dollars": "$ " * (SOME // 2), "dollars": "$x=1" * (SOME // 4),
    "double dollars": "$$" * (SOME // 2), "open displays": "\\[\n\n" * (SOME // 4), "open environments": "\\begin{align}\n\n" * (SOME // 15), "nested environments": "\\begin{align}" * (SOME // 13) + "\\end{align}",
    "backticks": "`" * SOME, "backticks apart": "` a `` b " * (SOME // 9), "fences": "```\n" * (SOME // 4), "comments": "<!--" * (SOME // 4), "marks": "<!-- expect: refuted -->\n" * 4_000,
    "front matter": "---\n" + "a: b\n" * (MILLION // 5) + "---\n", "open front matter": "---\n" + "a: b\n" * (MILLION // 5), "headers": "<!-- adjointcheck: a: b -->\n" * 30_000, "macros": "\\newcommand{\\a}{" * (SOME // 15),
    "definitions": "\\def\\a#1#2{#2#1}\n" * (SOME // 17), "backslashes": "\\" * SOME, "brackets": "\\(" * (SOME // 2), "blank lines": "\n" * MILLION, "quotations": "> " * (SOME // 2),
    "escaped": "\\$" * (SOME // 2), "percents": "%" * MILLION, "a sentence": "word " * (MILLION // 5) + "$x=1$", "sentences": "A. " * 1000 + "$x=1$",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_long_documents_end_in_time(name: str) -> None:
    _, seconds = spent(read_text, DOCUMENTS[name], "notes.tex" if "\\" in DOCUMENTS[name] or "%" in DOCUMENTS[name] else "notes.md")
    assert seconds < SECONDS


def test_many_formulas_are_capped_and_told() -> None:
    document, seconds = spent(read_text, "$x = 1$ and\n" * 5_000)
    assert len(document.formulas) == 2_000 and "the rest is left out" in document.problems[-1] and seconds < SECONDS


# Macros


@pytest.mark.parametrize(("definitions", "formula", "reason"), [
    (r"\newcommand{\a}{\a}", r"\a = 1", "calls itself"), (r"\def\a{\b}\def\b{\a}", r"\a = 1", "calls itself"), (r"\def\a{\a\a}", r"\a = 1", "calls itself|beyond measure"),
    (r"\def\a{xxxxxxxxxx}\def\b{\a\a\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b\b\b}\def\d{\c\c\c\c\c\c\c\c\c\c}\def\e{\d\d\d\d\d\d\d\d\d\d}", r"\e = 1", "beyond measure"),
    (r"\newcommand{\a}[1]{#1#1}", r"\a{" * 40 + "x" + "}" * 40 + " = 1", "nested too deeply|beyond measure"), (r"\newcommand{\a}[2]{#1}", r"x = \a", "without its arguments"),
])
def test_macros_that_never_end_are_told(definitions: str, formula: str, reason: str) -> None:
    document, seconds = spent(read_text, f"{definitions}\n\n$$ {formula} $$\n")
    (found,) = document.formulas
    assert found.unread is not None and re.search(reason, found.unread.reason) and seconds < SECONDS


# Signs


@pytest.mark.parametrize(("character", "name"), [
    ("\x00", "U\\+0000"), ("\x1b", "U\\+001B"), ("\u202e", "U\\+202E"), ("\u200b", "U\\+200B"), ("\u0430", "CYRILLIC SMALL LETTER A"), ("\u212f", "U\\+212F"), ("\U0001d465", "U\\+1D465"), ("\ufffd", "U\\+FFFD"), ("\u0307", "U\\+0307"),
])
def test_characters_that_are_no_mathematics_are_named(character: str, name: str) -> None:
    found = read_formula(f"x = {character} + 1")
    assert isinstance(found, Unread) and re.search(name, found.reason) and found.position == 4


@pytest.mark.parametrize("text", [
    r"\input{/etc/passwd} = 1", r"\write18{touch x} = 1", r"\include{a}", r"\csname x\endcsname = 1", r"\catcode`\@=11", r"\immediate\write18{ls}", r"\openin5=a", r"\read5 to\x", r"\loop x = 1\repeat", r"\directlua{os.exit()} = 1", r"\def\x{1} = 1",
    r"__import__('os') = 1", r"x = \usepackage{a}", r"x = \includegraphics{a}", r"x = \expandafter\a",
])
def test_commands_that_would_do_something_are_not_read(text: str) -> None:
    assert isinstance(read_formula(text), Unread)


def test_files_named_in_notes_are_told_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "other.tex").write_text("$$ y = 2 $$")
    (tmp_path / "notes.tex").write_text("\\input{other}\n\\include{other.tex}\n$$ x = 1 $$\n")
    document = read(tmp_path / "notes.tex")
    assert [formula.text for formula in document.formulas] == ["x = 1"]
    assert ["line 1" in document.problems[0], "line 2" in document.problems[1]] == [True, True] and "never opened" in document.problems[0]


EVENTS: list[str] = []
WATCHED = ("exec", "compile", "subprocess.Popen", "os.system", "socket.connect", "os.remove", "os.rename", "os.mkdir", "import")


def test_reading_runs_nothing_and_opens_only_its_input(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("$$ x = \\frac{a}{b} $$\n\\input{secret}\n$$ \\write18{touch y} = 1 $$\n")
    read_formula("x = 1")  # what is loaded once is loaded
    sys.addaudithook(lambda event, arguments: EVENTS.append(f"{event} {arguments[0] if arguments else ''}") if ON else None)
    ON.append(1)
    try:
        for formula in read(path).formulas:
            read_formula(formula.text)
    finally:
        ON.clear()
    assert [event for event in EVENTS if event.split()[0] in WATCHED] == []
    assert {event for event in EVENTS if event.startswith("open ")} == {f"open {path}"}


ON: list[int] = []


# Files


@pytest.mark.parametrize(("name", "data", "message"), [
    ("a.md", b"\xff\xfe$\x00x\x00", "UTF-16"), ("a.md", b"$$ x = \xe9 $$", "UTF-8"), ("a.md", b"$$ x = 1 $$\0", "binary"), ("a.txt", b"$$ x = 1 $$", "ending"), ("a", b"", "ending"), ("a.ipynb", b"{", "notebook"), ("a.ipynb", b"[]", "cells"),
    ("a.ipynb", b'{"cells": 3}', "cells"), ("a.ipynb", b"[" * 200_000, "notebook"), ("a.ipynb", b'{"cells": [{"cell_type": "markdown", "source": [3]}]}', "cell 1"), ("a.ipynb", b'{"cells": [{"cell_type": "markdown", "source": {}}]}', "cell 1"),
    ("a.md", b"x" * (2**22 + 1), "bytes"),
])
def test_files_that_are_no_notes_are_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ProblemError, match=message):
        read(tmp_path / name)


def test_folders_links_pipes_and_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "real.md").write_text("$x=1$")
    (tmp_path / "link.md").symlink_to(tmp_path / "real.md")
    os.mkfifo(tmp_path / "pipe.md")
    for name, message in (("folder.md", "directory"), ("link.md", "link"), ("pipe.md", "no regular file"), ("none.md", "No such file")):
        with pytest.raises(ProblemError, match=message):
            read(tmp_path / name)


def test_a_notebook_is_data(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": "raise SystemExit"}, {"cell_type": "markdown", "source": ["Text\n", "$$ x = 1 $$"]}, {"cell_type": "markdown", "source": "$y=2$"}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    found = [(formula.text, formula.file.rpartition(", ")[2], formula.line, formula.column) for formula in read(tmp_path / "a.ipynb").formulas]
    assert found == [("x = 1", "cell 2", 2, 4), ("y=2", "cell 3", 1, 2)]


# Anything


PIECES = [
    "x", "f", "t", "d", "e", "T", "D", "O", "E", "1", "0.5", "{", "}", "(", ")", "[", "]", "|", "_", "^", "'", "=", "+", "-", "*", "/", ",", ".", ";", ":", "&", "!", "<", "~", "$", "%", " ", "\n", "\\\\", "\\{", "\\}", "\\|", "\\,", "\\quad ",
    "\\frac", "\\frac{", "}{", "\\sqrt", "\\int", "\\int_0^T", "\\sum_{k=0}^N", "\\lim_{x\\to 0}", "\\partial", "\\partial_x", "\\nabla", "\\delta", "\\Delta", "\\dot", "\\bar", "\\lambda", "\\left", "\\right", "\\left.", "\\right|", "\\left(",
    "\\right)", "\\big|", "\\mathrm{d}", "\\mathrm{", "\\mathcal{O}", "\\mathbb{E}", "\\text{if}", "\\text{", "\\begin{cases}", "\\end{cases}", "\\begin{pmatrix}", "\\end{pmatrix}", "\\begin{aligned}", "\\end{aligned}", "\\underbrace", "\\underset",
    "\\overset", "\\min_u", "\\max", "\\arg\\min", "\\log", "\\det", "\\operatorname{tr}", "\\to", "\\in", "\\implies", "\\approx", "\\forall", "\\over", "\\mid", "\\langle", "\\rangle", "\\top", "^T", "^*", "^{-1}", "dt", "\\cdot", "\\odot",
    "\\dots", "\\tag{1}", "\\unknown", "\\not", "\\rm", "\\cal", "\\dv", "\\stackrel", "\\hspace{1pt}", "\\limits", "é", "λ", "\u202e",
]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_anything_is_read_or_told(parts: list[str]) -> None:
    text = "".join(parts)
    found = read_formula(text)
    assert isinstance(found, Chain | Unread)
    if isinstance(found, Unread):
        assert found.reason and 0 <= found.position <= len(text)
    else:
        assert 0 <= found.span[0] < found.span[1] <= len(text)
    for start, end in statements(text):
        assert 0 <= start < end <= max(len(text), 1) or not text


@settings(max_examples=100)
@given(st.lists(st.sampled_from([*PIECES, "$$", "\n\n", "`", "```\n", "<!--", "-->", "\\[", "\\]", "\\(", "\\)", "\\begin{align}", "\\end{align}", "\\newcommand{\\a}", "\\a", "---\n", "> ", "\r\n", "\t"]), max_size=20))
def test_any_document_is_read_and_its_places_are_in_it(parts: list[str]) -> None:
    text = "".join(parts)
    lines = re.split("\r\n|\r|\n", text)
    for kind in ("notes.md", "notes.tex"):
        for formula in read_text(text, kind).formulas:
            assert 1 <= formula.line <= len(lines) and 1 <= formula.column <= len(lines[formula.line - 1]) + 1
