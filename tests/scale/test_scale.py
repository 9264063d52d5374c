"""The symbolic side on large systems: its cost is linear in counted operations, and full sizes keep their budgets."""

from __future__ import annotations

import math
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from large_statements import brusselator, kuramoto  # pyright: ignore[reportMissingImports]

from adjointcheck.codegen import generate
from adjointcheck.derive import Derivation, derive
from adjointcheck.expression import node
from adjointcheck.problem import Problem
from adjointcheck.solve.load import load_module
from adjointcheck.trusted.polynomial import PlainRing
from adjointcheck.trusted.verdict import Status

SYSTEMS: dict[str, Callable[[int], Problem]] = {"brusselator": brusselator, "kuramoto": kuramoto}
SECONDS, BYTES, TEXT = 20.0, 2 * 2**30, 1_000_000


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Counts of nodes asked for, nodes visited, and terms that the plain ring handles, while the context lasts."""
    counts = {"nodes": 0, "visits": 0, "terms": 0}
    intern, walk, merge = node._intern, node.walk, PlainRing._merge

    def interned(*key: Any) -> Any:
        counts["nodes"] += 1
        return intern(*key)

    def walked(roots: Any) -> Any:
        order = walk(roots)
        counts["visits"] += len(order)
        return order

    def merged(self: PlainRing, terms: Any) -> Any:
        found = list(terms)
        counts["terms"] += len(found)
        return merge(self, found)

    users = [module for name, module in sys.modules.items() if name.startswith("adjointcheck.") and getattr(module, "walk", None) is walk]
    with monkeypatch.context() as patch:
        patch.setattr(node, "_intern", interned)
        patch.setattr(PlainRing, "_merge", merged)
        for module in users:
            patch.setattr(module, "walk", walked)
        yield counts


def slope(sizes: list[int], counts: list[int]) -> float:
    """Least squares slope of log count over log n."""
    x, y = [math.log(n) for n in sizes], [math.log(c) for c in counts]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


@cache
def counts_of(name: str, n: int) -> tuple[dict[str, int], Derivation]:
    with pytest.MonkeyPatch.context() as monkeypatch, counted(monkeypatch) as counts:
        derivation = derive(SYSTEMS[name](n))
        generate(derivation.system)
    assert derivation.verdict.status is Status.PROVED
    return counts, derivation


@pytest.mark.parametrize("name", SYSTEMS)
def test_cost_grows_linearly(name: str) -> None:
    """Operations (nodes asked for, nodes visited, terms handled) grow with the statement once it has more than 64 states."""
    sizes = [66, 88]
    found = [counts_of(name, n)[0] for n in sizes]
    assert 0.8 < slope(sizes, [sum(counts.values()) for counts in found]) <= 1.1, found


def test_the_counters_see_a_quadratic_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    for n in (16, 32, 64):
        with counted(monkeypatch) as found:
            for _ in range(n):
                node.walk([sum((node.symbol(f"x{i}") for i in range(n)), node.ZERO)])
        counts.append(found["visits"])
    assert slope([16, 32, 64], counts) > 1.9


@pytest.mark.parametrize("name", ["brusselator", pytest.param("kuramoto", marks=pytest.mark.campaign)])
def test_a_large_module_tests_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    derivation = counts_of(name, 66)[1]
    assert derivation.proved
    assert load_module(generate(derivation.system), f"scale_{name}").self_test() == 0, capsys.readouterr().out


def test_a_wrong_term_of_a_long_sum_is_not_proved() -> None:
    """One sign in the costate equation of one cell out of many."""
    from adjointcheck.derive.derivation import setting_of
    from adjointcheck.derive.lagrangian import propose
    from adjointcheck.trusted.replay import Step, judge

    setting = setting_of(brusselator(80))
    steps = propose(setting)
    for rule, name, old, new in (("vary", "integrand", "p_u7*u7.dot", "p_u7*u7"), ("hamiltonian", "H", "p_v3*(b*u3", "p_v3*(-b*u3"),
                                 ("define_lagrangian", "integrand", "p_u5*(a + u5", "p_u5*(a - u5")):
        at = next(i for i, step in enumerate(steps) if step.rule == rule)
        claim = steps[at].claim[name]
        changed = claim.replace(old, new) if old in claim else claim.replace("u7.delta", "2*u7.delta", 1)
        assert changed != claim
        spoiled = [*steps[:at], Step(steps[at].id, rule, steps[at].premises, {**steps[at].claim, name: changed}), *steps[at + 1 :]]
        judged = judge(setting, spoiled, {})
        assert judged.steps[at].verdict.status is Status.REFUTED, rule


@pytest.mark.campaign
@pytest.mark.parametrize(("name", "n"), [("brusselator", 1024), ("kuramoto", 500)])
def test_full_sizes_keep_their_budgets(name: str, n: int) -> None:
    """Derive, prove, generate: together under 20 s of one core and 2 GB; the text under 1 MB passes its own test."""
    here = Path(__file__)
    done = subprocess.run([sys.executable, str(here), name, str(n)], capture_output=True, text=True, timeout=1800,
                          env={**os.environ, "PYTHONPATH": str(here.parent)}, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.campaign
@pytest.mark.parametrize(("name", "largest"), [("brusselator", 1024), ("kuramoto", 512)])
def test_cost_grows_linearly_to_full_size(name: str, largest: int) -> None:
    sizes = [n for n in (66, 128, 256, 512, 1024) if n <= largest]
    found = [counts_of(name, n)[0] for n in sizes]
    growth = slope(sizes, [sum(counts.values()) for counts in found])
    print(f"{name}: n = {sizes}, {found}, slope {growth:.3f}")
    assert growth <= 1.1


def measure(name: str, n: int) -> int:
    """One statement in this process: stage, seconds of CPU; then bytes and the self-test's answer."""
    start = process_time()
    problem = SYSTEMS[name](n)
    stated = process_time()
    derivation = derive(problem)
    derived = process_time()
    text = generate(derivation.system, method="bosh3")
    ended = process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{name} n = {n}: state {stated - start:.2f} s, derive and prove {derived - stated:.2f} s, generate {ended - derived:.2f} s,"
          f" {derivation.verdict.status.value}, peak {peak / 2**20:.0f} MiB, text {len(text)} bytes")
    kept = derivation.proved and ended - start < SECONDS and peak < BYTES and len(text) < TEXT
    return 0 if kept and load_module(text, f"{name}_{n}").self_test() == 0 else 1


if __name__ == "__main__":
    sys.exit(measure(sys.argv[1], int(sys.argv[2])))
