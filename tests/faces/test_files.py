"""Output is whole or absent, and failures to write are told like bad input."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from adjointcheck import files
from adjointcheck.errors import AdjointCheckError


def test_missing_folders_are_made(tmp_path: Path) -> None:
    target = files.write_text(tmp_path / "a" / "b" / "out.txt", "x\n\u03b8")
    assert target.read_bytes() == b"x\n\xce\xb8"


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.txt"
    files.write_text(target, "old")

    def interrupt(source: str, destination: object) -> None:
        assert Path(source).read_text() == "new"
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_text(target, "new")
    assert target.read_text() == "old" and [file.name for file in tmp_path.iterdir()] == ["out.txt"]


def test_mode_is_kept_or_that_of_new_files(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    assert _mode(files.write_text(tmp_path / "new", "")) == _mode(plain)
    plain.chmod(0o640)
    assert _mode(files.write_text(plain, "")) == 0o640


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    files.write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"


def test_a_device_is_written_to_and_not_replaced() -> None:
    files.write_text("/dev/null", "gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("name", [".", "file/out", "\0", "x" * 300])
def test_what_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AdjointCheckError, match="output"):
        files.write_text(f"{tmp_path}/{name}", "text")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_huge_log_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.json").write_text("{}" + " " * 100)
    assert files.read_json(tmp_path / "log.json") == {}
    monkeypatch.setattr(files, "LOG_BYTES", 50)
    with pytest.raises(AdjointCheckError, match="more than 50 bytes"):
        files.read_json(tmp_path / "log.json")
