"""From the adjoint system to the text of a module: lower, then print for the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from adjointcheck.codegen import native_text, torch_module
from adjointcheck.codegen.ir import Program
from adjointcheck.codegen.lower import lower
from adjointcheck.errors import CodegenError
from adjointcheck.expression.collector import uncollected
from adjointcheck.schemes import METHODS, STIFF_METHODS

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import AdjointSystem

TARGETS: Mapping[str, Callable[[Program], str]] = {"torch": torch_module.emit, "native": native_text.emit}


@uncollected()
def generate(system: AdjointSystem, target: str = "torch", method: str = "tsit5") -> str:
    """The text of a standalone module that solves `system`; equal systems give equal bytes.

    Raises CodegenError for an unknown target or method, listing the known ones.
    """
    for what, got, known in (("target", target, TARGETS), ("method", method, METHODS)):
        if got not in known:
            todo = "Generated modules march explicitly; `adjointcheck.odeint` has this method." if got in STIFF_METHODS else ""
            raise CodegenError(f"generate, {what}", got, f"one of {', '.join(known)}", todo)
    return TARGETS[target](lower(system, METHODS[method]))
