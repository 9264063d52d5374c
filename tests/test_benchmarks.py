"""The harness without the peers: its arithmetic, that every library is given the same field, and that the reference is right."""

from __future__ import annotations

import gc
import json
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from adjointcheck.codegen.lower import lower
from adjointcheck.schemes import METHODS
from benchmarks import all as everything
from benchmarks import document, machine, own, symbolic, timing
from benchmarks.apart import Stall, open_stall
from benchmarks.child import held_megabytes, measure, peak_megabytes
from benchmarks.contender import Contender, Ready, Task, errors, select
from benchmarks.ensemble import Trial, strongest
from benchmarks.operations import Count, count, operations
from benchmarks.problems import NARROW, PROBLEMS, Ensemble, chain, kuramoto, lorenz96, numpy_space, torch_space

SMALL = [*(PROBLEMS[name] for name in NARROW), lorenz96(5), kuramoto(3), chain(6)]


# The problems


@pytest.mark.parametrize("row", SMALL, ids=lambda row: row.name)
def test_statement_and_peers_get_the_same_field(row: Ensemble) -> None:
    x, theta = row.initial(5), row.parameters()
    wanted = row.field(numpy_space(), x, theta)
    tensors = torch.from_numpy(x), torch.from_numpy(theta)
    module = own.module(row, "torch")
    emitted = module.f(torch.tensor(0.0, dtype=torch.float64), tensors[0], torch.zeros(5, 0, dtype=torch.float64), tensors[1].expand(5, -1))
    for found in (row.field(torch_space(), *tensors), emitted):
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-12, atol=1e-12)


def test_fields_are_those_of_the_papers() -> None:
    space = numpy_space()
    assert PROBLEMS["lorenz"].field(space, np.array([1.0, 2.0, 3.0]), np.array([10.0, 28.0, 2.0])).tolist() == [10.0, 23.0, -4.0]
    assert PROBLEMS["lotka_volterra"].field(space, np.array([2.0, 3.0]), np.array([1.5, 1.0, 3.0, 0.5])).tolist() == [-3.0, -6.0]
    assert PROBLEMS["van_der_pol"].field(space, np.array([2.0, 3.0]), np.array([1.0])).tolist() == [3.0, -11.0]
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    slow = [(x[(i + 1) % 5] - x[i - 2]) * x[i - 1] - x[i] + 8 for i in range(5)]
    assert lorenz96(5).field(space, x, np.array([8.0])).tolist() == slow
    row, phases = kuramoto(3), np.array([0.1, 1.3, -0.7])
    pairs = [row.theta[1 + i] + 8 / 3 * sum(np.sin(phases - phases[i])) for i in range(3)]
    np.testing.assert_allclose(row.field(space, phases, row.parameters()), pairs, rtol=1e-13)


def test_double_pendulum_keeps_its_energy() -> None:
    row = PROBLEMS["double_pendulum"]
    m1, m2, l1, l2, g = row.theta

    def energy(x: np.ndarray) -> np.ndarray:
        a1, a2, v1, v2 = np.moveaxis(x, -1, 0)
        moving = (m1 + m2) / 2 * (l1 * v1) ** 2 + m2 / 2 * (l2 * v2) ** 2 + m2 * l1 * l2 * v1 * v2 * np.cos(a1 - a2)
        return moving - (m1 + m2) * g * l1 * np.cos(a1) - m2 * g * l2 * np.cos(a2)

    x, step = row.initial(20), 1e-30
    rate = row.field(numpy_space(), x, row.parameters())
    drift = energy(x + 1j * step * rate).imag / step  # dE/dt along the field, by complex step
    np.testing.assert_allclose(drift, 0, atol=1e-12)


def test_a_larger_ensemble_begins_with_the_smaller_one() -> None:
    row = PROBLEMS["lorenz"]
    assert (row.initial(100)[:7] == row.initial(7)).all() and not (row.initial(7)[0] == row.initial(7)[1]).any()


# The reference


def complex_step(row: Ensemble, x0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dJ/dx0 and dJ/dtheta of one trajectory through SciPy's DOP853 on complex numbers; adjointcheck has no part in it."""
    space, point, step = numpy_space(), np.concatenate([x0, row.parameters()]), 1e-30
    found = []
    for direction in np.eye(len(point)):
        moved = point + 1j * step * direction
        rate = lambda t, x, theta=moved[row.n :]: row.field(space, x, theta)  # noqa: E731
        end = solve_ivp(rate, (0, row.end), moved[: row.n], "DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
        found.append((end * end).sum().imag / step)
    return np.array(found[: row.n]), np.array(found[row.n :])


@pytest.mark.parametrize("row", [PROBLEMS["double_pendulum"], lorenz96(5)], ids=lambda row: row.name)
def test_the_reference_agrees_with_complex_steps_through_scipy(row: Ensemble) -> None:
    count = 2
    x0_bar, theta_bar = own.reference(Task(row, count))
    wanted = [complex_step(row, x0) for x0 in row.initial(count)]
    np.testing.assert_allclose(x0_bar, [by_x0 for by_x0, _ in wanted], rtol=1e-8)
    np.testing.assert_allclose(theta_bar, sum(by_theta for _, by_theta in wanted), rtol=1e-8)


def test_own_gradient_is_measured_against_the_reference() -> None:
    task = Task(PROBLEMS["lorenz"], 4)
    wanted, ready = own.reference(task), own.start(task, "torch")
    assert 1e-9 < max(errors(ready.gradient(), wanted)) < 1e-2  # a tolerance of 1e-6, seen from 1e-12
    rough = own.start(Task(task.ensemble, 4, 1e-3), "torch")
    assert errors(rough.gradient(), wanted)[0] > errors(ready.gradient(), wanted)[0]
    assert rough.time_steps()[0] < ready.time_steps()[0]


# The arithmetic


def test_errors_are_relative_and_see_a_wrong_sign() -> None:
    wanted = np.array([[3.0, 4.0]]), np.array([2.0])
    assert errors((wanted[0], wanted[1]), wanted) == (0.0, 0.0)
    assert errors((torch.tensor([[3.0, 4.5]]), torch.tensor([-2.0])), wanted) == (0.1, 2.0)


def test_operations_of_euler_are_counted_by_hand() -> None:
    row = PROBLEMS["lotka_volterra"]
    program = lower(own.derivation(row).system, METHODS["euler"])
    rates, pullback = (operations(program.function(name)) for name in ("rates", "pullback"))
    assert rates == 7  # m = x y, a x - b m, d m - c y
    n, m = 2, 4
    attempt = rates + n * 3  # x + h k: h (b k) and the sum; the weight 1 counts as any weight
    sweep = n * 2 + pullback + n + m  # q = b p times h, the pullback, and what it adds to p and theta; no slope is needed again
    assert count(program, METHODS["euler"], n, m) == Count(attempt, sweep)


def test_a_larger_method_and_rejected_time_steps_cost_more() -> None:
    row = PROBLEMS["lorenz"]
    counts = {name: count(lower(own.derivation(row).system, METHODS[name]), METHODS[name], 3, 3) for name in ("rk4", "tsit5", "dop853")}
    assert counts["rk4"].attempt < counts["tsit5"].attempt < counts["dop853"].attempt
    assert counts["rk4"].sweep < counts["tsit5"].sweep < counts["dop853"].sweep
    tsit5 = counts["tsit5"]
    assert tsit5.total(10, 2) == 12 * tsit5.attempt + 10 * tsit5.sweep
    # The published count of one Tsit5 time step of Lorenz, with and without adjoint, is near (anchors: 198 and 450).
    assert 150 < tsit5.attempt < 400 and 250 < tsit5.sweep < 600


def test_rounds_are_interleaved_and_begin_with_another_one_each_time() -> None:
    order: list[str] = []
    taken = timing.interleave({name: lambda name=name: order.append(name) or float(len(order)) for name in "abc"}, 3, rest=0)
    assert "".join(order) == "abcbcacab" and taken == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}


def test_a_turn_warms_up_first_and_leaves_the_collector_as_it_was() -> None:
    seen: list[bool] = []
    assert timing.turn(lambda: seen.append(gc.isenabled()), budget=0) >= 0
    assert seen == [False, False] and gc.isenabled()


@pytest.mark.skipif(not own.has_native(), reason="no C++ compiler")
def test_a_contender_in_its_own_process_takes_turns_and_tells_its_failures() -> None:
    task = Task(PROBLEMS["lotka_volterra"], 8)
    stall = open_stall(own.contenders()[0], task)
    first = stall.first(own.reference(task))
    assert max(first.errors) < 1e-3 and first.steps[0] > 10 and 0 < stall.turn() < 1
    with pytest.raises(RuntimeError, match="ValueError"):
        stall.first((np.zeros(3), np.zeros(4)))
    assert stall.turn() > 0, "a failure does not end it"
    stall.process.kill()
    with pytest.raises(RuntimeError, match="ended with code -9"):
        stall.turn()
    stall.close()


def test_repeat_warms_up_first_and_keeps_its_least_number() -> None:
    calls: list[int] = []
    assert len(timing.repeat(lambda: calls.append(0), at_least=4, budget=0)) == 4 and len(calls) == 5


def test_slope_is_the_exponent() -> None:
    assert timing.slope([1.0, 10.0, 100.0], [2.0, 200.0, 20_000.0]) == pytest.approx(2.0)


def trial(peer: str, words: str, seconds: float) -> Trial:
    row = Contender(peer, words, lambda task: pytest.fail("not started"))
    return Trial(row, seconds, (0.0, 0.0), (1.0, 0.0), cast("Stall", None))


def test_the_strongest_setting_and_the_strongest_exact_one_are_chosen() -> None:
    trials = [trial("adjointcheck", "torch", 9.0), trial("diffrax", "BacksolveAdjoint", 1.0), trial("diffrax", "slow", 3.0), trial("diffrax", "fast", 2.0), trial("torchode", "only", 4.0)]
    assert [chosen.contender.words for chosen in strongest(trials)] == ["torch", "BacksolveAdjoint", "fast", "only"]


def test_select_leaves_out_what_does_not_fit_or_compiles_for_minutes() -> None:
    def start(task: Task) -> Ready:
        raise AssertionError

    rows = [Contender("a", "1", start), Contender("a", "2", start, lambda task: task.count > 9), Contender("a", "3", start, slow_start=True), Contender("b", "4", start)]
    task = Task(PROBLEMS["lorenz"], 5)
    assert [row.words for row in select(rows, ["a"], task)] == ["1"]
    assert [row.words for row in select(rows, ["a", "b"], task, full=True)] == ["1", "3", "4"]


# The symbolic systems


def test_large_systems_are_those_of_the_papers() -> None:
    x, theta = [0.3, -1.2, 2.0, 0.7, 1.1, -0.4], [1.0, 3.0, 0.5]
    u, v = x[:3], x[3:]
    rates = symbolic.SYSTEMS["brusselator"].field(6)(np.sin, x, theta)
    assert rates[0] == pytest.approx(1 + u[0] ** 2 * v[0] - 4 * u[0] + 0.5 * (u[2] - 2 * u[0] + u[1]))
    assert rates[5] == pytest.approx(3 * u[2] - u[2] ** 2 * v[2] + 0.5 * (v[1] - 2 * v[2] + v[0]))
    edges = symbolic._graph(10)
    assert len(edges) == len(set(edges)) == 30 and all(0 <= i < j < 10 for i, j in edges)
    phases = [0.1 * i * i for i in range(10)]
    rates = symbolic.SYSTEMS["kuramoto"].field(10)(np.sin, phases, [0.7, *([0.0] * 10)])
    assert rates[4] == pytest.approx(0.7 * sum(np.sin(phases[i + j - 4] - phases[4]) for i, j in edges if 4 in (i, j)))
    assert sum(rates) == pytest.approx(0)


def test_large_statement_is_stated_with_its_costs() -> None:
    problem = symbolic.statement("brusselator", 4)
    assert problem.state_names == ("x0", "x1", "x2", "x3") and problem.parameters[2].value == Fraction(1, 50)
    assert symbolic.reverse("kuramoto", 8)["seconds"] > 0


# Results


SHEET = document.Sheet("a table", ("what", "value"), (("first", 1234.5), ("second", None)), ("A note.",))


def test_cells_are_short_and_a_hole_is_told() -> None:
    assert [document.cell_text(cell) for cell in (0.00012345, 12345.6, 3.0, 1_000_000, None, "x")] == ["0.000123", "12,346", "3", "1,000,000", "-", "x"]


def test_results_keep_what_stands_outside_the_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, file = tmp_path / "RESULTS.md", tmp_path / "found.json"
    results.write_text(f"# By hand\n\n{everything.BEGIN}\nold\n{everything.END}\nafter\n")
    document.publish("latency", [SHEET], file)
    assert "a table" in capsys.readouterr().out
    found = json.loads(file.read_text())
    assert found["schema_version"] == 1 and found["sheets"][0]["rows"] == [["first", 1234.5], ["second", None]]
    for _ in range(2):  # the second time over its own output
        everything.rewrite([found], results)
    text = results.read_text()
    assert text.startswith("# By hand\n") and text.endswith("after\n") and "old" not in text
    assert text.count("| first | 1,234 |") == text.count("| second | - |") == 1 and "A note." in text


def test_results_without_marks_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    file.write_text("no marks")
    with pytest.raises(ValueError, match="generated: begin"):
        everything.rewrite([{"machine": {}, "name": "x", "command": "c", "sheets": [], "figures": []}], file)
    assert file.read_text() == "no marks"


def test_committed_results_have_their_marks() -> None:
    text = everything.RESULTS.read_text(encoding="utf-8")
    assert text.count(everything.BEGIN) == text.count(everything.END) == 1


def test_the_machine_is_described_without_names() -> None:
    facts = machine.describe()
    assert {"processor", "libraries", "system"} <= set(facts) and str(Path.home()) not in json.dumps(facts)


# Processes of their own


def test_a_child_tells_its_memory_and_its_failures() -> None:
    found = measure("symbolic reverse", system="brusselator", n=4, timeout=60)
    assert found["seconds"] > 0
    assert "KeyError" in measure("symbolic reverse", system="nothing", n=4, timeout=60)["failed"]
    assert "more than" in measure("symbolic reverse", system="brusselator", n=4, timeout=0.01)["failed"]


def test_peak_memory_sees_what_was_given_back() -> None:
    block = np.ones(30_000_000)  # 240 MB
    peak, held = peak_megabytes(), held_megabytes()
    assert peak > held - 5 > 235  # the kernel's counters lag by a few pages
    del block
    assert peak_megabytes() > peak - 5 and held_megabytes() < held - 200
