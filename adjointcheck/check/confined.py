"""The child process in which a file from elsewhere is proved: limits first, then a guard, and only then the file.

Run as `python -P -m adjointcheck.check.confined TASK CPU MEMORY ARGUMENT...`; the answer is one JSON document on stdout.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from runpy import run_module
from typing import Any

from adjointcheck.errors import AdjointCheckError, DisagreementError

Answer = dict[str, Any]


# What may be used up


def limit(cpu: int, memory: int, writing: bool = False) -> None:
    """Bind this process to `cpu` seconds and `memory` bytes of addresses; unless `writing`, no file may grow."""
    try:
        import resource
    except ImportError:  # not a POSIX system: the parent's clock is what is left
        return
    room = resource.RLIMIT_DATA if writing else resource.RLIMIT_AS  # a build for CUDA reserves addresses far beyond what it uses
    rows = [(resource.RLIMIT_CPU, cpu, cpu + 1), (room, memory, memory), (resource.RLIMIT_CORE, 0, 0)]
    for kind, soft, hard in rows if writing else [*rows, (resource.RLIMIT_FSIZE, 0, 0)]:
        ceiling = resource.getrlimit(kind)[1]
        fits = [value if ceiling == resource.RLIM_INFINITY else min(value, ceiling) for value in (soft, hard)]
        resource.setrlimit(kind, (fits[0], fits[1]))


# What may be done


_REFUSED = (
    "socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.system", "os.startfile", "os.remove", "os.rename",
    "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate", "os.kill", "os.putenv", "os.unsetenv",
    "os.chdir", "os.listdir", "os.scandir", "os.walk", "glob.", "shutil.", "tempfile.", "pty.", "ctypes.", "mmap.", "signal.", "fcntl.",
    "webbrowser.", "urllib.", "http.", "ftplib.", "smtplib.", "poplib.", "imaplib.", "sqlite3.", "syslog.", "winreg.", "msvcrt.",
    "code.__new__", "marshal.", "pickle.", "sys.settrace", "sys.setprofile", "builtins.input",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LIBRARIES = {"replay": {"adjointcheck", "mpmath", "flint", "gmpy2"}}
_LIBRARIES["derive"] = _LIBRARIES["replay"] | {"sympy"}


class Guard:
    """An audit hook that refuses what proving a file never needs, and remembers that it was asked."""

    def __init__(self, task: str, path: str) -> None:
        self.events: list[str] = []
        self.libraries = _LIBRARIES[task]
        roots = (sys.prefix, sys.base_prefix, sys.exec_prefix, Path(__file__).parents[2])
        self.code = tuple(f"{Path(root).resolve()}{os.sep}" for root in roots)
        self.file = os.path.realpath(path)
        self.folder = os.path.join(os.path.realpath(os.path.dirname(path)), "")
        self.busy = False

    def install(self) -> Guard:
        """From here on, until the process ends: a hook cannot be taken back."""
        sys.addaudithook(self)
        return self

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.busy:
            return
        self.busy = True
        try:
            fault = self.fault(event, arguments)
        finally:
            self.busy = False
        if fault:
            self.events.append(fault)
            raise PermissionError(f"refused while a file is proved: {fault}")

    def fault(self, event: str, arguments: tuple[Any, ...]) -> str:
        """What is wrong with an event, in words; "" if nothing is."""
        if event == "open":
            return self._opening(*arguments)
        if event == "import":
            name = str(arguments[0]).split(".")[0]
            return "" if name in self.libraries or name in sys.stdlib_module_names else f"import {arguments[0]}"
        if event in ("exec", "compile"):
            return self._running(event, arguments)
        return f"{event} {str(arguments)[:80]}" if event.startswith(_REFUSED) and not self._library_call(event) else ""

    def _opening(self, path: Any, mode: Any, flags: Any) -> str:
        if isinstance(path, int):
            return ""
        place = os.path.realpath(os.fsdecode(path))
        if isinstance(flags, int) and flags & _WRITING:
            return f"open for writing {place}"
        return "" if place == self.file or place.startswith((*self.code, self.folder)) else f"open {place}"

    def _running(self, event: str, arguments: tuple[Any, ...]) -> str:
        """Code may only come from the libraries themselves (a module that is imported late, a dataclass in it)."""
        name = arguments[0].co_filename if event == "exec" else os.fsdecode(arguments[1]) if arguments[1] is not None else ""
        return "" if name.startswith((*self.code, "<frozen")) or self._library_call(event) else f"{event} {name}"

    def _library_call(self, event: str) -> bool:
        """Is the import system at work?  Only then may folders be listed and code be unmarshalled or run."""
        if not event.startswith(("os.listdir", "os.scandir", "marshal.", "exec", "compile", "code.__new__")):
            return False
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return True
            frame = frame.f_back
        return False


# What is done


def judged_entries(document: Mapping[str, Any]) -> Answer:
    """Prove a log again: name, verdict, first wrong step, and a plain entry for each step and claim."""
    from adjointcheck.trusted.replay import replay

    judgement = replay(document)
    said = {key: _logged(document.get(part, []), key) for part, key in (("steps", "id"), ("claims", "name"))}
    steps = [_entry("id", judged, said["id"].get(judged.name, "")) for judged in judgement.steps]
    claims = [_entry("name", judged, said["name"].get(judged.name, "")) for judged in judgement.claims]
    return {"name": str(document.get("name", "")), "verdict": judgement.status.value, "first_wrong": judgement.first_wrong,
            "steps": steps, "claims": claims}


def _logged(entries: Any, key: str) -> dict[str, str]:
    """The verdicts that the log itself gives, which are compared and never believed."""
    return {str(entry.get(key)): str(entry.get("verdict", "")) for entry in reversed(list(entries))}


def _entry(key: str, judged: Any, logged: str) -> Answer:
    verdict, witness = judged.verdict, judged.verdict.witness
    shown = witness and {"point": dict(witness.point), "left": witness.left, "right": witness.right, "gap": witness.gap}
    return {key: judged.name, "rule": judged.rule, "verdict": verdict.status.value, "logged": logged,
            "evidence": list(verdict.evidence), "reason": verdict.reason, "witness": shown}


def _replay(path: str) -> Answer:
    from adjointcheck.files import read_json

    document = read_json(path)
    try:
        return judged_entries(document)
    except AdjointCheckError as error:
        raise type(error)(f"{path}: {error.where}", error.got, error.expected, error.todo) from None


def _derive(path: str) -> Answer:
    """Read a statement, derive its adjoint equations and prove them."""
    from adjointcheck.derive import derive
    from adjointcheck.problem import load

    found = derive(load(path))
    return {"name": found.problem.name, "verdict": found.verdict.status.value,
            "steps": [_entry("id", _named(step.id, step), "") for step in found.steps],
            "claims": [_entry("name", _named(claim.name, claim), "") for claim in found.claims]}


def _named(name: str, item: Any) -> Any:
    from adjointcheck.trusted.replay import Judged

    return Judged(name, getattr(item, "rule", ""), item.verdict)


def _preload(task: str) -> None:
    """Everything that the task imports, so that nothing but the file is left to be read under guard."""
    import adjointcheck.files
    import adjointcheck.trusted.matrix_witness
    import adjointcheck.trusted.replay
    import adjointcheck.trusted.witness

    if task == "derive":
        import adjointcheck.derive.lagrangian
        import adjointcheck.derive.slips
        import adjointcheck.problem  # noqa: F401


TASKS: dict[str, Callable[[str], Answer]] = {"replay": _replay, "derive": _derive}


def answer(task: str, path: str) -> Answer:
    """What became of the file: `result`, or `refused` (bad input), `resource` (a limit was met) or `defect` (of ours)."""
    try:
        return {"result": TASKS[task](path)}
    except MemoryError:
        return {"resource": "memory"}
    except RecursionError:
        return {"resource": "depth of recursion"}
    except AdjointCheckError as error:
        parts = {"where": error.where, "got": error.got, "expected": error.expected, "todo": error.todo}
        return {"refused": parts, "disagreement": isinstance(error, DisagreementError)}
    except Exception:
        words = traceback.format_exc()
        return {"resource": "memory"} if "MemoryError" in words else {"defect": words}


def main(arguments: list[str]) -> None:
    """Bind, guard, answer; or, for the task `command`, bind and then become the command line."""
    task, cpu, memory, *rest = arguments
    sys.dont_write_bytecode = True
    if task == "command":
        limit(int(cpu), int(memory), writing=True)
        sys.argv[1:] = rest
        run_module("adjointcheck", run_name="__main__")
        return
    _preload(task)
    limit(int(cpu), int(memory))
    guard = Guard(task, rest[0]).install()
    text = json.dumps({**answer(task, rest[0]), "events": guard.events})
    sys.stdout.write(text)
    sys.stdout.flush()
    os._exit(0)  # nothing is left to be tidied, and a library that tidies would only be in the way


if __name__ == "__main__":
    main(sys.argv[1:])
