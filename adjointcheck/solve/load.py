"""Generated text as an imported module; nothing is written to disk."""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.util
import linecache
import re
import sys
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from adjointcheck.errors import CodegenError

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import AdjointSystem, Derivation

PREFIX = "adjointcheck_generated"


def build(derived: AdjointSystem | Derivation, target: str = "auto", method: str = "tsit5") -> ModuleType:
    """The module of an adjoint system, or of the derivation that holds one, for "torch", "native" or "auto".

    "auto" is native where it can be built and torch elsewhere, which the log "adjointcheck" then says in one line.
    Raises CodegenError for an unknown target or method, and where "native" cannot be built.
    """
    from adjointcheck.codegen import generate

    system: Any = getattr(derived, "system", derived)
    if target not in ("auto", "native"):
        return load_module(generate(system, target, method), system.problem.name)
    module = load_module(generate(system, "torch", method), system.problem.name)
    try:
        return _native(system, module, method)
    except CodegenError as error:
        if target == "native":
            raise
        _tell_fallback(error)
        return module


def _native(system: AdjointSystem, module: ModuleType, method: str) -> ModuleType:
    from adjointcheck.codegen import native_text
    from adjointcheck.codegen.lower import lower
    from adjointcheck.schemes import METHODS
    from adjointcheck.solve.native_module import load_native

    program, stages = lower(system, METHODS[method]), len(module.B)
    bodies = sum(len(program.function(name).body) for name in ("rates", "rates", "pullback"))  # once forward, once more backward
    return load_native(native_text.emit(program), module, stages * (bodies + 2 * stages * len(module.STATES)))


def _tell_fallback(error: CodegenError) -> None:
    from adjointcheck.solve.native_build import tell_once

    tell_once(f"target torch instead of native: {error.where}: got {error.got}; expected {error.expected}")


def load_module(text: str, name: str = "module") -> ModuleType:
    """Import `text`; the same text under the same name is the same module, as with any import.

    Tracebacks, `inspect` and debuggers see the source. Whatever the text raises when it is run is passed on.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    full_name = f"{PREFIX}_{re.sub(r'[^A-Za-z0-9]', '_', name)}_{digest}"
    if full_name not in sys.modules:
        _run(text, full_name)
    return sys.modules[full_name]


def _run(text: str, full_name: str) -> None:
    loader = _TextLoader(text, f"<{full_name}>")
    spec = ModuleSpec(full_name, loader, origin=loader.path)
    module = importlib.util.module_from_spec(spec)
    module.__file__ = loader.path
    linecache.cache[loader.path] = (len(text), None, text.splitlines(keepends=True), loader.path)
    sys.modules[full_name] = module  # before it runs: dataclasses look their module up while they are made
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[full_name]
        raise


class _TextLoader(importlib.abc.InspectLoader):
    """A loader whose source is a string."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path

    def get_source(self, fullname: str) -> str:
        return self.text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.text, self.path)
