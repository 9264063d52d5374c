"""The bilinear identity of tangent and costate at each time step by itself: it names the first wrong one."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.autograd import forward_ad

from adjointcheck.check.case import Case, Run
from adjointcheck.check.forward_mode import forward_mode
from adjointcheck.check.rounding import LIMIT, UNIT, Measure, Shaker, noisy_rows
from adjointcheck.check.verdict import Check, judge
from adjointcheck.solve import reference
from adjointcheck.solve.reference import TORCH, Tape

NAME = "tangent-identity"


def check_tangent_identity(case: Case) -> Check:
    """p_k v = (p_{k+1} + jump) (dx_{k+1}/dx_k) v + (d running cost/dx_k) v, and x_{k+1} itself, for random v."""
    run = case.runs[0]
    states, products = _errors(run, case.budget.directions)
    worst = torch.maximum(states, products)
    measured = float(worst.max())
    words = (f"{worst.shape[0]} time steps of {worst.shape[1]} trajectories, {case.budget.directions} directions: at most "
             f"{measured:.3g} units of rounding (allowed {LIMIT:g})")  # fmt: skip
    if measured > LIMIT:
        words += "; " + _first(run, states, products)
    series = [{"label": "p v before against after", "x": [float(k + 1) for k in range(len(worst))],
               "y": products.amax(1).tolist(), "xlabel": "time step", "ylabel": "units of rounding"}]  # fmt: skip
    return judge(NAME, measured, LIMIT, words, seed=case.seed, details={"series": series})


def _first(run: Run, states: Tensor, products: Tensor) -> str:
    """The earliest time step that is wrong, and in which way."""
    k, row = (torch.maximum(states, products) > LIMIT).nonzero()[0].tolist()
    time = float(run.record.start_times()[k][row])
    ways = [(states, "the state after it"), (products, "the costate before it")]
    wrong = " and ".join(f"{words} is off by {float(e[k, row]):.2g} units" for e, words in ways if e[k, row] > LIMIT)
    return f"first wrong: time step {k + 1} of trajectory {row}, from t = {time:.6g}: {wrong}"


def _errors(run: Run, directions: int) -> tuple[Tensor, Tensor]:
    """Errors (time steps, trajectories) of the recorded states and of the identity, in units of rounding."""
    steps, batch = len(run.record.steps), len(run.point.t0)
    before, after = _states(run)
    weights = torch.stack([*run.costates[1:], _terminal(run)]) + _jumps(run, after)
    count = steps * batch * directions
    index, sigma = noisy_rows(count)
    rows = [_rows(value, directions)[index] for value in (before, weights)]
    v = torch.randn((count, before.shape[2]), generator=run.case.generator(3), dtype=before.dtype)
    ahead, gathered = _step(run, _one_step(run, directions, index), rows[0], v[index], Shaker(sigma, run.case.generator(4)))
    shake = Shaker(sigma, run.case.generator(5))
    shaken = sum((shake(a) * b for a, b in zip(rows[1].unbind(1), ahead[1].unbind(1), strict=True)), gathered)
    product = Measure.of(shaken, count)
    terms = _rows(torch.stack(run.costates), directions) * v
    product = replace(product, unit=product.unit + UNIT * terms.abs().sum(1))
    states = Measure.of(ahead[0], count).error(_rows(after, directions)).amax(1)
    moved = torch.stack([step.accepted for step in run.record.steps])
    errors = (torch.where(moved, e.view(directions, steps, batch).amax(0), 0) for e in (states, product.error(terms.sum(1))))
    return next(errors), next(errors)


def _rows(value: Tensor, directions: int) -> Tensor:
    """(steps, batch, n) as rows, once for each direction."""
    return value.flatten(0, 1).repeat(directions, 1)


def _states(run: Run) -> tuple[Tensor, Tensor]:
    """x before and after each time step, as recorded, (steps, batch, n)."""
    starts = [step.x for step in run.record.steps]
    return torch.stack(starts).detach(), torch.stack([*starts[1:], run.record.x1]).detach()


def _one_step(run: Run, directions: int, index: Tensor) -> reference.Step:
    """All recorded time steps side by side, as one: rows (direction, time step, trajectory), then `index`."""
    plan, point = run.plan, run.point
    segment, left, right = (torch.cat(parts).repeat(directions)[index] for parts in zip(*plan.steps, strict=True))
    row = torch.arange(len(point.t0)).repeat(len(plan.steps) * directions)[index]
    inputs = reference.unbind(**point.rows(row).blocks)
    flat = reference.Plan(plan.order[row], plan.interval[row], plan.arrival[row], ((segment, left, right),))
    return next(iter(reference.lay_steps(TORCH, flat, inputs, point.hold)))


def _step(
    run: Run, step: reference.Step, x: Tensor, v: Tensor, shake: Shaker
) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """((x after, its tangent), tangent of the running cost) of one reference step along v."""
    model, scheme = reference.torch_model(run.case.problem), reference.torch_scheme(run.case.tableau)
    theta = run.record.inputs.theta.detach().repeat(len(x) // len(run.point.t0), 1).unbind(1)

    with forward_mode():
        start = forward_ad.make_dual(x, v).unbind(1)
        x_next, gathered = reference.take_step(model, scheme, step, start, theta, shake)
        ends = [forward_ad.unpack_dual(value) for value in x_next]
        gathered = forward_ad.unpack_dual(0.0 * start[0] + gathered).tangent
    return tuple(torch.stack(part, 1) for part in zip(*ends, strict=True)), gathered  # type: ignore[return-value]


def _terminal(run: Run) -> Tensor:
    """dPsi/dx at t1 by the proved expressions, (batch, n)."""
    return _proved(run, run.case.system.terminal, run.point.t1, run.record.x1.detach(), {})


def _proved(run: Run, formulas: object, t: Tensor, x: Tensor, data: dict[str, float]) -> Tensor:
    values = Tape([formulas[name] for name in run.case.problem.state_names], TORCH)(  # type: ignore[index]
        {**reference.torch_model(run.case.problem).free(t, x.unbind(1), run.point.theta.unbind(1)), **data}
    )
    return torch.stack([torch.as_tensor(value, dtype=x.dtype).expand(len(x)) for value in values], -1)


def _jumps(run: Run, after: Tensor) -> Tensor:
    """dl/dx of the observations met at the end of each time step, (steps, batch, n)."""
    jumps, model = torch.zeros_like(after), reference.torch_model(run.case.problem)
    rows = torch.arange(after.shape[1])
    for j, (group, data) in enumerate(model.instants):
        last = run.plan.arrival[:, j] - 1
        t, x = run.point.observation_times[:, j], after[last, rows]
        jumps[last, rows] += _proved(run, run.case.system.jumps[group], t, x, data)
    return jumps
