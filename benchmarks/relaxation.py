"""The gradient through a relaxation: Van der Pol, mu = 1000, whose x jumps within a thousandth of its time, seen by GRADIENTS.md.

Two inner times at which nothing is asked for, 10 and 990, tell the error of a gradient without a reference: what the loss owes to
them is what the numbers owe to the place of the time steps.  Moving both by ds moves all time steps between them against the jump,
which is what a parameter does that moves the jump against the time steps.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor, nn

from adjointcheck import odeint
from benchmarks.document import Sheet, tell

F64 = torch.float64
MU, START, TIMES = 1000.0, (2.0, 0.0), (0.0, 10.0, 990.0, 1000.0)


class VanDerPol(nn.Module):
    """x' = v, v' = mu (1 - x^2) v - x."""

    def __init__(self) -> None:
        super().__init__()
        self.mu = nn.Parameter(torch.tensor(MU, dtype=F64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        """The rate."""
        x, v = y.unbind(-1)
        return torch.stack([v, self.mu * (1 - x * x) * v - x], -1)


def forward_sensitivities(rtol: float) -> np.ndarray:
    """x, v and the derivatives of x by x(0), v(0) and mu at t1, by Radau IIA on the variational equations: no adjoint, no torch."""

    def rate(t: float, z: np.ndarray) -> np.ndarray:
        x, v = z[:2]
        slope = np.array([v, MU * (1 - x * x) * v - x])
        change = np.array([[0.0, 1.0], [-2 * MU * x * v - 1, MU * (1 - x * x)]]) @ z[2:].reshape(2, 3)
        change[1, 2] += (1 - x * x) * v
        return np.concatenate([slope, change.ravel()])

    start = np.concatenate([START, np.eye(2, 3).ravel()])
    return solve_ivp(rate, TIMES[::3], start, method="Radau", rtol=rtol, atol=rtol * 1e-5).y[:5, -1]


def row(method: str, rtol: float, right: np.ndarray) -> tuple:
    """Errors of x(t1) and of its gradient, and what the inner times say."""
    field, y0 = VanDerPol(), torch.tensor(START, dtype=F64, requires_grad=True)
    t = torch.tensor(TIMES, dtype=F64, requires_grad=True)
    ys = odeint(field, y0, t, method=method, rtol=rtol, atol=rtol * 1e-3)
    by_y0, by_t, by_mu = torch.autograd.grad(ys[-1, 0], (y0, t, field.mu))
    found = torch.cat([by_y0, by_mu[None]]).numpy()
    tell(f"relaxation: {method} {rtol:g}")
    told = float((by_t[1] + by_t[2]).abs()) / float(abs(right[1]))
    return method, rtol, *errors(np.array([float(ys[-1, 0].detach()), 0.0, *found]), right), told


def errors(found: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Of x(t1), absolute, and of its gradient, the largest relative one of an entry."""
    return float(abs(found[0] - right[0])), float(np.abs(found[2:] / right[2:] - 1).max())


def relax(tolerances: tuple[float, ...]) -> Sheet:
    """The table."""
    right = forward_sensitivities(1e-12)
    rows = [row(method, rtol, right) for method in ("rodas5p", "kvaerno5") for rtol in tolerances]
    rows += [("forward sensitivities, Radau IIA", rtol, *errors(forward_sensitivities(rtol), right), None) for rtol in tolerances]
    columns = ("method", "rtol", "error of x(t1)", "relative error of the gradient", "told by the inner times")
    return Sheet("Van der Pol, mu = 1000, t in [0, 1000]: x jumps at t = 807", columns, tuple(rows))
