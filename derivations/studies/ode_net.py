"""ODE-net classifier: an ODE block in the place of residual blocks

Convolutional features, x(1) of an ODE xdot = f(x), a linear head, on the handwritten digits that scikit-learn ships (8 x 8
pixels); beside it residual nets with the same f, one block or three of them.  While it trains, its gradient by three methods
is compared.

Whoever has the files of MNIST (train-images-idx3-ubyte and the three others, gzipped or not) runs the full form on them with
their folder in the environment variable ADJOINTCHECK_MNIST.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

import adjointcheck as ac
from adjointcheck.check.meter import Meter
from adjointcheck.check.study import Picture, Section, Study, Table, Tell, double_precision
from adjointcheck.check.verdict import judge
from adjointcheck.errors import AdjointCheckError
from adjointcheck.report.figures import SERIES, logarithmic
from adjointcheck.solve.gradients import Backsolve, Reconstruction

SEED, CHANNELS, BATCH, UNIT = 11, 24, 64, 2.0**-53
HORIZON = torch.tensor([0.0, 1.0], dtype=torch.float64)
HOW: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-3, "method": "dopri5"}
TIGHT: dict[str, Any] = {"rtol": 1e-10, "atol": 1e-10, "method": "dopri8"}


# The images


@dataclass(frozen=True)
class Images:
    """Images (N, 1, side, side) in [0, 1] and their classes, for training and for testing."""

    name: str
    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


def digits() -> Images:
    """The 1797 digits of scikit-learn, a quarter of them kept for testing."""
    found: Any = load_digits()
    parts = train_test_split(found.images[:, None] / 16, found.target, test_size=0.25, random_state=SEED, stratify=found.target)
    images, tests, classes, answers = (torch.as_tensor(part) for part in parts)
    return Images("Handwritten digits", (images, classes), (tests, answers))


def mnist(folder: Path) -> Images:
    """The 60,000 and 10,000 images of MNIST from the four files in `folder`."""
    def part(name: str) -> tuple[Tensor, Tensor]:
        images, classes = (read_idx(found(folder, f"{name}-{what}-ubyte")) for what in ("images-idx3", "labels-idx1"))
        return torch.as_tensor(images / 255)[:, None], torch.as_tensor(classes.astype(np.int64))

    return Images("MNIST", part("train"), part("t10k"))


def found(folder: Path, name: str) -> Path:
    """The file `name` in `folder`, or name.gz."""
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
    raise AdjointCheckError("ADJOINTCHECK_MNIST", f"no {name} in {folder}", f"{name} or {name}.gz", "Name the folder of the four files.")


def read_idx(file: Path) -> np.ndarray:
    """The array in an idx file of bytes, gzipped or not (LeCun, Cortes and Burges 1998).

    Two zeros, 8 for unsigned bytes, the number of axes; the length of each axis in four bytes, the highest first; the values.
    """
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    start = 4 + 4 * data[3] if data[:3] == b"\0\0\x08" and len(data) > 3 else 0
    shape = [int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4)]
    if not shape or len(data) - start != prod(shape):
        raise AdjointCheckError(str(file), f"{len(data)} bytes that begin with {data[:4].hex()}",
                                "an idx file of unsigned bytes, as long as its header says", "Take the file as it was published.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


# The nets


class Block(nn.Module):
    """f: two convolutions with a normalisation between them; counts its evaluations."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.GroupNorm(4, channels), nn.Tanh(),
                                    nn.Conv2d(channels, channels, 3, padding=1))
        self.evaluations = 0

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        self.evaluations += 1
        return self.layers(x)


class Classifier(nn.Module):
    """Features, then x(1) of xdot = f(x) from them or residual blocks x + f_i(x), then a head."""

    def __init__(self, channels: int, side: int, blocks: int, continuous: bool = False) -> None:
        super().__init__()
        halved = [layer for _ in range(1 if side < 16 else 2)
                  for layer in (nn.Conv2d(channels, channels, 3, stride=2, padding=1), nn.ReLU())]
        self.continuous = continuous
        self.features = nn.Sequential(nn.Conv2d(1, channels, 3, padding=1), nn.GroupNorm(4, channels), nn.ReLU(), *halved)
        self.blocks: Any = nn.ModuleList(Block(channels) for _ in range(blocks))
        self.head = nn.Sequential(nn.GroupNorm(4, channels), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * channels, 10))

    def forward(self, images: Tensor, **how: Any) -> Tensor:
        x = self.features(images)
        if self.continuous:
            return self.head(ac.odeint(self.blocks[0], x, HORIZON, **(HOW | how))[-1])
        for block in self.blocks:
            x = x + block(HORIZON[0], x)
        return self.head(x)

    def evaluations(self) -> int:
        """Of f, of all blocks, so far."""
        return sum(block.evaluations for block in self.blocks)


def loss_of(net: Classifier, batch: tuple[Tensor, Tensor], **how: Any) -> Tensor:
    return nn.functional.cross_entropy(net(batch[0], **how), batch[1])


@dataclass(frozen=True)
class Epoch:
    """After an epoch: mean cross entropy of its batches, share of the test images that are right, evaluations of f in a forward pass."""

    loss: float
    right: float
    evaluations: int


@dataclass(frozen=True)
class Run:
    name: str
    net: Classifier
    epochs: list[Epoch]
    peak: int  # bytes, of one training step


def train(name: str, net: Classifier, data: Images, epochs: int, tell: Tell, look: Callable[[Classifier, int], None] | None = None) -> Run:
    """Adam on images moved by a pixel at most; `look` is called before the first epoch and after each."""
    torch.manual_seed(SEED + 1)
    (images, classes), found = data.train, []
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=epochs * -(-len(images) // BATCH), div_factor=4)
    for epoch in range(epochs):
        if look:
            look(net, epoch)
        losses = []
        for chosen in torch.randperm(len(images)).split(BATCH):
            shift = tuple(torch.randint(-1, 2, (2,)).tolist())
            optimiser.zero_grad()
            loss = loss_of(net, (images[chosen].roll(shift, (2, 3)), classes[chosen]))
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        found.append(Epoch(sum(losses) / len(losses), right(net, data.test), evaluations(net, images)))
        tell(f"{name}, epoch {epoch + 1} of {epochs}: loss {found[-1].loss:.4f}, {100 * found[-1].right:.1f} % of the test images right")
    if look:
        look(net, epochs)
    return Run(name, net, found, step_of(net, data)[0])


@torch.no_grad()
def right(net: Classifier, test: tuple[Tensor, Tensor]) -> float:
    """The share of the test images whose class is found."""
    answers = torch.cat([net(part).argmax(1) for part in test[0].split(1000)])
    return (answers == test[1]).double().mean().item()


@torch.no_grad()
def evaluations(net: Classifier, images: Tensor) -> int:
    """Of f, in one forward pass of a batch."""
    before = net.evaluations()
    net(images[:BATCH])
    return net.evaluations() - before


def step_of(net: Classifier, data: Images, **how: Any) -> tuple[int, int]:
    """The most bytes alive in one forward and backward pass of a batch, and the evaluations of f there and back."""
    batch, before = (data.train[0][:BATCH], data.train[1][:BATCH]), net.evaluations()
    with Meter() as meter:
        torch.autograd.grad(loss_of(net, batch, **how), list(net.parameters()))
    return meter.peak, net.evaluations() - before


# The sections


def accuracy(runs: list[Run], data: Images, quick: bool) -> Section:
    """The three nets after training."""
    rows = [[run.name, 100 * run.epochs[-1].right, error_of(run, data), parameters(run.net), run.epochs[-1].evaluations, run.peak / 2**20]
            for run in runs]
    words = (
        f"{data.name}: {len(data.train[0]):,} images to train with, {len(data.test[0]):,} to test. All nets have the same features and the "
        "same head. The ODE-net goes from the features x(0) to x(1) by xdot = f(x), f two convolutions, to a tolerance of 1e-3, and is "
        "trained with its exact discrete gradient; the first residual net computes x + f(x) with the same f, so that it has exactly as "
        "many parameters; the second has three such blocks. The standard error is what chance does to the share of so many images. "
        f"Memory is the most bytes of tensors alive in one forward and backward pass of {BATCH} images."
    )
    checks = [
        judge("test error of the ODE-net", 100 - rows[0][1], 35.0 if quick else 3.0, "per cent of the test images"),
        judge("parameters differ by", abs(rows[0][3] - rows[1][3]), 0, "ODE-net against one residual block"),
        judge("accuracy lost to the residual net of as many parameters", rows[1][1] - rows[0][1], 15.0 if quick else 1.5,
              "percentage points, ODE-net against one residual block"),
    ]
    columns = ("net", "test accuracy, per cent", "standard error", "parameters", "evaluations of f", "peak memory, MiB")
    return Section("Accuracy at the same size", words, [Table("After training", columns, rows)], [progress(runs)], checks)


def error_of(run: Run, data: Images) -> float:
    """One standard error of the test accuracy, in percentage points."""
    share = run.epochs[-1].right
    return 100 * (share * (1 - share) / len(data.test[0])) ** 0.5


def parameters(net: Classifier) -> int:
    return sum(each.numel() for each in net.parameters())


def progress(runs: list[Run]) -> Picture:
    def draw(figure: Any) -> None:
        losses, errors = figure.subplots(1, 2)
        for colour, run in zip(SERIES, runs, strict=False):
            epochs = range(1, len(run.epochs) + 1)
            losses.plot(epochs, [each.loss for each in run.epochs], color=colour, label=run.name)
            errors.plot(epochs, [100 * (1 - each.right) for each in run.epochs], color=colour)
        for axes, title in ((losses, "cross entropy"), (errors, "test images wrong, per cent")):
            logarithmic(axes, "y")
            axes.set_title(title, loc="left")
            axes.set_xlabel("epoch")
        losses.legend()

    return Picture("Training", draw)


@dataclass(frozen=True)
class Look:
    """At one time of training, by gradient method: evaluations of f there and back, and two distances of the gradient."""

    epoch: int
    evaluations: dict[str, int]
    errors: dict[str, float]  # relative, from that of a solve at 1e-10
    own: dict[str, float]  # relative, from autograd through the very time steps that gave the loss
    start: float  # how far off backsolve came back at the features x(0)


def look_at(net: Classifier, batch: tuple[Tensor, Tensor], epoch: int) -> Look:
    """Each method at the tolerance of training."""
    told: list[Reconstruction] = []
    weights = list(net.parameters())

    def gradient(replayed: bool = False, **how: Any) -> Tensor:
        parts = torch.autograd.grad(loss_of(net, batch, **how), weights, create_graph=replayed)
        return torch.cat([part.detach().flatten() for part in parts])

    limit, replayed, found, counts = gradient(**TIGHT), gradient(replayed=True), {}, {}
    for name, row in methods(told.append).items():
        before = net.evaluations()
        found[name] = gradient(gradient=row)
        counts[name] = net.evaluations() - before
    errors, own = ({name: distance(each, wanted) for name, each in found.items()} for wanted in (limit, replayed))
    return Look(epoch, counts, errors, own, told[0].worst)


def methods(report: Callable[[Reconstruction], None] | None = None) -> dict[str, Any]:
    return {"discrete": "discrete", "interpolated": "interpolated", "backsolve": Backsolve(threshold=inf, report=report)}


def distance(found: Tensor, wanted: Tensor) -> float:
    """|found - wanted| / |wanted|."""
    return ((found - wanted).norm() / wanted.norm()).item()


def gradients(looks: list[Look]) -> tuple[Section, str]:
    """The three gradients while the ODE-net trains."""
    names = list(looks[0].errors)
    rows = [[each.epoch, *each.errors.values(), *each.own.values(), each.start] for each in looks]
    worst = {name: max(each.errors[name] for each in looks) for name in names}
    words = (
        "Every method marches at the tolerance of training, 1e-3, there and back. Two questions are asked of it: how far is its gradient "
        "from that of the ODE itself (the discrete gradient of an eighth-order solve at 1e-10), and how far from the gradient of the loss "
        "that was computed (autograd through the very time steps)? The discrete adjoint answers the second to rounding. The two others "
        "solve the costate equation; backsolve also solves for x on the way back, and comes back at the features x(0) off by what the "
        "last column says."
    )
    checks = [
        judge("discrete gradient is that of the computed loss", max(each.own["discrete"] for each in looks) / UNIT, 500,
              "relative distance from autograd, in units of 2^-53, the worst of all epochs looked at"),
        judge("the others are not", 1e-6 / min(each.own[name] for each in looks for name in names[1:]), 1,
              "1e-6 over the least distance of theirs"),
        *(judge(f"{name} gradient while training", worst[name], 0.1, "relative error against 1e-10, the worst of all epochs looked at")
          for name in names),
    ]
    columns = ("epoch", *(f"ODE, {name}" for name in names), *(f"loss, {name}" for name in names), "x(0) off by")
    table = Table("Relative distance of the gradient in all parameters from the ODE's and from the computed loss's", columns, rows)
    surprise = (
        f"As gradients of the ODE the three are equally good: off by at most {', '.join(f'{100 * worst[name]:.1f}' for name in names)} per "
        f"cent ({', '.join(names)}). The common error is that of the forward time steps at 1e-3, in which the loss itself is off; f is "
        f"mild and the horizon short, so that backsolve comes back to x(0) within {max(each.start for each in looks):.0e}. Where that "
        "ends is the matter of the study memory_and_cost."
    )
    return Section("Gradients while it trains", words, [table], [errors_over(looks)], checks), surprise


def errors_over(looks: list[Look]) -> Picture:
    def draw(figure: Any) -> None:
        epochs = [each.epoch for each in looks]
        for axes, title in zip(figure.subplots(1, 2), ("errors", "own"), strict=True):
            for colour, name in zip(SERIES, looks[0].errors, strict=False):
                axes.plot(epochs, [getattr(each, title)[name] for each in looks], "o-", color=colour, markersize=3, label=name)
            logarithmic(axes, "y")
            axes.set_title({"errors": "distance from the ODE's gradient", "own": "from the computed loss's"}[title], loc="left")
            axes.set_xlabel("epoch")
        figure.axes[0].legend()

    return Picture("Three gradients of the same net", draw)


def memory(run: Run, data: Images) -> Section:
    """One training step by each gradient method."""
    rows = []
    for name, row in {**methods(), "checkpointed": "checkpointed"}.items():
        peak, count = step_of(run.net, data, gradient=row)
        rows.append([name, peak / 2**20, count])
    words = (
        f"One forward and backward pass of {BATCH} images by the trained ODE-net. Checkpointed is as exact as discrete. With so few time "
        "steps, the features, the head and the graph of a single time step set a floor to all of them; how each method grows with the "
        "number of time steps is measured in the study memory_and_cost."
    )
    peaks = {row[0]: row[1] for row in rows}
    checks = [judge(f"{name} needs less memory than discrete", peaks[name] / peaks["discrete"], 1, "peak bytes over peak bytes")
              for name in ("backsolve", "checkpointed")]
    columns = ("gradient", "peak memory, MiB", "evaluations of f, there and back")
    return Section("Memory of a training step", words, [Table("By gradient method", columns, rows)], (), checks)


def price(runs: list[Run], data: Images) -> str:
    """The ODE-net beside the net of three blocks and beside its own beginning."""
    ode, _, deep = runs
    first, last = ode.epochs[0].evaluations, ode.epochs[-1].evaluations
    return (
        "Chen et al. (2018, table 1) find an ODE-net as accurate as a residual net of three times its parameters. Here it has "
        f"{100 * ode.epochs[-1].right:.1f} per cent of the test images right, and the three blocks {100 * deep.epochs[-1].right:.1f}, with "
        f"standard errors of {error_of(ode, data):.1f} and {error_of(deep, data):.1f}; but it evaluates f {last} times for an image, they "
        f"{len(deep.net.blocks)} times. Their figure 3d, evaluations that keep growing while the net trains, is faint here: {first} after "
        f"the first epoch, {last} after the last."
    )


def study(quick: bool, tell: Tell) -> Study:
    """Train three nets; look at the gradients of the first on the way."""
    folder = os.environ.get("ADJOINTCHECK_MNIST")
    with double_precision(SEED):
        data = mnist(Path(folder)) if folder and not quick else digits()
        channels, epochs, looks = (12, 2, []) if quick else (CHANNELS, 30, [])
        times = {0, epochs} if quick else {0, epochs // 3, 2 * epochs // 3, epochs}

        def look(net: Classifier, epoch: int) -> None:
            if epoch in times:
                looks.append(look_at(net, (data.test[0][:32], data.test[1][:32]), epoch))

        runs = []
        for name, blocks, continuous in (("ODE-net", 1, True), ("ResNet, 1 block", 1, False), ("ResNet, 3 blocks", 3, False)):
            torch.manual_seed(SEED)  # the same features at the start
            net = Classifier(channels, data.train[0].shape[-1], blocks, continuous)
            runs.append(train(name, net, data, epochs, tell, look if continuous else None))
        compared, surprise = gradients(looks)
        sections = [accuracy(runs, data, quick), compared, memory(runs[0], data)]
    return Study(
        name="ode_net", title="ODE-net classifier: an ODE block in the place of residual blocks",
        question="Is an ODE block as accurate as residual blocks, what does it cost, and which gradients may it be trained with?",
        sections=sections, quick=quick, surprises=(price(runs, data), surprise),
        sources=("Chen et al. 2018, section 3 (ODE-nets)", "He et al. 2016 (residual nets)",
                 "Digits: Alpaydin and Kaynak 1998, as shipped with scikit-learn"),
    )
