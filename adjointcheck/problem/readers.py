"""Doors into `Problem`: a TOML text or file (data only, nothing in it is ever run) and a Python callable of yours."""

from __future__ import annotations

import codecs
import inspect
import os
import re
import stat
import tomllib
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from adjointcheck.errors import ProblemError
from adjointcheck.expression.node import Expression, symbol
from adjointcheck.problem.convention import TIME
from adjointcheck.problem.statement import Problem
from adjointcheck.problem.values import (
    LIMITS,
    Limits,
    at_most,
    entries,
    is_sympy,
    listing,
    mapping,
    nearest,
    required,
    sequence,
    table,
)

_KEYS = ("name", "horizon", "states", "parameters", "controls", "cost", "observations", "assume", "claims")


def load(path: str | os.PathLike[str], *, limits: Limits = LIMITS) -> Problem:
    """Read the statement file `path`.

    Reading runs nothing and writes nothing; the only other file it may open is a data file beside the statement.
    Raises ProblemError naming file, place, what stood there, what was expected and what to do.
    """
    label = os.fspath(path)
    label = label if len(label) <= 80 else "..." + label[-77:]
    return read_toml(_read(Path(path), label, limits.file_bytes), label, Path(path).parent, limits=limits)


def read_toml(text: str, source: str = "statement", folder: str | os.PathLike[str] | None = None, *,
              limits: Limits = LIMITS) -> Problem:
    """Read a statement from TOML `text`; `folder` is where its data files may lie, without it they are refused."""
    document = _document(text, source, limits.file_bytes)
    table(document, source, _KEYS)
    cost = table(document.get("cost", {}), f"{source}: cost", ("running", "terminal"))
    assume = table(document.get("assume", {}), f"{source}: assume", ("positive",))
    here = f"{source}: observations"
    groups = sequence(document.get("observations", []), here, "tables [[observations]]")
    return Problem(
        name=required(document, "name", source),
        states=mapping(required(document, "states", source), f"{source}: states", "states"),
        parameters=document.get("parameters", {}),
        controls=document.get("controls", {}),
        running_cost=cost.get("running", "0"),
        terminal_cost=cost.get("terminal", "0"),
        horizon=required(document, "horizon", source),
        observations=[_group(group, f"{here}[{index}]", folder, limits) for index, group in enumerate(groups)],
        claims=mapping(document.get("claims", {}), f"{source}: claims", "claims"),
        positive=assume.get("positive", ()),
        source=source,
        limits=limits,
    )


def files_of(path: str | os.PathLike[str], *, limits: Limits = LIMITS) -> list[Path]:
    """The files that `load` opens for the statement `path`, which it must be able to read: its own and its data files."""
    document = _document(_read(Path(path), os.fspath(path), limits.file_bytes), os.fspath(path), limits.file_bytes)
    return [Path(path), *(Path(path).parent / group["file"] for group in document.get("observations", []) if "file" in group)]


# Files


def _read(file: Path, where: str, cap: int) -> str:
    """The text of a regular file of at most `cap` bytes of UTF-8."""
    try:
        kind = file.stat().st_mode
        if not stat.S_ISREG(kind):
            raise ProblemError(where, "a directory" if stat.S_ISDIR(kind) else "no regular file", "a file")
        with file.open("rb") as stream:
            data = stream.read(cap + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ProblemError(where, reason, "a readable file", "Check the path.") from None
    if len(data) > cap:
        raise ProblemError(where, f"more than {cap} bytes", f"a file of at most {cap} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        hint = "It looks like UTF-16: save it as UTF-8." if wide else "Save it as UTF-8."
        near = data[error.start : error.start + 8]
        raise ProblemError(f"{where}, byte {error.start}", near, "UTF-8 text", hint) from None


# TOML


def _document(text: str, source: str, cap: int) -> dict[str, Any]:
    if not isinstance(text, str):
        raise ProblemError(source, type(text).__name__, "a text")
    at_most(len(text), cap, "characters", source)
    _skim(text, source)
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        place = place.rstrip(")") or "end of document"
        raise ProblemError(f"{source}, {place}", _line_at(text, place), f"TOML ({message})") from None
    except (RecursionError, ValueError) as error:
        raise ProblemError(source, error, "TOML of moderate nesting and numbers") from None


def _decimal(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond Decimal's own: left as text, to be refused where it stands
        return text


def _line_at(text: str, place: str) -> str:
    found = re.match(r"line (\d+)", place)
    lines = (text if found else text.rstrip()).split("\n")
    return lines[min(int(found[1]), len(lines)) - 1] if found else lines[-1]


_QUOTED = re.compile(  # never fails once it has begun, so that hostile text costs one pass
    r'''"""(?:\\?.)*?(?:"""|\Z)|"(?:[^"\\\n]|\\.)*"?|#[^\n]*|''' r"""'''.*?(?:'''|\Z)|'[^'\n]*'?""", re.DOTALL
)
_LONG = (
    (re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){8}"), "a key of at most 8 dotted parts"),
    (re.compile(r"[+-]?\d\w{80}"), "a number of at most 64 digits"),
)


def _skim(text: str, source: str, depth: int = 8) -> None:
    """Refuse what would keep the TOML parser busy: deep nesting, long dotted keys, endless numbers."""
    bare = _QUOTED.sub(lambda found: "_" + "\n" * found[0].count("\n"), text)
    for pattern, expected in _LONG:
        if found := pattern.search(bare):
            _refuse(bare, found.start(), source, expected)
    level = 0
    for found in re.finditer(r"[\[\]{}]", bare):
        level += 1 if found[0] in "[{" else -1
        if level > depth:
            _refuse(bare, found.start(), source, f"brackets nested at most {depth} deep")


def _refuse(text: str, at: int, source: str, expected: str) -> None:
    raise ProblemError(f"{source}, line {text.count(chr(10), 0, at) + 1}", text[at : at + 40], expected)


# Observations from a data file


def _group(group: Any, where: str, folder: str | os.PathLike[str] | None, limits: Limits) -> Mapping[str, Any]:
    """A table of times, data and cost, the first two taken from `file` and its column `time` if it names one."""
    given = table(group, where, ("times", "data", "cost", "file", "time"))
    if "file" not in given and "time" not in given:
        return given
    if both := [key for key in ("times", "data") if key in given]:
        raise ProblemError(where, f"{both[0]} beside file", "either times and data, or file and time")
    file, name = required(given, "file", where), required(given, "time", where)
    columns = _columns(_beside(file, f"{where}, file", folder), f"{where}, file {file}", limits)
    if not isinstance(name, str) or name not in columns:
        raise ProblemError(f"{where}, time", name, f"a column of {file} ({listing(columns)})", nearest(name, columns))
    times = columns.pop(name)
    return {"times": times, "data": columns} | {key: entry for key, entry in given.items() if key == "cost"}


def _beside(file: Any, where: str, folder: str | os.PathLike[str] | None) -> Path:
    """The path of `file` inside `folder`: no absolute path, no `..`, no link that leads out."""
    if folder is None:
        expected = "no data file, as this statement was not read from a folder"
        raise ProblemError(where, file, expected, "Give times and data in the text.")
    home = Path(folder).resolve()
    plain = isinstance(file, str) and bool(re.fullmatch(r"[A-Za-z0-9_ .-][A-Za-z0-9_ ./-]*", file))
    if not plain or ".." in Path(file).parts or not (home / file).resolve().is_relative_to(home):
        expected = "a plain relative path inside the statement's folder"
        raise ProblemError(where, file, expected, "Put the data beside the statement.")
    return (home / file).resolve()


def _columns(file: Path, where: str, limits: Limits) -> dict[str, list[str]]:
    """Columns of a comma-separated file by their header names; empty lines and lines that begin with # are skipped."""
    lines = enumerate(_read(file, where, limits.data_bytes).splitlines(), 1)
    rows = [(number, _cells(line)) for number, line in lines if line.strip() and not line.startswith("#")]
    if not rows:
        raise ProblemError(where, "no header", "a first line of column names")
    at_most(len(rows) - 1, limits.instants, "rows", where)
    at_most(len(rows[0][1]), limits.columns, "columns", where)
    header = [name for name, _ in entries(rows[0][1], f"{where}, line {rows[0][0]}", "column")]
    for number, cells in rows[1:]:
        _check_row(header, cells, f"{where}, line {number}")
    return {name: [cells[index] for _, cells in rows[1:]] for index, name in enumerate(header)}


def _cells(line: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(",")]


_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _check_row(header: Sequence[str], cells: Sequence[str], where: str) -> None:
    if len(cells) != len(header):
        raise ProblemError(where, f"{len(cells)} values", f"{len(header)}, one for each column ({listing(header)})")
    for name, cell in zip(header, cells, strict=True):
        if not _NUMERAL.fullmatch(cell):
            raise ProblemError(f"{where}, column {name}", cell, "a finite decimal number")


# A Python callable


class Columns:
    """The symbols of one kind, reached as x[0], x["hare"] or x.hare; also iterable, so that they can be unpacked."""

    __slots__ = ("_kind", "_symbols")

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        self._kind = kind
        self._symbols = {name: symbol(name) for name in names}

    def __getitem__(self, key: int | slice | str) -> Any:
        if isinstance(key, str):
            return self.__getattr__(key)
        return list(self._symbols.values())[key]

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("_") or name not in self._symbols:
            raise AttributeError(f"{self._kind} has no {name}; it has {listing(self._symbols)}")
        return self._symbols[name]

    def __iter__(self) -> Iterator[Expression]:
        return iter(self._symbols.values())

    def __len__(self) -> int:
        return len(self._symbols)

    def __repr__(self) -> str:
        return f"{self._kind}({', '.join(self._symbols)})"


Signatures = Mapping[int, tuple[str, ...]]
_FIELD = {2: ("t", "x"), 3: ("t", "x", "theta"), 4: ("t", "x", "w", "theta")}
_END = {2: ("t", "x"), 3: ("t", "x", "theta")}
_DATUM = {3: ("t", "x", "data"), 4: ("t", "x", "theta", "data")}


def from_callable(
    f: Callable[..., Any], *, states: Sequence[str], parameters: Any = (), controls: Any = (), running_cost: Any = "0",
    terminal_cost: Any = "0", initial: Mapping[str, Any] | None = None, horizon: Any,
    observations: Sequence[Mapping[str, Any]] = (), claims: Any = None, positive: Sequence[str] = (),
    name: str | None = None, limits: Limits = LIMITS,
) -> Problem:
    """The problem whose rates `f` returns: f(t, x), f(t, x, theta) or f(t, x, w, theta), called once, on symbols.

    `f` returns the rates as a sequence in the order of `states` or as a mapping from their names.  The running cost may
    be a callable of the same arguments, the terminal cost of (t, x[, theta]), an observation's cost of
    (t, x[, theta], data).  x, w, theta and data are `Columns`; functions come from `adjointcheck.math`.
    Raises ProblemError naming the line of the callable that cannot be carried out on symbols.
    """
    label = getattr(f, "__name__", type(f).__name__)
    rows = (("x", states, "state"), ("w", controls, "control"), ("theta", parameters, "parameter"))
    names = {role: [name for name, _ in entries(value, f"{label}: {kind}s", kind)] for role, value, kind in rows}
    given = {"t": symbol(TIME)} | {role: Columns(role, known) for role, known in names.items()}
    rates = _call(f, given, f"{label}, the rates", _FIELD)
    return Problem(
        name=name or label.replace("<lambda>", "unnamed"),
        states=_rates(rates, names["x"], f"{label}, the rates"),
        parameters=parameters,
        controls=controls,
        running_cost=_traced(running_cost, given, "running cost", _FIELD),
        terminal_cost=_traced(terminal_cost, given, "terminal cost", _END),
        initial=initial,
        horizon=horizon,
        observations=[_traced_group(group, given, index) for index, group in enumerate(observations)],
        claims=claims,
        positive=positive,
        source=f"callable {label}",
        limits=limits,
    )


def _rates(result: Any, states: Sequence[str], where: str) -> dict[str, Any]:
    if isinstance(result, Mapping):
        table(result, where, states)
        return {name: required(result, name, where) for name in states}
    rates = sequence(result, where, "rates, one for each state")
    if len(rates) != len(states):
        raise ProblemError(where, f"{len(rates)} rates", f"{len(states)}, one for each state ({listing(states)})")
    return dict(zip(states, rates, strict=True))


def _traced(cost: Any, given: Mapping[str, Any], place: str, signatures: Signatures) -> Any:
    return _call(cost, given, place, signatures) if _is_function(cost) else cost


def _traced_group(group: Any, given: Mapping[str, Any], index: int) -> Any:
    if not isinstance(group, Mapping) or not _is_function(group.get("cost")):
        return group
    place = f"observations[{index}], cost"
    columns = [name for name, _ in entries(group.get("data", {}), place, "column")]
    return {**group, "cost": _call(group["cost"], {**given, "data": Columns("data", columns)}, place, _DATUM)}


def _is_function(value: Any) -> bool:
    return callable(value) and not is_sympy(value)  # a SymPy symbol can be called, too


def _call(function: Any, given: Mapping[str, Any], place: str, signatures: Signatures) -> Any:
    arguments = [given[role] for role in _roles(function, given, place, signatures)]
    try:
        return function(*arguments)
    except Exception as error:
        where, line = _user_line(error, place)
        got = f"{type(error).__name__}: {error}{line}"
        raise ProblemError(where, got, "arithmetic on symbols", _advice(str(error))) from error


def _roles(function: Any, given: Mapping[str, Any], place: str, signatures: Signatures) -> tuple[str, ...]:
    """What each argument of `function` stands for, by their number; three may be (t, x, w) where there are controls."""
    names = _argument_names(function, place)
    if len(names) not in signatures or {"t", "time"} & set(names[1:]):
        forms = " or ".join(f"({', '.join(roles)})" for roles in signatures.values())
        raise ProblemError(place, f"the arguments ({', '.join(names)})", forms, "Time comes first.")
    steered = len(given["w"]) and (not len(given["theta"]) or names[-1] in ("w", "control", "controls"))
    return ("t", "x", "w") if signatures is _FIELD and len(names) == 3 and steered else signatures[len(names)]


def _argument_names(function: Any, place: str) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise ProblemError(place, function, "a callable whose arguments can be read", "Wrap it in a def.") from None
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [row.name for row in parameters if row.kind in plain and row.default is row.empty]


def _user_line(error: Exception, place: str) -> tuple[str, str]:
    """File and line of the deepest frame in the file that holds the callable, and the text of that line."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    if not frames:
        return place, ""
    frame = [frame for frame in frames if frame.filename == frames[0].filename][-1]
    where = f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name} ({place})"
    return where, f" in `{frame.line}`" if frame.line else ""


_ADVICE = (
    ("truth value", "Write adjointcheck.math.where(condition, a, b) for `if`, and minimum or maximum for min or max."),
    ("subscriptable", "The order is f(t, x, theta) or f(t, x, w, theta); t is one symbol, x, w and theta are indexed."),
    ("Columns", "x, w, theta and data are indexed: x[0], x[\"name\"] or x.name."),
    ("; it has ", "Use a name of the statement."),
    ("index out of range", "Use an index or a name of the statement."),
)


def _advice(message: str) -> str:
    general = "Use + - * / ** and the functions of adjointcheck.math instead of those of math, numpy or torch."
    return next((advice for fragment, advice in _ADVICE if fragment in message), general)
