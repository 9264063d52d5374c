"""Where results go: never over an input, never into silence; and wrong lines told in the form that was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from small_statements import DECAY, Invoke, one_document

Spawn = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = [sys.executable, "-m", "adjointcheck"]
FULL = Path("/dev/full")
FROM_FILE = DECAY.replace('times = [0.25, 1]\ndata = { seen = [1.2, 0.6] }', 'file = "seen.csv"\ntime = "when"')


@pytest.mark.parametrize("link", [False, True], ids=["itself", "through a link"])
@pytest.mark.parametrize("line", [
    "derive right.toml -o OUT", "derive right.toml --log OUT", "generate right.toml -o OUT", "solve right.toml -o OUT",
    "check right.toml --junit OUT", "check right.toml --isolated --junit OUT", "check . --junit OUT",
])  # fmt: skip
def test_no_output_overwrites_the_statement(invoke: Invoke, folder: Path, line: str, link: bool) -> None:
    for name in ("bad", "wrong", "open"):
        (folder / f"{name}.toml").unlink()
    os.symlink("right.toml", folder / "link.txt")
    result = invoke(*line.replace("OUT", "link.txt" if link else "./right.toml").split())
    assert result.exit_code == 2 and "the same file as the input" in result.stderr and "Traceback" not in result.stderr
    assert (folder / "right.toml").read_text() == DECAY and (folder / "link.txt").is_symlink()


def test_a_data_file_and_a_page_are_inputs_and_outputs_too(invoke: Invoke, folder: Path) -> None:
    (folder / "decay.py").write_text(FROM_FILE)  # the module of the page would be written here
    (folder / "seen.csv").write_text("when,seen\n0.25,1.2\n1,0.6\n")
    assert invoke("derive", "decay.py", "-o", "out.txt").exit_code == 0
    for line in ("derive decay.py -o seen.csv", "check decay.py --report ."):
        result = invoke(*line.split())
        assert result.exit_code == 2 and "the same file as the input" in result.stderr
    assert (folder / "seen.csv").read_text().startswith("when") and (folder / "decay.py").read_text() == FROM_FILE


def test_an_old_output_is_replaced(invoke: Invoke, folder: Path) -> None:
    """Only inputs are kept."""
    (folder / "out.txt").write_text("old")
    assert invoke("derive", "right.toml", "-o", "out.txt").exit_code == 0 and "decay" in (folder / "out.txt").read_text()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "NaN"])
@pytest.mark.parametrize("line", [
    "solve right.toml --rtol", "solve right.toml --atol", "replay right.toml --seconds", "replay right.toml --memory",
    "check right.toml --isolated --seconds", "check right.toml --isolated --memory",
])  # fmt: skip
def test_numbers_of_options_are_finite(invoke: Invoke, folder: Path, line: str, value: str) -> None:
    result = invoke(*line.split(), value)
    assert result.exit_code == 2 and f"{value} is not a finite number" in result.stderr and result.stdout == ""


@pytest.mark.parametrize("line", ["derive --bogus --json", "--bogus --json", "dance --json", "solve right.toml --json --rtol nan", "check --json",
                                  "derive --json right.toml more"])
def test_a_wrong_line_is_a_document_too(invoke: Invoke, folder: Path, line: str) -> None:
    result = invoke(*line.split())
    document = one_document(result.stdout)
    assert result.exit_code == document["exit_code"] == 2 and "Usage:" in result.stderr
    assert set(document["error"]) == {"where", "got", "expected", "to_do"} and document["error"]["got"] in result.stderr


def test_json_after_two_dashes_is_a_file(invoke: Invoke, folder: Path) -> None:
    result = invoke("derive", "right.toml", "--", "--json")
    assert result.exit_code == 2 and result.stdout == "" and "Usage:" in result.stderr


def run(folder: Path, *arguments: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A command below `shell`, a redirection that is written after it."""
    line = ["bash", "-o", "pipefail", "-c", f'"$@" {shell}', "bash", *COMMAND, *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **environment})


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("line", ["derive right.toml", "derive right.toml --json", "generate right.toml", "--help", "derive --help", "doctor"])
def test_a_full_disk_is_told_in_a_line(folder: Path, line: str) -> None:
    found = run(folder, *line.split(), shell="> /dev/full")
    assert found.returncode == 2 and found.stderr.splitlines()[-1] == "error: stdout: No space left on device"
    assert "Traceback" not in found.stderr and "Exception" not in found.stderr


@pytest.mark.parametrize("line", ["derive right.toml", "derive right.toml --json"])
def test_a_closed_stdout_is_told_in_a_line(folder: Path, line: str) -> None:
    found = run(folder, *line.split(), shell=">&-")
    assert found.returncode == 2 and found.stderr == "error: stdout: closed, and there is a result to print\n"


def test_a_closed_stdout_harms_nobody_who_prints_nothing(folder: Path) -> None:
    found = run(folder, "derive", "right.toml", "-o", "out.txt", shell=">&-")
    assert (found.returncode, found.stderr) == (0, "wrote out.txt\n") and "decay" in (folder / "out.txt").read_text()


@pytest.mark.parametrize("line", ["derive right.toml", "derive right.toml --json", "generate right.toml"])
def test_a_reader_that_stops_early(folder: Path, line: str) -> None:
    """The first line, and the code of a closed pipe, whether rich or click was writing."""
    found = run(folder, *line.split(), shell="| exec 0<&-")
    assert found.returncode == 141 and "Traceback" not in found.stderr


@pytest.mark.parametrize("columns", ["0", "1", "-5", "x"])
def test_columns_of_no_use_are_not_used(folder: Path, columns: str) -> None:
    found = run(folder, "derive", "right.toml", COLUMNS=columns)
    assert found.returncode == 0 and "transversality" in found.stdout.lower()


def test_a_long_number_is_not_echoed(invoke: Invoke, folder: Path) -> None:
    (folder / "long.toml").write_text(DECAY.replace("k = 0.7", "k = 1e400"))
    result = invoke("derive", "long.toml")
    assert result.exit_code == 2 and "has 401 digits" in result.stderr and "0000" not in result.stderr


@pytest.mark.parametrize("line", ["--help", "derive --help"])
def test_help_shows_the_language(invoke: Invoke, line: str) -> None:
    from adjointcheck.expression.table import FUNCTIONS

    words = set(invoke(*line.split()).stdout.replace("(", " ").split())
    assert words >= FUNCTIONS | {"and,", "or,", "not", "<=", "pi"}
