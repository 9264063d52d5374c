"""The fields that are timed, one row each; every library gets the same formula, written once over an array space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from adjointcheck.problem.statement import Problem

Field = Callable[["Space", Any, Any], Any]
SEED = 20_250


@dataclass(frozen=True)
class Space:
    """What a field needs of an array library: components lie along the last axis, and any axes may stand before it."""

    columns: Callable[[Any], Sequence[Any]]
    stack: Callable[[Sequence[Any]], Any]
    roll: Callable[[Any, int], Any]
    total: Callable[[Any], Any]
    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]


def numpy_space() -> Space:
    """Real or complex arrays."""
    return _array_space(np, lambda x: np.moveaxis(x, -1, 0))


def jax_space() -> Space:
    """Traced arrays; jax has to be installed."""
    import jax.numpy as jnp

    return _array_space(jnp, lambda x: [x[..., i] for i in range(x.shape[-1])])


def _array_space(library: Any, columns: Callable[[Any], Sequence[Any]]) -> Space:
    return Space(
        columns=columns, stack=lambda parts: library.stack(list(parts), -1), roll=lambda x, by: library.roll(x, by, axis=-1),
        total=lambda x: x.sum(-1, keepdims=True), sin=library.sin, cos=library.cos,
    )


def torch_space() -> Space:
    """Tensors; `unbind` has one backward operation for all columns."""
    import torch

    return Space(
        columns=lambda x: x.unbind(-1), stack=lambda parts: torch.stack(list(parts), -1), roll=lambda x, by: torch.roll(x, by, -1),
        total=lambda x: x.sum(-1, keepdim=True), sin=torch.sin, cos=torch.cos,
    )


def expression_space(sin: Callable[[Any], Any], cos: Callable[[Any], Any]) -> Space:
    """Object arrays of any symbolic expression type with operators."""
    return replace(numpy_space(), columns=list, stack=lambda parts: np.array(list(parts), dtype=object),
                   sin=np.frompyfunc(sin, 1, 1), cos=np.frompyfunc(cos, 1, 1))


@dataclass(frozen=True)
class Ensemble:
    """xdot = f(x, theta) from t = 0 to `end`, loss sum |x(end)|^2 over trajectories that share theta.

    x(0) is drawn uniformly between `low` and `high`, both of one number for each component.
    """

    name: str
    field: Field
    theta: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    end: float
    polynomial: bool = True

    @property
    def n(self) -> int:
        """Number of state components."""
        return len(self.low)

    def initial(self, count: int) -> np.ndarray:
        """x(0) of `count` trajectories (count, n); a larger ensemble begins with the smaller one."""
        return np.random.default_rng(SEED).uniform(self.low, self.high, (count, self.n))

    def parameters(self) -> np.ndarray:
        """theta (m,)."""
        return np.array(self.theta)

    @cache  # noqa: B019  rows live as long as the process
    def statement(self) -> Problem:
        """The problem for adjointcheck, with terminal cost |x|^2."""
        from adjointcheck import from_callable, math
        from adjointcheck.problem.values import Limits

        space = expression_space(math.sin, math.cos)

        def rates(t: Any, x: Any, theta: Any) -> Any:
            return list(self.field(space, np.array(list(x), dtype=object), np.array(list(theta), dtype=object)))

        middle = [round((low + high) / 2, 6) + 0.5 for low, high in zip(self.low, self.high, strict=True)]
        names = [f"x{i}" for i in range(self.n)]
        return from_callable(
            rates, states=names, parameters={f"q{i}": value for i, value in enumerate(self.theta)},
            initial=dict(zip(names, middle, strict=True)), terminal_cost=lambda t, x, theta: sum(value**2 for value in x),
            horizon=(0, self.end), name=self.name, limits=Limits(states=max(64, self.n)),
        )


# The fields


def _lotka_volterra(space: Space, x: Any, theta: Any) -> Any:
    """Lotka 1925; Volterra 1926."""
    (prey, hunter), (a, b, c, d) = space.columns(x), space.columns(theta)
    met = prey * hunter
    return space.stack((a * prey - b * met, d * met - c * hunter))


def _lorenz(space: Space, x: Any, theta: Any) -> Any:
    """Lorenz 1963."""
    (x0, x1, x2), (sigma, rho, beta) = space.columns(x), space.columns(theta)
    return space.stack((sigma * (x1 - x0), x0 * (rho - x2) - x1, x0 * x1 - beta * x2))


def _van_der_pol(space: Space, x: Any, theta: Any) -> Any:
    """Van der Pol 1926."""
    (x0, x1), (mu,) = space.columns(x), space.columns(theta)
    return space.stack((x1, mu * (1 - x0 * x0) * x1 - x0))


def _double_pendulum(space: Space, x: Any, theta: Any) -> Any:
    """Two point masses on massless rods (Shinbrot, Grebogi, Wisdom & Yorke 1992), common parts written once."""
    (a1, a2, v1, v2), (m1, m2, l1, l2, g) = space.columns(x), space.columns(theta)
    s1, s2, s, c = space.sin(a1), space.sin(a2), space.sin(a1 - a2), space.cos(a1 - a2)
    both, swing1, swing2 = m1 + m2, l1 * v1 * v1, l2 * v2 * v2
    share = m1 + m2 * s * s
    pull1 = m2 * g * s2 * c - both * g * s1 - m2 * (swing1 * c + swing2) * s
    pull2 = both * (g * s1 * c + swing1 * s - g * s2) + m2 * swing2 * s * c
    return space.stack((v1, v2, pull1 / (l1 * share), pull2 / (l2 * share)))


def _lorenz96(space: Space, x: Any, theta: Any) -> Any:
    """Lorenz 1996: xdot_i = (x_{i+1} - x_{i-2}) x_{i-1} - x_i + F."""
    return (space.roll(x, -1) - space.roll(x, 2)) * space.roll(x, 1) - x + theta


def _kuramoto(space: Space, x: Any, theta: Any) -> Any:
    """Kuramoto 1975: sum_j sin(x_j - x_i) = cos x_i sum_j sin x_j - sin x_i sum_j cos x_j; theta = (K, omega)."""
    s, c = space.sin(x), space.cos(x)
    pull = c * space.total(s) - s * space.total(c)
    return theta[1:] + theta[:1] / x.shape[-1] * pull


def _chain(space: Space, x: Any, theta: Any) -> Any:
    """Fermi, Pasta, Ulam & Tsingou 1955, beta model: a line of masses between walls; theta = (stiffness, beta)."""
    columns, (stiffness, beta) = space.columns(x), space.columns(theta)
    masses = len(columns) // 2
    places, speeds = columns[:masses], columns[masses:]
    stretch = [places[0], *(b - a for a, b in zip(places, places[1:], strict=False)), -places[-1]]
    force = [stiffness * s + beta * s * s * s for s in stretch]
    return space.stack((*speeds, *(after - before for before, after in zip(force, force[1:], strict=False))))


# The rows


def chain(n: int) -> Ensemble:
    """A polynomial field of any even n."""
    return Ensemble(f"chain_{n}", _chain, (1.0, 0.5), (-1.0,) * n, (1.0,) * n, 1.0)


def kuramoto(n: int) -> Ensemble:
    """Every oscillator coupled to every other, K = 8, natural frequencies drawn with a fixed seed."""
    frequencies = np.random.default_rng(SEED).uniform(-1, 1, n).round(3).tolist()
    return Ensemble(f"kuramoto_{n}", _kuramoto, (8.0, *frequencies), (-3.0,) * n, (3.0,) * n, 1.0, polynomial=False)


def lorenz96(n: int) -> Ensemble:
    """The forcing 8 of the usual chaotic regime."""
    return Ensemble(f"lorenz96_{n}", _lorenz96, (8.0,), (6.0,) * n, (10.0,) * n, 1.0)


_ROWS = (
    Ensemble("lotka_volterra", _lotka_volterra, (1.5, 1.0, 3.0, 1.0), (0.5, 0.5), (1.5, 1.5), 10.0),
    Ensemble("lorenz", _lorenz, (10.0, 28.0, 8 / 3), (-5.0, -5.0, 20.0), (5.0, 5.0, 30.0), 1.0),
    Ensemble("van_der_pol", _van_der_pol, (1.0,), (-2.0, -2.0), (2.0, 2.0), 10.0),
    Ensemble("double_pendulum", _double_pendulum, (1.0, 0.7, 1.0, 0.8, 9.81), (-1.5, -1.5, -1.0, -1.0), (1.5, 1.5, 1.0, 1.0), 2.0,
             polynomial=False),
    lorenz96(40),
    kuramoto(64),
)
PROBLEMS = {row.name: row for row in _ROWS}
NARROW = ("lotka_volterra", "lorenz", "van_der_pol", "double_pendulum")
WIDE = ("lorenz96_40", "kuramoto_64")
