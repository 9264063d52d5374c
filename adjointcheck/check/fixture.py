"""Inputs to test at: the statement's own values, perturbed from a seed so that nothing is symmetric, zero or at rest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from adjointcheck.check.arithmetic import FLOAT
from adjointcheck.check.case import Budget, Case, Point
from adjointcheck.check.rounding import initial_rows
from adjointcheck.errors import SolveError
from adjointcheck.schemes import find
from adjointcheck.solve.reference import Tape

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import Derivation
    from adjointcheck.problem.statement import Problem

BATCH = 3
INTERVALS = 4  # of the control grid
FULL_ORDER = 5  # methods of lower order get a horizon shorter in proportion
FIXED_STEPS = 40  # for methods without an error estimate
PERTURBATIONS = (0.05, 0.01, 0.002, 0.0)
SHARES = (1.0, 0.5, 0.25, 0.125)  # of the horizon, where the whole of it cannot be marched


def seed_of(problem: Problem) -> int:
    """The seed that a problem's content gives."""
    return int(hashlib.sha256(problem.digest().encode()).hexdigest()[:8], 16)


def make_case(
    derivation: Derivation, module: ModuleType, text: str, method: str, seed: int | None, budget: Budget
) -> Case:
    """The case of one module; raises SolveError when it cannot march from any perturbation of the statement's values."""
    problem = derivation.problem
    seed = seed_of(problem) if seed is None else seed
    tableau = find(method)
    own = replace(nominal(problem), steps=None if tableau.adaptive else FIXED_STEPS, tolerance=10.0 ** -min(tableau.order + 1, 6))
    first = settle(problem, module, own, seed, budget.time_steps)
    short = contract(first, smooth_share(problem, first, budget.short * min(tableau.order, FULL_ORDER) // FULL_ORDER))
    return Case(problem, derivation, module, text, method, seed, tuple(variants(problem, first)), short, budget)


def nominal(problem: Problem) -> Point:
    """The statement's own values as one trajectory; parameters without values draw theirs in the order of their names."""
    drawn = torch.rand(len(problem.parameters), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    own = [row.value for row in problem.parameters]
    values = [0.5 + float(u) if value is None else float(value) for value, u in zip(own, drawn, strict=True)]
    theta = torch.tensor([values], dtype=torch.float64)
    t0, t1 = (torch.tensor([float(end)], dtype=torch.float64) for end in problem.horizon)
    times = torch.tensor([[float(time) for group in problem.observations for time in group.times]], dtype=torch.float64)
    return Point(initial_rows(problem, theta), theta, own_control(problem)[None], t0, t1, times, hold="linear")


def own_control(problem: Problem) -> Tensor:
    """The initial guess of w at the nodes of a grid (K + 1, k); two empty nodes without controls."""
    t0, t1 = problem.horizon
    nodes = [t0 + (t1 - t0) * Fraction(k, INTERVALS) for k in range(INTERVALS + 1)] if problem.controls else [t0, t1]
    tape = Tape([control.initial for control in problem.controls], FLOAT)
    return torch.tensor([tape({"t": float(t)}) for t in nodes], dtype=torch.float64).reshape(len(nodes), -1)


def settle(problem: Problem, module: ModuleType, own: Point, seed: int, most: int) -> Point:
    """BATCH perturbed trajectories that the module finishes in about `most` time steps, the horizon cut for that."""
    for share, size in product(SHARES, PERTURBATIONS):
        point = contract(perturb(problem, own, size, seed), share)
        if finished(module, problem, point) is not None:
            words = f"{BATCH} trajectories, inputs perturbed by {100 * size:g} %" if size else f"{BATCH} equal trajectories"
            return shorten(module, problem, replace(point, words=words), most)
    raise SolveError(f"check {problem.name}", "a module that finishes at no perturbation of the statement's values",
                     "finished trajectories", "Look at solve().status; the statement may leave its domain.")  # fmt: skip


def perturb(problem: Problem, own: Point, size: float, seed: int) -> Point:
    """Every component of x0, theta and w multiplied by 1 + size xi; a component 0 becomes size xi."""
    generator = torch.Generator().manual_seed(seed)

    def spread(value: Tensor) -> Tensor:
        rows = value.expand(BATCH, *value.shape[1:])
        noise = size * torch.randn(rows.shape, generator=generator, dtype=rows.dtype)
        return torch.where(rows == 0, noise, rows * (1 + noise))

    index = torch.zeros(BATCH, dtype=torch.int64)
    theta = spread(own.theta)
    return replace(own.rows(index), theta=theta, x0=spread(initial_rows(problem, theta)), w=spread(own.w))


def finished(module: ModuleType, problem: Problem, point: Point) -> Any:
    """The record of the point, or None if one of its trajectories does not finish."""
    with torch.no_grad():
        solution = module.solve(**point.arguments(point.blocks, bool(problem.control_names)))
    return None if (solution.status != module.FINISHED).any() else solution.record


def shorten(module: ModuleType, problem: Problem, point: Point, most: int) -> Point:
    """The same point with its horizon, and the observations in it, drawn towards t0 until about `most` time steps do.

    At least two time steps are left to each segment; equal time steps are left alone.
    """
    most, share = max(most, 2 * (point.observation_times.shape[1] + point.intervals)), 1.0
    for _ in range(4 if point.steps is None else 0):
        record = finished(module, problem, contract(point, share))
        if record is not None and int(record.accepted.max()) <= most:
            break
        share *= 0.5 if record is None else covered(record, most)
    return contract(point, share)


def smooth_share(problem: Problem, point: Point, most: int) -> float:
    """The share of the horizon that SciPy's RK45 covers in `most` time steps at its 1e-6, in every trajectory.

    Whatever the method under test, a few equal time steps are then about as fine as accuracy asks for, hence stable.
    """
    return min(_share_of_row(problem, point.rows(torch.tensor([row])), most) for row in range(len(point.t0)))


def _share_of_row(problem: Problem, point: Point, most: int) -> float:
    from scipy.integrate import RK45

    tape = Tape([state.rate for state in problem.states], FLOAT)
    t0, t1 = float(point.t0[0]), float(point.t1[0])
    names = ("t", *problem.state_names, *problem.parameter_names, *problem.control_names)
    fixed = (*point.theta[0].tolist(), *point.w[0, 0].tolist())

    def rate(t: float, x: Any) -> list[float]:
        return tape(dict(zip(names, (t, *x.tolist(), *fixed), strict=True)))

    solver = RK45(rate, t0, point.x0[0].numpy(), t1, rtol=1e-6, atol=1e-6)
    for _ in range(most):
        if solver.status == "running":
            solver.step()
    return min(1.0, abs(float(solver.t) - t0) / abs(t1 - t0))


def covered(record: Any, most: int) -> float:
    """The share of the horizon that every trajectory has behind it after a little less than `most` time steps."""
    shares = []
    for row, (t0, t1) in enumerate(zip(record.inputs.t0, record.inputs.t1, strict=True)):
        taken = [time[row] for time, step in zip(record.start_times(), record.steps, strict=True) if step.accepted[row]]
        shares.append(float((taken[min(9 * most // 10, len(taken) - 1)] - t0) / (t1 - t0)))
    return min(shares)


def contract(point: Point, share: float) -> Point:
    """All times drawn towards t0."""

    def drawn(time: Tensor, start: Tensor) -> Tensor:
        return start + share * (time - start) if share != 1.0 else time

    times = drawn(point.observation_times, point.t0[:, None])
    return replace(point, t1=drawn(point.t1, point.t0), observation_times=times, share=share * point.share)


def variants(problem: Problem, first: Point) -> Iterator[Point]:
    """x0 given and w held linear; then x0 left out and w held constant, where that is another thing."""
    yield first
    follows = any(state.initial.head != "number" for state in problem.states)
    if follows or problem.controls:
        x0 = initial_rows(problem, first.theta)
        words = f"{first.words}, x0 left out"
        yield replace(first, x0=x0, w=first.w[:, 1:], hold="constant", follows=True, words=words)


def equal_steps(case: Case, steps: int) -> Point:
    """The short point cut further, so that `steps` equal time steps on it are stable; x0 given."""
    return replace(contract(case.short, min(1.0, steps / case.budget.short)), steps=steps, follows=False)
