"""The torch runtime: march forward with frozen time steps, sweep backward for the exact discrete adjoint.

The emitter pastes everything below the line `# --- runtime ---` into each generated module, verbatim, after the
imports and the equations of one problem.  Above that line stand the imports that every generated module needs and,
for linting and type checking only, the names that its equations part provides (`equations.pyi` says what they are).
Nothing but torch and the standard library may be imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from adjointcheck.codegen.runtime.equations import (  # pyright: ignore[reportMissingModuleSource]
        CONTROLS,
        E_LOW,
        ERROR_ORDER,
        HAS_RUNNING_COST,
        HORIZON,
        METHOD,
        NAME,
        OBSERVATION_COSTS,
        OBSERVATION_DATA,
        OBSERVATION_GROUP,
        OBSERVATION_PARTIALS,
        OBSERVATION_TIMES,
        PARAMETERS,
        STATES,
        THETA,
        A,
        B,
        C,
        E,
        initial_pullback,
        initial_state,
        pullback,
        rates,
        terminal_cost,
        terminal_partials,
    )


# --- runtime ---

# How it works.  Every trajectory has its own marks: t0, the inner nodes of the control grid, the observation times, t1.
# A time step runs from fraction `left` to fraction `right` of the segment between two neighbouring marks.  Marching
# chooses these fractions; from then on they are constants, and J is a plain composition of the equations above whose
# exact derivative, in x0, theta, w and in every mark, is what `sweep` returns (the discrete adjoint).
# Axes: batch (trajectories), n states, m parameters, k controls, K control intervals, S observations, M marks.

STATUS = ("finished", "max steps", "step underflow", "non-finite")
FINISHED, MAX_STEPS, STEP_UNDERFLOW, NON_FINITE = range(4)
RUNNING = -1

# The PI controller of Hairer and Wanner (1996, IV.2): with k = ERROR_ORDER + 1, time steps are scaled by
# SAFETY * error^(-PI_NOW/k) * previous_error^(PI_BEFORE/k) when accepted and by SAFETY * error^(-1/k) when rejected.
PI_NOW, PI_BEFORE = 0.7, 0.4
SAFETY, SHRINK, GROW, LEAST_ERROR = 0.9, 0.2, 10.0, 1e-4
# A time step that would leave less than 1 % of itself to the next mark is stretched onto the mark.
STRETCH = 1.01
TIME_ULPS = 8

AXES = {"x0": 1, "theta": 1, "w": 2, "t0": 0, "t1": 0, "observation_times": 1}  # of each input, without the batch axis


class Inputs(NamedTuple):
    """What a solution depends on: x0 (batch, n), theta (batch, m), w (batch, K or K + 1, k), t0 and t1 (batch,),
    observation_times (batch, S).  Without controls, w has one interval and k = 0."""

    x0: Tensor
    theta: Tensor
    w: Tensor
    t0: Tensor
    t1: Tensor
    observation_times: Tensor


@dataclass(frozen=True)
class Options:
    """How to march: `hold` of the control, tolerances, number of equal time steps (None: adaptive), cap on attempts."""

    hold: str = "constant"
    rtol: float = 1e-6
    atol: float = 1e-6
    steps: int | None = None
    max_steps: int = 100_000

    def __post_init__(self) -> None:
        if self.hold not in ("constant", "linear"):
            raise refusal("hold", repr(self.hold), "'constant' or 'linear'", "Choose how w(t) is held on its grid.")
        for name in ("rtol", "atol"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise refusal(name, value, "a finite number >= 0", "Typical: 1e-6.")
        if self.rtol == self.atol == 0:
            raise refusal("rtol, atol", "0 and 0", "at least one of them > 0", "Typical: 1e-6 for both.")
        for name in ("steps", "max_steps"):
            value = getattr(self, name)
            if (value is not None or name == "max_steps") and (type(value) is not int or value < 1):
                raise refusal(name, value, "an integer >= 1", "It counts time steps.")
        if self.steps is None and not E:
            raise refusal("steps", None, f"an integer, for {METHOD} has no error estimate", "Pass steps=100 or so.")


@dataclass(frozen=True)
class Gradients:
    """dJ by each input, in the shape of that input; x0 left out: p(t0) as (batch, n).  `costate`, when it was asked
    for, holds p at the start of each recorded time step, (batch, n) each, valid where that step was accepted."""

    x0: Tensor
    theta: Tensor
    w: Tensor
    t0: Tensor
    t1: Tensor
    observation_times: Tensor
    costate: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class Solution:
    """Final state x1 (batch, n), cost J (batch,), status, accepted and rejected time steps (batch,) int64, record.

    `status` indexes STATUS.  Where it is not FINISHED, x1 is the last accepted state and cost is NaN.
    """

    x1: Tensor
    cost: Tensor
    status: Tensor
    accepted: Tensor
    rejected: Tensor
    record: Record = field(repr=False)


# Reading the inputs.


def refusal(where: str, got: object, expected: str, todo: str) -> ValueError:
    """The one form of every complaint: where, what was got, what was expected, what to do."""
    return ValueError(f"{NAME}, {where}: got {got}; expected {expected}. {todo}")


def read_inputs(given: dict[str, Any], hold: str) -> dict[str, Tensor]:
    """Turn numbers, lists and tensors into tensors of one dtype and device, with or without a batch axis.

    What is left out (None) is the statement's own value, unbatched; x0 left out stays out, for it may follow theta.
    """
    like = check_tensors({name: value for name, value in given.items() if isinstance(value, Tensor)})
    values = {name: default_input(name, hold) if value is None else value for name, value in given.items()}
    axes: dict[str, tuple[int | str, ...]] = {
        "x0": (len(STATES),),
        "theta": (len(PARAMETERS),),
        "w": ("K" if hold == "constant" else "K + 1", len(CONTROLS)),
        "t0": (),
        "t1": (),
        "observation_times": (len(OBSERVATION_TIMES),),
    }
    read = {name: read_tensor(name, v, axes[name], like) for name, v in values.items() if v is not None}
    if count_intervals(read["w"], hold) < 1:
        raise refusal("w", tuple(read["w"].shape), f"at least one interval under hold={hold!r}", "Pass a longer grid.")
    return read


def check_tensors(tensors: dict[str, Tensor]) -> Tensor:
    """Refuse integers and mixed dtypes or devices; return an empty tensor carrying the common dtype and device."""
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            raise refusal(name, tensor.dtype, "a real floating dtype", f"Convert it: {name}.to(torch.float64).")
    kinds = {name: (tensor.dtype, tensor.device) for name, tensor in tensors.items()}
    if len(set(kinds.values())) > 1:
        listed = ", ".join(f"{name}: {dtype} on {device}" for name, (dtype, device) in kinds.items())
        raise refusal("inputs", listed, "one dtype and one device", "Convert them with .to(...) first.")
    dtype, device = next(iter(kinds.values()), (torch.float64, torch.device("cpu")))
    return torch.empty(0, dtype=dtype, device=device)


def default_input(name: str, hold: str) -> object:
    """The statement's own value of an input that was left out; None stands for x0 = initial_state(theta)."""
    if name == "theta" and THETA is None:
        raise refusal("theta", None, f"values for {PARAMETERS}", "The statement has no nominal values: pass theta.")
    if name == "w" and CONTROLS:
        shape = f"(K{' + 1' * (hold == 'linear')}, {len(CONTROLS)})"
        raise refusal("w", None, f"values on a uniform grid, shape {shape} or (batch, ...)", f"Pass w for {CONTROLS}.")
    no_control = [[]] * (2 if hold == "linear" else 1)
    own = {"theta": THETA, "w": no_control, "t0": HORIZON[0], "t1": HORIZON[1], "observation_times": OBSERVATION_TIMES}
    return own.get(name)


def read_tensor(name: str, value: object, axes: tuple[int | str, ...], like: Tensor) -> Tensor:
    """Convert one input and check its shape: `axes`, with or without a leading batch axis (a str is any size)."""
    if isinstance(value, list | tuple) and holds_tensor(value):
        raise refusal(name, "a list of tensors", "one tensor", f"torch.stack keeps their gradients: {name}=stack(...).")
    try:
        # Always a copy: changing an input in place after solve must not change the gradient.
        copy = value.clone() if isinstance(value, Tensor) else torch.tensor(value, dtype=like.dtype, device=like.device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise refusal(name, repr(value)[:80], "numbers in a rectangular array", "Pass a tensor.") from error
    core = copy.shape[max(copy.ndim - len(axes), 0) :]
    fits = all(isinstance(axis, str) or axis == size for axis, size in zip(axes, core, strict=False))
    if not fits or copy.ndim not in (len(axes), len(axes) + 1):
        plain = ", ".join(map(str, axes)) + "," * (len(axes) == 1)
        batched = ", ".join(map(str, ("batch", *axes))) + "," * (not axes)
        raise refusal(name, f"shape {tuple(copy.shape)}", f"({plain}) or ({batched})", "Reshape it.")
    return copy


def holds_tensor(value: object) -> bool:
    """Whether a nested list holds a tensor, whose gradient `torch.as_tensor` would silently cut."""
    return isinstance(value, Tensor) or (isinstance(value, list | tuple) and any(map(holds_tensor, value)))


def spread(given: dict[str, Tensor], initial: Callable[[Tensor], Tensor]) -> Inputs:
    """Give every input the common batch axis (length at least 1); x0 left out becomes initial(theta)."""
    sizes = {name: len(value) for name, value in given.items() if value.ndim > AXES[name]}
    distinct = set(sizes.values()) - {1}
    if len(distinct) > 1:
        raise refusal("batch axes", sizes, "one common size (or 1, or none)", "Give the inputs the same batch axis.")
    batch = next(iter(distinct), 1)
    wide = {name: value.expand(batch, *value.shape[value.ndim - AXES[name] :]) for name, value in given.items()}
    if "x0" not in wide:
        wide["x0"] = initial(wide["theta"])
    return Inputs(**wide)


def count_intervals(w: Tensor, hold: str) -> int:
    """K, the number of intervals of the control grid: as many as values, or one less than nodes."""
    return w.shape[-2] - (hold == "linear")


# The marks.


class Timeline(NamedTuple):
    """The marks of every trajectory in the order they are met: marks (batch, M) in time, grid (batch, M) in units of
    the control grid (node k lies at k), order (batch, M) into the candidates, interval (batch, M - 1) of the control
    on each segment, observation (batch, M) met at each mark, S where there is none."""

    marks: Tensor
    grid: Tensor
    order: Tensor
    interval: Tensor
    observation: Tensor

    def step(self, segment: Tensor, left: Tensor, right: Tensor) -> TimeStep:
        """The time step from fraction `left` to `right` of a segment; all (batch,)."""
        start, stop = look_up(self.marks, segment), look_up(self.marks, segment + 1)
        grid_start, grid_stop = look_up(self.grid, segment), look_up(self.grid, segment + 1)
        return TimeStep(start, stop, grid_start, grid_stop, look_up(self.interval, segment), left, right)


def look_up(table: Tensor, column: Tensor) -> Tensor:
    """table[row, column[row]] for every row."""
    return table.gather(1, column[:, None])[:, 0]


def number_rows(table: Tensor) -> Tensor:
    """0, 1, ..., batch - 1."""
    return torch.arange(len(table), device=table.device)


def number_nodes(intervals: int, like: Tensor) -> Tensor:
    """0, 1, ..., K."""
    return torch.arange(intervals + 1, dtype=like.dtype, device=like.device)


def place_candidates(inputs: Inputs, intervals: int) -> tuple[Tensor, Tensor]:
    """The unsorted marks (batch, K + 1 + S), grid nodes first (t0, t1 are the outer ones), in time and in grid units.

    A node's grid coordinate is its number, exactly; that of an observation, K (s - t0)/(t1 - t0), moves with s, t0, t1.
    """
    t0, t1, times = inputs.t0[:, None], inputs.t1[:, None], inputs.observation_times
    numbers = number_nodes(intervals, t0)
    still = t0 == t1
    position = torch.where(still, intervals, intervals * (times - t0) / torch.where(still, 1, t1 - t0))
    nodes = torch.lerp(t0, t1, numbers / intervals)
    grid = torch.cat([numbers.expand(len(t0), -1), position], 1)
    return torch.cat([nodes, times], 1), grid


def lay_marks(inputs: Inputs, intervals: int) -> Timeline:
    """Sort the candidates along the direction of time: t0 first, t1 last, on ties nodes before observations."""
    check_within(inputs)
    candidates, positions = place_candidates(inputs, intervals)
    key = torch.where((inputs.t1 < inputs.t0)[:, None], -candidates, candidates)
    key[:, 0], key[:, intervals] = -torch.inf, torch.inf
    order = key.argsort(dim=1, stable=True)
    observation = torch.where(order > intervals, order - (intervals + 1), inputs.observation_times.shape[1])
    # The interval is a count of nodes passed: no time is ever compared to find it.
    interval = ((order > 0) & (order < intervals)).cumsum(1)[:, :-1]
    return Timeline(candidates.gather(1, order), positions.gather(1, order), order, interval, observation)


def check_within(inputs: Inputs) -> None:
    """Refuse an observation outside the horizon by more than a few units in the last place."""
    t0, t1, times = inputs.t0[:, None], inputs.t1[:, None], inputs.observation_times
    slack = TIME_ULPS * torch.finfo(t0.dtype).eps * torch.maximum(t0.abs(), t1.abs())
    outside = (times < torch.minimum(t0, t1) - slack) | (times > torch.maximum(t0, t1) + slack)
    if outside.any():
        row, j = outside.nonzero()[0].tolist()
        where = f"observation_times[{j}] of trajectory {row}"
        between = f"a time between t0 = {t0[row].item()!r} and t1 = {t1[row].item()!r}"
        raise refusal(where, times[row, j].item(), between, "Pass observation_times inside the horizon, or widen it.")


# One time step.


class TimeStep(NamedTuple):
    """Fractions left..right of the segment start..stop (in control grid units grid_start..grid_stop); all (batch,)."""

    start: Tensor
    stop: Tensor
    grid_start: Tensor
    grid_stop: Tensor
    interval: Tensor
    left: Tensor
    right: Tensor

    @property
    def h(self) -> Tensor:
        """Length of the time step, signed."""
        return (self.right - self.left) * (self.stop - self.start)


class Stage(NamedTuple):
    """Stage i of a time step: its fraction of the segment, local coordinate u in the control interval, time t (batch,),
    state x (batch, n), control w (batch, k), slope k_i = f (batch, n) and running cost L_i (batch,)."""

    fraction: Tensor
    u: Tensor
    t: Tensor
    x: Tensor
    w: Tensor
    slope: Tensor
    cost: Tensor


class Trial(NamedTuple):
    """State (batch, n) and accumulated running cost (batch,) before and after one time step, with its stages."""

    step: TimeStep
    x: Tensor
    quadrature: Tensor
    x_next: Tensor
    quadrature_next: Tensor
    stages: list[Stage]


def combine(weights: tuple[float, ...], terms: list[Tensor], start: Tensor) -> Tensor:
    """start + sum_i weights_i terms_i, in this order."""
    for weight, term in zip(weights, terms, strict=True):
        start = torch.add(start, term, alpha=weight) if weight else start
    return start


def hold_control(w: Tensor, hold: str, interval: Tensor, u: Tensor) -> Tensor:
    """w(t) (batch, k) at local coordinate u of each trajectory's control interval, taken from inside the interval."""
    rows = number_rows(w)
    if hold == "constant":
        return w[rows, interval]
    return torch.lerp(w[rows, interval], w[rows, interval + 1], u[:, None])


def take_stages(step: TimeStep, x: Tensor, theta: Tensor, w: Tensor, hold: str) -> list[Stage]:
    """The stages x_i = x + h sum_j a_ij k_j, k_i = f(t_i, x_i, w(t_i), theta) of one explicit Runge-Kutta step."""
    h = step.h[:, None]
    stages: list[Stage] = []
    for row, node in zip(A, C, strict=True):
        fraction = torch.lerp(step.left, step.right, node)
        t = torch.lerp(step.start, step.stop, fraction)
        u = torch.lerp(step.grid_start, step.grid_stop, fraction) - step.interval
        control = hold_control(w, hold, step.interval, u)
        state = x + h * combine(row, [stage.slope for stage in stages], torch.zeros_like(x))
        stages.append(Stage(fraction, u, t, state, control, *rates(t, state, control, theta)))
    return stages


def take_step(step: TimeStep, x: Tensor, quadrature: Tensor, inputs: Inputs, hold: str) -> Trial:
    """x + h sum_i b_i k_i, and the running cost as a quadrature with the same weights."""
    stages = take_stages(step, x, inputs.theta, inputs.w, hold)
    x_next = x + step.h[:, None] * combine(B, [stage.slope for stage in stages], torch.zeros_like(x))
    quadrature_next = quadrature
    if HAS_RUNNING_COST:
        quadrature_next = quadrature + step.h * combine(B, [stage.cost for stage in stages], torch.zeros_like(step.h))
    return Trial(step, x, quadrature, x_next, quadrature_next, stages)


# The choice of time steps.


class EqualSteps:
    """`steps` equal time steps over the horizon: ceil(steps |b - a|/|t1 - t0|), at least 1, on a segment [a, b]."""

    def __init__(self, timeline: Timeline, inputs: Inputs, steps: int) -> None:
        span = (inputs.t1 - inputs.t0).abs()[:, None]
        share = timeline.marks.diff(dim=1).abs() / torch.where(span == 0, 1, span)
        # The slack keeps rounding in the marks from adding a time step to a segment that holds a whole number.
        self.counts = (steps * share - 1e-3).ceil().clamp(min=1)

    def propose(self, segment: Tensor, left: Tensor) -> Tensor:
        """The fraction at which the next time step ends."""
        count = look_up(self.counts, segment)
        return ((left * count).round() + 1) / count

    def judge(self, trial: Trial, running: Tensor) -> tuple[Tensor, Tensor]:
        """Where the trial is accepted, and the status it leaves."""
        finite = is_finite(trial)
        return running & finite, torch.where(finite, RUNNING, NON_FINITE)


class ErrorControl:
    """A time step per trajectory from the embedded error estimate, by the PI controller above."""

    def __init__(self, timeline: Timeline, inputs: Inputs, options: Options) -> None:
        self.atol, self.rtol = options.atol, options.rtol
        self.span = (inputs.t1 - inputs.t0).abs()
        self.lengths = timeline.marks.diff(dim=1).abs()
        self.size = torch.maximum(self.first_size(inputs, options.hold), self.least_size(inputs.t0, self.span * 0))
        self.error_before = torch.ones_like(self.size)
        self.growth = torch.full_like(self.size, GROW)

    def propose(self, segment: Tensor, left: Tensor) -> Tensor:
        """The fraction at which the next time step ends."""
        length = look_up(self.lengths, segment)
        ends = STRETCH * self.size >= (1 - left) * length
        return torch.where(ends, 1, left + self.size / length)

    def judge(self, trial: Trial, running: Tensor) -> tuple[Tensor, Tensor]:
        """Where the trial is accepted, and the status it leaves: a rejected time step that cannot shrink is the end."""
        step, finite = trial.step, is_finite(trial)
        error = torch.where(finite, self.measure_error(trial), torch.inf).nan_to_num(nan=torch.inf)
        accepted = running & (error <= 1)
        self.resize(step, error, accepted)
        t = torch.lerp(step.start, step.stop, step.right)
        least = self.least_size(t, step.right * (step.stop - step.start))
        stuck = ~accepted & (self.size <= least)
        self.size = torch.maximum(self.size, least)
        return accepted, torch.where(stuck, torch.where(finite, STEP_UNDERFLOW, NON_FINITE), RUNNING)

    def resize(self, step: TimeStep, error: Tensor, accepted: Tensor) -> None:
        """Set the next proposal; a time step that a mark cut short neither shrinks it nor enters the error history."""
        k, tried = ERROR_ORDER + 1, step.h.abs()
        cut = (step.right == 1) & (tried < self.size)
        factor = SAFETY * error ** (-PI_NOW / k) * self.error_before ** (PI_BEFORE / k)
        grown = tried * torch.minimum(factor.clamp(min=SHRINK), self.growth)
        shrunk = tried * (SAFETY * error ** (-1 / k)).clamp(SHRINK, 1)
        self.size = torch.where(accepted, torch.where(cut, torch.maximum(self.size, grown), grown), shrunk)
        self.error_before = torch.where(accepted & ~cut, error.clamp(min=LEAST_ERROR), self.error_before)
        # Right after a rejection a time step may not grow (Hairer, Norsett, Wanner 1993, II.4).
        self.growth = torch.where(accepted, torch.full_like(tried, GROW), 1)

    def measure_error(self, trial: Trial) -> Tensor:
        """Root mean square of the estimate over atol + rtol max(|x|, |x_next|); the running cost counts as a state."""
        high = self.scale_estimate(E, trial)
        if not E_LOW:
            return high
        # DOP853 blends two estimators (Hairer, Norsett, Wanner 1993, II.10).
        low = self.scale_estimate(E_LOW, trial)
        return high * high / (high * high + 0.01 * low * low).sqrt().clamp(min=torch.finfo(high.dtype).tiny)

    def scale_estimate(self, weights: tuple[float, ...], trial: Trial) -> Tensor:
        """The root mean square of h sum_i weights_i k_i over its scale, (batch,)."""
        h, stages = trial.step.h, trial.stages
        estimate = h[:, None] * combine(weights, [stage.slope for stage in stages], torch.zeros_like(trial.x))
        ratio = estimate / self.scale(torch.maximum(trial.x.abs(), trial.x_next.abs()))
        if HAS_RUNNING_COST:
            estimate = h * combine(weights, [stage.cost for stage in stages], torch.zeros_like(h))
            size = torch.maximum(trial.quadrature.abs(), trial.quadrature_next.abs())
            ratio = torch.cat([ratio, (estimate / self.scale(size))[:, None]], 1)
        return root_mean_square(ratio)

    def scale(self, size: Tensor) -> Tensor:
        """atol + rtol size, kept above zero."""
        return (self.atol + self.rtol * size).clamp(min=torch.finfo(size.dtype).tiny)

    def least_size(self, t: Tensor, travelled: Tensor) -> Tensor:
        """Ten units in the last place of the time and of its distance from the segment's start."""
        eps = torch.finfo(t.dtype).eps
        return 10 * eps * torch.maximum(torch.maximum(t.abs(), travelled.abs()), eps * self.span)

    def first_size(self, inputs: Inputs, hold: str) -> Tensor:
        """The first guess of Hairer, Norsett, Wanner (1993, II.4), from |x|, |f| and a difference of f."""
        x, t, theta = inputs.x0, inputs.t0, inputs.theta
        control = hold_control(inputs.w, hold, torch.zeros_like(number_rows(t)), torch.zeros_like(t))
        scale = self.scale(x.abs())
        slope, _ = rates(t, x, control, theta)
        d0, d1 = root_mean_square(x / scale), root_mean_square(slope / scale)
        first = torch.where((d0 < 1e-5) | (d1 < 1e-5), 1e-6, 0.01 * d0 / d1)
        first = torch.minimum(first, self.span)
        h = torch.where(inputs.t1 < t, -first, first)
        slope_after, _ = rates(t + h, x + h[:, None] * slope, control, theta)
        d2 = root_mean_square((slope_after - slope) / scale) / first
        steepest = torch.maximum(d1, d2)
        second = (0.01 / steepest) ** (1 / (ERROR_ORDER + 1))
        second = torch.where(steepest <= 1e-15, (1e-3 * first).clamp(min=1e-6), second)
        size = torch.minimum(100 * first, second)
        # Where the horizon is empty or f is not finite, try the whole horizon and let the errors decide.
        return torch.where(size.isfinite() & (size > 0), size, self.span)


def is_finite(trial: Trial) -> Tensor:
    """Whether the state and running cost after a trial are finite, (batch,)."""
    return trial.x_next.isfinite().all(1) & trial.quadrature_next.isfinite()


def root_mean_square(ratio: Tensor) -> Tensor:
    """Over the last axis."""
    return ratio.square().mean(-1).sqrt()


# Marching forward.


class FrozenStep(NamedTuple):
    """One iteration of the march: state at its start (batch, n), the segment and its fractions left and right, and
    where it was accepted (batch,).  Elsewhere the entry says segment 0 from 0 to 0: no move."""

    x: Tensor
    segment: Tensor
    left: Tensor
    right: Tensor
    accepted: Tensor


@dataclass(frozen=True)
class Record:
    """Everything that determines a computed solution: inputs, marks and the accepted time steps, as fractions.

    observed (batch, S, n) is the state at each observation.  Iterations in which no trajectory advanced are left out.
    """

    inputs: Inputs
    hold: str
    timeline: Timeline
    steps: tuple[FrozenStep, ...]
    observed: Tensor
    x1: Tensor
    cost: Tensor
    status: Tensor
    accepted: Tensor
    rejected: Tensor

    def start_times(self) -> tuple[Tensor, ...]:
        """Time at the start of each recorded time step, (batch,) each, valid where that step was accepted."""
        taken = (self.timeline.step(frozen.segment, frozen.left, frozen.right) for frozen in self.steps)
        return tuple(torch.lerp(step.start, step.stop, step.left) for step in taken)


class Walk:
    """All trajectories on their way: where each one is, how it fares, and the time steps behind it."""

    def __init__(self, inputs: Inputs, hold: str) -> None:
        self.inputs, self.hold, self.steps = inputs, hold, []
        self.timeline = lay_marks(inputs, count_intervals(inputs.w, hold))
        self.x = inputs.x0
        finite = torch.cat([self.x, inputs.theta, self.timeline.marks], 1).isfinite().all(1)
        self.status = torch.where(finite, RUNNING, NON_FINITE)
        self.accepted, self.rejected, self.segment = (torch.zeros_like(self.status) for _ in range(3))
        self.quadrature, self.left = torch.zeros_like(inputs.t0), torch.zeros_like(inputs.t0)
        batch, observations = inputs.observation_times.shape
        # One place more than observations: marks that are none write there, so that no mark needs a branch.
        self.observed = self.x.new_zeros(batch, observations + 1, self.x.shape[1])

    def attempt(self, pace: EqualSteps | ErrorControl, running: Tensor) -> None:
        """Try one time step on every running trajectory and take it where the pace accepts it."""
        step = self.timeline.step(self.segment, self.left, pace.propose(self.segment, self.left))
        trial = take_step(step, self.x, self.quadrature, self.inputs, self.hold)
        accepted, status = pace.judge(trial, running)
        self.status = torch.where(running, status, self.status)
        self.accepted = self.accepted + accepted
        self.rejected = self.rejected + (running & ~accepted)
        if accepted.any():
            self.advance(trial, accepted)

    def advance(self, trial: Trial, accepted: Tensor) -> None:
        """Record a time step and move the trajectories that accepted it, past a mark where they reach one."""
        left, right = (torch.where(accepted, side, 0) for side in (trial.step.left, trial.step.right))
        self.steps.append(FrozenStep(self.x, torch.where(accepted, self.segment, 0), left, right, accepted))
        self.x = torch.where(accepted[:, None], trial.x_next, self.x)
        self.quadrature = torch.where(accepted, trial.quadrature_next, self.quadrature)
        reached = accepted & (right == 1)
        mark = self.segment + 1
        slot = torch.where(reached, look_up(self.timeline.observation, mark), self.observed.shape[1] - 1)
        self.observed[number_rows(slot), slot] = self.x
        done = reached & (mark == self.timeline.marks.shape[1] - 1)
        self.status = torch.where(done, FINISHED, self.status)
        self.segment = torch.where(reached & ~done, mark, self.segment)
        self.left = torch.where(accepted, torch.where(reached, 0, right), self.left)

    def close(self) -> Record:
        """Add up the cost; a finished trajectory whose cost is not finite has not finished."""
        status = torch.where(self.status == RUNNING, MAX_STEPS, self.status)
        observed = self.observed[:, :-1]
        cost = self.quadrature + discrete_cost(self.inputs, self.x, observed)
        status = torch.where((status == FINISHED) & ~cost.isfinite(), NON_FINITE, status)
        cost = torch.where(status == FINISHED, cost, torch.nan)
        counts = self.accepted, self.rejected
        return Record(self.inputs, self.hold, self.timeline, tuple(self.steps), observed, self.x, cost, status, *counts)


@torch.no_grad()
def march(inputs: Inputs, options: Options) -> Record:
    """Solve xdot = f from t0 to t1, every trajectory with its own time steps, and record them."""
    walk = Walk(inputs, options.hold)
    if options.steps is None:
        pace = ErrorControl(walk.timeline, inputs, options)
    else:
        pace = EqualSteps(walk.timeline, inputs, options.steps)
    for _ in range(options.max_steps):
        running = walk.status == RUNNING
        if not running.any():
            break
        walk.attempt(pace, running)
    return walk.close()


def discrete_cost(inputs: Inputs, x1: Tensor, observed: Tensor) -> Tensor:
    """Psi(t1, x(t1), theta) + sum_j l_j(s_j, x(s_j), theta, data_j), (batch,)."""
    cost = terminal_cost(inputs.t1, x1, inputs.theta)
    for group, members, arguments in group_observations(inputs, observed):
        cost = cost + OBSERVATION_COSTS[group](*arguments).unflatten(0, (len(x1), len(members))).sum(1)
    return cost


def group_observations(inputs: Inputs, observed: Tensor) -> Iterator[tuple[int, list[int], tuple[Tensor, ...]]]:
    """For each group the numbers of its observations and the arguments (t, x, theta, data) of its cost, all of them
    along one leading axis of length batch * (observations of the group)."""
    for group in sorted(set(OBSERVATION_GROUP)):
        members = [j for j, owner in enumerate(OBSERVATION_GROUP) if owner == group]
        data = observed.new_tensor([OBSERVATION_DATA[j] for j in members]).expand(len(observed), -1, -1)
        theta = inputs.theta[:, None].expand(-1, len(members), -1)
        arguments = inputs.observation_times[:, members], observed[:, members], theta, data
        yield group, members, tuple(argument.flatten(0, 1) for argument in arguments)


# Sweeping backward.


Partials = tuple[Tensor, ...]  # of H, by t, x, w, theta


class Sweep:
    """The way back over a record: the costate p (batch, n), and what theta, w and the marks have gathered so far."""

    def __init__(self, record: Record, x1_bar: Tensor, cost_bar: Tensor) -> None:
        inputs = record.inputs
        self.record, self.inputs, self.timeline = record, inputs, record.timeline
        self.alive = record.status == FINISHED
        self.seeded = (x1_bar != 0).any(1) | (cost_bar != 0)
        self.cost_bar = torch.where(self.alive, cost_bar, 0)
        by_t, by_x, by_theta = terminal_partials(inputs.t1, record.x1, inputs.theta)
        self.p = torch.where(self.alive[:, None], x1_bar, 0) + self.weigh(by_x)
        self.theta_bar = self.weigh(by_theta)
        self.t1_bar = self.weigh(by_t)
        self.w_bar = torch.zeros_like(inputs.w, memory_format=torch.contiguous_format)
        self.mark_bar, self.grid_bar = torch.zeros_like(self.timeline.marks), torch.zeros_like(self.timeline.grid)
        self.weigh_observations()

    def weigh(self, partial: Tensor) -> Tensor:
        """The cost's weight times a partial; exactly 0 where the weight is 0, even if the partial is not finite."""
        weight = self.cost_bar.view(-1, *[1] * (partial.ndim - 1))
        return torch.where(weight == 0, 0, weight * partial)

    def weigh_observations(self) -> None:
        """The jumps of p (batch, S + 1, n), the last one 0 for marks that are no observation, and dl_j/ds_j."""
        batch, observations, n = self.record.observed.shape
        self.jumps = self.p.new_zeros(batch, observations + 1, n)
        self.times_bar = self.p.new_zeros(batch, observations)
        for group, members, arguments in group_observations(self.inputs, self.record.observed):
            partials = OBSERVATION_PARTIALS[group](*arguments)
            by_t, by_x, by_theta = (self.weigh(v.unflatten(0, (batch, len(members)))) for v in partials)
            self.times_bar[:, members] = by_t
            self.jumps[:, members] = by_x
            self.theta_bar = self.theta_bar + by_theta.sum(1)

    def undo(self, frozen: FrozenStep) -> None:
        """Go back over one recorded time step: first the deposit at the mark it reached, then its stages."""
        moved = frozen.accepted & self.alive
        reached = moved & (frozen.right == 1)
        met = look_up(self.timeline.observation, frozen.segment + 1)
        self.p = self.p + torch.where(reached[:, None], self.jumps[number_rows(met), met], 0)
        step = self.timeline.step(frozen.segment, frozen.left, frozen.right)
        stages = take_stages(step, frozen.x, self.inputs.theta, self.inputs.w, self.record.hold)
        by_h, partials = self.pull_stages(step, stages, moved)
        # h = (right - left)(stop - start) and t_i = start + fraction_i (stop - start), the fractions being constants.
        by_length = (step.right - step.left) * by_h
        by_start, by_stop = -by_length, by_length
        for stage, (by_t, by_x, by_w, by_theta) in zip(stages, partials, strict=True):
            self.p = self.p + by_x
            self.theta_bar = self.theta_bar + by_theta
            by_start = by_start + (1 - stage.fraction) * by_t
            by_stop = by_stop + stage.fraction * by_t
            if CONTROLS:
                self.pull_control(step, stage, frozen.segment, by_w)
        self.move_marks(self.mark_bar, frozen.segment, by_start, by_stop)

    def pull_stages(self, step: TimeStep, stages: list[Stage], moved: Tensor) -> tuple[Tensor, list[Partials]]:
        """The stages in reverse: dJ/dh at fixed stage times, and each stage's partials (T, X, W, Theta)_i.

        With p the costate after the time step, g the weight of the cost and q_i = b_i p + sum_{j>i} a_ji X_j, they are
        the partials of H = L + p f at stage i with h q_i for p and h b_i g for the weight of L (Hager 2000);
        dJ/dh = sum_i q_i k_i + g b_i L_i.  All are 0 for a trajectory that did not move.
        """
        h, by_h = step.h, torch.zeros_like(step.h)
        partials: list[Partials] = []
        for i in reversed(range(len(stages))):
            t, x, w = stages[i].t, stages[i].x, stages[i].w
            column = tuple(row[i] for row in A[i + 1 :])
            q = combine(column, [by_x for _, by_x, _, _ in partials], B[i] * self.p)
            pulled = pullback(t, x, w, self.inputs.theta, h[:, None] * q, h * B[i] * self.cost_bar)
            partials.insert(0, tuple(torch.where(moved.view(-1, *[1] * (v.ndim - 1)), v, 0) for v in pulled))
            by_h = by_h + (q * stages[i].slope).sum(1) + B[i] * self.weigh(stages[i].cost)
        return torch.where(moved, by_h, 0), partials

    def pull_control(self, step: TimeStep, stage: Stage, segment: Tensor, by_w: Tensor) -> None:
        """Hand dH/dw at a stage to the values it came from; a linear control also moves with its local coordinate u."""
        rows, interval, w = number_rows(by_w), step.interval, self.inputs.w
        if self.record.hold == "constant":
            self.w_bar[rows, interval] += by_w
            return
        u = stage.u[:, None]
        self.w_bar[rows, interval] += (1 - u) * by_w
        self.w_bar[rows, interval + 1] += u * by_w
        by_u = torch.where(by_w == 0, 0, by_w * (w[rows, interval + 1] - w[rows, interval])).sum(1)
        self.move_marks(self.grid_bar, segment, (1 - stage.fraction) * by_u, stage.fraction * by_u)

    def move_marks(self, table: Tensor, segment: Tensor, start_bar: Tensor, stop_bar: Tensor) -> None:
        """Add to both marks of each trajectory's segment."""
        rows = number_rows(segment)
        table[rows, segment] += start_bar
        table[rows, segment + 1] += stop_bar

    def close(self, costate: list[Tensor]) -> Gradients:
        """Hand what the marks gathered to t0, t1 and the observation times; settle the unfinished trajectories."""
        inputs, intervals = self.inputs, count_intervals(self.inputs.w, self.record.hold)
        tables = self.mark_bar, self.grid_bar
        by_time, by_position = (torch.zeros_like(v).scatter(1, self.timeline.order, v) for v in tables)
        nodes, times = by_time[:, : intervals + 1], by_time[:, intervals + 1 :] + self.times_bar
        fraction = number_nodes(intervals, nodes) / intervals
        # An observation lies at K (s - t0)/(t1 - t0) on the control grid; a node stays where it is.
        span = (inputs.t1 - inputs.t0)[:, None]
        still = span == 0
        share = torch.where(still, 0, (inputs.observation_times - inputs.t0[:, None]) / torch.where(still, 1, span))
        drift = torch.where(still, 0, by_position[:, intervals + 1 :] * intervals / torch.where(still, 1, span))
        t0 = (nodes * (1 - fraction)).sum(1) - (drift * (1 - share)).sum(1)
        t1 = (nodes * fraction).sum(1) - (drift * share).sum(1) + self.t1_bar
        gathered = self.p, self.theta_bar, self.w_bar, t0, t1, times + drift
        return Gradients(*map(self.settle, gathered), costate=tuple(map(self.settle, costate)))

    def settle(self, gathered: Tensor) -> Tensor:
        """Unfinished trajectories have no derivative: NaN, or exactly 0 where nothing was asked of them."""
        alive, seeded = (flag.view(-1, *[1] * (gathered.ndim - 1)) for flag in (self.alive, self.seeded))
        return torch.where(alive, gathered, torch.where(seeded, torch.nan, 0.0).to(gathered.dtype))


@torch.no_grad()
def sweep(record: Record, x1_bar: Tensor, cost_bar: Tensor, keep_costate: bool = False) -> Gradients:
    """The exact derivative of sum(x1_bar * x1) + sum(cost_bar * J) on the recorded time steps, by each input.

    x1_bar (batch, n), cost_bar (batch,).  Every gradient carries the batch axis; x0's is the costate p(t0).
    """
    way = Sweep(record, x1_bar, cost_bar)
    costate: list[Tensor] = []
    for frozen in reversed(record.steps):
        way.undo(frozen)
        if keep_costate:
            costate.insert(0, way.p)
    return way.close(costate)


class DiscreteAdjoint(torch.autograd.Function):
    """march, differentiated by sweep, as one operation on inputs that carry the batch axis."""

    @staticmethod
    def forward(*arguments: Any) -> tuple[Any, ...]:
        *inputs, options = arguments
        record = march(Inputs(*(value.detach() for value in inputs)), options)
        # Copies: an output that the record shared would keep the graph alive through the record.
        outputs = record.x1, record.cost, record.status, record.accepted, record.rejected
        return *(value.clone() for value in outputs), record

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        ctx.record = output[-1]
        ctx.mark_non_differentiable(*output[2:5])
        ctx.save_for_backward(*inputs[:-1])

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Tensor | None, ...]:
        x1_bar, cost_bar = grad_outputs[:2]
        return *FirstDerivative.apply(ctx.record, x1_bar, cost_bar, *ctx.saved_tensors), None


class FirstDerivative(torch.autograd.Function):
    """sweep as an operation that refuses to be differentiated once more.

    (torch's `once_differentiable` lets such a request pass as a silent zero when the seeds need no gradient.)
    """

    @staticmethod
    def forward(record: Record, x1_bar: Tensor, cost_bar: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        gradients = sweep(record, x1_bar, cost_bar)
        return tuple(getattr(gradients, name) for name in Inputs._fields)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        """Nothing to keep."""

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise RuntimeError(
            f"{NAME}, solve: got a request for a second derivative; expected first derivatives only. "
            "Differentiate `replay` twice instead: it follows the same time steps with plain torch operations."
        )


class InitialState(torch.autograd.Function):
    """x0(theta) with its derivative p dx0/dtheta."""

    @staticmethod
    def forward(theta: Tensor) -> Tensor:
        return initial_state(theta)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Tensor:
        return pull_initial(ctx.saved_tensors[0], grad_outputs[0])


def pull_initial(theta: Tensor, p: Tensor) -> Tensor:
    """p dx0/dtheta (batch, m); linear in p, hence exactly 0 where p = 0, even if theta is not finite there."""
    return torch.where((p == 0).all(1, keepdim=True), 0, initial_pullback(theta, p))


# The faces.


def solve(
    x0: Any = None,
    theta: Any = None,
    t0: Any = None,
    t1: Any = None,
    *,
    w: Any = None,
    hold: str = "constant",
    rtol: float = 1e-6,
    atol: float = 1e-6,
    steps: int | None = None,
    max_steps: int = 100_000,
    observation_times: Any = None,
) -> Solution:
    """Solve from t0 to t1 and evaluate J = Psi(t1, x(t1), theta) + int L dt + sum_j l_j(s_j, x(s_j), theta, data_j).

    x0 (n,), theta (m,), t0 and t1 (), w (K, k) held "constant" or (K + 1, k) nodes held "linear" on a uniform grid
    over the horizon, observation_times (S,): tensors, numbers or lists, each with or without a leading batch axis.
    Left out, they are the statement's own; x0 then follows theta.  `steps` asks for that many equal time steps.
    x1 and cost carry gradients for all of them: the exact derivative of the computed numbers, time steps held fixed.
    Raises ValueError for a wrong shape, dtype or option; trouble on the way is told per trajectory by `status`.
    """
    options = Options(hold, rtol, atol, steps, max_steps)
    given = dict(x0=x0, theta=theta, w=w, t0=t0, t1=t1, observation_times=observation_times)
    inputs = spread(read_inputs(given, hold), InitialState.apply)
    return Solution(*DiscreteAdjoint.apply(*inputs, options))


@torch.no_grad()
def value_and_gradient(
    x0: Any = None,
    theta: Any = None,
    t0: Any = None,
    t1: Any = None,
    *,
    w: Any = None,
    hold: str = "constant",
    rtol: float = 1e-6,
    atol: float = 1e-6,
    steps: int | None = None,
    max_steps: int = 100_000,
    observation_times: Any = None,
) -> tuple[Tensor, Gradients]:
    """The cost J (batch,) and its gradients, each in the shape of its input (one without batch axis: summed over it).

    Arguments as for `solve`.  x0 left out: theta's gradient includes the initial values, and x0's is p(t0) (batch, n).
    """
    options = Options(hold, rtol, atol, steps, max_steps)
    given = dict(x0=x0, theta=theta, w=w, t0=t0, t1=t1, observation_times=observation_times)
    read = read_inputs(given, hold)
    record = march(spread(read, initial_state), options)
    gradients = sweep(record, torch.zeros_like(record.x1), torch.ones_like(record.cost))
    if "x0" not in read:
        from_x0 = pull_initial(record.inputs.theta, gradients.x0)
        gradients = replace(gradients, theta=gradients.theta + from_x0)
    return record.cost, replace(
        gradients, **{name: getattr(gradients, name).sum_to_size(value.shape) for name, value in read.items()}
    )


# The module's own check.


def replay(
    record: Record, x0: Any, theta: Any, w: Any, hold: str, t0: Any, t1: Any, observation_times: Any
) -> tuple[Tensor, Tensor]:
    """March once more over the recorded time steps with plain torch operations: x1 (batch, n) and cost (batch,).

    Differentiable by autograd in every input, knowing nothing of the pullbacks: an independent reference for `sweep`.
    """
    if (record.status != FINISHED).any():
        raise refusal("replay", record.status.tolist(), "finished trajectories only", "Leave the others out.")
    given = dict(x0=x0, theta=theta, w=w, t0=t0, t1=t1, observation_times=observation_times)
    inputs = spread(read_inputs(given, hold), initial_state)
    marks, grid = place_candidates(inputs, count_intervals(inputs.w, hold))
    order = record.timeline.order
    timeline = record.timeline._replace(marks=marks.gather(1, order), grid=grid.gather(1, order))
    x, quadrature, history = inputs.x0, torch.zeros_like(inputs.t0), [inputs.x0]
    observations = inputs.observation_times.shape[1]
    met = torch.zeros(len(x), observations + 1, dtype=torch.int64, device=x.device)
    for frozen in record.steps:
        step = timeline.step(frozen.segment, frozen.left, frozen.right)
        # A trajectory that does not move evaluates f at its start, where f is finite, so that no NaN enters its graph.
        moved = frozen.accepted
        trial = take_step(step, torch.where(moved[:, None], x, inputs.x0), quadrature, inputs, hold)
        x = torch.where(moved[:, None], trial.x_next, x)
        quadrature = torch.where(moved, trial.quadrature_next, quadrature)
        reached = moved & (frozen.right == 1)
        slot = torch.where(reached, look_up(timeline.observation, frozen.segment + 1), observations)
        met[number_rows(slot), slot] = len(history)
        history.append(x)
    observed = torch.stack(history)[met[:, :-1], number_rows(met)[:, None]]
    return x, quadrature + discrete_cost(inputs, x, observed)


def self_test() -> int:
    """Compare the discrete adjoint with autograd and differences over the same time steps: 0 if they agree, else 1."""
    agree = True
    for hold in ("constant", "linear") if CONTROLS else ("constant",):
        inputs = own_inputs(hold)
        record = march(inputs, Options(hold=hold, steps=None if E else 64))
        for name, error, limit in compare_gradients(inputs, record):
            agree &= error <= limit
            verdict = "pass" if error <= limit else "FAIL"
            held = f", w {hold}" if CONTROLS else ""
            print(f"{verdict}  {NAME}, {METHOD}{held}: {name}: {error:.1e} (at most {limit:.0e})")
    return 0 if agree else 1


def own_inputs(hold: str) -> Inputs:
    """The statement's own values; w, and parameters without nominal values, take fixed ones."""
    angles = torch.arange(4 + (hold == "linear"), dtype=torch.float64)[:, None] + torch.arange(len(CONTROLS))
    theta = 0.5 + torch.rand(len(PARAMETERS), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    given: dict[str, Any] = dict.fromkeys(AXES)
    given |= {"theta": theta if THETA is None else THETA, "w": 0.1 * angles.cos()}
    return spread(read_inputs(given, hold), initial_state)


def compare_gradients(inputs: Inputs, record: Record) -> Iterator[tuple[str, float, float]]:
    """Name, relative error and limit of each check, on the cost plus a random combination of x1."""
    unfinished = float((record.status != FINISHED).sum())
    yield f"unfinished trajectories (status {STATUS[int(record.status[0])]!r})", unfinished, 0.0
    if unfinished:
        return
    random = torch.Generator().manual_seed(1)
    x1_bar = torch.randn(record.x1.shape, generator=random, dtype=torch.float64)

    def value(v: Inputs) -> Tensor:
        x1, cost = replay(record, v.x0, v.theta, v.w, record.hold, v.t0, v.t1, v.observation_times)
        return (x1_bar * x1).sum() + cost.sum()

    gradients = sweep(record, x1_bar, torch.ones_like(record.cost))
    found = Inputs(*(getattr(gradients, name) for name in Inputs._fields))
    leaves = Inputs(*(v.clone().requires_grad_() for v in inputs))
    expected = Inputs(*torch.autograd.grad(value(leaves), leaves, materialize_grads=True))
    # A gradient that is small by cancellation is measured against a thousandth of the largest.
    least = max(1e-3 * max(float(v.norm()) for v in expected), torch.finfo(torch.float64).tiny)
    for name, got, want in zip(Inputs._fields, found, expected, strict=True):
        if want.numel():
            error = float((got - want).norm()) / max(float(want.norm()), least)
            yield f"dJ/d{name} against autograd, relative error", error, 1e-10
    yield "dJ against differences, relative error", compare_differences(value, inputs, found, random), 1e-6


@torch.no_grad()
def compare_differences(
    value: Callable[[Inputs], Tensor], inputs: Inputs, found: Inputs, random: torch.Generator
) -> float:
    """The least relative error of central differences along one random direction, from long to short."""
    sizes = (float(v.abs().max()) if v.numel() else 0.0 for v in inputs)
    direction = [
        (size or 1.0) * torch.randn(v.shape, generator=random, dtype=v.dtype)
        for size, v in zip(sizes, inputs, strict=True)
    ]
    terms = torch.stack([(a * b).sum() for a, b in zip(found, direction, strict=True)])
    errors = []
    for eps in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7):
        ahead = value(Inputs(*(v + eps * d for v, d in zip(inputs, direction, strict=True))))
        behind = value(Inputs(*(v - eps * d for v, d in zip(inputs, direction, strict=True))))
        errors.append(((ahead - behind) / (2 * eps) - terms.sum()).abs())
    # A long difference may leave the domain of f; a NaN at every length remains infinite and fails.
    least = torch.stack(errors).nan_to_num(nan=torch.inf).min()
    return float(least / terms.abs().max().clamp(min=torch.finfo(terms.dtype).tiny))
