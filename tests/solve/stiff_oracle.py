"""Stiff time steps written down again from the textbook, for autograd; and how far rounding can move a gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from adjointcheck.schemes import STIFF_METHODS, Esdirk, Rosenbrock
from adjointcheck.solve.esdirk import EsdirkMethod
from adjointcheck.solve.field import Field
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.rosenbrock import RosenbrockWanner
from adjointcheck.solve.tracing import trace_field

StiffMethod = RosenbrockWanner | EsdirkMethod
D = torch.float64
UNIT = torch.finfo(D).eps / 2
SHAKE = 2.0**-30


class Live(nn.Module):
    """A nonlinear field with a non-symmetric Jacobian, explicit time and live parameters; one row a trajectory."""

    def __init__(self, n: int = 3, dtype: torch.dtype = D) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(3)
        self.weight = nn.Parameter(torch.randn(n, n, generator=draw, dtype=D).to(dtype))
        self.drift = nn.Parameter(torch.randn(n, generator=draw, dtype=D).to(dtype))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        t = t if t.ndim == 0 else t[:, None]
        return torch.tanh(y @ self.weight) + torch.sin(3 * t) * self.drift - t * y * y.roll(1, -1)


class Robertson(nn.Module):
    """Three reactions with rates 0.04, 3e7, 1e4 (Robertson 1966)."""

    def __init__(self) -> None:
        super().__init__()
        self.rates = nn.Parameter(torch.tensor([0.04, 3e7, 1e4], dtype=D))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        a, b, c = y.unbind(-1)
        first, second, third = self.rates[0] * a, self.rates[1] * b * b, self.rates[2] * b * c
        return torch.stack([third - first, first - second - third, second], -1)


class VanDerPol(nn.Module):
    """x'' = mu (1 - x^2) x' - x."""

    def __init__(self, mu: float = 1000.0) -> None:
        super().__init__()
        self.mu = nn.Parameter(torch.tensor(mu, dtype=D))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        x, v = y.unbind(-1)
        return torch.stack([v, self.mu * (1 - x * x) * v - x], -1)


def method(name: str) -> StiffMethod:
    """A fresh one: tests spoil some."""
    row = STIFF_METHODS[name]
    return EsdirkMethod.of(row) if isinstance(row, Esdirk) else RosenbrockWanner.of(row)


def trace(module: nn.Module, y: Tensor, lead: int = 0) -> Field:
    t = torch.zeros(y.shape[:lead], dtype=D) + 0.3
    return trace_field(module, t, y, Packing.of(y, lead))


# The textbook's time steps


def textbook_step(row: Rosenbrock | Esdirk, f: Callable[[Tensor, Tensor], Tensor], t: Tensor, h: Tensor, y: Tensor) -> Tensor:
    return _rosenbrock(row, f, t, h, y) if isinstance(row, Rosenbrock) else _esdirk(row, f, t, h, y)


def _rosenbrock(row: Rosenbrock, f: Callable[[Tensor, Tensor], Tensor], t: Tensor, h: Tensor, y: Tensor) -> Tensor:
    """k_i = h f(t + alpha_i h, y + sum alpha_ij k_j) + h J sum gamma_ij k_j + h^2 gamma_i f_t (Hairer & Wanner 1996, 7.12)."""
    alpha = [[float(entry.value) for entry in line] for line in row.alpha]
    gamma = [[float(entry.value) for entry in line] for line in row.inner]
    b = [float(entry.value) for entry in row.weights(row.m)]
    jacobian, in_time = torch.func.jacrev(f, 1)(t, y), torch.func.jacfwd(f, 0)(t, y)
    matrix = torch.eye(len(y), dtype=y.dtype) - h * float(row.gamma) * jacobian
    k: list[Tensor] = []
    for i in range(row.stages):
        place = sum((alpha[i][j] * k[j] for j in range(i)), y)
        right = h * f(t + float(row.c[i]) * h, place) + h * h * float(row.d[i]) * in_time
        right = right + h * jacobian @ sum((gamma[i][j] * k[j] for j in range(i)), torch.zeros_like(y))
        k.append(torch.linalg.solve(matrix, right))
    return sum((weight * slope for weight, slope in zip(b, k, strict=True)), y)


def _esdirk(row: Esdirk, f: Callable[[Tensor, Tensor], Tensor], t: Tensor, h: Tensor, y: Tensor) -> Tensor:
    """Full Newton iterations from y in every stage, all of them in the graph."""
    slopes, state = [f(t, y)], y
    for line, node in zip(row.a[1:], row.c[1:], strict=True):
        a, time = [float(entry) for entry in line], t + float(node) * h
        base, state = y + h * sum((w * k for w, k in zip(a, slopes, strict=False)), torch.zeros_like(y)), y
        for _ in range(12):
            matrix = torch.eye(len(y), dtype=y.dtype) - h * a[-1] * torch.func.jacrev(f, 1)(time, state)
            state = state + torch.linalg.solve(matrix, base + h * a[-1] * f(time, state) - state)
        slopes.append(f(time, state))
    return state


def textbook_gradient(row: Rosenbrock | Esdirk, field: Field, t: Tensor, h: Tensor, y: Tensor, bar: Tensor) -> list[Tensor]:
    """By y, t, h and every parameter."""
    y, t, h = (value.clone().requires_grad_() for value in (y, t, h))
    return list(torch.autograd.grad(textbook_step(row, field, t, h, y) @ bar, (y, t, h, *field.parameters)))


# Rounding


def shaken(name: str, seed: int) -> StiffMethod:
    """The method with every coefficient off by SHAKE of itself, either way: as a rounding would have it, only larger."""
    found, draw = method(name), torch.Generator().manual_seed(seed)
    for place in ("_a", "_coupling", "_weights"):
        if hasattr(found, place):
            value = getattr(found, place)
            vars(found)[place] = value * (1 + SHAKE * (2 * torch.randint(0, 2, value.shape, generator=draw).double() - 1))
    vars(found)["_gamma"] = found._gamma * (1 + SHAKE)
    return found


def distance(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> float:
    """The largest relative difference, in the largest entry of each."""
    return max(float((x - z).detach().abs().max() / z.detach().abs().max()) for x, z in zip(found, wanted, strict=True))


def condition(gradient: Callable[[StiffMethod], Sequence[Tensor]], name: str) -> float:
    """kappa: how much larger than a shake of the coefficients the change of the gradient is."""
    plain = gradient(method(name))
    return 1 + max(distance(gradient(shaken(name, seed)), plain) for seed in range(2)) / SHAKE
