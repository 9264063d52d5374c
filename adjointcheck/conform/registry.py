"""The adapters that come with the package, by the name that a command line says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from adjointcheck.conform.protocol import Adapter
from adjointcheck.errors import AdjointCheckError


@dataclass(frozen=True)
class Entry:
    """The library `package`, and the function of `adapters/<home>.py` that makes the adapter."""

    package: str
    home: str
    make: str
    options: tuple[Any, ...] = ()


ENTRIES: dict[str, Entry] = {
    "torchdiffeq": Entry("torchdiffeq", "torchdiffeq", "backpropagation"),
    "torchdiffeq-adjoint": Entry("torchdiffeq", "torchdiffeq", "adjoint"),
    "torchdiffeq-seminorm": Entry("torchdiffeq", "torchdiffeq", "adjoint_seminorm"),
    "torchode": Entry("torchode", "torchode", "backpropagation"),
    "torchode-frozen": Entry("torchode", "torchode", "backpropagation_frozen"),
    "torchode-backsolve": Entry("torchode", "torchode", "backsolve"),
    "diffrax": Entry("diffrax", "diffrax", "checkpointed"),
    "diffrax-direct": Entry("diffrax", "diffrax", "direct"),
    "diffrax-backsolve": Entry("diffrax", "diffrax", "backsolve"),
    "diffrax-forward": Entry("diffrax", "diffrax", "forward_mode"),
    "odeint": Entry("adjointcheck", "own", "any_field"),
    "odeint-checkpointed": Entry("adjointcheck", "own", "any_field", ("checkpointed",)),
    "odeint-forward": Entry("adjointcheck", "own", "any_field", ("forward",)),
    "odeint-interpolated": Entry("adjointcheck", "own", "any_field", ("interpolated",)),
    "odeint-reversible": Entry("adjointcheck", "own", "any_field", ("reversible",)),
    "odeint-backsolve": Entry("adjointcheck", "own", "any_field", ("backsolve",)),
    "adjointcheck": Entry("adjointcheck", "own", "generated"),
    "adjointcheck-native": Entry("adjointcheck", "own", "generated", ("native",)),
}


def installed(name: str) -> bool:
    """Whether the library of a row is here."""
    return find_spec(ENTRIES[name].package) is not None


def find(name: str, allow_python: bool = False) -> Adapter:
    """The adapter of a row, or with `allow_python` that of `module:object` (an adapter, or a function that makes one).

    Raises AdjointCheckError for an unknown name, a library that is not installed, or an object that is no adapter.
    """
    if ":" in name:
        return _foreign(name, allow_python)
    if name not in ENTRIES:
        raise AdjointCheckError("conform, ADAPTER", name, f"one of {', '.join(ENTRIES)}, or module:object with --allow-python")
    entry = ENTRIES[name]
    if not installed(name):
        raise AdjointCheckError(f"conform {name}", f"no package {entry.package}", "it installed", f"pip install {entry.package}")
    make: Callable[..., Adapter] = getattr(import_module(f"adjointcheck.conform.adapters.{entry.home}"), entry.make)
    return make(*entry.options)


def _foreign(name: str, allow_python: bool) -> Adapter:
    if not allow_python:
        raise AdjointCheckError("conform, ADAPTER", name, "--allow-python beside module:object", "It imports that module, which runs code.")
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
        adapter: Any = found if hasattr(found, "answer") or not callable(found) else found()
    except (ImportError, AttributeError, TypeError) as error:
        raise AdjointCheckError("conform, ADAPTER", f"{name}: {error}", "an adapter, or a function that makes one") from None
    if not all(hasattr(adapter, part) for part in ("name", "version", "can", "answer")):
        raise AdjointCheckError("conform, ADAPTER", name, "an object with name, version, can and answer(task)", "See adjointcheck.conform.")
    return adapter
