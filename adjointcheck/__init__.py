"""adjointcheck: derive the adjoint equations, prove every step, generate the solver, check its gradients.

statement -> derivation -> adjoint system -> module text -> solution, gradient -> verdicts -> report
 problem/     derive/        trusted/         codegen/       solve/               check/      report/

`pipeline.py` is the same road in code. Names below are imported when they are first used, so that importing the
package costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adjointcheck import math as math
    from adjointcheck.check.verdict import Check as Check
    from adjointcheck.check.verdict import Fit as Fit
    from adjointcheck.check.verdict import Outcome as Outcome
    from adjointcheck.check.verdict import Report as Report
    from adjointcheck.derive import AdjointSystem as AdjointSystem
    from adjointcheck.derive import Derivation as Derivation
    from adjointcheck.derive.theories import Theory as Theory
    from adjointcheck.derive.theories import theory as theory
    from adjointcheck.errors import AdjointCheckError as AdjointCheckError
    from adjointcheck.errors import ProblemError as ProblemError
    from adjointcheck.pipeline import build as build
    from adjointcheck.pipeline import check as check
    from adjointcheck.pipeline import derive as derive
    from adjointcheck.pipeline import fit as fit
    from adjointcheck.pipeline import generate as generate
    from adjointcheck.pipeline import load as load
    from adjointcheck.pipeline import verify_notes as verify_notes
    from adjointcheck.problem import Problem as Problem
    from adjointcheck.problem import from_callable as from_callable
    from adjointcheck.problem import read_toml as read_toml
    from adjointcheck.solve.ensemble import solve_ensemble as solve_ensemble
    from adjointcheck.solve.interpolation import Interpolation as Interpolation
    from adjointcheck.solve.odeint import odeint as odeint
    from adjointcheck.solve.odeint import odeint_adjoint as odeint_adjoint
    from adjointcheck.solve.odeint import odeint_event as odeint_event
    from adjointcheck.trusted.replay import replay as replay
    from adjointcheck.trusted.verdict import Status as Status
    from adjointcheck.trusted.verdict import Verdict as Verdict

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("build", "fit", "generate", "load", "verify_notes"), "adjointcheck.pipeline"),
    **dict.fromkeys(("Problem", "from_callable", "read_toml"), "adjointcheck.problem"),
    **dict.fromkeys(("AdjointSystem", "Derivation"), "adjointcheck.derive"),
    **dict.fromkeys(("Status", "Verdict"), "adjointcheck.trusted.verdict"),
    **dict.fromkeys(("Check", "Fit", "Outcome", "Report"), "adjointcheck.check.verdict"),
    **dict.fromkeys(("AdjointCheckError", "ProblemError"), "adjointcheck.errors"),
    **dict.fromkeys(("Theory", "theory"), "adjointcheck.derive.theories"),
    **dict.fromkeys(("odeint", "odeint_adjoint", "odeint_event"), "adjointcheck.solve.odeint"),
    "Interpolation": "adjointcheck.solve.interpolation",
    "replay": "adjointcheck.trusted.replay",
    "solve_ensemble": "adjointcheck.solve.ensemble",
}
_VERBS = ("check", "derive")  # rooms whose names are verbs, too
_ROOMS = (*_VERBS, "math")

__all__ = [
    "AdjointCheckError", "AdjointSystem", "Check", "Derivation", "Fit", "Interpolation", "Outcome", "Problem", "ProblemError", "Report",
    "Status", "Theory", "Verdict", "__version__", "build", "check", "derive", "fit", "from_callable", "generate", "load", "math",
    "odeint", "odeint_adjoint", "odeint_event", "read_toml", "replay", "solve_ensemble", "theory", "verify_notes",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"adjointcheck.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'adjointcheck' has no attribute {name!r}")
    return globals().setdefault(name, getattr(import_module(_HOMES[name]), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Verb(ModuleType):
    """A room that can be called: `adjointcheck.derive` is the package and `adjointcheck.derive(problem)` derives."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return getattr(import_module("adjointcheck.pipeline"), self.__name__.rpartition(".")[2])(*arguments, **options)


class _Package(ModuleType):
    """This package; importing one of its verbs, by whatever way, leaves a room that can be called."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _VERBS and isinstance(value, ModuleType):
            value.__class__ = _Verb
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
