"""ResNet and its ODE limit: backpropagation is the discrete adjoint, and layers converge to time

A residual net x_{l+1} = x_l + h f(t_l, x_l), h = 1/L, on the handwritten digits that scikit-learn ships.  Its weights are
smooth functions of t, sampled at the layers, so that nets of every depth L share the same parameters and have one limit,
the ODE xdot = f(t, x).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

import adjointcheck as ac
from adjointcheck.check.study import Picture, Section, Study, Table, Tell, double_precision
from adjointcheck.check.verdict import Check, judge
from adjointcheck.report.figures import INK, SERIES, logarithmic

SEED, WIDTH, CLASSES, KNOTS = 20, 16, 10, 4
UNIT = 2.0**-53
ORDERS = {"euler": 1, "midpoint": 2, "rk4_classic": 4}


class SmoothWeights(nn.Module):
    """f(t, x) = W2(t) tanh(W1(t) x + b(t)), each of W1, b, W2 a polynomial in t (Chebyshev) with KNOTS coefficients."""

    def __init__(self) -> None:
        super().__init__()
        scale = torch.tensor([1.0, 0.5, 0.25, 0.125])[:, None, None] / WIDTH**0.5
        self.inner = nn.Parameter(scale * torch.randn(KNOTS, WIDTH, WIDTH))
        self.outer = nn.Parameter(scale * torch.randn(KNOTS, WIDTH, WIDTH))
        self.bias = nn.Parameter(0.1 * torch.randn(KNOTS, WIDTH, 1))

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        s = 2 * t - 1
        basis = torch.stack([torch.ones_like(s), s, 2 * s**2 - 1, 4 * s**3 - 3 * s])
        inner, outer, bias = (torch.tensordot(basis, w, 1) for w in (self.inner, self.outer, self.bias))
        return torch.tanh(x @ inner.T + bias[:, 0]) @ outer.T


@dataclass(frozen=True)
class Digits:
    """Images (N, 64) in [0, 1] and their classes, for training and for testing."""

    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


class Net(nn.Module):
    """Embedding, residual layers, head."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.field, self.head = nn.Linear(64, WIDTH), SmoothWeights(), nn.Linear(WIDTH, CLASSES)

    def forward(self, images: Tensor, layers: int) -> Tensor:
        x, h = self.embed(images), 1 / layers
        for layer in range(layers):  # a residual net, as it is always written
            x = x + h * self.field(torch.tensor(layer * h), x)
        return self.head(x)

    def marched(self, images: Tensor, layers: int | None, method: str = "euler") -> tuple[Tensor, Tensor]:
        """Logits and x(1) by `layers` equal time steps, or to 1e-10 where layers is None."""
        how: dict[str, Any] = {"rtol": 1e-10, "atol": 1e-12, "method": "dopri5"} if layers is None else {
            "method": method, "options": {"step_size": 1 / layers}}
        x = ac.odeint(self.field, self.embed(images), torch.tensor([0.0, 1.0]), **how)[-1]
        return self.head(x), x


def digits() -> Digits:
    """The 1797 images of 8 x 8 pixels, a quarter of them kept for testing."""
    found: Any = load_digits()
    parts = train_test_split(found.data / 16, found.target, test_size=0.25, random_state=SEED, stratify=found.target)
    images, tests, classes, answers = (torch.as_tensor(part) for part in parts)
    return Digits((images, classes), (tests, answers))


def trained(data: Digits, layers: int, epochs: int, tell: Tell) -> tuple[Net, list[float]]:
    """Adam on the residual net itself, by backpropagation."""
    net, (images, classes), losses = Net(), data.train, []
    optimiser = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=0.3)
    for epoch in range(epochs):
        for batch in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(images[batch], layers), classes[batch])
            loss.backward()
            optimiser.step()
        losses.append(loss.item())
        tell(f"training, epoch {epoch + 1} of {epochs}: loss {losses[-1]:.3f}")
    return net, losses


def accuracy(net: Net, data: Digits, layers: int) -> float:
    with torch.no_grad():
        return (net(data.test[0], layers).argmax(1) == data.test[1]).double().mean().item()


def gradient(net: Net, loss: Tensor) -> Tensor:
    """dJ by all parameters, as one vector."""
    return torch.cat([part.flatten() for part in torch.autograd.grad(loss, list(net.parameters()))])


def distance(found: Tensor, wanted: Tensor) -> float:
    """|found - wanted| / |wanted|."""
    return ((found - wanted).norm() / wanted.norm()).item()


# The sections


def backpropagation(net: Net, data: Digits, depths: tuple[int, ...]) -> Section:
    """The discrete adjoint of `odeint` against autograd through the layers."""
    images, classes = data.test[0][:64], data.test[1][:64]
    rows, worst = [], 0.0
    for layers in depths:
        plain = gradient(net, nn.functional.cross_entropy(net(images, layers), classes))
        adjoint = gradient(net, nn.functional.cross_entropy(net.marched(images, layers)[0], classes))
        rows.append([layers, distance(adjoint, plain) / UNIT])
        worst = max(worst, rows[-1][1])
    words = (
        "The residual net is Euler's method with h = 1/L, and p_l = p_{l+1} (I + h df/dx) is backpropagation (theorem resnet of "
        "adjointcheck theory, proved for every dimension). Here the two run: one backpropagates through the layers as torch records them, "
        "the other marches Euler's method under odeint and sweeps the costate back by hand-written rules."
    )
    check = judge("discrete adjoint against backpropagation", worst, 30 * max(depths) ** 0.5 * 4,
                  "relative distance of all parameter gradients in units of rounding 2^-53; limit 120 sqrt(L) of them")
    return Section("Backpropagation is the discrete adjoint", words, [Table(
        "Distance of the two gradients", ("layers L", "in units of 2^-53"), rows)], (), [check])


def limit(net: Net, data: Digits, depths: tuple[int, ...], tell: Tell) -> Section:
    """States and gradients of ever deeper nets against the ODE's."""
    images, classes = data.test[0][:64], data.test[1][:64]

    def both(layers: int | None, method: str) -> tuple[Tensor, Tensor]:
        logits, x = net.marched(images, layers, method)
        return x.detach(), gradient(net, nn.functional.cross_entropy(logits, classes))

    wanted = both(None, "")
    errors: dict[str, list[tuple[float, float]]] = {}
    for method in ORDERS:
        for layers in depths:
            tell(f"limit, {method}, L = {layers}")
            found = both(layers, method)
            errors.setdefault(method, []).append((distance(found[0], wanted[0]), distance(found[1], wanted[1])))
    rows = [[layers, *(value for method in ORDERS for value in errors[method][i])] for i, layers in enumerate(depths)]
    columns = ["layers L", *(f"{name}, {what}" for name in ORDERS for what in ("state", "gradient"))]
    checks = [slope_check(name, what, depths, [pair[i] for pair in errors[name]], order)
              for name, order in ORDERS.items() for i, what in enumerate(("state", "gradient"))]
    words = (
        "With the same smooth weights sampled at L layers, hidden states x_L and all parameter gradients approach those of the ODE, "
        "solved to 1e-10 with its exact discrete gradient. Euler's net converges at order 1; nets whose layers are the stages of the "
        "midpoint rule or of Kutta's method converge at orders 2 and 4, gradients at the same orders as states."
    )
    return Section("Layers converge to time", words, [Table("Relative distance to the ODE", columns, rows)],
                   [convergence(depths, errors)], checks)


def slope_check(method: str, what: str, depths: tuple[int, ...], errors: list[float], order: int) -> Check:
    """How much the slope of log error over log h falls short of the order; points at the floor of the reference are left out."""
    pairs = [(n, e) for n, e in zip(depths, errors, strict=True) if e > 1e-9]
    found = -np.polyfit(*np.log(np.array(pairs[-3:])).T, 1)[0]
    words = f"order {order} less the slope {found:.2f} over the last {len(pairs[-3:])} depths"
    return judge(f"order of the {what}, {method}", order - float(found), 0.3, words)


def convergence(depths: tuple[int, ...], errors: dict[str, list[tuple[float, float]]]) -> Picture:
    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 2, sharey=True)
        for i, (panel, what) in enumerate(zip(axes, ("hidden state", "gradient"), strict=True)):
            logarithmic(panel, "xy")
            for colour, (method, pairs) in zip(SERIES, errors.items(), strict=False):
                panel.plot(depths, [pair[i] for pair in pairs], "o-", color=colour, markersize=3, label=method)
                panel.plot(depths, [pairs[0][i] * (depths[0] / n) ** ORDERS[method] for n in depths], "--", color=INK, linewidth=0.7)
            panel.set_title(what, loc="left")
            panel.set_xlabel("layers L")
        axes[0].set_ylabel("relative distance to the ODE")
        axes[0].legend()

    return Picture("Convergence, with the orders of the methods dashed", draw)


def classifier(net: Net, data: Digits, losses: list[float], layers: int) -> Section:
    deep = {n: accuracy(net, data, n) for n in (layers, 4 * layers)}
    words = (
        f"Trained at L = {layers} by plain backpropagation. Run at four times the depth with the same weights, the net is nearly the same "
        "function: it is a discretisation, not a stack of unrelated layers."
    )
    rows = [[n, 100 * value] for n, value in deep.items()]
    checks = [judge("test error at the trained depth", 100 * (1 - deep[layers]), 8.0, "per cent of the test images"),
              judge("accuracy lost at four times the depth", 100 * abs(deep[layers] - deep[4 * layers]), 2.0, "percentage points")]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        logarithmic(axes, "y")
        axes.plot(range(1, len(losses) + 1), losses, color=SERIES[0])
        axes.set_xlabel("epoch")
        axes.set_ylabel("cross entropy of the last batch")

    return Section("The classifier", words, [Table("Accuracy on the test images, per cent", ("layers L", "accuracy"), rows)],
                   [Picture("Training", draw)], checks)


def study(quick: bool, tell: Tell) -> Study:
    """Train once, then compare depths."""
    with double_precision(SEED):
        data, layers = digits(), 8 if quick else 16
        net, losses = trained(data, layers, 12 if quick else 40, tell)
        depths = (16, 32, 64, 128) if quick else (4, 8, 16, 32, 64, 128, 256)
        sections = [classifier(net, data, losses, layers), backpropagation(net, data, depths), limit(net, data, depths, tell)]
    return Study(
        name="resnet_limit", title="ResNet and its ODE limit", question="Is a residual net an ODE solved by Euler's method, and is "
        "backpropagation its adjoint, in numbers as in theory?", sections=sections, quick=quick,
        cover="Convergence, with the orders of the methods dashed",
        surprises=(
            "The limit exists because the weights are smooth in t by construction. A residual net trained with free weights in each layer "
            "need not have one: nothing in its training makes neighbouring layers alike (Cohen et al. 2021 measured this).",
        ),
        sources=("He et al. 2016; Haber and Ruthotto 2017; E 2017", "Chen et al. 2018", "Cohen, Cont, Rossier and Xu 2021",
                 "Digits: Alpaydin and Kaynak 1998, as shipped with scikit-learn"),
    )
