"""Adaptive cost and constant memory: what each gradient method pays, and where backsolve breaks

Neural ODEs were introduced with two promises (Chen et al. 2018): evaluations of f adapt to the tolerance, and memory does not
grow with the number of time steps, for the state is solved for backward.  Both are measured here, and what they cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, log, log10
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import adjointcheck as ac
from adjointcheck.check.meter import Meter
from adjointcheck.check.study import Picture, Section, Study, Table, Tell, double_precision
from adjointcheck.check.verdict import Check, judge
from adjointcheck.report.figures import INK, SERIES, logarithmic
from adjointcheck.solve.gradient_method import GradientMethod
from adjointcheck.solve.gradients import Backsolve, Checkpointed, Reconstruction, Reversible

SEED, UNIT, WIDTH, INPUTS = 7, 2.0**-53, 16, 32
STATE = 8 * WIDTH * INPUTS  # bytes
KEPT, FALL, COUPLING, BOUND = 20, 10, 0.8, 2000  # checkpoints; coupling 1 - FALL/n of the reversible pair, and a fixed one
DENSE = (1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30)  # k T
EXACT: dict[str, Any] = {"rtol": 1e-12, "atol": 1e-12, "method": "dop853"}
MIX = torch.tensor([[0.1, -0.4], [0.3, 0.1]], dtype=torch.float64)


class Field(nn.Module):
    """f(t, y) = rate(t, y, theta); counts its evaluations."""

    def __init__(self, theta: Tensor, rate: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.theta, self.rate, self.evaluations = nn.Parameter(theta), rate, 0

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        self.evaluations += 1
        return self.rate(t, y, self.theta)


def seasons(t: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    """Prey and predators (Lotka 1925, Volterra 1926); the prey's growth goes with the seasons."""
    (prey, predators), (a, b, c, d) = y, theta
    return torch.stack([a * (1 + 0.2 * torch.sin(t)) * prey - b * prey * predators, d * prey * predators - c * predators])


def layer(t: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    return torch.tanh(y @ theta.T)


def contracting(k: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """xdot = k (-x + theta tanh(MIX x) + force(t)) and cdot = |x|^2/2: two solutions approach at a rate near k."""
    def rate(t: Tensor, y: Tensor, theta: Tensor) -> Tensor:
        x, force = y[:2], torch.stack([torch.sin(3 * t), torch.cos(2 * t)])
        return torch.cat([k * (force - x + theta * torch.tanh(MIX @ x)), x.square().sum(0, keepdim=True) / 2])

    return rate


@dataclass(frozen=True)
class Found:
    """A gradient in y0 and theta as one vector, and the evaluations of f there and back."""

    gradient: Tensor
    forward: int
    backward: int

    def error(self, wanted: Found) -> float:
        return ((self.gradient - wanted.gradient).norm() / wanted.gradient.norm()).item()


Cost = Callable[[Tensor], Tensor]


def differentiate(field: Field, y0: Tensor, end: float, cost: Cost, gradient: str | GradientMethod, replayed: bool = False,
                  **how: Any) -> Found:
    """The gradient of cost(y(end)); `replayed`, by autograd through the recorded time steps, as second derivatives have it."""
    field.evaluations, y0 = 0, y0.clone().requires_grad_()
    y = ac.odeint(field, y0, torch.tensor([0.0, end]), gradient=gradient, **how)[-1]
    forward = field.evaluations
    found = torch.autograd.grad(cost(y), (y0, field.theta), create_graph=replayed)
    return Found(torch.cat([part.detach().flatten() for part in found]), forward, field.evaluations - forward)


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """The least squares slope of log y over log x."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


# Cost and error over the tolerance


def adaptivity(exponents: Sequence[int], tell: Tell) -> tuple[Section, str]:
    """Evaluations of f and gradient error of three methods on a field that is kind to all of them."""
    field, y0 = Field(torch.tensor([1.5, 1.0, 3.0, 1.0]), seasons), torch.ones(2)

    def at(gradient: str | GradientMethod, **how: Any) -> Found:
        return differentiate(field, y0, 6.0, lambda y: y.square().sum(), gradient, **how)

    wanted, tolerances = at("discrete", **EXACT), [10.0**-e for e in exponents]
    found: dict[str, list[Found]] = {}
    for name, row in {"discrete": "discrete", "interpolated": "interpolated", "backsolve": Backsolve(threshold=inf)}.items():
        tell(f"tolerances, {name}")
        found[name] = [at(row, rtol=tolerance, atol=tolerance) for tolerance in tolerances]
    errors = {name: [each.error(wanted) for each in each_tolerance] for name, each_tolerance in found.items()}
    growth = -slope(tolerances, [each.forward for each in found["discrete"]])
    ratios = [each.backward / each.forward for each in found["backsolve"]]
    rows = [[tolerance, found["discrete"][i].forward, *(cell for name in found for cell in (found[name][i].backward, errors[name][i]))]
            for i, tolerance in enumerate(tolerances)]
    checks = [judge("adaptive cost", growth - 1 / 5, 0.02, f"evaluations grow as tolerance^-{growth:.3f}; more than the 1/5 of order 5")]
    for name in found:
        order = slope(tolerances, errors[name])
        checks.append(judge(f"gradient error follows the tolerance, {name}", 1 - order, 0.15, f"1 less the slope {order:.2f}"))
    words = (
        "Prey and predators with seasons over six units of time, DOPRI5, cost |y(t1)|^2, gradient in y0 and four parameters; the reference "
        "is an eighth-order solve at 1e-12. A method of order 5 takes time steps as long as tolerance^(1/5). This field neither contracts "
        "nor expands, and all three gradients are right to the tolerance; they differ in evaluations: discrete, which keeps the graphs of "
        "the way there, needs none on the way back."
    )
    columns = ("tolerance", "there", *(cell for name in found for cell in (f"back, {name}", f"error, {name}")))
    table = Table("Evaluations of f there and back, and relative gradient error", columns, rows)
    surprise = (
        "Chen et al. (2018, figure 3c) report about half as many evaluations back as there. Here backsolve took "
        f"{min(ratios):.1f} to {max(ratios):.1f} times as many back as there: state, costate and parameter integrals all obey the "
        "tolerance."
    )
    return Section("Cost adapts to the tolerance", words, [table], [work(tolerances, found, errors)], checks), surprise


def work(tolerances: list[float], found: dict[str, list[Found]], errors: dict[str, list[float]]) -> Picture:
    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        for colour, (name, runs) in zip(SERIES, found.items(), strict=False):
            left.plot(tolerances, errors[name], "o-", color=colour, markersize=3, label=name)
            right.plot([each.forward + each.backward for each in runs], errors[name], "o-", color=colour, markersize=3)
        left.plot(tolerances, tolerances, "--", color=INK, linewidth=0.7, label="tolerance")
        for axes, label in ((left, "tolerance"), (right, "evaluations of f, there and back")):
            logarithmic(axes, "xy")
            axes.set_xlabel(label)
        left.set_ylabel("relative gradient error")
        left.legend()

    return Picture("Gradient error over tolerance and over work", draw)


# Memory over the number of time steps


@dataclass(frozen=True)
class Held:
    """Bytes between forward and backward, the most at any time, the gradient, and all evaluations of f."""

    between: int
    peak: int
    found: Found


WAYS: dict[str, tuple[Callable[[int], Any], float]] = {  # the gradient method for n time steps, and the power of n it should hold
    "backpropagation": (lambda n: None, 1),
    "discrete": (lambda n: "discrete", 1),
    "checkpointed, two-level": (lambda n: "checkpointed", 1 / 2),
    f"checkpointed, {KEPT}": (lambda n: Checkpointed(KEPT), 0),
    "backsolve": (lambda n: Backsolve(threshold=inf), 0),
    "reversible": (lambda n: Reversible(1 - FALL / n, threshold=inf, drift=inf), 0),
}


def net() -> tuple[Field, Tensor]:
    """A residual layer and its inputs, the same on every call."""
    generator = torch.Generator().manual_seed(SEED)
    return Field(torch.randn(WIDTH, WIDTH, generator=generator) / 4, layer), torch.rand(INPUTS, WIDTH, generator=generator)


def hold(gradient: Any, n: int) -> Held:
    """Euler's method with n time steps on [0, 1]; where `gradient` is None, n layers as one writes them."""
    (field, start), h = net(), 1 / n
    with Meter() as meter:
        y = y0 = start.clone().requires_grad_()
        if gradient is None:
            for number in range(n):
                y = y + h * field(torch.tensor(number * h), y)
        else:
            y = ac.odeint(field, y0, torch.tensor([0.0, 1.0]), method="euler", options={"step_size": h}, gradient=gradient)[-1]
        between, forward = meter.live, field.evaluations
        found = torch.autograd.grad(y.square().sum(), (y0, field.theta))
    vector = torch.cat([part.flatten() for part in found])
    return Held(between, meter.peak, Found(vector, forward, field.evaluations - forward))


def memory(counts: Sequence[int], tell: Tell) -> tuple[Section, Sequence[str]]:
    """Bytes of live tensors over the number of time steps."""
    found: dict[str, list[Held]] = {}
    for name, (make, _) in WAYS.items():
        for n in counts:
            tell(f"memory, {name}, {n} time steps")
            found.setdefault(name, []).append(hold(make(n), n))
    plain, least, rows, checks = found["backpropagation"][-1], found["backsolve"][-1].between, [], []
    for name, (_, power) in WAYS.items():
        last = found[name][-1]
        power_found = round(slope(counts, [max(each.between - least, STATE) for each in found[name]]), 3) + 0.0  # no -0
        evaluations = (last.found.forward + last.found.backward) / counts[-1]
        rows.append([name, *(each.between for each in found[name]), power_found, last.peak, evaluations, last.found.error(plain.found)])
        checks.append(judge(f"bytes held, {name}", abs(power_found - power), 0.1, f"slope {power_found:.3f} against {power:g}"))
    flat = [name for name, (_, power) in WAYS.items() if power == 0]
    checks += [
        judge("constant memory, both ways", max(slope(counts, [each.peak for each in found[name]]) for name in flat), 0.1,
              f"largest slope of the peak over forward and backward, of {len(flat)} methods"),
        judge("least memory, exact gradient", max(found[name][-1].found.error(plain.found) for name in list(WAYS)[1:4]) / UNIT,
              120 * counts[-1] ** 0.5, "discrete and checkpointed against backpropagation, in units of 2^-53; limit 120 sqrt(n) of them"),
    ]
    words = (
        f"A residual net of n layers, width {WIDTH}, {INPUTS} inputs, which is Euler's method with n time steps on [0, 1]. Counted are the "
        "bytes of all tensor storages alive, each from the operation that made it until it is freed: between the passes, and at most at "
        "any time. This is no reading of the process's memory, in which allocators round. Slopes are those of "
        "the bytes beyond backsolve's, which holds the two ends alone, and at least one state; peak, evaluations and distance from "
        "backpropagation's gradient are those of the largest n.\n\n"
        "Discrete and checkpointed gradients are those of backpropagation to rounding. Backsolve and the reversible pair hold as little as "
        "can be, and are gradients of something else: of the ODE, and of the pair's own solution; both differ from backpropagation at the "
        "order of Euler's method. A fixed number of checkpoints has constant memory, too, and the exact gradient; it pays in evaluations."
    )
    columns = ("gradient", *(f"n = {n:,}" for n in counts), "slope", "peak", "f per time step", "error")
    section = Section("Memory over the number of time steps", words, [Table("Bytes held", columns, rows)],
                      [bytes_held(counts, found)], checks)
    return section, (records(found, counts[-1]), coupling(180))


def records(found: dict[str, list[Held]], n: int) -> str:
    steps = found["reversible"][-1].found
    states = {name: each[-1].peak / STATE for name, each in found.items()}
    return (
        "Constant memory is that of states. Every row that sweeps back also keeps where its time steps lie, three Python numbers each, "
        "which grow with n whatever the size of the state, and backsolve here keeps them without need; they are not counted above. Nor is "
        f"it free: the reversible pair evaluates f {(steps.forward + steps.backward) / n:.0f} times a time step, backpropagation once. "
        f"At its peak, on the way back, backsolve took the room of {states['backsolve']:.0f} states, the march with {KEPT} checkpoints of "
        f"{states[f'checkpointed, {KEPT}']:.0f}."
    )


def coupling(n: int) -> str:
    """What a coupling that does not go to 1 with n does to the way back."""
    told: list[Reconstruction] = []
    field, y0 = net()
    row = Reversible(COUPLING, threshold=inf, drift=inf, report=told.append)
    differentiate(field, y0, 1.0, lambda y: y.square().sum(), row, method="euler", options={"step_size": 1 / n})
    return (
        f"Reversible is exact in exact arithmetic. Each time step back multiplies rounding by 1/coupling: with {COUPLING} and {n} of them "
        f"that is 10^{n * log10(1 / COUPLING):.0f}, and y(t0) came back off by {told[0].worst:.0e}. In the table the coupling is "
        f"1 - {FALL}/n, which bounds the loss by about e^{FALL}; the pair is then stable only where k T, k the rate of contraction, stays "
        f"below about {FALL}."
    )


def bytes_held(counts: Sequence[int], found: dict[str, list[Held]]) -> Picture:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        logarithmic(axes, "xy")
        for colour, (name, each_count) in zip(SERIES, found.items(), strict=True):
            axes.plot(counts, [each.between for each in each_count], "o-", color=colour, markersize=3, label=name)
        axes.set_xlabel("time steps n")
        axes.set_ylabel("bytes held between the passes")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))

    return Picture("Memory over depth", draw)


# Where backsolve breaks


@dataclass(frozen=True)
class Broken:
    """One contraction k T at one tolerance: how far y(t0) came back off, and the errors of the gradients."""

    k: float
    tolerance: float
    reconstruction: float
    backsolve: float
    interpolated: float
    discrete: float
    rounding: float  # discrete against autograd through its own time steps, in units of 2^-53


def bounded(tolerance: float) -> dict[str, Any]:
    """A wrong path on the way back may want any number of time steps."""
    return {"rtol": tolerance, "atol": tolerance, "options": {"max_num_steps": BOUND}}


def break_at(k: float, tolerance: float, wanted: Found, field: Field, y0: Tensor) -> Broken:
    told: list[Reconstruction] = []

    def at(gradient: str | GradientMethod, replayed: bool = False) -> Found:
        return differentiate(field, y0, 1.0, lambda y: y[2], gradient, replayed, **bounded(tolerance))

    back, between, exact = (at(row) for row in (Backsolve(threshold=inf, report=told.append), "interpolated", "discrete"))
    rounding = exact.error(at("discrete", replayed=True)) / UNIT
    return Broken(k, tolerance, told[0].worst, back.error(wanted), between.error(wanted), exact.error(wanted), rounding)


def contraction(products: Sequence[float], tolerances: Sequence[float], tell: Tell) -> tuple[Section, str]:
    """A contracting field at ever larger k T, with a running cost, so that the costate lives on all of [0, 1]."""
    y0, found = torch.tensor([1.0, -0.5, 0.0]), []
    for k in products:
        tell(f"contraction, k T = {k}")
        field = Field(torch.tensor([0.5, 0.8]), contracting(k))
        wanted = differentiate(field, y0, 1.0, lambda y: y[2], "discrete", **EXACT)
        found += [break_at(k, tolerance, wanted, field, y0) for tolerance in tolerances]
    spread = torch.linalg.matrix_norm(torch.tensor([[0.5], [0.8]]) * MIX, 2).item()
    fits = {tolerance: growth([each for each in found if each.tolerance == tolerance]) for tolerance in tolerances}
    ends = [(log(0.1) - level) / rate for rate, level in fits.values()]
    words = (
        "xdot = k (-x + theta tanh(M x) + force(t)) on [0, 1], J = int |x|^2/2 dt: T = 1, and forward, two solutions approach at rates "
        f"between k (1 - {spread:.2f}) and k (1 + {spread:.2f}), which is a Lipschitz constant of f in x; {spread:.2f} is the norm of "
        "diag(theta) M. Backward they part as fast. Whatever error the forward solve left at t1, about the tolerance, backsolve multiplies "
        "by about exp(k T) on its way to t0, and solves the costate equation along that wrong path. No tolerance saves it: one a thousand "
        "times smaller only moves the end by ln(1000) = 6.9 or so. Discrete and interpolated gradients never solve for it. Rounding is "
        "the distance of the discrete gradient from autograd through the same time steps. Once x is far off, the running cost, which is "
        "quadratic in x and one of the three states, is off by the square of it.\n\n"
        f"Time steps are bounded by {BOUND}, or MarchError ends the study; no march met the bound, for far out this field is linear, and "
        "a wrong path grows exponentially at most. Where f grows faster than x, as in -x - x^3, the way back can leave for infinity."
    )
    checks = [growth_check(tolerance, rate, spread) for tolerance, (rate, _) in fits.items()]
    last, bought = found[-1], ends[-1] - ends[0]
    checks += [
        judge("what a smaller tolerance buys", bought, log(tolerances[0] / tolerances[-1]) / (1 - spread),
              f"further k T before y(t0) comes back off by 0.1, from {tolerances[0]:g} to {tolerances[-1]:g}"),
        judge("backsolve has no digit left", -log10(last.backsolve), 0, f"digits of the gradient at k T = {last.k:g}, {last.tolerance:g}"),
        judge("discrete stays right", max(each.discrete / each.tolerance for each in found), 3, "gradient error over tolerance, every k T"),
        judge("interpolated stays right", max(each.interpolated / each.tolerance for each in found), 3,
              "gradient error over tolerance, every k T"),
        judge("discrete stays exact", max(each.rounding for each in found), 500,
              "distance from autograd through the same time steps, in units of 2^-53"),
    ]
    columns = ("k T", "tolerance", "y(t0)", "backsolve", "interpolated", "discrete", "rounding, discrete")
    rows = [[e.k, e.tolerance, e.reconstruction, e.backsolve, e.interpolated, e.discrete, e.rounding] for e in found]
    off, error = hidden(20.0, tolerances[0])
    surprise = (
        f"Extrapolated from where it still works, backsolve loses y(t0) (off by 0.1) at k T = {ends[0]:.0f} for {tolerances[0]:g} and at "
        f"{ends[-1]:.0f} for {tolerances[-1]:g}. But with a terminal cost alone, |x(t1)|^2, the costate dies out backward as fast as the "
        f"error of x grows: at k T = 20 and {tolerances[0]:g}, y(t0) came back off by {off:.0e} while the gradient was off by {error:.0e}. "
        "A bad reconstruction warns of a bad gradient; it does not prove one."
    )
    title = "Relative errors of y(t0) = (x, c) and of gradients; rounding in units of 2^-53"
    return Section("Where backsolve breaks", words, [Table(title, columns, rows)],
                   [collapse(found, tolerances)], checks), surprise


def hidden(k: float, tolerance: float) -> tuple[float, float]:
    """With a terminal cost alone: how far y(t0) came back off, and the error of backsolve's gradient."""
    field, y0, told = Field(torch.tensor([0.5, 0.8]), contracting(k)), torch.tensor([1.0, -0.5, 0.0]), []
    wanted, back = (
        differentiate(field, y0, 1.0, lambda y: y[:2].square().sum(), row, **how)
        for row, how in (("discrete", EXACT), (Backsolve(threshold=inf, report=told.append), bounded(tolerance)))
    )
    return told[0].worst, back.error(wanted)


def growth(found: list[Broken]) -> tuple[float, float]:
    """Slope and level of log(reconstruction error) over k T, where the error is that of a linear equation still."""
    early = [each for each in found if each.reconstruction < 0.05]
    rate, level = np.polyfit([each.k for each in early], [log(each.reconstruction) for each in early], 1)
    return float(rate), float(level)


def growth_check(tolerance: float, rate: float, spread: float) -> Check:
    words = f"exp({rate:.2f} k T) while below 0.05, off the middle 1 by; limit: the spread of the rates"
    return judge(f"y(t0) is lost exponentially, {tolerance:g}", abs(rate - 1), spread, words)


def collapse(found: list[Broken], tolerances: Sequence[float]) -> Picture:
    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        for tolerance, style in zip(tolerances, ("o-", "s--"), strict=True):
            rows = [each for each in found if each.tolerance == tolerance]
            k = [each.k for each in rows]
            left.plot(k, [each.reconstruction for each in rows], style, color=SERIES[0], markersize=3, label=f"tolerance {tolerance:g}")
            left.plot(k, tolerance * np.exp(k), ":", color=INK, linewidth=0.8)
            for colour, name in zip(SERIES, ("backsolve", "interpolated", "discrete"), strict=False):
                right.plot(k, [getattr(each, name) for each in rows], style, color=colour, markersize=3,
                           label=name if tolerance == tolerances[0] else None)
        for axes, title in ((left, "y(t0) comes back off by"), (right, "gradient error")):
            logarithmic(axes, "y")
            axes.set_title(title, loc="left")
            axes.set_xlabel("k T")
            axes.legend()

    return Picture("Lost on the way back", draw, "Dotted: tolerance times exp(k T). Squares: the smaller tolerance.")


def study(quick: bool, tell: Tell) -> Study:
    """Cost, memory, and the break."""
    with double_precision(SEED):
        cost, halves = adaptivity((3, 5, 7) if quick else range(3, 11), tell)
        held, told = memory((24, 48, 96) if quick else (100, 1000, 10_000), tell)
        products, pair = ((2, 6, 25), (1e-4, 1e-7)) if quick else (DENSE, (1e-6, 1e-9))
        broken, lost = contraction(products, pair, tell)
    return Study(
        name="memory_and_cost", title="Adaptive cost and constant memory, measured",
        question="Do evaluations adapt to the tolerance and does memory stay constant, as neural ODEs promise, and at what price?",
        sections=[cost, held, broken], quick=quick, cover="Lost on the way back", surprises=(halves, *told, lost),
        sources=("Chen et al. 2018 (backsolve, constant memory, adaptive cost)", "Gholami, Keutzer and Biros 2019 (unstable backsolve)",
                 "Griewank and Walther 2000 (checkpointing)", "McCallum and Foster 2024 (reversible pairs)"),
    )
