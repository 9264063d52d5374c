"""Findings on notes: what their marks expect, the first wrong line, and the page, table, JSON and JUnit that show them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import notes_sample as sample
import pytest

from adjointcheck.console import console
from adjointcheck.notes.finding import DISAGREEMENT, STATUSES, Finding, Findings
from adjointcheck.notes.letters.header import read_header
from adjointcheck.report import notes_outline as outline
from adjointcheck.report.json_report import to_json
from adjointcheck.report.notes_pages import _letter as as_latex
from adjointcheck.report.notes_pages import letters_text, notes_document, notes_html, notes_junit, print_notes, signs
from adjointcheck.report.written import CAP, written_mathml

PAGE = notes_html(sample.findings())


def printed(findings: Findings, width: int = 100) -> str:
    made = console(file=StringIO())
    made.width = width
    print_notes(findings, made)
    return made.file.getvalue()  # type: ignore[attr-defined]


# What passes


@pytest.mark.parametrize("status", STATUSES)
def test_without_a_mark_what_is_good_passes(status: str) -> None:
    assert outline.satisfies(status, "") == (status in ("proved", "definition", "assumption"))


@pytest.mark.parametrize(("declared", "statuses", "outcomes"), [
    ("refuted", ("proved", "refuted"), ["passed", "passed"]), ("refuted", ("proved", "unknown"), ["failed", "open"]),
    ("proved", ("definition", "proved"), ["passed", "passed"]), ("proved", ("definition", "definition"), ["failed", "failed"]),
    ("proved", ("proved", "refuted"), ["passed", "failed"]), ("assumption", ("assumption", "proved"), ["passed", "passed"]),
])
def test_a_mark_is_said_of_all_that_its_display_states(declared: str, statuses: tuple[str, ...], outcomes: list[str]) -> None:
    links = (Finding(str(i), "notes.md", 1, 1, "a = b", status, declared=declared, marked="1") for i, status in enumerate(statuses, 1))
    found = Findings("notes.md", (), tuple(links))
    assert [formula.outcome for formula in outline.formulas(found)] == outcomes
    assert len(outline.displays(found)) == 1


@pytest.mark.parametrize(("declared", "passes"), [
    ("proved", {"proved"}), ("refuted", {"refuted"}), ("unknown", {"unknown"}),
    ("definition", {"definition", "assumption", "proved"}), ("assumption", {"definition", "assumption", "proved"}),
])
def test_a_mark_says_what_passes(declared: str, passes: set[str]) -> None:
    assert {status for status in STATUSES if outline.satisfies(status, declared)} == passes


def test_a_slip_that_is_no_longer_caught_fails() -> None:
    page = sample.clean()
    (*rest, slip) = page.items
    uncaught = replace(page, items=(*rest, replace(slip, status="proved")))
    assert (outline.exit_code(page), outline.exit_code(uncaught)) == (0, 1)


def test_every_status_has_a_tone_and_an_urgency() -> None:
    assert set(outline.TONES) == set(outline.URGENCY) == set(STATUSES)


def test_one_refuted_link_makes_its_chain_refuted() -> None:
    chain = outline.formulas(sample.findings())[2]
    assert [link.name for link in chain.links] == ["3", "3.2"]
    assert chain.status == "proved"
    assert outline.Formula((chain.links[0], replace(chain.links[1], status="refuted"))).status == "refuted"


@pytest.mark.parametrize(("kept", "code"), [(("proved",), 0), (("proved", "unknown"), 3), (("not read",), 3), (("unknown", "refuted"), 1), ((), 5)])
def test_the_exit_code_is_that_of_the_worst_formula(kept: tuple[str, ...], code: int) -> None:
    page = sample.findings()
    assert outline.exit_code(replace(page, items=tuple(item for item in page.items if item.status in kept))) == code


def test_a_header_that_makes_no_sense_is_bad_input_whatever_the_formulas_are() -> None:
    assert outline.exit_code(replace(sample.clean(), problems=("header: 'stat: x' is not understood",))) == 2


def test_where_our_own_codes_disagree_the_exit_code_says_so() -> None:
    page = sample.clean()
    items = (replace(page.items[0], status="unknown", words=f"{DISAGREEMENT}: ..."), *page.items[1:])
    assert outline.exit_code(replace(page, items=items)) == 4


def test_the_first_wrong_line_is_neither_marked_nor_a_consequence() -> None:
    page = sample.findings()
    found = outline.first_wrong(outline.formulas(page))
    assert found is not None and found.first.name == "4"
    backwards = outline.first_wrong(outline.formulas(replace(page, items=page.items[::-1])))
    assert backwards is not None and backwards.first.name == "4"
    assert outline.first_wrong(outline.formulas(sample.clean())) is None


# The page


def test_every_formula_stands_beside_its_verdict() -> None:
    rows = re.findall(r'<li id="formula-([\d.]+)" class="(\w+)', PAGE)
    assert rows == [("1", "given"), ("2", "given"), ("3", "good"), ("4", "bad"), ("5", "bad"), ("6", "open"), ("7", "open"), ("8", "bad")]


def test_the_page_has_mathml_and_nothing_that_runs_or_loads() -> None:
    assert PAGE.count("<math") > 10
    for forbidden in ("<script", "http:", "https:", "src=", "javascript", "@import", "url("):
        assert forbidden not in PAGE


def test_the_counterexample_is_folded_and_whole() -> None:
    inside = re.search(r"<details><summary>A counterexample</summary>(.*?)</details>", PAGE, re.DOTALL)
    assert inside is not None
    for value in (*dict(sample.WITNESS.setting).values(), sample.WITNESS.left, sample.WITNESS.right, sample.WITNESS.gap):
        assert value in inside[1]


def test_what_follows_from_a_wrong_line_points_at_it() -> None:
    assert re.search(r'Follows from <a href="#formula-4">line 24</a>', PAGE)
    assert re.search(r'The first wrong line is <a href="#formula-4">line 24</a>', PAGE)
    assert PAGE.count('class="bad first"') == 1


def test_what_cannot_be_laid_out_is_shown_as_text() -> None:
    assert r"<code>\foo{x} = \frac{1</code>" in PAGE


@pytest.mark.parametrize(("text", "shown"), [
    ("d J/dtheta = d_ Psi/d_theta - int_t0^t1 (d_ L/d_theta + p (d_ f/d_theta)) dt", "d J/dθ = ∂Ψ/∂θ - ∫_t0^t1 (∂L/∂θ + p (∂f/∂θ)) dt"),
    ("d lambda/dt = -(d_ f/d_x)' lambda", "d λ/dt = -(∂f/∂x)' λ"), ("beta0 delta x + thetas + interest + printer", "β0 δ x + thetas + interest + printer"),
])
def test_what_plain_text_spells_is_shown_by_signs(text: str, shown: str) -> None:
    assert signs(text) == shown


def test_hostile_text_stays_text() -> None:
    page = notes_html(sample.findings(text=sample.HOSTILE))
    assert "<script" not in page and 'href="javascript' not in page
    assert "\x1b" not in page and "\x1b" not in printed(sample.findings(text=sample.HOSTILE))
    assert "&lt;script&gt;" in page


# LaTeX as it is written


@pytest.mark.parametrize("text", [
    r"\frac{\partial L}{\partial x} - p\,f_x", r"\left.\frac{a}{b}\right|_{t=T}", r"u^* = \arg\max_u H", r"\begin{cases} a & t < 1 \\ b & t > 1 \end{cases}",
    r"\dot p &= -H_x \tag{A1} \label{eq:1} % a comment", r"\bm{x}^{\mathsf T}", r"\operatorname{tr}(A)", r"\mathbb{E}[\epsilon\epsilon^\top] = I",
    r"\begin{pmatrix} A & B \\ C & D \end{pmatrix}",
])
def test_usual_notation_is_laid_out(text: str) -> None:
    found = written_mathml(text)
    assert found is not None and found.startswith("<math") and "\\" not in found
    ElementTree.fromstring(found)


@pytest.mark.parametrize("text", [
    r"\href{javascript:alert(1)}{x}", r"\text{<script>alert(1)</script>}", r"\style{position:fixed}{x}", r"\class{badge}{x}", r"\foo{x}", "{", r"\left( x", "x^",
    "x" * (CAP + 1), "{" * 900 + "x" + "}" * 900, r"\color{red}x",
])
def test_whatever_is_strange_is_not_laid_out(text: str) -> None:
    assert written_mathml(text) is None


# Terminal and machines


def test_the_table_says_line_reading_verdict_and_words() -> None:
    text = " ".join(printed(sample.findings()).split())
    assert "notes.md failed 8 formulas, 2 refuted, 1 refuted as expected" in text
    assert "20 \\dot{p} = -H_x proved by costate equation, definition of H" in text
    assert "the first wrong line" in text and "follows from formula 4" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_row_of_the_table_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, printed(sample.findings(), width).splitlines())) <= width


def test_json_reads_back_with_every_finding() -> None:
    page = sample.findings()
    document = json.loads(to_json(notes_document(page)))
    assert (document["verdict"], document["exit_code"], document["first_wrong"]) == ("failed", 1, "4")
    assert [item["name"] for item in document["findings"]] == [item.name for item in page.items]
    assert document["findings"][4]["counterexample"]["setting"]["x"] == "(1/2, -3)"
    assert {item["outcome"] for item in document["findings"]} == {"passed", "failed", "open"}


def test_junit_counts_formulas_and_says_why() -> None:
    root = ElementTree.fromstring(notes_junit([sample.findings(), sample.clean()]))
    assert [(suite.get("tests"), suite.get("failures")) for suite in root] == [("8", "4"), ("4", "0")]
    failure = root.find(".//failure")
    assert failure is not None and failure.get("type") == "refuted" and "should read" in str(failure.text)


# What formulas wait for


def waiting() -> Findings:
    """Three formulas wait for G, two for the line 5 that is not understood, one for `a hat`."""
    letter = "the letter {} is not declared; add a header line such as `{}: costate`".format
    words = [letter("G", "G"), f"{letter('G', 'G')}; {letter('hat a', 'hat a')}", letter("G", "G"), *["it rests on `u = w(x)`, which is not carried into the setting"] * 2]
    links = [Finding(str(i), "notes.md", 10 + i, 1, "a = b", "unknown", words=text) for i, text in enumerate(words, 1)]
    return Findings("notes.md", (("x", "state, n x 1 (declared)"),), (*links, Finding("9", "notes.md", 30, 1, "a = a", "proved", words=letter("Z", "Z"))))


def test_what_most_formulas_wait_for_is_told_first() -> None:
    assert [(found.what, found.lines) for found in outline.obstacles(waiting())] == [("G", (11, 12, 13)), ("u = w(x)", (14, 15)), ("hat a", (12,))]
    assert outline.undeclared(waiting()) == ["G"]
    text, page = printed(waiting()), notes_html(waiting())
    assert "what most open formulas wait for" in text and "3 formulas (lines 11, 12, 13)" in text and "3 formulas (lines 11, 12, 13)" in page
    assert "wait for" not in printed(sample.findings())


@pytest.mark.parametrize(("letter", "shown"), [
    ("lambda", r"\lambda"), ("a_theta", r"a_{\theta}"), ("hat y_t", r"\hat{y}_{t}"), ("f^prime^prime", "f''"), ("(x,v)", "(x,v)"),
])
def test_letters_are_shown_as_they_are_written(letter: str, shown: str) -> None:
    assert as_latex(letter) == shown


def test_letters_are_written_to_be_filled_in() -> None:
    text = letters_text([waiting()])
    assert "# x: state, n x 1 (declared)" in text and "# G:    3 formulas" in text
    assert not read_header(text.splitlines()).letters and not read_header(text.splitlines()).problems
    assert read_header(text.replace("# G:    3", "G: costate # 3").splitlines()).of("p")
    assert "hat a" not in text
