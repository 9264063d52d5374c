"""Building: one entry for each text, compiler and CPU; kept whole through kills, crowds, corruption and locked folders."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import handmade
import pytest

from adjointcheck.errors import CodegenError
from adjointcheck.solve import native_build
from adjointcheck.solve.native_build import NativeUnavailable, build_library, entry_key

SMALL = 'extern "C" int answer() { return 42; }\n'
ROOT = Path(__file__).parents[2]


def answer(path: Path) -> int:
    return ctypes.CDLL(str(path)).answer()


def wrapper(folder: Path, compiler: str, body: str, name: str = "wrapped") -> Path:
    """A compiler of our own: a script around the real one; `$real` is that one."""
    script = folder / name
    script.write_text(f"#!/bin/sh\nreal={compiler}\n{body}\n")
    script.chmod(0o755)
    return script


def spawn(code: str, **environment: str) -> subprocess.Popen[str]:
    """A process that has this package and runs `code`."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def build_code(text: str) -> str:
    return f"from adjointcheck.solve.native_build import build_library\nprint(build_library({text!r}).seconds)"


def test_the_second_build_finds_the_first(empty_cache: Path, compiler: str) -> None:
    first, second = build_library(SMALL), build_library(SMALL)
    assert first.path == second.path and answer(first.path) == 42
    assert first.seconds > 0 and second.seconds == 0 and first.flags == second.flags
    assert first.path.parent == empty_cache and stat.S_IMODE(empty_cache.stat().st_mode) == 0o700
    assert {path.suffix for path in empty_cache.iterdir()} == {".so", ".json", ".lock"}


def test_another_text_is_another_entry(empty_cache: Path, compiler: str) -> None:
    assert build_library(SMALL).path != build_library(SMALL.replace("42", "43")).path


def test_an_entry_is_named_by_all_that_its_bytes_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    one = native_build.Compiler(("g++",), "12.2")
    keys = {entry_key(SMALL, one, ("-O3",)), entry_key(SMALL + " ", one, ("-O3",)), entry_key(SMALL, one, ("-O2",))}
    keys |= {entry_key(SMALL, native_build.Compiler(("g++",), "13.1"), ("-O3",)), entry_key(SMALL, native_build.Compiler(("clang++",), "12.2"), ("-O3",))}
    monkeypatch.setattr(native_build, "cpu_features", lambda: "another machine")
    keys.add(entry_key(SMALL, one, ("-O3",)))
    assert len(keys) == 6


def test_a_library_of_another_cpu_is_left_alone(empty_cache: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = build_library(SMALL)
    monkeypatch.setattr(native_build, "cpu_features", lambda: "another machine")
    there = build_library(SMALL)
    assert there.path != here.path and there.seconds > 0


@pytest.mark.parametrize("damage", ["truncated", "a byte", "no note", "no library", "half a note", "note of another"])
def test_a_corrupted_entry_is_built_again(empty_cache: Path, compiler: str, damage: str) -> None:
    path = build_library(SMALL).path
    note, data = path.with_suffix(".json"), path.read_bytes()
    if damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "a byte":
        path.write_bytes(data[:2000] + bytes([data[2000] ^ 1]) + data[2001:])
    elif damage == "no note":
        note.unlink()
    elif damage == "no library":
        path.unlink()
    elif damage == "half a note":
        note.write_text(note.read_text()[:40])
    else:
        note.write_text(json.dumps(json.loads(note.read_text()) | {"sha256": "0" * 64}))
    again = build_library(SMALL)
    assert again.seconds > 0 and answer(again.path) == 42
    assert build_library(SMALL).seconds == 0


def test_a_crowd_compiles_once(empty_cache: Path, tmp_path: Path, compiler: str) -> None:
    """32 processes at once, none of which loads torch; the compiler counts its calls."""
    log = tmp_path / "calls"
    script = wrapper(tmp_path, compiler, f'case "$*" in *--version*) ;; *) echo call >> {log}; sleep 0.2;; esac\nexec $real "$@"')
    crowd = [spawn(build_code(SMALL), CXX=str(script)) for _ in range(32)]
    said = [process.communicate(timeout=120) for process in crowd]
    assert [process.returncode for process in crowd] == [0] * 32, said
    assert log.read_text().splitlines() == ["call"]
    assert sum(float(out) > 0 for out, _ in said) == 1


def test_a_killed_build_leaves_nothing_torn(empty_cache: Path, tmp_path: Path, compiler: str) -> None:
    """Killed while the library is half written: no entry, no lock, and the next build succeeds."""
    mark = tmp_path / "started"
    slow = wrapper(tmp_path, compiler, f'case "$*" in *--version*) exec $real "$@";; esac\necho half > module.so; : > {mark}; sleep 30')
    process = spawn(build_code(SMALL), CXX=str(slow))
    deadline = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert mark.exists() and not list(empty_cache.glob("*.so")) and not list(empty_cache.glob("*.json"))
    (left,) = empty_cache.glob("build-*")
    os.utime(left, (0, 0))
    assert answer(build_library(SMALL).path) == 42
    assert not list(empty_cache.glob("build-*"))


def test_an_interrupt_ends_the_compiler(empty_cache: Path, tmp_path: Path, compiler: str) -> None:
    mark = tmp_path / "started"
    slow = wrapper(tmp_path, compiler, f'case "$*" in *--version*) exec $real "$@";; esac\necho $$ > {mark}.tmp; mv {mark}.tmp {mark}; sleep 30')
    process = spawn(build_code(SMALL), CXX=str(slow))
    deadline = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=90)
    assert "KeyboardInterrupt" in said and not list(empty_cache.glob("build-*"))
    deadline = time.monotonic() + 20
    while alive(int(mark.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(int(mark.read_text()))


def alive(process: int) -> bool:
    """False for a process that has ended, whether or not anybody has asked for its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("kind", ["a file", "below a file", "somebody else's"])
def test_a_folder_that_cannot_be_used_is_replaced_by_a_private_one(
    tmp_path: Path, compiler: str, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(native_build, "_told", set())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = native_build.cache_folder()
    if kind == "a file":
        folder.parent.mkdir()
        folder.write_text("")
    elif kind == "below a file":
        folder.parent.write_text("")
    else:
        monkeypatch.setattr(native_build, "_is_ours", lambda folder: False)
    with caplog.at_level(logging.WARNING, "adjointcheck"):
        first, second = build_library(SMALL), build_library(SMALL)
    assert answer(first.path) == 42 and second.path == first.path
    assert first.path.parent == native_build.private_folder() and stat.S_IMODE(first.path.parent.stat().st_mode) == 0o700
    (line,) = caplog.messages
    assert str(folder) in line and "for this process only" in line and "\n" not in line


def test_a_full_entry_in_a_folder_that_cannot_be_written_is_used(empty_cache: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_library(SMALL)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(native_build, "_prepare", refuse)
    assert build_library(SMALL).path == first.path


def test_a_folder_that_others_may_write_is_closed_to_them(empty_cache: Path, compiler: str) -> None:
    empty_cache.mkdir(parents=True)
    empty_cache.chmod(0o777)
    assert build_library(SMALL).path.parent == empty_cache
    assert stat.S_IMODE(empty_cache.stat().st_mode) == 0o700


def test_a_private_folder_goes_with_its_process(tmp_path: Path, compiler: str) -> None:
    (tmp_path / "adjointcheck").write_text("")
    process = spawn(build_code(SMALL) + "\nfrom adjointcheck.solve.native_build import private_folder\nprint(private_folder())", XDG_CACHE_HOME=str(tmp_path))
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0 and said.count("\n") == 1
    assert not Path(out.splitlines()[-1]).exists()


def test_refused_flags_are_left_out(empty_cache: Path, tmp_path: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'for a in "$@"; do case $a in -fopenmp|-march=native) echo "error: unrecognized option $a"; exit 1;; esac; done\nexec $real "$@"'
    monkeypatch.setenv("CXX", str(wrapper(tmp_path, compiler, body)))
    flags = build_library(SMALL).flags
    assert not {"-fopenmp", "-march=native"} & set(flags) and {native_build.WANTED[0][0], "-fno-math-errno", *native_build.NEEDED} <= set(flags)


def test_no_compiler_is_said(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(NativeUnavailable, match=r"no working compiler \(g\+\+, clang\+\+, c\+\+\); expected a C\+\+17 compiler"):
        build_library(SMALL)
    monkeypatch.setenv("CXX", "/nowhere/g++ -m32")
    with pytest.raises(NativeUnavailable, match=r"no working compiler \(/nowhere/g\+\+ -m32\)"):
        build_library(SMALL)


def test_a_compiler_that_cannot_link_is_said(empty_cache: Path, tmp_path: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'case "$*" in *--version*) exec $real "$@";; esac\necho "error: no linker"; exit 1'
    monkeypatch.setenv("CXX", str(wrapper(tmp_path, compiler, body)))
    with pytest.raises(NativeUnavailable, match="got error: no linker; expected a compiler of C\\+\\+17 that links"):
        build_library(SMALL)


def test_a_text_that_does_not_compile_is_our_defect(empty_cache: Path, compiler: str) -> None:
    with pytest.raises(CodegenError, match=r"error.*expected a text that compiles") as caught:
        build_library("int broken( { return 1; }\n")
    assert not isinstance(caught.value, NativeUnavailable)
    assert not list(empty_cache.glob("build-*")) and not list(empty_cache.glob("*.so"))


def test_one_line_is_told_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_build, "_told", set())
    with caplog.at_level(logging.WARNING, "adjointcheck"):
        for _ in range(3):
            native_build.tell_once("one line")
    assert caplog.messages == ["one line"]


def test_nothing_goes_through_a_shell(empty_cache: Path, tmp_path: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names with spaces and shell signs are names."""
    odd = tmp_path / "a b; touch $(echo gone)"
    odd.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(odd))
    assert answer(build_library(SMALL).path) == 42 and not (tmp_path / "gone").exists()


def test_the_handmade_text_builds_quickly(empty_cache: Path, compiler: str) -> None:
    assert 0 < build_library(handmade.text("quickly")).seconds < 20
