"""Derive, prove and generate large systems, beside CasADi's reverse derivative of the same field: `python -m benchmarks.symbolic`.

Each stage is timed in a process of its own for each size, which also tells its peak memory.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter
from typing import Any

from benchmarks.child import held_megabytes, measure, peak_megabytes
from benchmarks.document import Sheet, parser, publish, tell
from benchmarks.timing import seconds_of, slope

Function = Callable[[Any], Any]
Field = Callable[[Function, Sequence[Any], Sequence[Any]], list[Any]]
_COLUMNS = (
    "system", "n", "derive s", "prove s", "generate s", "peak MB", "module KB", "reverse s", "CasADi reverse s", "graph s",
    "CasADi graph s", "reverse / CasADi", "graph / CasADi",
)


@dataclass(frozen=True)
class Large:
    """A field of any size: `field` for n states, its parameters, and what each component adds to the running cost.

    Both are written over single symbols of any kind, and are handed that kind's sine.
    """

    name: str
    field: Callable[[int], Field]
    theta: Callable[[int], list[float]]
    cost: Callable[[Function, Any, Sequence[Any]], Any]


def _brusselator(n: int) -> Field:
    """Cells on a closed line (Hairer, Norsett & Wanner 1993, I.16): udot = a + u^2 v - (b + 1) u + c lap u."""
    cells = n // 2

    def field(sin: Function, x: Sequence[Any], theta: Sequence[Any]) -> list[Any]:
        a, b, c = theta
        u, v = x[:cells], x[cells:]
        react = [u[i] * u[i] * v[i] for i in range(cells)]
        spread = [[c * (s[i - 1] - 2 * s[i] + s[(i + 1) % cells]) for i in range(cells)] for s in (u, v)]
        first = [a + react[i] - (b + 1) * u[i] + spread[0][i] for i in range(cells)]
        return first + [b * u[i] - react[i] + spread[1][i] for i in range(cells)]

    return field


def _graph(n: int, degree: int = 6) -> list[tuple[int, int]]:
    """A ring with chords: n degree/2 edges drawn with a fixed seed."""
    generator = random.Random(0)
    edges = {(min(i, (i + 1) % n), max(i, (i + 1) % n)) for i in range(n)}
    while len(edges) < n * degree // 2:
        i, j = sorted(generator.sample(range(n), 2))
        edges.add((i, j))
    return sorted(edges)


def _kuramoto(n: int) -> Field:
    """Oscillators on a sparse graph: xdot_i = omega_i + k sum_j sin(x_j - x_i); each sine serves both ends of its edge."""
    edges = _graph(n)

    def field(sin: Function, x: Sequence[Any], theta: Sequence[Any]) -> list[Any]:
        pull: list[list[Any]] = [[] for _ in range(n)]
        for i, j in edges:
            sine = sin(x[j] - x[i])
            pull[i].append(sine)
            pull[j].append(-sine)
        return [omega + theta[0] * sum(terms[1:], terms[0]) for omega, terms in zip(theta[1:], pull, strict=True)]

    return field


SYSTEMS = {
    "brusselator": Large("brusselator", _brusselator, lambda n: [1.0, 3.0, 0.02], lambda sin, x, theta: (x - theta[0]) ** 2),
    "kuramoto": Large("kuramoto", _kuramoto, lambda n: [0.7, *(round((37 * i % 100) / 50 - 1, 2) for i in range(n))],
                      lambda sin, x, theta: sin(x) ** 2),
}


def statement(name: str, n: int) -> Any:
    """The problem for adjointcheck."""
    from adjointcheck import from_callable, math
    from adjointcheck.problem.values import Limits

    system = SYSTEMS[name]
    field, theta, names = system.field(n), system.theta(n), [f"x{i}" for i in range(n)]
    return from_callable(
        lambda t, x, q: field(math.sin, x, q), states=names, parameters={f"q{i}": value for i, value in enumerate(theta)},
        running_cost=lambda t, x, q: sum(system.cost(math.sin, value, q) for value in x),
        initial={state: i % 7 for i, state in enumerate(names)}, horizon=(0, 1), name=f"{name}_{n}", limits=Limits(states=max(64, n)),
    )


def derive(system: str, n: int) -> dict[str, float]:
    """Seconds to propose, to judge, and to generate; size of the module; peak memory."""
    import adjointcheck as ac
    from adjointcheck.derive import setting_of
    from adjointcheck.derive.lagrangian import propose

    problem = statement(system, n)
    before = held_megabytes()
    start = perf_counter()
    propose(setting_of(problem))
    proposed = perf_counter() - start
    start = perf_counter()
    derivation = ac.derive(problem)
    whole = perf_counter() - start
    start = perf_counter()
    text = ac.generate(derivation)
    generated = perf_counter() - start
    return {"derive": proposed, "prove": max(whole - proposed, 0.0), "generate": generated, "bytes": len(text), "before": before,
            "peak": peak_megabytes(), "proved": derivation.verdict.status == "proved"}


def reverse(system: str, n: int) -> dict[str, float]:
    """Seconds of our reverse mode: p df/dx + dL/dx and p df/dtheta + dL/dtheta on the shared graph; `whole` is the graph part.

    That is: state the field, take the derivative, put the operations of both into an order of execution.
    """
    from adjointcheck.codegen.order import execution_order
    from adjointcheck.expression.calculus import gradient
    from adjointcheck.expression.node import ONE, symbol

    begin = perf_counter()
    problem = statement(system, n)
    roots = [*(state.rate for state in problem.states), problem.running_cost]
    seeds = [*(symbol(problem.costate_name(name)) for name in problem.state_names), ONE]
    names = [*problem.state_names, *problem.parameter_names]
    execution_order([*roots, *gradient(roots, seeds, names).values()])
    whole = perf_counter() - begin
    return {"seconds": min(seconds_of(lambda: gradient(roots, seeds, names)) for _ in range(3)), "whole": whole}


def casadi(system: str, n: int) -> dict[str, float]:
    """Seconds of CasADi's reverse derivative of the same H = L + p f by x and theta, and of field, derivative, function."""
    import casadi as ca  # type: ignore[import-not-found]

    large = SYSTEMS[system]
    x, theta, p = (ca.SX.sym(name, size) for name, size in (("x", n), ("q", len(large.theta(n))), ("p", n)))
    start = perf_counter()
    parts, q = ([vector[i] for i in range(vector.numel())] for vector in (x, theta))
    rates = ca.vertcat(*large.field(n)(ca.sin, parts, q), sum(large.cost(ca.sin, part, q) for part in parts))
    slopes = ca.jtimes(rates, ca.vertcat(x, theta), ca.vertcat(p, 1), True)
    ca.Function("slopes", [x, theta, p], [rates, slopes])
    whole = perf_counter() - start
    again = [seconds_of(lambda: ca.jtimes(rates, ca.vertcat(x, theta), ca.vertcat(p, 1), True)) for _ in range(3)]
    return {"seconds": min(again), "whole": whole}


JOBS = {"symbolic derive": derive, "symbolic reverse": reverse, "symbolic casadi": casadi}


def main() -> None:
    """Read the options, measure, show."""
    options = parser(__doc__ or "")
    options.add_argument("--system", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    options.add_argument("--n", nargs="+", type=int, default=[64, 128, 256, 512, 1024])
    options.add_argument("--timeout", type=float, default=300, help="seconds for each process")
    given = options.parse_args()
    publish("symbolic", [run(name, sorted(given.n), given.timeout) for name in given.system], given.json)


def run(system: str, sizes: list[int], timeout: float) -> Sheet:
    """One system at each size, and the exponents of growth. The graph of Kuramoto's is asked for at 500 nodes."""
    if system == "kuramoto":
        sizes = sorted(500 if n in (512, 1024) else n for n in dict.fromkeys(sizes) if n != 1024 or 512 not in sizes)
    rows, failures = [], []
    for n in sizes:
        tell(f"{system}, n = {n}")
        found = {job: measure(f"symbolic {job}", system=system, n=n, timeout=timeout) for job in ("derive", "reverse")}
        if find_spec("casadi"):
            found["casadi"] = measure("symbolic casadi", system=system, n=n, timeout=timeout)
        failures += [f"n = {n}, {job}: {result['failed']}" for job, result in found.items() if "failed" in result]
        failures += [f"n = {n}: not proved" for result in found.values() if result.get("proved") is False]
        rows.append(_row(system, n, *(found.get(job, {}) for job in ("derive", "reverse", "casadi"))))
    graph = "Graph: state the field, take its reverse derivative, and put both into an order of execution (CasADi: a Function)."
    notes = (*failures, *_growth(rows), graph, "Peak is that of the process with Python and the libraries in it.")
    return Sheet(f"{system}: derive, prove, generate", _COLUMNS, tuple(rows), notes)


def _row(system: str, n: int, whole: dict, ours: dict, theirs: dict) -> tuple:
    pairs = [(ours.get(what), theirs.get(what)) for what in ("seconds", "whole")]
    size = whole["bytes"] / 1000 if "bytes" in whole else None
    ratios = (mine / other if mine and other else None for mine, other in pairs)
    stages = (whole.get(stage) for stage in ("derive", "prove", "generate", "peak"))
    return (system, n, *stages, size, *(value for pair in pairs for value in pair), *ratios)


def _growth(rows: list[tuple]) -> list[str]:
    """The exponent of each stage's seconds over n, where at least three sizes came through."""
    found = []
    for column in (2, 3, 4, 7, 8, 9, 10):
        pairs = [(float(row[1]), row[column]) for row in rows if row[column]]
        if len(pairs) >= 3:
            sizes, values = map(list, zip(*pairs, strict=True))
            found.append(f"{_COLUMNS[column].removesuffix(' s')} ~ n^{slope(sizes, values):.2f}")
    return [f"Growth by least squares: {', '.join(found)}."] if found else []


if __name__ == "__main__":
    main()
