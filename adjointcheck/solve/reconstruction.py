"""How well a way back finds the states that the way there went through: the figure, and the warning where it is bad."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


class ReconstructionWarning(UserWarning):
    """The states that a backward pass went through are not those of the solution: its gradient may be off by as much or more."""


class DriftWarning(UserWarning):
    """The two halves of a reversible pair fell apart: the solution itself is unstable, and its gradient with it."""


@dataclass(frozen=True)
class Reconstruction:
    """The relative error |y - y(t)|/|y(t)| with which the states at `times` came back, the initial one last."""

    method: str
    times: tuple[float, ...]
    errors: tuple[float, ...]

    @property
    def worst(self) -> float:
        """The largest of the errors."""
        return max(self.errors, default=0.0)


Report = Callable[[Reconstruction], None]


def distance(y: Tensor, wanted: Tensor) -> float:
    """|y - wanted|/|wanted|, in the largest entry; absolute where `wanted` is 0."""
    size = float(wanted.abs().max())
    return float((y - wanted).abs().max()) / (size or 1.0)


def warn_of_drift(drift: float, threshold: float) -> None:
    """Warn if the halves of a pair differ by more than the threshold."""
    if not drift <= threshold:
        words = f"gradient 'reversible': the halves of the pair differ by {drift:.1e}, above {threshold:.1e}: the scheme is unstable here."
        advice = "Take shorter time steps or a smaller coupling, or choose gradient='checkpointed'."
        warnings.warn(f"{words} {advice}", DriftWarning, stacklevel=2)


def tell(found: Reconstruction, threshold: float, advice: str, report: Report | None) -> None:
    """Hand the figure to `report` and warn if it is above the threshold, or not a number."""
    if report is not None:
        report(found)
    if not found.worst <= threshold:
        words = f"gradient {found.method!r}: a state came back with a relative error of {found.worst:.1e}, above {threshold:.1e}"
        warnings.warn(f"{words}: the gradient may be off by as much or more. {advice}", ReconstructionWarning, stacklevel=2)
