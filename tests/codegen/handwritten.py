"""Generated modules written by hand: equations of four small problems, tableaus from the papers, the real runtime."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

RUNTIME = Path(__file__).parents[2] / "adjointcheck" / "codegen" / "runtime" / "torch_runtime.py"
MARKER = "# --- runtime ---\n"
SERIAL = count()

# Explicit t everywhere, a non-symmetric Jacobian, every parameter live in f, L, Psi, both observation costs and x0,
# both controls in f and L, observations at t0, inside (two coincide, out of order) and at t1.
TANGLED = """
NAME = "tangled"
STATES, PARAMETERS, CONTROLS = ("x", "y"), ("a", "b", "c"), ("u", "v")
THETA, HORIZON, HAS_RUNNING_COST = (0.9, 0.4, 0.7), (0.3, 2.1), True
OBSERVATION_TIMES = (1.2, 0.3, 0.7, 2.1, 0.7)
OBSERVATION_GROUP = (0, 0, 1, 1, 0)
OBSERVATION_DATA = ((0.5,), (1.5,), (), (), (0.2,))


def rates(t, x, w, theta):
    (x, y), (u, v), (a, b, c) = x.unbind(-1), w.unbind(-1), theta.unbind(-1)
    xdot = -a * x + b * x * y + torch.sin(t) * u + 0.3 * v * y
    ydot = -c * y - x + 0.2 * t * a + 0.5 * u * v - 0.5 * b * torch.sin(y)
    return torch.stack((xdot, ydot), -1), 0.5 * c * x**2 + b * t * y + a * u**2 + x * v


def pullback(t, x, w, theta, p, g):
    (x, y), (u, v), (a, b, c), (p, q) = x.unbind(-1), w.unbind(-1), theta.unbind(-1), p.unbind(-1)
    by_x = p * (b * y - a) - q + g * (c * x + v), p * (b * x + 0.3 * v) - q * (c + 0.5 * b * torch.cos(y)) + g * b * t
    by_w = p * torch.sin(t) + q * 0.5 * v + g * 2 * a * u, p * 0.3 * y + q * 0.5 * u + g * x
    by_theta = -p * x + q * 0.2 * t + g * u**2, p * x * y - q * 0.5 * torch.sin(y) + g * t * y, -q * y + g * 0.5 * x**2
    by_t = p * torch.cos(t) * u + q * 0.2 * a + g * b * y
    return by_t, torch.stack(by_x, -1), torch.stack(by_w, -1), torch.stack(by_theta, -1)


def terminal_cost(t1, x, theta):
    (x, y), (a, b, c) = x.unbind(-1), theta.unbind(-1)
    return (x - a) ** 2 / 2 + b * t1 * y + 0.1 * c * t1**2


def terminal_partials(t1, x, theta):
    (x, y), (a, b, c) = x.unbind(-1), theta.unbind(-1)
    by_x, by_theta = (x - a, b * t1), (a - x, t1 * y, 0.1 * t1**2)
    return b * y + 0.2 * c * t1, torch.stack(by_x, -1), torch.stack(by_theta, -1)


def first_cost(t, x, theta, data):
    (x, y), (a, b, c), (d,) = x.unbind(-1), theta.unbind(-1), data.unbind(-1)
    return c * (x - d) ** 2 * (1 + 0.1 * t) + a * y + b * y


def first_partials(t, x, theta, data):
    (x, y), (a, b, c), (d,) = x.unbind(-1), theta.unbind(-1), data.unbind(-1)
    by_x, by_theta = (2 * c * (x - d) * (1 + 0.1 * t), a + b), (y, y, (x - d) ** 2 * (1 + 0.1 * t))
    return 0.1 * c * (x - d) ** 2, torch.stack(by_x, -1), torch.stack(by_theta, -1)


def second_cost(t, x, theta, data):
    (x, y), (a, b, c) = x.unbind(-1), theta.unbind(-1)
    return a * torch.exp(0.1 * y) + t * b * x * y + c * x


def second_partials(t, x, theta, data):
    (x, y), (a, b, c) = x.unbind(-1), theta.unbind(-1)
    by_x = t * b * y + c, 0.1 * a * torch.exp(0.1 * y) + t * b * x
    return b * x * y, torch.stack(by_x, -1), torch.stack((torch.exp(0.1 * y), t * x * y, x), -1)


OBSERVATION_COSTS = (first_cost, second_cost)
OBSERVATION_PARTIALS = (first_partials, second_partials)


def initial_state(theta):
    a, b, c = theta.unbind(-1)
    return torch.stack((1 + 0.2 * a * b, 0.5 - 0.3 * c**2), -1)


def initial_pullback(theta, p):
    (a, b, c), (p, q) = theta.unbind(-1), p.unbind(-1)
    return torch.stack((0.2 * b * p, 0.2 * a * p, -0.6 * c * q), -1)
"""

# xdot = a x, x(0) = 1, J = x(t1)^2/2 + int a x dt: everything has a closed form.  No controls, no observations.
GROWTH = """
NAME = "growth"
STATES, PARAMETERS, CONTROLS = ("x",), ("a",), ()
THETA, HORIZON, HAS_RUNNING_COST = (0.7,), (0.0, 1.5), True
OBSERVATION_TIMES, OBSERVATION_GROUP, OBSERVATION_DATA = (), (), ()
OBSERVATION_COSTS, OBSERVATION_PARTIALS = (), ()


def rates(t, x, w, theta):
    return theta * x, (theta * x)[..., 0]


def pullback(t, x, w, theta, p, g):
    weight = p + g[..., None]
    return torch.zeros_like(t), weight * theta, torch.zeros_like(w), weight * x


def terminal_cost(t1, x, theta):
    return (x[..., 0]) ** 2 / 2


def terminal_partials(t1, x, theta):
    return torch.zeros_like(t1), x, torch.zeros_like(theta)


def initial_state(theta):
    return torch.ones_like(theta)


def initial_pullback(theta, p):
    return torch.zeros_like(theta)
"""

# Predator and prey from (1, 1), J = |1 - x(t1)|^2/2, whose gradient is known to eight digits.
LOTKA_VOLTERRA = """
NAME = "lotka_volterra"
STATES, PARAMETERS, CONTROLS = ("x", "y"), ("a", "b", "c", "d"), ()
THETA, HORIZON, HAS_RUNNING_COST = (1.5, 1.0, 3.0, 1.0), (0.0, 10.0), False
OBSERVATION_TIMES, OBSERVATION_GROUP, OBSERVATION_DATA = (), (), ()
OBSERVATION_COSTS, OBSERVATION_PARTIALS = (), ()


def rates(t, x, w, theta):
    (x, y), (a, b, c, d) = x.unbind(-1), theta.unbind(-1)
    return torch.stack((a * x - b * x * y, d * x * y - c * y), -1), torch.zeros_like(t)


def pullback(t, x, w, theta, p, g):
    (x, y), (a, b, c, d), (p, q) = x.unbind(-1), theta.unbind(-1), p.unbind(-1)
    by_x = p * (a - b * y) + q * d * y, q * (d * x - c) - p * b * x
    by_theta = p * x, -p * x * y, -q * y, q * x * y
    return torch.zeros_like(t), torch.stack(by_x, -1), torch.zeros_like(w), torch.stack(by_theta, -1)


def terminal_cost(t1, x, theta):
    return ((1 - x) ** 2).sum(-1) / 2


def terminal_partials(t1, x, theta):
    return torch.zeros_like(t1), x - 1, torch.zeros_like(theta)


def initial_state(theta):
    return torch.ones_like(theta[..., :2])


def initial_pullback(theta, p):
    return torch.zeros_like(theta)
"""

# xdot = a x^2 reaches infinity at 1/(a x0).  No nominal parameters, no running cost.
BLOWUP = """
NAME = "blowup"
STATES, PARAMETERS, CONTROLS = ("x",), ("a",), ()
THETA, HORIZON, HAS_RUNNING_COST = None, (0.0, 1.0), False
OBSERVATION_TIMES, OBSERVATION_GROUP, OBSERVATION_DATA = (), (), ()
OBSERVATION_COSTS, OBSERVATION_PARTIALS = (), ()


def rates(t, x, w, theta):
    return theta * x**2, torch.zeros_like(t)


def pullback(t, x, w, theta, p, g):
    return torch.zeros_like(t), p * theta * 2 * x, torch.zeros_like(w), p * x**2


def terminal_cost(t1, x, theta):
    return x[..., 0]


def terminal_partials(t1, x, theta):
    return torch.zeros_like(t1), torch.ones_like(x), torch.zeros_like(theta)


def initial_state(theta):
    return torch.full_like(theta, 0.5)


def initial_pullback(theta, p):
    return torch.zeros_like(theta)
"""


def fractions(text: str) -> tuple[float, ...]:
    """Read "1/2 3" as (0.5, 3.0)."""
    return tuple(float(Fraction(word)) for word in text.split())


BOSH3_B, DOPRI5_B = "2/9 1/3 4/9", "35/384 0 500/1113 125/192 -2187/6784 11/84"
# Name: rows of A, weights B, nodes C, error weights E, order of the embedded method.
TABLEAUS: dict[str, tuple[Sequence[str], str, str, str, int]] = {
    "euler": ([""], "1", "0", "", 0),
    "rk4": (["", "1/2", "0 1/2", "0 0 1"], "1/6 1/3 1/3 1/6", "0 1/2 1/2 1", "", 0),
    "bosh3": (["", "1/2", "0 3/4", BOSH3_B], BOSH3_B + " 0", "0 1/2 3/4 1", "-5/72 1/12 1/9 -1/8", 2),
    "dopri5": (
        [
            "",
            "1/5",
            "3/40 9/40",
            "44/45 -56/15 32/9",
            "19372/6561 -25360/2187 64448/6561 -212/729",
            "9017/3168 -355/33 46732/5247 49/176 -5103/18656",
            DOPRI5_B,
        ],
        DOPRI5_B + " 0",
        "0 1/5 3/10 4/5 8/9 1 1",
        "71/57600 0 -71/16695 71/1920 -17253/339200 22/525 -1/40",
        4,
    ),
}


def tableau_text(method: str) -> str:
    """The tableau's constants as the emitter writes them."""
    rows, weights, nodes, error, error_order = TABLEAUS[method]
    values = {"A": tuple(map(fractions, rows)), "B": fractions(weights), "C": fractions(nodes), "E": fractions(error)}
    values |= {"E_LOW": (), "METHOD": method, "ERROR_ORDER": error_order}
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


def runtime_text() -> tuple[str, str]:
    """The runtime's import block and the text that every generated module carries."""
    header, body = RUNTIME.read_text(encoding="utf-8").split(MARKER)
    imports = header[header.index("from __future__") : header.index("if TYPE_CHECKING:")]
    return imports, MARKER + body


def compose(equations: str, tableau: str, mutations: Sequence[tuple[str, str]] = ()) -> str:
    """A generated module: imports, tableau, equations, runtime; each mutation (old, new) must change the runtime."""
    imports, body = runtime_text()
    for old, new in mutations:
        assert body.count(old) == 1, f"{old!r} occurs {body.count(old)} times in the runtime"
        body = body.replace(old, new)
    return imports + tableau + equations + "\n\n" + body


def load(text: str, folder: Path) -> Any:
    """Write the module to a file, import it from there and return it."""
    name = f"handwritten_{next(SERIAL)}"
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while it runs.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
