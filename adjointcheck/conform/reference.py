"""The right answers, to about twelve digits: DOP853 on the variational equations, with Jacobians by complex differences.

dY/dt = f_y Y + f_theta, Y(t0) = (I, 0), integrated beside y; no adjoint equation and nothing of a library under test has a part in
it (Hairer, Norsett, Wanner 1993, I.14 and II.10; Squire and Trapp 1998 for the complex difference).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from adjointcheck.conform.protocol import Answer, Field, Formula, Row, Task

RTOL, ATOL = 1e-13, 1e-14
TINY = 1e-30  # of the complex difference, which loses no digit however small it is
SHIFT = 1e-4  # of the central difference of gradients that gives the second derivative: its error is about 1e-8


@dataclass(frozen=True)
class Path:
    """One trajectory at the times asked for: states (T, n), dy/dy0 (T, n, n), dy/dtheta (T, n, m), slopes f (T, n)."""

    states: np.ndarray
    by_y0: np.ndarray
    by_theta: np.ndarray
    slopes: np.ndarray


@cache
def right_answer(task: Task) -> Answer:
    """Outputs and gradients of `task` (theta of a task at another `home` is the same)."""
    if task.field.event is not None:
        return _event_answer(task)
    paths = [_path(task, row, times) for row, times in zip(task.y0, _rows_of_times(task), strict=True)]
    pulls = [_pull(path, _real(task.field, task.weights)) for path in paths]
    y0, theta, times = (np.stack(part) for part in zip(*pulls, strict=True))
    gradients = {"y0": _folded(task, y0), "theta": theta.sum(0), "times": times if task.per_sample else times.sum(0)}
    outputs = _folded(task, np.stack([path.states for path in paths]))
    return Answer(outputs, gradients, _second(task) if task.vector else None)


def _rows_of_times(task: Task) -> list[Any]:
    return list(task.times) if task.per_sample else [task.times] * len(task.y0)


def _pull(path: Path, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dJ by y0, theta and the times; y(t0) = y0 does not move with t0, every later state does: dJ/dt0 = -dJ/dy0 f(t0, y0)."""
    y0 = np.einsum("ti,tij->j", weights, path.by_y0)
    times = (weights * path.slopes).sum(1)
    times[0] = -np.einsum("ti,tij,j->", weights[1:], path.by_y0[1:], path.slopes[0])
    return y0, np.einsum("ti,tij->j", weights, path.by_theta), times


def _real(field: Field, rows: tuple[Row, ...]) -> np.ndarray:
    """The rows of a complex field as real and imaginary parts, side by side."""
    values: Any = np.asarray(rows)
    return np.concatenate([values.real, values.imag], -1) if field.real else values


def _folded(task: Task, values: np.ndarray) -> np.ndarray:
    """Back to complex numbers where the field is complex."""
    n = len(task.field.y0)
    return values[..., :n] + 1j * values[..., n:] if task.field.real else values


def _second(task: Task) -> np.ndarray:
    """Central difference of right gradients along the vector."""
    ends = []
    for side in (1, -1):
        moved = tuple(tuple(y + side * SHIFT * v for y, v in zip(row, task.vector, strict=True)) for row in task.y0)
        ends.append(right_answer(task.but(y0=moved, vector=())).gradients["y0"])
    return (ends[0] - ends[1]) / (2 * SHIFT)


# One trajectory


def _path(task: Task, row: Row, times: tuple[float, ...]) -> Path:
    return variational_path(task.field, tuple(_real(task.field, (row,))[0].tolist()), task.theta, tuple(times))


@cache
def variational_path(field: Field, y0: tuple[float, ...], theta: tuple[float, ...], times: tuple[float, ...]) -> Path:
    """States and sensitivities of `field` at `times`, from y0 at the first of them."""
    n, m = len(y0), len(theta)
    formula = field.real or field.formula
    parts = np.concatenate([np.array(y0)[:, None], np.eye(n), np.zeros((n, m))], 1)
    rows, slopes = [parts], [_linearised(formula, times[0], np.array(y0), theta)[0]]
    for start, stop in zip(times, times[1:], strict=False):
        for left, right in _segments(field, start, stop):
            parts = _advance(formula, left, right, parts, theta)
            parts = _jump(field, formula, parts, theta, left, right)
        rows.append(parts)
        slopes.append(_linearised(formula, stop, parts[:, 0], theta)[0])
    found = np.stack(rows)
    return Path(found[..., 0], found[..., 1 : n + 1], found[..., n + 1 :], np.stack(slopes))


def _segments(field: Field, start: float, stop: float) -> list[tuple[float, float]]:
    """The pieces of [start, stop] between jumps of the field."""
    low, high = min(start, stop), max(start, stop)
    inner = sorted((b for b in field.breaks if low < b < high), reverse=stop < start)
    ends = [start, *inner, stop]
    return list(zip(ends, ends[1:], strict=False)) if start != stop else []


def _advance(formula: Formula, left: float, right: float, parts: np.ndarray, theta: tuple[float, ...]) -> np.ndarray:
    from scipy.integrate import solve_ivp

    last = np.nextafter(right, left)  # the field at the end of a piece is that of the piece

    def rate(t: float, flat: np.ndarray) -> np.ndarray:
        here = flat.reshape(parts.shape)
        inner = min(t, last) if right > left else max(t, last)
        slope, by_y, by_theta = _linearised(formula, inner, here[:, 0], theta)
        grown = by_y @ here[:, 1:]
        grown[:, len(by_y) :] += by_theta
        return np.concatenate([slope[:, None], grown], 1).ravel()

    found = solve_ivp(rate, (left, right), parts.ravel(), method="DOP853", rtol=RTOL, atol=ATOL)
    assert found.success, found.message
    return found.y[:, -1].reshape(parts.shape)


def _jump(field: Field, formula: Formula, parts: np.ndarray, theta: tuple[float, ...], left: float, right: float) -> np.ndarray:
    """Past a jump of the field at the time theta[1]: dy/dtheta[1] gains f(s-) - f(s+)."""
    if field.name != "moving jump" or right not in field.breaks:
        return parts
    before, after = (_linearised(formula, float(np.nextafter(right, side)), parts[:, 0], theta)[0] for side in (left, np.inf))
    moved = parts.copy()
    moved[:, -1] += before - after
    return moved


def _linearised(formula: Formula, t: float, y: np.ndarray, theta: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """f (n,), f_y (n, n) and f_theta (n, m) in one call on complex perturbations."""
    n = len(y)
    point = np.concatenate([y, theta])
    rows = point + 1j * TINY * np.eye(len(point))
    found: Any = np.stack(np.broadcast_arrays(*formula(np, t, rows[:, :n], rows[:, n:])), -1)
    slopes = found.imag.T / TINY
    return found[0].real, slopes[:, :n], slopes[:, n:]


# A terminal event


def _event_answer(task: Task) -> Answer:
    """J = weights[0] . y(s) + s at the event g(s, y(s), theta) = 0: ds = -(g_y dy + g_theta dtheta)/(g_t + g_y f)."""
    from scipy.optimize import brentq

    field, theta = task.field, task.theta
    row = _real(field, task.y0)[0]
    start, far = task.times[0], task.times[-1]

    def height(s: float) -> float:
        path = variational_path(field, tuple(row.tolist()), theta, (start, s))
        return float(field.event(np, s, path.states[-1], np.array(theta)))  # type: ignore[misc]

    s: Any = brentq(height, start + 0.5 * (far - start), far, xtol=1e-14, rtol=np.float64(1e-14))
    path = variational_path(field, tuple(row.tolist()), theta, (start, s))
    by_t, by_y, by_theta = _event_partials(field, s, path.states[-1], theta)
    weights, slope = np.array(task.weights[0]), path.slopes[-1]
    rate = -(1 + weights @ slope) / (by_t + by_y @ slope)
    y0 = weights @ path.by_y0[-1] + rate * (by_y @ path.by_y0[-1])
    by = weights @ path.by_theta[-1] + rate * (by_y @ path.by_theta[-1] + by_theta)
    return Answer(path.states[None, -1:], {"y0": y0[None], "theta": by}, None, s)


def _event_partials(field: Field, s: float, y: np.ndarray, theta: tuple[float, ...]) -> tuple[float, np.ndarray, np.ndarray]:
    point = np.concatenate([[s], y, theta])
    rows = point + 1j * TINY * np.eye(len(point))
    found = field.event(np, rows[:, 0], rows[:, 1 : len(y) + 1], rows[:, len(y) + 1 :]).imag / TINY  # type: ignore[misc]
    return found[0], found[1 : len(y) + 1], found[len(y) + 1 :]


__all__ = ["Path", "right_answer", "variational_path"]
