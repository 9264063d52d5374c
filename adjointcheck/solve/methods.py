"""Every method by name: our rows, and the names under which torchdiffeq's users know them."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from adjointcheck import schemes
from adjointcheck.errors import SolveError
from adjointcheck.schemes.companions import COMPANIONS
from adjointcheck.solve.explicit import ExplicitRungeKutta
from adjointcheck.solve.time_step import Method

# torchdiffeq's name: ours.  Its rk4 is the 3/8 rule, so Kutta's own is called rk4_classic here; for its dopri8 (Prince and
# Dormand 1981) stands the pair that replaced it in Hairer's code, of the same order.
ALIASES = {"rk4": "rk4_38", "rk4_classic": "rk4", "adaptive_heun": "heun", "dopri8": "dop853"}
_ELSEWHERE = ("explicit_adams", "implicit_adams", "fixed_adams", "scipy_solver")
_INSTEAD = "Methods with a memory, and SciPy's, have no adjoint here: take 'dopri5' or 'dop853', or 'rodas5p' for a stiff field."
_EXPLICIT = {**schemes.METHODS, **COMPANIONS}


@cache
def find_method(name: str) -> Method:
    """The method called `name` in a call of `odeint`; raises `SolveError` with the nearest name."""
    known = ALIASES.get(name, name)
    if known in _EXPLICIT:
        return ExplicitRungeKutta.of(_EXPLICIT[known])
    if known in schemes.STIFF_METHODS:
        return _stiff(known)
    names = sorted({*_EXPLICIT, *schemes.STIFF_METHODS, *ALIASES})
    near = get_close_matches(str(name).lower(), names, n=1)
    todo = _INSTEAD if name in _ELSEWHERE else f"Did you mean {near[0]!r}?" if near else "Choose one of them."
    raise SolveError("method", name, f"one of {', '.join(names)}", todo)


def _stiff(name: str) -> Method:
    from adjointcheck.solve.esdirk import EsdirkMethod
    from adjointcheck.solve.rosenbrock import RosenbrockWanner

    row = schemes.STIFF_METHODS[name]
    return EsdirkMethod.of(row) if isinstance(row, schemes.Esdirk) else RosenbrockWanner.of(row)
