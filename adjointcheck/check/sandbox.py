"""A file from elsewhere is proved in a child process that may use so much time and memory and no more.

A child that meets a limit is killed with everything it started, and the answer is UNKNOWN(resource) with the figures.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from adjointcheck.errors import AdjointCheckError, DisagreementError

ANSWER_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Bounds:
    """At most `wall` seconds by the clock, `cpu` seconds of computing and `memory` bytes."""

    wall: float = 4.8
    cpu: int = 3
    memory: int = 1_000_000_000

    @property
    def words(self) -> str:
        """The figures, for people."""
        return f"limits: {self.wall:g} s, {self.cpu} s of computing, {self.memory / 1e9:g} GB"


BASE = Bounds()


def bounds_for(path: str | os.PathLike[str], seconds: float | None = None, memory: float | None = None) -> Bounds:
    """`BASE`, and for each 32 KiB of the file a second and 8 MB more; `seconds` and `memory` (GB), where given, win."""
    try:
        size = min(os.stat(path).st_size, 64 * 2**20)
    except (OSError, ValueError):
        size = 0
    cpu = seconds if seconds is not None else BASE.cpu + size // 2**15
    room = int(memory * 1e9) if memory is not None else min(BASE.memory + 8_000_000 * (size // 2**15), 8 * BASE.memory)
    return Bounds(cpu * BASE.wall / BASE.cpu, max(1, round(cpu)), room)


@dataclass(frozen=True)
class Confined:
    """What a child answered and what it used: seconds by the clock, seconds of computing, bytes at its peak."""

    answer: Mapping[str, Any]
    wall: float
    cpu: float
    peak: int

    @property
    def resource(self) -> str:
        """Which limit was met, with the figures; "" if none."""
        found = self.answer.get("resource", "")
        return f"{found} (used {self.wall:.1f} s, {self.cpu:.1f} s of computing, {self.peak / 1e9:.2f} GB)" if found else ""

    def result(self) -> Mapping[str, Any]:
        """The result; raises what the child raised, and DisagreementError for a defect of ours."""
        if self.answer.get("events"):
            raise DisagreementError("the guard of a proof", "; ".join(self.answer["events"]), "a proof that touches nothing outside")
        refused = self.answer.get("refused")
        if refused:
            kind = DisagreementError if self.answer.get("disagreement") else AdjointCheckError
            raise kind(refused["where"], refused["got"], refused["expected"], refused["todo"])
        if "defect" in self.answer:
            raise DisagreementError("a proof in a child process", self.answer["defect"][-150:], "an answer", "Please report it.")
        return self.answer["result"]


def prove(task: str, path: str | os.PathLike[str], bounds: Bounds = BASE) -> Confined:
    """Have `path` proved in a child: task "replay" for a log, "derive" for a statement. Raises nothing for a bad file."""
    code, text, errors, used = _child([task, str(bounds.cpu), str(bounds.memory), os.fspath(path)], bounds)
    return Confined(_answer(code, text, errors, bounds), *used)


def _answer(code: int | None, text: bytes, errors: bytes, bounds: Bounds) -> Mapping[str, Any]:
    if code == 0 and text:
        found = json.loads(text)
        return {**found, "resource": f"no more {found['resource']}; {bounds.words}"} if "resource" in found else found
    if code is None:
        return {"resource": f"time by the clock is up; {bounds.words}"}
    if code < 0:
        why = "computing time is up" if code == -getattr(signal, "SIGXCPU", 0) else f"ended by {signal.Signals(-code).name}"
        return {"resource": f"{why}; {bounds.words}"}
    if b"MemoryError" in errors:
        return {"resource": f"no more memory; {bounds.words}"}
    return {"defect": errors.decode("utf-8", "replace") or f"exit code {code} and no answer"}


@dataclass(frozen=True)
class Apart:
    """What the command `check` said of one file in a child: exit code, its reports, its JUnit text, and the limit it met."""

    path: str
    code: int
    reports: list[Any]
    suite: str
    overrun: str


def checks_apart(paths: Iterable[str | os.PathLike[str]], options: Mapping[str, Any], bounds: Bounds) -> Iterator[Apart]:
    """Run our own command `check` with the parsed `options` on each file in a child of its own."""
    with tempfile.TemporaryDirectory(prefix="adjointcheck-") as folder:
        for number, path in enumerate(str(path) for path in paths):
            junit = Path(folder) / f"{number}.xml"
            given = {**options, "junit": str(junit) if options["junit"] else None}
            words = [word for name, value in given.items() if name != "paths" for word in _option(name, value)]
            yield _apart(path, ["check", *words, "--", path], junit, bounds, options["as_json"])


def _option(name: str, value: Any) -> list[str]:
    """A parsed option as it was written."""
    flag = {"folder": "--report", "as_json": "--json"}.get(name, f"--{name}")
    return [] if value in (None, False) else [flag] if value is True else [flag, str(value)]


def _apart(path: str, words: list[str], junit: Path, bounds: Bounds, as_json: bool) -> Apart:
    code, text, _, used = _child(["command", str(bounds.cpu), str(bounds.memory), *words], bounds, as_json, shown=True)
    if code is None or code < 0:
        overrun = Confined(_answer(code, b"", b"", bounds), *used).resource
        report = {"name": path, "verdict": "unknown", "reason": f"resource: {overrun}"}
        return Apart(path, 3, [report], _overrun_suite(path, overrun), overrun)
    reports = json.loads(text).get("reports", []) if text else []
    return Apart(path, code, reports, junit.read_text(encoding="utf-8") if junit.exists() else "<testsuites/>", "")


def _overrun_suite(path: str, reason: str) -> str:
    """So that who reads JUnit alone sees it, too."""
    suite = ElementTree.Element("testsuite", name=path, tests="1", failures="0", errors="1", skipped="0")
    case = ElementTree.SubElement(suite, "testcase", classname=path, name="resource")
    ElementTree.SubElement(case, "error", message=reason)
    return ElementTree.tostring(suite, encoding="unicode")


Ended = tuple[int | None, bytes, bytes, tuple[float, float, int]]


def _child(arguments: list[str], bounds: Bounds, capture: bool = True, shown: bool = False) -> Ended:
    """Exit code (None: stopped by the clock), stdout, stderr, and (wall, cpu, peak) of one child in its own group."""
    home = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))}
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "adjointcheck.check.confined", *arguments], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None, stderr=None if shown else subprocess.PIPE, start_new_session=True,
    )
    try:
        texts, seen = _gather(process, start + bounds.wall)
        code, cpu, most = _wait(process, start + bounds.wall)
    finally:
        _end(process)
    return code, *texts, (time.monotonic() - start, cpu, seen or most)


def _gather(process: subprocess.Popen[bytes], deadline: float) -> tuple[tuple[bytes, bytes], int]:
    """What the child says until it is silent for good, or the deadline; and its largest size on the way."""
    peak = 0
    said: dict[Any, bytearray] = {stream: bytearray() for stream in (process.stdout, process.stderr) if stream}
    with selectors.DefaultSelector() as waiting:
        for stream in said:
            waiting.register(stream, selectors.EVENT_READ)
        while waiting.get_map() and (left := deadline - time.monotonic()) > 0:
            peak = max(peak, _size(process.pid))
            for key, _ in waiting.select(min(left, 0.02)):
                part = os.read(key.fd, 2**16)
                said[key.fileobj] += part
                if not part or len(said[key.fileobj]) > ANSWER_BYTES:
                    waiting.unregister(key.fileobj)
    return (bytes(said.get(process.stdout, b"")), bytes(said.get(process.stderr, b""))), peak


def _size(pid: int) -> int:
    """Largest resident size so far (Linux); the figure that `wait4` gives starts from the size of the parent."""
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def _wait(process: subprocess.Popen[bytes], deadline: float) -> tuple[int | None, float, int]:
    """Exit code, computing seconds and peak bytes; the code is None when the deadline came first."""
    expired = False
    while True:
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            break
        if not expired and time.monotonic() > deadline:
            expired = True
            _kill(process)
        time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return None if expired else process.returncode, usage.ru_utime + usage.ru_stime, peak


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the child outlives the call, also when we are interrupted."""
    _kill(process)
    if process.returncode is None:
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
