"""Optimal control: the gradient iteration against closed forms and a boundary value problem

Minimise J = Psi(x(t1)) + int L dt over w(t), where xdot = f(x, w), by w <- w - eta (dL/dw + p df/dw) and by L-BFGS, with
the exact discrete adjoint; then compare with what is known without it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_bvp, solve_ivp

import adjointcheck as ac
from adjointcheck.check.study import Picture, Section, Study, Table, Tell
from adjointcheck.check.verdict import judge
from adjointcheck.report.figures import INK, SERIES, logarithmic
from adjointcheck.solve.optimal_control import LIMIT, OptimalControl, gradient_iteration, lbfgs

HOLD, PER_INTERVAL, METHOD = "linear", 2, "dop853"


@dataclass(frozen=True)
class Steering:
    """A problem whose end state is fixed by a multiplier nu (parameters nu_*) and a penalty: Psi = nu d + c d^2/2, d = x(t1) - end."""

    problem: Any
    end: Sequence[float]

    @property
    def multipliers(self) -> list[str]:
        return [f"nu_{name}" for name in self.problem.state_names]


def steering(name: str, rates: dict[str, str], start: Sequence[float], end: Sequence[str], horizon: tuple[float, float],
             parameters: dict[str, float], penalty: float) -> Steering:
    """The statement: minimum energy int w^2 dt / 2 from `start` to `end`."""
    gaps = {x: x if value == "0" else f"({x} - {value})" for x, value in zip(rates, end, strict=True)}
    terms = [f"nu_{x}*{gap} + weight*{gap}**2/2" for x, gap in gaps.items()]
    problem = ac.Problem(
        name=name, states=rates, initial=dict(zip(rates, start, strict=True)), horizon=horizon, controls=["w"], running_cost="w**2/2",
        terminal_cost=" + ".join(terms),
        parameters={**parameters, **{f"nu_{x}": 0.0 for x in rates}, "weight": penalty},
    )
    return Steering(problem, [math.pi if value == "pi" else float(value) for value in end])


def steer(
    module: Any, task: Steering, w: np.ndarray, steps: int, rounds: int, tell: Tell, known: dict[str, float] | None = None,
) -> tuple[OptimalControl, dict[str, float], float]:
    """The method of multipliers (Hestenes 1969, Powell 1969): minimise, then nu <- nu + weight d; returns control, theta and max |d|.

    `known`: theta from a coarser grid, whose multipliers are nearly right.
    """
    theta = known or {each.name: float(each.value) for each in task.problem.parameters}
    for turn in range(rounds):
        values = list(theta.values())
        found = lbfgs(module, w, hold=HOLD, steps=steps, theta=values)
        w = found.w
        x1 = module.solve(theta=values, w=w.tolist(), hold=HOLD, steps=steps).x1[0].numpy()
        miss = x1 - np.array(task.end)
        tell(f"{task.problem.name}, multiplier {turn + 1} of {rounds}: misses the end by {abs(miss).max():.1e}")
        theta |= {name: theta[name] + theta["weight"] * d for name, d in zip(task.multipliers, miss, strict=True)}
        if abs(miss).max() < 1e-9:
            break
    return found, theta, float(abs(miss).max())


# The regulator, for which Riccati's equation gives everything


def regulator(tell: Tell, quick: bool) -> tuple[Section, Any]:
    problem = ac.load("linear_quadratic")
    derivation = ac.derive(problem)
    module = ac.build(derivation, method="tsit5" if quick else METHOD)  # quick to compile; off by a hundredth of J minus Riccati's
    best, best_w = riccati(problem)
    rows, gaps, histories = [], [], {}
    for intervals in (8, 16, 32) if quick else (8, 16, 32, 64, 128):
        nodes = np.linspace(*map(float, problem.horizon), intervals + 1)
        for name, search in (("gradient iteration", gradient_iteration), ("L-BFGS", lbfgs)):
            tell(f"regulator, {intervals} intervals, {name}")
            found = search(module, np.zeros((intervals + 1, 1)), hold=HOLD, steps=PER_INTERVAL * intervals)
            histories[name] = found.stationarity
            rows.append([name, intervals, len(found.costs) - 1, found.stationarity[-1], found.cost - best])
        gaps.append((intervals, float(np.sqrt(np.mean((found.w[:, 0] - best_w(nodes)) ** 2)))))
    order = slope(gaps)
    words = (
        "A damped spring under a force w, quadratic costs (the shipped statement linear_quadratic). Riccati's equation, solved backwards "
        "at 1e-12, gives the optimal force as a feedback, w = -gain/effort * (row 2 of S) x, and J = x0' S(t0) x0 / 2. The searches know "
        "nothing of it: they see J and the discrete gradient on a grid of nodes. Because dJ/dw is divided by the mass matrix of the "
        "nodes, both take as many iterations on a fine grid as on a coarse one."
    )
    checks = [
        judge("regulator: max |dH/dw|", max(row[3] for row in rows), LIMIT, "gradient iteration and L-BFGS, every grid"),
        judge("regulator: J above Riccati's", max(-min(row[4] for row in rows), 0.0), 1e-12,
              "a restricted w can do no better than the best one"),
        judge("regulator: distance to Riccati's w, order", 2 - order, 0.3, f"nodes against the feedback law, slope {order:.2f} of 2"),
        judge("regulator: iterations grow with the grid", iterations_growth(rows), 1.25, "finest over coarsest grid, both searches"),
    ]
    table = Table("Two searches on ever finer grids", ("search", "intervals", "iterations", "max |dH/dw|", "J minus Riccati's"), rows)
    return Section("The regulator", words, [table], [decline(histories)], checks), derivation


def iterations_growth(rows: list[list[Any]]) -> float:
    """The worse ratio of iterations on the finest to those on the coarsest grid."""
    ratios = []
    for name in {row[0] for row in rows}:
        counts = [row[2] for row in rows if row[0] == name]
        ratios.append(counts[-1] / counts[0])
    return max(ratios)


def riccati(problem: Any) -> tuple[float, Callable[[np.ndarray], np.ndarray]]:
    """J and w(t) of the regulator from -dS/dt = Q + A'S + SA - S B B' S / R (Kalman 1960), without an adjoint."""
    theta = {each.name: float(each.value) for each in problem.parameters}
    a = np.array([[0, 1], [-theta["stiffness"], -theta["friction"]]])
    b, q, end = np.array([0, theta["gain"]]), np.diag([1, 0.5]), np.array([[3, 0.5], [0.5, 1]])
    t0, t1 = map(float, problem.horizon)

    def rate(t: float, flat: np.ndarray) -> np.ndarray:
        s = flat.reshape(2, 2)
        return -(q + a.T @ s + s @ a - np.outer(s @ b, s @ b) / theta["effort"]).ravel()

    tight: dict[str, Any] = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-13, "dense_output": True}
    backward = solve_ivp(rate, (t1, t0), end.ravel(), **tight)
    x0 = np.array([1, -0.5])

    def gain(t: float) -> np.ndarray:
        return -(backward.sol(t).reshape(2, 2) @ b) / theta["effort"]

    path = solve_ivp(lambda t, x: a @ x + b * (gain(t) @ x), (t0, t1), x0, **tight)
    return float(x0 @ backward.sol(t0).reshape(2, 2) @ x0 / 2), lambda t: np.array([gain(s) @ path.sol(s) for s in t])


def slope(pairs: list[tuple[int, float]]) -> float:
    """Minus the least squares slope of log error over log intervals."""
    n, error = np.log(np.array(pairs)).T
    return float(-np.polyfit(n, error, 1)[0])


def decline(histories: dict[str, list[float]]) -> Picture:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        logarithmic(axes, "y")
        for colour, (name, norms) in zip(SERIES, histories.items(), strict=False):
            axes.plot(norms, color=colour, label=name)
        axes.axhline(LIMIT, color=INK, linewidth=0.8, linestyle="--", label="limit")
        axes.set_xlabel("iteration")
        axes.set_ylabel("max |dH/dw|")
        axes.legend()

    return Picture("The gradient condition on the finest grid", draw)


# Minimum energy, whose solution is a straight line


def double_integrator(tell: Tell, quick: bool) -> tuple[Section, Any]:
    task = steering("double_integrator", {"position": "velocity", "velocity": "w"}, (1, 0), ("0", "0"), (0, 1), {}, 200.0)
    derivation = ac.derive(task.problem)
    module = ac.build(derivation, method="rk4")  # exact here: under a linear w the state is a cubic
    intervals = 16
    found, theta, miss = steer(module, task, np.zeros((intervals + 1, 1)), intervals, 30, tell)
    nodes = np.linspace(0, 1, intervals + 1)
    # w = -6 + 12 t steers (1, 0) to (0, 0) in time 1 with int w^2/2 = 6; p_position = 12, p_velocity = 6 - 12 t.
    exact, multipliers = 12 * nodes - 6, (12.0, -6.0)
    got = tuple(theta[name] for name in task.multipliers)
    rows = [["max |w - (12 t - 6)| at the nodes", float(abs(found.w[:, 0] - exact).max())], ["J - 6", found.cost - 6],
            ["p_position(1) - 12", got[0] - multipliers[0]], ["p_velocity(1) + 6", got[1] - multipliers[1]], ["end missed by", miss]]
    words = (
        "Bring (1, 0) to rest at the origin in time 1 with the least int w^2/2 dt. By hand: w = 12 t - 6, J = 6, and the multiplier of the "
        "end condition is the costate there, p(1) = (12, -6). A piecewise linear w holds this solution exactly, so what remains is the "
        "search's own error."
    )
    worst = max(abs(row[1]) for row in rows)
    checks = [judge("minimum energy: max |dH/dw|", found.stationarity[-1], LIMIT, "L-BFGS, last round"),
              judge("minimum energy: distance to the closed form", worst, 1e-7, "w, J, multipliers, end state: the worst of them")]
    return Section("Minimum energy", words, [Table("Against the solution by hand", ("quantity", "error"), rows)], (), checks), derivation


# Cart-pole swing-up, against the boundary value problem of its optimality system


CART_POLE = {
    "cart": "speed", "angle": "spin",
    "speed": "(l*m2*sin(angle)*spin**2 + w + m2*g*cos(angle)*sin(angle))/(m1 + m2*(1 - cos(angle)**2))",
    "spin": "-(l*m2*cos(angle)*sin(angle)*spin**2 + w*cos(angle) + (m1 + m2)*g*sin(angle))/(l*m1 + l*m2*(1 - cos(angle)**2))",
}


def cart_pole(tell: Tell, quick: bool) -> tuple[Section, Any]:
    horizon = (0.0, 2.0)
    constants = {"m1": 1.0, "m2": 0.3, "l": 0.5, "g": 9.81}
    task = steering("cart_pole", CART_POLE, (0, 0, 0, 0), ("1", "pi", "0", "0"), horizon, constants, 200.0)
    derivation = ac.derive(task.problem)
    module = ac.build(derivation, method="rk4" if quick else METHOD)  # quick to compile; off by far less than the grid is
    grids = (32, 64) if quick else (32, 64, 128, 256)
    rows, gaps, w, theta = [], [], np.zeros((grids[0] + 1, 1)), None
    tell("cart-pole, boundary value problem")
    reference: Any = None
    for intervals in grids:
        nodes = np.linspace(*horizon, intervals + 1)
        w = w if len(w) == len(nodes) else np.interp(nodes, np.linspace(*horizon, len(w)), w[:, 0])[:, None]
        found, theta, miss = steer(module, task, w, PER_INTERVAL * intervals, 40, tell, theta)
        w = found.w
        reference = reference or optimality(derivation, theta, horizon, task.end, module, w, intervals)
        gap = float(np.sqrt(np.mean((w[:, 0] - reference.w(nodes)) ** 2)))
        gaps.append((intervals, gap))
        rows.append([intervals, found.stationarity[-1], miss, found.cost, found.cost - reference.cost, gap,
                     float(max(abs(theta[name] - p) for name, p in zip(task.multipliers, reference.end_costate, strict=True)))])
    order = slope(gaps)
    columns = ("intervals", "max |dH/dw|", "end missed by", "J", "J minus reference", "w minus reference", "nu minus p(t1)")
    words = (
        "The pole hangs down at rest and has to stand up one metre to the right two seconds later (Kelly 2017, section 6, here without "
        "bounds on the force), with the least int w^2/2 dt. There is no closed form. The same optimality system, xdot = f, pdot = "
        "-dL/dx - p df/dx with w = -p df/dw, is solved as a boundary value problem by scipy's solve_bvp to 1e-9; its right sides are the "
        "formulas of the proved derivation, evaluated by numpy, so that it shares the equations and nothing else: no time steps, no "
        "discrete adjoint, no search."
    )
    checks = [
        judge("cart-pole: max |dH/dw|", max(row[1] for row in rows), LIMIT, "L-BFGS, every grid"),
        judge("cart-pole: end missed by", max(row[2] for row in rows), 1e-8, "method of multipliers, every grid"),
        judge("cart-pole: distance to the boundary value problem, order", 2 - order, 0.4, f"w at the nodes, slope {order:.2f} of 2"),
    ]
    pictures = [swing(reference, nodes, w), costates(reference, task.problem.state_names, horizon)]
    return Section("Cart-pole swing-up", words, [Table("Against the boundary value problem", columns, rows)], pictures, checks), derivation


@dataclass(frozen=True)
class Reference:
    """The solution of the optimality system: sol(t) -> (x, p), and its cost."""

    sol: Callable[[np.ndarray], np.ndarray]
    control: Callable[[np.ndarray, np.ndarray], np.ndarray]
    cost: float
    end_costate: Sequence[float]

    def w(self, t: np.ndarray) -> np.ndarray:
        x, p = np.split(self.sol(t), 2)
        return self.control(x, p)


def optimality(derivation: Any, theta: dict[str, float], horizon: tuple[float, float], end: Sequence[float], module: Any, w: np.ndarray,
               intervals: int) -> Reference:
    """xdot = f, pdot as derived, w = -p df/dw, x(t0) and x(t1) given; started from the searched control."""
    n, names = len(end), derivation.problem.state_names
    rates = [lambdified(derivation.problem.states[i].rate) for i in range(n)]
    adjoint = [lambdified(derivation.costate[name]) for name in names]
    pull = lambdified(derivation.gradient_condition["w"])

    def values(x: np.ndarray, p: np.ndarray, force: np.ndarray) -> dict[str, Any]:
        return {**theta, **dict(zip(names, x, strict=True)), **{f"p_{name}": row for name, row in zip(names, p, strict=True)}, "w": force}

    def control(x: np.ndarray, p: np.ndarray) -> np.ndarray:
        return -pull(values(x, p, np.zeros_like(x[0])))  # dH/dw = w + p df/dw, and f is affine in w

    def rate(t: np.ndarray, y: np.ndarray) -> np.ndarray:
        x, p = y[:n], y[n:]
        known = values(x, p, control(x, p))
        return np.array([row(known) * np.ones_like(t) for row in (*rates, *adjoint)])

    start = np.zeros(n)
    guess = first_guess(module, theta, w, intervals, horizon, names)
    found = solve_bvp(rate, lambda a, b: np.concatenate([a[:n] - start, b[:n] - np.array(end)]), *guess, tol=1e-9, max_nodes=100_000)
    if not found.success:
        raise RuntimeError(f"solve_bvp: {found.message}")
    times, weights = np.polynomial.legendre.leggauss(20)
    cells = np.linspace(*horizon, 101)
    inside = (cells[:-1, None] + np.diff(cells)[:, None] * (times + 1) / 2).ravel()
    energy = control(*np.split(found.sol(inside), 2)) ** 2 / 2
    cost = float((energy.reshape(100, 20) * weights * np.diff(cells)[:, None] / 2).sum())
    return Reference(found.sol, control, cost, found.sol(horizon[1])[n:])


def first_guess(module: Any, theta: dict[str, float], w: np.ndarray, intervals: int, horizon: tuple[float, float],
                names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Times, and (x, p) there, of the searched control: states and costates as the torch module recorded them."""
    torch_module = getattr(module, "torch", module)
    record = torch_module.solve(theta=list(theta.values()), w=w.tolist(), hold=HOLD, steps=PER_INTERVAL * intervals).record
    swept = torch_module.sweep(record, record.x1.new_zeros(record.x1.shape), record.cost.new_ones(1), keep_costate=True)
    times = np.array([t.item() for t in record.start_times()])
    x = np.array([step.x[0].tolist() for step in record.steps]).T
    p = np.array([row[0].tolist() for row in swept.costate]).T
    last = record.x1[0].numpy()[:, None]
    closing = np.array([[theta[f"nu_{name}"]] for name in names])
    return np.append(times, horizon[1]), np.vstack([np.hstack([x, last]), np.hstack([p, closing])])


def lambdified(root: Any) -> Callable[[dict[str, Any]], Any]:
    """An expression as a numpy function of its symbols."""
    from adjointcheck.expression.node import evaluate

    numpy_rules = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative, "pow": np.power,
                   "sin": np.sin, "cos": np.cos}

    def value(known: dict[str, Any]) -> Any:
        return evaluate([root], lambda node: known[node.value] if node.head == "symbol" else float(node.value), numpy_rules)[0]

    return value


def swing(reference: Reference, nodes: np.ndarray, w: np.ndarray) -> Picture:
    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        t = np.linspace(nodes[0], nodes[-1], 400)
        states = reference.sol(t)
        left.plot(t, states[0], color=SERIES[0], label="cart (m)")
        left.plot(t, states[1], color=SERIES[1], label="angle (rad)")
        right.plot(t, reference.w(t), color=SERIES[2], label="boundary value problem")
        right.plot(nodes, w[:, 0], color=SERIES[3], linestyle="none", marker=".", markersize=3, label="L-BFGS, nodes")
        right.set_title("force w", loc="left")
        for axes in (left, right):
            axes.set_xlabel("t")
            axes.legend()

    return Picture("Cart-pole: states and force", draw)


def costates(reference: Reference, names: Sequence[str], horizon: tuple[float, float]) -> Picture:
    def draw(figure: Any) -> None:
        axes, t = figure.subplots(), np.linspace(*horizon, 400)
        for colour, name, row in zip(SERIES, names, reference.sol(t)[len(names):], strict=False):
            axes.plot(t, row, color=colour, label=f"p_{name}")
        axes.set_xlabel("t")
        axes.legend()

    return Picture("Cart-pole: costates", draw)


def study(quick: bool, tell: Tell) -> Study:
    """All three problems."""
    parts = [part(tell, quick) for part in (regulator, double_integrator, cart_pole)]
    return Study(
        name="optimal_control", title="Optimal control: the gradient iteration against closed forms",
        question="Does w <- w - eta (dL/dw + p df/dw), with p from the exact discrete adjoint, end where theory says?",
        sections=[section for section, _ in parts], derivations=[derivation for _, derivation in parts], quick=quick,
        cover="Cart-pole: states and force",
        surprises=(
            "The plain gradient iteration is not used for the fixed end states: with the penalty of the method of multipliers its "
            "number of iterations grows with the penalty's weight, as for any steepest descent. The regulator shows it at its best.",
        ),
        sources=("Kalman 1960; Bryson and Ho 1975, chapters 2 and 5", "Kelley 1960; Bryson and Denham 1962 (gradient iteration)",
                 "Hestenes 1969, Powell 1969 (multipliers); Nocedal 1980 (L-BFGS)",
                 "Kelly 2017, An introduction to trajectory optimization"),
    )
