"""The quick commands: what they print, what they write, and every exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from small_statements import Invoke, one_document

from adjointcheck import pipeline
from adjointcheck.errors import DisagreementError
from adjointcheck.problem import load

Spawn = Callable[..., subprocess.CompletedProcess[str]]
COMMANDS = ("check", "demo", "derive", "doctor", "generate", "replay", "selftest", "solve", "theory")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_documents_every_exit_code(invoke: Invoke, command: str) -> None:
    result = invoke(*([command] if command else []), "--help")
    assert result.exit_code == 0
    for code, word in enumerate(("passed", "refuted", "bad input", "unknown", "disagreement", "nothing checked")):
        assert any(line.split()[:1] == [str(code)] and word in line for line in result.stdout.splitlines())


def test_version(invoke: Invoke) -> None:
    assert invoke("--version").stdout.startswith("adjointcheck, version ")


@pytest.mark.parametrize(("name", "code", "word"), [("right", 0, "proved"), ("wrong", 1, "refuted"), ("open", 3, "unknown")])
def test_derive_verdicts(invoke: Invoke, folder: Path, name: str, code: int, word: str) -> None:
    result = invoke("derive", f"{name}.toml", "--json")
    document = one_document(result.stdout)
    assert (result.exit_code, document["verdict"], result.stderr) == (code, word, "") and document["exit_code"] == code
    assert {step["verdict"] for step in document["steps"]} <= {"proved", word}
    assert invoke("derive", f"{name}.toml").exit_code == code


def test_derive_tells_what_is_wrong(invoke: Invoke, folder: Path) -> None:
    claims = {claim["name"]: claim for claim in one_document(invoke("derive", "wrong.toml", "--json").stdout)["claims"]}
    wrong = claims.pop("gradient.k")
    assert {claim["verdict"] for claim in claims.values()} == {"proved"}
    assert wrong["verdict"] == "refuted" and "sign" in wrong["slip"]
    assert wrong["witness"]["left"] != wrong["witness"]["right"]
    text = " ".join(invoke("derive", "wrong.toml").stdout.split())
    assert wrong["slip"] in text and wrong["witness"]["left"] in text


FORMATS = {"text": "decay", "markdown": "# ", "html": "<!DOCTYPE html>", "latex": "\\documentclass", "json": "{"}


@pytest.mark.parametrize(("form", "start"), FORMATS.items())
def test_derive_formats_go_to_stdout_or_a_file(invoke: Invoke, folder: Path, form: str, start: str) -> None:
    shown = invoke("derive", "right.toml", "--format", form)
    assert shown.exit_code == 0 and shown.stdout.startswith(start)
    written = invoke("derive", "right.toml", "--format", form, "-o", "new/out")
    assert (written.stdout, written.stderr.strip()) == ("", f"wrote {Path('new/out')}")
    assert (folder / "new/out").read_text() == shown.stdout


def test_shipped_names(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "lotka_volterra" in invoke("derive", "lotka_volterra").stdout
    near = invoke("derive", "lotka_voltera")
    assert near.exit_code == 2 and "Did you mean lotka_volterra?" in near.stderr


def test_a_file_goes_before_a_shipped_name(invoke: Invoke, folder: Path) -> None:
    (folder / "lotka_volterra").write_text((folder / "right.toml").read_text())
    assert one_document(invoke("derive", "lotka_volterra", "--json").stdout)["name"] == "decay"


def test_log_is_replayed_without_sympy(invoke: Invoke, folder: Path) -> None:
    assert invoke("derive", "wrong.toml", "--log", "log.json").exit_code == 1
    script = "import sys; sys.modules.update(sympy=None, torch=None); from adjointcheck.cli import main; main()"
    command = [sys.executable, "-c", script, "replay", "log.json", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    document = one_document(result.stdout)
    assert (result.returncode, document["verdict"], document["first_wrong"]) == (1, "refuted", "")
    assert [claim["name"] for claim in document["claims"] if claim["verdict"] != "proved"] == ["gradient.k"]
    derived = one_document(invoke("derive", "wrong.toml", "--json").stdout)
    for kind, key in (("steps", "id"), ("claims", "name")):
        assert [(row[key], row["verdict"]) for row in document[kind]] == [(row[key], row["verdict"]) for row in derived[kind]]


def test_replay_compares_and_never_believes_the_log(invoke: Invoke, folder: Path) -> None:
    invoke("derive", "right.toml", "--log", "log.json")
    log = json.loads((folder / "log.json").read_text())
    (step,) = (step for step in log["steps"] if step["rule"] == "choose_costate")
    step["claim"]["x"] = f"-({step['claim']['x']})"
    (folder / "log.json").write_text(json.dumps(log))
    result = invoke("replay", "log.json")
    assert result.exit_code == 1
    (line,) = (line for line in result.stdout.splitlines() if line.split()[1] == step["id"])
    assert "refuted" in line and "the log says proved" in line
    assert one_document(invoke("replay", "log.json", "--json").stdout)["first_wrong"] == step["id"]


@pytest.mark.parametrize(
    ("text", "place"),
    [("", "line 1, column 1"), ("{", "line 1"), ("[]", "log.json"), ("{}", "schema_version"), ('{"schema_version": 99}', "99"),
     ("[" * 100_000, "log.json"), ("\x00", "line 1"), ('{"schema_version": 1, "statement": []}', "log"), ("\udcff", "log.json")],
)  # fmt: skip
def test_bad_logs(invoke: Invoke, folder: Path, text: str, place: str) -> None:
    (folder / "log.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = invoke("replay", "log.json", "--json")
    assert result.exit_code == 2 and place in result.stderr and "Traceback" not in result.stderr
    assert one_document(result.stdout)["exit_code"] == 2


def test_a_foreign_log_is_told_by_its_name(invoke: Invoke, folder: Path) -> None:
    (folder / "foreign.json").write_text('{"a": 1}')
    result = invoke("replay", "foreign.json")
    assert result.exit_code == 2 and "foreign.json: log" in result.stderr


def test_a_division_by_zero_is_told_as_one(invoke: Invoke, folder: Path) -> None:
    (folder / "zero.toml").write_text((folder / "right.toml").read_text().replace('rate = "-k*x', 'rate = "-k*x/(t - t)'))
    assert "a division by zero" in invoke("derive", "zero.toml").stderr


def test_generate_to_stdout_and_to_a_file(invoke: Invoke, folder: Path) -> None:
    shown = invoke("generate", "right.toml", "--method", "rk4")
    assert shown.exit_code == 0 and "import torch" in shown.stdout
    assert invoke("generate", "right.toml", "--method", "rk4", "-o", "module.py").stdout == ""
    assert (folder / "module.py").read_text() == shown.stdout == pipeline.generate(load("right.toml"), method="rk4")


def test_generate_tells_an_open_derivation(invoke: Invoke, folder: Path) -> None:
    result = invoke("generate", "open.toml", "-o", "module.py")
    assert result.exit_code == 3 and "derivation unknown" in result.stderr and (folder / "module.py").exists()


def test_a_wrong_claim_does_not_spoil_the_module(invoke: Invoke, folder: Path) -> None:
    assert invoke("generate", "wrong.toml", "-o", "module.py").exit_code == 0


@pytest.mark.parametrize(("option", "value"), [("--target", "fortran"), ("--method", "rk5")])
def test_generate_refuses_what_it_does_not_know(invoke: Invoke, folder: Path, option: str, value: str) -> None:
    result = invoke("generate", "right.toml", option, value, "-o", "module.py")
    assert result.exit_code == 2 and value in result.stderr and not (folder / "module.py").exists()


def test_generated_text_does_not_depend_on_the_hash_seed(folder: Path) -> None:
    command = [sys.executable, "-m", "adjointcheck", "generate", "right.toml"]
    texts = {subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
             for seed in ("0", "1")}  # fmt: skip
    assert len(texts) == 1 and b"def solve" in texts.pop()


def test_generated_module_runs_where_there_is_only_torch(invoke: Invoke, folder: Path) -> None:
    invoke("generate", "right.toml", "-o", "module.py")
    blocked = ("adjointcheck", "numpy", "scipy", "flint", "click", "rich", "matplotlib")  # torch itself needs sympy
    script = f"import runpy, sys; sys.modules.update(dict.fromkeys({blocked})); sys.argv[:] = ['module.py', '--self-test']; "
    script += "runpy.run_path('module.py', run_name='__main__')"
    result = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "pass" in result.stdout and "FAIL" not in result.stdout


def test_solve_prints_and_writes_the_same(invoke: Invoke, folder: Path) -> None:
    result = invoke("solve", "right.toml", "--json", "-o", "out.json")
    document = one_document(result.stdout)
    assert result.exit_code == 0 and (folder / "out.json").read_text() == result.stdout
    assert document["status"] == "finished" and document["fit"] is None and document["derivation"] == "proved"
    assert document["times"][0] == 0.0 and document["times"][-1] == 1.0
    assert len(document["times"]) == len(document["states"]["x"]) == document["accepted"] + 1
    assert document["states"]["x"][-1] == document["x1"]["x"]
    people = invoke("solve", "right.toml", "--target", "torch").stdout
    assert "x(t1)" in people and "last state" not in people and "finished;" in people
    assert f"{document['cost']:.10g}" in people and f"{document['gradient']['theta']['k']:.10g}" in people


def test_a_solution_shows_itself_in_a_line(folder: Path) -> None:
    """Numbers and counts, without the record of every time step."""
    module = pipeline.build(load("right.toml"), target="torch")
    assert "x1=" in repr(module.solve()) and len(repr(module.solve())) < 400


def test_solve_tells_what_became_of_the_claims(invoke: Invoke, folder: Path) -> None:
    result = invoke("solve", "wrong.toml", "--target", "torch")
    assert result.exit_code == 1 and "derivation proved; 1 of 3 claims refuted; finished" in result.stdout
    assert "claim" not in invoke("solve", "right.toml", "--target", "torch").stdout


@pytest.mark.parametrize("line", ["derive free.toml", "solve free.toml --target torch", "check free.toml"])
def test_a_statement_without_a_cost_is_remarked(invoke: Invoke, folder: Path, line: str) -> None:
    (folder / "free.toml").write_text('name = "free"\nhorizon = [0, 1]\n[states]\nx = { rate = "-x", initial = "1" }\n')
    result = invoke(*line.split())
    assert result.exit_code == 0 and result.stdout.count("cost: the statement has none") == 1
    assert "has none" not in invoke(*line.replace("free", "right").split()).stdout


def test_solve_gradient_is_the_slope_of_the_cost(invoke: Invoke, folder: Path) -> None:
    """An independent difference quotient, of the whole command, in one parameter."""

    def document(k: str) -> dict[str, Any]:
        (folder / "moved.toml").write_text((folder / "right.toml").read_text().replace("k = 0.7\n", f"k = {k}\n"))
        return one_document(invoke("solve", "moved.toml", "--target", "torch", "--json", "--rtol", "1e-11", "--atol", "1e-11").stdout)

    ahead, behind = document("0.7001"), document("0.6999")
    quotient = (ahead["cost"] - behind["cost"]) / 2e-4
    assert document("0.7")["gradient"]["theta"]["k"] == pytest.approx(quotient, rel=1e-7)


def test_solve_with_equal_time_steps(invoke: Invoke) -> None:
    for options, count in ((["--steps", "80"], 80), ([], pipeline.TIME_STEPS)):
        document = one_document(invoke("solve", "lotka_volterra", "--target", "torch", "--json", "--method", "rk4", *options).stdout)
        assert document["accepted"] == count
        gaps = {round(b - a, 9) for a, b in pairwise(document["times"])}
        assert gaps == {round(10 / count, 9)}


def test_solve_holds_controls_at_their_guess(invoke: Invoke) -> None:
    """J of the linear-quadratic statement by another integrator, w(t) by its formula and not by its nodes."""
    from math import cos

    from scipy.integrate import solve_ivp

    def rate(t: float, z: Any) -> list[float]:
        position, velocity, _ = z
        w = cos(2 * t) / 3 - 0.1
        return [velocity, 1.5 * w - 2 * position - 0.3 * velocity, (position**2 + velocity**2 / 2 + 0.4 * w**2) / 2]

    position, velocity, running = solve_ivp(rate, (0, 3), [1, -0.5, 0], rtol=1e-10, atol=1e-10).y[:, -1]
    cost = running + (3 * position**2 + position * velocity + velocity**2) / 2
    document = one_document(invoke("solve", "linear_quadratic", "--target", "torch", "--json", "--rtol", "1e-9", "--atol", "1e-9").stdout)
    # Between nodes the straight line misses w(t) by at most max|w''| (T/64)^2 / 8, less than 4e-4.
    assert document["cost"] == pytest.approx(cost, rel=1e-3)


def test_unfinished_solution_fails(invoke: Invoke, folder: Path) -> None:
    (folder / "blowup.toml").write_text('name = "blowup"\nhorizon = [0, 2]\n[states]\nx = { rate = "x**2", initial = "1" }\n')
    result = invoke("solve", "blowup.toml", "--target", "torch", "--json")
    document = one_document(result.stdout)
    assert result.exit_code == 1 and document["status"] != "finished" and document["cost"] == "nan"
    assert len(document["times"]) == len(document["states"]["x"]) == document["accepted"] + 1
    assert document["states"]["x"][-1] == document["x1"]["x"] and document["times"][-1] == pytest.approx(1, abs=1e-4)
    people = invoke("solve", "blowup.toml", "--target", "torch").stdout
    assert f"{document['status']} at t = 0.99999" in people or f"{document['status']} at t = 1" in people
    assert "last state" in people and "x(t1)" not in people


def test_parameter_without_a_value(invoke: Invoke, folder: Path) -> None:
    text = (folder / "right.toml").read_text().replace("k = 0.7\n", "").replace("horizon", 'parameters = ["k", "size"]\nhorizon')
    (folder / "bare.toml").write_text(text.replace("[parameters]\nsize = 1.5\n", ""))
    result = invoke("solve", "bare.toml", "--target", "torch")
    assert result.exit_code == 2 and "parameter k" in result.stderr


def test_doctor(invoke: Invoke) -> None:
    document = one_document(invoke("doctor", "--json").stdout)
    rows = {row["name"]: row for row in document["rows"]}
    assert document["healthy"] and rows["sympy"]["status"] == rows["torch build"]["status"] == "ok"
    assert {"compiler", "cache folder", "python", "python-flint"} <= set(rows)


def test_doctor_says_what_is_missing(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    found = metadata.version

    def version(name: str) -> str:
        if name in ("python-flint", "hypothesis"):
            raise metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(metadata, "version", version)
    result = invoke("doctor", "--json")
    rows = {row["name"]: row for row in one_document(result.stdout)["rows"]}
    assert result.exit_code == 1 and rows["python-flint"]["status"] == "missing" and rows["hypothesis"]["status"] == "optional"
    assert "pip install python-flint" in invoke("doctor").stdout


@pytest.mark.parametrize("line", ["derive", "derive right.toml --format pdf", "solve right.toml --rtol 0", "dance", "check"])
def test_wrong_usage(invoke: Invoke, folder: Path, line: str) -> None:
    result = invoke(*line.split())
    assert result.exit_code == 2 and "Usage:" in result.stderr and result.stdout == ""


def test_disagreement_of_our_own_codes(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disagree(_: object) -> None:
        raise DisagreementError("zero test", "0 and 1", "the same answer of both codes")

    monkeypatch.setattr(pipeline, "derive", disagree)
    result = invoke("derive", "right.toml", "--json")
    assert result.exit_code == one_document(result.stdout)["exit_code"] == 4 and "zero test" in result.stderr


def test_a_defect_is_told_as_one(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "derive", lambda problem: {}["missing"])
    result = invoke("derive", "right.toml")
    assert result.exit_code == 4 and "KeyError" in result.stderr and "please report it" in result.stderr


def test_interrupt(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt  # raised, not signalled: a shell may have this process ignore SIGINT

    monkeypatch.setattr(pipeline, "derive", interrupt)
    result = invoke("derive", "right.toml", "-o", "out.txt")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n") and not (folder / "out.txt").exists()


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "adjointcheck", "derive", "right.toml", "--format", "html"]
    result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere.toml", "no such file"), (".", "a directory"), ("bad.toml", "kk"), ("\0", "null"), ("", "no such file"),
     ("x" * 5000, "no such file")],
)  # fmt: skip
def test_bad_paths(invoke: Invoke, folder: Path, path: str, words: str) -> None:
    for command in ("derive", "generate", "solve"):
        result = invoke(command, path)
        assert result.exit_code == 2 and words in result.stderr and "Traceback" not in result.stderr and result.stdout == ""


@pytest.mark.parametrize("output", [".", "right.toml/out", "missing\0name"])
@pytest.mark.parametrize("line", ["derive right.toml -o", "derive right.toml --log", "generate right.toml -o", "solve right.toml -o"])
def test_bad_outputs(invoke: Invoke, folder: Path, line: str, output: str) -> None:
    result = invoke(*line.split(), output)
    assert result.exit_code == 2 and "output" in result.stderr and "Traceback" not in result.stderr


def test_no_colour_off_a_terminal(spawn: Spawn, folder: Path) -> None:
    result = spawn("derive", "wrong.toml")
    assert result.returncode == 1 and "\x1b" not in result.stdout + result.stderr


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_on_a_terminal(folder: Path, environment: dict[str, str], coloured: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-m", "adjointcheck", "derive", "wrong.toml"]
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env={**kept, "TERM": "xterm-256color", **environment})
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # how a closed terminal reads on Linux
    os.close(ours)
    assert process.wait() == 1 and b"refuted" in shown
    assert (b"\x1b[1;31m" in shown or b"\x1b[31m" in shown) is coloured
