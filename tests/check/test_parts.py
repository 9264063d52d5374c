"""The parts of the battery by themselves: verdicts, order, rounding, the reference march, the fit of the remainder."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
import torch
from tangled import BUDGETS, SMALL, case_of, generated, load, steered, tangled

from adjointcheck.check import order, taylor
from adjointcheck.check.arithmetic import FLOAT, digits
from adjointcheck.check.battery import run_battery
from adjointcheck.check.emitted_values import RUNNING_ERROR, Rounded
from adjointcheck.check.fixture import nominal
from adjointcheck.check.live_inputs import check_live_inputs, live_symbols
from adjointcheck.check.rounding import LIMIT, SIGMA, UNIT, Measure
from adjointcheck.check.suite import check
from adjointcheck.check.verdict import Check, CheckFailed, Outcome, Report, judge
from adjointcheck.errors import AdjointCheckError, SolveError
from adjointcheck.expression.grammar import parse
from adjointcheck.problem import Problem
from adjointcheck.schemes import METHODS
from adjointcheck.solve import reference

NAN = float("nan")


# Verdicts


@pytest.mark.parametrize(
    ("measured", "threshold", "question", "outcome"),
    [
        (1.0, 1.0, "", Outcome.PASS), (1.0, 0.9, "", Outcome.FAIL), (NAN, 1.0, "", Outcome.FAIL), (NAN, 1.0, "why", Outcome.FAIL),
        (None, 1.0, "", Outcome.INCONCLUSIVE), (0.0, None, "", Outcome.INCONCLUSIVE), (0.0, NAN, "", Outcome.INCONCLUSIVE),
        (0.0, math.inf, "", Outcome.INCONCLUSIVE), (math.inf, 1.0, "", Outcome.FAIL),
        (0.0, 1.0, "why", Outcome.INCONCLUSIVE), (2.0, 1.0, "why", Outcome.FAIL),
    ],
)  # fmt: skip
def test_judge(measured: float | None, threshold: float | None, question: str, outcome: Outcome) -> None:
    found = judge("name", measured, threshold, "words", open_question=question)
    assert found.outcome is outcome
    assert question in found.words and "words" in found.words


def test_check_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="truth value"):
        bool(judge("name", 0.0, 1.0, ""))


def report(status: str, *outcomes: str, slip: str = "") -> Report:
    verdict = SimpleNamespace(status=SimpleNamespace(value=status), witness=None, reason="because")
    steps = (SimpleNamespace(name="s01 rule", verdict=verdict, slip=slip),)
    checks = tuple(Check(f"check-{i}", Outcome(word), 2.5, 1.0, f"2.5 against 1 ({i})") for i, word in enumerate(outcomes))
    derivation = SimpleNamespace(steps=steps, claims=(), verdict=verdict)
    return Report(SimpleNamespace(name="p"), derivation, checks)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "outcomes", "word", "code"),
    [
        ("proved", ["pass"], "pass", 0), ("proved", [], "nothing checked", 5), ("refuted", ["pass"], "refuted", 1),
        ("unknown", ["pass"], "unknown", 3), ("proved", ["pass", "inconclusive"], "inconclusive", 3),
        ("unknown", ["fail"], "fail", 1), ("refuted", ["inconclusive"], "refuted", 1), ("invalid", ["pass"], "invalid", 1),
    ],
)  # fmt: skip
def test_report_takes_the_worst(status: str, outcomes: list[str], word: str, code: int) -> None:
    found = report(status, *outcomes)
    assert (found.verdict, found.exit_code) == (word, code)


def test_raise_for_failure_names_the_items_with_their_figures() -> None:
    report("proved", "pass").raise_for_failure()
    report("proved", "inconclusive").raise_for_failure(waive=["check-0"])
    with pytest.raises(AdjointCheckError) as caught:
        report("refuted", "fail", "pass", "inconclusive", slip="the sign").raise_for_failure(waive=["check-0", "s01 rule"])
    assert isinstance(caught.value, CheckFailed)
    for words in ("refuted: s01 rule", "the sign", "fail: check-0: 2.5 against 1 (0)", "inconclusive: check-2"):
        assert words in str(caught.value)
    assert "check-1" not in str(caught.value)
    with pytest.raises(CheckFailed, match="nothing checked"):
        report("proved").raise_for_failure()


# Order


def levels(*errors: float, floor: float = 1e-12) -> order.Levels:
    return order.Levels(tuple(0.1 / 2**i for i in range(len(errors))), errors, (floor,) * len(errors))


@pytest.mark.parametrize(
    ("errors", "outcome"),
    [
        ([1e-2 / 16**i for i in range(5)], Outcome.PASS),
        ([1e-2, 1e-5, 1e-12, 1e-12], Outcome.PASS),  # to the floor, which is kept
        ([1e-13] * 4, Outcome.PASS),  # exact at every level
        ([1e-2, 1e-3, 1e-4, 1e-4 / 17], Outcome.PASS),  # the asymptotic range has just begun
        ([1e-2 / 16**i + 1e-6 for i in range(5)], Outcome.FAIL),  # a plateau above the floor
        ([1e-3] * 5, Outcome.FAIL),
        ([1e-2 / 8**i for i in range(5)], Outcome.FAIL),  # third order instead of fourth
        ([1e-2, NAN, 1e-5, 1e-6], Outcome.FAIL),
        ([1e-1, 5e-2, 1e-2, 1e-3], Outcome.INCONCLUSIVE),  # still rising
        ([1e-4, 2.75e-5, 4.67e-6, 4.77e-7, 4.45e-8], Outcome.INCONCLUSIVE),  # local orders 3.3 and 3.4 on their way to 4
        ([1e-3, 1e-3 / 16, 1e-3 / 256, 3e-11, 1e-13], Outcome.PASS),  # an accident near the floor, then the floor
        ([1e-3, 1e-3 / 8, 1e-3 / 64, 1e-3 / 512, 1e-13], Outcome.INCONCLUSIVE),  # reached the floor, never showed the order
        ([1e-2, 1e-4], Outcome.INCONCLUSIVE),
        ([], Outcome.INCONCLUSIVE),
    ],
)
def test_order(errors: list[float], outcome: Outcome) -> None:
    fall = order.observe(levels(*errors), 4)
    assert judge("", fall.shortfall(4), order.SLACK, fall.words, open_question=fall.question(4)).outcome is outcome, fall


def test_order_promises_nothing_across_a_kink_nor_below_a_high_floor() -> None:
    short = order.observe(levels(*[1e-3] * 5), 4)
    assert short.shortfall(4, ["abs(x)"]) is None and "abs(x)" in short.question(4, ["abs(x)"])
    hidden = order.observe(levels(*[1e-3] * 5, floor=1e-2), 4)
    assert hidden.shortfall(4) is None and hidden.question(4)


# Rounding


def test_measure_counts_units_and_refuses_nan() -> None:
    rows = torch.tensor([2.0, 2.0 + 4 * SIGMA, 2.0 - 4 * SIGMA], dtype=torch.float64)
    measure = Measure.of(rows, 1)
    assert float(measure.unit) == pytest.approx(UNIT * 6, rel=1e-6)
    assert float(measure.error(torch.tensor([2.0], dtype=torch.float64))) == 0
    assert float(measure.error(torch.tensor([2.0 + 2**-50], dtype=torch.float64))) == pytest.approx(8 / 6, rel=1e-6)
    assert float(measure.error(torch.tensor([NAN], dtype=torch.float64))) == math.inf
    exact = Measure(torch.zeros(1), torch.zeros(1))
    assert float(exact.error(torch.zeros(1))) == 0 and float(exact.error(torch.full((1,), 1e-30))) == math.inf


def test_unit_follows_cancellation() -> None:
    """J = (x - 1)^2 near x = 1: the gradient is known to fewer digits, and the unit says so."""
    problem = Problem(name="near", states={"x": "-k*(x - 1)"}, initial={"x": 1.0001}, parameters={"k": 0.5},
                      terminal_cost="(x - 1)**2", horizon=(0, 1))  # fmt: skip
    run = case_of(problem).runs[0]
    close = replace(run.point, x0=torch.tensor([[1.0001]] * 3, dtype=torch.float64))
    far = replace(run.point, x0=torch.tensor([[3.0]] * 3, dtype=torch.float64))
    units = [type(run)(run.case, point).yardstick.gradients["cost"]["x0"].relative() / UNIT for point in (close, far)]
    assert units[0] > 1e3 * units[1]


def test_running_error_bound_holds_and_sees_cancellation() -> None:
    one, x = Rounded(1.0, 0.0), Rounded(1e-8, 0.0)
    rules = RUNNING_ERROR.rules
    difference = rules["sub"](one, rules["cos"](x))
    assert abs(difference.value - 5e-17) <= UNIT * difference.bound  # 1 - cos(1e-8) has no digit left
    product = rules["mul"](Rounded(3.0, 1.0), Rounded(-2.0, 0.0))
    assert product == Rounded(-6.0, 8.0)
    assert rules["lt"](one, x) is False


# The reference


def test_reference_agrees_with_the_runtime_replay() -> None:
    for problem in (tangled(), steered()):
        run = case_of(problem).runs[0]
        point, module = run.point, run.case.module
        theirs = module.replay(run.record, point.x0, point.theta, point.w, point.hold, point.t0, point.t1, point.observation_times)
        assert bool((run.yardstick.cost.error(theirs[1]) < LIMIT).all())
        assert bool((run.yardstick.x1.error(theirs[0]) < LIMIT).all())


@pytest.mark.parametrize("arithmetic", [FLOAT, digits(40), reference.TORCH], ids=lambda arithmetic: arithmetic.name)
def test_tape_means_what_the_text_says(arithmetic: reference.Arithmetic) -> None:
    text = ("piecewise(sqrt(x), x > 1/4, x/3) + max(x, 1/5) - min(x, y)*abs(y) + sign(y) + x**3 - 2**-2 + x**(3/2) + x**y"
            " + atan(y)*pi + tanh(x)")  # fmt: skip
    x, y = 0.36, -0.7
    expected = (0.6 + 0.36 + 0.7 * 0.7 - 1 + x**3 - 0.25 + x**1.5 + x**y + math.atan(y) * math.pi + math.tanh(x))
    tape = reference.Tape([parse(text)], arithmetic)
    environment = {name: torch.tensor([v], dtype=torch.float64) if arithmetic is reference.TORCH else arithmetic.number(Fraction(v))
                   for name, v in (("x", x), ("y", y))}  # fmt: skip
    assert float(tape(environment)[0]) == pytest.approx(expected, rel=1e-14)


def test_branch_that_is_not_taken_leaves_no_nan() -> None:
    x = torch.tensor([4.0, -1.0, 9.0], dtype=torch.float64, requires_grad=True)
    tape = reference.Tape([parse("piecewise(sqrt(x), x > 0, piecewise(1/x, x < 0, 7))*x")], reference.TORCH)
    value = tape({"x": x})[0]
    assert value.tolist() == [8.0, 1.0, 27.0]
    value.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [3.0, 0.0, 4.5]


def test_undefined_is_refused_not_complex() -> None:
    for text in ("sqrt(x)", "log(x)", "x**(1/2)"):
        with pytest.raises(ValueError, match=r"real|domain"):
            reference.Tape([parse(text)], digits(30))({"x": -1})


def test_scheme_leaves_out_the_stage_that_only_estimates() -> None:
    assert len(reference.Scheme(METHODS["tsit5"], FLOAT).stages) == 6
    assert len(reference.Scheme(METHODS["rk4"], FLOAT).stages) == 4


# The fit of the remainder


def quotients(c0: float, c1: float, c2: float = 0.3) -> torch.Tensor:
    eps = torch.tensor([*taylor.SIZES, *(-size for size in taylor.SIZES)], dtype=torch.float64)
    return c0 + c1 * eps + c2 * eps**2 + 0.1 * eps**3


@pytest.mark.parametrize("c1", [0.0, 1.0, 1e3])
def test_remainder_fit_finds_c0_and_nothing_else(c1: float) -> None:
    clean, wrong = (taylor._best(quotients(c0, c1), 1e-16, 1.0) for c0 in (0.0, 1e-8))
    assert clean.ratio <= 1 and clean.half_width < 1e-7
    assert wrong.ratio > 1 and wrong.c0 == pytest.approx(1e-8, rel=0.05)


def test_remainder_fit_admits_what_noise_hides() -> None:
    assert taylor._best(quotients(0.0, 1.0), 1e-6, 1.0).half_width > 1e-7
    assert taylor._best(quotients(0.0, 1.0) * NAN, 1e-16, 1.0).half_width == math.inf


# What the statement proves


def test_live_symbols_follow_the_graph() -> None:
    problem = Problem(name="chain", states={"x": "-k*x", "y": "m*x", "z": "c*z"}, initial={"x": 1, "y": 0, "z": 1},
                      parameters={"k": 1, "m": 2, "c": 3}, terminal_cost="y", horizon=(0, 1))  # fmt: skip
    assert live_symbols(problem) == {"x", "y", "k", "m"}
    assert check_live_inputs(case_of(problem)).outcome is Outcome.PASS


def test_kink_is_never_a_failure_and_unvalued_parameters_are_drawn() -> None:
    problem = Problem(name="kinky", states={"x": "y", "y": "-a*abs(x) - b*y/5 + max(x, y/2)/3 + sin(t)"},
                      initial={"x": 0.3, "y": -0.8}, parameters=["a", "b"], terminal_cost="(x - 1)**2/2 + abs(y)",
                      horizon=(0, 2))  # fmt: skip
    assert torch.equal(nominal(problem).theta, nominal(problem).theta)
    assert Outcome.FAIL not in {c.outcome for c in run_battery(case_of(problem))}


# The whole


def test_suite_reports_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUDGETS, "fast", SMALL)
    stages: list[str] = []
    found = check(tangled(), seed=3, progress=stages.append)
    assert (found.verdict, found.exit_code) == ("pass", 0)
    assert stages[:3] == ["derive", "generate", "prepare"] and stages[-1] == "trajectory" and "taylor" in stages
    assert found.module_text == generated(tangled()) and found.versions["seed"] == "3"
    trajectory = found.trajectory
    assert trajectory is not None and len(trajectory.times) == len(trajectory.states["x"]) == len(trajectory.costates["y"])
    assert trajectory.times == sorted(trajectory.times)
    assert [group for group, _, _ in trajectory.observations] == [0, 1]
    jumps = [i for i in range(1, len(trajectory.times)) if trajectory.times[i] == trajectory.times[i - 1]]
    assert {trajectory.times[i] for i in jumps} == {0.3, 0.9, 1.1, 1.5}
    found.raise_for_failure()


def test_suite_refuses_an_unknown_level() -> None:
    with pytest.raises(SolveError, match="fast, thorough"):
        check(tangled(), level="deep")


def test_loading_a_text_gives_the_module_of_that_text() -> None:
    text = generated(tangled())
    assert load(text, "tangled") is not load(text + "\n# other\n", "tangled")
