"""The pytest plugin, run by pytest on small projects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from small_statements import DECAY, OPEN, RunPytest, wrong

from adjointcheck.check import battery

Project = Callable[..., pytest.Pytester]
CHECKS = {"emitted-text", "discrete-adjoint", "taylor", "repeatability"}  # some of them


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """A project with statements in derivations/, by name, and an ini file."""

    def make(ini: str = "", **texts: str) -> pytest.Pytester:
        pytester.makeini(f"[pytest]\n{ini}")
        folder = pytester.mkdir("derivations")
        for name, text in texts.items():
            (folder / f"{name}.toml").write_text(text)
        return pytester

    return make


def verdicts(result: pytest.RunResult) -> dict[str, str]:
    """Outcome by node, from -v or -rA lines."""
    rows = (line.split() for line in result.stdout.lines if "::" in line)
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[1] in ("PASSED", "FAILED", "XFAIL", "SKIPPED")}


def test_one_item_for_each_thing(project: Project, run_pytest: RunPytest) -> None:
    project(decay=DECAY)
    result = run_pytest("--collect-only", "-q")
    items = [line.split("::")[1] for line in result.outlines if line.startswith("derivations/decay.toml::")]
    assert items[:4] == ["derivation", "costate.x", "terminal.x", "gradient.k"]
    assert set(items[4:]) >= CHECKS and len(items) == len(set(items))


def test_verdicts_and_words(project: Project, run_pytest: RunPytest) -> None:
    project(right=DECAY, wrong=wrong(), open=OPEN)
    result = run_pytest("-v", "--adjointcheck-skip-numeric")
    found = verdicts(result)
    assert {node for node, word in found.items() if word == "FAILED"} == {
        "derivations/open.toml::derivation", "derivations/wrong.toml::gradient.k"
    }  # fmt: skip
    assert set(found.values()) == {"PASSED", "FAILED"} and len(found) == 4 + 4 + 1
    text = result.stdout.str()
    assert "refuted: claim gradient.k" in text and "against" in text and "likely slip" in text
    assert "unknown: step" in text and "moment" in text
    assert "Traceback" not in text and "pytest_plugin.py" not in text and result.ret == pytest.ExitCode.TESTS_FAILED


def test_numeric_items_pass_and_carry_their_figures(project: Project, run_pytest: RunPytest, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the dearest ones, which the statements in derivations/ have here as items."""
    dear = ("continuous-adjoint", "agreement", "invariants", "high-precision")
    monkeypatch.setattr(battery, "BATTERY", tuple(row for row in battery.BATTERY if row.name not in dear))
    project(decay=DECAY)
    result = run_pytest("-v", "--junit-xml=out.xml", "--adjointcheck-report=pages")
    found = verdicts(result)
    assert set(found.values()) == {"PASSED"} and f"{len(found)} passed" in result.stdout.str()
    assert CHECKS | {"report"} <= {node.split("::")[1] for node in found}
    (case,) = (case for case in ElementTree.parse("out.xml").iter("testcase") if case.get("name") == "discrete-adjoint")
    figures = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert float(figures["measured"] or "nan") <= float(figures["threshold"] or "nan")
    assert sorted(file.name for file in Path("pages").iterdir()) == ["decay.html", "decay.log.json", "decay.py"]


def test_a_failed_check_shows_its_line(project: Project, run_pytest: RunPytest) -> None:
    planted = """
        import pytest
        from adjointcheck.check import battery, verdict

        @pytest.fixture(autouse=True, scope="session")
        def planted():
            pass

        def failing(case):
            return verdict.judge("taylor", float("nan"), 1e-7, "a planted figure")

        battery.BATTERY = tuple(battery.Row(r.name, failing if r.name == "taylor" else r.function, r.why) for r in battery.BATTERY)
    """
    folder = project(decay=DECAY)
    folder.makeconftest(planted)
    result = run_pytest("-v", "-k", "taylor or tableau")
    assert verdicts(result) == {"derivations/decay.toml::emitted-tableau": "PASSED", "derivations/decay.toml::taylor": "FAILED"}
    assert "fail: check taylor: a planted figure; not a number" in result.stdout.str()


@pytest.mark.parametrize("name", ["derivation", "derivations/open.toml::derivation"])
def test_what_is_open_can_be_waived_by_name(project: Project, run_pytest: RunPytest, name: str) -> None:
    project(f"adjointcheck_waive = taylor {name}", open=OPEN)
    result = run_pytest("-rx", "--adjointcheck-skip-numeric")
    result.assert_outcomes(xfailed=1)
    assert "waived" in result.stdout.str() and "moment" in result.stdout.str()


@pytest.mark.parametrize("name", ["other", "derivations/other.toml::derivation", "derivations/open.toml"])
def test_a_waiver_covers_what_it_names(project: Project, run_pytest: RunPytest, name: str) -> None:
    project(f"adjointcheck_waive = {name}", open=OPEN)
    run_pytest("--adjointcheck-skip-numeric").assert_outcomes(failed=1)


def test_what_is_refuted_cannot_be_waived(project: Project, run_pytest: RunPytest) -> None:
    project("adjointcheck_waive = gradient.k", wrong=wrong())
    result = run_pytest("--adjointcheck-skip-numeric")
    result.assert_outcomes(passed=3, failed=1)


def test_a_bad_statement_is_one_failing_item_with_its_place_and_the_others_go_on(project: Project, run_pytest: RunPytest) -> None:
    project(bad=DECAY.replace("-k*x", "-kk*x"), broken="name = ", right=DECAY)
    result = run_pytest("-v", "--adjointcheck-skip-numeric")
    result.assert_outcomes(failed=2, passed=4)
    found = verdicts(result)
    assert found["derivations/bad.toml::statement"] == found["derivations/broken.toml::statement"] == "FAILED"
    text = result.stdout.str()
    assert "rate of x" in text and "kk" in text and "broken.toml, " in text and "Traceback" not in text and "readers.py" not in text


def test_nothing_else_is_claimed(project: Project, run_pytest: RunPytest) -> None:
    project(decay=DECAY)
    for place in ("pyproject.toml", "derivations/deep/x.toml", "other/derivations/x.toml", "derivations/notes.txt", "statements/x.toml"):
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).write_text("[tool]\n")
    result = run_pytest("--collect-only", "-q", "--adjointcheck-skip-numeric")
    assert {line.split("::")[0] for line in result.outlines if "::" in line} == {"derivations/decay.toml"}


def test_patterns_can_be_chosen(project: Project, run_pytest: RunPytest) -> None:
    folder = project("adjointcheck_files = models/*.toml derivations/a*.toml", a=DECAY, b=DECAY)
    folder.mkdir("models").joinpath("c.toml").write_text(DECAY)
    result = run_pytest("--collect-only", "-q", "--adjointcheck-skip-numeric")
    assert {line.split("::")[0] for line in result.outlines if "::" in line} == {"derivations/a.toml", "models/c.toml"}


def test_plugin_can_be_switched_off(project: Project, run_pytest: RunPytest) -> None:
    project(decay=DECAY)
    assert run_pytest("-p", "no:adjointcheck").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_marker(project: Project, run_pytest: RunPytest) -> None:
    folder = project(decay=DECAY)
    folder.makepyfile("def test_other(): pass")
    run_pytest("-m", "adjointcheck", "--strict-markers", "--adjointcheck-skip-numeric").assert_outcomes(passed=4, deselected=1)


def test_plugin_is_light_where_there_are_no_statements(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the plugins of others, some of which load torch."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    folder = project()
    folder.makepyfile("""
        import sys

        def test_light():
            assert "adjointcheck.pytest_plugin" in sys.modules
            assert {"torch", "sympy", "numpy", "flint", "adjointcheck.problem"} & set(sys.modules) == set()
    """)
    folder.runpytest("-p", "adjointcheck.pytest_plugin").assert_outcomes(passed=1)


@pytest.mark.parametrize("spread", ["load", pytest.param("loadgroup", marks=pytest.mark.campaign)])
def test_spread_over_processes(project: Project, spread: str) -> None:
    result = project(right=DECAY, wrong=wrong()).runpytest("-n", "2", "--dist", spread, "--adjointcheck-skip-numeric")
    result.assert_outcomes(passed=7, failed=1)


def test_statements_of_one_project_do_not_meet(project: Project, run_pytest: RunPytest) -> None:
    """Two statements with the same name, in different files, keep their own verdicts."""
    project(a=DECAY, b=wrong())
    result = run_pytest("-v", "--adjointcheck-skip-numeric")
    assert verdicts(result)["derivations/a.toml::gradient.k"] == "PASSED"
    assert verdicts(result)["derivations/b.toml::gradient.k"] == "FAILED"
