"""The target on the command line and in the pipeline: which commands take which, and what doctor says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import adjointcheck as ac
from adjointcheck.cli import main
from adjointcheck.solve import native_build
from adjointcheck.solve.native_doctor import explain


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="adjointcheck")


def rows() -> dict[str, tuple[bool, str, str]]:
    return {row.name: (row.fine, row.found, row.todo) for row in explain()}


def test_doctor_explains_the_native_target(empty_cache: Path, compiler: str) -> None:
    found = rows()
    assert found["compiler"][0] and compiler in found["compiler"][1]
    assert native_build.WANTED[0][0] in found["native flags"][1] and "-shared" in found["native flags"][1]
    assert found["OpenMP"][1].endswith("processors") and "doubles" in found["vector width"][1]
    assert found["cache folder"] == (True, f"{empty_cache} (nothing is kept there yet)", "")
    assert "CUDA" in found
    document = json.loads(invoke("doctor", "--json").stdout)
    assert {row["name"]: row["found"] for row in document["rows"]}.items() >= {name: words for name, (_, words, _) in found.items()}.items()


def test_doctor_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    found = rows()
    assert found["compiler"][0] is False and "Install g++ or clang++" in found["compiler"][2]
    assert found["cache folder"][0] is False and "Set XDG_CACHE_HOME" in found["cache folder"][2]
    assert "native flags" not in found
    assert invoke("doctor").exit_code == 0


def test_doctor_names_refused_flags(tmp_path: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "without"
    script.write_text(f'#!/bin/sh\nfor a in "$@"; do [ "$a" = -fopenmp ] && {{ echo "error: no $a"; exit 1; }}; done\nexec {compiler} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    found = rows()
    assert found["native flags"][1].endswith("; refused: -fopenmp") and found["OpenMP"][0] is False


def test_generate_prints_the_text_of_either_target(tmp_path: Path) -> None:
    out = tmp_path / "kernel.cpp"
    assert invoke("generate", "lotka_volterra", "--target", "native", "-o", str(out)).exit_code == 0
    assert out.read_text() == ac.generate(ac.load("lotka_volterra"), target="native") and "adjointcheck_solve_f64" in out.read_text()
    refused = invoke("generate", "lotka_volterra", "--target", "native", "--check")
    assert refused.exit_code == 2 and "check --target native" in refused.stderr


def test_unknown_targets_are_refused() -> None:
    for command in ("check", "solve", "generate"):
        assert invoke(command, "lotka_volterra", "--target", "fortran").exit_code == 2


def test_solve_gives_the_same_on_both_targets(compiler: str) -> None:
    found = {}
    for target in ("native", "torch"):
        done = invoke("solve", "lotka_volterra", "--json", "--target", target)
        assert done.exit_code == 0
        found[target] = json.loads(done.stdout)
    ours, theirs = found["native"], found["torch"]
    assert ours["accepted"] == theirs["accepted"] and ours["cost"] == pytest.approx(theirs["cost"], rel=1e-10)
    assert ours["gradient"]["theta"] == pytest.approx(theirs["gradient"]["theta"], rel=1e-9)
    assert ours["times"] == pytest.approx(theirs["times"], rel=1e-9)


def test_fit_on_the_native_target(compiler: str) -> None:
    problem = ac.load("lotka_volterra")
    modules = [ac.build(problem, target=target) for target in ("native", "torch")]
    ours, theirs = (ac.fit(problem, module, max_iterations=2) for module in modules)
    assert ours.cost_start == pytest.approx(theirs.cost_start, rel=1e-10) and ours.found == pytest.approx(theirs.found, rel=1e-6)


@pytest.mark.campaign
def test_check_measures_the_native_target_where_it_is_asked_for(compiler: str) -> None:
    document = json.loads(invoke("check", "lotka_volterra", "--json", "--target", "native").stdout)
    (report,) = document["reports"]
    (found,) = [check for check in report["checks"] if check["name"] == "native-target"]
    assert found["outcome" if "outcome" in found else "verdict"] == "pass", found
