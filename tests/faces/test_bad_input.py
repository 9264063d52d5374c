"""The corpus of malformed statements through the command line: exit code 2, the place is named, nothing else is shown."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from small_statements import Invoke, one_document

CASES = runpy.run_path(str(Path(__file__).parents[1] / "problem" / "malformed.py"))["CASES"]
AS_TEXT = ("file without a folder", "a megabyte in one line")  # what a file meets is another limit


@pytest.mark.parametrize(
    ("text", "fragments"), [pytest.param(text, parts * (name not in AS_TEXT), id=name) for name, text, parts in CASES]
)
def test_malformed_statement(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fragments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    result = invoke("derive", "model.toml", "--json", "-o", "out.json")
    assert result.exit_code == 2
    error = one_document(result.stdout)["error"]
    message = f"{error['where']}: got {error['got']}; expected {error['expected']}. {error['to_do']}"
    assert message.startswith("model.toml") and [part for part in fragments if part not in message] == []
    lines = [f"  {name:<9} {error[name.replace(' ', '_')]}" for name in ("where", "got", "expected", "to do")]
    assert result.stderr.splitlines() == ["error", *(line for line in lines if len(line) > 12)]
    assert result.stderr.isascii() and result.stderr.replace("\n", "").isprintable()
    assert [file.name for file in tmp_path.iterdir()] == ["model.toml"]
