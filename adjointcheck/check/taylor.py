"""The Taylor remainder of J on frozen time steps: a signed fit whose constant term is the error of the gradient.

R1(eps)/eps = (J(eps) - J(0))/eps - g d = c0 + c1 eps + c2 eps^2 + ...;  a correct gradient has c0 = 0.  The interval of
c0 is the worst case of rounding in J plus the fitted truncation; it is narrower than DETECTION or nothing is concluded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from adjointcheck.check.case import Case, Run
from adjointcheck.check.rounding import DETECTION, SIGMA, UNIT, Shaker, draw_directions, reference_march
from adjointcheck.check.verdict import Check, judge

NAME = "taylor"
SIZES = tuple(2.0**-k for k in range(3, 19))
WIDTH = 6  # sizes in a window: two signs each, more than a decade
DEGREES = (2, 4)
WORST_CASE = 4.0  # standard deviations of the rounding noise
NOISE_ROWS = 8


@dataclass(frozen=True)
class Fit:
    """c0 with the half-width of its interval, both relative to |g d|, and the window of eps it comes from."""

    c0: float
    half_width: float
    window: tuple[float, float]
    slope: float

    @property
    def ratio(self) -> float:
        return abs(self.c0) / self.half_width if self.half_width else (0.0 if self.c0 == 0 else float("inf"))


def check_taylor(case: Case) -> Check:
    """Fit c0 along seeded directions through x0 and theta; it must vanish within an interval below DETECTION."""
    run = case.runs[0]
    remainders = list(_remainders(run, case.budget.directions))
    fits = [_best(quotients, noise, slope) for quotients, noise, slope in remainders]
    wide = max(fits, key=lambda fit: fit.half_width)
    worst = max(fits, key=lambda fit: fit.ratio)
    words = (f"{len(fits)} directions through x0 and theta on {len(run.record.steps)} frozen time steps: c0 = {worst.c0:.2e} of "
             f"dJ (interval +- {worst.half_width:.1e}, eps from {worst.window[1]:.1e} to {worst.window[0]:.1e}); "
             f"detection limit {wide.half_width:.1e} (wanted {DETECTION:g})")  # fmt: skip
    hidden = f"a gradient error of {wide.half_width:.1e} would not be seen" if not wide.half_width <= DETECTION else ""
    series = [{"label": f"direction {i + 1}", "x": list(SIZES), "y": [abs(float(q)) for q in quotients[: len(SIZES)]],
               "xlabel": "eps", "ylabel": "|R1(eps)/eps|", "loglog": True, **({"reference_slope": 1} if i == 0 else {})}
              for i, (quotients, _, _) in enumerate(remainders)]  # fmt: skip
    details = {"series": series, "table": _table(fits), "detection limit": wide.half_width}
    measured = abs(worst.c0) if all(math.isfinite(fit.slope) for fit in fits) else math.nan
    return judge(NAME, measured, worst.half_width, words, details=details, seed=case.seed, open_question=hidden)


def _table(fits: list[Fit]) -> dict[str, object]:
    rows = [[f"direction {i + 1}", fit.slope, fit.c0, fit.half_width, fit.window[1], fit.window[0]] for i, fit in enumerate(fits)]
    return {"columns": ["", "g d", "c0 / g d", "half-width", "smallest eps", "largest eps"], "rows": rows}


def _remainders(run: Run, count: int) -> Iterator[tuple[Tensor, float, float]]:
    """(R1(eps)/eps at +SIZES then -SIZES, noise of J, g d) along each direction, one trajectory after the other."""
    eps = torch.tensor([*SIZES, *(-size for size in SIZES)], dtype=torch.float64)
    gradients = run.gradients("cost")
    for d, direction in enumerate(draw_directions(run.point, count, run.case.generator(6))):
        row = d % len(run.point.t0)
        along = {name: direction[name][row] for name in ("x0", "theta")}
        slope = float(sum((gradients[name][row] * step).sum() for name, step in along.items()))
        base, costs, noise = _costs(run, row, along, eps)
        yield (costs - base) / eps - slope, noise, slope


def _costs(run: Run, row: int, along: dict[str, Tensor], eps: Tensor) -> tuple[Tensor, Tensor, float]:
    """J(0), J(eps), and the worst rounding in J, by the reference on the frozen time steps of one trajectory."""
    shifts = torch.cat([torch.zeros(1 + NOISE_ROWS, dtype=eps.dtype), eps])
    index = torch.full((len(shifts),), row)
    sigma = torch.zeros_like(shifts)
    sigma[1 : 1 + NOISE_ROWS] = SIGMA
    blocks = dict(run.point.rows(index).blocks)
    for name, step in along.items():
        blocks[name] = blocks[name] + shifts[:, None] * step
    with torch.no_grad():
        _, costs = reference_march(run, run.plan.rows(index), blocks, Shaker(sigma, run.case.generator(7)))
    base, noisy = costs[0], costs[1 : 1 + NOISE_ROWS]
    spread = float((noisy - base).square().mean().sqrt()) / SIGMA
    return base, costs[1 + NOISE_ROWS :], WORST_CASE * UNIT * (spread + abs(float(base)))


def _best(quotients: Tensor, noise: float, slope: float) -> Fit:
    """The fit whose interval is narrowest, chosen without looking at c0."""
    scale = abs(slope) or 1.0
    fits = [fit for start in range(len(SIZES) - WIDTH + 1) if (fit := _fit(quotients, noise, slope, scale, start))]
    unknown = Fit(0.0, float("inf"), (SIZES[0], SIZES[-1]), slope)
    return min(fits, key=lambda fit: fit.half_width, default=unknown)


def _fit(quotients: Tensor, noise: float, slope: float, scale: float, start: int) -> Fit | None:
    """Least squares over one window of both signs: c0 by the higher degree, truncation by what the degrees differ."""
    window = slice(start, start + WIDTH)
    eps = torch.tensor([*SIZES[window], *(-size for size in SIZES[window])], dtype=torch.float64)
    values = torch.cat([quotients[: len(SIZES)][window], quotients[len(SIZES) :][window]])
    if not values.isfinite().all():
        return None
    low, high = (torch.linalg.pinv(torch.vander(eps / eps.max(), degree + 1, increasing=True))[0] for degree in DEGREES)
    rounding = float((high.abs() * 2 * noise / eps.abs()).sum())
    c0, truncation = float(high @ values), abs(float((high - low) @ values))
    return Fit(c0 / scale, (truncation + rounding) / scale, (SIZES[start], SIZES[start + WIDTH - 1]), slope)
