"""Augmented neural ODEs: what a flow cannot do in its own dimension

Trajectories of an ODE do not cross, so x -> -x on the line and the separation of nested annuli in the plane are out of
reach of a plain neural ODE; with zeros appended to the state both become easy (Dupont, Doucet and Teh 2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

import adjointcheck as ac
from adjointcheck.check.study import Picture, Section, Study, Table, Tell, double_precision
from adjointcheck.check.verdict import judge
from adjointcheck.report.figures import SERIES, dots, logarithmic

SEED, WIDTH, EXTRA = 5, 24, (0, 1, 5)
BUDGET = 80_000  # evaluations of f that one training may spend: a plain flow may ask for ever more of them
HOW: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4, "method": "dopri5"}
HORIZON = torch.tensor([0.0, 1.0], dtype=torch.float64)


class Field(nn.Module):
    """f(x) by two hidden layers; counts its evaluations."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dimension, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, dimension))
        self.evaluations = 0

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        self.evaluations += 1
        return self.net(x)


class Model(nn.Module):
    """Zeros appended, a flow over [0, 1], a linear head (or, for the line, the first coordinate itself)."""

    def __init__(self, dimension: int, extra: int, head: bool) -> None:
        super().__init__()
        self.extra, self.field = extra, Field(dimension + extra)
        self.head = nn.Linear(dimension + extra, 1) if head else None

    def lifted(self, x: Tensor) -> Tensor:
        return torch.cat([x, x.new_zeros(len(x), self.extra)], 1)

    def path(self, x: Tensor, times: Tensor) -> Tensor:
        """States (T, N, n + extra)."""
        return ac.odeint(self.field, self.lifted(x), times, **HOW)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.path(x, HORIZON)[-1]
        return x1[:, :1] if self.head is None else self.head(x1)


@dataclass(frozen=True)
class Trained:
    model: Model
    losses: list[float]
    steepest: float  # the largest norm of a gradient on the way
    evaluations: float  # of f in one forward solve, at the end


def train(model: Model, x: Tensor, y: Tensor, loss: Any, steps: int) -> Trained:
    """Adam, all points at once, until the iterations are done or the evaluations of f are spent."""
    optimiser, losses, steepest = torch.optim.Adam(model.parameters(), lr=1e-2), [], 0.0
    while len(losses) < steps and model.field.evaluations < BUDGET:
        optimiser.zero_grad()
        found = loss(model(x), y)
        found.backward()
        steepest = max(steepest, nn.utils.get_total_norm([part.grad for part in model.parameters() if part.grad is not None]).item())
        optimiser.step()
        losses.append(found.item())
    model.field.evaluations = 0
    with torch.no_grad():
        model(x)
    return Trained(model, losses, steepest, model.field.evaluations)


def distance(trained: Trained, x: Tensor, y: Tensor, loss: Any) -> float:
    """From the gradient in all parameters to that of a solve at 1e-10, over the largest met: at the end it is next to nothing."""
    model = trained.model

    def gradient(**how: Any) -> Tensor:
        x1 = ac.odeint(model.field, model.lifted(x), HORIZON, **how)[-1]
        value = loss(x1[:, :1] if model.head is None else model.head(x1), y)
        return torch.cat([part.flatten() for part in torch.autograd.grad(value, list(model.parameters()))])

    return (gradient(**HOW) - gradient(rtol=1e-10, atol=1e-10, method="dopri5")).norm().item() / trained.steepest


def reflection(quick: bool, tell: Tell) -> Section:
    """x -> -x for points of [-1, 1]."""
    x = torch.linspace(-1, 1, 21, dtype=torch.float64)[:, None]
    mean_square = nn.functional.mse_loss
    bound = x.square().mean().item()  # of a monotone map the best is a constant, here 0
    found = {}
    for extra in EXTRA:
        tell(f"x -> -x, {extra} extra dimensions")
        torch.manual_seed(SEED)
        found[extra] = train(Model(1, extra, head=False), x, -x, mean_square, 40 if quick else 400)
    rows = [[extra, row.losses[-1], len(row.losses), row.evaluations, crossings(row.model, x), distance(row, x, -x, mean_square)]
            for extra, row in found.items()]
    words = (
        f"On the line a flow is monotone, and of all monotone maps the constant 0 is nearest to x -> -x: the mean square error cannot fall "
        f"below the mean of x^2 = {bound:.4f}. With zeros appended, paths pass each other in the new dimensions, and their first "
        "coordinates cross."
    )
    checks = [
        judge("the plain flow stays above its bound", bound - rows[0][1], 1e-3, "bound less the loss of 0 extra dimensions"),
        judge("one extra dimension goes below it", rows[1][1] / bound, 0.2, "loss over bound"),
        judge("five extra dimensions go below it", rows[2][1] / bound, 0.2, "loss over bound"),
        judge("no paths of the plain flow cross", rows[0][4], 0, "pairs whose order in the first coordinate changes"),
        judge("gradient error after training", max(row[5] for row in rows), 0.01, "over the largest one, at 1e-4 against 1e-10"),
    ]
    columns = ("extra dimensions", "loss", "iterations", "evaluations of f", "crossing pairs", "gradient error")
    return Section("x -> -x on the line", words, [Table("After training", columns, rows)], [fan(found, x), falls(found, "x -> -x")], checks)


def crossings(model: Model, x: Tensor) -> int:
    """Pairs of neighbouring points whose first coordinates change their order on the way."""
    with torch.no_grad():
        path = model.path(x, torch.linspace(0, 1, 41, dtype=torch.float64))[:, :, 0]
    return int((path.diff(dim=1) < 0).any(0).sum())


def fan(found: dict[int, Trained], x: Tensor) -> Picture:
    def draw(figure: Any) -> None:
        t = torch.linspace(0, 1, 41, dtype=torch.float64)
        for axes, (extra, row) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
            with torch.no_grad():
                path = row.model.path(x[::2], t)[:, :, 0]
            for i in range(path.shape[1]):
                axes.plot(t, path[:, i], color=SERIES[0 if x[2 * i] < 0 else 1], linewidth=0.9)
            axes.set_title(f"{extra} extra", loc="left")
            axes.set_xlabel("t")

    return Picture("First coordinates of the paths", draw, "Blue starts below zero, orange above.")


def falls(found: dict[int, Trained], name: str) -> Picture:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        logarithmic(axes, "y")
        for colour, (extra, row) in zip(SERIES, found.items(), strict=False):
            axes.plot(row.losses, color=colour, label=f"{extra} extra dimensions")
        axes.set_xlabel("iteration")
        axes.set_ylabel("loss")
        axes.legend()

    return Picture(f"Loss, {name}", draw)


def annuli(count: int) -> tuple[Tensor, Tensor]:
    """Points of the disc of radius 1 (class 0) and of the annulus between 1.5 and 2.5 (class 1)."""
    generator = torch.Generator().manual_seed(SEED)
    half = count // 2
    u, angle = (torch.rand(2 * half, generator=generator, dtype=torch.float64) for _ in range(2))
    radius = torch.cat([u[:half].sqrt(), (1.5**2 + u[half:] * (2.5**2 - 1.5**2)).sqrt()])
    x = radius[:, None] * torch.stack([(2 * torch.pi * angle).cos(), (2 * torch.pi * angle).sin()], 1)
    return x, torch.cat([torch.zeros(half), torch.ones(half)])[:, None].double()


def nested(quick: bool, tell: Tell) -> Section:
    """A disc inside an annulus, to be separated by a linear head."""
    x, y = annuli(128 if quick else 512)
    loss = nn.functional.binary_cross_entropy_with_logits
    found = {}
    for extra in EXTRA:
        tell(f"annuli, {extra} extra dimensions")
        torch.manual_seed(SEED)
        found[extra] = train(Model(2, extra, head=True), x, y, loss, 48 if quick else 400)
    rows = [[extra, row.losses[-1], len(row.losses), row.evaluations, distance(row, x, y, loss)] for extra, row in found.items()]
    words = (
        "A homeomorphism of the plane keeps the disc inside the annulus, so no plain flow makes them linearly separable; on finitely many "
        "points it can still squeeze the disc out through gaps, with an ever harder field. In three or more dimensions it lifts the disc."
    )
    checks = [
        judge("one extra dimension separates", rows[1][1], 0.15, "cross entropy"),
        judge("five extra dimensions separate", rows[2][1], 0.15, "cross entropy"),
        judge("the plain flow is behind", rows[2][1] / rows[0][1], 0.7, "loss with five extra dimensions over that with none"),
        judge("gradient error after training, annuli", max(row[4] for row in rows), 0.01, "over the largest one, at 1e-4 against 1e-10"),
    ]
    columns = ("extra dimensions", "loss", "iterations", "evaluations of f", "gradient error")
    return Section("Nested annuli in the plane", words, [Table("After training", columns, rows)],
                   [carried(found, x, y), falls(found, "annuli")], checks)


def carried(found: dict[int, Trained], x: Tensor, y: Tensor) -> Picture:
    def draw(figure: Any) -> None:
        for axes, (extra, row) in zip(figure.subplots(1, len(found)), found.items(), strict=True):
            with torch.no_grad():
                x1 = row.model.path(x, HORIZON)[-1]
            for label in (0, 1):
                points = x1[y[:, 0] == label]
                dots(axes, points[:, 0], points[:, -1], SERIES[label], 2.0)
            axes.set_title(f"{extra} extra", loc="left")

    return Picture("Where the flow carries the points", draw, "First and last coordinate of x(1); blue the disc, orange the annulus.")


def study(quick: bool, tell: Tell) -> Study:
    """The line, then the plane."""
    with double_precision(SEED):
        sections = [reflection(quick, tell), nested(quick, tell)]
    return Study(
        name="augmented_node", title="Augmented neural ODEs: what a flow cannot do in its own dimension",
        question="Where does a plain neural ODE fail for topological reasons, and what do extra dimensions buy?", sections=sections,
        quick=quick,
        surprises=(
            "The plain flow in the plane does not fail on a sample as it must on the continuum: its loss keeps falling, slowly, because "
            "finitely many points leave gaps to slip through. The obstacle is a bound on the line, and a price in the plane.",
        ),
        sources=("Dupont, Doucet and Teh 2019 (augmented neural ODEs)", "Chen et al. 2018"),
    )
