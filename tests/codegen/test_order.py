"""Schedules: the smallest is kept, operations grow with the system and not faster, few temporaries stay alive."""

from __future__ import annotations

import fields
import pytest
from systems import everything, functions_of, system_of

from adjointcheck.codegen import order
from adjointcheck.codegen.ir import Argument, Assign, Function, Name, Operation, Result
from adjointcheck.codegen.lower import assignments, lower_fused
from adjointcheck.expression import calculus
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import ONE, Expression, mul, symbol, total, walk
from adjointcheck.problem.statement import Problem

STATED_F = {"lotka_volterra": 8, "robertson": 8, "lorenz96": 160, "kuramoto": 497, "product": 71,
            "network_4_16_4": 272, "network_3_6_6_6_3": 234}  # fmt: skip


def ratio(problem: Problem) -> float:
    """Operations of f, L and the pullback as one program, over those of the smallest f."""
    return len(lower_fused(system_of(problem)).body) / len(functions_of(problem)["f"].body)


@pytest.mark.parametrize("name", fields.NINE)
def test_operation_ratio(name: str) -> None:
    """At most 3.3 to the precision of the table in anchors/symbolic.md.

    The product of 24 factors is the extreme: with M = 47 products and A = 24 sums, reverse mode of a program of
    products and sums costs 4 M + 2 A in all, here 236/71 = 3.32, whatever the schedule.
    """
    assert round(ratio(fields.NINE[name]()), 1) <= 3.3


@pytest.mark.parametrize("name", STATED_F)
def test_f_is_counted_in_its_smallest_form(name: str) -> None:
    """So that the ratio is not flattered by a wasteful f: never more than the table's count of f."""
    assert len(functions_of(fields.NINE[name]())["f"].body) <= STATED_F[name]


def test_the_product_reaches_the_count_of_reverse_mode() -> None:
    assert len(lower_fused(system_of(fields.product())).body) == 4 * 47 + 2 * 24


def test_operations_grow_linearly() -> None:
    counts = [len(lower_fused(system_of(fields.lorenz96(n))).body) for n in (10, 20, 40, 80, 160)]
    assert counts == [10 * n - 1 for n in (10, 20, 40, 80, 160)]


def test_derivation_work_grows_linearly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted in nodes visited by `walk`, which every pass goes through, not in seconds."""
    visited: list[int] = []

    def counting(roots: list[Expression]) -> list[Expression]:
        nodes = walk(roots)
        visited[-1] += len(nodes)
        return nodes

    for module in ("adjointcheck.codegen.order", "adjointcheck.codegen.rewrite", "adjointcheck.expression.calculus",
                   "adjointcheck.expression.node"):  # fmt: skip
        monkeypatch.setattr(f"{module}.walk", counting)
    for n in (40, 80, 160):
        visited.append(0)
        lower_fused(system_of(fields.lorenz96(n)))
    assert visited[1] / visited[0] < 2.2
    assert visited[2] / visited[1] < 2.2


@pytest.mark.parametrize("name", ["lotka_volterra", "robertson", "hodgkin_huxley"])
def test_no_schedule_made_by_hand_is_smaller(name: str) -> None:
    problem = fields.NINE[name]()
    roots, unknowns = [state.rate for state in problem.states], [*problem.state_names, *problem.parameter_names]
    seeds = [symbol(problem.costate_name(state)) for state in problem.state_names]
    columns = [calculus.derivative(roots, {unknown: ONE}) for unknown in unknowns]
    forward = [total(mul(seed, entry) for seed, entry in zip(seeds, column, strict=True)) for column in columns]
    reverse = [*calculus.gradient(roots, seeds, unknowns).values()]
    best = order.operation_count(order.pulled_back(roots, seeds, unknowns))
    assert best <= min(order.operation_count([*roots, *forward]), order.operation_count([*roots, *reverse]))


def test_the_first_of_equal_candidates_is_kept() -> None:
    first, second = [parse("a + b")], [parse("a*b")]
    assert order.smallest([first, second]) == first
    assert order.smallest([[parse("a + b + c")], second, first]) == second


@pytest.mark.parametrize("name", fields.NINE)
def test_execution_order_is_topological_and_complete(name: str) -> None:
    roots = [state.rate for state in fields.NINE[name]().states]
    sequence = order.execution_order(roots)
    at = {node: i for i, node in enumerate(sequence)}
    assert len(at) == len(sequence) == sum(bool(node.args) for node in walk(roots))
    assert all(at[arg] < at[node] for node in sequence for arg in node.args if arg.args)


def test_the_heavier_operand_goes_first() -> None:
    """(a + b) - ((a*b + c) * (c*d + a)): computing the sum first would keep it alive over all the rest."""
    root = parse("(a + b) - (a*b + c)*(c*d + a)")
    body, (result,) = assignments([root], {name: name for name in "abcd"})
    function = Function("f", ("doc",), tuple(map(Argument, "abcd")), tuple(body), (Result("y", (result,), scalar=True),))
    assert order.peak_live(function) == 2


def test_peak_live_counts_by_hand() -> None:
    """u0, u1 and u2 are alive together until u3 takes u1 and u2; u0 is a result."""
    body = [("u0", "add", "t t"), ("u1", "mul", "u0 t"), ("u2", "exp", "u0"), ("u3", "sub", "u1 u2")]
    lines = tuple(Assign(target, Operation(head, tuple(map(Name, args.split())))) for target, head, args in body)
    results = (Result("a", (Name("u0"),), scalar=True), Result("b", (Name("u3"),), scalar=True))
    assert order.peak_live(Function("f", ("doc",), (Argument("t"),), lines, results)) == 3


def test_peak_live_is_less_than_the_number_of_temporaries() -> None:
    function = functions_of(everything())["pullback"]
    assert 5 < order.peak_live(function) < len(function.body) / 3
