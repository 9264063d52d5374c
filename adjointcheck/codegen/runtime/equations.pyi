"""What the equations part of a generated module provides to the runtime: the contract between emitter and runtime.

Every tensor carries the leading batch axis: t, g (batch,), x, p (batch, n), w (batch, k), theta (batch, m),
data (batch, columns); m, k and columns may be 0.
"""

from collections.abc import Callable

from torch import Tensor

NAME: str
METHOD: str
STATES: tuple[str, ...]
PARAMETERS: tuple[str, ...]
CONTROLS: tuple[str, ...]
THETA: tuple[float, ...] | None  # nominal values, if the statement has them
HORIZON: tuple[float, float]
HAS_RUNNING_COST: bool

# The tableau: row i of A has i entries; E are the error weights, () without; E_LOW is DOP853's second estimator.
A: tuple[tuple[float, ...], ...]
B: tuple[float, ...]
C: tuple[float, ...]
E: tuple[float, ...]
E_LOW: tuple[float, ...]
ERROR_ORDER: int

# Per observation, in the order of the statement: when, the group whose cost it adds, and that cost's data.
OBSERVATION_TIMES: tuple[float, ...]
OBSERVATION_GROUP: tuple[int, ...]
OBSERVATION_DATA: tuple[tuple[float, ...], ...]
# Per group: l(t, x, theta, data) -> (batch,) and its partials (l_t, l_x, l_theta).
OBSERVATION_COSTS: tuple[Callable[[Tensor, Tensor, Tensor, Tensor], Tensor], ...]
OBSERVATION_PARTIALS: tuple[Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]], ...]

def rates(t: Tensor, x: Tensor, w: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    """xdot = f (batch, n) and the running cost L (batch,)."""

def pullback(
    t: Tensor, x: Tensor, w: Tensor, theta: Tensor, p: Tensor, g: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The partials of H = g L + p f: by t (batch,), x (batch, n), w (batch, k), theta (batch, m)."""

def terminal_cost(t1: Tensor, x: Tensor, theta: Tensor) -> Tensor:
    """Psi (batch,)."""

def terminal_partials(t1: Tensor, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The partials of Psi: by t1 (batch,), x (batch, n), theta (batch, m)."""

def initial_state(theta: Tensor) -> Tensor:
    """x0 (batch, n)."""

def initial_pullback(theta: Tensor, p: Tensor) -> Tensor:
    """p dx0/dtheta (batch, m)."""
