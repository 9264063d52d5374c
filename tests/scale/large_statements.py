"""Two statements of any size: the Brusselator on a line and Kuramoto's oscillators on a random sparse graph."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import adjointcheck.math as am
from adjointcheck.problem import Problem, from_callable
from adjointcheck.problem.values import Limits

LIMITS = Limits(states=4096)
Edge = tuple[int, int]


def brusselator(n: int, *, periodic: bool = True) -> Problem:
    """n/2 cells on a line (Hairer, Norsett & Wanner 1993, I.16): udot = a + u^2 v - (b + 1) u + c (u_- - 2 u + u_+).

    vdot = b u - u^2 v + c (v_- - 2 v + v_+); tracking of u = a as running, of v = b/a as terminal cost; n states.
    """
    cells = n // 2

    def beside(i: int, way: int) -> int:
        return (i + way) % cells if periodic else min(max(i + way, 0), cells - 1)

    def rates(t: Any, x: Any, theta: Any) -> list[Any]:
        a, b, c = theta
        u, v = x[:cells], x[cells:]
        spread = [[c * (s[beside(i, -1)] - 2 * s[i] + s[beside(i, 1)]) for i in range(cells)] for s in (u, v)]
        first = [a + u[i] ** 2 * v[i] - (b + 1) * u[i] + spread[0][i] for i in range(cells)]
        return first + [b * u[i] - u[i] ** 2 * v[i] + spread[1][i] for i in range(cells)]

    names = [f"u{i}" for i in range(cells)] + [f"v{i}" for i in range(cells)]
    start = [1 + Fraction(i % 7, 10) for i in range(cells)] + [3 - Fraction(i % 5, 10) for i in range(cells)]
    return from_callable(
        rates, states=names, parameters={"a": 1, "b": 3, "c": 0.02}, initial=dict(zip(names, start, strict=True)),
        running_cost=lambda t, x, theta: sum((s - theta[0]) ** 2 for s in x[:cells]),
        terminal_cost=lambda t, x, theta: sum((s - theta[1]) ** 2 for s in x[cells:]),
        horizon=(0, 1), name=f"brusselator_{n}", limits=LIMITS,
    )


def sparse_graph(n: int, degree: int = 4, seed: int = 0) -> list[Edge]:
    """A ring with chords: n degree/2 edges i < j drawn with a fixed seed, connected, no edge twice."""
    generator = random.Random(seed)
    edges = {(min(i, (i + 1) % n), max(i, (i + 1) % n)) for i in range(n)}
    while len(edges) < n * degree // 2:
        i, j = sorted(generator.sample(range(n), 2))
        edges.add((i, j))
    return sorted(edges)


def kuramoto(n: int, degree: int = 4, seed: int = 0) -> Problem:
    """n oscillators on a sparse graph (Kuramoto 1984): xdot_i = omega_i + k sum_j sin(x_j - x_i), j beside i.

    Running cost: sum over the edges of 1 - cos(x_j - x_i); terminal cost: sum of sin(x_i)^2; n + 1 parameters.
    """
    edges = sparse_graph(n, degree, seed)
    near: list[list[int]] = [[] for _ in range(n)]
    for i, j in edges:
        near[i].append(j)
        near[j].append(i)

    def rates(t: Any, x: Sequence[Any], theta: Sequence[Any]) -> list[Any]:
        return [theta[i] + theta[n] * sum(am.sin(x[j] - x[i]) for j in near[i]) for i in range(n)]

    generator = random.Random(seed + 1)
    omega = {f"omega{i}": Fraction(generator.randint(-50, 50), 100) for i in range(n)}
    start = {f"x{i}": Fraction(generator.randint(-200, 200), 100) for i in range(n)}
    return from_callable(
        rates, states=list(start), parameters=omega | {"k": 0.3}, initial=start,
        running_cost=lambda t, x, theta: sum(1 - am.cos(x[j] - x[i]) for i, j in edges) / n,
        terminal_cost=lambda t, x, theta: sum(am.sin(s) ** 2 for s in x),
        horizon=(0, 1), name=f"kuramoto_{n}", limits=LIMITS,
    )
