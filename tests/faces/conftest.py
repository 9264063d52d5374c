"""Fixtures of the tests of the faces: a folder with small statements, and two ways to run a command."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner, Result
from small_statements import DECAY, OPEN, Invoke, RunPytest, wrong

from adjointcheck.check import trajectory
from adjointcheck.check.case import BUDGETS, Budget
from adjointcheck.cli import main


@pytest.fixture(scope="module", autouse=True)
def small_budget() -> Iterator[None]:
    """Faces show what the checks find, which is under test elsewhere: here they run on fewer points and time steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BUDGETS, "fast", Budget(points=2, directions=1, time_steps=20, ladder=60, short=8))
        patch.setattr(trajectory, "TIME_STEPS", 40)
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with right.toml, wrong.toml, open.toml and bad.toml."""
    texts = {"right": DECAY, "wrong": wrong(), "open": OPEN, "bad": DECAY.replace("-k*x + sin(t)", "-kk*x")}
    for name, text in texts.items():
        (tmp_path / f"{name}.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def invoke() -> Invoke:
    """Run a command inside this process; the result has exit_code, stdout and stderr."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="adjointcheck")

    return run


@pytest.fixture
def spawn() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command as a process of its own."""

    def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "adjointcheck", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)

    return run


@pytest.fixture
def run_pytest(pytester: pytest.Pytester) -> RunPytest:
    """Run pytest in pytester's folder as a fork of this process, which has loaded what a new one would load each time."""
    for library in ("sympy", "torch"):
        import_module(library)

    def run(*arguments: str) -> pytest.RunResult:
        files = [pytester.path / name for name in ("stdout", "stderr")]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on: other threads, xdist's here, stay behind
            child = os.fork()
        if child == 0:
            _become_pytest(files, arguments)
        _, status = os.waitpid(child, 0)
        return pytest.RunResult(os.waitstatus_to_exitcode(status), *(file.read_text().splitlines() for file in files), 0.0)

    return run


def _become_pytest(files: list[Path], arguments: tuple[str, ...]) -> NoReturn:
    code = 70  # no code of pytest's
    gc.freeze()  # what the parent made is not searched, and so not copied
    try:
        for number, file in enumerate(files, 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))
        code = pytest.main(["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", *arguments])
        sys.stdout.flush()
    finally:
        os._exit(code)
