"""What the README shows is run; its two long commands are those that .ci/run takes from it."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from adjointcheck.cli import EPILOG
from adjointcheck.derive import derive
from adjointcheck.problem.convention import CONVENTION
from adjointcheck.problem.readers import _KEYS, read_toml
from adjointcheck.problem.validation import CLAIMS
from adjointcheck.trusted.verdict import Status

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


def test_two_commands_are_those_of_the_checks(tmp_path: Path) -> None:
    """The lines of .ci/run that read the README find its first two blocks, and they are one line each."""
    script = (ROOT / ".ci" / "run").read_text()
    (reader,) = re.findall(r"^readme\(\) .*$", script, re.MULTILINE)
    main_job, tests, *_ = blocks("sh")
    for number, block in ((1, main_job), (2, tests)):
        shown = subprocess.run(["bash", "-c", f"{reader}\nreadme {number}"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert shown.stdout == block and block.count("\n") == 1
        assert f'bash -euo pipefail -c "$(readme {number})"' in script
    assert "check lynx_hare --fit --report report" in main_job and "pytest" in tests


def test_notes_example(tmp_path: Path) -> None:
    result = run(["bash", "-euo", "pipefail", "-c", blocks("sh")[4]], tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "proved" in result.stdout and "refuted" not in result.stdout and list((tmp_path / "pages").glob("*.html"))


def test_theory_example(tmp_path: Path) -> None:
    result = run(["bash", "-euo", "pipefail", "-c", blocks("sh")[5]], tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "proved   bolza" in result.stdout and "refuted" not in result.stdout
    assert "State-triggered event" in (tmp_path / "event.html").read_text(encoding="utf-8")


def test_command_line_example(tmp_path: Path) -> None:
    result = run(["bash", "-euo", "pipefail", "-c", blocks("sh")[2]], tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "8 of 8 claims proved" in result.stdout and "pass  lotka_volterra, tsit5: dJ/dtheta" in result.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log.json", "lotka_volterra.py"]


def test_python_example(tmp_path: Path) -> None:
    result = run([sys.executable, "-c", blocks("python")[0]], tmp_path)
    assert result.returncode == 0, result.stderr
    assert "0.6220" in result.stdout and "0.2726" in result.stdout  # dJ/dtheta of this problem begins and ends so


def test_any_field_example(tmp_path: Path) -> None:
    """Against the closed form y = exp(-k (t + t^2/2)): at t = 2 the gradients are sums of -4 e and of -k (1 + t) e."""
    result = run([sys.executable, "-c", blocks("python")[1]], tmp_path)
    assert result.returncode == 0, result.stderr
    found = [float(number) for number in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", result.stdout)]
    k = (0.3, 2.0)
    ends = [each * math.exp(-4 * each) for each in k]
    wanted = [*(-4 * math.exp(-4 * each) for each in k), sum(ends), 0.0, -3 * sum(ends)]
    assert found == pytest.approx(wanted, abs=1e-4)


def test_conform_example(tmp_path: Path) -> None:
    result = run(["bash", "-euo", "pipefail", "-c", blocks("sh")[3]], tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "torchode-backsolve" in result.stdout and result.stdout.count("pass") >= 2


def test_the_statement_shows_every_key_and_is_proved() -> None:
    text = blocks("toml")[0]
    assert set(tomllib.loads(text)) == set(_KEYS)
    found = derive(read_toml(text))
    assert found.verdict.status is Status.PROVED and {name.partition(".")[0] for name, _ in found.problem.claims} == set(CLAIMS)


def test_pytest_example(tmp_path: Path) -> None:
    _, statement = blocks("toml")
    place = tmp_path / statement.splitlines()[0].removeprefix("# ")
    place.parent.mkdir()
    place.write_text(statement)
    (tmp_path / "test_model.py").write_text(blocks("python")[2])
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    result = run([sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"], tmp_path)
    assert result.returncode == 0, result.stdout
    for item in ("derivation", "costate.T", "gradient.k", "taylor"):
        assert re.search(rf"^derivations/cooling.toml::{item} +PASSED", result.stdout, re.MULTILINE)
    assert "test_model.py::test_cooling PASSED" in result.stdout


def test_conventions_are_those_of_the_package() -> None:
    table = README.split("## Conventions")[1]
    rows = [tuple(cell.strip(" `") for cell in line.strip("|").split(" | ")) for line in table.splitlines() if line.startswith("| `")]
    assert rows == [(row.symbol, row.meaning, row.formula) for row in CONVENTION]


def test_exit_codes_are_those_of_the_help() -> None:
    table = dict(re.findall(r"^\| (\d) \| (.*) \|$", README, re.MULTILINE))
    assert table == dict(re.findall(r"^  (\d)  (.*)$", EPILOG, re.MULTILINE)) and len(table) == 6


def test_no_machine_is_named() -> None:
    texts = [path.read_text() for path in (ROOT / "README.md", ROOT / ".ci" / "run", ROOT / "pyproject.toml", ROOT / "constraints.txt")]
    for word in ("/work", "/root", "/tmp/", "/home", "localhost"):
        assert not any(word in text for text in texts), word


def test_options_named_are_options_there(pytestconfig: pytest.Config) -> None:
    for ask, option in ((pytestconfig.getini, "adjointcheck_files"), (pytestconfig.getini, "adjointcheck_waive"),
                        (pytestconfig.getoption, "--adjointcheck-skip-numeric"), (pytestconfig.getoption, "--adjointcheck-report")):
        assert option in README
        ask(option)  # raises for one that nobody added


def test_the_language_is_that_of_the_grammar() -> None:
    from adjointcheck.expression.grammar import STATEMENT
    from adjointcheck.expression.table import FUNCTIONS

    section = README.split("## The language of a statement")[1].split("\n## ")[0]
    assert set(re.findall(r"[a-z]+", " ".join(re.findall(r"`([^`]*)`", section)))) >= FUNCTIONS
    assert f"at most {STATEMENT.exponent}, numbers at most {STATEMENT.digits} digits" in section
