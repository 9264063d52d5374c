"""Every face says the same: what failed comes first with its figures, hostile text stays text, bytes repeat."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
import report_sample as sample
from rich.console import Console

from adjointcheck.report.html import derivation_html, report_fragment, report_html
from adjointcheck.report.json_report import derivation_document, report_document, to_json
from adjointcheck.report.junit import derivation_junit, report_junit
from adjointcheck.report.latex import derivation_latex, equations_latex, report_latex
from adjointcheck.report.markdown import code, derivation_markdown, literal, report_markdown
from adjointcheck.report.terminal import print_derivation, print_report


def terminal(show: Callable[[Any, Console], None], data: Any, **options: Any) -> str:
    console = Console(file=StringIO(), width=100, **({"force_terminal": False} | options))
    show(data, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


REPORT_FACES: dict[str, Callable[[Any], str]] = {
    "html": report_html, "fragment": report_fragment, "markdown": report_markdown, "latex": report_latex,
    "json": lambda report: to_json(report_document(report)), "junit": report_junit,
    "terminal": lambda report: terminal(print_report, report),
}
DERIVATION_FACES: dict[str, Callable[[Any], str]] = {
    "html": derivation_html, "markdown": derivation_markdown, "latex": derivation_latex,
    "json": lambda derivation: to_json(derivation_document(derivation)), "junit": derivation_junit,
    "terminal": lambda derivation: terminal(print_derivation, derivation),
}
reports = pytest.mark.parametrize("face", REPORT_FACES.values(), ids=REPORT_FACES)
derivations = pytest.mark.parametrize("face", DERIVATION_FACES.values(), ids=DERIVATION_FACES)


@cache
def shown(face: Callable[[Any], str], failing: bool = True, text: str = "plain words") -> str:
    """The sample report by one face; drawing its figures takes longest."""
    return face(sample.report(failing, text))


PEOPLE = [REPORT_FACES[name] for name in ("html", "markdown", "latex", "terminal")]


@reports
def test_the_same_report_gives_the_same_bytes(face: Callable[[Any], str]) -> None:
    assert face(sample.report(failing=True)) == shown(face)


@derivations
def test_the_same_derivation_gives_the_same_bytes(face: Callable[[Any], str]) -> None:
    assert face(sample.derivation(failing=True)) == face(sample.derivation(failing=True))


@reports
def test_a_failing_check_shows_its_figure(face: Callable[[Any], str]) -> None:
    assert "0.0123" in shown(face)
    assert "12.50000" in shown(face)


@pytest.mark.parametrize("face", PEOPLE)
def test_what_failed_is_said_before_what_passed(face: Callable[[Any], str]) -> None:
    text = shown(face).replace(r"\_", "_")
    assert text.index("Needs attention") < text.index("intercept of R1/eps") < text.index("gradient_agreement")
    assert "Needs attention" not in shown(face, failing=False)


@derivations
def test_a_derivation_says_its_verdict_and_each_step(face: Callable[[Any], str]) -> None:
    text = face(sample.derivation())
    for word in ("s01", "s05", "integrate"):
        assert word in text
    assert "refuted" not in text
    assert "refuted" in face(sample.derivation(failing=True))


@reports
def test_control_characters_reach_no_face(face: Callable[[Any], str]) -> None:
    text = shown(face, text=sample.HOSTILE)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", text)


@pytest.mark.parametrize("face", [report_html, report_fragment])
def test_html_escapes_and_loads_nothing(face: Callable[[Any], str]) -> None:
    page = shown(face, text=sample.HOSTILE)
    assert "<script" not in page and "&lt;script&gt;" in page
    assert page.count("</style>") == page.count("<style>")
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\((?!#)|@import|javascript:""", page)


def test_hostile_names_of_checks_steps_and_versions_stay_text() -> None:
    report = sample.report()
    evil = '"><img src=x onerror=alert(1)>'
    report.checks = (sample.check(evil, "fail", 1.0, 0.1, evil, {evil: evil, "table": {"columns": [evil], "rows": [[evil]]}}),)
    report.versions = {evil: evil}
    report.derivation.steps = (sample.step(evil, evil, {evil: evil}, sample.verdict("unknown", (), evil), (evil,), evil),)
    page = report_html(report)
    assert "<img" not in page
    assert 'id="step-">' not in page


def math_of(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(text) for text in re.findall(r"<math.*?</math>", page, re.DOTALL)]


def test_html_is_well_formed_where_xml_can_see_it() -> None:
    page = shown(report_html)
    assert len(math_of(page)) > 40
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 4  # states, costates, convergence, cost history
    for picture in pictures:
        ElementTree.fromstring(picture)
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= set(identifiers)


PAGES = [derivation_html, derivation_markdown, derivation_latex]


@pytest.mark.parametrize("page", PAGES)
def test_every_formula_of_a_step_bears_its_own_number(page: Callable[[Any], str]) -> None:
    derivation = sample.derivation()
    found = re.findall(r"\\tag\{([\d.]+)\}|class=\"equation\">\(([\d.]+)\)", page(derivation))
    expected = [str(k) if len(step.claim) == 1 else f"{k}.{i}" for k, step in enumerate(derivation.steps, 1)
                for i in range(1, len(step.claim) + 1)]
    assert [first or second for first, second in found] == expected


@pytest.mark.parametrize("page", PAGES)
def test_a_page_lists_what_the_theorem_assumes(page: Callable[[Any], str]) -> None:
    assert "continuously differentiable" in page(sample.derivation())


def test_html_has_every_section_of_a_full_report() -> None:
    page = shown(report_html)
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == ["attention", "statement", "derivation", "system", "claims", "assumptions", "trajectory", "checks", "fit",
                        "provenance"]
    assert "# a module" in page and "2.13.0" in page


def test_html_marks_the_worst_cell_alone() -> None:
    page = shown(report_html, failing=False)
    assert re.findall(r'<td class="[^"]*worst">([^<]*)</td>', page) == ["8.7"]


def test_a_witness_shows_both_values_and_the_expected_formula() -> None:
    page = derivation_html(sample.derivation(failing=True))
    claim = page[page.index('<article class="claim bad">') :]
    for words in ("12.50000", "-3.250000", "15.8", "Likely slip:", "expected"):
        assert words in claim
    assert "Likely slip:" not in derivation_html(sample.derivation())


def test_a_report_without_trajectory_fit_and_checks_is_a_page() -> None:
    report = sample.report()
    report.trajectory = report.fit = None
    report.checks = ()
    page = report_html(report)
    assert 'id="checks"' not in page and 'id="fit"' not in page


def test_an_unreadable_claim_is_shown_as_text() -> None:
    derivation = sample.derivation()
    derivation.steps = (sample.step("s01", "vary", {"integrand": "not a formula <"}, sample.verdict("invalid", (), "unreadable")),)
    assert "<code>not a formula &lt;</code>" in derivation_html(derivation)


def test_many_zeros_are_counted() -> None:
    derivation = sample.derivation()
    claim = {f"terminal.{name}": "0" for name in "abcd"} | {"integrand.a": "p_x*x"}
    derivation.steps = (sample.step("s01", "parameter_gradient", claim, sample.verdict("proved")),)
    assert "4 more are zero." in derivation_html(derivation)


@pytest.mark.parametrize("verdict", ["proved", "refuted", "unknown"])
def test_a_typing_error_in_a_verdict_never_turns_green(verdict: str) -> None:
    derivation = sample.derivation()
    derivation.verdict = SimpleNamespace(status=verdict[:-1])
    assert '<div class="banner bad">' in derivation_html(derivation)


def test_markdown_keeps_tables_whole_and_text_literal() -> None:
    text = shown(report_markdown, text=sample.HOSTILE)
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block
    assert "<script" not in text.replace(r"\<", "")
    assert text.count("$$") % 2 == 0
    assert literal("a_b|c") == r"a\_b\|c"
    assert code("a `` b") == "``` a `` b ```"


def test_terminal_fits_its_columns_and_obeys_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    for show, data in ((print_report, sample.report(True, "word " * 60)), (print_derivation, sample.derivation(True))):
        text = terminal(show, data)
        assert max(map(len, text.splitlines())) <= 100
    coloured = terminal(print_report, sample.report(True), force_terminal=True, color_system="truecolor")
    assert "\x1b[" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    plain = terminal(print_report, sample.report(True), force_terminal=True, color_system="truecolor")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain)


def test_terminal_takes_square_brackets_literally() -> None:
    assert "[red]" in terminal(print_report, sample.report(failing=True, text="[red]"))


def test_latex_equations_for_notebooks_are_one_block() -> None:
    block = equations_latex(sample.derivation().system)
    assert block.startswith("$\\displaystyle") and block.endswith("$")
    assert block.count(r"\begin{aligned}") == block.count(r"\end{aligned}") == 1
    assert "\n\n" not in block


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(tmp_path: Path) -> None:
    (tmp_path / "report.tex").write_text(report_latex(sample.report(failing=True, text=sample.HOSTILE)), encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


def test_latex_is_ascii_and_its_environments_nest() -> None:
    text = report_latex(sample.report(failing=True, text=sample.HOSTILE + "é…"))
    text.encode("ascii")
    stack: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    assert r"\input" not in text


def test_no_face_loads_torch_sympy_or_pyplot() -> None:
    names = "html", "markdown", "latex", "terminal", "json_report", "junit", "figures"
    lines = [f"import adjointcheck.report.{name}" for name in names]
    program = "; ".join(["import sys", *lines, "print({'torch', 'sympy', 'matplotlib', 'rich'} & set(sys.modules))"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
