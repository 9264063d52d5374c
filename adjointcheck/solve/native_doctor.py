"""What the native target finds here, in words: compiler, flags, threads, vector width, cache folder, CUDA."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from adjointcheck.errors import CodegenError
from adjointcheck.solve.native_build import COMPILERS, Compiler, all_flags, cache_folder, find_compiler, usable_flags, vector_width


class Row(NamedTuple):
    """One thing: its name, whether the native target has what it wants, what was found, what to do."""

    name: str
    fine: bool
    found: str
    todo: str = ""


def explain() -> Iterator[Row]:
    """Everything that decides whether the native target is built, and how."""
    compiler = find_compiler()
    if compiler is None:
        wanted = os.environ.get("CXX") or " or ".join(COMPILERS)
        yield Row("compiler", False, f"no {wanted} that answers; the torch target needs none", "Install g++ or clang++, or set CXX.")
    else:
        yield Row("compiler", True, compiler.words)
        yield from _flags(compiler)
    yield _width()
    yield _cache()
    yield _cuda()


def _flags(compiler: Compiler) -> Iterator[Row]:
    try:
        flags = usable_flags(compiler)
    except CodegenError as error:
        yield Row("native flags", False, f"{compiler.command[0]} does not link: {error.got}", error.todo)
        return
    refused = [flag for flag in all_flags() if flag not in flags]
    yield Row("native flags", True, " ".join(flags) + (f"; refused: {' '.join(refused)}" if refused else ""))
    threads = f"{os.cpu_count()} processors"
    if "-fopenmp" in flags:
        yield Row("OpenMP", True, f"yes, {threads}")
    else:
        yield Row("OpenMP", False, f"refused by the compiler: one thread of {threads}", "Install libgomp or libomp.")


def _width() -> Row:
    bits = vector_width()
    words = f"{bits} bits: {bits // 64} doubles or {bits // 32} floats in a register" if bits else "not told by the system"
    return Row("vector width", bool(bits), words)


def _cache() -> Row:
    folder = cache_folder()
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        found = f"{folder} cannot be written: every process builds anew"
        return Row("cache folder", False, found, "Set XDG_CACHE_HOME to a folder of yours.")
    sizes = [entry.stat().st_size for entry in Path(folder).glob("*") if entry.suffix in (".so", ".cubin")]
    held = f"{len(sizes)} built, {sum(sizes) / 2**20:.1f} MiB" if sizes else "nothing is kept there yet"
    return Row("cache folder", True, f"{folder} ({held})")


def _cuda() -> Row:
    from adjointcheck.solve.native_cuda import state

    fine, words = state()
    return Row("CUDA", fine, words)
