"""The checks, one row each: code, sentence, task, rule, what a library must offer for it, and where the defect was met before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin
from typing import Any

from adjointcheck.conform import rules
from adjointcheck.conform.fields import (
    AUTONOMOUS,
    CONTRACTING,
    INSIDE,
    JUMPING,
    LORENZ,
    MOVING,
    RESTING,
    TANGLED,
    THROWN,
    TURNING,
    VAN_DER_POL,
)
from adjointcheck.conform.protocol import CAPABILITIES, Field, Row, Task
from adjointcheck.errors import AdjointCheckError

TIMES = (0.1, 0.57, 1.1, 1.6)  # no multiples of one another
ALL = ("y0", "theta", "times")


def weights_of(field: Field, count: int, losses: tuple[int, ...] | None = None) -> tuple[Row, ...]:
    """Weights of the loss (T, n): different, none 0 but at the outputs that `losses` leaves out."""
    n = len(field.y0)

    def entry(j: int, i: int) -> complex:
        if losses is not None and j not in losses:
            return 0.0
        return cos(1 + 2 * j + 3 * i) + (1j * sin(2 + j + 2 * i) if field.real else 0)

    return tuple(tuple(entry(j, i) for i in range(n)) for j in range(count))


def ask(field: Field = TANGLED, times: tuple[Any, ...] = TIMES, losses: tuple[int, ...] | None = None,
        others: tuple[tuple[float, ...], ...] = (), **options: Any) -> Task:
    """A task at the field's own values; `others` are initial states of more trajectories."""
    count = len(times[0]) if isinstance(times[0], tuple) else len(times)
    return Task(field, times, weights_of(field, count, losses), (field.y0, *others), field.theta, **options)


@dataclass(frozen=True)
class ConformanceCheck:
    """One row: `needs` are capabilities; a library that does not declare a feature of them has to refuse the task."""

    code: str
    sentence: str
    task: Task
    rule: rules.Rule
    needs: tuple[str, ...] = ()
    corpus: str = ""

    def __post_init__(self) -> None:
        assert set(self.needs) <= set(CAPABILITIES), self.needs

    def __call__(self, adapter: Any) -> None:
        """Raise AssertionError where the adapter fails or nothing could be concluded, unittest.SkipTest where it offers none of this."""
        from adjointcheck.conform.verdict import require

        __tracebackhide__ = True
        require(adapter, self)


def row(code: str, sentence: str, task: Task, rule: rules.Rule, *needs: str, corpus: str = "") -> ConformanceCheck:
    return ConformanceCheck(code, sentence, task, rule, needs, corpus)


gradient = rules.gradient_rule
BASE, MOVED = ask(), ask(wanted=ALL)
LONG = ask(VAN_DER_POL, (0.0, 10.0), (1,), tolerance=1e-6)
THROW = ask(THROWN, (0.0, 3.0), (0,), tolerance=1e-9)

CHECKS: tuple[ConformanceCheck, ...] = (
    row("exact-times", "A state is delivered at exactly the time that was asked for.", BASE, rules.state_rule, corpus="54"),
    row("inside-horizon", "The field is asked only inside the horizon.", ask(INSIDE, TIMES), rules.state_rule, corpus="14"),
    row("resting-start", "A field that vanishes at the initial time is solved and differentiated.",
        ask(RESTING, (0.0, 0.57, 1.1)), gradient("y0", "theta"), "y0", "module", corpus="35"),
    row("loss-at-end", "A loss at the final time gives the gradient in y0.", ask(losses=(3,)), gradient("y0"), "y0", corpus="2"),
    row("losses-inside", "Losses at inner times count, each at its own time.", ask(losses=(1, 2)), gradient("y0", "theta"),
        "y0", "module", corpus="3, 4, B4"),
    row("loss-at-start", "A loss at the initial time counts.", ask(losses=(0, 2)), gradient("y0"), "y0", corpus="16, 17"),
    row("repeated-times", "Two losses at one time both count.", ask(times=(0.1, 0.8, 0.8, 1.6)), gradient("y0", "theta"),
        "y0", "module", "repeated"),
    row("initial-segment", "The way from the initial time to a first, later output is part of the gradient.",
        ask(losses=(1, 2, 3), late=True), gradient("y0", "theta"), "y0", "module", corpus="B2"),
    row("parameters", "Parameters of the field's module get their gradient.", BASE, gradient("theta"), "module", corpus="7, 8"),
    row("outside-parameters", "So do tensors that the module reads and does not own.", ask(home="outside"), gradient("theta"),
        "outside", corpus="27"),
    row("captured-parameters", "So do tensors that a plain function captures.", ask(home="captured"), gradient("theta"),
        "captured", corpus="27"),
    row("computed-parameters", "So does what a captured tensor was computed from.", ask(home="non-leaf"), gradient("theta"),
        "non-leaf", corpus="27"),
    row("buffers", "So do buffers that ask for it.", ask(home="buffer"), gradient("theta"), "buffer", corpus="27"),
    row("replica", "So do the parameters behind a replica of data-parallel training.", ask(home="replica"), gradient("theta"),
        "replica", corpus="28"),
    row("unused-parameter", "A parameter that the field never reads gets None or zeros of its shape.", ask(home="unused"),
        rules.unused_rule, "module", corpus="8, 36"),
    row("beside-unused", "... and does not disturb the others.", ask(home="unused"), gradient("theta", "y0"), "module", corpus="36"),
    row("beside-frozen", "One tensor that asks for no gradient does not take away those of others.", ask(home="mixed", wanted=("theta",)),
        gradient("theta"), "module", corpus="29"),
    row("initial-time", "dJ/dt0 is right for a field with explicit time.", MOVED, gradient("times", pick=rules.first), "times",
        corpus="12, 15, 30, B1, B3"),
    row("inner-times", "dJ/dt_j is right for every inner output time.", MOVED, gradient("times", pick=rules.inner), "times",
        corpus="15, 52"),
    row("final-time", "dJ/dt1 is right.", MOVED, gradient("times", pick=rules.last), "times", corpus="25"),
    row("reverse-time", "Time may run backward.", ask(times=TIMES[::-1]), gradient("y0", "theta"), "reverse", "y0", "module",
        corpus="13, 53"),
    row("reverse-times", "... with the gradients in all times.", ask(times=TIMES[::-1], wanted=ALL), gradient("times"), "reverse",
        "times", corpus="12, 53"),
    row("complex-state", "A complex state has the gradients of its real and imaginary parts.", ask(TURNING, wanted=("y0",)),
        gradient("y0"), "complex", "y0", corpus="B5"),
    row("complex-times", "... and so have the times.", ask(TURNING, wanted=("y0", "times")), gradient("times"), "complex", "times",
        corpus="B5"),
    row("complex-parameters", "... and real parameters of a complex field.", ask(TURNING, wanted=("theta",)), gradient("theta"),
        "complex", "module", corpus="B5"),
    row("van-der-pol", "Ten units of time on Van der Pol's limit cycle at tolerance 1e-6: gradients right to 1 per cent.",
        LONG, gradient("y0", "theta"), "y0", "module", corpus="6, 33"),
    row("lorenz", "One unit of time on Lorenz' attractor at tolerance 1e-6: gradients right to 1 per cent.",
        ask(LORENZ, (0.0, 1.0), (1,), tolerance=1e-6), gradient("y0", "theta"), "y0", "module", corpus="6, 33"),
    row("contracting", "A contracting field, whose reverse flow amplifies every error by e^30, is differentiated.",
        ask(CONTRACTING, (0.0, 1.5), (1,)), gradient("theta"), "module", corpus="6, 33"),
    row("tolerance-counts", "A hundredfold smaller tolerance makes gradients at least thirtyfold better.", LONG.but(tolerance=1e-5),
        rules.shrinking_rule, "y0", "module", corpus="7, 11, 32, 34"),
    row("jump", "A field that jumps at a known time is differentiated.", ask(JUMPING), gradient("y0", "theta"), "y0", "module",
        corpus="31"),
    row("moving-jump", "The time of a jump, as a parameter, gets its gradient or an error, not a silent zero.", ask(MOVING),
        gradient("theta", pick=rules.last), "module", "moving jumps", corpus="23"),
    row("event-time", "A terminal event is located.", THROW, rules.event_rule, "events", corpus="24"),
    row("event-gradient", "Its time and state have gradients in y0 and the field's parameters.", THROW,
        gradient("y0", "theta", pick=lambda values: values[..., :2]), "events", corpus="11, 19, 21, 24, 25"),
    row("event-parameters", "So they have in a parameter that stands only in the event function.", THROW, gradient("theta",
        pick=rules.last),
        "events", "event parameters", corpus="20, 26"),
    row("per-sample-times", "Each trajectory may have output times of its own.",
        ask(times=(TIMES, (0.2, 0.4, 0.9, 1.3)), others=((0.6, -0.3),)), gradient("y0", "theta"), "per-sample times", "y0", "module"),
    row("second-derivative", "A gradient can be differentiated once more, or says that it cannot.",
        ask(AUTONOMOUS, (0.0, 0.7), (1,), wanted=("y0",), vector=(0.8, -0.5)), rules.second_rule, "second", corpus="22, 45"),
    row("companions", "A trajectory's numbers do not depend on its companions in the batch.",
        ask(others=((4.0, -3.0), (-2.5, 1.0)), tolerance=1e-6), rules.companions_rule, "own time steps"),
    row("exact-derivative", "At fixed time steps the gradient is the derivative of the numbers that were computed.", ask(steps=4),
        rules.computed_rule, "discrete", corpus="18, 34, 44"),
    row("exact-control", "So it is with adaptive time steps, their control included.", ask(tolerance=1e-4), rules.controlled_rule,
        "controlled", corpus="31, 32"),
    row("independent", "A gradient does not depend on which others are asked for.", ask(tolerance=1e-6), rules.independent_rule,
        "independent", corpus="B9"),
    row("repeatable", "The same question has the same answer, bit by bit.", BASE, rules.repeat_rule, corpus="8"),
)  # fmt: skip
BY_CODE = {check.code: check for check in CHECKS}


def select(codes: Sequence[str]) -> tuple[ConformanceCheck, ...]:
    """The checks of these codes, all of them where none is named; raises AdjointCheckError for a code that is none."""
    if unknown := [code for code in codes if code not in BY_CODE]:
        raise AdjointCheckError("conform --check", ", ".join(unknown), f"some of {', '.join(BY_CODE)}")
    return tuple(BY_CODE[code] for code in codes) or CHECKS
