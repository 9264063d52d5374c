"""`replay` and `check --isolated` judge files in children with limits; a file that meets one is unknown, never proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_statements import DECAY, Invoke

HARD = DECAY.replace("-k*x + sin(t)", "-k*x" + "".join(f"*abs(x - {i}*k)" for i in range(1, 12)))


EASY = """\
name = "easy"
horizon = [0, 1]
[states]
x = { rate = "-k*x", initial = "1" }
[parameters]
k = 0.7
[cost]
terminal = "x"
"""


def one_log(invoke: Invoke, folder: Path) -> dict[str, object]:
    invoke("derive", "right.toml", "--log", "log.json")
    return json.loads((folder / "log.json").read_text())


def test_a_log_that_meets_a_limit_is_unknown(invoke: Invoke, folder: Path) -> None:
    document = one_log(invoke, folder)
    document["steps"][5]["claim"]["x"] = "*".join(f"(x + {i}*t + k**{i % 7} + p_x)" for i in range(70))  # type: ignore[index]
    (folder / "log.json").write_text(json.dumps(document))
    result = invoke("replay", "log.json", "--seconds", 1)
    assert result.exit_code == 3 and "unknown  resource: " in result.stdout and "1 s of computing" in result.stdout
    found = json.loads(invoke("replay", "log.json", "--seconds", 1, "--json").stdout)
    assert found["verdict"] == "unknown" and found["reason"].startswith("resource: ") and found["steps"] == []


def test_a_log_that_wants_memory_is_unknown(invoke: Invoke, folder: Path) -> None:
    one_log(invoke, folder)
    assert invoke("replay", "log.json", "--memory", 0.05).exit_code == 3
    assert invoke("replay", "log.json", "--memory", 1).exit_code == 0


@pytest.mark.parametrize("text", ['{"schema_version": 1, "steps": [], "steps": []}', '{"a": {"b": 1, "b": 2}}'])
def test_a_key_given_twice_is_refused(invoke: Invoke, folder: Path, text: str) -> None:
    (folder / "log.json").write_text(text)
    result = invoke("replay", "log.json")
    assert result.exit_code == 2 and "twice in one object" in result.stderr


def test_other_encodings_and_pipes_are_refused(invoke: Invoke, folder: Path) -> None:
    import os

    log = json.dumps(one_log(invoke, folder))
    (folder / "wide.json").write_text(log, encoding="utf-16")
    (folder / "marked.json").write_text(log, encoding="utf-8-sig")
    os.mkfifo(folder / "pipe.json")
    assert [invoke("replay", f"{name}.json").exit_code for name in ("wide", "marked", "pipe")] == [2, 0, 2]


@pytest.mark.slow
def test_each_file_is_checked_apart(invoke: Invoke, folder: Path) -> None:
    """The hard one meets its limit, the other one is judged all the same; JSON and JUnit tell both."""
    (folder / "apart").mkdir()
    (folder / "apart" / "easy.toml").write_text(EASY)
    (folder / "apart" / "hard.toml").write_text(HARD)
    result = invoke("check", "apart", "--isolated", "--method", "heun", "--seconds", 8, "--junit", "out.xml", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == found["exit_code"] == 3
    assert [report["verdict"] for report in found["reports"]] == ["pass", "unknown"]
    assert (folder / "out.xml").read_text().count("<testsuite ") == 2 and "<error message=" in (folder / "out.xml").read_text()


def test_a_bad_file_keeps_its_exit_code(invoke: Invoke, folder: Path) -> None:
    assert invoke("check", "bad.toml", "--isolated", "--json").exit_code == 2
