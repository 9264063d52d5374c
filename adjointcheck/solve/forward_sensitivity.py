"""Tangents carried along the time steps: forward sensitivities, for few inputs and without a way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.func import jvp, vmap

from adjointcheck.errors import SolveError
from adjointcheck.solve.gradient_method import Gradient, GradientMethod
from adjointcheck.solve.marching import InitialValueProblem, Record, TimeStep, march
from adjointcheck.solve.tracing import Watch
from adjointcheck.solve.transforms import as_written

Inputs = tuple[Tensor, ...]  # y0, marks and the parameters


@dataclass(frozen=True)
class Saved:
    """The record of the march, and the tangents (M, D, N) of the states at the marks in all directions."""

    record: Record
    tangents: Tensor


@dataclass(frozen=True)
class ForwardSensitivity(GradientMethod):
    """The derivative of every recorded time step applied to one tangent S_d for each input number.

        S_d <- d(y1)/d(y) S_d + d(y1)/d(marks, theta) e_d,    S_d = e_d for an entry of y0 and 0 else at the start

    Equal to the discrete gradient to rounding: the same product of Jacobians, taken from the other end.  Memory: the
    tangents at the marks, however many time steps there are.  More than `limit` directions are refused.
    """

    limit: int = 256
    name: str = "forward"
    exact: bool = True

    def forward(self, problem: InitialValueProblem) -> tuple[Tensor, Saved]:
        """March, then take the time steps again with tangents."""
        inputs = (problem.y0, problem.marks, *problem.field.leaves)
        self._check(problem, inputs)
        record = march(problem, lambda *_: None)
        return record.ys, Saved(record, carry_tangents(problem, record, inputs))

    def backward(self, problem: InitialValueProblem, saved: Saved, ys_bar: Tensor, times: bool) -> Gradient:
        """Contract cotangents with tangents."""
        inputs = (problem.y0, problem.marks, *problem.field.leaves)
        found = torch.einsum("mdn,mn->d", saved.tangents, ys_bar).split(_sizes(inputs))
        y0, marks, *parameters = (_like(piece, value) for piece, value in zip(found, inputs, strict=True))
        return Gradient(torch.zeros_like(problem.y0) if y0 is None else y0, parameters, marks)

    def record(self, saved: Saved) -> Record:
        """The accepted time steps."""
        return saved.record

    def _check(self, problem: InitialValueProblem, inputs: Inputs) -> None:
        sizes = _sizes(inputs)
        if sum(sizes) > self.limit:
            names = ("y0", "t", *problem.field.names)
            got = ", ".join(f"{size} in {name}" for size, name in zip(sizes, names, strict=True) if size)
            raise SolveError(
                "gradient 'forward'", f"{sum(sizes)} directions ({got})", f"at most {self.limit}: each is a tangent of its own",
                "Use gradient='discrete', whose cost does not grow with the number of inputs, or raise limit.",
            )  # fmt: skip


def carry_tangents(problem: InitialValueProblem, record: Record, inputs: Inputs) -> Tensor:
    """The tangents (M, D, N) at the marks, by the recorded time steps."""
    y, marks, *parameters = tuple(value.detach() for value in inputs)
    s, *directions = _units(inputs)

    def advance(step: TimeStep, y: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        def end(y: Tensor, marks: Tensor, *parameters: Tensor) -> Tensor:
            return problem.method.advance(problem.field_on(step.segment).reading(parameters), *step.times(marks), y).y1

        both: Any = jvp  # (end, tangent); the end is the same in every direction
        with as_written(), Watch(problem.marks, problem.y0, *problem.field.parameters) as watch:
            found = vmap(lambda *units: both(end, (y, marks, *parameters), units), out_dims=(None, 0))(s, *directions)  # type: ignore[arg-type]
        for tensor in watch.met:  # a constant to the tangents
            problem.field.refuse_unknown(tensor, step.times(marks)[0])
        return found  # type: ignore[return-value]

    tangents = [s]
    for step in record.steps:
        y, s = advance(step, y, s)
        tangents += [s] if step.right == 1 else []
    return torch.stack(tangents)


def _sizes(inputs: Inputs) -> list[int]:
    """Real directions in each input, none in one without a gradient."""
    return [value.numel() * (2 if value.is_complex() else 1) if value.requires_grad else 0 for value in inputs]


def _units(inputs: Inputs) -> list[Tensor]:
    """For each input the (D, *shape) directions: units where they are its own, 0 elsewhere."""
    sizes = _sizes(inputs)
    units, start = [], 0
    for value, size in zip(inputs, sizes, strict=True):
        block = torch.zeros(sum(sizes), value.numel() * (2 if value.is_complex() else 1), dtype=value.real.dtype, device=value.device)
        block[start : start + size] = torch.eye(size, block.shape[1], dtype=block.dtype)
        block = block.reshape(-1, *value.shape, 2) if value.is_complex() else block.reshape(-1, *value.shape)
        units.append(torch.view_as_complex(block) if value.is_complex() else block)
        start += size
    return units


def _like(piece: Tensor, value: Tensor) -> Tensor | None:
    """A gradient like its input, None for one that has none; for complex ones torch's convention, by pairs."""
    if not value.requires_grad:
        return None
    shape = (*value.shape, 2) if value.is_complex() else value.shape
    piece = piece.reshape(shape).to(value.device, value.real.dtype)  # times stay on the host
    return torch.complex(*piece.unbind(-1)) if value.is_complex() else piece
