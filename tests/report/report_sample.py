"""A statement, its derivation and a report as plain data of the shapes that the faces are written against."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sin
from types import SimpleNamespace
from typing import Any

from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import Expression
from adjointcheck.problem.statement import Problem

STATES = {"x": ("a*x - b*x*y", "x0"), "y": ("d*x*y - c*y + w*sin(t)", "1")}
HOSTILE = "</style><script>alert('$x_1$ & \\input{a}')</script>|`*_\x1b[31m\x00\u202e[red]"


@dataclass(frozen=True)
class Finding:
    kind: str
    text: str


def problem(**changes: Any) -> Problem:
    given: dict[str, Any] = {
        "name": "sample", "states": {name: {"rate": rate, "initial": start} for name, (rate, start) in STATES.items()},
        "parameters": {"a": 1.5, "b": 1, "c": 3, "d": 1, "x0": 2}, "controls": ["w"],
        "running_cost": "w**2/2 + piecewise(x, x < 1, 1)", "terminal_cost": "a*(1 - x)**2/2 + t*y", "horizon": (0, 10),
        "observations": [
            {"times": [0, 2, 5], "data": {"m": [2.1, 3.5, 0.4]}, "cost": "log(x/m)**2/2"},
            {"times": [10], "data": {"n": [1]}, "cost": "(y - n)**2/2 + b"},
        ],
        "positive": ["x"],
    }
    return Problem(**(given | changes))


def read(**texts: str) -> dict[str, Expression]:
    return {name: parse(text, jets=True) for name, text in texts.items()}


def system(of: Problem) -> SimpleNamespace:
    hamiltonian = "w**2/2 + p_x*(a*x - b*x*y) + p_y*(d*x*y - c*y + w*sin(t))"
    return SimpleNamespace(
        problem=of, hamiltonian=parse(hamiltonian), time_partial=parse("p_y*w*cos(t)"),
        costate_rate=read(x="-p_x*(a - b*y) - p_y*d*y", y="p_x*b*x - p_y*(d*x - c)"),
        terminal=read(x="a*(x - 1)", y="t"), stationarity=read(w="w + p_y*sin(t)"),
        gradient=read(a="p_x*x", b="-p_x*x*y", c="-p_y*y", d="p_y*x*y", x0="0"),
        terminal_gradient=read(a="(1 - x)**2/2", b="0", c="0", d="0", x0="0"),
        initial_gradient=read(a="0", b="0", c="0", d="0", x0="p_x"),
        jumps=(read(x="log(x/m)/x", y="0"), read(x="0", y="y - n")),
        observation_gradient=(read(a="0", b="0", c="0", d="0", x0="0"), read(a="0", b="1", c="0", d="0", x0="0")),
        start_time=parse(f"-({hamiltonian})"), end_time=parse(f"y + {hamiltonian}"),
        observation_time=(parse("log(x/m)/x*(a*x - b*x*y)"), parse("(y - n)*(d*x*y - c*y)")),
    )


def verdict(status: str, evidence: tuple[str, ...] = ("normal form (plain)",), reason: str = "", witness: Any = None) -> Any:
    return SimpleNamespace(status=status, evidence=evidence, reason=reason, witness=witness)


def step(id: str, rule: str, claim: dict[str, str], judged: Any, premises: tuple[str, ...] = (), words: str = "") -> Any:
    return SimpleNamespace(id=id, name=f"{id} {rule}", rule=rule, claim=claim, verdict=judged, premises=premises,
                           words=words or f"Words for {rule}.")


def witness() -> SimpleNamespace:
    return SimpleNamespace(point=(("x", "3/2"), ("p_x", "7")), left="12.50000", right="-3.250000", gap="15.8")


def derivation(failing: bool = False, text: str = "sign of the term p_y*d*y", **changes: Any) -> SimpleNamespace:
    of = problem(**changes)
    bad = verdict("refuted", ("disjoint balls (Arb)",), witness=witness())
    steps = (
        step("s01", "define_lagrangian", {"integrand": "w**2/2 + p_x*(a*x - b*x*y - x.dot)"}, verdict("proved")),
        step("s02", "integrate_by_parts", {"integrand": "p_x.dot*x.delta", "boundary": "-p_x*x.delta"}, verdict("proved"), ("s01",)),
        step("s03", "choose_costate", {"x": "-p_x*(a - b*y) - p_y*d*y", "y": "p_x*b*x"}, bad if failing else verdict("proved"), ("s02",)),
        step("s04", "transversality", {"x": "a*(x - 1)", "y": "t"}, verdict("unknown", (), text) if failing else verdict("proved")),
        step("s05", "jump", {"0.x": "log(x/m)/x", "1.y": "y - n"}, verdict("proved", ("normal form (plain)", "where x > 0"))),
    )
    claims = (
        SimpleNamespace(name="terminal.x", text="a*(x - 1)", verdict=verdict("proved"), expected="a*(x - 1)", slip=""),
        SimpleNamespace(name="costate.x", text="-p_x*(a - b*y) + p_y*d*y", verdict=bad if failing else verdict("proved"),
                        expected="-p_x*(a - b*y) - p_y*d*y", slip=text if failing else ""),
    )
    findings = (Finding("kink", "piecewise(x, x < 1, 1)"),)
    return SimpleNamespace(problem=of, steps=steps, claims=claims, system=system(of), findings=findings,
                           verdict=verdict("refuted" if failing else "proved"))


def check(name: str, outcome: str = "pass", measured: float | None = None, threshold: float | None = None, words: str = "",
          details: dict[str, Any] | None = None, seed: int | None = None) -> SimpleNamespace:
    return SimpleNamespace(name=name, outcome=outcome, measured=measured, threshold=threshold, words=words,
                           details=details or {}, seed=seed)


def checks(failing: bool = False, text: str = "") -> tuple[SimpleNamespace, ...]:
    steps = [0.1 / 2**i for i in range(6)]
    series = [{"label": "error", "x": steps, "y": [0.3 * h**2 for h in steps], "xlabel": "time step h",
               "ylabel": "relative error", "loglog": True, "reference_slope": 2}]
    table = {"columns": ["", "autograd", "continuous", "tangent"],
             "rows": [["x0", 15.1, 9.2, 15.6], ["a", 15.3, 8.7, 15.4], ["b", 14.9, 9.9, 15.0]]}
    return (
        check("gradient_agreement", "pass", 4e-16, 3e-15, f"discrete adjoint against autograd {text}", {"table": table}, 7),
        check("continuous_order", "pass", 2.02, 1.7, "order of the continuous adjoint under step halving", {"series": series}),
        check("taylor", "fail" if failing else "pass", 0.0123, 1e-7, "intercept of R1/eps",
              {"detection limit": 1e-9, "window": [1e-4, 1e-2]}, 11),
        check("invariants", "inconclusive" if failing else "pass", None, None, "p.dx constant"),
    )


def trajectory() -> SimpleNamespace:
    times = [10 * i / 200 for i in range(201)]
    return SimpleNamespace(
        times=times, states={"x": [2 + sin(t) for t in times], "y": [1 + 0.5 * sin(t + 1) for t in times]},
        costates={"x": [exp(-t / 5) + (t < 5) for t in times], "y": [0.1 * t for t in times]},
        observations=[(0, [0.0, 2.0, 5.0], {"m": [2.1, 3.5, 0.4]}), (1, [10.0], {"n": [1.0]})],
    )


def fit() -> SimpleNamespace:
    return SimpleNamespace(names=["a", "b"], start=[1.5, 1.0], found=[1.4321, 0.9876], cost_start=12.5, cost_end=0.25,
                           gradient_norm=3e-9, iterations=4, history=[12.5, 3.0, 0.4, 0.26, 0.25], message="gradient is small",
                           converged=True)


def report(failing: bool = False, text: str = "plain words", **changes: Any) -> SimpleNamespace:
    derived = derivation(failing, text, **changes)
    return SimpleNamespace(
        problem=derived.problem, derivation=derived, checks=checks(failing, text), trajectory=trajectory(), fit=fit(),
        versions={"adjointcheck": "0.1.0", "torch": "2.13.0"}, seconds={"derive": 0.25, "check": 1.5},
        module_text=f"# a module\nx = 1  # {text}\n", verdict="refuted" if failing else "pass",
    )
