"""The long way: check, fit, report page, demo."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from small_statements import DECAY, Invoke, one_document, wrong

import adjointcheck as ac
from adjointcheck import pipeline
from adjointcheck.check import battery
from adjointcheck.check.verdict import judge
from adjointcheck.cli import main
from adjointcheck.solve.load import load_module


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A right and a wrong statement checked and fitted in one run, but for the dearest checks, which the demo below makes."""
    folder = tmp_path_factory.mktemp("both")
    (folder / "right.toml").write_text(DECAY)
    (folder / "wrong.toml").write_text(wrong().replace('name = "decay"', 'name = "slip"'))
    arguments = ["check", folder, "--fit", "--json", "--seed", "5", "--report", folder / "pages", "--junit", folder / "out.xml"]
    with pytest.MonkeyPatch.context() as patch:
        dear = ("continuous-adjoint", "agreement", "invariants", "high-precision")
        patch.setattr(battery, "BATTERY", tuple(row for row in battery.BATTERY if row.name not in dear))
        return folder, CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_one_document_for_all(both: tuple[Path, Result]) -> None:
    _, result = both
    document = one_document(result.stdout)
    right, slip = document["reports"]
    assert result.exit_code == document["exit_code"] == 1
    assert (right["name"], right["verdict"], slip["name"], slip["verdict"]) == ("decay", "pass", "slip", "refuted")
    assert {check["outcome"] for report in (right, slip) for check in report["checks"]} == {"pass"}
    assert [claim["name"] for claim in slip["derivation"]["claims"] if claim["verdict"] != "proved"] == ["gradient.k"]
    assert right["fit"]["converged"] and right["fit"]["cost_end"] < right["fit"]["cost_start"]
    assert 5 in {check["seed"] for check in right["checks"]}


def test_people_read_stderr_then(both: tuple[Path, Result]) -> None:
    folder, result = both
    assert "decay: taylor" in result.stderr and "fit, iteration 1: J = " in result.stderr
    assert f"report page: {folder / 'pages' / 'decay.html'}" in result.stderr
    assert "gradient.k" in result.stderr and "likely slip" in " ".join(result.stderr.split())


def test_what_is_published(both: tuple[Path, Result]) -> None:
    folder, _ = both
    pages = folder / "pages"
    files = [f"{name}.{end}" for name in ("decay", "slip") for end in ("html", "log.json", "py")]
    assert sorted(file.name for file in pages.iterdir()) == files
    replayed = ac.replay(json.loads((pages / "decay.log.json").read_text()))
    assert replayed.status == "proved"
    assert load_module((pages / "decay.py").read_text(), "published").self_test() == 0


def test_page_is_whole_and_tells_the_fit(both: tuple[Path, Result]) -> None:
    class Reader(HTMLParser):
        titles: list[str]
        scripts = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.scripts += tag == "script"

    folder, _ = both
    text = (folder / "pages" / "decay.html").read_text()
    reader = Reader()
    reader.feed(text)
    assert reader.scripts == 0 and text.rstrip().endswith("</html>")
    assert "Fitted states" in text and "Cost during the fit" in text and "discrete-adjoint" in text


def test_junit(both: tuple[Path, Result]) -> None:
    folder, _ = both
    suites = list(ElementTree.parse(folder / "out.xml").getroot())
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [("decay", "0"), ("slip", "1")]


def test_fit_moves_to_a_stationary_point(both: tuple[Path, Result], tmp_path: Path) -> None:
    """Solved again at what was found, by another method, the gradient is small against that of the start."""
    _, result = both
    found = one_document(result.stdout)["reports"][0]["fit"]
    problem = ac.read_toml(DECAY)
    module = ac.build(problem, target="torch", method="dop853")

    def largest(theta: Any) -> float:
        return float(module.value_and_gradient(theta=theta, rtol=1e-10, atol=1e-10)[1].theta.abs().max())

    assert largest(found["found"]) < 1e-5 * largest(found["start"])


def test_folder_without_statements(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("check", tmp_path, "--json")
    assert result.exit_code == one_document(result.stdout)["exit_code"] == 5 and "nothing checked" in result.stderr


def test_bad_statement_stops_before_the_work(invoke: Invoke, folder: Path) -> None:
    result = invoke("check", "right.toml", "bad.toml", "--report", "pages")
    assert result.exit_code == 2 and "bad.toml" in result.stderr and not Path("pages").exists()


def test_same_names_would_overwrite_each_other(invoke: Invoke, folder: Path) -> None:
    result = invoke("check", "right.toml", "wrong.toml", "--report", "pages")
    assert result.exit_code == 2 and "right.toml" in result.stderr and "wrong.toml" in result.stderr


@pytest.mark.parametrize(("measured", "code"), [(float("nan"), 1), (1.0, 1), (None, 3), (0.0, 0)])
def test_exit_code_follows_the_numbers(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch, measured: float | None, code: int
) -> None:
    row = battery.Row("planted", lambda case: judge("planted", measured, 0.5, "a planted figure"), "")
    monkeypatch.setattr(battery, "BATTERY", (row,))
    result = invoke("check", "right.toml")
    assert result.exit_code == code and "a planted figure" in result.stdout


def test_worst_statement_decides(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = battery.Row("planted", lambda case: judge("planted", 0.0, 0.5, "a planted figure"), "")
    monkeypatch.setattr(battery, "BATTERY", (row,))
    codes = {names: invoke("check", *(f"{name}.toml" for name in names)).exit_code for names in (("right", "open"), ("open", "wrong"))}
    assert codes == {("right", "open"): 3, ("open", "wrong"): 1}


def test_check_of_an_unfinishable_statement(invoke: Invoke, folder: Path) -> None:
    text = 'name = "blowup"\nhorizon = [0, 1.5]\n[states]\nx = { rate = "x**2", initial = "1" }\n[cost]\nterminal = "x"\n'
    (folder / "blowup.toml").write_text(text)
    result = invoke("check", "blowup.toml")
    assert result.exit_code == 3 and "inconclusive" in result.stdout and "Traceback" not in result.stderr


def test_demo_catches_the_planted_slip(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("demo")
    assert result.exit_code == 0, result.stderr
    assert "caught: not proved or passed: costate.x" in result.stdout and "the sign of the term" in " ".join(result.stdout.split())
    assert (tmp_path / "adjointcheck-demo" / "lotka_volterra.html").stat().st_size > 10_000


def test_demo_does_not_claim_what_it_did_not_see(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adjointcheck.cli.WRONG", ("costate.x", "-p_x*(a - b*y) - p_y*d*y"))
    monkeypatch.setattr(battery, "BATTERY", ())
    result = invoke("demo")
    assert result.exit_code == 4 and "NOT as promised" in result.stdout


def test_solve_fit_on_the_command_line(invoke: Invoke, folder: Path) -> None:
    result = invoke("solve", "right.toml", "--target", "torch", "--fit", "--json", "--method", "rk4", "--steps", "20")
    document = one_document(result.stdout)
    assert result.exit_code == 0 and document["fit"]["converged"]
    assert list(document["theta"].values()) == document["fit"]["found"]
    assert document["cost"] == pytest.approx(document["fit"]["cost_end"], rel=1e-12)
    assert "fit, iteration" in result.stderr


def test_a_fit_cut_short_is_inconclusive(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pipeline.fit
    monkeypatch.setattr(pipeline, "fit", lambda *given, **options: whole(*given, max_iterations=1, **options))
    result = invoke("solve", "right.toml", "--target", "torch", "--fit", "--json")
    assert result.exit_code == 3 and not one_document(result.stdout)["fit"]["converged"]


def test_the_result_is_told_where_its_page_has_no_place(invoke: Invoke, folder: Path) -> None:
    (folder / "taken").write_text("")
    result = invoke("check", "right.toml", "--report", "taken/pages")
    assert result.exit_code == 2 and result.stdout.startswith("decay") and "Checks" in result.stdout and "output" in result.stderr
