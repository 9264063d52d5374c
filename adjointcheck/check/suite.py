"""The numeric check of one problem from end to end: derive, generate, load, run the battery, collect the figures."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from time import perf_counter
from types import ModuleType
from typing import TYPE_CHECKING

from adjointcheck.check.battery import run_battery
from adjointcheck.check.case import BUDGETS, Case
from adjointcheck.check.fixture import make_case
from adjointcheck.check.trajectory import sample_trajectory
from adjointcheck.check.verdict import Report
from adjointcheck.codegen import generate
from adjointcheck.derive import derive
from adjointcheck.errors import SolveError
from adjointcheck.solve.load import load_module

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import Derivation
    from adjointcheck.problem.statement import Problem

Progress = Callable[[str], None]
PACKAGES = ("torch", "sympy", "python-flint", "mpmath", "scipy", "numpy")


def check(
    problem: Problem, method: str = "tsit5", seed: int | None = None, level: str = "fast",
    progress: Progress | None = None,
) -> Report:
    """Derive and prove the adjoint equations, generate their module, and measure it by the whole battery.

    `level` is "fast" or "thorough" (more points, directions and time steps); `seed` None is taken from the problem.
    `progress` is called with the name of each stage and check as it begins.
    Raises SolveError for an unknown level or a module that cannot be run at all, CodegenError for an unknown method.
    """
    if level not in BUDGETS:
        raise SolveError("check, level", level, f"one of {', '.join(BUDGETS)}")
    tell, seconds = progress or (lambda name: None), {}
    with _stage("derive", tell, seconds):
        derivation = derive(problem)
    with _stage("generate", tell, seconds):
        text = generate(derivation.system, method=method)
        module = load_module(text, problem.name)
    return check_module(derivation, module, text, method, seed, level, tell, seconds)


def check_module(
    derivation: Derivation, module: ModuleType, text: str, method: str, seed: int | None = None, level: str = "fast",
    progress: Progress | None = None, seconds: dict[str, float] | None = None,
) -> Report:
    """Measure a module that is already there; `text` must be the text it was loaded from."""
    tell, seconds = progress or (lambda name: None), {} if seconds is None else seconds
    with _stage("prepare", tell, seconds):
        case = make_case(derivation, module, text, method, seed, BUDGETS[level])
    with _stage("check", tell, seconds):
        checks = run_battery(case, progress)
    with _stage("trajectory", tell, seconds):
        trajectory = sample_trajectory(case)
    return Report(derivation.problem, derivation, checks, trajectory, None, versions(case), seconds, text)


@contextmanager
def _stage(name: str, tell: Progress, seconds: dict[str, float]) -> Iterator[None]:
    tell(name)
    start = perf_counter()
    yield
    seconds[name] = perf_counter() - start


def versions(case: Case) -> dict[str, str]:
    """What the figures were made with."""
    found = {name: metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **found, "method": case.method, "seed": str(case.seed)}
