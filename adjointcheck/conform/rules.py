"""How an answer is measured: each rule turns what a library answers into one figure, its limit and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from adjointcheck.conform.protocol import Adapter, Answer, Task
from adjointcheck.conform.reference import right_answer

FACTOR = 1e4  # a gradient may miss the tolerance that was asked for by this factor: solvers control local errors, fields amplify them
ROUNDING = 1e-11  # two computations of the same numbers: far above rounding, far below what any tolerance used here leaves
DIFFERENCE = 1e-8  # derivatives by extrapolated central differences of a library's own outputs are good to about 1e-11
CONTROLLED = 1e-6  # the same across a step control, whose small differences cannot be extrapolated: good to about 1e-8
SECOND = 1e-5
SHRINK = 0.75  # errors shall fall at least like tolerance ** SHRINK
HALF_WIDTHS = (2e-3, 1e-3)
SMALL = 1e-5


@dataclass
class Library:
    """An adapter that remembers what it has answered: several checks read one answer."""

    adapter: Adapter
    answers: dict[Task, Answer] = field(default_factory=dict)

    def answer(self, task: Task) -> Answer:
        """The answer to `task`, computed once."""
        if task not in self.answers:
            self.answers[task] = self.adapter.answer(task)
        return self.answers[task]


@dataclass(frozen=True)
class Measured:
    """A figure, the most it may be, and a sentence; `silence` is "none" or "zero" where a live input got that for a gradient.

    An `open_question` says why a figure above the limit is not the gradient's fault.
    """

    value: float
    limit: float
    words: str
    silence: str = ""
    open_question: str = ""


Rule = Callable[[Library, Task], Measured]


def distance(found: np.ndarray | None, right: np.ndarray | None) -> float:
    """Largest difference over the largest right entry; None is 1 away, as 0 is, NaN and wrong shapes infinitely far."""
    if found is None or right is None:
        return 1.0
    if np.shape(found) != np.shape(right):
        return float("inf")
    gap = float(np.max(np.abs(found - right)) / np.max(np.abs(right)))
    return float("inf") if np.isnan(gap) else gap


def state_rule(library: Library, task: Task) -> Measured:
    """Outputs against the reference."""
    answer, right = library.answer(task), right_answer(task)
    gap = distance(answer.outputs, right.outputs)
    return Measured(gap, FACTOR * task.tolerance, f"states at the requested times are off by {gap:.1e} of the largest")


def gradient_rule(*names: str, pick: Callable[[np.ndarray], np.ndarray] = lambda values: values) -> Rule:
    """The named gradients against the reference; `pick` looks at some entries only."""

    def rule(library: Library, task: Task) -> Measured:
        answer, right = library.answer(task), right_answer(task)
        silence, worst, limit = "", ("", 0.0), FACTOR * task.tolerance
        for name in names:
            given, expected = answer.gradients.get(name), right.gradients[name]
            found = None if given is None else pick(given)
            gap = distance(found, None if expected is None else pick(expected))
            silence = silence or _silence(found)
            worst = max(worst, (name, gap), key=lambda pair: pair[1])
        state = distance(answer.outputs, right.outputs)
        question = f"the states themselves are off by {state:.1e}" if state > limit else ""
        said = {"none": "no gradient at all (None)", "zero": "a gradient of exactly 0"}.get(silence, _off(worst[1]))
        return Measured(worst[1], limit, f"dJ/d{worst[0] or names[0]}: {said}; states off by {state:.1e}", silence, question)

    return rule


def _off(gap: float) -> str:
    return f"off by {gap:.1e} of the largest entry" if gap < float("inf") else "not a number, or not of its input's shape"


def _silence(found: np.ndarray | None) -> str:
    if found is None:
        return "none"
    return "zero" if found.size and not np.any(found) else ""


def first(values: np.ndarray) -> np.ndarray:
    """The entry of the initial time."""
    return values[..., :1]


def inner(values: np.ndarray) -> np.ndarray:
    """Those of the times between."""
    return values[..., 1:-1]


def last(values: np.ndarray) -> np.ndarray:
    """That of the final time, or of the parameter in the last place."""
    return values[..., -1:]


def unused_rule(library: Library, task: Task) -> Measured:
    """A parameter that the field never reads: None or zeros of its own shape."""
    found = library.answer(task).gradients["unused"]
    fine = found is None or (found.shape == (3,) and not np.any(found))
    return Measured(0.0 if fine else 1.0, 0.0, "None" if found is None else f"{np.asarray(found).tolist()}")


def shrinking_rule(library: Library, task: Task) -> Measured:
    """The error of the gradients when the tolerance is a hundred times smaller, over what it was."""
    gaps = []
    for tolerance in (task.tolerance, task.tolerance / 100):
        tried = task.but(tolerance=tolerance)
        answer, right = library.answer(tried), right_answer(tried)
        gaps.append(max(distance(answer.gradients[name], right.gradients[name]) for name in task.wanted))
    words = f"errors {gaps[0]:.1e} and {gaps[1]:.1e} at tolerances {task.tolerance:.0e} and {task.tolerance / 100:.0e}"
    return Measured(gaps[1] / gaps[0], 100**-SHRINK, f"{words}: factor {gaps[1] / gaps[0]:.2g}")


def companions_rule(library: Library, task: Task) -> Measured:
    """The first trajectory alone, and among others that are harder."""
    alone = library.answer(task.but(y0=task.y0[:1]))
    among = library.answer(task)
    first_row = among.gradients["y0"]
    gap = max(distance(among.outputs[:1], alone.outputs), distance(None if first_row is None else first_row[:1], alone.gradients["y0"]))
    return Measured(gap, ROUNDING, f"its states and dJ/dy0 change by {gap:.1e}")


def independent_rule(library: Library, task: Task) -> Measured:
    """dJ/dy0 alone, and together with every other gradient."""
    alone = library.answer(task.but(wanted=("y0",)))
    together = library.answer(task)
    gap = distance(together.gradients["y0"], alone.gradients["y0"])
    return Measured(gap, ROUNDING, f"dJ/dy0 changes by {gap:.1e} when others are asked for")


def repeat_rule(library: Library, task: Task) -> Measured:
    """The same task twice, bit by bit."""
    one, two = library.answer(task), library.adapter.answer(task)
    pairs = [(one.outputs, two.outputs), *((one.gradients[name], two.gradients[name]) for name in task.wanted)]
    differing = sum(not np.array_equal(a, b) for a, b in pairs)
    return Measured(float(differing), 0.0, f"{differing} of {len(pairs)} arrays differ")


def second_rule(library: Library, task: Task) -> Measured:
    """Hessian times vector."""
    found, right = library.answer(task).second, right_answer(task).second
    gap = distance(found, right)
    return Measured(gap, SECOND, f"Hessian times vector off by {gap:.1e}", _silence(found))


def computed_rule(library: Library, task: Task) -> Measured:
    """The directional derivative against differences of the library's own outputs: fixed time steps, extrapolated."""
    gap = _own_gap(library, task, HALF_WIDTHS, lambda wide, narrow: (4 * narrow - wide) / 3)
    return Measured(gap, DIFFERENCE, f"differs by {gap:.1e} from the derivative of the numbers that were computed")


def controlled_rule(library: Library, task: Task) -> Measured:
    """The same with adaptive time steps: small differences, which move the time steps along with the states."""
    gap = _own_gap(library, task, (2 * SMALL, SMALL), lambda wide, narrow: narrow)
    return Measured(gap, CONTROLLED, f"differs by {gap:.1e} from the derivative of the numbers that were computed")


def _own_gap(library: Library, task: Task, widths: tuple[float, float], extrapolate: Callable[[float, float], float]) -> float:
    direction = np.cos(1.7 * np.arange(len(task.field.y0)))
    quotients = []
    for width in widths:
        ends = [_loss(library, task, side * width * direction) for side in (1, -1)]
        quotients.append((ends[0] - ends[1]) / (2 * width))
    own = extrapolate(*quotients)
    found = library.answer(task).gradients["y0"]
    return 1.0 if found is None else abs(float((found[0] * direction).sum()) - own) / abs(own)


def _loss(library: Library, task: Task, shift: np.ndarray) -> float:
    """J of the outputs for a shifted initial state."""
    moved = tuple((np.array(row) + shift).tolist() for row in task.y0)
    outputs = library.answer(task.but(y0=tuple(tuple(row) for row in moved))).outputs
    return float((np.array(task.weights) * outputs[0]).sum())


def event_rule(library: Library, task: Task) -> Measured:
    """The time of the event."""
    answer, right = library.answer(task), right_answer(task)
    assert answer.event_time is not None and right.event_time is not None
    gap = abs(answer.event_time - right.event_time)
    return Measured(gap, FACTOR * task.tolerance, f"the event's time is off by {gap:.1e}")
