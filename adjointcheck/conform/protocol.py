"""What a library is asked, and what an adapter answers: the whole protocol.

An adapter is any object with `name`, `version`, `can` (a set of the capabilities below) and `answer(task) -> Answer`.  Libraries
of torch need less: `torch_adapter.TorchAdapter` turns one function `solve(func, y0, times, task)` into an adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

# What a library may offer.  A feature that is not declared has to be refused with an error; a property only has its figure told.
FEATURES: dict[str, str] = {
    "y0": "gradients in the initial state",
    "module": "gradients in parameters that the field's module owns (or that are handed over as an argument)",
    "outside": "gradients in tensors that the module reads and does not own",
    "captured": "gradients in tensors that a plain function captures",
    "non-leaf": "gradients through captured tensors that were computed from others",
    "buffer": "gradients in buffers that ask for them",
    "replica": "gradients in a replica, whose attributes are tensors and whose parameters() is empty",
    "times": "gradients in the initial time and every output time",
    "reverse": "time that runs backward",
    "repeated": "the same output time asked for twice",
    "complex": "complex states",
    "per-sample times": "output times of each trajectory's own",
    "second": "second derivatives (Hessian times vector)",
    "events": "a terminal event, with gradients of its time and state in y0 and theta",
    "event parameters": "gradients in parameters that stand in the event function only",
    "moving jumps": "gradients in a parameter that moves a jump of the field",
}
PROPERTIES: dict[str, str] = {
    "own time steps": "a trajectory's numbers do not depend on its companions in the batch",
    "discrete": "the gradient is the exact derivative of the computed numbers at fixed time steps",
    "controlled": "with adaptive time steps, too, their control included",
    "independent": "a gradient does not depend on which other gradients are asked for",
}
CAPABILITIES = FEATURES | PROPERTIES

Formula = Callable[[Any, Any, Any, Any], list[Any]]
Row = tuple[complex, ...]


@dataclass(frozen=True)
class Field:
    """ydot = formula(space, t, y, theta): a list of n components in an array namespace (numpy, torch, jax.numpy).

    y is (..., n), theta (m,) or (..., m), t a scalar or (...).  `text` are the same rates in adjointcheck's grammar, by state;
    `real` is a complex field over real and imaginary parts, side by side; `breaks` are the times at which the field jumps.
    """

    name: str
    formula: Formula
    y0: Row
    theta: tuple[float, ...]
    text: tuple[str, ...] = ()
    real: Formula | None = None
    breaks: tuple[float, ...] = ()
    event: Callable[[Any, Any, Any, Any], Any] | None = None

    def rates(self, space: Any, t: Any, y: Any, theta: Any) -> Any:
        """ydot (..., n)."""
        return space.stack([space.broadcast_to(part, y[..., 0].shape) for part in self.formula(space, t, y, theta)], -1)


@dataclass(frozen=True)
class Task:
    """Solve `field` from each row of y0 (B, n) at times[0], and differentiate the loss J = Re sum_jbi conj(weights[j][i]) y_bi(t_j).

    times (T,), or one row for each trajectory; with `late` no output at times[0] is asked for, whose weights are 0.  `wanted` is
    what gradients are asked for, `home` where theta lives (a capability), `steps` a number of equal time steps between outputs of a
    method of order 4 instead of `tolerance` (rtol = atol).  `vector` (n,): also the Hessian of J in y0, of all rows, times it.
    """

    field: Field
    times: tuple[Any, ...]
    weights: tuple[Row, ...]
    y0: tuple[Row, ...]
    theta: tuple[float, ...]
    wanted: tuple[str, ...] = ("y0", "theta")
    home: str = "module"
    tolerance: float = 1e-9
    steps: int | None = None
    late: bool = False
    vector: tuple[float, ...] = ()

    @property
    def per_sample(self) -> bool:
        """Whether each trajectory has times of its own."""
        return isinstance(self.times[0], tuple)

    def but(self, **changes: Any) -> Task:
        """The same task with some changes."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Answer:
    """Outputs (B, T, n) and gradients by name, None where the library gave none: y0 (B, n), theta (m,), times (T,) or (B, T).

    A complex gradient is dJ/dRe + i dJ/dIm.  `second` (B, n) is the Hessian times the vector.  With an event the outputs are the
    state at its time (B, 1, n), J = weights[0] . y + the time, and `event_time` is that time.
    """

    outputs: np.ndarray
    gradients: Mapping[str, np.ndarray | None] = field(default_factory=dict)
    second: np.ndarray | None = None
    event_time: float | None = None


class NotApplicable(Exception):
    """The library has no way of being asked this: neither offered nor to be refused."""


class Adapter(Protocol):
    """A library in one setting."""

    name: str
    version: str
    can: frozenset[str]

    def answer(self, task: Task) -> Answer:
        """Solve and differentiate; whatever the library raises is raised."""
        ...
