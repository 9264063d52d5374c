"""Findings on notes for people and machines: a page with the formulas beside their verdicts, a table, JSON, JUnit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from adjointcheck.report import notes_outline as outline
from adjointcheck.report.html import render
from adjointcheck.report.notation import GREEK
from adjointcheck.report.wording import one_line
from adjointcheck.report.written import written_mathml

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from adjointcheck.notes.finding import Counterexample, Finding, Findings
    from adjointcheck.report.notes_outline import Formula

BANNER = {"passed": "good", "failed": "bad", "open": "open", "nothing checked": "open"}
STYLES = {"good": "green", "bad": "bold red", "open": "yellow", "given": "dim"}
WIDTH = 120
SHORT = 60  # characters of an entry of a counterexample on a terminal; the page has all of them


_GREEK = re.compile(rf"(?<![A-Za-z])([d∂]?)({'|'.join(GREEK)})(?![A-Za-z])")

# HTML


def notes_html(findings: Findings) -> str:
    """One self-contained page: every formula rendered beside its verdict, MathML, no JavaScript."""
    found = outline.formulas(findings)
    lines = {formula.first.name: formula.first.line for formula in found}
    word, wrong = outline.verdict(found, findings.problems), outline.first_wrong(found)
    return render("notes.html.j2", {
        "name": Path(findings.file).name, "verdict": word, "tone": BANNER[word], "counts": outline.counts(found),
        "wrong": None if wrong is None else {"name": wrong.first.name, "line": wrong.first.line},
        "formulas": [{**_formula_view(formula, lines), "first": formula is wrong} for formula in found],
        "letters": [(_math(_letter(letter)), meaning) for letter, meaning in findings.letters],
        "problems": findings.problems, "obstacles": [(_awaited(obstacle), str(obstacle)) for obstacle in outline.told(findings)],
    })


def _awaited(obstacle: outline.Obstacle) -> dict[str, Any]:
    return _math(_letter(obstacle.what) if obstacle.is_letter else obstacle.what)


def _letter(letter: str) -> str:
    """A letter, such as lambda, a_theta, hat y_t or f^prime, as LaTeX."""
    named, _, index = letter.partition("_")
    accent, _, stem = named.rpartition(" ")
    stem, primes = stem.replace("^prime", ""), "'" * stem.count("^prime")
    shown = [f"\\{part}" if part in GREEK else part for part in (stem, index)]
    marked = (f"\\{accent}{{{shown[0]}}}" if accent.isalpha() else shown[0]) + primes
    return f"{marked}_{{{shown[1]}}}" if index else marked


def _formula_view(formula: Formula, lines: dict[str, int]) -> dict[str, Any]:
    return {
        "name": formula.first.name, "line": formula.first.line, "written": _math(formula.first.text), "verdict": formula.status,
        "tone": outline.TONES[formula.status], "note": _note(formula), "links": [_link_view(link, lines) for link in formula.links],
    }


def _note(formula: Formula) -> str:
    if formula.declared == formula.status and formula.status not in ("proved", *outline.GIVEN):
        return "as expected"
    return "" if formula.outcome == "passed" or not formula.declared else f"expected: {formula.declared}"


def _link_view(link: Finding, lines: dict[str, int]) -> dict[str, Any]:
    return {
        "verdict": link.status, "tone": outline.TONES[link.status], "words": link.words, "because": link.because,
        "because_line": lines.get(link.because.partition(".")[0], ""), "reading": _reading(link.reading),
        "expected": _reading(link.expected), "rules": "; ".join(link.rules), "introduced": signs(", ".join(link.introduced)),
        "counterexample": link.counterexample,
    }


def _reading(text: str) -> dict[str, Any]:
    """LaTeX is laid out; plain text, such as `d_ L/d_theta`, gets the signs that it spells."""
    return _math(text) if "\\" in text else {"text": signs(text), "math": None}


def signs(text: str) -> str:
    """`∂L/∂θ` for `d_ L/d_theta`, `∫_t0^t1` for `int_t0^t1`; a name that a Greek letter only begins is no such letter."""
    found = re.sub(r"\bint(?=[_ ])", "∫", re.sub(r"\bd_ ?", "∂", text))
    return _GREEK.sub(lambda match: match[1] + GREEK[match[2]], found)


def _math(text: str) -> dict[str, Any]:
    found = written_mathml(text) if text else None
    return {"text": text, "math": None if found is None else Markup(found)}


# Terminal


def print_notes(findings: Findings, console: Console) -> None:
    """A line for the file, then a row for each formula: line, formula as read, verdict, words."""
    from rich.table import Table
    from rich.text import Text

    found = outline.formulas(findings)
    word, wrong = outline.verdict(found, findings.problems), outline.first_wrong(found)
    head = Text.assemble((one_line(findings.file), "bold"), "  ", (word, STYLES[BANNER[word]]), f"  {', '.join(outline.counts(found))}")
    console.print(head, highlight=False)
    for problem in findings.problems:
        console.print(Text(f"  {one_line(problem)}", style="yellow"))
    table = Table.grid(padding=(0, 2, 0, 0))
    for options in ({"justify": "right"}, {"ratio": 1, "overflow": "fold"}, {}, {"ratio": 1, "overflow": "fold"}):
        table.add_column(**options)  # type: ignore[arg-type]
    for formula in found:
        for link in formula.links:
            table.add_row(*_cells(link, formula is wrong))
    console.print(table, width=min(WIDTH, console.width))
    if obstacles := outline.told(findings):
        waiting = Table.grid(padding=(0, 2, 0, 0))
        for obstacle in obstacles:
            waiting.add_row("", Text(one_line(obstacle.what)), Text(str(obstacle)))
        console.print(Text("  what most open formulas wait for:", style="yellow"), waiting, width=min(WIDTH, console.width))


def _cells(link: Finding, first: bool) -> tuple[Text, ...]:
    from rich.text import Text

    status = Text(link.status, style=STYLES[outline.TONES[link.status]])
    return Text(str(link.line), style="dim"), Text(one_line(link.reading or link.text)), status, Text("\n".join(_words(link, first)))


def _words(link: Finding, first: bool) -> Iterator[str]:
    """What is said beside a formula, the most urgent first."""
    if first and link.status == "refuted":
        yield "the first wrong line"
    if link.because:
        yield f"follows from formula {link.because}, which is wrong"
    if link.words:
        yield one_line(link.words)
    if link.expected:
        yield f"should read: {one_line(link.expected)}"
    if link.counterexample is not None:
        yield counterexample_text(link.counterexample)
    if link.introduced:
        yield f"introduces {', '.join(link.introduced)}"
    if link.status == "proved" and link.rules:
        yield one_line(f"by {', '.join(rule.partition(':')[0] for rule in link.rules)}")


def counterexample_text(found: Counterexample) -> str:
    """`x = 1, t = 0.3: 3 against 5`, on one line; long entries, such as a whole field, are only named."""
    told = [f"{name} = {value}" for name, value in found.setting if len(value) <= SHORT]
    longer = [name for name, value in found.setting if len(value) > SHORT]
    where = "; ".join(filter(None, (", ".join(told), f"some {', '.join(longer)}" if longer else "")))
    return one_line(f"{where}: {found.left} against {found.right}")


HINTS = """# Letters for --context.  Take a # away and say what the letter is; what is said here counts before what the notes seem to say.
# state: z in R^n | costate: a = dL/dz (row) | control: u in R^k | parameters: theta in R^m | field: f(z, u, t) | time: t in [0, T]
# objective: J, minimised | running cost: L(z, u, t) | terminal cost: Phi | constants: a, b | A: n x n | lambda: column, p = -lambda^T
# These two pose the problem, and no line that is not understood keeps a right one from being proved:
# dynamics: dz/dt = f(z, u, t) | objective: J = Phi(z(T)) + int_0^T L(z, u, t) dt
"""


def letters_text(all_findings: Iterable[Findings]) -> str:
    """A file of header lines to fill in: the letters as they were understood, and those that formulas wait for."""
    return HINTS + "".join(_letters_of(findings) for findings in all_findings)


def _letters_of(findings: Findings) -> str:
    understood = [f"# {letter}: {meaning}" for letter, meaning in findings.letters]
    missing = [f"# {obstacle.what}:    {obstacle}" for obstacle in outline.obstacles(findings) if outline.is_plain(obstacle)]
    parts = [[f"\n# {one_line(findings.file)}, as understood"], understood, ["# not declared, and used in"], missing]
    return "\n".join(line for part in parts for line in part) + "\n"


# Machines


def notes_document(findings: Findings) -> dict[str, Any]:
    """The document of one file: letters, problems, a finding for each link of each formula."""
    found = outline.formulas(findings)
    wrong = outline.first_wrong(found)
    return {
        "file": findings.file, "verdict": outline.verdict(found, findings.problems), "exit_code": outline.exit_code(findings),
        "first_wrong": "" if wrong is None else wrong.first.name, "letters": dict(findings.letters), "problems": list(findings.problems),
        "findings": [_finding_document(link, formula) for formula in found for link in formula.links],
    }


def _finding_document(link: Finding, formula: Formula) -> dict[str, Any]:
    given = {name: value for name, value in vars(link).items() if name != "document"}
    counterexample = link.counterexample
    if counterexample is not None:
        given["counterexample"] = {**asdict(counterexample), "setting": dict(counterexample.setting)}
    return {**given, "outcome": formula.outcome}


def notes_junit(all_findings: Iterable[Findings]) -> str:
    """One suite for each file, one case for each formula."""
    root = ElementTree.Element("testsuites")
    for findings in all_findings:
        found = outline.formulas(findings)
        failures = sum(formula.outcome != "passed" for formula in found)
        suite = ElementTree.SubElement(root, "testsuite", name=one_line(findings.file), tests=str(len(found)), failures=str(failures),
                                       errors="0", skipped="0")
        for formula in found:
            _case(suite, findings.file, formula)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, file: str, formula: Formula) -> None:
    name = one_line(f"line {formula.first.line}: {formula.first.text}")
    case = ElementTree.SubElement(suite, "testcase", classname=one_line(file), name=name)
    if formula.outcome != "passed":
        words = failure_text(formula)
        ElementTree.SubElement(case, "failure", type=formula.status, message=words).text = words


def failure_text(formula: Formula) -> str:
    """Why a formula does not pass, on one line for each link that is at fault."""
    expected = f" (the notes expect {formula.declared})" if formula.declared else ""
    lines = [f"line {formula.first.line}: {formula.status}{expected}: {one_line(formula.first.text)}"]
    for link in formula.links:
        if link.status == formula.status:
            read = [f"read as {one_line(link.reading)}"] if link.reading else []
            lines += [f"  {words}" for words in (*read, *_words(link, False))]
    return "\n".join(lines)
