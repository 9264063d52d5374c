"""How long the next time step may be: controllers as rows, tolerances and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from adjointcheck.solve.transforms import largest

Norm = Callable[[Tensor], Tensor]
UNLIMITED = 2**31 - 1


@dataclass(frozen=True)
class Controller:
    """h_next = h safety e_n^(-now/k) e_(n-1)^(before/k) e_(n-2)^(-long_before/k), k = error_order + 1, e the scaled errors."""

    name: str
    now: float
    before: float = 0.0
    long_before: float = 0.0


# PI as in the code DOPRI5 (Hairer, Norsett & Wanner 1993, II.4, beta = 0.04); PID by Soederlind 2003, H312PID.
CONTROLLERS = {
    row.name: row for row in (Controller("I", 1.0), Controller("PI", 0.85, 0.20), Controller("PID", 0.49, 0.34, 0.10))
}


def root_mean_square(ratio: Tensor) -> Tensor:
    """Over all entries, 0 of none."""
    return torch.linalg.vector_norm(ratio) / max(1, ratio.numel()) ** 0.5


@dataclass(frozen=True)
class Control:
    """Tolerances (numbers, or one for each entry of the flat state), the controller and its limits.

    `steps` (a length) marches with equal time steps instead, none across an output time.  Lengths are not negative.
    """

    rtol: Any = 1e-7
    atol: Any = 1e-9
    controller: Controller = CONTROLLERS["PI"]
    first_step: float | None = None
    safety: float = 0.9
    shrink: float = 0.2
    grow: float = 10.0
    min_step: float = 0.0
    max_step: float = float("inf")
    max_steps: int = UNLIMITED
    step_size: float | None = None
    norm: Norm = root_mean_square

    def ratio(self, error: Tensor, y: Tensor, y1: Tensor) -> float:
        """The norm of the error over atol + rtol max(|y|, |y1|): accepted up to 1; one number is read from the device.

        Under vmap it is that of the trajectory with the largest.
        """
        scaled = error / self.scale(y, y1)
        return largest(self.norm(scaled) if error.ndim == y.ndim else blend(*map(self.norm, scaled)))

    def scale(self, y: Tensor, y1: Tensor) -> Tensor:
        """atol + rtol max(|y|, |y1|), entry by entry, kept above zero."""
        # Not clamp_, which is slow under vmap.
        return torch.maximum(y.abs(), y1.abs()).mul_(self.rtol).add_(self.atol).clamp(min=torch.finfo(y.dtype).tiny)


def blend(high: Tensor, low: Tensor) -> Tensor:
    """The norms of two estimates as one (Hairer, Norsett & Wanner 1993, II.10)."""
    return high * high / (high * high + 0.01 * low * low).sqrt().clamp(min=torch.finfo(high.dtype).tiny)


class StepSize:
    """The length of the next time step, from the errors of those before."""

    def __init__(self, control: Control, error_order: int, first: float) -> None:
        self.control, self.k, self.size = control, error_order + 1, first
        self.errors = (1.0, 1.0)
        self.limit = control.grow

    def accept(self, tried: float, error: float, cut: bool) -> None:
        """Go on after an accepted time step; one that was cut short by an output time does not shrink the next."""
        control, row = self.control, self.control.controller
        error = max(error, 1e-9)
        before, long_before = self.errors
        factor = control.safety * (error**-row.now * before**row.before * long_before**-row.long_before) ** (1 / self.k)
        grown = tried * min(max(factor, control.shrink), self.limit)
        self.size = max(self.size, grown) if cut else grown
        if not cut:
            self.errors = (max(error, 1e-4), before)
        self.limit = control.grow

    def reject(self, tried: float, error: float) -> None:
        """Shrink; the time step after that may not grow (Hairer, Norsett & Wanner 1993, II.4)."""
        control = self.control
        factor = control.safety * error ** (-1 / self.k) if error < float("inf") else 0.0
        self.size = tried * min(max(factor, control.shrink), 1.0)
        self.limit = 1.0
