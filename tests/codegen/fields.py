"""The nine vector fields on which operations are counted (anchors/symbolic.md, section 3), built from expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations, pairwise

from adjointcheck.expression.node import Expression, apply, symbol, total
from adjointcheck.problem.statement import Problem
from adjointcheck.problem.values import Limits

Rates = Sequence[Expression]


def _names(stem: str, count: int) -> list[str]:
    return [f"{stem}{i + 1}" for i in range(count)]


def _symbols(stem: str, count: int) -> list[Expression]:
    return [symbol(name) for name in _names(stem, count)]


def _problem(name: str, states: Sequence[str], rates: Rates, parameters: Sequence[str]) -> Problem:
    return Problem(name=name, states=dict(zip(states, rates, strict=True)), parameters=list(parameters),
                   initial=dict.fromkeys(states, 1), horizon=(0, 1), limits=Limits(states=200))  # fmt: skip


def _from_texts(name: str, parameters: Sequence[str], **rates: str) -> Problem:
    return Problem(
        name=name, states=rates, parameters=list(parameters), initial=dict.fromkeys(rates, 1), horizon=(0, 1)
    )


def lotka_volterra() -> Problem:
    return _from_texts("lotka_volterra", "abcd", x="a*x - b*x*y", y="d*x*y - c*y")


def robertson() -> Problem:
    return _from_texts("robertson", ["k1", "k2", "k3"], x="-k1*x + k3*y*z", y="k1*x - k2*y**2 - k3*y*z", z="k2*y**2")


def lorenz96(n: int = 40) -> Problem:
    x = _symbols("x", n)
    rates = [(x[(i + 1) % n] - x[i - 2]) * x[i - 1] - x[i] + symbol("F") for i in range(n)]
    return _problem("lorenz96", _names("x", n), rates, ["F"])


def hodgkin_huxley() -> Problem:
    return _from_texts(
        "hodgkin_huxley", ["gNa", "gK", "gL", "ENa", "EK", "EL", "C"],
        v="(10 - gNa*m**3*h*(v - ENa) - gK*n**4*(v - EK) - gL*(v - EL))/C",
        m="0.1*(v + 40)/(1 - exp(-(v + 40)/10))*(1 - m) - 4*exp(-(v + 65)/18)*m",
        h="0.07*exp(-(v + 65)/20)*(1 - h) - h/(1 + exp(-(v + 35)/10))",
        n="0.01*(v + 55)/(1 - exp(-(v + 55)/10))*(1 - n) - 0.125*exp(-(v + 65)/80)*n",
    )  # fmt: skip


def kuramoto(n: int = 16) -> Problem:
    x, omega = _symbols("x", n), _symbols("omega", n)
    pull = [total(apply("sin", x[j] - x[i]) for j in range(n) if j != i) for i in range(n)]
    rates = [omega[i] + symbol("K") / n * pull[i] for i in range(n)]
    return _problem("kuramoto", _names("x", n), rates, [*_names("omega", n), "K"])


def six_bodies(n: int = 6) -> Problem:
    """Planar gravitation: positions x, y, velocities u, v, masses m."""
    x, y, u, v, m = (_symbols(stem, n) for stem in "xyuvm")
    cubes = {}
    for i, j in combinations(range(n), 2):
        cubes[i, j] = cubes[j, i] = ((x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2) ** Fraction(3, 2)

    def attraction(z: Sequence[Expression], i: int) -> Expression:
        return total(m[j] * (z[j] - z[i]) / cubes[i, j] for j in range(n) if j != i)

    rates = [*u, *v, *(attraction(x, i) for i in range(n)), *(attraction(y, i) for i in range(n))]
    return _problem("six_bodies", [name for stem in "xyuv" for name in _names(stem, n)], rates, _names("m", n))


def product(n: int = 24) -> Problem:
    """Every rate holds the product of all states."""
    x = _symbols("x", n)
    whole = reduce(lambda a, b: a * b, x)
    return _problem("product", _names("x", n), [whole - symbol("c") * one for one in x], ["c"])


def network(name: str, widths: Sequence[int]) -> Problem:
    """A fully connected network with tanh between its layers; the weights and biases are the parameters."""
    values, parameters = _symbols("x", widths[0]), []
    for depth, (inputs, outputs) in enumerate(pairwise(widths)):
        weights = [_names(f"W{depth}_{row + 1}_", inputs) for row in range(outputs)]
        biases = _names(f"b{depth}_", outputs)
        sums = [total(symbol(a) * v for a, v in zip(row, values, strict=True)) + symbol(b)
                for row, b in zip(weights, biases, strict=True)]  # fmt: skip
        values = sums if depth == len(widths) - 2 else [apply("tanh", s) for s in sums]
        parameters += [*(a for row in weights for a in row), *biases]
    return _problem(name, _names("x", widths[0]), values, parameters)


NINE: dict[str, Callable[[], Problem]] = {
    "lotka_volterra": lotka_volterra,
    "robertson": robertson,
    "lorenz96": lorenz96,
    "hodgkin_huxley": hodgkin_huxley,
    "kuramoto": kuramoto,
    "six_bodies": six_bodies,
    "product": product,
    "network_4_16_4": lambda: network("network_4_16_4", [4, 16, 4]),
    "network_3_6_6_6_3": lambda: network("network_3_6_6_6_3", [3, 6, 6, 6, 3]),
}
