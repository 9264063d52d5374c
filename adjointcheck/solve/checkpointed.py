"""The discrete gradient with few states kept: the others are computed again from checkpoints, bit by bit as they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.schemes.checkpoints import Action, Drop, Forward, Restore, Reverse, Schedule, Store, binomial, online, two_level
from adjointcheck.solve.explicit import Evaluation
from adjointcheck.solve.gradient_method import Gradient, GradientMethod, Sweep
from adjointcheck.solve.marching import GivenPace, InitialValueProblem, Record, march, set_pace
from adjointcheck.solve.time_step import Advance


@dataclass(frozen=True)
class Checkpointed(GradientMethod):
    """The same gradient as the plain discrete one, bit by bit, from fewer states.

    `checkpoints` states are kept at most, the initial one among them, or as many as fit into `memory` bytes.  Time steps
    are taken again as the schedule of `schemes.checkpoints` says: the binomial one where the number of time steps is known
    before the march, the online one where it is not.  Left out, about sqrt(8 n) states are kept for n time steps, and
    none is computed more than once again.  Accepted time steps are recorded, three numbers each, and never decided anew.
    """

    checkpoints: int | None = None
    memory: int | None = None
    name: str = "checkpointed"
    exact: bool = True

    def __post_init__(self) -> None:
        if self.checkpoints is not None and self.memory is not None:
            raise SolveError("gradient 'checkpointed'", "checkpoints and memory", "one of them", "Leave one out.")

    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Saved]:
        """March, with checkpoints where the schedule's forward sweep wants them."""
        schedule = self.schedule(problem)
        slots = Slots(schedule.sweep())
        record = march(problem, slots.pass_by)
        return record.ys, Saved(record, schedule, slots)

    def schedule(self, problem: InitialValueProblem) -> Schedule:
        """What is kept when."""
        if self.checkpoints is None and self.memory is None:
            return two_level()
        slots = self.checkpoints if self.checkpoints is not None else self._fitting(problem)
        pace = set_pace(problem, None) if not problem.method.adaptive or problem.control.step_size else None
        return binomial(pace.count(), slots) if isinstance(pace, GivenPace) else online(slots)

    def _fitting(self, problem: InitialValueProblem) -> int:
        assert self.memory is not None
        state = problem.y0.numel() * problem.y0.element_size()
        with torch.no_grad():
            carry = problem.method.begin(problem.field, problem.marks[0].detach(), problem.y0.detach())
        one = 2 * state if _slope(carry) else state
        if self.memory < one:
            raise SolveError(
                "gradient 'checkpointed', memory", f"{self.memory} bytes", f"{one} bytes or more, one checkpoint of this state",
                "Give more; the initial state is a checkpoint, too.",
            )  # fmt: skip
        return self.memory // one

    def backward(self, problem: InitialValueProblem, saved: Saved, ys_bar: Tensor, times: bool) -> Gradient:
        """Follow the schedule's reversal; a second backward over the same solution begins with the sweep again."""
        sweep = Sweep(problem, ys_bar, times)
        with torch.no_grad():
            for action in saved.reversal(problem):
                saved.slots.follow(action, problem, saved.record, sweep)
        return sweep.gradient()

    def record(self, saved: Saved) -> Record:
        """The accepted time steps."""
        return saved.record


@dataclass(frozen=True)
class Checkpoint:
    """The state at the start of a time step, and the slope carried to it by the one before (None: evaluated anew)."""

    y: Tensor
    slope: Evaluation | None = None


@dataclass
class Saved:
    """What lies between forward and backward: the time steps, the schedule, and the states that are kept."""

    record: Record
    schedule: Schedule
    slots: Slots

    def reversal(self, problem: InitialValueProblem) -> Iterator[Action]:
        """The actions of a backward pass."""
        steps, slots = len(self.record.steps), self.slots
        if slots.current is None:
            slots.current = Checkpoint(problem.y0.detach())
            return self.schedule.actions(steps)
        return self.schedule.reversal(steps, sorted(slots.kept))


@dataclass
class Slots:
    """The states that are kept, by number, and the current one; `peak` counts the most that were kept at once."""

    sweep: Iterator[Action]
    kept: dict[int, Checkpoint] = field(default_factory=dict)
    current: Checkpoint | None = None
    peak: int = 0
    due: int = 0
    carry: Any = None

    def pass_by(self, number: int, t: Tensor, h: Tensor, y: Tensor, advance: Advance) -> None:
        """Called by the march at every accepted time step: keep its start if the sweep wants it."""
        self.current = Checkpoint(y, _slope(self.carry))
        while number == self.due:
            action = next(self.sweep, None)
            if isinstance(action, Store):
                self.store(action.state)
            elif isinstance(action, Drop):
                del self.kept[action.state]
            else:
                self.due = action.stop if isinstance(action, Forward) else -1
        self.carry = advance.carry

    def store(self, state: int) -> None:
        """Keep the current state."""
        assert self.current is not None
        self.kept[state] = self.current
        self.peak = max(self.peak, len(self.kept))

    def follow(self, action: Action, problem: InitialValueProblem, record: Record, sweep: Sweep) -> None:
        """One action of a reversal."""
        if isinstance(action, Forward):
            self.advance(action, problem, record)
        elif isinstance(action, Store):
            self.store(action.state)
        elif isinstance(action, Restore):
            self.current = self.kept[action.state]
        elif isinstance(action, Drop):
            del self.kept[action.state]
        elif isinstance(action, Reverse):
            assert self.current is not None
            sweep.reverse(record.steps[action.step], self.current.y)
            self.current = None

    def advance(self, action: Forward, problem: InitialValueProblem, record: Record) -> None:
        """Take recorded time steps again, with what the march carried from one to the next."""
        assert self.current is not None
        y, carry, marks = self.current.y, self.current.slope, problem.marks.detach()
        for step in record.steps[action.start : action.stop]:
            (t, h), seen = step.times(marks), problem.field_on(step.segment)
            if step.left == 0 and (step.segment == 0 or step.segment in problem.jumps):
                carry = problem.method.begin(seen, marks[step.segment], y)
            done = problem.method.advance(seen, t, h, y, carry)
            y, carry = done.y1, done.carry
        self.current = Checkpoint(y, _slope(carry))


def _slope(carry: Any) -> Evaluation | None:
    """What is carried over, if it is no larger than a state; a Jacobian is evaluated anew."""
    return carry if isinstance(carry, Evaluation) else None
