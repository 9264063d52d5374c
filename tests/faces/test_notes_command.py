"""`adjointcheck notes`, `ac.verify_notes` and the plugin on notes: verdicts, exit codes, files written, hostile and missing input."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from small_statements import Invoke, RunPytest

import adjointcheck as ac
from adjointcheck.console import answers
from adjointcheck.pipeline import verify_notes

RIGHT = r"""# Adjoints
<!-- adjointcheck:
objective: J, minimised
state: x in R^n
control: w in R^k
costate: p = dJ/dx (row)
field: f
running cost: L
terminal cost: \Psi
time: t in [t_0, t_1]
-->

$$\dot x = f(t, x, w)$$

$$J = \Psi(x(t_1)) + \int_{t_0}^{t_1} L(t, x, w)\,dt$$

$$\dot p = -\frac{\partial L}{\partial x} - p\,\frac{\partial f}{\partial x}$$
"""
SLIP = r"$$p(t_1) = -\frac{\partial\Psi}{\partial x}(x(t_1))$$"
BROKEN = r"$$p(t_1) = \frac{\partial\Psi}{\partial x$$"
TEXTS = {
    "right": RIGHT,
    "wrong": f"{RIGHT}\n{SLIP}\n",
    "marked": f"{RIGHT}\n{SLIP} <!-- expect: refuted -->\n",
    "mended": f"{RIGHT}\n{SLIP.replace('= -', '= ')} <!-- expect: refuted -->\n",
    "broken": f"{RIGHT}\n{BROKEN}\n",
    "prose": "# Nothing to see\n\nNo formula at all.\n",
}
CODES = {"right": 0, "wrong": 1, "marked": 0, "mended": 1, "broken": 3, "prose": 5}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with NAME.md for each of TEXTS."""
    for name, text in TEXTS.items():
        (tmp_path / f"{name}.md").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", TEXTS)
def test_the_exit_code_is_that_of_the_worst_formula(name: str, shelf: Path, invoke: Invoke) -> None:
    assert invoke("notes", f"{name}.md").exit_code == CODES[name]


def test_people_are_told_line_verdict_and_what_it_should_read(shelf: Path, invoke: Invoke) -> None:
    text = " ".join(invoke("notes", "wrong.md").stdout.split())
    assert "wrong.md failed 4 formulas, 1 refuted, 1 proved" in text
    assert "the first wrong line" in text and "should read:" in text and "against" in text


def test_one_json_document_and_people_on_stderr(shelf: Path, invoke: Invoke) -> None:
    result = invoke("notes", "wrong.md", "right.md", "--json")
    document = json.loads(result.stdout)
    assert (document["schema_version"], document["exit_code"], result.exit_code) == (1, 1, 1)
    assert [page["verdict"] for page in document["notes"]] == ["failed", "passed"]
    found = document["notes"][0]["findings"]
    assert [item["status"] for item in found][-2:] == ["proved", "refuted"]
    assert found[-1]["line"] == 1 + (shelf / "wrong.md").read_text().splitlines().index(SLIP)
    assert found[-1]["counterexample"]["setting"] and found[-1]["expected"]
    assert "wrong.md  failed" in result.stderr


def test_page_logs_and_junit_are_written_and_the_logs_replay(shelf: Path, invoke: Invoke) -> None:
    result = invoke("notes", "wrong.md", "--report", "pages", "--log", "logs", "--junit", "out.xml")
    assert "<math" in (shelf / "pages" / "wrong.md.html").read_text()
    suite = ElementTree.parse(shelf / "out.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), result.exit_code) == ("4", "1", 1)
    logs = sorted((shelf / "logs").iterdir())
    assert logs
    for log in logs:
        assert {step.verdict.status for step in ac.replay(json.loads(log.read_text())).steps} == {ac.Status.PROVED}


def test_letters_may_come_from_a_file_of_their_own(shelf: Path, invoke: Invoke) -> None:
    head, _, body = RIGHT.partition("-->")
    (shelf / "body.md").write_text(body)
    (shelf / "letters.txt").write_text(head.partition("adjointcheck:\n")[2])
    assert invoke("notes", "body.md", "--context", "letters.txt").exit_code == 0


def test_tex_and_notebooks_are_read_too(shelf: Path, invoke: Invoke) -> None:
    header = "\n".join(f"% adjointcheck: {line}" for line in RIGHT.partition("adjointcheck:\n")[2].partition("\n-->")[0].splitlines())
    (shelf / "notes.tex").write_text(header + RIGHT.partition("-->")[2] + SLIP + " % expect: refuted\n")
    cell = {"cell_type": "markdown", "metadata": {}, "source": TEXTS["wrong"].splitlines(keepends=True)}
    (shelf / "notes.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    assert invoke("notes", "notes.tex").exit_code == 0
    assert invoke("notes", "notes.ipynb").exit_code == 1


@pytest.mark.parametrize("arguments", [
    ("absent.md",), ("right.md", "--context", "absent.txt"), (".",), ("binary.md",), ("right.rtf",), ("right.md", "--report", "right.md"),
    ("right.md", "--junit", "right.md"), ("right.md", "copy/right.md", "--report", "pages"),
])
def test_bad_input_is_told_before_any_work(arguments: tuple[str, ...], shelf: Path, invoke: Invoke) -> None:
    (shelf / "binary.md").write_bytes(b"$$x = y$$ \xff\xfe\x00")
    (shelf / "right.rtf").write_text(RIGHT)
    (shelf / "copy").mkdir()
    (shelf / "copy" / "right.md").write_text(RIGHT)
    result = invoke("notes", *arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert (shelf / "right.md").read_text() == RIGHT


def test_from_python(shelf: Path) -> None:
    findings = ac.verify_notes("wrong.md")
    assert [item.status for item in findings.items][-2:] == ["proved", "refuted"]
    assert dict(findings.letters)["p"].startswith("costate")


# A question for a letter that nobody declared


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("ci", "asked"), [("", ["q"]), ("1", [])])
def test_a_question_is_asked_on_a_terminal_and_never_in_ci(ci: str, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("click.prompt", lambda words, **_: heard.append(words) or "parameters: q")
    assert answers(["q"]) == ["parameters: q"] * len(asked)
    assert len(heard) == len(asked) and all("`q`" in words for words in heard)


def test_no_question_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("sys.stdin", StringIO("parameters: q"))
    assert answers(["q"]) == []


def test_lines_that_were_answered_count_as_a_header(shelf: Path) -> None:
    head, _, body = RIGHT.partition("-->")
    (shelf / "body.md").write_text(body)
    lines = head.partition("adjointcheck:\n")[2].splitlines()
    assert {item.status for item in verify_notes("body.md", None, lines).items} == {"proved", "assumption"}


# In pytest


def test_the_plugin_collects_one_item_for_each_formula(pytester: pytest.Pytester, run_pytest: RunPytest) -> None:
    pytester.makeini("[pytest]\n")
    folder = pytester.mkdir("derivations")
    for name in ("right", "wrong", "marked", "broken", "prose"):
        (folder / f"{name}.md").write_text(TEXTS[name])
    (folder / "README.md").write_text(SLIP)
    result = run_pytest("-v", "--adjointcheck-report=pages")
    rows = [line.split("::")[1] for line in result.outlines if line.startswith("derivations/") and "::" in line]
    failed = {f"{line.split('::')[0].split('/')[1]}" for line in result.outlines if "FAILED" in line and line.startswith("derivations/")}
    assert failed == {"wrong.md", "broken.md", "prose.md"}
    assert len(rows) == (3 + 4 + 4 + 4 + 1) + 5  # and a page for each file
    text = result.stdout.str()
    assert "should read" in text and "no formula was found" in text and "README" not in text and "Traceback" not in text
    assert (pytester.path / "pages" / "right.md.html").exists()


def test_an_open_formula_may_be_waived_by_name(pytester: pytest.Pytester, run_pytest: RunPytest) -> None:
    line = 1 + TEXTS["broken"].splitlines().index(BROKEN)
    pytester.makeini(f"[pytest]\nadjointcheck_notes = *.md\nadjointcheck_waive =\n    'line {line}'\n")
    (pytester.path / "broken.md").write_text(TEXTS["broken"])
    run_pytest().assert_outcomes(passed=3, xfailed=1)


def test_beside_a_file_that_is_missing_the_others_are_judged(shelf: Path, invoke: Invoke) -> None:
    result = invoke("notes", "right.md", "nowhere.md", "wrong.md", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == document["exit_code"] == 2 and "nowhere.md" in result.stderr
    assert [page["verdict"] for page in document["notes"]] == ["passed", "failed"] and "nowhere.md" in document["errors"][0]
    assert invoke("notes", "nowhere.md", "--json").exit_code == 2
