"""From the text of the native target to a shared library: compiler, flags, and a cache that is shared safely.

An entry is KEY.so with KEY.json, which names the SHA-256 of the library; KEY is the SHA-256 of the text, the compiler's
identity, the flags asked for and the CPU's features, so that no library meets a CPU that it was not built for.
Compilers are called with argument lists, never through a shell.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import json
import logging
import os
import platform
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from adjointcheck.errors import CodegenError

LAYOUT = 1  # of the entries
COMPILERS = ("g++", "clang++", "c++")
NEEDED = ("-std=c++17", "-fPIC", "-shared")
# Rows of alternatives: the first that the compiler takes. Arithmetic stays IEEE; only errno and traps are given up.
# Compilers would halve the vectors of AVX-512 where they copy them or go through their lanes, and a load of the whole
# waits until both halves have left the store buffer.
WANTED = (("-O3",), ("-march=native", "-mcpu=native"), ("-mprefer-vector-width=512",), ("-fopenmp",), ("-fno-math-errno",),
          ("-fno-trapping-math",), ("-ffp-contract=fast",), ("-fno-semantic-interposition",))  # fmt: skip
PROBE = """\
extern "C" int probe(int n) {
  int s = 0;
#pragma omp parallel for reduction(+ : s)
  for (int i = 0; i < n; ++i) s += i;
  return s;
}
"""
COMPILE_SECONDS, ASK_SECONDS, STALE_SECONDS = 600, 20, 3600

_told: set[str] = set()


class NativeUnavailable(CodegenError):
    """The native target cannot be had here; "auto" then takes the torch target."""


def tell_once(line: str) -> None:
    """One line to the log "adjointcheck", which shows it on stderr unless configured otherwise; never twice."""
    if line not in _told:
        _told.add(line)
        logging.getLogger("adjointcheck").warning(line)


# Compiler and CPU


@dataclass(frozen=True)
class Compiler:
    """How to call a compiler, and what tells it from any other."""

    command: tuple[str, ...]
    identity: str

    @property
    def words(self) -> str:
        """Command and version, for people."""
        return f"{' '.join(self.command)} ({self.identity.splitlines()[0]})"


def find_compiler() -> Compiler | None:
    """$CXX if it is set, else the first of COMPILERS on the path; None where there is none that answers."""
    return _find_compiler(os.environ.get("CXX", ""), os.environ.get("PATH", ""))


@cache
def _find_compiler(chosen: str, path: str) -> Compiler | None:
    for words in [shlex.split(chosen)] if chosen.strip() else [[name] for name in COMPILERS]:
        place = shutil.which(words[0], path=path)
        version = place and _answer([place, *words[1:], "--version"])
        if place and version:
            binary = Path(place).resolve()
            return Compiler((place, *words[1:]), f"{version.strip()}\n{binary} {binary.stat().st_size}")
    return None


def _answer(command: Sequence[str]) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, stdin=subprocess.DEVNULL,
                              env={**os.environ, "LC_ALL": "C"})  # fmt: skip
        return done.stdout if done.returncode == 0 else ""
    return ""


@cache
def cpu_features() -> str:
    """What the instruction set is, as the system tells it; equal on two machines only if code for one runs on the other."""
    named: dict[str, str] = {}
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
        for name, _, value in (line.partition(":") for line in lines):
            if name.strip() in ("flags", "Features", "model name", "CPU part", "isa"):
                named.setdefault(name.strip(), " ".join(sorted(value.split())))
    return "\n".join([platform.system(), platform.machine(), platform.processor(), *(f"{k}: {named[k]}" for k in sorted(named))])


def vector_width() -> int:
    """Bits of the widest vector registers, by the names of the CPU's features; 0 where they tell nothing."""
    features = set(cpu_features().split())
    widths = (({"avx512f"}, 512), ({"avx2"}, 256), ({"avx"}, 256), ({"sse2"}, 128), ({"asimd"}, 128))
    return next((width for names, width in widths if names <= features), 0)


def all_flags() -> tuple[str, ...]:
    """What is asked for before any compiler has refused it."""
    return (*NEEDED, *(row[0] for row in WANTED))


@cache
def usable_flags(compiler: Compiler) -> tuple[str, ...]:
    """Those of the flags that `compiler` takes, tried on a small text one by one."""
    flags = NEEDED
    with tempfile.TemporaryDirectory(prefix="adjointcheck-probe-") as folder:
        def works(extra: Sequence[str]) -> bool:
            return not _run_compiler(compiler, [*flags, *extra], PROBE, Path(folder))[1]

        if works([row[0] for row in WANTED]):
            return all_flags()
        if not works([]):
            reason = _run_compiler(compiler, flags, PROBE, Path(folder))[1]
            raise NativeUnavailable(f"native target, {compiler.words}", _first_error(reason), "a compiler of C++17 that links",
                                    "Mend it or set CXX.")  # fmt: skip
        for row in WANTED:
            flags += next(((flag,) for flag in row if works([flag])), ())
    return flags


# The cache


@dataclass(frozen=True)
class Library:
    """A shared library, how it was made, and how long that took (0 when it was there)."""

    path: Path
    compiler: str
    flags: tuple[str, ...]
    seconds: float


def cache_folder() -> Path:
    """Where entries are kept: XDG_CACHE_HOME/adjointcheck/native."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "adjointcheck" / "native"


@cache
def private_folder() -> Path:
    """A temporary folder of this process alone, gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="adjointcheck-"))
    atexit.register(_remove_folder, folder, os.getpid())
    return folder


def _remove_folder(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child leaves its parent's folder alone
        shutil.rmtree(folder, ignore_errors=True)


def build_library(text: str, *defined: str) -> Library:
    """The library of `text` under the macros `defined` (-DNAME=VALUE); many processes that ask at once compile it once.

    Raises NativeUnavailable without a compiler, CodegenError with the compiler's first complaint where it refuses.
    """
    compiler = find_compiler()
    if compiler is None:
        wanted = os.environ.get("CXX") or ", ".join(COMPILERS)
        got = f"no working compiler ({wanted})"
        raise NativeUnavailable("native target", got, "a C++17 compiler", "Install g++ or clang++, or set CXX.")
    flags = all_flags()
    key = entry_key(text, compiler, (*flags, *defined))
    return cached(key, ".so", lambda folder: _compile(text, compiler, flags, defined, folder))


def entry_key(text: str, compiler: Compiler, flags: Sequence[str]) -> str:
    """The name of an entry: everything that its bytes depend on."""
    parts = [str(LAYOUT), text, *compiler.command, compiler.identity, " ".join(flags), cpu_features()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


Made = tuple[Path, str, tuple[str, ...]]  # the file, the compiler in words, the flags


def cached(key: str, suffix: str, make: Callable[[Path], Made]) -> Library:
    """The entry `key`, or what `make` puts into the folder it is given, kept as an entry."""
    shared = cache_folder()
    try:
        if found := _read_entry(shared, key, suffix) if _is_ours(shared) else None:
            return found
        _prepare(shared)
        return _fill(shared, key, suffix, make)
    except OSError as error:
        folder = private_folder()
        reason = f"the cache folder {shared} cannot be used ({error.strerror or error})"
        tell_once(f"native target: {reason}; building in {folder}, for this process only")
        return _read_entry(folder, key, suffix) or _fill(folder, key, suffix, make)


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can write there: a library is code that will run."""
    with suppress(OSError):
        found = folder.lstat()
        return found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return False


def _prepare(folder: Path) -> None:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid == os.geteuid() and folder.is_dir() and not folder.is_symlink():
        folder.chmod(0o700)
    if not _is_ours(folder):
        raise PermissionError(1, "it belongs to somebody else")


def _fill(folder: Path, key: str, suffix: str, make: Callable[[Path], Made]) -> Library:
    with _locked(folder / f"{key}.lock"):
        if found := _read_entry(folder, key, suffix):  # somebody else was first
            return found
        _sweep_stale(folder)
        work = Path(tempfile.mkdtemp(prefix="build-", dir=folder))
        try:
            start = time.perf_counter()
            made, compiler, flags = make(work)
            library = Library(folder / f"{key}{suffix}", compiler, flags, time.perf_counter() - start)
            _keep(made, library, folder / f"{key}.json", work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return library


def _keep(made: Path, library: Library, note: Path, work: Path) -> None:
    """Two replacements; between them the note names another library's hash, or none, and the entry does not count."""
    written = work / "note.json"
    facts = asdict(library) | {"path": library.path.name, "sha256": hashlib.sha256(made.read_bytes()).hexdigest()}
    written.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    made.chmod(0o700)
    os.replace(made, library.path)
    os.replace(written, note)


def _read_entry(folder: Path, key: str, suffix: str) -> Library | None:
    """The entry, if its note and its bytes agree."""
    path = folder / f"{key}{suffix}"
    try:
        facts = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        if hashlib.sha256(path.read_bytes()).hexdigest() == facts["sha256"]:
            return Library(path, str(facts["compiler"]), tuple(map(str, facts["flags"])), 0.0)
    except (OSError, ValueError, LookupError, TypeError):
        pass
    return None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone among all processes; the lock of a killed process is free."""
    with open(path, "a", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sweep_stale(folder: Path) -> None:
    """Remove what killed builds have left behind."""
    for left in folder.glob("build-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


# Compiling


def _compile(text: str, compiler: Compiler, flags: Sequence[str], defined: Sequence[str], work: Path) -> Made:
    """Compile with all flags; only where that fails find out which of them the compiler refuses."""
    made, complaint = _run_compiler(compiler, (*flags, *defined), text, work)
    if complaint:
        usable = usable_flags(compiler)
        if usable != tuple(flags):
            flags, (made, complaint) = usable, _run_compiler(compiler, (*usable, *defined), text, work)
    if complaint:
        raise CodegenError(f"native target, {compiler.words}", _first_error(complaint), "a text that compiles",
                           "Please report it; target=\"torch\" needs no compiler.")  # fmt: skip
    return made, compiler.words, (*flags, *defined)


def _run_compiler(compiler: Compiler, flags: Sequence[str], text: str, work: Path) -> tuple[Path, str]:
    """The library, and what the compiler said against it ("" if it made one)."""
    source, made = work / "module.cpp", work / "module.so"
    source.write_text(text, encoding="utf-8")
    command = [*compiler.command, *flags, "-o", str(made), str(source), "-lm"]
    return made, run_quietly(command, work)


def run_quietly(command: Sequence[str], work: Path) -> str:
    """Run a compiler in `work`; "" if it succeeded, else what it said. Interrupted, it takes its children along."""
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": str(work)}
    try:
        process = subprocess.Popen(command, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)  # fmt: skip
    except OSError as error:
        return f"error: {error}"
    try:
        said, _ = process.communicate(timeout=COMPILE_SECONDS)
    except subprocess.TimeoutExpired:
        _end_group(process)
        return f"error: no answer in {COMPILE_SECONDS} s"
    except BaseException:
        _end_group(process)
        raise
    return "" if process.returncode == 0 else said or f"error: exit code {process.returncode}"


def _end_group(process: subprocess.Popen[str]) -> None:
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no word")
