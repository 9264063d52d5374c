"""What every command shares: exit codes, where words go, and what becomes of an error: one message, one exit code.

People and progress on stderr, results on stdout; with --json one document on stdout and nothing else.
"""

from __future__ import annotations

import errno
import io
import math
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from adjointcheck import __version__
from adjointcheck.errors import AdjointCheckError, DisagreementError, shorten

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA_VERSION = 1
PASSED, FAILED, BAD_INPUT, OPEN, DISAGREEMENT, NOTHING = range(6)
INTERRUPTED, PIPE_CLOSED = 130, 141  # 128 + SIGINT, 128 + SIGPIPE, as shells say it
_SEVERITY = (PASSED, NOTHING, OPEN, FAILED, BAD_INPUT, DISAGREEMENT)
NARROWEST, USUAL = 20, 100  # columns
JSON = "adjointcheck.json"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}

LANGUAGE = """\b
The language of a statement (more in the README):
  + - * / ^ or **   1.5e-3   pi   t   names of what the statement lists
  exp log sin cos tan sinh cosh tanh sqrt asin acos atan abs sign min max
  piecewise(value, condition, ..., otherwise), such as piecewise(q, t < 1, 0);
  conditions: < <= > >= joined by and, or, not

"""
EPILOG = """\b
Exit codes:
  0  all proved and passed
  1  refuted or failed
  2  bad input or usage
  3  unknown or inconclusive
  4  internal disagreement: a defect of adjointcheck
  5  nothing checked
\b
An output that cannot be written (disk full, stdout closed) is 2 as well; 130 is
an interrupt, and 141 a reader of stdout that went away.
"""


def worst(codes: Iterable[int]) -> int:
    """The exit code that speaks for several."""
    return max(codes, key=_SEVERITY.index, default=NOTHING)


class Commands(click.Group):
    """The group of commands, and what becomes of an error in any of them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note --json before anything can be wrong, so that a wrong line is told in the form that was asked for."""
        ctx.meta[JSON] = "--json" in (args[: args.index("--")] if "--" in args else args)
        with _told(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command, which returns its exit code."""
        with _told(ctx):
            code = super().invoke(ctx)
            sys.stdout.flush()
            ctx.exit(code)


@contextmanager
def _told(ctx: click.Context) -> Iterator[None]:
    """Every way in which a command can end but by its own exit code."""
    try:
        _open_stdout()
        yield
    except click.UsageError as error:
        with suppress(OSError):
            _usage_document(error, ctx)
        raise
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except AdjointCheckError as error:
        _end(ctx, DISAGREEMENT if isinstance(error, DisagreementError) else BAD_INPUT, error)
    except KeyboardInterrupt:
        note("interrupted")
        ctx.exit(INTERRUPTED)
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and (error.errno in _FULL or isinstance(error, BrokenPipeError)):
            _lost(ctx, error)
        note(f"{traceback.format_exc()}\nThis is a defect of adjointcheck {__version__}: please report it.")
        ctx.exit(DISAGREEMENT)


def _end(ctx: click.Context, code: int, error: AdjointCheckError) -> NoReturn:
    try:
        _tell(ctx, error, code)
    except OSError as lost:
        _lost(ctx, lost)
    ctx.exit(code)


def _lost(ctx: click.Context, error: OSError) -> NoReturn:
    """Nothing more can be written: say so once, unless the reader has simply gone."""
    with suppress(OSError, ValueError, AttributeError):  # so that the last flush is quiet, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        ctx.exit(PIPE_CLOSED)
    note(f"error: stdout: {error.strerror}")
    ctx.exit(BAD_INPUT)


class _Closed(io.TextIOBase):
    """The stdout of a process that was started without one."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "closed, and there is a result to print")


def _open_stdout() -> None:
    if sys.stdout is None:
        with suppress(OSError):  # no file opened later may become descriptor 1
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stdout = _Closed()


def _tell(context: click.Context, error: AdjointCheckError, code: int) -> None:
    """An error for people and, under --json, for machines."""
    click.echo(told(error), err=True)
    if context.meta.get(JSON):
        emit_document({"exit_code": code, "error": {name.replace(" ", "_"): text for name, text in _parts(error).items()}})


def told(error: AdjointCheckError) -> str:
    """The four parts of an error laid out for people."""
    return "\n".join(["error", *(f"  {name:<9} {text}" for name, text in _parts(error).items() if text)])


def _parts(error: AdjointCheckError) -> dict[str, str]:
    return {"where": error.where, "got": error.got, "expected": error.expected, "to do": error.todo}


def _usage_document(error: click.UsageError, context: click.Context) -> None:
    """A wrong command line in the form of every other error; click tells it to people."""
    context = error.ctx or context
    if context.meta.get(JSON):
        where, got = context.command_path, shorten(error.format_message())
        parts = {"where": where, "got": got, "expected": "a line as its help shows it", "to_do": f"{where} --help"}
        emit_document({"exit_code": error.exit_code, "error": parts})


# Options


def _remember_json(context: click.Context, _: click.Parameter, value: bool) -> bool:
    context.meta[JSON] = value
    return value


json_option = click.option("--json", "as_json", is_flag=True, is_eager=True, callback=_remember_json,
                           help="One JSON document on stdout, everything else on stderr.")


class Positive(click.FloatRange):
    """A finite number above zero."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read `value`; nan and inf are told as what they are."""
        found = click.FLOAT.convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{shorten(value, 40)} is not a finite number.", param, ctx)
        return super().convert(value, param, ctx)


# Output


def console(stderr: bool = False, **options: Any) -> Console:
    """A console of rich; of a usable width whatever COLUMNS says."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, **options)
    setattr(made, "on_broken_pipe", _raise_again)  # noqa: B010  rich itself would exit with 1
    if made.width < NARROWEST or (not made.is_terminal and "COLUMNS" not in os.environ):
        made.width = USUAL
    return made


def _raise_again() -> NoReturn:
    raise  # inside the handler of rich


def emit_document(document: Mapping[str, Any]) -> None:
    """Print `document` as the one JSON document of a command."""
    from adjointcheck.report.json_report import to_json

    click.echo(to_json({"schema_version": SCHEMA_VERSION, **document}), nl=False)


def note(words: str) -> None:
    """Tell people, on stderr."""
    with suppress(OSError):
        click.echo(words, err=True)


def answers(letters: Iterable[str]) -> list[str]:
    """Header lines for letters that notes use and never declare, asked for on a terminal; elsewhere, and in CI, nothing."""
    if os.environ.get("CI") or not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return []
    question = "What is `{}`? A line such as `costate: {} = dJ/dx (row)`, or nothing"
    given = [click.prompt(question.format(letter, letter), default="", show_default=False, err=True) for letter in letters]
    return [line for line in given if line.strip()]


def refuse_overwriting(inputs: Iterable[Path], outputs: Iterable[str | os.PathLike[str] | None]) -> None:
    """Raise AdjointCheckError when an output is the same file as an input (links count), before any work is done."""
    kept = [(path, os.stat(path)) for path in inputs if path.exists()]
    for output in filter(None, outputs):
        with suppress(OSError, ValueError):  # no such file yet, or none that can be written: told when it is
            there = os.stat(output)
            if same := [path for path, here in kept if os.path.samestat(here, there)]:
                raise AdjointCheckError(f"output {os.fspath(output)}", f"the same file as the input {same[0]}", "another file",
                                        "It would be overwritten: choose another path.")
