"""Files that the faces write and read: whole or not at all, and every failure told like a bad statement."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from adjointcheck.errors import AdjointCheckError

LOG_BYTES = 64 * 2**20


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write `text` to `path` as UTF-8, so that a reader sees the old file or the new one and never a part of either.

    Missing folders are made. Raises AdjointCheckError naming the path when that cannot be done.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(None, "a directory")
        write = _replace if target.is_file() or not target.exists() else Path.write_bytes  # a pipe or device stays one
        write(target.resolve(), text.encode("utf-8"))
    except (OSError, ValueError) as error:
        raise AdjointCheckError(f"output {path}", _reason(error), "a place where a file can be written", "Choose another path.") from None
    return target


def _replace(target: Path, data: bytes) -> None:
    """Write beside the target, then take its place in one stroke; what is interrupted leaves only the old file."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", dir=target.parent)
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _mode(target: Path) -> int:
    """The mode of the file that is replaced, else what a new file gets here (mkstemp gives 0600)."""
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The JSON object in the file `path`; raises AdjointCheckError naming the path, line and column."""
    where = os.fspath(path)
    try:
        if stat.S_ISFIFO(os.stat(where).st_mode):
            raise AdjointCheckError(where, "a pipe", "a file", "Write the log to a file first.")
        with open(where, "rb") as stream:
            data = stream.read(LOG_BYTES + 1)
        if len(data) > LOG_BYTES:
            raise AdjointCheckError(where, f"more than {LOG_BYTES} bytes", "a smaller log")
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise AdjointCheckError(f"{where}, line {error.lineno}, column {error.colno}", error.msg, "JSON") from None
    except (OSError, ValueError, RecursionError) as error:
        raise AdjointCheckError(where, _reason(error), "a readable file of JSON", "Check the path.") from None
    if not isinstance(document, dict):
        raise AdjointCheckError(where, f"a JSON {type(document).__name__}", "a JSON object, as `derive --log` writes it")
    return document


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; of two entries under one key a reader may see the first and a program the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r:.80} twice in one object")
    return found


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
