"""The solution and its costates at the statement's own values, as plain data for plots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from adjointcheck.check.arithmetic import AdjointEquations
from adjointcheck.check.case import Case, Point, Run
from adjointcheck.check.fixture import nominal
from adjointcheck.check.ladder import SMALL, statement_size
from adjointcheck.check.verdict import Trajectory

TIME_STEPS, LEAST_TIME_STEPS = 240, 40

Row = tuple[float, list[float], list[float]]


def sample_trajectory(case: Case) -> Trajectory | None:
    """States and costates of the whole horizon on equal time steps (or the method's own); None if it does not finish."""
    own = nominal(case.problem)
    own = replace(own, follows=any(state.initial.head != "number" for state in case.problem.states))
    most = max(LEAST_TIME_STEPS, round(TIME_STEPS / (1 + statement_size(case) / SMALL)))
    for steps in (most, case.points[0].steps):
        run = Run(case, replace(own, steps=steps))
        if not (run.record.status != case.module.FINISHED).any():
            return _read(case, run)
    return None


def _read(case: Case, run: Run) -> Trajectory:
    rows = [row for pair in _rows(case, run) for row in pair]
    names = case.problem.state_names
    observations = [(j, [float(t) for t in group.times], {name: [float(v) for v in column] for name, column in group.data})
                    for j, group in enumerate(case.problem.observations)]  # fmt: skip
    return Trajectory(
        [t for t, _, _ in rows], {name: [x[i] for _, x, _ in rows] for i, name in enumerate(names)},
        {name: [p[i] for _, _, p in rows] for i, name in enumerate(names)}, observations,
    )  # fmt: skip


def _rows(case: Case, run: Run) -> Iterator[list[Row]]:
    """(t, x, p) at the start of each time step, and just before a jump of p where an observation is met."""
    record, point = run.record, run.point
    times = [*(float(time[0]) for time in record.start_times()), float(point.t1[0])]
    states = [*(step.x[0].tolist() for step in record.steps), record.x1[0].tolist()]
    costates = [*(p[0].tolist() for p in run.costates), _terminal(case, point, states[-1])]
    jumps = torch.zeros((len(times), len(case.problem.states)), dtype=torch.float64)
    for j, place in enumerate(run.plan.arrival[0].tolist()):
        jumps[place] += torch.tensor(_jump(case, point, j, states[place]))
    for t, x, p, jump in zip(times, states, costates, jumps.tolist(), strict=True):
        after = (t, x, p)
        yield [(t, x, [a + b for a, b in zip(p, jump, strict=True)]), after] if any(jump) else [after]


def _terminal(case: Case, point: Point, x: list[float]) -> list[float]:
    tape = AdjointEquations(case.system).terminal
    return [float(v) for v in tape(_environment(case, point, float(point.t1[0]), x))[: len(x)]]


def _jump(case: Case, point: Point, j: int, x: list[float]) -> list[float]:
    equations = AdjointEquations(case.system)
    group, data = equations.instants[j]
    environment = _environment(case, point, float(point.observation_times[0, j]), x)
    return [float(v) for v in equations.deposits[group](environment | data)[: len(x)]]


def _environment(case: Case, point: Point, t: float, x: list[float]) -> dict[str, float]:
    names = ("t", *case.problem.state_names, *case.problem.parameter_names)
    return dict(zip(names, (t, *x, *point.theta[0].tolist()), strict=True))
