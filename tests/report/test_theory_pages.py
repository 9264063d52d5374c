"""The pages of a theorem: every line numbered, premises pointed at, hypotheses told from what is proved, hostile text literal."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from adjointcheck.derive.theories import THEORIES, Theory, theory
from adjointcheck.report.theory_outline import lines, sides
from adjointcheck.report.theory_pages import theory_html, theory_latex, theory_markdown
from adjointcheck.trusted.theory import judge_theory

SAMPLES = ("bolza", "resnet", "event", "hutchinson", "riccati", "runge_kutta_full_2")
PAGES = (theory_html, theory_latex, theory_markdown)
proved = cache(theory)


def spoiled(name: str, id: str, slot: str, wrong: str) -> Theory:
    """The theorem with one claim changed."""
    document: Any = json.loads(json.dumps(proved(name).document))
    next(step for step in document["steps"] if step["id"] == id)["claim"][slot] = wrong
    return Theory(document, judge_theory(document).steps)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_of_the_proof_is_numbered(name: str) -> None:
    wanted = [str(number) for number in range(1, len(proved(name).document["steps"]) + 1)]
    for page, pattern in ((theory_latex, r"\\tag\{(\d+)\}"), (theory_markdown, r"\\tag\{(\d+)\}"), (theory_html, r'class="equation">\((\d+)\)')):
        found = re.findall(pattern, page(proved(name)).split("Proof", 1 if page is not theory_html else 2)[-1])
        assert found == wanted, page


@pytest.mark.parametrize("name", SAMPLES)
def test_premises_point_backward(name: str) -> None:
    assert all(source < line.number for line in lines(proved(name)) for source in line.sources)


@pytest.mark.parametrize("name", SAMPLES)
def test_hypotheses_are_assumed_and_the_theorem_is_proved(name: str) -> None:
    assert {line.verdict for line in lines(proved(name)) if line.rule == "assume"} <= {"assumed"}
    assert {line.verdict for line in lines(proved(name)) if line.concludes} == {"proved"}


@pytest.mark.parametrize("page", PAGES)
def test_a_refuted_line_says_so_with_matrices(page: Callable[[Theory], str]) -> None:
    text = page(spoiled("bolza", "costate", "right", "L_x - p*f_x"))
    assert "refuted" in text
    assert "against" in text


@pytest.mark.parametrize("name", SAMPLES)
def test_the_html_page_is_well_formed(name: str) -> None:
    body = theory_html(proved(name)).replace("<!DOCTYPE html>", "").replace("&nbsp;", " ")
    ElementTree.fromstring(re.sub(r"<meta ([^>]*[^/])>", r"<meta \1/>", body))


@pytest.mark.parametrize("name", sorted(THEORIES))
def test_every_theory_has_a_latex_page_in_ascii(name: str) -> None:
    theory_latex(proved(name)).encode("ascii")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_latex_page_compiles(tmp_path: Path) -> None:
    (tmp_path / "event.tex").write_text(theory_latex(proved("event")), encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "event.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_letters_are_written_as_letters() -> None:
    """Places and arguments in mathematics, and a partial of phi_s as such: phi_{s_t} would be phi at the time s_t."""
    page, tex = theory_html(proved("event")), theory_latex(proved("event"))
    assert r"\partial_{t} \varphi_{s}" in tex and r"\varphi_{s_{t}}" not in tex and r"a function of $t$, $x$, $\theta$" in tex
    stated = page.split('id="proof"')[0]  # the proof also tells the ids of the log
    assert "at <math><mrow><msub><mi>t</mi>" in stated and not any(raw in stated for raw in ("at t0", "theta", "f_x"))


def test_sides_of_a_functional() -> None:
    left, right, place = sides({"value": "J", "t0": "a", "t1": "0", "reversed": "L"}, ["t0", "t1"])
    assert (left.value, place) == ("J", "")
    assert [node.head for node in right.args] == ["spot", "integral"]
    assert [end.value for end in right.args[1].args[1:]] == ["t1", "t0"]


@pytest.mark.parametrize("page", PAGES)
def test_the_same_theorem_gives_the_same_bytes(page: Callable[[Theory], str]) -> None:
    assert page(theory("hutchinson")) == page(proved("hutchinson"))
